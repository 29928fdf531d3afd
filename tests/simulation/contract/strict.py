"""Limits of AWS that moto does not keep, kept before a call is made."""

from typing import Any

from simulation.answers import invalid, refusal
from simulation.dynamodb import NUMBER_DIGITS, TRANSACTION_BYTES, size_of


def make_strict(dynamodb: Any, sqs: Any) -> None:
    """Let these clients refuse the calls that AWS refuses."""
    dynamodb.meta.events.register("before-parameter-build.dynamodb.*", _check_items)
    sqs.meta.events.register("before-parameter-build.sqs.*", _check_bodies)


def _check_items(params: dict[str, Any], model: Any, **_: Any) -> None:
    puts = [one["Put"]["Item"] for one in params.get("TransactItems", ()) if "Put" in one]
    if sum(map(size_of, puts)) > TRANSACTION_BYTES:
        raise invalid(model.name, "more than 4 MB")
    for item in [*puts, *([params["Item"]] if "Item" in params else [])]:
        if any(len(value.get("N", "")) > NUMBER_DIGITS for value in item.values()):
            raise invalid(model.name, "a number of more than 38 digits")


def _check_bodies(params: dict[str, Any], model: Any, **_: Any) -> None:
    bodies = [params.get("MessageBody", ""),
              *(one["MessageBody"] for one in params.get("Entries", ()))]  # fmt: skip
    if any(ord(letter) < 32 and letter not in "\t\n\r" for body in bodies for letter in body):
        raise refusal("InvalidMessageContents", model.name)
