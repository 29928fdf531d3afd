"""Posts that repeat a checked claim are hits of the pack `factchecks`, each with its label.

The layer `claims` is imported only where a set names an index, so that others do not pay for it.
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
    from claims.check_finder import Attached, CheckFinder

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
class CheckHits:
    """The hits by the post's number; `not_asked` posts came after MAX_TEXTS."""

    by_post: dict[int, list[FoundHit]] = field(default_factory=dict)
    not_asked: int = 0


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

    def hits(self, posts: Sequence[Post]) -> CheckHits:
        """Return the hits of each post that has any, at most one for a topic."""
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
        return CheckHits(by_post, not_asked)

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


def read_finder(objects: Objects, public_bucket: str, index: str) -> "CheckFinder":
    """Return a finder of checks over the published index with this digest.

    Raises OperatorError if the index is missing, cannot be read, or has another digest.
    """
    from claims.check_finder import CheckFinder
    from claims.index.index import ClaimIndex
    from claims.index.index_file import BadIndexError

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
