"""The receipt of a unit: its counts. Every published number is a fold of receipts."""

from collections.abc import Iterable
from hashlib import sha256

import msgspec


class Receipt(
    msgspec.Struct, frozen=True, omit_defaults=True, rename={"first": "from", "last": "until"}
):
    """The counts of one unit, written once.

    `kind` is `range` (of a file), `message`, `messages` (a batch of them, see below), or `file`
    (refused as a whole: one record).
    `records` were counted before any was inspected; a receipt closes if they equal `inspected` plus
    all `refused`. `findings` are those that this unit stored first, `repeats` those that another
    unit had stored. `by_rule` and `held` have keys `pack/version/rule/mode`; findings in `held` are
    also in `by_rule`, and were not proposed because of the flood guard. `skipped` names packs that
    are out of force, as `pack/version`. `first` and `last` (`from` and `until` in JSON) are
    the earliest and latest `published_at`, `at` is the time of the commit, all RFC 3339 in UTC.
    `source` is the key of the sender's file, or empty for a message; it is never published.
    `not_asked` counts posts that were not compared with published checks, because the unit had used
    up its queries. `not_compared` counts those that no rule of copies could compare: an author had
    just been erased, or the unit had too many copies. `no_rules` counts the inspected posts of a
    unit whose provider had neither a pack in force nor fact-checks. `partly_read` counts posts that
    needed more work than allowed.

    The receipt of a batch sums its `messages`, each a unit of its own with its own marker. Its
    `unit` is the id of the batch. `refused_messages` names the messages with refused records.
    """

    unit: str
    provider: str
    kind: str
    source: str
    bytes: int
    lines: int
    records: int
    inspected: int
    refused: dict[str, int]
    findings: int
    findings_digest: str
    repeats: int
    by_rule: dict[str, int]
    by_language: dict[str, int]
    set: str
    at: str
    held: dict[str, int] = {}
    skipped: tuple[str, ...] = ()
    unknown_fields: int = 0
    assumed_utc: int = 0
    first: str = ""
    last: str = ""
    not_asked: int = 0
    not_compared: int = 0
    no_rules: int = 0
    partly_read: int = 0
    messages: int = 0
    refused_messages: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """The number of units that it counts."""
        return self.messages or 1

    @property
    def form(self) -> int:
        """A reader that does not know batches must refuse the record."""
        return 2 if self.messages else 1

    @property
    def closes(self) -> bool:
        """Every record was accepted or refused, and each finding has its rule."""
        return (
            self.records == self.inspected + sum(self.refused.values())
            and sum(self.by_rule.values()) == self.findings
        )


ITEM_BYTES = 400 * 1024
"""The largest item that DynamoDB takes."""

OTHER_BYTES = 40 * 1024
"""The most that a receipt's item takes apart from its rules.

201 known languages, each alone and with 6 scripts, at most 18 bytes each, are 25,326 bytes. A key
of S3 has 1,024 bytes, which JSON writes as 6,144. 34 codes of refusals, the rules of fact-checks,
ids, digests, counts and names of fields are about 4,000 together.
"""

BATCH_BYTES = 32 * 1024
"""The most that the receipt of a batch takes in addition, see BATCH_MESSAGES and BATCH_FINDINGS.

98 ids of messages are 3,136 bytes, their names as refused ones 6,566, and 500 ids of findings
16,000.
"""

BATCH_MESSAGES = 98
"""Messages of one batch: their markers, the receipt and the sample are the 100 actions that a
transaction may have."""

BATCH_FINDINGS = 500
"""Findings of one batch, whose ids are kept in the item of the receipt."""

COUNT_BYTES = 10
"""Quotes, colon, comma and the count of one rule.

A unit has at most 16 MiB and a line of at least 91 bytes for each post, so no count passes six
digits: 16 * 1024**2 / 91 = 184,365.
"""


def max_receipt_bytes(rules: Iterable[tuple[str, bool]]) -> int:
    """Return the most bytes that the item of a receipt takes if every rule finds something.

    `rules` are names as `pack/version/rule`, and whether they are live. A live rule is counted in
    `by_rule` and, if the flood guard holds it, again in `held`; one in shadow is counted once.

    >>> max_receipt_bytes([("codes/3/asks", True)]) - max_receipt_bytes([])
    54
    """
    total = OTHER_BYTES
    for name, is_live in rules:
        in_shadow = len(name) + len("/shadow") + COUNT_BYTES
        total += 2 * (len(name) + len("/live") + COUNT_BYTES) if is_live else in_shadow
    return total


def rule_key(pack: str, version: int, rule: str, mode: str) -> str:
    """Return the key under which a rule is counted.

    >>> rule_key("one-time-codes", 3, "asks-for-code", "live")
    'one-time-codes/3/asks-for-code/live'
    """
    return f"{pack}/{version}/{rule}/{mode}"


def digest_of_ids(ids: Iterable[str]) -> str:
    """Return one digest for a set of ids, in any order.

    >>> digest_of_ids(["b", "a"]) == digest_of_ids(["a", "b"])
    True
    """
    return sha256("\n".join(sorted(ids)).encode()).hexdigest()
