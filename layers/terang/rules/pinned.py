"""What a set pins of its packs: their matching parts, their signs, and the pack of fact-checks.

The matching part of a pack is what can change what a rule finds or proposes. A version that differs
from an earlier one only in its words or its card has the same digest, so it keeps the notice date
of that version. A set publishes the digest: anyone can compute it from the pack's JSON in the set,
without the keys below.

`signs.json` has the signs, gates and algorithms that this release knows, with definitions and
digests. `scripts/build_documents.py` writes it, and a test compares the two. A set names the digest
of each that its rules use. So a release in which one of them finds something else refuses the set,
and never changes what a published rule finds.

The rules of the pack `factchecks` have no words: a post meets one when the index of checks that the
set names attaches a check of that topic. It is in the set like other packs, so that it is listed,
counted, paused and explained like them. Nobody writes it, and its id is reserved.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from rules import pack_parts
from rules.pack import InForce, Pack, Rule, sign_of
from rules.pack_parts import PINYIN

NOT_OF_PACK = ("version", "digest", "published_at", "title", "why", "translations", "card")
"""Keys of a pack that its matching part lacks."""

NOT_OF_RULE = ("why",)
"""Keys of a rule that its matching part lacks."""


def matching_digest(pack: Pack) -> str:
    """Return the SHA-256, in hex, of the matching part: compact JSON with sorted keys."""
    part: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(pack))
    for key in NOT_OF_PACK:
        part.pop(key, None)
    for rule in part["rules"]:
        for key in NOT_OF_RULE:
            rule.pop(key, None)
    return hashlib.sha256(msgspec.json.encode(part, order="sorted")).hexdigest()


def rule_digest(pack: Pack, rule: Rule) -> str:
    """Return the digest, in hex, of what people try of a rule: all that decides what it finds.

    Words, dates and examples are no part of it. Neither is the mode, which a trial changes.
    """
    part: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rule))
    for key in (*NOT_OF_RULE, "mode", "match", "ignore"):
        part.pop(key, None)
    named = {"rule": part, "category": pack.category_of(rule)}
    return hashlib.sha256(msgspec.json.encode(named, order="sorted")).hexdigest()


class KnownSign(msgspec.Struct, frozen=True):
    """A named feature of a text, in a sentence for the public.

    `digest` names what decides it: the patterns of its module, and the lists that it reads.
    """

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
    pack_parts.ALGORITHM: pack_parts.digest_of_definition()
}


def signs_of(packs: Iterable[Pack]) -> set[str]:
    """Return the ids of the signs and gates that the rules of some packs use."""
    return {sign for pack in packs for rule in pack.rules for sign in _signs_of(rule)}


def _signs_of(rule: Rule) -> Iterable[str]:
    if rule.score:
        return (*rule.score.signs, *rule.score.tables)
    if rule.copies:
        return (pack_parts.ALGORITHM,)
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
    if name == pack_parts.ALGORITHM:
        return "Nearly the same text as a post on which a person confirmed the rule."
    return "Which texts a score reads: a script, or a list of common words of a language."


def definition_of(name: str) -> bytes:
    """Return all that decides a known sign or gate, as JSON. Its SHA-256 is the digest.

    >>> hashlib.sha256(definition_of("link")).hexdigest() == KNOWN.signs["link"].digest
    True
    """
    if name == pack_parts.ALGORITHM:
        return pack_parts.copies_definition()
    if gate := KNOWN.gates.get(name):
        definition: dict[str, object] = {"id": name, "is": gate.definition}
    else:
        sign = KNOWN.signs[name]
        lists = {listed: KNOWN.lists[listed] for listed in sign.lists}
        own = {"id": name, "module": KNOWN.modules[sign.module], "lists": lists}
        definition = KNOWN.common | own
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


FACTCHECKS = "factchecks"
"""The id of the pack."""

RENEWED_DAYS = 30
"""An import in the last so many days of the pack renews it, under a higher version."""


_WRITTEN = msgspec.json.decode(Path(__file__).with_name("factchecks_pack.json").read_bytes())
"""The published words of the pack. A change of them raises its version."""

TOPICS = msgspec.convert(_WRITTEN["rules"], tuple[Rule, ...])
"""The rules: topics of facts that anybody can look up. They exclude claims about anything else, and
claims that name a party, an office, an election, a protest, a war, a religion or a people."""


def factchecks_pack(before: Pack | None, languages: Iterable[str], now: datetime) -> Pack:
    """Return the pack for the next set. `before` is the pack in the set in force, if any.

    The version stays while the rules do, whatever checks come and go: everybody can read these at
    their publishers. Other rules, or the end of its year, make a new version.

    >>> first = factchecks_pack(None, ["en"], datetime(2026, 11, 25, tzinfo=UTC))
    >>> first.version, str(first.in_force.until), [rule.id for rule in first.rules]
    (1, '2027-11-25', ['health', 'money', 'disaster', 'technology'])
    >>> factchecks_pack(first, ["en", "id"], datetime(2027, 1, 1, tzinfo=UTC)).version
    1
    >>> factchecks_pack(first, ["en"], datetime(2027, 11, 1, tzinfo=UTC)).version
    2
    """
    today = now.astimezone(UTC).date()
    written = msgspec.json.encode([_WRITTEN["pack"], TOPICS], order="sorted")
    digest, ordered = hashlib.sha256(written).hexdigest(), tuple(sorted(languages))
    soon = today + timedelta(RENEWED_DAYS)
    if before is not None and before.digest == digest and soon <= before.in_force.until:
        return msgspec.structs.replace(before, languages=ordered)
    computed = {
        "id": FACTCHECKS,
        "version": before.version + 1 if before else 1,
        "keywords": (),
        "languages": ordered,
        "in_force": InForce(today, today + timedelta(days=365)),
        "rules": TOPICS,
        "digest": digest,
        "published_at": now.astimezone(UTC).replace(microsecond=0),
    }
    return msgspec.convert(_WRITTEN["pack"] | computed, Pack)


def without_factchecks(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """Return the packs of words."""
    return tuple(pack for pack in packs if pack.id != FACTCHECKS)


def pack_yaml(pack: Pack) -> bytes:
    """Return the pack for people to read, as JSON, which is YAML too."""
    fields = msgspec.to_builtins(pack)
    for name in ("digest", "languages", "published_at"):  # the set says the last two
        del fields[name]
    return msgspec.json.format(msgspec.json.encode(fields, order="sorted"), indent=2) + b"\n"
