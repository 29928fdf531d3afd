"""Bugs in finding copies of confirmed posts."""

from collections.abc import Sequence
from typing import Any

import msgspec
from simulation.bugs import Bug, Call, Change, both, everywhere, method

from scan.inspection import Inspection, inspect_posts
from scan.unit_input import Confirmed, KnownSnapshots, find_copies


def _newest_snapshot() -> Change:
    """Each try of a unit compares its posts with the newest snapshot, also one after the first."""
    read: list[Confirmed] = []

    def keep(original: Call, snapshots: KnownSnapshots, provider: str) -> Confirmed:
        read[:] = [original(snapshots, provider)]
        return read[0]

    def inspect(posts: Sequence[Any], rules: Any, *given: Any, **named: Any) -> Inspection:
        attempt = named["attempt"]
        if attempt.copies is not None:
            found = named["results"], rules.copies, read[0], named["fingerprints"]
            copies = find_copies(posts, *found)
            named["attempt"] = msgspec.structs.replace(attempt, copies=copies)
        return inspect_posts(posts, rules, *given, **named)

    return both(method(KnownSnapshots, "newest", keep), everywhere(inspect_posts, inspect))


COPYING = [Bug("a unit takes the newest snapshot on its second try", _newest_snapshot())]
