"""Adds up receipts of the public journal into numbers, and numbers into those of longer periods.

Counts and tallies are added; `first` and `last` are the outermost days. So order and grouping of
the parts never matter.

Counts the copy groups of a day's findings: near copies of one text count as one.

The groups are computed from all fingerprints of the day, sorted by finding, so no order of arrival
matters. They are stored when the day is closed: fingerprints end after 30 days.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.aws.store import DynamoStore
from ledger.privacy import DayCopies, FindingFingerprint
from ledger.units import Receipt
from phrases import to_translate
from publish.case_line import AbsentCount, AbsentPositive, AbsentTally, Tally
from publish.periods import counts, says
from publish.public_journal import ReceiptLine
from publish.set_catalogue import PublishedSets, Ruling, rulings_of
from rules.pack import Pack
from rules.pack_parts import ALGORITHM, Fingerprinted, copy_groups


class Numbers(msgspec.Struct, frozen=True):
    """The numbers of a period. `refused` and the other totals are sums of their tallies."""

    units: Annotated[
        int, counts("Units: ranges of files, messages, and files refused as a whole.")
    ] = 0
    files_refused: Annotated[
        int, counts("Files refused as a whole, each counted as one record.")
    ] = 0
    bytes: Annotated[int, counts("Bytes read.")] = 0
    lines: Annotated[int, counts("Lines read.")] = 0
    records: Annotated[
        int, counts(to_translate("All records that were read: always inspected plus refused."))
    ] = 0
    inspected: Annotated[
        int,
        counts(
            to_translate(
                "Records accepted as public posts and checked by every rule in force. They"
                " are counted as delivered: a post that comes again in another export counts again."
            )
        ),
    ] = 0
    refused: Annotated[
        int, counts(to_translate("Records not accepted, for example because they are not public."))
    ] = 0
    findings: Annotated[
        int,
        counts(
            to_translate(
                "How often a post met a rule, live or in shadow. A post can meet several"
                " rules. A finding is a proposal to look, not a verdict."
            )
        ),
    ] = 0
    live: Annotated[
        int, counts(to_translate("Findings of live rules, including those held back."))
    ] = 0
    shadow: Annotated[
        int, counts(to_translate("Findings of rules on trial: counted, never proposed."))
    ] = 0
    held: Annotated[
        int,
        counts(
            to_translate("Live findings not proposed because the flood guard held the rule back.")
        ),
    ] = 0
    repeats: Annotated[
        int,
        counts(
            to_translate(
                "Findings that another unit had already recorded and that are not counted"
                " again. They are counted for all rules together."
            )
        ),
    ] = 0
    refused_by_code: Annotated[Tally, says("Refused records by code.")] = {}
    by_rule: Annotated[Tally, says("Findings by `pack/version/rule/mode`.")] = {}
    held_by_rule: Annotated[Tally, says("Held findings by the same key.")] = {}
    by_category: Annotated[Tally, says("Findings by `category/mode`.")] = {}
    by_severity: Annotated[Tally, says("Findings by `severity/mode`.")] = {}
    by_language: Annotated[
        Tally, says("Inspected posts by the language that the sender named.")
    ] = {}
    skipped: Annotated[
        Tally, says("Units for which a pack (`pack/version`) was out of its dates.")
    ] = {}
    sets: Annotated[Tally, says("Units by the digest of the set in force.")] = {}
    unknown_fields: Annotated[int, counts("Fields of records that were ignored.")] = 0
    assumed_utc: Annotated[int, counts("Times of publication without an offset, read as UTC.")] = 0
    partly_read: Annotated[
        AbsentPositive,
        says(
            "Inspected posts of which only a part was read, since the whole would have"
            " taken more work than a post may take. Absent if there are none."
        ),
    ] = UNSET
    first: Annotated[str, says("Day of the earliest post, or empty.")] = ""
    last: Annotated[str, says("Day of the latest post, or empty.")] = ""
    copy_findings: Annotated[
        AbsentCount,
        says(
            "Findings whose texts were compared with the others of their provider and"
            " day, to find near copies. Short texts are not compared. Absent if there are none."
        ),
    ] = UNSET
    copy_groups: Annotated[
        AbsentCount,
        says(
            "Copy groups among these findings, by provider and day: near copies of one"
            " text are one group. Absent if nothing was compared."
        ),
    ] = UNSET
    copy_groups_by_rule: Annotated[
        AbsentTally,
        says(
            "Copy groups in the findings of each `pack/version/rule/mode`. Absent if"
            " nothing was compared."
        ),
    ] = UNSET
    no_rules: Annotated[
        int | UnsetType,
        says(
            "Of the inspected posts, those for which their provider had no rule in"
            " force; absent if there are none."
        ),
    ] = UNSET


class LeftOutReason(StrEnum):
    """Why a receipt is left out of all numbers."""

    DOES_NOT_CLOSE = "does_not_close"
    RULE_UNKNOWN = "rule_unknown"


OF_COPIES = ("copy_findings", "copy_groups", "copy_groups_by_rule")
"""The numbers that a campaign leaves out: groups are counted over all findings of a day."""

OF_RULES = (
    "findings",
    "live",
    "shadow",
    "held",
    "by_rule",
    "held_by_rule",
    "by_category",
    "by_severity",
)
"""The numbers that follow from findings by rule."""

_RECEIPT_COUNTS = (
    "bytes",
    "lines",
    "records",
    "inspected",
    "findings",
    "repeats",
    "unknown_fields",
    "assumed_utc",
    "no_rules",
    "partly_read",
    "messages",
)


def left_out_reason(receipt: Receipt, catalogue: PublishedSets) -> LeftOutReason | None:
    """Return why a receipt must not be counted, or None.

    Its sums must close (see Receipt), no count may be negative, no rule may have more findings held
    back than found, and its rules must be in the set that it names.
    """
    found = [getattr(receipt, name) for name in _RECEIPT_COUNTS]
    tallies = (receipt.refused, receipt.by_rule, receipt.held, receipt.by_language)
    found += [count for tally in tallies for count in tally.values()]
    held_fits = all(receipt.by_rule.get(key, 0) >= count for key, count in receipt.held.items())
    if not (receipt.closes and held_fits and min(found) >= 0):
        return LeftOutReason.DOES_NOT_CLOSE
    known = all(catalogue.ruling(receipt.set, key) for key in receipt.by_rule)
    return None if known else LeftOutReason.RULE_UNKNOWN


def numbers_of(line: ReceiptLine, catalogue: PublishedSets) -> Numbers:
    """Return the numbers of one line. Its rules are looked up in the set that it names.

    Raises KeyError for a rule that is not in that set; see `left_out_reason`.
    """
    found = found_by(line.by_rule, line.held, lambda key: catalogue.ruling(line.set, key))
    units = line.messages or 1
    return msgspec.structs.replace(
        found,
        units=units,
        files_refused=int(line.kind == "file"),
        bytes=line.bytes,
        lines=line.lines,
        records=line.records,
        inspected=line.inspected,
        refused=sum(line.refused.values()),
        repeats=line.repeats,
        refused_by_code=_without_zeros(line.refused),
        by_language=_without_zeros(line.by_language),
        skipped=dict.fromkeys(line.skipped, units),
        sets={line.set: units} if line.set else {},
        unknown_fields=line.unknown_fields,
        assumed_utc=line.assumed_utc,
        partly_read=line.partly_read,
        first=line.first,
        last=line.last,
        no_rules=line.no_rules,
    )


def found_by(by_rule: Tally, held: Tally, ruling: Callable[[str], Ruling | None]) -> Numbers:
    """Return the numbers that follow from findings by rule; all others are 0.

    >>> found_by({"a/1/r/live": 2}, {}, lambda key: Ruling("VIOLENCE", "high")).by_category
    {'VIOLENCE/live': 2}
    """
    categories: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for key, count in by_rule.items():
        found = ruling(key)
        if found is None:
            raise KeyError(key)
        mode = key.rpartition("/")[2]
        modes[mode] += count
        categories[f"{found.category}/{mode}"] += count
        severities[f"{found.severity}/{mode}"] += count
    return Numbers(
        findings=modes.total(),
        live=modes["live"],
        shadow=modes["shadow"],
        held=sum(held.values()),
        by_rule=_without_zeros(by_rule),
        held_by_rule=_without_zeros(held),
        by_category=_without_zeros(categories),
        by_severity=_without_zeros(severities),
    )


def sum_numbers(parts: Iterable[Numbers]) -> Numbers:
    """Return the sum of all parts.

    >>> sum_numbers([Numbers(first="2026-11-02"), Numbers(first="2026-11-01")]).first
    '2026-11-01'
    """
    folded = list(parts)
    first = min((part.first for part in folded if part.first), default="")
    last = max((part.last for part in folded), default="")
    return msgspec.structs.replace(sum_records(Numbers, folded), first=first, last=last)


def only_packs(numbers: Numbers, packs: Iterable[Pack]) -> Numbers:
    """Return the numbers with the findings of these packs only; other numbers stay the same."""
    rulings = rulings_of(packs)

    def ruling(key: str) -> Ruling | None:
        return rulings.get(key.rpartition("/")[0])

    by_rule = {key: count for key, count in numbers.by_rule.items() if ruling(key)}
    held = {key: count for key, count in numbers.held_by_rule.items() if ruling(key)}
    found = found_by(by_rule, held, ruling)
    changed = {name: getattr(found, name) for name in OF_RULES} | dict.fromkeys(OF_COPIES, UNSET)
    return msgspec.structs.replace(numbers, **changed)


def measures(numbers: Numbers) -> Iterator[tuple[str, str, int | str]]:
    """Yield every number as (measure, key, value). Counts have an empty key; tallies are sorted.

    >>> list(measures(Numbers(by_rule={"a/1/r/live": 2})))[-3:]
    [('by_rule', 'a/1/r/live', 2), ('unknown_fields', '', 0), ('assumed_utc', '', 0)]
    """
    for name in Numbers.__struct_fields__:
        value = getattr(numbers, name)
        if isinstance(value, dict):
            yield from ((name, key, count) for key, count in sorted(value.items()))
        elif isinstance(value, int) or value:
            yield name, "", value


def _without_zeros(tally: Mapping[str, int]) -> Tally:
    return {key: count for key, count in sorted(tally.items()) if count}


def sum_records[T: msgspec.Struct](kind: type[T], parts: Iterable[T]) -> T:
    """Return the sum of records: counts and tallies are added, texts are left empty.

    By default the fields of `kind` are 0 (counts), {} (tallies), "" (texts) or unset (absent ones).
    """
    zero, folded = kind(), list(parts)
    sums: dict[str, object] = {}
    for name in kind.__struct_fields__:
        default = getattr(zero, name)
        if isinstance(default, dict):
            sums[name] = sum_tallies(getattr(part, name) for part in folded)
        elif isinstance(default, int):
            sums[name] = sum(getattr(part, name) for part in folded)
        elif default is msgspec.UNSET:
            known = [value for part in folded if (value := getattr(part, name))]
            if known:
                sums[name] = sum_tallies(known) if isinstance(known[0], dict) else sum(known)
    return msgspec.convert(sums, kind)


def sum_tallies(tallies: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of tallies, sorted by key.

    >>> sum_tallies([{"b": 1}, {"a": 1, "b": 1}])
    {'a': 1, 'b': 2}
    """
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally)
    return dict(sorted(total.items()))


COMPARED_AT_MOST = 50_000
"""Findings of a day that are compared: those with the smallest ids, which are random."""


class CopyLine(msgspec.Struct, frozen=True):
    """A line of the journal on the copy groups among the findings of the day."""

    n: Annotated[
        int, Meta(ge=1, description="Running number of the day, after receipts and cases.")
    ]
    kind: Annotated[Literal["copies"], says("Always `copies`: it is no receipt.")]
    algorithm: Annotated[str, says("How texts were compared, such as `minhash-1`.")]
    findings: Annotated[int, counts("Findings whose texts were long enough to be compared.")]
    groups: Annotated[int, counts("Groups of near copies among them.")]
    by_rule: Annotated[Tally, says("Such groups in the findings of each `pack/version/rule/mode`.")]


def copies_of_day(store: DynamoStore, provider: str, day: str, *, closed: bool) -> DayCopies | None:
    """Return the copy groups of a day, and store them if it is closed; None if there are none."""
    stored = store.day_copies(provider, day)
    if stored is not None:
        return stored
    counted = count_copies(store.fingerprints(provider, day))
    if not counted.findings:
        return None
    return store.put_day_copies(provider, day, counted) if closed else counted


def count_copies(fingerprints: Sequence[FindingFingerprint]) -> DayCopies:
    """Return how many copy groups these findings are, together and by rule.

    >>> same, other = bytes(64), bytes(range(64))
    >>> posts = {"a": same, "b": same, "c": other}
    >>> count_copies([FindingFingerprint(name, "p/1/r/live", post) for name, post in posts.items()])
    DayCopies(findings=3, groups=2, by_rule={'p/1/r/live': 2})
    """
    compared = sorted(fingerprints)[:COMPARED_AT_MOST]
    groups = copy_groups(
        (Fingerprinted(one.finding, one.fingerprint) for one in compared if one.fingerprint),
        {one.finding: one.group for one in compared if one.group},
    )
    rules = sorted({one.rule for one in compared})
    return DayCopies(
        findings=len(compared),
        groups=len(set(groups.values())),
        by_rule={
            rule: len({groups[one.finding] for one in compared if one.rule == rule})
            for rule in rules
        },
    )


def copy_line(number: int, copies: DayCopies) -> CopyLine:
    """Return the line of the journal."""
    return CopyLine(number, "copies", ALGORITHM, copies.findings, copies.groups, copies.by_rule)


def numbers_of_copies(line: CopyLine) -> Numbers:
    """Return what the line adds to the numbers of its day."""
    return Numbers(
        copy_findings=line.findings, copy_groups=line.groups, copy_groups_by_rule=line.by_rule
    )
