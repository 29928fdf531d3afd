"""The forms of an Indonesian or Malay word, which `affixes: id` adds to the terms of a rule.

Rules attach prefixes, suffixes and reduplication. The nasal of `me-` and `pe-` changes the first
letter (kirim, mengirim; tembak, menembak). Colloquial forms are included (ngirim, kirimin, orang2).
Some of the forms are never used; they match nothing.

Limits: only terms of one word get forms. A root with an irregular change (ajar, belajar) needs its
forms as terms.
Source: Tata Bahasa Baku Bahasa Indonesia, 4th edition, on prefixes and their nasals.
"""

import re

_VOWELS = "aiueo"
_SUFFIXES = ("", "nya", "ku", "mu", "lah", "kah", "pun", "an", "annya", "i", "kan", "kannya")
_VERBAL = ("", "kan", "i", "in", "kannya", "inya", "nya", "lah", "kanlah")
_ROOT = re.compile(r"[a-z]{3,}")


def affixed_forms(word: str) -> tuple[str, ...]:
    """Return a word as written, then its forms. Phrases and words with other letters have none.

    >>> forms = affixed_forms("kirim")
    >>> {"mengirimkan", "kirimnya", "dikirim", "kirim-kirim", "ngirim"} <= set(forms)
    True
    >>> affixed_forms("kode otp"), affixed_forms("bom*")
    (('kode otp',), ('bom*',))
    """
    root = word.casefold()
    if not _ROOT.fullmatch(root):
        return (word,)
    active, spoken, agent = (_with_nasal(prefix, root) for prefix in ("me", "", "pe"))
    glued = root.removeprefix("r")
    ber, ter = f"ber{glued}", f"ter{glued}"
    made = [root + suffix for suffix in (*_SUFFIXES, "in", "kanlah")]
    for stem in (*active, *spoken, f"di{root}", ter, f"ku{root}", f"kau{root}"):
        made += (stem + suffix for suffix in _VERBAL)
    for stem in ("memper" + root, "diper" + root):
        made += (stem + suffix for suffix in ("", "kan", "i"))
    for stem in (*agent, f"per{root}"):
        made += (stem + suffix for suffix in ("", "nya", "an", "annya"))
    made += [ber, f"{ber}an", f"{ber}kan", f"ke{root}an", f"ke{root}annya", f"se{root}"]
    for twice in (f"{root}-{root}", f"{root}2", f"{ber}-{root}", f"{active[0]}-{root}"):
        made += (twice + suffix for suffix in ("", "an", "nya"))
    return tuple(dict.fromkeys((word, *made)))


def _with_nasal(prefix: str, root: str) -> tuple[str, ...]:
    """Return a prefix and its nasal before a root. Colloquial writing drops the prefix.

    >>> [_with_nasal("me", root) for root in ("kirim", "sapu", "beli", "bom", "proses", "rusak")]
    [('mengirim',), ('menyapu',), ('membeli',), ('mengebom',), ('memproses',), ('merusak',)]
    """
    first, rest = root[0], root[1:]
    if sum(letter in _VOWELS for letter in root) == 1:
        return (f"{prefix}nge{root}",)
    if first in _VOWELS:
        return (f"{prefix}ng{root}",)
    if first in "lmnrwy":
        return (f"{prefix}{root}",)
    nasal = {"b": "m", "f": "m", "v": "m", "p": "m", "s": "ny", "k": "ng", "g": "ng", "h": "ng"}
    glued = nasal.get(first, "n")
    if first in "ptsk" and rest[0] in _VOWELS:
        melted = f"{prefix}{glued}{rest}"
        return (melted, f"{prefix}{glued}{root}") if root.startswith("per") else (melted,)
    if first == "c" and not prefix:
        return (f"ny{rest}", f"n{root}")
    return (f"{prefix}{'n' if first == 's' else glued}{root}",)
