"""A fact-check changed: verdicts based on it no longer count, and new ones do."""

from pathlib import Path

import pytest
from support.decided_findings import decided, do, recounted, world
from support.publish_world import CLOSED, sample_pack, sample_receipt
from support.sample_entries import decision, entry

from ledger.cases import JournalEntry


def corrected(about: JournalEntry, day: str = "2026-11-25", why: str = "withdrawn") -> JournalEntry:
    """A published check changed on which the findings of a decision rest."""
    return entry(
        f"correction of {about.entry}", "correction", day, decision=about.entry, about=about,
        category=about.category, found=about.found, why=why, check="https://check.example/1",
    )  # fmt: skip


@pytest.mark.parametrize("verdict", ["confirmed", "dismissed"])
def test_a_verdict_that_rested_on_a_changed_check_counts_no_longer(
    verdict: str, tmp_path: Path
) -> None:
    made = world(d20261125=3)
    first, *others = decided(2, verdict, **({} if verdict == "confirmed" else {"measures": None}))
    do(made, first, *others, corrected(first))
    made.publish("2026-12-01T02:00:00Z")
    day, month = made.summary("acme/2026-11-25"), made.summary("acme/2026-11")
    assert (day.cases.decided, day.cases.checks_changed) == (2, {"withdrawn": 1})
    assert day.errors.decided == 1
    assert day.errors.dismissed == (verdict == "dismissed")
    assert month.standing is not None
    assert month.standing.open_findings == {"2026-11-25": 2}
    assert recounted(made, tmp_path) == 0


def test_what_is_decided_anew_counts_once(tmp_path: Path) -> None:
    """In a later month: the earlier one is never rewritten, and nothing recounts otherwise."""
    made = world(d20261125=1)
    first = decision("first")
    do(made, first)
    made.publish("2026-12-01T02:00:00Z")
    do(made, corrected(first, "2026-12-01", "corrected"),
       decision("anew", "dismissed", day="2026-12-02", measures=None, after_hours=170))  # fmt: skip
    made.store.add(sample_receipt("2026-12-02", 9, set=made.put_set(sample_pack())))
    made.publish("2026-12-03T02:00:00Z", "2026-12-03", provisional=True)
    november, december = made.summary("acme/2026-11"), made.summary("acme/2026-12")
    assert (november.errors.decided, november.errors.precision) == (1, 1.0)
    assert december.standing is not None
    [_, cohort] = december.standing.cohorts
    assert (cohort.month, cohort.errors.decided, cohort.errors.precision) == ("2026-11", 1, 0.0)
    assert cohort.errors.dismissed == 1
    assert december.standing.open_findings == {}
    assert recounted(made, tmp_path) == 0


def test_a_finding_that_nobody_had_decided_is_only_told_of(tmp_path: Path) -> None:
    made = world(d20261125=1)
    do(made, entry("c", "correction", category="SCAMS_AND_FRAUD", why="corrected"))
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    assert day.cases.checks_changed == {"corrected": 1}
    assert day.cases.by_rule == {}
    assert recounted(made, tmp_path) == 0
