"""Read the published lists and weights in the folder `data`, most of them by language."""

import json
from functools import cache
from importlib import resources
from typing import Any


def read(name: str) -> bytes:
    """Return the bytes of a file in `data`."""
    return resources.files("claims").joinpath("data", name).read_bytes()


def read_json(name: str) -> Any:
    """Return the decoded content of a JSON file in `data`."""
    return json.loads(read(name))


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that do not show the topic of a text."""
    return frozenset(" ".join(_words()["stop"].get(language, {}).values()).split())


@cache
def languages_with_stop_words() -> tuple[str, ...]:
    """Return the languages that have a list of stop words."""
    return tuple(_words()["stop"])


@cache
def short_forms(language: str) -> dict[str, str]:
    """Return the full word for each short form of a language."""
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

    Their scores show how high a wrong answer scores in an index.
    """
    try:
        lines = read(f"clean/{language}.txt").decode().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    loaded: dict[str, dict[str, dict[str, str]]] = read_json("words.json")
    return loaded
