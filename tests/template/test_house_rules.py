"""The templates keep their house rules, and each rule notices when one does not."""

from itertools import product

import pytest
from template import access_rules as access
from template import flow_rules as flow
from template import guard_rules as guard
from template.changes import Change, Template, add, allow, broken, drop, put
from template.provider_stack import provider_stack
from template.resolved import VARIANTS, Resolved, Rule, resolved, source

TRUST, RULES = "AssumeRolePolicyDocument/Statement/0", "LifecycleConfiguration/Rules"
EVENTS, UNITS = "DropBucket/NotificationConfiguration", "Scan/Events/Units/Properties"
DENIED, KEY = "DropBucketPolicy/PolicyDocument/Statement", "Key/KeyPolicy/Statement"
LEADING_KEYS = "2/Condition/ForAllValues:StringLike/dynamodb:LeadingKeys"
ENCRYPTED = "BucketEncryption/ServerSideEncryptionConfiguration/0"
OUT, PUBLIC = {"Fn::GetAtt": "OutBucket.Arn"}, {"Fn::Sub": "${PublicBucket.Arn}/*"}
DROPPED = {"Fn::Sub": "arn:aws:s3:::terang-drop-${AWS::AccountId}-${AWS::Region}/done/*"}
FED = {"Fn::Sub": "arn:aws:s3:::terang-work-${AWS::AccountId}-${AWS::Region}/factchecks/*"}
TABLE, MAILBOX = {"Fn::GetAtt": "Table.Arn"}, {"Fn::GetAtt": "DropBucket.Arn"}
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"}
SEND = EVERYBODY | {"Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
CALL = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Publish"},
        "Principal": "sns.amazonaws.com"}  # fmt: skip


def outputs_first(template: Template) -> None:
    template["Resources"] = template.pop("Resources")


def send_no_failure(template: Template) -> None:
    policy = template["Resources"]["FeedsRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    for statement in policy["Statement"]:
        if statement["Action"] == "sqs:SendMessage":
            statement["Resource"] = {"Fn::GetAtt": "PublishFailed.Arn"}


BROKEN: dict[Rule, dict[str, Change]] = {
    access.services_act_for_this_account_alone: {
        "a schedule of any account takes the role": drop(f"ScheduleRole/{TRUST}/Condition"),
        "a schedule of another account takes the role":
            put(f"ScheduleRole/{TRUST}/Condition",
                {"StringEquals": {"aws:SourceAccount": "210987654321"}}),
        "the logs of any account use the key": drop("Key/KeyPolicy/Statement/1/Condition"),
        "the events of any bucket reach a queue": add("QueuePolicy/PolicyDocument/Statement", SEND),
        "any topic calls a function":
            put("Resources/Stranger", {"Type": "AWS::Lambda::Permission", "Properties": CALL})},
    access.roles_touch_buckets_of_this_account_alone: {
        "scan reads buckets of other accounts": drop("CommonPolicy/PolicyDocument/Statement/1"),
        "scan runs before that is denied": drop("Resources/Scan/DependsOn")},
    access.logs_and_secrets_rest_under_the_stacks_key: {
        "a log group under nobody's key": drop("DecideLogs/KmsKeyId"),
        "a secret under the account's key": drop("PseudonymSecret/KmsKeyId"),
        "functions under Lambda's key": drop("Globals/Function/KmsKeyArn")},
    access.only_who_must_tell_missing_from_denied_lists_the_mailbox: {
        "publish lists the mailbox": allow("PublishRole", "s3:ListBucketVersions", MAILBOX)},
    flow.sections_stand_in_order: {"outputs before resources": outputs_first},
    flow.everything_says_what_it_is: {
        "a parameter without a description": drop("Parameters/NoticeHours/Description"),
        "a parameter that takes anything": drop("Parameters/PublicUrl/AllowedPattern"),
        "a parameter that explains no constraint":
            drop("Parameters/PublicUrl/ConstraintDescription"),
        "a function without a description": drop("Scan/Description"),
        "a layer without a description": drop("TerangLayer/Description"),
        "an output without a description": drop("Outputs/Table/Description")},
    flow.nothing_turns_in_a_circle: {
        "feeds refers to the bucket that calls it":
            put("Feeds/Environment/Variables/WORK_BUCKET", {"Ref": "WorkBucket"})},
    flow.mappings_report_each_failed_message: {
        "a mapping that fails whole batches":
            drop("Scan/Events/Posts/Properties/FunctionResponseTypes")},
    flow.mappings_are_bounded: {
        "a mapping without a bound": drop(f"{UNITS}/ScalingConfig"),
        "a bound that is a string":
            put(f"{UNITS}/ScalingConfig/MaximumConcurrency", {"Ref": "ScanConcurrency"})},
    flow.a_new_account_can_run_it: {
        "more workers than a new account may run": put("Parameters/ScanConcurrency/Default", "3"),
        "workers reserved that a new account has not":
            put("Intake/ReservedConcurrentExecutions", 2)},
    flow.files_wait_in_a_queue: {
        "a worker for each file": put(
            f"{EVENTS}/LambdaConfigurations",
            [{"Event": "s3:ObjectCreated:*", "Function": {"Fn::GetAtt": "Intake.Arn"}}]),
        "a drop bucket that tells nobody": drop(f"{EVENTS}/QueueConfigurations"),
        "a drop bucket that tells a queue nobody takes from":
            put(f"{EVENTS}/QueueConfigurations/0/Queue", {"Fn::GetAtt": "IntakeFailed.Arn"}),
        "events of any bucket": drop("FilesPolicy/PolicyDocument/Statement/1/Condition/ArnEquals")},
    flow.messages_stay_hidden_long_enough: {
        "a function slower than its queue allows": put("Scan/Timeout", 301),
        "a batch window longer than its queue allows": put("Parameters/BatchWindow/MaxValue", 300),
        "a queue with the visibility of AWS": drop("Posts/VisibilityTimeout")},
    flow.large_deliveries_have_their_window: {
        "a large delivery without a window": put("Parameters/BatchWindow/MinValue", 0)},
    flow.dead_letters_outlive_their_source: {
        "dead letters as short-lived as their source":
            put("UnitsDead/MessageRetentionPeriod", 345600),
        "a queue without dead letters": drop("Posts/RedrivePolicy")},
    flow.every_function_fails_into_something: {
        "a function called by events that fails into nothing": drop("Publish/EventInvokeConfig"),
        "a function that nobody can ask": drop("Resources/AnswerUrl"),
        "a failure destination that the role may not send to": send_no_failure},
    flow.somebody_hears_of_dead_letters: {
        "dead letters that nobody hears of": drop("DeadLettersAlarm/Metrics/2"),
        "an alarm that waits for ten dead letters": put("DeadLettersAlarm/Threshold", 10)},
    flow.somebody_hears_when_work_stands_still: {
        "posts that wait and nobody hears": drop("WaitingAlarm/Metrics/3"),
        "a throttled function that nobody hears of": drop("ThrottledAlarm/Metrics/5"),
        "a silent schedule that nobody hears of": drop("Resources/PublishMissingAlarm"),
        "a silent schedule whose missing data is fine":
            put("PublishMissingAlarm/Metrics/0/Expression", "called < 1")},
    flow.every_function_logs_into_its_own_group: {
        "a function that logs where Lambda likes": drop("Scan/LoggingConfig"),
        "logs that are kept for ever": drop("IntakeLogs/RetentionInDays")},
    guard.nothing_is_allowed_by_a_star: {
        "every action of a service": allow("ScanRole", "s3:*", OUT),
        "every get action": allow("ScanRole", ["s3:Get*"], OUT),
        "every resource": allow("PublishRole", "xray:PutTraceSegments", "*"),
        "every bucket": allow("PublishRole", "s3:GetObject", "arn:aws:s3:::*"),
        "a role with a managed policy":
            put("ScanRole/ManagedPolicyArns", ["arn:aws:iam::aws:policy/Any"])},
    guard.nothing_is_open_to_everybody: {
        "a key for everybody": add(KEY, EVERYBODY | {"Action": "kms:Decrypt"}),
        "a service with every action of the key": put(f"{KEY}/1/Action", "kms:*"),
        "a public bucket without a door":
            add("PublicBucketPolicy/PolicyDocument/Statement", EVERYBODY)},
    guard.nobody_deletes_from_the_ledger: {
        "scan deletes items": allow("ScanRole", ["dynamodb:GetItem", "dynamodb:DeleteItem"], TABLE)
    },
    guard.no_function_registers_a_sender: {
        "scan puts any key": allow("ScanRole", "dynamodb:PutItem", TABLE),
        "publish puts where senders are registered":
            put(f"PublishRole/Policies/0/PolicyDocument/Statement/{LEADING_KEYS}", ["W#*", "P#*"])},
    guard.only_publish_writes_the_public_bucket: {
        "scan writes the public bucket": allow("ScanRole", "s3:PutObject", PUBLIC),
        "intake deletes from the public bucket":
            allow("IntakeRole", ["s3:GetObject", "s3:DeleteObject"], PUBLIC),
        "feeds writes a summary":
            allow("FeedsRole", "s3:PutObject", {"Fn::Sub": "${PublicBucket.Arn}/summaries/*"})},
    guard.no_function_writes_what_calls_it: {
        "feeds writes the feeds that call it": allow("FeedsRole", "s3:PutObject", FED),
        "intake writes what calls it": allow("IntakeRole", "s3:PutObject", DROPPED)},
    guard.what_nobody_here_reads_is_not_taken: {
        "a file under a key of the sender's": drop(f"{DENIED}/1"),
        "a file under another KMS key": drop(f"{DENIED}/2/Condition/Null"),
        "a file that is archived at once":
            put(f"{DENIED}/3/Condition", {"StringEquals": {"s3:x-amz-storage-class": ["GLACIER"]}}),
    },
    guard.what_holds_state_is_retained: {
        "a bucket that goes with its stack": drop("Resources/WorkBucket/DeletionPolicy"),
        "a bucket that is left over from a failed creation":
            put("Resources/OutBucket/DeletionPolicy", "Retain"),
        "a secret that is lost when it is replaced":
            put("Resources/PseudonymSecret/UpdateReplacePolicy", "Delete")},
    guard.buckets_are_closed: {
        "a bucket without versions": drop("DropBucket/VersioningConfiguration"),
        "a bucket half open to the public":
            put("DropBucket/PublicAccessBlockConfiguration/BlockPublicPolicy", False),
        "a bucket with owners of objects":
            put("DropBucket/OwnershipControls/Rules/0/ObjectOwnership", "ObjectWriter"),
        "a bucket under a key of S3": put(
            f"DropBucket/{ENCRYPTED}", {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ),
        "a bucket reached over plain http": drop("WorkBucketPolicy/PolicyDocument/Statement/0"),
        "a bucket whose name another account may hold": put("DropBucket/BucketName", "terang-drop"),
    },
    guard.queues_are_closed: {
        "a queue under nobody's key": drop("PostsDead/KmsMasterKeyId"),
        "a queue that the policy forgets": drop("QueuePolicy/Queues/0")},
    guard.the_table_can_be_restored_and_forgets: {
        "a table that cannot be restored": drop("Table/PointInTimeRecoverySpecification"),
        "a table that forgets nothing": drop("Table/TimeToLiveSpecification"),
        "a table that is unprotected by default":
            put("Parameters/DeletionProtection/Default", "false")},
    guard.files_do_not_outlive_their_use: {
        "old versions of files that stay":
            put(f"DropBucket/{RULES}/0/NoncurrentVersionExpiration/NoncurrentDays", 30),
        "parts that go before their dead letters": put(f"WorkBucket/{RULES}/0/ExpirationInDays", 3),
        "seals that stay": drop(f"WorkBucket/{RULES}/4"),
        "excerpts that stay": drop(f"OutBucket/{RULES}/0/TagFilters")},
    guard.a_prefix_has_one_rule: {
        "a second rule for a part of a prefix":
            put(f"WorkBucket/{RULES}/5/Prefix", "parts/copies/"),
        "delete markers beside days": put(f"DropBucket/{RULES}/0/ExpiredObjectDeleteMarker", True),
        "old versions in the out bucket that stay":
            drop(f"OutBucket/{RULES}/1/NoncurrentVersionExpiration")},
}  # fmt: skip

OF_A_PROVIDER: dict[Rule, dict[str, Change]] = {
    access.roles_touch_buckets_of_this_account_alone: {
        "a provider drops into anybody's bucket":
            drop("Role/Policies/0/PolicyDocument/Statement/-1")},
    access.only_who_must_tell_missing_from_denied_lists_the_mailbox: {
        "a provider lists the mailbox":
            allow("Role", "s3:ListBucket", {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DropBucket}"}),
    },
    access.services_act_for_this_account_alone: {
        "a service takes a provider's role":
            put(f"Role/{TRUST}/Principal", {"Service": "ec2.amazonaws.com"})},
}  # fmt: skip

DOOR = "PublicBucketPolicy/PolicyDocument/Statement/1"
DOOR_CACHE = "DoorCache/CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin"
STRANGERS_DOOR = "arn:aws:cloudfront::210987654321:distribution/Door"
DOORS: dict[str, Change] = {
    "another service reads": put(f"{DOOR}/Fn::If/1/Principal/Service", "ec2.amazonaws.com"),
    "any distribution reads": drop(f"{DOOR}/Fn::If/1/Condition"),
    "another account's distribution reads":
        put(f"{DOOR}/Fn::If/1/Condition/StringEquals/aws:SourceArn", STRANGERS_DOOR),
    "a door without a distribution": put(DOOR, SEND | {"Action": "s3:GetObject"}),
    "a website": put("PublicBucket/WebsiteConfiguration", {}),
    "plain http":
        put("Door/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy", "allow-all"),
    "unsigned requests": put("DoorAccess/OriginAccessControlConfig/SigningBehavior", "never"),
    "queries pass": put(f"{DOOR_CACHE}/QueryStringsConfig", {"QueryStringBehavior": "all"}),
}  # fmt: skip
"""Ways in beside the door; each is seen with the door that CloudFront is."""


def rows_of(table: dict[Rule, dict[str, Change]]) -> pytest.MarkDecorator:
    rows = [
        pytest.param(rule, one, id=n) for rule, some in table.items() for n, one in some.items()
    ]
    return pytest.mark.parametrize(("rule", "change"), rows)


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.__name__)
def test_the_stack_keeps_the_rule(rule: Rule) -> None:
    for door, variant in product(("own", "cloudfront"), VARIANTS):
        assert list(rule(resolved(PublicDoor=door, **variant))) == []


@pytest.mark.parametrize("rule", [rule for rule in BROKEN if rule.__module__ == access.__name__],
                         ids=lambda rule: rule.__name__)  # fmt: skip
def test_a_providers_stack_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(provider_stack("acme"))) == []


@pytest.mark.parametrize("door", ["own", "cloudfront"])
def test_the_public_bucket_has_one_door(door: str) -> None:
    stack = resolved(PublicDoor=door)
    assert list(access.the_public_bucket_is_read_through_its_door(stack)) == []


@rows_of(BROKEN)
def test_the_rule_notices(rule: Rule, change: Change) -> None:
    assert list(rule(Resolved.of(broken(change)))) != []


@rows_of(OF_A_PROVIDER)
def test_the_rule_notices_it_of_a_provider(rule: Rule, change: Change) -> None:
    assert list(rule(provider_stack("acme", broken(change, "provider.yaml")))) != []


@pytest.mark.parametrize("change", DOORS.values(), ids=DOORS)
def test_another_way_in_is_noticed(change: Change) -> None:
    stack = Resolved.of(broken(change), PublicDoor="cloudfront")
    assert list(access.the_public_bucket_is_read_through_its_door(stack)) != []


def test_every_rule_can_fail() -> None:
    rules = {one
             for module in (access, flow, guard) for name, one in vars(module).items()
             if getattr(one, "__module__", "") == module.__name__ and name[0] != "_"}  # fmt: skip
    others = {access.the_public_bucket_is_read_through_its_door, flow.rings, flow.watched}
    assert {*BROKEN} == rules - others


def test_each_number_of_workers_is_what_the_parameter_says() -> None:
    template = source()
    mapping = template["Mappings"]["Concurrency"]
    assert {name: row["Workers"] for name, row in mapping.items()} == {n: int(n) for n in mapping}
    for parameter in ("ScanConcurrency", "IntakeConcurrency"):
        assert set(template["Parameters"][parameter]["AllowedValues"]) == mapping.keys()


@pytest.mark.parametrize("value", ["true", "false"])
def test_the_table_is_protected_as_the_parameter_says(value: str) -> None:
    stack = resolved(DeletionProtection=value)
    protected = stack.typed("AWS::DynamoDB::Table")["Table"]["DeletionProtectionEnabled"]
    assert protected is (value == "true")
