"""Rows F5-F11: what is translated before it is cut: CSV, gzip and zip."""

import gzip
import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest
from support.format_files import dumps, items, json_lines, post, read, refusals, zipped
from support.sample_posts import lines
from support.world import World

from ledger.refusals import FileRefusedError

HEADER = "id,account,text,audience,published_at"
ROW = "1,u1,Hello,public,2026-11-25T10:00:00Z"
LINES = json_lines(post(), post(id="2"))


def test_f5_a_newline_in_quotes_is_text_however_the_parts_are_cut(
    new_world: Callable[..., World],
) -> None:
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
    ("1,u1,Hello", "csv_row"),
    (f"{ROW},more", "csv_row"),
    (ROW.replace("Hello", "a\0b"), "csv_row"),
    (ROW.replace("Hello", "x" * 131_073), "csv_row"),
    (ROW.replace("Hello", '"a"b'), "csv_row"),
], ids=["too few cells", "too many", "NUL", "a cell of more than 128 KiB",
        "a quote amiss"])  # fmt: skip
def test_f6_a_row_at_fault_costs_itself(row: str, code: str) -> None:
    found = read(f"{HEADER}\n{ROW}\n{row}\n{ROW}\n".encode())
    assert refusals(found) == [(code, "row 3")]
    assert [item.at for item in items(found)] == ["row 2", "row 4"]


@pytest.mark.parametrize(("header", "code"), [
    (f"{HEADER},text", "csv_header"),
    ("id,account,text,audience", "csv_header"),
    ("id,account,text,published_at", "csv_no_audience"),
], ids=["a name twice", "a name missing", "no audience"])  # fmt: skip
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
def test_f7_a_damaged_gzip_counts_nothing_and_leaves_nothing(
    new_world: Callable[..., World], data: bytes, code: str
) -> None:
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


def encrypted() -> bytes:
    data = bytearray(zipped(("a.jsonl", LINES)))
    for at in (6, data.index(b"PK\x01\x02") + 8):
        struct.pack_into("<H", data, at, 1)
    return bytes(data)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.jsonl")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(("data", "code"), [
    (encrypted(), "zip_encrypted"),
    (zipped((link(), b"/etc/hostname")), "zip_link"),
    (zipped(("a.zip", zipped(("b.jsonl", LINES)))), "zip_nested"),
    (zipped(("a.jsonl.gz", gzip.compress(LINES))), "zip_nested"),
    (zipped(("a.jsonl", LINES))[:-30], "zip_broken"),
], ids=["encrypted", "a link", "a zip in it", "a gzip in it", "cut short"])  # fmt: skip
def test_f11_a_zip_that_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read(data)
    assert refused.value.code == code


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


def test_f11_names_are_labels_and_lead_nowhere() -> None:
    names = ["../../a.jsonl", "/etc/a.jsonl", "C:\\a\x1b[2J.jsonl", "a.jsonl"]
    found = items(read(zipped(*[(name, dumps(post())) for name in names])))
    assert [item.at for item in found] == [
        "a.jsonl line 1", "a.jsonl~2 line 1", "C_a_2J.jsonl line 1", "a.jsonl~3 line 1",
    ]  # fmt: skip
