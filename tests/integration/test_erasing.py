"""An author who is erased is nowhere, every number stays, and nothing brings them back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from integration.received_files import receive
from support import erased_world
from support.faults import Calls, CrashError
from support.sample_messages import decision, outcome
from support.sample_posts import OTP
from support.world import DAY, World

from ledger.findings import unit_id
from recount import differences_of

WRITES = (
    "put_month_salt", "put_tombstone", "replace", "turn", "delete_excerpt", "put_if",
    "delete_version",
)  # fmt: skip


@pytest.fixture
def lived(world: World) -> World:
    erased_world.live_through(world)
    return world


def alike(world: World) -> Any:
    """All that is kept of posts and cases: the rest is told by versions, others in each world. The
    emptied snapshot of confirmed fingerprints says when it was emptied."""
    state = world.state()
    items = {key: one for key, one in state["items"].items() if key[0][:2] in {"C#", "E#", "J#"}}
    of_files = {key for key, one in items.items() if key[1].startswith("receipt#")}
    objects = {
        place: data
        for place, data in state["objects"].items()
        if place[0] in {"out", "work"}
        and "/receipts/" not in place[1]
        and not place[1].startswith("copies/")
    }
    return {key: one for key, one in items.items() if key not in of_files}, objects


def test_before_erasing_the_author_is_in_every_kind_of_place(lived: World) -> None:
    """Else the search for what is left could not fail."""
    kinds = {
        place.partition("#")[0].partition("acme/")[0]
        for place in erased_world.places_of(lived, *erased_world.WORDS)
    }
    places = erased_world.places_of(lived, *erased_world.WORDS)
    assert kinds == {"C", "J", "R", "out/out/"} | {one for one in places if one.startswith("work/")}
    folders = {one.split("/")[3] for one in places if one.startswith("out/")}
    assert folders == {
        "findings", "notices", "decisions", "statements", "proposals", "audit", "entries"
    }  # fmt: skip
    assert any(one.startswith("work/parts/") for one in places)


def test_nothing_of_the_author_is_left_in_any_version(lived: World) -> None:
    done = erased_world.erase(lived)
    assert done.is_clean
    assert done.under_way == 0
    assert erased_world.places_of(lived, *erased_world.WORDS) == []


def test_it_says_what_went(lived: World) -> None:
    counts = erased_world.erase(lived).counts
    assert {name: count for name, count in counts.items() if count} == {
        "findings": 5, "excerpts": 5, "entries": 12, "waiting": 1, "samples": 3, "files": 3,
        "notices": 12, "labels": 3, "reports": 1, "statements": 3, "batches": 1, "proposals": 1,
        "parts": 1, "fingerprints": 3,
    }  # fmt: skip


def test_what_is_of_others_stays(lived: World) -> None:
    def of_ben() -> list[str]:
        return erased_world.places_of(lived, "his-", lived.keys().in_force("acme").of("ben"))

    before = {place for place in of_ben() if not place.startswith("work/parts/")}
    erased_world.erase(lived)
    assert {*of_ben()} == before
    assert erased_world.sample(lived) == ["his-2"]
    assert len(lived.open_findings()) == 2


def test_every_published_byte_stays_and_is_proved(lived: World, tmp_path: Path) -> None:
    erased_world.publish_all(lived)
    before = erased_world.numbers(lived)
    erased_world.erase(lived)
    erased_world.publish_all(lived)
    assert erased_world.numbers(lived) == before
    for key, data in before.items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data or b"")
    paths = [*(tmp_path / "summaries").glob("*/*.json")]
    assert paths
    assert [one for path in paths for one in differences_of(tmp_path, path)] == []
    assert erased_world.places_of(lived, *erased_world.WORDS) == []


def test_a_stub_says_what_was_counted_and_nothing_else(lived: World) -> None:
    finding = erased_world.finding_of(lived, f"{erased_world.POST}-2", "names-prize")
    erased_world.erase(lived)
    case = lived.store.case(finding)
    assert case.excerpt is None
    stub = case.finding
    assert (stub.pack, stub.rule, stub.mode) == ("prizes", "names-prize", "shadow")
    assert (stub.account, stub.post, stub.url, stub.spans, stub.reach) == ("", "", None, (), None)
    assert (stub.published_at, stub.found_at[:10]) == (f"{DAY}T00:00:00Z", DAY)


def test_a_dry_run_says_the_same_and_writes_nothing(lived: World) -> None:
    before = lived.state()
    planned = erased_world.erase(lived, dry_run=True)
    assert lived.state() == before
    assert planned.counts == erased_world.erase(lived).counts


def test_again_it_finds_nothing(lived: World) -> None:
    erased_world.erase(lived)
    before = alike(lived)
    assert not erased_world.erase(lived).counts.total()
    assert alike(lived) == before


def test_repeats_bring_nothing_back_and_change_no_number(lived: World) -> None:
    """The same file and message, a redrive, another cut of the export, and each decision again."""
    sent = erased_world.messages(lived)
    units = lived.take_in(erased_world.FILE, "once-more.jsonl")
    erased_world.erase(lived)
    before = lived.receipts()
    lived.scan(*units, *lived.take_in(erased_world.FILE, "after.jsonl"),
               *lived.take_in(erased_world.ARRAY, "a.json"))  # fmt: skip
    lived.scanner().scan_message("acme", erased_world.MESSAGE, lived.clock.now())
    assert lived.receipts() == before
    statuses = [handled.status for handled in lived.decide(*sent[:-1])]
    assert statuses == ["repeated"] * 7
    assert erased_world.places_of(lived, *erased_world.WORDS) == []


def test_an_export_of_another_cut_counts_and_brings_nothing_back(lived: World) -> None:
    erased_world.erase(lived)
    units = lived.take_in(erased_world.again(), "other.jsonl")
    lived.scan(*units)
    new = [receipt for receipt in lived.receipts() if receipt.source.endswith("other.jsonl")]
    counts = [(one.inspected, one.findings, one.repeats) for one in new]
    assert [sum(each) for each in zip(*counts, strict=True)] == [7, 1, 4]
    erased_world.publish_all(lived)
    assert erased_world.places_of(lived, *erased_world.WORDS) == []


def test_after_a_change_of_the_key_the_tombstone_still_holds(lived: World) -> None:
    erased_world.erase(lived)
    november = lived.pseudonym(erased_world.ACCOUNT)
    lived.clock.move(days=7)
    assert lived.pseudonym(erased_world.ACCOUNT) != november
    lived.scan(*lived.take_in(erased_world.again(), "december.jsonl"))
    assert erased_world.places_of(lived, *erased_world.WORDS) == []


def test_a_finding_under_an_older_key_goes_too(world: World) -> None:
    world.clock.move(days=-60)
    world.scan(*world.take_in(erased_world.FILE))
    september = world.pseudonym(erased_world.ACCOUNT)
    world.clock.move(days=60)
    erased_world.erase(world)
    assert erased_world.places_of(world, *erased_world.WORDS, september) == []


def test_a_finding_under_a_destroyed_key_goes_by_the_name_of_its_post(world: World) -> None:
    world.scan(*world.take_in(erased_world.FILE))
    destroyed = world.pseudonym(erased_world.ACCOUNT)
    world.clock.move(days=800)
    erased_world.erase(world)
    assert erased_world.places_of(world, destroyed) != []
    assert erased_world.erase(
        world, posts=frozenset(f"{erased_world.POST}-{number}" for number in range(10))
    ).is_clean
    assert erased_world.places_of(world, *erased_world.WORDS, destroyed) == []


def test_what_people_say_afterwards_is_counted_without_its_words(lived: World) -> None:
    """A decision that was on its way, and the answer to a complaint: both have a quote."""
    finding = erased_world.finding_of(lived, f"{erased_world.POST}-7")
    erased_world.erase(lived)
    late = decision(finding, id="d-9", reason=f"It says {erased_world.WORDS[1]}.")
    [handled] = lived.decide(late)
    assert handled.status == "taken"
    assert erased_world.places_of(lived, *erased_world.WORDS) == []
    assert lived.decide(outcome(id="o-9"))[0].code == "decided_already"
    statements = lived.objects.keys(lived.out, f"out/acme/decisions/{DAY}/")
    stored = [lived.objects.get(lived.out, key) or b"" for key in statements]
    assert sum(b"Asks for a code." in one for one in stored) == 1


def test_a_file_under_way_keeps_its_parts_until_it_is_closed(world: World) -> None:
    units = world.take_in(erased_world.ARRAY, "array.json")
    done = erased_world.erase(world)
    assert (done.under_way, done.counts.total()) == (1, 0)
    world.scan(*units)
    [receipt] = world.receipts()
    assert (receipt.inspected, receipt.findings) == (3, 2)
    done = erased_world.erase(world)
    assert (done.under_way, done.counts["parts"]) == (0, 0)
    assert erased_world.places_of(world, *erased_world.WORDS) == []


def test_killed_anywhere_and_done_again_it_ends_the_same(new_world: Callable[..., World]) -> None:
    """After one that only reads, it is as if it were killed after the one before. Of equal calls in
    a row only the first is tried here."""
    whole, calls = new_world(range_bytes=100_000), Calls()
    erased_world.live_through(whole)
    erased_world.erase(whole, calls)
    expected = alike(whole)
    whole.remove()
    written = [(at, name) for at, name in enumerate(calls.names) if name in WRITES]
    firsts = [
        each
        for each, before in zip(written, [(0, ""), *written], strict=False)
        if each[1] != before[1]
    ]
    assert len(firsts) > 9
    for at, name in firsts:
        world = new_world(range_bytes=100_000)
        erased_world.live_through(world)
        with pytest.raises(CrashError):
            erased_world.erase(world, Calls(fatal=at))
        erased_world.erase(world)
        assert erased_world.places_of(world, *erased_world.WORDS) == [], (
            f"killed after {name}, call {at}"
        )
        assert alike(world) == expected, f"killed after {name}, call {at}"
        world.remove()


def test_the_unit_of_a_message_is_known_by_its_bytes_alone(lived: World) -> None:
    """The marker stays: by it a repeat is known without the author."""
    erased_world.erase(lived)
    assert lived.store.marker(unit_id("acme", erased_world.MESSAGE.encode())) is not None


def test_files_that_wait_are_named_and_what_comes_of_them_is_a_stub(lived: World) -> None:
    """They hold the author's words as they came, and nobody looks into them here."""
    late = json.dumps(erased_world.hers(9, OTP)).encode() + b"\n"
    key, version = lived.put(late, "late.jsonl")
    lived.put(late, "late.jsonl", provider="others")
    done = erased_world.erase(lived)
    assert (done.waiting_files, done.is_clean) == ([key], True)
    receive(lived, key, version)
    lived.scan(*lived.units())
    assert erased_world.places_of(lived, *erased_world.WORDS) == []
    assert erased_world.erase(lived).waiting_files == []
