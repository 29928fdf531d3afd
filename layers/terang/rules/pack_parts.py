"""What a pack is made of: its category, scores, rules of copies, and the card.

- Category: codes of the DSA transparency database without the prefixes `STATEMENT_CATEGORY_` and
  `KEYWORD_` (European Commission, Implementing Regulation (EU) 2024/2835, Annex).
- Score: a rule without one asks whether groups of terms occur together. A scored rule adds up
  weights, so that many weak reasons make one finding, and each of them can be read.
- Copies: a fingerprint is a MinHash: 64 bytes, each the smallest value of one keyed hash over the
  character 4-grams of a text in its normal form. The share of equal bytes estimates the share of
  4-grams that two texts have in common (Jaccard). `matcher.engine` makes fingerprints; here
  they are compared. Source: A. Broder, "On the resemblance and containment of documents" (1997);
  P. Li and C. König, "b-Bit Minwise Hashing" (2010).
- Card: weights come from a program that saw many posts, so the public must be able to read which
  posts, how good the result is, where it is wrong, and who read it.
"""

import operator
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from rules.law import FIRST_LAW
from rules.yaml_reader import allowed

KEYWORDS, REFUSED, REFUSED_KEYWORDS = msgspec.json.decode(
    Path(__file__).with_name("pack_categories.json").read_bytes(),
    type=tuple[dict[str, tuple[str, ...]], dict[str, str], dict[str, str]],
)
"""The categories a pack may carry, each with its keywords. Then the other categories of the DSA,
and the keywords of allowed categories that no pack may carry, each with the reason."""

LINK_CATEGORIES = ("SCAMS_AND_FRAUD", "UNSAFE_AND_PROHIBITED_PRODUCTS")
"""Where `links` groups are allowed: elsewhere a host name would be a list of banned publishers."""

TERMS_ONLY = ("OTHER_VIOLATION_TC",)
"""Categories that break no law, so that only `ground: terms` fits."""


def category_problem(category: str) -> str | None:
    """Return why a pack may not carry a category, or None if it may.

    >>> category_problem("ILLEGAL_OR_HARMFUL_SPEECH").partition(";")[0]
    '`ILLEGAL_OR_HARMFUL_SPEECH` is refused: this system matches no opinions'
    >>> category_problem("SCAMS_AND_FRAUD") is None
    True
    """
    if category in KEYWORDS:
        return None
    reason = REFUSED.get(category)
    start = f"is refused: {reason}" if reason else "is not a category"
    return f"`{category}` {start}; allowed: {', '.join(KEYWORDS)}"


def keyword_problem(category: str, keyword: str) -> str | None:
    """Return why a keyword does not fit an allowed category, or None if it does.

    >>> keyword_problem("VIOLENCE", "PHISHING").partition(";")[0]
    '`PHISHING` is not a keyword of VIOLENCE'
    """
    if keyword in KEYWORDS[category]:
        return None
    reason = REFUSED_KEYWORDS.get(keyword)
    start = f"is refused: {reason}" if reason else f"is not a keyword of {category}"
    return f"`{keyword}` {start}; allowed: {', '.join(KEYWORDS[category])}"


WEIGHT = 9
"""The largest weight, for a post or against it."""

WEIGHTS_IN_LIST = 2_000
"""Entries of each list of a score."""

LOWEST_SUM = -(10**9)
"""No score is lower, however long the text, so any text reaches it."""


class Gate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a part must look like to be scored.

    Half of its letters are of `script`, if one is named, and it has a word of the list `words_of`
    or at most a few words. The lists have their ids in `matcher.part_signs`.
    """

    script: Annotated[
        str,
        allowed(
            "Half of its letters are of it. In Chinese a Han letter counts as five, in Han as one.",
            check="script",
        ),
    ] = ""
    words_of: Annotated[
        str, allowed("It has a common word of this language, or at most four words.", check="words")
    ] = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids under which a set names its lists."""
        gates = (SCRIPT_GATE, self.script), (WORDS_GATE, self.words_of)
        return tuple(gate.format(listed) for gate, listed in gates if listed)


SCRIPT_GATE, WORDS_GATE = "script-{}", "words-of-{}"
"""The ids of gates: of a script, and of a list of words of a language."""

PINYIN = "pinyin"
"""The id under which a set names the table of pinyin."""

Weight = Annotated[int, allowed(minimum=-WEIGHT, maximum=WEIGHT)]
Threshold = Annotated[int, allowed(minimum=1, maximum=1_000)]
WeightedTerm = Annotated[str, allowed(check="weighted", minLength=1)]
SignId = Annotated[str, allowed(check="sign", minLength=1)]
PinyinTerm = Annotated[str, allowed(check="pinyin", minLength=1)]


def _weights(description: str) -> Meta:
    return allowed(description, minProperties=1, maxProperties=WEIGHTS_IN_LIST)


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """The weights of a rule. Each term, sign and pinyin term counts once a part.

    `pinyin` has terms as syllables without tones, `jia-wei`: Han letters of these sounds count.
    A part with a sum of `threshold` or more satisfies the rule; from `high` on, its severity is
    high. No result depends on the order of a list.
    """

    threshold: Annotated[Threshold, allowed("The least sum that is a finding.")]
    high: Annotated[Threshold | None, allowed("From this sum on, the severity is high.")] = None
    reads: Gate | None = None
    terms: Annotated[dict[WeightedTerm, Weight], _weights("Each counts once a part.")] = {}
    pinyin: Annotated[
        dict[PinyinTerm, Weight],
        _weights("Syllables without tones (`jia-wei`): Han letters of these sounds count once."),
    ] = {}
    signs: Annotated[dict[SignId, Weight], _weights("Each counts once a part.")] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the ids of the lists that decide the sum, which a set names, without signs."""
        return (*(self.reads.ids if self.reads else ()), *([PINYIN] if self.pinyin else ()))

    @property
    def most(self) -> int:
        """Return the sum of all weights for a post: no text has more."""
        lists = self.terms, self.signs, self.pinyin
        return sum(weight for given in lists for weight in given.values() if weight > 0)

    def band(self, total: int) -> Literal["medium", "high"] | None:
        """Return the band of a sum, or None below the threshold."""
        if total < self.threshold:
            return None
        return "high" if self.high is not None and total >= self.high else "medium"


ALGORITHM = "minhash-1"

HASHES = 64
"""Bytes of a fingerprint. The estimate's standard error is at most 1 / (2 × √64) = .06."""

BANDS = 16
ROWS = HASHES // BANDS
"""Copies are looked for among texts of which four bytes in a row are equal. Two texts that have 0.6
of their 4-grams in common are found with probability 1 - (1 - .6^4)^16 = .89, and with .9998 if
they have 0.8."""

GRAM = 4
EQUAL_AT_LEAST = 39
"""Equal bytes of copies: of a Jaccard of .6, 64 × (.6 + .4 / 256) = 38.5 are expected."""

LETTERS_AT_LEAST = 24
KINDS_AT_LEAST = 8
"""Letters, and different ones, that a text must have: short texts are alike by chance."""

DEFINITION = {
    "id": ALGORITHM,
    "text": "the parts of a post in their normal form (fold), joined by a blank",
    "grams": GRAM,
    "hashes": HASHES,
    "bands": BANDS,
    "equal_at_least": EQUAL_AT_LEAST,
    "letters_at_least": LETTERS_AT_LEAST,
    "kinds_at_least": KINDS_AT_LEAST,
    "gram": "((c0 × p + c1) × p + c2) × p + c3, xor k, then the last steps of SplitMix64",
    "hash": "the bits 8 to 15 of the smallest a × gram + b, modulo 2^32",
    "key": "p, k, each a and b, from the provider's secret key",
}
"""All that decides which texts are copies, except the secret key."""


def copies_definition() -> bytes:
    """Return the public definition of the algorithm as JSON. Its SHA-256 is the digest."""
    return msgspec.json.encode(DEFINITION, order="sorted")


def digest_of_definition() -> str:
    """Return the digest of the algorithm, by which a set names it.

    >>> len(digest_of_definition())
    64
    """
    return sha256(copies_definition()).hexdigest()


class Fingerprinted(NamedTuple):
    """A text by its id, with its fingerprint."""

    id: str
    fingerprint: bytes


def may_have_copies(text: str) -> bool:
    """Return whether a text in its normal form is long and varied enough to be compared.

    >>> may_have_copies("send me the code that you got"), may_have_copies("ha" * 40)
    (True, False)
    >>> [may_have_copies(("abcdefgh" * 3)[:length]) for length in (24, 23)]
    [True, False]
    >>> may_have_copies("abcdefg" * 4)
    False
    """
    return len(text) >= LETTERS_AT_LEAST and len(set(text)) >= KINDS_AT_LEAST


def are_copies(left: bytes, right: bytes) -> bool:
    """Return whether two fingerprints are of near copies.

    >>> are_copies(bytes(64), bytes(39) + b"1" * 25), are_copies(bytes(64), bytes(38) + b"1" * 26)
    (True, False)
    """
    return left == right or sum(map(operator.eq, left, right)) >= EQUAL_AT_LEAST


def copy_groups(
    texts: Iterable[Fingerprinted], known: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return for each text the id of its group: the smallest id of a text that it is a copy of.

    Texts are taken by their ids. Each joins the first group whose first text it is a copy of, or
    begins one. So the order in which they are given never matters. `known` has the groups of texts
    that were grouped before; the smallest of a group that still has a fingerprint represents it.

    >>> groups = copy_groups([Fingerprinted("b", bytes(64)), Fingerprinted("a", bytes(64)),
    ...     Fingerprinted("c", bytes(range(64)))])
    >>> sorted(groups.items())
    [('a', 'a'), ('b', 'a'), ('c', 'c')]
    """
    index, groups, first_of = CopyIndex(), dict(known), dict[str, Fingerprinted]()
    new = []
    for text in sorted(texts):
        if text.id in known:
            first_of.setdefault(known[text.id], text)
        else:
            new.append(text)
    for text in first_of.values():
        index.add(text)
    for text in new:
        first = index.copy_of(text.fingerprint)
        groups[text.id] = groups[first] if first else text.id
        if first is None:
            index.add(text)
    return groups


class CopyIndex:
    """Texts by the bands of their fingerprints."""

    def __init__(self, texts: Iterable[Fingerprinted] = ()) -> None:
        self._bands: list[dict[bytes, list[Fingerprinted]]] = [{} for _ in range(BANDS)]
        self._same: dict[bytes, str] = {}
        for text in sorted(texts):
            self.add(text)

    def add(self, text: Fingerprinted) -> None:
        """Add a text. Of texts with the same fingerprint, the first one added counts."""
        if text.fingerprint in self._same:
            return
        self._same[text.fingerprint] = text.id
        for band, key in zip(self._bands, _bands(text.fingerprint), strict=True):
            band.setdefault(key, []).append(text)

    def copy_of(self, fingerprint: bytes) -> str | None:
        """Return the smallest id of the texts that this is a near copy of, or None."""
        if (same := self._same.get(fingerprint)) is not None:
            return same
        found = {
            text
            for band, key in zip(self._bands, _bands(fingerprint), strict=True)
            for text in band.get(key, ())
        }
        return min(
            (text.id for text in found if are_copies(text.fingerprint, fingerprint)), default=None
        )


def _bands(fingerprint: bytes) -> Iterator[bytes]:
    return (fingerprint[at : at + ROWS] for at in range(0, HASHES, ROWS))


Note = Annotated[str, allowed(means="1 to 600 letters", pattern=r"^[\s\S]{0,300}\S[\s\S]{0,300}$")]
Count = Annotated[int, allowed(minimum=0, maximum=10**9)]
Ratio = Annotated[float, allowed(minimum=0, maximum=1)]


class CardLevel(StrEnum):
    """A sum of a scored rule that matters: the one for a finding, the one for a severe finding."""

    THRESHOLD = "threshold"
    HIGH = "high"


class TrainingPosts(msgspec.Struct, frozen=True, kw_only=True):
    """Posts that the weights were learned from, of one label and source."""

    posts: Annotated[Count, allowed("How many.")]
    label: Annotated[Note, allowed("What its source calls them, such as gambling.")]
    harmful: Annotated[bool, allowed("Whether the score is to find them.")]
    language: Note
    channel: Annotated[Note, allowed("Where they were posted.")]
    period: Note
    source: Note
    licence: Note
    selected: Annotated[Note, allowed("How these posts were chosen out of all.")]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A share of copy groups, with its interval of 95 % confidence."""

    part: Count
    of: Count
    low: Ratio
    high: Ratio


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """How well a score does on posts that shaped neither weights nor thresholds."""

    posts: Annotated[Note, allowed("Which posts, such as new brands of 2026.")]
    at: CardLevel
    recall: Annotated[Interval, allowed("Of the harmful groups, those that were found.")]
    precision: Annotated[Interval, allowed("Of the found groups, the harmful ones.")]


class OrdinaryPosts(msgspec.Struct, frozen=True, kw_only=True):
    """Ordinary posts of one kind, and how many of them a score finds wrongly."""

    kind: Note
    posts: Count
    found: Annotated[Count, allowed("From the threshold on.")]
    found_high: Annotated[Count, allowed("From `high` on.")]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A person who read every term and sign, and when."""

    by: Note
    on: Annotated[date, allowed(pattern=r"^\d{4}-\d\d-\d\d$")]


class PackCard(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the public reads about a pack with scored rules.

    Mistakes are described and never quoted: they are posts of people. Until somebody has `read` the
    terms, the scored rules run in shadow. So they do if the figures are of another `law`.
    """

    trained_on: Annotated[tuple[TrainingPosts, ...], allowed(minItems=1, maxItems=50)]
    thresholds: Annotated[Note, allowed("How the thresholds were chosen.")]
    law: Annotated[
        int, allowed("The law of scoring they are for; absent: 1.", minimum=1, maximum=1_000)
    ] = FIRST_LAW
    held_back: Annotated[tuple[HeldBack, ...], allowed(minItems=1, maxItems=20)]
    ordinary: Annotated[tuple[OrdinaryPosts, ...], allowed(minItems=1, maxItems=50)]
    never_met: Annotated[Note, allowed("What it was not tried on.")]
    by_hand: Annotated[
        tuple[Note, ...],
        allowed(
            "Terms that were given by hand, with a weight to start from.", maxItems=WEIGHTS_IN_LIST
        ),
    ] = ()
    from_packs: Annotated[
        tuple[Note, ...],
        allowed("Packs from whose weights those of so many terms started.", maxItems=100),
    ] = ()
    mistakes: Annotated[
        tuple[Note, ...], allowed("The worst, in own words, without quoting a post.", maxItems=20)
    ] = ()
    read: Annotated[tuple[Reading, ...], allowed("Who read every term and sign.", maxItems=20)] = ()

    @property
    def trained(self) -> dict[bool, int]:
        """Return how many harmful and how many ordinary posts the weights were learned from."""
        return {
            harmful: sum(some.posts for some in self.trained_on if some.harmful is harmful)
            for harmful in (True, False)
        }
