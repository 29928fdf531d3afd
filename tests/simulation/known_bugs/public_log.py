"""Bugs in serving the public log, which show where publishers meet."""

from typing import Any

from simulation.bugs import Bug, Call, at_aws, everywhere

from tlog import Checkpoint, parse_checkpoint


def _any_head(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    """A head replaces whichever head is in the table."""
    put = TransactItems[0].get("Put", {"Item": {}})
    if "log_head" in put["Item"]:
        TransactItems = [{"Put": {name: put[name] for name in ("TableName", "Item")}}]  # noqa: N806
    return call(TransactItems=TransactItems, **rest)


_AnyRoot = type("_AnyRoot", (bytes,), {"__ne__": lambda *_: False, "__eq__": lambda *_: True})
"""A root that equals each other root."""


def _without_root(note: bytes) -> Checkpoint:
    served = parse_checkpoint(note)
    return Checkpoint(served.origin, served.size, _AnyRoot(served.root))


def _any_checkpoint(call: Call, Key: str, IfMatch: str = "", **rest: Any) -> Any:  # noqa: N803
    condition = {} if Key == "log/checkpoint" or not IfMatch else {"IfMatch": IfMatch}
    return call(Key=Key, **condition, **rest)


PUBLIC_LOG = [
    Bug("the head of the log moves without its condition",
        at_aws("transact_write_items", _any_head)),
    Bug("the served root is not compared", everywhere(parse_checkpoint, _without_root)),
    Bug("a checkpoint replaces any other", at_aws("put_object", _any_checkpoint)),
]  # fmt: skip
