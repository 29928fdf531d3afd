"""What the Digital Services Act asks of a provider, as publish hands it out."""

import json
from typing import Any

import pytest
from support.decided_findings import RULE, do, world
from support.publish_world import World
from support.sample_entries import decision

from dsa.report_proof import WrittenReport, prove
from ledger.keys import report_key, statement_batch_key, statements_of_day
from publish_steps import handover

DAY = "2026-11-25"


def stated(made: World, numbers: range) -> None:
    """Decisions with a measure, and their statements as decide puts them."""
    for number in numbers:
        do(made, decision(f"s {number}"))
        puid = f"{number:064x}"
        key = f"{statements_of_day('acme', DAY)}{puid}.json"
        made.files[key] = json.dumps({"puid": puid}).encode()


def batch(made: World, number: int) -> list[str]:
    data = made.files[statement_batch_key("acme", DAY, number)]
    return [one["puid"] for one in json.loads(data)["statements"]]


def test_statements_of_a_day_become_batches_that_the_database_takes() -> None:
    made = world(d20261125=4)
    stated(made, range(230))
    made.publish("2026-11-26T02:00:00Z")
    sizes = [len(batch(made, number)) for number in (1, 2, 3)]
    assert sizes == [100, 100, 30]
    assert batch(made, 1)[0] == f"{0:064x}"


def test_a_batch_that_stands_is_not_written_again() -> None:
    made = world(d20261125=4)
    stated(made, range(130))
    made.publish("2026-11-26T02:00:00Z")
    made.calls.writes.clear()
    stated(made, range(130, 140))
    made.publish("2026-11-26T03:00:00Z")
    written = [key for key in made.calls.writes if "/statements/" in key]
    assert written == [statement_batch_key("acme", DAY, 2)]
    assert len(batch(made, 2)) == 40


def reported(made: World) -> dict[str, bytes]:
    prefix = report_key("acme", "2026", "")
    stored = made.files
    return {key.removeprefix(prefix): stored[key] for key in stored if key.startswith(prefix)}


def in_december() -> World:
    made = world(d20261230=4)
    do(made, decision("d", "confirmed", day="2026-12-30", rules={RULE: 2}))
    return made


def test_a_year_is_reported_when_it_is_over() -> None:
    made = in_december()
    made.publish("2026-12-31T12:00:00Z")
    assert reported(made) == {}
    made.publish("2027-01-01T02:00:00Z")
    files = reported(made)
    assert prove(WrittenReport.read(files)).differences == ()
    assert b"2026-01-01/2026-12-31" in files["Part_8_automated_means.csv"]
    assert b'"inspected":' in files["ledger.jsonl"]
    made.calls.writes.clear()
    made.publish("2027-01-01T03:00:00Z")
    assert not [key for key in made.calls.writes if "/reports/" in key]


def test_a_report_that_died_half_way_is_ended() -> None:
    made = in_december()
    made.publish("2026-12-31T12:00:00Z")
    whole = in_december()
    whole.publish("2027-01-01T02:00:00Z")
    made.publish("2027-01-01T02:00:00Z")
    del made.files[report_key("acme", "2026", "ledger.jsonl")]
    del made.files[report_key("acme", "2026", "report.xlsx")]
    made.publish("2027-01-01T03:00:00Z")
    assert reported(made) == reported(whole)


def test_a_report_that_is_not_proved_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that counts one number wrong."""
    right = handover.report_files

    def wrong(*given: Any) -> dict[str, bytes]:
        files = right(*given)
        name = "Part_7_appeals_and_recidivism.csv"
        return files | {name: files[name].replace(b"Total number,0,", b"Total number,1,", 1)}

    monkeypatch.setattr(handover, "report_files", wrong)
    made = in_december()
    outcome = made.publish("2027-01-01T02:00:00Z")
    assert reported(made) == {}
    assert [one.split(":")[0] for one in outcome.unproved] == ["acme 2026"] * 2


def test_a_day_without_a_measure_is_not_looked_through_for_statements() -> None:
    made = world(d20261125=4)
    do(made, decision("d", "dismissed"))
    made.publish("2026-11-26T02:00:00Z")
    assert not [key for key in made.calls.writes if "/statements/" in key]
