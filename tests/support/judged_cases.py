"""Two findings of one post, and what stands of them after some messages."""

from datetime import UTC, datetime, timedelta

from support.case_world import CaseWorld, finding

from ledger.cases import CaseState, JournalEntry, case_id, is_for_second_review

F1, F2 = finding(1).finding, finding(2).finding
DRAWN = next(
    f"d-{n}" for n in range(99) if is_for_second_review(case_id("decision", "acme", f"d-{n}"))
)


def two_findings() -> CaseWorld:
    made = CaseWorld()
    made.find(finding(1), finding(2))
    return made


def entry(cases: CaseWorld, kind: str, message: str) -> JournalEntry:
    return cases.journal[case_id(kind, "acme", message)]


def state(cases: CaseWorld, name: str) -> CaseState | None:
    case = cases.case(name)
    return case.state if case else None


def days_left(cases: CaseWorld, name: str) -> int:
    end = datetime.fromtimestamp(cases.excerpts[name][1], UTC)
    return round((end - cases.clock.now()) / timedelta(days=1))
