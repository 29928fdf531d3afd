"""Posts that are near copies of one that a person confirmed are hits of a rule `copies`.

`publish` keeps the fingerprints of confirmed posts in one snapshot for each provider. The first
attempt at a unit compares its posts with the newest snapshot, and records the result as
`FoundCopies` before it stores a finding. Later attempts take that result, and read no snapshot.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ledger.clock import Clock
from ledger.keys import copies_key
from ledger.ports import Objects
from ledger.privacy.copies import CopySnapshot
from ledger.records.manifest import CopyMatch, FoundCopies
from ledger.records.post import Post
from matcher import Hit, Pack, Rule, Span
from matcher.copies.fingerprint import Fingerprints, load_numpy
from matcher.hit import PostResult
from rules.copies import ALGORITHM, CopyIndex, Fingerprinted

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

    objects: Objects
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
