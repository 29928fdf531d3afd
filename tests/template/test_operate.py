"""The runbook: every alarm has its paragraph, and what it says to type can be typed."""

import re
import shlex
from collections.abc import Iterator

import pytest
from template.resolved import ROOT, source

from terang.cli.command import build_app, parse
from terang.repair.difference import ADVICE, Difference

PAGE = (ROOT / "docs/operate.md").read_text()
HEADINGS = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
SECTIONS = {name for heading in HEADINGS for name in re.split("(?<=Alarm), ", heading)}
TYPED = re.findall(r"^\$ \.venv/bin/terang (.+)$", PAGE, re.MULTILINE)
ANSWERED = [
    Difference(kind, "journal/acme-chat/2026-11-25", "1", "2").advice("terang") for kind in ADVICE
]
COMMANDS = [one.partition("terang ")[2] for one in ANSWERED if "terang " in one]


def alarms() -> Iterator[tuple[str, dict[str, str]]]:
    for name, resource in source()["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            yield name, resource["Properties"]


def test_every_alarm_has_its_paragraph_and_no_other() -> None:
    assert {one for one in SECTIONS if one.endswith("Alarm")} == {name for name, _ in alarms()}


def test_an_alarm_of_ours_listens_to_a_metric_that_its_function_counts() -> None:
    ours = [one for _, one in alarms() if one["Namespace"] == "Terang"]
    assert len(ours) > 5
    for one in ours:
        [dimension] = one["Dimensions"]
        folder = ROOT / "functions" / dimension["Value"]  # type: ignore[index]
        assert any(f'"{one["MetricName"]}"' in path.read_text() for path in folder.rglob("*.py"))


def test_an_alarm_listens_to_a_metric_of_this_stack_or_to_ours() -> None:
    known = {"AWS/SQS", "AWS/Lambda", "AWS/DynamoDB", "AWS/ApiGateway", "Terang"}
    assert {one["Namespace"] for _, one in alarms()} <= known


def test_an_alarm_says_what_happened_and_what_to_do() -> None:
    for name, one in alarms():
        assert len(re.findall(r"[.](?= |$)", one["AlarmDescription"])) >= 2, name


def test_what_fsck_says_to_read_is_there() -> None:
    for advice in ANSWERED:
        for section in re.findall(r"operate\.md, ([^;]+)", advice):
            assert section in SECTIONS


@pytest.mark.parametrize("words", [*TYPED, *COMMANDS])
def test_a_command_can_be_typed(words: str) -> None:
    assert callable(parse(build_app(), shlex.split(words))[0])


def test_every_kind_that_fsck_names_is_told() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    pointed = {kind for kind, advice in ADVICE.items() if "What fsck names" in advice}
    assert pointed <= named


def test_the_readme_names_the_page() -> None:
    assert "docs/operate.md" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::KMS::Key", "keys"),
        ("AWS::SecretsManager::Secret", "secrets"),
        ("AWS::CloudWatch::Alarm", "alarms"),
    ],
)
def test_the_cost_counts_what_the_template_has(kind: str, name: str) -> None:
    made = [one for one in source()["Resources"].values() if one["Type"] == kind]
    page = (ROOT / "docs/cost.md").read_text()
    for count in (len(made), sum("Condition" not in one or name == "keys" for one in made)):
        assert f"| {count} {name}: " in page
