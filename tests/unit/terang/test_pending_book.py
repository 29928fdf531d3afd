"""No decision is lost and none is written twice, whatever dies in between."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from support.desk_world import dossier, finding
from support.sample_posts import StandingClock

from desk import Door, Moderator, Role
from desk.deciding import DecisionForm, decide, form_id
from desk.table_desk import CannedReason
from ledger.codes import OperatorError
from ledger.desk_store import PendingDecision, PendingState
from terang import home_desk
from terang.case_queue import read_messages
from terang.home_desk import PendingBook

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.FILE)


def decision(number: int = 1, at: datetime = NOW) -> PendingDecision:
    """A dismissal of a post of its own."""
    form = DecisionForm(form_id("m-7", at, f"{number:08x}"), "dismissed", reason="A quotation.")
    return decide(form, dossier(finding(f"p{number}")), WHO, at)


def opened(file: Path, **later: float) -> PendingBook:
    """The book as a process opens it so much later."""
    return PendingBook.open(file, "acme", StandingClock(NOW + timedelta(**later)))


def ids(file: Path) -> list[str]:
    return [message["id"] for message in read_messages(file)] if file.exists() else []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new/decisions.jsonl"


@pytest.fixture
def book(file: Path) -> PendingBook:
    return opened(file)


def move(book: PendingBook, seconds: float) -> None:
    """Finish what is due so many seconds after NOW."""
    clock = book.rows.clock
    assert isinstance(clock, StandingClock)
    clock.moment = NOW + timedelta(seconds=seconds)
    book.finish()


def test_a_decision_is_in_the_file_after_ten_seconds_and_not_before(
    file: Path, book: PendingBook
) -> None:
    book.rows.store_pending(decision())
    move(book, 9)
    assert ids(file) == []
    move(book, 10)
    move(book, 20)
    assert ids(file) == [decision().id]
    assert not book.rows.undo_pending("acme", "m-7", decision().id)


def test_one_taken_back_is_never_in_the_file(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision())
    assert book.rows.undo_pending("acme", "m-7", decision().id)
    assert book.rows.undo_pending("acme", "m-7", decision().id), "a second click changes nothing"
    book.finish(everything=True)
    assert ids(file) == []
    first = opened(file).rows.store_pending(decision())
    assert first is not None
    assert first.state is PendingState.UNDONE


@pytest.mark.parametrize("writes", range(6))
def test_a_death_at_any_write_loses_and_repeats_nothing(
    file: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three decisions, the second taken back; the process dies at each write in turn."""
    real, left = home_desk._append_lines, [writes]

    def dying(target: Path, records: Iterable[bytes]) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(target, records)

    made = [decision(number, NOW + timedelta(seconds=number)) for number in (1, 2, 3)]
    held = []
    monkeypatch.setattr(home_desk, "_append_lines", dying)
    try:
        book = opened(file)
        for each in made:
            book.rows.store_pending(each)
            held.append(each.id)
        book.rows.undo_pending("acme", "m-7", made[1].id)
        held.remove(made[1].id)
        move(book, 60)
    except KeyboardInterrupt:
        pass
    monkeypatch.setattr(home_desk, "_append_lines", real)
    opened(file, seconds=61)
    opened(file, seconds=62)
    assert ids(file) == held


def test_half_a_line_is_no_decision(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision(1))
    with book.pending_file.open("ab") as half:
        half.write(b'{"id": "m-7-2')
    opened(file).rows.store_pending(decision(2))
    opened(file)
    assert ids(file) == [decision(1).id, decision(2).id]


def test_earlier_content_of_the_file_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"id": "before"}')
    book = opened(file)
    book.rows.store_pending(decision())
    book.finish(everything=True)
    assert ids(file) == ["before", decision().id]


def test_what_decide_answered_and_the_reasons_are_remembered(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision())
    book.finish(everything=True)
    [sent] = book.decisions(PendingState.SENT)
    book.rows.end_pending(msgspec.structs.replace(sent, state=PendingState.REFUSED, first="m-1"))
    reasons = [CannedReason(text="It is a joke.", verdict="dismissed", language="en")]
    book.rows.put_reasons("acme", reasons)
    again = opened(file)
    assert [each.first for each in again.decisions(PendingState.REFUSED)] == ["m-1"]
    assert again.decisions(PendingState.SENT) == []
    assert again.rows.reasons("acme", list[CannedReason]) == reasons


def test_a_file_keeps_its_items_for_good_but_not_those_it_leaves_open(
    file: Path, book: PendingBook
) -> None:
    """Nobody may have sent it yet, whatever the table of the stack says."""
    form = DecisionForm(form_id("m-7", NOW, "0000000a"), "skipped")
    skipped = decide(form, dossier(finding("p2")), WHO, NOW)
    for each in (decision(), skipped):
        book.rows.store_pending(each)
    later = opened(file, days=90)
    assert later.rows.live_items("acme") == set(decision().items)
    first = later.rows.store_pending(
        msgspec.structs.replace(decision(), id="another", messages=skipped.messages)
    )
    assert first is not None
    assert first.id == decision().id
    assert later.rows.store_pending(msgspec.structs.replace(skipped, id="again")) is None


def test_a_pending_file_of_something_else_is_refused(file: Path) -> None:
    file.parent.mkdir()
    file.with_name("decisions.jsonl.pending").write_text('{"id": 7}\n')
    with pytest.raises(OperatorError, match="not the pending decisions"):
        opened(file)
