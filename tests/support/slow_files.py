"""Files that are slow byte for byte: a beginning, and what comes after it again and again."""

import json
from collections.abc import Iterator
from itertools import chain, repeat

MIB = 1 << 20
HEADER = b"id,account,text,audience,published_at\n"
CHAT = b'{"name":"n","type":"public_channel","id":5,"messages":['
SERVER = b'{"guild":{"id":"1"},"channel":{"id":"2","type":"GuildTextChat"},"messages":['
EVENT = json.dumps({"did": "a", "kind": "commit", "time_us": 1}).encode() + b"\n"

SLOW_FILES: dict[str, tuple[bytes, bytes]] = {
    "blank rows": (HEADER, b"\n"),
    "blank rows of Windows": (HEADER, b"\r\n"),
    "rows of one byte": (HEADER, b"a\n"),
    "a quoted field of line breaks": (HEADER + b'"', b"\n"),
    "numbers in an array": (b'[{"a":1},', b"1,"),
    "empty objects in an array": (b"[{},", b"{},"),
    "a value of brackets": (b'[{},{"a":[', b"[],"),
    "a member of brackets that is passed over": (b'{"posts":[],"x":[', b"[],"),
    "numbers for messages of Telegram": (CHAT, b"1,"),
    "chats without messages": (b'{"chats":[', b"{},"),
    "numbers for messages of Discord": (SERVER, b"1,"),
    "one message of many embeds": (SERVER + b'{"type":"Default","embeds":[', b"{},"),
    "an outbox of numbers": (b'{"orderedItems":[', b"1,"),
    "objects that follow one another": (b'{"orderedItems":[]}', b"{}"),
    "one note of tags": (b'{"orderedItems":[{"type":"Note","to":"as:Public","content":"', b"<p>"),
    "blank lines of Jetstream": (EVENT, b"\n"),
    "empty events": (EVENT, b"{}\n"),
}


def pieces(head: bytes, item: bytes, size: int) -> Iterator[bytes]:
    """The head, then the item again and again up to so many MiB."""
    return chain([head], repeat(item * (MIB // len(item)), size))
