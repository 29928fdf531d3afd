"""One receipt of acme on 25 November, and the summary of that day; and folders of several days."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from support.log_world import LogWorld, sentinel_pack, sentinel_receipt
from support.publish_world import World, live, sample_pack, sample_receipt, scored_pack
from support.sample_entries import RULE, contest, decision, entry, entry_id, outcome

from ledger.cases import DecidedScore
from ledger.findings import FindingFingerprint
from ledger.units import OpenFile

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


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the single values in a JSON value, each with its place."""
    parts = enumerate(value) if isinstance(value, list) else ()
    for name, part in value.items() if isinstance(value, dict) else parts:
        yield from leaves(part, (*place, name))
    if not isinstance(value, dict | list):
        yield place, value


def folder_of_every_kind(folder: Path) -> Path:
    """A copy of a public bucket with open and closed periods, in which nearly no number is 0. Two
    providers and the sentinel in two months, a campaign, a revised day, a set that pauses a rule,
    an open file, a receipt that does not close, copies, groups, terms, and a full sample."""
    made = LogWorld(sends_sentinel=True)
    packs = sample_pack(campaign="autumn"), scored_pack(), sentinel_pack()
    sets = [made.put_set(*packs)]
    pause = {"rule": "one-time-codes/asks-for-code", "since": "2026-11-25T09:00:00Z", "why": "it"}
    sets.append(made.put_set(*packs, acme={"paused": [pause]}))
    since, second = "2026-11-25T08:00:00Z", {"set": sets[0], "since": "2026-10-30T08:00:00Z"}
    pointer = {"set": sets[1], "since": since, "earlier": [second | {"until": since}]}
    made.files["sets/current.json"] = msgspec.json.encode(pointer)
    made.store.put_file("acme", OpenFile("f" * 64, "2026-11-24", 1))
    scored = "by-weight/1/advert/live"
    for day, provider, by_rule, changes in (
        ("2026-11-24", "acme", {live(): 9, scored: 9}, {"held": {live(): 2}, "bytes": 7}),
        ("2026-11-25", "acme", {live(): 9}, {"assumed_utc": 1, "partly_read": 1, "repeats": 2}),
        ("2026-11-25", "beta", {live().replace("/live", "/shadow"): 1}, {"skipped": ("old/1",)}),
        ("2026-11-30", "acme", {}, {"no_rules": 100, "messages": 5, "kind": "messages"}),
        ("2026-12-01", "acme", {live(): 2}, {}),
        ("2026-12-02", "acme", {live(): 2}, {}),
    ):
        digest = sets[day > "2026-11-24"]
        made.count(sample_receipt(day, 1, provider, by_rule=by_rule, set=digest, **changes))
        made.count(sentinel_receipt(day, digest, found=day != "2026-11-30"))
    made.count(sample_receipt("2026-11-24", 2, records=7, set=sets[0]))
    prints = [FindingFingerprint(name, live(), bytes(64)) for name in ("a", "b")]
    made.store.keep("acme", "2026-11-25", prints)
    first, late = decision("first"), decision("late", day="2026-12-01")
    complaint, dispute = contest("x", first), contest("y", late, "dispute")
    once = {f"2026-11-25/{RULE}": 1}
    group = [decision(f"g {n}", group=entry_id("g"), leads=not n, counted={} if n else once)
             for n in range(3)]  # fmt: skip
    scores = [decision(f"s {n}", found="2026-11-24", rules={scored: 1},
                       scores=(DecidedScore(scored.removesuffix("/live"), 8 + n, ("slot",)),))
              for n in range(6)]  # fmt: skip
    order = {"kind": "act", "country": "DE", "authority": "=A court", "items": 2}
    order |= {"received_at": "2026-11-25T08:00:00Z", "acknowledged_at": "2026-11-25T09:00:00Z"}
    for done in (
        *(first, late, *group, *scores, decision("hurried", looked_seconds=2)),
        *(decision(f"d {n}", "dismissed", measures=None, after_hours=n + 1) for n in range(2)),
        decision("n", rules={}, notice=entry_id("n"), found_at="2026-11-25T08:00:00Z"),
        *(msgspec.structs.replace(one, at=late.at) for one in (complaint, dispute)),
        outcome("o", complaint, day="2026-12-01"),
        outcome("p", dispute, "upheld", day="2026-12-01", implemented=True),
        *(entry(f"n {n}", "notice", category="VIOLENCE", items=2) for n in range(2)),
        entry("r", "second_review", decision=first.entry, about=first, verdict="confirmed"),
        entry("f", "flood_answer", verdict="opened", day="2026-11-25", held_rule="codes/asks"),
        *(entry("order", "order", **order), entry("susp", "suspension", why="notices")),
        entry("k", "correction", "2026-12-01", why="withdrawn", found=first.found, about=first,
              decision=first.entry),
        *(entry(f"a {n}", "audit", month="2026-11", verdict="not_violating") for n in range(99)),
        *(entry(f"b {n}", "audit", month="2026-11", verdict="violating", category="VIOLENCE")
          for n in range(9)),
    ):  # fmt: skip
        made.store.do(done)
    for moment in ("2026-11-26T02:00:00Z", "2026-12-01T03:00:00Z"):
        made.publish(moment)
    made.count(sample_receipt("2026-11-30", 9, "acme", inspected=7, set=sets[1]))
    made.publish("2026-12-01T04:00:00Z")
    made.publish("2026-12-02T03:00:00Z", provisional=True)
    return made.copy_to(folder)
