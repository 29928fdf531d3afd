"""The runbook: every alarm has its paragraph, and what it says to type can be typed."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from template.resolved import ROOT, source

from terang.cli.command import build_app, parse
from terang.repair.table_snapshot import ADVICE, Difference

PAGE = (ROOT / "docs/operate.md").read_text()
HEADINGS = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
SECTIONS = {name for heading in HEADINGS for name in re.split("(?<=Alarm), ", heading)}
TYPED = re.findall(r"^\$ \.venv/bin/terang (.+)$", PAGE, re.MULTILINE)
ANSWERED = [
    Difference(kind, "journal/acme-chat/2026-11-25", "1", "2").advice("terang") for kind in ADVICE
]
COMMANDS = [one.partition("terang ")[2] for one in ANSWERED if "terang " in one]


def alarms() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in source()["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            yield name, resource["Properties"]


def test_every_alarm_has_its_paragraph_and_no_other() -> None:
    assert {one for one in SECTIONS if one.endswith("Alarm")} == {name for name, _ in alarms()}


def test_an_alarm_of_ours_listens_to_a_metric_that_its_function_counts() -> None:
    ours = [one for _, one in alarms() if one.get("Namespace") == "Terang"]
    assert len(ours) > 5
    for one in ours:
        [dimension] = one["Dimensions"]
        folder = ROOT / "functions" / dimension["Value"]
        assert any(f'"{one["MetricName"]}"' in path.read_text() for path in folder.rglob("*.py"))


def test_an_alarm_listens_to_a_metric_of_this_stack_or_to_ours() -> None:
    known = {"AWS/SQS", "AWS/Lambda", "AWS/DynamoDB", "AWS/ApiGateway", "Terang"}
    assert {one["Namespace"] for _, one in alarms() if "Metrics" not in one} <= known


@pytest.mark.parametrize(
    ("hours", "rings"),
    [
        pytest.param([(None, None)] * 3, False, id="before the stack was there"),
        pytest.param([(None, None), (None, None), (None, 9)], False, id="the first minutes"),
        pytest.param([(None, None), (None, 9), (1, 60)], False, id="a first run that came late"),
        pytest.param([(None, 60)] * 3, True, id="never called since the stack was made"),
        pytest.param([(1, 60), *[(None, 60)] * 3], True, id="a schedule that ended"),
        pytest.param([(None, 60), (None, 60), (1, 60)], False, id="called again"),
    ],
)
def test_a_new_stack_does_not_ring_for_a_missing_publish(
    hours: list[tuple[int | None, int | None]], rings: bool
) -> None:
    """Calls and polls of each hour; None is a metric without data."""
    alarm: dict[str, Any] = dict(alarms())["PublishMissingAlarm"]
    math = {"FILL": lambda given, missing: missing if given is None else given}
    math |= {"IF": lambda condition, yes, no: yes if condition else no}
    expression, latest = alarm["Metrics"][0]["Expression"], hours[-alarm["EvaluationPeriods"] :]
    values = [eval(expression, math | {"called": one, "polled": two}) for one, two in latest]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert all(value is not None and value > alarm["Threshold"] for value in values) is rings


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
