"""AWS's limits, under the longest names and values that the parameters take.

What exceeds one fails while it is deployed, in somebody's account and not here.
Source: the quotas pages of CloudFormation, IAM, Lambda, S3 and CloudWatch.
"""

import json
import re
from typing import Any

import pytest
from template.resolved import PSEUDO, Resolved, resolved, source

LONGEST = {"AWS::StackName": "s" * 28, "AWS::Region": "ap-southeast-1",
           "AWS::Partition": "aws-us-gov"}  # fmt: skip
QUEUE = "https://sqs.ap-southeast-1.amazonaws.com/123456789012/"
SECRET = "arn:aws-us-gov:secretsmanager:ap-southeast-1:123456789012:secret:"
PHYSICAL = 60
"""Letters of a name that CloudFormation makes: it cuts the stack's and the resource's."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Resolved:
    for name, value in LONGEST.items():
        monkeypatch.setitem(PSEUDO, name, value)
    parameters = source()["Parameters"]
    longest = {
        name: "x" * one["MaxLength"] for name, one in parameters.items() if "MaxLength" in one
    }
    return Resolved.of(source(), PublicDoor="own", TipLine="secret", **longest)


def size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def test_the_template_is_small_enough() -> None:
    template = source()
    counts = {one: len(template[one]) for one in ("Parameters", "Mappings", "Outputs")}
    assert max(counts.values()) <= 200
    assert len(resolved(PublicDoor="cloudfront").expanded["Resources"]) <= 500


def test_every_parameter_is_in_one_group() -> None:
    """Consoles show a parameter outside all groups last, without a heading."""
    template = source()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(
        template["Parameters"]
    )


def test_a_buckets_name_has_63_letters_at_most(stack: Resolved) -> None:
    names = [one["BucketName"] for one in stack.typed("AWS::S3::Bucket").values()]
    assert max(map(len, names)) <= 63


def test_a_schedules_name_has_64_letters_at_most(stack: Resolved) -> None:
    schedules = stack.typed("AWS::Scheduler::Schedule").values()
    assert max(len(one["Name"]) for one in schedules) <= 64


def test_a_roles_inline_policies_have_10240_letters_at_most(stack: Resolved) -> None:
    for name in stack.typed("AWS::IAM::Role"):
        assert sum(map(size, stack.policies(name))) <= 10_240, name


def test_a_function_keeps_within_its_limits(stack: Resolved) -> None:
    for name, function in stack.typed("AWS::Lambda::Function").items():
        assert len(function["Layers"]) <= 5, name
        assert len(function["Description"]) <= 256, name
        assert function["Timeout"] <= 900, name


def test_a_functions_settings_have_4_kib_at_most(stack: Resolved) -> None:
    for name, function in stack.typed("AWS::Lambda::Function").items():
        settings = {
            key: str(value) + "x" * (len(QUEUE + SECRET) + PHYSICAL)
            if key.endswith(("_URL", "_ARN", "_SECRET", "TABLE"))
            else str(value)
            for key, value in function["Environment"]["Variables"].items()
        }
        assert sum(len(key) + len(value) for key, value in settings.items()) <= 4_096, name


def test_no_setting_has_a_name_that_lambda_keeps_for_itself(stack: Resolved) -> None:
    for function in stack.typed("AWS::Lambda::Function").values():
        for name in function["Environment"]["Variables"]:
            assert not name.startswith(("AWS_", "LAMBDA_", "_"))
            assert name not in {"LD_LIBRARY_PATH", "NODE_PATH", "PATH", "PYTHONPATH", "TZ"}


def test_a_long_text_of_an_operator_is_bounded() -> None:
    """A parameter takes 4,096 letters, and the settings of a function as many in all."""
    for name, one in source()["Parameters"].items():
        if re.search(r"[*+]", one.get("AllowedPattern", "")):
            assert "MaxLength" in one, name


def test_an_alarm_and_a_role_describe_themselves_in_1000_letters(stack: Resolved) -> None:
    for one in stack.typed("AWS::CloudWatch::Alarm").values():
        assert len(one["AlarmDescription"]) <= 1_000
    for one in stack.typed("AWS::IAM::Role").values():
        assert len(one["Description"]) <= 1_000
