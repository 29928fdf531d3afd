"""What the stores of the table share: the table, a clock, and the partitions of several of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.aws.table import Item, Table
from ledger.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table, and the clock by which texts in it end."""

    table: Table
    clock: Clock = field(default_factory=SystemClock)

    def work_items(self, provider: str, prefix: str) -> Iterator[Item]:
        """Yield the items of a provider's work partition by prefix of their sort key.

        Earlier releases kept them in the partition of the registration. Those come last, so that a
        dict of the items keeps them.
        """
        yield from self.table.query(work_of(provider), prefix)
        yield from self.table.query(f"P#{provider}", prefix)


def work_of(provider: str) -> str:
    """Return the partition in which functions note a provider's files, floods and letters.

    No function may write the partition of the registration.
    """
    return f"W#{provider}"


LOG, AUDIT_KEYS = "L#log", "L#audit"
"""The partitions of the public log and of the audit samples' keys. Publish alone reads them.

Earlier releases kept them under `W#`, which other functions read and write.
"""


def journal_of(provider: str, day: str, shard: str) -> str:
    """Return the partition of one shard of a provider's day, by the first digit of ids."""
    return f"J#{provider}#{day}#{shard}"
