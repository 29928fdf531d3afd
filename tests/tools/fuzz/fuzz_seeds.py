"""Files and bodies to begin with: one of each format, small and sound."""

import gzip
import json
from zipfile import ZipInfo

from support.format_files import PUBLIC, dumps, json_lines, post, zipped
from support.sample_messages import MAKERS, decision

MESSAGE = {"id": 1, "type": "message", "date": "2026-11-25T10:00:00", "from_id": "u", "text": "hi"}
CHAT = {"name": "n", "type": "public_channel", "id": 5, "messages": [MESSAGE]}
NOTE = {"id": "n1", "type": "Note", "to": [PUBLIC], "content": "<p>x</p>", "attributedTo": "a"}
EVENT = {"did": "d", "time_us": 1, "kind": "commit", "commit": {"operation": "create",
         "collection": "app.bsky.feed.post", "rkey": "k", "record": {"text": "x"}}}  # fmt: skip
DISCORD = {"guild": {"id": "10"}, "channel": {"id": "2", "type": "GuildTextChat"}, "messages": [
    {"id": "1", "type": "Default", "content": "x", "author": {"id": "4"}}]}  # fmt: skip


FILES = {"jsonl": json_lines(post(), post(links=["https://example.org"])),
         "array": dumps([post(), post()]), "posts": dumps({"posts": [post()]}),
         "telegram": json.dumps(CHAT, indent=1).encode(),
         "account": dumps({"about": "",
                           "chats": {"list": [CHAT | {"type": "personal_chat"}, CHAT]}}),
         "activitystreams": dumps({"orderedItems": [NOTE, {"type": "Create", "object": NOTE}]}),
         "discord": dumps(DISCORD), "jetstream": json_lines(EVENT, EVENT),
         "csv": b"id,account,text,audience,published_at,links\n"
                b'1,u,"a\nb",public,2026-11-25T10:00:00Z,a|b\n'}  # fmt: skip
FILES |= {"gzip": gzip.compress(FILES["jsonl"], mtime=0) + gzip.compress(FILES["jsonl"], mtime=0),
    "zip": zipped((ZipInfo("a"), FILES["jsonl"]), (ZipInfo("b"), FILES["account"]))}  # fmt: skip

BODIES = [dumps(post()), dumps([post(), post(id="2")]), FILES["jsonl"], b'[{"id": "\\ud800"}]']

WORDS = [f'"{name}":'.encode() for name in (*post(), *CHAT, *MESSAGE, *NOTE, *EVENT, *DISCORD)]
WORDS += [b'"chats":{"list":[', b'"first":{', b'"orderedItems":[', b'"object":{', b'"posts":[',
          b'"public"', b'"public_channel"', b'"Note"', b'"Create"', b'"@context":',
          PUBLIC.encode(), b"[" * 65, b'{"a":' * 65, b"\\ud800", b"\\u0000", b"\xef\xbb\xbf",
          b"\r\n", b'""', b"1e400", b"NaN", b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06",
          b"PK\x06\x06", b"PK\x06\x07", b"\x1f\x8b\x08\x00", b"<!--", b"<script", b"&amp;",
          b"<a href='"]  # fmt: skip

MESSAGES = [
    decision("f" * 64, notice="n-1", ground="illegal", ground_text="A law", ground_url="https://x"),
    decision("e" * 64, verdict="dismissed"), *(make() for make in MAKERS)]  # fmt: skip
"""Messages about cases: two decisions, and one of each other kind."""

CASES = [dumps(message) for message in MESSAGES]
CASES += [dumps(MESSAGES), b"\n".join(CASES), b'[{"type": "decision", "id": "\\ud800"}]']

CASE_WORDS = [f'"{name}":'.encode() for name in sorted({name for one in MESSAGES for name in one})]
CASE_WORDS += [f'"{one}"'.encode() for one in ("decision", "complaint", "dispute", "outcome",
               "second_review", "notice", "order", "suspension", "reinstatement", "audit",
               "confirmed", "dismissed", "escalated", "skipped", "act", "inform", "reversed",
               "2026-11-25T12:31:00+00:00", "DECISION_VISIBILITY_CONTENT_REMOVED")]  # fmt: skip
