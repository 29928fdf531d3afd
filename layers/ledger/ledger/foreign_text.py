"""Texts of strangers in tables and pages: no formula, and nothing that a reader's eye obeys.

Source: OWASP ASVS 5.0, 1.2.10 and "CSV Injection".
"""

import unicodedata

FORMULA = frozenset("=+-@|%−")


def harmless(text: str) -> str:
    """The text as a spreadsheet takes it for a text.

    What it would take for a formula gets an apostrophe, also behind blanks or in full width, which
    libraries miss.

    >>> [harmless(text) for text in ("plain", "=1+1", " ＝1")]
    ['plain', "'=1+1", "' ＝1"]
    """
    return f"'{text}" if _first_sign(text) in FORMULA else text


def is_blank(text: str) -> bool:
    r"""Return whether a text holds nothing that a reader can see.

    Blanks, controls, characters without width, and marks without a letter are not seen. Neither are
    the fillers of Hangul and the empty cell of Braille, which Unicode counts as letter and symbol.

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


def visible(text: str, keep: str = "") -> str:
    r"""The text with all that a terminal or a reader's eye would obey made a replacement mark.

    Controls, line breaks and the marks that turn the direction of writing are replaced; all else
    stays, joiners of scripts included, and so do the signs of `keep`.

    >>> visible("a\nb" + chr(0x202E)), visible("a\nb", keep="\n")
    ('a�b�', 'a\nb')
    """
    return "".join(
        "\ufffd" if _obeyed(character) and character not in keep else character
        for character in text
    )


def _obeyed(character: str) -> bool:
    bidirectional = unicodedata.bidirectional(character)
    turns = bidirectional in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return turns or unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _first_sign(text: str) -> str:
    """The first character that can be seen, in its plain width."""
    for character in text:
        if unicodedata.category(character) not in {"Cc", "Cf", "Mn", "Zs"}:
            return unicodedata.normalize("NFKC", character)[:1]
    return ""
