"""DiscordChatExporter's JSON of one channel.

Joining a Discord server takes an invitation, and the file does not say whether anybody gets one.
So a server enters only if it is registered as open (`discord:GUILD`); otherwise the whole file is
refused. Direct messages (guild `0`) and private threads never enter. The file does not show whether
only some roles may see a channel of an open server: the person who registers it vouches for that.

`guild` and `channel` must come before the messages, as the exporter writes them.
Source: DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs.
"""

from collections.abc import Iterator
from functools import partial
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
    read_elements,
)
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import JsonDocument, decode_value

name = "discord"
version = 1
marks = b",[{"

HEAD = frozenset({"guild", "channel"})
WRITTEN = frozenset({"Default", "Reply", "20", "23"})
"""Types of messages that somebody wrote; 20 and 23 are answers of bots. Others are notices."""


def recognises(head: FileHead) -> bool:
    """Return whether the first object has a guild and a channel."""
    return head.outline.keys() >= HEAD


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
    """Yield a post for each message, at `messages[3]`.

    Raises FileRefusedError `not_public` or `channel_not_open` for the whole file.
    """
    document = JsonDocument(stream)
    head: dict[str, Any] = {}
    for key in document.members():
        if key == "messages":
            _require_open(head, context)
            channel = as_object(head["channel"])
            yield from read_elements(document, key, partial(_post, channel))
        elif key in HEAD:
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


def _post(channel: dict[str, Any], message: dict[str, Any], at: str) -> PostItem | Refusal:
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
        "links": bound_links(address for part in shown for address in _links(part)),
        "media_text": bound_texts(
            (shown[1].get("content"), *(t for part in shown for t in _media(part)))
        ),
    }
    return PostItem(at, fields, assumed_utc)


def _links(message: dict[str, Any]) -> Iterator[Any]:
    for embed in map(as_object, as_list(message.get("embeds"))):
        yield embed.get("url")
        yield as_object(embed.get("author")).get("url")
    for button in _buttons(message.get("components")):
        yield button.get("url")


def _media(message: dict[str, Any]) -> Iterator[Any]:
    for embed in map(as_object, as_list(message.get("embeds"))):
        yield _embed_text(embed)
    for attachment in as_list(message.get("attachments")):
        yield as_object(attachment).get("description")
    for button in _buttons(message.get("components")):
        yield button.get("label")


def _embed_text(embed: dict[str, Any]) -> str:
    """Join all texts of an embed, one a line: a message may have ten embeds of 25 fields."""
    pieces = [as_object(embed.get("author")).get("name"), embed.get("title")]
    pieces.append(embed.get("description"))
    for field in map(as_object, as_list(embed.get("fields"))):
        pieces += (field.get("name"), field.get("value"))
    pieces.append(as_object(embed.get("footer")).get("text"))
    return "\n".join(piece for piece in pieces if isinstance(piece, str) and piece)


def _buttons(components: Any) -> Iterator[dict[str, Any]]:
    """Yield all components: buttons in rows, rows in containers. JSON_DEPTH bounds the nesting."""
    for component in map(as_object, as_list(components)):
        yield component
        yield from _buttons(component.get("components"))
