"""Translation: one line an item, accounts as pseudonyms, nothing of what was refused."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from support.format_files import PUBLIC, Generated, context, dumps, json_lines, post

from intake.arrival import choose_reader, join_parts, translate
from intake.reader import HEAD_BYTES, Budget, FileContext
from ledger.codes import FileRefusedError, Refusal
from ledger.findings import Pseudonyms
from ledger.posts import LINE_BYTES, TranslatedPost, read_translated_line

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")


def translated(data: bytes, *open_channels: str) -> list[bytes]:
    reader = choose_reader(data[:HEAD_BYTES], "posts", len(data))
    return list(translate(io.BytesIO(data), reader, context(*open_channels), PSEUDONYMS))


def test_a_post_is_read_again_as_it_was_meant() -> None:
    extra = {"links": ["https://example.org"], "media_text": ["Apples"], "reach": 3, "odd": 1}
    (line,) = translated(dumps([post(language="en", **extra)]))
    found = read_translated_line(line)
    assert isinstance(found, TranslatedPost)
    assert (found.at, found.account) == ("[0]", PSEUDONYMS.of("u1"))
    assert (found.id, found.text, found.language) == ("1", "The market opens at nine.", "en")
    assert (found.links, found.media_text, found.reach) == (["https://example.org"], ["Apples"], 3)
    assert not found.assumed_utc
    assert b"u1" not in line
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_a_time_without_offset_is_marked() -> None:
    data = b"id,account,text,audience,published_at\n1,u,x,public,2026-11-25 10:00\n"
    found = read_translated_line(translated(data)[0])
    assert isinstance(found, TranslatedPost)
    assert found.assumed_utc
    assert found.published_at.isoformat() == "2026-11-25T10:00:00+00:00"


def test_a_refusal_tells_code_place_and_field_and_nothing_else() -> None:
    secret = post(audience="followers", text="A PRIVATE WORD", id="A PRIVATE ID")
    lines = translated(dumps([post(), secret, post(id=7), 5]))
    assert lines[1:] == [b'{"refused":"not_public","at":"[1]","field":"audience"}\n',
                         b'{"refused":"field_type","at":"[2]","field":"id"}\n',
                         b'{"refused":"not_an_object","at":"[3]"}\n']  # fmt: skip
    found = read_translated_line(lines[2])
    assert isinstance(found, Refusal)
    assert (found.code, found.at, found.field) == ("field_type", "[2]", "id")


@pytest.mark.parametrize(("records", "code"), [
    pytest.param([post(audience="private"), {}], "not_public", id="all private"),
    pytest.param([post(audience="private"), post()], None, id="one is public"),
    pytest.param([post(audience="private"), post(id=7)], None, id="one is public but broken"),
    pytest.param([], None, id="nothing at all"),
])  # fmt: skip
def test_a_file_of_which_all_is_private_is_refused_whole(records: Any, code: str | None) -> None:
    if code is None:
        assert len(translated(dumps(records))) == len(records)
    else:
        with pytest.raises(FileRefusedError) as refused:
            translated(dumps(records))
        assert refused.value.code == code


def test_likes_beside_private_posts_do_not_make_a_file_public() -> None:
    note = {"type": "Note", "to": [], "content": "x"}
    with pytest.raises(FileRefusedError) as refused:
        translated(dumps({"orderedItems": [{"type": "Like"}, note]}))
    assert refused.value.code == "not_public"
    assert len(translated(dumps({"orderedItems": [{"type": "Like"}]}))) == 1


def test_an_account_of_closed_chats_is_refused_as_such() -> None:
    chats = [{"id": 1, "name": "n", "messages": [{}]}]
    with pytest.raises(FileRefusedError) as refused:
        translated(dumps({"chats": {"list": chats}}))
    assert refused.value.code == "channel_not_open"


def test_the_same_file_gives_the_same_bytes() -> None:
    data = gzip.compress(json_lines(*[post(id=str(number)) for number in range(50)]))
    assert translated(data) == translated(data)


def test_a_line_that_grows_beyond_the_limit_is_refused() -> None:
    """An entity of five bytes stands for six: under 2 MiB of HTML are more than 2 MiB of text."""
    told = {f"x-{number}": "&nGt;" * 32_700 for number in range(12)}
    note = {"id": "1", "type": "Note", "to": PUBLIC, "contentMap": told, "attributedTo": "a"}
    note["published"] = "2026-11-25T10:00:00Z"
    told["x-0"] = "short"
    for number in range(1, 12):
        told[f"x-{number}"] += str(number)
    data = dumps({"orderedItems": [note]})
    assert len(data) < LINE_BYTES
    assert translated(data) == [b'{"refused":"line_long","at":"orderedItems[0]"}\n']


def test_a_line_may_be_as_long_as_the_limit() -> None:
    texts = ["x" * 65_536] * 31
    (short,) = translated(dumps([post(media_text=[*texts, "x"])]))
    more = LINE_BYTES - len(short)
    lines = translated(dumps([post(media_text=[*texts, "x" * (size + more)]) for size in (1, 2)]))
    assert len(lines[0]) == LINE_BYTES
    assert lines[1] == b'{"refused":"line_long","at":"[1]"}\n'


def test_parts_hold_whole_lines() -> None:
    lines = [b"x" * length + b"\n" for length in (3, 4, 20, 1, 1, 1, 9)]
    cut = list(join_parts(lines, 10))
    assert b"".join(cut) == b"".join(lines)
    assert [len(part) for part in cut] == [9, 21, 6, 10]
    assert list(join_parts([], 10)) == []


class TestFlatMemory:
    """A reader holds an item and a chunk, however long the file is."""

    TEXT = "The market opens at nine. " * 2_500
    ITEMS = 1_600
    MOST_BYTES = 6 << 20

    def pieces(
        self, head: bytes, item: Any, tail: bytes, between: bytes = b",\n"
    ) -> Iterator[bytes]:
        piece = dumps(item)
        yield head + piece
        for _ in range(self.ITEMS - 1):
            yield between + piece
        yield tail

    def peak(self, pieces: Iterable[bytes], told: FileContext) -> tuple[int, int, int]:
        """Lines, bytes read, and the most memory held at once."""
        stream: Any = Generated(pieces)
        head = stream.read(HEAD_BYTES)
        reader = choose_reader(head, "posts", 1 << 30)
        stream._rest = head + stream._rest
        tracemalloc.start()
        try:
            count = sum(1 for _ in translate(stream, reader, told, PSEUDONYMS))
            return count, stream.given, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def test_an_array(self) -> None:
        count, given, peak = self.peak(self.pieces(b"[", post(text=self.TEXT), b"]"), context())
        assert count == self.ITEMS
        assert given > 100_000_000
        assert peak < self.MOST_BYTES

    def test_a_telegram_chat(self) -> None:
        message = {"id": 1, "type": "message", "date_unixtime": "1", "from_id": "u",
                   "text": self.TEXT}  # fmt: skip
        head = b'{"name": "n", "type": "public_channel", "id": 5, "messages": ['
        count, given, peak = self.peak(self.pieces(head, message, b"]}"), context())
        assert (count, given > 100_000_000, peak < self.MOST_BYTES) == (self.ITEMS, True, True)

    def test_an_outbox(self) -> None:
        note = {"id": "1", "type": "Note", "to": PUBLIC, "content": self.TEXT}
        pieces = self.pieces(b'{"orderedItems": [', note, b"]}")
        count, given, peak = self.peak(pieces, context())
        assert (count, given > 100_000_000, peak < self.MOST_BYTES) == (self.ITEMS, True, True)

    def test_gzip_of_lines(self) -> None:
        def packed() -> Iterator[bytes]:
            packer = zlib.compressobj(0, wbits=31)
            for piece in self.pieces(b"", post(text=self.TEXT), b"\n", between=b"\n"):
                yield packer.compress(piece)
            yield packer.flush()

        count, given, peak = self.peak(packed(), context(budget=Budget()))
        assert (count, given > 100_000_000, peak < self.MOST_BYTES) == (self.ITEMS, True, True)
