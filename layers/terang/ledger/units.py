"""Units and their receipts, and the mathematics of published numbers: sums, intervals, durations.

How a file is cut comes first, then the result of each range, then receipts with their counts. Every
published number is a fold of receipts.

The mathematics of intervals is at the end: `wilson_interval` says how sure a share is, and
`missed_posts` how many posts the rules missed. Without its interval, nobody can tell a share of 3
in 4 from one of 300 in 400. Intervals are Wilson's score intervals at 95 %: they stay between 0
and 1, are valid near both ends, and do not shrink to a point if all or none of a few were counted.
Summaries and the yearly report estimate with these functions; `recount` and `report_proof` check
them with code of their own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from math import sqrt
from statistics import NormalDist, quantiles
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from ledger.findings import EXCERPT_LENGTH


class Source(msgspec.Struct, frozen=True):
    """One object that units are cut from: the sender's own, or one part of its translation."""

    bucket: str
    key: str
    version: str
    etag: str
    size: int


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts that are pinned when a file comes in. It is sealed before the first unit is sent.

    `dropped` is the sender's object. `format` and `reader_version` say how it was read: `jsonl` is
    cut as it is, anything else was translated into parts. `ranges` counts the units; `day` (UTC)
    decides which packs are in force; `at` is when it was sealed. `content` identifies a translated
    file by its content, under whatever name it was dropped.
    """

    file: str
    provider: str
    dropped: Source
    format: str
    reader_version: int
    range_bytes: int
    ranges: int
    set: str
    pseudonym_key: str
    day: str
    at: str
    translated: bool = False
    content: str = ""


class RangeMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message for one range of a file: bytes `start` to `end` (excluded) of the source.

    `number` counts over the whole file from 0; `at` is when the manifest was sealed.
    """

    file: str
    provider: str
    number: int
    source: Source
    start: int
    end: int
    set: str
    pseudonym_key: str
    at: str
    translated: bool = False
    content: str = ""


class RangeRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of one range: its unit (empty if it owns no line), and its size.

    `known` says that the unit was committed before, by another file or range.
    """

    number: int
    unit: str
    bytes: int
    lines: int
    known: bool = False

    @property
    def is_lost(self) -> bool:
        """The range was gone or changed before it was read: its unit is one refused record."""
        return bool(self.unit) and not self.bytes


class Marker(msgspec.Struct, frozen=True, omit_defaults=True):
    """The record that a unit was committed, and where its receipt is.

    `batch` is the id of the batch that a message was committed in. The receipt of a batch counts
    all of its messages.
    """

    unit: str
    provider: str
    day: str
    batch: str = ""

    @property
    def receipt_id(self) -> str:
        """The receipt is of this unit, or of the batch that it is part of."""
        return self.batch or self.unit


class CopyMatch(NamedTuple):
    """The posts of a unit, by number, that copy a decided one; `rule` is the rule of copies."""

    rule: str
    decision: str
    posts: tuple[int, ...]


class FoundCopies(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which posts of a unit are copies of confirmed ones, by the digest of the snapshot used.

    `not_compared` posts were not looked up: the snapshot was erased, or the unit had too many.
    """

    snapshot: str
    found: tuple[CopyMatch, ...] = ()
    not_compared: int = 0


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one attempt at a unit goes by: its set and moment, and the copies that it found.

    They decide which rules apply. The first attempt that may store findings is recorded, and later
    ones go by it: if it stored findings and died, the next must find the same. `excerpt_length` is
    how many code points of a post it kept, `draws` a digest. `copies` is None if no such rule ran.
    """

    set: str
    at: str
    excerpt_length: int = EXCERPT_LENGTH
    draws: str = ""
    copies: FoundCopies | None = None

    @property
    def name(self) -> str:
        """A name that two attempts share only if they find the same."""
        found = self.copies.found if self.copies else ()
        copies = sha256(msgspec.json.encode(found)).hexdigest() if found else ""
        return " ".join(filter(None, (self.set, self.at, self.draws, copies)))


class UnitState(msgspec.Struct, frozen=True):
    """How far a unit has come.

    `marker` is set once it is committed. Until then `attempt` is the recorded one, which may have
    stored findings. `is_suspect` says that a worker began to work on it alone, and did not
    live to commit it or to give it back.
    """

    marker: Marker | None = None
    attempt: Attempt | None = None
    is_suspect: bool = False


_OF_MANIFEST = ("file", "provider", "set", "pseudonym_key", "at", "translated", "content")


def cut_ranges(source: Source, range_bytes: int) -> list[tuple[int, int]]:
    """Cut a source into ranges of equal size. A line belongs to the range of its first byte.

    >>> cut_ranges(Source("b", "k", "v", "e", 10), 4)
    [(0, 4), (4, 8), (8, 10)]
    """
    size = source.size
    return [(start, min(size, start + range_bytes)) for start in range(0, size, range_bytes)]


def units_of(manifest: Manifest, sources: list[Source]) -> Iterator[RangeMessage]:
    """Yield the units of a file, in order: the same each time they are sent."""
    number = 0
    for source in sources:
        for start, end in cut_ranges(source, manifest.range_bytes):
            yield RangeMessage(
                number=number,
                source=source,
                start=start,
                end=end,
                **{name: getattr(manifest, name) for name in _OF_MANIFEST},
            )
            number += 1


class OpenFile(msgspec.Struct, frozen=True):
    """A file: `day` is when its units were sent, `closed` when its last one was done, or empty."""

    file: str
    day: str
    ranges: int
    closed: str = ""


Tally = dict[str, int]
Count = Annotated[int, Meta(ge=0)]


class Counts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is counted of a unit, a file, a day or a month. A field that is left out is 0 or empty.

    Receipts, lines of the public journal and the numbers of a summary have these fields, and
    `sum_records` adds them up.
    """

    bytes: Count = 0
    lines: Count = 0
    records: Count = 0
    inspected: Count = 0
    findings: Count = 0
    repeats: Count = 0
    by_rule: Tally = {}
    by_language: Tally = {}
    unknown_fields: Count = 0
    assumed_utc: Count = 0
    no_rules: Count = 0
    partly_read: Count = 0
    first: str = ""
    last: str = ""


class ReceiptCounts(Counts, frozen=True):
    """The counts of a receipt, of a unit or a file.

    `held` findings are also in `by_rule`, and were not proposed because of the flood guard; `high`
    are those of a scored rule whose band is `high`, and all others of such a rule are `medium`.
    `recorded` says how many findings have a record of their own: the rest is only counted.
    `skipped` names packs that are out of force, as `pack/version`. `first` and `last` (`from` and
    `until` in JSON) are the earliest and latest `published_at`, RFC 3339 in UTC.
    """

    refused: Tally = {}
    held: Tally = {}
    high: Tally = {}
    recorded: int = 0
    skipped: tuple[str, ...] = ()
    set: str = ""
    first: str = msgspec.field(default="", name="from")
    last: str = msgspec.field(default="", name="until")


class Receipt(ReceiptCounts, frozen=True, kw_only=True, omit_defaults=False):
    """The counts of one unit, written once, with all its fields.

    `kind` is `range` (of a file), `message`, `messages` (a batch of them, see below), or `file`
    (refused as a whole: one record). `at` is the time of the commit. `source` is the key of the
    sender's file, or empty for a message; it is never published. `not_asked` counts posts that were
    not compared with published checks, because the unit had used up its queries. `not_compared`
    counts those that no rule of copies could compare: an author had just been erased, or the unit
    had too many copies.

    The receipt of a batch sums its `messages`, each a unit of its own with its own marker. Its
    `unit` is the id of the batch. `refused_messages` names the messages with refused records.
    `draws` is the digest of the draws, or empty.
    """

    unit: str
    provider: str
    kind: str
    at: str
    findings_digest: str
    source: str = ""
    not_asked: int = 0
    not_compared: int = 0
    messages: int = 0
    refused_messages: tuple[str, ...] = ()
    draws: str = ""

    @property
    def units(self) -> int:
        """The number of units that it counts."""
        return self.messages or 1

    @property
    def closes(self) -> bool:
        """Every record was accepted or refused, and each finding has its rule."""
        return (
            self.records == self.inspected + sum(self.refused.values())
            and sum(self.by_rule.values()) == self.findings
        )


def sum_records[T: msgspec.Struct](kind: type[T], parts: Iterable[msgspec.Struct]) -> T:
    """Return the sum of records that have the fields of `kind`.

    Counts and tallies are added, tuples united. `first` and `last` are the outermost times, other
    texts are left empty. So order and grouping of the parts never matter.

    >>> sum_records(Counts, [Counts(lines=2, first="2026-11-02"), Counts(first="2026-11-01")])
    Counts(bytes=0, lines=2, records=0, inspected=0, findings=0, repeats=0, by_rule={}, \
by_language={}, unknown_fields=0, assumed_utc=0, no_rules=0, partly_read=0, first='2026-11-01', \
last='')
    """
    zero, summed = kind(), list(parts)
    sums: dict[str, object] = {}
    for name in kind.__struct_fields__:
        values = [getattr(part, name) for part in summed]
        match getattr(zero, name):
            case dict():
                sums[name] = sum_tallies(values)
            case tuple():
                sums[name] = tuple(sorted({each for value in values for each in value}))
            case int():
                sums[name] = sum(values)
            case _ if name == "first":
                sums[name] = min(filter(None, values), default="")
            case _ if name == "last":
                sums[name] = max(values, default="")
    return kind(**sums)


def sum_tallies(tallies: Iterable[Mapping[str, int]]) -> Tally:
    """Return the sum of tallies, sorted by key.

    >>> sum_tallies([{"b": 1}, {"a": 1, "b": 1}])
    {'a': 1, 'b': 2}
    """
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally)
    return dict(sorted(total.items()))


ITEM_BYTES = 400 * 1024
"""The largest item that DynamoDB takes."""

OTHER_BYTES = 40 * 1024
"""The most that a receipt's item takes apart from its rules."""

BATCH_BYTES = 32 * 1024
"""The most that the receipt of a batch takes in addition, with its ids of messages and findings."""

BATCH_MESSAGES = 98
"""Messages of one batch: their markers, the receipt and the sample are the 100 actions that a
transaction may have."""

BATCH_FINDINGS = 500
"""Findings of one batch, whose ids are kept in the item of the receipt."""

COUNT_BYTES = 10
"""Quotes, colon, comma and the count of one rule, of at most six digits."""


def max_receipt_bytes(rules: Iterable[tuple[str, int]]) -> int:
    """Return the most bytes that the item of a receipt takes if every rule finds something.

    `rules` are the keys of `by_rule`, each with the number of tallies that may count it.

    >>> max_receipt_bytes([("codes/3/asks/live", 2)]) - max_receipt_bytes([])
    54
    """
    return OTHER_BYTES + sum(times * (len(key) + COUNT_BYTES) for key, times in rules)


def receipt_problem(rules: Iterable[tuple[str, int]]) -> str:
    """Return why a receipt of these rules might not fit into an item, or an empty text."""
    counted = list(rules)
    size = max_receipt_bytes(counted)
    if size <= ITEM_BYTES:
        return ""
    return (
        f"{len(counted):,} rules: a receipt that counts each of them takes up to {size:,} bytes,"
        f" {size - ITEM_BYTES:,} more than the {ITEM_BYTES:,} of an item of the table"
    )


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


CONFIDENCE = 0.95

AUDITED_AT_LEAST = 100
"""Fewest audited posts for a published recall. If 100 are all sound, up to 4 % may be bad."""


class AuditSample(NamedTuple):
    """A uniform sample of unmet posts, which no rule met: violating, audited, and unmet in all."""

    violating: int
    audited: int
    unmet: int


def wilson_interval(count: int, of: int) -> tuple[float, float]:
    """Return both ends of the score interval of a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference"
    (1927); for small samples recommended by Brown, Cai and DasGupta, "Interval estimation for a
    binomial proportion" (2001). The numbers of Newcombe (1998), table I, method 3, are its tests.

    >>> [round(end, 4) for end in wilson_interval(81, 263)]
    [0.2553, 0.3662]
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share = count / of
    middle = share + z * z / (2 * of)
    margin = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    low = 0.0 if count == 0 else (middle - margin) / whole
    high = 1.0 if count == of else (middle + margin) / whole
    return low, high


def missed_posts(samples: Iterable[AuditSample]) -> tuple[float, float, float]:
    """Estimate how many violating posts no rule met: likely, and the ends of the interval.

    The share of violating posts in each sample is assumed for all unmet posts from which it was
    drawn. The ends of all samples are added, which makes the interval wider than necessary.

    Source: stratified estimation, W. G. Cochran, "Sampling Techniques" (1977), chapter 5.

    >>> [round(posts) for posts in missed_posts([AuditSample(2, 100, 5_000)])]
    [100, 28, 350]
    """
    likely = fewest = most = 0.0
    for violating, audited, unmet in samples:
        low, high = wilson_interval(violating, audited)
        likely += unmet * (violating / audited)
        fewest += unmet * low
        most += unmet * high
    return likely, fewest, most


class Percentiles(msgspec.Struct, frozen=True):
    """How long something took: hours, of so many; null where none ended."""

    of: Count = 0
    median_hours: float | None = None
    p90_hours: float | None = None


def percentiles(seconds: Mapping[str, int]) -> Percentiles:
    """Return the median and the ninth decile of durations, given as a tally of seconds.

    Deciles are interpolated between durations (`statistics.quantiles`, method "inclusive").

    >>> percentiles({"3600": 1, "7200": 2}).median_hours
    2.0
    """
    durations = [int(length) for length, count in seconds.items() for _ in range(count)]
    if not durations:
        return Percentiles()
    if len(durations) == 1:
        durations *= 2  # one duration is each of its percentiles
    deciles = quantiles(durations, n=10, method="inclusive")
    hours = (round(deciles[index] / 3600, 3) for index in (4, 8))
    return Percentiles(sum(seconds.values()), *hours)
