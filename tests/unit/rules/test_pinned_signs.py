"""Sets name the signs of their rules, and run only where the same signs are known."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from support.sample_packs import PACK, SCORED, pack_of

from matcher import Pack, SetError, build_set, load_set
from matcher.sign_catalogue import SIGNS, as_document
from rules import pinned
from rules.pack import Rule, Severity
from rules.rule_set import FORMAT, FORMAT_WITH_SIGNS, ProviderSettings, with_settings

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
    assert loaded.signs == {"link": SIGNS["link"].digest}
    assert loaded.format == FORMAT_WITH_SIGNS
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
    data = document(*Pack.parse(PACK, "a").rules)
    assert json.loads(data)["format"] == FORMAT
    assert "signs" not in json.loads(data)


def test_a_set_with_scores_alone_is_not_for_older_code() -> None:
    data = document(*Pack.parse(SCORED, "a").rules)
    assert json.loads(data)["format"] == FORMAT_WITH_SIGNS


def test_an_unknown_sign_is_refused_when_a_set_is_built() -> None:
    with pytest.raises(SetError, match=r"no such sign.*'lnk'"):
        document(structs.replace(LINKED, groups=(("otp",), ("{lnk}",))))


CHANGED = {
    "another digest": {"link": "0" * 64},
    "none": {},
    "one more": {"link": SIGNS["link"].digest, "money": SIGNS["money"].digest},
}


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
    for sign in SIGNS.values():
        assert f"| `{sign.id}` | {sign.sentence} |" in page
