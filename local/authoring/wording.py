"""Names of persons, parties, peoples, religions and offices, which no rule may be about.

No term of a score may have one: a program learns the names that somebody's posts repeat first.
Other rules may have some beside other terms, such as the places that a threat names.

Sources: the lists `kept_out` and `names` of `claims/data/topics.json`, and `refused_names.json`,
which says where its own are from. They do not hold every name: a person reads every term.

Which strings can be a term or a host name of a pack, and what may surprise their author.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from claims.fact_check import read_json
from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import (
    FOLD,
    HAN,
    JOINT,
    STRICT,
    NamedHost,
    fold,
    is_spaceless,
    sound_pattern,
    sounds_of,
    syllables,
)
from matcher.signs.catalogue import SIGNS
from matcher.signs.gates import SCRIPTS, word_lists
from matcher.term import Term
from rules.pack import TERM_LENGTH, Pack

_KINDS = {
    "party": "a party",
    "candidate": "a person",
    "office": "an office",
    "religion": "a religion",
    "people": "a people",
}
"""The lists of `kept_out` that are names, and what they name."""

_SHORTEST = 3  # letters of a name in Latin: shorter ones are too often something else
_SHORTEST_STEM = 4  # letters of a term beside its `*`
_LONGEST = 6  # words of a name, or Chinese letters
_ALL_HAN = re.compile(f"[ {''.join(syllables().values())}]+")


def named_in(term: str) -> str | None:
    """Return what a term names, or None. An end that `*` opens may be up to half of a name.

    >>> named_in("vote for the mayor"), named_in("微信政府号"), named_in("free spins")
    ('an office', 'an office', None)
    >>> named_in("Präsidenten"), named_in("presid*"), named_in("council tax")
    ('an office', 'an office', None)
    """
    names, stems, ordinary = _names()
    text = ordinary.sub("|", " ".join(_words(term)))
    words = text.split()
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + _LONGEST) + 1):
            if kind := names.get(" ".join(words[first:last])):
                return kind
    if stem := stems.search(text):
        return names[f"{stem[0]}*"]
    form = "*" * term.startswith("*") + text + "*" * term.endswith("*")
    if form == text or len(text) < _SHORTEST_STEM:
        return None
    near = (name for name in names if text in name and len(name) <= 2 * len(text))
    return next((names[name] for name in near if fnmatchcase(name, form)), None)


def named_by_sound(pattern: str) -> str | None:
    """Return what Han letters with these sounds may name, or None.

    Args:
        pattern: The syllables, as by `sound_pattern`.
    """
    return next((kind for name, kind in _sounds_of_names() if name in pattern), None)


@cache
def _sounds_of_names() -> tuple[tuple[str, str], ...]:
    """Return the sounds of each name in Han letters, of two letters or more, and what it is of."""
    pairs = ((f" {name} ", kind) for name, kind in _names()[0].items() if " " in name)
    sounding = ((sounds_of(name), kind) for name, kind in pairs)
    return tuple((name, kind) for name, kind in sounding if _ALL_HAN.fullmatch(name))


@cache
def _names() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Return what each name is of, by the words of its fold, in which `*` ends a stem.

    Next come patterns of the stems, and of the phrases that name nobody.
    """
    own: dict[str, Any] = msgspec.json.decode(
        Path(__file__).with_name("refused_names.json").read_bytes()
    )
    of_claims = read_json("topics.json")
    lists = [
        (kind, words)
        for name, kind in _KINDS.items()
        for words in of_claims["kept_out"][name].values()
    ]
    lists += [(kind, words) for kind, given in own["names"].items() for words in given.values()]
    lists.append(("a person", of_claims["names"]["given"]))
    names: dict[str, str] = {}
    for kind, words in lists:
        for word in words.split():
            name = " ".join(_words(word.strip("=").replace("_", " ")))
            if len(name) >= _SHORTEST or not word.isascii():
                names.setdefault(name + "*" * word.endswith("*"), kind)
    stems = "|".join(name[:-1] for name in names if name.endswith("*"))
    ordinary = own["ordinary"].replace(" ", "|").replace("_", " ")
    return names, re.compile(rf"\b(?:{stems})"), re.compile(rf"\b(?:{ordinary})\b")


def _words(text: str) -> list[str]:
    """Return the folded words of a text. Look-alikes stay: Russian "том" is no Tom."""
    return "".join(HAN.get(char, char) for char in text.translate(STRICT)).split()


PLACEHOLDER = "Put here"
"""How a text of a learned pack begins that only a person can write."""

PLACES_SHOWN = 20
"""Lines that one message names."""

MOST_SYLLABLES = 8
"""Syllables of a term in pinyin."""

_UNWRITTEN = re.compile(rf"[\s-]*(?:\w+:\s+)?[\"']?{PLACEHOLDER}\b")
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})+")


def words_asked_for(pack: str) -> tuple[int, str] | None:
    """Return the first line of a pack that waits for its author's words, and a warning.

    >>> words_asked_for("why: Put here what they do")
    (1, '`Put here` asks for your words; until then no set takes the pack')
    """
    lines = [at for at, line in enumerate(pack.splitlines(), 1) if _UNWRITTEN.match(line)]
    if not lines:
        return None
    further = ", ".join(map(str, lines[1:PLACES_SHOWN]))
    more = f", {len(lines) - PLACES_SHOWN:,} more" * (len(lines) > PLACES_SHOWN)
    where = f" here and in lines {further}{more}" if further else ""
    return lines[0], f"`{PLACEHOLDER}` asks for your words{where}; until then no set takes the pack"


def why_unprotected(pack: Pack) -> str:
    """Return why a pack runs in shadow: nobody has protected sentences in a language of it."""
    why = (
        f"in shadow, unprotected: no protected sentences in {', '.join(pack.unprotected or ())};"
        " write thirty into the pack, under `protected`: five each of protest, election, office,"
        " faith, satire, warning"
    )
    return why if pack.unprotected else ""


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
    if kind := named_in(written):
        return f"`{written}` names {kind}; no score may know one, so drop it"
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
    if kind := named_by_sound(sound_pattern(written)):
        return f"`{written}` sounds like the name of {kind}; no score may know one, so drop it"
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


def script_problem(written: str) -> str | None:
    """Return why a string cannot be the script of a gate, or None if it can."""
    return _unless_listed(written, SCRIPTS, "a script")


def words_problem(written: str) -> str | None:
    """Return why a string cannot be the list of words of a gate, or None if it can."""
    return _unless_listed(written, word_lists(), "a list of words")


def _unless_listed(written: str, listed: Iterable[str], kind: str) -> str | None:
    names = sorted(listed)
    return None if written in names else f"`{written}` is not {kind}; there are {', '.join(names)}"


def term_warning(written: str) -> str | None:
    """Return what may surprise the author of a sound term, or None.

    >>> term_warning("c++")
    '`c++` is compared as `c`: signs at its ends do not count, so it may match too much'
    """
    literal = Term.of(written).literal.strip()
    words = fold(literal).strip(" ")
    if any(FOLD[ord(sign)] == " " for sign in (literal[0], literal[-1])):
        return (
            f"`{written}` is compared as `{words}`: signs at its ends do not count, "
            "so it may match too much"
        )
    if len(words) == 1 and not is_spaceless(words):
        return f"`{written}` is a single letter or digit, so it may match too much"
    return None


def host_problem(written: str) -> str | None:
    """Return why a string cannot be a host name of `links`, or None if it can.

    >>> host_problem("https://shop.example/x")
    '`https://shop.example/x` is not a host name; write it without scheme and path: shop.example'
    >>> host_problem("shop.example") is None
    True
    """
    if _HOST.fullmatch(NamedHost.of(written).name) and not written.strip().startswith("."):
        return None
    named = find_hosts(written)
    advice = named[0].name if named else "shop.example"
    return f"`{written}` is not a host name; write it without scheme and path: {advice}"
