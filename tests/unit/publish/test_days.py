"""Days and months: when they are published, in which order, and from which facts."""

from copy import deepcopy

import msgspec
import pytest
from support.publish_world import CLOSED, DiedError, World, sample_receipt
from support.published_days import DAY, world

from ledger.codes import OperatorError
from ledger.keys import Provider
from ledger.units import Receipt


def test_a_day_is_published_two_hours_after_its_end() -> None:
    made = world()
    made.publish("2026-11-26T01:59:59Z")
    assert DAY not in made.files
    made.publish("2026-11-26T02:00:00Z")
    day = made.summary("acme/2026-11-25")
    assert (day.numbers.inspected, day.provisional, day.revision) == (100, False, 1)
    assert (day.errors.decided, day.errors.note) == (None, "no decisions recorded yet")
    assert list(day.errors.by_rule) == ["one-time-codes/1/asks-for-code"]


def test_an_open_day_is_published_when_asked_and_closes_without_a_revision() -> None:
    made = world()
    made.publish("2026-11-25T18:00:00Z", "2026-11-25", provisional=True)
    assert made.summary("acme/2026-11-25").provisional
    assert "Provisional" in made.text("summaries/acme/2026-11-25.html")
    made.store.add(sample_receipt(number=2, inspected=11))
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    assert (day.numbers.inspected, day.provisional, day.revision) == (111, False, 1)
    assert not [key for key in made.files if ".r1." in key]


@pytest.mark.parametrize(("through", "provisional", "last"), [
    (None, False, "2026-11-24"), ("2026-11-23", False, "2026-11-23"),
    ("2026-11-25", True, "2026-11-25"), ("2027-01-01", True, "2026-11-25"),
    (None, True, "2026-11-25"),
], ids=["closed days", "closed days up to one", "the open day too", "no day of the future",
        "all that has begun"])  # fmt: skip
def test_which_days_a_run_publishes(through: str | None, provisional: bool, last: str) -> None:
    made = World()
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        made.store.add(sample_receipt(day))
    made.publish("2026-11-25T12:00:00Z", through, provisional=provisional)
    days = [k for k in made.files if k.startswith("summaries/acme/2026-11-") and k[-1] == "n"]
    assert max(days) == f"summaries/acme/{last}.json"


def test_publishing_again_writes_nothing() -> None:
    made = world()
    made.publish(CLOSED)
    before = dict(made.files)
    outcome = made.publish("2026-11-26T05:00:00Z")
    assert (outcome.written, made.calls.writes) == (0, [])
    assert made.files == before


def test_two_tables_with_the_same_facts_give_the_same_bytes() -> None:
    one, other = world(), world()
    for number in (2, 3, 4):
        one.store.add(sample_receipt(number=number))
        other.store.add(sample_receipt(number=6 - number))
    one.publish(CLOSED)
    other.publish("2026-11-26T23:00:00Z")
    assert one.files == other.files


def test_what_a_summary_names_is_written_before_it_and_the_index_last() -> None:
    made = world()
    made.publish(CLOSED)
    writes = made.calls.writes
    for key in (k for k in writes if k.startswith("summaries/") and k.endswith(".json")):
        named = made.summary(key.removeprefix("summaries/").removesuffix(".json"))
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
    gap = made.summary("acme/2026-11-22")
    assert (gap.numbers.units, gap.journal[0].lines) == (0, 0)
    assert made.files["journal/acme/2026-11-22.jsonl"] == b""


def test_a_first_day_that_is_published_late_is_linked_from_the_next_one() -> None:
    """A receipt of an earlier day was committed late: the pages are as if it had come in time."""
    made = world()
    made.store.add(sample_receipt("2026-11-26", 3))
    made.publish("2026-11-27T02:00:00Z")
    made.store.add(sample_receipt("2026-11-23", 2))
    made.publish("2026-11-27T04:00:00Z")
    before = dict(made.files)
    assert 'href="2026-11-24.html"' in made.text("summaries/acme/2026-11-25.html")
    made.publish("2026-11-27T04:00:00Z", rebuild=True)
    assert made.files == before


@pytest.mark.parametrize(("moment", "provisional"),
    [("2026-12-01T01:59:00Z", True), ("2026-12-01T02:00:00Z", False)])  # fmt: skip
def test_a_month_is_provisional_until_all_days_are_out(moment: str, provisional: bool) -> None:
    made = world()
    made.publish(moment)
    assert made.summary("acme/2026-11").provisional == provisional
    assert made.summary("all/2026-11").provisional == provisional


def test_a_month_counts_days_that_are_too_old_to_be_looked_at_again() -> None:
    made = World()
    made.store.add(sample_receipt("2026-10-02"))
    made.publish("2026-10-10T02:00:00Z")
    made.store.lose(sample_receipt("2026-10-02"))  # months are sums of published days
    made.store.add(sample_receipt("2026-11-09", inspected=7))
    made.publish("2026-11-10T02:00:00Z")
    assert made.summary("acme/2026-10").numbers.inspected == 100
    assert made.summary("acme/2026-11").numbers.inspected == 7


def test_all_is_the_fold_of_its_providers() -> None:
    made = world()
    made.store.add(sample_receipt(provider="kilat", inspected=5))
    made.publish(CLOSED)
    for period in ("2026-11-25", "2026-11"):
        every = made.summary(f"all/{period}")
        assert [part.name for part in every.providers] == ["acme", "kilat"]
        assert every.numbers.inspected == 105
        assert [file.path for file in every.journal] == ["journal/acme/2026-11-25.jsonl",
            "journal/kilat/2026-11-25.jsonl"]  # fmt: skip


def test_a_provider_whose_name_is_no_id_stops_the_run_before_anything_is_written() -> None:
    made = world()
    made.store.put_provider(Provider("../acme"))
    with pytest.raises(OperatorError, match="not an id"):
        made.publish(CLOSED)
    assert made.calls.writes == []


@pytest.mark.parametrize("revised", [False, True], ids=["a first publication", "a revision"])
@pytest.mark.usefixtures("in_english_only")
def test_a_run_that_dies_at_any_write_is_ended_by_the_next(revised: bool) -> None:
    """Whether the write was applied or not, the next run comes to the same bucket."""

    def prepared() -> World:
        made = world()
        if revised:
            made.publish(CLOSED)
            made.store.add(sample_receipt(number=2, inspected=11))
        return made

    before, whole = prepared(), prepared()
    whole.publish("2026-11-26T04:00:00Z")
    writes = whole.calls.writes
    assert len(writes) > 10
    for applied in (False, True):
        for fatal in range(len(writes)):
            made = deepcopy(before)
            made.calls.fatal, made.calls.applied = fatal, applied
            with pytest.raises(DiedError):
                made.publish("2026-11-26T04:00:00Z")
            made.publish("2026-11-26T05:00:00Z")
            assert made.files == whole.files


def test_a_day_without_providers_gives_the_pages_of_no_period_and_nothing_else() -> None:
    made = World()
    made.publish(CLOSED)
    pages = {f"{name}{ending}"
             for name in ("authors", "index", "method")
             for ending in (".html", ".id.html", ".zh.html")}  # fmt: skip
    assert made.files.keys() == {*pages, "feed.xml", "schemas/journal.json",
                                          "schemas/summary.json"}  # fmt: skip


def test_a_late_receipt_makes_a_revision_that_says_what_changed_and_keeps_the_first() -> None:
    made = world()
    made.publish(CLOSED)
    first = made.files[DAY]
    journal = made.files["journal/acme/2026-11-25.jsonl"]
    made.store.add(sample_receipt(number=2, inspected=11, refused={}))
    outcome = made.publish("2026-11-27T03:00:00Z")
    day = made.summary("acme/2026-11-25")
    assert (day.revision, day.numbers.inspected) == (2, 111)
    assert day.why_revised == "1 unit came to the journal after revision 1."
    changes = {change.measure: (change.before, change.after) for change in day.changes}
    assert (changes["inspected"], changes["units"]) == ((100, 111), (1, 2))
    assert "refused" not in changes
    assert made.files["summaries/acme/2026-11-25.r1.json"] == first
    assert made.files["journal/acme/2026-11-25.r1.jsonl"] == journal
    assert outcome.revised == ["summaries/acme/2026-11-25", "summaries/all/2026-11-25"]
    assert "Revision 2." in made.text("summaries/acme/2026-11-25.html")
    second = made.files[DAY]
    made.store.add(sample_receipt(number=3))
    made.publish("2026-11-27T03:30:00Z")
    assert made.summary("acme/2026-11-25").revision == 3
    assert made.files["summaries/acme/2026-11-25.r1.json"] == first
    assert made.files["summaries/acme/2026-11-25.r2.json"] == second


def test_a_table_that_is_behind_changes_nothing_until_somebody_accepts_it() -> None:
    """Restored to yesterday, it holds less than was published: which is true, people must say."""
    made = world()
    made.store.add(sample_receipt(number=2))
    made.publish(CLOSED)
    before = dict(made.files)
    made.store.lose(sample_receipt(number=2))
    assert made.publish("2026-11-27T03:00:00Z").behind == ["acme/2026-11-25"]
    assert made.summary("acme/2026-11-25").revision == 1
    days = [key for key in before if "2026-11-25" in key]
    assert [made.files[key] for key in days] == [before[key] for key in days]
    made.publish("2026-11-27T04:00:00Z", accept=("acme/2026-11-25",))
    day = made.summary("acme/2026-11-25")
    assert day.why_revised == "1 unit of revision 1 was no longer in the journal."
    made.store.lose(*made.store.receipts("acme", "2026-11-25"))
    assert made.publish("2026-11-27T05:00:00Z").behind == ["acme/2026-11-25"], "a whole day"


BATCH = sample_receipt(kind="messages", messages=98)


@pytest.mark.parametrize(("receipt", "units"), [(sample_receipt(), 1), (BATCH, 98)])
def test_what_is_left_out_is_not_missing(receipt: Receipt, units: int) -> None:
    """The messages of a batch are units, and none of them is lost."""
    made = World()
    made.store.add(receipt)
    made.publish(CLOSED)
    assert made.summary("acme/2026-11-25").numbers.units == units
    made.store.add(msgspec.structs.replace(receipt, records=1))
    outcome = made.publish("2026-11-27T03:00:00Z")
    assert (outcome.behind, len(outcome.left_out)) == ([], 1)


def test_a_batch_that_is_gone_is_missing_whatever_came_instead() -> None:
    made = World()
    made.store.add(BATCH)
    made.publish(CLOSED)
    made.store.lose(sample_receipt())
    for number in range(2, 9):
        made.store.add(sample_receipt(number=number))
    assert made.publish("2026-11-27T03:00:00Z").behind == ["acme/2026-11-25"]


def test_a_closed_day_never_becomes_provisional_again() -> None:
    """A clock that was set back, or a trial day, takes nothing back that was said."""
    made = world()
    made.publish(CLOSED)
    before = made.files[DAY]
    made.store.add(sample_receipt(number=2))
    made.publish("2026-11-25T20:00:00Z", "2026-11-25", provisional=True)
    assert made.files[DAY] == before


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
    assert "summaries/all/2026-10.r1.json" in made.files
