"""Whatever bytes come: items, refusals, or a file refused. Never another error, never a guess."""

import gzip
import io
import json
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from property.effort import examples
from support.format_files import PUBLIC, Generated, context, dumps, json_lines, post, zipped
from support.sample_posts import POST, line

from intake.arrival import choose_reader, join_parts, translate
from intake.reader import HEAD_BYTES
from ledger import posts
from ledger.codes import Code, FileRefusedError, Refusal
from ledger.findings import Pseudonyms
from ledger.streams import JsonDocument

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")


MESSAGE = {"id": 1, "type": "message", "date": "2026-11-25T10:00:00", "from_id": "u", "text": "hi"}
CHAT = {"name": "n", "type": "public_channel", "id": 5, "messages": [MESSAGE] * 3}
PRIVATE_CHAT = CHAT | {"type": "personal_chat", "id": 6}
NOTE = {"id": "n1", "type": "Note", "to": [PUBLIC], "content": "<p>x</p>", "attributedTo": "a"}
DISCORD_MESSAGE = {"id": "1", "type": "Default", "content": "x", "author": {"id": "4"}}
FILES = {
    "jsonl": json_lines(post(), post(links=["https://example.org"])),
    "array": dumps([post(), post()]),
    "telegram": json.dumps(CHAT, indent=1).encode(),
    "account": dumps({"about": "", "chats": {"list": [PRIVATE_CHAT, CHAT]}}),
    "activitystreams": dumps({"orderedItems": [NOTE, {"type": "Create", "object": NOTE}]}),
    "discord": dumps(
        {"guild": {"id": "10"}, "channel": {"id": "2", "type": "GuildTextChat"},
         "messages": [DISCORD_MESSAGE]}),
    "jetstream": json_lines({"did": "d", "time_us": 1, "kind": "commit", "commit": {}}) * 2,
    "csv": b'id,account,text,audience,published_at\n1,u,"a\nb",public,2026-11-25T10:00:00Z\n',
}  # fmt: skip
FILES |= {"gzip": gzip.compress(FILES["jsonl"]) + gzip.compress(FILES["jsonl"]), "zip": zipped(
    ("posts.jsonl", FILES["jsonl"]), ("chat/result.json", FILES["account"]))}  # fmt: skip


def outcome(data: bytes) -> tuple[list[bytes], Code | None]:
    """The lines, and the code of the file where it was refused."""
    lines: list[bytes] = []
    try:
        reader = choose_reader(data[:HEAD_BYTES], "posts", len(data))
        told = context("discord:10")
        for line in translate(io.BytesIO(data), reader, told, PSEUDONYMS):
            assert isinstance(posts.read_translated_line(line), posts.TranslatedPost | Refusal)
            lines.append(line)
    except FileRefusedError as refused:
        return lines, refused.code
    return lines, None


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    outcome(data)


@given(st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b'{"messages": [', b"["]),
       st.binary(max_size=200))  # fmt: skip
def test_any_bytes_behind_the_beginning_of_a_format(head: bytes, data: bytes) -> None:
    outcome(head + data)


@examples(400)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_any_change_of_a_good_file(name: str, data: st.DataObject) -> None:
    """Bytes replaced, inserted, left out, or the rest cut off, in up to four places."""
    changed = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.sampled_from([0, 1, 2, 4, 30, 1 << 20]))
        changed[start : start + length] = data.draw(st.binary(max_size=4))
    outcome(bytes(changed))


WORDS = ["public", "public_channel", PUBLIC, "Note", "Create", "message", "0", "Default", "commit"]
KEYS = {*post(), *CHAT, *MESSAGE, *NOTE, *DISCORD_MESSAGE, "guild", "channel", "chats", "list"}
KEYS |= {"orderedItems", "first", "object", "posts", "did", "kind", "commit", "record", "@context"}
numbers = st.integers(-10, 10) | st.floats(width=16)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=9) | st.sampled_from(WORDS)
keys = st.sampled_from(sorted(KEYS))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6)
)


@examples(400)
@given(values, st.sampled_from([None, 1]))
def test_any_json_made_of_the_words_of_the_formats(value: Any, indent: int | None) -> None:
    outcome(json.dumps(value, indent=indent).encode())


@given(st.lists(values, max_size=6), st.integers(1, 9), st.booleans())
def test_a_document_is_read_as_if_whole(wanted: list[Any], most: int, ascii_only: bool) -> None:
    text = json.dumps({"list": wanted, "end": 0}, ensure_ascii=ascii_only)
    stream: Any = Generated([text.encode("utf-8", "replace")], most)
    document = JsonDocument(stream)
    found: list[bytes | Code] = []
    for key in document.members():
        if key == "list":
            found = [document.value() for _ in document.elements()]
        else:
            document.skip()
    document.end()
    assert "\0".join(map(_dumped, found)) == "\0".join(json.dumps(value) for value in wanted)


def _dumped(raw: bytes | Code) -> str:
    assert not isinstance(raw, Code)
    return json.dumps(json.loads(raw))


fields = st.sampled_from(["id", "account", "text", "audience", "published_at", "reach", "links"])
odd = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=3)


@given(st.dictionaries(fields, odd, max_size=3), st.sets(fields, max_size=1))
def test_a_packed_line_fares_as_a_plain_one(changes: dict[str, Any], out: set[str]) -> None:
    """The same post, refused with the same code or accepted, however it was sent."""
    record = {key: value for key, value in (post() | changes).items() if key not in out}
    plain = posts.read_line(dumps(record))
    lines, _ = outcome(gzip.compress(json_lines(record)))
    packed = posts.read_translated_line(lines[0])
    if isinstance(plain, Refusal):
        assert isinstance(packed, Refusal)
        assert (packed.code, packed.field) == (plain.code, plain.field)
    else:
        told = msgspec.structs.asdict(plain[0]) | {"account": PSEUDONYMS.of(plain[0].account)}
        of_packing = {"at": "line 1", "assumed_utc": False, "unknown_fields": plain[1]}
        assert msgspec.structs.asdict(packed) == told | of_packing


@given(st.lists(st.binary(max_size=30).map(lambda data: data + b"\n")), st.integers(1, 60))
def test_parts_are_the_lines(lines: list[bytes], part_bytes: int) -> None:
    cut = list(join_parts(lines, part_bytes))
    assert b"".join(cut) == b"".join(lines)
    assert all(len(part) <= max(part_bytes, 31) <= posts.LINE_BYTES for part in cut)
    assert all(cut)


TEXTS = st.text(alphabet=st.sampled_from('a"\\[]{},:\u00e9\U0001f600\u200b\n\x00 '), max_size=8)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**54), st.floats(), TEXTS,
    st.sampled_from(["", "x" * 200, "x" * 201, "e", "id", "public", 10**400, "y" * 2049]),
    st.sampled_from(["2026-11-25T10:00:00Z", "2026-11-25T10:00:00", "1989-01-01T00:00:00Z",
                     "2026-11-25 10:00:00+0700", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z"]),
    st.lists(TEXTS, max_size=3), st.lists(st.integers(), max_size=2),
    st.lists(st.just("l"), min_size=50, max_size=101),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)  # fmt: skip
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXTS.filter(bool), "account": TEXTS.filter(bool), "text": TEXTS,
    "audience": st.just("public"),
    "published_at": st.sampled_from(["2026-11-25T10:00:00Z", "2026-11-25T10:00:00.5-03:30"]),
    "language": st.sampled_from(["id", "zh-Hant"]), "url": TEXTS, "reach": st.integers(0, 2**53),
    "links": st.lists(TEXTS, max_size=3), "media_text": st.lists(TEXTS, max_size=3),
}  # fmt: skip
NAMES = st.one_of(st.sampled_from([*posts.FIELDS, "likes", "Audience"]), TEXTS)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A good record in some order, some of its members changed, added or doubled, then written."""
    optional = draw(st.sets(st.sampled_from(list(posts.FIELDS)[5:])))
    members = [
        (name, draw(GOOD[name])) for name in posts.FIELDS if name in POST or name in optional
    ]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(members) - 1))
        what = draw(st.sampled_from(["value", "name", "add", "again", "drop"]))
        name, value = members[place]
        match what:
            case "value":
                members[place] = (name, draw(VALUES))
            case "name":
                members[place] = (draw(NAMES), value)
            case "add":
                members.append((draw(NAMES), draw(VALUES)))
            case "again":
                members.append((name, draw(st.one_of(st.just(value), VALUES))))
            case "drop" if len(members) > 1:
                members.pop(place)
    written = [(json.dumps(name, ensure_ascii=draw(st.booleans())), json.dumps(value))
               for name, value in draw(st.permutations(members))]  # fmt: skip
    gap = draw(st.sampled_from(["", " ", "\t\r"]))
    escaped = draw(st.booleans())
    body = ",".join(
        f"{gap}{name.replace('a', chr(92) + 'u0061') if escaped else name}{gap}:{gap}{value}"
        for name, value in written
    )
    return f"{{{body}}}{gap}".encode()


@given(records())
@example(line(id="\\", account="\\")[:-1] + b',"id":"1"}')
@example(line(text='\\"')[:-1] + b',"text":"1"}')
@example(line(url=None)[:-1] + b',"url":"1"}')
def test_the_fast_way_agrees_with_the_slow_one(given: bytes) -> None:
    assert posts.read_line(given) == posts._explain(given)


@given(records(), st.data())
def test_broken_bytes_are_refused_and_nothing_happens(given: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(given) - 1))
    piece = data.draw(st.sampled_from([b"", b"\xff", b"\x00", b'"', b"\\", b"}", b"\xed\xa0\x80"]))
    broken = given[:place] + piece + given[place + 1 :]
    assert posts.read_line(broken) == posts._explain(broken)


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES, max_size=2))
def test_fields_make_a_post_or_a_refusal_that_names_one_of_them(some: dict[str, Any],
        changes: dict[str, Any]) -> None:  # fmt: skip
    for record in (some, POST | changes):
        found = posts.read_fields(record)
        if isinstance(found, Refusal):
            assert found.field in posts.FIELDS
            assert (found.code is Code.NOT_PUBLIC) == (record.get("audience") != "public")
        else:
            post, unknown = found
            assert all(getattr(post, name) is not None for name in POST)
            assert unknown == len(record.keys() - posts.FIELDS.keys())
