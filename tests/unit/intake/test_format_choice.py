"""Content decides the format; the name only breaks ties."""

import gzip
import json

import pytest
from support.format_files import PUBLIC, dumps, json_lines, post, zipped

from intake.arrival import choose_reader
from intake.formats import GZIP, READERS, ZIP
from intake.reader import HEAD_BYTES, Budget, check_size
from ledger.codes import Code, FileRefusedError

TELEGRAM = {"name": "Market", "type": "public_channel", "id": 5, "messages": []}
ACCOUNT = {"about": "An export.", "chats": {"about": "", "list": [TELEGRAM]}}
DISCORD = {"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": []}
NOTE = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "to": [PUBLIC]}
EVENT = {"did": "did:plc:a", "time_us": 1, "kind": "account", "account": {"active": True}}
MATRIX = {"content": {"body": "hello"}, "room_id": "!a:example.org", "type": "m.room.message"}


def pretty(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def chosen(data: bytes, name: str = "") -> str:
    return choose_reader(data[:HEAD_BYTES], name, len(data)).name


@pytest.mark.parametrize(
    ("data", "format_name"),
    [
        pytest.param(json_lines(post(), post()), "jsonl", id="posts a line each"),
        pytest.param(dumps(post()), "jsonl", id="one post without a newline"),
        pytest.param(b"\xef\xbb\xbf" + json_lines(post()), "jsonl", id="a byte order mark"),
        pytest.param(b"oops\n" * 19 + json_lines(post()), "jsonl", id="the 20th line is an object"),
        pytest.param(b"[1, 2]\n" + json_lines(post()), "jsonl", id="an array first, then posts"),
        pytest.param(json_lines(post(messages=[], guild=1)), "jsonl", id="a post with odd fields"),
        pytest.param(dumps(post(text="x" * 300_000)), "jsonl", id="a line longer than the head"),
        pytest.param(b'{"text": "caf\xe9"}\n' * 3, "jsonl", id="lines in Latin-1"),
        pytest.param(b'{"a":' * 99 + b"1" + b"}" * 99, "jsonl", id="a line nested too deep"),
        pytest.param(dumps([post()]), "json-array", id="an array on one line"),
        pytest.param(pretty([post(), post()]), "json-array", id="an array on many lines"),
        pytest.param(b"[\n" + dumps(post()) + b"\n]", "json-array", id="an element a line"),
        pytest.param(b"[]", "json-array", id="an empty array"),
        pytest.param(
            dumps([post(text="x" * 300_000)]), "json-array", id="an array beyond the head"
        ),
        pytest.param(dumps({"posts": [post()]}), "json-array", id="an array under posts"),
        pytest.param(dumps(TELEGRAM), "telegram", id="a chat on one line"),
        pytest.param(pretty(TELEGRAM), "telegram", id="a chat on many lines"),
        pytest.param(dumps(ACCOUNT), "telegram", id="a whole account"),
        pytest.param(dumps(DISCORD), "discord", id="a channel of a server"),
        pytest.param(b'{"guild": {}, "channel": {}}', "discord", id="a channel, cut off"),
        pytest.param(dumps(NOTE), "activitystreams", id="a note on one line"),
        pytest.param(json_lines(NOTE, NOTE), "activitystreams", id="notes a line each"),
        pytest.param(dumps({"orderedItems": []}), "activitystreams", id="an outbox"),
        pytest.param(json_lines(EVENT, EVENT), "jetstream", id="events a line each"),
        pytest.param(b"ID,Account,Text\n", "csv", id="a header with commas"),
        pytest.param(b'"text";"audience"\n', "csv", id="a header with semicolons and quotes"),
        pytest.param(b"id\ttext\n", "csv", id="a header with tabs"),
        pytest.param(gzip.compress(b""), "gzip", id="gzip"),
        pytest.param(zipped(("a", b"")), "zip", id="zip"),
        pytest.param(zipped(), "zip", id="zip without members"),
    ],
)
def test_content_decides_the_format(data: bytes, format_name: str) -> None:
    assert chosen(data, "posts.bin") == format_name


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"Dear reader,\nhello.\n", Code.FORMAT_UNKNOWN, id="prose"),
        pytest.param(pretty(MATRIX), Code.FORMAT_UNKNOWN, id="an event of Matrix"),
        pytest.param(b"BZh91AY&SY\x00\x01", Code.FORMAT_UNKNOWN, id="bzip2"),
        pytest.param(b"\xfd7zXZ\x00\x00", Code.FORMAT_UNKNOWN, id="xz"),
        pytest.param(bytes(range(256)), Code.FORMAT_UNKNOWN, id="binary"),
        pytest.param(b"oops\n" * 20 + json_lines(post()), Code.FORMAT_UNKNOWN, id="posts too late"),
        pytest.param(dumps(post()).decode().encode("utf-16"), Code.ENCODING, id="UTF-16"),
        pytest.param(dumps(post()).decode().encode("utf-16-le"), Code.ENCODING, id="UTF-16, bare"),
    ],
)
def test_what_no_reader_knows_is_refused(data: bytes, code: Code) -> None:
    with pytest.raises(FileRefusedError) as refused:
        chosen(data, "posts.json")
    assert refused.value.code == code
    assert refused.value.advice


def test_the_name_decides_only_where_the_content_does_not() -> None:
    assert chosen(b"a,b\n1,2\n", "posts.CSV") == "csv"
    assert chosen(json_lines(post()), "posts.csv") == "jsonl"
    with pytest.raises(FileRefusedError):
        chosen(b"a,b\n1,2\n", "posts.txt")


def test_every_reader_says_what_it_is() -> None:
    names = [reader.name for reader in (*READERS, GZIP, ZIP)]
    assert len(set(names)) == len(names) == 9
    assert all(reader.version >= 1 for reader in (*READERS, GZIP, ZIP))


def test_every_plain_reader_says_what_its_work_is_counted_by() -> None:
    assert all(reader.marks for reader in READERS)


def test_a_file_too_large_to_be_translated_is_sent_back_with_advice() -> None:
    check_size(1_000, Budget(total_bytes=1_000))
    with pytest.raises(FileRefusedError) as refused:
        check_size(1_001, Budget(total_bytes=1_000))
    assert refused.value.code == Code.TOO_LARGE_FOR_FORMAT
    assert "JSON Lines" in refused.value.advice
