"""What is kept is guarded by its house rules, and each rule notices when it is not."""

import pytest
from template.changes import Change, add, allow, broken, drop, put
from template.guard_rules import (
    GUARD_RULES,
    a_prefix_has_one_rule,
    buckets_are_closed,
    files_do_not_outlive_their_use,
    no_function_registers_a_sender,
    no_function_writes_what_calls_it,
    nobody_deletes_from_the_ledger,
    nothing_is_allowed_by_a_star,
    nothing_is_open_to_everybody,
    only_publish_writes_the_public_bucket,
    queues_are_closed,
    the_table_can_be_restored_and_forgets,
    what_holds_state_is_retained,
    what_nobody_here_reads_is_not_taken,
)
from template.resolved import VARIANTS, Resolved, Rule, source

OUT, PUBLIC = {"Fn::GetAtt": "OutBucket.Arn"}, {"Fn::Sub": "${PublicBucket.Arn}/*"}
DROPPED = {"Fn::Sub": "arn:aws:s3:::terang-drop-${AWS::AccountId}-${AWS::Region}/done/*"}
FED = {"Fn::Sub": "arn:aws:s3:::terang-work-${AWS::AccountId}-${AWS::Region}/factchecks/*"}
TABLE = {"Fn::GetAtt": "Table.Arn"}
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"}
NOTES = "Resources/PublishRole/Properties/Policies/0/PolicyDocument/Statement/2"
BUCKET, KEY, RULES = (
    "Resources/DropBucket/Properties",
    "Resources/Key/Properties/KeyPolicy/Statement",
    "Properties/LifecycleConfiguration/Rules",
)

BROKEN: dict[str, tuple[Rule, Change]] = {
    "every action of a service": (nothing_is_allowed_by_a_star, allow("ScanRole", "s3:*", OUT)),
    "every get action": (nothing_is_allowed_by_a_star, allow("ScanRole", ["s3:Get*"], OUT)),
    "every resource": (
        nothing_is_allowed_by_a_star,
        allow("PublishRole", "xray:PutTraceSegments", "*"),
    ),
    "every bucket": (
        nothing_is_allowed_by_a_star,
        allow("PublishRole", "s3:GetObject", "arn:aws:s3:::*"),
    ),
    "a role with a managed policy": (
        nothing_is_allowed_by_a_star,
        put("Resources/ScanRole/Properties/ManagedPolicyArns", ["arn:aws:iam::aws:policy/Any"]),
    ),
    "a key for everybody": (
        nothing_is_open_to_everybody,
        add(KEY, EVERYBODY | {"Action": "kms:Decrypt"}),
    ),
    "a service with every action of the key": (
        nothing_is_open_to_everybody,
        put(f"{KEY}/1/Action", "kms:*"),
    ),
    "a public bucket without a door": (
        nothing_is_open_to_everybody,
        add("Resources/PublicBucketPolicy/Properties/PolicyDocument/Statement", EVERYBODY),
    ),
    "scan deletes items": (
        nobody_deletes_from_the_ledger,
        allow("ScanRole", ["dynamodb:GetItem", "dynamodb:DeleteItem"], TABLE),
    ),
    "scan puts any key": (
        no_function_registers_a_sender,
        allow("ScanRole", "dynamodb:PutItem", TABLE),
    ),
    "publish puts where senders are registered": (
        no_function_registers_a_sender,
        put(f"{NOTES}/Condition/ForAllValues:StringLike/dynamodb:LeadingKeys", ["W#*", "P#*"]),
    ),
    "scan writes the public bucket": (
        only_publish_writes_the_public_bucket,
        allow("ScanRole", "s3:PutObject", PUBLIC),
    ),
    "intake deletes from the public bucket": (
        only_publish_writes_the_public_bucket,
        allow("IntakeRole", ["s3:GetObject", "s3:DeleteObject"], PUBLIC),
    ),
    "feeds writes a summary": (
        only_publish_writes_the_public_bucket,
        allow("FeedsRole", "s3:PutObject", {"Fn::Sub": "${PublicBucket.Arn}/summaries/*"}),
    ),
    "feeds writes the feeds that call it": (
        no_function_writes_what_calls_it,
        allow("FeedsRole", "s3:PutObject", FED),
    ),
    "intake writes what calls it": (
        no_function_writes_what_calls_it,
        allow("IntakeRole", "s3:PutObject", DROPPED),
    ),
    "a file under a key of the sender's": (
        what_nobody_here_reads_is_not_taken,
        drop("Resources/DropBucketPolicy/Properties/PolicyDocument/Statement/1"),
    ),
    "a file under another KMS key": (
        what_nobody_here_reads_is_not_taken,
        drop("Resources/DropBucketPolicy/Properties/PolicyDocument/Statement/2/Condition/Null"),
    ),
    "a file that is archived at once": (
        what_nobody_here_reads_is_not_taken,
        put(
            "Resources/DropBucketPolicy/Properties/PolicyDocument/Statement/3/Condition",
            {"StringEquals": {"s3:x-amz-storage-class": ["GLACIER"]}},
        ),
    ),
    "a bucket that goes with its stack": (
        what_holds_state_is_retained,
        drop("Resources/WorkBucket/DeletionPolicy"),
    ),
    "a bucket that is left over from a failed creation": (
        what_holds_state_is_retained,
        put("Resources/OutBucket/DeletionPolicy", "Retain"),
    ),
    "a secret that is lost when it is replaced": (
        what_holds_state_is_retained,
        put("Resources/PseudonymSecret/UpdateReplacePolicy", "Delete"),
    ),
    "a bucket without versions": (buckets_are_closed, drop(f"{BUCKET}/VersioningConfiguration")),
    "a bucket half open to the public": (
        buckets_are_closed,
        put(f"{BUCKET}/PublicAccessBlockConfiguration/BlockPublicPolicy", False),
    ),
    "a bucket with owners of objects": (
        buckets_are_closed,
        put(f"{BUCKET}/OwnershipControls/Rules/0/ObjectOwnership", "ObjectWriter"),
    ),
    "a bucket under a key of S3": (
        buckets_are_closed,
        put(
            f"{BUCKET}/BucketEncryption/ServerSideEncryptionConfiguration/0",
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        ),
    ),
    "a bucket reached over plain http": (
        buckets_are_closed,
        drop("Resources/WorkBucketPolicy/Properties/PolicyDocument/Statement/0"),
    ),
    "a bucket whose name another account may hold": (
        buckets_are_closed,
        put(f"{BUCKET}/BucketName", "terang-drop"),
    ),
    "a queue under nobody's key": (
        queues_are_closed,
        drop("Resources/PostsDead/Properties/KmsMasterKeyId"),
    ),
    "a queue that the policy forgets": (
        queues_are_closed,
        drop("Resources/QueuePolicy/Properties/Queues/0"),
    ),
    "a table that cannot be restored": (
        the_table_can_be_restored_and_forgets,
        drop("Resources/Table/Properties/PointInTimeRecoverySpecification"),
    ),
    "a table that forgets nothing": (
        the_table_can_be_restored_and_forgets,
        drop("Resources/Table/Properties/TimeToLiveSpecification"),
    ),
    "a table that is unprotected by default": (
        the_table_can_be_restored_and_forgets,
        put("Parameters/DeletionProtection/Default", "false"),
    ),
    "old versions of files that stay": (
        files_do_not_outlive_their_use,
        put(f"Resources/DropBucket/{RULES}/0/NoncurrentVersionExpiration/NoncurrentDays", 30),
    ),
    "parts that go before their dead letters": (
        files_do_not_outlive_their_use,
        put(f"Resources/WorkBucket/{RULES}/0/ExpirationInDays", 3),
    ),
    "seals that stay": (files_do_not_outlive_their_use, drop(f"Resources/WorkBucket/{RULES}/4")),
    "a second rule for a part of a prefix": (
        a_prefix_has_one_rule,
        put(f"Resources/WorkBucket/{RULES}/5/Prefix", "parts/copies/"),
    ),
    "delete markers beside days": (
        a_prefix_has_one_rule,
        put(f"Resources/DropBucket/{RULES}/0/ExpiredObjectDeleteMarker", True),
    ),
    "old versions in the out bucket that stay": (
        a_prefix_has_one_rule,
        drop(f"Resources/OutBucket/{RULES}/1/NoncurrentVersionExpiration"),
    ),
    "excerpts that stay": (
        files_do_not_outlive_their_use,
        drop(f"Resources/OutBucket/{RULES}/0/TagFilters"),
    ),
}


@pytest.mark.parametrize("door", ["own", "cloudfront"])
@pytest.mark.parametrize("rule", GUARD_RULES, ids=lambda rule: rule.__name__)
def test_the_stack_keeps_the_rule(rule: Rule, door: str) -> None:
    for variant in VARIANTS:
        assert list(rule(Resolved.of(source(), PublicDoor=door, **variant))) == []


@pytest.mark.parametrize(("rule", "change"), BROKEN.values(), ids=BROKEN)
def test_the_rule_notices(rule: Rule, change: Change) -> None:
    assert list(rule(Resolved.of(broken(change)))) != []


def test_every_rule_can_fail() -> None:
    assert {rule for rule, _ in BROKEN.values()} == set(GUARD_RULES)


@pytest.mark.parametrize("value", ["true", "false"])
def test_the_table_is_protected_as_the_parameter_says(value: str) -> None:
    stack = Resolved.of(source(), DeletionProtection=value)
    protected = stack.typed("AWS::DynamoDB::Table")["Table"]["DeletionProtectionEnabled"]
    assert protected is (value == "true")
