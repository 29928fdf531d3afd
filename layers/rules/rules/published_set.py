"""A set: the packs in force, for every provider, as one immutable document named by its digest.

The document is canonical JSON (sorted keys, no white space), stored as `sets/<digest>.json`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import structs

from rules.factchecks import FACTCHECKS, factchecks_pack, without_factchecks
from rules.pack import Ground, Mode, Pack

FOLD_VERSION = "3+unicode-15.1.0+icu-76.1+opencc-0.1.7+7a1727467b94"
"""Names what texts are compared by: a count of the changes to this code and to the code and words
that read disguises, then the versions and digest of the table. A set names it, so that no
deployment changes what a published rule finds. Raise the count when a rule finds something else."""

FORMAT = 1
EFFORT_VERSION = 1
"""Names the budget of work for one post (`matcher.effort`). It decides what a long post shows."""

FIRST_EFFORT = 1
"""The effort of a set that names none: the first one, as in all earlier sets."""


class SetError(ValueError):
    """A document that is not the set it is taken for, or that this code cannot run."""


class Paused(msgspec.Struct, frozen=True):
    """A rule held in shadow for one provider: `pack/rule`, since when (RFC 3339), and why."""

    rule: str
    since: str
    why: str


class Choice(msgspec.Struct, frozen=True):
    """What a provider runs: pack ids, or None for every pack whose ground is illegal.

    Findings of published fact-checks are in shadow unless `factchecks` says that it wants them.
    """

    packs: tuple[str, ...] | None = None
    paused: tuple[Paused, ...] = ()
    factchecks: bool = False

    def takes(self, pack: Pack) -> bool:
        """Whether the provider runs a pack; one that rests on terms only if it is named."""
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
    paused, or notice.
    `no_rules` says that no pack of words is among `packs`, and that the provider does not want
    published fact-checks either: nothing can be proposed of its posts.
    """

    packs: tuple[Pack, ...]
    skipped: tuple[str, ...]
    shadowed: dict[str, str]
    no_rules: bool


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a set. `notice_hours` is how long a new version runs in shadow first.

    `factchecks` is the digest of the index of published checks, or empty. `effort` names the budget
    of work by which posts are read (`matcher.effort`); absent, it is the first.
    """

    format: int = FORMAT
    fold: str = FOLD_VERSION
    effort: int | msgspec.UnsetType = msgspec.UNSET
    notice_hours: int
    packs: tuple[Pack, ...]
    providers: dict[str, Choice] = {}
    factchecks: str = ""

    def for_provider(self, provider: str, at: datetime, *, public: bool) -> Selection:
        """Selects what a provider runs at a moment.

        A pack outside its dates on that UTC day is skipped and named, never an error. A rule is
        forced into shadow where nobody can read it (`public` is false), where it is paused for
        the provider, and until `notice_hours` have passed since its version was published.

        Args:
            provider: One without an entry runs every pack whose ground is illegal.
            at: A moment with its offset.
            public: Whether the packs can be read at a public address.
        """
        choice = self.providers.get(provider, Choice())
        running: list[Pack] = []
        skipped: list[str] = []
        shadowed: dict[str, str] = {}
        for pack in filter(choice.takes, self.packs):
            if at.astimezone(UTC).date() not in pack.in_force:
                skipped.append(pack.id)
                continue
            reasons = self._reasons(pack, choice, at, public=public)
            shadowed |= reasons
            running.append(_in_shadow(pack, reasons))
        no_rules = not choice.wants_any(running)
        return Selection(tuple(running), tuple(skipped), shadowed, no_rules)

    def packs_of(self, provider: str, today: date) -> tuple[Pack, ...]:
        """Return the packs that a provider runs from a day (UTC) on; those that expired do not."""
        choice = self.providers.get(provider, Choice())
        return tuple(
            pack for pack in self.packs if choice.takes(pack) and today <= pack.in_force.until
        )

    def is_without_rules(self, provider: str, today: date) -> bool:
        """Return whether a provider runs no pack of words and does not want fact-checks either."""
        choice = self.providers.get(provider, Choice())
        return not choice.wants_any(self.packs_of(provider, today))

    def _reasons(self, pack: Pack, choice: Choice, at: datetime, *, public: bool) -> dict[str, str]:
        """The reason for each rule of a pack that must run in shadow."""
        names = [f"{pack.id}/{rule.id}" for rule in pack.rules]
        if self.fold != FOLD_VERSION:
            return dict.fromkeys(names, "fold")
        if (self.effort or FIRST_EFFORT) != EFFORT_VERSION:
            return dict.fromkeys(names, "effort")
        if not public:
            return dict.fromkeys(names, "not-public")
        if pack.id == FACTCHECKS and not choice.factchecks:
            return dict.fromkeys(names, "not-wanted")
        if pack.published_at and at < pack.published_at + timedelta(hours=self.notice_hours):
            return dict.fromkeys(names, "notice")
        paused = {pause.rule for pause in choice.paused}
        return {name: "paused" for name in names if name in paused}


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
    providers: Mapping[str, Choice] | None = None,
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
        SetError: If ids stand twice or name nothing, or a pack lacks `published_at`.
    """
    ordered = tuple(sorted(packs, key=lambda pack: pack.id))
    budget = EFFORT_VERSION
    made = RuleSet(
        fold=fold,
        effort=msgspec.UNSET if budget == FIRST_EFFORT else budget,
        notice_hours=notice_hours,
        packs=ordered,
        providers=dict(providers or {}),
        factchecks=factchecks,
    )
    _check(made)
    return msgspec.json.encode(made, order="sorted")


def counted_rules(packs: Iterable[Pack]) -> Iterator[tuple[str, bool]]:
    """Yield each rule as receipts name it (`pack/version/rule`), and whether it is live."""
    for pack in packs:
        for rule in pack.rules:
            is_live = (rule.mode or pack.mode) is Mode.LIVE
            yield f"{pack.id}/{pack.version}/{rule.id}", is_live


def with_factchecks(
    before: RuleSet | None,
    digest: str,
    languages: Iterable[str],
    now: datetime,
    notice_hours: int,
) -> bytes:
    """Return the set that follows one, with an index of checks; all else is as it was.

    `notice_hours` is used where there is no set yet. Packs that were checked with another fold
    stay so: only publishing them checks them again.
    """
    packs = before.packs if before else ()
    standing = next((pack for pack in packs if pack.id == FACTCHECKS), None)
    return build_set(
        [*without_factchecks(packs), factchecks_pack(standing, languages, now)],
        notice_hours=before.notice_hours if before else notice_hours,
        providers=before.providers if before else {},
        factchecks=digest,
        fold=before.fold if before else FOLD_VERSION,
    )


def digest_of(data: bytes) -> str:
    """The name of a set: the SHA-256 of its document, in hex."""
    return hashlib.sha256(data).hexdigest()


def load_set(data: bytes, digest: str | None = None) -> RuleSet:
    """Reads a set, and makes sure that it is the one asked for.

    A set that was checked with another fold is read, and proposes nothing: see `for_provider`.

    Args:
        data: The document.
        digest: What its SHA-256 must be; None takes any.

    Raises:
        SetError: If the digest or the format differs, or the document is no sound set.
    """
    if digest is not None and (got := digest_of(data)) != digest:
        raise SetError(f"the set's digest is {got}, not {digest}; it was changed or mixed up")
    try:
        made = msgspec.json.decode(data, type=_Format)
        if made.format != FORMAT:
            raise SetError(f"the set has format {made.format}; this code reads {FORMAT}")
        rule_set = msgspec.json.decode(data, type=RuleSet)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SetError(f"no sound set: {error}") from None
    _check(rule_set)
    return rule_set


class _Format(msgspec.Struct):
    """What must be known of a set before the rest is read."""

    format: int


def _check(made: RuleSet) -> None:
    ids = [pack.id for pack in made.packs]
    if len(set(ids)) < len(ids):
        raise SetError(f"pack ids stand twice: {sorted({i for i in ids if ids.count(i) > 1})}")
    rules = {f"{pack.id}/{rule.id}" for pack in made.packs for rule in pack.rules}
    for pack in made.packs:
        if pack.published_at is None or pack.published_at.tzinfo is None:
            raise SetError(f"pack {pack.id} lacks `published_at` with its offset")
    if bool(made.factchecks) != (FACTCHECKS in ids):
        raise SetError(f"an index of checks and the pack {FACTCHECKS} come together, or not at all")
    for provider, choice in made.providers.items():
        unknown = {*(choice.packs or ())} - {*ids} | {p.rule for p in choice.paused} - rules
        if unknown:
            raise SetError(f"provider {provider} names what is not in the set: {sorted(unknown)}")
