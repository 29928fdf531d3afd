"""The function decide, event by event: what failed comes again, and no word is logged."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest
from integration.handlers import Context, call, delivery, deployed
from integration.metrics import metrics_of
from support.sample_messages import complaint, decision, notice, on_day, order, suspension
from support.sample_posts import OTP, lines
from support.world import DAY, World

from ledger.codes import CaseReceipt

CANARY = "canary-4711"


@pytest.fixture
def decide(world: World) -> Iterator[ModuleType]:
    with deployed("decide", world) as module:
        yield module


def about(number: int, *messages: Any, **named: str) -> dict[str, Any]:
    """A delivery of messages of `acme`."""
    dated = [on_day(DAY, message) if isinstance(message, dict) else message for message in messages]
    body = json.dumps(dated[0] if len(dated) == 1 else dated)
    return delivery(number, body, "arn:cases", **({"provider": "acme"} | named))


def case_receipts(world: World) -> list[CaseReceipt]:
    keys = world.objects.keys(world.out, "out/acme/receipts/messages/")
    return [msgspec.json.decode(world.objects.get(world.out, key) or b"", type=CaseReceipt)
            for key in keys]  # fmt: skip


def types(world: World) -> list[str]:
    return sorted(entry.type for entry in world.store.journal_entries("acme", DAY))


def test_an_object_an_array_and_lines_are_taken_and_counted(world: World, decide: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    world.scan(*world.take_in(lines(OTP)))
    [finding] = world.open_findings()
    rows = "\n".join(map(json.dumps, (order(), suspension(), order(id="q-3", country="XX"))))
    records = [about(0, decision(finding)), about(1, complaint(), notice()),
               delivery(2, rows, "arn:cases", provider="acme")]  # fmt: skip
    assert call(decide, *records) == []
    assert call(decide, *records) == []
    assert types(world) == ["complaint", "decision", "notice", "order", "suspension"]


def test_only_what_failed_comes_again(world: World, decide: ModuleType,
                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    commit = type(world.store).commit_case

    def failing(store: Any, marker: Any, entry: Any, moves: Any) -> bool:
        if entry.type == "order":
            raise OSError("the table does not answer")
        return commit(store, marker, entry, moves)

    with monkeypatch.context() as patched:
        patched.setattr(type(world.store), "commit_case", failing)
        assert call(decide, about(0, notice()), about(1, order()), about(2, suspension())) == ["1"]
    assert types(world) == ["notice", "suspension"]
    assert call(decide, about(1, order())) == []
    assert types(world) == ["notice", "order", "suspension"]


def test_a_delivery_that_ends_early_goes_on_when_it_comes_again(world: World, decide: ModuleType,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    left = iter([300_000, 5_000])
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda self: next(left))
    assert call(decide, about(0, notice(), order())) == ["0"]
    assert types(world) == ["notice"]
    monkeypatch.undo()
    assert call(decide, about(0, notice(), order())) == []
    assert types(world) == ["notice", "order"]


def test_garbage_of_a_sender_is_told_and_comes_no_more(world: World, decide: ModuleType) -> None:
    garbage = delivery(0, f"hello {CANARY}", "arn:cases", provider="acme")
    assert call(decide, garbage, about(1, 7), about(2, notice(), {"type": CANARY})) == []
    assert sorted(receipt.code for receipt in case_receipts(world)) == ["msg_syntax", "msg_syntax",
        "type_unknown"]  # fmt: skip
    assert types(world) == ["notice"]


def test_a_statement_with_a_fault_is_written_and_alarmed_once(world: World, decide: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """The decision stands: people were told of it, and the fault is the statement's alone."""
    world.scan(*world.take_in(lines(OTP)))
    [finding] = world.open_findings()
    said = decision(finding, ground_text=f"As {CANARY}@mail.example has it")
    said["measures"] = said["measures"] | {"visibility_until": "2026-11-01"}
    assert call(decide, about(0, said), about(1, said)) == []
    [key] = world.objects.keys(world.out, "out/acme/decisions/")
    puid = key.rpartition("/")[2].removesuffix(".json")
    out = capsys.readouterr().out
    assert metrics_of(out) == {"StatementInvalid": 1}
    [logged] = [line for line in out.splitlines() if "statement invalid" in line]
    assert json.loads(logged)["faults"] == [
        f"{puid} illegal_content_legal_ground personal_data_email",
        f"{puid} end_date_visibility_restriction date_order",
    ]
    assert CANARY not in out


def test_an_escalation_is_alarmed_once(world: World, decide: ModuleType,
                                       capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    world.scan(*world.take_in(lines(OTP)))
    [finding] = world.open_findings()
    said = decision(finding, verdict="escalated", escalation="threat_to_life")
    assert call(decide, about(0, said), about(1, said)) == []
    assert metrics_of(capsys.readouterr().out) == {"Escalated": 1}


def test_an_unknown_sender_stores_nothing_and_is_alarmed(world: World, decide: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    before = world.state()
    strange = delivery(0, json.dumps(notice()), sender="AROASTRANGE:x", provider="acme")
    assert call(decide, strange, about(1, notice(), provider="nobody")) == []
    assert world.state() == before
    assert metrics_of(capsys.readouterr().out) == {"UnknownSender": 2}


def test_a_worker_without_memory_ends(decide: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spent:
        def take(self, *_: Any) -> None:
            raise MemoryError

    monkeypatch.setattr(decide, "deliveries", Spent())
    with pytest.raises(MemoryError):
        call(decide, about(0, notice()))


def test_no_word_of_a_message_is_logged_whatever_happens(
    world: World, decide: ModuleType, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    records = [about(0, notice(id=CANARY, post=CANARY, url=f"https://chat.example/{CANARY}")),
               about(1, decision("f" * 64, reason=CANARY, moderator=CANARY)),
               about(2, {"type": "notice", CANARY: CANARY}), about(3, notice(), provider=CANARY),
               delivery(4, CANARY, "arn:cases", provider="acme")]  # fmt: skip
    assert call(decide, *records) == []

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(f"{CANARY} is in the error of a library")

    monkeypatch.setattr(type(world.store), "commit_case", fail)
    assert call(decide, about(5, order(authority=CANARY))) == ["5"]
    output = capsys.readouterr()
    assert CANARY not in output.out + output.err
    assert "OSError" in output.out
