"""Nobody is let in who need not be, and each rule of that notices when somebody is."""

from itertools import product

import pytest
from template.access_rules import (
    ACCESS_RULES,
    logs_and_secrets_rest_under_the_stacks_key,
    only_who_must_tell_missing_from_denied_lists_the_mailbox,
    roles_touch_buckets_of_this_account_alone,
    services_act_for_this_account_alone,
    the_public_bucket_is_read_through_its_door,
)
from template.changes import Change, add, allow, broken, drop, put
from template.provider_stack import provider_stack
from template.resolved import VARIANTS, Resolved, Rule, source

TRUST = "Properties/AssumeRolePolicyDocument/Statement/0"
PUBLIC = "Resources/PublicBucketPolicy/Properties/PolicyDocument/Statement"
EVERY_QUERY = "Properties/CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin"
MAILBOX = {"Fn::GetAtt": "DropBucket.Arn"}
SEND = {
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": "*",
}

BROKEN: dict[str, tuple[Rule, Change]] = {
    "a schedule of any account takes the role": (
        services_act_for_this_account_alone,
        drop(f"Resources/ScheduleRole/{TRUST}/Condition"),
    ),
    "a schedule of another account takes the role": (
        services_act_for_this_account_alone,
        put(
            f"Resources/ScheduleRole/{TRUST}/Condition",
            {"StringEquals": {"aws:SourceAccount": "210987654321"}},
        ),
    ),
    "the logs of any account use the key": (
        services_act_for_this_account_alone,
        drop("Resources/Key/Properties/KeyPolicy/Statement/1/Condition"),
    ),
    "the events of any bucket reach a queue": (
        services_act_for_this_account_alone,
        add("Resources/QueuePolicy/Properties/PolicyDocument/Statement", SEND),
    ),
    "any topic calls a function": (
        services_act_for_this_account_alone,
        put(
            "Resources/Stranger",
            {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Publish"},
                    "Principal": "sns.amazonaws.com",
                },
            },
        ),
    ),
    "scan reads buckets of other accounts": (
        roles_touch_buckets_of_this_account_alone,
        drop("Resources/CommonPolicy/Properties/PolicyDocument/Statement/1"),
    ),
    "scan runs before that is denied": (
        roles_touch_buckets_of_this_account_alone,
        drop("Resources/Scan/DependsOn"),
    ),
    "a log group under nobody's key": (
        logs_and_secrets_rest_under_the_stacks_key,
        drop("Resources/DecideLogs/Properties/KmsKeyId"),
    ),
    "a secret under the account's key": (
        logs_and_secrets_rest_under_the_stacks_key,
        drop("Resources/PseudonymSecret/Properties/KmsKeyId"),
    ),
    "functions under Lambda's key": (
        logs_and_secrets_rest_under_the_stacks_key,
        drop("Globals/Function/KmsKeyArn"),
    ),
    "publish lists the mailbox": (
        only_who_must_tell_missing_from_denied_lists_the_mailbox,
        allow("PublishRole", "s3:ListBucketVersions", MAILBOX),
    ),
}

DOORS: dict[str, Change] = {
    "another service reads": put(f"{PUBLIC}/1/Fn::If/1/Principal/Service", "ec2.amazonaws.com"),
    "any distribution reads": drop(f"{PUBLIC}/1/Fn::If/1/Condition"),
    "another account's distribution reads": put(
        f"{PUBLIC}/1/Fn::If/1/Condition/StringEquals/aws:SourceArn",
        "arn:aws:cloudfront::210987654321:distribution/Door",
    ),
    "a door without a distribution": put(f"{PUBLIC}/1", SEND | {"Action": "s3:GetObject"}),
    "a website": put("Resources/PublicBucket/Properties/WebsiteConfiguration", {}),
    "plain http": put(
        "Resources/Door/Properties/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy",
        "allow-all",
    ),
    "unsigned requests": put(
        "Resources/DoorAccess/Properties/OriginAccessControlConfig/SigningBehavior", "never"
    ),
    "queries pass": put(
        f"Resources/DoorCache/{EVERY_QUERY}/QueryStringsConfig", {"QueryStringBehavior": "all"}
    ),
}
"""Ways in beside the door; each is seen with the door that CloudFront is."""


@pytest.mark.parametrize("rule", ACCESS_RULES, ids=lambda rule: rule.__name__)
def test_the_stack_keeps_the_rule(rule: Rule) -> None:
    for door, variant in product(("own", "cloudfront"), VARIANTS):
        assert list(rule(Resolved.of(source(), PublicDoor=door, **variant))) == []


@pytest.mark.parametrize("rule", ACCESS_RULES, ids=lambda rule: rule.__name__)
def test_a_providers_stack_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(provider_stack("acme"))) == []


@pytest.mark.parametrize("door", ["own", "cloudfront"])
def test_the_public_bucket_has_one_door(door: str) -> None:
    stack = Resolved.of(source(), PublicDoor=door)
    assert list(the_public_bucket_is_read_through_its_door(stack)) == []


@pytest.mark.parametrize(("rule", "change"), BROKEN.values(), ids=BROKEN)
def test_the_rule_notices(rule: Rule, change: Change) -> None:
    assert list(rule(Resolved.of(broken(change)))) != []


@pytest.mark.parametrize("change", DOORS.values(), ids=DOORS)
def test_another_way_in_is_noticed(change: Change) -> None:
    stack = Resolved.of(broken(change), PublicDoor="cloudfront")
    assert list(the_public_bucket_is_read_through_its_door(stack)) != []


PROVIDERS: dict[str, tuple[Rule, Change]] = {
    "a provider drops into anybody's bucket": (
        roles_touch_buckets_of_this_account_alone,
        drop("Resources/Role/Properties/Policies/0/PolicyDocument/Statement/-1"),
    ),
    "a provider lists the mailbox": (
        only_who_must_tell_missing_from_denied_lists_the_mailbox,
        allow("Role", "s3:ListBucket", {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DropBucket}"}),
    ),
    "a service takes a provider's role": (
        services_act_for_this_account_alone,
        put(f"Resources/Role/{TRUST}/Principal", {"Service": "ec2.amazonaws.com"}),
    ),
}


@pytest.mark.parametrize(("rule", "change"), PROVIDERS.values(), ids=PROVIDERS)
def test_the_rule_notices_it_of_a_provider(rule: Rule, change: Change) -> None:
    stack = provider_stack("acme", broken(change, "provider.yaml"))
    assert list(rule(stack)) != []


def test_every_rule_can_fail() -> None:
    assert {rule for rule, _ in BROKEN.values()} == set(ACCESS_RULES)
