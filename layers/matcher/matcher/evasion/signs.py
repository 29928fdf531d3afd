"""Digits, signs and stars that may stand for letters, and what of a word they leave the same."""

from collections import defaultdict

SIGNS = {
    "0": "o", "1": "il", "!": "il", "|": "il", "3": "eз", "€": "e", "4": "aч", "@": "a", "5": "s",
    "$": "s", "§": "s", "6": "gб", "9": "g", "7": "t", "+": "t", "8": "b", "¢": "c",
}  # fmt: skip
"""Digits and signs, and the letters each may stand for."""
STAR = "*"
_CAPITALS = r"A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0400-\u042f"  # Latin, Greek, Cyrillic
HASHES = "#＃"
IN_CAPITALS = rf"(?=\w*(?:[^\W\d_{_CAPITALS}][{_CAPITALS}]|[{_CAPITALS}]{{2}}[^\W\d_{_CAPITALS}]))"
"""Behind a hash: a pattern for words run together, of which a later one has a capital."""
BULLETS = "•●"
STARS = f"*＊∗⁎✱✲{BULLETS}"
SIGNS_OF: defaultdict[str, str] = defaultdict(str)
for _sign, _letters in SIGNS.items():
    for _letter in _letters:
        SIGNS_OF[_letter] += _sign
CLASS = str.maketrans(
    {like: letters[0] for sign, letters in SIGNS.items() for like in (sign, *letters[1:])}
)
"""Signs, and letters that share a sign (i and l), as one letter."""


def skeleton_of(letters: str) -> tuple[str, list[int]]:
    """Letters with runs and look-alikes as one, and where each begins; the end comes last."""
    out: list[str] = []
    starts: list[int] = []
    for at, letter in enumerate(letters.translate(CLASS)):
        if not out or out[-1] != letter:
            out.append(letter)
            starts.append(at)
    return "".join(out), [*starts, len(letters)]
