"""Anyone can compute the digest of a pack's matching part from the set's document."""

import hashlib
import json
from datetime import UTC, date, datetime

import msgspec
import pytest
from support.sample_packs import pack_of

from rules.pack import (
    Ground,
    InForce,
    LegalGround,
    Mode,
    Origin,
    Pack,
    ProtectedSentences,
    Rule,
    Said,
    Severity,
    Translation,
)
from rules.pack_parts import PackCard
from rules.pinned import NOT_OF_PACK, NOT_OF_RULE, matching_digest
from rules.rule_set import build_set

PACK = msgspec.structs.replace(
    pack_of(Rule(id="first", severity=Severity.LOW, why="Why.", groups=(("a term",),))),
    published_at=datetime(2026, 11, 1, tzinfo=UTC),
)


def test_the_digest_is_that_of_the_set_without_words() -> None:
    document = json.loads(build_set([PACK], notice_hours=24))
    [part] = document["packs"]
    for key in NOT_OF_PACK:
        part.pop(key, None)
    for rule in part["rules"]:
        for key in NOT_OF_RULE:
            rule.pop(key)
    text = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert document["matching"] == {PACK.id: hashlib.sha256(text.encode()).hexdigest()}


WORDS = {
    "version": 9,
    "digest": "d",
    "published_at": None,
    "title": "T",
    "why": "W",
    "translations": {"id": Translation("J")},
    "card": PackCard(
        trained_on=(), thresholds="By hand.", held_back=(), ordinary=(), never_met="Others."
    ),
}
CHANGES = {
    "id": "other-pack", "category": "VIOLENCE", "keywords": ("HUMAN_TRAFFICKING",),
    "ground": Ground.TERMS, "legal_ground": LegalGround("Another law", "https://law.example/2"),
    "languages": ("zh",), "owner": "o", "in_force": InForce(date(2026, 1, 1), date(2026, 1, 2)),
    "rules": (), "mode": Mode.SHADOW, "campaign": "c", "expected_per_mille": 300,
    "protected": (ProtectedSentences("de", *([(f"Satz {kind}.",)] for kind in "abcdef")),),
    "unprotected": ("de",), "origin": Origin("https://a.example/1.yaml", "0" * 64),
}  # fmt: skip


@pytest.mark.parametrize("key", WORDS)
def test_words_and_the_card_leave_the_digest(key: str) -> None:
    other = msgspec.structs.replace(PACK, **{key: WORDS[key]})
    assert other != PACK
    assert matching_digest(other) == matching_digest(PACK)


@pytest.mark.parametrize("key", CHANGES)
def test_all_else_changes_the_digest(key: str) -> None:
    """A version with another digest begins a notice period: such as one that goes live."""
    other = msgspec.structs.replace(PACK, **{key: CHANGES[key]})
    assert other != PACK
    assert matching_digest(other) != matching_digest(PACK)


def test_each_key_of_a_pack_is_one_or_the_other() -> None:
    assert {*WORDS, *CHANGES} == {*Pack.__struct_fields__}
    assert not WORDS.keys() & CHANGES.keys()


def test_a_word_without_a_translation_is_in_english_and_says_so() -> None:
    pack = msgspec.structs.replace(
        PACK, translations={"id": Translation(title="Judul", rules={"first": "Sebab."})}
    )
    [rule] = pack.rules
    assert pack.title_in("id") == Said("Judul", "id")
    assert pack.why_in("id") == Said(pack.why, "en")
    assert pack.reason_in("id", rule) == Said("Sebab.", "id")
    assert pack.reason_in("zh", rule) == Said("Why.", "en")
