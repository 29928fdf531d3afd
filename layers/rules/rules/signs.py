"""The signs, gates and algorithms that this release knows, with definitions and digests.

`signs.json` is written by `scripts/build_signs.py` from `matcher.signs`, and a test compares the
two. A set names the digest of each sign and gate that its rules use. So a release in which one of
them finds something else refuses the set, and never changes what a published rule finds.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from rules import copies
from rules.pack import Pack, Rule, sign_of
from rules.score import PINYIN


class KnownSign(msgspec.Struct, frozen=True):
    """A sign: its sentence for the public, its module, the lists that it reads, and its digest."""

    sentence: str
    module: str
    lists: tuple[str, ...]
    digest: str


class KnownGate(msgspec.Struct, frozen=True):
    """A list that decides which texts a score reads, or how letters sound, and its digest."""

    definition: dict[str, object]
    digest: str


class KnownSigns(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `signs.json`.

    `common` decides all signs; `modules` has patterns and constants, `lists` words. The
    digest of a sign is the SHA-256 of these, of its own module and lists alone.
    """

    signs: dict[str, KnownSign]
    gates: dict[str, KnownGate] = {}
    common: dict[str, object]
    modules: dict[str, dict[str, object]]
    lists: dict[str, list[str]]


KNOWN = msgspec.json.decode(Path(__file__).with_name("signs.json").read_bytes(), type=KnownSigns)
_DIGESTS = {name: known.digest for name, known in (KNOWN.signs | KNOWN.gates).items()} | {
    copies.ALGORITHM: copies.digest_of_definition()
}


def signs_of(packs: Iterable[Pack]) -> set[str]:
    """Return the ids of the signs and gates that the rules of some packs use."""
    return {sign for pack in packs for rule in pack.rules for sign in _signs_of(rule)}


def _signs_of(rule: Rule) -> Iterable[str]:
    if rule.score:
        return (*rule.score.signs, *rule.score.tables)
    if rule.copies:
        return (copies.ALGORITHM,)
    return [sign for group in rule.term_groups for entry in group if (sign := sign_of(entry))]


def digest_of(name: str) -> str:
    """Return the digest of a sign or gate; empty if it is not known."""
    return _DIGESTS.get(name, "")


def sentence_of(name: str) -> str:
    """Return the sentence of a sign or gate for the public."""
    if sign := KNOWN.signs.get(name):
        return sign.sentence
    if name == PINYIN:
        return "How Han letters sound: the letters of each syllable of pinyin, without tones."
    if name == copies.ALGORITHM:
        return "Nearly the same text as a post on which a person confirmed the rule."
    return "Which texts a score reads: a script, or a list of common words of a language."


def definition_of(name: str) -> bytes:
    """Return all that decides a known sign or gate, as JSON. Its SHA-256 is the digest.

    >>> from hashlib import sha256
    >>> sha256(definition_of("link")).hexdigest() == KNOWN.signs["link"].digest
    True
    """
    if name == copies.ALGORITHM:
        return copies.definition()
    if gate := KNOWN.gates.get(name):
        return _encode({"id": name, "is": gate.definition})
    sign = KNOWN.signs[name]
    lists = {listed: KNOWN.lists[listed] for listed in sign.lists}
    return _encode(
        KNOWN.common | {"id": name, "module": KNOWN.modules[sign.module], "lists": lists}
    )


def _encode(definition: dict[str, object]) -> bytes:
    return msgspec.json.encode(definition, order="deterministic")


def has_scores(packs: Iterable[Pack]) -> bool:
    """Return whether a rule of some packs has a score."""
    return any(rule.score for pack in packs for rule in pack.rules)


def digests_of(packs: Iterable[Pack]) -> dict[str, str]:
    """Return the digest of each sign and gate that some packs use; empty for an unknown one."""
    return {name: digest_of(name) for name in sorted(signs_of(packs))}


def signs_problem(packs: Iterable[Pack], named: dict[str, str]) -> str | None:
    """Return why this release cannot run packs under a set that names these digests, or None."""
    used = signs_of(packs)
    if used != named.keys():
        return f"its rules use the signs {sorted(used)}, and it names {sorted(named)}"
    wrong = [
        sign for sign, digest in sorted(named.items()) if not digest or digest_of(sign) != digest
    ]
    return f"this release has no such sign as the set means: {wrong}" if wrong else None
