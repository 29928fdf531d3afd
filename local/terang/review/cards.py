"""Groups findings into cards, finds near copies, and places the marks of terms."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched, islice

from claims.check import days_between
from desk.items import OpenFinding
from ledger.records.finding import EXCERPT_LENGTH, Finding
from matcher.text.fold import fold
from terang.console import show_controls

FINDINGS_OF_A_DECISION = 20
"""Findings that one decision may name."""

ALIKE = 0.6
"""The resemblance from which two excerpts are shown side by side: a word or two may differ."""

SHINGLE = 4
"""Characters of a shingle: two words of Chinese or most of one of English."""

ALIKE_SHOWN = 3

LONG_BEFORE_DAYS = 365
"""A check that is older than the post by more days is shown with its age."""


@dataclass(frozen=True, slots=True)
class Card:
    """Findings of one post and category, which are decided together; the most urgent comes first.

    `decision` is empty, or the id of a colleague's decision that is judged a second time.
    """

    findings: tuple[OpenFinding, ...]
    decision: str = ""

    @property
    def first(self) -> Finding:
        """The most urgent finding."""
        return self.findings[0].finding

    @property
    def excerpt(self) -> str:
        """The first excerpt that is still kept, or nothing."""
        return next((finding.excerpt for finding in self.findings if finding.excerpt), "")

    @property
    def notice(self) -> str:
        """The first notice that waits for an answer, or nothing."""
        return next((finding.notice for finding in self.findings if finding.notice), "")

    @property
    def escalated(self) -> bool:
        """Whether a finding was escalated before."""
        return any(finding.escalated for finding in self.findings)


def cards(findings: Iterable[OpenFinding]) -> tuple[Card, ...]:
    """Return the findings as cards, in the order of each card's first finding."""
    by_post: dict[tuple[str, str], list[OpenFinding]] = {}
    for each in findings:
        by_post.setdefault((each.finding.post, each.finding.category), []).append(each)
    return tuple(
        Card(part) for group in by_post.values() for part in batched(group, FINDINGS_OF_A_DECISION)
    )


def alike(card: Card, others: Sequence[Card]) -> list[Card]:
    """Return cards of other posts of the same category whose text is nearly the same."""
    shingles = _shingles(card.excerpt)
    near = (
        other
        for other in others
        if other.first.category == card.first.category
        and other.first.post != card.first.post
        and _resemblance(shingles, _shingles(other.excerpt)) >= ALIKE
    )
    return list(islice(near, ALIKE_SHOWN))


@lru_cache(maxsize=1_000)
def _shingles(text: str) -> frozenset[str]:
    """Return all runs of a few characters of the folded text, in which a disguise is undone."""
    folded = fold(text)
    return frozenset(folded[at : at + SHINGLE] for at in range(len(folded) - SHINGLE + 1))


def _resemblance(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of shingles that two texts have in common, from 0 to 1.

    Source: Broder, On the resemblance and containment of documents (1997).
    """
    return len(first & second) / len(first | second) if first and second else 0.0


def checks_of(finding: Finding) -> Iterator[str]:
    """Yield two lines for each check whose claim the post repeats, the nearest first."""
    for check in finding.checks:
        day = check.date or "no date"
        stated = f" ({check.stated})" if check.stated.casefold() != check.rating else ""
        yield show_controls(f"{check.publisher}, {day}: {check.rating}{stated}: {check.claim}")
        yield f"  {show_controls(check.url)}{_age(check.date, finding.published_at[:10])}"


def _age(checked: str, published: str) -> str:
    days = days_between(checked, published)
    if days is None or days <= LONG_BEFORE_DAYS:
        return ""
    return f", checked {days // 365} years before the post"


def marks(open_finding: OpenFinding) -> list[tuple[int, int]]:
    """Return where the finding's terms are in its excerpt; nothing where that is unknown.

    An excerpt is cut around the first span. Near the end of a long text the cut is moved by an
    unknown number of characters; then the marks fit only if the first term does. A post that
    repeats a claim has no marks: the whole post repeats it.
    """
    finding, excerpt = open_finding.finding, open_finding.excerpt or ""
    if finding.checks:
        return []
    first = finding.spans[0]
    cut = 0
    if len(excerpt) >= EXCERPT_LENGTH:
        cut = max(0, first.start - max(0, EXCERPT_LENGTH - (first.end - first.start)) // 2)
        if not first.evasion and excerpt[first.start - cut : first.end - cut].casefold() != (
            first.term.strip("*").casefold()
        ):
            return []
    return [
        (span.start - cut, span.end - cut)
        for span in finding.spans
        if span.part == first.part and cut <= span.start and span.end - cut <= len(excerpt)
    ]
