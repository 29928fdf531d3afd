"""The words that most texts hold, whatever they are about: they tell no story from another."""

import json
from functools import cache
from importlib import resources


@cache
def common_words(language: str) -> tuple[str, ...]:
    """Return the commonest words of a language, most frequent first; none for most languages.

    Of Chinese they are pairs of letters. Source: wordfreq, by scripts/build_common_words.py.

    >>> "people" in common_words("en"), "tsunami" in common_words("en"), common_words("fr")
    (True, False, ())
    """
    text = resources.files("claims").joinpath("data/common.json").read_text(encoding="utf-8")
    listed: dict[str, str] = json.loads(text)["words"]
    return tuple(listed.get(language, "").split())
