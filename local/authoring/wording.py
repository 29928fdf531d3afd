"""Names of persons, parties, peoples, religions and offices, which no rule may be about.

No term of a score may have one: a program learns the names that somebody's posts repeat first.
Other rules may have some beside other terms, such as the places that a threat names.

Sources: the lists `kept_out` and `names` of `claims/data/topics.json`, and `refused_names.json`,
which says where its own are from. They do not hold every name: a person reads every term.

What in a sound pack may surprise its author, or waits for their words; and a list or table of words
as a shadow pack that its author fills in.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from authoring.format import listed, plain_or_quoted
from claims.text_words import read_json
from matcher import term_checks
from matcher.fold import FOLD, HAN, STRICT, fold, is_spaceless, sound_pattern, sounds_of, syllables
from matcher.term import Term
from rules.pack import Pack
from rules.pack_parts import TERMS_ONLY

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

_UNWRITTEN = re.compile(rf"[\s-]*(?:\w+:\s+)?[\"']?{PLACEHOLDER}\b")


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


def weighted_term_problem(written: str) -> str | None:
    """Return why a string cannot be a term of a score, or None if it can.

    >>> weighted_term_problem("presid*")
    '`presid*` names an office; no score may know one, so drop it'
    """
    if problem := term_checks.weighted_term_problem(written):
        return problem
    kind = named_in(written)
    return f"`{written}` names {kind}; no score may know one, so drop it" if kind else None


def pinyin_problem(written: str) -> str | None:
    """Return why a string cannot be a term in pinyin, or None if it can."""
    if problem := term_checks.pinyin_problem(written):
        return problem
    kind = named_by_sound(sound_pattern(written))
    what = f"`{written}` sounds like the name of {kind}"
    return f"{what}; no score may know one, so drop it" if kind else None


DAYS = 182
"""How long the new pack is in force: half a year."""

EXAMPLES = 20
"""Terms that become `match` examples."""

_COMMENT = "#"
_SEPARATORS = {".csv": ",;", ".tsv": "\t"}  # Excel writes both into .csv; the header shows which


class ListedWord(NamedTuple):
    """A term with the line it came from."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class NewPack:
    """The fields of the new pack; empty ones are left for its author to fill in."""

    id: str
    category: str
    keywords: tuple[str, ...]
    languages: tuple[str, ...]
    owner: str
    first_day: date


class WordListError(ValueError):
    """A list or table of words cannot be read; the message says why."""


def read_words(data: bytes, suffix: str, column: str) -> list[ListedWord]:
    """Return the words of a list, or of one column of a table with a header (`.csv`, `.tsv`).

    Raises:
        WordListError: If the file is not UTF-8 or not a table, or the table has no such column.
    """
    try:
        return list(
            _listed_words(data.decode("utf-8-sig"), _SEPARATORS.get(suffix.lower()), column)
        )
    except UnicodeDecodeError as error:
        raise WordListError(f"byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise WordListError(f"not a table: {error}") from error


def _listed_words(text: str, separators: str | None, column: str) -> Iterator[ListedWord]:
    if separators is None:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith(_COMMENT):
                yield ListedWord(number, line.strip())
        return
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text), delimiter=max(separators, key=header.count))
    names = list(rows.fieldnames or ())
    wanted = column or ("term" if "term" in names else next(iter(names), ""))
    if wanted not in names:
        raise WordListError(f"no column `{wanted}`; it has {', '.join(names) or 'none'}")
    for row in rows:
        if (row[wanted] or "").strip():
            yield ListedWord(rows.line_num, row[wanted].strip())


def usable_terms(
    words: Iterable[ListedWord], name: str, warn: Callable[[str], None]
) -> Iterator[str]:
    """Yield the words that can be terms, each once; warn about the others."""
    seen: set[str] = set()
    for line, text in words:
        problem = term_checks.term_problem(text)
        if problem:
            warn(f"{name}:{line}: left out: {problem}")
        elif (pattern := Term.of(text).pattern) not in seen:
            seen.add(pattern)
            yield text


def pack_lines(pack: NewPack, terms: list[str]) -> list[str]:
    """Return the lines of a pack; `terang packs check` names the fields to fill in."""
    ground = "terms" if pack.category in TERMS_ONLY else "illegal"
    examples = [term.strip("*").strip() for term in terms[:EXAMPLES]]
    return [
        f"id: {pack.id}",
        "version: 1",
        'title: ""',
        'why: ""',
        f"category: {pack.category}",
        *listed("keywords: [", pack.keywords),
        f"ground: {ground}",
        "legal_ground:",
        '  text: ""',
        '  url: ""',
        *listed("languages: [", pack.languages),
        f"owner: {plain_or_quoted(pack.owner, 'a: {}')}",
        f"in_force: {{from: {pack.first_day}, until: {pack.first_day + timedelta(days=DAYS)}}}",
        "mode: shadow",
        "rules:",
        "  - id: listed-terms",
        "    severity: low",
        '    why: ""',
        *listed("    any: [", terms),
        "    match:",
        *(f"      - {plain_or_quoted(example, '- {}')}" for example in examples),
        "    ignore: []",
    ]
