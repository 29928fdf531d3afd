"""Whether an index of checks may be asked: every number in it points inside the index.

An index is read where it lies, so a wrong number would be met only by the text that leads to it.
The functions trust the digest that the published set names; a folder on this machine is anybody's.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isfinite
from typing import Any

import msgspec

from claims.check import Check
from claims.errors import BadIndexError
from claims.index.index import ClaimIndex
from claims.index.index_file import IndexFile
from claims.index.word_arrays import NAME_BIT

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_ARRAYS = {
    "f": ("word_rarity", "word_step", "gram_rarity", "gram_factor"),
    "HI": ("word_ids", "gram_ids"),
    "B": ("words", "grams", "word_weights", "checks"),
    "I": ("word_starts", "gram_starts", "groups", "check_starts", "claim_words", "claim_starts",
          "title_words", "title_starts", "summary_words", "summary_starts"),
}  # fmt: skip
"""The arrays of a language by the codes that their numbers may have (`array`)."""

type Numbers = "memoryview[Any]"


def sound_index(data: bytes) -> ClaimIndex:
    """Return the index that these bytes are. Raises BadIndexError if it cannot be asked safely."""
    index, artefact = ClaimIndex(data), IndexFile(data)
    for language, total in index.totals.items():
        if not _LANGUAGE.fullmatch(language) or language not in index.bounds or total < 1:
            raise BadIndexError("the index is damaged: it does not say what it holds")
        try:
            fault = next(_faults(artefact, language, total), "")
        except (KeyError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise BadIndexError(f"the index is damaged: it lacks a part of {language}") from error
        if fault:
            raise BadIndexError(f"the index is damaged: {language}/{fault}")
    return index


def _faults(artefact: IndexFile, language: str, total: int) -> Iterator[str]:
    """Yield the name of each array of a language that does not fit the others."""
    arrays: dict[str, Numbers] = {}
    for codes, names in _ARRAYS.items():
        for name in names:
            arrays[name] = artefact.numbers(f"{language}/{name}")
            if arrays[name].format not in codes:
                yield name
    for name in _ARRAYS["f"]:
        if not all(map(isfinite, arrays[name])):
            yield name
    for name in ("word_ids", "gram_ids", "groups"):
        if max(arrays[name], default=0) >= total:
            yield name
    vocabulary = {kind: artefact.text(f"{language}/{kind}s") for kind in ("word", "gram")}
    many = {kind: text.count("\n") + 1 if text else 0 for kind, text in vocabulary.items()}
    yield from _unequal_lengths(arrays, many, total)
    for name in ("claim_words", "title_words", "summary_words"):
        if any(word & ~NAME_BIT >= many["word"] for word in arrays[name]):
            yield name
    yield from _checks(arrays["check_starts"], arrays["checks"], total)


def _unequal_lengths(
    arrays: Mapping[str, Numbers], many: Mapping[str, int], total: int
) -> Iterator[str]:
    """Yield the arrays whose lengths are not those of what they speak of."""
    lengths = {
        "word_step": 1,
        "gram_factor": total,
        "groups": total,
        "word_rarity": many["word"],
        "gram_rarity": many["gram"],
        "word_weights": len(arrays["word_ids"]),
    }
    yield from (name for name, length in lengths.items() if len(arrays[name]) != length)
    for name, pieces, cut in (
        *((f"{kind}_starts", many[kind], f"{kind}_ids") for kind in many),
        *((f"{name}_starts", total, f"{name}_words") for name in ("claim", "title", "summary")),
    ):
        if not _starts(arrays[name], pieces, len(arrays[cut])):
            yield name


def _starts(starts: Numbers, many: int, end: int) -> bool:
    """Return whether starts cut what ends there into so many pieces, one after the other."""
    whole = len(starts) == many + 1 and starts[0] == 0 and starts[-1] == end
    return whole and all(one <= next_one for one, next_one in pairwise(starts))


def _checks(starts: Numbers, checks: Numbers, total: int) -> Iterator[str]:
    """Each check can be read; raises msgspec.MsgspecError for one that cannot."""
    if not _starts(starts, total, len(checks) + 1):
        yield "check_starts"
        return
    decoder = msgspec.json.Decoder(Check)
    for start, end in pairwise(starts):
        decoder.decode(bytes(checks[start : max(start, end - 1)]))
