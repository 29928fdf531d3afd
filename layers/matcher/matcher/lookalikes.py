r"""Digits, signs and stars that replace letters, and how they fit the letters of a word.

Two words can only fit if they have the same skeleton: runs of a letter are one letter, and letters
that share a sign (i and l) are one. So words are looked up by their skeleton, and `fit_of` then
compares letter by letter.

Signs among letters that are notation and not a disguise: typography, sums, code, numbering.

- Stars set words *off* and point to footnotes. A bullet at the edge of a word begins an item.
- In 2*a = b*c, stars multiply.
- In $70K, $1.5m+ and 50k$, digits count money.
- In `$hit->{n}`, `\s*m`, `part*.txt` and 8ab1-dbce, signs and digits belong to code. If a text has
  one variable, all its words with `$` are variables.
- In "that's" and "l'an", a single letter is part of a word.
- In "File5.2" and 1e90, digits count.

Limits: a formula or a line of code without any of these signs is read like any other text.

A fast test whether a text may have a word in disguise.

Cutting out candidates costs more than the fold, and most texts are plain. So this test looks for
features that every disguise needs: a sign, a digit next to a letter, three equal letters in a row,
single letters in a row, or two scripts in one word. It may be true for nothing, never false for a
disguise.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

LOOKALIKES = {
    "0": "o", "1": "il", "!": "il", "|": "il", "3": "eз", "€": "e", "4": "aч", "@": "a", "5": "s",
    "$": "s", "§": "s", "6": "gб", "9": "g", "7": "t", "+": "t", "8": "b", "¢": "c",
}  # fmt: skip
"""Digits and signs, and the letters that each may replace."""

STAR = "*"
"""The unit that may replace any letter."""

BULLETS = "•●"
STARS = f"*＊∗⁎✱✲{BULLETS}"
HASHES = "#＃"
_CAPITALS = r"A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0400-\u042f"  # Latin, Greek, Cyrillic
IN_CAPITALS = rf"(?=\w*(?:[^\W\d_{_CAPITALS}][{_CAPITALS}]|[{_CAPITALS}]{{2}}[^\W\d_{_CAPITALS}]))"
"""A pattern for words run together after a hash, of which a later one begins with a capital."""

LOOKALIKES_OF: defaultdict[str, str] = defaultdict(str)
"""Letters, and the signs that may replace each."""

for _sign, _letters in LOOKALIKES.items():
    for _letter in _letters:
        LOOKALIKES_OF[_letter] += _sign

SAME_LOOKALIKE = str.maketrans(
    {like: letters[0] for sign, letters in LOOKALIKES.items() for like in (sign, *letters[1:])}
)
"""A table that makes signs, and letters that share a sign, one letter."""

_RUN_OF_THREE = re.compile(r"([^\W\d])\1\1|(?<=[^\W\d])(\d)\2\2(?=[^\W\d])")


def skeleton_of(letters: str) -> tuple[str, list[int]]:
    """Return the skeleton of letters and signs, and where each of its letters begins.

    The length of `letters` follows as the last place.

    >>> skeleton_of("k1lll")
    ('ki', [0, 1, 5])
    """
    out: list[str] = []
    starts: list[int] = []
    for at, letter in enumerate(letters.translate(SAME_LOOKALIKE)):
        if not out or out[-1] != letter:
            out.append(letter)
            starts.append(at)
    return "".join(out), [*starts, len(letters)]


def fit_of(word: str, units: str) -> list[int] | None:
    """Return the unit for each letter of a word, or None if some unit does not fit.

    If the word's last letter is repeated, its place is that of the last repetition. A run of a
    letter is as long as in the word, or longer if some unit occurs three times in a row.

    >>> fit_of("bomb", "b0mb"), fit_of("bomb", "boooomb"), fit_of("bomb", "boomb")
    ([0, 1, 2, 3], [0, 1, 5, 6], None)
    """
    if not _RUN_OF_THREE.search(units):
        same = len(word) == len(units) and all(map(_stands_for, units, word))
        return list(range(len(units))) if same else None
    return _stretched_fit(word, units)


def _stands_for(unit: str, letter: str) -> bool:
    return unit == letter or letter in LOOKALIKES.get(unit, "")


def _stretched_fit(word: str, units: str) -> list[int] | None:
    """Return the fit of a word whose runs of letters may be longer in the units.

    The simple way is a search by `i+l+i+`, which may try every way to divide a run of signs that
    fit both letters. Here bit `n` of `ends[at]` says that the units from `at` on may follow
    the first `n` letters, and each unit is looked at once.
    """
    step, stay = dict.fromkeys(units, 0), dict.fromkeys(units, 0)
    for unit in step:
        for number, letter in enumerate(word):
            if _stands_for(unit, letter):
                step[unit] |= 1 << number
                ends_run = word[number + 1 : number + 2] != letter
                stay[unit] |= (ends_run and letter.isalpha()) << number + 1
    ends = [1 << len(word)]
    for unit in reversed(units):
        ends.append((step[unit] & ends[-1] >> 1) | (stay[unit] & ends[-1]))
    ends.reverse()
    if not ends[0] & 1:
        return None
    fit: list[int] = []
    for at, unit in enumerate(units):
        if not stay[unit] & ends[at + 1] & 1 << len(fit):  # a run is as long as it can be
            fit.append(at)
    fit[-1] = len(units) - 1
    return fit


_EMPHASIS = re.compile(
    r"(?<![wdz*\x02])([*]+)(?=[wdhz$])[^*\n]{1,300}(?<=[^ *])([*]+)(?![wdz*\x02])"
)
_FOOTNOTE = re.compile(r"(?:^|\n)[ \t]*[*＊∗⁎]+[ \t]*\w")
_POINTS_TO_FOOTNOTE = re.compile(r"(?<=[wdz])[*]+(?![wdz*])")
_WILDCARD = re.compile(r"(?<=[_:>/.\\])\w{1,60}[*]|\w[*](?=[(/=>`])|\w[*](?=\.\w)")
_BULLET = re.compile(rf"(?<![\w{BULLETS}])[{BULLETS}]+|[{BULLETS}]+(?![\w{BULLETS}])")
_FACTOR = r"(?:[^\W\d_\u0590-\u06ff]|\d{1,9})"  # (a*b) is a formula; (ر*ا) is a word
_PRODUCT = re.compile(rf"(?<![\w*]){_FACTOR}(?:\*{_FACTOR})+(?![\w*])")
_OPERATOR_BEFORE = re.compile(r"[-+=/^<>(][ \t]?$")
_OPERATOR_AFTER = re.compile(r"[ \t]?(?:[+=/^<>]|[)\]]?[ \t]?[-+=/^*])")
_VARIABLE = re.compile(r"\$\w{1,60}(?=->|[\[{(]|[ \t]?=)|\$[^\W_]{1,60}_\w")
_ANY_VARIABLE = re.compile(r"\$\w{1,60}")
_PATTERN_CLASS = re.compile(r"\\[sSwWdDbB](?:[*+]\w*|[*+]?[$|])")
_HEX = "[0-9A-Fa-f]"  # the patterns below begin with a plain character, which `re` finds fast
_SERIAL = re.compile(rf"{_HEX}(?<![\w-].){_HEX}{{1,11}}(?:-{_HEX}{{4,12}}){{2,}}(?!\w)")
_NUMBER = re.compile(
    rf"(?:\d(?<![\w+!|$].)(?:\d{{0,19}}[Ee]\d{{1,4}}|(?<=0)[Xx]{_HEX}{{1,40}})"
    rf"|#(?<![\w+!|$].){_HEX}{{6}}(?:{_HEX}{{2}})?)(?!\w)"
)
_PRICE = re.compile(
    r"\$(?<![\w+!|$@].)\d[\d.,]*[kKmMbB]?[+]?(?![\w+!|$])"
    r"|\d(?<![\w+!|$@].)[\d.,]{0,12}[kKmMbB]\$(?![\w+!|$])"
)
_CLITIC = re.compile(  # begins with its apostrophe, like the patterns above
    r"['’](?:(?<=\w\w.)(?=([^\W\d_])(?!\w))|(?<=[^\W\d_].)(?<!\w\w.)(?=\w\w))"
)
_CHAPTER = re.compile(r"\d(?<=[^\W\d_].)(?=[.]\d)")


def notation_spans(text: str, shape: str) -> Iterator[tuple[int, int]]:
    r"""Yield the half-open code points of a text that are notation.

    Args:
        text: A part of a post.
        shape: One character for the kind of each of its characters; see `candidates`.
    """
    if STAR in shape:
        yield from _stars(text, shape)
    if "$" in text:
        yield from (found.span() for found in _PRICE.finditer(text))
        if _VARIABLE.search(text):
            yield from (found.span() for found in _ANY_VARIABLE.finditer(text))
    if "\\" in text:
        yield from (found.span() for found in _PATTERN_CLASS.finditer(text))
    if "'" in text or "’" in text:
        for found in _CLITIC.finditer(text):
            letter = found.start() + 1 if found[1] else found.start() - 1
            yield letter, letter + 1
    if "d" in shape:
        for pattern in (_SERIAL, _NUMBER, _CHAPTER):
            yield from (found.span() for found in pattern.finditer(text))


def _stars(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _EMPHASIS.finditer(shape) if shape.count(STAR) > 1 else ():
        yield found.span(1)
        yield found.span(2)
    if _FOOTNOTE.search(text):
        yield from (found.span() for found in _POINTS_TO_FOOTNOTE.finditer(shape))
    yield from ((found.end() - 1, found.end()) for found in _WILDCARD.finditer(text))
    yield from (found.span() for found in _BULLET.finditer(text))
    for found in _PRODUCT.finditer(text):
        start, end = found.span()
        before, after = text[max(0, start - 2) : start], text[end : end + 4]
        if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
            yield start, end


def with_spans_replaced(shape: str, spans: Iterable[tuple[int, int]], kind: str = "-") -> str:
    """Return a shape with some spans replaced; they may overlap. A `-` is never read."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        first = max(start, at)
        pieces += [shape[at:first], kind * (end - first)]
        at = max(end, at)
    return "".join([*pieces, shape[at:]])


STRETCHED = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
"""Three equal letters in a row."""

_SPACELESS = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
"""Letters of scripts without spaces, in which #topics and @names occur inside sentences."""

SPACED = rf"[^\W\d_{_SPACELESS}]"
"""A pattern for one letter of any other script."""

_RARE_SIGNS = f"{STARS}€$§|+¢"

SIGNS_WITH_USES = {  # each pattern begins with a plain character, which `re` finds fast
    "!": re.compile(r"!(?<=\w!)(?=[\w@])|!(?=\w)"),
    "@": re.compile(rf"@(?:(?<=[0-9A-Za-z\u00c0-\u077f]@)|[^\W{_SPACELESS}]*+[!@$+€|*](?=\w))"),
    "#": re.compile(rf"#(?<!\w#){IN_CAPITALS}|#(?<={SPACED}#)(?=[#%]*{SPACED})"),
    "＃": re.compile(rf"＃(?<!\w＃){IN_CAPITALS}"),
    "%": re.compile(rf"%(?<={SPACED}%)(?=[#%]*{SPACED})"),
}
"""Signs that also have ordinary uses, and what shows that one may be part of a disguise."""

DISGUISE_SIGNS = f"{_RARE_SIGNS}{''.join(SIGNS_WITH_USES)}"
"""All signs of disguises that the fold turns into spaces."""

_MIXED_FOLD = re.compile(r"[0-9](?=[^\W\d])|[0-9](?<=[^\W\d].)")
_SINGLES = re.compile(r" [a-z\u0370-\u077f] [0-9a-z\u0370-\u077f] [0-9a-z\u0370-\u077f] ")
SINGLE_UNITS = re.compile(rf"(?: [^\W_{_SPACELESS}](?= )){{3,}}+")
"""Three letters or digits of a fold in a row, of any script with spaces."""

_TWO_SCRIPTS = re.compile(r"[a-z][\u0621-\u064a]|[\u0621-\u064a][a-z]")

HAN_ENDINGS = "，。、；：！？\n"
"""Signs that end a sentence or clause of Han letters, so that no word goes on after them."""

_HAN_APART = re.compile(rf"(?:[\u3400-\u9fff](?:_|[^\w{HAN_ENDINGS}]){{1,6}}){{2}}[\u3400-\u9fff]")


def is_suspect(text: str, folded: str) -> bool:
    """Return whether a text may have a word in disguise, except for a mention that may be one.

    >>> from matcher.fold import fold
    >>> [is_suspect(text, fold(text)) for text in ("A plain text, 24 words.", "b0mb", "heeelp")]
    [False, True, True]
    """
    return bool(
        any(sign in text for sign in _RARE_SIGNS)
        or any(sign in text and used.search(text) for sign, used in SIGNS_WITH_USES.items())
        or _MIXED_FOLD.search(folded)
        or _SINGLES.search(folded)
        or has_odd_letters(folded)
        or (not folded.isascii() and has_han_apart(text))
    )


def has_odd_letters(folded: str) -> bool:
    """Return whether a word has a run of three letters, or letters of two scripts."""
    return bool(
        (has_run_of_three(folded) and STRETCHED.search(folded))
        or (not folded.isascii() and _TWO_SCRIPTS.search(folded))
    )


def has_run_of_three(folded: str) -> bool:
    """Return whether a character occurs three times in a row. It may be true without one.

    The simple way is a search by pattern, which takes ten times as long. Here all neighbours are
    compared at once, as the bytes of two long integers.
    """
    ascii_ = folded.isascii()
    width, data = (
        (1, folded.encode()) if ascii_ else (4, folded.encode("utf-32-le", "surrogatepass"))
    )
    number = int.from_bytes(data, "little")
    unlike = number ^ (number >> 8 * width)
    unlike |= unlike >> 8 * width
    return bytes(width) in unlike.to_bytes(len(data), "little")[: -2 * width]


def has_han_apart(text: str) -> bool:
    """Return whether three Han letters are separated, and no sentence or clause ends between them.

    >>> has_han_apart("验-证-码"), has_han_apart("我，你，他")
    (True, False)
    """
    return bool(_HAN_APART.search(text))
