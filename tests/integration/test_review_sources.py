"""A review of a stack lists what is open, and decisions that were drawn for a second review."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from support.sample_messages import complaint, decision, notice, order, second_review
from support.sample_posts import OTP, PRIZE, line, lines
from support.world import World

from desk.deciding import DecisionForm, decide, form_id
from desk.items import Door, Dossier, ItemKind, Moderator, Role
from ledger.aws.store import DynamoStore
from ledger.cases import case_id, is_for_second_review
from terang.review.dossiers import cards, finding_dossier
from terang.review.run_source import StackSource
from terang.review.sources import PublishedWords, findings_of_stack

DRAWN = [
    name
    for name in (f"d-{number}" for number in range(200))
    if is_for_second_review(case_id("decision", "acme", name))
]
"""Ids of decisions that are drawn: about one in twenty."""

NOT_DRAWN = next(
    name
    for name in (f"d-{number}" for number in range(200))
    if not is_for_second_review(case_id("decision", "acme", name))
)


@pytest.fixture
def findings(world: World) -> list[str]:
    data = b"".join(line(id=f"p{n}", text=OTP, reach=9 - n) + b"\n" for n in range(4))
    world.scan(*world.take_in(data + lines(PRIZE, start=9)))
    return world.open_findings()


def source_of(world: World, moderator: str = "m-2", limit: int = 9) -> StackSource:
    words = PublishedWords(lambda key: None, lambda finding: "")
    return StackSource(
        world.store, world.objects, world.out, "acme", moderator, world.clock, words, limit
    )


def seconds(world: World, moderator: str = "m-2") -> list[Dossier]:
    waiting = source_of(world, moderator).dossiers(())
    return [dossier for dossier in waiting if dossier.item.kind is ItemKind.SECOND_REVIEW]


def test_open_findings_come_with_their_excerpts(world: World, findings: list[str]) -> None:
    listed = findings_of_stack(world.store, "acme", 9)
    assert [one.finding.finding for one in listed] == findings
    assert [one.finding.post for one in listed] == ["p0", "p1", "p2", "p3"]
    assert {one.excerpt for one in listed} == {OTP}


def test_a_decided_finding_is_not_open(world: World, findings: list[str]) -> None:
    world.decide(decision(findings[0]))
    listed = findings_of_stack(world.store, "acme", 2)
    assert [one.finding.finding for one in listed] == findings[1:3]


def test_a_finding_without_its_excerpt_is_listed_all_the_same(
    world: World, findings: list[str]
) -> None:
    """Suspected abuse of a child goes to an authority; nobody else is to look at it again."""
    escalated: Any = decision(findings[0], verdict="escalated", escalation="child_abuse")
    world.decide(escalated)
    listed = {one.finding.finding: one.excerpt for one in findings_of_stack(
        world.store, "acme", 9)}  # fmt: skip
    assert listed[findings[1]] == OTP
    assert listed.get(findings[0]) is None


def test_a_notice_that_waits_and_an_escalation_are_told(world: World, findings: list[str]) -> None:
    world.decide(
        notice(post="p0", finding=findings[0]),
        decision(findings[1], verdict="escalated", escalation="threat_to_life"),
        decision(findings[2], id="d-2", verdict="skipped", reason=...),
    )
    marks = [(one.notice, one.escalated) for one in findings_of_stack(world.store, "acme", 9)]
    assert marks == [("n-1", False), ("", True), ("", False), ("", False)]


def test_a_decision_answers_the_notice(world: World, findings: list[str]) -> None:
    world.decide(notice(post="p0", finding=findings[0]))
    [card, *_] = cards(findings_of_stack(world.store, "acme", 9))
    now = world.clock.now()
    form = DecisionForm(form_id("m-7", now, "00000000"), "dismissed", reason="it warns")
    words = PublishedWords(lambda _: None, lambda _: "")
    who = Moderator("m-7", "acme", Role.MODERATOR, Door.QUEUE)
    [message] = decide(form, finding_dossier(card, words.facts), who, now).messages
    assert [handled.status for handled in world.decide(msgspec.to_builtins(message))] == ["taken"]
    case = world.store.case(case_id("notice", "acme", "n-1"))
    assert case is not None
    assert case.state == "decided"


def test_drawn_decisions_of_colleagues_are_offered(world: World, findings: list[str]) -> None:
    world.decide(decision(findings[0], id=DRAWN[0]), decision(findings[1], id=NOT_DRAWN))
    [drawn] = seconds(world)
    assert drawn.decision is not None
    assert drawn.decision.message == DRAWN[0]
    assert [each.finding.finding for each in drawn.findings] == [findings[0]]
    assert drawn.excerpt == OTP


def test_none_is_offered_twice_or_to_who_decided(world: World, findings: list[str]) -> None:
    world.decide(decision(findings[0], id=DRAWN[0]))
    assert seconds(world, "m-1") == []
    world.decide(second_review(decision=DRAWN[0]))
    assert seconds(world, "m-3") == []


def test_one_skipped_and_one_of_long_ago_are_not_offered(world: World, findings: list[str]) -> None:
    world.decide(decision(findings[0], id=DRAWN[0], verdict="skipped", reason=...))
    assert seconds(world) == []
    world.decide(decision(findings[1], id=DRAWN[1]))
    world.clock.move(days=7)
    assert len(seconds(world)) == 1
    world.clock.move(seconds=1)
    assert seconds(world) == []


def test_orders_and_complaints_wait_and_the_journal_is_read_once(
    world: World, findings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.clock.moment = datetime(2026, 12, 3, tzinfo=UTC)
    world.decide(decision(findings[0], id=NOT_DRAWN), complaint(decision=NOT_DRAWN), order())
    days: list[str] = []
    read = DynamoStore.journal_entries

    def counted(store: DynamoStore, provider: str, day: str) -> Any:
        days.append(day)
        return read(store, provider, day)

    monkeypatch.setattr(DynamoStore, "journal_entries", counted)
    waiting = [dossier.item.kind for dossier in source_of(world, limit=0).dossiers(())]
    assert sorted(waiting) == [ItemKind.COMPLAINT, ItemKind.ORDER]
    older = "2026-11-20"  # older than a second review may be
    assert days.count(older) == 1
