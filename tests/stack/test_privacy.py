"""What is not public is refused, and is nowhere afterwards: no bucket, no table, no log."""

import json
from pathlib import Path
from typing import Any

import pytest
from stack.running import ROOT, Running

CANARY = "zq7-canary"
"""A word that no sample, rule or name holds."""

TIMES = {"date": "2026-11-24T20:01:00", "date_unixtime": "1795528860"}


def message(number: int, text: str) -> dict[str, Any]:
    sender = {"from": f"Name {CANARY}", "from_id": "user700000001"}
    return {"id": number, "type": "message", "text": text} | TIMES | sender


def chat(kind: str, number: int, text: str = f"Lunch at noon? {CANARY}") -> dict[str, Any]:
    return {
        "name": f"Name {CANARY}" if "public" not in kind else "Village news", "type": kind,
        "id": number, "messages": [message(1, text), message(2, text)],
    }  # fmt: skip


def account(*chats: dict[str, Any]) -> dict[str, Any]:
    """A whole account, as the application exports it."""
    person = {"first_name": CANARY, "phone_number": CANARY, "bio": CANARY}
    return {"about": "All of it.", "personal_information": person,
            "contacts": {"list": [{"first_name": CANARY, "phone_number": CANARY}]},
            "chats": {"list": list(chats)}}  # fmt: skip


PRIVATE = {
    "a personal chat": chat("personal_chat", 1), "a private group": chat("private_group", 2),
    "a private supergroup": chat("private_supergroup", 3),
    "a private channel": chat("private_channel", 4), "saved messages": chat("saved_messages", 5),
    "a chat with a bot": chat("bot_chat", 6),
    "a whole account": account(chat("personal_chat", 7), chat("private_group", 8)),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The private exports, all delivered; what their sender is told of each."""
    folder = tmp_path_factory.mktemp("private")
    for name, export in PRIVATE.items():
        (folder / f"{name}.json").write_text(json.dumps(export))
    closed = running.take("private-chat", *(folder / f"{name}.json" for name in PRIVATE))
    running.publish()
    return dict(zip(PRIVATE, closed, strict=True))


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_export_is_refused_as_a_whole(refused: dict[str, Any], name: str) -> None:
    told = refused[name]
    assert (told.status, told.code, told.inspected) == ("refused", "not_public", 0)
    assert told.advice


def test_nothing_of_a_private_export_is_stored(running: Running, refused: dict[str, Any]) -> None:
    """In any version of any object, any item of the table, or any log line."""
    assert running.places_of(CANARY) == []
    assert CANARY not in running.logs()
    assert list(running.versions("DropBucket", "drop/private-chat/")) == []
    for told in refused.values():
        assert list(running.versions("WorkBucket", f"parts/{told.file}/")) == []


def test_the_search_for_what_is_stored_finds_what_is(running: Running, tmp_path: Path) -> None:
    """Else the test above could not fail."""
    public = tmp_path / "public.json"
    public.write_text(json.dumps(chat("public_channel", 9, "Send me the OTP, zq7-found")))
    running.take("mixed-chat", public)
    kinds = {place.partition("/")[0].partition("#")[0] for place in running.places_of("zq7-found")}
    assert kinds == {"OutBucket", "C"}  # parts went with their file


def test_of_an_account_only_the_public_channel_enters(running: Running, tmp_path: Path) -> None:
    public = chat("public_channel", 10, "The market opens at nine, zq7-open")
    mixed = tmp_path / "mixed.json"
    mixed.write_text(json.dumps(account(chat("personal_chat", 11), public)))
    (told,) = running.take("mixed-chat", mixed)
    assert (told.status, told.inspected, told.refused) == ("done", 2, {"not_public": 2})
    assert running.places_of(CANARY) == []
    assert CANARY not in running.logs()


@pytest.mark.parametrize("name", [
    pytest.param("refuse-personal-chat", id="a real personal chat"),
    pytest.param("refuse-whole-account-export", id="a real whole account"),
])  # fmt: skip
def test_a_real_private_export_is_refused(running: Running, name: str) -> None:
    path = ROOT.parent / f"shared/data/exports/telegram/{name}.json"
    if not path.exists():
        pytest.skip("no real exports beside this checkout")
    (told,) = running.take("mixed-chat", path)
    assert told.inspected == 0
    assert set(told.refused) <= {"not_public", "not_a_post", "channel_not_open"}
