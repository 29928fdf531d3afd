"""Text of strangers on a terminal: it commands nothing, and is blurred until somebody asks."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Needed to write Persian, Indic scripts and emoji; they draw nothing and command nothing."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""The text with a sign in place of each character that a terminal would obey or not show.

    Code point for code point, so that spans keep their places.

    >>> visible("a\x1b[2Jb\u202ec\n")
    'a␛[2Jb·c␊'
    """
    return "".join(map(_sign, text))


def blurred(text: str) -> str:
    """The text's shape without its letters.

    >>> blurred("send me 验证码")
    '░░░░ ░░ ░░░░░░'
    """
    return "".join("░" * _width(one) if one.strip() else " " for one in text)


def _sign(one: str) -> str:
    code = ord(one)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if one in _JOINERS:
        return one
    return "·" if unicodedata.category(one) in _UNSEEN else one


def _width(one: str) -> int:
    if unicodedata.combining(one) or unicodedata.category(one) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1
