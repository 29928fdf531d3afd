"""Rows F10, F14 and T1-T6: what unfolds stops at its budget, and odd texts are harmless."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from types import ModuleType
from typing import Any

import msgspec
import pytest
from catalogue.measuring import MIB, peak_mib, seconds
from integration.handlers import Context, delivery, deployed
from support.format_files import Generated, context, json_lines, post, zipped
from support.sample_posts import OTP, PACK, fields, line, pack
from support.world import World

from authoring.explain import explain
from intake.arrival import choose_reader, translate
from intake.reader import HEAD_BYTES
from ledger.codes import Code, FileRefusedError
from ledger.findings import Pseudonyms
from ledger.texts import lines_of_body
from matcher import FOLD_VERSION, Matcher, Pack, PackError, build_set, load_set
from scan.unit_input import read_records

PEAK_MIB = 16
"""A reader holds one line of 2 MiB, decoded, and some pieces of the stream."""

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")
SPACES = gzip.compress(b" " * 16 * MIB, mtime=0)  # 16 KiB


def outcome(stream: Any, head: bytes, size: int) -> tuple[int, Code | None]:
    """How many lines a file gave, and its code where it was refused."""
    lines = 0
    try:
        reader = choose_reader(head, "posts", size)
        for _ in translate(stream, reader, context(), PSEUDONYMS):
            lines += 1
    except FileRefusedError as refused:
        return lines, refused.code
    return lines, None


def of_bytes(data: bytes) -> tuple[int, Code | None]:
    return outcome(io.BytesIO(data), data[:HEAD_BYTES], len(data))


def overlapping() -> bytes:
    """A directory that lists one member a thousand times."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", b" " * MIB)
        archive.filelist *= 1_000
    return target.getvalue()


def lying() -> bytes:
    """A member of 64 MiB whose headers tell of ten bytes."""
    data = zipped(("a.jsonl", b" " * 64 * MIB))
    size = (64 * MIB).to_bytes(4, "little")
    assert data.count(size) == 2
    return data.replace(size, (10).to_bytes(4, "little"))


BOMBS = {
    "gzip of 16 GiB": (SPACES * 1_000, Code.BOMB),
    "gzip of one member of 64 MiB": (gzip.compress(b" " * 64 * MIB, mtime=0), Code.BOMB),
    "zip of 64 MiB": (zipped(("a.jsonl", b" " * 64 * MIB)), Code.BOMB),
    "zip of 200 members of 1 MiB": (
        zipped(*((f"{n}.jsonl", b" " * MIB) for n in range(200))), Code.BOMB),
    "zip that lies of its size": (lying(), Code.ZIP_BROKEN),
    "zip whose members overlap": (overlapping(), Code.ZIP_OVERLAP),
    "zip of 10,001 members": (zipped(*((f"{n}", b"") for n in range(10_001))), Code.BOMB),
    "gzip in gzip": (gzip.compress(SPACES), Code.ZIP_NESTED),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code"), BOMBS.values(), ids=BOMBS)
def test_f10_a_bomb_is_stopped_at_its_budget(data: bytes, code: Code,
                                             request: pytest.FixtureRequest) -> None:  # fmt: skip
    found: list[tuple[int, Code | None]] = []
    assert peak_mib(request.node.callspec.id, lambda: found.append(of_bytes(data))) < PEAK_MIB
    assert found[0][1] == code


def test_f10_a_packed_name_without_end_ends() -> None:
    data = b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * MIB
    assert peak_mib("gzip with a name of 1 MiB", lambda: of_bytes(data)) < PEAK_MIB
    assert of_bytes(data) == (0, Code.GZIP_TRUNCATED)


def brackets(mib: int) -> Iterator[bytes]:
    return chain([b"[{},"], repeat(b"[" * MIB, mib))


def test_f14_brackets_without_end_are_passed_over() -> None:
    found: list[tuple[int, Code | None]] = []
    head = next(brackets(1))

    def work() -> None:
        stream: Any = Generated(brackets(64))
        found.append(outcome(stream, head, 64 * MIB))

    assert peak_mib("JSON of 64 MiB of brackets", work) < PEAK_MIB
    assert found == [(1, Code.JSON_SYNTAX)]  # it never closes them


def test_f14_every_item_nested_too_deep_costs_itself() -> None:
    deep = b"[" * 65 + b"]" * 65
    data = b"[" + b",".join([deep] * 5_000) + b',{"id":1}]'
    assert peak_mib("an array of deep items", lambda: of_bytes(data)) < PEAK_MIB
    assert outcome(io.BytesIO(data), b'[{"id":1}]', len(data)) == (5_001, None)


@pytest.mark.parametrize("body", ["[" * MIB, '{"a":' * 200_000, "[{}," + "[" * 900_000])
def test_f14_a_message_of_brackets_is_refused(body: str) -> None:
    found: list[Any] = []

    def work() -> None:
        lines = lines_of_body(body)
        found.append(read_records(lines).refused if isinstance(lines, bytes) else {lines.code: 1})

    assert peak_mib("a message of brackets", work) < PEAK_MIB
    assert found[0] in ({Code.MSG_SYNTAX: 1}, {Code.JSON_DEPTH: 1})


UNFOLDING = {"U+FDFA, folds to eighteen": "\ufdfa" * 65_536,
             "alternating marks": "a" + "\u0301\u064e" * 32_767,
             "letters under thirty marks": ("a" + "\u0301" * 30) * 2_114,
             "tags": "\U000e0041" * 65_536, "variation selectors": "a\ufe0f" * 32_768}  # fmt: skip
UNFOLDING_MIB = 64
"""A text of 65,536 code points may fold to a million and more, each with its place."""


@pytest.mark.parametrize("text", UNFOLDING.values(), ids=UNFOLDING)
def test_t1_unfolding_costs_bounded_time_memory(text: str, request: pytest.FixtureRequest) -> None:
    """50 ms where nothing else runs; the bound is ten times that, for a busy machine."""
    matcher, name = Matcher([pack()]), request.node.callspec.id
    matcher.find(text + OTP)
    assert len(text) <= 65_536
    assert seconds(name, lambda: matcher.find(text)) < 0.5
    assert peak_mib(name, lambda: matcher.find(text)) < UNFOLDING_MIB
    assert [hit.rule for hit in matcher.find(OTP + " " + text[:-60])] == ["asks-for-code"]


def test_t1_a_post_of_many_texts_that_unfold_is_bounded() -> None:
    """As many captions as fit into a line, all of what unfolds most."""
    texts = ["\ufdfa" * 13_000] * 50
    data = json.dumps(post(media_text=texts), ensure_ascii=False).encode()
    [one] = read_records(data).posts
    matcher = Matcher([pack()])
    assert peak_mib("fifty captions of U+FDFA", lambda: matcher.find_posts([one.parts])) < 256


def test_a_sound_file_that_packs_well_is_no_bomb() -> None:
    data = gzip.compress(json_lines(*[post()] * 5_000), mtime=0)
    assert of_bytes(data) == (5_000, None)


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

WORN = {
    "zero width": "one\u200b-ti\u200dme co\u2060de", "bidi": "\u202eone-time\u202c code",
    "tags": "one-time\U000e0041\U000e007f code", "variation selectors": "o\ufe0fne-time c\ufe0fode",
    "look-alikes": "оnе-time соde", "combining marks": "o\u0301ne-time co\u0300\u0301\u0302de",
    "full width": "ｏｎｅ－ｔｉｍｅ　ｃｏｄｅ",
}  # fmt: skip


@pytest.mark.parametrize("worn", WORN.values(), ids=WORN)
@pytest.mark.parametrize("before", ["", "😀\u200d👨 ", "\u202e\u2066 ﷺ "])
def test_t2_spans_are_places_of_the_original(worn: str, before: str) -> None:
    text = f"{before}send me your {worn}!"
    [hit] = Matcher([pack()]).find(text)
    spans = {span.term: text[span.start : span.end] for span in hit.spans}
    assert (spans["send me"], spans["one-time code"]) == ("send me", worn.lstrip("\u202e"))


@pytest.mark.parametrize("text", ["", " ", "\u3000\n\t\u200b", " " * 65_536], ids=len)
def test_t4_a_text_without_words_is_a_post_that_nothing_hits(text: str) -> None:
    reading = read_records(line(text=text))
    assert (len(reading.posts), reading.refused) == (1, {})
    assert Matcher([pack()]).find(text) == ()


HOSTILE = {"a new line": 'x\n{"finding":"forged"}',
           "a line of Unicode": 'x\u2028{"finding":"forged"}\u2029\x85',
           "a formula": '=cmd|"/c calc"!A1', "markup": "<script>alert(1)</script><!--",
           "a terminal's escape": "\x1b[2J\x1b]0;title\x07\x9b31m",
           "our delimiters": "case#1/../receipt#2\tpk=J#acme",
           "a template": "{{ 7 * 7 }}{% raw %}${jndi:x}"}  # fmt: skip


@pytest.fixture
def scan(world: World) -> Iterator[ModuleType]:
    with deployed("scan", world) as module:
        yield module


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_t5_a_hostile_text_stays_in_its_field(world: World, scan: ModuleType,
        capsys: pytest.CaptureFixture[str], hostile: str) -> None:  # fmt: skip
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


@pytest.mark.parametrize(("term", "text"), [
    ("strasse", "STRAẞE"), ("straße", "strasse"), ("izmir", "İZMİR"), ("ışık", "IŞIK"),
    ("ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"), ("οσ", "ΟΣ"), ("οσ", "ος"), ("ﬃx", "FFIX"),
])  # fmt: skip
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
