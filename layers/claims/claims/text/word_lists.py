"""The word lists that ship with the package, by language."""

from functools import cache

from claims.data import read, read_json


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that do not show what a text is about."""
    return frozenset(" ".join(_words()["stop"].get(language, {}).values()).split())


@cache
def languages_with_stop_words() -> tuple[str, ...]:
    """Return the languages for which stop words are listed."""
    return tuple(_words()["stop"])


@cache
def short_forms(language: str) -> dict[str, str]:
    """Return the short forms of a language, each with the word that it stands for."""
    return _words()["short"].get(language, {})


@cache
def common_words(language: str) -> tuple[str, ...]:
    """Return the commonest words of a language, most frequent first; none for most languages.

    For Chinese they are pairs of letters. Source: wordfreq, by scripts/build_common_words.py.

    >>> "people" in common_words("en"), "tsunami" in common_words("en"), common_words("fr")
    (True, False, ())
    """
    return tuple(read_json("common.json")["words"].get(language, "").split())


@cache
def calibration_negatives(language: str) -> tuple[str, ...]:
    """Return invented sentences that repeat no rumour; none for most languages.

    An index is calibrated on them: they show how high a wrong answer scores.

    >>> len(calibration_negatives("en")) > 300, calibration_negatives("fr")
    (True, ())
    """
    try:
        lines = read(f"clean/{language}.txt").decode().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    """Return stop words and short forms, by kind and language."""
    loaded: dict[str, dict[str, dict[str, str]]] = read_json("words.json")
    return loaded
