"""What stays of a finding when its author is erased."""

import msgspec

from ledger.records.finding import Finding


def stub_of(finding: Finding) -> Finding:
    """What stays of a finding when its author is erased: what was counted, and the days.

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
        reach=None,
        language=None,
        url=None,
    )
