"""A set: the packs in force, for every provider, as one immutable document named by its digest.

The document is canonical JSON (sorted keys, no white space), stored as `sets/<digest>.json`.
`RuleSet` is its only schema. `rules.set_reader` reads the document.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import structs

from rules.factchecks import FACTCHECKS, factchecks_pack, without_factchecks
from rules.matching_part import matching_digest
from rules.pack import Ground, Mode, Pack
from rules.signs import digests_of, has_scores, signs_problem

FOLD_VERSION = "3+unicode-15.1.0+icu-76.1+opencc-0.1.7+7a1727467b94"
"""Names the fold: a counter of changes to this code and to the code and words that read disguises,
then the versions and the digest of the table. A set names its fold, so that no deployment changes
what a published rule finds. Raise the counter when a rule finds something else."""

FORMAT = 1
FORMAT_WITH_SIGNS = 2
"""The format of a set whose rules have signs or scores. Code that knows neither refuses it."""

FORMATS = (FORMAT, FORMAT_WITH_SIGNS)
EFFORT_VERSION = 3
"""Names the budget of work for one post (`matcher.effort`). It decides how much of a long post is
read."""

FIRST_EFFORT = 1
"""The effort of a set that names none. Sets named none while there was only the first."""


class SetError(ValueError):
    """A document that is not the expected set, or that this code cannot run."""


class Paused(msgspec.Struct, frozen=True):
    """A rule (`pack/rule`) held in shadow for one provider, since when (RFC 3339), and why."""

    rule: str
    since: str
    why: str


class ProviderSettings(msgspec.Struct, frozen=True):
    """What a provider runs: pack ids, or None for every pack whose ground is illegal.

    Findings of published fact-checks stay in shadow unless `factchecks` asks for them.
    """

    packs: tuple[str, ...] | None = None
    paused: tuple[Paused, ...] = ()
    factchecks: bool = False

    def takes(self, pack: Pack) -> bool:
        """Return whether the provider runs a pack. One that rests on terms must be named."""
        if pack.id == FACTCHECKS:
            return True
        return pack.ground is Ground.ILLEGAL if self.packs is None else pack.id in self.packs

    def wants_any(self, packs: Iterable[Pack]) -> bool:
        """Return whether a pack has terms, or has fact-checks that the provider wants."""
        return any(pack.id != FACTCHECKS or self.factchecks for pack in packs)


class Selection(NamedTuple):
    """What one provider runs at one time.

    `skipped` names packs outside their dates, in the order of ids. `shadowed` gives the reason
    for each rule (`pack/rule`) that was moved to shadow: fold, effort, not-public, not-wanted,
    paused, notice, unprotected (`Pack.unprotected`), or for a scored rule no-card or not-read. With
    `no_rules`, nothing can be proposed: `packs` has no pack of words, and the provider does not
    want published fact-checks either.
    """

    packs: tuple[Pack, ...]
    skipped: tuple[str, ...]
    shadowed: dict[str, str]
    no_rules: bool


class SetFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a set, except for its packs."""

    format: int = FORMAT
    fold: str = ""
    effort: int | msgspec.UnsetType = msgspec.UNSET
    notice_hours: int
    providers: dict[str, ProviderSettings] = {}
    factchecks: str = ""
    signs: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    matching: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class RuleSet(SetFields, frozen=True, kw_only=True):
    """The content of a set. `notice_hours` is how long a new version runs in shadow first.

    `factchecks` is the digest of the index of published checks, or empty. `effort` names the budget
    of work for one post (`matcher.effort`); without it, it is the first. `signs` has the digest of
    each sign that its rules use; without it, they use none. `matching` has the digest of the
    matching part of each pack (`rules.matching_part`); earlier sets lack it.
    """

    packs: tuple[Pack, ...]

    def settings_of(self, provider: str) -> ProviderSettings:
        """Return the settings of a provider, which are the defaults unless the set names it."""
        return self.providers.get(provider, ProviderSettings())

    def for_provider(self, provider: str, at: datetime, *, public: bool) -> Selection:
        """Select what a provider runs at a moment, which has its offset.

        A pack outside its dates on that UTC day is skipped and named. A rule is moved to shadow
        where nobody can read it (`public` is false), where it is paused for the provider, and
        until `notice_hours` have passed since its version was published.
        """
        settings = self.settings_of(provider)
        running: list[Pack] = []
        skipped: list[str] = []
        shadowed: dict[str, str] = {}
        for pack in filter(settings.takes, self.packs):
            if at.astimezone(UTC).date() not in pack.in_force:
                skipped.append(pack.id)
                continue
            reasons = self._shadow_reasons(pack, settings, at, public=public)
            shadowed |= reasons
            running.append(_in_shadow(pack, reasons))
        no_rules = not settings.wants_any(running)
        return Selection(tuple(running), tuple(skipped), shadowed, no_rules)

    def packs_of(self, provider: str, today: date) -> tuple[Pack, ...]:
        """Return the packs that a provider runs from a day (UTC) on, without expired ones."""
        settings = self.settings_of(provider)
        return tuple(
            pack for pack in self.packs if settings.takes(pack) and today <= pack.in_force.until
        )

    def is_without_rules(self, provider: str, today: date) -> bool:
        """Return whether a provider runs no pack of words and does not want fact-checks either."""
        return not self.settings_of(provider).wants_any(self.packs_of(provider, today))

    def runs(self, provider: str, pack: Pack) -> bool:
        """Return whether a provider runs a pack, whatever its dates; `all` means any provider."""
        if provider != "all":
            return self.settings_of(provider).takes(pack)
        named = (settings.packs or () for settings in self.providers.values())
        return ProviderSettings().takes(pack) or any(pack.id in packs for packs in named)

    def _shadow_reasons(
        self, pack: Pack, settings: ProviderSettings, at: datetime, *, public: bool
    ) -> dict[str, str]:
        """Return the reason for each rule of a pack that must run in shadow."""
        names = [f"{pack.id}/{rule.id}" for rule in pack.rules]
        if self.fold != FOLD_VERSION:
            return dict.fromkeys(names, "fold")
        if (self.effort or FIRST_EFFORT) != EFFORT_VERSION:
            return dict.fromkeys(names, "effort")
        if not public:
            return dict.fromkeys(names, "not-public")
        if pack.id == FACTCHECKS and not settings.factchecks:
            return dict.fromkeys(names, "not-wanted")
        if pack.published_at and at < pack.published_at + timedelta(hours=self.notice_hours):
            return dict.fromkeys(names, "notice")
        paused = dict.fromkeys((pause.rule for pause in settings.paused), "paused")
        lacks = {f"{pack.id}/{rule.id}": pack.lacks_of(rule) for rule in pack.rules}
        reasons = {name: lacks[name] or paused.get(name, "") for name in names}
        return {name: reason for name, reason in reasons.items() if reason}


def _in_shadow(pack: Pack, names: Mapping[str, str]) -> Pack:
    rules = tuple(
        structs.replace(rule, mode=Mode.SHADOW) if f"{pack.id}/{rule.id}" in names else rule
        for rule in pack.rules
    )
    return structs.replace(pack, rules=rules)


def build_set(
    packs: Iterable[Pack],
    *,
    notice_hours: int,
    providers: Mapping[str, ProviderSettings] | None = None,
    factchecks: str = "",
    fold: str = FOLD_VERSION,
) -> bytes:
    """Build the document of a set. The same content gives the same bytes.

    Args:
        packs: In any order, each with `published_at`, when its version was first published.
        notice_hours: How long a new version runs in shadow.
        providers: What each provider runs and has paused, where it differs from the default.
        factchecks: The digest of the index of published checks.
        fold: The fold with which the packs were checked.

    Raises:
        SetError: If an id occurs twice or names nothing, a pack lacks `published_at`, or a rule
            uses a sign that this release does not know.
    """
    ordered = tuple(sorted(packs, key=lambda pack: pack.id))
    signs = digests_of(ordered)
    rule_set = RuleSet(
        format=FORMAT_WITH_SIGNS if signs or has_scores(ordered) else FORMAT,
        signs=signs or msgspec.UNSET,
        fold=fold,
        effort=msgspec.UNSET if EFFORT_VERSION == FIRST_EFFORT else EFFORT_VERSION,
        notice_hours=notice_hours,
        packs=ordered,
        providers=dict(providers or {}),
        factchecks=factchecks,
    )
    return _encode(rule_set)


def _encode(rule_set: RuleSet) -> bytes:
    check_set(rule_set)
    matching = {pack.id: matching_digest(pack) for pack in rule_set.packs}
    whole = structs.replace(rule_set, matching=matching)
    return msgspec.json.encode(whole, order="sorted")


def counted_rules(packs: Iterable[Pack]) -> Iterator[tuple[str, bool]]:
    """Yield each rule as receipts name it (`pack/version/rule`), and whether it is live."""
    for pack in packs:
        for rule in pack.rules:
            is_live = pack.mode_of(rule) is Mode.LIVE
            yield f"{pack.id}/{pack.version}/{rule.id}", is_live


def with_factchecks(
    before: RuleSet | None,
    digest: str,
    languages: Iterable[str],
    now: datetime,
    notice_hours: int,
) -> bytes:
    """Return the document of the next set: the same with another index of checks.

    `notice_hours` is used where there is no set yet. The fold stays the same, because
    only publishing checks the packs again.
    """
    packs = before.packs if before else ()
    current = next((pack for pack in packs if pack.id == FACTCHECKS), None)
    checks = factchecks_pack(current, languages, now)
    if before is None:
        return build_set([checks], notice_hours=notice_hours, factchecks=digest)
    packs = tuple(sorted([*without_factchecks(packs), checks], key=lambda pack: pack.id))
    return _encode(structs.replace(before, packs=packs, factchecks=digest))


def with_settings(before: RuleSet, provider: str, settings: ProviderSettings) -> bytes:
    """Return the document of the next set: the same with other settings of one provider."""
    return _encode(structs.replace(before, providers=before.providers | {provider: settings}))


def with_pauses(before: RuleSet, pauses: Iterable[tuple[str, Paused]]) -> bytes:
    """Return the document of the next set: the same with more pauses, each by its provider.

    A pause replaces an earlier one of the same rule.
    """
    providers = dict(before.providers)
    for provider, pause in pauses:
        settings = providers.get(provider, ProviderSettings())
        others = tuple(other for other in settings.paused if other.rule != pause.rule)
        providers[provider] = structs.replace(settings, paused=(*others, pause))
    return _encode(structs.replace(before, providers=providers))


def check_set(rule_set: RuleSet) -> None:
    """Raise SetError if the content of a set contradicts itself, or this code lacks its signs."""
    if problem := signs_problem(rule_set.packs, rule_set.signs or {}):
        raise SetError(f"this set cannot run: {problem}")
    ids = [pack.id for pack in rule_set.packs]
    if twice := sorted(pack for pack, number in Counter(ids).items() if number > 1):
        raise SetError(f"pack ids occur twice: {twice}")
    rules = {f"{pack.id}/{rule.id}" for pack in rule_set.packs for rule in pack.rules}
    for pack in rule_set.packs:
        if pack.published_at is None or pack.published_at.tzinfo is None:
            raise SetError(f"pack {pack.id} lacks `published_at` with its offset")
    if bool(rule_set.factchecks) != (FACTCHECKS in ids):
        raise SetError(f"an index of checks and the pack {FACTCHECKS} need each other")
    for provider, settings in rule_set.providers.items():
        unknown = {*(settings.packs or ())} - {*ids}
        unknown |= {pause.rule for pause in settings.paused} - rules
        if unknown:
            raise SetError(
                f"provider {provider} names packs or rules that the set lacks: {sorted(unknown)}"
            )
