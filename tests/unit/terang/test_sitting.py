"""A sitting from the first page to the last: what is decided is in the file, and sent once."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from support.desk_world import http_event
from support.review_world import WHO, desk_of, run_folder

from ledger.codes import OperatorError
from ledger.desk_store import PendingState
from ledger.texts import SystemClock
from terang.case_queue import MessageResult, read_messages
from terang.home_desk import HomeServer, PendingBook, Sitting
from terang.run_table import RunTable, clock_of_run


def decide_first(server: HomeServer) -> None:
    """Dismiss the first post and its copies, as a browser would, then interrupt the command."""
    cookie = server.enter(server.key).partition(";")[0]
    cookies = dict([cookie.split("=", 1)])
    [item, *_] = server.application.desk.items(WHO)
    page = server.answer(http_event("GET", f"/card/{item.key}", cookies=cookies))["body"]
    fields = {
        name: re.findall(f'name="{name}" value="([^"]+)"', page)
        for name in ("token", "id", "shown", "kept")
    }
    fields["token"], fields["id"] = fields["token"][:1], fields["id"][:1]
    form = urlencode(fields | {"verdict": "dismissed", "reason": "A quotation."}, doseq=True)
    headers = {"origin": server.origin, "content-type": "application/x-www-form-urlencoded"}
    path = f"/card/{item.key}/decide"
    for sent, status in ((form, 303), (form, 303), (form.replace("dismissed", "confirmed"), 409)):
        answer = server.answer(http_event("POST", path, sent, headers, cookies))
        assert answer["statusCode"] == status
    assert "Dismissed, can be undone" in answer["body"]
    raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "run")


def sit(folder: Path, send: Any = None) -> Any:
    table = RunTable.read(folder, [])
    file, clock = folder / "d.jsonl", clock_of_run(folder)
    return Sitting(WHO, table.desk, file, clock, table.judge, send=send).run(decide_first)


def opened(folder: Path) -> PendingBook:
    return PendingBook.open(folder / "d.jsonl", "acme", clock_of_run(folder))


def test_an_interrupt_loses_no_decision(folder: Path) -> None:
    assert sit(folder)[0] == 3
    messages = read_messages(folder / "d.jsonl")
    assert [message["verdict"] for message in messages] == ["dismissed"] * 3
    assert len({message["group"] for message in messages}) == 1


def test_the_desk_knows_what_the_messages_of_the_run_decided(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.cases.SECOND_REVIEW_PER", 2**40)  # else one in 20 waits again
    waiting = len(desk_of(folder).items(WHO))
    sit(folder)
    (folder / "d.jsonl").rename(folder / "cases.jsonl")
    assert len(desk_of(folder).items(WHO)) == waiting - 3


def test_a_decision_is_sent_once_and_its_answer_is_kept(folder: Path) -> None:
    sent: list[str] = []

    def send(messages: Sequence[Mapping[str, Any]]) -> list[MessageResult]:
        sent.extend(message["id"] for message in messages)
        return [MessageResult(each["id"], "decision", "refused", "decided_already", first="m-1")
                for each in messages]  # fmt: skip

    *_, problem = sit(folder, send)
    assert problem is None
    assert sent == [message["id"] for message in read_messages(folder / "d.jsonl")]
    [refused] = opened(folder).decisions(*PendingState)
    assert (refused.state, refused.first) == (PendingState.REFUSED, "m-1")


def test_a_stack_that_does_not_answer_leaves_the_decision_in_the_file(folder: Path) -> None:
    def send(_: Sequence[Mapping[str, Any]]) -> list[MessageResult]:
        raise OperatorError("3 messages were not answered")

    *_, problem = sit(folder, send)
    assert "not answered" in str(problem)
    assert len(read_messages(folder / "d.jsonl")) == 3
    assert len(opened(folder).decisions(PendingState.SENT)) == 1


def test_the_clock_of_a_run_has_the_day_that_the_run_was_given(tmp_path: Path) -> None:
    """Else decide would refuse what is decided on the samples: it would come from the future."""
    assert clock_of_run(tmp_path) == SystemClock()
    (tmp_path / "run.json").write_text('{"today":"2026-11-25"}\n')
    assert clock_of_run(tmp_path / "findings.jsonl") == SystemClock(date(2026, 11, 25))
    (tmp_path / "run.json").write_text('{"today":"yesterday"}')
    with pytest.raises(OperatorError, match=r"run\.json: not from a run"):
        clock_of_run(tmp_path)
