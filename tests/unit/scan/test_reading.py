"""Each record is a post or a refusal in one range, and what was not read is counted."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from support.memory_objects import RangesOf
from support.packs_folder import sample_folder
from support.publish_world import CLOSED, World, sample_pack, sample_receipt
from support.sample_packs import pack_of
from support.sample_posts import fields, line

from ledger.codes import Code, Refusal
from ledger.posts import TranslatedPost
from ledger.units import cut_ranges
from matcher import Matcher, Rule, Severity
from matcher.hit import STEPS_AT_LEAST, STEPS_PER_POINT, WEIGHINGS, Effort
from recount import differences_of
from rules.pack_parts import Score
from scan import unit_input
from scan.unit_input import REFUSALS_IN_DETAIL, OwnedLines, read_owned, read_records
from terang.cli import main
from terang.cli.run import RunResult, print_run
from terang.terminal import Screen

GOOD, BAD = line(), line(audience="followers")


@pytest.mark.parametrize(("data", "lines", "records"), [
    (b"", 0, 0), (b"\n", 1, 0), (b" \n\t\r\n\n", 3, 0), (b"\xef\xbb\xbf", 0, 0),
    (b"\xef\xbb\xbf\n", 1, 0), (GOOD, 1, 1), (GOOD + b"\n", 1, 1),
    (GOOD + b"\r\n" + GOOD + b"\r\n", 2, 2), (b"\xef\xbb\xbf" + GOOD + b"\n", 1, 1),
    (GOOD + b"\n\n" + BAD, 3, 2),
], ids=["nothing", "a newline", "blank lines", "a byte order mark", "a mark and a newline",
        "no newline at the end", "a newline at the end", "CRLF", "a mark before a post",
        "a blank line between"])  # fmt: skip
def test_blank_lines_are_lines_and_no_records(data: bytes, lines: int, records: int) -> None:
    reading = read_records(data, begins_file=True)
    assert (reading.lines, reading.records) == (lines, records)
    assert reading.records == len(reading.posts) + sum(reading.refused.values())


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "a byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_refusal_has_the_line_and_byte_where_its_record_begins(mark: bytes, end: bytes) -> None:
    data = mark + end.join([GOOD, b"", BAD, GOOD, BAD])
    for refusal in read_records(data, begins_file=True).refusals:
        assert refusal.line is not None
        assert refusal.byte is not None
        assert data[refusal.byte :].startswith(BAD)
        assert data[: refusal.byte].count(b"\n") == refusal.line - 1
    assert [refusal.line for refusal in read_records(data, begins_file=True).refusals] == [3, 5]


def test_all_refusals_are_counted_and_the_first_are_kept() -> None:
    reading = read_records(b"[]\n" * (REFUSALS_IN_DETAIL + 5))
    assert reading.refused == {Code.NOT_AN_OBJECT: REFUSALS_IN_DETAIL + 5}
    assert len(reading.refusals) == REFUSALS_IN_DETAIL


def test_languages_and_times_are_those_of_the_posts() -> None:
    reading = read_records(b"\n".join(
        [line(language="id", published_at="2026-11-25T07:00:00+07:00"),
         line(published_at="2026-11-24T23:59:59Z"),
         line(published_at="2020-01-01T00:00:00Z", audience="followers"),
         line(language="id", published_at="2026-11-25T00:00:01Z")]
    ))  # fmt: skip
    counts = reading.counts
    assert counts["by_language"] == {"id": 2, "und": 1}
    assert (counts["first"], counts["last"]) == ("2026-11-24T23:59:59Z", "2026-11-25T00:00:01Z")
    assert read_records(b"").counts["first"] == ""


def test_unknown_fields_of_accepted_posts_are_counted() -> None:
    assert read_records(b"\n".join([line(a=1, b=2), GOOD, line(c=3)])).unknown_fields == 3


def test_translated_lines_keep_their_places_and_count_assumed_times() -> None:
    posts = [msgspec.convert(fields(at="messages[0]", assumed_utc=True), TranslatedPost),
             msgspec.convert(fields(at="messages[1]"), TranslatedPost)]  # fmt: skip
    data = b"\n".join([*map(msgspec.json.encode, posts), b'{"refused":"not_a_post","at":"m[2]"}'])
    reading = read_records(data, translated=True)
    assert (reading.posts, reading.assumed_utc) == (posts, 1)
    assert [(one.code, one.at) for one in reading.refusals] == [(Code.NOT_A_POST, "m[2]")]


def test_refusals_are_written_as_they_are_read() -> None:
    for refusal in read_records(BAD + b"\n[]\n").refusals:
        assert msgspec.json.decode(msgspec.json.encode(refusal), type=Refusal) == refusal


def split(data: bytes, size: int) -> list[OwnedLines]:
    """What each range of the data owns."""
    objects = RangesOf(data)
    made = cut_ranges(objects.source, size)
    return [read_owned(objects, objects.unit(start, end)) for start, end in made]


def test_the_rest_of_a_line_beyond_all_bounds_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_input, "LINE_BYTES", 20)
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", 4)
    data = b"a\n" + b"b" * 1000 + b"\nc\n"
    found = split(data, 8)
    assert sum(one.size for one in found) == len(data)
    assert found[0].data.startswith(b"a\nbbbb")
    assert len(found[0].data) <= 2 + 20 + 4
    assert found[0].passed_over == 1003 - len(found[0].data)
    assert [one.data for one in found if one.data][1:] == [b"c\n"]


def test_a_line_as_long_as_it_may_be_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_input, "LINE_BYTES", 20)
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", 4)
    for length in range(15, 21):
        for size in 6, length:
            found = split(b"b" * length + b"\nc\n", size)
            assert found[0] == OwnedLines(b"b" * length + b"\n")


def test_memory_stays_flat_whatever_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_input, "LINE_BYTES", 1_000)
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", 100)
    monkeypatch.setattr(unit_input, "PASS_OVER_BYTES", 200)
    objects = RangesOf(b"x" * 100_000)
    found = read_owned(objects, objects.unit(0, 50))
    assert max(objects.asked) == 200
    assert len(found.data) <= 1_100
    assert found.size == 100_000


def test_lines_that_differ_only_in_what_was_passed_over_are_other_units() -> None:
    unit = RangesOf(b"a").unit(0, 1)
    assert len({OwnedLines(b"a", passed).id_in(unit) for passed in (0, 1, 2)}) == 3


MIB = 1024**2


@pytest.mark.parametrize(
    ("before", "kept"), [(2 * MIB, 2 * MIB + 256 * 1024), (2 * MIB + 1, 2 * MIB + 1)]
)
def test_what_is_kept_of_a_line_that_is_too_long_is_always_the_same(before: int, kept: int) -> None:
    """How much is passed over is part of the unit's id: a repeat of the file must find it again."""
    objects = RangesOf(b"x" * (kept + 9 * MIB) + b"\nnext")
    owned = read_owned(objects, objects.unit(0, before))
    assert (len(owned.data), owned.passed_over) == (kept, 9 * MIB + 1)


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


def test_posts_read_in_part_are_in_journal_summary_sheet_and_page(tmp_path: Path) -> None:
    folder, world = _published(tmp_path, partly_read=3)
    assert world.summary("acme/2026-11-25").numbers.partly_read == 3
    assert world.summary("all/2026-11").numbers.partly_read == 3
    lines = (folder / "journal/acme/2026-11-25.jsonl").read_text().splitlines()
    receipts = [line for line in map(json.loads, lines) if line["kind"] != "names"]
    assert [line.get("partly_read") for line in receipts] == [3, None]
    assert '"partly_read","",3' in (folder / "summaries/acme/2026-11-25.csv").read_text("utf-8-sig")
    page = (folder / "summaries/acme/2026-11-25.html").read_text()
    assert "3 posts took too much work to read to the end" in page


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
    data = b"\n".join(line(id=name, text=text, audience="public")
                      for name, text in (("one", "send me the otp"), ("flood", flood)))  # fmt: skip
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert main(["scan", "--packs", str(tmp_path / "packs"), "--today", "2026-11-25"]) == 0
    printed = capsys.readouterr()
    one, more = (json.loads(row)["hits"][0] for row in printed.out.splitlines())
    assert (one.get("spans_capped"), more.get("spans_capped")) == (None, True)
    assert [json.loads(row) for row in printed.err.splitlines()] == [
        {"id": "flood", "partly_read": True}
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_a_run_tells_of_posts_read_in_part_where_there_are_some(capsys: pytest.CaptureFixture[str],
        count: int) -> None:  # fmt: skip
    receipt = sample_receipt("2026-11-25", partly_read=count)
    result = RunResult("acme", [receipt], [], [], None)
    assert result.summary(Path("out")).get("partly_read") == (count or None)
    print_run(result, Screen(stderr=True), Path("out"))
    assert ("read in part: 3" in capsys.readouterr().err) == bool(count)
