"""Decide over the table: one transaction moves all or nothing, whoever is first, whatever dies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from faults import Calls, CrashError, plan_answers
from sample_messages import audit, complaint, decision, notice, outcome, reinstatement
from sample_posts import OTP, PACK, lines, pack
from world import DAY, Clients, World

from case_work import Handled
from ledger.audit_sample import SampledPost
from ledger.case import Case, State, Waiting
from ledger.case_entry import JournalEntry, case_id
from ledger.case_receipt import CaseReceipt
from ledger.errors import OperatorError
from ledger.finding import Finding
from ledger.keys import audit_key
from ledger.manifest import Marker

RULE = PACK[PACK.index("  - id: asks-for-code") :]
MANY = PACK.replace(RULE, "").replace("id: codes", "id: many") + "".join(
    RULE.replace("asks-for-code", f"rule-{number}") for number in range(20)
)
"""Twenty rules that say the same: a post that meets one has twenty findings."""


def found(world: World, *texts: str) -> list[str]:
    """Let scan find something in posts of these texts; the open findings."""
    world.scan(*world.take_in(lines(*(texts or (OTP,)))))
    return world.open_findings()


def decide(world: World, calls: Calls, message: dict[str, Any]) -> list[Handled]:
    """A fresh worker takes the message, over counted ports."""
    work = world.case_work(calls.through(world.store), calls.through(world.objects))
    return list(work.take("acme", msgspec.json.encode(message)))


@dataclass(slots=True)
class Meddled:
    """A store before whose method `name` something happens once."""

    target: Any
    name: str
    happens: Callable[[], Any]

    def __getattr__(self, name: str) -> Any:
        if name == self.name:
            happens, self.happens = self.happens, lambda: None
            happens()
        return getattr(self.target, name)


def meddled(
    world: World, message: dict[str, Any], name: str, happens: Callable[[], Any]
) -> list[Handled]:
    """A worker takes the message while something happens between its reading and that call."""
    work = world.case_work(Meddled(world.store, name, happens))
    return list(work.take("acme", msgspec.json.encode(message)))


def case_of(world: World, name: str) -> Case:
    case = world.store.case(name)
    assert case is not None
    return case


def entries(world: World, kind: str) -> list[JournalEntry]:
    return [one for one in world.store.journal_entries("acme", DAY) if one.type == kind]


def receipts(world: World) -> dict[str, CaseReceipt]:
    keys = world.objects.keys(world.out, "out/acme/receipts/messages/")
    read = [world.objects.get(world.out, key) or b"" for key in keys]
    return {one.id: one for data in read if (one := msgspec.json.decode(data, type=CaseReceipt))}


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
    assert {case_of(world, one).state for one in entry.cases[:-1]} == {State.DECIDED}
    ends = {case_of(world, one).excerpt_expires for one in findings}
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


class TestTwoAtOnce:
    """One wins; the other reads again, is judged anew, and hears who was first."""

    def test_decisions_on_one_finding(self, world: World) -> None:
        [finding] = found(world)
        other = decision(finding, id="d-2", moderator="m-2", verdict="dismissed")
        [handled] = meddled(world, decision(finding), "commit_case", lambda: world.decide(other))
        assert (handled.status, handled.code) == ("refused", "decided_already")
        first = receipts(world)["d-1"].first
        assert first is not None
        assert (first.moderator, first.verdict) == ("m-2", "dismissed")
        assert [one.moderator for one in entries(world, "decision")] == ["m-2"]

    def test_what_does_not_collide_is_taken_at_the_second_try(self, world: World) -> None:
        """Two complaints about one decision: each is the decision's next entry."""
        [finding] = found(world)
        world.decide(decision(finding))
        other = complaint(id="c-2", by="notifier")
        [handled] = meddled(world, complaint(), "commit_case", lambda: world.decide(other))
        assert handled.status == "taken"
        case = case_of(world, case_id("decision", "acme", "d-1"))
        assert [one.number for one in case.entries] == [1, 2, 3]
        assert case.contests_open == 2

    def test_the_same_message_by_two_workers(self, world: World) -> None:
        [finding] = found(world)
        message = decision(finding)
        [handled] = meddled(world, message, "commit_case", lambda: world.decide(message))
        assert handled.status == "repeated"
        assert len(entries(world, "decision")) == 1

    def test_an_excerpt_that_expires_meanwhile(self, world: World) -> None:
        """The text is gone, so there is nothing to keep: the decision is taken all the same."""
        [finding] = found(world)
        key = {"pk": {"S": f"C#{finding}"}, "sk": {"S": "excerpt"}}
        [handled] = meddled(
            world,
            decision(finding),
            "commit_case",
            lambda: world.clients.dynamodb.delete_item(TableName=world.table, Key=key),
        )
        assert handled.status == "taken"
        assert case_of(world, finding).excerpt is None

    def test_what_it_waits_for_comes_between_the_look_and_the_wait(self, world: World) -> None:
        [finding] = found(world)
        [handled] = meddled(world, complaint(), "wait", lambda: world.decide(decision(finding)))
        assert handled.status == "taken"
        assert receipts(world)["c-1"].status == "taken"
        assert case_of(world, case_id("decision", "acme", "d-1")).waiting == ()

    def test_the_last_word_to_who_waits_is_the_true_one(
        self, new_world: Callable[..., World]
    ) -> None:
        """Whenever its cause comes: a receipt that says `waiting` for good would be a lie."""
        alone = Calls()
        decide(new_world(), alone, complaint())
        for at, name in enumerate(alone.names):
            world = new_world()
            [finding] = found(world)
            calls = Calls(at=at, happens=partial(world.decide, decision(finding)))
            decide(world, calls, complaint())
            told = receipts(world).get("c-1")
            assert told is None or told.status == "taken", f"before {name}, call {at}"
            assert len(entries(world, "complaint")) == 1
            world.remove()


MESSAGES = [complaint(), reinstatement(), outcome()]
"""They come before the decision that they speak of, and wait for it and for each other."""


def story(world: World, finding: str, calls: Calls) -> None:
    """Three messages that wait, and the decision that wakes them all, by a worker that may die."""
    world.decide(*MESSAGES)
    decide(world, calls, decision(finding))


class TestCrashes:
    """Killed after any call and delivered again: as if nothing had happened."""

    def test_leave_no_trace(self, new_world: Callable[..., World]) -> None:
        whole, calls = new_world(), Calls()
        story(whole, found(whole)[0], calls)
        assert [one.type for one in sorted(entries(whole, "outcome"), key=str)] == ["outcome"]
        assert calls.names.count("commit_case") >= 4
        for at, name in enumerate(calls.names):
            world = new_world()
            [finding] = found(world)
            with pytest.raises(CrashError):
                story(world, finding, Calls(fatal=at))
            story(world, finding, Calls())
            assert alike(world) == alike(whole), f"killed after {name}, call {at}"
            world.remove()

    def test_lose_nothing_that_waits(self, new_world: Callable[..., World]) -> None:
        """Only the decision comes again: what waits was taken off its queue long ago."""
        whole, calls = new_world(), Calls()
        story(whole, found(whole)[0], calls)
        for at, name in enumerate(calls.names):
            world = new_world()
            [finding] = found(world)
            with pytest.raises(CrashError):
                story(world, finding, Calls(fatal=at))
            decide(world, Calls(), decision(finding))
            assert alike(world) == alike(whole), f"killed after {name}, call {at}"
            world.remove()

    def test_leave_nobody_waiting_who_was_taken(self, new_world: Callable[..., World]) -> None:
        """Killed while it was put aside, and taken straight when it comes again."""
        alone = Calls()
        decide(new_world(), alone, complaint())
        for at, name in enumerate(alone.names):
            world = new_world()
            [finding] = found(world)
            with pytest.raises(CrashError):
                decide(world, Calls(fatal=at), complaint())
            world.decide(decision(finding), complaint())
            told = receipts(world).get("c-1")
            assert told is None or told.status == "taken", f"killed after {name}, call {at}"
            world.remove()

    @pytest.mark.parametrize(
        "acts", [("drop", "ok"), ("lost_ack", "ok")], ids=["lost", "no answer"]
    )
    def test_a_commit_without_an_answer(
        self, new_world: Callable[..., World], fresh_clients: Clients, acts: tuple[str, ...]
    ) -> None:
        world = new_world()
        [finding] = found(world)
        plan_answers(fresh_clients.dynamodb, "dynamodb", "TransactWriteItems", acts)
        world.clients = fresh_clients
        [handled] = world.decide(decision(finding))
        assert handled.status in {"taken", "repeated"}
        assert len(entries(world, "decision")) == 1


EMPTIED = {"pk", "sk", "expires"}


def alike(world: World) -> dict[str, Any]:
    """What stands of cases, and what was handed out; an emptied item is none."""
    items = {
        (item["pk"]["S"], item["sk"]["S"]): item
        for item in world.items()
        if item["pk"]["S"][:2] in {"C#", "M#"} or item["sk"]["S"].startswith("entry#")
    }
    keys = [key for key in world.objects.keys(world.out, "out/") if "/receipts/" not in key]
    return {
        "items": {key: item for key, item in items.items() if item.keys() != EMPTIED},
        "objects": {key: world.objects.get(world.out, key) for key in keys},
        "receipts": receipts(world),
    }


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
        world.objects.put(world.out, audit_key("acme", "2026-11"), b'{"post":"1","rank":"0a"}\n')
        assert world.decide(audit())[0].status == "taken"

    def test_what_a_message_is_judged_by_is_read_once(self, world: World) -> None:
        world.objects.put(world.out, audit_key("acme", "2026-11"), b'{"post":"1","rank":"0a"}\n')
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
    assert [one.status for one in world.case_work().take("acme", line)] == ["waiting"]
    assert [one.status for one in world.decide(decision(finding))] == ["taken", "taken"]


def test_the_first_word_of_a_waiting_message_stays(world: World) -> None:
    first, second = (Waiting("m", "acme", b"{}", day) for day in ("2026-11-24", "2026-11-25"))
    assert world.store.wait("c", first, 9) == first
    assert world.store.wait("c", second, 9) == first
    assert case_of(world, "c").waiting == (first,)
    world.store.stop_waiting("c", first, 9)
    assert world.store.case("c") is None
    assert world.store.wait("c", second, 9) == second


def test_samples_come_by_rank(world: World) -> None:
    one, two = SampledPost("p1", "0a", "k:a"), SampledPost("p2", "0b", "k:b")
    for unit, posts in {"a1": [two], "b1": [one, two]}.items():
        world.store.put_sample(Marker(unit, "acme", DAY), posts, 9)
    assert world.store.samples("acme", DAY) == [one, two, two]
    assert world.store.samples("acme", "2026-11-24") == []
