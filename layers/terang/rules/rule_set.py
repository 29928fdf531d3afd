"""A set: the packs in force, for every provider, as one immutable document named by its digest.

The document is canonical JSON (sorted keys, no white space), stored as `sets/<digest>.json`.
`RuleSet` is its only schema. `read_set` and `KnownSets` read a set to show its content, whatever
version of the code made it. `load_set` also checks that this code can run it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import structs

from rules import pinned
from rules.law import FIRST_LAW, LAW_VERSION
from rules.pack import Ground, Mode, Pack

FOLD_VERSION = "4+unicode-15.1.0+icu-76.1+opencc-0.1.7+7a1727467b94"
"""Names the fold: a counter of changes to this code and to the code and words that read disguises,
then the versions and the digest of the table. A set names its fold, so that no deployment changes
what a published rule finds. Raise the counter when a rule finds something else."""

FORMAT = 1
FORMAT_WITH_SIGNS = 2
"""The format of a set whose rules have signs or scores. Code that knows neither refuses it."""

FORMATS = (FORMAT, FORMAT_WITH_SIGNS)
EFFORT_VERSION = 3
"""Names the budget of work for one post (`matcher.hit`). It decides how much of a long post is
read."""

FIRST_EFFORT = 1
"""The effort of a set that names none. Sets named none while there was only the first."""


class SetError(ValueError):
    """A document that is not the expected set, or that this code cannot run."""


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a trial came to: copy groups by how people judged them, and the 95 % interval of right.

    `people` judged, and `agreed` of the `twice` judged groups were judged alike by two of them.
    """

    judged: int = 0
    right: int = 0
    wrong: int = 0
    cannot_tell: int = 0
    low: float = 0.0
    high: float = 0.0
    people: int = 0
    twice: int = 0
    agreed: int = 0


ALL, HIGH = "all", "high"
"""The bands in which a rule can be adopted: all of its findings, or those of the upper band."""


class Paused(msgspec.Struct, frozen=True):
    """A rule (`pack/rule`) held in shadow for one provider, since when (RFC 3339), and why."""

    rule: str
    since: str
    why: str


class Adopted(msgspec.Struct, frozen=True):
    """A rule (`pack/rule`) that people of one provider tried, and let propose there.

    `matching` is the digest of what they tried (`rule_digest`): a version that changes it is on
    trial again. `band` is `all`, or `high` alone. `since` is RFC 3339; the notice period follows.
    `evidence` are the figures of the trial, by the provider's own account. The flood guard expects
    up to `expected` findings per mille of a day's posts.
    """

    rule: str
    version: int
    matching: str
    band: str
    since: str
    evidence: Evidence
    expected: int = 0


class ProviderSettings(msgspec.Struct, frozen=True):
    """What a provider runs: pack ids, or None for every pack whose ground is illegal.

    Findings of published fact-checks stay in shadow unless `factchecks` asks for them. `live_here`
    are the rules in shadow that it has adopted.
    """

    packs: tuple[str, ...] | None = None
    paused: tuple[Paused, ...] = ()
    factchecks: bool = False
    live_here: tuple[Adopted, ...] = ()

    def takes(self, pack: Pack) -> bool:
        """Return whether the provider runs a pack. One that rests on terms must be named."""
        if pack.id == pinned.FACTCHECKS:
            return True
        return pack.ground is Ground.ILLEGAL if self.packs is None else pack.id in self.packs

    def wants_any(self, packs: Iterable[Pack]) -> bool:
        """Return whether a pack has terms, or has fact-checks that the provider wants."""
        return any(pack.id != pinned.FACTCHECKS or self.factchecks for pack in packs)


class Selection(NamedTuple):
    """What one provider runs at one time.

    `skipped` names packs outside their dates, in the order of ids. `shadowed` gives the reason
    for each rule (`pack/rule`) that was moved to shadow: fold, effort, not-public, not-wanted,
    paused, notice, unprotected (`Pack.unprotected`), or for a scored rule law, no-card or not-read.
    `adopted` are the rules that are live because the provider adopted them. With `no_rules`,
    nothing can be proposed: `packs` has no pack of words, and the provider does not want published
    fact-checks either.
    """

    packs: tuple[Pack, ...]
    skipped: tuple[str, ...]
    shadowed: dict[str, str]
    no_rules: bool
    adopted: Mapping[str, Adopted] = {}


class SetFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a set, except for its packs."""

    format: int = FORMAT
    fold: str = ""
    effort: int | msgspec.UnsetType = msgspec.UNSET
    law: int | msgspec.UnsetType = msgspec.UNSET
    notice_hours: int
    providers: dict[str, ProviderSettings] = {}
    factchecks: str = ""
    signs: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    matching: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class RuleSet(SetFields, frozen=True, kw_only=True):
    """The content of a set. `notice_hours` is how long a new version runs in shadow first.

    `factchecks` is the digest of the index of published checks, or empty. `effort` names the budget
    of work for one post (`matcher.hit`), and `law` what sums are worth (`rules.law`); without them,
    they are the first. `signs` has the digest of each sign that its rules use; without it, they use
    none. `matching` has the digest of the matching part of each pack (`rules.pinned`); earlier sets
    lack it.
    """

    packs: tuple[Pack, ...]

    def settings_of(self, provider: str) -> ProviderSettings:
        """Return the settings of a provider, which are the defaults unless the set names it."""
        return self.providers.get(provider, ProviderSettings())

    def for_provider(self, provider: str, at: datetime, *, public: bool) -> Selection:
        """Select what a provider runs at a moment, which has its offset.

        A pack outside its dates on that UTC day is skipped and named. A rule is moved to shadow
        where nobody can read it (`public` is false), where it is paused for the provider, and
        until `notice_hours` have passed since its version was published. A rule in shadow that the
        provider has adopted is live, `notice_hours` after that.
        """
        settings = self.settings_of(provider)
        running: list[Pack] = []
        skipped: list[str] = []
        shadowed: dict[str, str] = {}
        adopted: dict[str, Adopted] = {}
        for pack in filter(settings.takes, self.packs):
            if at.astimezone(UTC).date() not in pack.in_force:
                skipped.append(pack.id)
                continue
            reasons = self._shadow_reasons(pack, settings, at, public=public)
            here = self._adopted(pack, settings, at, reasons)
            reasons = {name: why for name, why in reasons.items() if name not in here}
            shadowed |= reasons
            adopted |= here
            running.append(_with_modes(pack, reasons, here))
        no_rules = not settings.wants_any(running)
        return Selection(tuple(running), tuple(skipped), shadowed, no_rules, adopted)

    def packs_of(self, provider: str, today: date) -> tuple[Pack, ...]:
        """Return the packs that a provider runs from a day (UTC) on, without expired ones."""
        settings = self.settings_of(provider)
        return tuple(
            one for one in self.packs if settings.takes(one) and today <= one.in_force.until
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
        if pack.id == pinned.FACTCHECKS and not settings.factchecks:
            return dict.fromkeys(names, "not-wanted")
        if pack.published_at and at < pack.published_at + timedelta(hours=self.notice_hours):
            return dict.fromkeys(names, "notice")
        has_other_law = (self.law or FIRST_LAW) != LAW_VERSION
        lacks = {
            f"{pack.id}/{rule.id}": "law" if has_other_law and rule.score else pack.lacks_of(rule)
            for rule in pack.rules
        }
        paused = {pause.rule: "paused" for pause in settings.paused if pause.rule in lacks}
        return {name: reason for name, reason in (lacks | paused).items() if reason}

    def _adopted(
        self, pack: Pack, settings: ProviderSettings, at: datetime, reasons: Mapping[str, str]
    ) -> dict[str, Adopted]:
        """Return the adopted rules of a pack that propose.

        An adoption holds for what was tried. It replaces a person who has read the card, and lifts
        no other reason.
        """
        notice = timedelta(hours=self.notice_hours)
        return {
            adopted.rule: adopted
            for adopted in settings.live_here
            if is_as_tried([pack], adopted)
            and reasons.get(adopted.rule, "not-read") == "not-read"
            and at >= datetime.fromisoformat(adopted.since) + notice
        }


def _with_modes(pack: Pack, in_shadow: Collection[str], live: Collection[str]) -> Pack:
    modes = dict.fromkeys(in_shadow, Mode.SHADOW) | dict.fromkeys(live, Mode.LIVE)
    rules = tuple(
        structs.replace(rule, mode=modes.get(f"{pack.id}/{rule.id}", rule.mode))
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
    signs = pinned.digests_of(ordered)
    rule_set = RuleSet(
        format=FORMAT_WITH_SIGNS if signs or pinned.has_scores(ordered) else FORMAT,
        signs=signs or msgspec.UNSET,
        fold=fold,
        effort=msgspec.UNSET if EFFORT_VERSION == FIRST_EFFORT else EFFORT_VERSION,
        law=LAW_VERSION if pinned.has_scores(ordered) else msgspec.UNSET,
        notice_hours=notice_hours,
        packs=ordered,
        providers=dict(providers or {}),
        factchecks=factchecks,
    )
    return _encode(rule_set)


def _encode(rule_set: RuleSet) -> bytes:
    """Return the document of a set, without adoptions that have lapsed."""
    providers = {
        name: structs.replace(
            settings,
            live_here=tuple(one for one in settings.live_here if is_as_tried(rule_set.packs, one)),
        )
        for name, settings in rule_set.providers.items()
    }
    matching = {pack.id: pinned.matching_digest(pack) for pack in rule_set.packs}
    whole = structs.replace(rule_set, matching=matching, providers=providers)
    check_set(whole)
    return msgspec.json.encode(whole, order="sorted")


def is_as_tried(packs: Iterable[Pack], adopted: Adopted) -> bool:
    """Return whether these packs have an adopted rule as people tried it.

    A version that changes what the rule finds ends the adoption: the rule is in shadow again.
    """
    return any(
        adopted.rule == f"{pack.id}/{rule.id}"
        and adopted.matching == pinned.rule_digest(pack, rule)
        for pack in packs
        for rule in pack.rules
    )


def counted_rules(packs: Iterable[Pack]) -> Iterator[tuple[str, int]]:
    """Yield each rule as receipts name it, and how many tallies of a receipt may count it.

    Its key (`pack/version/rule/mode`) is in `by_rule`, in `held` if the flood guard holds it, which
    happens to live ones only, and in `high` if its score has that band.
    """
    for pack in packs:
        for rule in pack.rules:
            mode, has_band = pack.mode_of(rule), bool(rule.score and rule.score.high)
            yield f"{pack.id}/{pack.version}/{rule.id}/{mode}", 1 + (mode is Mode.LIVE) + has_band


def with_factchecks(
    before: RuleSet | None, digest: str, languages: Iterable[str], now: datetime, notice_hours: int
) -> bytes:
    """Return the document of the next set: the same with another index of checks.

    `notice_hours` is used where there is no set yet. The fold stays the same, because
    only publishing checks the packs again.
    """
    packs = before.packs if before else ()
    current = next((pack for pack in packs if pack.id == pinned.FACTCHECKS), None)
    checks = pinned.factchecks_pack(current, languages, now)
    if before is None:
        return build_set([checks], notice_hours=notice_hours, factchecks=digest)
    packs = tuple(sorted([*pinned.without_factchecks(packs), checks], key=lambda pack: pack.id))
    return _encode(structs.replace(before, packs=packs, factchecks=digest))


def with_settings(before: RuleSet, provider: str, settings: ProviderSettings) -> bytes:
    """Return the document of the next set: the same with other settings of one provider."""
    return _encode(structs.replace(before, providers=before.providers | {provider: settings}))


def with_notes(before: RuleSet, notes: Iterable[tuple[str, Paused | Adopted]]) -> bytes:
    """Return the document of the next set: the same with more pauses and adoptions by provider.

    Each replaces an earlier one of its kind of the same rule.
    """
    providers = dict(before.providers)
    for provider, note in notes:
        settings = providers.get(provider, ProviderSettings())
        field = "paused" if isinstance(note, Paused) else "live_here"
        others = [other for other in getattr(settings, field) if other.rule != note.rule]
        providers[provider] = structs.replace(settings, **{field: (*others, note)})
    return _encode(structs.replace(before, providers=providers))


def check_set(rule_set: RuleSet) -> None:
    """Raise SetError if the content of a set contradicts itself, or this code lacks its signs."""
    if problem := pinned.signs_problem(rule_set.packs, rule_set.signs or {}):
        raise SetError(f"this set cannot run: {problem}")
    ids = [pack.id for pack in rule_set.packs]
    if twice := sorted(pack for pack, number in Counter(ids).items() if number > 1):
        raise SetError(f"pack ids occur twice: {twice}")
    rules = {f"{pack.id}/{rule.id}" for pack in rule_set.packs for rule in pack.rules}
    for pack in rule_set.packs:
        if any(rule.mode is Mode.LIVE for rule in pack.rules):
            raise SetError(f"pack {pack.id} has a rule that is live by itself")
        if pack.published_at is None or pack.published_at.tzinfo is None:
            raise SetError(f"pack {pack.id} lacks `published_at` with its offset")
    if bool(rule_set.factchecks) != (pinned.FACTCHECKS in ids):
        raise SetError(f"an index of checks and the pack {pinned.FACTCHECKS} need each other")
    for provider, settings in rule_set.providers.items():
        unknown = {*(settings.packs or ())} - {*ids}
        unknown |= {pause.rule for pause in settings.paused} - rules
        unknown |= {adopted.rule for adopted in settings.live_here} - rules
        if unknown:
            raise SetError(
                f"provider {provider} names packs or rules that the set lacks: {sorted(unknown)}"
            )


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def digest_of(data: bytes) -> str:
    """Return the name of a set: the SHA-256 of its document, in hex."""
    return hashlib.sha256(data).hexdigest()


def read_set(data: bytes) -> RuleSet:
    """Read a set to show its content. Running it may need another version of the code.

    Raises SetError if the document is not a set.

    >>> read_set(b'{"notice_hours": 24, "packs": [], "fold": "7", "new_field": 1}').notice_hours
    24
    """
    try:
        return msgspec.json.decode(data, type=RuleSet)
    except _UNREADABLE as error:
        raise SetError(f"not a set: {error}") from None


def load_set(data: bytes, digest: str | None = None) -> RuleSet:
    """Read a set to run it, and check that it has this digest, if one is given.

    A set that was checked with another fold can be loaded and proposes nothing: see
    `RuleSet.for_provider`.

    Raises SetError if the digest or the format differs, or the content contradicts itself.
    """
    if digest is not None and (actual := digest_of(data)) != digest:
        raise SetError(f"the set's digest is {actual}, not {digest}: it was changed or mixed up")
    try:
        made_as = msgspec.json.decode(data, type=_Format).format
    except _UNREADABLE as error:
        raise SetError(f"not a set: {error}") from None
    if made_as not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise SetError(f"the set has format {made_as}; this code reads {known}")
    rule_set = read_set(data)
    check_set(rule_set)
    return rule_set


@dataclass(slots=True)
class KnownSets:
    """The sets that a worker has read to show them: each set once, and each pack in them once.

    A set is named by its digest, so it never changes. Sets share nearly all of their packs.
    To parse each as a whole would take 1 MB of memory for each set of the shipped packs, so that a
    thousand sets would fill the memory of publish.
    """

    _sets: dict[str, RuleSet] = field(default_factory=dict)
    _packs: dict[bytes, Pack] = field(default_factory=dict)

    def read(self, digests: Iterable[str], fetch: Callable[[str], bytes]) -> dict[str, RuleSet]:
        """Return the sets of these digests. `fetch` returns the document of one not read before.

        Raises SetError if a document is not a set.
        """
        return {digest: self.one(digest, fetch) for digest in digests}

    def one(self, digest: str, fetch: Callable[[str], bytes]) -> RuleSet:
        """Return one set, as `read` does."""
        if digest not in self._sets:
            self._sets[digest] = self._parse(fetch(digest))
        return self._sets[digest]

    def _parse(self, data: bytes) -> RuleSet:
        try:
            raw_set = msgspec.json.decode(data, type=_RawSet)
            packs = tuple(map(self._pack, raw_set.packs))
        except _UNREADABLE as error:
            raise SetError(f"not a set: {error}") from None
        others = {name: getattr(raw_set, name) for name in SetFields.__struct_fields__}
        return RuleSet(packs=packs, **others)

    def _pack(self, raw: msgspec.Raw) -> Pack:
        digest = hashlib.sha256(raw).digest()
        if digest not in self._packs:
            self._packs[digest] = msgspec.json.decode(raw, type=Pack)
        return self._packs[digest]


class _RawSet(SetFields, frozen=True, kw_only=True):
    """A set whose packs are still JSON."""

    packs: tuple[msgspec.Raw, ...]


class _Format(msgspec.Struct):
    """The field that says how to read the others."""

    format: int
