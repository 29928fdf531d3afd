"""A fast test whether a text may have a word in disguise.

Cutting out candidates costs more than the fold, and most texts are plain. So this test looks for
features that every disguise needs: a sign, a digit next to a letter, three equal letters in a row,
single letters in a row, or two scripts in one word. It may be true for nothing, never false for a
disguise.
"""

import re

from matcher.evasion.lookalikes import IN_CAPITALS, STARS

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

    >>> from matcher.text.fold import fold
    >>> [is_suspect(text, fold(text)) for text in ("A plain text, 24 words.", "b0mb", "heeelp")]
    [False, True, True]
    """
    return bool(
        _has_sign(text)
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


def _has_sign(text: str) -> bool:
    """Return whether a text has a sign of a disguise that its fold does not show."""
    return any(sign in text for sign in _RARE_SIGNS) or any(
        sign in text and pattern.search(text) for sign, pattern in SIGNS_WITH_USES.items()
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
