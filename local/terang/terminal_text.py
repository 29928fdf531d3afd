"""Strangers' text on a terminal: it cannot control the terminal, and is blurred until asked for.

Unlike `ledger.foreign_text.replace_controls` it keeps every character's place, so that the spans of
findings still fit.
"""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Needed to write Persian, Indic scripts and emoji; they draw nothing and control nothing."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def show_controls(text: str) -> str:
    r"""Replace each character that a terminal would obey or not show with a visible sign.

    The result has as many code points as the text.

    >>> show_controls("a\x1b[2Jb\u202ec\n")
    'a␛[2Jb·c␊'
    """
    return "".join(map(_sign, text))


def blur(text: str) -> str:
    """Return the text's shape without its letters.

    >>> blur("send me 验证码")
    '░░░░ ░░ ░░░░░░'
    """
    return "".join("░" * _width(character) if character.strip() else " " for character in text)


def _sign(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if character in _JOINERS:
        return character
    return "·" if unicodedata.category(character) in _UNSEEN else character


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
