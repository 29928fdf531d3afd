"""Write the files that a committed message causes: those of other rooms, examples, its entry.

Every delivery writes them, a repeated one too, so that a worker that dies in between loses nothing.
A file that is already there stays.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cases.case_facts import DecidedPacks
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.cases import AnnouncedEntry, Case, JournalEntry
from ledger.findings import Finding
from ledger.keys import (
    HOLDS_EXCERPTS,
    doubtful_copies_key,
    entry_key,
    findings_key,
    proposal_key,
)
from ledger.texts import encode_json, encode_json_lines
from rules.pack import Pack

type RoomFiles = Callable[
    [JournalEntry, Callable[[str], Case | None], Callable[[Finding], Pack]],
    tuple[Mapping[str, bytes], tuple[str, ...]],
]
"""What another room writes of an entry: its files by key, and the problems in them.

It is given the entry, and may ask for cases and for the packs of findings.
"""

TRIES = 5
"""How often a file of findings is rewritten while other workers keep changing it."""


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """Writes entries, the files of other `rooms`, and what overturned decisions cause."""

    store: DynamoStore
    objects: S3Objects
    packs: DecidedPacks
    out_bucket: str
    rooms: tuple[RoomFiles, ...]

    def write(self, entry: JournalEntry) -> tuple[str, ...]:
        """Write the files of a committed entry. Return the problems in those of other rooms.

        The entry comes last: it is announced, and then the other files are there.
        """
        problems: tuple[str, ...] = ()
        for room in self.rooms:
            files, found = room(entry, self.store.case, self.packs.of)
            problems += found
            for key, data in files.items():
                self.objects.put_if(self.out_bucket, key, data, None)
        if entry.escalation == "child_abuse":
            for case in self._decided_on(entry):
                if case.finding:
                    self._remove_excerpt(case.finding)
        if entry.overturns and entry.about:
            self._propose(entry.about, entry)
        key = entry_key(entry.provider, entry.at[:10], entry.entry)
        self.objects.put_if(self.out_bucket, key, encode_json(AnnouncedEntry.of(entry)), None)
        return problems

    def _propose(self, decided: JournalEntry, overturning: JournalEntry) -> None:
        """Propose each excerpt of an overturned decision as an example for its rule."""
        self._list_copies(decided)
        for case in self._decided_on(decided):
            if case.finding is not None and case.excerpt is not None:
                self._put_proposal(case.finding, case.excerpt, decided, overturning)

    def _list_copies(self, overturned: JournalEntry) -> None:
        """List the findings that copy the post of a decision, for people to look at again.

        Nothing about them is reversed: those that somebody decided stay decided.
        """
        provider, decision = overturned.provider, overturned.entry
        rows = [
            {
                "finding": finding.finding,
                "rule": f"{finding.pack}/{finding.version}/{finding.rule}",
                "state": case.state,
                "copy_of": decision,
            }
            for _, name in self.store.findings_on(decision)
            if (case := self.store.case(name)) and (finding := case.finding)
        ]
        if rows:
            key = doubtful_copies_key(provider, decision)
            self.objects.put(self.out_bucket, key, encode_json_lines(rows))

    def _put_proposal(
        self, finding: Finding, excerpt: str, decided: JournalEntry, overturned: JournalEntry
    ) -> None:
        proposal = {
            "pack": finding.pack,
            "version": finding.version,
            "rule": finding.rule,
            "example": "ignore" if decided.verdict == "confirmed" else "match",
            "text": excerpt,
            "finding": finding.finding,
            "decision": decided.entry,
            "overturned_by": overturned.type,
            "overturned_at": overturned.at,
        }
        rule = f"{finding.pack}/{finding.version}/{finding.rule}"
        key = proposal_key(finding.provider, rule, finding.finding)
        self.objects.put_if(self.out_bucket, key, encode_json(proposal), None, tags=HOLDS_EXCERPTS)

    def _remove_excerpt(self, finding: Finding) -> None:
        """Remove an excerpt from the file of findings that the provider reads.

        Limits: the previous version can be read by its id until the bucket's lifecycle deletes it,
        a day later.
        """
        marker = self.store.marker(finding.unit)
        if marker is None:
            return
        key = findings_key(marker)
        for _ in range(TRIES):
            stored = self.objects.get_with_etag(self.out_bucket, key)
            if stored is None:  # the file has expired
                return
            data, etag = stored
            kept = _without_excerpt(data, finding.finding)
            if kept == data or self.objects.put_if(
                self.out_bucket, key, kept, etag, tags=HOLDS_EXCERPTS
            ):
                return
        raise OSError(f"other workers changed the file of findings {TRIES} times")

    def _decided_on(self, decision: JournalEntry) -> Iterator[Case]:
        """Yield the cases of a decision's findings, and of its notice."""
        for name in decision.cases:
            if name != decision.entry and (case := self.store.case(name)):
                yield case


def _without_excerpt(data: bytes, finding: str) -> bytes:
    rows = [msgspec.json.decode(line, type=dict[str, Any]) for line in data.splitlines()]
    for row in rows:
        if row["finding"] == finding:
            row.pop("excerpt", None)
    return encode_json_lines(rows)
