"""What an import came to, for the operator; nothing of it says what a check says."""

from collections import Counter

import msgspec

from claims.feeds.admission import Admitted

STRANGERS = 100
"""Hosts without trust that a receipt names, those with most checks first."""


class ImportReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of a feed: `taken`, or `refused` with its code.

    `checks` were taken of it, `refused` and `told` (taken with something missing) are counted by
    code; `strangers` counts what was refused by the host that nobody trusts. `index` is the one
    that was made, `total` its checks; `corrected` and `withdrawn` are checks that were there,
    and `reopened` the findings that this try opened anew for them.
    """

    feed: str
    version: str
    status: str
    at: str
    bytes: int
    code: str = ""
    why: str = ""
    checks: int = 0
    refused: dict[str, int] = {}
    told: dict[str, int] = {}
    strangers: dict[str, int] = {}
    index: str = ""
    total: int = 0
    corrected: int = 0
    withdrawn: int = 0
    reopened: int = 0


def counted(admitted: Admitted) -> dict[str, dict[str, int]]:
    """The counts of what was admitted, as a receipt tells them."""
    return {
        "refused": _by_size(admitted.refused),
        "told": _by_size(admitted.incomplete),
        "strangers": _by_size(admitted.strangers),
    }


def _by_size(counted: Counter[str]) -> dict[str, int]:
    """The largest first; of equal ones in the order of names, so that a repeat says the same.

    >>> _by_size(Counter(b=2, a=2, c=3))
    {'c': 3, 'a': 2, 'b': 2}
    """
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return {str(name): count for name, count in ordered[:STRANGERS]}
