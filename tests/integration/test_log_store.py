"""The head and the keys of the public log in the table."""

from support.publish_world import sample_receipt
from support.world import World

from ledger.log_store import DynamoLogStore, LogHead
from ledger.table import Table
from ledger.units import Marker
from publish_steps.logging_run import key_expiry

FIRST, SECOND, OTHER = (LogHead("terang.example/log", size, root * 64, "2026-11-26T02:00:00Z")
                        for size, root in ((3, "a"), (7, "b"), (7, "c")))  # fmt: skip


def store_of(world: World) -> DynamoLogStore:
    return DynamoLogStore(Table(world.clients.dynamodb, world.table))


def test_only_the_next_head_replaces_a_head(world: World) -> None:
    store = store_of(world)
    assert store.log_head(FIRST.origin) is None
    assert store.move_log_head(None, FIRST)
    assert not store.move_log_head(None, SECOND)
    assert store.move_log_head(FIRST, SECOND)
    assert not store.move_log_head(FIRST, OTHER)
    assert store.log_head(FIRST.origin) == SECOND


def test_the_first_key_of_a_month_stays(world: World) -> None:
    store = store_of(world)
    assert store.log_key("2026-11") is None
    assert store.put_log_key("2026-11", b"a" * 32, 2**31) == b"a" * 32
    assert store.put_log_key("2026-11", b"b" * 32, 2**31) == b"a" * 32
    assert store.log_key("2026-11") == b"a" * 32


def test_an_expired_key_is_gone_even_before_the_table_deletes_it(world: World) -> None:
    """`expires` is the attribute by which the table deletes items, see the template."""
    store = store_of(world)
    end = key_expiry("2026-11")
    store.put_log_key("2026-11", b"a" * 32, end)
    store.put_log_key("2026-12", b"b" * 32, key_expiry("2026-12"))
    assert [*store.log_keys(end - 1)] == ["2026-11", "2026-12"]
    assert [*store.log_keys(end)] == ["2026-12"]


def test_receipts_come_with_the_ids_of_their_findings(world: World) -> None:
    store, receipt = store_of(world), sample_receipt(by_rule={"a/1/b/live": 2})
    marker, ids = Marker(receipt.unit, "acme", "2026-11-25"), ["0" * 64, "f" * 64]
    world.store.put_finding_ids(marker, ids)
    world.store.commit_unit(marker, receipt, "", None)
    found = list(store.logged_units("acme", "2026-11-25", receipt.unit[0]))
    assert [one for one, _ in found if one] == [receipt]
    assert [name for _, names in found for name in names] == ids
