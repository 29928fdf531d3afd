"""The Telegram bot: which messages it answers, in which language, and what Telegram repeats. The
updates have the shapes that the Bot API documents; their content is invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.sample_checks import CHECKS, REPEATS_SALT, check
from support.tip_line_world import GARAM, Line, built, built_with, public_with, sample_index

from answer.ask_routes import MOST_UTF16, SECRET
from answer.tip_line import advice_words, nothing_words, problem_words
from phrases import LANGUAGES, of

UPDATES = json.loads(Path(__file__).with_name("telegram_updates.json").read_text("utf-8"))
KNOWN = {SECRET: "web-hook_1"}


def message(text: Any = REPEATS_SALT, **changes: Any) -> dict[str, Any]:
    """An update with a message in a private chat."""
    user = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "en"}
    chat = {"id": 7, "type": "private"}
    return {"message": {"message_id": 3, "from": user, "chat": chat, "text": text} | changes}


def sent(line: Line, update: Any, **changes: Any) -> tuple[int, dict[str, Any], str]:
    """The status, what the bot does, and how the request is counted."""
    body = update if isinstance(update, str) else json.dumps(update)
    response, outcome = line.visit("POST /telegram", body, **({"headers": KNOWN} | changes))
    return response["statusCode"], json.loads(response["body"]), outcome


@pytest.fixture
def line() -> Line:
    return Line(public_with(sample_index()))


@pytest.mark.parametrize(("update", "words", "link"), [
    ("a text in a private chat", "Salah: Minum air garam", "/11"),
    ("a forwarded post of a channel", "False: Drinking warm salt water", "/1"),
    ("a picture with a caption", "不实：Drinking warm salt water", "/1"),
    ("a reply that names the bot in a group", "False: Drinking warm salt water", "/1"),
])  # fmt: skip
def test_a_question_has_its_answer_at_once(line: Line, update: str, words: str, link: str) -> None:
    """No token is needed, and nothing is called."""
    asked = UPDATES[update]["message"]
    status, does, outcome = sent(line, UPDATES[update])
    assert (status, outcome) == (200, "answered")
    text = does.pop("text")
    assert words in text
    assert f"https://check.example{link}" in text
    assert does == {
        "method": "sendMessage",
        "chat_id": asked["chat"]["id"],
        "link_preview_options": {"is_disabled": True},
        "reply_parameters": {"message_id": asked["message_id"],
                             "allow_sending_without_reply": True},
    }  # fmt: skip


@pytest.mark.parametrize(("update", "words"), [
    ("the button that starts the bot", "Kirim atau teruskan"),
    ("help in a group", "Send or forward me"),
])  # fmt: skip
def test_a_command_gets_help(line: Line, update: str, words: str) -> None:
    status, does, outcome = sent(line, UPDATES[update])
    assert (status, outcome) == (200, "")
    assert words in does["text"]
    assert "@terang_bot" in does["text"]


def test_what_has_no_text_gets_help(line: Line) -> None:
    status, does, outcome = sent(line, UPDATES["a voice message"])
    assert (status, outcome) == (200, "no_text")
    assert "Send or forward me" in does["text"]


@pytest.mark.parametrize("update", [
    "talk in a group", "a command for another bot", "a message of a bot", "an edited message",
    "a post of a channel", "a button that is pressed", "somebody who blocks the bot",
])  # fmt: skip
def test_other_updates_are_taken_and_left(line: Line, update: str) -> None:
    assert sent(line, UPDATES[update]) == (200, {}, "")


def test_a_reply_to_the_bot_is_a_question(line: Line) -> None:
    replied = {"message_id": 2, "chat": {"id": -5, "type": "group"}, "text": "Send me a text",
               "from": {"id": 9, "is_bot": True, "username": "Terang_Bot"}}  # fmt: skip
    update = message(chat={"id": -5, "type": "group"}, reply_to_message=replied)
    _, does, outcome = sent(line, update)
    assert (does["chat_id"], outcome) == (-5, "answered")


def test_a_text_next_to_the_bots_name_is_the_question(line: Line) -> None:
    update = message(f"@terang_bot {REPEATS_SALT}", chat={"id": -5, "type": "group"})
    assert sent(line, update)[2] == "answered"


@pytest.mark.parametrize(("words", "shown", "outcome"), [
    pytest.param("@terang_bot is this true?", REPEATS_SALT, "answered", id="a remark"),
    pytest.param(f"@terang_bot {REPEATS_SALT}", "", "answered", id="a picture without words"),
    pytest.param("/help@terang_bot", REPEATS_SALT, "", id="a command"),
    pytest.param(REPEATS_SALT, "is this true?", "", id="talk"),
])  # fmt: skip
def test_a_reply_that_names_the_bot_asks_about_the_other_message(line: Line, words: str, shown: str,
        outcome: str) -> None:  # fmt: skip
    group = {"id": -5, "type": "supergroup"}
    replied = {"message_id": 2, "chat": group, "text": shown, "from": {"id": 8}}
    assert sent(line, message(words, chat=group, reply_to_message=replied))[2] == outcome


def test_what_nobody_checked_gets_advice(line: Line) -> None:
    _, does, outcome = sent(line, message("The market opens at nine, bring a bag and some change"))
    assert outcome == "not_found"
    assert does["text"] == f"{nothing_words(of('en'))}\n\n{advice_words(of('en'))}"


@pytest.mark.parametrize(("tag", "language"), [("id", "id"), ("zh-hans", "zh"), ("en-GB", "en"),
    ("fr", "en"), ("", "en"), ("x" * 9, "en")])  # fmt: skip
def test_help_is_in_the_users_language(line: Line, tag: str, language: str) -> None:
    user = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": tag}
    openings = {"en": "Send or forward", "id": "Kirim atau", "zh": "把文字"}
    _, does, _ = sent(line, message("/help", **{"from": user}))
    assert does["text"].startswith(openings[language])


@pytest.mark.parametrize("headers", [
    pytest.param({}, id="none"),
    pytest.param({SECRET: ""}, id="empty"),
    pytest.param({SECRET: "web-hook_2"}, id="another"),
    pytest.param({SECRET: "open sesame"}, id="another partner's"),
    pytest.param({SECRET: "ß\ud800"}, id="no letters of a header"),
])  # fmt: skip
def test_only_the_webhook_is_answered(line: Line, headers: dict[str, str]) -> None:
    """Telegram repeats it, so an operator who set another secret finds the updates again."""
    assert sent(line, message(), headers=headers) == (403, {"code": "not_known"}, "not_known")


HOSTILE = {
    "nothing": "", "half": "{", "bytes": "\x00\ud800", "a list": "[]", "a number": "7",
    "depths": '{"message":' + "[" * 50_000, "a message that is a text": '{"message": "hi"}',
    "no chat": '{"message": {"message_id": 1, "from": {"id": 1}, "text": "hi"}}',
    "a chat without a kind": json.dumps(message(chat={"id": 1})),
    "a text that is a list": json.dumps(message(["hi"])),
    "a text that is null": json.dumps(message(None)),
    "an id that is a text": json.dumps(message(chat={"id": "7", "type": "private"})),
    "no writer": '{"message": {"message_id": 1, "chat": {"id": 1, "type": "private"}}}',
    "an unknown kind of chat": json.dumps(message(chat={"id": 1, "type": "planet"})),
    "a channel": json.dumps(message(chat={"id": 1, "type": "channel"})),
    "a huge text": json.dumps(message("a" * 200_000)), "10 MB": "a" * 10_000_000,
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_body_that_is_not_a_message_is_taken_and_left(line: Line, body: str) -> None:
    """Any other status would bring the same body again and again."""
    assert sent(line, body)[:2] == (200, {})


def test_replies_in_replies_end(line: Line) -> None:
    body = json.dumps(message("@terang_bot"))[:-2] + ', "reply_to_message": ' + _nested(2_000)
    assert sent(line, body + "}}")[0] == 200


def _nested(count: int) -> str:
    opening = '{"message_id": 1, "chat": {"id": 1, "type": "private"}, "reply_to_message": '
    return opening * count + "null" + "}" * count


def test_one_person_who_asks_too_often_is_told_so(line: Line) -> None:
    """With a status of 200, since Telegram would repeat the question."""
    line = Line(line.public, most=1)
    other = message(**{"from": {"id": 8, "is_bot": False}})
    assert sent(line, message())[2] == "answered"
    status, does, outcome = sent(line, message())
    assert (status, outcome) == (200, "too_often")
    assert does["text"] == problem_words(of("en"), "too_often")
    assert sent(line, other)[2] == "answered"


def test_talk_that_the_bot_overhears_counts_for_nobody(line: Line) -> None:
    line = Line(line.public, most=1)
    for _ in range(3):
        assert sent(line, UPDATES["talk in a group"]) == (200, {}, "")


def test_without_an_index_it_says_so() -> None:
    status, does, _ = sent(Line(public_with(None)), message())
    assert (status, does["text"]) == (200, problem_words(of("en"), "no_index"))


def test_a_failure_is_repeated_by_telegram(line: Line) -> None:
    event = {"routeKey": "POST /telegram", "headers": KNOWN, "body": json.dumps(message())}
    assert line.tip_line.failed(event)["statusCode"] == 500


def test_an_answer_fits_into_one_message() -> None:
    filler = " ".join(f"kata{number}" for number in range(110))
    claims = [f"{GARAM} nomor {number} {filler}" for number in range(5)]
    rows = [check(20 + number, claim, "SALAH", language="id", publisher="🧂" * 90)
            for number, claim in enumerate(claims)]  # fmt: skip
    line = Line(public_with(built(*CHECKS, *rows)))
    _, does, outcome = sent(line, message(claims[1]))
    assert outcome == "answered"
    assert 0 < does["text"].count("https://check.example/2") < len(claims)
    assert len(does["text"].encode("utf-16-le")) // 2 <= MOST_UTF16


def test_an_answer_is_plain_text() -> None:
    """Without a parse mode Telegram shows markup as it is; marks of direction are replaced."""
    claim = f"<b>{GARAM}</b> *x* [a](https://bread.example) \u202e"
    line = Line(public_with(built_with(claim, "A")))
    _, does, _ = sent(line, message(GARAM))
    assert "parse_mode" not in does
    assert "entities" not in does
    assert f"<b>{GARAM}</b> *x* [a](https://bread.example) \ufffd" in does["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_fits_into_one_message(line: Line, language: str) -> None:
    user = {"id": 7, "is_bot": False, "language_code": language}
    _, does, _ = sent(line, message("/start", **{"from": user}))
    assert len(does["text"]) < 1_000
