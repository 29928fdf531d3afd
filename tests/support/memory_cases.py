"""Cases in memory, by the promises of the ports: for tests that judge many messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

import msgspec
from support.sample_messages import SENT
from support.sample_posts import StandingClock, pack

from decide.case_work import CaseOutcome, CaseWork, case_work_of
from dsa import decision_files
from ledger.cases import Case, CaseEntry, CaseMarker, CaseMove, JournalEntry, WaitingMessage
from ledger.closing import set_key
from ledger.codes import CaseReceipt
from ledger.findings import Finding, FloodQuestion
from ledger.keys import Provider
from ledger.units import Marker
from matcher import build_set, digest_of

SET = build_set([pack()], notice_hours=0)
UNIT = "unit-1"
DAY = "2026-11-25"


def finding(number: int, **changes: Any) -> Finding:
    """A finding of `acme`, counted by the unit `unit-1`."""
    given = Finding(
        finding=f"{number:064x}",
        provider="acme",
        post="1",
        account="k2026-11:ab",
        published_at="2026-11-25T10:00:00Z",
        found_at="2026-11-25T12:00:00Z",
        pack="codes",
        version=3,
        set=digest_of(SET),
        rule="asks-for-code",
        mode="live",
        category="SCAMS_AND_FRAUD",
        severity="high",
        spans=(),
        unit=UNIT,
        reach=number,
    )
    return msgspec.structs.replace(given, **changes)


@dataclass(slots=True)
class MemoryCases:
    """The store and the objects of one stack; `decide` takes messages as a fresh worker does."""

    clock: StandingClock = field(default_factory=lambda: StandingClock(SENT))
    findings: dict[str, Finding] = field(default_factory=dict)
    excerpts: dict[str, tuple[str, int]] = field(default_factory=dict)
    entries: dict[str, dict[int, CaseEntry]] = field(default_factory=dict)
    journal: dict[str, JournalEntry] = field(default_factory=dict)
    markers: dict[str, CaseMarker] = field(default_factory=dict)
    waiting: dict[str, dict[str, WaitingMessage]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    questions: dict[tuple[str, str], FloodQuestion] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=lambda: {set_key(digest_of(SET)): SET})

    def find(self, *findings: Finding) -> tuple[str, ...]:
        """Put findings with excerpts; their ids."""
        for one in findings:
            self.findings[one.finding] = one
            self.excerpts[one.finding] = "Send me the code", 0
            self.open.add(one.finding)
        return tuple(one.finding for one in findings)

    def work(self, store: Any = None) -> CaseWork:
        return case_work_of(
            cast("Any", store or self),
            cast("Any", self),
            self.clock,
            out_bucket="out",
            public_bucket="public",
            rooms=(partial(decision_files, public_url="https://terang.example"),),
        )

    def decide(
        self, *messages: dict[str, Any], provider: str = "acme", sent_at: datetime | None = None
    ) -> list[CaseOutcome]:
        """What became of messages sent then or now, and of those that they woke."""
        return [
            handled
            for message in messages
            for handled in self.work().take(
                provider, msgspec.json.encode(message), sent_at or self.clock.now()
            )
        ]

    def types(self) -> list[str]:
        """The types of all entries, sorted."""
        return sorted(entry.type for entry in self.journal.values())

    def receipts(self) -> dict[str, CaseReceipt]:
        """The receipts of messages, by the sender's id."""
        read = [
            msgspec.json.decode(data, type=CaseReceipt)
            for key, data in self.files.items()
            if "/receipts/messages/" in key
        ]
        return {one.id: one for one in read}

    # the store

    def provider(self, provider: str) -> Provider | None:
        return Provider(provider, territory=("DE", "NL"))

    def marker(self, unit: str) -> Marker | None:
        return Marker(unit, "acme", DAY) if unit == UNIT else None

    def flood_question(self, provider: str, day: str, rule: str) -> FloodQuestion | None:
        return self.questions.get((day, rule)) if provider == "acme" else None

    def findings_on(self, check: str) -> list[tuple[str, str]]:
        return []

    def case(self, case: str) -> Case | None:
        entries, waiting = self.entries.get(case, {}), self.waiting.get(case, {})
        found = self.findings.get(case)
        if not entries and not waiting and found is None:
            return None
        excerpt, expires = self.excerpts.get(case, (None, None))
        return Case(
            case,
            entries=tuple(entries[number] for number in sorted(entries)),
            finding=found,
            excerpt=excerpt,
            excerpt_expires=expires,
            waiting=tuple(waiting.values()),
        )

    def case_marker(self, message: str) -> CaseMarker | None:
        return self.markers.get(message)

    def entry_of(self, marker: CaseMarker) -> JournalEntry:
        return self.journal[marker.entry]

    def commit_case(
        self, marker: CaseMarker, entry: JournalEntry, moves: Sequence[CaseMove]
    ) -> bool:
        stands = marker.message in self.markers or entry.entry in self.journal
        for move in moves:
            stands |= move.entry is not None and move.entry.number in self.entries.get(
                move.case, {}
            )
            stands |= move.excerpt_expires is not None and move.case not in self.excerpts
        if stands:
            return False
        self.markers[marker.message] = marker
        self.journal[entry.entry] = entry
        for move in moves:
            if move.entry is not None:
                self.entries.setdefault(move.case, {})[move.entry.number] = move.entry
            if move.closes:
                self.open.discard(move.case)
            if move.forgets:
                del self.excerpts[move.case]
            elif move.excerpt_expires is not None:
                self.excerpts[move.case] = self.excerpts[move.case][0], move.excerpt_expires
        return True

    def put_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> WaitingMessage:
        return self.waiting.setdefault(case, {}).setdefault(waiting.message, waiting)

    def end_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> None:
        self.waiting.get(case, {}).pop(waiting.message, None)

    # the objects

    def get(self, bucket: str, key: str) -> bytes | None:
        return self.files.get(key)

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        data = self.files.get(key)
        return None if data is None else (data, str(hash(data)))

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.files[key] = data

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        if etag is None:
            return self.files.setdefault(key, data) is data
        stands = self.get_with_etag(bucket, key)
        if stands is None or stands[1] != etag:
            return False
        self.files[key] = data
        return True
