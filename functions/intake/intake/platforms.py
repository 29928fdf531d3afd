"""Exports of Telegram and Discord, and ActivityStreams: only what anybody may read enters.

Telegram Desktop exports one chat or a whole account (`result.json`). A chat enters if its `type`
shows that anybody may join. Without a `type` it enters only if it is registered as open. A chat of
any other type never enters, and its messages are only counted. `name`, `type` and `id` must come
before the messages, as the application writes them. Where they come later, they are ignored.

Service messages (joined, pinned …) are refused `not_a_post`, so that the counts add up. The caption
of a photo or file is the message's text; polls and games go into `media_text`.
Source: tdesktop, export/output/export_output_json.cpp.

DiscordChatExporter writes the JSON of one channel. Joining a Discord server takes an invitation,
and the file does not say whether anybody gets one. So a server enters only if it is registered as
open (`discord:GUILD`); otherwise the whole file is refused. Direct messages (guild `0`) and private
threads never enter. The file does not show whether only some roles may see a channel of an open
server: the person who registers it vouches for that.

`guild` and `channel` must come before the messages, as the exporter writes them.
Source: DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs.

ActivityStreams 2.0 has an outbox (a collection or a page of one), or single objects. A post is
public if `to` holds the Public collection. In `cc` that collection makes a post unlisted, which its
author did not address to everyone; without it the post is private. If both an activity and its
object have addresses, both must be public.

Only created objects are posts: likes, follows, announcements of others' posts, edits and deletions
are refused `not_a_post`. Content is HTML and becomes text; `tag` is ignored.
Source: W3C, ActivityStreams 2.0 and ActivityPub (5.6 Public Addressing).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

from intake.reader import FileContext, FileHead, FormatReader, PostItem, make_item, read_elements
from ledger.codes import Code, FileRefusedError, Refusal
from ledger.post_fields import (
    as_list,
    as_object,
    bound_links,
    bound_texts,
    identifier,
    language_tag,
    published_time,
    reach_count,
    read_html,
    web_address,
)
from ledger.posts import LINE_BYTES
from ledger.streams import JsonDocument
from ledger.texts import decode_object, decode_value

TELEGRAM_PUBLIC = frozenset({"public_channel", "public_supergroup"})
TELEGRAM_HEAD = frozenset({"type", "id"})
CHATS = frozenset({"chats", "left_chats"})
ACCOUNT = CHATS | {"personal_information", "frequent_contacts"}
ADVICE = (
    "Only public channels and groups enter. If an export shows no type, register the chat as"
    " telegram:ID."
)

_CONTROL = re.compile(rb"(\\\\)|\\x")


def _is_telegram(head: FileHead) -> bool:
    """Return whether the first object is a chat with messages, or the export of an account."""
    keys = head.outline.keys()
    one_chat = "messages" in keys and not keys.isdisjoint({"type", "id", "name"})
    return (one_chat and "guild" not in keys) or not keys.isdisjoint(ACCOUNT)


def _telegram_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
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
        elif key in TELEGRAM_HEAD:
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
        is_public = isinstance(head["type"], str) and head["type"] in TELEGRAM_PUBLIC
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
            yield make_item(message, at, partial(_telegram_post, head))


def repair_escapes(raw: bytes | Code) -> bytes | Code:
    r"""Replace `\x0B`, as the exporter writes control characters, by JSON's `\u000B`."""
    if isinstance(raw, Code) or b"\\x" not in raw:
        return raw
    return _CONTROL.sub(lambda escape: escape[1] or rb"\u00", raw)


def _telegram_post(head: dict[str, Any], message: dict[str, Any], at: str) -> PostItem | Refusal:
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
        "links": bound_links(_telegram_links(message)),
        "media_text": bound_texts(_telegram_media(message)),
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


def _telegram_links(message: dict[str, Any]) -> Iterator[Any]:
    for part in (*as_list(message.get("text")), *as_list(message.get("text_entities"))):
        entity = as_object(part)
        if entity.get("type") == "text_link":
            yield entity.get("href")
        elif entity.get("type") == "link":
            yield entity.get("text")
    for button in _telegram_buttons(message):
        if button.get("type") == "url":
            yield button.get("data")


def _telegram_media(message: dict[str, Any]) -> Iterator[Any]:
    poll = as_object(message.get("poll"))
    yield _flatten(poll.get("question"))
    for answer in as_list(poll.get("answers")):
        yield _flatten(as_object(answer).get("text"))
    yield message.get("game_title")
    yield message.get("game_description")
    for button in _telegram_buttons(message):
        yield button.get("text")


def _telegram_buttons(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in as_list(message.get("inline_bot_buttons")):
        yield from map(as_object, as_list(row))


TELEGRAM = FormatReader("telegram", b",[{", _is_telegram, _telegram_items)


DISCORD_HEAD = frozenset({"guild", "channel"})
WRITTEN = frozenset({"Default", "Reply", "20", "23"})
"""Types of messages that somebody wrote; 20 and 23 are answers of bots. Others are notices."""


def _discord_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
    """Yield a post for each message, at `messages[3]`.

    Raises FileRefusedError `not_public` or `channel_not_open` for the whole file.
    """
    document = JsonDocument(stream)
    head: dict[str, Any] = {}
    for key in document.members():
        if key == "messages":
            _require_open(head, context)
            channel = as_object(head["channel"])
            yield from read_elements(document, key, partial(_discord_post, channel))
        elif key in DISCORD_HEAD:
            head[key] = decode_value(document.value())
        else:
            document.skip()
    document.end()


def _require_open(head: dict[str, Any], context: FileContext) -> None:
    guild = identifier(as_object(head.get("guild")).get("id"))
    kind = as_object(head.get("channel")).get("type")
    if guild == "0" or not isinstance(kind, str) or "Direct" in kind or "Private" in kind:
        raise FileRefusedError(
            Code.NOT_PUBLIC, advice="Direct messages and private threads never enter."
        )
    if guild is None or f"discord:{guild}" not in context.open_channels:
        raise FileRefusedError(
            Code.CHANNEL_NOT_OPEN,
            advice="If anybody may join the server, register it as discord:ID.",
        )


def _discord_post(channel: dict[str, Any], message: dict[str, Any], at: str) -> PostItem | Refusal:
    if str(message.get("type")) not in WRITTEN:
        return Refusal(Code.NOT_A_POST, at=at)
    place, number = identifier(channel.get("id")), identifier(message.get("id"))
    published_at, assumed_utc = published_time(message.get("timestamp"))
    # A forwarded message is shown in the channel like the message itself.
    shown = (message, as_object(message.get("forwardedMessage")))
    fields = {
        "id": f"{place}/{number}" if place and number else None,
        "account": identifier(as_object(message.get("author")).get("id")),
        "text": message.get("content"),
        "audience": "public",
        "published_at": published_at,
        "links": bound_links(address for part in shown for address in _discord_links(part)),
        "media_text": bound_texts(
            (shown[1].get("content"), *(t for part in shown for t in _discord_media(part)))
        ),
    }
    return PostItem(at, fields, assumed_utc)


def _discord_links(message: dict[str, Any]) -> Iterator[Any]:
    for embed in map(as_object, as_list(message.get("embeds"))):
        yield embed.get("url")
        yield as_object(embed.get("author")).get("url")
    for button in _discord_buttons(message.get("components")):
        yield button.get("url")


def _discord_media(message: dict[str, Any]) -> Iterator[Any]:
    for embed in map(as_object, as_list(message.get("embeds"))):
        yield _embed_text(embed)
    for attachment in as_list(message.get("attachments")):
        yield as_object(attachment).get("description")
    for button in _discord_buttons(message.get("components")):
        yield button.get("label")


def _embed_text(embed: dict[str, Any]) -> str:
    """Join all texts of an embed, one a line: a message may have ten embeds of 25 fields."""
    pieces = [as_object(embed.get("author")).get("name"), embed.get("title")]
    pieces.append(embed.get("description"))
    for field in map(as_object, as_list(embed.get("fields"))):
        pieces += (field.get("name"), field.get("value"))
    pieces.append(as_object(embed.get("footer")).get("text"))
    return "\n".join(piece for piece in pieces if isinstance(piece, str) and piece)


def _discord_buttons(components: Any) -> Iterator[dict[str, Any]]:
    """Yield all components: buttons in rows, rows in containers. JSON_DEPTH bounds the nesting."""
    for component in map(as_object, as_list(components)):
        yield component
        yield from _discord_buttons(component.get("components"))


DISCORD = FormatReader(
    "discord", b",[{", lambda head: head.outline.keys() >= DISCORD_HEAD, _discord_items
)


TO_EVERYONE = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
LISTS = frozenset({"orderedItems", "items"})
OBJECTS = frozenset({"Note", "Article", "Page", "Question", "Image", "Video", "Audio", "Document"})


def _is_activitystreams(head: FileHead) -> bool:
    """Return whether the first object has the ActivityStreams context or is a collection."""
    context = json.dumps(head.outline.get("@context"))
    return "www.w3.org/ns/activitystreams" in context or "orderedItems" in head.outline


def _activitystreams_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each activity or object, at `orderedItems[2]` or `object 1`.

    Several objects may follow each other, for example one on each line.
    """
    document = JsonDocument(stream)
    number = 0
    while document.peek():
        number += 1
        yield from _object(document, f"object {number}", "" if number == 1 else f"object {number} ")


def _object(document: JsonDocument, at: str, place: str) -> Iterator[PostItem | Refusal]:
    """Yield the items of a collection while it is read, or the one object if it is not one."""
    members: dict[str, Any] = {}
    size, streamed = 0, False
    for key in document.members():
        if key in LISTS and document.peek() == b"[":
            streamed = True
            yield from read_elements(document, place + key, _activitystreams_post)
        elif key == "first" and document.peek() == b"{" and "first" not in place:
            streamed = True
            yield from _object(document, f"{place}first", f"{place}first.")
        else:
            raw = document.value()
            size += len(raw)
            members[key] = raw if size <= LINE_BYTES else Code.LINE_LONG
    if not streamed:
        yield _single(members, at)


def _single(members: dict[str, bytes | Code], at: str) -> PostItem | Refusal:
    thing = {key: decode_value(raw) for key, raw in members.items()}
    codes = [value for value in thing.values() if isinstance(value, Code)]
    return Refusal(codes[0], at=at) if codes else _activitystreams_post(thing, at)


def _activitystreams_post(thing: dict[str, Any], at: str) -> PostItem | Refusal:
    created = "Create" in _many(thing.get("type"))
    activity, post = (thing, as_object(thing.get("object"))) if created else ({}, thing)
    if OBJECTS.isdisjoint(kind for kind in _many(post.get("type")) if isinstance(kind, str)):
        return Refusal(Code.NOT_A_POST, at=at)
    if not _is_public(activity, post):
        return Refusal(Code.NOT_PUBLIC, at=at, field="to")
    text, addresses = read_html(_content(post))
    published_at, assumed_utc = published_time(post.get("published") or activity.get("published"))
    pages = [_address(page) for page in _many(post.get("attachment"))]
    fields = {
        "id": post.get("id"),
        "account": _account(post.get("attributedTo")) or _account(activity.get("actor")),
        "text": text,
        "audience": "public",
        "published_at": published_at,
        "language": language_tag(_language(post)),
        "url": next(filter(None, map(_address, _many(post.get("url")))), None),
        "links": bound_links((*addresses, *pages)),
        "media_text": bound_texts(_activitystreams_media(post)),
    }
    return PostItem(at, fields, assumed_utc)


def _is_public(activity: dict[str, Any], post: dict[str, Any]) -> bool:
    addressed = [part for part in (activity, post) if "to" in part or "cc" in part]
    return bool(addressed) and all(
        any(isinstance(to, str) and to in TO_EVERYONE for to in _many(part.get("to")))
        for part in addressed
    )


def _content(post: dict[str, Any]) -> str:
    content = post.get("content")
    return content if isinstance(content, str) else next(iter(_translations(post).values()), "")


def _translations(post: dict[str, Any]) -> dict[str, str]:
    contents = as_object(post.get("contentMap"))
    return {tag: content for tag, content in contents.items() if isinstance(content, str)}


def _language(post: dict[str, Any]) -> str | None:
    content = _content(post)
    return next((tag for tag, text in _translations(post).items() if text == content), None)


def _activitystreams_media(post: dict[str, Any]) -> Iterator[Any]:
    """Yield title, content warning, translations, alternative texts, and options of a poll."""
    yield post.get("name")
    for markup in (post.get("summary"), *_translations(post).values()):
        if isinstance(markup, str) and markup != _content(post):
            yield read_html(markup)[0]
    for key in ("attachment", "image", "oneOf", "anyOf"):
        for part in _many(post.get(key)):
            yield as_object(part).get("name")


def _account(value: Any) -> Any:
    """Return the id of the first author, or its address if it has no id."""
    first = next(iter(_many(value)), None)
    return first.get("id") or first.get("url") if isinstance(first, dict) else first


def _address(value: Any) -> str | None:
    href = as_object(value).get("href") if isinstance(value, dict) else value
    return web_address(href)


def _many(value: Any) -> list[Any]:
    """Return the values of a property, which may have one value or a list of values."""
    return value if isinstance(value, list) else [] if value is None else [value]


ACTIVITYSTREAMS = FormatReader(
    "activitystreams", b",[{<", _is_activitystreams, _activitystreams_items
)
