"""A day's statements of reasons, gathered into batches that the transparency database takes."""

from itertools import batched

import msgspec

from dsa.statement.schema import BATCH
from ledger.errors import OperatorError
from ledger.keys import statement_batch_key, statements_of_day
from ledger.records.json_text import encode_json
from publish.handover.auditing import OutBucket


class StatementId(msgspec.Struct, frozen=True):
    """A statement of a batch, as far as it must be told apart."""

    puid: str


class StatementBatch(msgspec.Struct, frozen=True):
    """A request of the database's API: 1 to 100 statements."""

    statements: list[msgspec.Raw]


class BatchIds(msgspec.Struct, frozen=True):
    """A batch, as far as it must be told apart."""

    statements: list[StatementId]


def batch_statements(out: OutBucket, provider: str, day: str) -> int:
    """Write the batches of a day that do not stand as they should; how many were written.

    Decide writes each statement with its decision, so a day that is over has the same batches for
    ever; of an open day the last ones grow.
    """
    prefix = statements_of_day(provider, day)
    keys = out.objects.keys(out.name, prefix)
    written = 0
    for number, some in enumerate(batched(keys, BATCH), 1):
        key = statement_batch_key(provider, day, number)
        puids = [one.removeprefix(prefix).removesuffix(".json") for one in some]
        if _puids(out.objects.get(out.name, key)) != puids:
            statements = [msgspec.Raw(_must(out, one)) for one in some]
            out.objects.put(out.name, key, encode_json(StatementBatch(statements)))
            written += 1
    return written


def _puids(data: bytes | None) -> list[str]:
    if data is None:
        return []
    return [one.puid for one in msgspec.json.decode(data, type=BatchIds).statements]


def _must(out: OutBucket, key: str) -> bytes:
    data = out.objects.get(out.name, key)
    if data is None:
        raise OperatorError(f"{key} was listed in the out bucket and is gone")
    return data
