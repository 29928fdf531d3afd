"""Bugs in publishing."""

from typing import Any

import pytest
from simulation.bugs import Bug, Call, Change, everywhere, method

from publish.day_facts import Seal, next_revision
from publish.draft_summary import Drafter
from publish.public_bucket import SummaryBucket
from publish.summary import encode_summary


def _summary_first(original: Call, bucket: SummaryBucket, summary: Any, page: str) -> Any:
    bucket.put(f"{summary.path}.json", encode_summary(summary))
    return original(bucket, summary, page)


def _journal_last() -> Change:
    """A day's journal is put after the summary that names it."""
    put, put_summary = SummaryBucket.put, SummaryBucket.put_summary
    kept: list[tuple[str, bytes]] = []

    def keep(self: SummaryBucket, key: str, data: bytes) -> bool:
        if not key.startswith("journal/"):
            return put(self, key, data)
        kept.append((key, data))
        return True

    def put_journal_last(self: SummaryBucket, *given: Any) -> Any:
        written = put_summary(self, *given)
        while kept:
            put(self, *kept.pop())
        return written

    def change(patched: pytest.MonkeyPatch) -> None:
        kept.clear()
        patched.setattr(SummaryBucket, "put", keep)
        patched.setattr(SummaryBucket, "put_summary", put_journal_last)

    return change


def _never_again(published: Any, draft: Any) -> Any:
    return published if published and not published.provisional else next_revision(published, draft)


def _as_closed(original: Call, drafter: Drafter, *given: Any, provisional: bool) -> Any:
    """A day is published as closed while its receipts still come."""
    return original(drafter, *given, provisional=False)


PUBLISHING = [
    Bug("a summary before its page and its table",
        method(SummaryBucket, "put_summary", _summary_first)),
    Bug("a summary before its journal", _journal_last()),
    Bug("a published day is not looked at again",
        everywhere(next_revision, _never_again)),
    Bug("a sealed day is never read again",
        method(Seal, "is_due", lambda *_: False)),
    Bug("a day is published before its receipts", method(Drafter, "day", _as_closed)),
]  # fmt: skip
