"""gzip and zip: everything is counted while it unfolds, and headers are never believed."""

import gzip
import io
import stat
import struct
import warnings
import zipfile
import zlib

import pytest
from support.format_files import context, dumps, items, json_lines, post, read, refusals

from intake import formats
from intake.reader import Budget
from ledger.codes import FileRefusedError
from ledger.streams import ArchiveMeter

LINES = json_lines(post(), post(id="2"))


def test_a_mib_is_exempt_and_then_each_packed_byte_may_become_two_hundred() -> None:
    meter = ArchiveMeter(io.BytesIO(bytes(10)))
    meter.read(10)
    meter.count(1024**2 + 200 * 10)
    with pytest.raises(FileRefusedError):
        meter.count(1)


def pack(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names may come twice
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def refused_code(data: bytes, budget: Budget | None = None) -> str:
    with pytest.raises(FileRefusedError) as refused:
        read(data, budget=budget)
    return refused.value.code.value


def with_flags(data: bytes, flags: int) -> bytes:
    """Set the flags of the first member, in its own header and in the directory."""
    changed = bytearray(data)
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<H", changed, 6, flags)
    struct.pack_into("<H", changed, directory + 8, flags)
    return bytes(changed)


class TestGzip:
    def test_the_file_inside_is_read_by_its_own_format(self) -> None:
        assert [item.at for item in items(read(gzip.compress(LINES)))] == ["line 1", "line 2"]
        assert [item.at for item in items(read(gzip.compress(dumps([post()]))))] == ["[0]"]

    def test_zeros_at_the_end_are_padding(self) -> None:
        assert len(items(read(gzip.compress(LINES) + b"\0" * 600))) == 2

    @pytest.mark.parametrize("kept", [3, 12, -1, -8, -20])
    def test_a_cut_file_is_truncated(self, kept: int) -> None:
        assert refused_code(gzip.compress(LINES)[:kept]) == "gzip_truncated"

    @pytest.mark.parametrize("data", [
        pytest.param(gzip.compress(LINES) + b"more", id="something follows"),
        pytest.param(gzip.compress(LINES)[:-8] + b"\0" * 8, id="another checksum"),
        pytest.param(gzip.compress(LINES)[:10] + b"\xff" * 40, id="no DEFLATE"),
])  # fmt: skip
    def test_a_damaged_file_is_broken(self, data: bytes) -> None:
        assert refused_code(data) == "gzip_broken"

    def test_a_small_file_that_packs_well_is_no_bomb(self) -> None:
        data = gzip.compress(json_lines(*[post()] * 3000))
        assert len(items(read(data, budget=Budget(ratio=2)))) == 3000

    def test_more_than_the_total_is_too_large(self) -> None:
        assert refused_code(gzip.compress(LINES), Budget(total_bytes=100)) == "too_large_for_format"

    def test_an_unknown_file_inside_is_refused(self) -> None:
        assert refused_code(gzip.compress(b"prose")) == "format_unknown"


class TestZip:
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_members_are_read_one_by_one_by_their_own_formats(self, method: int) -> None:
        data = pack(
            ("b/posts.jsonl", LINES), ("b/", b""), ("a.json", dumps([post()])), method=method
        )
        found = read(data)
        assert [one.at for one in found] == ["posts.jsonl line 1", "posts.jsonl line 2",
                                             "a.json [0]"]  # fmt: skip

    def test_names_are_labels_only(self) -> None:
        names = ("../../etc/posts.jsonl", "C:\\posts\x07.jsonl", "é" * 90, "posts.jsonl", "x/..")
        found = read(pack(*[(name, dumps(post())) for name in names]))
        assert [item.at for item in items(found)] == ["posts.jsonl line 1", "C_posts_.jsonl line 1",
                                                      "_ line 1", "posts.jsonl~2 line 1",
                                                      ".. line 1"]  # fmt: skip

    def test_a_link_is_refused_by_itself_and_never_followed(self) -> None:
        link = zipfile.ZipInfo("posts.jsonl")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(link, dumps(post()))  # even where its target reads like a post
            archive.writestr("b.jsonl", LINES)
        found = read(target.getvalue())
        assert refusals(found) == [("zip_link", "member 1")]
        assert len(items(found)) == 2

    def test_two_members_of_one_name_are_both_read(self) -> None:
        found = read(pack(("p.jsonl", dumps(post())), ("p.jsonl", dumps(post(id="2")))))
        assert [(item.at, item.fields["id"]) for item in items(found)] == [("p.jsonl line 1", "1"),
            ("p.jsonl~2 line 1", "2")]  # fmt: skip

    def test_a_member_that_cannot_be_read_is_refused_by_itself(self) -> None:
        inner = pack(("posts.jsonl", LINES))
        data = pack(("photo.jpg", b"\xff\xd8\xff"), ("inner.zip", inner), ("p.jsonl", LINES))
        found = read(data)
        assert refusals(found) == [("format_unknown", "member 1"), ("zip_nested", "member 2")]
        assert len(items(found)) == 2

    @pytest.mark.parametrize(("data", "code"), [
        pytest.param(with_flags(pack(("a", LINES)), 0x1), "zip_encrypted", id="encrypted"),
        pytest.param(with_flags(pack(("a", LINES)), 0x20), "zip_method", id="a patch"),
        pytest.param(pack(("a", LINES), method=zipfile.ZIP_BZIP2), "zip_method", id="bzip2"),
        pytest.param(pack(("a", LINES), method=zipfile.ZIP_LZMA), "zip_method", id="lzma"),
        pytest.param(pack(("a.zip", pack())), "zip_nested", id="an archive in it"),
        pytest.param(pack(("a.gz", gzip.compress(LINES))), "zip_nested", id="gzip in it"),
        pytest.param(pack(("a", b"prose"), ("b", b"prose")), "format_unknown", id="prose"),
        pytest.param(pack(("a", LINES))[:-30], "zip_broken", id="cut"),
        pytest.param(b"PK\x03\x04" + b"\0" * 40, "zip_broken", id="no directory"),
])  # fmt: skip
    def test_a_file_of_which_nothing_can_be_read_is_refused(self, data: bytes, code: str) -> None:
        assert refused_code(data) == code

    def test_a_private_member_is_refused_and_its_name_not_told(self) -> None:
        chat = dumps({"name": "n", "type": "personal_chat", "id": 1, "messages": [{}]})
        found = read(pack(("someone.json", chat), ("posts.jsonl", LINES)))
        assert refusals(found) == [("not_public", "member 1")]
        assert len(items(found)) == 2

    def test_a_record_is_refused_at_its_member_and_line(self) -> None:
        found = read(pack(("a.jsonl", LINES), ("b.jsonl", LINES + b"{\n")))
        assert refusals(found) == [("json_syntax", "b.jsonl line 3")]

    def test_private_before_unknown(self) -> None:
        chat = dumps({"name": "n", "type": "personal_chat", "id": 1, "messages": [{}]})
        assert refused_code(pack(("photo.jpg", b"\xff\xd8"), ("result.json", chat))) == "not_public"

    def test_damage_inside_a_member_refuses_the_file(self) -> None:
        data = bytearray(pack(("a.jsonl", LINES), method=zipfile.ZIP_STORED))
        data[40] ^= 1
        assert refused_code(bytes(data)) == "zip_broken"
        assert refused_code(pack(("a.jsonl", LINES), ("b.json", b'[{"id": "1"'))) == "json_syntax"

    def test_too_many_members_are_a_bomb(self) -> None:
        data = pack(*[(f"{number}.jsonl", LINES) for number in range(4)])
        assert len(items(read(data, budget=Budget(members=4)))) == 8
        assert refused_code(data, Budget(members=3)) == "bomb"

    def test_a_directory_beyond_all_bounds_is_not_read(self) -> None:
        """40 million bytes of directory would become objects of some hundred bytes per entry."""
        directory = b"\0" * 40_000_000
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, len(directory), 4, 0)
        assert refused_code(b"PK\3\4" + directory + end) == "bomb"


def test_the_meter_sees_what_comes_out_not_what_headers_say() -> None:
    """A gzip member of 30 MB whose last four bytes say that it holds one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = packer.compress(b" " * 30_000_000) + packer.flush()
    assert refused_code(data[:-4] + struct.pack("<L", 1)) == "bomb"


def test_items_come_as_they_are_read() -> None:
    """Nothing of the second member is needed for the first."""
    data = pack(("a.jsonl", LINES), ("b.json", b'[{"id"'))
    found = formats.ZIP.items(io.BytesIO(data), context())
    assert [next(found), next(found)] == read(pack(("a.jsonl", LINES)))
    with pytest.raises(FileRefusedError):
        next(found)
