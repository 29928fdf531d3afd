"""Where the terms of findings are in an excerpt, and the excerpt cut into pieces at those places.

Pieces are plain text; the template escapes each and puts the mark around it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from desk.items import OpenFinding
from ledger.records.finding import EXCERPT_LENGTH, Finding, FoundSpan

COMPARED = 2_000
"""Code points of a text that are compared with another one; the rest counts as the same."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One span in an excerpt: half-open code points, and what is there."""

    start: int
    end: int
    term: str
    rule: str
    weight: int | None
    disguise: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkedPiece:
    """A piece of an excerpt, and the marks that cover all of it."""

    text: str
    marks: tuple[Mark, ...] = ()


def excerpt_start(finding: Finding, excerpt: str) -> int | None:
    """Return the code point of the original at which the excerpt begins; None if that is unknown.

    Findings of earlier releases do not store it. Their excerpt has 280 code points around the first
    span, or the last 280 of the text: the plainly written terms show which. A shorter excerpt is
    the whole text.
    """
    if isinstance(finding.excerpt_start, int):
        return finding.excerpt_start
    if len(excerpt) < EXCERPT_LENGTH:
        return 0
    first = finding.spans[0]
    latest = max(0, first.start - max(0, len(excerpt) - (first.end - first.start)) // 2)
    plain = [span for span in finding.spans if _is_plain(span) and span.part == first.part]
    if not plain:
        return None
    starts = range(latest, max(-1, first.end - len(excerpt) - 1), -1)
    return next((start for start in starts if _fits(plain, excerpt, start)), None)


def _is_plain(span: FoundSpan) -> bool:
    return not span.evasion and not span.term.startswith("{")


def _fits(spans: Iterable[FoundSpan], excerpt: str, start: int) -> bool:
    inside = [span for span in spans if start <= span.start and span.end - start <= len(excerpt)]
    return bool(inside) and all(
        excerpt[span.start - start : span.end - start].casefold() == span.term.strip("*").casefold()
        or (
            "*" in span.term
            and excerpt[span.start - start : span.end - start]
            .casefold()
            .startswith(span.term.partition("*")[0].casefold() or "\0")
        )
        for span in inside
    )


def marks_of(findings: Sequence[OpenFinding]) -> list[Mark]:
    """Return the marks of all findings in the first excerpt that is kept, in order.

    A post that repeats a claim has no marks for that: the whole post repeats it.
    """
    shown = next((each for each in findings if each.excerpt), None)
    if shown is None or shown.excerpt is None:
        return []
    found = set()
    part = next((span.part for span in shown.finding.spans), "")
    known = shown.finding.excerpt_start
    for each in findings:
        finding = each.finding
        start = known if isinstance(known, int) else excerpt_start(finding, shown.excerpt)
        if finding.checks or not finding.spans or start is None:
            continue
        for span in finding.spans:
            if (
                span.part == part
                and start <= span.start < span.end
                and span.end - start <= len(shown.excerpt)
            ):
                weight = span.weight if isinstance(span.weight, int) else None
                rule = f"{finding.pack}/{finding.rule}"
                at = span.start - start
                end = span.end - start
                found.add(Mark(at, end, span.term, rule, weight, span.evasion))
    return sorted(found, key=lambda mark: (mark.start, -mark.end, mark.rule, mark.term))


def pieces(text: str, marks: Sequence[Mark]) -> list[MarkedPiece]:
    """Return the text in pieces, each with the marks that cover it.

    >>> [(piece.text, len(piece.marks)) for piece in pieces("send me it", [
    ...     Mark(0, 4, "send", "a/b", None, ())])]
    [('send', 1), (' me it', 0)]
    """
    places = {0, len(text)}
    for mark in marks:
        places |= {mark.start, mark.end}
    ordered = sorted(places)
    return [
        MarkedPiece(
            text[start:end],
            tuple(mark for mark in marks if mark.start <= start and end <= mark.end),
        )
        for start, end in pairwise(ordered)
    ]


def differences(first: str, other: str) -> list[tuple[str, bool]]:
    """Return the other text in pieces, each with whether it differs from the first text.

    >>> differences("call 111 now", "call 222 now")
    [('call ', False), ('222', True), (' now', False)]
    """
    return list(_differences(first[:COMPARED], other[:COMPARED], other[COMPARED:]))


def _differences(first: str, other: str, rest: str) -> Iterator[tuple[str, bool]]:
    matcher = SequenceMatcher(None, _words(first), _words(other), autojunk=False)
    after = _words(other)
    for change, _, _, start, end in matcher.get_opcodes():
        if start < end:
            yield "".join(after[start:end]), change != "equal"
    if rest:
        yield rest, False


def _words(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, and every other character alone.

    Each character of a script without spaces is a word, so that a difference is shorter than a
    sentence.
    """
    words: list[str] = []
    for character in text:
        joins = character.isalnum() and ord(character) < 0x0E00
        if joins and words and words[-1][-1].isalnum() and ord(words[-1][-1]) < 0x0E00:
            words[-1] += character
        else:
            words.append(character)
    return words
