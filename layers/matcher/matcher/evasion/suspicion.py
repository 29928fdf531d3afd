"""A fast look at texts for what any disguise needs, so that plain ones are passed over."""

import re

from matcher.evasion.signs import IN_CAPITALS, STARS

STRETCHED = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
_SPACELESS = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
"""Letters of scripts without spaces, in which #topics and @names stand inside sentences."""
SPACED = rf"[^\W\d_{_SPACELESS}]"
"""A pattern for one letter of any other script."""

_RARE_SIGNS = f"{STARS}€$§|+¢"
OF_MANY_USES = {  # each begins with a plain character, which is searched for fast
    "!": re.compile(r"!(?<=\w!)(?=[\w@])|!(?=\w)"),
    "@": re.compile(rf"@(?:(?<=[0-9A-Za-z\u00c0-\u077f]@)|[^\W{_SPACELESS}]*+[!@$+€|*](?=\w))"),
    "#": re.compile(rf"#(?<!\w#){IN_CAPITALS}|#(?<={SPACED}#)(?=[#%]*{SPACED})"),
    "＃": re.compile(rf"＃(?<!\w＃){IN_CAPITALS}"),
    "%": re.compile(rf"%(?<={SPACED}%)(?=[#%]*{SPACED})"),
}
"""Signs with a use of their own, and what tells at one that it may be part of a disguise."""

SIGNS_SEEN = f"{_RARE_SIGNS}{''.join(OF_MANY_USES)}"
"""Signs without which no text has what its fold does not show of a disguise."""
_MIXED_FOLD = re.compile(r"[0-9](?=[^\W\d])|[0-9](?<=[^\W\d].)")
_SINGLES = re.compile(r" [a-z\u0370-\u077f] [0-9a-z\u0370-\u077f] [0-9a-z\u0370-\u077f] ")
_TWO_SCRIPTS = re.compile(r"[a-z][\u0621-\u064a]|[\u0621-\u064a][a-z]")
ENDINGS = "，。、；：！？\n"
"""What ends a sentence or a clause of Han letters: behind one, none of a word stands apart."""
_HAN_APART = re.compile(rf"(?:[\u3400-\u9fff](?:_|[^\w{ENDINGS}]){{1,6}}){{2}}[\u3400-\u9fff]")


def is_suspect(text: str, folded: str) -> bool:
    """Whether a text may have a word in disguise, but for a mention that may be one.

    >>> from matcher.text.fold import fold
    >>> [is_suspect(text, fold(text)) for text in ("A plain text, 24 words.", "b0mb", "heeelp")]
    [False, True, True]
    """
    return bool(
        _has_sign(text)
        or _MIXED_FOLD.search(folded)
        or (has_run_of_three(folded) and STRETCHED.search(folded))
        or _SINGLES.search(folded)
        or (not folded.isascii() and (_TWO_SCRIPTS.search(folded) or _HAN_APART.search(text)))
    )


def _has_sign(text: str) -> bool:
    """Whether a text has what its fold does not show of a disguise."""
    return any(sign in text for sign in _RARE_SIGNS) or any(
        sign in text and pattern.search(text) for sign, pattern in OF_MANY_USES.items()
    )


def has_run_of_three(folded: str) -> bool:
    """Whether a character stands thrice in a row, or something that looks so to the bytes.

    All neighbours are compared at once, as two long integers: a search by pattern costs ten times
    as much.
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
    """Whether three Han letters stand apart, and no sentence or clause ends between them.

    >>> has_han_apart("验-证-码"), has_han_apart("我，你，他")
    (True, False)
    """
    return bool(_HAN_APART.search(text))
