"""Posts that are near copies of one that a person confirmed are hits of a rule `copies`.

`publish` keeps the fingerprints of confirmed posts in one snapshot for each provider. The first
attempt at a unit compares its posts with the newest snapshot, and records the result as
`FoundCopies` before it stores a finding. Later attempts take that result, and read no snapshot.

Posts that repeat a checked claim are hits of the pack `factchecks`, each with its label.

The layer `claims` is imported only where a set names an index, so that others do not pay for it.

The rules of a unit: those of a published set that a provider runs at a moment.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ledger.aws.objects import S3Objects
from ledger.closing import current_set, stored_set
from ledger.findings import FoundCheck, Label
from ledger.keys import copies_key, factchecks_key
from ledger.posts import Post
from ledger.privacy import CopySnapshot
from ledger.refusals import OperatorError
from ledger.texts import Clock
from ledger.units import ITEM_BYTES, CopyMatch, FoundCopies, max_receipt_bytes
from matcher import Hit, Matcher, Mode, Pack, Rule, RuleSet, Span, load_set
from matcher.fingerprint import Fingerprints, load_numpy
from matcher.hit import PostResult
from rules.pack_parts import ALGORITHM, CopyIndex, Fingerprinted
from rules.pinned import FACTCHECKS
from rules.rule_set import counted_rules

if TYPE_CHECKING:
    from claims.check_finder import Attached, CheckFinder


SNAPSHOT_SECONDS = 60
"""The longest time for which a worker believes a snapshot before it reads it again."""

MOST_FOUND = 10_000
"""Copies of one unit: with 4,000 decisions, their record takes 350 KB of an item's 400."""


class CopyRule(NamedTuple):
    """A rule of copies, with its pack."""

    pack: Pack
    rule: Rule

    @property
    def parent(self) -> str:
        """The rule (`pack/rule`) whose confirmed posts it looks for."""
        return f"{self.pack.id}/{self.rule.copies}"

    def hit(self, post: Post) -> Hit:
        """Return the hit of a post. Its span is all of the first part that is not empty."""
        part, text = next(part for part in post.parts if part[1])
        return Hit(
            pack=self.pack.id,
            version=self.pack.version,
            rule=self.rule.id,
            mode=self.pack.mode_of(self.rule),
            category=self.pack.category,
            severity=self.rule.severity,
            spans=(Span(part, 0, len(text), f"{{{ALGORITHM}}}", ()),),
        )


def copy_rules(packs: Sequence[Pack]) -> dict[str, CopyRule]:
    """Return the rules of copies of some packs, by `pack/rule`."""
    return {
        f"{pack.id}/{rule.id}": CopyRule(pack, rule)
        for pack in packs
        for rule in pack.rules
        if rule.copies
    }


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
    rules: Mapping[str, CopyRule],
    confirmed: Confirmed,
    fingerprints: Fingerprints,
) -> FoundCopies:
    """Compare posts with the confirmed ones of each rule, except those that its parent rule hits.

    `results` are what the matcher found in the posts. Equal texts are compared once.
    """
    tried = {
        name: rule
        for name, rule in rules.items()
        if confirmed.is_erased or name in confirmed.by_rule
    }
    if not tried:
        return FoundCopies(confirmed.digest)
    known: dict[tuple[str, ...], bytes] = {}
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    count = not_compared = 0
    for number, (post, result) in enumerate(zip(posts, results, strict=True)):
        hits = {f"{hit.pack}/{hit.rule}" for hit in result.hits}
        wanting = [name for name, rule in tried.items() if rule.parent not in hits]
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


MAX_TEXTS = 16_000
"""The most different texts of one unit that are looked up in an index: at 5 ms each about a minute,
two and a half if all are long. A unit full of hoaxes must end. Each attempt looks up the same."""

MAX_PARTS = 4
"""The parts of a post that are looked up: its text, and those that follow it."""


class FoundHit(NamedTuple):
    """A hit with the label that its finding proposes, or the decision on the post that it copies.

    A hit of a term has neither.
    """

    hit: Hit
    label: Label | msgspec.UnsetType = msgspec.UNSET
    copy_of: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class CheckRules:
    """The rules of the pack `factchecks` as a provider runs them, by topic, and the index."""

    pack: Pack
    rules: dict[str, Rule]
    finder: "CheckFinder"

    @classmethod
    def of(cls, pack: Pack, finder: "CheckFinder") -> "CheckRules":
        """Return the rules of this pack."""
        return cls(pack, {rule.id: rule for rule in pack.rules}, finder)

    def hits(self, posts: Sequence[Post]) -> tuple[dict[int, list[FoundHit]], int]:
        """Return the hits of each post that has any, by its number, at most one for a topic.

        The second value counts the posts that were not looked up: they came after MAX_TEXTS.
        """
        asked: set[str] = set()
        by_post: dict[int, list[FoundHit]] = {}
        not_asked = 0
        for number, post in enumerate(posts):
            parts = [part for part in post.parts[:MAX_PARTS] if self.finder.may_repeat(part[1])]
            new = {text for _, text in parts} - asked
            if len(asked) + len(new) > MAX_TEXTS:
                not_asked += 1
                continue
            asked |= new
            if hits := list(self._hits_of_post(parts)):
                by_post[number] = hits
        return by_post, not_asked

    def _hits_of_post(self, parts: Sequence[tuple[str, str]]) -> Iterator[FoundHit]:
        topics = set[str]()
        for name, text in parts:
            attached = self.finder.find(text)
            if (
                attached is not None
                and attached.topic in self.rules
                and attached.topic not in topics
            ):
                topics.add(attached.topic)
                yield FoundHit(self._hit(attached, name, text), _label(attached))

    def _hit(self, attached: "Attached", part: str, text: str) -> Hit:
        """Return a hit whose span is the whole part and whose term is the claim."""
        rule, claim = self.rules[attached.topic], attached.checks[0][0].claim
        return Hit(
            pack=self.pack.id,
            version=self.pack.version,
            rule=rule.id,
            mode=rule.mode or self.pack.mode or Mode.LIVE,
            category=rule.category or self.pack.category,
            severity=rule.severity,
            spans=(Span(part, 0, len(text), claim, ()),),
        )


def read_finder(objects: S3Objects, public_bucket: str, index: str) -> "CheckFinder":
    """Return a finder of checks over the published index with this digest.

    Raises OperatorError if the index is missing, cannot be read, or has another digest.
    """
    from claims.check_finder import CheckFinder, ClaimIndex
    from claims.index import BadIndexError

    data = objects.get(public_bucket, factchecks_key(index))
    if data is None:
        raise OperatorError(f"the index of checks {index} is not in the public bucket")
    try:
        opened = ClaimIndex(data)
    except BadIndexError as error:
        raise OperatorError(f"the index of checks {index} cannot be read: {error}") from error
    if opened.digest != index:
        raise OperatorError(f"the bytes of the index of checks {index} have another digest")
    return CheckFinder(opened)


def _label(attached: "Attached") -> Label:
    return Label(
        tuple(
            FoundCheck(
                url=check.url,
                claim=check.claim,
                rating=str(check.rating),
                stated=check.stated,
                publisher=check.publisher,
                date=check.date,
                score=score,
            )
            for check, score in attached.checks
        )
    )


POINTER_SECONDS = 30
"""The longest time for which a worker believes the pointer before it reads it again."""

KEPT = 8
"""Sets and matchers that a worker keeps. Sets change seldom, and a provider has one at a time."""

KEPT_INDEXES = 2
"""Indexes of checks that a worker keeps: units of the previous set may still arrive."""


@dataclass(slots=True)
class Rules:
    """What a provider runs. `set` is a digest; `skipped` names packs that are not in their dates.

    `checks` is None where the set names no index of fact-checks. `none_in_force` says that the
    provider has no rule at all (see `Selection`). `expected` has the per mille of posts that a rule
    of a pack may hit, by pack, where the pack says so. `receipt_bytes` is the most that a receipt
    takes. `copies` are the rules of copies, by `pack/rule`.
    """

    set: str
    skipped: tuple[str, ...]
    matcher: Matcher
    checks: CheckRules | None = None
    none_in_force: bool = False
    expected: Mapping[str, int] = field(default_factory=dict)
    receipt_bytes: int = 0
    copies: Mapping[str, CopyRule] = field(default_factory=dict)


@dataclass(slots=True)
class RuleSets:
    """Published sets and their matchers, kept in memory.

    Without a public address (`public` false) every rule runs as shadow.
    `patience` is this worker's own share of POINTER_SECONDS, so that workers that started together
    do not all read the pointer and a new set at the same moment.
    """

    objects: S3Objects
    clock: Clock
    public_bucket: str
    public: bool
    patience: float = POINTER_SECONDS
    _pointer: tuple[float, str] = (0.0, "")
    _sets: OrderedDict[str, RuleSet] = field(default_factory=OrderedDict)
    _finders: "OrderedDict[str, CheckFinder]" = field(default_factory=OrderedDict)
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
        packs = tuple(pack.id for pack in selection.packs)
        key = (
            digest,
            packs,
            selection.skipped,
            frozenset(selection.shadowed),
            selection.no_rules,
        )
        if key not in self._rules:
            versions = {pack.id: pack.version for pack in rule_set.packs}
            skipped = tuple(f"{pack}/{versions[pack]}" for pack in selection.skipped)
            size = _checked_size(digest, provider, selection.packs)
            matcher, checks = Matcher(selection.packs), self._checks(rule_set, selection.packs)
            expected = {
                pack.id: pack.expected_per_mille
                for pack in selection.packs
                if pack.expected_per_mille
            }
            rules = Rules(
                digest,
                skipped,
                matcher,
                checks,
                selection.no_rules,
                expected,
                size,
                copy_rules(selection.packs),
            )
            _keep(self._rules, key, rules)
        return self._rules[key]

    def _checks(self, rule_set: RuleSet, packs: Sequence[Pack]) -> CheckRules | None:
        """Return the rules of the pack of checks, if it runs, with the index that the set names."""
        pack = next((pack for pack in packs if pack.id == FACTCHECKS), None)
        if pack is None:
            return None
        if rule_set.factchecks not in self._finders:
            finder = read_finder(self.objects, self.public_bucket, rule_set.factchecks)
            _keep(self._finders, rule_set.factchecks, finder, KEPT_INDEXES)
        return CheckRules.of(pack, self._finders[rule_set.factchecks])

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


def _keep[K, V](kept: OrderedDict[K, V], key: K, value: V, most: int = KEPT) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
