"""The history of a post in Ozone becomes messages that decide takes, however often it is read."""

import json
from typing import Any

import pytest
from support.connected import decided, read, sent_by

from adapters import AdapterError
from cases.kinds import case_lines, case_numbers

ANSWERS = sent_by("ozone")
PERSONS = ("reader", "ana", "ben", "author6", "bafy", "bank", "bicycle", "lang:en")
POST = "at://did:plc:author9/app.bsky.feed.post/3kxxx"
EVENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "report": ("Report", "reader", {"reportType": "tools.ozone.report.defs#reasonMisleadingScam"}),
    "again": ("Report", "other", {"reportType": "com.atproto.moderation.defs#reasonSpam"}),
    "rude": ("Report", "reader", {"reportType": "com.atproto.moderation.defs#reasonRude"}),
    "report-by-machine": ("Report", "labeler", {"reportType": "a#reasonSpam"}),
    "appeal": ("Report", "author9", {"reportType": "tools.ozone.report.defs#reasonAppeal"}),
    "down": ("Takedown", "ana", {"policies": ["scam"], "comment": "no bank"}),
    "down-by-ben": ("Takedown", "ben", {"policies": ["scam"]}),
    "down-for-nothing": ("Takedown", "ana", {}),
    "down-for-rudeness": ("Takedown", "ana", {"policies": ["rude"]}),
    "down-by-machine": ("Takedown", "labeler", {}),
    "back": ("ReverseTakedown", "ben", {}),
    "back-by-ana": ("ReverseTakedown", "ana", {}),
    "back-in-time": ("ReverseTakedown", "ana", {"comment": "[SCHEDULED_REVERSAL] Reverting"}),
    "ok": ("Acknowledge", "ben", {}),
    "account-closed": ("Acknowledge", "ben", {"comment": "[AUTO_RESOLVE_ON_ACCOUNT_ACTION]: all"}),
    "spam": ("Label", "ana", {"createLabelVals": ["spam"]}),
    "no-spam": ("Label", "ben", {"negateLabelVals": ["spam"]}),
    "seen": ("Label", "ben", {"createLabelVals": ["seen"]}),
    "label-rude": ("Label", "ben", {"createLabelVals": ["rude"]}),
    "resolved": ("ResolveAppeal", "ben", {}),
    "resolved-by-ana": ("ResolveAppeal", "ana", {}),
    "email": ("Email", "ana", {"subjectLine": "Your post"}),
    "hidden": ("Hide", "ana", {}),
}


def history(words: str, **changes: Any) -> dict[str, Any]:
    """What Ozone answers about a post, newest first, with changes to each event."""
    events = [
        {"id": number, "createdBy": f"did:plc:{by}", "createdAt": f"2026-11-25T09:0{number}:00Z",
         "event": {"$type": f"tools.ozone.moderation.defs#modEvent{kind}"} | said,
         "subject": {"$type": "com.atproto.repo.strongRef", "uri": POST, "cid": "bafy"}} | changes
        for number, (kind, by, said) in enumerate(map(EVENTS.__getitem__, words.split()))
    ]  # fmt: skip
    return {"events": events[::-1]}


def test_what_ozone_answers_is_taken_and_counted_once() -> None:
    world = decided(*([one for each in ANSWERS for one in read("ozone", each)] for _ in range(2)))
    assert world.receipts() == {}
    numbers = case_numbers(case_lines(world.journal.values(), {}, 1))
    assert (numbers.notices, numbers.notices_answered, numbers.decisions) == (3, 3, 4)
    assert numbers.by_verdict == {"confirmed": 3, "dismissed": 1}
    assert (numbers.overturned_by, numbers.reinstated) == ({"complaint": 1}, {"complaint": 1})
    codes = ("about_account", "automated", "not_public")
    assert numbers.turned_away == {f"ozone/{code}": 1 for code in codes}
    sources = sorted(each.source_type for each in world.journal.values() if each.type == "decision")
    assert sources == ["ARTICLE_16", "ARTICLE_16", "OTHER_NOTIFICATION", "VOLUNTARY"]


@pytest.mark.parametrize("known", range(9))
def test_a_longer_history_adds_only_what_is_new(known: int) -> None:
    answer = history("seen report down appeal back resolved again ok")
    whole = read("ozone", answer)
    part = read("ozone", {"events": answer["events"][8 - known :]})
    assert part == whole[: len(part)]
    world = decided(part, whole)
    assert (world.receipts(), len(world.journal)) == ({}, len(whole))


@pytest.mark.parametrize(("words", "ends"), [
    ("down", "confirmed"),
    ("ok seen email", ""),
    ("report ok", "notice dismissed"),
    ("report again down ok", "notice notice confirmed confirmed"),
    ("down report ok", "confirmed notice confirmed"),
    ("report-by-machine down", "confirmed"),
    ("report spam ok no-spam", "notice confirmed own_initiative"),
    ("spam appeal resolved", "confirmed complaint upheld"),
    ("spam appeal spam resolved", "confirmed complaint confirmed upheld"),
    ("spam appeal down-by-ben", "confirmed complaint upheld confirmed"),
    ("down appeal back resolved", "confirmed complaint reversed complaint"),
    ("down appeal back-by-ana resolved", "confirmed complaint own_initiative reversed"),
    ("down back down", "confirmed own_initiative confirmed"),
    ("appeal resolved back", ""),
])  # fmt: skip
def test_an_action_ends_what_was_open(words: str, ends: str) -> None:
    """The verdict, outcome or cause of each message, or its type."""
    messages = read("ozone", history(words), machines=["did:plc:labeler"])
    said = [
        next(each[key] for key in ("verdict", "outcome", "cause", "type") if key in each)
        for each in messages
    ]
    assert said == ends.split()
    assert decided(messages).receipts() == {}


def test_a_report_names_the_actions_that_answer_it() -> None:
    answer = history("report again ok down")
    named = {"reports": [{"eventId": 0, "actionEventIds": [3]}]}
    first, second, decision = read("ozone", answer | named)
    assert (decision["verdict"], decision["notice"]) == ("confirmed", first["id"])
    by_order = read("ozone", answer)[2:4]
    assert [each["notice"] for each in by_order] == [first["id"], second["id"]]


def test_who_decided_does_not_decide_the_complaint() -> None:
    world = decided(read("ozone", history("down appeal resolved-by-ana")))
    assert [each.code for each in world.receipts().values()] == ["same_moderator"]


LIST = {"$type": "com.atproto.repo.strongRef", "uri": "at://did:plc:a/app.bsky.graph.list/1"}


@pytest.mark.parametrize(("words", "changes", "code"), [
    ("down", {"subject": {"$type": "com.atproto.admin.defs#repoRef"}}, "about_account"),
    ("down", {"subject": {"$type": "chat.bsky.convo.defs#messageRef"}}, "not_public"),
    ("report", {"subject": LIST}, "not_public"),
    ("down", {"modTool": {"name": "automod/1.1.3"}}, "automated"),
    ("down", {"modTool": {"name": "x", "meta": {"isAutomated": True}}}, "automated"),
    ("down-by-machine", {}, "automated"),
    ("account-closed", {}, "automated"),
    ("back-in-time", {}, "automated"),
])  # fmt: skip
def test_other_decisions_are_only_counted(words: str, changes: dict[str, Any], code: str) -> None:
    answer = history(words, **changes)
    [counted] = read("ozone", answer, machines=["automod", "did:plc:labeler"])
    assert (counted["type"], counted["source"], counted["code"]) == ("turned_away", "ozone", code)


@pytest.mark.parametrize("message", [one for each in ANSWERS for one in read("ozone", each)])
def test_only_the_address_of_a_post_goes_on(message: dict[str, Any]) -> None:
    kept = json.dumps(message | {"ground_url": "", "reason": ""})
    assert not [word for word in PERSONS if word in kept]
    if url := message.get("url"):
        _, _, did, _, key = message["post"].split("/")
        assert url == f"https://app.example/profile/{did}/post/{key}"


@pytest.mark.parametrize(("answer", "code", "field"), [
    (history("rude"), "unmapped", "table.policies"),
    (history("down-for-rudeness"), "unmapped", "table.policies"),
    (history("down-for-nothing"), "unmapped", "table.policies"),
    (history("label-rude"), "unmapped", "table.actions"),
    (history("hidden"), "unmapped", "table.actions"),
    (history("down", subject=LIST | {"uri": "https://a.example"}), "field_type",
     "events[0].subject.uri"),
    ({"reports": []}, "field_missing", ""),
])  # fmt: skip
def test_what_maps_to_nothing_is_refused(answer: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(AdapterError) as refused:
        read("ozone", answer)
    assert (refused.value.code, refused.value.field) == (code, field)
