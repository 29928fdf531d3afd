"""Publishes packs: their YAML, a new set, and last the pointer, moved by compare-and-swap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from authoring.check import pack_paths
from claims.index.index import ClaimIndex, facts_of
from claims.text.topics import lists, lists_digest
from ledger.aws.objects import S3Objects
from ledger.clock import Clock, SystemClock, utc
from ledger.errors import ImmutableError, OperatorError
from ledger.keys import factchecks_facts_key, factchecks_key, factchecks_lists_key
from ledger.pointer import (
    NO_SET,
    Pointer,
    current_set,
    put_in_force,
    read_pointer,
    set_key,
    stored_set,
)
from ledger.records.json_text import encode_json
from matcher import Pack, Paused, ProviderSettings, RuleSet, load_set
from rules.factchecks import FACTCHECKS, pack_yaml, without_factchecks
from rules.rule_set import with_factchecks, with_pauses, with_settings
from terang import check_known
from terang.packs.next_set import SetRequest, going_back, next_set
from terang.packs.set_change import SetChange
from terang.packs.set_history import SetHistory

type Consent = Callable[[SetChange], None]
"""Is called with the change; raises OperatorError to refuse it."""


def _accept(_: SetChange) -> None:
    """Accept any change."""


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
        consent: Consent = _accept,
    ) -> str:
        """Add checked packs to the set in force or replace theirs. Return the new set's digest.

        `folder` holds the files of the packs. `chosen` gives providers the ids of packs that they
        run, and `without_rules` names those that may run no rule; `registered` are providers that
        the set may not name. If somebody else publishes meanwhile, the change is made again from
        the newer set, and `consent` is asked again.

        Raises OperatorError if a version was published before with other content or is lower than
        the one in force, if a provider would run no rule or too many, or if others keep publishing.
        """
        request = SetRequest(
            packs=packs,
            now=now,
            notice_hours=notice_hours,
            removed=removed,
            chosen=chosen,
            without_rules=without_rules,
        )
        sources = _sources(folder, packs)

        def make_next(before: bytes | None) -> bytes:
            new = [pack for pack in packs if not self._has_yaml(pack, sources[pack.id])]
            data = self._changed(before, request, registered, consent)
            for pack in new:
                self._put_yaml(pack, sources[pack.id])
            return data

        return put_in_force(self.objects, self.name, make_next, now)

    def go_back(
        self,
        digest: str,
        *,
        notice_hours: int,
        now: datetime,
        registered: Sequence[str] = (),
        without_rules: Sequence[str] = (),
        consent: Consent = _accept,
    ) -> str:
        """Put the packs of an earlier set, and who runs them, in force again.

        Return the digest of the set in force then: the earlier one's own, unless something that
        came since has to stay, such as a pause, or has to begin, such as a notice period. Raises
        OperatorError as `publish` does, and if there is no such set.
        """
        name = self._history.whole_digest(digest)
        target = self.objects.get(self.name, set_key(name)) or b""
        earlier_set = load_set(target, name)

        def make_next(before: bytes | None) -> bytes:
            if before is None:
                raise OperatorError(NO_SET)
            request = going_back(load_set(before), earlier_set, now, notice_hours, without_rules)
            data = self._changed(before, request, registered, consent)
            return target if load_set(data) == earlier_set else data

        return put_in_force(self.objects, self.name, make_next, now)

    @property
    def _history(self) -> SetHistory:
        return SetHistory(self.objects, self.name)

    def _changed(
        self, before: bytes | None, request: SetRequest, registered: Sequence[str], consent: Consent
    ) -> bytes:
        """Return the set that follows the one in force, after checks and consent."""
        current = None if before is None else load_set(before)
        data = next_set(current, request, self._history.before(current, request))
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

        def changed(before: RuleSet | None) -> bytes:
            if before is None:
                raise OperatorError(NO_SET)
            for pack in packs or ():
                check_known("pack", pack, (each.id for each in before.packs))
            settings = before.settings_of(provider)
            if packs is not None:
                settings = msgspec.structs.replace(settings, packs=tuple(packs))
            if factchecks is not None:
                settings = msgspec.structs.replace(settings, factchecks=factchecks)
            return with_settings(before, provider, settings)

        return self._move(changed, self.clock.now())

    def pause(self, provider: str, rule: str, why: str) -> str:
        """Hold a rule (`pack/rule`) in shadow for a provider, and return the new set's digest.

        The pause is public. Only a higher version of its pack with other rules ends it.
        """

        def changed(before: RuleSet | None) -> bytes:
            if before is None:
                raise OperatorError(NO_SET)
            rules = (f"{pack.id}/{each.id}" for pack in before.packs for each in pack.rules)
            check_known("rule", rule, rules)
            pause = Paused(rule, utc(self.clock.now()), why)
            return with_pauses(before, [(provider, pause)])

        return self._move(changed, self.clock.now())

    def publish_checks(self, index: ClaimIndex, now: datetime) -> str:
        """Put an index of checks in force without notice. Return the new set's digest."""
        self.objects.put_new(self.name, factchecks_key(index.digest), index.data)
        self.objects.put_new(self.name, factchecks_lists_key(lists_digest()), lists())
        facts = encode_json(facts_of(index, {}))
        self.objects.put(self.name, factchecks_facts_key(index.digest), facts)
        languages = tuple(index.totals)
        digest = self._move(
            lambda before: with_factchecks(before, index.digest, languages, now, notice_hours=0),
            now,
        )
        pack = next(pack for pack in self._set(digest).packs if pack.id == FACTCHECKS)
        self.objects.put_new(self.name, f"packs/{FACTCHECKS}/{pack.version}.yaml", pack_yaml(pack))
        return digest

    def provider_settings(self) -> dict[str, ProviderSettings]:
        """Return the settings of the providers that have some in the set in force."""
        if read_pointer(self.objects, self.name) is None:
            return {}
        return self._set(current_set(self.objects, self.name)).providers

    def in_force(self) -> tuple[Pointer, RuleSet]:
        """Raise OperatorError while no set was published."""
        pointer = read_pointer(self.objects, self.name)
        if pointer is None:
            raise OperatorError(NO_SET)
        return pointer, self._set(pointer.set)

    def _set(self, digest: str) -> RuleSet:
        return load_set(stored_set(self.objects, self.name, digest), digest)

    def _move(self, make_next: Callable[[RuleSet | None], bytes], now: datetime) -> str:
        """Write the set that follows the one in force, and move the pointer to it."""
        return put_in_force(
            self.objects,
            self.name,
            lambda before: make_next(None if before is None else load_set(before)),
            now,
        )

    def _has_yaml(self, pack: Pack, source: bytes) -> bool:
        """Return whether a version is published. Raise OperatorError if it has other content."""
        published = self.objects.get(self.name, _yaml_key(pack))
        if published is not None and published != source:
            raise OperatorError(_other_content(pack))
        return published is not None

    def _put_yaml(self, pack: Pack, source: bytes) -> None:
        try:
            self.objects.put_new(self.name, _yaml_key(pack), source)
        except ImmutableError:
            raise OperatorError(_other_content(pack)) from None


def _yaml_key(pack: Pack) -> str:
    return f"packs/{pack.id}/{pack.version}.yaml"


def _other_content(pack: Pack) -> str:
    return (
        f"version {pack.version} of {pack.id} was published with other content:"
        " a change needs a higher version"
    )


def _sources(folder: Path | None, packs: Sequence[Pack]) -> dict[str, bytes]:
    paths = pack_paths(folder) if folder else []
    texts = (path.read_text(encoding="utf-8").encode() for path in paths)
    by_digest = {sha256(text).hexdigest(): text for text in texts}
    return {pack.id: by_digest[pack.digest] for pack in packs}
