"""The order of the queue, its filters, and the next item that is free."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desk.items import Item, ItemKind
from desk.moderator import Door, Moderator, Role
from desk.ports import DeskClaim
from desk.queue import QueueFilter, category_counts, choices, may_take, next_item, ordered

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
BASE = Item("k", ItemKind.FINDING, "2026-11-25T12:00:00Z", "VIOLENCE", "medium", ("a/b",), "en", 50)
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.CONSOLE)


def keys(*items: Item) -> str:
    return "".join(item.key for item in ordered(items, NOW))


def test_the_order_is_deadline_escalation_severity_reach_and_age() -> None:
    items = [
        replace(BASE, key="a", kind=ItemKind.COMPLAINT, deadline="2026-11-25T16:00:00Z"),
        replace(BASE, key="b", deadline="2026-11-26T13:00:00Z", severity="high"),
        replace(BASE, key="c", escalated=True, severity="low"),
        replace(BASE, key="d", severity="high", reach=9),
        replace(BASE, key="e", severity="high", reach=None),
        replace(BASE, key="f", reach=70),
        replace(BASE, key="g", since="2026-11-20T12:00:00Z"),
        replace(BASE, key="h"),
        replace(BASE, key="i", severity=""),
    ]
    assert keys(*reversed(items)) == "abcdefghi"


def test_a_deadline_of_next_week_does_not_come_first() -> None:
    later = replace(BASE, key="z", deadline="2026-12-09T12:00:00Z", severity="low")
    assert keys(later, BASE) == "kz"


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        ({"kind": "finding"}, True), ({"kind": "audit"}, False),
        ({"category": "VIOLENCE"}, True), ({"category": "SELF_HARM"}, False),
        ({"rule": "a/b"}, True), ({"rule": "a/c"}, False),
        ({"language": "en"}, True), ({"severity": "low"}, False),
        ({"age": "hour"}, True), ({"age": "day"}, False), ({"age": "eon"}, True),
        ({"reach": "50"}, True), ({"reach": "51"}, False), ({"reach": "many"}, True),
        ({"text": "anything"}, True), ({}, True),
    ],
)  # fmt: skip
def test_filters(wish: dict[str, str], fits: bool) -> None:
    assert QueueFilter.parse(wish).wants(BASE, NOW) is fits


def test_next_leaves_out_what_a_colleague_has_or_who_decided_first() -> None:
    items = [replace(BASE, key=key) for key in "abc"]
    items[0] = replace(items[0], not_for=("m-7",))
    claims = {"b": DeskClaim(item="b", moderator="m-8", until="2026-11-25T14:05:00Z")}
    found = next_item(items, claims, WHO)
    assert found is not None
    assert found.key == "c"
    assert next_item(items[:2], claims, WHO) is None


def test_skipped_items_come_last_and_severe_ones_are_spared() -> None:
    items = [replace(BASE, key="a", severity="high"), replace(BASE, key="b")]
    assert next_item(items, {}, WHO, skipped=frozenset("a")) == items[1]
    assert next_item(items[:1], {}, WHO, skipped=frozenset("a")) == items[0]
    assert next_item(items, {}, WHO, spare_severe=True) == items[1]
    assert next_item(items[:1], {}, WHO, spare_severe=True) == items[0]


def test_roles_take_what_they_may() -> None:
    audit = replace(BASE, kind=ItemKind.AUDIT)
    held = replace(BASE, kind=ItemKind.HELD_RULE)
    auditor, lead = replace(WHO, role=Role.AUDITOR), replace(WHO, role=Role.LEAD)
    taken = {who.role: [may_take(item, who) for item in (BASE, audit, held)]
             for who in (WHO, auditor, lead)}  # fmt: skip
    assert taken == {
        Role.MODERATOR: [True, True, True],
        Role.AUDITOR: [False, True, False],
        Role.LEAD: [True, True, True],
    }


def test_counts_and_choices_are_of_what_waits() -> None:
    items = [BASE, replace(BASE, key="o", since="2026-11-01T00:00:00Z", language="id"),
             replace(BASE, key="p", category="SELF_HARM", rules=("c/d",))]  # fmt: skip
    counts = category_counts(items)
    assert [(each.category, each.count) for each in counts] == [("VIOLENCE", 2), ("SELF_HARM", 1)]
    assert counts[0].oldest == "2026-11-01T00:00:00Z"
    assert choices(items)["language"] == ["en", "id"]
    assert choices(items)["rule"] == ["a/b", "c/d"]
