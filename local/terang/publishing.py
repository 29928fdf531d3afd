"""Publishing packs: their YAML, a new set, and last the pointer, moved by compare-and-swap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from claims.facts import facts_of
from claims.index import Index
from claims.topics import lists, lists_digest
from ledger.errors import ImmutableError, OperatorError
from ledger.keys import factchecks_facts_key, factchecks_key, factchecks_lists_key
from ledger.objects import S3Objects
from ledger.pointer import NO_SET, POINTER_KEY, current_set, move_pointer, set_key
from ledger.pretty import pretty
from matcher import Choice, Pack, Paused, RuleSet, build_set, load_set
from matcher.factchecks import FACTCHECKS, with_factchecks, without_factchecks, written


@dataclass(frozen=True, slots=True)
class PublicBucket:
    """Where packs are published."""

    objects: S3Objects
    name: str

    def publish(
        self,
        folder: Path,
        packs: Sequence[Pack],
        chosen: Mapping[str, Sequence[str]],
        *,
        notice_hours: int,
        now: datetime,
    ) -> str:
        """Publish checked packs as the set in force; its digest.

        `chosen` names, for providers that want other than what rests on the law, the packs that
        they run; what earlier sets say of other providers stays. Raises OperatorError when a
        version was published before with other content, or others publish at the same time.
        """
        for pack in packs:
            self._put_yaml(folder, pack)
        return self._move(
            lambda before: next_set(before, packs, chosen, notice_hours=notice_hours, now=now)
        )

    def choose(
        self, provider: str, packs: Sequence[str] | None, *, factchecks: bool | None = None
    ) -> str:
        """Let a provider run these packs of the set in force; the new set's digest.

        `factchecks` says whether findings of published fact-checks are proposed to it, or only
        counted. What is None stays as it is.
        """

        def changed(before: RuleSet | None) -> bytes:
            if before is None:
                raise OperatorError(NO_SET)
            unknown = sorted(set(packs or ()) - {pack.id for pack in before.packs})
            if unknown:
                raise OperatorError(f"not in the set in force: {', '.join(unknown)}")
            choice = before.providers.get(provider, Choice())
            if packs is not None:
                choice = msgspec.structs.replace(choice, packs=tuple(packs))
            if factchecks is not None:
                choice = msgspec.structs.replace(choice, factchecks=factchecks)
            return _with_choice(before, provider, choice)

        return self._move(changed)

    def pause(self, provider: str, rule: str, why: str) -> str:
        """Hold a rule (`pack/rule`) in shadow for a provider, for everybody to see; the new set.

        Only a higher version of its pack lifts it.
        """

        def changed(before: RuleSet | None) -> bytes:
            if before is None:
                raise OperatorError(NO_SET)
            since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            choice = before.providers.get(provider, Choice())
            others = tuple(one for one in choice.paused if one.rule != rule)
            paused = (*others, Paused(rule, since, why))
            return _with_choice(before, provider, msgspec.structs.replace(choice, paused=paused))

        return self._move(changed)

    def publish_checks(self, index: Index, *, notice_hours: int, now: datetime) -> str:
        """Put an index of published checks in force, as learn does; the new set's digest."""
        self.objects.put_new(self.name, factchecks_key(index.digest), index.data)
        self.objects.put_new(self.name, factchecks_lists_key(lists_digest()), lists())
        facts = pretty(facts_of(index, {}))
        self.objects.put(self.name, factchecks_facts_key(index.digest), facts)
        languages = tuple(index.totals)
        digest = self._move(
            lambda before: with_factchecks(before, index.digest, languages, now, notice_hours)
        )
        pack = next(pack for pack in self._set(digest).packs if pack.id == FACTCHECKS)
        self.objects.put_new(self.name, f"packs/{FACTCHECKS}/{pack.version}.yaml", written(pack))
        return digest

    def choices(self) -> dict[str, Choice]:
        """What each provider of the set in force runs that wants anything else than the default."""
        if self.objects.get(self.name, POINTER_KEY) is None:
            return {}
        return self._set(current_set(self.objects, self.name)).providers

    def _set(self, digest: str) -> RuleSet:
        data = self.objects.get(self.name, set_key(digest))
        if data is None:
            raise OperatorError(f"the set {digest} is gone from the public bucket")
        return load_set(data, digest)

    def _move(self, following: Callable[[RuleSet | None], bytes]) -> str:
        """Write the set that follows the one in force, and move the pointer to it."""
        return move_pointer(
            self.objects,
            self.name,
            lambda before: following(None if before is None else load_set(before)),
        )

    def _put_yaml(self, folder: Path, pack: Pack) -> None:
        paths = [folder] if folder.is_file() else sorted(folder.glob("*.y*ml"))
        texts = (path.read_text(encoding="utf-8") for path in paths)
        source = next(
            data
            for data in (text.encode() for text in texts)
            if sha256(data).hexdigest() == pack.digest
        )
        try:
            key = f"packs/{pack.id}/{pack.version}.yaml"
            self.objects.put_new(self.name, key, source)
        except ImmutableError:
            raise OperatorError(
                f"version {pack.version} of {pack.id} was published with other content:"
                " what changes needs a higher version"
            ) from None


def next_set(
    before: RuleSet | None,
    packs: Sequence[Pack],
    chosen: Mapping[str, Sequence[str]],
    *,
    notice_hours: int,
    now: datetime,
) -> bytes:
    """The document that follows the set in force.

    A version that was in force keeps the moment of its publication, so that publishing again does
    not begin a new notice period. A pause ends with a higher version of its pack, and only so. The
    index of published checks stays, with its pack: checks come by another way.
    """
    standing = [pack for pack in before.packs if pack.id == FACTCHECKS] if before else []
    known = {(pack.id, pack.version): pack for pack in before.packs} if before else {}
    moment = now.astimezone(UTC).replace(microsecond=0)
    dated = [
        msgspec.structs.replace(
            pack,
            published_at=known[pack.id, pack.version].published_at
            if (pack.id, pack.version) in known
            else moment,
        )
        for pack in without_factchecks(packs)
    ]
    dated += standing
    kept = {f"{pack.id}/" for pack in dated if (pack.id, pack.version) in known}
    ids = {pack.id for pack in dated}
    providers = {}
    for name, choice in (before.providers if before else {}).items():
        paused = tuple(one for one in choice.paused if any(map(one.rule.startswith, kept)))
        names = None if choice.packs is None else tuple(i for i in choice.packs if i in ids)
        providers[name] = Choice(names, paused, choice.factchecks)
    for name, wanted in chosen.items():
        choice = providers.get(name, Choice())
        providers[name] = msgspec.structs.replace(choice, packs=tuple(wanted))
    factchecks = before.factchecks if before else ""
    return build_set(dated, notice_hours=notice_hours, providers=providers, factchecks=factchecks)


def _with_choice(before: RuleSet, provider: str, choice: Choice) -> bytes:
    """The set with what one provider runs, and everything else as it was."""
    return build_set(
        before.packs,
        notice_hours=before.notice_hours,
        providers=before.providers | {provider: choice},
        factchecks=before.factchecks,
    )
