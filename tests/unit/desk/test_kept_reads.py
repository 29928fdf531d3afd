"""What a worker of the console keeps between requests, and for how long."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from support.desk_world import finding

from desk.table_dossiers import NearCopies, OpenFindings, RecentJournal
from ledger.cases import JournalEntry
from ledger.findings import Finding, FindingFingerprint, FloodHold, FloodQuestion
from ledger.store import DynamoStore
from ledger.table import shards

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


def entry(name: str, day: str) -> JournalEntry:
    """An entry at an hour that its name ends with."""
    hour = int(name[-1], 16)
    return JournalEntry(name, "acme", f"{day}T{hour:02}:00:00Z", type="decision")


def test_today_is_read_again_after_twenty_seconds_and_an_earlier_day_after_ten_minutes() -> None:
    rows = {f"J#acme#2026-11-{day}#{shard} entry#": [entry(f"{day}{hour}", f"2026-11-{day}")]
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


def found(post: str, **changes: Any) -> Finding:
    return finding(post, **({"found_at": "2026-11-25T12:00:00Z"} | changes)).finding


def prints(*rows: tuple[Finding, bytes]) -> list[list[FindingFingerprint]]:
    return [[FindingFingerprint(each.finding, "codes/3/asks/live", data) for each, data in rows]]


def test_near_copies_are_of_the_same_category_within_a_day_and_not_the_post_itself() -> None:
    own, same_post, alike, other = found("p1"), found("p1", rule="b"), found("p2"), found("p3")
    violent, before, after = found("p4", category="VIOLENCE"), found("p5"), found("p6")
    unknown, too_early, unprinted = found("p7"), found("p8"), found("p9")
    rows = {
        "J#acme#2026-11-25#3 copies#": prints(
            (own, ALIKE), (same_post, ALIKE), (alike, ALIKE), (other, OTHER), (violent, ALIKE),
            (unknown, ALIKE), (unprinted, b""),
        ),
        "J#acme#2026-11-24#0 copies#": prints((before, ALIKE)),
        "J#acme#2026-11-26#f copies#": prints((after, ALIKE)),
        "J#acme#2026-11-23#0 copies#": prints((too_early, ALIKE)),
    }  # fmt: skip
    table: Any = MemoryTable(rows)
    copies = NearCopies(DynamoStore(table), Watch())
    listed = [after, own, same_post, alike, other, violent, before, too_early, unprinted]
    assert copies.of(own, listed) == [[after], [alike], [before]]
    assert table.days() == {"2026-11-24", "2026-11-25", "2026-11-26"}
    assert copies.of(other, listed) == []
    assert copies.of(unprinted, listed) == [], "a short text has no fingerprint"
    assert copies.of(unknown, listed) == []
    assert table.days() == set(), "they are kept"


def test_nineteen_near_copies_are_shown() -> None:
    many = [found(f"p{number:02}") for number in range(21)]
    rows = {"J#acme#2026-11-25#3 copies#": prints(*((each, ALIKE) for each in many))}
    table: Any = MemoryTable(rows)
    shown = NearCopies(DynamoStore(table), Watch()).of(many[0], many)
    assert shown == [[each] for each in many[1:20]]


def test_fingerprints_are_read_again_after_a_minute() -> None:
    own = found("p1")
    table: Any = MemoryTable({})
    watch = Watch()
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
    findings = [found(f"p{number}") for number in range(5)]
    store: Any = OpenStore([*findings, found("gone")])
    watch = Watch()
    listing = OpenFindings(store, watch)
    assert listing.of("acme") == findings
    assert store.limits == [10_000, 10_000]
    watch.seconds = 20
    assert listing.of("acme") == findings
    assert store.asked == 1
    watch.seconds, store.got = 20.5, []
    store.known = [*findings[1:], found("p9")]
    assert listing.of("acme") == [*findings[1:], found("p9")]
    assert (store.asked, store.got) == (2, [found("p9").finding])


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
    store: Any = OpenStore([found("p1"), found("p2", **changes)])
    assert OpenFindings(store, Watch()).of("acme") == [found("p1")]
