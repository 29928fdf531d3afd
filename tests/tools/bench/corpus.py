"""Posts and terms to measure on: the same ones each time, drawn by one seed.

A unit is 8 MiB of JSON Lines, as `scan` reads them. Its posts are drawn from real ones
(`../shared/data/posts`, not part of the project), all sets mixed, or else made from word lists:
42 % English, 28 % Indonesian, 11 % Chinese (a third of it traditional), 8 % Arabic, 11 % mixed;
with emoji, links, typographic signs and capitals, and 2 % of posts with a disguised word. `SOURCE`
says which. Terms are rare words, a fifth of them phrases of two words. Terms that occur in the
posts by accident are left out, so that the hit rate is what was planted.

Limits: in posts from word lists words are drawn independently by Zipf's law. A real list of terms
is less clean. Results change with the hit rate, which every figure states.
"""

import random
import string
from bisect import bisect
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate, compress
from pathlib import Path

import msgspec
import wordfreq
from support.sample_packs import pack_of

from matcher import Matcher
from matcher.fold import fold, is_spaceless
from matcher.term import Automaton, pattern_of
from rules.pack import Pack, Rule, Severity

SEED = 20261125
UNIT_BYTES = 8 * 1024 * 1024
SIZES = (1_000, 10_000, 100_000)
HIT_RATES = (0.005, 0.10)
TERMS_IN_RULE = 100
LEAST_HIT = 20

DATA = Path(__file__).parents[4] / "shared/data"
SOURCE = (
    "real posts" if (DATA / "posts").is_dir() else "posts from word lists, as no real ones are here"
)

_COMMON = {"en": 20_000, "id": 10_000, "zh": 15_000, "ar": 15_000}  # words that posts are made of
_SHARES = {"en": 0.48, "id": 0.15, "zh": 0.23, "ar": 0.14}  # of the terms
_LANGUAGES = {"en": 42, "id": 28, "zh": 11, "ar": 8, "en id": 8, "zh en": 3}
_EMOJI = [*"😀😂🤣😍🙏🔥💯😭👍🎉✨😡🤔💀🥺😊", "👨‍👩‍👧", "❤️", "🇮🇩", "👍🏽"]
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_TWINS = str.maketrans("aeocpixy", "аеосріху")
_TRADITIONAL = str.maketrans("个这们来时为说国会过对", "個這們來時為說國會過對")


class Words:
    """The common words of a language by Zipf's law, and the rarer ones."""

    def __init__(self, language: str):
        listed = wordfreq.top_n_list(language, 400_000, wordlist="best")
        usable = [word for word in listed if word.isalpha()]
        self.common = usable[: _COMMON[language]]
        self.rare = [word for word in usable[_COMMON[language] :] if len(word) > 1]
        self._up_to = list(accumulate(1 / (rank + 2.7) for rank in range(len(self.common))))

    def draw(self, rng: random.Random) -> str:
        """One common word."""
        return self.common[bisect(self._up_to, rng.random() * self._up_to[-1])]


@cache
def _words() -> dict[str, Words]:
    return {language: Words(language) for language in _COMMON}


class Row(msgspec.Struct):
    """A text of a set, with the label that somebody gave it."""

    text: str
    lang: str = "en"
    label: str = "ham"
    label_error: object = None
    suspect: object = None


type Texts = list[tuple[str, str]]
"""The language and text of each post."""


@cache
def labelled(folder: str = "posts") -> dict[str, list[Row]]:
    """The rows of each set of a folder of the data, by its name."""
    decode, paths = msgspec.json.Decoder(Row).decode_lines, sorted((DATA / folder).glob("*.jsonl"))
    return {path.stem: decode(path.read_bytes()) for path in paths}


def real_sets(label: str = "") -> dict[str, Texts]:
    """The posts of each real set whose label begins so."""
    return {name: [(row.lang, row.text) for row in rows if row.label.startswith(label)]
            for name, rows in labelled().items()}  # fmt: skip


def hit_sets(matcher: Matcher) -> dict[str, Texts]:
    """The posts that a matcher hits, of each real set in which they are at least 20."""
    sets = {name: list(compress(texts, matcher.find_all(text for _, text in texts)))
            for name, texts in real_sets().items()}  # fmt: skip
    return {name: texts for name, texts in sets.items() if len(texts) >= LEAST_HIT}


def mixed(sets: dict[str, Texts]) -> Texts:
    """All posts of some sets that have a text, in an order drawn by the seed."""
    texts = [post for posts in sets.values() for post in posts if post[1]]
    random.Random(SEED).shuffle(texts)
    return texts


def lines_of(texts: Texts, size: int = UNIT_BYTES) -> bytes:
    """Posts as JSON Lines, from the beginning again until they fill that many bytes. Each time they
    end with one space more, since the matcher evaluates exact copies once."""
    lines: list[bytes] = []
    length = 0
    while length < size:
        times, at = divmod(len(lines), len(texts))
        language, text = texts[at]
        line = _line(len(lines), language, text + " " * times)
        lines.append(line)
        length += len(line)
    return b"".join(lines)


@cache
def _texts() -> Texts:
    """Each post of a unit, before anything is planted."""
    if texts := mixed(real_sets()):
        count = lines_of(texts).count(b"\n")
        return [texts[number % len(texts)] for number in range(count)]
    rng = random.Random(SEED)
    size = 0
    while size < UNIT_BYTES:
        [languages] = rng.choices(list(_LANGUAGES), list(_LANGUAGES.values()))
        length = min(2_000, max(50, int(rng.lognormvariate(5.45, 0.85))))
        spoken = languages.split()
        text = " ".join(_sentences(rng, one, length // len(spoken)) for one in spoken)
        texts.append((spoken[0], _dressed(rng, text)))
        size += len(_line(0, *texts[-1]))
    return texts


def _sentences(rng: random.Random, language: str, length: int) -> str:
    out: list[str] = []
    gap = "" if language == "zh" else " "
    size = 0
    while size < (length // 2 if language == "zh" else length):
        word = _words()[language].draw(rng)
        luck = rng.random()
        if luck < 0.10:
            word = word.capitalize()
        elif luck < 0.12:
            word = word.upper()
        elif luck < 0.13:
            word = f"https://t.example/{''.join(rng.choices(string.ascii_letters, k=8))}"
        elif luck < 0.14:
            word = rng.choice("@#") + word
        elif luck < 0.15:
            word = str(rng.randrange(3_000))
        elif luck > 0.88:
            word += rng.choice("，。" if language == "zh" else ",,,..!?…")
        out.append(word)
        size += len(word) + len(gap)
    text = gap.join(out)
    return text.translate(_TRADITIONAL) if language == "zh" and rng.random() < 0.35 else text


def _dressed(rng: random.Random, text: str) -> str:
    if rng.random() < 0.25:
        text += " " + "".join(rng.choices(_EMOJI, k=rng.randrange(1, 5)))
    if rng.random() < 0.12:
        text = text.replace("'", "’")
    if rng.random() < 0.02:
        words = text.split(" ")
        at = rng.randrange(len(words))
        words[at] = _evading(rng, words[at])
        text = " ".join(words)
    return text


def _evading(rng: random.Random, word: str) -> str:
    dresses = [
        str.upper, "\u200b".join, lambda w: w.translate(_WIDE), lambda w: w.translate(_TWINS),
    ]  # fmt: skip
    return rng.choice(dresses)(word)


def _line(number: int, language: str, text: str) -> bytes:
    record = {"id": f"{number:08d}", "account": f"account-{number % 7_919}", "text": text,
              "audience": "public",
              "published_at": f"2026-11-25T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:00Z",
              "language": language}  # fmt: skip
    return msgspec.json.encode(record) + b"\n"


@cache
def terms(count: int) -> list[str]:
    """That many terms; fewer are the beginning of more."""
    if count < SIZES[-1]:
        return terms(SIZES[-1])[:count]
    rng = random.Random(SEED + 1)
    chosen: list[str] = []
    for language, share in _SHARES.items():
        number = round(count * share)
        chosen += _not_in_posts(_candidates(rng, language, number * 4 // 5))[: number * 4 // 5]
        chosen += _not_in_posts(_phrases(rng, language, number // 2))[: number - number * 4 // 5]
    rng.shuffle(chosen)
    if len(chosen) < count:
        raise ValueError(f"the word lists give {len(chosen):,} of {count:,} terms")
    return chosen[:count]


def _candidates(rng: random.Random, language: str, number: int) -> list[str]:
    rare = _words()[language].rare
    return rng.sample(rare, min(2 * number, len(rare)))


def _phrases(rng: random.Random, language: str, number: int) -> list[str]:
    words = _words()[language]
    gap = "" if language == "zh" else " "
    return [gap.join((rng.choice(words.rare), words.draw(rng))) for _ in range(number)]


def _not_in_posts(candidates: list[str]) -> list[str]:
    of_pattern = {pattern_of(term): term for term in candidates}
    patterns = [pattern for pattern in of_pattern if pattern]
    automaton = Automaton(patterns)
    seen = set().union(*(automaton.patterns_in(fold(text)) for _, text in _texts()))
    return [of_pattern[pattern] for at, pattern in enumerate(patterns) if at not in seen]


@cache
def unit(hit_rate: float) -> bytes:
    """A unit in which that share of posts holds one of the first 1,000 terms. Terms are in the
    script of their post, and half of those in Latin are dressed up."""
    rng = random.Random(SEED + 2)
    planted: dict[str, list[str]] = {"zh": [], "ar": [], "en": []}
    for term in terms(min(SIZES)):
        script = "en" if term.isascii() else "zh" if is_spaceless(term[0]) else "ar"
        planted[script].append(term)
    lines = []
    for number, (language, text) in enumerate(_texts()):
        if rng.random() < hit_rate:
            term = rng.choice(planted.get(language, planted["en"]))
            if term.isascii() and rng.random() < 0.5:
                term = _evading(rng, term)
            gap = "" if language == "zh" else " "
            at = text.find(" ", rng.randrange(len(text))) % (len(text) + 1)
            text = f"{text[:at]}{gap}{term}{gap}{text[at:]}"
        lines.append(_line(number, language, text))
    return b"".join(lines)


def published(packs: Iterable[Pack]) -> list[Pack]:
    """Packs as they are some weeks after they were published."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return [msgspec.structs.replace(pack, published_at=at) for pack in packs]


@cache
def pack(count: int) -> Pack:
    """Those terms as the rules of a pack, each rule one group of 100 terms."""
    listed = terms(count)
    return pack_of(
        *(
            Rule(
                id=f"rule-{first // TERMS_IN_RULE}", severity=Severity.LOW, why="Measured.",
                groups=(tuple(listed[first : first + TERMS_IN_RULE]),),
            )
            for first in range(0, count, TERMS_IN_RULE)
        )
    )  # fmt: skip
