"""Text of feeds as plain text: no markup, no invisible characters, one line."""

import re
import unicodedata

from claims.review import LONGEST_CLAIM
from claims.text.references import unescaped

_TAG = re.compile(r"<[^<>]{0,2000}>")
_SPACES = re.compile(r"\s+")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")


def plain(value: str) -> str:
    r"""The text on one line, without tags, control and invisible characters, cut to its limit.

    Pages escape what they show all the same: this is for reading, not for safety.

    >>> plain(" <b>Drinking</b>&nbsp;salt\u200b water  cures\n nothing ")
    'Drinking salt water cures nothing'
    """
    text = _TAG.sub(" ", unescaped(value[: LONGEST_CLAIM * 8]))
    if not text.isprintable():
        text = "".join(
            char if unicodedata.category(char) not in _UNSEEN else " " if char in "\n\r\t" else ""
            for char in text
        )
    return _SPACES.sub(" ", text).strip()[:LONGEST_CLAIM]
