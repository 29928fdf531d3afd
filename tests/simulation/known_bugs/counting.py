"""Bugs in counting."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from simulation.bugs import Bug, Call, Change, at_aws, both, everywhere, method

from ledger.findings import Finding, unit_id
from ledger.store import DynamoStore
from ledger.table import Pair, Table, shards
from ledger.texts import SystemClock
from ledger.units import Attempt, RangeMessage, RangeRow
from scan.inspection import own_findings
from scan.unit_input import OwnedLines


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
    write = getattr(DynamoStore, name)
    kept: list[Any] = []

    def keep(self: DynamoStore, *given: Any) -> Any:
        kept.append((self, given))
        return [finding for finding, _ in given[0]] if name == "put_findings" else None

    def commit_first(commit: Call, store: DynamoStore, *given: Any) -> bool:
        done = bool(commit(store, *given))
        while kept:
            of, held = kept.pop()
            write(of, *held)
        return done

    def change(patched: pytest.MonkeyPatch) -> None:
        kept.clear()
        patched.setattr(DynamoStore, name, keep)

    commits = (method(DynamoStore, one, commit_first) for one in ("commit_unit", "commit_batch"))
    return both(change, *commits)


def _is_marker(action: Any) -> bool:
    put = action.get("Put", {}).get("Item", {"pk": {"S": ""}, "sk": {"S": ""}})
    return put["pk"]["S"].startswith("U#") and put["sk"]["S"] == "unit" and "begun" not in put


def _is_of_findings(actions: Any) -> bool:
    return bool(actions[0].get("Put", {}).get("Item", {}).get("pk", {}).get("S", "")[:2] == "C#")


def _unchecked_marker(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    return call(TransactItems=[_unconditional(item) for item in TransactItems], **rest)


def _unconditional(action: Any) -> Any:
    """The action; if it puts a marker, without its condition."""
    if not _is_marker(action):
        return action
    conditions = {"ConditionExpression", "ExpressionAttributeValues"}
    return {"Put": {k: v for k, v in action["Put"].items() if k not in conditions}}


def _first_marker_checked(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    """Of a batch only the first marker is put if absent; the others replace whatever is there."""
    first, rest_of = TransactItems[:1], TransactItems[1:]
    return call(TransactItems=[*first, *map(_unconditional, rest_of)], **rest)


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
    return [msgspec.structs.replace(one, unit=given.unit)
            for one, (given, _) in zip(stored, pairs, strict=True)]  # fmt: skip


def _id_of_range(_: Call, __: OwnedLines, unit: RangeMessage) -> str:
    return unit_id(unit.provider, f"{unit.file} {unit.number}".encode())


def _id_of_moment(provider: str, data: bytes) -> str:
    """The id of a unit depends on the time of its arrival."""
    return unit_id(provider, data + b" " * (int(SystemClock().now().timestamp()) % 3))


def _own_attempt(original: Call, store: DynamoStore, unit: str, own: Attempt) -> Attempt:
    original(store, unit, own)
    return own


def _all_that_is_stored(stored: Iterable[Finding], _: Any) -> list[Finding]:
    return sorted(stored, key=lambda finding: finding.finding)


def _no_row_of_known(original: Call, store: DynamoStore, file: str, row: RangeRow) -> None:
    if not row.known:
        original(store, file, row)


COUNTING = [
    Bug("a plain counter", method(DynamoStore, "commit_unit", _count_up)),
    Bug("the receipt before its findings", _late("put_findings")),
    Bug("the receipt before its pages", _late("put_finding_ids")),
    Bug("the marker is not checked", at_aws("transact_write_items", _unchecked_marker)),
    Bug("no marker is put", at_aws("transact_write_items", _no_marker)),
    Bug("marker and receipt are two calls", at_aws("transact_write_items", _two_calls)),
    Bug("a condition that failed is taken for success",
        at_aws("transact_write_items", _taken_for_success("ConditionalCheckFailed"))),
    Bug("a conflict is taken for success",
        at_aws("transact_write_items", _taken_for_success("TransactionConflict"))),
    Bug("pairs behind one that exists are not put",
        method(Table, "put_pairs", _stop_at_one_that_exists)),
    Bug("what another unit found is counted as one's own",
        method(DynamoStore, "put_findings", _all_are_ours)),
    Bug("a unit is named by its range", method(OwnedLines, "id_in", _id_of_range)),
    Bug("a message is named by when it came", everywhere(unit_id, _id_of_moment)),
    Bug("a unit meets the set of its last try",
        method(DynamoStore, "record_attempt", _own_attempt)),
    Bug("only the first marker of a batch is checked",
        at_aws("transact_write_items", _first_marker_checked)),
    Bug("a batch that lost a race is taken for committed",
        method(DynamoStore, "commit_batch", lambda *given: bool(given[0](*given[1:])) or True)),
    Bug("a batch counts what messages of others found",
        everywhere(own_findings, _all_that_is_stored)),
    Bug("a range of a known unit gets no row", method(DynamoStore, "put_range", _no_row_of_known)),
    Bug("half the shards of the journal are not read", everywhere(shards, lambda: "89abcdef")),
]  # fmt: skip
