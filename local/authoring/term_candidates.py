"""What may become a term: words and phrases of several copy groups of posts that people labelled.

Words are taken from the fold, alone and in pairs. A script without spaces gives runs of two to four
letters. Left out are single letters, handles, links, words with digits (signs speak of them), and
names.

Copy groups: a text that was posted a thousand times counts once. The simple way compares each text
with every other: a near copy shares most four-letter pieces of the folded text. MinHash finds the
pairs worth comparing: `HASHES` smallest hashes of a text's pieces represent it, and two texts are
compared if one of `BANDS` bands of them is equal (Broder 1997; Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", chapter 3). With four hashes a band, a pair that shares .6 of its
pieces is compared with probability .89. `rules.pack_parts` groups posts of which only fingerprints
are stored; here the texts are at hand, so shares are exact, short texts count, and groups grow
together. Limits: a text is compared with the first text of its band alone.

Labels: confirmed findings alone would teach a pack its own bias. So ordinary posts come from
dismissed findings and from the audit sample, and each post counts for all posts like it: by one
over the probability that somebody decided it. Large weights are trimmed, which trades a bias for
far less variance. Limits: within the findings of rules, posts that were decided count for those
that were not, though moderators decide severe ones first. How a notice selects a post is not known:
it counts once. Source: D. G. Horvitz and D. J. Thompson, "A Generalization of Sampling Without
Replacement From a Finite Universe" (1952).
"""

import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authoring.advice import pinyin_problem, weighted_term_problem
from matcher.fold import JOINT, fold, is_spaceless, syllable_of
from matcher.term import pattern_of

GROUPS = 3
"""Copy groups in which a term must occur: one advert, however often copied, teaches nothing."""

MOST = 6_000
"""Candidates that are counted in every post; further ones tell harm from the ordinary less well."""

MOST_SOUNDS = 2_000
"""Candidates in pinyin, in the same order."""

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_IN_RUN = rf"[^\s{_SPACELESS}]"
_BETWEEN = re.compile(  # a run with a digit is looked for where it begins, or it takes the square
    rf"(?:https?://|www\.){_IN_RUN}+|[@#＠]\S+|(?<!{_IN_RUN}){_IN_RUN}*\d{_IN_RUN}*"
)
_RUN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PLAIN = re.compile("[a-z]+(?: [a-z]+)*")


type IsLeftOut = Callable[[str], bool]
type PatternsOf = Callable[[str], Iterable[str]]


def candidates(
    texts: Sequence[str], is_harmful: Sequence[bool], groups: Sequence[int], is_left_out: IsLeftOut
) -> list[str]:
    """Return the candidates as they will be written, in the order of the alphabet.

    A term that `is_left_out`, such as a name, is not one.
    """
    surprise = _surprise_of(texts, is_harmful, groups, patterns_in)
    usable = [
        (-surprise[pattern], written)
        for pattern, written in _spellings(texts, surprise.keys()).items()
        if not is_left_out(written)
    ]
    return sorted(written for _, written in sorted(usable)[:MOST])


def sound_candidates(
    texts: Sequence[str], is_harmful: Sequence[bool], groups: Sequence[int], is_left_out: IsLeftOut
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
    texts: Sequence[str], is_harmful: Sequence[bool], groups: Sequence[int], patterns_of: PatternsOf
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
                for length in range(2, 5) if alone else ():  # letters of a term without spaces
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


HASHES = 64
BANDS = 16
PIECE = 4
SHARED = 0.6
"""The part of both texts' pieces that near copies share (Jaccard)."""

_PRIME = np.uint64(4_294_967_311)  # the first prime above 2 ** 32: pieces are hashed to 32 bits
_random = np.random.Generator(np.random.PCG64(20_261_127))  # fixed: the same texts, the same groups
_FACTORS = _random.integers(1, 2**31, HASHES, dtype=np.uint64)
_OFFSETS = _random.integers(0, 2**31, HASHES, dtype=np.uint64)

type _Pieces = npt.NDArray[np.uint64]


def copy_groups(texts: Sequence[str], named: Sequence[str] = ()) -> list[int]:
    """Return a number for each text; near copies have the same, the place of their first text.

    >>> copy_groups(["send me the code now", "good morning", "Send me the CODE now!"])
    [0, 1, 0]

    `named` is the group that somebody gave each text, "" for none; those stay together.
    """
    groups = list(range(len(texts)))

    def root(at: int) -> int:
        while groups[at] != at:
            groups[at] = groups[groups[at]]
            at = groups[at]
        return at

    def join(first: int, second: int) -> None:
        low, high = sorted((root(first), root(second)))
        groups[high] = low

    first_with_name: dict[str, int] = {}
    for at, name in enumerate(named):
        if name:
            join(first_with_name.setdefault(name, at), at)
    pieces = [_pieces(text) for text in texts]
    first_in_band: dict[tuple[int, bytes], int] = {}
    for at, own in enumerate(pieces):
        for band, key in enumerate(_bands(own)):
            first = first_in_band.setdefault((band, key), at)
            if root(first) != root(at) and _shared(pieces[first], own) >= SHARED:
                join(first, at)
    return [root(at) for at in range(len(texts))]


def _pieces(text: str) -> _Pieces:
    """Return the hashes of the pieces of a folded text, each once and in order."""
    folded = fold(text).encode("utf-32-le", "surrogatepass")
    width = 4 * PIECE
    last = max(len(folded) - width, 0)
    hashes = {zlib.crc32(folded[at : at + width]) for at in range(0, last + 1, 4)}
    return np.array(sorted(hashes), dtype=np.uint64)


def _bands(pieces: _Pieces) -> list[bytes]:
    smallest = ((pieces[:, None] * _FACTORS + _OFFSETS) % _PRIME).min(axis=0)
    return [row.tobytes() for row in smallest.reshape(BANDS, -1)]


def _shared(first: _Pieces, second: _Pieces) -> float:
    if len(second) < SHARED * len(first):
        return 0.0  # a long text is not searched again for each short one
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / (len(first) + len(second) - both)


TRIM = 10
"""No post counts more than so many times as the one that counts least."""

MODERATORS = 2
"""People who must have decided on posts with a term: one person's habit is not a rule."""


class SelectedBy(StrEnum):
    """How a post came before a person. If there are several ways, the first of these counts."""

    RULE = "rule"
    AUDIT = "audit"
    NOTICE = "notice"


class PostVerdict(NamedTuple):
    """The last word of one decision or audit on a post.

    `is_right` is whether the post violates `category`: None if it says nothing, such as a skip.
    `key` names the decision. `findings` are those that it decided.
    """

    key: str
    post: str
    selection: SelectedBy
    category: str
    is_right: bool | None
    moderator: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecondWords:
    """Later messages about decisions: those overturned, and second reviews by decision."""

    overturned: frozenset[str] = frozenset()
    looks: Mapping[str, Sequence[tuple[str, bool]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecidedPost:
    """The label of a post for one category, and who gave it."""

    post: str
    is_harmful: bool
    selection: SelectedBy
    moderators: frozenset[str]
    findings: tuple[str, ...]


class SelectionShare(NamedTuple):
    """How many posts of a kind were decided, and out of how many; None if that is not known."""

    decided: int
    of: int | None

    @property
    def weight(self) -> float:
        """Return for how many posts each decided one counts."""
        return max(self.of / self.decided, 1.0) if self.of and self.decided else 1.0


def decided_posts(
    verdicts: Iterable[PostVerdict], later: SecondWords, category: str
) -> list[DecidedPost]:
    """Return the posts that verdicts label for a category, by id.

    - Harmful: a verdict that the post violates the category, and that nobody overturned.
    - Ordinary: a dismissed finding or notice of any category, or an audited post without violation.
    - Left out: a post that violates another category, and one about which two people disagree.

    If verdicts on one post differ, it is harmful: another rule may be wrong about the same post.
    """
    labels: dict[str, list[tuple[bool, PostVerdict, frozenset[str]]]] = defaultdict(list)
    for verdict in verdicts:
        looks = later.looks.get(verdict.key, ())
        is_right = verdict.is_right
        if is_right is None or any(second is not is_right for _, second in looks):
            continue
        if verdict.key in later.overturned:
            is_right = not is_right
        if is_right and verdict.category != category:
            continue
        people = frozenset((verdict.moderator, *(moderator for moderator, _ in looks)))
        labels[verdict.post].append((is_right, verdict, people))
    return [_decided(post, said) for post, said in sorted(labels.items())]


def _decided(post: str, said: Sequence[tuple[bool, PostVerdict, frozenset[str]]]) -> DecidedPost:
    is_harmful = any(is_right for is_right, _, _ in said)
    order = list(SelectedBy)
    agreeing = [(verdict, people) for is_right, verdict, people in said if is_right is is_harmful]
    return DecidedPost(
        post,
        is_harmful,
        min((verdict.selection for verdict, _ in agreeing), key=order.index),
        frozenset().union(*(people for _, people in agreeing)),
        tuple(name for verdict, _ in agreeing for name in verdict.findings),
    )


def selection_weights(shares: Mapping[SelectedBy, SelectionShare]) -> dict[SelectedBy, float]:
    """Return how often a post of each kind counts, with large weights trimmed.

    >>> selection_weights({SelectedBy.RULE: SelectionShare(50, 100),
    ...     SelectedBy.AUDIT: SelectionShare(200, 90_000)})
    {<SelectedBy.RULE: 'rule'>: 2.0, <SelectedBy.AUDIT: 'audit'>: 20.0}
    """
    least = min((share.weight for share in shares.values()), default=1.0)
    return {name: min(share.weight, TRIM * least) for name, share in shares.items()}


def selection_words(
    selection: SelectedBy, share: SelectionShare, weight: float, *, is_harmful: bool
) -> str:
    """Return how posts of a kind were selected, for the card.

    >>> selection_words(SelectedBy.RULE, SelectionShare(50, 100), 2.0, is_harmful=True)
    'Found by a rule and confirmed by a moderator. 50 of 100 findings were decided; each counts 2.0'
    """
    if selection is SelectedBy.AUDIT:
        found = "violating" if is_harmful else "not violating"
        how = f"In the random audit sample and judged {found}"
    else:
        verdict = "confirmed" if is_harmful else "dismissed"
        by = "Found by a rule" if selection is SelectedBy.RULE else "Reported by a notice"
        how = f"{by} and {verdict} by a moderator"
    what = "findings were decided" if selection is SelectedBy.RULE else "posts were judged"
    if share.of is None:
        return f"{how}. How likely that was is not known; each counts once"
    trimmed = f" instead of {share.weight:.0f}" if weight < share.weight else ""
    return f"{how}. {share.decided:,} of {share.of:,} {what}; each counts {weight:.1f}{trimmed}"
