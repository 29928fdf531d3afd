"""Rows F10, F14 and T1: what unfolds stops at its budget, and memory shows it."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import pytest
from catalogue.measuring import MIB, peak_mib, seconds
from support.format_files import Generated, context, json_lines, post, zipped
from support.sample_posts import OTP, line, pack

from intake.arrival import choose_reader, translate
from intake.reader import HEAD_BYTES
from ledger.codes import Code, FileRefusedError
from ledger.findings import Pseudonyms
from ledger.texts import lines_of_body
from matcher import Matcher
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
def test_f10_a_bomb_is_stopped_at_its_budget(
    data: bytes, code: Code, request: pytest.FixtureRequest
) -> None:
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


UNFOLDING = {
    "U+FDFA, folds to eighteen": "\ufdfa" * 65_536,
    "alternating marks": "a" + "\u0301\u064e" * 32_767,
    "letters under thirty marks": ("a" + "\u0301" * 30) * 2_114,
    "tags": "\U000e0041" * 65_536,
    "variation selectors": "a\ufe0f" * 32_768,
}
UNFOLDING_MIB = 64
"""A text of 65,536 code points may fold to a million and more, each with its place."""


@pytest.mark.parametrize("text", UNFOLDING.values(), ids=UNFOLDING)
def test_t1_a_text_that_unfolds_is_bounded_in_time_and_memory(
    text: str, request: pytest.FixtureRequest
) -> None:
    """50 ms where nothing else runs; the bound is ten times that, for a busy machine."""
    matcher, name = Matcher([pack()]), request.node.callspec.id
    matcher.find(text + OTP)
    assert len(text) <= 65_536
    assert seconds(name, lambda: matcher.find(text)) < 0.5
    assert peak_mib(name, lambda: matcher.find(text)) < UNFOLDING_MIB
    assert [hit.rule for hit in matcher.find(OTP + " " + text[:-60])] == ["asks-for-code"]


def test_t1_a_longer_text_is_refused() -> None:
    for text in ("\ufdfa" * 100_000, "a" + "\u0301\u064e" * 40_000):
        assert read_records(line(text=text)).refused == {Code.FIELD_LENGTH: 1}


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
