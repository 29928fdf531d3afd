"""The published sets as publish reads them: plain JSON beside the numbers, open to everyone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
"""What may stand in a public path: ids of packs and names of campaigns."""

PERIOD_NAME = re.compile(r"\d{4}-\d{2}(-\d{2})?")
"""Months and days: a campaign of such a name would overwrite them."""


FACTCHECKS = "factchecks"
"""The pack whose rules are no words: see `rules.factchecks`."""


class LegalGround(msgspec.Struct, frozen=True):
    """The law, or the terms, that a pack rests on."""

    text: str = ""
    url: str = ""


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The days of a pack, both included, in UTC."""

    from_: str
    until: str


class AtLeast(msgspec.Struct, frozen=True):
    """A group of which `n` terms or more must be met, each at a place of its own."""

    n: int
    of: tuple[str, ...]


class PublishedRule(msgspec.Struct, frozen=True, rename={"except_": "except"}):
    """One rule as its author wrote it.

    `any` is short for one group of `all`; `mode` is None where the pack's mode holds. Only rules of
    the pack `factchecks` have a category of their own.
    """

    id: str
    severity: str
    why: str
    all: tuple[tuple[str, ...], ...] = ()
    any: tuple[str, ...] = ()
    at_least: AtLeast | None = None
    links: tuple[str, ...] = ()
    within: int | None = None
    except_: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    exact: bool = False
    match: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    mode: str | None = None
    category: str = ""

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups of terms, each of which must be met."""
        return (self.any, *self.all) if self.any else self.all


class PublishedPack(msgspec.Struct, frozen=True):
    """One version of a pack; its content never changes."""

    id: str
    version: int
    title: str
    why: str
    category: str
    ground: str
    owner: str
    in_force: InForce
    mode: str
    rules: tuple[PublishedRule, ...]
    keywords: tuple[str, ...] = ()
    legal_ground: LegalGround = LegalGround()
    languages: tuple[str, ...] = ()
    campaign: str | None = None
    published_at: str | None = None

    @property
    def has_page(self) -> bool:
        """Whether its id can stand in a public path; what cannot is counted all the same."""
        return SAFE_NAME.fullmatch(self.id) is not None

    def category_of(self, rule: PublishedRule) -> str:
        """What findings of a rule count as."""
        return rule.category or self.category

    @property
    def categories(self) -> tuple[str, ...]:
        """What its findings count as, in the order of its rules, each once."""
        return tuple(dict.fromkeys(map(self.category_of, self.rules))) or (self.category,)

    def proposes_from(self, notice_hours: int) -> str:
        """The moment after its notice period, RFC 3339 to the minute, or empty if not known."""
        if not self.published_at:
            return ""
        moment = datetime.fromisoformat(self.published_at) + timedelta(hours=notice_hours)
        return moment.isoformat(timespec="minutes").replace("+00:00", "Z")


class Paused(msgspec.Struct, frozen=True):
    """A rule (`pack/rule`) that is held in shadow for a provider, since when and why."""

    rule: str
    since: str = ""
    why: str = ""


class Terms(msgspec.Struct, frozen=True):
    """What a set says of one provider: its packs (None: all with ground `illegal`), and pauses.

    `factchecks`: findings of published checks are proposed to it, not only counted.
    """

    packs: tuple[str, ...] | None = None
    paused: tuple[Paused, ...] = ()
    factchecks: bool = False


class PublishedSet(msgspec.Struct, frozen=True):
    """The packs in force at one time, under the digest that receipts name.

    `factchecks` is the digest of the index of published checks, or empty. Fields that publish does
    not need are ignored. A name that cannot stand in a public path is not an error: the set never
    changes, so an error would hold back every number for ever. See `Catalogue.unpublishable`.
    """

    packs: tuple[PublishedPack, ...] = ()
    providers: dict[str, Terms] = {}
    notice_hours: int = 24
    factchecks: str = ""

    def runs(self, provider: str, pack: PublishedPack) -> bool:
        """Whether the provider's posts meet this pack; `all` stands for anybody's."""
        if pack.id == FACTCHECKS:
            return True  # in shadow where nobody asked for it
        if provider == "all":
            named = {name for terms in self.providers.values() for name in terms.packs or ()}
            return pack.ground == "illegal" or pack.id in named
        packs = self.providers.get(provider, Terms()).packs
        return pack.ground == "illegal" if packs is None else pack.id in packs


class Ruling(NamedTuple):
    """What a finding of a rule counts as."""

    category: str
    severity: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All published sets by digest, and the one in force (empty while there is none)."""

    sets: Mapping[str, PublishedSet]
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
                for pack in self.sets.get(digest, PublishedSet()).packs
                for rule in pack.rules
            }
        return self._rulings[digest].get(rule) if mode in {"live", "shadow"} else None

    @property
    def in_force(self) -> PublishedSet:
        """The set that the pointer names; an empty one while there is none."""
        return self.sets.get(self.current, PublishedSet())

    def notice_hours(self, digests: Iterable[str], otherwise: int) -> int:
        """The shortest notice period that these sets applied.

        Of no known set it is that of the set in force, and while there is none, `otherwise`.
        """
        applied = [self.sets[digest].notice_hours for digest in digests if digest in self.sets]
        if not applied and self.current in self.sets:
            return self.in_force.notice_hours
        return min(applied, default=otherwise)

    def notice_hours_of(self, pack: PublishedPack) -> int:
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
    def packs(self) -> dict[tuple[str, int], PublishedPack]:
        """Every version of every pack that any set holds, by id and version."""
        found = {(p.id, p.version): p for s in self.sets.values() for p in s.packs}
        return dict(sorted(found.items()))

    @property
    def campaigns(self) -> dict[str, tuple[PublishedPack, ...]]:
        """The versions of packs that belong to each campaign whose name can stand in a path."""
        found: dict[str, tuple[PublishedPack, ...]] = {}
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

    def ran(self, provider: str, digests: Iterable[str]) -> dict[tuple[str, int], PublishedPack]:
        """The packs that these sets run for a provider, by id and version."""
        known = [self.sets[digest] for digest in digests if digest in self.sets]
        found = {(p.id, p.version): p for s in known for p in s.packs if s.runs(provider, p)}
        return dict(sorted(found.items()))

    def pauses_of(self, pack: PublishedPack) -> dict[str, dict[str, Paused]]:
        """For whom the set in force holds a rule of this version in shadow: by rule, provider."""
        found: dict[str, dict[str, Paused]] = {}
        if any((p.id, p.version) == (pack.id, pack.version) for p in self.in_force.packs):
            for provider, terms in sorted(self.in_force.providers.items()):
                for pause in terms.paused:
                    name, _, rule = pause.rule.partition("/")
                    if name == pack.id:
                        found.setdefault(rule, {})[provider] = pause
        return found

    def paused(self, provider: str, digests: Iterable[str]) -> tuple[Paused, ...]:
        """The rules that these sets hold in shadow for a provider, by rule."""
        known = [self.sets[digest] for digest in digests if digest in self.sets]
        found = {p for s in known for p in s.providers.get(provider, Terms()).paused}
        return tuple(sorted(found, key=lambda paused: (paused.rule, paused.since, paused.why)))


def is_campaign_name(name: str) -> bool:
    """Whether a summary may be published under the name.

    >>> is_campaign_name("november-2026"), is_campaign_name("2026-11"), is_campaign_name("../x")
    (True, False, False)
    """
    return SAFE_NAME.fullmatch(name) is not None and PERIOD_NAME.fullmatch(name) is None


def _newest_version(published: PublishedSet) -> str:
    """When the newest version in a set was published, RFC 3339, or empty if not known."""
    return max((pack.published_at or "" for pack in published.packs), default="")
