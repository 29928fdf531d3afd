"""Words that mean nearly the same: a published list of sets, taken to stems."""

import json
from functools import cache
from importlib import resources

from claims.text.words import words_of


@cache
def related(language: str) -> dict[str, frozenset[str]]:
    """For each stem of the list the others of its sets.

    >>> sorted(related("en")["photo"] & {"imag", "pictur", "photo"})
    ['imag', 'pictur']
    """
    text = resources.files("claims").joinpath("data/related.json").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for line in json.loads(text).get(language, ()):
        stems = {word.stem for word in words_of(line, language)}
        for stem in stems:
            found.setdefault(stem, set()).update(stems - {stem})
    return {stem: frozenset(others) for stem, others in found.items()}
