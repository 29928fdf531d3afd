"""Revisions: which differences make one, what it says, and which make none."""

import msgspec
from support.publish_world import CLOSED, World, sample_receipt
from support.published_days import DAY, world


def test_a_late_receipt_makes_a_revision_that_says_what_changed_and_keeps_the_first() -> None:
    made = world()
    made.publish(CLOSED)
    first = made.objects.stored[DAY]
    journal = made.objects.stored["journal/acme/2026-11-25.jsonl"]
    made.store.add(sample_receipt(number=2, inspected=11, refused={}))
    outcome = made.publish("2026-11-27T03:00:00Z")
    day = made.summary("acme/2026-11-25")
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
    assert made.summary("acme/2026-11-25").revision == 3
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
    assert made.summary("acme/2026-11-25").revision == 1
    days = [key for key in before if "2026-11-25" in key]
    assert [made.objects.stored[key] for key in days] == [before[key] for key in days]
    made.publish("2026-11-27T04:00:00Z", accept=("acme/2026-11-25",))
    day = made.summary("acme/2026-11-25")
    assert day.why_revised == "1 unit of revision 1 was no longer in the journal."


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


def test_a_batch_that_is_left_out_is_not_missing() -> None:
    """Its messages are units, and none of them is lost."""
    made = World()
    made.store.add(msgspec.structs.replace(sample_receipt(), kind="messages", messages=98))
    made.publish(CLOSED)
    assert made.summary("acme/2026-11-25").numbers.units == 98
    [receipt] = made.store.journal["acme", "2026-11-25"]
    made.store.journal["acme", "2026-11-25"] = [msgspec.structs.replace(receipt, records=1)]
    outcome = made.publish("2026-11-27T03:00:00Z")
    assert (outcome.behind, len(outcome.left_out)) == ([], 1)


def test_a_batch_that_is_gone_is_missing_whatever_came_instead() -> None:
    made = World()
    made.store.add(msgspec.structs.replace(sample_receipt(), kind="messages", messages=98))
    made.publish(CLOSED)
    made.store.journal["acme", "2026-11-25"] = [sample_receipt(number=n) for n in range(2, 9)]
    assert made.publish("2026-11-27T03:00:00Z").behind == ["acme/2026-11-25"]


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
    assert not made.summary("acme/2026-10").provisional
    made.store.add(sample_receipt("2026-10-30", 2))
    made.publish("2026-11-02T02:00:00Z")
    month = made.summary("acme/2026-10")
    assert month.revision == 2
    assert [part.revision for part in month.days] == [2, 1]
    changed = {change.key for change in month.changes if change.measure == "journal"}
    assert changed == {"journal/acme/2026-10-30.jsonl"}
    assert "summaries/all/2026-10.r1.json" in made.objects.stored
