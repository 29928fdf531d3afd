"""No decision is lost and none is written twice, whatever dies in between."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from support.desk_world import dossier, finding

from desk.deciding import DecisionForm, decide, form_id
from desk.items import Door, Moderator, Role
from ledger.case_messages import PendingDecision, PendingState
from ledger.refusals import OperatorError
from terang.case_queue import read_messages
from terang.review import sitting
from terang.review.sitting import PendingBook

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.FILE)


def decision(number: int = 1, at: datetime = NOW) -> PendingDecision:
    """A dismissal of a post of its own."""
    form = DecisionForm(form_id("m-7", at, f"{number:08x}"), "dismissed", reason="A quotation.")
    return decide(form, dossier(finding(f"p{number}")), WHO, at)


def ids(file: Path) -> list[str]:
    return [message["id"] for message in read_messages(file)] if file.exists() else []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new/decisions.jsonl"


def test_a_decision_is_in_the_file_after_ten_seconds_and_not_before(file: Path) -> None:
    book = PendingBook.open(file, NOW)
    book.store_pending(decision())
    book.finish(NOW + timedelta(seconds=9))
    assert ids(file) == []
    book.finish(NOW + timedelta(seconds=10))
    book.finish(NOW + timedelta(seconds=20))
    assert ids(file) == [decision().id]


def test_one_taken_back_is_never_in_the_file(file: Path) -> None:
    book = PendingBook.open(file, NOW)
    book.store_pending(decision())
    assert book.undo(decision().id, NOW + timedelta(seconds=9))
    assert book.undo(decision().id, NOW + timedelta(seconds=9)), "a second click changes nothing"
    book.finish(NOW, everything=True)
    assert ids(file) == []
    first = PendingBook.open(file, NOW).store_pending(decision())
    assert first is not None
    assert first.undone


def test_one_that_is_due_cannot_be_taken_back(file: Path) -> None:
    book = PendingBook.open(file, NOW)
    book.store_pending(decision())
    assert not book.undo(decision().id, NOW + timedelta(seconds=10))
    assert not book.undo("unknown", NOW)


@pytest.mark.parametrize("writes", range(6))
def test_a_death_at_any_write_loses_and_repeats_nothing(
    file: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three decisions, the second taken back; the process dies at each write in turn."""
    real, left = sitting._append_lines, [writes]

    def dying(target: Path, records: list[msgspec.Struct]) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(target, records)  # type: ignore[arg-type]

    made = [decision(number, NOW + timedelta(seconds=number)) for number in (1, 2, 3)]
    held = []
    monkeypatch.setattr(sitting, "_append_lines", dying)
    try:
        book = PendingBook.open(file, NOW)
        for each in made:
            book.store_pending(each)
            held.append(each.id)
        book.undo(made[1].id, NOW + timedelta(seconds=4))
        held.remove(made[1].id)
        book.finish(NOW + timedelta(seconds=60))
    except KeyboardInterrupt:
        pass
    monkeypatch.setattr(sitting, "_append_lines", real)
    PendingBook.open(file, NOW + timedelta(seconds=61))
    PendingBook.open(file, NOW + timedelta(seconds=62))
    assert ids(file) == held


def test_half_a_line_is_no_decision(file: Path) -> None:
    book = PendingBook.open(file, NOW)
    book.store_pending(decision(1))
    with book.pending_file.open("ab") as opened:
        opened.write(b'{"id": "m-7-2')
    again = PendingBook.open(file, NOW)
    again.store_pending(decision(2))
    PendingBook.open(file, NOW).finish(NOW, everything=True)
    assert ids(file) == [decision(1).id, decision(2).id]


def test_earlier_content_of_the_file_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"id": "before"}')
    book = PendingBook.open(file, NOW)
    book.store_pending(decision())
    book.finish(NOW, everything=True)
    assert ids(file) == ["before", decision().id]


def test_what_decide_answered_is_remembered(file: Path) -> None:
    book = PendingBook.open(file, NOW)
    book.store_pending(decision())
    book.finish(NOW, everything=True)
    [sent] = book.unanswered()
    book.answer(msgspec.structs.replace(sent, state=PendingState.REFUSED, first="m-1"))
    again = PendingBook.open(file, NOW)
    assert again.unanswered() == []
    assert again.decisions[0].first == "m-1"


def test_a_pending_file_of_something_else_is_refused(file: Path) -> None:
    file.parent.mkdir()
    file.with_name("decisions.jsonl.pending").write_text('{"id": 7}\n')
    with pytest.raises(OperatorError, match="not the pending decisions"):
        PendingBook.open(file, NOW)
