"""HTML as its readers see it: text and links. No tree is built, and time is linear."""

import html
import re

_PIECE = re.compile(
    r"""<(?: !--(?:.*?-->|.*)                             # an open comment hides all that follows
      | (?P<hidden>script|style)\b.*?(?:</(?P=hidden)\s*>|\Z)
      | /?(?P<tag>[a-z][a-z0-9]*+)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*+)> )""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_HREF = re.compile(r"""\bhref\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#(\d{9,})")  # `int` takes 4,300 digits and no more
_BREAKS = frozenset({"p", "br", "div", "li", "ul", "ol", "hr", "tr", "pre", "blockquote"})


def read_html(markup: str) -> tuple[str, list[str]]:
    r"""The text, a line for each block, and the addresses of the links, in order.

    Inline tags leave nothing behind, so that a word broken by them is whole again.

    >>> read_html('<p>See <a href="https://example.org/?a=1&amp;b=2">th<b></b>is</a></p><p>Now</p>')
    ('See this\nNow', ['https://example.org/?a=1&b=2'])
    """
    addresses: list[str] = []

    def shown(piece: re.Match[str]) -> str:
        hrefs = _HREF.finditer(piece["attributes"] or "")
        addresses.extend(_unescaped(href[href.lastindex or 0]) for href in hrefs)
        return "\n" if (piece["tag"] or "").lower() in _BREAKS else ""

    lines = map(str.strip, _unescaped(_PIECE.sub(shown, markup)).split("\n"))
    return "\n".join(filter(None, lines)), addresses


def _unescaped(text: str) -> str:
    return html.unescape(_LONG_NUMBER.sub(_short, text))


def _short(found: re.Match[str]) -> str:
    return f"&#{found[1].lstrip('0')[:8] or '0'}"  # eight digits are past the last code point
