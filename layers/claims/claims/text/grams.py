"""Four letters in a row: what still agrees when words are misspelled, run together or inflected."""

import re

from claims.text.words import clean

SIZE = 4
_LETTERS = re.compile(r"[^\W_]+")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def grams_of(text: str) -> list[str]:
    """The grams of a text in order, each once; a blank stands at both ends of each word.

    Han letters count one by one: pairs of them are words already.

    >>> grams_of("Salt water")
    [' sal', 'salt', 'alt ', 'lt w', 't wa', ' wat', 'wate', 'ater', 'ter ']
    >>> grams_of("盐水治")
    ['盐', '水', '治']
    """
    words = _LETTERS.findall(clean(text).casefold())
    line = f" {' '.join(words)} "
    seen: dict[str, None] = {}
    for at in range(len(line) - SIZE + 1):
        gram = line[at : at + SIZE]
        if not _HAN.search(gram):
            seen[gram] = None
    seen.update(dict.fromkeys(_HAN.findall(line)))
    return list(seen)
