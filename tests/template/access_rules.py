"""The house rules of who is let in: each yields what breaks it."""

from collections.abc import Iterator
from typing import Any

from template.resolved import PSEUDO, Resolved, as_list

ACCOUNT = PSEUDO["AWS::AccountId"]
OWN_BUCKETS_ONLY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}}  # fmt: skip


def services_act_for_this_account_alone(stack: Resolved) -> Iterator[str]:
    """A service that is let in says for whom it acts: it cannot be sent by another account. Lambda
    is the exception: a function can only be given a role of its own account, and Lambda names no
    source when it takes one."""
    for name, one in _lets_services_in(stack):
        service = str(one["Principal"]["Service"])
        if service != "['lambda.amazonaws.com']" and ACCOUNT not in str(one.get("Condition")):
            yield f"{name} lets {service} in for whomever"
    for name, permission in stack.typed("AWS::Lambda::Permission").items():
        if ACCOUNT not in f"{permission.get('SourceAccount')}{permission.get('SourceArn')}":
            yield f"{name} lets {permission['Principal']} call for whomever"


def roles_touch_buckets_of_this_account_alone(stack: Resolved) -> Iterator[str]:
    """The ARN of a bucket names no account: who takes a deleted bucket's name would be served."""
    for name in stack.typed("AWS::IAM::Role"):
        touches = any(
            action.startswith("s3:")
            for one in stack.grants(name)
            for action in as_list(one["Action"])
        )
        denied = [{key: value for key, value in one.items() if key != "Sid"}
                  for one in stack.statements(name)]  # fmt: skip
        if touches and OWN_BUCKETS_ONLY not in denied:
            yield f"{name} may touch buckets of other accounts"
    for shared, policy in stack.typed("AWS::IAM::Policy").items():
        for name in stack.typed("AWS::Lambda::Function"):
            waits = shared in as_list(stack.resources[name].get("DependsOn", []))
            if stack.role_of(name) in policy["Roles"] and not waits:
                yield f"{name} may run without {shared}"


def logs_and_secrets_rest_under_the_stacks_key(stack: Resolved) -> Iterator[str]:
    """As the buckets, queues and table do, which have rules of their own."""
    for kind, place in (("AWS::Logs::LogGroup", "KmsKeyId"),
                        ("AWS::SecretsManager::Secret", "KmsKeyId"),
                        ("AWS::Lambda::Function", "KmsKeyArn")):  # fmt: skip
        for name, one in stack.typed(kind).items():
            if one.get(place) != stack.arn("Key"):
                yield f"{name} is not under the stack's key"


def the_public_bucket_is_read_through_its_door(stack: Resolved) -> Iterator[str]:
    """Nobody reads it but the one distribution, which signs what it asks and passes no query."""
    statements = stack.typed("AWS::S3::BucketPolicy")["PublicBucketPolicy"]["PolicyDocument"]
    door = f"arn:aws:cloudfront::{ACCOUNT}:distribution/Door"
    allowed = [one for one in statements["Statement"] if one["Effect"] == "Allow"]
    for one in allowed:
        if one["Principal"] != {"Service": "cloudfront.amazonaws.com"}:
            yield f"{one['Principal']} reads the public bucket"
        if one.get("Condition") != {"StringEquals": {"aws:SourceArn": door}}:
            yield "another distribution reads the public bucket"
    if len(allowed) != len(stack.typed("AWS::CloudFront::Distribution")):
        yield "the public bucket has another number of doors than distributions"
    if "WebsiteConfiguration" in stack.typed("AWS::S3::Bucket")["PublicBucket"]:
        yield "the public bucket is a website of its own"
    yield from _doors(stack)


def _doors(stack: Resolved) -> Iterator[str]:
    for name, one in stack.typed("AWS::CloudFront::Distribution").items():
        if one["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] not in {
            "redirect-to-https",
            "https-only",
        }:
            yield f"{name} serves over plain http"
    for name, one in stack.typed("AWS::CloudFront::OriginAccessControl").items():
        if one["OriginAccessControlConfig"]["SigningBehavior"] != "always":
            yield f"{name} does not sign what it asks"
    for name, one in stack.typed("AWS::CloudFront::CachePolicy").items():
        passed = one["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
        if passed["QueryStringsConfig"] != {"QueryStringBehavior": "none"}:
            yield f"{name} passes queries: a bucket would list itself"


def only_who_must_tell_missing_from_denied_lists_the_mailbox(stack: Resolved) -> Iterator[str]:
    """Without ListBucket S3 answers 403 to both. Names of files are told to nobody else."""
    mailbox = f"arn:aws:s3:::terang-drop-{ACCOUNT}-eu-west-1"
    needed = {"IntakeRole", "ScanRole"}
    for name in stack.typed("AWS::IAM::Role").keys() - needed:
        for one in stack.grants(name):
            lists = any(action.startswith("s3:List") for action in as_list(one["Action"]))
            if lists and any(arn.startswith(mailbox) for arn in as_list(one["Resource"])):
                yield f"{name} lists the mailbox"


def _lets_services_in(stack: Resolved) -> Iterator[tuple[str, dict[str, Any]]]:
    """The statements of roles, buckets, queues and keys that let a service in."""
    documents = [(name, role["AssumeRolePolicyDocument"])
                 for name, role in stack.typed("AWS::IAM::Role").items()]  # fmt: skip
    for kind, place in (("AWS::KMS::Key", "KeyPolicy"), ("AWS::S3::BucketPolicy", "PolicyDocument"),
                        ("AWS::SQS::QueuePolicy", "PolicyDocument")):  # fmt: skip
        documents += [(name, one[place]) for name, one in stack.typed(kind).items()]
    for name, document in documents:
        for one in document["Statement"]:
            if one["Effect"] == "Allow" and "Service" in one["Principal"]:
                services = as_list(one["Principal"]["Service"])
                yield name, one | {"Principal": {"Service": services}}
