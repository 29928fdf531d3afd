"""The rules of a unit, and what tries them on its posts.

The rules are those of a published set that a provider runs at a moment. Their terms have a matcher.
A rule `copies` hits near copies of posts that a person confirmed: `publish` keeps the fingerprints
of these in one snapshot for each provider. The first attempt at a unit compares its posts with the
newest snapshot, and records the result as `FoundCopies` before it stores a finding. Later attempts
take that result, and read no snapshot. A pack whose rules have neither has a finder of its own, and
`scan.handler` lists these.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

import msgspec

from ledger.aws.objects import S3Objects
from ledger.closing import current_set, stored_set
from ledger.findings import Label
from ledger.keys import copies_key
from ledger.posts import Post
from ledger.privacy import CopySnapshot
from ledger.refusals import OperatorError
from ledger.texts import Clock
from ledger.units import ITEM_BYTES, CopyMatch, FoundCopies, max_receipt_bytes
from matcher import Hit, Matcher, Pack, Rule, RuleSet, Span, load_set
from matcher.engine import Fingerprints, load_numpy
from matcher.hit import PostResult
from rules.pack_parts import ALGORITHM, CopyIndex, Fingerprinted
from rules.rule_set import counted_rules

SNAPSHOT_SECONDS = 60
"""The longest time for which a worker believes a snapshot before it reads it again."""

MOST_FOUND = 10_000
"""Copies of one unit: with 4,000 decisions, their record takes 350 KB of an item's 400."""


type PackRule = tuple[Pack, Rule]
"""A rule with its pack."""


def copy_rules(packs: Iterable[Pack]) -> dict[str, PackRule]:
    """Return the rules of copies of some packs, by `pack/rule`."""
    return {
        f"{pack.id}/{rule.id}": (pack, rule) for pack in packs for rule in pack.rules if rule.copies
    }


def part_hit(pack: Pack, rule: Rule, part: str, text: str, term: str) -> Hit:
    """Return the hit of a rule whose span is a whole part of a post."""
    return Hit(
        pack=pack.id,
        version=pack.version,
        rule=rule.id,
        mode=pack.mode_of(rule),
        category=pack.category_of(rule),
        severity=rule.severity,
        spans=(Span(part, 0, len(text), term, ()),),
    )


def copy_hit(found_by: PackRule, post: Post) -> Hit:
    """Return the hit of a rule of copies. Its span is the first part that is not empty."""
    part, text = next(part for part in post.parts if part[1])
    return part_hit(*found_by, part, text, f"{{{ALGORITHM}}}")


class Confirmed(NamedTuple):
    """What a worker knows of a provider's snapshot: its digest, and an index for each rule."""

    digest: str = ""
    is_erased: bool = False
    by_rule: Mapping[str, CopyIndex] = {}

    @classmethod
    def of(cls, data: bytes) -> "Confirmed":
        """Read a snapshot. One that another algorithm made has nothing to compare with."""
        snapshot, digest = msgspec.json.decode(data, type=CopySnapshot), sha256(data).hexdigest()
        by_rule: defaultdict[str, CopyIndex] = defaultdict(CopyIndex)
        for row in snapshot.rows if snapshot.algorithm == ALGORITHM else ():
            by_rule[row.rule].add(Fingerprinted(row.decision, row.fingerprint))
        if by_rule:
            load_numpy()
        return cls(digest, snapshot.erased, by_rule)


@dataclass(slots=True)
class Snapshots:
    """The newest snapshots of confirmed fingerprints, kept in memory for a minute."""

    objects: S3Objects
    clock: Clock
    work_bucket: str
    _kept: dict[str, tuple[float, Confirmed]] = field(default_factory=dict)

    def newest(self, provider: str) -> Confirmed:
        """Return the provider's snapshot; an empty one where there is none."""
        now = self.clock.now().timestamp()
        read_at, confirmed = self._kept.get(provider, (0.0, Confirmed()))
        if not 0 <= now - read_at <= SNAPSHOT_SECONDS:
            data = self.objects.get(self.work_bucket, copies_key(provider))
            if data is None:
                confirmed = Confirmed()
            elif sha256(data).hexdigest() != confirmed.digest:
                confirmed = Confirmed.of(data)
            self._kept[provider] = now, confirmed
        return confirmed


def find_copies(
    posts: Sequence[Post],
    results: Sequence[PostResult],
    rules: Mapping[str, PackRule],
    confirmed: Confirmed,
    fingerprints: Fingerprints,
) -> FoundCopies:
    """Compare posts with the confirmed ones of each rule, except those that its parent rule hits.

    `results` are what the matcher found in the posts. Equal texts are compared once.
    """
    tried = {
        name: f"{pack.id}/{rule.copies}"
        for name, (pack, rule) in rules.items()
        if confirmed.is_erased or name in confirmed.by_rule
    }
    if not tried:
        return FoundCopies(confirmed.digest)
    known: dict[tuple[str, ...], bytes] = {}
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    count = not_compared = 0
    for number, (post, result) in enumerate(zip(posts, results, strict=True)):
        hits = {f"{hit.pack}/{hit.rule}" for hit in result.hits}
        wanting = [name for name, parent in tried.items() if parent not in hits]
        if not wanting:
            continue
        if confirmed.is_erased or count >= MOST_FOUND:
            not_compared += 1
            continue
        texts = tuple(text for _, text in post.parts)
        if texts not in known:
            known[texts] = fingerprints.of(texts)
        for name in wanting if known[texts] else ():
            decision = confirmed.by_rule[name].copy_of(known[texts])
            if decision is not None:
                found[name, decision].append(number)
                count += 1
    matches = (CopyMatch(*key, tuple(numbers)) for key, numbers in sorted(found.items()))
    return FoundCopies(confirmed.digest, tuple(matches), not_compared)


class Finder(Protocol):
    """Tries the rules of one pack, which have no terms, on the posts of a unit.

    A room adds itself to the list in `scan.handler` by the id of its pack, with a function that
    takes from the set what it needs.
    """

    def found(
        self, posts: Sequence[Post]
    ) -> tuple[Mapping[int, Sequence[tuple[str, str, str, Label]]], int]:
        """Return the hits by the number of their post, and how many posts were not tried.

        A hit is the id of a rule, the name of the part that it spans, what stands for its term, and
        the label that the finding proposes. A finder bounds its work by the posts alone, so that
        each attempt at a unit finds the same.
        """


POINTER_SECONDS = 30
"""The longest time for which a worker believes the pointer before it reads it again."""

KEPT = 8
"""Sets and matchers that a worker keeps. Sets change seldom, and a provider has one at a time."""


@dataclass(slots=True)
class Rules:
    """What a provider runs. `set` is a digest; `skipped` names packs that are not in their dates.

    `none_in_force` says that the provider has no rule at all (see `Selection`). `expected` has the
    per mille of posts that a rule of a pack may hit, by pack, where the pack says so.
    `receipt_bytes` is the most that a receipt takes. `copies` are the rules of copies, by
    `pack/rule`. `finders` come with the packs whose rules they try.
    """

    set: str
    skipped: tuple[str, ...]
    matcher: Matcher
    none_in_force: bool = False
    expected: Mapping[str, int] = field(default_factory=dict)
    receipt_bytes: int = 0
    copies: Mapping[str, PackRule] = field(default_factory=dict)
    finders: Sequence[tuple[Pack, Finder]] = ()


@dataclass(slots=True)
class RuleSets:
    """Published sets and their matchers, kept in memory.

    Without a public address (`public` false) every rule runs as shadow. `finders` are by pack.
    `patience` is this worker's own share of POINTER_SECONDS, so that workers that started together
    do not all read the pointer and a new set at the same moment.
    """

    objects: S3Objects
    clock: Clock
    public_bucket: str
    public: bool
    patience: float = POINTER_SECONDS
    finders: Mapping[str, Callable[[RuleSet], Finder]] = field(default_factory=dict)
    _pointer: tuple[float, str] = (0.0, "")
    _sets: OrderedDict[str, RuleSet] = field(default_factory=OrderedDict)
    _rules: OrderedDict[tuple[object, ...], Rules] = field(default_factory=OrderedDict)

    def current(self) -> str:
        """Return the digest of the set in force, read at most POINTER_SECONDS ago."""
        now = self.clock.now().timestamp()
        if now - self._pointer[0] > self.patience or not self._pointer[1]:
            self._pointer = (now, current_set(self.objects, self.public_bucket))
        return self._pointer[1]

    def rules(self, digest: str, provider: str, at: datetime) -> Rules:
        """Return the rules of that set for a provider at a moment.

        Raises OperatorError if the set is missing, or has so many rules for the provider that a
        receipt of all of them would not fit into the table and no unit could be committed.
        """
        rule_set = self._set(digest)
        selection = rule_set.for_provider(provider, at, public=self.public)
        packs = selection.packs
        key = (
            digest,
            tuple(pack.id for pack in packs),
            selection.skipped,
            frozenset(selection.shadowed),
            selection.no_rules,
        )
        if key not in self._rules:
            versions = {pack.id: pack.version for pack in rule_set.packs}
            rules = Rules(
                set=digest,
                skipped=tuple(f"{pack}/{versions[pack]}" for pack in selection.skipped),
                receipt_bytes=_checked_size(digest, provider, packs),
                matcher=Matcher(packs),
                none_in_force=selection.no_rules,
                expected={
                    pack.id: pack.expected_per_mille for pack in packs if pack.expected_per_mille
                },
                copies=copy_rules(packs),
                finders=[
                    (pack, self.finders[pack.id](rule_set))
                    for pack in packs
                    if pack.id in self.finders
                ],
            )
            _keep(self._rules, key, rules)
        return self._rules[key]

    def _set(self, digest: str) -> RuleSet:
        if digest not in self._sets:
            data = stored_set(self.objects, self.public_bucket, digest)
            _keep(self._sets, digest, load_set(data, digest))
        return self._sets[digest]


def _checked_size(digest: str, provider: str, packs: Sequence[Pack]) -> int:
    rules = list(counted_rules(packs))
    size = max_receipt_bytes(rules)
    if size > ITEM_BYTES:
        raise OperatorError(
            f"the set {digest} has {len(rules):,} rules for {provider}: a receipt that counts each"
            f" of them takes up to {size:,} bytes, {size - ITEM_BYTES:,} more than the"
            f" {ITEM_BYTES:,} of an item of the table"
        )
    return size


def _keep[K, V](kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    while len(kept) > KEPT:
        kept.popitem(last=False)
