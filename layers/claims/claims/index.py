"""The checks of one language in an index: laid out as arrays, and searched.

An index is one immutable file of named arrays. It is read in place, and its digest is its name.

    magic · length of the directory (4 bytes) · directory (JSON) · arrays, each at a multiple of 8

Numbers are little-endian, as on all processors that Lambda has. SQLite's FTS5 in its place took
twice to four times as long (decision 41).

Words and grams are weighed with Okapi BM25: how strongly a word that a text shares with a claim
points to that claim. Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25
and Beyond, 2009. K1 and B weigh the length of a claim more than usual (1.2 and 0.75): a text that
holds a short claim nearly whole is nearer to it than to a long claim with the same words. That was
better in each language, most of all for short titles.
"""

import hashlib
import heapq
import math
import re
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Buffer, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from itertools import groupby, pairwise
from typing import Any

import msgspec

from claims import text_words
from claims.fact_check import Check, FeedCheck

MAGIC = b"terang claims 1\n"
_ALIGNED = 8
_BYTES = {"B": 1, "H": 2, "I": 4, "f": 4}

type Arrays = dict[str, bytes | bytearray | array[Any]]
"""Arrays by name, before they are written."""

K1 = 1.4
B = 0.85
MOST = K1 + 1
NAME_BIT = 1 << 31
"""Set in a claim's word that was written like a name."""
OPENS_BIT = 1 << 30
"""Set in a claim's word that begins a sentence, until all words are known."""
COMMONEST = 1_000
"""Commonest words of a language: most texts hold some of them."""
RARE = 2
"""Distinctiveness of a word that is on no list of common ones."""
COMMON_GRAM = 0.05
"""Grams that more than this share of the claims hold are left out: they cost more than they add."""
ALIKE = 0.35
"""Share of their words' weight that two claims of one group have in common."""
MOST_HOLDERS = 60
"""A word brings checks together only if no more checks than these hold it."""
MOST_FOUNDERS = 20
"""Founders with which a check is compared: those with most rare words in common."""

_INDISTINCT_NUMBER = re.compile(r"\d{1,2}|(?:19|20)\d\d")

MOST_WORDS = 96
MOST_GRAMS = 192
"""Rarest words and grams of a text that are looked up. They bound the time for a long text."""
HEAD = 40
"""Words at the beginning of a text, where a forwarded message names its subject."""
AFTER_HEAD = 0.6
"""Weight of a word that occurs only after the head."""
IMPLIED = 0.3
"""Weight of a word if the text holds only a synonym of it."""


class BadIndexError(ValueError):
    """The bytes are not the expected index, or this version cannot read them."""


def digest_of(data: bytes) -> str:
    """Return the name of an index: SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def index_bytes(facts: dict[str, Any], arrays: Mapping[str, Buffer]) -> bytes:
    """Return the whole file of an index; the same content gives the same bytes."""
    places: dict[str, tuple[str, int, int]] = {}
    pieces: list[Buffer] = []
    at = 0
    for name in sorted(arrays):
        view, padding = memoryview(arrays[name]), bytes(-at % _ALIGNED)
        at += len(padding)
        places[name] = (view.format, at, view.nbytes)
        pieces += (padding, view)
        at += view.nbytes
    directory = msgspec.json.encode({"facts": facts, "arrays": places}, order="sorted")
    directory += b" " * (-(len(MAGIC) + 4 + len(directory)) % _ALIGNED)
    return b"".join([MAGIC, len(directory).to_bytes(4, "little"), directory, *pieces])


class _Directory(msgspec.Struct, frozen=True):
    facts: dict[str, Any]
    arrays: dict[str, tuple[str, int, int]]


def read_index(data: bytes) -> tuple[dict[str, Any], "dict[str, memoryview[Any]]"]:
    """Return the facts of an index, and its arrays by name, which are not copied.

    Raises BadIndexError if the bytes are not an index, or an array lies outside them.
    """
    if not data.startswith(MAGIC) or sys.byteorder != "little":
        raise BadIndexError("not an index of claims that this version reads")
    start = len(MAGIC) + 4
    end = start + int.from_bytes(data[len(MAGIC) : start], "little")
    try:
        directory = msgspec.json.decode(data[start:end], type=_Directory)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadIndexError("the index's directory cannot be read") from error
    body, arrays = memoryview(data)[end:], {}
    for name, (code, at, size) in directory.arrays.items():
        if code not in _BYTES or at < 0 or size < 0 or size % _BYTES[code]:
            raise BadIndexError("the index's directory cannot be read")
        if at + size > len(body):
            raise BadIndexError("the index breaks off")
        arrays[name] = body[at : at + size].cast(code)  # type: ignore[call-overload]
    return directory.facts, arrays


def lay_out(found: Iterable[FeedCheck], language: str, total: int) -> Arrays:
    """Return the arrays of a language by name; a check's place is its number in their order.

    The checks are read once, and only numbers are kept.
    """
    words, grams = _WordArrays(language), _GramArrays(total)
    checks, starts = bytearray(), array("I", [0])
    for feed_check in found:
        words.add(feed_check.check.claim, feed_check.own_title, feed_check.summary)
        grams.add(text_words.grams_of(feed_check.claim_and_title))
        checks += msgspec.json.encode(feed_check.check) + b"\n"
        starts.append(len(checks))
    arrays: Arrays = {"checks": checks[:-1], "check_starts": starts}
    arrays |= words.arrays() | grams.arrays()
    return arrays | {"groups": _groups(arrays, total)}


def rarity(holders: int, total: int) -> float:
    """Return the weight of a word that `holders` of `total` claims hold; never below zero."""
    return math.log(1 + (total - holders + 0.5) / (holders + 0.5))


def saturated(times: int, length: float, average: float) -> float:
    """Return the weight of `times` occurrences in a claim of this length; never above `MOST`."""
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / average))


def _empty_places(total: int) -> "array[int]":
    """Return an empty array for the places of `total` checks, in as few bytes as possible."""
    return array("H" if total <= 1 << 16 else "I")


class _Field:
    """The words of a field of all checks, and where those of each check start."""

    def __init__(self) -> None:
        self.words, self.starts = array("I"), array("I", [0])

    def add(self, words: Iterable[int]) -> None:
        self.words.extend(words)
        self.starts.append(len(self.words))


class _WordArrays:
    """Takes the words of one check after the other, and renumbers them alphabetically at the end.

    Only numbers are kept: as objects the words would take ten times as much memory.
    """

    def __init__(self, language: str):
        self._language = language
        self._numbers: dict[str, int] = {}
        self._small = array("i")  # how much more often a word is written small than like a name
        self._claims, self._titles, self._summaries = _Field(), _Field(), _Field()
        self._holders: list[array[int]] = []
        self._lengths = array("I")

    def add(self, claim: str, title: str, summary: str) -> None:
        counts = Counter[int]()
        self._claims.add(self._numbered(claim, counts, opens_bit=OPENS_BIT))
        self._titles.add(self._numbered(title, counts))
        words = self._numbered(summary, counts)
        self._summaries.add({word & ~NAME_BIT for word in words})  # searched, never read in order
        for number, times in counts.items():
            self._holders[number].extend((len(self._lengths), times))
        self._lengths.append(counts.total())

    def arrays(self) -> Arrays:
        """Return vocabulary, postings and fields, by name."""
        vocabulary = sorted(self._numbers)
        order = [self._numbers[word] for word in vocabulary]
        self._count_small_words()
        final = array("I", bytes(4 * len(order)))
        for at, number in enumerate(order):
            final[number] = at
        claims, titles, summaries = (
            array("I", (self._final(word, final) for word in field.words))
            for field in (self._claims, self._titles, self._summaries)
        )
        for start, end in pairwise(self._summaries.starts):
            summaries[start:end] = array("I", sorted(summaries[start:end]))
        return {
            "words": "\n".join(vocabulary).encode(),
            "word_telling": _distinctiveness(vocabulary, self._language),
            "claim_words": claims,
            "claim_starts": self._claims.starts,
            "title_words": titles,
            "title_starts": self._titles.starts,
            "summary_words": summaries,
            "summary_starts": self._summaries.starts,
            **self._postings(order),
        }

    def _numbered(self, text: str, counts: Counter[int], opens_bit: int = 0) -> list[int]:
        numbers = []
        for word in text_words.words_of(text, self._language):
            number = self._numbers.setdefault(word.stem, len(self._holders))
            if number == len(self._holders):
                self._holders.append(array("I"))
                self._small.append(0)
            self._small[number] += word.is_small - word.is_name
            counts[number] += 1
            numbers.append(number | word.is_name * NAME_BIT | word.opens * opens_bit)
        return numbers

    def _count_small_words(self) -> None:
        """Count in ordinary sentences too which words are written small."""
        for text in text_words.calibration_negatives(self._language):
            for word in text_words.words_of(text, self._language):
                if (number := self._numbers.get(word.stem)) is not None:
                    self._small[number] += word.is_small - word.is_name

    def _final(self, word: int, final: Sequence[int]) -> int:
        """Return a word's last number, with the bit of a name.

        A word that opens a sentence is a name unless it is mostly written small. One slip does not
        change that.
        """
        number = word & ~(NAME_BIT | OPENS_BIT)
        is_name = word & NAME_BIT or (word & OPENS_BIT and self._small[number] <= 0)
        return final[number] | (NAME_BIT if is_name else 0)

    def _postings(self, order: Sequence[int]) -> Arrays:
        """Return for each word the checks that hold it, each with its weight in 1 to 255 steps."""
        total, lengths = len(self._lengths), self._lengths
        average = sum(lengths) / total or 1.0
        ids, weights, starts = _empty_places(total), array("B"), array("I", [0])
        rarities = array("f", (rarity(len(self._holders[number]) // 2, total) for number in order))
        step = max(rarities, default=0.0) * MOST / 255
        for weight, number in zip(rarities, order, strict=True):
            holders = self._holders[number]
            for place, times in zip(holders[::2], holders[1::2], strict=True):
                ids.append(place)
                score = weight * saturated(times, lengths[place], average)
                weights.append(max(1, min(255, round(score / step))))
            starts.append(len(ids))
        return {
            "word_ids": ids,
            "word_weights": weights,
            "word_starts": starts,
            "word_rarity": rarities,
            "word_step": array("f", [step]),
        }


def _distinctiveness(vocabulary: Iterable[str], language: str) -> "array[int]":
    """Return for each stem how well it distinguishes one story from another, from 0 to RARE.

    The commonest words of a language, years, and numbers of one or two digits get 0. Words that are
    on no list of common ones, mostly names, get RARE.
    """
    points: dict[str, int] = {}
    for rank, word in enumerate(text_words.common_words(language)):
        points.setdefault(text_words.stem(word, language), int(rank >= COMMONEST))
    return array(
        "B",
        (
            0 if _INDISTINCT_NUMBER.fullmatch(word) else points.get(word, RARE)
            for word in vocabulary
        ),
    )


class _GramArrays:
    def __init__(self, total: int):
        self._total = total
        self._holders: defaultdict[str, array[int]] = defaultdict(partial(_empty_places, total))
        self._lengths = array("I")

    def add(self, grams: Collection[str]) -> None:
        for gram in grams:
            self._holders[gram].append(len(self._lengths))
        self._lengths.append(len(grams))

    def arrays(self) -> Arrays:
        """Return the grams that are not too common, and the checks that hold each; call it once."""
        most = max(50, int(self._total * COMMON_GRAM))
        kept = sorted(gram for gram, holders in self._holders.items() if len(holders) <= most)
        ids, starts, rarities = _empty_places(self._total), array("I", [0]), array("f")
        for gram in kept:
            holders = self._holders.pop(gram)
            rarities.append(rarity(len(holders), self._total))
            ids.extend(holders)
            starts.append(len(ids))
        average = sum(self._lengths) / self._total or 1.0
        return {
            "grams": "\n".join(kept).encode(),
            "gram_ids": ids,
            "gram_starts": starts,
            "gram_rarity": rarities,
            "gram_factor": array("f", (saturated(1, length, average) for length in self._lengths)),
        }


def _groups(arrays: Mapping[str, Any], total: int) -> "array[int]":
    """Return for each check the place of the founder of its group: checks about the same rumour.

    The first check of a group is its founder. A check joins the founder that it is most like; it is
    not compared with other members, so that a chain of small steps does not join two rumours.
    """
    rarity_of, holders = arrays["word_rarity"], arrays["word_starts"]
    founders: dict[int, list[int]] = {}
    weights, leaders = array("d"), array("I")
    for place in range(total):
        words = _claim_and_title(arrays, place)
        weights.append(sum(rarity_of[word] for word in words))
        rare = [word for word in words if holders[word + 1] - holders[word] <= MOST_HOLDERS]
        shared_with = Counter(founder for word in rare for founder in founders.get(word, ()))
        leader, likeness = place, ALIKE
        for founder, shared in shared_with.most_common(MOST_FOUNDERS):
            if shared < 2 and len(words) > 2:
                break
            common = sum(rarity_of[word] for word in words & _claim_and_title(arrays, founder))
            alike = common / (weights[place] + weights[founder] - common)
            if alike >= likeness:
                leader, likeness = founder, alike
        leaders.append(leader)
        if leader == place:
            for word in rare:
                founders.setdefault(word, []).append(place)
    return leaders


def _claim_and_title(arrays: Mapping[str, Any], place: int) -> set[int]:
    numbers: set[int] = set()
    for field in ("claim", "title"):
        words, starts = arrays[f"{field}_words"], arrays[f"{field}_starts"]
        numbers.update(word & ~NAME_BIT for word in words[starts[place] : starts[place + 1]])
    return numbers


class LanguageIndex:
    """Finds the checks of one language that share words or letters with a text.

    A check's place is its number in the order of the index. Words are given as numbers of stems.
    """

    def __init__(self, arrays: Mapping[str, Buffer], language: str, total: int):
        self.language, self.total = language, total
        self._arrays = arrays
        self.rarity = self._numbers("word_rarity")
        self.distinctiveness = self._numbers("word_telling")
        self.number = self._vocabulary("words")
        self._gram_number = self._vocabulary("grams")
        self._word_ids = self._numbers("word_ids")
        self._word_weights = self._numbers("word_weights")
        self._word_starts, self._step = self._numbers("word_starts"), self._numbers("word_step")[0]
        self._gram_ids, self._gram_starts = self._numbers("gram_ids"), self._numbers("gram_starts")
        self._gram_rarity = self._numbers("gram_rarity")
        self._gram_factor = self._numbers("gram_factor")
        self.groups = self._numbers("groups")
        self._fields = {
            name: (self._numbers(f"{name}_words"), self._numbers(f"{name}_starts"))
            for name in ("claim", "title", "summary")
        }
        self._check_starts, self._checks = self._numbers("check_starts"), self._numbers("checks")

    def _numbers(self, name: str) -> memoryview:
        return memoryview(self._arrays[f"{self.language}/{name}"])

    def _vocabulary(self, name: str) -> dict[str, int]:
        listed = str(self._numbers(name), "utf-8").split("\n")
        return {item: at for at, item in enumerate(listed)}

    @cached_property
    def unknown_rarity(self) -> float:
        """The weight of a word that no check holds."""
        return max(self.rarity, default=1.0)

    def check(self, place: int) -> Check:
        """Return the check at a place."""
        start, end = self._check_starts[place], self._check_starts[place + 1] - 1
        return msgspec.json.decode(bytes(self._checks[start:end]), type=Check)

    def words(self, field: str, place: int) -> list[int]:
        """Return the words of a check's claim, title or summary."""
        return [word & ~NAME_BIT for word in self._marked(field, place)]

    def claim_and_title(self, place: int) -> set[int]:
        """Return the different words of a check's claim and title."""
        return {*self.words("claim", place), *self.words("title", place)}

    def names(self, place: int) -> set[int]:
        """Return the words of a check's claim that are written like names."""
        return {word & ~NAME_BIT for word in self._marked("claim", place) if word & NAME_BIT}

    def name_runs(self, place: int) -> list[list[int]]:
        """Return the names of a check's claim in order, each as its words."""
        runs = groupby(self._marked("claim", place), key=lambda word: bool(word & NAME_BIT))
        return [[word & ~NAME_BIT for word in run] for is_name, run in runs if is_name]

    def _marked(self, field: str, place: int) -> Sequence[int]:
        words, starts = self._fields[field]
        return words[starts[place] : starts[place + 1]]

    @cached_property
    def all_names(self) -> frozenset[int]:
        """The words that any claim writes like a name."""
        words, _ = self._fields["claim"]
        return frozenset(word & ~NAME_BIT for word in words if word & NAME_BIT)

    @cached_property
    def marks_names(self) -> bool:
        """Most words are in a script whose names begin with a capital."""
        with_capitals = sum(word[:1].isupper() for word in map(str.upper, self.number))
        return 2 * with_capitals > len(self.number)

    def are_alike(self, place: int, other: int, least: float) -> bool:
        """Return whether two checks share more than this part of the weight of their words."""
        words, others = self.claim_and_title(place), self.claim_and_title(other)
        whole = self.weight(words | others)
        return bool(whole) and self.weight(words & others) / whole > least

    def weight(self, words: Iterable[int]) -> float:
        """Return the sum of the rarity of these words."""
        return sum(self.rarity[word] for word in words)

    def is_known(self, word: str) -> bool:
        """Return whether a word in small letters is a stop word, or some check holds it."""
        if word in text_words.stop_words(self.language):
            return True
        return len(word) > 2 and text_words.stem(word, self.language) in self.number

    def by_words(self, numbers: Sequence[int], implied: Collection[int] = ()) -> dict[int, float]:
        """Return the BM25 score of each check that shares a word with the text.

        `numbers` are the text's words in order, negative if no check holds them.
        """
        head = {number for number in numbers[:HEAD] if number >= 0}
        known = {number for number in numbers if number >= 0}
        rarest = heapq.nlargest(MOST_WORDS, known, key=lambda word: (self.rarity[word], word))
        counted = [(number, 1.0 if number in head else AFTER_HEAD) for number in rarest]
        scores: dict[int, float] = {}
        for number, factor in counted + [(number, IMPLIED) for number in implied]:
            start, end = self._word_starts[number], self._word_starts[number + 1]
            step = self._step * factor
            ids, weights = self._word_ids[start:end], self._word_weights[start:end]
            for place, weight in zip(ids, weights, strict=True):
                scores[place] = scores.get(place, 0.0) + step * weight
        return scores

    def by_grams(self, grams: Iterable[str]) -> dict[int, float]:
        """Return the BM25 score over grams of each check that shares an indexed gram."""
        known = self._gram_number
        numbers = [known[gram] for gram in grams if gram in known]
        scores: dict[int, float] = {}
        for number in heapq.nlargest(MOST_GRAMS, numbers, key=self._gram_rarity.__getitem__):
            weight = self._gram_rarity[number]
            for place in self._gram_ids[self._gram_starts[number] : self._gram_starts[number + 1]]:
                scores[place] = scores.get(place, 0.0) + weight
        factor = self._gram_factor
        return {place: score * factor[place] for place, score in scores.items()}
