"""An audit asks whether a sampled post is illegal or against the terms, although no rule hit it."""

import re
from pathlib import Path

import pytest

from desk import Door, Moderator, Role, audits
from desk.deciding import AUDIT_CATEGORIES
from ledger.codes import CATEGORIES, OperatorError
from terang.cli import main
from terang.home_desk import BookRows
from terang.run_table import RunTable, read_sample


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder that has a sample and nothing else."""
    sample = tmp_path / "out/acme-chat/audit/2026-11.jsonl"
    sample.parent.mkdir(parents=True)
    sample.write_text('{"post": "p1", "rank": "0a"}\n{"post": "p2", "rank": "0b"}\n')
    return tmp_path


def test_every_category_can_be_chosen_but_those_that_say_nothing() -> None:
    assert sorted(AUDIT_CATEGORIES) == sorted(set(CATEGORIES) - {
        "NOT_SPECIFIED_ORDER", "NOT_SPECIFIED_NOTICE"})  # fmt: skip


def test_posts_come_by_rank() -> None:
    posts = read_sample(b'{"post": "p3"}\n{"post": "p1"}\n', "sample")
    made = audits(posts, "2026-11")
    assert [(each.item.key, each.post) for each in made] == [
        ("2026-11.1", "p3"), ("2026-11.2", "p1")]  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "month", "said"),
    [
        ("acme-chat", "2026-10", "there is no sample at"),
        ("acme-chta", "2026-11", "unknown provider 'acme-chta'; did you mean acme-chat?"),
    ],
)
def test_what_the_run_lacks_is_named(run: Path, provider: str, month: str, said: str) -> None:
    with pytest.raises(OperatorError, match=re.escape(said)):
        RunTable.read(run, [], provider, month)


def test_a_post_judged_in_the_file_no_longer_waits(run: Path) -> None:
    times = {"opened_at": "2026-11-25T12:00:00Z", "decided_at": "2026-11-25T12:01:00Z"}
    judged = {"type": "audit", "verdict": "gone", "moderator": "m-1", **times}
    before = [
        judged | {"id": "a-1", "month": "2026-11", "post": "p1"},
        judged | {"id": "a-2", "month": "2026-10", "post": "p2"},
        {"type": "decision", "post": "p2"},
    ]
    (run / "run.json").write_text('{"today": "2026-11-28"}')
    table = RunTable.read(run, before, "acme-chat", "2026-11")
    who = Moderator("m-7", "acme-chat", Role.AUDITOR, Door.FILE)
    [item] = table.desk(BookRows(clock=table.store.clock)).items(who)
    assert item.key == "2026-11.2"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--provider", "A", "--month", "2026-11", "--moderator", "m"), "--provider"),
        (("--provider", "acme-chat", "--month", "soon", "--moderator", "m"), "YYYY-MM"),
        (("--provider", "acme-chat", "--month", "2026-11", "--moderator", "J D"), "--moderator"),
    ],
)
def test_wrong_usage_says_why(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *words]) == 2
    assert said in capsys.readouterr().err
