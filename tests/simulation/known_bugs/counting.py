"""Bugs in counting."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from simulation.bugs import Bug, Call, Change, at_aws, everywhere, method

from ledger.aws.store import DynamoStore
from ledger.aws.table import Pair, Table, shards
from ledger.clock import SystemClock
from ledger.records.identity import unit_id
from ledger.records.manifest import FirstTry, RangeRow, Unit
from scan.reading import OwnedLines
from scan.unit_work import Scanner


def _count_up(original: Call, store: DynamoStore, *given: Any) -> bool:
    """A plain counter: each delivery adds its counts to those that are there."""
    marker, receipt = given[:2]
    if original(store, *given):
        return True
    stored = store.receipt(store.marker(marker.unit) or marker)
    key = f"J#{marker.provider}#{stored.at[:10]}#{marker.unit[0]}"
    counts = ("records", "inspected", "lines", "bytes")
    total = {name: getattr(stored, name) + getattr(receipt, name) for name in counts}
    store.table.put(key, f"receipt#{marker.unit}", msgspec.structs.replace(stored, **total))
    return False


def _late(name: str) -> Change:
    """A write of the store that is made after the commit instead of before it."""
    write, commit = getattr(DynamoStore, name), DynamoStore.commit_unit
    kept: list[Any] = []

    def keep(self: DynamoStore, *given: Any) -> Any:
        kept.append((self, given))
        return [finding for finding, _ in given[0]] if name == "put_findings" else None

    def commit_first(self: DynamoStore, *given: Any) -> bool:
        done = commit(self, *given)
        while kept:
            store, held = kept.pop()
            write(store, *held)
        return done

    def change(patched: pytest.MonkeyPatch) -> None:
        kept.clear()
        patched.setattr(DynamoStore, name, keep)
        patched.setattr(DynamoStore, "commit_unit", commit_first)

    return change


def _is_marker(action: Any) -> bool:
    put = action.get("Put", {}).get("Item", {"pk": {"S": ""}, "sk": {"S": ""}})
    return put["pk"]["S"].startswith("U#") and put["sk"]["S"] == "unit"


def _is_of_findings(actions: Any) -> bool:
    return bool(actions[0].get("Put", {}).get("Item", {}).get("pk", {}).get("S", "")[:2] == "C#")


def _unchecked_marker(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    bent = [
        {"Put": {k: v for k, v in item["Put"].items() if k != "ConditionExpression"}}
        if _is_marker(item)
        else item
        for item in TransactItems
    ]
    return call(TransactItems=bent, **rest)


def _no_marker(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    return call(TransactItems=[item for item in TransactItems if not _is_marker(item)], **rest)


def _two_calls(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    if _is_marker(TransactItems[0]):
        call(TransactItems=TransactItems[:1], **rest)
        TransactItems = TransactItems[1:]  # noqa: N806
    return call(TransactItems=TransactItems, **rest)


def _taken_for_success(code: str) -> Callable[..., Any]:
    """A transaction that was cancelled for this reason alone is taken for one that went through."""

    def bent(call: Call, **params: Any) -> Any:
        try:
            return call(**params)
        except ClientError as error:
            reasons = {reason["Code"] for reason in error.response.get("CancellationReasons", ())}
            if reasons - {"None"} != {code} or _is_of_findings(params["TransactItems"]):
                raise
            return {}

    return bent


def _stop_at_one_that_exists(original: Call, table: Table, pairs: list[Pair]) -> Any:
    stored = [table.get(first["pk"]["S"], first["sk"]["S"]) for first, _ in pairs]
    return stored if any(stored) else original(table, pairs)


def _all_are_ours(original: Call, store: DynamoStore, pairs: Any, expires: int) -> Any:
    stored = original(store, pairs, expires)
    return [
        msgspec.structs.replace(one, unit=given.unit)
        for one, (given, _) in zip(stored, pairs, strict=True)
    ]


def _id_of_range(_: Call, __: OwnedLines, unit: Unit) -> str:
    return unit_id(unit.provider, f"{unit.file} {unit.number}".encode())


def _id_of_moment(original: Call, scanner: Scanner, provider: str, body: str, *rest: Any) -> Any:
    """The first blank of a message has no meaning; here it depends on the time of arrival."""
    blank = " \t\r"[int(SystemClock().now().timestamp()) % 3]
    return original(scanner, provider, body.replace(" ", blank, 1), *rest)


def _own_first_try(original: Call, store: DynamoStore, unit: str, own: FirstTry) -> FirstTry:
    original(store, unit, own)
    return own


def _no_row_of_known(original: Call, store: DynamoStore, file: str, row: RangeRow) -> None:
    if not row.known:
        original(store, file, row)


COUNTING = [
    Bug("a plain counter", method(DynamoStore, "commit_unit", _count_up)),
    Bug("the receipt before its findings", _late("put_findings")),
    Bug("the receipt before its pages", _late("put_finding_ids"), shows=247),
    Bug("the marker is not checked", at_aws("transact_write_items", _unchecked_marker), shows=34),
    Bug("no marker is put", at_aws("transact_write_items", _no_marker)),
    Bug("marker and receipt are two calls", at_aws("transact_write_items", _two_calls), shows=36),
    Bug("a condition that failed is taken for success",
        at_aws("transact_write_items", _taken_for_success("ConditionalCheckFailed"))),
    Bug("a conflict is taken for success",
        at_aws("transact_write_items", _taken_for_success("TransactionConflict")), shows=29),
    Bug("pairs behind one that exists are not put",
        method(Table, "put_pairs", _stop_at_one_that_exists)),
    Bug("what another unit found is counted as one's own",
        method(DynamoStore, "put_findings", _all_are_ours)),
    Bug("a unit is named by its range", method(OwnedLines, "id_in", _id_of_range)),
    Bug("a message is named by when it came", method(Scanner, "scan_message", _id_of_moment)),
    Bug("a unit meets the set of its last try",
        method(DynamoStore, "record_first_try", _own_first_try), shows=144),
    Bug("a range of a known unit gets no row", method(DynamoStore, "put_range", _no_row_of_known)),
    Bug("half the shards of the journal are not read", everywhere(shards, lambda: "89abcdef")),
]  # fmt: skip
