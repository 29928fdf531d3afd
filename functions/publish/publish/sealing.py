"""Seals of closed days: what a day came to, so that an hourly run need not read it again.

A seal is a note and never a fact. It is used only while it agrees with the published files, and
made again from nothing when it is CHECK_AFTER old, missing, or of a release that folds otherwise.
So a lost or damaged seal costs time and changes no byte.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

import msgspec

from ledger.clock import utc
from ledger.ports import Objects
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers
from publish.day_facts import DayFacts, FoldedJournal
from publish.journal.case_line import CaseLine
from publish.journal.public_journal import ReceiptLine
from publish.summary import JournalFile, LeftOut, Summary

SEAL_FORM = 1
"""Raise it when a release folds the same records into other numbers or lines."""

CHECK_AFTER = timedelta(hours=22)
"""When a sealed day is read again. Runs are an hour apart, so a late receipt is found within 23
hours, within 24 if a run fails, and later where runs have no time left for the check."""


class Seal(msgspec.Struct, frozen=True):
    """The fold of a closed day, and which records it folds. `form` says how it was folded."""

    form: str
    checked_at: str
    folded: FoldedJournal
    journal: tuple[JournalFile, ...]
    numbers: Numbers
    cases: CaseNumbers
    left_out: tuple[LeftOut, ...]

    @classmethod
    def of(cls, facts: DayFacts, now: datetime) -> "Seal":
        """Return the seal of a day that was read now."""
        return cls(
            form=seal_form(),
            checked_at=utc(now),
            folded=facts.folded,
            journal=facts.journal_files,
            numbers=facts.numbers,
            cases=facts.cases,
            left_out=facts.left_out,
        )

    def is_due(self, now: datetime) -> bool:
        """Return whether the day is to be read again. A time in the future does not count."""
        age = now - datetime.fromisoformat(self.checked_at)
        return not timedelta() <= age < CHECK_AFTER

    def agrees_with(self, published: Summary | None) -> bool:
        """Return whether publishing the day again would change nothing.

        Nothing is published of the empty days before a provider's first.
        """
        if published is None:
            return not (self.folded.receipts or self.folded.entries)
        counted = (published.numbers, published.cases, published.left_out)
        return not published.provisional and counted == (self.numbers, self.cases, self.left_out)


@cache
def seal_form() -> str:
    """Return how this release folds: its number, and a digest of the fields that it counts."""
    counted = (Numbers, CaseNumbers, ReceiptLine, CaseLine, LeftOut)
    _, fields = msgspec.json.schema_components(counted)
    digest = sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()
    return f"{SEAL_FORM}-{digest[:12]}"


@dataclass(frozen=True, slots=True)
class SealBucket:
    """The seals in the work bucket. A lifecycle rule deletes old ones."""

    objects: Objects
    bucket: str

    def read(self, provider: str, day: str) -> Seal | None:
        """Return the seal of a day, or None if this release can use none."""
        data = self.objects.get(self.bucket, seal_key(provider, day))
        try:
            seal = msgspec.json.decode(data, type=Seal) if data else None
        except msgspec.DecodeError:
            return None
        return seal if seal and seal.form == seal_form() else None

    def write(self, provider: str, day: str, seal: Seal) -> None:
        """Write the seal of a day, and replace an earlier one."""
        data = msgspec.json.encode(seal, order="sorted")
        self.objects.put(self.bucket, seal_key(provider, day), data)


def seal_key(provider: str, day: str) -> str:
    """Return the key of a day's seal in the work bucket.

    >>> seal_key("acme", "2026-11-25")
    'seals/acme/2026-11-25.json'
    """
    return f"seals/{provider}/{day}.json"
