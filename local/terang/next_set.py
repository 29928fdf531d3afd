"""Builds the set that follows the one in force: packs are added, replaced and removed.

`next_set` is pure: earlier sets come in as arguments, and a document comes out. `SetHistory` reads
the sets that were in force before from the public bucket.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from authoring.advice import PLACEHOLDER
from ledger.closing import RETURN_DAYS, Pointer, read_pointer, set_key
from ledger.codes import OperatorError
from ledger.objects import S3Objects
from ledger.texts import utc
from matcher import (
    FOLD_VERSION,
    Pack,
    Paused,
    ProviderSettings,
    RuleSet,
    SetError,
    build_set,
    load_set,
)
from rules.pinned import FACTCHECKS, matching_digest, without_factchecks
from terang import InputError

_UNWRITTEN = re.compile(rb'(?<!\\)"' + PLACEHOLDER.encode())
"""A text in JSON that begins with the placeholder."""


class ReplacedSet(NamedTuple):
    """A set that was in force before, and until when; `until` is None if that is unknown."""

    rule_set: RuleSet
    until: datetime | None


type Earlier = Sequence[ReplacedSet]
"""The sets that were in force before, the newest first."""

type ById = Mapping[str, Pack]


@dataclass(frozen=True, slots=True)
class SetRequest:
    """The changes to the set in force; all else stays.

    `chosen` gives providers the ids of packs that they run, or None for those of the law. An id
    behind `+` is one that a provider runs besides its packs. `without_rules` names providers that
    may be left with no rule. `target` is the earlier set that returns: then versions may be lower
    than those in force.
    """

    packs: Sequence[Pack]
    now: datetime
    notice_hours: int
    removed: Sequence[str] = ()
    chosen: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    without_rules: Sequence[str] = ()
    target: RuleSet | None = None


def next_set(before: RuleSet | None, request: SetRequest, earlier: Earlier) -> bytes:
    """Return the document that follows the set in force.

    A version that is in force, or was within RETURN_DAYS, keeps the moment of its publication, so
    that no new notice period begins, and stays as unprotected as it was then; so does one that
    differs from it only in its words or its card. Only a higher version that changes more ends a
    pause. A provider that lost packs because they left the set runs them again when they return.
    The index of published checks and its pack stay.

    `earlier` holds the sets that were in force before, the newest first. Raises OperatorError if
    the request does not fit the set in force.
    """
    _check(before, request)
    after = {pack.id: pack for pack in before.packs} if before else {}
    current = dict(after)
    for name in request.removed:
        del after[name]
    for pack in request.packs:
        first = _first_published(pack, current, earlier, request.now)
        after[pack.id] = msgspec.structs.replace(
            pack, published_at=first.published_at, unprotected=first.unprotected
        )
    providers = {
        name: msgspec.structs.replace(
            settings,
            packs=_names(name, before, request, after, earlier),
            paused=tuple(_kept_pauses(settings.paused, current, after)),
        )
        for name, settings in (before.providers if before else {}).items()
    }
    for name, pause in _returning_pauses(current, after, earlier):
        settings = providers.get(name, ProviderSettings())
        if pause.rule not in {known.rule for known in settings.paused}:
            paused = (*settings.paused, pause)
            providers[name] = msgspec.structs.replace(settings, paused=paused)
    for name, wanted in request.chosen.items():
        settings = providers.get(name, ProviderSettings())
        providers[name] = msgspec.structs.replace(
            settings, packs=_wanted(wanted, settings, after.values())
        )
    if request.target:  # providers that it does not name run the packs of the law and need no entry
        target = request.target.providers
        providers = {
            name: settings
            for name, settings in providers.items()
            if name in target or settings != ProviderSettings()
        }
    return build_set(
        after.values(),
        notice_hours=request.notice_hours,
        providers=providers,
        factchecks=before.factchecks if before else "",
    )


def going_back(
    before: RuleSet, target: RuleSet, now: datetime, notice_hours: int, without_rules: Sequence[str]
) -> SetRequest:
    """Return the request that restores an earlier set's packs, and which providers run them.

    The index of checks stays, and so do pauses and whether a provider wants fact-checks. A provider
    that the earlier set does not name runs the packs of the law, as it did then. Raises
    OperatorError if the earlier set was checked with another fold.
    """
    if target.fold != FOLD_VERSION:
        raise OperatorError(
            f"that set was checked with the fold {target.fold}, and this release has"
            f" {FOLD_VERSION}: publish its packs again from their files"
        )
    packs = without_factchecks(target.packs)
    ids = {pack.id for pack in packs}
    return SetRequest(
        packs=packs,
        now=now,
        notice_hours=notice_hours,
        removed=[pack.id for pack in without_factchecks(before.packs) if pack.id not in ids],
        chosen={
            name: target.settings_of(name).packs
            for name in target.providers.keys() | before.providers.keys()
        },
        without_rules=without_rules,
        target=target,
    )


def _check(before: RuleSet | None, request: SetRequest) -> None:
    current = {pack.id: pack for pack in before.packs} if before else {}
    ids = {pack.id for pack in request.packs}
    for name in request.removed:
        if name == FACTCHECKS:
            raise InputError(f"--remove {name}: it belongs to the index of checks, and stays")
        if name in ids:
            raise InputError(f"--remove {name}: the folder holds it too; take it out of one")
        if name not in current:
            raise InputError(f"--remove {name}: the set in force has no such pack")
    for pack in request.packs:
        if _UNWRITTEN.search(msgspec.json.encode(pack)) and not request.target:
            raise OperatorError(
                f"{pack.id} still has a text that begins with {PLACEHOLDER!r}: everybody can read"
                " a published pack, so write what is asked there"
            )
        in_force = current.get(pack.id)
        if in_force and in_force.version > pack.version and not request.target:
            raise OperatorError(
                f"{pack.id} has version {pack.version}, and version {in_force.version} is in force:"
                " raise its version, or go back with `terang packs rollback`"
            )
    unchecked = sorted(
        name for name in current.keys() - ids - {*request.removed} if name != FACTCHECKS
    )
    if before and before.fold != FOLD_VERSION and unchecked:
        raise OperatorError(
            f"the set in force was checked with the fold {before.fold}, and this release has"
            f" {FOLD_VERSION}: publish all of its packs again, or remove them; the folder lacks"
            f" {', '.join(unchecked)}"
        )


def _wanted(
    wanted: Sequence[str] | None, settings: ProviderSettings, packs: Iterable[Pack]
) -> tuple[str, ...] | None:
    """Return the packs that a provider names from now on; None for those of the law."""
    added = [name.removeprefix("+") for name in wanted or () if name.startswith("+")]
    if not added:
        return None if wanted is None else tuple(wanted)
    runs = [pack.id for pack in without_factchecks(packs) if settings.takes(pack)]
    return tuple(dict.fromkeys((*runs, *added)))


def _first_published(pack: Pack, current: ById, earlier: Earlier, now: datetime) -> Pack:
    """Return a version as it was first published: now, if it is new or was away for too long."""
    known = [current[pack.id]] if pack.id in current else []
    for rule_set, until in earlier:
        if until is not None and until >= now - timedelta(days=RETURN_DAYS):
            known += rule_set.packs
    first = next((old for old in known if old.published_at and _is_same(old, pack)), None)
    at = now.astimezone(UTC).replace(microsecond=0)
    return first or msgspec.structs.replace(pack, published_at=at)


def _is_same(pack: Pack, other: Pack) -> bool:
    """Return whether two versions of a pack are one, or differ only in their words or card."""
    if pack.id != other.id:
        return False
    is_one = (pack.version, pack.digest) == (other.version, other.digest)
    return is_one or matching_digest(pack) == matching_digest(other)


def _names(
    provider: str, before: RuleSet | None, request: SetRequest, after: ById, earlier: Earlier
) -> tuple[str, ...] | None:
    """Return the packs that a provider names in the set that follows; None for those of the law."""
    names = before.providers[provider].packs if before else None
    if before is None or names is None:
        return None
    if not names and provider in request.without_rules:
        return ()
    before_that = (rule_set.settings_of(provider).packs for rule_set, _ in earlier)
    if not names and next((had for had in before_that if had != ()), ()) is None:
        return None  # it ran those of the law, until all of them left
    names = (*names, *_lost(provider, before, earlier))
    return tuple(name for name in names if name in after)


def _lost(provider: str, before: RuleSet, earlier: Earlier) -> tuple[str, ...]:
    """Return the packs that a provider named until they left the set.

    A pack that stayed in the set when its name went was given up by the provider itself; names
    before that do not count. A provider that names no packs lost all of them.
    """
    first = names = before.providers[provider].packs or ()
    newer = before
    for rule_set, _ in earlier:
        had = rule_set.settings_of(provider).packs
        if had is None:
            break
        gone = {*had} - {*names}
        if not {*names} <= {*had} or (names and gone & {pack.id for pack in newer.packs}):
            break
        names, newer = had, rule_set
    return tuple(name for name in names if name not in first)


def _kept_pauses(paused: Iterable[Paused], current: ById, after: ById) -> Iterator[Paused]:
    for pause in paused:
        pack, _, rule = pause.rule.partition("/")
        is_higher = pack in after and after[pack].version > current[pack].version
        is_other = is_higher and not _is_same(current[pack], after[pack])
        if pack in after and not is_other and rule in {known.id for known in after[pack].rules}:
            yield pause


def _returning_pauses(current: ById, after: ById, earlier: Earlier) -> Iterator[tuple[str, Paused]]:
    """Yield providers and the pauses that they had on versions that return, newest first."""
    returning = {
        (pack.id, pack.version)
        for pack in after.values()
        if pack.id not in current or current[pack.id].version != pack.version
    }
    for rule_set, _ in earlier:
        versions = {pack.id: pack.version for pack in rule_set.packs}
        for name, settings in sorted(rule_set.providers.items()):
            for pause in settings.paused:
                pack = pause.rule.partition("/")[0]
                if (pack, versions[pack]) in returning:
                    yield name, pause


MIN_DIGITS = 8
"""The least number of hex digits that may name a set."""


@dataclass(frozen=True, slots=True)
class SetHistory:
    """Reads every set of a public bucket, and the history of the pointer, which dates them."""

    objects: S3Objects
    name: str

    def before(self, current: RuleSet | None, request: SetRequest) -> list[ReplacedSet]:
        """Return the sets before the one in force, newest first, if the change needs them.

        It does if a version or a pack returns, or if a provider lost all of its packs. Sets that
        the pointer's history does not name come last, by the newest version in them.
        """
        if current is None or not self._needs_earlier(current, request):
            return []
        pointer = read_pointer(self.objects, self.name) or Pointer("", "")
        until = {earlier.set: earlier.until for earlier in reversed(pointer.earlier)}
        dated: list[tuple[str, str, ReplacedSet]] = []
        for digest in self._digests() - {pointer.set}:
            try:
                rule_set = load_set(self.objects.get(self.name, set_key(digest)) or b"", digest)
            except SetError:
                continue  # it has another form or is damaged
            ended = until.get(digest, "")
            moment = datetime.fromisoformat(ended) if ended else None
            published = [pack.published_at for pack in rule_set.packs if pack.published_at]
            newest = utc(max(published)) if published else ""
            dated.append((ended, newest, ReplacedSet(rule_set, moment)))
        return [earlier for *_, earlier in sorted(dated, key=lambda row: row[:2], reverse=True)]

    def _needs_earlier(self, current: RuleSet, request: SetRequest) -> bool:
        if request.target:
            return True
        lost = (name for name, settings in current.providers.items() if settings.packs == ())
        if any(name not in request.without_rules for name in lost):
            return True
        versions = {pack.id: pack.version for pack in current.packs}
        for pack in request.packs:
            prefix = f"packs/{pack.id}/"
            if pack.id in versions:
                prefix += f"{pack.version}.yaml"
            if versions.get(pack.id) != pack.version and self.objects.keys(self.name, prefix):
                return True
        return False

    def whole_digest(self, digest: str) -> str:
        """Return the digest of the one set that begins so. Raises OperatorError."""
        fitting = [whole for whole in self._digests() if whole.startswith(digest)]
        if len(digest) < MIN_DIGITS or len(fitting) != 1:
            problem = "several sets begin with it" if fitting else "no set begins with it"
            raise InputError(
                f"{digest!r}: {problem}, or it is shorter than {MIN_DIGITS} hex digits:"
                " see `terang packs list`"
            )
        return fitting[0]

    def _digests(self) -> set[str]:
        keys = self.objects.keys(self.name, "sets/")
        named = (re.fullmatch(r"sets/([0-9a-f]{64})\.json", key) for key in keys)
        return {match[1] for match in named if match}
