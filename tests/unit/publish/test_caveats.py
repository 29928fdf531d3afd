"""Notes of a summary: left out, open, paused, held back, in shadow, in the notice period."""

from dataclasses import replace

import pytest
from support.publish_world import CLOSED, World, all_steps, live, sample_pack, sample_receipt
from support.published_days import DAY, world

from ledger.findings import short_digest
from ledger.units import OpenFile
from publish.publish_run import PublishRequest, publish


def test_a_receipt_that_does_not_close_is_left_out_named_and_counted() -> None:
    made = world()
    broken = sample_receipt(number=2, records=999)
    made.store.add(broken)
    outcome = made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    assert day.numbers.units == 1
    [left] = day.left_out
    assert (left.receipt, left.why) == (short_digest(broken.unit), "does_not_close")
    assert [left.receipt for left in outcome.left_out] == [left.receipt]
    assert broken.unit not in made.text(DAY)
    assert made.summary("all/2026-11").left_out == day.left_out
    assert "1 receipt left out." in made.text("summaries/acme/2026-11-25.html")
    assert made.publish("2026-11-26T03:00:00Z").left_out == [], "it alarms once"


def test_a_file_is_open_on_each_day_until_it_closes_and_stays_so_said() -> None:
    made = world()
    made.store.put_file("acme", OpenFile("f", "2026-11-24", 3))
    made.publish("2026-11-26T02:00:00Z")
    assert made.closed == ["f"]
    note = made.summary("acme/2026-11-25").open_files[0]
    assert (note.file, note.since) == (short_digest("f"), "2026-11-24")
    assert made.summary("acme/2026-11").open_files == (note,)
    made.store.put_file("acme", OpenFile("f", "2026-11-24", 3, "2026-11-26"))
    made.publish("2026-11-27T02:00:00Z")
    assert made.summary("acme/2026-11-24").open_files
    assert made.summary("acme/2026-11-25").revision == 1
    assert not made.summary("acme/2026-11-26").open_files
    assert not made.summary("all/2026-11").open_files
    assert made.closed == ["f"]


def test_a_file_that_cannot_be_closed_holds_back_no_number() -> None:
    made = world()
    made.store.put_file("acme", OpenFile("f", "2026-11-24", 3))

    def broken(file: str) -> None:
        raise LookupError(file)

    desk = replace(made.context(CLOSED), steps=all_steps(made.objects, broken))
    with pytest.raises(LookupError):
        publish(desk, PublishRequest())
    assert "index.html" in made.files


def test_with_no_public_address_the_summary_says_why_nothing_is_proposed() -> None:
    made = world(public_url="")
    made.publish(CLOSED)
    assert "every rule runs in shadow" in made.summary("acme/2026-11-25").all_in_shadow
    for page in ("summaries/acme/2026-11-25.html", "index.html"):
        assert "every rule runs in shadow" in made.text(page)


@pytest.mark.parametrize(("ran", "hours"), [([6], 6), ([6, 2, 48], 2), ([0], 0), ([], 72)])
def test_a_summary_shows_the_shortest_notice_period_that_ran(ran: list[int], hours: int) -> None:
    """If none ran, that of the set in force."""
    made = World()
    for number, notice in enumerate(ran):
        digest = made.put_set(sample_pack(), notice_hours=notice)
        made.store.add(sample_receipt(number=number, set=digest))
    if not ran:
        made.store.add(sample_receipt(inspected=0, refused={"format_unknown": 1}, kind="file"))
    made.put_set(sample_pack(), notice_hours=72)
    made.publish(CLOSED)
    for path in ("acme/2026-11-25", "all/2026-11-25", "acme/2026-11", "all/2026-11"):
        assert made.summary(path).notice_hours == hours
    said = f"runs in shadow for {hours} hours before it may propose"
    assert said in made.text("summaries/acme/2026-11-25.html")


def test_without_a_set_the_operators_notice_period_is_shown() -> None:
    made = World()
    made.store.add(sample_receipt())
    publish(replace(made.context(CLOSED), notice_hours=5), PublishRequest())
    assert made.summary("acme/2026-11-25").notice_hours == 5


def test_paused_and_held_rules_are_named() -> None:
    made = World()
    pause = {"rule": "one-time-codes/asks-for-code", "since": "2026-11-20T00:00:00Z",
             "why": "A song."}  # fmt: skip
    digest = made.put_set(sample_pack(), acme={"packs": None, "paused": [pause]})
    made.store.add(sample_receipt(by_rule={live(): 30}, held={live(): 21}, set=digest))
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    assert (day.paused[0].why, day.numbers.held_by_rule) == ("A song.", {live(): 21})
    page = made.text("summaries/acme/2026-11-25.html")
    assert "A song." in page
    assert "(21 held back)" in page
