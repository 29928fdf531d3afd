"""The set that follows the one in force: packs are added, replaced and removed one by one.

Pure: what was published before comes in as arguments, and a document goes out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from ledger.errors import OperatorError
from ledger.pointer import RETURN_DAYS
from matcher import FOLD_VERSION, Pack, Paused, ProviderSettings, RuleSet, build_set
from rules.factchecks import FACTCHECKS, without_factchecks


class Earlier(NamedTuple):
    """A set that was in force before, until when; `until` is None where that is not known."""

    rule_set: RuleSet
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """What shall change in the set in force; all else stays.

    `chosen` gives providers the ids of packs that they run, or None for those of the law.
    `without_rules` names providers that may be left with no rule. `target` is the earlier set that
    comes back: then versions may be lower than those in force.
    """

    packs: Sequence[Pack]
    now: datetime
    notice_hours: int
    removed: Sequence[str] = ()
    chosen: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    without_rules: Sequence[str] = ()
    target: RuleSet | None = None


def next_set(before: RuleSet | None, order: Order, earlier: Sequence[Earlier]) -> bytes:
    """Return the document that follows the set in force.

    A version that is in force, or was in force within RETURN_DAYS, keeps the moment of its
    publication, so that no new notice period begins. A pause ends with a higher version of its
    pack, and only so. A provider that lost packs because they left the set runs them again when
    they return. The index of published checks stays, with its pack: checks come by another way.

    `earlier` holds the sets that were in force before, the newest first.

    Raises OperatorError if the order does not fit the set in force.
    """
    _check(before, order)
    after = {pack.id: pack for pack in before.packs} if before else {}
    standing = dict(after)
    for name in order.removed:
        del after[name]
    for pack in order.packs:
        published_at = _published_at(pack, standing, earlier, order.now)
        after[pack.id] = msgspec.structs.replace(pack, published_at=published_at)
    providers = {
        name: msgspec.structs.replace(
            settings,
            packs=_names(name, before, order, after, earlier),
            paused=tuple(_standing_pauses(settings.paused, standing, after)),
        )
        for name, settings in (before.providers if before else {}).items()
    }
    for name, pause in _returning_pauses(standing, after, earlier):
        settings = providers.get(name, ProviderSettings())
        if pause.rule not in {one.rule for one in settings.paused}:
            paused = (*settings.paused, pause)
            providers[name] = msgspec.structs.replace(settings, paused=paused)
    for name, wanted in order.chosen.items():
        names = None if wanted is None else tuple(wanted)
        providers[name] = msgspec.structs.replace(
            providers.get(name, ProviderSettings()), packs=names
        )
    if order.target:  # whoever it does not name runs the packs of the law, and needs no entry
        target = order.target.providers
        providers = {
            name: settings
            for name, settings in providers.items()
            if name in target or settings != ProviderSettings()
        }
    return build_set(
        after.values(),
        notice_hours=order.notice_hours,
        providers=providers,
        factchecks=before.factchecks if before else "",
    )


def going_back(
    before: RuleSet, target: RuleSet, now: datetime, notice_hours: int, without_rules: Sequence[str]
) -> Order:
    """Return the order that puts an earlier set's packs, and who runs them, in force again.

    The index of checks stays, and so do pauses and whether a provider wants fact-checks. A
    provider that the earlier set does not name runs the packs of the law, as it did then.

    Raises OperatorError if the earlier set was checked with another fold.
    """
    if target.fold != FOLD_VERSION:
        raise OperatorError(
            f"that set was checked with the fold {target.fold}, and this release has"
            f" {FOLD_VERSION}: publish its packs again from their files"
        )
    packs = without_factchecks(target.packs)
    ids = {pack.id for pack in packs}
    return Order(
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


def _check(before: RuleSet | None, order: Order) -> None:
    """Raise OperatorError for what cannot follow the set in force."""
    standing = {pack.id: pack for pack in before.packs} if before else {}
    ids = {pack.id for pack in order.packs}
    for name in order.removed:
        if name == FACTCHECKS:
            raise OperatorError(f"--remove {name}: it belongs to the index of checks, and stays")
        if name in ids:
            raise OperatorError(f"--remove {name}: the folder holds it too; take it out of one")
        if name not in standing:
            raise OperatorError(f"--remove {name}: the set in force has no such pack")
    for pack in order.packs:
        found = standing.get(pack.id)
        if found and found.version > pack.version and not order.target:
            raise OperatorError(
                f"{pack.id} has version {pack.version}, and version {found.version} is in force:"
                " raise its version, or go back with `terang packs rollback`"
            )
    unchecked = sorted(
        name for name in standing.keys() - ids - {*order.removed} if name != FACTCHECKS
    )
    if before and before.fold != FOLD_VERSION and unchecked:
        raise OperatorError(
            f"the set in force was checked with the fold {before.fold}, and this release has"
            f" {FOLD_VERSION}: publish all of its packs again, or remove them; the folder lacks"
            f" {', '.join(unchecked)}"
        )


def _published_at(
    pack: Pack, standing: Mapping[str, Pack], earlier: Sequence[Earlier], now: datetime
) -> datetime:
    """Return when a version was first published, or now if it is new or was away for too long."""
    found = standing.get(pack.id)
    moment = found.published_at if found and _is_same(found, pack) else None
    for rule_set, until in earlier:
        if moment is None and until is not None and until >= now - timedelta(days=RETURN_DAYS):
            same = (one for one in rule_set.packs if _is_same(one, pack))
            moment = next((one.published_at for one in same), None)
    return moment or now.astimezone(UTC).replace(microsecond=0)


def _is_same(one: Pack, other: Pack) -> bool:
    return (one.id, one.version, one.digest) == (other.id, other.version, other.digest)


def _names(
    provider: str,
    before: RuleSet | None,
    order: Order,
    after: Mapping[str, Pack],
    earlier: Sequence[Earlier],
) -> tuple[str, ...] | None:
    """Return the packs that a provider names in the set that follows; None for those of the law."""
    names = before.providers[provider].packs if before else None
    if before is None or names is None:
        return None
    if not names and provider in order.without_rules:
        return ()
    if not names and _ran_the_law(provider, earlier):
        return None
    names = (*names, *_lost(provider, before, earlier))
    return tuple(name for name in names if name in after)


def _ran_the_law(provider: str, earlier: Iterable[Earlier]) -> bool:
    """Return whether a provider that names nothing ran the packs of the law before that."""
    for rule_set, _ in earlier:
        had = rule_set.settings_of(provider).packs
        if had != ():
            return had is None
    return False


def _lost(provider: str, before: RuleSet, earlier: Iterable[Earlier]) -> tuple[str, ...]:
    """Return the packs that a provider named until they left the set.

    A pack that stayed in the set when its name went was given up by the provider itself; what was
    named before that no longer counts. A provider that names nothing lost all of its packs.
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


def _standing_pauses(
    paused: Iterable[Paused], standing: Mapping[str, Pack], after: Mapping[str, Pack]
) -> Iterator[Paused]:
    """Yield the pauses that go on: those of packs that do not come in a higher version."""
    for pause in paused:
        pack, _, rule = pause.rule.partition("/")
        is_higher = pack in after and after[pack].version > standing[pack].version
        if pack in after and not is_higher and rule in {one.id for one in after[pack].rules}:
            yield pause


def _returning_pauses(
    standing: Mapping[str, Pack], after: Mapping[str, Pack], earlier: Iterable[Earlier]
) -> Iterator[tuple[str, Paused]]:
    """Yield providers and the pauses that they had of versions that return, the newest first."""
    returning = {
        (pack.id, pack.version)
        for pack in after.values()
        if pack.id not in standing or standing[pack.id].version != pack.version
    }
    for rule_set, _ in earlier:
        versions = {pack.id: pack.version for pack in rule_set.packs}
        for name, settings in sorted(rule_set.providers.items()):
            for pause in settings.paused:
                pack = pause.rule.partition("/")[0]
                if (pack, versions[pack]) in returning:
                    yield name, pause
