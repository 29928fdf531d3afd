"""An audit asks whether a sampled post is illegal or against the terms, although no rule hit it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.review_world import WrittenTerminal, console_text
from support.typed import typing

from ledger.cases.dsa_codes import CATEGORIES
from ledger.cases.messages import Audit
from ledger.cases.reading import read_case_message
from terang.case_messages import read_messages
from terang.cli.command import main
from terang.review.audit import (
    CATEGORY_KEYS,
    AuditStage,
    AuditState,
    begin_audit,
    press_audit_key,
    unjudged,
)
from terang.review.screens import audit_screen

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def play(keys: str) -> AuditState:
    """Press keys one second apart over three posts."""
    audit = begin_audit("m-7", "2026-11", ("p1", "p2", "p3"), NOON)
    for number, key in enumerate(keys, 1):
        audit = press_audit_key(audit, key, NOON + timedelta(seconds=number))
    return audit


@pytest.mark.parametrize(
    ("keys", "verdict", "category"),
    [
        pytest.param("n", "not_violating", None, id="breaks nothing"),
        pytest.param("g", "gone", None, id="is gone"),
        pytest.param("vk", "violating", "SCAMS_AND_FRAUD", id="breaks something"),
    ],
)
def test_each_key_gives_one_verdict(keys: str, verdict: str, category: str | None) -> None:
    [message] = play(keys).messages
    assert (message.verdict, message.category) == (verdict, category)
    assert (message.post, message.month, message.moderator) == ("p1", "2026-11", "m-7")
    assert (message.opened_at, message.decided_at) == (NOON, NOON + timedelta(seconds=len(keys)))


def test_every_category_has_a_key_but_those_that_say_nothing() -> None:
    assert sorted(CATEGORY_KEYS.values()) == sorted(set(CATEGORIES) - {
        "NOT_SPECIFIED_ORDER", "NOT_SPECIFIED_NOTICE"})  # fmt: skip


@pytest.mark.parametrize("keys", ["x", "v", "v\x1b", "v9", "vz", "l", "u", ""])
def test_keys_that_mean_nothing_judge_nothing(keys: str) -> None:
    assert play(keys).messages == ()


def test_later_back_and_the_end() -> None:
    assert play("l").waiting == ("p2", "p3", "p1")
    assert play("nu").waiting == ("p1", "p2", "p3")
    assert play("nu").messages == ()
    end = play("ngn")
    assert (end.stage, len(end.messages)) == (AuditStage.END, 3)
    assert play("ngnx").done
    assert not play("ngnu").done
    assert play("q").done
    assert begin_audit("m-7", "2026-11", (), NOON).done


def test_the_screen_names_the_post_and_the_keys() -> None:
    told = console_text(audit_screen(play("n")))
    assert "2 waiting, 1 judged" in told
    assert "Open at the provider: p2" in told
    assert "[k] SCAMS_AND_FRAUD" in console_text(audit_screen(play("v")))
    assert "Nothing waits" in console_text(audit_screen(play("nnn")))


def test_a_post_cannot_command_the_terminal() -> None:
    terminal = WrittenTerminal([])
    terminal.show(audit_screen(begin_audit("m-7", "2026-11", ("p\x1b[2J",), NOON)))
    assert "\x1b" not in terminal.shown[0]


def test_a_post_judged_in_the_file_no_longer_waits() -> None:
    before = [
        {"type": "audit", "month": "2026-11", "post": "p1"},
        {"type": "audit", "month": "2026-10", "post": "p2"},
        {"type": "decision", "post": "p3"},
    ]
    assert unjudged(["p3", "p1", "p2"], before, "2026-11") == ("p3", "p2")


def test_a_moderator_audits_the_sample_of_a_run(tmp_path: Path) -> None:
    sample = tmp_path / "out/acme-chat/audit/2026-11.jsonl"
    sample.parent.mkdir(parents=True)
    sample.write_text('{"post": "p1", "rank": "0a"}\n{"post": "p2", "rank": "0b"}\n')
    file = tmp_path / "verdicts.jsonl"
    words = ("audit", tmp_path, "--provider", "acme-chat", "--month", "2026-11")
    with typing(*words, "--moderator", "m-7", "--verdicts", file) as person:
        person.until("2 waiting")
        person.type("vk")
        person.until("1 waiting, 1 judged")
        person.type("nq")
        assert person.ended() == 0
        person.until("2 judged in")
    found = [read_case_message(line) for line in file.read_bytes().splitlines()]
    assert [one.verdict for one in found if isinstance(one, Audit)] == [
        "violating", "not_violating"
    ]  # fmt: skip
    assert [one["post"] for one in read_messages(file)] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--provider", "A", "--month", "2026-11", "--moderator", "m"), "--provider"),
        (("--provider", "acme-chat", "--month", "soon", "--moderator", "m"), "YYYY-MM"),
        (("--provider", "acme-chat", "--month", "2026-11", "--moderator", "J D"), "--moderator"),
        (("--provider", "acme-chat", "--month", "2026-11", "--moderator", "m"), "a terminal"),
    ],
)
def test_wrong_usage_says_why(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *words]) == 2
    assert said in capsys.readouterr().err
