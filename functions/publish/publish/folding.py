"""From a receipt to numbers: the published sets that name its rules, and the counts of a summary.

`ledger.units.sum_records` adds up the numbers of receipts. Copy groups are counted apart, from all
fingerprints of a day, sorted by finding, so no order of arrival matters. They are stored when the
day is closed: fingerprints end after 30 days.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from ledger.findings import DayCopies, FindingFingerprint
from ledger.store import DynamoStore
from ledger.units import Count, Counts, Receipt, Tally
from rules.pack import PATH_NAME, Pack
from rules.pack_parts import Fingerprinted, copy_groups
from rules.rule_set import Paused, RuleSet

PERIOD_NAME = re.compile(r"\d{4}-\d{2}(-\d{2})?")
"""Months and days: a campaign of such a name would overwrite their summaries."""

EMPTY_SET = RuleSet(notice_hours=24, packs=())
"""The set in force before any was published."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Ruling(NamedTuple):
    """What a finding of a rule is counted as."""

    category: str
    severity: str


def rulings_of(packs: Iterable[Pack]) -> dict[str, Ruling]:
    """Return what the rules of packs count as, by `pack/version/rule`."""
    return {
        f"{pack.id}/{pack.version}/{rule.id}": Ruling(pack.category_of(rule), rule.severity)
        for pack in packs
        for rule in pack.rules
    }


@dataclass(frozen=True, slots=True)
class PublishedSets:
    """All published sets by digest, and the digest of the one in force, or ""."""

    sets: Mapping[str, RuleSet]
    current: str = ""
    _rulings: dict[str, dict[str, Ruling]] = field(init=False, default_factory=dict)

    def ruling(self, digest: str, rule_key: str) -> Ruling | None:
        """Return what a `pack/version/rule/mode` of that set counts as. None: it has no such rule.

        Only sets that receipts name are looked up.
        """
        rule, _, mode = rule_key.rpartition("/")
        if digest not in self._rulings:
            self._rulings[digest] = rulings_of(self.sets.get(digest, EMPTY_SET).packs)
        return self._rulings[digest].get(rule) if mode in {"live", "shadow"} else None

    @property
    def in_force(self) -> RuleSet:
        """Return the set in force, or an empty one."""
        return self.sets.get(self.current, EMPTY_SET)

    def notice_hours(self, digests: Iterable[str], otherwise: int) -> int:
        """Return the shortest notice period of these sets.

        If none of them is known, return that of the set in force, and without one `otherwise`.
        """
        applied = [published.notice_hours for published in self._known(digests)]
        if not applied and self.current in self.sets:
            return self.in_force.notice_hours
        return min(applied, default=otherwise)

    def notice_hours_of(self, pack: Pack) -> int:
        """Return the notice period of the newest set that has this version of a pack.

        The set in force is the newest. Other sets have no date, so the one with the newest version
        of any pack counts as newer; of equal ones, the one with the shortest period. Raises
        ValueError if no set has the version.
        """
        holding = [
            (digest == self.current, _last_published(published), -published.notice_hours)
            for digest, published in self.sets.items()
            if _holds(published, pack)
        ]
        return -max(holding)[-1]

    @property
    def packs(self) -> dict[tuple[str, int], Pack]:
        """Return every version of every pack of all sets, by id and version."""
        found = {(p.id, p.version): p for s in self.sets.values() for p in s.packs}
        return dict(sorted(found.items()))

    def matching_of(self, pack: Pack) -> str:
        """Return the digest of a version's matching part that a set publishes, or ""."""
        for published in self.sets.values():
            if published.matching and _holds(published, pack):
                return published.matching[pack.id]
        return ""

    @property
    def campaigns(self) -> dict[str, tuple[Pack, ...]]:
        """Return the versions of packs of each campaign whose name can be part of a path."""
        found: dict[str, tuple[Pack, ...]] = {}
        for pack in self.packs.values():
            if pack.campaign and is_campaign_name(pack.campaign):
                found[pack.campaign] = (*found.get(pack.campaign, ()), pack)
        return dict(sorted(found.items()))

    @property
    def unpublishable(self) -> list[str]:
        """Return the packs and campaigns whose names cannot be part of a path."""
        packs = self.packs.values()
        names = {f"pack {pack.id}" for pack in packs if not pack.has_page}
        campaigns = {pack.campaign for pack in packs if pack.campaign}
        names |= {f"campaign {name}" for name in campaigns if not is_campaign_name(name)}
        return sorted(names)

    def ran(self, provider: str, digests: Iterable[str]) -> dict[tuple[str, int], Pack]:
        """Return the packs that these sets run for a provider, by id and version."""
        known = self._known(digests)
        found = {(p.id, p.version): p for s in known for p in s.packs if s.runs(provider, p)}
        return dict(sorted(found.items()))

    def pauses_of(self, pack: Pack) -> dict[str, dict[str, Paused]]:
        """Return the pauses of this version's rules in the set in force, by rule and provider."""
        found: dict[str, dict[str, Paused]] = {}
        if _holds(self.in_force, pack):
            for provider, settings in sorted(self.in_force.providers.items()):
                for pause in settings.paused:
                    name, _, rule = pause.rule.partition("/")
                    if name == pack.id:
                        found.setdefault(rule, {})[provider] = pause
        return found

    def paused(self, provider: str, digests: Iterable[str]) -> tuple[Paused, ...]:
        """Return the pauses of a provider's rules in these sets, in order."""
        found = {p for s in self._known(digests) for p in s.settings_of(provider).paused}
        return tuple(sorted(found, key=lambda paused: (paused.rule, paused.since, paused.why)))

    def _known(self, digests: Iterable[str]) -> list[RuleSet]:
        return [self.sets[digest] for digest in digests if digest in self.sets]


def is_campaign_name(name: str) -> bool:
    """Return whether a summary may be published under the name.

    >>> is_campaign_name("november-2026"), is_campaign_name("2026-11"), is_campaign_name("../x")
    (True, False, False)
    """
    return PATH_NAME.fullmatch(name) is not None and PERIOD_NAME.fullmatch(name) is None


def proposes_from(pack: Pack, notice_hours: int) -> str:
    """Return the end of a pack's notice period, RFC 3339 to the minute, or "" if not known."""
    if pack.published_at is None:
        return ""
    moment = pack.published_at + timedelta(hours=notice_hours)
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")


def _holds(rule_set: RuleSet, pack: Pack) -> bool:
    return any((held.id, held.version) == (pack.id, pack.version) for held in rule_set.packs)


def _last_published(rule_set: RuleSet) -> datetime:
    return max((pack.published_at or LONG_AGO for pack in rule_set.packs), default=LONG_AGO)


class Numbers(Counts, msgspec.Struct, frozen=True, omit_defaults=False):
    """The numbers of a period. `refused` and the other totals are sums of their tallies."""

    units: Count = 0
    files_refused: Count = 0
    records: Count = 0
    inspected: Count = 0
    refused: Count = 0
    findings: Count = 0
    live: Count = 0
    shadow: Count = 0
    held: Count = 0
    repeats: Count = 0
    refused_by_code: Tally = {}
    held_by_rule: Tally = {}
    by_category: Tally = {}
    by_severity: Tally = {}
    skipped: Tally = {}
    sets: Tally = {}
    copy_findings: Count = 0
    copy_groups: Count = 0
    copy_groups_by_rule: Tally = {}


class LeftOutReason(StrEnum):
    """Why a receipt is left out of all numbers."""

    DOES_NOT_CLOSE = "does_not_close"
    RULE_UNKNOWN = "rule_unknown"


OF_RULES = (
    *("findings", "live", "shadow", "held"),
    *("by_rule", "held_by_rule", "by_category", "by_severity"),
)
"""The numbers that follow from findings by rule."""

AS_COUNTED = set(Counts.__struct_fields__) - {*OF_RULES, "by_language", "first", "last"}
"""The numbers that are in a receipt as they are."""

OF_COPIES = ("copy_findings", "copy_groups", "copy_groups_by_rule")
"""The numbers that a campaign leaves out: groups are counted over all findings of a day."""


def left_out_reason(receipt: Receipt, catalogue: PublishedSets) -> LeftOutReason | None:
    """Return why a receipt must not be counted, or None.

    Its sums must close (see Receipt), no count may be negative, no rule may have more findings held
    back than found, and its rules must be in the set that it names.
    """
    values = msgspec.structs.astuple(receipt)
    tallies = [value.values() for value in values if isinstance(value, dict)]
    found = [value for value in chain(values, *tallies) if isinstance(value, int)]
    held_fits = all(receipt.by_rule.get(key, 0) >= count for key, count in receipt.held.items())
    if not (receipt.closes and held_fits and min(found) >= 0):
        return LeftOutReason.DOES_NOT_CLOSE
    known = all(catalogue.ruling(receipt.set, key) for key in receipt.by_rule)
    return None if known else LeftOutReason.RULE_UNKNOWN


def numbers_of(receipt: Receipt, catalogue: PublishedSets) -> Numbers:
    """Return the numbers of one receipt. Its rules are looked up in the set that it names.

    Raises KeyError for a rule that is not in that set; see `left_out_reason`.
    """
    found = found_by(receipt.by_rule, receipt.held, lambda key: catalogue.ruling(receipt.set, key))
    return msgspec.structs.replace(
        found,
        **{name: getattr(receipt, name) for name in AS_COUNTED},
        units=receipt.units,
        files_refused=int(receipt.kind == "file"),
        refused=sum(receipt.refused.values()),
        refused_by_code=_without_zeros(receipt.refused),
        by_language=_without_zeros(receipt.by_language),
        skipped=dict.fromkeys(receipt.skipped, receipt.units),
        sets={receipt.set: receipt.units} if receipt.set else {},
        first=receipt.first[:10],
        last=receipt.last[:10],
    )


def found_by(by_rule: Tally, held: Tally, ruling: Callable[[str], Ruling | None]) -> Numbers:
    """Return the numbers that follow from findings by rule; all others are 0.

    >>> found_by({"a/1/r/live": 2}, {}, lambda key: Ruling("VIOLENCE", "high")).by_category
    {'VIOLENCE/live': 2}
    """
    categories, severities, modes = Counter[str](), Counter[str](), Counter[str]()
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


def only_packs(numbers: Numbers, packs: Iterable[Pack]) -> Numbers:
    """Return the numbers with the findings of these packs only; other numbers stay the same."""
    rulings = rulings_of(packs)

    def ruling(key: str) -> Ruling | None:
        return rulings.get(key.rpartition("/")[0])

    by_rule = {key: count for key, count in numbers.by_rule.items() if ruling(key)}
    held = {key: count for key, count in numbers.held_by_rule.items() if ruling(key)}
    found = found_by(by_rule, held, ruling)
    changed = {name: getattr(found, name) for name in (*OF_RULES, *OF_COPIES)}
    return msgspec.structs.replace(numbers, **changed)


def measures(numbers: msgspec.Struct, of: str = "") -> Iterator[tuple[str, str, int | str]]:
    """Yield every number as (measure, key, value). Counts have an empty key; tallies are sorted.

    `of` is put before each measure.

    >>> list(measures(Numbers(by_rule={"a/1/r/live": 2})))[-5:-3]
    [('by_rule', 'a/1/r/live', 2), ('unknown_fields', '', 0)]
    """
    for name in numbers.__struct_fields__:
        value = getattr(numbers, name)
        if isinstance(value, dict):
            yield from ((of + name, key, count) for key, count in sorted(value.items()))
        elif isinstance(value, int) or value:
            yield of + name, "", value


def _without_zeros(tally: Mapping[str, int]) -> Tally:
    return {key: count for key, count in sorted(tally.items()) if count}


COMPARED_AT_MOST = 50_000
"""Findings of a day that are compared: those with the smallest ids, which are random."""


class CopyLine(msgspec.Struct, frozen=True):
    """A line of the journal on the copy groups among the findings of the day."""

    n: Annotated[int, Meta(ge=1)]
    kind: Literal["copies"]
    algorithm: str
    findings: Count
    groups: Count
    by_rule: Tally


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
