"""Bugs in publishing."""

from typing import Any

import pytest
from simulation.bugs import Bug, Call, Change, everywhere, method

from publish.day_facts import Seal
from publish.public_bucket import Drafter, SummaryBucket, next_revision
from publish.summary import encode_summary
from publish_steps.site_files import Site


def _summary_first(original: Call, site: Site, run: Any, summary: Any, **more: bool) -> Any:
    run.context.public.put(f"{summary.path}.json", encode_summary(summary))
    return original(site, run, summary, **more)


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
    Bug("a summary before its page and its table", method(Site, "show", _summary_first)),
    Bug("a summary before its journal", _journal_last()),
    Bug("a published day is not looked at again", everywhere(next_revision, _never_again)),
    Bug("a sealed day is never read again", method(Seal, "is_due", lambda *_: False)),
    Bug("a day is published before its receipts", method(Drafter, "day", _as_closed)),
]  # fmt: skip
