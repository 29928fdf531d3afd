"""How a regular expression's time grows when the worst text for it doubles.

What is fast on each of these texts is linear. Only what is slow on one is measured again, at it and
at four times its length, so that a busy machine does not decide.
"""

import re
import signal
from collections import deque
from collections.abc import Iterator
from itertools import islice, product
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from time import process_time
from typing import Any, NoReturn

LENGTH, MOST_REPEATS = 1_600, 8
FEW_SECONDS = 0.000_000_7
"""For a character: ten times what linear patterns need, and less than quadratic ones do."""

SURE_SECONDS = 0.1
"""What takes as long is measured once."""

LONGEST = 4.0
"""Seconds after which a search does not end."""

SINGLE = (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN)
USUAL = "aZ1_-. \n@#*'\"<>&é一\x01\x02\u0301\u200b~"
"""Characters of many kinds; those that a pattern names are added to them."""


class EndlessError(Exception):
    """A search does not end."""


def growth(pattern: re.Pattern[Any], enough: float, *, anchored: bool = False) -> tuple[float, str]:
    """Return by how much the time grows when the worst text doubles, and what it repeats.

    The first text on which it grows by more than is `enough` ends the search.

    What is repeated is each string of one or two kinds of characters that the pattern can tell
    apart; those of one kind also behind each beginning of a string that it may match. Linear
    patterns give 2 or 0, quadratic ones nearly 4, and what never ends infinity.

    Limits: a pattern that is slow only on longer pieces passes. With `anchored`, it is only tried
    at the beginning, as by `match`.
    """
    source = (
        pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    )
    tree = parser.parse(source, pattern.flags & ~re.UNICODE)
    alphabet = _alphabet(tree)
    texts = [*product([""], map("".join, product(alphabet, repeat=2)), ["", "\x00"])]
    texts += product(_beginnings(tree), alphabet, ["", "\x00"])
    worst = 0.0, ""
    for before, piece, after in texts:

        def text(times: int, before: str = before, piece: str = piece, after: str = after) -> str:
            return before + piece * (times * LENGTH // len(piece)) + after

        told = f"{before}({piece})*{after}"
        try:
            if (first := _seconds(pattern, text(1), anchored)) > FEW_SECONDS * LENGTH:
                tries = 5 if first < SURE_SECONDS else 1
                once, more = (
                    min(_seconds(pattern, text(times), anchored) for _ in range(tries))
                    for times in (1, 4)
                )
                worst = max(worst, ((more / once) ** 0.5, told))
                if worst[0] > enough:
                    return worst
        except EndlessError:
            return float("inf"), told
    return worst


def _seconds(pattern: re.Pattern[Any], text: str, anchored: bool) -> float:
    """Return the processor's seconds of finding all matches, or the one at the beginning."""
    data = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text

    def give_up(*_: object) -> NoReturn:
        raise EndlessError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    began = process_time()
    try:
        pattern.match(data) if anchored else deque(pattern.finditer(data), maxlen=0)
        return process_time() - began
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _alphabet(tree: Any) -> list[str]:
    """Return one character of each kind that a pattern can tell apart."""
    singles = [*_singles(tree)]
    tests = [compiler.compile(parser.SubPattern(tree.state, [one])) for one in singles]
    named = {chr(one) for one in _numbers(singles) if one < 0x110000}
    kinds: dict[tuple[bool, ...], str] = {}
    for char in (*USUAL, *sorted(named)):
        kinds.setdefault(tuple(bool(test.match(char)) for test in tests), char)
    return list(kinds.values())


def _singles(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the parts of a pattern that match one character."""
    if isinstance(node, parser.SubPattern):
        for op, argument in node:
            if op in SINGLE:
                yield op, argument
            yield from () if op in SINGLE else _singles(argument)
    elif isinstance(node, tuple | list):
        for inner in node:
            yield from _singles(inner)


def _numbers(node: Any) -> Iterator[int]:
    if isinstance(node, tuple | list):
        for inner in node:
            yield from _numbers(inner)
    elif type(node) is int:
        yield node


def _beginnings(tree: Any, most: int = 8) -> list[str]:
    """Return nothing, and where strings that the pattern may match have got to."""
    found = dict.fromkeys([""])
    for example in islice(_examples(tree), 3):
        found |= dict.fromkeys(example[:end] for end in range(1, len(example) + 1))
    return list(found)[:most]


def _examples(items: Any) -> Iterator[str]:
    """Yield short strings that a pattern may match, as far as that is easily told."""
    each = [list(islice(_examples_of(*item), 3)) for item in items]
    yield from ("".join(way) for way in product(*each))


def _examples_of(op: Any, argument: Any) -> Iterator[str]:
    if op is code.LITERAL:
        yield chr(argument)
    elif op in (code.IN, code.ANY, code.NOT_LITERAL):
        member = argument[0] if op is code.IN else (None, None)
        first = {
            code.LITERAL: member[1],
            code.RANGE: (member[1] or [0])[0] if member[0] is code.RANGE else 0,
        }
        yield chr(first[member[0]]) if member[0] in first else "a"
    elif op in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        least = min(max(1, argument[0]), MOST_REPEATS)
        yield from (way * least for way in _examples(argument[2]))
    elif op is code.BRANCH:
        for way in argument[1]:
            yield from islice(_examples(way), 1)
    elif op is code.SUBPATTERN:
        yield from _examples(argument[3])
    elif op is code.ATOMIC_GROUP:
        yield from _examples(argument)
    else:
        yield ""
