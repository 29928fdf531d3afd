"""Adds up the journal's case lines, each type of line in its own way."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from publish.count.case_numbers import EVERY_DECISION, JUDGED, CaseNumbers
from publish.journal.case_line import CaseLine

HURRIED_BELOW_SECONDS = 5
"""Below so many seconds from opening a case to its verdict, nobody can have read it."""


def case_numbers(lines: Iterable[CaseLine]) -> CaseNumbers:
    """Return the numbers of case lines.

    >>> decided = CaseLine(1, "case", "decision", verdict="dismissed",
    ...     found={"2026-11-25/a/1/r/live": 2})
    >>> case_numbers([decided]).by_found_day
    {'2026-11-25': 2}
    """
    counts = Counting()
    for line in lines:
        counts.add(line)
    return counts.numbers()


class Counting:
    """Counters under the names of `CaseNumbers`, filled line by line."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.tallies: dict[str, Counter[str]] = {}

    def add(self, line: CaseLine) -> None:
        """Count one line, each type in its own way."""
        getattr(self, f"_{line.type}")(line)

    def numbers(self) -> CaseNumbers:
        """Return the numbers so far. Tallies are sorted and have no zeros."""
        tallies = {
            name: {key: count for key, count in sorted(tally.items()) if count}
            for name, tally in self.tallies.items()
        }
        return msgspec.convert({**self.counts, **tallies}, CaseNumbers)

    def tally(self, name: str, key: object, count: int = 1) -> None:
        """Count under a key of a tally."""
        self.tallies.setdefault(name, Counter())[str(key)] += count

    def _decision(self, line: CaseLine) -> None:
        self.tally("by_verdict", line.verdict)
        if line.verdict == "skipped":
            return
        self.counts["decisions"] += 1
        if line.group:
            self.counts["grouped"] += 1
            self.counts["groups"] += line.leads
        self.counts["partly_automated"] += bool(line.automated)
        self.counts["drawn"] += line.drawn
        self.counts["notices_answered"] += line.answers == "notice"
        hurried = line.review_seconds is not None and line.review_seconds < HURRIED_BELOW_SECONDS
        if line.counts_alone:
            self.counts["under_5_seconds"] += hurried
            self.tally("by_moderator", f"{line.moderator}/{line.verdict}")
        if line.wait_seconds is not None:
            self.tally("decide_seconds" if line.found else "notice_seconds", line.wait_seconds)
        for code in line.measures:
            self.tally("by_measure", code)
        if line.measures:
            self.tally("by_ground", line.ground)
        self._findings(line, line.verdict)
        if line.verdict in JUDGED:
            self.counts["decided"] += sum(line.found.values())
            for key, count in line.found.items():
                if key.endswith("/live"):
                    self.tally("by_found_day", key[:10], count)

    def _findings(self, line: CaseLine, result: str) -> None:
        """Count the result of a decision's findings, and of their post.

        A group counts each rule once; its other findings are counted apart.
        """
        for key, count in line.by_look.items():
            self.tally("by_rule", f"{key}/{result}", count)
        if line.group:
            for key, count in line.found.items():
                self.tally("in_groups", f"{key}/{result}", count - line.counted.get(key, 0))
        if line.found and result in {"confirmed", "overturned", "restored", "confirmed_anew"}:
            self.tally("posts", f"{min(line.found)[:10]}/{line.category}/{result}")

    def _second_review(self, line: CaseLine) -> None:
        self.counts["second_reviews"] += 1
        self.counts["agreed"] += line.verdict == line.about

    def _complaint(self, line: CaseLine) -> None:
        self.tally("complaints", line.by)

    def _dispute(self, _line: CaseLine) -> None:
        self.counts["disputes"] += 1

    def _outcome(self, line: CaseLine) -> None:
        self.tally(f"{line.answers}s_ended", line.outcome)
        if line.wait_seconds is not None:
            self.tally(f"{line.answers}_seconds", line.wait_seconds)
        self.counts["disputes_implemented"] += bool(line.implemented)
        self._overturned(line, line.answers)

    def _reinstatement(self, line: CaseLine) -> None:
        self.tally("reinstated", line.cause)
        self._overturned(line, line.cause)

    def _overturned(self, line: CaseLine, by: str) -> None:
        if line.overturns:
            self.counts["overturned"] += 1
            self.tally("overturned_by", by)
            for what in (EVERY_DECISION, *line.undoes) if line.decided_in else ():
                self.tally("overturned_measures", f"{line.decided_in}/{what}")
            self._findings(line, "overturned" if line.about == "confirmed" else "restored")

    def _correction(self, line: CaseLine) -> None:
        """Count a changed fact-check: its verdicts no longer count, its findings are open again."""
        self.tally("checks_changed", line.why)
        if line.found:
            self._findings(line, f"{line.about}_anew")
            for key, count in line.found.items():
                if key.endswith("/live"):
                    self.tally("reopened", key[:10], count)

    def _notice(self, line: CaseLine) -> None:
        self.counts["notices"] += 1
        self.counts["notice_items"] += line.items
        self.counts["trusted_notices"] += line.trusted_flagger
        self.tally("notices_by_category", line.category)

    def _order(self, line: CaseLine) -> None:
        given = f"{line.order}/{line.country}"
        if line.received:
            self.tally("orders", f"{given}/{line.authority}")
            self.tally("order_items", f"{given}/{line.authority}", line.items)
        if line.outcome:
            self.tally("orders_ended", f"{given}/{line.outcome}/{line.authority}")
        for clock in ("acknowledge", "effect"):
            seconds = getattr(line, f"{clock}_seconds")
            if seconds is not None:
                self.tally(f"order_{clock}_seconds", f"{given}/{seconds}/{line.authority}")

    def _suspension(self, line: CaseLine) -> None:
        self.tally("suspended", line.why)

    def _audit(self, line: CaseLine) -> None:
        self.tally("audited", f"{line.month}/{line.verdict}")
        if line.category:
            self.tally("audited", f"{line.month}/{line.verdict}/{line.category}")

    def _flood_answer(self, line: CaseLine) -> None:
        self.tally("floods_answered", f"{line.held}/{line.verdict}")
