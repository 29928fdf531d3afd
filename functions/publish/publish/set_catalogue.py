"""Reads the published rules: all sets, and the facts on the index of fact-checks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from phrases import to_translate
from rules.pack import PATH_NAME, Pack
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
        applied = [self.sets[digest].notice_hours for digest in digests if digest in self.sets]
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
            if any((p.id, p.version) == (pack.id, pack.version) for p in published.packs)
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
            if published.matching and any(
                (held.id, held.version) == (pack.id, pack.version) for held in published.packs
            ):
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
        known = [self.sets[digest] for digest in digests if digest in self.sets]
        found = {(p.id, p.version): p for s in known for p in s.packs if s.runs(provider, p)}
        return dict(sorted(found.items()))

    def pauses_of(self, pack: Pack) -> dict[str, dict[str, Paused]]:
        """Return the pauses of this version's rules in the set in force, by rule and provider."""
        found: dict[str, dict[str, Paused]] = {}
        if any((p.id, p.version) == (pack.id, pack.version) for p in self.in_force.packs):
            for provider, settings in sorted(self.in_force.providers.items()):
                for pause in settings.paused:
                    name, _, rule = pause.rule.partition("/")
                    if name == pack.id:
                        found.setdefault(rule, {})[provider] = pause
        return found

    def paused(self, provider: str, digests: Iterable[str]) -> tuple[Paused, ...]:
        """Return the pauses of a provider's rules in these sets, in order."""
        known = [self.sets[digest] for digest in digests if digest in self.sets]
        found = {p for s in known for p in s.settings_of(provider).paused}
        return tuple(sorted(found, key=lambda paused: (paused.rule, paused.since, paused.why)))


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


def _last_published(rule_set: RuleSet) -> datetime:
    return max((pack.published_at or LONG_AGO for pack in rule_set.packs), default=LONG_AGO)


class CheckCorrection(msgspec.Struct, frozen=True):
    """A fact-check that was corrected or withdrawn, and the day on which Terang learnt of it."""

    url: str
    change: str
    day: str

    @property
    def leads_somewhere(self) -> bool:
        """A browser can follow its link."""
        return self.url.startswith(("https://", "http://"))


class PublishedIndex(msgspec.Struct, frozen=True):
    """The facts published with an index; `by_topic` counts the checks that may lead to findings."""

    index: str
    checks: int
    by_publisher: dict[str, int] = {}
    by_topic: dict[str, int] = {}
    refused: dict[str, int] = {}
    changed: tuple[CheckCorrection, ...] = ()

    @property
    def publishers(self) -> list[tuple[str, int]]:
        """Return the publishers, those with most checks first."""
        return _by_size(self.by_publisher)

    @property
    def finding(self) -> int:
        """How many checks may lead to findings; the others only answer questions."""
        return sum(self.by_topic.values())


_REFUSALS = {
    "checks_no_claim": to_translate("a page that does not check a claim"),
    "no_claim": to_translate("no claim that could be compared"),
    "no_link": to_translate("no link to a page"),
    "publisher_not_trusted": to_translate(
        "a publisher that is not on the list of trusted publishers"
    ),
}


def refusals_of(index: PublishedIndex) -> list[tuple[str, int]]:
    """Return the reasons in words and how many checks were refused for each, the most first.

    >>> refusals_of(PublishedIndex("ab", 0, refused={"no_link": 2}))
    [('no link to a page', 2)]
    """
    return [(_REFUSALS.get(code, code), count) for code, count in _by_size(index.refused)]


def _by_size(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
