"""Days, months, campaigns: what is published when, what stands, and what a revision says."""

from dataclasses import replace

import msgspec
import pytest
from unit.publish_world import DiedError, World, live, sample_pack, sample_receipt, sample_rule

from desk import Order
from ledger.errors import OperatorError
from ledger.provider import OpenFile
from public_journal import short_digest
from publishing import publish
from summary import Summary, decode_summary

DAY = "summaries/acme/2026-11-25.json"
CLOSED = "2026-11-26T02:00:00Z"


def world(public_url: str = "https://terang.example") -> World:
    """A world with one set, and one receipt of acme on 25 November."""
    made = World(public_url=public_url)
    digest = made.put_set(sample_pack())
    made.store.add(sample_receipt(by_rule={live(): 2}, set=digest))
    return made


def summary(made: World, path: str) -> Summary:
    return decode_summary(made.objects.stored[f"summaries/{path}.json"])


def test_a_day_is_published_two_hours_after_its_end() -> None:
    made = world()
    made.publish("2026-11-26T01:59:59Z")
    assert DAY not in made.objects.stored
    made.publish("2026-11-26T02:00:00Z")
    day = summary(made, "acme/2026-11-25")
    assert (day.numbers.inspected, day.provisional, day.revision) == (100, False, 1)
    assert (day.errors.decided, day.errors.note) == (None, "no decisions recorded yet")
    assert list(day.errors.by_rule) == ["one-time-codes/1/asks-for-code"]


def test_an_open_day_is_published_when_asked_and_closes_without_a_revision() -> None:
    made = world()
    made.publish("2026-11-25T18:00:00Z", "2026-11-25", provisional=True)
    assert summary(made, "acme/2026-11-25").provisional
    assert "Provisional" in made.text("summaries/acme/2026-11-25.html")
    made.store.add(sample_receipt(number=2, inspected=11))
    made.publish(CLOSED)
    day = summary(made, "acme/2026-11-25")
    assert (day.numbers.inspected, day.provisional, day.revision) == (111, False, 1)
    assert not [key for key in made.objects.stored if ".r1." in key]


@pytest.mark.parametrize(
    ("through", "provisional", "last"),
    [
        pytest.param(None, False, "2026-11-24", id="by the schedule, closed days"),
        pytest.param("2026-11-23", False, "2026-11-23", id="closed days up to one"),
        pytest.param("2026-11-25", True, "2026-11-25", id="the open day too"),
        pytest.param("2027-01-01", True, "2026-11-25", id="no day that has not begun"),
        pytest.param(None, True, "2026-11-25", id="all that has begun"),
    ],
)
def test_which_days_a_run_publishes(through: str | None, provisional: bool, last: str) -> None:
    made = World()
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        made.store.add(sample_receipt(day))
    made.publish("2026-11-25T12:00:00Z", through, provisional=provisional)
    days = [
        k for k in made.objects.stored if k.startswith("summaries/acme/2026-11-") and k[-1] == "n"
    ]
    assert max(days) == f"summaries/acme/{last}.json"


def test_publishing_again_writes_nothing() -> None:
    made = world()
    made.publish(CLOSED)
    before = dict(made.objects.stored)
    outcome = made.publish("2026-11-26T05:00:00Z")
    assert (outcome.written, made.objects.writes) == (0, [])
    assert made.objects.stored == before


def test_two_tables_with_the_same_facts_give_the_same_bytes() -> None:
    one, other = world(), world()
    one.store.add(sample_receipt(number=2))
    other.store.add(sample_receipt(number=2))
    other.store.journal["acme", "2026-11-25"].reverse()
    one.publish(CLOSED)
    other.publish("2026-11-26T23:00:00Z")
    assert one.objects.stored == other.objects.stored


def test_what_a_summary_names_is_written_before_it_and_the_index_last() -> None:
    made = world()
    made.publish(CLOSED)
    writes = made.objects.writes
    for key in (k for k in writes if k.startswith("summaries/") and k.endswith(".json")):
        named = summary(made, key.removeprefix("summaries/").removesuffix(".json"))
        for file in named.journal:
            assert writes.index(file.path) < writes.index(key)
        assert writes.index(key.replace(".json", ".html")) < writes.index(key)
        assert writes.index(key.replace(".json", ".csv")) < writes.index(key)
    assert writes[-1] == "index.html"
    packs = [n for n, key in enumerate(writes) if key.startswith("packs/")]
    assert packs
    assert max(n for n, key in enumerate(writes) if key.startswith("summaries/")) < min(packs)


def test_days_begin_with_the_first_on_which_anything_came_and_gaps_are_nought() -> None:
    made = World()
    made.store.add(sample_receipt("2026-11-20"))
    made.store.add(sample_receipt("2026-11-24"))
    made.publish(CLOSED)
    names = sorted(k[15:25] for k in made.objects.keys("public", "summaries/acme/2026-11-"))
    assert names[0] == "2026-11-20"
    gap = summary(made, "acme/2026-11-22")
    assert (gap.numbers.units, gap.journal[0].lines) == (0, 0)
    assert made.objects.stored["journal/acme/2026-11-22.jsonl"] == b""


def test_a_late_receipt_makes_a_revision_that_says_what_changed_and_keeps_the_first() -> None:
    made = world()
    made.publish(CLOSED)
    first = made.objects.stored[DAY]
    journal = made.objects.stored["journal/acme/2026-11-25.jsonl"]
    made.store.add(sample_receipt(number=2, inspected=11, refused={}))
    outcome = made.publish("2026-11-27T03:00:00Z")
    day = summary(made, "acme/2026-11-25")
    assert (day.revision, day.numbers.inspected) == (2, 111)
    assert day.why_revised == "1 unit came to the journal after revision 1."
    changes = {change.measure: (change.before, change.after) for change in day.changes}
    assert changes["inspected"] == (100, 111)
    assert changes["units"] == (1, 2)
    assert "refused" not in changes
    assert made.objects.stored["summaries/acme/2026-11-25.r1.json"] == first
    assert made.objects.stored["journal/acme/2026-11-25.r1.jsonl"] == journal
    assert outcome.revised == ["summaries/acme/2026-11-25", "summaries/all/2026-11-25"]
    assert "Revision 2." in made.text("summaries/acme/2026-11-25.html")


def test_a_second_revision_leaves_both_earlier_ones() -> None:
    made = world()
    made.publish(CLOSED)
    for number in (2, 3):
        made.store.add(sample_receipt(number=number))
        made.publish(f"2026-11-27T0{number}:30:00Z")
    assert summary(made, "acme/2026-11-25").revision == 3
    kept = [f"summaries/acme/2026-11-25.r{number}.json" for number in (1, 2)]
    assert set(kept) <= made.objects.stored.keys()


def test_a_table_that_is_behind_changes_nothing_until_somebody_accepts_it() -> None:
    """Restored to yesterday, it holds less than was published: which is true, people must say."""
    made = world()
    made.store.add(sample_receipt(number=2))
    made.publish(CLOSED)
    before = dict(made.objects.stored)
    made.store.journal["acme", "2026-11-25"].pop()
    assert made.publish("2026-11-27T03:00:00Z").behind == ["acme/2026-11-25"]
    assert summary(made, "acme/2026-11-25").revision == 1
    days = [key for key in before if "2026-11-25" in key]
    assert [made.objects.stored[key] for key in days] == [before[key] for key in days]
    made.publish("2026-11-27T04:00:00Z", accept=("acme/2026-11-25",))
    day = summary(made, "acme/2026-11-25")
    assert day.why_revised == "1 unit of revision 1 stood no longer in the journal."


def test_a_table_that_lost_a_whole_day_is_behind_too() -> None:
    made = world()
    made.publish(CLOSED)
    made.store.journal.clear()
    assert made.publish("2026-11-27T03:00:00Z").behind == ["acme/2026-11-25"]


def test_a_receipt_that_is_left_out_is_not_missing() -> None:
    made = world()
    made.publish(CLOSED)
    [receipt] = made.store.journal["acme", "2026-11-25"]
    made.store.journal["acme", "2026-11-25"] = [msgspec.structs.replace(receipt, records=1)]
    outcome = made.publish("2026-11-27T03:00:00Z")
    assert (outcome.behind, len(outcome.left_out)) == ([], 1)


def test_a_closed_day_never_becomes_provisional_again() -> None:
    """A clock that was set back, or a trial day, takes nothing back that was said."""
    made = world()
    made.publish(CLOSED)
    before = made.objects.stored[DAY]
    made.store.add(sample_receipt(number=2))
    made.publish("2026-11-25T20:00:00Z", "2026-11-25", provisional=True)
    assert made.objects.stored[DAY] == before


def test_a_closed_month_is_revised_when_a_day_of_it_is() -> None:
    made = World()
    made.store.add(sample_receipt("2026-10-30"))
    made.publish("2026-11-01T02:00:00Z")
    assert not summary(made, "acme/2026-10").provisional
    made.store.add(sample_receipt("2026-10-30", 2))
    made.publish("2026-11-02T02:00:00Z")
    month = summary(made, "acme/2026-10")
    assert month.revision == 2
    assert [part.revision for part in month.days] == [2, 1]
    changed = {change.key for change in month.changes if change.measure == "journal"}
    assert changed == {"journal/acme/2026-10-30.jsonl"}
    assert "summaries/all/2026-10.r1.json" in made.objects.stored


@pytest.mark.parametrize(
    ("moment", "provisional"),
    [
        pytest.param("2026-11-30T12:00:00Z", True, id="while it runs"),
        pytest.param("2026-12-01T01:59:00Z", True, id="before its last day is closed"),
        pytest.param("2026-12-01T02:00:00Z", False, id="when its last day is closed"),
    ],
)
def test_a_month_is_provisional_until_all_its_days_are_published(
    moment: str, provisional: bool
) -> None:
    made = world()
    made.publish(moment)
    assert summary(made, "acme/2026-11").provisional == provisional
    assert summary(made, "all/2026-11").provisional == provisional


def test_a_month_counts_days_that_are_too_old_to_be_looked_at_again() -> None:
    made = World()
    made.store.add(sample_receipt("2026-10-02"))
    made.publish("2026-10-10T02:00:00Z")
    made.store.journal.clear()  # whatever the table still holds, what stands is what counts
    made.store.add(sample_receipt("2026-11-09", inspected=7))
    made.publish("2026-11-10T02:00:00Z")
    assert summary(made, "acme/2026-10").numbers.inspected == 100
    assert summary(made, "acme/2026-11").numbers.inspected == 7


def test_all_is_the_fold_of_its_providers() -> None:
    made = world()
    made.store.add(sample_receipt(provider="kilat", inspected=5))
    made.publish(CLOSED)
    for period in ("2026-11-25", "2026-11"):
        every = summary(made, f"all/{period}")
        assert [part.name for part in every.providers] == ["acme", "kilat"]
        assert every.numbers.inspected == 105
        assert [file.path for file in every.journal] == [
            "journal/acme/2026-11-25.jsonl",
            "journal/kilat/2026-11-25.jsonl",
        ]


def test_a_receipt_that_does_not_close_is_left_out_named_and_counted() -> None:
    made = world()
    broken = sample_receipt(number=2, records=999)
    made.store.add(broken)
    outcome = made.publish(CLOSED)
    day = summary(made, "acme/2026-11-25")
    assert day.numbers.units == 1
    assert [(left.receipt, left.why.value) for left in day.left_out] == [
        (short_digest(broken.unit), "does_not_close")
    ]
    assert [left.receipt for left in outcome.left_out] == [short_digest(broken.unit)]
    assert broken.unit not in made.text(DAY)
    assert summary(made, "all/2026-11").left_out == day.left_out
    assert "1 receipt left out." in made.text("summaries/acme/2026-11-25.html")


def test_a_receipt_left_out_alarms_once() -> None:
    made = world()
    made.store.add(sample_receipt(number=2, records=999))
    made.publish(CLOSED)
    assert made.publish("2026-11-26T03:00:00Z").left_out == []


def test_a_file_is_open_on_each_day_until_it_closes_and_stays_so_said() -> None:
    made = world()
    made.store.open_files["acme"] = [OpenFile("f", "2026-11-24", 3)]
    made.publish("2026-11-26T02:00:00Z")
    assert made.closed == ["f"]
    note = summary(made, "acme/2026-11-25").open_files[0]
    assert (note.file, note.since) == (short_digest("f"), "2026-11-24")
    assert summary(made, "acme/2026-11").open_files == (note,)
    made.store.open_files["acme"] = [OpenFile("f", "2026-11-24", 3, "2026-11-26")]
    made.publish("2026-11-27T02:00:00Z")
    assert summary(made, "acme/2026-11-24").open_files
    assert summary(made, "acme/2026-11-25").revision == 1
    assert not summary(made, "acme/2026-11-26").open_files
    assert not summary(made, "all/2026-11").open_files
    assert made.closed == ["f"]


def test_a_file_that_cannot_be_closed_holds_back_no_number() -> None:
    made = world()
    made.store.open_files["acme"] = [OpenFile("f", "2026-11-24", 3)]

    def broken(file: str) -> None:
        raise LookupError(file)

    desk = replace(made.desk(CLOSED), close=broken)
    with pytest.raises(LookupError):
        publish(desk, Order())
    assert "index.html" in made.objects.stored


def test_a_provider_whose_name_is_no_id_stops_the_run_before_anything_is_written() -> None:
    made = world()
    made.store.registered.append("../acme")
    with pytest.raises(OperatorError, match="no id"):
        made.publish(CLOSED)
    assert made.objects.writes == []


def test_with_no_public_address_the_summary_says_why_nothing_is_proposed() -> None:
    made = world(public_url="")
    made.publish(CLOSED)
    assert "every rule runs in shadow" in summary(made, "acme/2026-11-25").all_in_shadow
    for page in ("summaries/acme/2026-11-25.html", "index.html"):
        assert "every rule runs in shadow" in made.text(page)


@pytest.mark.parametrize(
    ("ran", "hours"),
    [
        pytest.param([6], 6, id="that of the set that ran"),
        pytest.param([6, 2, 48], 2, id="the shortest of several"),
        pytest.param([0], 0, id="none at all"),
        pytest.param([], 72, id="that of the set in force if none ran"),
    ],
)
def test_a_summary_shows_the_notice_period_that_was_applied(ran: list[int], hours: int) -> None:
    made = World()
    for number, notice in enumerate(ran):
        digest = made.put_set(sample_pack(), notice_hours=notice)
        made.store.add(sample_receipt(number=number, set=digest))
    if not ran:
        made.store.add(sample_receipt(inspected=0, refused={"format_unknown": 1}, kind="file"))
    made.put_set(sample_pack(), notice_hours=72)
    made.publish(CLOSED)
    for path in ("acme/2026-11-25", "all/2026-11-25", "acme/2026-11", "all/2026-11"):
        assert summary(made, path).notice_hours == hours
    said = f"runs in shadow for {hours} hours before it may propose"
    assert said in made.text("summaries/acme/2026-11-25.html")


def test_without_a_set_the_operators_notice_period_is_shown() -> None:
    made = World()
    made.store.add(sample_receipt())
    publish(replace(made.desk(CLOSED), notice_hours=5), Order())
    assert summary(made, "acme/2026-11-25").notice_hours == 5


def test_paused_and_held_rules_are_named() -> None:
    made = World()
    pause = {
        "rule": "one-time-codes/asks-for-code",
        "since": "2026-11-20T00:00:00Z",
        "why": "A song.",
    }
    digest = made.put_set(sample_pack(), acme={"packs": None, "paused": [pause]})
    made.store.add(sample_receipt(by_rule={live(): 30}, held={live(): 21}, set=digest))
    made.publish(CLOSED)
    day = summary(made, "acme/2026-11-25")
    assert day.paused[0].why == "A song."
    assert day.numbers.held_by_rule == {live(): 21}
    page = made.text("summaries/acme/2026-11-25.html")
    assert "A song." in page
    assert "(21 held back)" in page


def test_a_campaign_is_its_packs_over_their_days() -> None:
    made = World()
    days = {"from": "2026-11-24", "until": "2026-11-25"}
    bait = sample_pack("bait", rules=[sample_rule("prize")], campaign="autumn", in_force=days)
    digest = made.put_set(sample_pack(), bait, kilat={"packs": []})
    prize = live("prize", "bait")
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        made.store.add(sample_receipt(day, by_rule={live(): 1, prize: 2}, set=digest))
    made.store.add(sample_receipt(provider="kilat"))
    made.publish("2026-11-25T02:00:00Z")
    assert summary(made, "acme/autumn").provisional
    made.publish(CLOSED)
    campaign = summary(made, "acme/autumn")
    assert (campaign.first_day, campaign.last_day) == ("2026-11-24", "2026-11-25")
    assert campaign.numbers.by_rule == {prize: 4}
    assert [(part.name, part.live) for part in campaign.days] == [
        ("2026-11-24", 2),
        ("2026-11-25", 2),
    ]
    assert not campaign.provisional
    assert summary(made, "all/autumn").numbers.by_rule == {prize: 4}
    assert "summaries/kilat/autumn.json" not in made.objects.stored


@pytest.mark.parametrize("name", ["2026-11", "2026-11-25", "../autumn", "a.b"])
def test_a_campaign_named_like_a_period_or_a_path_gets_no_summary(name: str) -> None:
    """It overwrites nothing and stops nothing: every other summary is as without it."""
    found = []
    for campaign in (None, name):
        made = World()
        digest = made.put_set(sample_pack(), sample_pack("bait", campaign=campaign))
        made.store.add(sample_receipt(by_rule={live(): 3}, set=digest))
        outcome = made.publish(CLOSED)
        assert outcome.unpublishable == ([f"campaign {campaign}"] if campaign else [])
        tables = [key for key in made.objects.stored if key.endswith(".csv")]
        found.append({key: made.text(key).replace(digest, "") for key in tables})
        assert "packs/bait/1.html" in made.objects.stored
    assert len(found[1]) == 4
    assert found[0] == found[1]
    assert f"<dd>{name}</dd>" in made.text("packs/bait/1.html")


def test_a_campaign_long_over_is_left_as_it_stands() -> None:
    made = World()
    days = {"from": "2026-09-01", "until": "2026-09-02"}
    made.put_set(sample_pack(campaign="summer", in_force=days))
    made.store.add(sample_receipt())
    made.publish(CLOSED)
    assert not made.objects.keys("public", "summaries/acme/summer")


@pytest.mark.parametrize("revised", [False, True], ids=["a first publication", "a revision"])
def test_a_run_that_dies_at_any_write_is_ended_by_the_next(revised: bool) -> None:
    """Whether the write was applied or not, the next run comes to the same bucket."""

    def prepared() -> World:
        made = world()
        if revised:
            made.publish(CLOSED)
            made.store.add(sample_receipt(number=2, inspected=11))
        return made

    whole = prepared()
    whole.publish("2026-11-26T04:00:00Z")
    writes = len(whole.objects.writes)
    assert writes > 10
    for applied in (False, True):
        for fatal in range(writes):
            made = prepared()
            made.objects.fatal, made.objects.applied = fatal, applied
            with pytest.raises(DiedError):
                made.publish("2026-11-26T04:00:00Z")
            made.publish("2026-11-26T05:00:00Z")
            assert made.objects.stored == whole.objects.stored


def test_a_day_without_providers_gives_an_index_and_nothing_else() -> None:
    made = World()
    made.publish(CLOSED)
    assert sorted(made.objects.stored) == [
        "index.html",
        "schemas/journal.json",
        "schemas/summary.json",
    ]
