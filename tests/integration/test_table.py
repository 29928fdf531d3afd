"""A table puts once, retries what waiting can help, and raises for all else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.world import World

import ledger.table
from ledger.table import PAIRS, Item, Table, item_of, record_of


@pytest.fixture
def table(world: World) -> Table:
    return world.store.table


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each pause would have been at most."""
    longest: list[float] = []
    monkeypatch.setattr(ledger.table, "_sleep_up_to", longest.append)
    return longest


@dataclass(slots=True)
class Answering:
    """A client whose answers are told beforehand: exceptions are raised, the rest returned."""

    answers: Iterator[Any]
    asked: list[Any] = field(default_factory=list)

    def transact_write_items(self, **asked: Any) -> Any:
        return self._answer(asked)

    def batch_get_item(self, **asked: Any) -> Any:
        return self._answer(asked)

    def _answer(self, asked: Any) -> Any:
        self.asked.append(asked)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answering(*answers: Any) -> tuple[Table, Answering]:
    client = Answering(iter(answers))
    return Table(client, "terang"), client


def cancelled(*codes: str) -> ClientError:
    """What DynamoDB says of a cancelled transaction: a code for each action."""
    return ClientError({"Error": {"Code": "TransactionCanceledException", "Message": ""},
                        "CancellationReasons": [{"Code": code} for code in codes]},
                       "TransactWriteItems")  # fmt: skip


def pair(number: int, value: str = "new") -> tuple[Item, Item]:
    """A first item and one beside it."""
    return (item_of(f"C#{number}", "finding", value=value),
            item_of(f"C#{number}", "excerpt", value=value))  # fmt: skip


def value(item: Item | None) -> str | None:
    return item["value"]["S"] if item else None


def test_an_item_keeps_its_record_and_attributes(table: Table) -> None:
    table.put("p", "s", {"a": [1]}, number=7, text="t", yes=True, data=b"\x00")
    item = table.get("p", "s")
    assert item == {
        "pk": {"S": "p"}, "sk": {"S": "s"}, "record": {"S": '{"a":[1]}'}, "schema": {"N": "1"},
        "number": {"N": "7"}, "text": {"S": "t"}, "yes": {"BOOL": True}, "data": {"B": b"\x00"},
    }  # fmt: skip
    assert record_of(item, dict) == {"a": [1]}
    assert table.get("p", "other") is None


def test_a_condition_that_fails_behind_the_first_action_raises(table: Table) -> None:
    table.put("p", "2", 2)
    with pytest.raises(OSError, match="cancelled: ConditionalCheckFailed"):
        table.transact(table.put_if_absent("p", "1", 1), table.put_if_absent("p", "2", 7))
    assert table.records("p", "", int) == [2]


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError",
                                    "ProvisionedThroughputExceeded"])  # fmt: skip
def test_what_waiting_helps_is_waited_for(reason: str, waits: list[float]) -> None:
    table, client = answering(cancelled("None", reason), cancelled(reason, "None"), {})
    assert table.transact(table.put_if_absent("p", "1"), table.put_if_absent("p", "2"))
    assert client.asked[0] == client.asked[2]
    assert waits == [0.05, 0.1]


def test_waiting_ends(waits: list[float]) -> None:
    table, _ = answering(*[cancelled("TransactionConflict")] * 8)
    with pytest.raises(OSError, match="kept the items busy"):
        table.transact(table.put_if_absent("p", "1"))
    assert sum(waits) < 13


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_any_other_reason_raises_at_once(reason: str, waits: list[float]) -> None:
    table, _ = answering(cancelled("None", reason), cancelled(reason, "None"))
    with pytest.raises(OSError, match=reason):
        table.transact(table.put_if_absent("p", "1"), table.put_if_absent("p", "2"))
    with pytest.raises(OSError, match=reason):
        table.put_pairs([pair(1)])
    assert waits == []


def test_any_other_error_raises() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "T")
    table, _ = answering(denied, denied)
    with pytest.raises(ClientError):
        table.transact(table.put_if_absent("p", "1"))
    with pytest.raises(ClientError):
        table.put_pairs([pair(1)])


@pytest.mark.parametrize(
    "existing",
    [[], [0], [24], [0, 24], [25], [3, 30, 59], list(range(25)), list(range(60))],
    ids=["none", "the first", "the last of a transaction", "both", "the first of the next",
         "one in each", "a whole transaction", "all"],
)  # fmt: skip
def test_pairs_that_exist_stay_and_the_others_are_put(table: Table, existing: list[int]) -> None:
    for number in existing:
        table.put(f"C#{number}", "finding", value=f"old {number}")
    stood = table.put_pairs([pair(number) for number in range(60)])
    assert [value(item) for item in stood] == [
        f"old {number}" if number in existing else None for number in range(60)
    ]
    for number in range(60):
        old = number in existing
        assert value(table.get(f"C#{number}", "finding")) == (f"old {number}" if old else "new")
        assert value(table.get(f"C#{number}", "excerpt")) == (None if old else "new")


def test_no_pairs_need_no_transaction() -> None:
    table, client = answering()
    assert table.put_pairs([]) == []
    assert client.asked == []


def test_pairs_go_in_transactions_of_twenty_five() -> None:
    table, client = answering({}, {}, {})
    assert table.put_pairs([pair(number) for number in range(2 * PAIRS + 1)]) == [None] * 51
    assert sorted(len(asked["TransactItems"]) for asked in client.asked) == [2, 50, 50]


def test_a_conflict_among_pairs_is_waited_for(waits: list[float]) -> None:
    table, client = answering(cancelled("TransactionConflict", "None", "None", "None"), {})
    assert table.put_pairs([pair(1), pair(2)]) == [None, None]
    assert len(client.asked[1]["TransactItems"]) == 4
    assert waits == [0.05]


def test_pairs_whose_conflict_does_not_end_raise(waits: list[float]) -> None:
    table, _ = answering(*[cancelled("TransactionConflict", "None")] * 8)
    with pytest.raises(OSError, match="kept the findings busy"):
        table.put_pairs([pair(1)])


def test_a_pair_put_by_another_in_between_is_given(table: Table, waits: list[float]) -> None:
    """Another worker puts the same finding after the first look and before the second."""
    real, calls = table.client, iter(range(9))

    class Between:
        def __getattr__(self, name: str) -> Any:
            if name == "transact_write_items" and next(calls) == 1:
                real.put_item(TableName=table.name, Item=pair(2, "other")[0])
            return getattr(real, name)

    table.put("C#1", "finding", value="old")
    stood = Table(Between(), table.name).put_pairs([pair(number) for number in (1, 2, 3)])
    assert [value(item) for item in stood] == ["old", "other", None]


def test_many_items_are_got_whatever_is_missing(table: Table) -> None:
    for number in range(0, 230, 2):
        table.put("p", f"{number:03}", number)
    keys = [("p", f"{number:03}") for number in range(230)]
    found = table.get_many(keys)
    assert sorted(found) == keys[::2]
    assert record_of(found["p", "228"], int) == 228
    assert table.get_many([]) == {}


def test_keys_that_were_not_processed_are_asked_again(waits: list[float]) -> None:
    def key(sk: str) -> Item:
        return {"pk": {"S": "p"}, "sk": {"S": sk}}

    table, client = answering(
        {"Responses": {"terang": [key("1")]},
         "UnprocessedKeys": {"terang": {"Keys": [key("2"), key("3")], "ConsistentRead": True}}},
        {"Responses": {}, "UnprocessedKeys": {"terang": {"Keys": [key("2"), key("3")]}}},
        {"Responses": {"terang": [key("2")]}, "UnprocessedKeys": {}},
    )  # fmt: skip
    assert sorted(table.get_many([("p", "1"), ("p", "2"), ("p", "3")])) == [("p", "1"), ("p", "2")]
    asked = [asked["RequestItems"]["terang"] for asked in client.asked]
    assert asked[1] == asked[2] == {"Keys": [key("2"), key("3")], "ConsistentRead": True}
    assert len(waits) == 2


def test_keys_that_are_never_processed_raise(waits: list[float]) -> None:
    unprocessed = {"Keys": [{"pk": {"S": "p"}, "sk": {"S": "1"}}]}
    table, _ = answering(*[{"Responses": {}, "UnprocessedKeys": {"terang": unprocessed}}] * 8)
    with pytest.raises(OSError, match="did not give 1"):
        table.get_many([("p", "1")])


def test_pauses_double_with_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ledger.table.time.sleep", slept.append)
    pauses: list[Callable[[], None]] = list(ledger.table._pauses())
    for pause in pauses:
        pause()
    assert all(0 <= one <= 0.05 * 2**place for place, one in enumerate(slept))
    assert len(slept) == 8
