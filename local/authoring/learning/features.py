"""The features of posts, read by the matcher itself.

So a term counts here exactly where it counts when the pack runs: in disguise, in other Han letters,
not inside links. Candidates become scored rules in which each term weighs 1 and one is enough; the
spans of their hits name the terms that a post has.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched

from matcher import Ground, Matcher, Pack, Rule, Severity
from matcher.signs.catalogue import find_signs
from matcher.terms.windows import SPANS_SHOWN
from rules.pack import InForce, LegalGround
from rules.score import Score

BATCH = 2_000
"""Posts between two reports of progress."""

_DAY = date(2026, 1, 1)  # nothing here depends on the day


type Entry = tuple[bool, str]
"""What may get a weight: whether it is a sign, and the term or the sign's id."""


@dataclass(frozen=True, slots=True)
class WeighedEntries:
    """All that may get a weight, in order: terms, then signs."""

    terms: Sequence[str]
    signs: Sequence[str]

    def __len__(self) -> int:
        return len(self.terms) + len(self.signs)

    def __iter__(self) -> Iterator[Entry]:
        yield from ((False, term) for term in self.terms)
        yield from ((True, sign) for sign in self.signs)


def features_of(
    texts: Sequence[str], entries: WeighedEntries, progress: Callable[[int], None] = lambda _: None
) -> list[list[int]]:
    """Return for each text the numbers of the terms and signs that it has, in order."""
    numbers = {entry: at for at, entry in enumerate(entries)}
    matcher = Matcher([_pack(entries.terms)])
    found: list[list[int]] = []
    for batch in batched(texts, BATCH):
        for text, hits in zip(batch, matcher.find_all(batch), strict=True):
            terms = {numbers[False, span.term] for hit in hits for span in hit.spans}
            signs = {numbers[True, sign] for sign in find_signs(text, entries.signs)}
            found.append(sorted(terms | signs))
        progress(len(found))
    return found


def _pack(terms: Sequence[str]) -> Pack:
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
        rules=tuple(_rules(terms)),
        digest="",
    )


def _rules(terms: Sequence[str]) -> Iterator[Rule]:
    """Yield rules with at most as many terms as a hit shows."""
    for number, some in enumerate(batched(terms, SPANS_SHOWN)):
        score = Score(threshold=1, terms=dict.fromkeys(some, 1))
        yield Rule(id=f"terms-{number}", severity=Severity.LOW, why="", score=score)
