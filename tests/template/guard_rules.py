"""The house rules of what is kept and who may touch it: each yields what breaks it."""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

from template.resolved import Resolved, as_list

RETAINED = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key",
            "AWS::SecretsManager::Secret"}  # fmt: skip
LEARNT = ("factchecks/*", "packs/factchecks/*.yaml", "sets/*")
WRITING = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"}
DELETING = {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"}


def nothing_is_allowed_by_a_star(stack: Resolved) -> Iterator[str]:
    """No `*` as or in an action, none as a resource, no policy that somebody else keeps."""
    for name, role in stack.typed("AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            yield f"{name} has a managed policy"
        for one in stack.grants(name):
            if any("*" in action for action in as_list(one["Action"])):
                yield f"{name} allows {one['Action']}"
            if any(arn.split(":", 5)[-1].startswith("*") for arn in as_list(one["Resource"])):
                yield f"{name} allows something on {one['Resource']}"


def nothing_is_open_to_everybody(stack: Resolved) -> Iterator[str]:
    """No policy of a bucket, queue or key allows `*`, neither as principal nor as action. The one
    exception: in a key's own policy the account's root has every action."""
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    for name, document in _resource_policies(stack):
        for one in document["Statement"]:
            starred = any("*" in said for said in (*as_list(one["Action"]), one["Principal"]))
            if one["Effect"] == "Allow" and starred and one["Principal"] != root:
                yield f"{name} allows {one['Action']} to {one['Principal']}"


def nobody_deletes_from_the_ledger(stack: Resolved) -> Iterator[str]:
    """What happened stays: no role deletes items, nor the table."""
    for name in stack.typed("AWS::IAM::Role"):
        for one in stack.grants(name):
            if DELETING & set(as_list(one["Action"])):
                yield f"{name} may delete items"


def no_function_registers_a_sender(stack: Resolved) -> Iterator[str]:
    """Who may send for a provider stands under `P#`, and only the operator writes there."""
    for function in stack.typed("AWS::Lambda::Function"):
        for one in stack.grants(stack.role_of(function)):
            if not WRITING & set(as_list(one["Action"])):
                continue
            condition = one.get("Condition", {}).get("ForAllValues:StringLike", {})
            keys = as_list(condition.get("dynamodb:LeadingKeys", ["*"]))
            if any(key.startswith(("P", "*", "?")) for key in keys):
                yield f"{function} may register a sender"


def only_publish_writes_the_public_bucket(stack: Resolved) -> Iterator[str]:
    """Packs and sets are put there by the operator, from outside the stack. Feeds writes indexes of
    checks, the set that names one, and the one pack that nobody writes."""
    bucket = stack.arn("PublicBucket")
    learns = {f"{bucket}/{place}" for place in LEARNT}
    for function in stack.typed("AWS::Lambda::Function"):
        for one in stack.grants(stack.role_of(function)):
            writes = any(_writes(action) for action in as_list(one["Action"]))
            learnt = function == "Feeds" and set(as_list(one["Resource"])) <= learns
            if writes and function != "Publish" and not learnt and _under(bucket, one):
                yield f"{function} may write the public bucket"


def no_function_writes_what_calls_it(stack: Resolved) -> Iterator[str]:
    """A function that puts into the bucket whose events call it may call itself for ever."""
    buckets = stack.typed("AWS::S3::Bucket")
    mappings = stack.typed("AWS::Lambda::EventSourceMapping").values()
    takers = {one["EventSourceArn"]: stack.arn(one["FunctionName"]) for one in mappings}
    for name, bucket in buckets.items():
        told = bucket.get("NotificationConfiguration", {})
        called = {event["Function"] for event in told.get("LambdaConfigurations", ())}
        called |= {takers[event["Queue"]] for event in told.get("QueueConfigurations", ())}
        for function in stack.typed("AWS::Lambda::Function"):
            if stack.arn(function) not in called:
                continue
            for one in stack.grants(stack.role_of(function)):
                if "s3:PutObject" in as_list(one["Action"]) and _under(stack.arn(name), one):
                    yield f"{function} is called by {name} and writes it"


def what_holds_state_is_retained(stack: Resolved) -> Iterator[str]:
    """Neither removing nor replacing the stack's resource takes the data with it. A bucket whose
    creation failed holds nothing, and under its name the next creation would fail."""
    for name, resource in stack.resources.items():
        kept = resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")
        named = "BucketName" in resource.get("Properties", {})
        wanted = "RetainExceptOnCreate" if named else "Retain"
        if resource["Type"] in RETAINED and kept != (wanted, "Retain"):
            yield f"{name} is not retained"


def buckets_are_closed(stack: Resolved) -> Iterator[str]:
    """Versioned, encrypted, owned, blocked to the public, over TLS only, named after the place."""
    tls_only = {
        policy["Bucket"]: _denies_plain_http(policy["PolicyDocument"])
        for policy in stack.typed("AWS::S3::BucketPolicy").values()
    }
    for name, bucket in stack.typed("AWS::S3::Bucket").items():
        rules = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rules[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        checks = {
            "versioned": bucket.get("VersioningConfiguration") == {"Status": "Enabled"},
            "blocked": list(bucket.get("PublicAccessBlockConfiguration", {}).values())
            == [True] * 4,
            "owned": bucket["OwnershipControls"]["Rules"]
            == [{"ObjectOwnership": "BucketOwnerEnforced"}],
            "under the stack's key": algorithm == "aws:kms" or name == "PublicBucket",
            "reached over TLS only": tls_only.get(bucket["BucketName"], False),
            "named after account and region": bucket["BucketName"].endswith(
                "-123456789012-eu-west-1"
            ),
        }
        yield from (f"{name} is not {what}" for what, holds in checks.items() if not holds)


def queues_are_closed(stack: Resolved) -> Iterator[str]:
    """Encrypted under the stack's key and reached over TLS only."""
    covered = {
        queue
        for policy in stack.typed("AWS::SQS::QueuePolicy").values()
        if _denies_plain_http(policy["PolicyDocument"])
        for queue in policy["Queues"]
    }
    for name, queue in stack.typed("AWS::SQS::Queue").items():
        if queue.get("KmsMasterKeyId") != stack.arn("Key"):
            yield f"{name} is not under the stack's key"
        if name not in covered:
            yield f"{name} is not reached over TLS only"


def the_table_can_be_restored_and_forgets(stack: Resolved) -> Iterator[str]:
    """Point-in-time recovery, the stack's key, items that expire, and no deletion by default."""
    for name, table in stack.typed("AWS::DynamoDB::Table").items():
        checks = {
            "restorable": table.get("PointInTimeRecoverySpecification", {}).get(
                "PointInTimeRecoveryEnabled"
            ),
            "under the stack's key": table.get("SSESpecification", {}).get("KMSMasterKeyId")
            == stack.arn("Key"),
            "expiring": table.get("TimeToLiveSpecification")
            == {"AttributeName": "expires", "Enabled": True},
            "protected": table.get("DeletionProtectionEnabled") is True,
            "on demand": table.get("BillingMode") == "PAY_PER_REQUEST",
        }
        yield from (f"{name} is not {what}" for what, holds in checks.items() if not holds)


def files_do_not_outlive_their_use(stack: Resolved) -> Iterator[str]:
    """Every version: drop and work a day or two longer than a unit may ask, excerpts as they say. A
    file waits for a worker, and then for the dead letters of its units."""
    days = {name: dict(map(_days, rules)) for name, rules in _lifecycles(stack).items()}
    queues = stack.typed("AWS::SQS::Queue")
    asked = max(one["MessageRetentionPeriod"] for one in queues.values())
    asked += queues["Files"]["MessageRetentionPeriod"]
    for name, what, wanted in (
        ("DropBucket", "", asked // 86400 + 2),
        ("WorkBucket", "parts/", asked // 86400 + 1),
        ("WorkBucket", "refusals/", asked // 86400 + 1),
        ("OutBucket", ("holds", "excerpts"), int(stack.parameters["ExcerptDays"]) + 1),
    ):
        if days[name].get(what) != wanted:
            yield f"{name} does not forget {what} after {wanted} days"
    work, put = f"{stack.arn('WorkBucket')}/", {"factchecks/"}  # the operator puts feeds
    for role in stack.typed("AWS::IAM::Role"):
        for one in stack.grants(role):
            if "s3:PutObject" in as_list(one["Action"]):
                put |= {
                    arn[len(work) :] for arn in as_list(one["Resource"]) if arn.startswith(work)
                }
    for place in sorted(put):
        if not any(days["WorkBucket"][key] and place.startswith(key) for key in days["WorkBucket"]):
            yield f"WorkBucket keeps {place} for ever"


def a_prefix_has_one_rule(stack: Resolved) -> Iterator[str]:
    """S3 would decide between two, and refuses markers beside days, which clear them anyway. Rules
    of a tag are apart: they reach no delete marker, and the shorter time counts. Every rule ends
    old versions too."""
    for name, rules in _lifecycles(stack).items():
        plain = [rule.get("Prefix", "") for rule in rules if "TagFilters" not in rule]
        for one, other in permutations(plain, 2):
            if other.startswith(one):
                yield f"{name} has two rules for {other or 'everything'}"
        for rule in rules:
            if {"ExpirationInDays", "ExpiredObjectDeleteMarker"} <= rule.keys():
                yield f"{name} has days and delete markers in {rule['Id']}"
            if "NoncurrentVersionExpiration" not in rule:
                yield f"{name} keeps old versions in {rule['Id']}"


def what_nobody_here_reads_is_not_taken(stack: Resolved) -> Iterator[str]:
    """The drop bucket denies files under other keys, and files that are archived at once."""
    key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    wanted: dict[str, Any] = {
        "a key of the sender's": {
            "Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}
        },
        "another KMS key": {"Null": {key: "false"}, "StringNotEquals": {key: stack.arn("Key")}},
        "an archive": {"StringEquals": {"s3:x-amz-storage-class": ["GLACIER", "DEEP_ARCHIVE"]}},
    }
    policy = stack.typed("AWS::S3::BucketPolicy")["DropBucketPolicy"]["PolicyDocument"]
    denied = [
        one["Condition"]
        for one in policy["Statement"]
        if (one["Effect"], one["Principal"], one["Action"]) == ("Deny", "*", "s3:PutObject")
        and one["Resource"] == f"{stack.arn('DropBucket')}/*"
    ]
    yield from (f"DropBucket takes {what}" for what, one in wanted.items() if one not in denied)


def _resource_policies(stack: Resolved) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind, place in (("AWS::KMS::Key", "KeyPolicy"), ("AWS::S3::BucketPolicy", "PolicyDocument"),
                        ("AWS::SQS::QueuePolicy", "PolicyDocument")):  # fmt: skip
        for name, one in stack.typed(kind).items():
            yield name, one[place]


def _writes(action: str) -> bool:
    return action.startswith(("s3:Put", "s3:Delete", "s3:Restore", "s3:Replicate"))


def _under(bucket_arn: str, statement: Mapping[str, Any]) -> bool:
    arns = as_list(statement["Resource"])
    return any(arn == bucket_arn or arn.startswith(f"{bucket_arn}/") for arn in arns)


def _denies_plain_http(document: Mapping[str, Any]) -> bool:
    return any(
        one["Effect"] == "Deny"
        and one["Principal"] == "*"
        and one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for one in document["Statement"]
    )


def _lifecycles(stack: Resolved) -> dict[str, list[dict[str, Any]]]:
    return {
        name: bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        for name, bucket in stack.typed("AWS::S3::Bucket").items()
    }


def _days(rule: Mapping[str, Any]) -> tuple[str | tuple[str, str], int]:
    """The tag or prefix that a rule looks for, and after how many days nothing of it is left."""
    noncurrent = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0)
    tags = [(tag["Key"], tag["Value"]) for tag in rule.get("TagFilters", ())]
    days = int(rule.get("ExpirationInDays", 0))
    return tags[0] if tags else rule.get("Prefix", ""), days and days + noncurrent
