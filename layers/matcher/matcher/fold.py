"""The fold, in which texts and terms are compared, the normal form of hosts, and pinyin.

A folded text is its words in small plain letters, each with one space before and after it. Signs
are not part of words. A letter of a script that writes no spaces between words is a word by itself.

One table maps each code point to a string. `scripts/build_data.py` makes it and it is committed as
`fold.json`. The table ignores context, so a text is folded in one pass, and terms in the same way.

The fold is generous: Cyrillic "рот" becomes "pot". It only finds places where a term may be.
`matcher.term` then decides by looking at the original text.

A host name may imitate another, as `b4nk.example` does. Such a look-alike differs from the host
that a rule names only where a plain letter a-z was replaced by a digit, by an accented letter, or
by a letter of another script that looks the same. So a rule that names a false host never matches
the true one. The last label must be equal: something that only looks like a top-level domain is not
one.

Limits: added, doubled or exchanged letters (`paypall`, `rn` for `m`) make another host, and so does
a hyphen for a dot.
Source: Unicode Technical Standard 39, on skeletons of confusable strings.

Pinyin, here without tones, says how Han letters sound. Adverts write a word with other letters of
the same sound, such as 咔 for 卡. A term in pinyin meets them all. For the search, each syllable
is a letter of its own, out of code points that the fold never gives, so that terms in pinyin and
written terms do not meet.

Limits: a letter has one reading, its first in the table. Letters apart are read only where a
written term has them.
Source: `pinyin.json`, made by `scripts/build_data.py`.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple, Self

import msgspec

from rules.rule_set import SetError

TABLE_LIMIT = 100_000
"""Code points that a table remembers, so that no text can make it grow without end."""

_HANGUL = range(0xAC00, 0xD7A4)


class CodePointTable[Value](dict[int, Value]):
    """The results of a function of code points, each computed once; usable by `str.translate`.

    Most of Unicode never occurs and a worker starts cold, so tables are filled as code points come.

    >>> shapes = CodePointTable(lambda code: "d" if chr(code).isdigit() else "-")
    >>> "a1b".translate(shapes), shapes
    ('-d-', {97: '-', 49: 'd', 98: '-'})
    """

    def __init__(self, function: Callable[[int], Value], known: Mapping[int, Value] | None = None):
        super().__init__(known or {})
        self._function = function

    def __missing__(self, code: int) -> Value:
        value = self._function(code)
        if len(self) < TABLE_LIMIT:
            self[code] = value
        return value


class Evasion(StrEnum):
    """How a word in a text was disguised. A difference of case is not a disguise."""

    ACCENT = "accent"  # accents on Latin, Greek and Cyrillic letters
    FOREIGN = "foreign"  # a letter of another script that sounds like the replaced one
    HAN = "han"  # traditional for simplified Han, or simplified for traditional
    INVISIBLE = "invisible"  # zero-width, bidi and other characters that show nothing
    LEET = "leet"  # digits and signs for letters
    LOOKALIKE = "lookalike"  # a letter of another script, or an unusual one, that looks the same
    MASKED = "masked"  # a star for letters
    PADDED = "padded"  # digits after the word
    REPEATED = "repeated"  # a letter more often than in the term
    SEPARATED = "separated"  # letters apart, or a word that dots cut
    SOUND = "sound"  # Han letters that sound like the term, which is in pinyin
    STYLE = "style"  # mathematical, circled, small-capital letters; digits of other scripts
    VOWEL_MARK = "vowel-mark"  # Arabic and Hebrew vowel marks, and tatweel
    WIDTH = "width"  # full-width and half-width forms


class _Data(msgspec.Struct, frozen=True):
    """The content of `fold.json`. Ranges are pairs of code points, both included."""

    version: str
    words: list[tuple[int, int]]
    spaceless: list[tuple[int, int]]
    dropped: dict[Evasion, list[tuple[int, int]]]
    folded: dict[str, dict[str, str]]  # by the names of Evasion, and "case"
    lookalikes: dict[str, str]
    han: dict[str, str]  # traditional to simplified
    han_standard: dict[str, str]  # regional forms of traditional letters to the standard ones
    scripts: dict[str, list[tuple[int, int]]]


class _CodePointSet:
    """A set of code points, stored as sorted ranges with both ends included."""

    def __init__(self, pairs: list[tuple[int, int]]):
        self._firsts = [first for first, _ in pairs]
        self._lasts = [last for _, last in pairs]

    def __contains__(self, code: int) -> bool:
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


_data = msgspec.json.decode(Path(__file__).with_name("fold.json").read_bytes(), type=_Data)
_words, _spaceless = _CodePointSet(_data.words), _CodePointSet(_data.spaceless)
_dropped = {kind: _CodePointSet(pairs) for kind, pairs in _data.dropped.items()}
_standard = {ord(char): f" {plain} " for char, plain in _data.han_standard.items()}


def _plain(code: int) -> str:
    """Return what a code point becomes before look-alikes are replaced.

    A letter, digit or mark becomes itself or its plain form, and a spaceless letter gets a space
    on each side. Signs, spaces and unassigned code points become one space. Dropped code points
    become "".
    """
    char = chr(code)
    if code in _words:
        return char
    if code in _spaceless:
        return f" {char} "
    if code in _HANGUL:  # syllables and conjoining letters must meet
        return unicodedata.normalize("NFD", char)
    for folded in _data.folded.values():
        if char in folded:
            return folded[char]
    return "" if any(code in ranges for ranges in _dropped.values()) else " "


def _folded(code: int) -> str:
    """Return `_plain` with look-alikes and traditional Han letters replaced by their twins."""
    return "".join(LOOKALIKES.get(char) or HAN.get(char, char) for char in _plain(code))


def _kind(code: int) -> Evasion | None:
    """Return the disguise that a code point is by itself. A capital letter is None."""
    char = chr(code)
    if char in HAN:
        return Evasion.HAN
    kinds: list[str] = [kind for kind, ranges in _dropped.items() if code in ranges]
    kinds += (name for name, folded in _data.folded.items() if char in folded)
    if FOLD[code] != STRICT[code] and Evasion.ACCENT not in kinds:
        return Evasion.LOOKALIKE
    return Evasion(kinds[0]) if kinds and kinds != ["case"] else None


LOOKALIKES = _data.lookalikes
"""Small letters of other scripts, and the letter that each is folded to."""

HAN = _data.han
"""Traditional Han letters, and the simplified letter that each is folded to."""

FOLD = CodePointTable(_folded)
"""The fold as a table for `str.translate`: code point to string."""

STRICT = CodePointTable(_plain, _standard)
"""`FOLD` without look-alikes: letters keep their script, and traditional Han letters keep their
standard form."""

_kinds = CodePointTable(_kind)

TABLE_VERSION = _data.version
"""Names the table in `fold.json`: Unicode, ICU and OpenCC versions, and a digest."""

_ranges = {name: _CodePointSet(pairs) for name, pairs in _data.scripts.items()}
_scripts = CodePointTable(
    lambda code: next((name for name in _ranges if code in _ranges[name]), None)
)


def fold(text: str) -> str:
    r"""Fold a text to its words, each between spaces; without words it is one space.

    Folding a folded text changes nothing.

    >>> fold("Ｏｎｅ-TIME\u200b Cødе!")
    ' one time code '
    >>> fold("请发otp给我")
    ' 请 发 otp 给 我 '
    >>> fold("ที่")  # marks of Thai stay
    ' ท ี ่ '
    """
    folded = f" {text.translate(FOLD)} "
    while "  " in folded:
        folded = folded.replace("  ", " ")
    return folded


def script_of(char: str) -> str | None:
    """Return the ISO 15924 code of a letter's script, or None if the script has no look-alikes.

    >>> script_of("ж"), script_of("z"), script_of("ع")
    ('Cyrl', 'Latn', None)
    """
    return _scripts[ord(char)]


def is_dropped(char: str) -> bool:
    r"""Return whether the fold drops a character, without leaving a space.

    >>> is_dropped("\u200b"), is_dropped("-")
    (True, False)
    """
    return not FOLD[ord(char)]


def is_spaceless(char: str) -> bool:
    """Return whether a letter or mark belongs to a script without spaces between words.

    >>> is_spaceless("验"), is_spaceless("ｶ"), is_spaceless("a")
    (True, True, False)
    """
    folded = FOLD[ord(char)]
    return len(folded) > 1 and folded[0] == " " and ord(folded[1]) in _spaceless


def is_word(char: str) -> bool:
    """Return whether a character is part of a word, in a script with spaces between words.

    >>> is_word("é"), is_word("_"), is_word("验")
    (True, False, False)
    """
    return FOLD[ord(char)][:1] not in ("", " ")


def evasions(original: str, term: str) -> tuple[Evasion, ...]:
    r"""Return the disguises in an original that its term as written lacks, in alphabetical order.

    >>> evasions("Überweisung", "überweisung"), evasions("Ｕberwei\u00adsung", "überweisung")
    ((), (<Evasion.INVISIBLE: 'invisible'>, <Evasion.WIDTH: 'width'>))
    """
    if original.isascii() and original.isprintable():
        return ()
    odd = {char: kind for char in set(original) if (kind := _kinds[ord(char)])}
    if not odd:
        return ()
    both_forms = unicodedata.normalize("NFC", term) + unicodedata.normalize("NFD", term)
    expected = set(term.casefold() + both_forms.casefold())
    return tuple(sorted({kind for char, kind in odd.items() if char.casefold() not in expected}))


NAME_LENGTH = 253
"""Characters of a domain name at most (RFC 1035)."""

_LABEL_LENGTH = 63  # characters of a label at most (RFC 1035)
_LETTERS = frozenset(ascii_lowercase)
_DIGITS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
_SAME_LOOK = str.maketrans({digit: letters[-1] for digit, letters in _DIGITS.items()} | {"i": "l"})
_LOOKALIKES_ONLY = "~"


class Host(NamedTuple):
    """A host name in normal form, at its half-open span of code points."""

    start: int
    end: int
    name: str


class NamedHost(NamedTuple):
    """An entry of a rule's `links`: a host name in normal form.

    `itself` is false if the rule means only hosts that look like it.
    """

    name: str
    itself: bool

    @classmethod
    def of(cls, written: str) -> Self:
        """Parse an entry of `links`. A `~` before the name means its look-alikes only.

        >>> NamedHost.of("Shop.example"), NamedHost.of("~bank.example")
        (NamedHost(name='shop.example', itself=True), NamedHost(name='bank.example', itself=False))
        """
        entry = written.strip()
        name = normal_host(entry.removeprefix(_LOOKALIKES_ONLY))
        return cls(name, not entry.startswith(_LOOKALIKES_ONLY))


def normal_host(host: str) -> str:
    """Return a host name as it is compared: NFKC, case folded, IDNA decoded, without a final dot.

    >>> normal_host("WWW.Xn--Mnchen-3ya.Example."), normal_host("ｓｈｏｐ。example")
    ('www.münchen.example', 'shop.example')
    """
    shown = "".join(c for c in host if not is_dropped(c) or unicodedata.category(c)[0] == "M")
    plain = unicodedata.normalize("NFKC", shown).casefold().replace("。", ".").strip(".")
    labels = [_decode_label(label) for label in plain.split(".")]
    return unicodedata.normalize("NFC", ".".join(labels))


def _decode_label(label: str) -> str:
    """Decode punycode. Longer labels are invalid, and decoding them would take quadratic time."""
    if not label.startswith("xn--") or not label.isascii() or len(label) > _LABEL_LENGTH:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").casefold()
    except UnicodeError:
        return label


def host_of(url: str) -> Host | None:
    """Find the host name of a URL, with or without a scheme.

    >>> host_of("https://user@Shop.example:8443/a?b#c")
    Host(start=13, end=25, name='shop.example')
    >>> host_of("mailto:") is None
    True
    >>> [bool(host_of("a." * 125 + "b" * length)) for length in (3, 4)]
    [True, False]
    """
    scheme = re.match(r"\s*[a-z][a-z0-9+.-]*://", url, re.IGNORECASE)
    start = scheme.end() if scheme else len(url) - len(url.lstrip())
    end = start + len(re.split(r"[/?#\\\s]", url[start:], maxsplit=1)[0])
    start = url.rfind("@", start, end) + 1 or start
    host = url[start:end].partition(":")[0]
    name = normal_host(host)
    if "." not in name or len(name) > NAME_LENGTH:
        return None
    return Host(start, start + len(host), name)


def skeleton(name: str) -> str:
    """Return a form that a host name, in normal form, shares with all its look-alikes.

    Labels stay labels, so the skeleton of a parent domain ends the skeleton of its subdomains.

    >>> skeleton("shop.example") == skeleton("sh0p.example") == skeleton("shоp.example")
    True
    """
    return "".join(plain for plain, _ in _plain_letters(name)).translate(_SAME_LOOK)


def is_lookalike(host: str, named: str) -> bool:
    """Return whether a host looks like the named one and is another. Both are in normal form.

    >>> is_lookalike("b4nk.example", "bank.example"), is_lookalike("bank.example", "b4nk.example")
    (True, False)
    >>> is_lookalike("mail.example", "mall.example")  # two plain letters
    False
    """
    if host == named or host.rpartition(".")[2] != named.rpartition(".")[2]:
        return False
    if skeleton(host) != skeleton(named) or not all(FOLD[ord(char)] for char in named):
        return False
    pairs = zip(_plain_letters(host), _plain_letters(named), strict=True)
    return all(
        char == expected
        or (
            char not in _LETTERS
            and expected in _LETTERS
            and expected in plain + _DIGITS.get(plain, "")
        )
        for (plain, char), (_, expected) in pairs
    )


def _plain_letters(name: str) -> Iterator[tuple[str, str]]:
    """Yield each folded letter, with the character it came from. Signs stay as they are."""
    for char in name:
        plain = char if FOLD[ord(char)] == " " else FOLD[ord(char)].strip(" ")
        yield from ((letter, char) for letter in plain)


CODE_VERSION = 1
"""Counts changes to this code. Raise it when a term in pinyin finds something else."""

JOINT = "-"
"""What is between the syllables of a term: `jia-wei`."""

_FIRST = 0xE100  # private use, which the fold turns into a space; 0xE000 and 0xE001 are taken


@cache
def syllables() -> dict[str, str]:
    """Return the letter that each syllable is in a search, in the order of the alphabet."""
    return {syllable: chr(_FIRST + at) for at, syllable in enumerate(sorted(_pinyin()))}


def syllable_of(letter: str) -> str:
    """Return the syllable of a folded Han letter, "" for any other.

    >>> syllable_of("微"), syllable_of("w")
    ('wei', '')
    """
    return _syllable_by_sound().get(sounds().get(ord(letter[0]), ""), "") if letter else ""


@cache
def _syllable_by_sound() -> dict[str, str]:
    return {sound: syllable for syllable, sound in syllables().items()}


@cache
def sounds() -> dict[int, str]:
    """Return the letter of its syllable for each Han letter, as a table for `str.translate`."""
    return {ord(one): syllables()[sound] for sound, chars in _pinyin().items() for one in chars}


def sounds_of(folded: str) -> str:
    """Return a folded text with each Han letter as the letter of its syllable.

    Places stay the same, and so do other letters.

    >>> sounds_of(" 加 薇 otp ") == sounds_of(" 佳 微 otp ")
    True
    """
    return folded if folded.isascii() else folded.translate(sounds())


def sound_pattern(written: str) -> str:
    """Return what `sounds_of` gives for letters that sound like a term.

    Raises SetError for a syllable that is not in the table.

    >>> sound_pattern("jia-wei") == sounds_of(" 家 卫 ")
    True
    """
    known = syllables()
    given = written.split(JOINT)
    if unknown := [syllable for syllable in given if syllable not in known]:
        raise SetError(f"a rule has the syllable {unknown[0]!r}, which this code does not know")
    return f" {' '.join(known[syllable] for syllable in given)} "


def pinyin_definition() -> dict[str, object]:
    """Return all that decides what a term in pinyin meets, as it is published."""
    return {"code": CODE_VERSION, "letters": _pinyin()}


@cache
def _pinyin() -> dict[str, str]:
    """Return the letters of each syllable."""
    data = resources.files("matcher").joinpath("pinyin.json").read_bytes()
    letters: dict[str, str] = msgspec.json.decode(data)["letters"]
    return letters
