r"""Telegram Desktop's export (`result.json`), of one chat or of a whole account.

A chat enters if its `type` shows that anybody may join. Without a `type` it enters only if it is
registered as open. A chat of any other type never enters, and its messages are only counted.
`name`, `type` and `id` must come before the messages, as the application writes them. Where they
come later, they are ignored.

Service messages (joined, pinned …) are refused `not_a_post`, so that the counts add up. The caption
of a photo or file is the message's text; polls and games go into `media_text`.
Source: tdesktop, export/output/export_output_json.cpp.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from intake.formats.reader import (
    FileContext,
    FileHead,
    PostItem,
    as_list,
    as_object,
    bound_links,
    bound_texts,
    identifier,
    published_time,
    reach_count,
)
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import JsonDocument, decode_object, decode_value

name = "telegram"
version = 1
marks = b",[{"

PUBLIC = frozenset({"public_channel", "public_supergroup"})
HEAD = frozenset({"type", "id"})
CHATS = frozenset({"chats", "left_chats"})
ACCOUNT = CHATS | {"personal_information", "frequent_contacts"}
ADVICE = (
    "Only public channels and groups enter. If an export shows no type, register the chat as"
    " telegram:ID."
)

_CONTROL = re.compile(rb"(\\\\)|\\x")


def recognises(head: FileHead) -> bool:
    """Return whether the first object is a chat with messages, or the export of an account."""
    keys = head.outline.keys()
    one_chat = "messages" in keys and not keys.isdisjoint({"type", "id", "name"})
    return (one_chat and "guild" not in keys) or not keys.isdisjoint(ACCOUNT)


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
    """Yield a post for each message, at `messages[3]` or `chats[1].messages[3]`.

    Raises FileRefusedError `not_public` or `channel_not_open` for a single chat that is not open.
    """
    document = JsonDocument(stream)
    yield from _chat(document, context, "")
    document.end()


def _chat(document: JsonDocument, context: FileContext, place: str) -> Iterator[PostItem | Refusal]:
    head: dict[str, Any] = {}
    entered = False
    for key in document.members():
        if key == "messages":
            refused = _refused(head, context)
            if refused and not place:
                raise FileRefusedError(refused, advice=ADVICE)
            entered = refused is None
            yield from _messages(document, head, refused, place)
        elif key in HEAD:
            head[key] = decode_value(document.value())
            if entered and _refused(head, context):
                raise FileRefusedError(Code.NOT_PUBLIC, advice=ADVICE)
        elif key in CHATS and not place and document.peek() in (b"[", b"{"):
            yield from _chats(document, context, key)
        else:
            document.skip()


def _chats(
    document: JsonDocument, context: FileContext, place: str
) -> Iterator[PostItem | Refusal]:
    """Yield the items of an account's chats: an array, or an object with the array as `list`."""
    if document.peek() == b"[":
        for number in document.elements():
            yield from _chat(document, context, f"{place}[{number}].")
    else:
        for key in document.members():
            if key == "list" and document.peek() == b"[":
                yield from _chats(document, context, place)
            else:
                document.skip()


def _refused(head: dict[str, Any], context: FileContext) -> Code | None:
    """Return why no message of the chat enters, or None if anybody may join it."""
    if "type" in head:
        is_public = isinstance(head["type"], str) and head["type"] in PUBLIC
        return None if is_public else Code.NOT_PUBLIC
    is_open = f"telegram:{identifier(head.get('id'))}" in context.open_channels
    return None if is_open else Code.CHANNEL_NOT_OPEN


def _messages(
    document: JsonDocument, head: dict[str, Any], refused: Code | None, place: str
) -> Iterator[PostItem | Refusal]:
    for number in document.elements():
        at = f"{place}messages[{number}]"
        if refused:
            document.skip()
            yield Refusal(refused, at=at)
        else:
            message = decode_object(repair_escapes(document.value()))
            yield Refusal(message, at=at) if isinstance(message, Code) else _post(message, head, at)


def repair_escapes(raw: bytes | Code) -> bytes | Code:
    r"""Replace `\x0B`, as the exporter writes control characters, by JSON's `\u000B`."""
    if isinstance(raw, Code) or b"\\x" not in raw:
        return raw
    return _CONTROL.sub(lambda escape: escape[1] or rb"\u00", raw)


def _post(message: dict[str, Any], head: dict[str, Any], at: str) -> PostItem | Refusal:
    if message.get("type") != "message":
        return Refusal(Code.NOT_A_POST, at=at)
    chat, number = identifier(head.get("id")), identifier(message.get("id"))
    account = identifier(message.get("from_id"))
    if account is None and head.get("type") == "public_channel":
        account = f"channel{chat}"
    published_at, assumed_utc = _published(message)
    fields = {
        "id": f"{chat}/{number}" if chat and number else None,
        "account": account,
        "text": _flatten(message.get("text")),
        "audience": "public",
        "published_at": published_at,
        "reach": reach_count(message.get("views")),
        "links": bound_links(_links(message)),
        "media_text": bound_texts(_media(message)),
    }
    return PostItem(at, fields, assumed_utc)


def _published(message: dict[str, Any]) -> tuple[Any, bool]:
    """Read seconds since 1970; old exports have only the exporter's local time, without offset."""
    seconds = message.get("date_unixtime")
    if seconds is None:
        return published_time(message.get("date"))
    if not re.fullmatch(r"\d{1,11}", str(seconds), re.ASCII):
        return "", False
    return datetime.fromtimestamp(int(seconds), UTC).isoformat(), False


def _flatten(text: Any) -> Any:
    """Return a text as one string; an export may give a list of strings and objects with `text`."""
    if not isinstance(text, list):
        return text
    pieces = (part if isinstance(part, str) else as_object(part).get("text") for part in text)
    return "".join(piece for piece in pieces if isinstance(piece, str))


def _links(message: dict[str, Any]) -> Iterator[Any]:
    for part in (*as_list(message.get("text")), *as_list(message.get("text_entities"))):
        entity = as_object(part)
        if entity.get("type") == "text_link":
            yield entity.get("href")
        elif entity.get("type") == "link":
            yield entity.get("text")
    for button in _buttons(message):
        if button.get("type") == "url":
            yield button.get("data")


def _media(message: dict[str, Any]) -> Iterator[Any]:
    poll = as_object(message.get("poll"))
    yield _flatten(poll.get("question"))
    for answer in as_list(poll.get("answers")):
        yield _flatten(as_object(answer).get("text"))
    yield message.get("game_title")
    yield message.get("game_description")
    for button in _buttons(message):
        yield button.get("text")


def _buttons(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in as_list(message.get("inline_bot_buttons")):
        yield from map(as_object, as_list(row))
