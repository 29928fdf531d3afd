"""Terms of scored rules: what they decided is published over many findings, and never of one."""

import json
from pathlib import Path

import msgspec
import pytest
from support.publish_world import World, sample_receipt, scored_pack
from support.sample_entries import contest, decision, outcome

from ledger.cases import DecidedScore, JournalEntry
from publish.precision import GROUPS, RuleEvidence, TermEvidence, sum_evidence, term_evidence
from recount import differences_of

RULE = "by-weight/1/advert"
BAR = 0.94
"""The lower end of the precision that the sample card promises."""


def decided(name: str, *terms: str, score: int = 8, verdict: str = "confirmed") -> JournalEntry:
    """A decision on one finding that these terms decided."""
    scores = (DecidedScore(RULE, score, terms),)
    return decision(name, verdict, rules={f"{RULE}/live": 1}, scores=scores)


def evidence(*entries: JournalEntry) -> dict[str, TermEvidence]:
    found = term_evidence(entries, lambda _: BAR)
    return found[RULE].terms if RULE in found else {}


def groups_of(number: int, term: str, verdict: str = "confirmed") -> list[JournalEntry]:
    """Decisions on findings of so many texts, each with a score of its own."""
    return [decided(f"{term} {at}", term, score=8 + at, verdict=verdict) for at in range(number)]


def test_a_term_is_published_from_five_copy_groups_on() -> None:
    few = groups_of(GROUPS - 1, "slot")
    copy = decided("another copy", "slot", score=8)
    assert evidence(*few, copy) == {}
    [row] = evidence(*few, copy, decided("the fifth", "slot", score=99)).values()
    assert (row.groups, row.stood, row.findings) == (5, 5, 6)


def test_a_copy_group_stood_if_half_of_its_findings_did() -> None:
    wrong = [decided(f"wrong {at}", "slot", score=8, verdict="dismissed") for at in range(2)]
    [row] = evidence(*groups_of(GROUPS, "slot"), *wrong).values()
    assert (row.groups, row.stood, row.findings) == (5, 4, 7)


def test_copies_that_were_decided_in_one_look_count_once_and_fall_together() -> None:
    look = [
        msgspec.structs.replace(decided(f"copy {at}", "slot", score=50 + at), group="g" * 64)
        for at in range(3)
    ]
    [row] = evidence(*groups_of(GROUPS - 1, "slot"), *look).values()
    assert (row.groups, row.stood, row.findings) == (5, 5, 7)
    fell = outcome("o", contest("c", look[0]))
    [row] = evidence(*groups_of(GROUPS - 1, "slot"), *look, fell).values()
    assert (row.groups, row.stood, row.findings) == (5, 4, 7)


def test_the_last_word_of_the_month_counts() -> None:
    entries = groups_of(GROUPS, "slot")
    fell = outcome("o", contest("c", entries[0]))
    [row] = evidence(fell, *entries).values()
    assert (row.groups, row.stood, row.findings) == (5, 4, 5)


def test_a_decision_of_an_earlier_month_counts_where_it_falls() -> None:
    earlier = [
        outcome(f"o {at}", contest(f"c {at}", one))
        for at, one in enumerate(groups_of(GROUPS, "slot"))
    ]
    [row] = evidence(*earlier).values()
    assert (row.groups, row.stood, row.misleads) == (5, 0, True)


@pytest.mark.parametrize(
    ("right", "wrong", "misleads"),
    [(5, 0, False), (20, 1, False), (20, 8, True), (1, 4, True), (4, 1, False)],
)
def test_a_term_misleads_if_even_at_best_it_keeps_not_what_the_card_promises(
    right: int, wrong: int, misleads: bool
) -> None:
    entries = groups_of(right, "slot")
    entries += [
        decided(f"wrong {at}", "slot", score=100 + at, verdict="dismissed") for at in range(wrong)
    ]
    [row] = evidence(*entries).values()
    assert row.misleads is misleads


def test_skipped_and_unscored_decisions_say_nothing() -> None:
    assert evidence(*groups_of(GROUPS, "slot", verdict="skipped")) == {}
    assert evidence(decision("d")) == {}


def test_published_totals_add_up() -> None:
    one = {RULE: RuleEvidence(BAR, {"slot": TermEvidence(5, 1, 6, 0.0, 0.0)})}
    [[rule, summed]] = sum_evidence([one, one]).items()
    assert rule == RULE
    assert summed.terms["slot"] == TermEvidence(10, 2, 12, 0.0567, 0.5098, misleads=True)


def world_of_two_terms() -> World:
    """All findings that `gacor` decided stood, and none that `slot` decided."""
    made = World()
    digest = made.put_set(scored_pack())
    made.store.add(sample_receipt(by_rule={f"{RULE}/live": 20}, set=digest))
    for one in (
        *groups_of(6, "gacor"),
        *groups_of(6, "slot", verdict="dismissed"),
        *groups_of(4, "{link}"),
    ):
        made.store.do(one)
    return made


def test_totals_are_published_when_the_month_is_over() -> None:
    """While it grows, the difference of two totals would be one finding."""
    made = world_of_two_terms()
    made.publish("2026-11-26T02:00:00Z")
    assert not made.summary("acme/2026-11").terms
    assert not made.summary("acme/2026-11-25").terms
    made.publish("2026-12-02T02:00:00Z")
    terms = made.summary("acme/2026-11").terms
    assert terms
    rows = terms[RULE].terms
    assert {term: (row.stood, row.groups, row.misleads) for term, row in rows.items()} == {
        "gacor": (6, 6, False),
        "slot": (0, 6, True),
    }
    assert made.summary("all/2026-11").terms == terms
    revision = made.summary("acme/2026-11").revision
    made.publish("2026-12-03T02:00:00Z")
    assert made.summary("acme/2026-11").revision == revision


def test_the_page_of_the_pack_proposes_what_misleads_for_removal() -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    page = made.text("packs/by-weight/1.html")
    note = page[page.index("Proposed for removal") :]
    note = note[: note.index("</p>")]
    assert "<bdi>slot</bdi>" in note
    assert "gacor" not in note
    assert "94" in note


def test_no_term_list_of_one_finding_is_public() -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    journals = [key for key in made.objects.stored if key.startswith("journal/")]
    assert journals
    for key in journals:
        assert "gacor" not in made.text(key)
    assert "{link}" not in made.text("summaries/acme/2026-11.json")


def test_a_recount_finds_every_changed_total(tmp_path: Path) -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    folder = made.copy_to(tmp_path)
    for provider in ("acme", "all"):
        path = folder / f"summaries/{provider}/2026-11.json"
        text = path.read_text()
        assert list(differences_of(folder, path)) == []
        for name in ("groups", "stood", "findings", "low", "high", "misleads"):
            if (provider, name) == ("acme", "findings"):
                continue  # the journal does not say by which term a finding was decided
            summary = json.loads(text)
            row = summary["terms"][RULE]["terms"]["slot"]
            row[name] = not row[name] if name == "misleads" else row[name] + 1
            path.write_text(json.dumps(summary))
            assert list(differences_of(folder, path)), name
        summary = json.loads(text)
        summary["terms"][RULE]["bar"] = 0.5
        path.write_text(json.dumps(summary))
        assert list(differences_of(folder, path))
        path.write_text(text)


def test_a_month_that_an_earlier_release_closed_stays_as_it_is() -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    for provider in ("acme", "all"):
        key = f"summaries/{provider}/2026-11.json"
        summary = json.loads(made.text(key))
        del summary["terms"]
        made.objects.stored[key] = json.dumps(summary).encode()
    made.publish("2026-12-03T02:00:00Z")
    assert not made.summary("acme/2026-11").terms
    assert made.summary("acme/2026-11").revision == 1
