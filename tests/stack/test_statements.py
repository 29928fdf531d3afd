"""Decisions through the deployed template: statements in batches, and a report of their day.

That publish writes the report of a year that is over is seen in `month/test_year.py`, where a
stack's clocks may be put forward.
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from stack.running import DAY, STACK, Running
from support.sample_messages import decision, notice

from ledger.cases import case_id
from ledger.keys import statement_batch_key, statement_key
from terang.cli.command import main

PROVIDER = "stated-chat"
TEXTS = (
    "Please send me the OTP you just got, I need it for your booking.",
    "Send me the OTP please, it was sent to you by mistake.",
    "You won, send me the OTP please before noon.",
)
SECONDS = 60


@pytest.fixture(scope="module")
def batch(running: Running) -> list[dict[str, Any]]:
    """Two measures, one of them on a notice, and a dismissal; then the day is published."""
    running.register(PROVIDER, ())
    posts = [
        {
            "id": f"p-{number}",
            "account": "user-1",
            "text": text,
            "audience": "public",
            "published_at": "2026-11-24T21:12:00+00:00",
        }
        for number, text in enumerate(TEXTS)
    ]
    running.finish(PROVIDER, [], running.send(PROVIDER, [json.dumps(posts)]))
    found = {one.post: one.finding for one in running.store.open_findings(PROVIDER, 10)}
    messages = [
        decision(found["p-0"], id="d-0"),
        notice(id="n-1", post="p-1", finding=found["p-1"]),
        decision(found["p-1"], id="d-1", notice="n-1"),
        decision(found["p-2"], id="d-2", verdict="dismissed"),
    ]
    running.send_cases(PROVIDER, [json.dumps(message) for message in messages])
    bucket, objects = running.outputs["OutBucket"], running.objects
    last = statement_key(PROVIDER, DAY, case_id("decision", PROVIDER, "d-1"))
    until = time.monotonic() + SECONDS
    while len(running.store.journal_entries(PROVIDER, DAY)) < len(messages) or not objects.get(
        bucket, last
    ):
        assert time.monotonic() < until, "a decision or its statement did not come"
        time.sleep(0.1)
    running.publish()
    data = objects.get(bucket, statement_batch_key(PROVIDER, DAY, 1))
    statements: list[dict[str, Any]] = json.loads(data or b"{}")["statements"]
    return statements


def test_each_measure_has_its_statement_in_the_batch_of_the_day(
    batch: list[dict[str, Any]],
) -> None:
    told = {one["puid"]: (one["source_type"], one["automated_detection"]) for one in batch}
    assert told == {
        case_id("decision", PROVIDER, "d-0"): ("SOURCE_VOLUNTARY", "Yes"),
        case_id("decision", PROVIDER, "d-1"): ("SOURCE_ARTICLE_16", "No"),
    }
    assert {one["category"] for one in batch} == {"STATEMENT_CATEGORY_SCAMS_AND_FRAUD"}


def test_the_batch_has_no_problem(batch: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    path.write_text(json.dumps({"statements": batch}))
    assert main(["statements", "lint", str(path), "--today", DAY]) == 0


def test_the_report_of_the_day_is_read_from_the_stack_and_proved(
    running: Running,
    batch: list[dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in running.stack.environment().items():
        monkeypatch.setenv(name, value)
    out = str(tmp_path / "report")
    words = ["report", "--provider", PROVIDER, "--period", f"{DAY}/{DAY}", "--out", out]
    assert main([*words, "--stack", STACK]) == 0
    assert main(["report", "check", out]) == 0
    capsys.readouterr()
    assert main(["report", "check", out, "--cell", "5:1:F"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [case_id("decision", PROVIDER, "d-0")]
