"""The post that the stack sends itself: sent once a day, part of no sum, and its miss is seen."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.log_world import LogWorld, sentinel_pack, sentinel_receipt
from support.publish_world import live, sample_pack, sample_receipt

from ledger.findings import unit_id
from ledger.keys import SENTINEL_TEXT, sentinel_post
from matcher import Matcher
from recount import differences_of
from rules.pack import Pack
from verify import Folder, LogSource, Options, Result, check_place

PACKS = Path(__file__).parents[3] / "packs"


def check(source: LogSource, *, watch: bool = False) -> Result:
    return check_place(source, Options(watch=watch, now=datetime(2026, 11, 26, 6, tzinfo=UTC)))


def world(*days: tuple[str, bool | None]) -> LogWorld:
    """A world with posts, and a sentinel post that was found, was not found, or never came."""
    made = LogWorld(sends_sentinel=True)
    digest = made.put_set(sample_pack(), sentinel_pack())
    for day, found in days:
        made.count(sample_receipt(day, by_rule={live(): 2}, set=digest))
        if found is not None:
            made.count(sentinel_receipt(day, digest, found=found))
    return made


def test_the_post_is_sent_until_its_receipt_is_there() -> None:
    made = world(("2026-11-25", True))
    made.publish("2026-11-26T02:00:00Z")
    made.publish("2026-11-26T03:00:00Z")
    assert made.sentinel_posts == [sentinel_post("2026-11-26")] * 2
    assert len({unit_id("sentinel", post.encode()) for post in made.sentinel_posts}) == 1
    made.count(sentinel_receipt("2026-11-26", ""))
    made.publish("2026-11-26T04:00:00Z")
    assert len(made.sentinel_posts) == 2


def test_the_shipped_pack_finds_the_post_and_names_its_text() -> None:
    pack = Pack.parse((PACKS / "sentinel.yaml").read_text(), "sentinel.yaml")
    assert [hit.rule for hit in Matcher([pack]).find(SENTINEL_TEXT)] == ["daily-post"]
    assert SENTINEL_TEXT in pack.rules[0].match


def test_it_is_part_of_no_sum_and_is_shown_apart() -> None:
    made = world(("2026-11-24", True), ("2026-11-25", True))
    assert made.publish("2026-11-26T02:00:00Z").sentinel_missed == ""
    both = made.summary("all/2026-11-25")
    assert (both.numbers.inspected, [part.name for part in both.providers]) == (100, ["acme"])
    assert made.json("summaries/all/2026-11.json")["sentinel"] == {"found": 2, "missed": []}
    assert "sentinel" not in made.json("summaries/acme/2026-11.json")
    assert "found on 2 of 2 days" in made.text("summaries/all/2026-11.html")
    assert made.text("index.html").count("It is part of no sum.") == 1


@pytest.mark.parametrize("came", ["and was not found", "", "as a finding of another rule"])
def test_a_miss_is_counted_shown_and_an_alarm(came: str, tmp_path: Path) -> None:
    """It came so, or it never came."""
    made = world(("2026-11-24", True), ("2026-11-25", False if came else None))
    if "rule" in came:
        [missed] = made.store.receipts("sentinel", "2026-11-25")
        made.count(replace(missed, by_rule={live(): 1}, findings=1))
    assert made.publish("2026-11-26T02:00:00Z").sentinel_missed == "2026-11-25"
    missed = {"found": 0, "missed": ["2026-11-25"]}
    assert made.json("summaries/all/2026-11-25.json")["sentinel"] == missed
    assert "Sentinel post missed." in made.text("summaries/all/2026-11-25.html")
    folder = made.copy_to(tmp_path)
    found = check(Folder(folder))
    assert "It was missed on 2026-11-25." in found.said
    assert not found.wrong
    alarm = check(Folder(folder), watch=True)
    assert alarm.wrong == ["the sentinel post of 2026-11-25 was not found"]


def test_the_last_thirty_one_misses_are_named(tmp_path: Path) -> None:
    days = [f"{date(2026, 10, 20) + timedelta(days=number)}" for number in range(33)]
    made = world(*((day, False) for day in days[:32]), (days[32], True))
    made.publish("2026-11-22T02:00:00Z")
    found = check(Folder(made.copy_to(tmp_path)))
    assert "The sentinel post was found on 1 of 33 days." in found.said
    assert f"It was missed on {', '.join(days[1:32])}." in found.said


def test_a_late_find_is_a_revision_that_says_so(tmp_path: Path) -> None:
    made = world(("2026-11-24", True), ("2026-11-25", None))
    made.publish("2026-11-26T02:00:00Z")
    digest = made.summary("acme/2026-11-25").numbers.sets
    made.count(sentinel_receipt("2026-11-25", min(digest)))
    made.publish("2026-11-26T05:00:00Z")
    both = made.summary("all/2026-11-25")
    assert (both.revision, [change.measure for change in both.changes]) == (2, ["sentinel_found"])
    assert not check(Folder(made.copy_to(tmp_path))).wrong


def test_a_miss_that_is_hidden_is_recounted(tmp_path: Path) -> None:
    made = world(("2026-11-24", True), ("2026-11-25", False))
    made.publish("2026-11-26T02:00:00Z")
    path = made.copy_to(tmp_path) / "summaries/all/2026-11-25.json"
    assert not list(differences_of(tmp_path, path))
    summary = json.loads(path.read_bytes())
    for hidden in ({"found": 1, "missed": []}, None):
        summary["sentinel"] = hidden
        if hidden is None:
            del summary["sentinel"]
        path.write_text(json.dumps(summary))
        assert any("sentinel" in difference for difference in differences_of(tmp_path, path))


def test_switched_off_nothing_is_sent_and_what_was_published_stays(tmp_path: Path) -> None:
    made = world(("2026-11-24", False))
    made.publish("2026-11-25T02:00:00Z")
    made.sends_sentinel = False
    made.count(sample_receipt("2026-11-25", by_rule={live(): 1}))
    result = made.publish("2026-11-26T02:00:00Z")
    assert (result.sentinel_missed, len(made.sentinel_posts)) == ("", 1)
    assert made.summary("all/2026-11-24").revision == 1
    assert "sentinel" not in made.json("summaries/all/2026-11-25.json")
    assert made.json("summaries/all/2026-11.json")["sentinel"]["missed"] == ["2026-11-24"]  # type: ignore[index]
    folder = Folder(made.copy_to(tmp_path))
    found = check(folder)
    assert "It was last looked for on 2026-11-24; the newest day is 2026-11-25." in found.said
    assert found.wrong == []
    assert check(folder, watch=True).wrong == ["the sentinel post of 2026-11-25 was not found"]
