"""What `terang fsck` checks of trials: drawn findings have their rows, and adoptions their sets."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from terang.repair import Difference, TableSnapshot

_HEARD_WITHIN = timedelta(days=1, hours=2)
"""How long after the end of its day an adoption is in a set: publish had a day to read it."""


def trial_differences(
    table: TableSnapshot, public: Path, now: datetime, excerpt_days: int
) -> Iterator[Difference]:
    """Check drawn findings against their rows, and adoptions against the sets in a copy."""
    for name in sorted(table.drawn.keys() - table.findings.keys()):
        yield Difference("drawn_of_nothing", table.drawn[name], "no finding", f"C#{name}")
    oldest = (now.date() - timedelta(days=excerpt_days - 1)).isoformat()
    for name, finding in sorted(table.findings.items()):
        is_whole = finding.get("drawn") and finding["account"]  # an erased author's may have none
        is_kept = finding["found_at"][:10] >= oldest and finding["unit"] in table.markers
        if is_whole and is_kept and name not in table.drawn:
            yield Difference("drawn_unlisted", f"C#{name}", "no row", f"T#{finding['provider']}")
    yield from _check_adoptions(table, public, (now - _HEARD_WITHIN).date().isoformat())


def _check_adoptions(table: TableSnapshot, public: Path, today: str) -> Iterator[Difference]:
    """A set must let an adopted rule propose, unless its pack has changed since."""
    late = [
        (day, entry)
        for places in table.entries.values()
        for day, entry in places
        if entry["type"] == "adoption" and day.day < today
    ]
    if not late:
        return
    sets = {path.stem: json.loads(path.read_bytes()) for path in public.glob("sets/*.json")}
    versions = {(pack["id"], pack["version"]) for pack in sets[sets["current"]["set"]]["packs"]}
    known = {
        (provider, one["rule"], one["matching"])
        for made in sets.values()
        for provider, settings in made.get("providers", {}).items()
        for one in settings["live_here"]
    }
    for day, entry in sorted(late, key=lambda one: one[0]):
        is_there = (entry["rule"].partition("/")[0], entry["version"]) in versions
        if is_there and (day.provider, entry["rule"], entry["matching"]) not in known:
            where = f"journal/{day.provider}/{day.day}"
            yield Difference("adoption_unheard", where, "in no set", entry["rule"])
