"""Answer a text from an index: which published checks are about its claim.

`ask` compares a text with all checks, in milliseconds. `CheckFinder` finds the checks that posts
repeat: only checks that make findings, with a memory, and after a prefilter that takes tens of
microseconds. The prefilter misses two in a hundred texts that would get a check: they say a claim
in other words throughout. Scan runs it for the pack `factchecks`.

The more claims an index has, the more words any text shares with them. So `measure` finds the
scores from which checks are suggested and attached for each index and language: with ordinary
sentences, and with the index's own claims while their right answer is left out.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from hashlib import blake2b
from itertools import starmap

import msgspec

from claims import ranking
from claims.fact_check import Check
from claims.index import BadIndexError, LanguageIndex, digest_of, read_index
from claims.ranking import Curves, Meaning, Query, Ranked
from claims.text_words import ClaimText, calibration_negatives, guess_language, primary
from ledger.codes import OperatorError
from ledger.findings import FoundCheck, Label
from ledger.keys import factchecks_key
from ledger.posts import Post
from rules.rule_set import RuleSet

ANSWERS = 5
FEWEST_WORDS = 8
"""Words below which a text is too short to repeat a claim: nothing is attached."""

REMEMBERED = 50_000
"""Texts with their checks that are kept in memory, since forwarded texts come again and again."""
PREPARED = 8
"""Texts kept with their normal forms, between `CheckFinder.may_repeat` and `find`."""
RAREST = 8
"""Rarest words of a claim and its title that the prefilter looks for."""
HELD = 0.25
"""Share of the weight of these rarest words that a text must hold."""
COVERED = 0.4
"""Share of the weight of the claim, or of its title, that a text must hold or imply."""
FEWEST_SHARED = 2

MAX_TEXTS = 16_000
"""The most different texts of one unit that are looked up in an index: at 5 ms each about a minute,
two and a half if all are long. A unit full of hoaxes must end. Each attempt looks up the same."""

MAX_PARTS = 4
"""The parts of a post that are looked up: its text, and those that follow it."""

KEPT_INDEXES = 2
"""Indexes that a worker keeps: units of the previous set may still arrive."""

type Proposed = tuple[str, str, str, Label]
"""A rule (its topic), the part of the post, the claim that the part repeats, and the label."""

FALSE_ATTACH = 3 / 1_000
"""Share of the shipped sentences that may get a check. They were written to be close to rumours
(counter-speech, warnings, health): of sentences of news, the same bound attaches a check to fewer
than one in a thousand (docs/factchecks.md)."""
FALSE_SUGGEST = 1 / 50
FALSE_ANSWER = 3 / 1_000
"""Share of the texts without a right answer that may get a check."""
LOWEST_ATTACH, LOWEST_SUGGEST = 2.0, -1.5
"""Scores below which no index attaches or suggests. An index cannot be tested with stories that
nobody has checked; these bounds were measured on the development set, which has such stories."""
UNNAMED_ATTACH, UNNAMED_SUGGEST = 3.1, -3.0
"""The same for scripts that do not mark names: there a story about somebody else looks like the
claim, and pairs of letters are compared, of which a text shares fewer than words."""
NEVER = 1e6
"""The bound of a language without calibration sentences: nothing is attached."""
ALIKE = 0.2
"""Share of weight in common above which two claims may be about one rumour."""
LOWEST = -10.0
ASKED = 300
ENOUGH_ASKED = 100
"""Fewer claims say nothing about three in a thousand: one outlier would decide."""
REPORTED_EVERY = 100

type Progress = Callable[[str, int, int], None]
"""Called from time to time with the work, how many items are done, and how many there are."""


class Bounds(msgspec.Struct, frozen=True):
    """The scores from which a check is suggested, and attached."""

    suggest: float
    attach: float


class IndexContent(msgspec.Struct, frozen=True):
    """Checks by language, the bounds measured for each, and the curves used to measure them."""

    checks: dict[str, int]
    bounds: dict[str, Bounds]
    attaching: Curves


class ClaimIndex:
    """The checks of an index by language. Each language is opened when it is first asked.

    Raises BadIndexError if the bytes are not an index of this version.
    """

    def __init__(self, data: bytes):
        self.data = data
        facts, self.arrays = read_index(data)
        try:
            content = msgspec.convert(facts, IndexContent)
        except msgspec.ValidationError as error:
            raise BadIndexError("the index lacks its checks, bounds or curves") from error
        self.totals, self.bounds, self.curves = content.checks, content.bounds, content.attaching
        if {*self.curves.curves, *self.curves.gates} - ranking.EVIDENCE:
            raise BadIndexError("the index weighs evidence that this release does not know")
        self._languages: dict[str, LanguageIndex] = {}

    @cached_property
    def digest(self) -> str:
        """Return the name of the index: SHA-256 of its bytes."""
        return digest_of(self.data)

    def language(self, language: str) -> LanguageIndex:
        """Return the checks of a language that `totals` names."""
        if language not in self._languages:
            self._languages[language] = LanguageIndex(self.arrays, language, self.totals[language])
        return self._languages[language]

    def checks(self) -> Iterator[Check]:
        """Yield all checks, language by language."""
        for name, total in sorted(self.totals.items()):
            language = self.language(name)
            yield from (language.check(place) for place in range(total))


class Level(StrEnum):
    """What an answer may be used for: nothing, showing it to a person, or proposing a label."""

    NONE = "none"
    SUGGEST = "suggest"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """A check, how sure it is that the text repeats its claim (0 to 1), and its level."""

    check: Check
    score: float
    level: Level
    likeness: dict[str, float]


def ask(
    index: ClaimIndex, text: str | ClaimText, language: str = "", meaning: Meaning | None = None
) -> list[CheckAnswer]:
    """Return the published checks nearest to a text, best first, five at most.

    Without a `language` tag the language is guessed; if that is not clear, all languages are asked.
    The other checks of an attached check's group follow it, so that checks which disagree are seen
    together. `meaning` reorders the answers if none is attached, and suggests those that are near.
    """
    text = ClaimText.of(text)
    languages, hint = set(index.totals), primary(language)
    known = hint if hint in languages else guess_language(text, languages)
    ranked: list[tuple[float, CheckAnswer]] = []
    for name in [known] if known else sorted(languages):
        ranked.extend(_answers(index, name, text, meaning))
    if not known:
        ranked.sort(key=lambda pair: (pair[1].level is not Level.ATTACH, -pair[0]))
    return [answer for _, answer in ranked[:ANSWERS]]


def _answers(
    index: ClaimIndex, language: str, text: ClaimText, meaning: Meaning | None
) -> list[tuple[float, CheckAnswer]]:
    checks, bounds, curves = index.language(language), index.bounds[language], index.curves
    query = ranking.query_of(checks, text)
    ranked = ranking.rank(query)
    if not ranked:
        return []
    word_scores = [check.score for check in ranked]  # falling: keeps this order among languages
    group = checks.groups[ranked[0].place]
    (first,) = _scores(curves, query, ranked, 1)
    attaches = (
        first >= bounds.attach
        and text.word_count >= FEWEST_WORDS
        and ranking.meets(curves.demands, query, ranked[0].place)
    )
    if attaches:
        ranked.sort(key=lambda check: checks.groups[check.place] != group)
    elif meaning and language in meaning.languages:
        ranked = ranking.reorder_by_meaning(checks, text.text, ranked, meaning)
    answers = []
    scores = _scores(curves, query, ranked, ANSWERS)
    for candidate, score, word_score in zip(ranked, scores, word_scores, strict=False):
        may_attach = attaches and checks.groups[candidate.place] == group
        level = level_of(score, bounds, may_attach=may_attach, near=candidate.is_near)
        check = checks.check(candidate.place)
        answer = CheckAnswer(check, round(ranking.sigmoid(score), 3), level, candidate.likeness)
        answers.append((word_score, answer))
    return answers


def _scores(curves: Curves, query: Query, ranked: list[Ranked], count: int) -> list[float]:
    return [curves.score(evidence) for evidence in ranking.evidence_for(query, ranked, count)]


def level_of(score: float, bounds: Bounds, *, may_attach: bool, near: bool = False) -> Level:
    """Return the level of an answer.

    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=True)
    <Level.ATTACH: 'attach'>
    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=False)
    <Level.SUGGEST: 'suggest'>
    >>> [level_of(score, Bounds(-1, 2), may_attach=True).value for score in (2, 1.9, -1, -1.1)]
    ['attach', 'suggest', 'suggest', 'none']
    """
    if may_attach and score >= bounds.attach:
        return Level.ATTACH
    return Level.SUGGEST if near or score >= bounds.suggest else Level.NONE


@dataclass(frozen=True, slots=True)
class Attached:
    """The topic of a finding, and its checks, the nearest first, each with its score."""

    topic: str
    checks: tuple[tuple[Check, float], ...]


class CheckFinder:
    """Finds checks for posts in one index, and remembers its answers.

    A finding repeats the words of a publisher. It is made if the nearest attached check has a topic
    and found the claim false, misleading or without context. Every check attached with it must have
    a topic too, and all of them are reported, also those that disagree.
    """

    def __init__(self, index: ClaimIndex):
        self.index = index
        self._answers: OrderedDict[bytes, bool | Attached | None] = OrderedDict()
        self._prepared = lru_cache(PREPARED)(ClaimText)
        self._prefilter = cache(lambda language: _Prefilter(index.language(language)))

    def may_repeat(self, text: str) -> bool:
        """A text is worth the time that `find` takes."""
        return bool(self._remembered(text, b"may repeat", self._passes))

    def find(self, text: str) -> Attached | None:
        """Return the checks of a text, if any; a text of few words never gets one."""
        attached = self._remembered(text, b"find", self._find)
        return attached if isinstance(attached, Attached) else None

    def found(self, posts: Sequence[Post]) -> tuple[dict[int, list[Proposed]], int]:
        """Return what each post repeats, by its number, at most one check for a topic.

        The second value counts the posts that were not looked up: they came after MAX_TEXTS.
        """
        asked: set[str] = set()
        by_post: dict[int, list[Proposed]] = {}
        not_asked = 0
        for number, post in enumerate(posts):
            parts = [part for part in post.parts[:MAX_PARTS] if self.may_repeat(part[1])]
            new = {text for _, text in parts} - asked
            if len(asked) + len(new) > MAX_TEXTS:
                not_asked += 1
                continue
            asked |= new
            by_topic: dict[str, Proposed] = {}
            for part, text in parts:
                attached = self.find(text)
                if attached is not None:
                    claim = attached.checks[0][0].claim
                    label = Label(tuple(starmap(_found_check, attached.checks)))
                    by_topic.setdefault(attached.topic, (attached.topic, part, claim, label))
            if by_topic:
                by_post[number] = list(by_topic.values())
        return by_post, not_asked

    def _remembered(
        self, text: str, question: bytes, answer_of: Callable[[ClaimText], bool | Attached | None]
    ) -> bool | Attached | None:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        key = digest + question
        if key not in self._answers:
            self._answers[key] = answer_of(self._prepared(text))
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return self._answers[key]

    def _passes(self, text: ClaimText) -> bool:
        if text.word_count < FEWEST_WORDS:
            return False
        languages = self.index.totals
        known = guess_language(text, languages)
        return any(
            self._prefilter(name).passes(ranking.query_of(self.index.language(name), text))
            for name in ([known] if known else languages)
        )

    def _find(self, text: ClaimText) -> Attached | None:
        answers = [answer for answer in ask(self.index, text) if answer.level is Level.ATTACH]
        if not answers or not answers[0].check.makes_findings:
            return None
        if not all(answer.check.topic for answer in answers):
            return None
        checks = tuple((answer.check, answer.score) for answer in answers)
        return Attached(answers[0].check.topic, checks)


class _Prefilter:
    """Tests texts for those checks of one language that make findings."""

    def __init__(self, index: LanguageIndex):
        self._index = index
        self._by_word: dict[int, list[tuple[int, float]]] = {}
        for place in range(index.total):
            if index.check(place).makes_findings:
                words = index.claim_and_title(place)
                rarest = sorted(words, key=lambda word: (-index.rarity[word], word))[:RAREST]
                candidate = place, index.weight(rarest)
                for word in rarest:
                    self._by_word.setdefault(word, []).append(candidate)

    def passes(self, query: Query) -> bool:
        shares: dict[int, float] = {}
        for words, part in ((query.known, 1.0), (query.implied, 0.5)):
            for word in words:
                for place, weight in self._by_word.get(word, ()):
                    share = part * self._index.rarity[word] / weight
                    shares[place] = shares.get(place, 0.0) + share
        return any(self._is_near(query, place) for place in shares if shares[place] >= HELD)

    def _is_near(self, query: Query, place: int) -> bool:
        for field_name in ("claim", "title"):
            words = set(self._index.words(field_name, place))
            shared = len((query.known | query.implied).intersection(words))
            enough = shared >= min(FEWEST_SHARED, len(words))
            if words and enough and query.weight_held(words) >= COVERED:
                return True
        return False


type ReadObject = Callable[[str], bytes | None]
"""Returns the bytes under a key of the public bucket."""


def open_index(digest: str, read: ReadObject) -> ClaimIndex:
    """Open a published index.

    Raises OperatorError if it is missing, cannot be read, or has another digest.
    """
    data = read(factchecks_key(digest))
    if data is None:
        raise OperatorError(f"the index of checks {digest} is not in the public bucket")
    try:
        index = ClaimIndex(data)
    except BadIndexError as error:
        raise OperatorError(f"the index of checks {digest} cannot be read: {error}") from error
    if index.digest != digest:
        raise OperatorError(f"the index of checks {digest} has another digest: it was changed")
    return index


def published_indexes(read: ReadObject) -> Callable[[RuleSet], CheckFinder]:
    """Return the function that opens the index which a set names, and keeps the last ones."""
    finder = lru_cache(KEPT_INDEXES)(lambda digest: CheckFinder(open_index(digest, read)))
    return lambda rule_set: finder(rule_set.factchecks)


def _found_check(check: Check, score: float) -> FoundCheck:
    rating, publisher = str(check.rating), check.publisher
    return FoundCheck(check.url, check.claim, rating, check.stated, publisher, check.date, score)


def silent(work: str, done: int, total: int) -> None:
    """Report nothing."""


def watched[T](items: Iterable[T], work: str, total: int, progress: Progress) -> Iterator[T]:
    """Yield the same items, and report how many have been taken."""
    for done, item in enumerate(items):
        if done % REPORTED_EVERY == 0:
            progress(work, done, total)
        yield item


def measure(index: LanguageIndex, progress: Progress = silent) -> Bounds:
    """Return the bounds of the index of one language."""
    work = f"measuring {index.language}"
    sentences = calibration_negatives(index.language)
    negatives = [
        _first_score(index, each) for each in watched(sentences, work, len(sentences), progress)
    ]
    places = range(0, index.total, max(1, index.total // ASKED))
    others = [
        _first_score(index, index.check(place).claim, except_for=place)
        for place in watched(places, work, len(places), progress)
    ]
    attach, suggest = UNNAMED_ATTACH, UNNAMED_SUGGEST
    if index.marks_names:
        attach, suggest = LOWEST_ATTACH, LOWEST_SUGGEST
    suggest = max(suggest, tail_quantile(negatives or others, FALSE_SUGGEST))
    if not negatives:
        return Bounds(suggest, NEVER)
    attach = max(attach, tail_quantile(negatives, FALSE_ATTACH))
    if len(others) >= ENOUGH_ASKED:
        attach = max(attach, tail_quantile(others, FALSE_ANSWER))
    return Bounds(min(suggest, attach), attach)


def _first_score(index: LanguageIndex, text: str, except_for: int | None = None) -> float:
    """Return the score of the first answer to a text.

    With `except_for`, skip the answers about the same rumour as that check: they would be right.
    """
    query = ranking.query_of(index, text)
    ranked = ranking.rank(query)
    if except_for is not None:
        groups = index.groups
        ranked = [
            check
            for check in ranked
            if groups[except_for] != groups[check.place]
            and not index.are_alike(except_for, check.place, ALIKE)
        ]
    if not ranked:
        return LOWEST
    [evidence] = ranking.evidence_for(query, ranked, 1)
    return ranking.shipped_curves().score(evidence)


def tail_quantile(scores: Sequence[float], share: float) -> float:
    """Return the score that this share of such scores exceeds, even if there are too few of them.

    The upper tenth is assumed to fall off exponentially (peaks over threshold, Davison and Smith
    1990), so that 200 sentences say something about one in a thousand.

    >>> round(tail_quantile([i / 100 for i in range(1000)], 0.05), 1)
    9.3
    """
    if not scores:
        return -math.inf
    ordered = sorted(scores)
    start = ordered[int(len(ordered) * 0.9)]
    above = [score - start for score in ordered if score > start]
    scale = sum(above) / len(above) if above else 0.0
    return start + scale * math.log(0.1 / share)
