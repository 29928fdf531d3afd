"""Reports and strikes of Mastodon become notices, decisions, complaints, outcomes."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.case_world import CaseWorld

from adapters import AdapterError, translate
from cases.kinds import case_lines, case_numbers
from ledger.numbers import pseudonym_of
from terang.case_queue import in_waves

CONNECT = Path(__file__).parents[3] / "events/connect"
TABLE = json.loads((CONNECT / "mastodon-table.json").read_text())
SENT_BODIES = [json.loads(line) for line in (CONNECT / "mastodon.jsonl").read_text().splitlines()]
CREATED, UPDATED, _, NO_POSTS, DELETED, _, RESOLVED, MARKED, _, _ = SENT_BODIES
REPORT = CREATED["object"]
PERSONS = ("mail.example", "192.0.2", "kim", "lou", "ana", "friend", "win a", "It wants")
GONE = {"id": "901", "visibility": None, "reported": True}
HELD = GONE | {"visibility": "not public"}
SHOWN = GONE | {"visibility": "public", "reported": False}


def read(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [*translate("mastodon", body, TABLE, lambda who: pseudonym_of(b"k", who))]


def test_all_that_mastodon_sends_is_taken_once() -> None:
    cases = CaseWorld()
    for wave in [wave for body in SENT_BODIES * 2 for wave in in_waves(read(body))]:
        cases.decide(*wave)
    assert cases.receipts() == {}
    numbers = case_numbers(case_lines(cases.journal.values(), {}, 1))
    assert (numbers.notices, numbers.notices_answered, numbers.decisions) == (2, 2, 3)
    assert numbers.by_verdict == {"confirmed": 2, "dismissed": 1}
    assert numbers.complaints_ended == {"reversed": 1, "upheld": 1}
    assert numbers.reinstated == {"complaint": 1}
    assert numbers.turned_away == {
        "mastodon/about_account": 2, "mastodon/automated": 1, "mastodon/not_public": 1
    }  # fmt: skip


def test_a_webhook_its_update_an_api_report_and_a_strike_give_the_same_notice() -> None:
    notice, counted = read(CREATED)
    assert (notice["post"], notice["url"]) == ("901", "https://social.example/statuses/901")
    assert (notice["category"], notice["article_16"]) == ("SCAMS_AND_FRAUD", True)
    assert read(UPDATED) == read(REPORT) == [notice, counted]
    assert read(DELETED)[:2] == [notice, read(DELETED)[1] | {"notice": notice["id"]}]


@pytest.mark.parametrize("message", [one for body in SENT_BODIES for one in read(body)])
def test_no_person_and_no_word_of_a_report_goes_on(message: dict[str, Any]) -> None:
    kept = json.dumps(message | {"reason": "", "moderator": ""})
    assert not [word for word in PERSONS if word in kept]
    assert message.get("moderator") not in ("21", "22")


STRIKES: dict[str, tuple[dict[str, Any], list[str], dict[str, Any]]] = {
    "nobody did anything": (RESOLVED, ["notice", "decision"], {"verdict": "dismissed"}),
    "a warning": (DELETED | {"action": "none", "appeal": None}, ["notice", "decision"],
                  {"verdict": "confirmed", "reason": DELETED["text"]}),
    "a post that is gone": (DELETED | {"statuses": [GONE], "appeal": None}, ["decision"],
                            {"reason": TABLE["actions"]["delete_statuses"]["reason"]}),
    "a gone post that nobody reported": (DELETED | {"statuses": [GONE | {"reported": False}]},
                                         ["turned_away"], {"code": "not_public"}),
    "a private post": (DELETED | {"statuses": [HELD]}, ["turned_away"], {"code": "not_public"}),
    "of another report": (DELETED | {"statuses": [SHOWN], "appeal": None}, ["decision"],
                          {"post": "901", "category": "SCAMS_AND_FRAUD"}),
    "own initiative": (MARKED | {"appeal": None}, ["decision"],
                       {"post": "904", "category": "OTHER_VIOLATION_TC"}),
    "what Mastodon takes back": (MARKED, ["decision", "complaint", "outcome", "reinstatement"],
                                 {"cause": "complaint"}),
    "what cannot come back": (MARKED | {"action": "delete_statuses"},
                              ["decision", "complaint", "outcome"], {"outcome": "reversed"}),
    "an open appeal": (MARKED | {"appeal": MARKED["appeal"] | {"answer": None}},
                       ["decision", "complaint"], {"by": "author"}),
    "an account with its posts": (DELETED | {"action": "suspend"}, ["turned_away"],
                                  {"code": "about_account"}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "types", "last"), STRIKES.values(), ids=STRIKES)
def test_a_strike_decides(body: dict[str, Any], types: list[str], last: dict[str, Any]) -> None:
    made = read(body)
    assert [message["type"] for message in made] == types
    assert made[-1].items() >= last.items()


@pytest.mark.parametrize(("body", "code", "field"), [
    (CREATED | {"event": "status.created"}, "unmapped", "event"),
    (CREATED | {"object": "x"}, "field_type", ""),
    (REPORT | {"category": "legal", "rules": [{"id": "4"}]}, "unmapped", "table.policies"),
    (DELETED | {"action": "hide"}, "unmapped", "table.actions"),
    (DELETED | {"moderator": None}, "field_type", "moderator"),
    ({}, "field_missing", ""),
], ids=["another event", "no report", "a category nobody mapped", "an action nobody mapped",
        "nobody who decided", "nothing"])  # fmt: skip
def test_what_maps_to_nothing_is_refused(body: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(AdapterError) as refused:
        read(body)
    assert (refused.value.code, refused.value.field) == (code, field)
