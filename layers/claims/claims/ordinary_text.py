"""Invented sentences that repeat no rumour: what a wrong answer looks like, by language."""

from functools import cache
from importlib import resources


@cache
def clean_text(language: str) -> tuple[str, ...]:
    """The sentences of a language; none for most languages.

    >>> len(clean_text("en")) > 300, clean_text("fr")
    (True, ())
    """
    path = resources.files("claims").joinpath(f"data/clean/{language}.txt")
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))
