"""Posts that take too much work: what was not read is counted, published and recounted."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.packs_folder import sample_folder
from support.publish_world import CLOSED, World, sample_pack, sample_receipt
from support.sample_packs import pack_of
from support.sample_posts import line

from matcher import Matcher, Rule, Severity
from matcher.hit import STEPS_AT_LEAST, STEPS_PER_POINT, WEIGHINGS, Effort
from recount import differences_of
from rules.pack_parts import Score
from terang.cli import main
from terang.cli.run import RunResult, print_run
from terang.terminal import Screen

WORDS = ("bomb", "prize", "pills", "money", "secret", "letter")
RULE = Rule(id="any", severity=Severity.LOW, why="Invented.", groups=(WORDS,))
MASKED = "b*mb pr*ze p*lls m*ney s*cret l*tter "
ENOUGH = 4_000
"""Code points of masked words that take more work than a post may take."""


def test_a_flood_of_masked_words_is_read_in_part_and_plain_words_are_still_found() -> None:
    """What hides behind a flood is found, and the flood is counted."""
    flood = (MASKED * ENOUGH)[:ENOUGH]
    plain = Rule(id="plain", severity=Severity.LOW, why="Invented.", groups=(("parcel",),))
    [result] = Matcher([pack_of(RULE, plain)]).results([[("text", f"{flood} parcel.")]])
    assert result.partly_read
    assert [hit.rule for hit in result.hits] == ["any", "plain"]


def test_a_score_out_of_reach_takes_no_work() -> None:
    """To weigh it would look at each letter, since an exact rule takes no accents."""
    score = Score(terms={"a": 1}, threshold=2)
    rule = Rule(id="any", severity=Severity.LOW, why="Invented.", exact=True, score=score)
    [result] = Matcher([pack_of(rule)]).results([[("text", "á " * ENOUGH)]])
    assert not result.partly_read


def test_the_texts_of_a_post_share_its_steps() -> None:
    """Fifty captions take no more work than one text of their length."""
    captions = [(f"media_text/{number}", MASKED * 10) for number in range(50)]
    [whole] = Matcher([pack_of(RULE)]).results([captions])
    assert whole.partly_read
    [alone] = Matcher([pack_of(RULE)]).results([[("text", MASKED)]])
    assert not alone.partly_read


def test_an_effort_counts_steps_of_each_kind() -> None:
    effort = Effort.for_texts(["a" * 60, "b" * 100])
    steps = int(STEPS_AT_LEAST + 160 * STEPS_PER_POINT)
    assert all(effort.take_check() for _ in range(steps))
    assert not effort.ran_out
    assert not effort.take_check()
    assert effort.take_reading(steps)
    assert not effort.take_reading()
    assert effort.ran_out
    assert all(effort.take_weighing() for _ in range(WEIGHINGS * steps))
    assert not effort.take_weighing()


def _published(tmp_path: Path, **counts: Any) -> tuple[Path, World]:
    world = World()
    digest = world.put_set(sample_pack())
    world.store.add(sample_receipt("2026-11-25", 1, set=digest, **counts))
    world.store.add(sample_receipt("2026-11-25", 2, set=digest))
    world.publish(CLOSED)
    return world.copy_to(tmp_path), world


def test_where_no_post_was_read_in_part_no_page_speaks_of_it(tmp_path: Path) -> None:
    folder, _ = _published(tmp_path)
    assert all("Read in part" not in path.read_text() for path in folder.rglob("*.html"))


def test_posts_read_in_part_are_in_the_journal_the_summary_its_sheet_and_its_page(
    tmp_path: Path,
) -> None:
    folder, world = _published(tmp_path, partly_read=3)
    assert world.summary("acme/2026-11-25").numbers.partly_read == 3
    assert world.summary("all/2026-11").numbers.partly_read == 3
    lines = (folder / "journal/acme/2026-11-25.jsonl").read_text().splitlines()
    receipts = [line for line in map(json.loads, lines) if line["kind"] != "names"]
    assert [line.get("partly_read") for line in receipts] == [3, None]
    assert '"partly_read","",3' in (folder / "summaries/acme/2026-11-25.csv").read_text("utf-8-sig")
    assert "Read in part" in (folder / "summaries/acme/2026-11-25.html").read_text()


@pytest.mark.parametrize("said", [None, 2, 4], ids=["kept silent", "too few", "too many"])
def test_a_wrong_number_is_named_by_the_recount(tmp_path: Path, said: int | None) -> None:
    folder, _ = _published(tmp_path, partly_read=3)
    path = folder / "summaries/acme/2026-11-25.json"
    assert list(differences_of(folder, path)) == []
    summary = json.loads(path.read_text())
    if said is None:
        del summary["numbers"]["partly_read"]
    else:
        summary["numbers"]["partly_read"] = said
    path.write_text(json.dumps(summary))
    assert any("partly_read" in difference for difference in differences_of(folder, path))


def test_a_scan_tells_on_stderr_and_says_where_it_shows_fewer_spans(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sample_folder(tmp_path)
    flood = "send me the otp s*nd 0tp o*p " * 2_000
    data = b"\n".join(
        line(id=name, text=text, audience="public")
        for name, text in (("one", "send me the otp"), ("flood", flood))
    )
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert main(["scan", "--packs", str(tmp_path / "packs"), "--today", "2026-11-25"]) == 0
    printed = capsys.readouterr()
    one, more = (json.loads(row)["hits"][0] for row in printed.out.splitlines())
    assert (one.get("spans_capped"), more.get("spans_capped")) == (None, True)
    assert [json.loads(row) for row in printed.err.splitlines()] == [
        {"id": "flood", "partly_read": True}
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_a_run_tells_of_posts_read_in_part_where_there_are_some(
    capsys: pytest.CaptureFixture[str], count: int
) -> None:
    receipt = sample_receipt("2026-11-25", partly_read=count)
    result = RunResult("acme", [receipt], [], [], None)
    assert result.summary(Path("out")).get("partly_read") == (count or None)
    print_run(result, Screen(stderr=True), Path("out"))
    assert ("read in part: 3" in capsys.readouterr().err) == bool(count)
