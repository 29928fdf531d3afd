"""Rows F1-F16 for files that are cut or translated: empty, broken, endless, oddly named."""

import gzip
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from itertools import product

import msgspec
import pytest
from integration.handlers import Context, created, deployed
from support.format_files import items, json_lines, post, read, refusals
from support.memory_objects import RangesOf
from support.sample_posts import fields, line, lines
from support.world import World

from ledger.codes import Code, FileRefusedError, Refusal
from ledger.posts import LINE_BYTES
from ledger.units import cut_ranges
from scan.unit_input import UnitRecords, read_owned, read_records


def counts_of(readings: list[UnitRecords], sizes: list[int]) -> tuple[object, ...]:
    """All that readings of a file's pieces say, with places in the file."""
    refusals: list[Refusal] = []
    lines = size = 0
    for reading, length in zip(readings, sizes, strict=True):
        for refusal in reading.refusals:
            line, byte = lines + (refusal.line or 0), size + (refusal.byte or 0)
            refusals.append(msgspec.structs.replace(refusal, line=line, byte=byte))
        lines += reading.lines
        size += length
    refused = sum((reading.refused for reading in readings), Counter[str]())
    posts = [post for reading in readings for post in reading.posts]
    return posts, refusals, refused, lines, sum(reading.records for reading in readings)


def whole(data: bytes) -> tuple[object, ...]:
    """What a file says, read in one piece."""
    return counts_of([read_records(data, begins_file=True)], [len(data)])


def in_ranges(data: bytes, range_bytes: int) -> tuple[object, ...]:
    """What a file says, read range by range."""
    objects = RangesOf(data)
    pieces = [read_owned(objects, objects.unit(*place))
              for place in cut_ranges(objects.source, range_bytes)]  # fmt: skip
    readings = [
        read_records(piece.data, begins_file=not number) for number, piece in enumerate(pieces)
    ]
    return counts_of(readings, [piece.size for piece in pieces])


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("data", [b"", b"\n\r\n\n", MARK, MARK + b"\r\n"], ids=repr)
def test_f1_a_file_without_records_is_refused(new_world: Callable[..., World], data: bytes) -> None:
    world = new_world(range_bytes=2)
    outcome = world.intake().receive(world.drop, *world.put(data), seconds_left=lambda: 900)
    receipt = world.file_receipt(outcome.file)
    assert (receipt.status, receipt.code, receipt.advice) == (
        "refused", "empty", "The file holds no record.",
    )  # fmt: skip


def test_f2_any_ends_of_lines_give_the_records_of_a_whole_read() -> None:
    """Every choice of four ends for three lines, in all ranges, with and without a mark."""
    short = [b'{"id":"1"}', b"[]", b""]
    for ends in product([b"\n", b"\r\n", b"\r", b""], repeat=3):
        data = b"".join(one + end for one, end in zip(short, ends, strict=True))
        for text in (data, MARK + data):
            for size in range(1, len(text) + 1):
                assert in_ranges(text, size) == whole(text), (text, size)


def test_f2_a_lone_carriage_return_ends_no_line() -> None:
    both = line() + b"\r" + line(id="2")
    assert read_records(both).refusals == [Refusal(Code.JSON_SYNTAX, line=1, byte=0)]
    assert [post.id for post in read_records(both.replace(b"\r", b"\r\n")).posts] == ["1", "2"]


@pytest.mark.parametrize("size", [64 * 1024, 1024**2, 8 * 1024**2])
def test_f4_a_line_beyond_the_bound_is_line_long_at_its_place(size: int) -> None:
    first = line() + b"\n"
    data = first + b"x" * (3 * LINE_BYTES) + b"\n" + line(id="3") + b"\n"
    posts, refusals, *_ = in_ranges(data, size)
    assert refusals == [Refusal(Code.LINE_LONG, line=2, byte=len(first))]
    assert isinstance(posts, list)
    assert [post.id for post in posts] == ["1", "3"]


BAD_BYTES = {"Latin-1": line(text="é").replace(b"\xc3\xa9", b"\xe9"),
             "half a character": line(text="é").replace(b"\xa9", b""),
             "a surrogate in UTF-8": line(text="é").replace(b"\xc3\xa9", b"\xed\xa0\x80"),
             "too long a form": line(text="é").replace(b"\xc3\xa9", b"\xc0\xaf"),
             "UTF-16": json.dumps(fields()).encode("utf-16-le").replace(b"\n", b"")}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_BYTES.values(), ids=BAD_BYTES)
def test_f13_a_line_that_is_no_utf_8_is_refused_at_its_place(bad: bytes) -> None:
    data = line() + b"\n" + bad + b"\n" + line(id="3") + b"\n"
    reading = read_records(data)
    assert [(refusal.line, refusal.byte) for refusal in reading.refusals] == [(2, len(line()) + 1)]
    # UTF-16 of plain letters is also UTF-8, with a NUL behind each.
    assert set(reading.refused) == {Code.JSON_SYNTAX if b"{\0" in bad else Code.ENCODING}
    assert [post.id for post in reading.posts] == ["1", "3"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_f13_a_file_of_another_encoding_is_refused_and_gone(world: World, encoding: str) -> None:
    data = json.dumps(fields(text="é")).encode(encoding)
    outcome = world.intake().receive(world.drop, *world.put(data), seconds_left=lambda: 900)
    assert (outcome.status, outcome.code) == ("refused", "encoding")
    assert world.clients.s3.list_object_versions(Bucket=world.drop).get("Versions", []) == []


NAMES = ["a b", "a+b", "100%", "a%2Bb", "ü/世界 😀", "a..b/../c", "folder/", "é" * 507, "x" * 1014]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:12])
def test_f16_a_key_is_the_same_from_the_event_to_the_receipt(world: World, name: str) -> None:
    key, version = world.put(line() + b"\n", name)
    assert len(key.encode()) <= 1024
    with deployed("intake", world) as intake:
        intake.handler({"Records": [created(world, key, version)]}, Context())
    [unit] = world.units()
    assert unit.source.key == key
    world.scan(unit)
    assert (world.file_receipt(unit.file).key, world.file_receipt(unit.file).inspected) == (key, 1)


HEADER = "id,account,text,audience,published_at"
ROW = "1,u1,Hello,public,2026-11-25T10:00:00Z"
LINES = json_lines(post(), post(id="2"))


def test_f5_a_newline_in_quotes_is_text_however_one_cuts(new_world: Callable[..., World]) -> None:
    text = 'one,\n2,u,"",public\r\n' * 40
    quoted = text.replace('"', '""')
    data = f'{HEADER}\n1,u,"{quoted}",public,2026-11-25T10:00:00Z\n{ROW}\n'.encode()
    assert [item.fields["text"] for item in items(read(data))] == [text, "Hello"]
    for part_bytes in (1, 100, 10_000):
        world = new_world(part_bytes=part_bytes, range_bytes=70)
        world.scan(*world.take_in(data, "posts.csv"))
        assert [receipt.inspected for receipt in world.receipts() if receipt.records] != []
        assert sum(receipt.inspected for receipt in world.receipts()) == 2
        world.remove()


@pytest.mark.parametrize(("row", "code"), [
    pytest.param(b"1,u1,Hello,public", "csv_row", id="too few cells"),
    pytest.param(ROW.encode() + b",more", "csv_row", id="too many cells"),
    pytest.param(ROW.encode().replace(b"Hello", b"a\0b"), "csv_row", id="NUL"),
    pytest.param(ROW.encode().replace(b"Hello", b"\xe9"), "encoding", id="Latin-1"),
    pytest.param(ROW.encode().replace(b"Hello", b'"a"b'), "csv_row", id="a quote amiss"),
    pytest.param(ROW.encode().replace(b"Hello", b"x" * 131_073), "csv_row", id="a huge cell"),
    pytest.param(b'1,u,"' + b"x" * LINE_BYTES + b'"', "line_long", id="a line beyond bounds"),
    pytest.param(b'1,u,"' + b"many words\n" * (LINE_BYTES // 10) + b'"', "line_long",
                 id="lines beyond bounds"),
    pytest.param(b'1,u,"\n'.ljust(LINE_BYTES, b"x") + b'"', "line_long", id="one byte beyond"),
    pytest.param(b'1,u,"\n'.ljust(LINE_BYTES - 1, b"x") + b'"', "csv_row", id="not beyond"),
])  # fmt: skip
def test_f6_a_row_at_fault_costs_itself(row: bytes, code: str) -> None:
    found = read(b"\n".join((HEADER.encode(), ROW.encode(), row, ROW.encode(), b"")))
    assert [item.at for item in items(found)] == ["row 2", "row 4"]
    assert refusals(found) == [(code, "row 3")]


@pytest.mark.parametrize(("header", "code"), [
    pytest.param("id,account,text,published_at", "csv_no_audience", id="no audience"),
    pytest.param("id,account,text,audience", "csv_header", id="no time"),
    pytest.param("account,text,audience,published_at", "csv_header", id="no id"),
    pytest.param(HEADER + ",Text", "csv_header", id="a name twice"),
    pytest.param(HEADER + ",", "csv_header", id="a column without a name"),
])  # fmt: skip
def test_f6_a_header_at_fault_costs_the_file(header: str, code: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read(f"{header}\n{ROW}\n".encode())
    assert (refused.value.code, refused.value.at) == (code, "row 1")


PACKED = gzip.compress(lines(*(f"text {number}" for number in range(5_000))), mtime=0)


@pytest.mark.parametrize(("data", "code"), [
    (PACKED[: len(PACKED) // 2], "gzip_truncated"),
    (PACKED[:-1], "gzip_truncated"),
    (PACKED[:-8] + bytes(4) + PACKED[-4:], "gzip_broken"),
], ids=["cut in the middle", "cut at the last byte", "another checksum"])  # fmt: skip
def test_f7_a_damaged_gzip_counts_nothing_and_leaves_nothing(new_world: Callable[..., World],
        data: bytes, code: str) -> None:  # fmt: skip
    world = new_world(part_bytes=50_000)  # so that parts are put before the damage shows
    outcome = world.intake().receive(world.drop, *world.put(data, "p.gz"), seconds_left=lambda: 900)
    assert (outcome.status, outcome.code) == ("refused", code)
    [receipt] = world.receipts()
    assert (receipt.records, receipt.inspected, receipt.refused) == (1, 0, {code: 1})
    assert world.units() == []
    for bucket in (world.drop, world.work):
        assert not world.clients.s3.list_object_versions(Bucket=bucket).get("Versions")


def test_f8_all_members_of_a_gzip_are_one_file() -> None:
    data = b"".join(gzip.compress(LINES[at : at + 7]) for at in range(0, len(LINES), 7))
    assert [item.fields["id"] for item in items(read(data))] == ["1", "2"]


class Pipe(io.BytesIO):
    """A target that cannot seek: sizes come in descriptors behind the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation


def test_f11_zip64_and_data_descriptors_are_read() -> None:
    for target in (io.BytesIO(), Pipe()):
        with (
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.jsonl", "w", force_zip64=True) as member,
        ):
            member.write(LINES)
        assert len(items(read(target.getvalue()))) == 2
