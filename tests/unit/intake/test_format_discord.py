"""DiscordChatExporter: a server enters only if it is registered as open."""

from typing import Any

import pytest
from support.format_files import dumps, items, read, refusals

from intake.reader import PostItem
from ledger.refusals import FileRefusedError

OPEN = "discord:10"
MESSAGE: dict[str, Any] = {"id": "30", "type": "Default",
                           "timestamp": "2026-11-25T17:00:00.5+07:00",
                           "content": "The market opens at nine.",
                           "author": {"id": "40", "name": "somebody"}}  # fmt: skip


def export(*messages: Any, guild: Any = "10", kind: Any = "GuildTextChat") -> bytes:
    head = {"guild": {"id": guild, "name": "g"}, "channel": {"id": "20", "type": kind, "name": "c"}}
    return dumps(head | {"exportedAt": "x", "messages": messages, "messageCount": 1})


def only(**changes: Any) -> PostItem:
    (item,) = items(read(export(MESSAGE | changes), OPEN))
    return item


def refused(data: bytes, *open_channels: str) -> str:
    with pytest.raises(FileRefusedError) as error:
        read(data, *open_channels)
    return error.value.code.value


def test_a_message_of_an_open_server_becomes_a_post() -> None:
    item = only()
    assert (item.at, item.assumed_utc) == ("messages[0]", False)
    assert {key: value for key, value in item.fields.items() if value is not None} == {
        "id": "20/30", "account": "40", "text": "The market opens at nine.", "audience": "public",
        "published_at": "2026-11-25T17:00:00.5+07:00",
    }  # fmt: skip


def test_embeds_attachments_buttons_and_forwards_are_read() -> None:
    embed = {
        "title": "Title",
        "url": "https://example.org",
        "description": "More",
        "author": {"name": "Writer", "url": "https://example.com"},
        "fields": [{"name": "Day", "value": "Monday"}],
        "footer": {"text": "End"},
    }
    row = {"components": [{"type": "Button", "label": "Open", "url": "https://a.example"}]}
    forwarded = {"content": "Forwarded.", "embeds": [{"title": "Inner"}]}
    fields = only(embeds=[embed], attachments=[{"description": "Apples", "fileName": "a.png"}],
                  components=[row], forwardedMessage=forwarded).fields  # fmt: skip
    assert fields["links"] == ["https://example.org", "https://example.com", "https://a.example"]
    assert fields["media_text"] == ["Forwarded.", "Writer\nTitle\nMore\nDay\nMonday\nEnd", "Apples",
                                    "Open", "Inner"]  # fmt: skip


@pytest.mark.parametrize("kind", ["GuildMemberJoin", "ChannelPinnedMessage", "18", None, 7, []])
def test_notices_are_no_posts(kind: Any) -> None:
    found = read(export(MESSAGE | {"type": kind}, MESSAGE | {"type": "Reply"}), OPEN)
    assert refusals(found) == [("not_a_post", "messages[0]")]
    assert len(items(found)) == 1


@pytest.mark.parametrize("registered", [(), ("discord:11",), ("telegram:10",), ("discord:20",)])
def test_a_server_that_is_not_registered_is_refused_whole(registered: tuple[str, ...]) -> None:
    assert refused(export(MESSAGE), *registered) == "channel_not_open"


@pytest.mark.parametrize(
    ("guild", "kind"),
    [("0", "DirectTextChat"), ("0", "GuildTextChat"), ("10", "DirectTextChat"),
     ("10", "DirectGroupTextChat"), ("10", "GuildPrivateThread"), ("10", None)],
)  # fmt: skip
def test_direct_messages_and_private_threads_never_enter(guild: str, kind: Any) -> None:
    assert refused(export(MESSAGE, guild=guild, kind=kind), OPEN, "discord:0") == "not_public"


@pytest.mark.parametrize("odd", [None, [], "x", 7])
def test_a_head_at_fault_is_never_open(odd: Any) -> None:
    head = {"guild": odd, "channel": {"id": "20", "type": "GuildTextChat"}, "messages": [MESSAGE]}
    assert refused(dumps(head), OPEN) == "channel_not_open"
    head = {"guild": {"id": "10"}, "channel": odd, "messages": [MESSAGE]}
    assert refused(dumps(head), OPEN) == "not_public"


def test_a_head_after_the_messages_comes_too_late() -> None:
    data = dumps({"guild": {"id": "10"}, "messages": [MESSAGE], "channel": {"id": "20"}})
    assert refused(data, OPEN) == "not_public"


@pytest.mark.parametrize("odd", [None, True, 1.5, "x", [], {}, [None, 3, {"fields": 5}]])
@pytest.mark.parametrize(
    "field", ["id", "timestamp", "content", "author", "embeds", "attachments", "components",
              "forwardedMessage"],
)  # fmt: skip
def test_odd_values_are_never_an_error(field: str, odd: Any) -> None:
    assert len(read(export(MESSAGE | {field: odd}, odd), OPEN)) == 2
