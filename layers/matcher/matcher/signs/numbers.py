"""The signs of numbers: how many digits, money, percent, and numbers with units.

The fold reads `10g` as a word, so only these signs see what it is. A number is a run of digits in
any dress, with points and commas between them.
"""

import re
from collections.abc import Iterator

from matcher.signs.shapes import CURRENCY, DIGITS, LETTERS, LISTS, MARKS, Chunk, Found, shape_of

_NUMBER = re.compile(rf"[{DIGITS}](?:[{DIGITS}{MARKS}]|[.,](?=[{DIGITS}]))*+")
_NAME_BEFORE = re.compile(r"[^\W\d_]{1,7}+(?=[.:]?\Z)")
_NAME_AFTER = re.compile(r"[^\W\d_]+")
AROUND = 12
"""Code points around a number that may name a currency or a unit."""

_LETTERS = frozenset(LETTERS + MARKS)
_PERCENT = frozenset("%\uff05\ufe6a\u066a")
MOST_DIGITS = 12
"""From here on, all numbers by themselves have the same sign."""

SIGN_OF_SIZE = (
    *("", "digits-1", "digits-2", "digits-3", "digits-4", "digits-5-6", "digits-5-6"),
    *["digits-7-11"] * 5,
    "digits-12",
)


def numbers_in(chunk: Chunk, shape: str) -> Iterator[Found]:
    """Yield the signs of the numbers of a chunk, in whose shape addresses are spaces.

    The span of a number with a currency or a unit holds both, also in the next chunk.
    """
    for found in _NUMBER.finditer(shape):
        start, end = found.span()
        first = _currency_before(chunk, shape, start)
        if first is not None:
            yield "money", first, end
        if first is not None or shape[start - 1 : start] not in _LETTERS:
            yield from ((sign, start, last) for sign, last in _after(chunk, end))
        if _is_alone(shape, start, end):
            digits = sum(map(found[0].count, DIGITS))
            yield SIGN_OF_SIZE[min(digits, MOST_DIGITS)], start, end


def _is_alone(shape: str, start: int, end: int) -> bool:
    """Return whether no letter of a script with spaces is next to a number."""
    around = shape[max(0, start - 1) : start] + shape[end : end + 1]
    return _LETTERS.isdisjoint(around)


def _currency_before(chunk: Chunk, shape: str, start: int) -> int | None:
    """Return where the currency before a number begins, or None without one."""
    if start:
        head, kind, end = chunk.text[max(0, start - AROUND) : start], shape[start - 1], start
    else:
        head, end = chunk.before[-AROUND:], -1
        kind = shape_of(head[-1:])
    if kind == CURRENCY:
        return end - 1
    name = _NAME_BEFORE.search(head)
    if name and name[0].casefold() in LISTS.currencies_before:
        return end - len(head) + name.start()
    return None


def _after(chunk: Chunk, end: int) -> Iterator[tuple[str, int]]:
    """Yield the signs that what follows a number gives it, and where each ends."""
    tail = chunk.text[end : end + AROUND]
    at = end if tail else end + 1
    tail = tail or chunk.after[:AROUND]
    if not tail:
        return
    name = _NAME_AFTER.match(tail)
    word = name[0].casefold() if name else ""
    if len(word) == 1 and at > end and word != "g":
        word = ""  # a letter by itself is seldom a unit: "5 k"
    if tail[0] in _PERCENT:
        yield "percent", at + 1
    elif at == end and (shape_of(tail[0]) == CURRENCY or tail[0] in LISTS.currency_letters):
        yield "money", at + 1
    elif word in LISTS.currencies_after:
        yield "money", at + len(word)
    if word in LISTS.units:
        yield "amount", at + len(word)
    elif at == end and tail.startswith(LISTS.unit_letters):
        yield "amount", at + 1
