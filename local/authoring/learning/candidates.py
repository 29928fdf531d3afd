"""The words and phrases that may become terms: those that occur in several copy groups.

Words are taken from the fold, alone and in pairs. A script without spaces gives runs of two to four
letters. Left out are single letters, handles, links, words with digits (signs speak of them), and
whatever `names` says.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from authoring.wording import weighted_term_problem
from matcher.terms.term import pattern_of
from matcher.text.fold import fold, is_spaceless

GROUPS = 3
"""Copy groups in which a term must occur: one advert, however often copied, teaches nothing."""

MOST = 6_000
"""Candidates that are counted in every post; further ones tell harm from the ordinary less well."""

RUN = range(2, 5)
"""Letters of a term in a script without spaces."""

_BETWEEN = re.compile(r"(?:https?://|www\.|[@#＠])\S+|\S*\d\S*")
_RUN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PLAIN = re.compile("[a-z]+(?: [a-z]+)*")


def candidates(
    texts: Sequence[str],
    is_harmful: Sequence[bool],
    groups: Sequence[int],
    is_left_out: Callable[[str], bool],
) -> list[str]:
    """Return the candidates as they will be written, in the order of the alphabet.

    Args:
        texts: The labelled texts.
        is_harmful: Their labels.
        groups: Their copy groups.
        is_left_out: Whether a term must not be used, such as a name.
    """
    with_pattern: dict[str, set[tuple[bool, int]]] = defaultdict(set)
    for text, harmful, group in zip(texts, is_harmful, groups, strict=True):
        for pattern in set(patterns_in(text)):
            with_pattern[pattern].add((harmful, group))
    frequent = {
        pattern: sum(harmful for harmful, _ in found)
        for pattern, found in sorted(with_pattern.items())
        if len(found) >= GROUPS
    }
    labelled_groups = set(zip(is_harmful, groups, strict=True))
    share = sum(harmful for harmful, _ in labelled_groups) / len(labelled_groups)
    surprise = {
        pattern: _surprise(harmful, len(with_pattern[pattern]), share)
        for pattern, harmful in frequent.items()
    }
    usable = [
        (-surprise[pattern], written)
        for pattern, written in _spellings(texts, frequent.keys()).items()
        if not is_left_out(written)
    ]
    return sorted(written for _, written in sorted(usable)[:MOST])


def patterns_in(text: str) -> Iterator[str]:
    """Yield the folded words and phrases of a text that could be terms.

    >>> list(patterns_in("Main di ROYAL77 lalu bonus besar"))
    ['main', 'di', 'main di', 'lalu', 'bonus', 'lalu bonus', 'besar', 'bonus besar']
    >>> list(patterns_in("担保交易"))[:4]
    ['担 保', '保 交', '交 易', '担 保 交']
    """
    for stretch in _BETWEEN.split(text):
        before = ""
        for run in _RUN.findall(stretch):
            words = fold(run).split()
            if words and all(len(word) == 1 and is_spaceless(word) for word in words):
                before = ""
                for length in RUN:
                    for at in range(len(words) - length + 1):
                        yield " ".join(words[at : at + length])
                continue
            for word in words:
                if len(word) > 1:
                    yield word
                if before and (len(word) > 1 or len(before) > 1):
                    yield f"{before} {word}"
                before = word


def _surprise(harmful: int, groups: int, share: float) -> float:
    """Return how far a term's groups are from the share of harmful ones, in deviations."""
    expected = groups * share
    return abs(harmful - expected) / math.sqrt(max(expected * (1 - share), 0.5))


def _spellings(texts: Sequence[str], wanted: Collection[str]) -> dict[str, str]:
    """Return how to write each pattern: in plain letters, else as most texts write it."""
    spelled = {pattern: pattern for pattern in wanted if _PLAIN.fullmatch(pattern)}
    spelled |= {pattern: pattern.replace(" ", "") for pattern in wanted if is_spaceless(pattern[0])}
    others = set(wanted) - spelled.keys()
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    if others:
        for text in texts:
            for stretch in _BETWEEN.split(text):
                runs = [run.casefold() for run in _RUN.findall(stretch)]
                for written in (*runs, *map(" ".join, pairwise(runs))):
                    if (pattern := fold(written).strip()) in others:
                        seen[pattern][written] += 1
    for pattern, forms in seen.items():
        spelled[pattern] = min(forms, key=lambda written: (-forms[written], written))
    return {
        pattern: written
        for pattern, written in spelled.items()
        if pattern_of(written).strip() == pattern and not weighted_term_problem(written)
    }
