"""Publishes packs: their YAML, a new set, and last the pointer, moved by compare-and-swap.

`SetChange` is what publishing would change in the set in force: packs, providers, notice periods.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec

from claims.admission import facts_of
from claims.check_finder import ClaimIndex
from claims.topics import lists, lists_digest
from ledger import closing
from ledger.codes import ImmutableError, OperatorError
from ledger.keys import factchecks_facts_key, factchecks_key, factchecks_lists_key
from ledger.objects import S3Objects
from ledger.texts import Clock, SystemClock, encode_json, utc
from ledger.units import receipt_problem
from matcher import Mode, Pack, Paused, ProviderSettings, RuleSet, load_set
from rules import rule_set as sets
from rules.pack import pack_paths
from rules.pinned import FACTCHECKS, pack_yaml, without_factchecks
from terang import check_known
from terang.next_set import SetHistory, SetRequest, going_back, next_set
from terang.terminal import counted

NO_RULE = "NO RULE: nothing is inspected for it"


@dataclass(frozen=True, slots=True)
class SetChange:
    """A set that would follow another one, or be the first; `providers` are all known ones."""

    before: RuleSet | None
    after: RuleSet
    providers: tuple[str, ...]
    now: datetime

    @property
    def added(self) -> list[Pack]:
        """The packs that the set in force does not have."""
        return [pack for pack in _term_packs(self.after) if pack.id not in self._before]

    @property
    def removed(self) -> list[Pack]:
        """The packs that are removed."""
        after = {pack.id for pack in self.after.packs}
        return [pack for pack in self._before.values() if pack.id not in after]

    @property
    def replaced(self) -> list[tuple[Pack, Pack]]:
        """The packs with another version, or that this release reads differently."""
        return [
            (self._before[pack.id], pack)
            for pack in _term_packs(self.after)
            if pack.id in self._before and self._before[pack.id] != pack
        ]

    @property
    def without_rules(self) -> list[str]:
        """The providers that would run no rule."""
        today = self.now.date()
        return [name for name in self.providers if self.after.is_without_rules(name, today)]

    @property
    def losing(self) -> list[str]:
        """The providers that would no longer run a pack that stays in the set."""
        today, stay = self.now.date(), {pack.id for pack in self.after.packs}
        return [
            name
            for name in self.providers
            if self.before
            and stay.intersection(_ids(self.before, name, today))
            - set(_ids(self.after, name, today))
        ]

    @property
    def _before(self) -> dict[str, Pack]:
        return {pack.id: pack for pack in _term_packs(self.before)} if self.before else {}

    def check(self, may_be_without: Collection[str]) -> None:
        """Raise OperatorError if a provider would be left with no rules or with too many."""
        today, before = self.now.date(), self.before
        left = [
            name
            for name in self.without_rules
            if not (name in may_be_without or (before and before.is_without_rules(name, today)))
        ]
        if left:
            name = left[0]
            raise OperatorError(
                f"{', '.join(left)} would run no rule. Name packs with --provider {name}=PACK,PACK"
                f" (a pack that rests on terms runs only where it is named), or say"
                f" --allow-no-rules {name}"
            )
        for name in self.providers:
            check_receipts(name, self.after.packs_of(name, today))
        # For providers registered later: no provider has the empty string as its id.
        check_receipts("a provider that names no packs", self.after.packs_of("", today))

    def lines(self) -> Iterator[str]:
        """Yield the change for people, one line for each pack and provider."""
        if self.before == self.after:
            yield "nothing changes"
        for pack in self.removed:
            yield f"- {pack.id} version {pack.version}: removed"
        for pack in self.added:
            yield f"+ {pack.id} version {pack.version}: {_rules(pack)}, {self._proposes(pack)}"
        for old, new in self.replaced:
            before, after = ({rule.id: rule for rule in pack.rules} for pack in (old, new))
            changed = sum(before[name] != after[name] for name in before.keys() & after.keys())
            new_ones, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
            rules = f"{_rules(new)} ({new_ones} new, {changed} changed, {gone} gone)"
            yield (
                f"~ {new.id} version {old.version} -> {new.version}: {rules}, {self._proposes(new)}"
            )
        today = self.now.date()
        run = {pack for name in self.providers for pack in _ids(self.after, name, today)}
        unused = [pack.id for pack in self.added if self.providers and pack.id not in run]
        if unused:
            named = f"--provider {self.providers[0]}=+{',+'.join(unused)}"
            yield f"no provider runs {', '.join(unused)}: publish it with {named}"
        stay = len(_term_packs(self.after)) - len(self.added) - len(self.replaced)
        if stay and self.before != self.after:
            yield f"= {stay} {'pack stays' if stay == 1 else 'packs stay'}"
        for name in self.providers:
            yield f"{name}: {self._runs(name)}"

    def _runs(self, provider: str) -> str:
        today = self.now.date()
        after = _ids(self.after, provider, today)
        before = _ids(self.before, provider, today) if self.before else []
        runs = ", ".join(after) if after else "no pack of words"
        if self.after.is_without_rules(provider, today):
            runs = NO_RULE
        new = [name for name in after if name not in before]
        gone = [name for name in before if name not in after]
        changed = [f"new: {', '.join(new)}"] if new and before else []
        if self.before and new and not before:
            changed = ["ran none before"]
        changed += [f"no longer: {', '.join(gone)}"] if gone else []
        return f"{runs} ({'; '.join(changed)})" if changed else runs

    def _proposes(self, pack: Pack) -> str:
        if all(pack.mode_of(rule) is Mode.SHADOW for rule in pack.rules):
            return ", ".join(["in shadow", *sorted({*map(pack.lacks_of, pack.rules)} - {""})])
        until = notice_until(pack, self.after.notice_hours)
        if until <= self.now:
            return "proposes at once"
        return f"proposes from {until:%Y-%m-%d %H:%M} UTC"


def notice_until(pack: Pack, notice_hours: int) -> datetime:
    """Return the end of a pack's notice period, in UTC. A pack of a set has `published_at`."""
    published_at = pack.published_at or datetime.max.replace(tzinfo=UTC)
    return published_at.astimezone(UTC) + timedelta(hours=notice_hours)


def check_receipts(provider: str, packs: Iterable[Pack]) -> None:
    """Raise OperatorError if a receipt that counts all rules of these packs is too large."""
    if problem := receipt_problem(sets.counted_rules(packs)):
        advice = "name fewer packs for it with --provider, or shorten ids"
        raise OperatorError(f"{provider} would run {problem}; {advice}")


def _term_packs(rule_set: RuleSet) -> tuple[Pack, ...]:
    return without_factchecks(rule_set.packs)


def _ids(rule_set: RuleSet, provider: str, today: date) -> list[str]:
    return [pack.id for pack in rule_set.packs_of(provider, today) if pack.id != FACTCHECKS]


def _rules(pack: Pack) -> str:
    return counted(len(pack.rules), "rule")


type Consent = Callable[[SetChange], None]
"""Is called with the change; raises OperatorError to refuse it."""


@dataclass(frozen=True, slots=True)
class PackBucket:
    """The bucket where packs are published. `clock` dates changes that are given no moment."""

    objects: S3Objects
    name: str
    clock: Clock = SystemClock()  # noqa: RUF009 - frozen

    def publish(
        self,
        folder: Path | None,
        packs: Sequence[Pack],
        chosen: Mapping[str, Sequence[str]],
        *,
        notice_hours: int,
        now: datetime,
        removed: Sequence[str] = (),
        registered: Sequence[str] = (),
        without_rules: Sequence[str] = (),
        consent: Consent = lambda _: None,
    ) -> str:
        """Add checked packs to the set in force or replace theirs. Return the new set's digest.

        `folder` holds the files of the packs. `chosen` gives providers the ids of packs that they
        run, and `without_rules` names those that may run no rule; `registered` are providers that
        the set may not name. If somebody else publishes meanwhile, the change is made again from
        the newer set, and `consent` is asked again.

        Raises OperatorError if a version was published before with other content or is lower than
        the one in force, if a provider would run no rule or too many, or if others keep publishing.
        """
        request = SetRequest(packs, now, notice_hours, removed, chosen, without_rules)
        paths = pack_paths(folder) if folder else []
        texts = (path.read_text(encoding="utf-8").encode() for path in paths)
        by_digest = {sha256(text).hexdigest(): text for text in texts}
        sources = {pack.id: by_digest[pack.digest] for pack in packs}

        def make_next(before: bytes | None) -> bytes:
            published = {pack.id: self.objects.get(self.name, _yaml_key(pack)) for pack in packs}
            for pack in packs:
                if published[pack.id] not in (None, sources[pack.id]):
                    raise OperatorError(_other_content(pack))
            data = self._changed(before, request, registered, consent)
            for pack in packs:
                if published[pack.id] is None:
                    try:
                        self.objects.put_new(self.name, _yaml_key(pack), sources[pack.id])
                    except ImmutableError:
                        raise OperatorError(_other_content(pack)) from None
            return data

        return closing.put_in_force(self.objects, self.name, make_next, now)

    def go_back(
        self,
        digest: str,
        *,
        notice_hours: int,
        now: datetime,
        registered: Sequence[str] = (),
        without_rules: Sequence[str] = (),
        consent: Consent = lambda _: None,
    ) -> str:
        """Put the packs of an earlier set, and who runs them, in force again.

        Return the digest of the set in force then: the earlier one's own, unless something that
        came since has to stay, such as a pause, or has to begin, such as a notice period. Raises
        OperatorError as `publish` does, and if there is no such set.
        """
        name = SetHistory(self.objects, self.name).whole_digest(digest)
        target = self.objects.get(self.name, closing.set_key(name)) or b""
        earlier_set = load_set(target, name)

        def make_next(before: bytes | None) -> bytes:
            if before is None:
                raise OperatorError(closing.NO_SET)
            request = going_back(load_set(before), earlier_set, now, notice_hours, without_rules)
            data = self._changed(before, request, registered, consent)
            return target if load_set(data) == earlier_set else data

        return closing.put_in_force(self.objects, self.name, make_next, now)

    def _changed(
        self, before: bytes | None, request: SetRequest, registered: Sequence[str], consent: Consent
    ) -> bytes:
        current = None if before is None else load_set(before)
        earlier = SetHistory(self.objects, self.name).before(current, request)
        data = next_set(current, request, earlier)
        after = load_set(data)
        if not without_factchecks(after.packs):
            raise OperatorError("no pack would be in force: there is nothing to publish")
        names = {*registered, *after.providers, *(current.providers if current else ())}
        change = SetChange(current, after, tuple(sorted(names)), request.now)
        change.check(request.without_rules)
        consent(change)
        return before if before is not None and current == after else data

    def choose(
        self, provider: str, packs: Sequence[str] | None, *, factchecks: bool | None = None
    ) -> str:
        """Let a provider run these packs of the set in force, and return the new set's digest.

        `factchecks` says whether findings of published fact-checks are proposed to it, or only
        counted. A setting that is None stays as it is.
        """

        def changed(before: RuleSet) -> bytes:
            for pack in packs or ():
                check_known("pack", pack, (each.id for each in before.packs))
            settings = before.settings_of(provider)
            if packs is not None:
                settings = msgspec.structs.replace(settings, packs=tuple(packs))
            if factchecks is not None:
                settings = msgspec.structs.replace(settings, factchecks=factchecks)
            return sets.with_settings(before, provider, settings)

        return self._change(changed)

    def pause(self, provider: str, rule: str, why: str) -> str:
        """Hold a rule (`pack/rule`) in shadow for a provider, and return the new set's digest.

        The pause is public. A higher version of its pack with other rules ends it, or `allow`.
        """

        def changed(before: RuleSet) -> bytes:
            rules = (f"{pack.id}/{each.id}" for pack in before.packs for each in pack.rules)
            check_known("rule", rule, rules)
            pause = Paused(rule, utc(self.clock.now()), why)
            return sets.with_notes(before, [(provider, pause)])

        return self._change(changed)

    def allow(self, provider: str, rule: str) -> str:
        """End the pause of a rule for a provider, and return the new set's digest.

        `publish` pauses it again where people still find it wrong too often.
        """

        def changed(before: RuleSet) -> bytes:
            settings = before.settings_of(provider)
            check_known("paused rule", rule, (pause.rule for pause in settings.paused))
            left = tuple(pause for pause in settings.paused if pause.rule != rule)
            settings = msgspec.structs.replace(settings, paused=left)
            return sets.with_settings(before, provider, settings)

        return self._change(changed)

    def adopt(self, provider: str, adopted: Collection[sets.Adopted]) -> list[str]:
        """Let a provider run rules as another run adopted them. Return those that lapse.

        A rule that is gone, or finds something else now, lapses. What was adopted later than now
        holds from now on: a run may be given an earlier day.
        """
        lapsed: list[str] = []

        def changed(before: RuleSet) -> bytes:
            lapsed[:] = [one.rule for one in adopted if not sets.is_as_tried(before.packs, one)]
            now = utc(self.clock.now())
            from_now = (msgspec.structs.replace(one, since=min(one.since, now)) for one in adopted)
            return sets.with_notes(before, ((provider, one) for one in from_now))

        self._change(changed)
        return lapsed

    def publish_checks(self, index: ClaimIndex, now: datetime) -> str:
        """Put an index of checks in force without notice. Return the new set's digest."""
        self.objects.put_new(self.name, factchecks_key(index.digest), index.data)
        self.objects.put_new(self.name, factchecks_lists_key(lists_digest()), lists())
        facts = encode_json(facts_of(index, {}))
        self.objects.put(self.name, factchecks_facts_key(index.digest), facts)

        def make_next(before: bytes | None) -> bytes:
            current = None if before is None else load_set(before)
            return sets.with_factchecks(
                current, index.digest, tuple(index.totals), now, notice_hours=0
            )

        digest = closing.put_in_force(self.objects, self.name, make_next, now)
        pack = next(pack for pack in self._set(digest).packs if pack.id == FACTCHECKS)
        self.objects.put_new(self.name, f"packs/{FACTCHECKS}/{pack.version}.yaml", pack_yaml(pack))
        return digest

    def provider_settings(self) -> dict[str, ProviderSettings]:
        """Return the settings of the providers that have some in the set in force."""
        pointer = closing.read_pointer(self.objects, self.name)
        return self._set(pointer.set).providers if pointer else {}

    def in_force(self) -> tuple[closing.Pointer, RuleSet]:
        """Raise OperatorError while no set was published."""
        pointer = closing.read_pointer(self.objects, self.name)
        if pointer is None:
            raise OperatorError(closing.NO_SET)
        return pointer, self._set(pointer.set)

    def lines(self, registered: Iterable[str], now: datetime) -> Iterator[str]:
        """Yield the set in force for people: its packs, who runs them, and the sets before it."""
        pointer, rule_set = self.in_force()
        yield f"set {pointer.set}"
        yield f"in force since {pointer.since}"
        for pack in rule_set.packs:
            yield f"  {_pack_line(pack, notice_until(pack, rule_set.notice_hours), now)}"
        yield "providers:"
        for name in sorted({*registered, *rule_set.providers}):
            yield f"  {name}: {_provider_line(rule_set, name, now.date())}"
        if pointer.earlier:
            yield f"sets before it, of the last {closing.RETURN_DAYS} days:"
        yield from (f"  {earlier.set} until {earlier.until}" for earlier in pointer.earlier)

    def _set(self, digest: str) -> RuleSet:
        return load_set(closing.stored_set(self.objects, self.name, digest), digest)

    def _change(self, changed: Callable[[RuleSet], bytes]) -> str:
        def make_next(before: bytes | None) -> bytes:
            if before is None:
                raise OperatorError(closing.NO_SET)
            return changed(load_set(before))

        return closing.put_in_force(self.objects, self.name, make_next, self.clock.now())


def _pack_line(pack: Pack, notice: datetime, now: datetime) -> str:
    is_live = any(pack.mode_of(rule) is Mode.LIVE for rule in pack.rules)
    published_at = pack.published_at or now
    days = pack.in_force
    return (
        f"{pack.id} version {pack.version}: {_rules(pack)}, {'live' if is_live else 'shadow'},"
        f" published {_minute(published_at)},"
        f" notice until {_minute(notice)}{'' if notice > now else ' (over)'},"
        f" runs {days.from_} to {days.until}{'' if now.date() <= days.until else ' (expired)'}"
    )


def _provider_line(rule_set: RuleSet, name: str, today: date) -> str:
    settings = rule_set.providers.get(name, ProviderSettings())
    line = ", ".join(_ids(rule_set, name, today)) or "no pack of words"
    if rule_set.is_without_rules(name, today):
        line = NO_RULE
    if settings.paused:
        line += f"; paused: {', '.join(pause.rule for pause in settings.paused)}"
    if settings.live_here:
        named = (f"{one.rule} (version {one.version}, {one.band})" for one in settings.live_here)
        line += f"; adopted: {', '.join(named)}"
    return line + ("; fact-checks are proposed" if settings.factchecks else "")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _yaml_key(pack: Pack) -> str:
    return f"packs/{pack.id}/{pack.version}.yaml"


def _other_content(pack: Pack) -> str:
    return (
        f"version {pack.version} of {pack.id} was published with other content:"
        " a change needs a higher version"
    )
