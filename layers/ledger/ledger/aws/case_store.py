"""The cases on DynamoDB: each entry is put once, and a message moves all its cases or none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from ledger.aws.privacy_store import DynamoPrivacy
from ledger.aws.table import Item, record_of, shards
from ledger.cases.case import (
    Case,
    CaseEntry,
    CaseMarker,
    CaseMove,
    JournalEntry,
    ParkedMessage,
)
from ledger.privacy.audit_sample import SampledPost
from ledger.records.finding import Finding
from ledger.records.manifest import Marker

OPEN_INDEX = "open"

SEVERITY_RANKS = {"high": "0", "medium": "1", "low": "2"}


@dataclass(frozen=True, slots=True)
class DynamoCases(DynamoPrivacy):
    """The part of the port `Store` that knows cases, on a table with the keys `pk` and `sk`."""

    def case(self, case: str) -> Case | None:
        """Return a case as it stands, its entries in order of their numbers, or nothing."""
        items = {item["sk"]["S"]: item for item in self.table.query(f"C#{case}", "")}
        # Four digits pad a key. The 10,000th key has five, and sorts as text behind the 1,000th.
        numbers = sorted((key for key in items if key.isdigit()), key=int)
        entries = [one for key in numbers for one in _entries(items[key])]
        finding = record_of(items.get("finding"), Finding)
        waiting = [
            found
            for key, item in items.items()
            if key.startswith("waits#") and (found := record_of(item, ParkedMessage))
        ]
        if not entries and finding is None and not waiting:
            return None
        excerpt = items.get("excerpt", {})
        expires = excerpt.get("expires", {}).get("N")
        return Case(
            case,
            entries=tuple(entries),
            finding=finding,
            excerpt=excerpt.get("text", {}).get("S"),
            excerpt_expires=int(expires) if expires else None,
            parked=tuple(waiting),
        )

    def case_marker(self, message: str) -> CaseMarker | None:
        """Whether a message about a case was committed."""
        return record_of(self.table.get(f"M#{message}", "message"), CaseMarker)

    def commit_case(
        self, marker: CaseMarker, entry: JournalEntry, moves: Sequence[CaseMove]
    ) -> bool:
        """Put marker, journal entry and each case's next entry in one transaction."""
        journal = f"J#{marker.provider}#{marker.day}#{entry.entry[0]}"
        actions = [
            self.table.new(f"M#{marker.message}", "message", marker),
            self.table.new(journal, f"entry#{entry.entry}", entry),
            *(action for move in moves for action in self._actions(move)),
        ]
        return self.table.transact_all(*actions)

    def _actions(self, move: CaseMove) -> Iterator[Item]:
        key = f"C#{move.case}"
        if move.entry is not None:
            yield self.table.new(key, f"{move.entry.number:04}", move.entry)
        if move.closes:
            yield self.table.without(key, "finding", "open_pk", "open_sk")
        if move.reopens is not None and (keys := open_index_keys(move.reopens)):
            yield self.table.again(key, "finding", **keys)
        if move.forgets:  # the text is gone at once, the empty item when it expires
            yield self.table.over(key, "excerpt", expires=move.excerpt_expires)
        elif move.excerpt_expires is not None:
            yield self.table.until(key, "excerpt", move.excerpt_expires)

    def park(self, case: str, waiting: ParkedMessage, expires: int) -> ParkedMessage:
        """Keep a message until something moves the case that it waits for.

        Not if it was taken meanwhile: a write that comes late would wait for ever.
        """
        key = f"C#{case}", f"waits#{waiting.message}"
        standing = record_of(self.table.get(*key), ParkedMessage)
        if standing is None:
            self.table.transact_all(
                self.table.over(*key, waiting, expires=expires),
                self.table.absent(f"M#{waiting.message}", "message"),
            )
        return standing or waiting

    def unpark(self, case: str, waiting: ParkedMessage, expires: int) -> None:
        """The message waits no longer; no role deletes items, so an empty one stays until then."""
        self.table.put(f"C#{case}", f"waits#{waiting.message}", expires=expires)

    def journal_entries(self, provider: str, day: str) -> list[JournalEntry]:
        """All case entries of a provider and day, by id."""
        found = [
            record
            for shard in shards()
            for record in self.table.records(f"J#{provider}#{day}#{shard}", "entry#", JournalEntry)
        ]
        return sorted(found, key=lambda entry: entry.entry)

    def open_findings(self, provider: str, limit: int) -> list[Finding]:
        """Return the first open findings by severity, reach and age.

        The index only lists: each finding is read from the table, and one that was decided since
        is left out. Earlier releases listed all findings of a provider in one partition.
        """
        partitions = [provider, *(_open_partition(provider, shard) for shard in shards())]
        listed = [self.table.listed(OPEN_INDEX, one, limit) for one in partitions]
        keys = [(pk, sk) for _, pk, sk in islice(merge(*listed), limit)]
        items = self.table.get_many(keys)
        return [
            finding
            for key in keys
            if "open_pk" in items.get(key, {}) and (finding := record_of(items[key], Finding))
        ]

    def put_sample(self, marker: Marker, posts: Sequence[SampledPost], expires: int) -> None:
        """Keep the posts of a unit's sample."""
        key = f"J#{marker.provider}#{marker.day}#{marker.unit[0]}"
        self.table.put(key, f"sample#{marker.unit}", list(posts), expires=expires)

    def samples(self, provider: str, day: str) -> list[SampledPost]:
        """The posts of all units' samples of a provider and day, by rank."""
        found = [
            post
            for shard in shards()
            for posts in self.table.records(
                f"J#{provider}#{day}#{shard}", "sample#", list[SampledPost]
            )
            for post in posts
        ]
        return sorted(found, key=lambda post: (post.rank, post.post))

    def excerpts(self, findings: Sequence[str]) -> dict[str, str]:
        """The excerpts that are still kept, by finding."""
        keys = [(f"C#{finding}", "excerpt") for finding in findings]
        items = self.table.get_many(keys)
        return {pk[2:]: item["text"]["S"] for (pk, _), item in items.items() if "text" in item}

    def with_entries(self, findings: Sequence[str]) -> set[str]:
        """Those about which somebody has done anything yet."""
        items = self.table.get_many([(f"C#{finding}", f"{1:04}") for finding in findings])
        return {pk[2:] for pk, _ in items}


def open_index_keys(finding: Finding) -> dict[str, str]:
    """Return the keys under which an open finding is listed: severity, then reach, then age.

    Return nothing for a finding that is in shadow, held or erased: nobody is asked about it.

    One partition of an index takes 1,000 writes a second, and a write that the index refuses is
    refused by the table. Ten million posts a day are 116 a second, but a file of them is scanned
    at 100,000 posts a second: one finding in a hundred posts would fill the partition of a
    provider. Sixteen partitions take 16,000 findings a second.
    """
    if finding.mode != "live" or finding.held or finding.is_erased:
        return {}
    reach = 10**12 - min(finding.reach or 0, 10**12)
    rank = SEVERITY_RANKS[finding.severity]
    return {
        "open_pk": _open_partition(finding.provider, finding.finding[0]),
        "open_sk": f"{rank}#{reach:013}#{finding.found_at}#{finding.finding}",
    }


def _open_partition(provider: str, shard: str) -> str:
    return f"{provider}#{shard}"


def _entries(item: Item) -> Iterator[CaseEntry]:
    if (entry := record_of(item, CaseEntry)) is not None:
        yield entry
