"""What Coop sends becomes messages that decide takes: notices, decisions, complaints, outcomes."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.case_world import CaseWorld
from support.connected import decided, sent_by, table_of
from support.connected import read as read_as

from adapters import AdapterError
from cases.kinds import case_lines, case_numbers
from terang.cli import run

TABLE, SENT_BODIES = table_of("coop"), sent_by("coop")
REPORTED, ACTED, ALONE, APPEALED, ANSWERED, RESTORED, *AWAY = SENT_BODIES
PERSONS = ("forum.example", "member-", "ana", "ben", "bicycle")
read = partial(read_as, "coop")


@pytest.fixture
def cases() -> CaseWorld:
    """A provider that sends what Coop sends, each body twice, and no posts."""
    bodies = [*SENT_BODIES[:6] * 2, AWAY[0], AWAY[1], AWAY[0] | {"userStrikeCount": 2}]
    return decided([message for body in bodies for message in read(body)])


def test_all_that_coop_sends_is_taken_once(cases: CaseWorld) -> None:
    assert cases.receipts() == {}
    assert cases.types() == sorted([
        "notice", "decision", "decision", "complaint", "outcome", "reinstatement",
        *["turned_away"] * 3,
    ])  # fmt: skip


def test_a_decision_without_a_report_is_the_providers_own_initiative(cases: CaseWorld) -> None:
    statements = [msgspec.json.decode(data) for key, data in cases.files.items()
                  if "/decisions/" in key]  # fmt: skip
    said = {
        one["source_type"]: (one["category"], one["automated_detection"], one["content_date"])
        for one in statements
    }
    assert said == {
        "SOURCE_ARTICLE_16": ("STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "No", "2026-11-25"),
        "SOURCE_VOLUNTARY": ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", "No", "2026-11-25"),
    }
    alone = next(each for each in cases.journal.values() if each.source_type == "VOLUNTARY")
    assert (alone.article_16, alone.about) == (False, None)
    numbers = case_numbers(case_lines(cases.journal.values(), {}, 1))
    assert (numbers.notices, numbers.notices_answered, numbers.decisions) == (1, 1, 2)
    assert numbers.turned_away == {"coop/about_account": 2, "coop/automated": 1}
    assert (numbers.under_5_seconds, len(numbers.notice_seconds)) == (0, 1)


@pytest.mark.parametrize("message", [one for body in SENT_BODIES[:6] for one in read(body)])
def test_only_the_address_of_a_post_and_a_pseudonym_of_a_person_go_on(
    message: dict[str, Any],
) -> None:
    kept = json.dumps(message | {"url": "", "ground_url": "", "reason": ""})
    assert not [word for word in PERSONS if word in kept]


@pytest.mark.parametrize(("body", "code"), [
    (AWAY[0], "about_account"),
    (ACTED | {"item": {"id": "m", "typeId": "forum-member"}}, "about_account"),
    (AWAY[2], "not_public"),
    (AWAY[1], "automated"),
    (AWAY[1] | {"policies": []}, "automated"),
])  # fmt: skip
def test_what_goes_no_further_is_counted(body: dict[str, Any], code: str) -> None:
    [counted] = read(body)
    assert counted == {
        "type": "turned_away", "id": counted["id"], "source": "coop", "code": code,
    }  # fmt: skip


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a policy nobody mapped": (ACTED | {"policies": [{"id": "rude"}]}, "unmapped",
                               "table.policies"),
    "no policy": (ACTED | {"policies": []}, "unmapped", "table.policies"),
    "an action nobody mapped": (ACTED | {"action": {"id": "hide"}}, "unmapped", "table.actions"),
    "an appeal of no measure": (APPEALED | {"actionsTaken": []}, "field_missing", "actionsTaken"),
    "an answer nobody mapped": (ANSWERED | {"appealDecision": "MAYBE"}, "unmapped",
                                "table.actions"),
    "no item": ({"action": {"id": "x"}}, "field_missing", ""),
    "an item that is a text": (ACTED | {"item": "101"}, "field_type", "item"),
    "no body of coop": ({}, "field_missing", ""),
    "policies that are a text": (ACTED | {"policies": "spam"}, "field_type", "policies"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code", "field"), REFUSED.values(), ids=REFUSED)
def test_what_maps_to_nothing_is_refused_and_never_guessed(
    body: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(AdapterError) as refused:
        read(body)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(("table", "field"), [
    ({"address": "https://forum.example/"}, "table.address"),
    ({"public": "forum-post"}, "table.public"),
    ({"policies": {"scam": TABLE["policies"]["scam"] | {"category": "RUDE"}}}, "table.policies"),
    ({"colour": "red"}, "table"),
])  # fmt: skip
def test_a_table_is_checked_where_it_is_wrong(table: dict[str, Any], field: str) -> None:
    with pytest.raises(AdapterError) as refused:
        read(ACTED, **table)
    assert refused.value.field.startswith(field)


def test_each_report_of_an_action_gets_its_own_decision_and_one_the_measure() -> None:
    history = [{"reason": why, "reporter": {"id": "m", "typeId": "t"}} for why in ("a", "b")]
    first, second = read(ACTED | {"custom": {"reportHistory": history}})
    assert first["notice"] != second["notice"]
    assert ("measures" in first, "measures" in second) == (True, False)
    [noticed] = read(REPORTED)
    assert read(ACTED)[0]["notice"] == noticed["id"]


def test_the_import_names_what_only_counts_and_what_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its table lies beside the file. What was refused makes it end with 1."""
    sent = [AWAY[0], ACTED | {"policies": [{"id": "rude"}]}, ALONE]
    (tmp_path / "coop.jsonl").write_text("\n".join(map(json.dumps, sent)))
    (tmp_path / "coop-table.json").write_text(json.dumps(TABLE))
    ran: list[Any] = []
    monkeypatch.setattr(run, "run", lambda imported, **_: ran.append(imported) or 0)
    assert run.import_cases(tmp_path / "coop.jsonl", source="coop", provider="acme") == 1
    assert [one["type"] for one in ran[0]] == ["turned_away", "decision"]
    said = capsys.readouterr().err
    assert ": 1: about_account: " in said
    assert ": 2: unmapped: " in said
