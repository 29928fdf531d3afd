"""Findings of one rule, what people decided on them, and a recount of what was published."""

from pathlib import Path
from typing import Any

from support.publish_world import World, live, sample_pack, sample_receipt
from support.sample_entries import decision

from ledger.cases import JournalEntry
from recount import recount_command

RULE = live()


def world(**found: int) -> World:
    """A world with one set; acme has so many findings of the rule on days such as d20261125."""
    made = World()
    digest = made.put_set(sample_pack())
    for number, (day, count) in enumerate(found.items()):
        written = f"{day[1:5]}-{day[5:7]}-{day[7:]}"
        made.store.add(sample_receipt(written, number, by_rule={RULE: count}, set=digest))
    return made


def do(made: World, *entries: JournalEntry) -> None:
    for entry in entries:
        made.store.do(entry)


def recounted(made: World, folder: Path) -> int:
    """The exit code of `terang recount` over a copy of what was published."""
    return recount_command(made.copy_to(folder))


def decided(number: int, verdict: str, **more: Any) -> list[JournalEntry]:
    return [decision(f"{verdict} {n}", verdict, **more) for n in range(number)]
