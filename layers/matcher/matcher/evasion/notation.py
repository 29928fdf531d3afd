r"""Signs among letters that are notation and not a disguise: typography, sums, code, numbering.

- Stars set words *off* and point to footnotes. A bullet at the edge of a word begins an item.
- In 2*a = b*c, stars multiply.
- In $70K, $1.5m+ and 50k$, digits count money.
- In `$hit->{n}`, `\s*m`, `part*.txt` and 8ab1-dbce, signs and digits belong to code. If a text has
  one variable, all its words with `$` are variables.
- In "that's" and "l'an", a single letter is part of a word.
- In "File5.2" and 1e90, digits count.

Limits: a formula or a line of code without any of these signs is read like any other text.
"""

import re
from collections.abc import Iterable, Iterator

from matcher.evasion.lookalikes import BULLETS, STAR

_EMPHASIS = re.compile(
    r"(?<![wdz*\x02])([*]+)(?=[wdhz$])[^*\n]{1,300}(?<=[^ *])([*]+)(?![wdz*\x02])"
)
_FOOTNOTE = re.compile(r"(?:^|\n)[ \t]*[*＊∗⁎]+[ \t]*\w")
_POINTS_TO_FOOTNOTE = re.compile(r"(?<=[wdz])[*]+(?![wdz*])")
_WILDCARD = re.compile(r"(?<=[_:>/.\\])\w{1,60}[*]|\w[*](?=[(/=>`])|\w[*](?=\.\w)")
_BULLET = re.compile(rf"(?<![\w{BULLETS}])[{BULLETS}]+|[{BULLETS}]+(?![\w{BULLETS}])")
_FACTOR = r"(?:[^\W\d_\u0590-\u06ff]|\d{1,9})"  # (a*b) is a formula; (ر*ا) is a word
_PRODUCT = re.compile(rf"(?<![\w*]){_FACTOR}(?:\*{_FACTOR})+(?![\w*])")
_OPERATOR_BEFORE = re.compile(r"[-+=/^<>(][ \t]?$")
_OPERATOR_AFTER = re.compile(r"[ \t]?(?:[+=/^<>]|[)\]]?[ \t]?[-+=/^*])")
_VARIABLE = re.compile(r"\$\w{1,60}(?=->|[\[{(]|[ \t]?=)|\$[^\W_]{1,60}_\w")
_ANY_VARIABLE = re.compile(r"\$\w{1,60}")
_PATTERN_CLASS = re.compile(r"\\[sSwWdDbB](?:[*+]\w*|[*+]?[$|])")
_HEX = "[0-9A-Fa-f]"  # the patterns below begin with a plain character, which `re` finds fast
_SERIAL = re.compile(rf"{_HEX}(?<![\w-].){_HEX}{{1,11}}(?:-{_HEX}{{4,12}}){{2,}}(?!\w)")
_NUMBER = re.compile(
    rf"(?:\d(?<![\w+!|$].)(?:\d{{0,19}}[Ee]\d{{1,4}}|(?<=0)[Xx]{_HEX}{{1,40}})"
    rf"|#(?<![\w+!|$].){_HEX}{{6}}(?:{_HEX}{{2}})?)(?!\w)"
)
_PRICE = re.compile(
    r"\$(?<![\w+!|$@].)\d[\d.,]*[kKmMbB]?[+]?(?![\w+!|$])"
    r"|\d(?<![\w+!|$@].)[\d.,]{0,12}[kKmMbB]\$(?![\w+!|$])"
)
_CLITIC = re.compile(  # begins with its apostrophe, like the patterns above
    r"['’](?:(?<=\w\w.)(?=([^\W\d_])(?!\w))|(?<=[^\W\d_].)(?<!\w\w.)(?=\w\w))"
)
_CHAPTER = re.compile(r"\d(?<=[^\W\d_].)(?=[.]\d)")


def notation_spans(text: str, shape: str) -> Iterator[tuple[int, int]]:
    r"""Yield the half-open code points of a text that are notation.

    Args:
        text: A part of a post.
        shape: One character for the kind of each of its characters; see `candidates`.
    """
    if STAR in shape:
        yield from _stars(text, shape)
    if "$" in text:
        yield from (found.span() for found in _PRICE.finditer(text))
        if _VARIABLE.search(text):
            yield from (found.span() for found in _ANY_VARIABLE.finditer(text))
    if "\\" in text:
        yield from (found.span() for found in _PATTERN_CLASS.finditer(text))
    if "'" in text or "’" in text:
        for found in _CLITIC.finditer(text):
            letter = found.start() + 1 if found[1] else found.start() - 1
            yield letter, letter + 1
    if "d" in shape:
        for pattern in (_SERIAL, _NUMBER, _CHAPTER):
            yield from (found.span() for found in pattern.finditer(text))


def _stars(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _EMPHASIS.finditer(shape) if shape.count(STAR) > 1 else ():
        yield found.span(1)
        yield found.span(2)
    if _FOOTNOTE.search(text):
        yield from (found.span() for found in _POINTS_TO_FOOTNOTE.finditer(shape))
    yield from ((found.end() - 1, found.end()) for found in _WILDCARD.finditer(text))
    yield from (found.span() for found in _BULLET.finditer(text))
    for found in _PRODUCT.finditer(text):
        start, end = found.span()
        before, after = text[max(0, start - 2) : start], text[end : end + 4]
        if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
            yield start, end


def with_spans_replaced(shape: str, spans: Iterable[tuple[int, int]], kind: str = "-") -> str:
    """Return a shape with some spans replaced; they may overlap. A `-` is never read."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        first = max(start, at)
        pieces += [shape[at:first], kind * (end - first)]
        at = max(end, at)
    return "".join([*pieces, shape[at:]])
