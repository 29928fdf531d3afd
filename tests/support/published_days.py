"""One receipt of acme on 25 November, and the summary of that day; and a folder of several days."""

from pathlib import Path

import msgspec
from support.publish_world import World, live, sample_pack, sample_receipt
from support.sample_entries import contest, decision, entry, outcome

DAY = "summaries/acme/2026-11-25.json"


def world(public_url: str = "https://terang.example") -> World:
    """A world with one set, and one receipt of acme on 25 November."""
    made = World(public_url=public_url)
    digest = made.put_set(sample_pack())
    made.store.add(sample_receipt(by_rule={live(): 2}, set=digest))
    return made


def published_folder(folder: Path) -> Path:
    """A copy of a public bucket: two days, a campaign, and something of all that people do."""
    made = World()
    digest = made.put_set(sample_pack(campaign="autumn"))
    for day, number in (("2026-11-24", 1), ("2026-11-25", 2)):
        made.store.add(
            sample_receipt(day, number, by_rule={live(): 4}, held={live(): 1}, set=digest)
        )
    first = decision("first")
    complaint = contest("x", first)
    for done in (
        first,
        decision("d", "dismissed", measures=None),
        msgspec.structs.replace(complaint, at=first.at),
        outcome("o", complaint, day="2026-11-25"),
        entry("n", "notice", category="VIOLENCE", items=2),
        *(entry(f"a {n}", "audit", month="2026-11", verdict="not_violating") for n in range(2)),
    ):
        made.store.do(done)
    made.publish("2026-12-02T02:00:00Z")
    return made.copy_to(folder)
