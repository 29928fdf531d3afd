"""What a trial asks of people, and what a rule's page says of it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from support.desk_world import NOW, MemoryDesk, Visitor, rule_views, trial_of

from cases.case_store import TrialRules
from cases.trials import Answer, is_asked_twice
from desk.trial_desk import TIMED, Asked, RuleState, RuleView, asked_by, seconds_a_card, terms_of
from ledger.cases import JournalEntry
from ledger.draws import DrawnFinding, Trial
from ledger.findings import digest
from ledger.texts import utc
from rules.pack import Mode, Rule
from rules.pack_parts import Score
from rules.rule_set import ALL, HIGH

SCORED = Rule(id="r", severity="low", why="w", score=Score(8, high=12, terms={"slot": 9}))
PLAIN = Rule(id="r", severity="low", why="w", groups=(("slot",),))


def asked(
    verdicts: str, rule: Rule = PLAIN, people: int = 2, judges: int = 2, **changes: Any
) -> Asked:
    """What is asked after the first of 130 findings were judged r(ight) or w(rong) by some people.
    Every second finding is of the band `high`."""
    rows = [
        DrawnFinding(digest("f", str(n)), "p/r", 1, f"{n:032x}", band=HIGH if n % 2 else "medium",
                     **{"fingerprint": bytes([n] * 64)} | changes)
        for n in range(130)
    ]  # fmt: skip
    answers = {row.finding: [Answer(f"m-{n // 2 % judges}", "right" if said == "r" else "wrong")]
               for n, (row, said) in enumerate(zip(rows, verdicts, strict=False))}  # fmt: skip
    trial = Trial("p/r", 1, "", utc(NOW - timedelta(days=1)), "lead-1")
    return asked_by(trial, rule, rows, answers, TrialRules(people=people), NOW)


@pytest.mark.parametrize(("verdicts", "rule", "band", "first", "look"), [
    pytest.param("", PLAIN, ALL, 30, 30, id="the first thirty"),
    pytest.param("r" * 12, PLAIN, ALL, 18, 30, id="the rest of them"),
    pytest.param("r" * 30, PLAIN, ALL, 0, 30, id="no more once it may go live"),
    pytest.param("w" * 3 + "r" * 27, PLAIN, ALL, 30, 60, id="thirty more if it was wrong"),
    pytest.param("w" * 120, PLAIN, ALL, 0, 0, id="nothing after the last look"),
    pytest.param("w" * 30, SCORED, HIGH, 15, 30, id="the surest, if all together were wrong"),
    pytest.param("w" * 5 + "r" * 25, SCORED, HIGH, 15, 30, id="also if they could pass no more"),
    pytest.param("w" * 3 + "r" * 27, SCORED, ALL, 30, 60, id="but not while they still could"),
    pytest.param("wr" * 30, SCORED, HIGH, 0, 30, id="and the surest may go live alone"),
])  # fmt: skip
def test_people_are_asked_what_the_next_look_needs(verdicts: str, rule: Rule, band: str, first: int,
        look: int) -> None:  # fmt: skip
    made = asked(verdicts, rule=rule)
    assert (made.band, len(made.first), made.look) == (band, first, look)
    assert made.judged == look - first


def test_one_in_five_is_asked_of_a_second_person_where_there_is_one() -> None:
    made = asked("r" * 30)
    judged = {digest("f", str(n)): f"m-{n // 2 % 2}" for n in range(30)}
    assert made.second == {name: who for name, who in judged.items() if is_asked_twice(name)}
    assert made.second
    assert asked("r" * 30, people=1).second == {}


def test_who_judged_alone_is_asked_no_more_where_two_must() -> None:
    assert {*asked("r" * 30, judges=1).first.values()} == {"m-0"}
    assert {*asked("r" * 28, judges=1).first.values()} == {""}


def test_a_text_too_short_for_a_fingerprint_is_asked_like_others() -> None:
    made = asked("r" * 20, fingerprint=b"")
    assert (len(made.first), made.judged, made.look) == (10, 20, 30)
    assert {*asked("r" * 30, fingerprint=b"").second} == {*asked("r" * 30).second}


def test_nobody_is_asked_about_an_erased_author() -> None:
    """Each text is a group of its own, which only the noted group tells."""
    rows = [DrawnFinding(digest("f", str(n)), "p/r", 1, f"{n:032x}").forgotten(f"g{n}")
            for n in range(32)]  # fmt: skip
    living = [msgspec.structs.replace(one, group="") for one in rows[31:]]
    twice = next(n for n, one in enumerate(rows) if is_asked_twice(one.finding))
    answers = {rows[twice].finding: [Answer("m-1", "right")]}
    trial = Trial("p/r", 1, "", utc(NOW - timedelta(days=1)), "lead-1")
    made = asked_by(trial, PLAIN, rows[:31] + living, answers, TrialRules(), NOW)
    assert (made.first, made.second) == ({rows[31].finding: ""}, {})
    assert [group[0].finding for group in made.groups] == [rows[twice].finding, rows[31].finding]


def test_of_near_copies_one_whose_author_is_not_erased_is_asked() -> None:
    hers, his = (
        DrawnFinding(digest("f", name), "p/r", 1, f"{n:032x}", fingerprint=bytes(64), group="g")
        for n, name in enumerate(("hers", "his"))
    )
    trial = Trial("p/r", 1, "", utc(NOW - timedelta(days=1)), "lead-1")
    made = asked_by(trial, PLAIN, [hers.forgotten("g"), his], {}, TrialRules(), NOW)
    assert {*made.first} == {his.finding}


def decisions(seconds: int, count: int) -> list[JournalEntry]:
    """Decisions that each took so long."""
    return [
        JournalEntry(str(n), "acme", "", type="decision", verdict="confirmed",
                     opened_at=utc(NOW), decided_at=utc(NOW + timedelta(seconds=seconds)))
        for n in range(count)
    ]  # fmt: skip


def test_minutes_are_told_from_ten_decisions_on() -> None:
    assert seconds_a_card(decisions(8, TIMED - 1)) is None
    assert seconds_a_card(decisions(8, TIMED - 1) + decisions(900, 1)) == 8


def test_every_term_of_a_rule_is_listed() -> None:
    score = Score(8, terms={"slot": 9}, pinyin={"jia-wei": 2}, signs={"link": 3})
    rule = Rule(id="r", severity="low", why="w", score=score, links=(), unless=("joke",))
    assert list(terms_of(rule)) == [("term", "slot", 9), ("pinyin", "jia-wei", 2),
                                    ("sign", "{link}", 3), ("unless", "joke", None)]  # fmt: skip


def page(view: RuleView, role: str = "lead") -> str:
    desk = MemoryDesk([])
    desk.views = [view]
    body: str = Visitor(desk, role=role).get(f"/rules/{view.name}")["body"]
    return body


def test_what_one_person_judged_is_said_so() -> None:
    view = next(view for view in rule_views() if view.state is RuleState.MAY_GO_LIVE)
    assert "2 people" in page(view)
    alone = page(view._replace(asked=trial_of(view, 30, people=1)))
    assert "judged by one person" in alone


def test_only_a_lead_is_offered_what_only_a_lead_may_do() -> None:
    for view in {view.state: view for view in rule_views()}.values():
        assert "<button" not in page(view, "auditor").partition("<main")[2]


def test_all_terms_are_listed_and_open_for_a_lead_who_has_to_read_them() -> None:
    views = [view for view in rule_views() if len([*terms_of(view.rule)]) > 100]
    states = {view.state: view for view in views}
    for state, has_to_read in ((RuleState.MAY_GO_LIVE, True), (RuleState.LIVE, False)):
        body = page(states[state])
        assert body.count('name="struck"') == len([*terms_of(states[state].rule)])
        assert ("<details open" in body) == has_to_read
    assert "<details open" not in page(states[RuleState.MAY_GO_LIVE], "auditor")


def test_a_rule_brings_what_it_proposes_in_its_band() -> None:
    view = next(view for view in rule_views() if view.state is RuleState.LIVE)
    view = view._replace(a_day=40.0, live_a_day=4.0)
    assert (view.cards, view.minutes) == (40, 6)
    assert view._replace(adopted=(HIGH, utc(NOW))).cards == 4
    soon = view._replace(
        adopted=("", ""), rule=SCORED, why="not-read", asked=asked("wr" * 30, SCORED)
    )
    soon = soon._replace(pack=msgspec.structs.replace(view.pack, mode=Mode.SHADOW))
    assert (soon.state, soon.band, soon.cards) == (RuleState.MAY_GO_LIVE, HIGH, 20)


def test_a_rule_whose_reason_a_trial_cannot_lift_offers_none() -> None:
    view = next(view for view in rule_views() if view.state is RuleState.NOT_TRIED)
    assert "Begin the trial" in page(view)
    for why in ("unprotected", "no-card", "not-public"):
        assert "Begin the trial" not in page(view._replace(why=why))
