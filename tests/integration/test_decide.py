"""Decide over the table: what one transaction moves, what waits, and what is refused."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from integration.decided_cases import case_of, decide, entries, found
from support.faults import Calls
from support.sample_messages import (
    SENT,
    audit,
    complaint,
    decision,
    dispute,
    notice,
    order,
    outcome,
    suspension,
)  # fmt: skip
from support.sample_posts import OTP, PACK, pack
from support.world import DAY, ROLE, World

from ledger.cases import CaseState, WaitingMessage
from ledger.codes import OperatorError
from ledger.findings import Finding, SampledPost
from ledger.keys import audit_file_key
from ledger.objects import Delivery
from ledger.units import Marker

RULE = PACK[PACK.index("  - id: asks-for-code") :]

MANY = PACK.replace(RULE, "").replace("id: codes", "id: many") + "".join(
    RULE.replace("asks-for-code", f"rule-{number}") for number in range(20)
)
"""Twenty rules that say the same: a post that meets one has twenty findings."""


def test_twenty_findings_and_a_notice_are_one_transaction(world: World) -> None:
    """As many as a decision takes: an entry, an index and an excerpt for each."""
    world.publish(pack(MANY))
    findings = found(world)
    assert len(findings) == 20
    [_, handled] = world.decide(notice(post="p0"), decision(*findings, notice="n-1"))
    assert handled.status == "taken"
    assert world.open_findings() == []
    [entry] = entries(world, "decision")
    assert sum(entry.rules.values()) == 20
    assert {case_of(world, case).state for case in entry.cases[:-1]} == {CaseState.DECIDED}
    ends = {case_of(world, finding).excerpt_expires for finding in findings}
    assert ends == {int((world.clock.now() + timedelta(days=198)).timestamp())}


def test_what_is_decided_is_listed_no_more(world: World) -> None:
    found(world, OTP, "a", OTP)
    first, second = world.store.open_findings("acme", 10)
    world.decide(decision(first.finding))
    assert world.store.open_findings("acme", 10) == [second]
    assert world.store.open_findings("acme", 0) == []
    assert case_of(world, first.finding).finding == first


def test_an_escalation_for_a_child_leaves_no_excerpt_anywhere(world: World) -> None:
    """Neither in the table nor in the file that was handed out; the other finding keeps its own."""
    finding, other = found(world, OTP, f"{OTP} today")
    escalated = decision(finding, verdict="escalated", escalation="child_abuse")
    for _ in range(2):
        world.decide(escalated)
        assert case_of(world, finding).excerpt is None
        [key] = world.objects.keys(world.out, "out/acme/findings/")
        rows = (world.objects.get(world.out, key) or b"").splitlines()
        excerpts = {row["finding"]: row.get("excerpt") for row in map(msgspec.json.decode, rows)}
        assert excerpts.keys() == {finding, other}
        assert excerpts[finding] is None
        assert excerpts[other] is not None
        tags = world.clients.s3.get_object_tagging(Bucket=world.out, Key=key)["TagSet"]
        assert tags == [{"Key": "holds", "Value": "excerpts"}]


@pytest.mark.parametrize(
    ("minutes", "status"), [(24, "refused"), (26, "taken")], ids=["before it", "after it"]
)
def test_a_redriven_decision_is_judged_by_its_day(world: World, minutes: int, status: str) -> None:
    """It was decided at 12:30, and redriven a week later: whether it was sent after that counts."""
    [finding] = found(world)
    first = datetime(2026, 11, 25, 12, minutes, tzinfo=UTC)
    named = {"provider": "acme", "first_sender": f"{ROLE}:session",
             "first_sent": str(int(first.timestamp() * 1000))}  # fmt: skip
    body = json.dumps(decision(finding, applied_at="2026-11-25T12:30:00Z"))
    message = Delivery("arn:cases", body, "AROAREDRIVE:me", named, SENT)
    [handled] = world.case_deliveries().take(message, lambda: 300) or []
    assert handled.status == status


@pytest.mark.parametrize(("sender", "first", "door", "kinds"), [
    ("AROAINBOX", None, None, 2), ("AROAREDRIVE", "AROAINBOX", None, 2), ("AROAOTHER", None, None,
    None), ("AROAOTHER", "AROAINBOX", None, None), ("", None, None, None),
    ("AROAINBOX", None, "cases", 8), ("AROAREDRIVE", "AROAINBOX", "cases", 8),
    ("AROAINBOX", None, "posts", None), (ROLE, None, None, 8), (ROLE, None, "cases", None),
    ("AROAREDRIVE", ROLE, "cases", None), ("AROAOTHER", "AROAINBOX", "cases", None),
])  # fmt: skip
def test_what_is_taken_from_whom(world: World, sender: str, first: str | None, door: str | None,
        kinds: int | None) -> None:  # fmt: skip
    """Of each kind one message, and an array. Forms send complaints and notices alone; through the
    door for cases a provider sends all; and nobody but the function of both names a door."""
    [finding] = found(world)
    named = {"provider": "acme"} | ({"first_sender": f"{first}:x"} if first else {})
    named |= {"door": door} if door else {}
    all_kinds = [decision(finding), complaint(), outcome(), dispute(), notice(), order(),
                 suspension()]  # fmt: skip
    taken = []
    for sent in (*all_kinds, [notice(id="n-2")]):
        message = Delivery("arn:cases", json.dumps(sent), f"{sender}:x", named, SENT)
        handled = world.case_deliveries().take(message, lambda: 300)
        assert (handled is not None) is (kinds is not None)
        taken += [each.type for each in handled or () if each.code != "wrong_door"]
    assert len(taken) == (kinds or 0)
    if kinds == 2:
        assert taken == ["complaint", "notice"]


class TestRefusals:
    """What is refused is told; what only the operator can mend comes again."""

    def test_a_finding_whose_unit_was_never_counted(self, world: World) -> None:
        one = msgspec.structs.replace(_finding(world), finding="e" * 64, unit="lost")
        world.store.put_findings([(one, "x")], 9)
        [handled] = world.decide(decision("e" * 64))
        assert handled.code == "not_counted"

    def test_a_set_that_is_gone_is_a_fault(self, world: World) -> None:
        one = msgspec.structs.replace(_finding(world), finding="e" * 64, set="f" * 64)
        world.store.put_findings([(one, "x")], 9)
        with pytest.raises(OperatorError):
            world.decide(decision("e" * 64))

    def test_an_audit_asks_the_months_list(self, world: World) -> None:
        assert world.decide(audit())[0].code == "not_in_sample"
        world.objects.put(
            world.out, audit_file_key("acme", "2026-11"), b'{"post":"1","rank":"0a"}\n'
        )
        assert world.decide(audit())[0].status == "taken"

    def test_what_a_message_is_judged_by_is_read_once(self, world: World) -> None:
        world.objects.put(
            world.out, audit_file_key("acme", "2026-11"), b'{"post":"1","rank":"0a"}\n'
        )
        calls = Calls()
        assert decide(world, calls, audit())[0].status == "taken"
        assert (calls.names.count("get"), calls.names.count("case")) == (1, 2)  # and what it wakes


def _finding(world: World) -> Finding:
    [finding] = found(world)
    kept = case_of(world, finding).finding
    assert kept is not None
    return kept


def test_a_line_of_blanks_waits_as_well_as_a_short_one(world: World) -> None:
    """An item of the table holds 400 KB, a message 1 MiB."""
    [finding] = found(world)
    line = msgspec.json.encode(complaint()).ljust(1_000_000 - 1)
    assert [handled.status for handled in world.case_work().take("acme", line, SENT)] == ["waiting"]
    assert [handled.status for handled in world.decide(decision(finding))] == ["taken", "taken"]


def test_the_first_word_of_a_waiting_message_stays(world: World) -> None:
    first, second = (
        WaitingMessage("m", "acme", b"{}", day, f"{day}T12:00:00Z")
        for day in ("2026-11-24", "2026-11-25")
    )
    assert world.store.put_waiting("c", first, 9) == first
    assert world.store.put_waiting("c", second, 9) == first
    assert case_of(world, "c").waiting == (first,)
    world.store.end_waiting("c", first, 9)
    assert world.store.case("c") is None
    assert world.store.put_waiting("c", second, 9) == second


def test_samples_come_by_rank(world: World) -> None:
    one, two = SampledPost("p1", "0a", "k:a"), SampledPost("p2", "0b", "k:b")
    for unit, posts in {"a1": [two], "b1": [one, two]}.items():
        world.store.put_sample(Marker(unit, "acme", DAY), posts, 9)
    assert world.store.samples("acme", DAY) == [one, two, two]
    assert world.store.samples("acme", "2026-11-24") == []
