"""DynamoDB as the store relies on it, in memory, on moto and on the local stack."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.world import World

from ledger.table import Item, Table, item_of


@pytest.fixture
def table(aws: World) -> Table:
    return aws.store.table


def refused(call: Any, **params: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value


def code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def put(table: Table, number: int, size: int = 1) -> Item:
    return table.put_action("p", f"s{number:03}", text="x" * size)


def test_a_transaction_is_all_or_nothing_and_gives_each_reason(table: Table, dynamodb: Any) -> None:
    table.put("p", "2", value=2)
    actions = [table.put_if_absent("p", "1"), table.put_if_absent("p", "2"),
               table.put_action("p", "3")]  # fmt: skip
    error = refused(dynamodb.transact_write_items, TransactItems=actions)
    assert code(error) == "TransactionCanceledException"
    reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed", "None"]
    assert [item["sk"]["S"] for item in table.query("p", "")] == ["2"]


@pytest.mark.parametrize("count", [99, 100, 101])
def test_a_transaction_has_a_hundred_actions(table: Table, dynamodb: Any, count: int) -> None:
    actions = [put(table, number) for number in range(count)]
    if count > 100:
        refused(dynamodb.transact_write_items, TransactItems=actions)
    else:
        dynamodb.transact_write_items(TransactItems=actions)
    assert table.count("p", "") == (0 if count > 100 else count)


def test_a_transaction_has_four_megabytes(table: Table, dynamodb: Any) -> None:
    actions = [put(table, number, 390_000) for number in range(11)]
    refused(dynamodb.transact_write_items, TransactItems=actions)
    assert table.count("p", "") == 0
    dynamodb.transact_write_items(TransactItems=actions[:10])


def test_a_transaction_names_an_item_once(table: Table, dynamodb: Any) -> None:
    refused(dynamodb.transact_write_items, TransactItems=[put(table, 1), put(table, 1)])
    assert table.count("p", "") == 0


@pytest.mark.gap("moto", reason="it ignores the token")
def test_a_token_makes_the_same_transaction_again_a_success(table: Table, dynamodb: Any) -> None:
    transaction = {"TransactItems": [table.put_if_absent("p", "1")],
                   "ClientRequestToken": "token-of-this-test"}  # fmt: skip
    dynamodb.transact_write_items(**transaction)
    dynamodb.transact_write_items(**transaction)
    assert table.count("p", "") == 1


def test_an_item_has_four_hundred_kilobytes(table: Table) -> None:
    with pytest.raises(ClientError):
        table.put("p", "s", text="x" * 410_000)


@pytest.mark.gap("emulator", reason="it takes numbers of any length")
def test_a_number_has_thirty_eight_digits(table: Table) -> None:
    table.put("p", "s", number=10**37)
    with pytest.raises(ClientError):
        table.put("p", "s", number=10**38)


def test_an_empty_key_is_refused(table: Table) -> None:
    with pytest.raises(ClientError):
        table.put("", "s")


def test_a_query_gives_a_partition_in_the_order_of_its_keys(table: Table) -> None:
    for name in ("b#10", "b#9", "a", "b#", "c"):
        table.put("p", name)
    table.put("q", "b#1")
    assert [item["sk"]["S"] for item in table.query("p", "b#")] == ["b#", "b#10", "b#9"]
    assert [item["sk"]["S"] for item in table.query("p", "")] == ["a", "b#", "b#10", "b#9", "c"]
    assert [item["sk"]["S"] for item in table.between("p", "b#10", "b~")] == ["b#10", "b#9"]
    assert (table.count("p", "b#"), table.count("r", "")) == (3, 0)


def test_a_query_gives_all_pages_in_order(table: Table) -> None:
    for number in reversed(range(5)):
        table.put("p", f"s#{number}", number, text="x" * 300_000)
    assert table.records("p", "s#", int) == [0, 1, 2, 3, 4]
    assert table.count("p", "s#") == 5


def test_many_items_are_got_at_once(table: Table, dynamodb: Any) -> None:
    for number in range(8):
        table.put("p", str(number), value=number)
    keys = [("p", str(number)) for number in range(10)]
    assert sorted(table.get_many(keys)) == keys[:8]
    key = {"pk": {"S": "p"}, "sk": {"S": "1"}}
    request = {table.name: {"Keys": [key, key], "ConsistentRead": True}}
    refused(dynamodb.batch_get_item, RequestItems=request)


def test_the_open_index_lists_what_has_its_keys(aws: World, table: Table) -> None:
    table.put("C#1", "finding", open_pk="acme", open_sk="1")
    table.put("C#0", "finding", open_pk="acme", open_sk="0")
    table.put("C#2", "finding")
    table.put("C#3", "finding", open_pk="others", open_sk="0")
    assert aws.open_findings() == ["0", "1"]


def test_an_update_changes_what_is_there_and_makes_nothing(table: Table) -> None:
    """Taking the keys off the list leaves the rest; of an item that is gone nothing comes back."""
    table.put("C#1", "finding", {"a": 1}, open_pk="acme", open_sk="1")
    table.put("C#1", "excerpt", text="words", expires=5)
    assert table.transact_all(table.remove_attributes("C#1", "finding", "open_pk", "open_sk"),
                              table.set_attributes("C#1", "excerpt", expires=9))  # fmt: skip
    assert table.get("C#1", "finding") == item_of("C#1", "finding", {"a": 1})
    assert table.get("C#1", "excerpt") == item_of("C#1", "excerpt", text="words", expires=9)
    gone = table.set_attributes("C#2", "excerpt", expires=9)
    assert not table.transact_all(table.set_attributes("C#1", "excerpt", expires=7), gone)
    assert table.get("C#2", "excerpt") is None
    assert table.get("C#1", "excerpt") == item_of("C#1", "excerpt", text="words", expires=9)
