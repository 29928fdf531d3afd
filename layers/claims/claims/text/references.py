"""Character references of HTML, such as `&amp;` and `&#65;`, as the characters they stand for."""

import html
import re

_LONG_NUMBER = re.compile(r"&#(\d{9,})")
"""Numbers that may be too long for `int`, which raises ValueError from 4,301 digits on."""


def unescaped(text: str) -> str:
    """Return the text with its character references resolved; no number in one is too long.

    >>> unescaped("&lt;&#0000000000065;"), unescaped("&#" + "9" * 5_000 + ";")
    ('<A', '\ufffd')
    """
    return html.unescape(_LONG_NUMBER.sub(_short, text))


def _short(found: re.Match[str]) -> str:
    return f"&#{found[1].lstrip('0')[:8] or '0'}"  # eight digits are past the last code point
