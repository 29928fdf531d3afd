"""Gathers a day's statements of reasons into batches that the transparency database accepts."""

from itertools import batched

import msgspec

from dsa.statement.schema import BATCH
from ledger.errors import OperatorError
from ledger.keys import statement_batch_key, statements_of_day
from ledger.records.json_text import encode_json
from publish.handover.auditing import OutBucket


class StatementId(msgspec.Struct, frozen=True):
    """The id of a statement in a batch."""

    puid: str


class StatementBatch(msgspec.Struct, frozen=True):
    """A request to the database's API: 1 to 100 statements."""

    statements: list[msgspec.Raw]


class BatchIds(msgspec.Struct, frozen=True):
    """The ids of the statements in a batch."""

    statements: list[StatementId]


def batch_statements(out: OutBucket, provider: str, day: str) -> None:
    """Write the batches of a day that are missing or incomplete.

    Decide writes each statement with its decision, so batches of a day that is over never change;
    those of an open day grow.
    """
    prefix = statements_of_day(provider, day)
    keys = out.objects.keys(out.name, prefix)
    for number, batch in enumerate(batched(keys, BATCH), 1):
        key = statement_batch_key(provider, day, number)
        puids = [name.removeprefix(prefix).removesuffix(".json") for name in batch]
        if _puids(out.objects.get(out.name, key)) != puids:
            statements = [msgspec.Raw(_read(out, name)) for name in batch]
            out.objects.put(out.name, key, encode_json(StatementBatch(statements)))


def _puids(data: bytes | None) -> list[str]:
    if data is None:
        return []
    return [statement.puid for statement in msgspec.json.decode(data, type=BatchIds).statements]


def _read(out: OutBucket, key: str) -> bytes:
    data = out.objects.get(out.name, key)
    if data is None:
        raise OperatorError(f"{key} was listed in the out bucket and is gone")
    return data
