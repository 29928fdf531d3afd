"""The runbook: every alarm has its paragraph, and what it says to type can be typed."""

import re
import shlex
from math import nan

import pytest
from template.flow_rules import rings, watched
from template.resolved import ROOT, resolved, source

from terang.cli import build_app, parse
from terang.repair import ADVICE, Difference

PAGE = (ROOT / "docs/operate.md").read_text()
HEADINGS = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
SECTIONS = {*HEADINGS}
TYPED = re.findall(r"^\$ \.venv/bin/terang (.+)$", PAGE, re.MULTILINE)
ANSWERED = [
    Difference(kind, "journal/acme-chat/2026-11-25", "1", "2").advice("terang") for kind in ADVICE
]
COMMANDS = [one.partition("terang ")[2] for one in ANSWERED if "terang " in one]
EVERYTHING = {"Console": "oidc", "Announcements": "on", "Sentinel": "on", "Http": "on"}
ALARMS = resolved(**EVERYTHING).typed("AWS::CloudWatch::Alarm")


def test_every_alarm_has_its_paragraph_and_no_other() -> None:
    assert {one for one in SECTIONS if one.endswith("Alarm")} == {*ALARMS}


def test_an_alarm_of_ours_listens_to_a_metric_that_its_function_counts() -> None:
    metrics = [one["MetricStat"]["Metric"] for each in ALARMS.values() for one in watched(each)]
    ours = [one for one in metrics if one["Namespace"] == "Terang"]
    assert len(ours) > 5
    for one in ours:
        [dimension] = one["Dimensions"]
        folder = ROOT / "functions" / dimension["Value"]
        assert any(f'"{one["MetricName"]}"' in path.read_text() for path in folder.rglob("*.py"))


@pytest.mark.parametrize("name", sorted({*ALARMS} - {"PublishMissingAlarm"}))
def test_each_metric_alone_rings_its_alarm_which_says_where_to_look(name: str) -> None:
    alarm = ALARMS[name]
    assert not rings(alarm)
    for one in watched(alarm):
        assert one["ReturnData"] is False
        assert not rings(alarm, **{one["Id"]: 0})
        assert rings(alarm, **{one["Id"]: 21_601})
        named = one["Label"] in alarm["AlarmDescription"]
        assert named or re.search(r"\b(log|graph)\b", alarm["AlarmDescription"])


def test_a_metric_rings_one_alarm() -> None:
    every = [str(one["MetricStat"]) for alarm in ALARMS.values() for one in watched(alarm)]
    assert len(every) == len({*every})
    assert max(len(watched(alarm)) for alarm in ALARMS.values()) <= 10  # as AWS allows


@pytest.mark.parametrize(("hours", "missed"), [
    pytest.param([(nan, nan)] * 3, False, id="before the stack was there"),
    pytest.param([(nan, nan), (nan, nan), (nan, 9)], False, id="the first minutes"),
    pytest.param([(nan, nan), (nan, 9), (1, 60)], False, id="a first run that came late"),
    pytest.param([(nan, 60)] * 3, True, id="never called since the stack was made"),
    pytest.param([(1, 60), *[(nan, 60)] * 3], True, id="a schedule that ended"),
    pytest.param([(nan, 60), (nan, 60), (1, 60)], False, id="called again"),
])  # fmt: skip
def test_a_new_stack_misses_no_publish_yet(hours: list[tuple[float, float]], missed: bool) -> None:
    """Calls and polls of each hour; nan is a metric without data."""
    alarm = ALARMS["PublishMissingAlarm"]
    latest = hours[-alarm["EvaluationPeriods"] :]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert all(rings(alarm, called=called, polled=polled) for called, polled in latest) is missed


def test_an_alarm_says_what_happened_and_what_to_do() -> None:
    for name, one in ALARMS.items():
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
    ("kind", "name"), [("AWS::KMS::Key", "keys"), ("AWS::SecretsManager::Secret", "secrets")]
)
def test_the_cost_counts_what_the_template_has(kind: str, name: str) -> None:
    made = [one for one in source()["Resources"].values() if one["Type"] == kind]
    page = (ROOT / "docs/cost.md").read_text()
    for count in (len(made), sum("Condition" not in one or name == "keys" for one in made)):
        assert f"| {count} {name}: " in page


def test_the_cost_counts_what_alarms_watch() -> None:
    page = (ROOT / "docs/cost.md").read_text()
    for parameters in ({}, EVERYTHING):
        made = resolved(**parameters).typed("AWS::CloudWatch::Alarm").values()
        metrics = sum(len(watched(alarm)) for alarm in made)
        assert f"| {metrics} metrics of {len(made)} alarms: {metrics / 10:.2f} |" in page
