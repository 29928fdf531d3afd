"""Anyone can compute the digest of a pack's matching part from the set's document."""

import hashlib
import json
from datetime import UTC, datetime

import msgspec
from support.sample_packs import pack_of

from rules.matching_part import NOT_OF_PACK, NOT_OF_RULE, matching_digest
from rules.pack import Rule, Severity
from rules.rule_set import build_set
from rules.translation import Said, Translation

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


def test_words_leave_the_digest_and_all_else_changes_it() -> None:
    words = {"title": "T", "why": "W", "version": 9, "translations": {"id": Translation("J")}}
    assert matching_digest(msgspec.structs.replace(PACK, **words)) == matching_digest(PACK)
    for change in ({"languages": ("zh",)}, {"owner": "o"}, {"rules": ()}, {"campaign": "c"}):
        assert matching_digest(msgspec.structs.replace(PACK, **change)) != matching_digest(PACK)


def test_a_word_without_a_translation_is_in_english_and_says_so() -> None:
    pack = msgspec.structs.replace(
        PACK, translations={"id": Translation(title="Judul", rules={"first": "Sebab."})}
    )
    [rule] = pack.rules
    assert pack.title_in("id") == Said("Judul", "id")
    assert pack.why_in("id") == Said(pack.why, "en")
    assert pack.reason_in("id", rule) == Said("Sebab.", "id")
    assert pack.reason_in("zh", rule) == Said("Why.", "en")
