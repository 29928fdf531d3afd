"""Which slices of a text are a term: the slow, obvious answer that `reference` builds on."""

import itertools
import json
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources

from matcher import Evasion, Rule
from matcher.aligned import opaque_spans
from matcher.fold import FOLD, HAN, LOOKALIKES, STRICT, evasions, is_spaceless, script_of
from matcher.term import affixed_forms

type Match = tuple[int, int, str, tuple[str, ...]]
"""Start, end, term, evasion."""

APOSTROPHES = "'’‘‛ʹʻʼʽ`´＇"


def is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def matches_of(rule: Rule, terms: Sequence[str], text: str) -> list[Match]:
    """Every slice of a text that is one of the terms, as (start, end, term, evasion)."""
    return [(start, end, term, worn(text[start:end], literal_of(form)))
            for term in terms for form in (affixed_forms(term) if rule.affixes else [term])
            if squeeze(translate(literal_of(form), FOLD)) in squeeze(translate(text, FOLD))
            for start in range(len(text)) for end in range(start + 1, len(text) + 1)
            if is_term(form, text, start, end, rule.exact)]  # fmt: skip


def sound_matches_of(rule: Rule, term: str, text: str) -> list[Match]:
    """Every slice of a text whose Han letters sound like a term in pinyin, with nothing between."""
    wanted = [letters_of_syllables()[syllable] for syllable in term.split("-")]
    return [
        (
            start,
            end,
            term,
            tuple(sorted({*evasions(text[start:end], ""), Evasion.SOUND} - {Evasion.HAN})),
        )
        for start in range(len(text) if rule.exact else 0, len(text))
        for end in range(start + len(wanted), len(text) + 1)
        if sounds_like(wanted, text, start, end)
    ]


def sounds_like(wanted: Sequence[str], text: str, start: int, end: int) -> bool:
    slice_ = text[start:end]
    letters = translate(slice_, FOLD).split()
    return (
        len(letters) == len(wanted) == len(units(slice_))
        and all(map(str.__contains__, wanted, letters))
        and bool(FOLD[ord(text[start])].strip())
        and not any(gaps(slice_))
        and not any(o.start < end and start < o.end for o in opaque_spans(text))
        and is_trimmed(text, start, end)
        and opens(text, start)
        and closes(text, max(at for at in range(start, end) if FOLD[ord(text[at])]))
    )


@cache
def letters_of_syllables() -> dict[str, str]:
    data = resources.files("matcher").joinpath("pinyin.json").read_bytes()
    letters: dict[str, str] = json.loads(data)["letters"]
    return letters


def worn(slice_: str, literal: str) -> tuple[str, ...]:
    """What a slice wears, and whether it is simplified where the term is not."""
    kinds = set(evasions(slice_, literal))
    if any(c in HAN for c in set(translate(literal, STRICT)) - set(translate(slice_, STRICT))):
        kinds.add(Evasion.HAN)
    return tuple(sorted(kinds))


def literal_of(term: str) -> str:
    return term.strip().removeprefix("*").removesuffix("*")


def is_term(term: str, text: str, start: int, end: int, exact: bool) -> bool:
    slice_, literal = text[start:end], literal_of(term)
    if not FOLD[ord(text[start])].strip() or squeeze(translate(slice_, FOLD)) != squeeze(
        translate(literal, FOLD)
    ):
        return False
    if any(o.start < end and start < o.end for o in opaque_spans(text)):
        return False
    if not is_trimmed(text, start, end) or not gaps_allowed(slice_, literal):
        return False
    last = max(at for at in range(start, end) if FOLD[ord(text[at])])
    if not term.strip().startswith("*") and not opens(text, start):
        return False
    if not term.strip().endswith("*") and not closes(text, last):
        return False
    if exact and bare(slice_) != bare(literal):
        return False
    return letters_allowed(text, start, end, literal)


def translate(text: str, table: dict[int, str]) -> str:
    return text.translate(table)


def squeeze(plain: str) -> str:
    return " ".join(plain.split())


def bare(text: str) -> str:
    cased = unicodedata.normalize("NFC", text).casefold()
    return "".join(char for char in cased if FOLD[ord(char)] != " ")


def is_trimmed(text: str, start: int, end: int) -> bool:
    """Whether a slice ends with a letter and all the dropped marks on it."""
    kept = end
    while kept > start and not FOLD[ord(text[kept - 1])]:
        if not is_mark(text[kept - 1]):
            return False
        kept -= 1
    more = end < len(text) and not FOLD[ord(text[end])] and is_mark(text[end])
    return bool(FOLD[ord(text[kept - 1])].strip()) and not more


def gaps_allowed(slice_: str, literal: str) -> bool:
    """Letters of spaceless scripts that touch in the term touch in the text."""
    return all(
        not tight or not gap for tight, gap in zip(touching(literal), gaps(slice_), strict=True)
    )


def units(text: str) -> list[tuple[int, str]]:
    """The kept characters of a text that are no signs."""
    return [(at, c) for at, c in enumerate(text) if FOLD[ord(c)].strip()]


def split_between(text: str, left: tuple[int, str], right: tuple[int, str]) -> bool:
    """Whether two neighbouring characters belong to two words."""
    joined = (
        FOLD[ord(left[1])] + translate(text[left[0] + 1 : right[0]], FOLD) + FOLD[ord(right[1])]
    )
    return (
        len(joined.split()) > len(FOLD[ord(left[1])].split()) + len(FOLD[ord(right[1])].split()) - 1
    )


def touching(literal: str) -> list[bool]:
    """For each gap between words of a term, whether a text may not part them."""
    out = []
    for (a, x), (b, y) in itertools.pairwise(units(literal)):
        if split_between(literal, (a, x), (b, y)):
            apart = any(FOLD[ord(c)] for c in literal[a + 1 : b])
            out.append(is_spaceless(x) and is_spaceless(y) and not apart)
    return out


def gaps(text: str) -> list[bool]:
    """For each gap between words of a slice, whether signs or spaces stand in it."""
    return [any(FOLD[ord(c)] for c in text[a + 1 : b])
            for (a, x), (b, y) in itertools.pairwise(units(text))
            if split_between(text, (a, x), (b, y))]  # fmt: skip


def kept_before(text: str, at: int) -> int:
    return next((i for i in range(at - 1, -1, -1) if FOLD[ord(text[i])]), -1)


def opens(text: str, start: int) -> bool:
    """Whether a word begins at a place."""
    before = kept_before(text, start)
    if before < 0 or any(o.start <= before < o.end for o in opaque_spans(text)):
        return True
    if text[before] in APOSTROPHES:
        letter = kept_before(text, before)
        return not (letter >= 0 and is_letter_of_spaced(text[letter]))
    return (FOLD[ord(text[before])] + FOLD[ord(text[start])]).count(" ") > 0


def is_letter_of_spaced(char: str) -> bool:
    return char.isalpha() and not is_spaceless(char) and FOLD[ord(char)] != " "


def closes(text: str, last: int) -> bool:
    """Whether a word ends with a place."""
    after = next((i for i in range(last + 1, len(text)) if FOLD[ord(text[i])]), len(text))
    if after == len(text) or any(o.start <= after < o.end for o in opaque_spans(text)):
        return True
    if is_spaceless(text[last]) and is_spaceless(text[after]) and is_mark(text[after]):
        return False
    return (FOLD[ord(text[last])] + FOLD[ord(text[after])]).count(" ") > 0


def letters_allowed(text: str, start: int, end: int, literal: str) -> bool:
    """Letters that only resemble the term's are of another script, and no word of that script."""
    own = translate(literal, STRICT).replace(" ", "")
    seen = [
        (at, plain)
        for at in range(start, end)
        for plain in translate(text[at], STRICT).replace(" ", "")
    ]
    for (at, plain), letter in zip(seen, own, strict=True):
        if plain == letter:
            continue
        if plain in HAN or letter in HAN:
            if HAN.get(plain, plain) not in (plain, letter):
                return False
            continue
        script, other = script_of(plain), script_of(letter)
        if script == other:
            return False
        scripts = {script_of(c) for c in translate(word_around(text, at), STRICT)} - {None}
        twins = {twin for char, twin in LOOKALIKES.items() if script_of(char) == other}
        telling = set(translate(text, STRICT)) - twins - set(LOOKALIKES)
        if len(scripts) == 1 and scripts & {script_of(c) for c in telling}:
            return False
    return True


def word_around(text: str, at: int) -> str:
    start, end = at, at + 1
    while start > 0 and " " not in FOLD[ord(text[start - 1])] + FOLD[ord(text[start])]:
        start -= 1
    while end < len(text) and " " not in FOLD[ord(text[end])] + FOLD[ord(text[end - 1])]:
        end += 1
    return text[start:end]
