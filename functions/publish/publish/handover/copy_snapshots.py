"""Writes what a provider's rules of copies compare with: fingerprints of confirmed posts.

A snapshot follows from the decisions and fingerprints of the last weeks, so it is made from nothing
each time. It is private: only scan reads it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import msgspec

from ledger.clock import utc
from ledger.keys import copies_key
from ledger.ports import JournalStore, Objects
from ledger.privacy.copies import COPY_DAYS, ConfirmedFingerprint, CopySnapshot, CopyStore
from publish.periods import days_before
from rules.copies import ALGORITHM, Fingerprinted, copy_groups
from rules.pack import Pack

SNAPSHOT_DAYS = COPY_DAYS - 4
"""How old a finding may be: S3 keeps a snapshot for a day and its earlier versions for another, and
each may end a day late."""

WRITTEN_AFTER = timedelta(minutes=50)
"""How old a snapshot must be to be replaced: runs are an hour apart, but not to the second."""

KEPT_FOR = timedelta(hours=20)
"""How old a snapshot becomes that does not change: S3 deletes it after a day."""

MOST_ROWS = 4_000
"""Fingerprints of one snapshot: those of the newest decisions. They take 0.9 MB."""


class SnapshotStore(JournalStore, CopyStore, Protocol):
    """The parts of the table that a snapshot is made from."""


@dataclass(frozen=True, slots=True)
class SnapshotBucket:
    """The snapshots in the work bucket."""

    objects: Objects
    bucket: str

    def renew(
        self,
        store: SnapshotStore,
        provider: str,
        packs: Sequence[Pack],
        days: Sequence[str],
        now: datetime,
    ) -> bool:
        """Write a provider's snapshot if it has changed. Return whether it was written.

        `days` are those of the last SNAPSHOT_DAYS on which people may have decided anything. The
        stored one is read before the table, and replaced only if it did not change meanwhile. If an
        author is erased in between, the erasure wins, and the next run writes.
        """
        rules = _rules_of(packs)
        if not rules:
            return False
        data, etag = self.objects.get_with_etag(self.bucket, copies_key(provider)) or (b"", None)
        stored = msgspec.json.decode(data, type=CopySnapshot) if data else None
        age = now - datetime.fromisoformat(stored.at) if stored else timedelta.max
        if stored and not stored.erased and timedelta() <= age < WRITTEN_AFTER:
            return False
        first = days_before(now.date().isoformat(), SNAPSHOT_DAYS)
        rows = confirmed_fingerprints(store, provider, rules, days, first)
        snapshot = CopySnapshot(utc(now), ALGORITHM, rows)
        before = stored or CopySnapshot("", ALGORITHM)
        is_same = msgspec.structs.replace(before, at=snapshot.at) == snapshot
        if is_same and (stored is None or timedelta() <= age < KEPT_FOR):
            return False
        encoded = msgspec.json.encode(snapshot)
        return self.objects.put_if(self.bucket, copies_key(provider), encoded, etag)


class _Confirmation(NamedTuple):
    at: str
    decision: str


def confirmed_fingerprints(
    store: SnapshotStore,
    provider: str,
    rules: Mapping[str, Sequence[str]],
    days: Sequence[str],
    first: str,
) -> tuple[ConfirmedFingerprint, ...]:
    """Return one fingerprint of each group of confirmed posts that rules of copies look for.

    `rules` has the rules of copies by the rule (`pack/rule`) that a person confirmed, `days` those
    of decisions; findings before the day `first` are left out. Each group has the fingerprint of
    its first decision. A decision that was overturned confirms nothing.
    """
    entries = [entry for day in days for entry in store.journal_entries(provider, day)]
    overturned = {entry.decision for entry in entries if entry.overturns}
    confirming = [
        entry
        for entry in entries
        if entry.type == "decision"
        and entry.verdict == "confirmed"
        and entry.entry not in overturned
    ]
    by_finding = {
        case: _Confirmation(entry.at, entry.entry) for entry in confirming for case in entry.cases
    }
    found_days = {day for entry in confirming for day in entry.found_days}
    texts: dict[str, set[Fingerprinted]] = {}
    for day in sorted(day for day in found_days if day >= first):
        for made in store.fingerprints(provider, day):
            pack, _, rule, _ = made.rule.split("/")
            if made.fingerprint and (confirmation := by_finding.get(made.finding)):
                text = Fingerprinted(" ".join((*confirmation, made.finding)), made.fingerprint)
                for name in rules.get(f"{pack}/{rule}", ()):
                    texts.setdefault(name, set()).add(text)
    return tuple(sorted(_newest(texts)))


def _newest(texts: Mapping[str, set[Fingerprinted]]) -> Iterator[ConfirmedFingerprint]:
    """Yield the first text of each group; of too many, those that were decided last."""
    firsts: list[tuple[Fingerprinted, str]] = []
    for name, of_rule in texts.items():
        groups = copy_groups(of_rule)
        firsts += [(text, name) for text in of_rule if groups[text.id] == text.id]
    for text, name in sorted(firsts)[-MOST_ROWS:]:
        _, decision, _ = text.id.split()
        yield ConfirmedFingerprint(name, decision, text.fingerprint)


def _rules_of(packs: Sequence[Pack]) -> dict[str, list[str]]:
    """Return the rules of copies by each rule whose confirmed posts they use: also their own."""
    rules: dict[str, list[str]] = {}
    for pack in packs:
        for rule in pack.rules:
            for of in (rule.copies, rule.id) if rule.copies else ():
                rules.setdefault(f"{pack.id}/{of}", []).append(f"{pack.id}/{rule.id}")
    return rules
