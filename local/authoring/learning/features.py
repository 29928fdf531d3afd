"""The features of posts, read by the matcher itself.

So a term counts here exactly where it counts when the pack runs: in disguise, in other Han letters,
not inside links. Candidates become scored rules in which each term weighs 1 and one is enough; the
spans of their hits name the terms that a post has.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import batched

from matcher import Evasion, Ground, Matcher, Pack, Rule, Severity, Span
from matcher.signs.catalogue import find_signs
from matcher.terms.windows import SPANS_SHOWN
from rules.pack import InForce, LegalGround
from rules.score import Score

BATCH = 2_000
"""Posts between two reports of progress."""

_DAY = date(2026, 1, 1)  # nothing here depends on the day


class FeatureKind(StrEnum):
    """The list of a score that a feature belongs to."""

    TERM = "terms"
    SIGN = "signs"
    PINYIN = "pinyin"


type Feature = tuple[FeatureKind, str]
"""What may get a weight: its list, and the term or the sign's id."""


@dataclass(frozen=True, slots=True)
class WeighedFeatures:
    """All that may get a weight, in order: terms, signs, then terms in pinyin."""

    terms: Sequence[str]
    signs: Sequence[str]
    pinyin: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.terms) + len(self.signs) + len(self.pinyin)

    def __iter__(self) -> Iterator[Feature]:
        for kind in FeatureKind:
            yield from ((kind, name) for name in getattr(self, kind))


def features_of(
    texts: Sequence[str], weighed: WeighedFeatures, progress: Callable[[int], None] = lambda _: None
) -> list[list[int]]:
    """Return for each text the numbers of the terms and signs that it has, in order."""
    numbers = {feature: at for at, feature in enumerate(weighed)}
    matcher = Matcher([_pack(weighed)])
    found: list[list[int]] = []
    for batch in batched(texts, BATCH):
        for text, hits in zip(batch, matcher.find_all(batch), strict=True):
            terms = {numbers[_kind(span), span.term] for hit in hits for span in hit.spans}
            signs = {numbers[FeatureKind.SIGN, sign] for sign in find_signs(text, weighed.signs)}
            found.append(sorted(terms | signs))
        progress(len(found))
    return found


def _kind(span: Span) -> FeatureKind:
    return FeatureKind.PINYIN if Evasion.SOUND in span.evasion else FeatureKind.TERM


def _pack(weighed: WeighedFeatures) -> Pack:
    return Pack(
        id="candidates",
        version=1,
        title="Candidates",
        why="Names what a post has.",
        category="OTHER_VIOLATION_TC",
        keywords=(),
        ground=Ground.TERMS,
        legal_ground=LegalGround("", ""),
        languages=(),
        owner="",
        in_force=InForce(_DAY, _DAY),
        rules=tuple(_rules(weighed)),
        digest="",
    )


def _rules(weighed: WeighedFeatures) -> Iterator[Rule]:
    """Yield rules with at most as many terms as a hit shows."""
    for number, some in enumerate(batched(weighed.terms, SPANS_SHOWN)):
        score = Score(threshold=1, terms=dict.fromkeys(some, 1))
        yield Rule(id=f"terms-{number}", severity=Severity.LOW, why="", score=score)
    for number, some in enumerate(batched(weighed.pinyin, SPANS_SHOWN)):
        score = Score(threshold=1, pinyin=dict.fromkeys(some, 1))
        yield Rule(id=f"pinyin-{number}", severity=Severity.LOW, why="", score=score)
