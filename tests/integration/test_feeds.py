"""A feed of published checks becomes an index and the set that names it, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from support.faults import Calls, CrashError
from support.sample_checks import CHECKS, FRIDGE, SALT, check, data_feed, table
from support.world import DAY, World

from claims.admission import Spool, build_index
from claims.check_finder import ClaimIndex
from claims.topics import lists
from feeds import feed_import
from ledger.closing import current_set, set_key
from ledger.codes import OperatorError
from ledger.keys import factchecks_key
from matcher import RuleSet, load_set
from rules.pinned import FACTCHECKS

KEY = "factchecks/checks.csv"
OTHER = "factchecks/other.json"
MANY = [check(number, f"{SALT} number {number}") for number in range(40)]


@pytest.fixture(autouse=True)
def built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of the same checks is the same: its bounds need not be measured each time."""
    monkeypatch.setattr(feed_import, "build_index", _built)


_indexes: dict[bytes, bytes] = {}


def _built(checks: Spool) -> bytes:
    key = msgspec.json.encode(list(checks))
    if key not in _indexes:
        _indexes[key] = build_index(checks)
    return _indexes[key]


def in_force(world: World) -> RuleSet:
    digest = current_set(world.objects, world.public)
    return load_set(world.objects.get(world.public, set_key(digest)) or b"", digest)


def index_of(world: World) -> ClaimIndex:
    return ClaimIndex(
        world.objects.get(world.public, factchecks_key(in_force(world).factchecks)) or b""
    )


def receipt_of(result: Any) -> dict[str, Any]:
    assert result.receipt is not None
    told: dict[str, Any] = msgspec.to_builtins(result.receipt)
    return told


def test_a_feed_becomes_the_index_that_the_set_names(world: World) -> None:
    before = in_force(world)
    result = world.import_checks(table(*CHECKS))
    after = in_force(world)
    assert result.status == "taken"
    assert index_of(world).digest == after.factchecks
    assert index_of(world).totals == {"en": 4}
    [pack] = [pack for pack in after.packs if pack.id == FACTCHECKS]
    assert [one for one in after.packs if one is not pack] == list(before.packs)
    assert (pack.version, pack.languages) == (1, ("en",))
    facts = msgspec.json.decode(
        world.objects.get(world.public, f"factchecks/{after.factchecks}.json") or b""
    )
    assert (facts["by_topic"], facts["by_publisher"]) == ({"health": 1, "money": 1}, {"Check": 4})
    assert world.objects.get(world.public, f"factchecks/topics/{facts['lists']}.json") == lists()
    assert world.objects.get(world.public, "packs/factchecks/1.yaml")


def test_a_feed_taken_under_other_lists_is_read_again(world: World) -> None:
    """All checks of an index are under one version of the lists; an index in force stays."""
    world.import_checks(table(*CHECKS))
    before = index_of(world)
    catalogue, etag = world.importer().library.catalogue()
    [(name, feed)] = catalogue.feeds.items()
    stale = kept_under_no_topic(world)
    old = msgspec.structs.replace(feed, taken=stale, lists="")
    moved = msgspec.structs.replace(catalogue, feeds={name: old})
    assert world.importer().library.move(moved, etag)
    assert index_of(world).digest == before.digest
    world.import_checks(data_feed(check(5, FRIDGE)), OTHER)
    topics = {one.url: one.topic for one in index_of(world).checks()}
    assert topics[CHECKS[0]["url"]] == "health"


def kept_under_no_topic(world: World) -> str:
    """Keep the checks of a feed as if their lists had admitted none of them."""
    library = world.importer().library
    entries = [replace(entry, check=msgspec.structs.replace(entry.check, topic=""))
               for entry in library.checks(library.catalogue()[0])]  # fmt: skip
    return library.keep("feeds", entries)


def test_the_operator_is_told_what_was_refused_and_of_whom(world: World) -> None:
    bread = [check(9, SALT, url="https://bread.example/1"), check(10, SALT, url="javascript:x")]
    receipt = receipt_of(world.import_checks(data_feed(*CHECKS, *bread), OTHER))
    assert receipt["refused"] == {"publisher_not_trusted": 2}
    assert receipt["strangers"] == {"bread.example": 1}
    [key] = world.objects.keys(world.out, "receipts/factchecks/")
    assert msgspec.json.decode(world.objects.get(world.out, key) or b"") == receipt


def test_the_same_event_again_changes_nothing(world: World) -> None:
    world.import_checks(table(*CHECKS))
    before = world.state()
    assert world.importer().import_feed(KEY).status == "known"
    assert world.state() == before


def test_the_version_stays_while_checks_come_and_go(world: World) -> None:
    """Else a daily feed would begin a notice period each day, and nothing ever be proposed."""
    world.import_checks(table(*CHECKS))
    [first] = [pack for pack in in_force(world).packs if pack.id == FACTCHECKS]
    world.import_checks(table(*CHECKS, check(5, "Cats cure cancer", language="id")))
    [second] = [pack for pack in in_force(world).packs if pack.id == FACTCHECKS]
    assert (second.version, second.published_at) == (first.version, first.published_at)


def test_the_same_feed_renews_the_pack_in_the_last_month_of_its_year(world: World) -> None:
    """Otherwise no check would label a post any more, because none of them changed."""
    world.import_checks(table(*CHECKS))
    first = in_force(world)
    for days, version in ((335, 1), (1, 2), (1, 2)):
        world.clock.moment += timedelta(days=days)
        world.import_checks(table(*CHECKS))
        after = in_force(world)
        [pack] = [pack for pack in after.packs if pack.id == FACTCHECKS]
        assert (pack.version, after == first) == (version, version == 1)
    assert after.factchecks == first.factchecks
    assert world.objects.get(world.public, "packs/factchecks/2.yaml")


def test_what_is_corrected_or_gone_is_counted(world: World) -> None:
    world.import_checks(table(*CHECKS))
    receipt = receipt_of(world.import_checks(table(check(1, SALT, "True"), *CHECKS[2:])))
    assert (receipt["corrected"], receipt["withdrawn"], receipt["total"]) == (1, 1, 3)


@pytest.mark.parametrize(("days", "kept"), [(22, 2), (23, 1)])
def test_a_change_is_looked_at_again_for_22_days(world: World, days: int, kept: int) -> None:
    world.import_checks(table(*CHECKS))
    world.import_checks(table(*CHECKS[1:]))
    world.clock.moment += timedelta(days=days)
    world.import_checks(table(*CHECKS[2:]))
    catalogue, _ = world.importer().library.catalogue()
    assert len(catalogue.changes) == kept


def test_the_facts_of_an_index_say_what_changed_and_on_which_day(world: World) -> None:
    world.import_checks(table(*CHECKS))
    world.import_checks(table(check(1, SALT, "True"), *CHECKS[2:]))
    key = f"factchecks/{index_of(world).digest}.json"
    facts = msgspec.json.decode(world.objects.get(world.public, key) or b"")
    assert facts["changed"] == [
        {"url": "https://check.example/2", "change": "withdrawn", "day": DAY},
        {"url": "https://check.example/1", "change": "corrected", "day": DAY},
    ]


def test_a_check_that_another_feed_still_has_is_not_withdrawn(world: World) -> None:
    world.import_checks(table(*CHECKS))
    world.import_checks(data_feed(check(2, FRIDGE)), OTHER)
    receipt = world.import_checks(table(*CHECKS[:1], *CHECKS[2:])).receipt
    assert (receipt.withdrawn, receipt.total) == (0, 4)


@pytest.mark.parametrize("feed", [b"", b"{]", b"\x00\xff", b"a,b\n1,2\n", table(*MANY)[:5]])
def test_what_is_no_feed_leaves_all_as_it_was(world: World, feed: bytes) -> None:
    world.import_checks(table(*CHECKS))
    before = in_force(world)
    receipt = world.import_checks(feed).receipt
    assert (receipt.code, receipt.checks, receipt.total) == ("unreadable", 0, 0)
    assert in_force(world) == before


def test_a_feed_may_lose_half_of_its_checks_and_a_small_one_more(world: World) -> None:
    for number, checks in enumerate((40, 20, 10, 19, 1)):
        receipt = receipt_of(world.import_checks(table(*MANY[:checks])))
        assert receipt["status"] == "taken", number


def test_a_feed_too_large_is_refused_unread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = table(*CHECKS)
    monkeypatch.setattr(feed_import, "LARGEST_BYTES", len(feed))
    assert receipt_of(world.import_checks(feed))["status"] == "taken"
    assert receipt_of(world.import_checks(feed + b"\n"))["code"] == "too_large"


def test_a_feed_that_was_cut_off_is_refused_until_somebody_confirms_it(world: World) -> None:
    world.import_checks(table(*MANY))
    receipt = receipt_of(world.import_checks(table(*MANY[:19])))
    assert (receipt["status"], receipt["code"]) == ("refused", "shrinks")
    assert index_of(world).totals == {"en": 40}
    confirmed = "factchecks/confirmed/checks.csv"
    world.objects.put(world.work, confirmed, b"")  # in memory, versions have names by their key
    receipt = receipt_of(world.import_checks(table(*MANY[:19]), confirmed))
    assert (receipt["status"], receipt["withdrawn"]) == ("taken", 21)
    assert index_of(world).totals == {"en": 19}


def test_a_feed_that_was_taken_back_is_none(world: World) -> None:
    assert world.importer().import_feed(KEY).status == "gone"


def test_a_worker_that_dies_anywhere_is_mended_by_the_next(new_world: Callable[..., World]) -> None:
    whole = new_world()
    whole.import_checks(table(*CHECKS))
    whole.import_checks(table(*CHECKS[1:]))
    counted = Calls()
    other = new_world()
    other.import_checks(table(*CHECKS))
    other.objects.put(other.work, KEY, table(*CHECKS[1:]))
    other.importer(counted.through(other.objects)).import_feed(KEY)
    for number in range(len(counted.names)):
        world = new_world()
        world.import_checks(table(*CHECKS))
        world.objects.put(world.work, KEY, table(*CHECKS[1:]))
        with pytest.raises(CrashError):
            world.importer(Calls(fatal=number).through(world.objects)).import_feed(KEY)
        world.importer().import_feed(KEY)
        assert in_force(world) == in_force(whole), counted.names[number]
        catalogues = [one.importer().library.catalogue()[0] for one in (world, whole)]
        assert catalogues[0].changes == catalogues[1].changes


def test_two_feeds_at_once_both_count(new_world: Callable[..., World]) -> None:
    """Whatever call the other import comes before, the set ends with the index of both."""
    first, second = table(*CHECKS[:2]), data_feed(*CHECKS[2:])
    counted = Calls()
    world = new_world()
    world.objects.put(world.work, KEY, first)
    world.importer(counted.through(world.objects)).import_feed(KEY)
    for number in range(len(counted.names)):
        world = new_world()
        world.objects.put(world.work, KEY, first)
        calls = Calls(at=number, happens=lambda world=world: world.import_checks(second, OTHER))
        world.importer(calls.through(world.objects)).import_feed(KEY)
        assert index_of(world).totals == {"en": 4}, counted.names[number]


def test_an_operator_hears_of_a_kept_feed_that_is_gone(world: World) -> None:
    world.import_checks(table(*CHECKS))
    [key] = world.objects.keys(world.out, "factchecks/feeds/")
    world.clients.s3.delete_object(Bucket=world.out, Key=key)
    with pytest.raises(OperatorError, match="is missing"):
        world.import_checks(data_feed(*CHECKS[1:]), OTHER)
