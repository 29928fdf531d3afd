"""By how much the steps of a regular expression grow when the worst text for it doubles."""

import re
from collections.abc import Iterator
from itertools import islice, product
from re import _constants as code  # type: ignore[attr-defined]
from typing import Any

from support.regex_steps import MOST_REPEATS, Steps, TooManyStepsError

PUMPS, FEW_STEPS = 40, 8
"""Repeats of a piece, and steps a character that no quadratic search of them gets by with."""


def growth(pattern: re.Pattern[Any], *, anchored: bool = False) -> tuple[float, str]:
    """Return by how much the steps grow when the worst text doubles, and what it repeats.

    What is repeated is each string of one or two kinds of characters that the pattern can tell
    apart; those of one kind also behind each beginning of a string that it may match. Linear
    patterns give 2, quadratic ones nearly 4, and 0 is said of those that take few steps for each
    character however long the text is.

    Limits: a pattern that is slow only on longer pieces passes. With `anchored`, it is only tried
    at the beginning, as by `match`.
    """
    steps = Steps(pattern)
    alphabet = steps.alphabet()
    pairs = map("".join, product(alphabet, repeat=2))
    texts = [*product([""], pairs, ["", "\x00"])]
    texts += product(_beginnings(steps.tree), alphabet, ["", "\x00"])
    count = steps.to_match if anchored else steps.to_search
    worst = 0.0, ""
    for before, piece, after in texts:
        try:
            once = count(before + piece * PUMPS + after)
            if once > FEW_STEPS * PUMPS * len(piece):
                twice = count(before + piece * 2 * PUMPS + after)
                worst = max(worst, (twice / once, f"{before}({piece})*{after}"))
        except TooManyStepsError:
            return float("inf"), f"{before}({piece})*{after}"
    return worst


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
        first = {code.LITERAL: member[1],
                 code.RANGE: (member[1] or [0])[0] if member[0] is code.RANGE else 0}  # fmt: skip
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
