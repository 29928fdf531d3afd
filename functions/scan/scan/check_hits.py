"""Posts that repeat a checked claim are hits of the pack `factchecks`, each with its label.

The layer `claims` is imported only where a set names an index: without one nothing costs more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ledger.errors import OperatorError
from ledger.keys import factchecks_key
from ledger.ports import Objects
from ledger.records.finding import FoundCheck, Label
from ledger.records.post import Post
from matcher import Hit, Mode, Pack, Rule, Span

if TYPE_CHECKING:
    from claims.finding import Attached, CheckFinder

ASKED = 16_000
"""Different texts of one unit for which an index is asked: 5 ms each, so a minute, and two and a
half where all are long. A unit full of hoaxes must end; the same posts are asked at each try."""

PARTS = 4
"""Parts of a post that are looked at: its text, and its first captions."""


class CheckHit(NamedTuple):
    """A hit, and the label that its finding proposes; a hit of words proposes none."""

    hit: Hit
    label: Label | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class CheckHits:
    """The hits of posts by their place; `not_asked` of them were not looked up any more."""

    by_post: dict[int, list[CheckHit]] = field(default_factory=dict)
    not_asked: int = 0


NO_CHECKS = CheckHits()
"""What there is without an index."""


@dataclass(frozen=True, slots=True)
class CheckRules:
    """The rules of a provider by topic, with what finds checks for them."""

    pack: Pack
    rules: dict[str, Rule]
    finder: "CheckFinder"

    def hits(self, posts: Sequence[Post]) -> CheckHits:
        """The hits of each post that has any, one for a topic."""
        asked: set[str] = set()
        found: dict[int, list[CheckHit]] = {}
        not_asked = 0
        for number, post in enumerate(posts):
            parts = [part for part in post.parts[:PARTS] if self.finder.glance(part[1])]
            new = {text for _, text in parts} - asked
            if len(asked) + len(new) > ASKED:
                not_asked += 1
                continue
            asked |= new
            if hits := list(self._of_post(parts)):
                found[number] = hits
        return CheckHits(found, not_asked)

    def _of_post(self, parts: Sequence[tuple[str, str]]) -> Iterator[CheckHit]:
        met = set[str]()
        for name, text in parts:
            attached = self.finder.find(text)
            if attached is not None and attached.topic in self.rules and attached.topic not in met:
                met.add(attached.topic)
                yield CheckHit(self._hit(attached, name, text), _label(attached))

    def _hit(self, attached: "Attached", part: str, text: str) -> Hit:
        """The whole part is what repeats the claim; its span's term is the claim."""
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


def check_rules(pack: Pack, finder: "CheckFinder") -> CheckRules:
    """The rules of the pack, as a provider runs them."""
    return CheckRules(pack, {rule.id: rule for rule in pack.rules}, finder)


def read_finder(objects: Objects, public_bucket: str, index: str) -> "CheckFinder":
    """What finds checks in the published index of that digest.

    Raises OperatorError if it is gone, or is another.
    """
    from claims.errors import BadIndexError
    from claims.finding import CheckFinder
    from claims.index.index import Index

    data = objects.get(public_bucket, factchecks_key(index))
    if data is None:
        raise OperatorError(f"the index of checks {index} is not in the public bucket")
    try:
        found = Index(data)
    except BadIndexError as error:
        raise OperatorError(f"the index of checks {index} cannot be read: {error}") from error
    if found.digest != index:
        raise OperatorError(f"the index of checks {index} is another by its bytes")
    return CheckFinder(found)


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
