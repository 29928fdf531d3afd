"""A term of a pack, its forms, the search for its pattern, and the check of a place that has it.

The fold is generous, so the check looks at the original text and applies these rules:

- A character that folds to several (½, ﷺ) is matched whole or not at all.
- After a letter and an apostrophe no word begins: `ai` does not match in "j'ai". A word may end
  before an apostrophe: "otp's".
- Any white space and signs may lie between the words of a phrase. Between letters of a spaceless
  script nothing may ("转。账" is not 转账) unless the term itself has something there. The last of
  these letters must have all its marks ("ที่" is not "ที").
- A traditional and a simplified Han letter match each other. Two different traditional letters do
  not, even if they have the same simplified form.
- A look-alike is a letter of *another* script. A word written wholly in another script than the
  term is a word of that script, if the rest of the part has letters of it.

The check of a term in pinyin is that of a written term, with three differences: any Han letters of
these sounds will do, nothing may lie between them, and the match is said to be one of sound.

`affixes: id` adds the forms of Indonesian and Malay words to the terms of a rule. Rules attach
prefixes, suffixes and reduplication. The nasal of `me-` and `pe-` changes the first letter (kirim,
mengirim; tembak, menembak). Colloquial forms are included (ngirim, kirimin, orang2). Some of the
forms are never used; they match nothing.

Limits: only terms of one word get forms. A root with an irregular change (ajar, belajar) needs its
forms as terms.
Source: Tata Bahasa Baku Bahasa Indonesia, 4th edition, on prefixes and their nasals.

`Automaton` finds many patterns in one pass over a folded text. The simple way is to search for each
pattern in turn, which takes time for each pattern. An Aho-Corasick automaton reads each letter of
the text once, however many patterns there are.

The library keeps the children of a node in an unsorted list and searches it from the front. So text
and patterns are passed as UTF-8 bytes seen as Latin-1 (a list has at most 256 entries), and
patterns are added by the frequency of their letters. Only `iter` is used: `iter_long` loses
matches, and `.set()` on its iterator corrupts memory (pyahocorasick 2.3).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple, Self

import ahocorasick

from matcher.aligned import READ, AlignedText
from matcher.fold import (
    FOLD,
    HAN,
    JOINT,
    STRICT,
    CodePointTable,
    Evasion,
    evasions,
    fold,
    is_spaceless,
    is_word,
    script_of,
    sound_pattern,
    sounds,
)
from matcher.hit import Effort

_FOLDED = re.compile("[a-z]+(?: [a-z]+)*")
_APOSTROPHES = "'’‘‛ʹʻʼʽ`´＇"


class TermPlace(NamedTuple):
    """A place of a term: half-open code points of the part, and its first and last word."""

    start: int
    end: int
    first: int
    last: int


class Match(NamedTuple):
    """A term at a place of a part, and how it is disguised there."""

    place: TermPlace
    term: str
    evasion: tuple[Evasion, ...]


@dataclass(frozen=True)
class Term:
    """A word or phrase as written, and the folded pattern by which the automaton finds it.

    The pattern has a space at an end where a word must begin or end. A `*` in the term leaves the
    space out.

    >>> Term.of("One-time code").pattern, Term.of("bomb*").pattern, Term.of("验证码").pattern
    (' one time code ', ' bomb', ' 验 证 码 ')
    """

    written: str
    literal: str
    pattern: str
    opens: bool  # a word must begin where the term begins
    closes: bool  # a word must end where the term ends

    @classmethod
    def of(cls, written: str) -> Self:
        """Compile a term. The pattern of a term without letters and digits is ""."""
        opens, literal, closes = _parse(written)
        return cls(written, literal, pattern_of(written), opens, closes)

    @cached_property
    def tight(self) -> frozenset[int]:
        """The gaps between words, counted from 0, that must be empty in a text."""
        if self.literal.isascii():
            return frozenset()  # between words of such letters a gap may be empty or not
        aligned = AlignedText.of(self.literal)
        gaps = [at for at, plain in enumerate(aligned.folded) if plain == " "][1:-1]
        return frozenset(number for number, at in enumerate(gaps) if _is_tight(aligned, at))

    @cached_property
    def sure(self) -> str:
        """The letters that a text has, among its `sure_letters`, where the term surely counts."""
        letters = sure_letters(self.literal).strip(" '")
        if not letters or _UNSURE in letters:
            return NEVER
        opens, closes = (not _IN_HAN.fullmatch(f" {letters[at]} ") for at in (0, -1))
        return f"{' ' * (opens and self.opens)}{letters}{' ' * (closes and self.closes)}"

    @cached_property
    def letters(self) -> str:
        """The letters without the fold of look-alikes, words run together."""
        return self.literal.translate(STRICT).replace(" ", "")

    @cached_property
    def traditional(self) -> frozenset[str]:
        """The traditional letters, which a text may have in simplified form."""
        return frozenset(HAN.keys() & set(self.letters))

    @cached_property
    def plain(self) -> str:
        """The form that an `exact` rule compares."""
        return _plain(self.literal)

    def is_at(self, aligned: AlignedText, end: int, *, exact: bool) -> bool:
        """Return whether the pattern that ends before `aligned.folded[end]` is the term.

        If `exact`, the original must be the term except for case and gaps. To show a match takes
        longer than to find it.
        """
        first, last = self._letters_before(end)
        readings = aligned.readings_at(first, last) if aligned.readings else []
        if aligned.readings and not readings:
            return False  # the text without readings has it too
        if not self._is_whole(aligned, first, last):
            return False
        if exact:
            start, stop = _original(aligned, first, last)
            if any(reading.evasion for reading in readings):
                return False
            if _plain(aligned.text[start:stop]) != self.plain:
                return False
        return self._has_letters_of(aligned, first, last)

    def shown_at(self, aligned: AlignedText, end: int) -> Match:
        """Return the match that `is_at` found."""
        first, last = self._letters_before(end)
        start, stop = _original(aligned, first, last)
        place = TermPlace(start, stop, aligned.words[first], aligned.words[last])
        disguises = self.disguises(aligned.text[start:stop])
        if readings := aligned.readings_at(first, last):
            disguises = tuple(sorted({*disguises}.union(*(each.evasion for each in readings))))
        return Match(place, self.written, disguises)

    def _letters_before(self, end: int) -> tuple[int, int]:
        """Return where the first and the last letter of a pattern are that ends there."""
        return end - len(self.pattern) + self.opens, end - 1 - self.closes

    def disguises(self, original: str) -> tuple[Evasion, ...]:
        """Return how the term is disguised in an original, apart from readings."""
        evasion = evasions(original, self.literal)
        if self.traditional and not self.traditional <= set(original.translate(STRICT)):
            return tuple(sorted({*evasion, Evasion.HAN}))
        return evasion

    def _is_whole(self, aligned: AlignedText, first: int, last: int) -> bool:
        """Return whether characters, words and tight gaps are as the term has them."""
        folded, source, text = aligned.folded, aligned.source, aligned.text
        before = first - 1 - (folded[first - 1] == " ")
        after = last + 1 + (folded[last + 1 : last + 2] == " ")
        if before > 0 and source[before] == source[first]:
            return False
        if after < len(folded) and source[after] == source[last]:
            return False
        if self.opens and _follows_apostrophe(text, source[first]):
            return False
        if self.closes and _loses_mark(text, source[last]):
            return False
        if not self.tight:
            return True
        letters = {source[at] for at in range(first, last + 1) if folded[at] != " "}
        if source[last] - source[first] + 1 == len(letters):
            return True  # nothing at all lies between the letters
        gaps = (at for at in range(first, last) if folded[at] == " ")
        return all(aligned.gap_is_empty(at) for n, at in enumerate(gaps) if n in self.tight)

    def _has_letters_of(self, aligned: AlignedText, first: int, last: int) -> bool:
        """Return whether the letters are the term's, or look-alikes of them."""
        letters = aligned.strict[first : last + 1].replace(" ", "")
        if letters == self.letters:
            return True
        places = [at for at in range(first, last + 1) if aligned.folded[at] != " "]
        for at, seen, expected in zip(places, letters, self.letters, strict=True):
            if seen in (expected, READ):
                continue
            if seen in HAN or expected in HAN:
                if aligned.folded[at] not in (seen, expected):
                    return False  # 髮 is not 發, though both are simplified to 发
                continue
            script = script_of(expected)
            if script_of(seen) == script or aligned.is_word_of_its_script(at, script):
                return False
        return True


def pattern_of(written: str) -> str:
    """Return the folded pattern of a term as written, without compiling the term.

    >>> pattern_of("One-time code"), pattern_of("*bomb"), pattern_of("-")
    (' one time code ', 'bomb ', '')
    """
    if _FOLDED.fullmatch(written):
        return f" {written} "  # most terms of long lists, and a worker starts cold
    opens, literal, closes = _parse(written)
    folded = fold(literal)
    return folded[not opens : len(folded) - (not closes)] if folded != " " else ""


NEVER, _UNSURE = "\x03", "\x02"
"""What no `sure_letters` have, and what they have for all that may not be what it seems."""

_HAN = "\u3400-\u9fff"
_IN_HAN, _RUNS_OF_HAN = re.compile(f" [{_HAN}] "), re.compile(f"[{_HAN}]+|[^{_HAN}]+")
_NEXT_TO_UNSURE = re.compile(f"[{_HAN}]?([{_UNSURE}']+)[{_HAN}]?")


def _sure_letter(code: int) -> str:
    strict = STRICT[code]
    if _IN_HAN.fullmatch(strict):
        return strict[1]
    if chr(code) in _APOSTROPHES:
        return "'"
    is_mark = unicodedata.category(chr(code))[0] == "M"
    return strict if len(strict) == 1 and not is_mark else _UNSURE


_sure_letters = CodePointTable(_sure_letter)
_sound_letters = CodePointTable(lambda code: sounds().get(code, chr(code)))


def sure_letters(text: str, *, with_sounds: bool = False) -> str:
    """Return the letters that terms surely match in a text by `without_opaque`.

    A term surely counts, except in an exact rule, if `Term.sure` is among them; it may count
    elsewhere, too. Each sign is a space. Han letters next to what may change them (an apostrophe, a
    mark, a dropped character) are left out, and there is a space between others and these. The
    sounds of Han letters come in a second line, if they are wanted.

    >>> letters = sure_letters("I was AT home, l'heure est là.")
    >>> terms = map(Term.of, ("at home", "hom*", "la", "heure", "hom", "-"))
    >>> [term.sure in letters for term in terms]
    [True, True, True, False, False, False]
    """
    letters = f" {text.translate(_sure_letters)} "
    if not letters.isascii():
        letters = " ".join(_RUNS_OF_HAN.findall(_NEXT_TO_UNSURE.sub(r"\1", letters)))
    letters = letters.replace("'", " '")  # a word may end there, and none begins
    return f"{letters}\n{letters.translate(_sound_letters)}" if with_sounds else letters


def _parse(written: str) -> tuple[bool, str, bool]:
    """Return whether a word must begin where a term begins, its text, and the same for its end."""
    stripped = written.strip()
    opens, closes = not stripped.startswith("*"), not stripped.endswith("*")
    return opens, stripped.removeprefix("*").removesuffix("*"), closes


def _is_tight(aligned: AlignedText, at: int) -> bool:
    before, after = aligned.source[at - 1], aligned.source[at + 1]
    both = is_spaceless(aligned.text[before]) and is_spaceless(aligned.text[after])
    return both and before < after and aligned.gap_is_empty(at)


def _plain(text: str) -> str:
    cased = unicodedata.normalize("NFC", text).casefold()
    return "".join(char for char in cased if FOLD[ord(char)] != " ")


def _original(aligned: AlignedText, first: int, last: int) -> tuple[int, int]:
    """Return the half-open code points that gave some letters, with dropped marks on the last."""
    return aligned.source[first], _with_marks(aligned.text, aligned.source[last] + 1)


def _with_marks(text: str, end: int) -> int:
    while (
        end < len(text) and not FOLD[ord(text[end])] and unicodedata.category(text[end])[0] == "M"
    ):
        end += 1
    return end


def _before(text: str, at: int) -> int:
    """Return the place of the last character before `at` that the fold keeps, or -1."""
    at -= 1
    while at >= 0 and not FOLD[ord(text[at])]:
        at -= 1
    return at


def _follows_apostrophe(text: str, start: int) -> bool:
    apostrophe = _before(text, start)
    if apostrophe < 0 or text[apostrophe] not in _APOSTROPHES:
        return False
    letter = _before(text, apostrophe)
    return letter >= 0 and is_word(text[letter]) and text[letter].isalpha()


def _loses_mark(text: str, last: int) -> bool:
    """Return whether a mark of a spaceless script follows that belongs to the letter at `last`."""
    after = last + 1
    while after < len(text) and not FOLD[ord(text[after])]:
        after += 1
    has_mark = after < len(text) and unicodedata.category(text[after])[0] == "M"
    return has_mark and is_spaceless(text[after]) and is_spaceless(text[last])


@dataclass(frozen=True)
class SoundTerm(Term):
    """A term in pinyin, such as `jia-wei`, and the pattern of its syllables."""

    @classmethod
    def of(cls, written: str) -> Self:
        """Compile a term of known syllables."""
        return cls(written, written, sound_pattern(written), opens=True, closes=True)

    @cached_property
    def tight(self) -> frozenset[int]:
        """All gaps between syllables."""
        return frozenset(range(self.written.count(JOINT)))

    @cached_property
    def sure(self) -> str:
        """The syllables, as among the sounds of `sure_letters`."""
        return self.pattern.replace(" ", "")

    def disguises(self, original: str) -> tuple[Evasion, ...]:
        """Return how the letters are disguised: by their sound, at least."""
        others = {kind for kind in evasions(original, "") if kind is not Evasion.HAN}
        return tuple(sorted({*others, Evasion.SOUND}))

    def _has_letters_of(self, *_: object) -> bool:
        return True  # the pattern was found among sounds


_VOWELS = "aiueo"
_SUFFIXES = ("", "nya", "ku", "mu", "lah", "kah", "pun", "an", "annya", "i", "kan", "kannya")
_VERBAL = ("", "kan", "i", "in", "kannya", "inya", "nya", "lah", "kanlah")
_ROOT = re.compile(r"[a-z]{3,}")


def affixed_forms(word: str) -> tuple[str, ...]:
    """Return a word as written, then its forms. Phrases and words with other letters have none.

    >>> forms = affixed_forms("kirim")
    >>> {"mengirimkan", "kirimnya", "dikirim", "kirim-kirim", "ngirim"} <= set(forms)
    True
    >>> affixed_forms("kode otp"), affixed_forms("bom*")
    (('kode otp',), ('bom*',))
    """
    root = word.casefold()
    if not _ROOT.fullmatch(root):
        return (word,)
    active, spoken, agent = (_with_nasal(prefix, root) for prefix in ("me", "", "pe"))
    glued = root.removeprefix("r")
    ber, ter = f"ber{glued}", f"ter{glued}"
    made = [root + suffix for suffix in (*_SUFFIXES, "in", "kanlah")]
    for stem in (*active, *spoken, f"di{root}", ter, f"ku{root}", f"kau{root}"):
        made += (stem + suffix for suffix in _VERBAL)
    for stem in ("memper" + root, "diper" + root):
        made += (stem + suffix for suffix in ("", "kan", "i"))
    for stem in (*agent, f"per{root}"):
        made += (stem + suffix for suffix in ("", "nya", "an", "annya"))
    made += [ber, f"{ber}an", f"{ber}kan", f"ke{root}an", f"ke{root}annya", f"se{root}"]
    for twice in (f"{root}-{root}", f"{root}2", f"{ber}-{root}", f"{active[0]}-{root}"):
        made += (twice + suffix for suffix in ("", "an", "nya"))
    return tuple(dict.fromkeys((word, *made)))


def _with_nasal(prefix: str, root: str) -> tuple[str, ...]:
    """Return a prefix and its nasal before a root. Colloquial writing drops the prefix.

    >>> [_with_nasal("me", root) for root in ("kirim", "sapu", "beli", "bom", "proses", "rusak")]
    [('mengirim',), ('menyapu',), ('membeli',), ('mengebom',), ('memproses',), ('merusak',)]
    """
    first, rest = root[0], root[1:]
    if sum(letter in _VOWELS for letter in root) == 1:
        return (f"{prefix}nge{root}",)
    if first in _VOWELS:
        return (f"{prefix}ng{root}",)
    if first in "lmnrwy":
        return (f"{prefix}{root}",)
    nasal = {"b": "m", "f": "m", "v": "m", "p": "m", "s": "ny", "k": "ng", "g": "ng", "h": "ng"}
    glued = nasal.get(first, "n")
    if first in "ptsk" and rest[0] in _VOWELS:
        melted = f"{prefix}{glued}{rest}"
        return (melted, f"{prefix}{glued}{root}") if root.startswith("per") else (melted,)
    if first == "c" and not prefix:
        return (f"ny{rest}", f"n{root}")
    return (f"{prefix}{'n' if first == 's' else glued}{root}",)


MATCHES_IN_PART = 200_000
"""Matches of patterns that count in one part of a post. Further ones are ignored: it ran out.

A part of 65,536 code points has fewer, unless more than three terms end at each letter.
"""

_FREQUENT = b" aeiontsrlhdumkgcypbfwvjzxq"
_RANK = bytes(_FREQUENT.find(code) if code in _FREQUENT else 27 + code // 2 for code in range(256))


def _as_latin(text: str) -> str:
    return text if text.isascii() else text.encode().decode("latin-1")


class Automaton:
    """Finds which of its patterns occur in a text, and where.

    >>> automaton = Automaton([" otp ", " kode otp ", "bom"])
    >>> sorted(automaton.patterns_in(" kode otp bombastis "))
    [0, 1, 2]
    >>> automaton.occurrences(" kode otp ")
    [(1, 10), (0, 10)]
    """

    def __init__(self, patterns: Sequence[str]):
        """Take distinct folded patterns, none of them empty. Results name them by their index."""
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        ranks = [pattern.encode().translate(_RANK) for pattern in patterns]
        for index in sorted(range(len(patterns)), key=ranks.__getitem__):
            self._automaton.add_word(_as_latin(patterns[index]), index)
        self._automaton.make_automaton()
        self._is_empty = not patterns

    def patterns_in(self, folded: str, effort: Effort | None = None) -> list[int]:
        """Return the patterns that occur in a folded text, each as often as it does."""
        return [index for _, index in self._found(folded, effort)]

    def occurrences(self, folded: str, effort: Effort | None = None) -> list[tuple[int, int]]:
        """Return each occurrence as pattern and end in code points, in the order of ends."""
        found = self._found(folded, effort)
        if folded.isascii():
            return [(index, last + 1) for last, index in found]
        occurrences: list[tuple[int, int]] = []
        data = folded.encode()
        end = counted = 0
        for last, index in found:
            end += len(data[counted : last + 1].decode())
            counted = last + 1
            occurrences.append((index, end))
        return occurrences

    def _found(self, folded: str, effort: Effort | None) -> list[tuple[int, int]]:
        """Return the last byte of each occurrence, with the pattern."""
        matches = self._automaton.iter(_as_latin(folded)) if not self._is_empty else iter(())
        found = list(islice(matches, MATCHES_IN_PART))
        if effort and next(matches, None):
            effort.ran_out = True
        return found
