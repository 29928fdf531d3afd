"""Erase an author: the stub that remains of each finding, and the tombstone of the author."""

from collections.abc import Collection
from typing import Protocol

import msgspec

from ledger.records.finding import Finding


class ErasureStore(Protocol):
    """Tombstones of erased authors, and their findings."""

    def erased_accounts(self, provider: str, accounts: Collection[str]) -> frozenset[str]:
        """Return those of these pseudonyms that have a tombstone."""

    def put_tombstone(self, provider: str, account: str, expires: int) -> None:
        """Put a tombstone: until it expires, new findings of that pseudonym are stored as stubs."""

    def replace_with_stub(self, finding: Finding, expires: int) -> None:
        """Replace a finding with its stub, unlist it, and delete the text of its excerpt."""


def stub_of(finding: Finding) -> Finding:
    """Return the finding without anything about its author: the counted fields and the days.

    >>> found = Finding("f1", "acme", "p1", "k2026-11:ab", "2026-11-25T10:00:00Z",
    ...     "2026-11-25T12:00:00Z", "codes", 3, "s1", "asks", "live", "SCAMS_AND_FRAUD", "high",
    ...     (), "u1", reach=120, url="https://chat.example/p1")
    >>> stub = stub_of(found)
    >>> stub.is_erased, stub.post, stub.url, stub.reach, stub.published_at
    (True, '', None, None, '2026-11-25T00:00:00Z')
    """
    return msgspec.structs.replace(
        finding,
        post="",
        account="",
        published_at=f"{finding.published_at[:10]}T00:00:00Z",
        spans=(),
        spans_capped=msgspec.UNSET,
        score=msgspec.UNSET,
        excerpt_start=msgspec.UNSET,
        copy_of=msgspec.UNSET,
        reach=None,
        language=None,
        url=None,
    )
