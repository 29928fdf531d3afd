"""DiscordChatExporter's JSON of one channel.

Joining a Discord server takes an invitation, and nothing in the file says whether anybody gets one:
a server enters only if it is registered as open (`discord:GUILD`), else the whole file is refused.
Direct messages (guild `0`) and private threads never enter. A channel of an open server that only
some roles may see cannot be told from the others: whoever registers a server vouches for that.

`guild` and `channel` stand before the messages, as the exporter writes them.
Source: DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.formats.reader import Context, Item
from intake.formats.sample import Sample
from intake.formats.shaping import as_list, as_object, identifier, links, moment, texts
from ledger.records.refusal import Code, FileRefusedError, Refusal
from ledger.streams.json_document import JsonDocument, decode_object, decode_value

name = "discord"
version = 1
marks = b",[{"

HEAD = frozenset({"guild", "channel"})
WRITTEN = frozenset({"Default", "Reply", "20", "23"})
"""Kinds of messages that somebody wrote; 20 and 23 are a bot's answers. Others are notices."""


def recognises(sample: Sample) -> bool:
    """An object with a guild, a channel and messages."""
    return sample.outline.keys() >= HEAD


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:
    """A post of each message, at `messages[3]`.

    Raises FileRefusedError `not_public` or `channel_not_open`, for the whole file.
    """
    document = JsonDocument(stream)
    head: dict[str, Any] = {}
    for key in document.members():
        if key == "messages":
            _make_sure_it_is_open(head, context)
            yield from _messages(document, as_object(head["channel"]))
        elif key in HEAD:
            head[key] = decode_value(document.value())
        else:
            document.skip()
    document.end()


def _make_sure_it_is_open(head: dict[str, Any], context: Context) -> None:
    guild = identifier(as_object(head.get("guild")).get("id"))
    kind = as_object(head.get("channel")).get("type")
    if guild == "0" or not isinstance(kind, str) or "Direct" in kind or "Private" in kind:
        raise FileRefusedError(
            Code.NOT_PUBLIC, advice="Direct messages and private threads never enter."
        )
    if guild is None or f"discord:{guild}" not in context.open_channels:
        raise FileRefusedError(
            Code.CHANNEL_NOT_OPEN, advice="Register a server that anybody may join as discord:ID."
        )


def _messages(document: JsonDocument, channel: dict[str, Any]) -> Iterator[Item | Refusal]:
    for number in document.elements():
        at = f"messages[{number}]"
        message = decode_object(document.value())
        yield Refusal(message, at=at) if isinstance(message, Code) else _post(message, channel, at)


def _post(message: dict[str, Any], channel: dict[str, Any], at: str) -> Item | Refusal:
    if str(message.get("type")) not in WRITTEN:
        return Refusal(Code.NOT_A_POST, at=at)
    place, number = identifier(channel.get("id")), identifier(message.get("id"))
    published_at, assumed_utc = moment(message.get("timestamp"))
    # What was forwarded into the channel is shown there like the message itself.
    shown = (message, as_object(message.get("forwardedMessage")))
    fields = {
        "id": f"{place}/{number}" if place and number else None,
        "account": identifier(as_object(message.get("author")).get("id")),
        "text": message.get("content"),
        "audience": "public",
        "published_at": published_at,
        "links": links(address for one in shown for address in _links(one)),
        "media_text": texts((shown[1].get("content"), *(t for one in shown for t in _media(one)))),
    }
    return Item(at, fields, assumed_utc)


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
    """All texts of an embed as one, a line for each: a message may have ten of 25 fields."""
    pieces = [as_object(embed.get("author")).get("name"), embed.get("title")]
    pieces.append(embed.get("description"))
    for field in map(as_object, as_list(embed.get("fields"))):
        pieces += (field.get("name"), field.get("value"))
    pieces.append(as_object(embed.get("footer")).get("text"))
    return "\n".join(piece for piece in pieces if isinstance(piece, str) and piece)


def _buttons(components: Any) -> Iterator[dict[str, Any]]:
    """Buttons stand in rows; rows may stand in containers. JSON_DEPTH bounds the nesting."""
    for component in map(as_object, as_list(components)):
        yield component
        yield from _buttons(component.get("components"))
