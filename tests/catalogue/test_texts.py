"""Rows T2-T6: odd texts are matched where they stand, and are harmless wherever they are shown."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import msgspec
import pytest
from integration.handlers import Context, delivery, deployed
from support.sample_posts import OTP, PACK, fields, line, pack
from support.world import World

from authoring.explain import explain
from ledger.codes import Code
from ledger.posts import LINE_BYTES
from matcher import FOLD_VERSION, Matcher, Pack, PackError, build_set, load_set
from scan.unit_input import read_records

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

WORN = {
    "zero width": "one\u200b-ti\u200dme co\u2060de",
    "bidi": "\u202eone-time\u202c code",
    "tags": "one-time\U000e0041\U000e007f code",
    "variation selectors": "o\ufe0fne-time c\ufe0fode",
    "look-alikes": "оnе-time соde",
    "combining marks": "o\u0301ne-time co\u0300\u0301\u0302de",
    "full width": "ｏｎｅ－ｔｉｍｅ　ｃｏｄｅ",
}


@pytest.mark.parametrize("worn", WORN.values(), ids=WORN)
@pytest.mark.parametrize("before", ["", "😀\u200d👨 ", "\u202e\u2066 ﷺ "])
def test_t2_spans_are_places_of_the_original(worn: str, before: str) -> None:
    text = f"{before}send me your {worn}!"
    [hit] = Matcher([pack()]).find(text)
    spans = {span.term: text[span.start : span.end] for span in hit.spans}
    assert spans["send me"] == "send me"
    assert spans["one-time code"] == worn.lstrip("\u202e")


@pytest.mark.parametrize("text", ["", " ", "\u3000\n\t\u200b", " " * 65_536], ids=len)
def test_t4_a_text_without_words_is_a_post_that_nothing_hits(text: str) -> None:
    reading = read_records(line(text=text))
    assert (len(reading.posts), reading.refused) == (1, {})
    assert Matcher([pack()]).find(text) == ()


def test_t4_a_text_too_long_is_refused_and_ten_megabytes_are_a_long_line() -> None:
    assert read_records(line(text="é" * 65_536)).refused == {}
    assert read_records(line(text="é" * 65_537)).refused == {Code.FIELD_LENGTH: 1}
    assert read_records(line(text="a" * LINE_BYTES)).refused == {Code.LINE_LONG: 1}
    assert read_records(line(text="a" * 10_000_000) + b"\n" + line()).refused == {Code.LINE_LONG: 1}


HOSTILE = {
    "a new line": 'x\n{"finding":"forged"}',
    "a line of Unicode": 'x\u2028{"finding":"forged"}\u2029\x85',
    "a formula": '=cmd|"/c calc"!A1',
    "markup": "<script>alert(1)</script><!--",
    "a terminal's escape": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "our delimiters": "case#1/../receipt#2\tpk=J#acme",
    "a template": "{{ 7 * 7 }}{% raw %}${jndi:x}",
}


@pytest.fixture
def scan(world: World) -> Iterator[ModuleType]:
    with deployed("scan", world) as module:
        yield module


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_t5_a_hostile_text_stays_in_its_field(
    world: World, scan: ModuleType, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    """In the file of findings as one line and as it was; in the log not at all."""
    text = f"{OTP} {hostile}"
    body = json.dumps(fields(id=hostile, account=hostile, text=text))
    answer = scan.handler({"Records": [delivery(1, body, provider="acme")]}, Context())
    assert answer == {"batchItemFailures": []}
    logged = capsys.readouterr().out
    assert [json.loads(row) for row in logged.splitlines()]
    assert not any(
        word in logged for word in ("forged", "cmd|", "alert", "\x1b", "receipt#", "7 *")
    )
    [key] = world.objects.keys(world.out, "out/acme/findings/")
    data = world.objects.get(world.out, key) or b""
    assert data.count(b"\n") == 1
    assert b"\x1b" not in data
    finding: dict[str, Any] = msgspec.json.decode(data)
    assert finding["post"] == hostile
    assert finding["excerpt"] in text


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_t5_a_hostile_text_is_explained_without_what_a_terminal_obeys(hostile: str) -> None:
    for told in explain([pack()], f"{OTP} {hostile}"):
        assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in told)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_t5_a_hostile_pack_is_refused_in_lines_of_our_own(hostile: str) -> None:
    with pytest.raises(PackError) as refused:
        Pack.parse(f"{PACK}{json.dumps(hostile)}: 1\n", "pack.yaml")
    for told in str(refused.value).split("\n"):
        assert told.startswith("pack.yaml:")
        assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in told)


@pytest.mark.parametrize(
    ("term", "text"),
    [("strasse", "STRAẞE"), ("straße", "strasse"), ("izmir", "İZMİR"), ("ışık", "IŞIK"),
     ("ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"), ("οσ", "ΟΣ"), ("οσ", "ος"), ("ﬃx", "FFIX")],
)  # fmt: skip
def test_t6_case_is_folded_alike_in_terms_and_texts(term: str, text: str) -> None:
    written = PACK.replace("[[one-time code], [send me]]", f"[[{term}]]")
    [hit] = Matcher([pack(written)]).find(f"a {text} b")
    [span] = hit.spans
    assert f"a {text} b"[span.start : span.end] == text


def test_t6_the_table_is_named_by_the_set_and_another_table_proposes_nothing() -> None:
    data = build_set([pack()], notice_hours=0)
    assert load_set(data).fold == FOLD_VERSION
    other = load_set(data.replace(FOLD_VERSION.encode(), b"another"))
    selection = other.for_provider("acme", NOW, public=True)
    assert set(selection.shadowed.values()) == {"fold"}
