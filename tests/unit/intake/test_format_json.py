"""JSON Lines in archives, JSON arrays, and the reading of a JSON text value by value."""

import io
import json
from typing import Any

import pytest
from support.format_files import Generated, dumps, items, json_lines, post, read, refusals

from ledger.posts import LINE_BYTES, read_lines
from ledger.refusals import Code, FileRefusedError
from ledger.streams import KEYS, JsonDocument


def deep(levels: int) -> bytes:
    return b'{"id":' + b"[" * levels + b"]" * levels + b"}"


def test_lines_are_posts_and_a_bad_one_costs_itself_only() -> None:
    bad = [b"{", b"[]", b'{"a": 1, "a": 2}', b'{"a": "\xff"}', b'{"a": NaN}', deep(64)]
    bad.append(rb'{"a": "\ud800"}')
    found = read(b"\xef\xbb\xbf" + json_lines(post()) + b"\n".join(bad) + b"\r\n\n" + dumps(post()))
    assert [item.at for item in items(found)] == ["line 1", "line 10"]
    assert items(found)[0].fields == post()
    assert refusals(found) == [("json_syntax", "line 2"), ("not_an_object", "line 3"),
                               ("json_duplicate_key", "line 4"), ("encoding", "line 5"),
                               ("json_syntax", "line 6"), ("json_depth", "line 7"),
                               ("json_syntax", "line 8")]  # fmt: skip


def test_a_line_beyond_the_limit_is_refused_and_the_next_is_read() -> None:
    found = read(json_lines(post(), post(text="x" * LINE_BYTES), post()))
    assert refusals(found) == [("line_long", "line 2")]
    assert [item.at for item in items(found)] == ["line 1", "line 3"]


def test_a_line_may_be_as_long_as_the_limit() -> None:
    longest = b"x" * LINE_BYTES
    data = longest + b"\n" + longest + b"x\n" + longest
    assert [line.data for line in read_lines(io.BytesIO(data))] == [longest, None, longest]


@pytest.mark.parametrize("value", ['"{}"', "7{}"])
def test_a_value_may_be_as_long_as_a_line(value: str) -> None:
    most = LINE_BYTES - len(value) + len("{}")
    longest, longer = (value.format("7" * length).encode() for length in (most, most + 1))
    document = JsonDocument(io.BytesIO(b"[" + longest + b"," + longer + b"]"))
    assert [document.value() for _ in document.elements()] == [longest, Code.LINE_LONG]


@pytest.mark.parametrize("most", [1, 2, 3, 7, 1000])
def test_lines_are_the_same_however_the_stream_is_cut(most: int) -> None:
    data = b'\xef\xbb\xbfone "quoted"\r\n\ntwo\nthree'
    stream: Any = Generated([data], most)
    assert list(read_lines(stream)) == [(1, b'one "quoted"\r', 2), (2, b"", 0), (3, b"two", 0),
                                        (4, b"three", 0)]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "places"),
    [
        pytest.param(dumps([post(), post()]), ["[0]", "[1]"], id="an array"),
        pytest.param(b"\xef\xbb\xbf [ ] \n", [], id="an empty one"),
        pytest.param(
            dumps({"made": {"by": []}, "posts": [post()], "n": 1}), ["posts[0]"], id="under posts"
        ),
    ],
)
def test_an_array_holds_posts(data: bytes, places: list[str]) -> None:
    assert [item.at for item in items(read(data))] == places


def test_a_bad_element_costs_itself_only() -> None:
    long = dumps(post(text="x" * LINE_BYTES))
    elements = [dumps(post()), b'{"a": 01}', b"7", b'{"a":1,"a":2}', long, deep(64), dumps(post())]
    found = read(b"[" + b",\n".join(elements) + b"]")
    assert [item.at for item in items(found)] == ["[0]", "[6]"]
    assert refusals(found) == [("json_syntax", "[1]"), ("not_an_object", "[2]"),
                               ("json_duplicate_key", "[3]"), ("line_long", "[4]"),
                               ("json_depth", "[5]")]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b'[{"a": 1}, {"a"', Code.JSON_SYNTAX, id="cut inside a value"),
        pytest.param(b'[{"a": 1},', Code.JSON_SYNTAX, id="cut between values"),
        pytest.param(b'[{"a": 1} {"a": 1}]', Code.JSON_SYNTAX, id="no comma"),
        pytest.param(b'{"posts": [{}], "posts": [{}]}', Code.JSON_DUPLICATE_KEY, id="posts twice"),
        pytest.param(b'{"posts": [{}]} []', Code.JSON_SYNTAX, id="something follows"),
        pytest.param(b'{"posts": {}}', Code.JSON_SYNTAX, id="posts are no array"),
    ],
)
def test_a_text_that_is_broken_between_values_is_refused_whole(data: bytes, code: Code) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read(data)
    assert refused.value.code == code
    assert refused.value.at.startswith("byte ")


def test_a_streamed_object_has_only_so_many_keys() -> None:
    data = b'{"posts": [], ' + b", ".join(b'"%d": 0' % n for n in range(KEYS)) + b"}"
    with pytest.raises(FileRefusedError):
        read(data)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 64])
def test_a_document_is_the_same_however_the_stream_is_cut(most: int) -> None:
    values = [1, -2.5e3, True, None, "", 'a"b\\', "\\", "]}", {"a": [{}, []], '"': "{"}, [[["x"]]]]
    stream: Any = Generated([json.dumps({"first": "x", "list": values}).encode()], most)
    document = JsonDocument(stream)
    read_values = []
    for key in document.members():
        if key == "list":
            read_values = [document.value() for _ in document.elements()]
        else:
            document.skip()
    document.end()
    assert [json.loads(raw) for raw in read_values] == values


def test_a_value_passed_over_leaves_nothing_in_memory() -> None:
    """A string of any length is scanned and dropped: 200 MB in a few chunks."""
    pieces = (b'["', *[b"x" * (1 << 20)] * 200, b'", 7]')
    stream: Any = Generated(pieces)
    document = JsonDocument(stream)
    assert [document.value() for _ in document.elements()] == [Code.LINE_LONG, b"7"]
    assert stream.given > 200 << 20
    assert len(document._buffer) < 1 << 20


def test_the_stream_may_give_fewer_bytes_than_asked() -> None:
    document = JsonDocument(io.BytesIO(b"\xef\xbb\xbf[1]"))
    assert [document.value() for _ in document.elements()] == [b"1"]
