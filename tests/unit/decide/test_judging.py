"""What messages do to their cases, to excerpts and in the journal, alone and in groups."""

from typing import Any

import msgspec
import pytest
from support.case_world import KEPT_UNTIL, SET, CaseWorld, finding
from support.judged_cases import DRAWN, F1, F2, days_left, entry, state, two_findings
from support.sample_messages import (
    REMOVED,
    audit,
    complaint,
    decision,
    dispute,
    inform,
    notice,
    order,
    outcome,
    reinstatement,
    second_review,
    suspension,
)

from ledger.cases import CaseState, DecidedScore, JournalEntry, Move, case_id, is_for_second_review
from ledger.closing import set_key
from ledger.findings import FoundSpan
from ledger.keys import audit_file_key
from matcher import digest_of


@pytest.fixture
def cases() -> CaseWorld:
    return two_findings()


def test_a_decision_moves_all_its_findings_at_once(cases: CaseWorld) -> None:
    [handled] = cases.decide(decision(F1, F2))
    assert (handled.status, handled.type) == ("taken", "decision")
    assert state(cases, F1) == state(cases, F2) == CaseState.DECIDED
    assert cases.open == set()
    made = entry(cases, "decision", "d-1")
    assert (made.cases, made.rules) == ((F1, F2, made.entry), {"codes/3/asks-for-code/live": 2})
    assert made.found_days == ("2026-11-25", "2026-11-25")
    assert made.found == {f"2026-11-25/{rule}": count for rule, count in made.rules.items()}
    assert (made.category, made.keywords, made.reach) == ("SCAMS_AND_FRAUD", ("PHISHING",), 2)
    assert (made.ground, made.ground_text) == ("illegal", "A provision")
    assert made.source_type == "VOLUNTARY"


@pytest.mark.parametrize(("said", "scope"), [
    ({"scope": ["AT"]}, ["AT"]),
    ({}, ["DE", "NL"]),
    ({"verdict": "dismissed", "measures": None, "applied_at": None}, []),
])  # fmt: skip
def test_a_measure_holds_in_the_providers_territory_unless_it_says_where(cases: CaseWorld,
        said: dict[str, Any], scope: list[str]) -> None:  # fmt: skip
    cases.decide(decision(F1, **said))
    assert list(entry(cases, "decision", "d-1").scope) == scope
    statements = [data for key, data in cases.files.items() if "/decisions/" in key]
    stated = [msgspec.json.decode(data)["territorial_scope"] for data in statements]
    assert stated == ([scope] if scope else [])


def test_a_reason_that_names_somebody_gives_way_to_the_rules_own(cases: CaseWorld) -> None:
    cases.decide(decision(F1, reason="Its author, @invented_seller, asks."))
    [statement] = [data for key, data in cases.files.items() if "/decisions/" in key]
    assert msgspec.json.decode(statement)["illegal_content_explanation"] == "Asks for a code."


def test_a_decision_keeps_which_terms_decided_a_score(cases: CaseWorld) -> None:
    """Only of scored findings that keep all that their score is the sum of."""
    spans = (FoundSpan("text", 0, 4, "slot", weight=5), FoundSpan("text", 5, 10, "gacor", weight=7),
             FoundSpan("text", 0, 10, "{link}", weight=3))  # fmt: skip
    scored = finding(3, spans=spans, score=15, threshold=12)
    capped = finding(4, spans=spans, score=15, threshold=12, spans_capped=True)
    cases.find(scored, capped)
    cases.decide(decision(F1, scored.finding, capped.finding))
    made = entry(cases, "decision", "d-1")
    assert made.scores == (DecidedScore("codes/3/asks-for-code", 15, ("slot", "gacor")),)


@pytest.mark.parametrize("order", [(1, 7), (7, 1)], ids=["explained last", "explained first"])
def test_keyword_other_keeps_its_explanation_whichever_finding_is_first(cases: CaseWorld,
        order: tuple[int, int]) -> None:  # fmt: skip
    """A rule of its own keyword brings the explanation; the other finding's pack has none."""
    data = msgspec.json.decode(SET)
    [rule] = data["packs"][0]["rules"]
    data["packs"].append(
        data["packs"][0] | {"id": "own", "keywords": [], "rules": [rule | {"keywords": ["OTHER"]}]}
    )
    made = msgspec.json.encode(data)
    cases.objects.put(cases.public, set_key(digest_of(made)), made)
    cases.find(finding(7, pack="own", set=digest_of(made)))
    cases.decide(decision(*(finding(number).finding for number in order)))
    decided = entry(cases, "decision", "d-1")
    assert (decided.keywords, decided.other) == (("OTHER", "PHISHING"), "Theft of one-time codes")


def test_the_journal_holds_no_words_on_a_person(cases: CaseWorld) -> None:
    cases.decide(decision(F1), notice(url="https://chat.example/1"), complaint())
    kept = str([*cases.journal.values()])
    assert "It asks readers" not in kept
    assert "chat.example" not in kept
    case = cases.case(case_id("decision", "acme", "d-1"))
    assert case.entries[0].reason == "It asks readers for a one-time code."


@pytest.mark.parametrize(("changes", "kept"), [
    pytest.param({}, ("illegal", "A provision", "https://law.example/1"), id="the pack's"),
    pytest.param({"ground": "illegal"}, ("illegal", "A provision", "https://law.example/1"),
                 id="the pack's, named again"),
    pytest.param({"ground_text": "Another law"}, ("illegal", "Another law", ""), id="other words"),
    pytest.param({"ground": "terms"}, ("terms", "", ""), id="another kind"),
    pytest.param({"ground": "terms", "ground_text": "Rule 4",
                  "ground_url": "https://chat.example/4"},
                 ("terms", "Rule 4", "https://chat.example/4"), id="the sender's own"),
])  # fmt: skip
def test_it_rests_on(cases: CaseWorld, changes: dict[str, str], kept: tuple[str, str, str]) -> None:
    cases.decide(decision(F1, **changes))
    made = entry(cases, "decision", "d-1")
    assert (made.ground, made.ground_text, made.ground_url) == kept


def test_a_skip_leaves_the_case_open_and_an_escalation_too(cases: CaseWorld) -> None:
    cases.decide(decision(F1, id="d-1", verdict="skipped"))
    cases.decide(decision(F1, id="d-2", verdict="escalated", escalation="threat_to_life"))
    assert state(cases, F1) is CaseState.ESCALATED
    assert F1 in cases.open
    late = {"opened_at": "2026-11-25T12:30:00Z", "decided_at": "2026-11-25T12:40:00Z"}
    assert cases.decide(decision(F1, id="d-3", **late))[0].status == "taken"
    assert F1 not in cases.open


def test_an_escalation_is_recorded_after_the_decision_too(cases: CaseWorld) -> None:
    escalated = decision(F1, id="d-2", verdict="escalated", escalation="child_abuse")
    assert [one.status for one in cases.decide(decision(F1), escalated)] == ["taken", "taken"]
    assert state(cases, F1) is CaseState.DECIDED
    assert F1 not in cases.excerpts


@pytest.mark.parametrize(("messages", "days"), [
    pytest.param([decision(F1, verdict="dismissed")], 7, id="dismissed"),
    pytest.param([decision(F1)], 198, id="a measure"),
    pytest.param([decision(F1), complaint()], 366, id="a complaint holds it"),
    pytest.param([decision(F1), dispute()], 366, id="a dispute holds it"),
    pytest.param([decision(F1), complaint(), dispute(), outcome()], 366, id="one is open"),
    pytest.param([decision(F1), complaint(), outcome()], 14, id="overturned"),
    pytest.param(
        [decision(F1), complaint(), outcome(outcome="upheld")], 198, id="the measure stands"),
    pytest.param([decision(F1, verdict="dismissed"), complaint(), outcome(outcome="upheld")],
                 14, id="the dismissal stands"),
])  # fmt: skip
def test_how_long_it_is_kept(cases: CaseWorld, messages: list[dict[str, Any]], days: int) -> None:
    cases.decide(*messages)
    assert days_left(cases, F1) == days


@pytest.mark.parametrize("changes", [{"measures": ..., "applied_at": ...}, {"verdict": "skipped"}])
def test_the_end_of_an_excerpt_is_unchanged(cases: CaseWorld, changes: dict[str, Any]) -> None:
    cases.decide(decision(F1, **changes))
    assert cases.excerpts[F1] == ("Send me the code", KEPT_UNTIL)


def test_suspected_child_abuse_removes_the_excerpt(cases: CaseWorld) -> None:
    cases.decide(decision(F1, verdict="escalated", escalation="child_abuse"))
    assert F1 not in cases.excerpts
    assert F1 in cases.open


OVERTURNED: dict[str, tuple[list[dict[str, Any]], list[bool]]] = {
    "upheld": ([outcome(outcome="upheld")], [False]),
    "omitted": ([outcome(outcome="omitted")], [False]),
    "in part": ([outcome(outcome="partly_reversed", measures=REMOVED)], [False]),
    "reversed": ([outcome()], [True]),
    "reversed, then reinstated": ([outcome(), reinstatement()], [True, False]),
    "by a court": ([reinstatement(cause="court")], [True]),
    "by the provider itself": ([reinstatement(cause="own_initiative")], [True]),
    "by a court, then reversed": ([reinstatement(cause="court"), outcome()], [True, False]),
    "by a dispute's body": ([dispute(), outcome(complaint=..., dispute="x-1", implemented=False)],
                            [False, True]),
}  # fmt: skip


@pytest.mark.parametrize(("messages", "overturns"), OVERTURNED.values(), ids=OVERTURNED)
def test_a_decision_is_overturned_once(cases: CaseWorld, messages: list[dict[str, Any]],
                                       overturns: list[bool]) -> None:  # fmt: skip
    cases.decide(decision(F1, F2), complaint(), *messages)
    made = [entry(cases, message["type"], message["id"]) for message in messages]
    assert [one.overturns for one in made] == overturns
    decided = entry(cases, "decision", "d-1")
    month = decided.at[:7]
    assert [one.decided_in for one in made] == [month if fell else "" for fell in overturns]
    assert all(one.about == decided for one in made)
    proposals = [key for key in cases.files if "/proposals/" in key]
    assert len(proposals) == (2 if any(overturns) else 0)


def test_an_outcome_holds_the_entry_that_it_answers(cases: CaseWorld) -> None:
    cases.decide(decision(F1), complaint(), outcome())
    made = entry(cases, "outcome", "o-1")
    assert (made.answers.received_at, made.answers.by) == ("2026-11-26T08:00:00Z", "author")
    assert made.answers.about is None


@pytest.mark.parametrize(("said", "source"), [
    pytest.param({}, "ARTICLE_16", id="a notice"),
    pytest.param({"trusted_flagger": True}, "TRUSTED_FLAGGER", id="a trusted flagger"),
    pytest.param({"article_16": False}, "OTHER_NOTIFICATION", id="another notification"),
])  # fmt: skip
def test_a_decision_on_a_notice_alone(cases: CaseWorld, said: dict[str, Any], source: str) -> None:
    ground = {"ground": "illegal", "ground_text": "A provision"}
    cases.decide(notice(**said), decision(notice="n-1", **ground))
    made = entry(cases, "decision", "d-1")
    assert (made.source_type, made.category, made.keywords) == (
        source, "SCAMS_AND_FRAUD", ("PHISHING",)
    )  # fmt: skip
    assert (made.rules, made.found_at) == ({}, "2026-11-25T11:00:00Z")
    assert state(cases, case_id("notice", "acme", "n-1")) is CaseState.DECIDED


def test_a_notice_about_a_finding_is_in_the_findings_case(cases: CaseWorld) -> None:
    cases.decide(notice(finding=F1), decision(F1, notice="n-1"))
    case = cases.case(F1)
    assert [one.move for one in case.entries] == ["note", "decide"]
    assert entry(cases, "decision", "d-1").source_type == "ARTICLE_16"


def test_suspensions_and_audits_are_recorded(cases: CaseWorld) -> None:
    cases.files[audit_file_key("acme", "2026-11")] = b'{"post":"1","rank":"00"}\n'
    handled = cases.decide(order(), inform(), suspension(), audit())
    assert {one.status for one in handled} == {"taken"}
    assert entry(cases, "order", "q-2").category == ""
    assert entry(cases, "suspension", "s-1").until == "2026-12-25"


def test_a_later_message_of_an_order_holds_the_first(cases: CaseWorld) -> None:
    cases.decide(order(), order(id="q-9", follows="q-1", effected_at="2026-11-25T10:00:00Z"))
    made = entry(cases, "order", "q-9")
    assert made.follows == entry(cases, "order", "q-1").entry
    assert (made.about, made.cases) == (entry(cases, "order", "q-1"), (made.follows,))


def test_a_time_from_an_earlier_message_is_kept_with_the_order(cases: CaseWorld) -> None:
    """A later message may repeat it: whoever counts must see that it is no news."""
    seen = {"acknowledged_at": "2026-11-25T09:00:00Z"}
    done = seen | {"effected_at": "2026-11-25T10:00:00Z", "outcome": "complied"}
    first = order(acknowledged_at=None)
    cases.decide(first, order(id="q-8", follows="q-1", **seen))
    cases.decide(order(id="q-9", follows="q-1", **done))
    about = entry(cases, "order", "q-9").about
    assert (about.acknowledged_at, about.effected_at) == ("2026-11-25T09:00:00Z", "")


POSTS = [finding(number, post=f"p{number}", rule="asks-for-code") for number in range(1, 5)]
RULE = "2026-11-25/codes/3/asks-for-code/live"
DRAWN_GROUP = next(
    f"g-{n}" for n in range(99) if is_for_second_review(case_id("group", "acme", f"g-{n}"))
)
NOT_DRAWN_GROUP = next(
    f"g-{n}" for n in range(99) if not is_for_second_review(case_id("group", "acme", f"g-{n}"))
)


@pytest.fixture
def copies() -> CaseWorld:
    made = CaseWorld()
    made.find(*POSTS)
    return made


def grouped(number: int, **changes: Any) -> dict[str, Any]:
    """The decision on one of the posts, in the group `g-1`."""
    about = POSTS[number - 1].finding
    return decision(about, **{"id": f"d-{number}", "group": "g-1", **changes})


def decided(copies: CaseWorld, number: int) -> JournalEntry:
    return entry(copies, "decision", f"d-{number}")


def test_each_post_has_its_own_decision_and_the_group_counts_once(copies: CaseWorld) -> None:
    copies.decide(*(grouped(number) for number in (1, 2, 3)))
    entries = [decided(copies, number) for number in (1, 2, 3)]
    assert [made.cases for made in entries] == [
        (post.finding, made.entry) for post, made in zip(POSTS, entries, strict=False)
    ]
    assert {made.group for made in entries} == {case_id("group", "acme", "g-1")}
    assert [made.leads for made in entries] == [True, False, False]
    assert [made.counted for made in entries] == [{RULE: 1}, {}, {}]
    assert [state(copies, post.finding) for post in POSTS] == [*[CaseState.DECIDED] * 3, "open"]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["few rules first", "all rules first"])
def test_each_rule_and_day_counts_once_whichever_post_comes_first(copies: CaseWorld,
        order: tuple[int, int]) -> None:  # fmt: skip
    copies.find(finding(9, post="p2", found_at="2026-11-24T12:00:00Z"))
    second = grouped(2) | {"findings": [POSTS[1].finding, finding(9).finding]}
    messages = {1: grouped(1), 2: second}
    copies.decide(*(messages[number] for number in order))
    counted = [key for number in order for key in decided(copies, number).counted]
    assert sorted(counted) == [RULE.replace("-25", "-24"), RULE]


def test_a_repeat_counts_nothing(copies: CaseWorld) -> None:
    copies.decide(grouped(1), grouped(2))
    before = dict(copies.journal)
    assert [one.status for one in copies.decide(grouped(2), grouped(1))] == ["repeated"] * 2
    assert copies.journal == before


def test_a_later_decision_of_the_group_reads_one_entry(copies: CaseWorld) -> None:
    """Else a group of a thousand posts would read half a million entries."""
    copies.decide(*(grouped(number) for number in (1, 2, 3, 4)))
    group = copies.case(case_id("group", "acme", "g-1"))
    assert [made.move for made in group.entries] == [Move.DECIDE]
    assert not group.entries[0].reason


@pytest.mark.parametrize("changes", [
    {"verdict": "dismissed"}, {"moderator": "m-2"}, {"opened_at": "2026-11-25T12:29:01Z"},
    {"decided_at": "2026-11-25T12:30:01Z"}, {"findings": [finding(6).finding]},
], ids=["verdict", "moderator", "opening", "moment", "category"])  # fmt: skip
def test_another_look_is_refused_others_stand(copies: CaseWorld, changes: dict[str, Any]) -> None:
    copies.find(finding(6, category="VIOLENCE"))
    copies.decide(grouped(1))
    [handled] = copies.decide(grouped(2, **changes))
    assert (handled.status, handled.code) == ("refused", "field_conflict")
    refused = copies.receipts()["d-2"]
    assert refused.field == "group"
    assert "the first decision of the group has" in refused.advice
    assert state(copies, POSTS[0].finding) is CaseState.DECIDED


def test_the_same_name_of_another_provider_is_another_group(copies: CaseWorld) -> None:
    copies.find(finding(7, provider="other"))
    copies.decide(grouped(1))
    copies.decide(decision(finding(7).finding, group="g-1", verdict="dismissed"), provider="other")
    assert entry(copies, "decision", "d-1").leads
    assert copies.journal[case_id("decision", "other", "d-1")].leads


def test_a_group_is_overturned_once(copies: CaseWorld) -> None:
    copies.decide(grouped(1), grouped(2), grouped(3))
    for number in (2, 3):
        copies.decide(complaint(id=f"c-{number}", decision=f"d-{number}"),
                             outcome(id=f"o-{number}", complaint=f"c-{number}"))  # fmt: skip
    copies.decide(reinstatement(decision="d-1", cause="court"))
    fell = [entry(copies, "outcome", f"o-{number}") for number in (2, 3)]
    fell.append(entry(copies, "reinstatement", "b-1"))
    assert all(made.overturns and made.group for made in fell)
    assert [made.counted for made in fell] == [{RULE: 1}, {}, {}]


def test_an_upheld_decision_counts_nothing_against_its_group(copies: CaseWorld) -> None:
    copies.decide(grouped(1), complaint(), outcome(outcome="upheld"))
    assert entry(copies, "outcome", "o-1").counted == {}


def test_a_group_is_drawn_for_a_second_review_as_one(copies: CaseWorld) -> None:
    for number in (1, 2):
        copies.decide(grouped(number, group=DRAWN_GROUP))
    [first] = copies.decide(second_review(decision="d-2"))
    [again] = copies.decide(second_review(id="r-2", decision="d-1", moderator="m-3"))
    assert (first.status, again.status, again.code) == ("taken", "refused", "decided_already")


def test_a_decision_of_a_group_is_not_drawn_alone(copies: CaseWorld) -> None:
    copies.decide(grouped(1, id=DRAWN, group=NOT_DRAWN_GROUP))
    [handled] = copies.decide(second_review(decision=DRAWN))
    assert handled.code == "not_in_sample"
