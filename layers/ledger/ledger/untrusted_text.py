"""Text that strangers wrote, made safe for tables and pages.

Source: OWASP ASVS 5.0, 1.2.10 and "CSV Injection".
"""

import unicodedata

FORMULA = frozenset("=+-@|%−")
"""Signs that begin a formula: OWASP's, `|` and `%` for DDE commands, and the minus of Unicode."""


def escape_csv_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    The first visible character decides, in its plain width: spreadsheets skip blanks and read full
    width signs, which most libraries miss.

    >>> [escape_csv_formula(text) for text in ("plain", "=1+1", " ＝1")]
    ['plain', "'=1+1", "' ＝1"]
    """
    return f"'{text}" if _first_sign(text) in FORMULA else text


def is_blank(text: str) -> bool:
    r"""Return whether a text holds nothing that a reader can see.

    Blanks, controls, characters without width, and marks without a letter cannot be seen. Neither
    can the fillers of Hangul and the empty cell of Braille, which Unicode calls letter and symbol.

    >>> [is_blank(text) for text in ("", " \t", "\x00", chr(0x200B), chr(0x3164), " a")]
    [True, True, True, True, True, False]
    """
    first = text[:1]
    if first.isascii() and first.isalnum():  # nearly every text
        return False
    return all(map(_is_unseen, text))


_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def _is_unseen(character: str) -> bool:
    return character in _FILLERS or unicodedata.category(character) in _UNSEEN


def replace_controls(text: str, keep: str = "") -> str:
    r"""Put a replacement mark for each character that controls a terminal or the reading direction.

    Controls, line breaks and direction marks are replaced. All else stays, also the joiners that
    some scripts need, and the characters of `keep`.

    >>> replace_controls("a\nb" + chr(0x202E)), replace_controls("a\nb", keep="\n")
    ('a�b�', 'a\nb')
    """
    if text.isprintable():  # fast: nearly every text is, and then it has none of these characters
        return text
    return "".join(
        "\ufffd" if _is_control(character) and character not in keep else character
        for character in text
    )


def _is_control(character: str) -> bool:
    bidirectional = unicodedata.bidirectional(character)
    turns = bidirectional in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return turns or unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _first_sign(text: str) -> str:
    """Return the first visible character in its plain width, or an empty text."""
    for character in text:
        if unicodedata.category(character) not in {"Cc", "Cf", "Mn", "Zs"}:
            return unicodedata.normalize("NFKC", character)[:1]
    return ""
