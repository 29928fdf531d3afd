"""The closed list of signs, each with its sentence for the public and its digest.

A sign decides findings, so a set names it with its digest. The digest covers the patterns and
constants of the sign's module, the kinds of code points, the lists that the sign looks words up in,
a counter of changes to the code, and the version of Unicode. A sign that shall find something else
gets a new id (`link-2`). `sign_sentences.json` has the sentences and the names of the lists, by the
room of what decides a sign. `PartSigns` are the signs of one part of a post.

`TERM_CHECKS` tells which words can be a term, sign or host name of a pack. That is a matter of
their fold, so this package adds its checks to those of `rules.rule`.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

import msgspec

import matcher.part_signs as of_parts
import matcher.sign_shapes as shapes
from matcher.aligned import opaque_spans
from matcher.fold import JOINT, fold, pinyin_definition, syllables
from matcher.hit import Span, host_problem
from matcher.part_signs import gate_definitions, han_in, signs_of_part
from matcher.sign_shapes import LISTS, Found, numbers_in, shape_of, words_in
from matcher.term import Term
from rules.law import fee_of, letters_of
from rules.pack_parts import PINYIN, Gate
from rules.pinned import KnownSign
from rules.rule import TERM_LENGTH
from rules.rule_set import SetError
from rules.yaml_reader import Check

CODE_VERSION = 2
"""Counts changes to the code of signs. Raise it when a sign finds something else."""

REMEMBERED, LONG = 2**14, 160
"""Chunks whose signs are remembered, and the code points of one at most."""

ROOMS_OF_WORDS = frozenset({"words", "models"})
_ROOMS_OF_CHUNKS = ROOMS_OF_WORDS | {"addresses", "numbers", "han"}

type Spans = list[tuple[int, int]]


def find_signs(text: str, wanted: Collection[str]) -> dict[str, Spans]:
    """Return the wanted signs of a text, each with its half-open spans in order.

    >>> find_signs("Main di 𝐀𝐄𝐑𝐎𝟖𝟖, bonus 50rb", ["dressed-name-number", "money", "link"])
    {'money': [(22, 26)], 'dressed-name-number': [(8, 14)]}
    """
    shape = shape_of(text)
    found: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    in_chunks = any(SIGNS[sign].module in _ROOMS_OF_CHUNKS for sign in wanted)
    chunks = _signs_by_chunk(text, shape) if in_chunks else ()
    for sign, start, end in chain(_signs_of_whole(text, shape, wanted), chunks):
        if sign in wanted:
            found[sign].add((start, end))
    return {sign: sorted(found[sign]) for sign in SIGNS if sign in found}


def _signs_by_chunk(text: str, shape: str) -> Iterator[Found]:
    for at, chunk, before, after in shapes.chunks_of(text, shape):
        read = remembered_signs if len(chunk) <= LONG else read_signs
        for sign, start, end in read(chunk, before, after):
            yield sign, at + start, at + end


def _signs_of_whole(text: str, shape: str, wanted: Collection[str]) -> Iterator[Found]:
    """Yield at least the wanted signs that take several chunks to see, some of them twice."""
    rooms = {SIGNS[sign].module for sign in wanted}
    yield from signs_of_part(text, shape, wanted, names=not rooms.isdisjoint(ROOMS_OF_WORDS))
    if "proportions" in rooms:
        yield from of_parts.signs_of_proportions(text, shape)
    if "name-in-pieces" in wanted:
        yield from of_parts.names_in_pieces(text, shape)
    if "han-apart" in wanted:
        yield from of_parts.han_apart(shape)
    if "contact-in-pieces" in wanted:
        yield from of_parts.contacts_in_pieces(text, shape)


def read_signs(text: str, before: str, after: str) -> list[Found]:
    """Return the signs of a chunk between two others, with places counted from its start."""
    shape = shape_of(text)
    if text.isascii() and text.isalpha():  # one word, as most chunks are
        return [(sign, 0, len(text)) for sign in shapes.signs_of_word(text, shape)]
    chunk = shapes.Chunk(text, shape, before, after)
    found, shape = shapes.addresses_in(chunk)
    return [*found, *words_in(text, shape), *numbers_in(chunk, shape), *han_in(text, shape)]


remembered_signs = lru_cache(REMEMBERED)(read_signs)
"""`read_signs` for chunks of at most `LONG` code points: the same chunks come again and again."""


_ENTRIES = Path(__file__).with_name("sign_sentences.json")
_COMMON = {
    "code": CODE_VERSION,
    "unicode": unicodedata.unidata_version,
    "kinds": shapes.KINDS,
    "standards": shapes.STANDARDS,
}


def _digest_of(definition: object) -> str:
    return hashlib.sha256(msgspec.json.encode(definition, order="deterministic")).hexdigest()


def _published(lists: Iterable[str]) -> dict[str, list[str]]:
    return {name: sorted(getattr(LISTS, name)) for name in lists}


def _sign(name: str, room: str, sentence: str, lists: Iterable[str] = ()) -> KnownSign:
    definition = {"id": name, "module": of_parts.DECIDES[room], "lists": _published(lists)}
    return KnownSign(sentence, room, tuple(lists), _digest_of(_COMMON | definition))


SIGNS: Mapping[str, KnownSign] = {
    name: _sign(name, room, **entry)
    for room, entries in msgspec.json.decode(_ENTRIES.read_bytes()).items()
    for name, entry in entries.items()
}
"""All signs by id."""


def as_document() -> bytes:
    """Return the content of `rules/signs.json`: all signs, gates and the table of pinyin."""
    lists = sorted({name for sign in SIGNS.values() for name in sign.lists})
    content = {
        "gates": {
            name: {"definition": definition, "digest": _digest_of({"id": name, "is": definition})}
            for name, definition in (gate_definitions() | {PINYIN: pinyin_definition()}).items()
        },
        "signs": msgspec.to_builtins(SIGNS),
        "common": _COMMON,
        "modules": of_parts.DECIDES,
        "lists": _published(lists),
    }
    data = msgspec.json.encode(content, order="deterministic")
    return msgspec.json.format(data, indent=1) + b"\n"


class PartSigns:
    """The signs of one part. Their places are found when they are first needed.

    To find places takes longer than the fold. Whether a sign is there is known of a text that came
    through the prefilter.
    """

    def __init__(
        self,
        part: str,
        text: str,
        wanted: Collection[str],
        links: Mapping[str, Span],
        known: Collection[str] | None = None,
    ):
        """Take the part, the signs that rules have, and those of links that count too.

        `known` are those of the wanted signs that the part has, if somebody has looked.
        """
        self.part, self._text, self._links = part, text, links
        self._known, self._wanted = known, wanted if known is None else known
        self._passed: dict[Gate | None, bool] = {}

    def passes(self, gate: Gate | None) -> bool:
        """Return whether the part looks as a gate wants it; without one, any does."""
        if gate not in self._passed:
            self._passed[gate] = gate is None or of_parts.passes(self._text, gate)
        return self._passed[gate]

    @cached_property
    def fee(self) -> int:
        """The points that the length of the part takes off a score."""
        is_short = self._text.isascii() and not fee_of(len(self._text))  # no fold makes it longer
        return 0 if is_short else fee_of(letters_of(fold(self._text)))

    @cached_property
    def present(self) -> Collection[str]:
        """The signs that the part or its links have."""
        return self.spans if self._known is None else {*self._known, *self._links}

    @cached_property
    def places(self) -> dict[str, list[tuple[int, int]]]:
        """The half-open spans of each sign in the part."""
        return find_signs(self._text, self._wanted) if self._wanted else {}

    @cached_property
    def spans(self) -> dict[str, Span]:
        """The first span of each sign. Those of links come last."""
        own = {
            sign: Span(self.part, *places[0], f"{{{sign}}}", ())
            for sign, places in self.places.items()
        }
        return {**self._links, **own}


def check_gate(gate: Gate) -> None:
    """Raise SetError for a gate that this code does not know."""
    if gate.script and gate.script not in of_parts.SCRIPTS:
        raise SetError(f"a rule reads the script {gate.script!r}, which this code does not know")
    if gate.words_of and gate.words_of not in of_parts.word_lists():
        raise SetError(f"a rule reads words of {gate.words_of!r}, which this code does not know")


MOST_SYLLABLES = 8
"""Syllables of a term in pinyin."""


def term_problem(written: str) -> str | None:
    """Return why a string cannot be a term, or None if it can.

    >>> term_problem("@someone")
    '`@someone` is a handle; rules name no accounts'
    >>> term_problem("b*mb")
    '`b*mb`: `*` is allowed only at an end, to open it'
    >>> term_problem("one-time code") is None
    True
    """
    if not written.strip():
        return "a term needs at least one letter or digit; an empty one would match everywhere"
    if len(written) > TERM_LENGTH:
        return f"a term has at most {TERM_LENGTH} code points, this one {len(written)}; shorten it"
    term = Term.of(written)
    if term.literal.lstrip().startswith(("@", "＠")):
        return f"`{written}` is a handle; rules name no accounts"
    if term.literal.lstrip().startswith("{"):
        return f"`{written}` is written like a sign; write a term without braces"
    if "*" in term.literal:
        return f"`{written}`: `*` is allowed only at an end, to open it"
    if not term.pattern:
        return f"`{written}` has no letter or digit, so there is nothing to compare"
    if opaque_spans(term.literal):
        return (
            f"`{written}` is a link, and terms do not look inside links; name its host in `links`"
        )
    return None


def weighted_term_problem(written: str) -> str | None:
    """Return why a string cannot be a term of a score, or None if it can.

    >>> weighted_term_problem("x")
    '`x` is a single letter or digit, which tells nothing; use a word or phrase'
    """
    if problem := term_problem(written):
        return problem
    if len(fold(Term.of(written).literal).strip(" ")) == 1:
        return f"`{written}` is a single letter or digit, which tells nothing; use a word or phrase"
    return None


def pinyin_problem(written: str) -> str | None:
    """Return why a string cannot be a term in pinyin, or None if it can.

    >>> pinyin_problem("jia-wei") is None
    True
    >>> pinyin_problem("jia")
    '`jia` is one syllable, which tells nothing; use two or more'
    >>> pinyin_problem("jia-xwei")
    '`xwei` is not a syllable of pinyin; write it without tones, and ü as v'
    """
    given = written.split(JOINT)
    for syllable in given:
        if syllable not in syllables():
            return f"`{syllable}` is not a syllable of pinyin; write it without tones, and ü as v"
    if len(given) == 1:
        return f"`{written}` is one syllable, which tells nothing; use two or more"
    if len(given) > MOST_SYLLABLES:
        return f"`{written}` has more than {MOST_SYLLABLES} syllables; shorten it"
    return None


def sign_problem(written: str) -> str | None:
    """Return why a string cannot be a sign of a score, or None if it can.

    >>> sign_problem("lnk")
    '`lnk` is not a sign; did you mean `link`?'
    """
    if written in SIGNS:
        return None
    close = get_close_matches(written, SIGNS, 1)
    advice = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(SIGNS)}"
    return f"`{written}` is not a sign; {advice}"


def _unless_listed(written: str, listed: Iterable[str], kind: str) -> str | None:
    names = sorted(listed)
    return None if written in names else f"`{written}` is not {kind}; there are {', '.join(names)}"


TERM_CHECKS: dict[str, Check] = {
    "term": term_problem,
    "weighted": weighted_term_problem,
    "pinyin": pinyin_problem,
    "sign": sign_problem,
    "script": lambda written: _unless_listed(written, of_parts.SCRIPTS, "a script"),
    "words": lambda written: _unless_listed(written, of_parts.word_lists(), "a list of words"),
    "host": host_problem,
}
