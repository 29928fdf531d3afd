"""Posts that repeat a checked claim are findings like any other, that propose a label."""

import json
from typing import Any

import msgspec
import pytest
from support.faults import Calls, CrashError
from support.sample_checks import (
    CHECKS,
    REPEATS_FRIDGE,
    REPEATS_MAYOR,
    REPEATS_SALT,
    REPEATS_TRUE,
    SALT,
    check,
    table,
)
from support.sample_messages import decision
from support.sample_posts import OTP, lines
from support.world import World

from claims import check_finder
from ledger.codes import OperatorError
from ledger.findings import Finding, Label
from ledger.units import Receipt
from scan.flood_guard import FloodLimits
from terang.set_publishing import PackBucket


@pytest.fixture
def informed(world: World) -> World:
    """A world whose set names an index."""
    world.import_checks(table(*CHECKS))
    return world


@pytest.fixture
def wanting(informed: World) -> World:
    """A world whose provider wants such findings."""
    want(informed)
    return informed


def want(world: World) -> None:
    PackBucket(world.objects, world.public).choose("acme", None, factchecks=True)


def scan(world: World, *texts: str, name: str = "posts.jsonl") -> Receipt:
    world.scan(*world.take_in(lines(*texts), name))
    [receipt] = world.receipts()
    return receipt


def findings(world: World) -> list[dict[str, Any]]:
    """The findings as the provider reads them."""
    keys = world.objects.keys(world.out, "out/acme/findings/")
    return [
        json.loads(row)
        for key in keys
        for row in (world.objects.get(world.out, key) or b"").splitlines()
    ]


def test_without_an_index_nothing_is_found(world: World) -> None:
    receipt = scan(world, REPEATS_SALT)
    assert (receipt.by_rule, receipt.not_asked) == ({}, 0)


def test_what_nobody_asked_for_is_counted_and_not_proposed(informed: World) -> None:
    receipt = scan(informed, REPEATS_SALT, "The market opens at nine.")
    assert receipt.by_rule == {"factchecks/1/health/shadow": 1}
    assert informed.open_findings() == []
    assert informed.store.findings_on("https://check.example/1") == []


def test_a_finding_proposes_a_label_with_the_link(wanting: World) -> None:
    receipt = scan(wanting, REPEATS_SALT, REPEATS_FRIDGE, OTP)
    assert receipt.by_rule == {"factchecks/1/health/live": 1, "factchecks/1/money/live": 1,
                               "codes/3/asks-for-code/live": 1}  # fmt: skip
    found = {finding["rule"]: finding for finding in findings(wanting)}
    health = found["health"]
    assert health["category"] == "RISK_FOR_PUBLIC_SECURITY"
    assert found["money"]["category"] == "SCAMS_AND_FRAUD"
    assert health["label"]["measure"] == "DECISION_VISIBILITY_CONTENT_LABELLED"
    [shown] = health["label"]["checks"]
    score = shown.pop("score")
    assert 0.5 < score <= 1
    assert shown == {
        "url": "https://check.example/1", "claim": SALT, "rating": "false", "stated": "False",
        "publisher": "Check", "date": "2026-10-01",
    }  # fmt: skip
    assert health["spans"] == [
        {"part": "text", "start": 0, "end": len(REPEATS_SALT), "term": SALT, "evasion": []}
    ]
    assert "label" not in found["asks-for-code"]
    assert health["finding"] in wanting.open_findings()
    assert wanting.store.findings_on("https://check.example/1") == [("acme", health["finding"])]


def test_checks_that_disagree_are_all_told(world: World) -> None:
    other = check(7, SALT, "True", url="https://check.example/again")
    world.import_checks(table(*CHECKS, other))
    want(world)
    scan(world, REPEATS_SALT)
    [found] = findings(world)
    assert {one["rating"] for one in found["label"]["checks"]} == {"false", "true"}


@pytest.mark.parametrize("text", [
    pytest.param(REPEATS_MAYOR, id="a claim that names an office"),
    pytest.param(REPEATS_TRUE, id="a claim that is true"),
    pytest.param("warm salt water cures the common cold", id="few words"),
    pytest.param("The market opens at nine, bring a bag and some change with you", id="other"),
])  # fmt: skip
def test_no_finding_comes_from(wanting: World, text: str) -> None:
    assert scan(wanting, text).by_rule == {}


def test_captions_are_looked_at(wanting: World) -> None:
    line = json.loads(lines("Look!")) | {"media_text": ["A picture", REPEATS_SALT]}
    wanting.scan(*wanting.take_in(json.dumps(line).encode() + b"\n"))
    [found] = findings(wanting)
    assert [span["part"] for span in found["spans"]] == ["media_text/1"]


def test_a_repeat_changes_no_number(wanting: World) -> None:
    receipt = scan(wanting, REPEATS_SALT)
    wanting.scan(*wanting.take_in(lines(REPEATS_SALT), "again.jsonl"))
    assert wanting.receipts() == [receipt]
    [(provider, _)] = wanting.store.findings_on("https://check.example/1")
    assert provider == "acme"


def test_a_worker_that_dies_leaves_findings_by_the_index_of_its_attempt(wanting: World) -> None:
    """The index is replaced in between; the uses are noted before the receipt counts them."""
    [unit] = wanting.take_in(lines(REPEATS_SALT, REPEATS_FRIDGE))
    calls = Calls()
    wanting.scanner(calls.through(wanting.store)).scan_range(unit)
    last = calls.names.index("put_grounds")
    assert last < calls.names.index("commit_unit")
    for number in range(calls.names.index("put_findings"), last + 1):
        [unit] = wanting.take_in(lines(REPEATS_SALT + "!" * number), f"{number}.jsonl")
        with pytest.raises(CrashError):
            wanting.scanner(Calls(fatal=number).through(wanting.store)).scan_range(unit)
        wanting.import_checks(table(*CHECKS[1:], check(8, f"{SALT} {number}")))
        wanting.scan(unit)
        [receipt] = [one for one in wanting.receipts() if one.source.endswith(f"/{number}.jsonl")]
        assert receipt.by_rule == {"factchecks/1/health/live": 1}
        wanting.import_checks(table(*CHECKS))
    counted = sum(one.by_rule["factchecks/1/health/live"] for one in wanting.receipts())
    assert len(wanting.store.findings_on("https://check.example/1")) == counted


def test_a_unit_asks_no_more_than_so_often(wanting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a text that comes again is asked about once."""
    monkeypatch.setattr(check_finder, "MAX_TEXTS", 1)
    receipt = scan(wanting, REPEATS_SALT, REPEATS_SALT, "Good morning", REPEATS_FRIDGE)
    assert receipt.by_rule == {"factchecks/1/health/live": 2}
    assert (receipt.inspected, receipt.not_asked) == (4, 1)


def test_the_flood_guard_holds_them_too(wanting: World) -> None:
    wanting.limits = FloodLimits(20, 1)
    receipt = scan(wanting, REPEATS_SALT)
    assert receipt.held == {"factchecks/1/health/live": 1}
    assert wanting.open_findings() == []


def test_a_paused_rule_is_in_shadow(wanting: World) -> None:
    PackBucket(wanting.objects, wanting.public).pause("acme", "factchecks/health", "A trial.")
    assert scan(wanting, REPEATS_SALT).by_rule == {"factchecks/1/health/shadow": 1}


def test_an_index_that_is_gone_is_the_operators(wanting: World) -> None:
    [key] = [one for one in wanting.objects.keys(wanting.public, "factchecks/") if "claims" in one]
    wanting.clients.s3.delete_object(Bucket=wanting.public, Key=key)
    with pytest.raises(OperatorError, match="not in the public bucket"):
        scan(wanting, REPEATS_SALT)


def test_a_decision_on_it_states_the_label(wanting: World) -> None:
    scan(wanting, REPEATS_FRIDGE)
    [found] = findings(wanting)
    measures = {"visibility": ["DECISION_VISIBILITY_CONTENT_LABELLED"]}
    [handled] = wanting.decide(decision(found["finding"], measures=measures))
    assert handled.status == "taken"
    [key] = wanting.objects.keys(wanting.out, "out/acme/decisions/")
    statement = json.loads(wanting.objects.get(wanting.out, key) or b"")
    assert statement["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_LABELLED"]
    assert statement["category"] == "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    assert statement["category_specification"] == ["KEYWORD_OTHER"]
    assert statement["category_specification_other"]
    assert statement["decision_ground"] == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert "https://check.example/2" in json.dumps(statement)
    keys = wanting.objects.keys(wanting.out, "out/acme/notices/")
    notices = [(wanting.objects.get(wanting.out, key) or b"").decode() for key in keys]
    assert len(notices) == 3
    for notice in notices:
        assert "https://check.example/2" in notice
    assert "Checked by Check, 2026-10-01: false." in notices[0]


def test_a_finding_of_words_is_written_as_before(wanting: World) -> None:
    scan(wanting, OTP)
    [item] = [item for item in wanting.items() if item["sk"]["S"] == "finding"]
    finding = msgspec.json.decode(item["record"]["S"], type=Finding)
    assert not isinstance(finding.label, Label)
    assert "label" not in item["record"]["S"]
