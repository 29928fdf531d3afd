"""Exports of Telegram and Discord: only chats that anybody may join enter."""

from typing import Any

import pytest
from support.format_files import dumps, items, read, refusals

from intake.reader import PostItem
from ledger.codes import FileRefusedError

MESSAGE: dict[str, Any] = {"id": 7, "type": "message", "date": "2026-11-25T17:00:00",
                           "date_unixtime": "1795600800", "from": "Somebody", "from_id": "user42",
                           "text": "The market opens at nine."}  # fmt: skip


def chat(*messages: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {"name": "Market", "type": "public_supergroup", "id": 5} | head | {"messages": messages}


def only(message: dict[str, Any], **head: Any) -> PostItem:
    (item,) = items(read(dumps(chat(MESSAGE | message, **head))))
    return item


def refused(data: bytes, *open_channels: str) -> str:
    with pytest.raises(FileRefusedError) as error:
        read(data, *open_channels)
    return error.value.code.value


def test_a_message_of_a_public_group_becomes_a_post() -> None:
    item = only({"views": 120})
    assert item.at == "messages[0]"
    assert not item.assumed_utc
    assert {key: value for key, value in item.fields.items() if value is not None} == {
        "id": "5/7", "account": "user42", "text": "The market opens at nine.", "audience": "public",
        "published_at": "2026-11-25T10:00:00+00:00", "reach": 120,
    }  # fmt: skip


def test_a_text_in_pieces_is_joined_and_its_links_are_kept() -> None:
    text = ["See ", {"type": "text_link", "text": "this", "href": "https://example.org/page"},
            " and ", {"type": "link", "text": "example.com"},
            {"type": "bold", "text": "!"}]  # fmt: skip
    fields = only({"text": text, "text_entities": [{"type": "link", "text": "example.com"}]}).fields
    assert fields["text"] == "See this and example.com!"
    assert fields["links"] == ["https://example.org/page", "example.com"]


def test_links_may_stand_in_the_entities_only() -> None:
    entity = {"type": "text_link", "text": "The", "href": "https://example.org"}
    assert only({"text_entities": [entity]}).fields["links"] == ["https://example.org"]


def test_an_old_export_has_local_time_without_offset() -> None:
    item = only({"date_unixtime": None})
    assert item.assumed_utc
    assert item.fields["published_at"] == "2026-11-25T17:00:00+00:00"


def test_a_message_without_a_time_has_none() -> None:
    assert only({"date": None, "date_unixtime": None}).fields["published_at"] is None


def test_a_poll_and_buttons_are_media_text() -> None:
    poll = {"question": "Which day?", "answers": [{"text": "Monday"}, {"text": "Tuesday"}]}
    buttons = [[{"type": "url", "text": "Open", "data": "https://example.org"}]]
    fields = only({"poll": poll, "inline_bot_buttons": buttons}).fields
    assert fields["media_text"] == ["Which day?", "Monday", "Tuesday", "Open"]
    assert fields["links"] == ["https://example.org"]


def test_the_account_of_a_channel_is_the_channel() -> None:
    assert only({"from_id": None}, type="public_channel").fields["account"] == "channel5"
    assert only({"from_id": None}).fields["account"] is None
    assert only({"from_id": 42}).fields["account"] == "42"


def test_a_service_message_is_no_post_and_is_counted() -> None:
    found = read(
        dumps(chat(MESSAGE | {"type": "service"}, MESSAGE, {"id": 9, "type": "unsupported"}))
    )
    assert refusals(found) == [("not_a_post", "messages[0]"), ("not_a_post", "messages[2]")]
    assert [item.at for item in items(found)] == ["messages[1]"]


def test_the_exporters_control_characters_arerepair_escapes() -> None:
    r"""It writes them as `\x0B`, which is no JSON; a backslash before an x stays one."""
    data = dumps(chat(MESSAGE | {"text": "a VT b"})).replace(b" VT ", rb"\x0B\\x0B")
    (item,) = items(read(data))
    assert item.fields["text"] == "a\x0b\\x0Bb"


@pytest.mark.parametrize("kind", [
    "personal_chat", "private_supergroup", "private_channel", "private_group", "bot_chat",
    "saved_messages", "Public_Channel", "", None, 7, ["public_channel"], {},
])  # fmt: skip
def test_any_other_type_is_refused_even_where_the_chat_is_registered(kind: Any) -> None:
    data = dumps(chat(MESSAGE, type=kind))
    assert refused(data, "telegram:5") == "not_public"


def test_a_chat_without_a_type_enters_only_if_it_is_registered() -> None:
    data = dumps({"name": "Market", "id": 5, "messages": [MESSAGE]})
    assert refused(data) == "channel_not_open"
    assert refused(data, "telegram:6", "discord:5") == "channel_not_open"
    assert len(items(read(data, "telegram:5"))) == 1


def test_a_type_after_the_messages_comes_too_late_to_open_a_chat() -> None:
    data = dumps({"id": 5, "messages": [MESSAGE], "type": "public_channel"})
    assert refused(data) == "channel_not_open"


@pytest.mark.parametrize("late", [{"type": "private_group"}, {"type": None}])
def test_a_private_type_after_the_messages_still_closes_it(late: dict[str, Any]) -> None:
    assert refused(dumps({"id": 5, "messages": [MESSAGE]} | late), "telegram:5") == "not_public"


def test_a_head_that_says_two_things_is_refused() -> None:
    data = dumps(chat(MESSAGE))[:-1] + b', "type": "private_group"}'
    assert refused(data) == "json_duplicate_key"


@pytest.mark.parametrize("as_object", [True, False], ids=["chats.list", "chats"])
def test_of_a_whole_account_the_public_chats_enter(as_object: bool) -> None:
    secret = {"id": 1, "type": "message", "text": "A PRIVATE WORD"}
    untyped = {"name": "n", "id": 8, "messages": [secret]}
    chats = [chat(secret, secret, type="personal_chat"), chat(MESSAGE), untyped]
    account = {"about": "x", "personal_information": {"first_name": "A PRIVATE WORD"},
               "contacts": {"list": [{"first_name": "A PRIVATE WORD"}]},
               "chats": {"about": "", "list": chats} if as_object else chats,
               "left_chats": {"list": [chat(MESSAGE, id=6)]}}  # fmt: skip
    found = read(dumps(account))
    assert [(item.at, item.fields["id"]) for item in items(found)] == [
        ("chats[1].messages[0]", "5/7"), ("left_chats[0].messages[0]", "6/7")]  # fmt: skip
    assert refusals(found) == [("not_public", "chats[0].messages[0]"),
                               ("not_public", "chats[0].messages[1]"),
                               ("channel_not_open", "chats[2].messages[0]")]  # fmt: skip
    assert "PRIVATE WORD" not in repr(found)


def test_a_broken_message_costs_itself_only() -> None:
    data = dumps(chat({"BAD": 1}, MESSAGE)).replace(b'{"BAD": 1}', b'{"id": 01}')
    found = read(data)
    assert refusals(found) == [("json_syntax", "messages[0]")]
    assert len(items(found)) == 1


@pytest.mark.parametrize("odd", [None, True, 1.5, "x", [], {}, [None, 3, {"text": 5}]])
@pytest.mark.parametrize("field", [
    "text", "id", "from_id", "date_unixtime", "poll", "text_entities", "inline_bot_buttons", "type",
])  # fmt: skip
def test_odd_values_are_never_an_error(field: str, odd: Any) -> None:
    assert len(read(dumps(chat(MESSAGE | {field: odd})))) == 1


OPEN = "discord:10"
DISCORD_MESSAGE: dict[str, Any] = {"id": "30", "type": "Default",
                           "timestamp": "2026-11-25T17:00:00.5+07:00",
                           "content": "The market opens at nine.",
                           "author": {"id": "40", "name": "somebody"}}  # fmt: skip


def export(*messages: Any, guild: Any = "10", kind: Any = "GuildTextChat") -> bytes:
    head = {"guild": {"id": guild, "name": "g"}, "channel": {"id": "20", "type": kind, "name": "c"}}
    return dumps(head | {"exportedAt": "x", "messages": messages, "messageCount": 1})


def only_of_discord(**changes: Any) -> PostItem:
    (item,) = items(read(export(DISCORD_MESSAGE | changes), OPEN))
    return item


def test_a_message_of_an_open_server_becomes_a_post() -> None:
    item = only_of_discord()
    assert (item.at, item.assumed_utc) == ("messages[0]", False)
    assert {key: value for key, value in item.fields.items() if value is not None} == {
        "id": "20/30", "account": "40", "text": "The market opens at nine.", "audience": "public",
        "published_at": "2026-11-25T17:00:00.5+07:00",
    }  # fmt: skip


def test_embeds_attachments_buttons_and_forwards_are_read() -> None:
    embed = {"title": "Title", "url": "https://example.org", "description": "More",
             "author": {"name": "Writer", "url": "https://example.com"},
             "fields": [{"name": "Day", "value": "Monday"}], "footer": {"text": "End"}}  # fmt: skip
    row = {"components": [{"type": "Button", "label": "Open", "url": "https://a.example"}]}
    forwarded = {"content": "Forwarded.", "embeds": [{"title": "Inner"}]}
    attached = [{"description": "Apples", "fileName": "a.png"}]
    fields = only_of_discord(
        embeds=[embed], attachments=attached, components=[row], forwardedMessage=forwarded
    ).fields
    assert fields["links"] == ["https://example.org", "https://example.com", "https://a.example"]
    assert fields["media_text"] == ["Forwarded.", "Writer\nTitle\nMore\nDay\nMonday\nEnd", "Apples",
                                    "Open", "Inner"]  # fmt: skip


@pytest.mark.parametrize("kind", ["GuildMemberJoin", "ChannelPinnedMessage", "18", None, 7, []])
def test_notices_are_no_posts(kind: Any) -> None:
    found = read(
        export(DISCORD_MESSAGE | {"type": kind}, DISCORD_MESSAGE | {"type": "Reply"}), OPEN
    )
    assert refusals(found) == [("not_a_post", "messages[0]")]
    assert len(items(found)) == 1


@pytest.mark.parametrize("registered", [(), ("discord:11",), ("telegram:10",), ("discord:20",)])
def test_a_server_that_is_not_registered_is_refused_whole(registered: tuple[str, ...]) -> None:
    assert refused(export(DISCORD_MESSAGE), *registered) == "channel_not_open"


@pytest.mark.parametrize(("guild", "kind"), [
    ("0", "DirectTextChat"), ("0", "GuildTextChat"), ("10", "DirectTextChat"),
    ("10", "DirectGroupTextChat"), ("10", "GuildPrivateThread"), ("10", None),
])  # fmt: skip
def test_direct_messages_and_private_threads_never_enter(guild: str, kind: Any) -> None:
    assert (
        refused(export(DISCORD_MESSAGE, guild=guild, kind=kind), OPEN, "discord:0") == "not_public"
    )


@pytest.mark.parametrize("odd", [None, [], "x", 7])
def test_a_head_at_fault_is_never_open(odd: Any) -> None:
    head = {"guild": odd, "channel": {"id": "20", "type": "GuildTextChat"},
            "messages": [DISCORD_MESSAGE]}  # fmt: skip
    assert refused(dumps(head), OPEN) == "channel_not_open"
    head = {"guild": {"id": "10"}, "channel": odd, "messages": [DISCORD_MESSAGE]}
    assert refused(dumps(head), OPEN) == "not_public"


def test_a_head_after_the_messages_comes_too_late() -> None:
    data = dumps({"guild": {"id": "10"}, "messages": [DISCORD_MESSAGE], "channel": {"id": "20"}})
    assert refused(data, OPEN) == "not_public"


@pytest.mark.parametrize("odd", [None, True, 1.5, "x", [], {}, [None, 3, {"fields": 5}]])
@pytest.mark.parametrize(
    "field", ["id", "timestamp", "content", "author", "embeds", "attachments", "components",
              "forwardedMessage"],
)  # fmt: skip
def test_odd_values_of_discord_are_never_an_error(field: str, odd: Any) -> None:
    assert len(read(export(DISCORD_MESSAGE | {field: odd}, odd), OPEN)) == 2
