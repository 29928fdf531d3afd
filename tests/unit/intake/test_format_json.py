"""JSON Lines, JSON arrays and CSV: read value by value, and rows never guessed at."""

import io
import json
from typing import Any

import pytest
from support.format_files import Generated, dumps, items, json_lines, post, read, refusals

from ledger.codes import Code, FileRefusedError, Refusal
from ledger.posts import LINE_BYTES, read_fields, read_lines
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


@pytest.mark.parametrize(("data", "places"), [
    pytest.param(dumps([post(), post()]), ["[0]", "[1]"], id="an array"),
    pytest.param(b"\xef\xbb\xbf [ ] \n", [], id="an empty one"),
    pytest.param(
        dumps({"made": {"by": []}, "posts": [post()], "n": 1}), ["posts[0]"], id="under posts"),
])  # fmt: skip
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


@pytest.mark.parametrize(("data", "code"), [
    pytest.param(b'[{"a": 1}, {"a"', Code.JSON_SYNTAX, id="cut inside a value"),
    pytest.param(b'[{"a": 1},', Code.JSON_SYNTAX, id="cut between values"),
    pytest.param(b'[{"a": 1} {"a": 1}]', Code.JSON_SYNTAX, id="no comma"),
    pytest.param(b'{"posts": [{}], "posts": [{}]}', Code.JSON_DUPLICATE_KEY, id="posts twice"),
    pytest.param(b'{"posts": [{}]} []', Code.JSON_SYNTAX, id="something follows"),
    pytest.param(b'{"posts": {}}', Code.JSON_SYNTAX, id="posts are no array"),
])  # fmt: skip
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


HEADER = "id,account,text,audience,published_at"
ROW = "1,u1,Hello,public,2026-11-25T10:00:00Z"


def texts(data: str) -> list[str]:
    return [item.fields["text"] for item in items(read(data.encode()))]


def test_a_row_becomes_a_post() -> None:
    (item,) = items(read(f"{HEADER}\n{ROW}\n".encode()))
    assert item.at == "row 2"
    assert not item.assumed_utc
    assert item.fields == {"id": "1", "account": "u1", "text": "Hello", "audience": "public",
                           "published_at": "2026-11-25T10:00:00Z"}  # fmt: skip


@pytest.mark.parametrize(("written", "read_as", "assumed"), [
    ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59.999999+00:00", False),
    ("2026-12-31 23:59:60", "2026-12-31T23:59:59.999999+00:00", True),
    ("2027-01-01T06:59:60.25+07:00", "2027-01-01T06:59:59.999999+07:00", False),
])  # fmt: skip
def test_a_leap_second_is_read_in_every_format(written: str, read_as: str, assumed: bool) -> None:
    row = ROW.replace("2026-11-25T10:00:00Z", written)
    (item,) = items(read(f"{HEADER}\n{row}\n".encode()))
    assert item.assumed_utc is assumed
    post = read_fields(item.fields)
    assert not isinstance(post, Refusal)
    assert post[0].published_at.isoformat() == read_as


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_delimiters_newlines_and_a_byte_order_mark(delimiter: str, newline: str) -> None:
    header = "\ufeffID;Account;TEXT ;audience;published_at"
    rows = (header, "1;u1;a;public;x", '2;u2;"b;"",";public;x')
    data = newline.join(row.replace(";", delimiter) for row in rows)
    assert texts(data) == ["a", f'b{delimiter}",']


def test_a_quoted_field_may_hold_newlines_and_blank_lines() -> None:
    data = f'{HEADER}\n1,u,"one\r\n\n""two"",\n",public,x\n\n2,u,three,public,x\n'
    found = read(data.encode())
    assert [item.at for item in items(found)] == ["row 2", "row 4"]
    assert texts(data) == ['one\r\n\n"two",\n', "three"]


def test_lists_are_json_or_separated_by_bars() -> None:
    data = (
        f"{HEADER},links,media_text,reach\n"
        f'{ROW},https://a.example|https://b.example,"[""one"", ""two|three""]",12\n'
        f'{ROW},"[1",,many\n'
        f"{ROW},,,\n"
    )
    first, second, third = (item.fields for item in items(read(data.encode())))
    assert first["links"] == ["https://a.example", "https://b.example"]
    assert (first["media_text"], first["reach"]) == (["one", "two|three"], 12)
    assert (second["links"], second["reach"]) == ("[1", "many")
    assert third.keys().isdisjoint({"links", "media_text", "reach"})


def test_an_empty_cell_is_an_absent_field_but_a_text_may_be_empty() -> None:
    (item,) = items(read(f"{HEADER},language\n1,,,public,2026-11-25 10:00:00,\n".encode()))
    assert item.assumed_utc
    assert item.fields == {"id": "1", "text": "", "audience": "public",
                           "published_at": "2026-11-25T10:00:00+00:00"}  # fmt: skip


@pytest.mark.parametrize(("header", "fault"), [
    ("id,user,text,audience", "No column is named account, published_at: rename"),
    (HEADER + ",Text", "Columns 3 and 6 have the same name"),
    (HEADER + ",", "Column 6 has no name."),
])  # fmt: skip
def test_a_header_at_fault_is_told_what_is_wrong(header: str, fault: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read(f"{header}\n".encode())
    assert fault in refused.value.advice


def test_a_list_in_a_cell_nested_without_end_is_no_list() -> None:
    found = read(f"{HEADER},links\n{ROW},{'[' * 100_000}\n{ROW},\n".encode())
    refused = read_fields(items(found)[0].fields)
    assert refused == Refusal(Code.FIELD_TYPE, field="links")
    assert len(items(found)) == 2


def test_text_inside_a_broken_row_is_never_a_row() -> None:
    """A private row whose field is too large holds a line that reads as a public row."""
    private = f'1,u1,"{"x" * 140_000}\n{ROW}\n",private,2026-11-25T10:00:00Z'
    found = read(f"{HEADER}\n{private}\n{ROW}\n".encode())
    assert refusals(found) == [("csv_row", "row 2")]
    assert [item.at for item in items(found)] == ["row 3"]


def test_a_quote_that_is_never_closed_ends_in_one_refusal() -> None:
    found = read(f'{HEADER}\n{ROW}\n1,u,"open,public,x\n{ROW}\n{ROW}\n'.encode())
    assert len(items(found)) == 1
    assert refusals(found) == [("csv_row", "row 3")]


def test_a_quote_inside_an_unquoted_cell_is_only_a_character() -> None:
    assert texts(f'{HEADER}\n1,u,5" a,public,x\n2,u,6" b,public,x\n') == ['5" a', '6" b']


@pytest.mark.parametrize("sign", ["\u2028", "\x0b", "\x0c", "\x1c", "\x85"])
def test_only_a_line_feed_ends_a_row(sign: str) -> None:
    data = f'{HEADER}\n1,u,a{sign}b,public,x\n2,u,"a{sign}b",public,x\n'
    assert texts(data) == [f"a{sign}b"] * 2


def test_many_short_lines_in_one_field_take_linear_time() -> None:
    text = "x\n" * 60_000
    assert texts(f'{HEADER}\n1,u,"{text}",public,x\n') == [text]


def test_audience_is_taken_as_it_stands() -> None:
    """Only the word itself is public; nothing is mended here."""
    found = items(read(f"{HEADER}\n1,u,x,Public,x\n1,u,x, public,x\n".encode()))
    assert [item.fields["audience"] for item in found] == ["Public", " public"]
