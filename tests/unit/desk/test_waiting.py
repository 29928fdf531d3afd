"""What waits and for whom: from when to when, in which order, and what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.desk_world import finding

import desk
from desk import Item, ItemKind, Moderator, Role, desk_queue
from desk.table_dossiers import NearCopies, OpenFindings, RecentJournal
from ledger.cases import JournalEntry, case_id, is_for_second_review
from ledger.desk_store import ItemLease
from ledger.findings import Finding, FindingFingerprint, FloodHold, FloodQuestion
from ledger.store import DynamoStore
from ledger.table import shards

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
DRAWN = next(name for name in map(str, range(200)) if is_for_second_review(name))
NOT_DRAWN = next(name for name in map(str, range(200)) if not is_for_second_review(name))
DECIDED = JournalEntry(
    DRAWN, "acme", "2026-11-25T13:00:00Z", type="decision", verdict="confirmed", moderator="m-1",
    category="VIOLENCE", reach=9, rules={"codes/3/asks/live": 1},
)  # fmt: skip


def entry(name: str, type_name: str, **changes: Any) -> JournalEntry:
    at = "2026-11-25T12:00:00Z"
    return JournalEntry(name, "acme", at, type=type_name, **({"received_at": at} | changes))


def found(post: str, rule: str = "asks", **changes: Any) -> Finding:
    return finding(post, rule, **changes).finding


def test_findings_of_a_post_and_category_are_one_item_of_at_most_twenty() -> None:
    many = [found("p1", f"rule-{number}") for number in range(21)]
    other, violent = found("p2"), found("p1", category="VIOLENCE")
    groups = desk.by_post([*many, other, violent])
    assert groups == [many[:20], [other], [violent]]


def test_an_item_takes_its_facts_from_the_first_finding_and_names_each_rule_once() -> None:
    first = found("p1", severity="low", language=None, reach=3)
    again = msgspec.structs.replace(found("p1"), finding="f" * 64, version=4)
    escalated = entry(
        "d", "decision", verdict="escalated", escalation="threat_to_life", cases=(again.finding,)
    )
    plain = (entry("e", "decision", verdict="dismissed", cases=(found("p2").finding,)),
             entry("n", "notice", verdict="escalated", cases=(found("p2").finding,)))  # fmt: skip
    items = [*desk.finding_items([first, again, found("p2")], [escalated, *plain])]
    assert items[0] == Item(
        first.finding, ItemKind.FINDING, first.found_at, "SCAMS_AND_FRAUD", "low",
        ("codes/asks",), "", 3, escalation="threat_to_life",
    )  # fmt: skip
    assert not items[1].escalation


def test_a_notice_waits_unless_it_is_answered_or_on_the_card_of_an_open_finding() -> None:
    about = (found("p1").finding,)
    notices = [entry("a", "notice", category="VIOLENCE"),
               entry("b", "notice", trusted_flagger=True), entry("c", "notice", cases=about),
               entry("d", "notice")]  # fmt: skip
    items = [*desk.notice_items([found("p1")], [*notices,
        entry("e", "decision", verdict="dismissed", notice="d"),
        entry("f", "decision", verdict="escalated", notice="a")])]  # fmt: skip
    assert [(each.key, each.severity, each.since, each.category) for each in items] == [
        ("a", "medium", "2026-11-25T12:00:00Z", "VIOLENCE"),
        ("b", "high", "2026-11-25T12:00:00Z", ""),
    ]


def test_a_contest_waits_for_others_than_who_decided_until_it_has_an_outcome() -> None:
    contests = [entry("a", "complaint", about=DECIDED), entry("b", "dispute"),
                entry("c", "complaint"), entry("d", "dispute")]  # fmt: skip
    outcomes = [entry("e", "outcome", complaint="c"), entry("f", "outcome", dispute="d")]
    items = [*desk.contest_items([*contests, *outcomes])]
    assert [(each.key, each.category, each.rules, each.not_for) for each in items] == [
        ("a", "VIOLENCE", ("codes/asks",), ("m-1",)), ("b", "", (), ())]  # fmt: skip


@pytest.mark.parametrize(("changes", "waits"), [
    ({}, True), ({"at": "2026-11-18T14:00:00Z"}, True), ({"at": "2026-11-18T13:59:59Z"}, False),
    ({"entry": NOT_DRAWN}, False), ({"verdict": "skipped"}, False), ({"type": "audit"}, False),
    ({"group": DRAWN, "leads": True, "entry": NOT_DRAWN}, True),
    ({"group": DRAWN, "leads": False}, False), ({"group": NOT_DRAWN, "leads": True}, False),
])  # fmt: skip
def test_a_decision_that_was_drawn_waits_a_week(changes: dict[str, Any], waits: bool) -> None:
    made = msgspec.structs.replace(DECIDED, **changes)
    items = [*desk.second_reviews([made], NOW)]
    assert len(items) == waits
    for item in items:
        assert item == Item(
            made.entry, ItemKind.SECOND_REVIEW, made.at, "VIOLENCE", rules=("codes/asks",), reach=9,
            not_for=("m-1",),
        )  # fmt: skip
    assert [*desk.second_reviews([made, entry("r", "second_review", decision=DRAWN)], NOW)] == []
    assert [*desk.second_reviews([made, entry("r", "complaint", decision=DRAWN)], NOW)] == items


def test_a_question_waits_from_its_moment() -> None:
    asked = FloodQuestion("2026-11-25", "codes/asks", "2026-11-25T11:00:00Z", 1_000, 30, 20)
    holds = [FloodHold(asked), FloodHold(asked, "opened")]
    [waiting] = desk.open_questions("acme", holds)
    assert waiting == desk.held_rule("acme", asked)
    assert (waiting.item.since, waiting.item.rules) == (asked.at, ("codes/asks",))


def test_posts_of_the_sample_are_numbered_from_one_and_wait_until_judged() -> None:
    sample = desk.audits((f"p{number}" for number in range(1, 5)), "2026-10")
    assert (sample[0].item.key, sample[0].post, sample[0].item.since) == (
        "2026-10.1", "p1", "2026-10-01T00:00:00Z")  # fmt: skip
    judged = entry("a", "audit", cases=(case_id("audit", "acme", "2026-10/p1"),))
    other = entry("b", "decision", cases=(case_id("audit", "acme", "2026-10/p2"),))
    waiting = desk.open_audits("acme", sample, [judged, other])
    assert [each.key for each in waiting] == [f"2026-10.{place}" for place in range(2, 5)]


@pytest.mark.parametrize("name", ["codes/3/asks", "codes/3/asks/live/more", "codes"])
def test_a_name_that_is_no_rules_is_left_out(name: str) -> None:
    named = {name: 1, "codes/3/asks/live": 1, "codes/4/asks/shadow": 2}
    assert desk.rules_of(msgspec.structs.replace(DECIDED, rules=named)) == ("codes/asks",)
    assert desk.rules_of(None) == ()


BASE = Item("k", ItemKind.FINDING, "2026-11-25T12:00:00Z", "VIOLENCE", "medium", ("a/b",), "en", 50)
WHO = Moderator("m-7", "acme", Role.MODERATOR, desk.Door.CONSOLE)


def keys(*items: Item) -> str:
    return "".join(item.key for item in desk_queue.ordered(items, NOW))


@pytest.mark.parametrize(("changes", "order"), [
    pytest.param({
        "c": {"escalation": "child_abuse", "severity": "low"},
        "a": {"kind": ItemKind.COMPLAINT, "deadline": "2026-11-25T16:00:00Z"},
        "b": {"deadline": "2026-11-26T13:00:00Z", "severity": "high"},
        "d": {"severity": "high", "reach": 9}, "e": {"severity": "high", "reach": None},
        "f": {"reach": 70}, "g": {"since": "2026-11-20T12:00:00Z"}, "h": {}, "i": {"severity": ""},
    }, "cabdefghi", id="escalation, deadline, severity, reach and age"),
    pytest.param({"z": {"deadline": "2026-12-09T12:00:00Z", "severity": "low"}, "k": {}}, "kz",
                 id="a deadline of next week does not come first"),
    pytest.param({"y": {"deadline": "2026-11-26T14:00:00Z", "severity": "low"},
                  "a": {"severity": "high"}}, "ya", id="a deadline counts from a day before it"),
    pytest.param({"y": {"deadline": "2026-11-26T14:00:01Z", "severity": "low"},
                  "a": {"severity": "high"}}, "ay", id="and not a second earlier"),
    pytest.param({"c": {"deadline": "2026-11-25T15:00:00Z"},
                  "b": {"deadline": "2026-11-25T14:00:00Z"},
                  "a": {"deadline": "2026-11-25T13:00:00Z"}}, "abc", id="over, now and near"),
    pytest.param({"d": {}, "c": {"since": "2026-11-25T11:00:00Z"},
                  "b": {"deadline": "2026-12-02T12:00:00Z"},
                  "a": {"deadline": "2026-12-01T12:00:00Z"}, "e": {}}, "abcde",
                 id="later deadlines, first due first, then by age and key"),
])  # fmt: skip
def test_items_have_their_order(changes: dict[str, dict[str, Any]], order: str) -> None:
    items = [replace(BASE, key=key, **fields) for key, fields in changes.items()]
    assert keys(*items) == keys(*reversed(items)) == order


def test_trials_come_last_and_at_home_only_the_sample_comes_after_them() -> None:
    kinds = {"t": ItemKind.TRIAL, "a": ItemKind.AUDIT, "f": ItemKind.FINDING, "n": ItemKind.NOTICE}
    items = [replace(BASE, key=key, kind=kind, severity="") for key, kind in kinds.items()]
    assert keys(*items) == "afnt"
    assert "".join(item.key for item in desk_queue.ordered(items, NOW, at_home=True)) == "fnta"


@pytest.mark.parametrize(("wish", "fits"), [
    ({"kind": "finding"}, True), ({"kind": "audit"}, False), ({"category": "VIOLENCE"}, True),
    ({"category": "SELF_HARM"}, False), ({"rule": "a/b"}, True), ({"rule": "a/c"}, False),
    ({"language": "en"}, True), ({"severity": "low"}, False), ({"age": "hour"}, True),
    ({"age": "day"}, False), ({"age": "eon"}, True), ({"reach": "50"}, True),
    ({"reach": "51"}, False), ({"reach": "many"}, True), ({"text": "anything"}, True), ({}, True),
])  # fmt: skip
def test_filters(wish: dict[str, str], fits: bool) -> None:
    assert desk_queue.QueueFilter.parse(wish).wants(BASE, NOW) is fits


def test_next_leaves_out_what_a_colleague_has_or_who_decided_first() -> None:
    items = [replace(BASE, key=key) for key in "abc"]
    items[0] = replace(items[0], not_for=("m-7",))
    leases = {"b": ItemLease(item="b", moderator="m-8", until="2026-11-25T14:05:00Z")}
    found = desk_queue.next_item(items, leases, WHO)
    assert found.key == "c"
    assert desk_queue.next_item(items[:2], leases, WHO) is None
    renewed = {"c": ItemLease(item="c", moderator="m-7", until="2026-11-25T14:05:00Z")}
    assert desk_queue.next_item(items[2:], renewed, WHO) == items[2], "one's own"


def test_skipped_items_come_last_and_severe_ones_are_spared() -> None:
    items = [replace(BASE, key="a", severity="high"), replace(BASE, key="b")]
    assert desk_queue.next_item(items, {}, WHO, skipped=frozenset("a")) == items[1]
    assert desk_queue.next_item(items[:1], {}, WHO, skipped=frozenset("a")) == items[0]
    assert desk_queue.next_item(items, {}, WHO, spare_severe=True) == items[1]
    assert desk_queue.next_item(items[:1], {}, WHO, spare_severe=True) == items[0]
    audit = replace(items[1], kind=ItemKind.AUDIT, severity="")
    spared = desk_queue.next_item([items[0], audit], {}, WHO, spare_severe=True)
    assert spared == items[0], "it keeps its place"


def test_roles_take_what_they_may() -> None:
    audit = replace(BASE, kind=ItemKind.AUDIT)
    held = replace(BASE, kind=ItemKind.HELD_RULE)
    auditor, lead = replace(WHO, role=Role.AUDITOR), replace(WHO, role=Role.LEAD)
    taken = {who.role: [desk_queue.may_take(item, who) for item in (BASE, audit, held)]
             for who in (WHO, auditor, lead)}  # fmt: skip
    assert taken == {Role.MODERATOR: [True, True, True], Role.AUDITOR: [False, True, False],
                     Role.LEAD: [True, True, True]}  # fmt: skip


@pytest.mark.parametrize(("age", "hours"), [("hour", 1), ("day", 24), ("week", 168)])
def test_an_item_fits_an_age_from_its_first_moment(age: str, hours: int) -> None:
    wish, since = desk_queue.QueueFilter(age=age), datetime.fromisoformat(BASE.since)
    assert wish.wants(BASE, since + timedelta(hours=hours))
    assert not wish.wants(BASE, since + timedelta(hours=hours, seconds=-1))


def test_an_item_of_unknown_reach_was_read_by_nobody() -> None:
    unknown = replace(BASE, reach=None)
    assert desk_queue.QueueFilter(reach="0").wants(unknown, NOW)
    assert not desk_queue.QueueFilter(reach="1").wants(unknown, NOW)


def test_a_wish_is_cut_and_an_empty_one_is_no_part_of_an_address() -> None:
    wish = desk_queue.QueueFilter.parse({"rule": "r" * 201, "severity": ""})
    assert wish.chosen == {"rule": "r" * 200}


def test_counts_are_by_kind_where_there_is_no_category_and_the_most_first() -> None:
    held = replace(BASE, category="", kind=ItemKind.HELD_RULE, language="id", rules=("c/d",))
    items = [replace(BASE, category="b"), replace(BASE, category="a"), held,
             replace(held, kind=ItemKind.AUDIT),
             replace(held, since="2026-11-24T12:00:00Z")]  # fmt: skip
    counted = [(each.category, each.kind, each.count, each.oldest)
               for each in desk_queue.category_counts(items)]  # fmt: skip
    at = BASE.since
    assert counted == [("", "held_rule", 2, "2026-11-24T12:00:00Z"), ("", "audit", 1, at),
                       ("a", "", 1, at), ("b", "", 1, at)]  # fmt: skip
    assert desk_queue.filter_choices(items) == {
        "kind": ["audit", "finding", "held_rule"], "category": ["a", "b"], "rule": ["a/b", "c/d"],
        "language": ["en", "id"], "severity": ["medium"],
    }  # fmt: skip


TODAY = date(2026, 11, 25)
ALIKE, OTHER = bytes(64), bytes([1] * 64)


class Watch:
    """A clock that goes on when it is told."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class MemoryTable:
    """Records by partition; it remembers what was read."""

    def __init__(self, rows: Mapping[str, Sequence[Any]]) -> None:
        self.rows, self.read = rows, list[str]()

    def records(self, pk: str, prefix: str, kind: type[Any]) -> list[Any]:
        self.read.append(pk)
        return list(self.rows.get(f"{pk} {prefix}", ()))

    def days(self) -> set[str]:
        """The days that were read since somebody asked, each from all its shards."""
        read, self.read = self.read, []
        days = {pk.split("#")[2] for pk in read}
        assert len(read) == len(days) * len(shards())
        return days


def kept_entry(name: str, day: str) -> JournalEntry:
    """An entry at an hour that its name ends with."""
    hour = int(name[-1], 16)
    return JournalEntry(name, "acme", f"{day}T{hour:02}:00:00Z", type="decision")


def test_today_is_read_again_after_twenty_seconds_and_an_earlier_day_after_ten_minutes() -> None:
    rows = {f"J#acme#2026-11-{day}#{shard} entry#": [kept_entry(f"{day}{hour}", f"2026-11-{day}")]
            for day, shard, hour in (("25", "a", "7"), ("25", "f", "0"), ("24", "0", "1"),
                                     ("23", "2", "2"))}  # fmt: skip
    table: Any = MemoryTable(rows)
    watch = Watch()
    journal = RecentJournal(DynamoStore(table), watch)

    def names(days: int = 2) -> list[str]:
        return [each.entry for each in journal.entries("acme", TODAY, days)]

    assert names() == ["241", "250", "257"]
    assert table.days() == {"2026-11-24", "2026-11-25"}
    read = {20: set(), 20.5: {"2026-11-25"}, 600: {"2026-11-25"}, 600.5: {"2026-11-24"}}
    for watch.seconds, days in read.items():
        assert names() == ["241", "250", "257"]
        assert table.days() == days, watch.seconds
    assert names(3) == ["232", "241", "250", "257"]
    assert table.days() == {"2026-11-23"}
    assert list(journal.entries("beta", TODAY, 1)) == []
    assert table.days() == {"2026-11-25"}


def kept_finding(post: str, **changes: Any) -> Finding:
    return finding(post, **({"found_at": "2026-11-25T12:00:00Z"} | changes)).finding


def prints(*rows: tuple[Finding, bytes]) -> list[list[FindingFingerprint]]:
    return [[FindingFingerprint(each.finding, "codes/3/asks/live", data) for each, data in rows]]


def test_near_copies_are_of_the_same_category_within_a_day_and_not_the_post_itself() -> None:
    own, same_post, alike, other = (kept_finding("p1"), kept_finding("p1", rule="b"),
                                    kept_finding("p2"), kept_finding("p3"))  # fmt: skip
    violent, before, after = (kept_finding("p4", category="VIOLENCE"), kept_finding("p5"),
                              kept_finding("p6"))  # fmt: skip
    unknown, too_early, unprinted = kept_finding("p7"), kept_finding("p8"), kept_finding("p9")
    rows = {
        "J#acme#2026-11-25#3 copies#": prints(
            (own, ALIKE), (same_post, ALIKE), (alike, ALIKE), (other, OTHER), (violent, ALIKE),
            (unknown, ALIKE), (unprinted, b"")),
        "J#acme#2026-11-24#0 copies#": prints((before, ALIKE)),
        "J#acme#2026-11-26#f copies#": prints((after, ALIKE)),
        "J#acme#2026-11-23#0 copies#": prints((too_early, ALIKE)),
    }  # fmt: skip
    table: Any = MemoryTable(rows)
    copies = NearCopies(DynamoStore(table), Watch())
    listed = [after, own, same_post, alike, other, violent, before, too_early, unprinted]
    assert copies.of(own, listed) == [[after], [alike], [before]]
    together = {own.finding, same_post.finding, alike.finding}
    assert copies.alike("acme", [own, same_post, alike, other]) == together
    assert copies.alike("acme", [own, other]) == set(), "alike was decided while prints are kept"
    assert table.days() == {"2026-11-24", "2026-11-25", "2026-11-26"}
    assert copies.of(other, listed) == []
    assert copies.of(unprinted, listed) == [], "a short text has no fingerprint"
    assert copies.of(unknown, listed) == []
    assert table.days() == set(), "they are kept"


def test_nineteen_near_copies_are_shown() -> None:
    many = [kept_finding(f"p{number:02}") for number in range(21)]
    rows = {"J#acme#2026-11-25#3 copies#": prints(*((each, ALIKE) for each in many))}
    table: Any = MemoryTable(rows)
    shown = NearCopies(DynamoStore(table), Watch()).of(many[0], many)
    assert shown == [[each] for each in many[1:20]]


def test_fingerprints_are_read_again_after_a_minute() -> None:
    own, watch = kept_finding("p1"), Watch()
    table: Any = MemoryTable({})
    copies = NearCopies(DynamoStore(table), watch)
    for watch.seconds, days in ((0, 3), (60, 0), (60.5, 3)):
        assert copies.of(own, [own]) == []
        assert len(table.days()) == days


class OpenStore:
    """Lists findings in two partitions; it remembers how often it was asked."""

    def __init__(self, findings: Sequence[Finding], questions: Sequence[FloodHold] = ()) -> None:
        self.known, self.questions = findings, questions
        self.asked, self.limits, self.got = 0, list[int](), list[str]()

    def open_partitions(self, provider: str) -> list[str]:
        self.asked += 1
        return [provider, f"{provider}#0"]

    def flood_holds(self, provider: str) -> list[FloodHold]:
        self.asked += 1
        return [*self.questions]

    def listed(self, partition: str, limit: int) -> list[tuple[str, str]]:
        self.limits.append(limit)
        parts = self.known[::2] if "#" in partition else self.known[1::2]
        return [(each.post, each.finding) for each in parts]

    def findings(self, names: Sequence[str]) -> list[Finding]:
        self.got += names
        return [each for each in self.known if each.finding in names and each.post != "gone"]


def test_findings_are_listed_in_the_order_of_the_index_and_read_once() -> None:
    findings = [kept_finding(f"p{number}") for number in range(5)]
    store: Any = OpenStore([*findings, kept_finding("gone")])
    watch = Watch()
    listing = OpenFindings(store, watch)
    assert listing.of("acme") == findings
    assert store.limits == [10_000, 10_000]
    watch.seconds = 20
    assert listing.of("acme") == findings
    assert store.asked == 1
    watch.seconds, store.got = 20.5, []
    store.known = [*findings[1:], kept_finding("p9")]
    assert listing.of("acme") == [*findings[1:], kept_finding("p9")]
    assert (store.asked, store.got) == (2, [kept_finding("p9").finding])


def test_holds_are_read_again_after_twenty_seconds() -> None:
    hold = FloodHold(FloodQuestion("2026-11-25", "codes/asks", "2026-11-25T11:00:00Z", 9, 3, 2))
    store: Any = OpenStore([], [hold])
    watch = Watch()
    listing = OpenFindings(store, watch)
    for watch.seconds, asked in ((0, 1), (20, 1), (20.5, 2)):
        assert listing.holds("acme") == [hold]
        assert store.asked == asked


@pytest.mark.parametrize("changes", [{"provider": "beta"}, {"account": ""}])
def test_what_is_anothers_or_erased_is_not_listed(changes: dict[str, str]) -> None:
    store: Any = OpenStore([kept_finding("p1"), kept_finding("p2", **changes)])
    assert OpenFindings(store, Watch()).of("acme") == [kept_finding("p1")]
