"""The words and phrases that may become terms: those that occur in several copy groups.

Words are taken from the fold, alone and in pairs. A script without spaces gives runs of two to four
letters. Left out are single letters, handles, links, words with digits (signs speak of them), and
whatever `names` says.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from authoring.wording import pinyin_problem, weighted_term_problem
from matcher.terms.term import pattern_of
from matcher.text.fold import fold, is_spaceless
from matcher.text.pinyin import JOINT, syllable_of

GROUPS = 3
"""Copy groups in which a term must occur: one advert, however often copied, teaches nothing."""

MOST = 6_000
"""Candidates that are counted in every post; further ones tell harm from the ordinary less well."""

MOST_SOUNDS = 2_000
"""Candidates in pinyin, in the same order."""

RUN = range(2, 5)
"""Letters of a term in a script without spaces."""

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_IN_RUN = rf"[^\s{_SPACELESS}]"
_BETWEEN = re.compile(  # a run with a digit is looked for where it begins, or it takes the square
    rf"(?:https?://|www\.){_IN_RUN}+|[@#＠]\S+|(?<!{_IN_RUN}){_IN_RUN}*\d{_IN_RUN}*"
)
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
    surprise = _surprise_of(texts, is_harmful, groups, patterns_in)
    usable = [
        (-surprise[pattern], written)
        for pattern, written in _spellings(texts, surprise.keys()).items()
        if not is_left_out(written)
    ]
    return sorted(written for _, written in sorted(usable)[:MOST])


def sound_candidates(
    texts: Sequence[str],
    is_harmful: Sequence[bool],
    groups: Sequence[int],
    is_left_out: Callable[[str], bool],
) -> list[str]:
    """Return the candidates in pinyin, in the order of the alphabet; arguments as above.

    Each is written in several ways in harmful posts: otherwise a written term says the same.
    """
    spellings: dict[str, set[str]] = defaultdict(set)
    for text, harmful in zip(texts, is_harmful, strict=True):
        for pattern in patterns_in(text) if harmful else ():
            if sound := _sound(pattern):
                spellings[sound].add(pattern)
    several = {sound for sound, patterns in spellings.items() if len(patterns) > 1}
    usable = {sound for sound in several if not pinyin_problem(sound) and not is_left_out(sound)}

    def sounds_in(text: str) -> Iterator[str]:
        yield from (sound for pattern in patterns_in(text) if (sound := _sound(pattern)) in usable)

    surprise = _surprise_of(texts, is_harmful, groups, sounds_in)
    return sorted(sorted(surprise, key=lambda sound: (-surprise[sound], sound))[:MOST_SOUNDS])


def _surprise_of(
    texts: Sequence[str],
    is_harmful: Sequence[bool],
    groups: Sequence[int],
    patterns_of: Callable[[str], Iterable[str]],
) -> dict[str, float]:
    """Return for each pattern of enough groups how well it tells harm from the ordinary."""
    with_pattern: dict[str, set[tuple[bool, int]]] = defaultdict(set)
    for text, harmful, group in zip(texts, is_harmful, groups, strict=True):
        for pattern in set(patterns_of(text)):
            with_pattern[pattern].add((harmful, group))
    labelled_groups = set(zip(is_harmful, groups, strict=True))
    share = sum(harmful for harmful, _ in labelled_groups) / len(labelled_groups)
    return {
        pattern: _surprise(sum(harmful for harmful, _ in found), len(found), share)
        for pattern, found in sorted(with_pattern.items())
        if len(found) >= GROUPS
    }


def patterns_in(text: str) -> Iterator[str]:
    """Yield the folded words and phrases of a text that could be terms.

    >>> list(patterns_in("Main di ROYAL77 lalu bonus besar"))
    ['main', 'di', 'main di', 'lalu', 'bonus', 'lalu bonus', 'besar', 'bonus besar']
    >>> list(patterns_in("担保交易"))[:4]
    ['担 保', '保 交', '交 易', '担 保 交']
    >>> list(patterns_in("加我vx日结50"))
    ['加 我', '日 结', 'vx', '我 vx', 'vx 日']
    """
    for stretch in _BETWEEN.split(text):
        before = ""
        for run in _RUN.findall(stretch):
            words = fold(run).split()
            for alone, some in groupby(words, _is_alone):
                letters = list(some)
                for length in RUN if alone else ():
                    for at in range(len(letters) - length + 1):
                        yield " ".join(letters[at : at + length])
            for word in words:
                if len(word) > 1:
                    yield word
                both = len(word) > 1 or len(before) > 1 or _is_alone(word) != _is_alone(before)
                if before and both:
                    yield f"{before} {word}"
                before = word
            if _is_alone(before):
                before = ""


def _is_alone(word: str) -> bool:
    """Return whether a folded word is a letter of a script without spaces."""
    return len(word) == 1 and is_spaceless(word)


def _glued(pattern: str) -> str:
    """Return a pattern without the spaces around letters that are words by themselves.

    >>> _glued("加 我 vx")
    '加我vx'
    """
    written = ""
    for word in pattern.split():
        touches = not written or _is_alone(word) or is_spaceless(written[-1])
        written += word if touches else f" {word}"
    return written


@lru_cache(1_000_000)
def _sound(pattern: str) -> str:
    """Return the pinyin of a pattern of Han letters, "" for any other."""
    given = [syllable_of(letter) for letter in pattern.split()]
    return JOINT.join(given) if len(given) > 1 and all(given) else ""


def _surprise(harmful: int, groups: int, share: float) -> float:
    """Return how far a term's groups are from the share of harmful ones, in deviations."""
    expected = groups * share
    return abs(harmful - expected) / math.sqrt(max(expected * (1 - share), 0.5))


def _spellings(texts: Sequence[str], wanted: Collection[str]) -> dict[str, str]:
    """Return how to write each pattern: in plain letters, else as most texts write it."""
    spelled = {pattern: pattern for pattern in wanted if _PLAIN.fullmatch(pattern)}
    spelled |= {pattern: _glued(pattern) for pattern in wanted if any(map(is_spaceless, pattern))}
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
