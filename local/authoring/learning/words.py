"""Words that somebody knows to be common in such posts, each with a weight to start from.

A file has a word or phrase and its weight a line, as in the terms of a pack: `free gift: 4`.
The posts decide how far the list as a whole is right, and move each word that they show.
"""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from authoring.learning.features import Feature, FeatureKind
from authoring.learning.fitting import SCALE
from authoring.learning.labelled import LabelError, raise_problems
from authoring.wording import weighted_term_problem
from matcher.terms.term import pattern_of
from rules.score import WEIGHT

_COMMENT = "#"
_BETWEEN = ":"


def read_given_words(data: bytes, name: str) -> dict[str, int]:
    """Return the words of a file with their weights, in the order of its lines.

    >>> read_given_words(b"free gift: 4", "words.txt")
    {'free gift': 4}

    Raises:
        LabelError: With the first lines that cannot be used.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise LabelError(f"{name}: not UTF-8; save the file as UTF-8") from None
    words: dict[str, int] = {}
    problems: list[str] = []
    first_lines: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith(_COMMENT):
            continue
        word, _, written = (part.strip() for part in line.rpartition(_BETWEEN))
        weight = _weight(written)
        if weight is None:
            problem = f"no weight from -{WEIGHT} to {WEIGHT} after `:`; write `{word or 'word'}: 4`"
        else:
            problem = weighted_term_problem(word) or ""
        if not problem:
            first = first_lines.setdefault(pattern_of(word), number)
            problem = f"`{word}` is the same as line {first}; drop one" if first != number else ""
        if problem:
            problems.append(f"{name}:{number}: {problem}")
        elif weight is not None:
            words[word] = weight
    raise_problems(problems)
    return words


def _weight(written: str) -> int | None:
    try:
        weight = int(written)
    except ValueError:
        return None
    return weight if weight and abs(weight) <= WEIGHT else None


def with_words(candidates: Iterable[str], words: Collection[str]) -> list[str]:
    """Return the candidates and the words, in the order of the alphabet.

    A candidate that only differs in its spelling gives way to the word.
    """
    patterns = {pattern_of(word) for word in words}
    return sorted({*words, *(term for term in candidates if pattern_of(term) not in patterns)})


def prior_of(weighed: Iterable[Feature], words: Mapping[str, int]) -> npt.NDArray[np.float64]:
    """Return the coefficient from which each feature starts: 0 for all but the words."""
    given = [words.get(name, 0) if kind is FeatureKind.TERM else 0 for kind, name in weighed]
    return np.array(given) / SCALE
