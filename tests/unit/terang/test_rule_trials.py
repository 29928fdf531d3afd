"""Trials at home: every rule in shadow of a run is on trial at once, and each run draws the same.
An answer is judged by decide's own code, so what is refused here is refused in a stack."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.desk_world import Visitor
from support.review_world import DAY, desk_of, found
from support.sample_posts import PRIZE, SHADOW, StandingClock

from desk import Door, Moderator, Role
from desk.trial_desk import RuleState
from ledger.closing import Pointer
from matcher import Pack, Paused, ProviderSettings, build_set, digest_of
from rules.pinned import rule_digest
from rules.rule_set import Adopted, Evidence
from terang.case_queue import FoundRow
from terang.cli import main
from terang.rule_trials import SAMPLE, draw_at_home
from terang.run_table import adopted_in

PRIZES = msgspec.structs.replace(
    Pack.parse(SHADOW, "sample"), published_at=datetime(2026, 1, 1, tzinfo=UTC)
)
RULE = "prizes/names-prize"
TRIED = Adopted(
    RULE, 1, rule_digest(PRIZES, PRIZES.rules[0]), "all", f"{DAY}T12:30:00Z", Evidence(30, 30)
)


def prize(number: int, **changes: Any) -> Any:
    """A finding in shadow; its text is like no other's."""
    text = f"{PRIZE} {sha256(b'%d' % number).hexdigest()}"
    said = {"pack": "prizes", "mode": "shadow", "version": 1} | changes
    return found(f"p{number}", "names-prize", said.pop("text", text), **said)


def folder(path: Path, findings: Sequence[Any], **settings: Any) -> Path:
    """What a run of these findings leaves."""
    providers = {"acme": ProviderSettings(packs=("prizes",), **settings)}
    data = build_set([PRIZES], notice_hours=0, providers=providers)
    (path / "public/sets").mkdir(parents=True)
    (path / "out/acme").mkdir(parents=True)
    (path / "run.json").write_text(json.dumps({"today": DAY}))
    (path / f"public/sets/{digest_of(data)}.json").write_bytes(data)
    pointer = msgspec.json.encode(Pointer(digest_of(data), f"{DAY}T13:00:00Z"))
    (path / "public/sets/current.json").write_bytes(pointer)
    lines = (each.finding.row(each.excerpt) | {"set": digest_of(data)} for each in findings)
    (path / "findings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def answer(finding: str, verdict: str = "right", **changes: Any) -> dict[str, Any]:
    made = {"type": "trial", "id": f"t-{finding}", "finding": finding, "verdict": verdict}
    return made | {"moderator": "m-1", "at": f"{DAY}T10:00:00Z"} | changes


def adoption(**changes: Any) -> dict[str, Any]:
    made = {"type": "adoption", "id": "a-1", "rule": RULE, "version": 1, "band": "all"}
    return made | {"terms_read_by": "m-1", "moderator": "m-1", "at": f"{DAY}T10:01:00Z"} | changes


def line(capsys: pytest.CaptureFixture[str], run: Path, *messages: dict[str, Any]) -> Any:
    """The line of `terang trial --json` about the rule, after these messages."""
    file = run.parent / "answers.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in messages))
    assert main(["trial", str(run), "--cases", str(file), "--cases", str(file), "--json"]) == 0
    [found_line] = map(json.loads, capsys.readouterr().out.splitlines())
    return found_line


def answers(told: dict[str, Any], wrong: int = 0) -> list[dict[str, Any]]:
    """Answers to the whole sample, of which the first ones are `wrong`."""
    return [
        answer(each["finding"], "wrong" if number < wrong else "right")
        for number, each in enumerate(told["sample"])
    ]


def rows(findings: Sequence[Any]) -> list[FoundRow]:
    return [msgspec.convert(each.finding.row(each.excerpt), FoundRow) for each in findings]


def test_each_run_draws_the_same_up_to_sixty_groups_in_any_order() -> None:
    found_ones = [prize(number) for number in range(100)]
    drawn = draw_at_home(rows(found_ones))
    assert len(drawn) == SAMPLE
    assert draw_at_home(rows(found_ones[::-1])) == drawn
    assert draw_at_home(rows([prize(1, text=None)])) == []  # its author was erased


def test_exact_and_near_copies_are_drawn_once() -> None:
    text = "You won the grand prize of our shop in the old town, only 7 are left"
    alike = [text, text.upper(), text.replace("7", "12"), "won it", "Won  IT"]
    drawn = draw_at_home(rows([prize(n, text=each) for n, each in enumerate(alike)]))
    assert len(drawn) == 2


def test_the_high_band_has_a_draw_of_its_own() -> None:
    found_ones = [prize(n, band="high" if n % 4 == 0 else "medium") for n in range(200)]
    drawn = draw_at_home(rows(found_ones))
    assert sum(not one.extra for one in drawn) == SAMPLE
    assert {one.band for one in drawn if one.extra} == {"high"}
    assert sum(one.band == "high" for one in drawn) == 50


@pytest.mark.parametrize(("count", "wrong", "told"), [
    pytest.param(30, 1, (30, 29, "all", True, None), id="29 of 30 pass"),
    pytest.param(30, 2, (30, 28, None, False, "not_right"), id="28 of 30 do not"),
    pytest.param(16, 0, (16, 16, "all", True, None), id="all 16 that exist pass"),
    pytest.param(15, 0, (15, None, None, False, "too_few"), id="15 are too few"),
])  # fmt: skip
def test_the_evidence_of_a_run(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int, wrong: int,
        told: tuple[Any, ...]) -> None:  # fmt: skip
    run = folder(tmp_path / "run", [prize(number) for number in range(count)])
    before = line(capsys, run)
    assert (before["findings"], len(before["sample"]), before["interval"]) == (count, count, None)
    assert (before["mode"], before["shadow_because"], before["right"]) == ("shadow", "mode", 0)
    after = line(capsys, run, *answers(before, wrong))
    names = ("judged", "right", "band", "may_go_live", "why_not")
    assert tuple(after[name] for name in names) == told


@pytest.mark.parametrize("hour", [8, 20])
def test_the_desk_shows_the_rules_of_a_run_alike_at_each_hour(tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, hour: int) -> None:  # fmt: skip
    """The run of 13 o'clock has a pinned day, and the desk over it opens at another hour."""
    clock = StandingClock(datetime.fromisoformat(f"{DAY}T{hour:02}:00:00Z"))
    monkeypatch.setattr("terang.run_table.clock_of_run", lambda _: clock)
    run = folder(tmp_path / "run", [prize(1)], live_here=(TRIED,))
    [view] = desk_of(run).rules(Moderator("m-1", "acme", Role.LEAD, Door.FILE))
    assert view.state is RuleState.LIVE


def test_the_desk_at_home_says_where_an_adopted_rule_proposes(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    run = folder(tmp_path / "run", [prize(number) for number in range(30)])
    desk: Any = desk_of(run, *answers(line(capsys, run)), adoption())
    body = Visitor(desk, "m-1", role="lead").get(f"/rules/{RULE}")["body"]
    assert "terang run FILE --trials OUT" in body
    assert "notice period" not in body


def test_no_share_shows_between_looks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = folder(tmp_path / "run", [prize(number) for number in range(60)])
    given = answers(line(capsys, run))
    told = [line(capsys, run, *given[:number]) for number in (29, 45)]
    assert [(each["judged"], each["right"]) for each in told] == [(29, None), (30, 30)]


def test_answers_and_adoptions_that_do_not_hold_change_nothing(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """A finding that was not drawn, a second answer, another version; and one too early."""
    run = folder(tmp_path / "run", [prize(number) for number in range(70)])
    told = line(capsys, run)
    drawn = {each["finding"] for each in told["sample"]}
    [other, *_] = (
        row["finding"]
        for row in map(json.loads, (run / "findings.jsonl").read_text().splitlines())
        if row["finding"] not in drawn
    )
    first = told["sample"][0]["finding"]
    bad = [answer(other), answer("0" * 64), adoption(), adoption(id="a-2", version=2)]
    again = answer(first, "wrong", id="t-2", moderator="m-1")
    assert line(capsys, run, answer(first), again, *bad)["judged"] == 1


def test_what_an_earlier_run_adopted_is_read_from_its_folder(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    run = folder(tmp_path / "run", [prize(1)], live_here=(TRIED,))
    assert adopted_in(run, "acme") == (TRIED,)
    assert line(capsys, run)["mode"] == "live"
    paused = Paused(RULE, f"{DAY}T12:00:00Z", "wrong")
    other = folder(tmp_path / "other", [prize(1)], live_here=(TRIED,), paused=(paused,))
    assert line(capsys, other)["shadow_because"] == "paused"
    assert adopted_in(folder(tmp_path / "none", [prize(1)]), "acme") == ()
    assert "nothing was adopted there" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "said"), [
    pytest.param(["run"], "has no findings", id="nothing found"),
    pytest.param(["nowhere"], "cannot read nowhere", id="no folder"),
    pytest.param(["sets"], "name the folder of a run", id="no set"),
    pytest.param(["run", "--provider", "other"], "allowed: acme", id="another provider"),
    pytest.param(["run", "--begin", RULE], "--begin is for a stack", id="a run begins all"),
    pytest.param([], "name a run's folder", id="neither"),
    pytest.param(["--provider", "acme", "--begin", RULE], "--moderator NAME is missing",
                 id="nobody"),
    pytest.param(["--provider", "acme", "--forbid", RULE], "--why TEXT is missing", id="no reason"),
    pytest.param(["--provider", "acme", "--end", RULE, "--adopt", RULE], "one at a time", id="two"),
])  # fmt: skip
def test_wrong_usage_says_what_is_allowed(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
        words: list[str], said: str) -> None:  # fmt: skip
    folder(tmp_path / "run", [])
    shutil.rmtree(folder(tmp_path / "sets", [prize(1)]) / "public")
    monkeypatch.chdir(tmp_path)
    assert main(["trial", *words]) == 2
    assert said in capsys.readouterr().err


def test_another_runs_trials_must_be_of_the_same_provider(tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder(tmp_path / "run", [prize(1)])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.jsonl").write_text("{}")
    for out, said in (("run", "allowed: acme"), ("nowhere", "not the folder of a run")):
        words = ["run", "posts.jsonl", "--provider", "other", "--trials", out, "--out", "new"]
        assert main(words) == 2
        assert said in capsys.readouterr().err
