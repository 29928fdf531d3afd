"""The matching part of a pack, and the signs that a set pins: anyone can compute them."""

import hashlib
import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from support.sample_packs import PACK as ONE_PACK
from support.sample_packs import SCORED, pack_of

from matcher import SetError, load_set
from matcher.sign_catalogue import SIGNS, as_document
from rules import pinned
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
from rules.rule_set import FORMAT, FORMAT_WITH_SIGNS, ProviderSettings, build_set, with_settings

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


WORDS = {"version": 9, "digest": "d", "published_at": None, "title": "T", "why": "W",
         "translations": {"id": Translation("J")},
         "card": PackCard(trained_on=(), thresholds="By hand.", held_back=(), ordinary=(),
                          never_met="Others.")}  # fmt: skip
CHANGES = {
    "id": "other-pack", "category": "VIOLENCE", "keywords": ("HUMAN_TRAFFICKING",),
    "ground": Ground.TERMS, "legal_ground": LegalGround("Another law", "https://law.example/2"),
    "languages": ("zh",), "owner": "o", "in_force": InForce(date(2026, 1, 1), date(2026, 1, 2)),
    "rules": (), "mode": Mode.SHADOW, "campaign": "c", "expected_per_mille": 300, "trial_least": 90,
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


PUBLISHED = datetime(2026, 11, 1, tzinfo=UTC)
LINKED = Rule(
    id="a-rule", severity=Severity.LOW, why="Tests.", groups=(("otp",), ("klik", "{link}"))
)


def document(*rules: Rule) -> bytes:
    pack = structs.replace(pack_of(*rules), published_at=PUBLISHED)
    return build_set([pack], notice_hours=24)


def test_the_file_of_signs_is_what_the_code_says() -> None:
    """If this fails, a sign may find something else: see scripts/build_documents.py."""
    assert Path(pinned.__file__).with_name("signs.json").read_bytes() == as_document()
    assert {name: sign.digest for name, sign in SIGNS.items()} == {
        name: sign.digest for name, sign in pinned.KNOWN.signs.items()
    }


def test_a_set_names_the_signs_of_groups_and_scores() -> None:
    loaded = load_set(document(LINKED))
    assert (loaded.signs, loaded.format) == ({"link": SIGNS["link"].digest}, FORMAT_WITH_SIGNS)
    with_signs = SCORED.replace("      terms:", "      signs: {money: 2}\n      terms:")
    [scored] = Pack.parse(with_signs, "a").rules
    assert load_set(document(scored)).signs == {"money": SIGNS["money"].digest}


def test_a_set_names_the_gates_of_scores() -> None:
    with_gate = SCORED.replace(
        "      terms:", "      reads: {script: Latin, words_of: id}\n      terms:"
    )
    data = document(*Pack.parse(with_gate, "a").rules)
    named = {name: pinned.KNOWN.gates[name].digest for name in ("script-Latin", "words-of-id")}
    assert load_set(data).signs == named
    other = json.loads(data) | {"signs": named | {"words-of-id": "0" * 64}}
    with pytest.raises(SetError, match="words-of-id"):
        load_set(msgspec.json.encode(other))


def test_a_set_names_the_table_of_pinyin() -> None:
    in_pinyin = SCORED.replace("      terms:", "      pinyin: {jia-wei: 3}\n      terms:")
    data = document(*Pack.parse(in_pinyin, "a").rules)
    named = {"pinyin": pinned.KNOWN.gates["pinyin"].digest}
    assert load_set(data).signs == named
    assert sha256(pinned.definition_of("pinyin")).hexdigest() == named["pinyin"]
    for other in ({}, {"pinyin": "0" * 64}):
        with pytest.raises(SetError, match="pinyin"):
            load_set(msgspec.json.encode(json.loads(data) | {"signs": other}))


def test_a_set_without_signs_stays_as_it_was() -> None:
    data = document(*Pack.parse(ONE_PACK, "a").rules)
    assert json.loads(data)["format"] == FORMAT
    assert "signs" not in json.loads(data)


def test_a_set_with_scores_alone_is_not_for_older_code() -> None:
    data = document(*Pack.parse(SCORED, "a").rules)
    assert json.loads(data)["format"] == FORMAT_WITH_SIGNS


def test_an_unknown_sign_is_refused_when_a_set_is_built() -> None:
    with pytest.raises(SetError, match=r"no such sign.*'lnk'"):
        document(structs.replace(LINKED, groups=(("otp",), ("{lnk}",))))


CHANGED = {"another digest": {"link": "0" * 64}, "none": {},
           "one more": {"link": SIGNS["link"].digest, "money": SIGNS["money"].digest}}  # fmt: skip


@pytest.mark.parametrize("named", CHANGED.values(), ids=CHANGED)
def test_a_set_that_means_other_signs_is_refused_when_it_is_loaded(named: dict[str, str]) -> None:
    content = json.loads(document(LINKED)) | {"signs": named}
    with pytest.raises(SetError, match="cannot run"):
        load_set(msgspec.json.encode(content))


def test_the_next_set_keeps_its_signs() -> None:
    before = load_set(document(LINKED))
    after = load_set(with_settings(before, "acme", ProviderSettings(packs=("a-pack",))))
    assert (after.signs, after.format) == (before.signs, before.format)


def test_the_page_lists_all_signs() -> None:
    page = (Path(__file__).parents[3] / "docs/signs.md").read_text("utf-8")
    for name, sign in SIGNS.items():
        assert f"- `{name}`: {sign.sentence}\n" in page
