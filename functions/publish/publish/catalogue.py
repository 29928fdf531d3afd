"""All published sets, and the questions that publishing asks them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rules.pack import PATH_NAME, Pack
from rules.rule_set import Paused, RuleSet

PERIOD_NAME = re.compile(r"\d{4}-\d{2}(-\d{2})?")
"""Months and days: a campaign of such a name would overwrite their summaries."""

NO_SET = RuleSet(notice_hours=24, packs=())
"""What is in force while nothing was published."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Ruling(NamedTuple):
    """What a finding of a rule counts as."""

    category: str
    severity: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All published sets by digest, and the one in force (empty while there is none)."""

    sets: Mapping[str, RuleSet]
    current: str = ""
    _rulings: dict[str, dict[str, Ruling]] = field(init=False, default_factory=dict)

    def ruling(self, digest: str, rule_key: str) -> Ruling | None:
        """Return what a `pack/version/rule/mode` of that set counts as. None: it has no such rule.

        Rules are looked up in sets that receipts name, and in no others.
        """
        rule, _, mode = rule_key.rpartition("/")
        if digest not in self._rulings:
            self._rulings[digest] = {
                f"{pack.id}/{pack.version}/{rule.id}": Ruling(pack.category_of(rule), rule.severity)
                for pack in self.sets.get(digest, NO_SET).packs
                for rule in pack.rules
            }
        return self._rulings[digest].get(rule) if mode in {"live", "shadow"} else None

    @property
    def in_force(self) -> RuleSet:
        """The set that the pointer names; an empty one while there is none."""
        return self.sets.get(self.current, NO_SET)

    def notice_hours(self, digests: Iterable[str], otherwise: int) -> int:
        """The shortest notice period that these sets applied.

        Of no known set it is that of the set in force, and while there is none, `otherwise`.
        """
        applied = [self.sets[digest].notice_hours for digest in digests if digest in self.sets]
        if not applied and self.current in self.sets:
            return self.in_force.notice_hours
        return min(applied, default=otherwise)

    def notice_hours_of(self, pack: Pack) -> int:
        """The notice period of the newest set that holds this version of a pack.

        The set in force is the newest. Others bear no date: of them, the one with the newest
        version of any pack, and of several the shortest period.

        Raises:
            ValueError: no set holds the version.
        """
        holding = [
            (digest == self.current, _newest_version(published), -published.notice_hours)
            for digest, published in self.sets.items()
            if any((p.id, p.version) == (pack.id, pack.version) for p in published.packs)
        ]
        return -max(holding)[-1]

    @property
    def packs(self) -> dict[tuple[str, int], Pack]:
        """Every version of every pack that any set holds, by id and version."""
        found = {(p.id, p.version): p for s in self.sets.values() for p in s.packs}
        return dict(sorted(found.items()))

    @property
    def campaigns(self) -> dict[str, tuple[Pack, ...]]:
        """The versions of packs that belong to each campaign whose name can stand in a path."""
        found: dict[str, tuple[Pack, ...]] = {}
        for pack in self.packs.values():
            if pack.campaign and is_campaign_name(pack.campaign):
                found[pack.campaign] = (*found.get(pack.campaign, ()), pack)
        return dict(sorted(found.items()))

    @property
    def unpublishable(self) -> list[str]:
        """Packs that get no page and campaigns that get no summary, for want of a fit name."""
        packs = self.packs.values()
        names = {f"pack {pack.id}" for pack in packs if not pack.has_page}
        campaigns = {pack.campaign for pack in packs if pack.campaign}
        names |= {f"campaign {name}" for name in campaigns if not is_campaign_name(name)}
        return sorted(names)

    def ran(self, provider: str, digests: Iterable[str]) -> dict[tuple[str, int], Pack]:
        """The packs that these sets run for a provider, by id and version."""
        known = [self.sets[digest] for digest in digests if digest in self.sets]
        found = {(p.id, p.version): p for s in known for p in s.packs if s.runs(provider, p)}
        return dict(sorted(found.items()))

    def pauses_of(self, pack: Pack) -> dict[str, dict[str, Paused]]:
        """For whom the set in force holds a rule of this version in shadow: by rule, provider."""
        found: dict[str, dict[str, Paused]] = {}
        if any((p.id, p.version) == (pack.id, pack.version) for p in self.in_force.packs):
            for provider, settings in sorted(self.in_force.providers.items()):
                for pause in settings.paused:
                    name, _, rule = pause.rule.partition("/")
                    if name == pack.id:
                        found.setdefault(rule, {})[provider] = pause
        return found

    def paused(self, provider: str, digests: Iterable[str]) -> tuple[Paused, ...]:
        """The rules that these sets hold in shadow for a provider, by rule."""
        known = [self.sets[digest] for digest in digests if digest in self.sets]
        found = {p for s in known for p in s.settings_of(provider).paused}
        return tuple(sorted(found, key=lambda paused: (paused.rule, paused.since, paused.why)))


def is_campaign_name(name: str) -> bool:
    """Whether a summary may be published under the name.

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


def _newest_version(rule_set: RuleSet) -> datetime:
    """Return when the newest version in a set was published."""
    return max((pack.published_at or LONG_AGO for pack in rule_set.packs), default=LONG_AGO)
