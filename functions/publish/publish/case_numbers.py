"""What people did in a period, as numbers that can be added: the sum of the case lines.

Adds up the journal's case lines, each type of line in its own way.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from ledger.units import Tally, counts, says
from publish.case_line import CaseLine
from rules.pack import Pack

CLOCKS = ("decide", "notice", "complaint", "dispute")
"""What has a tally `<clock>_seconds`; its median and ninth decile are published."""

JUDGED = ("confirmed", "dismissed")
"""The verdicts that say whether a finding was right. Escalated and skipped do not."""


EVERY_DECISION = "decisions"
"""The key of `overturned_measures` that counts decisions, whatever their measures."""


class CaseNumbers(msgspec.Struct, frozen=True):
    """What people did about findings, notices and orders in a period. All of it can be added."""

    decisions: Annotated[
        int, counts("Decisions on findings or notices; cases skipped are not among.")
    ] = 0
    decided: Annotated[int, counts("Findings that these confirmed or dismissed.")] = 0
    by_verdict: Annotated[
        Tally, says("Decisions by verdict: confirmed, dismissed, escalated or skipped.")
    ] = {}
    by_measure: Annotated[Tally, says("Measures of decisions, by the codes of the DSA.")] = {}
    by_ground: Annotated[
        Tally, says("Decisions with a measure by what they rest on: illegal or terms.")
    ] = {}
    partly_automated: Annotated[
        int, counts("Decisions that a machine shaped in part; none decides alone.")
    ] = 0
    under_5_seconds: Annotated[
        int, counts("Decisions less than 5 seconds after the case was opened; a group counts once.")
    ] = 0
    decide_seconds: Annotated[
        Tally, says("Decisions on findings by seconds since the finding, in three digits.")
    ] = {}
    notice_seconds: Annotated[
        Tally, says("Decisions on notices alone by seconds since the notice.")
    ] = {}
    by_moderator: Annotated[
        Tally,
        says(
            "Decisions by `moderator/verdict`; a group counts once. Moderators are"
            " letters that hold for one provider and month."
        ),
    ] = {}
    drawn: Annotated[
        int, counts("Decisions drawn for a second review: 1 in 20, a group of copies as one.")
    ] = 0
    second_reviews: Annotated[int, counts("Second reviews that came.")] = 0
    agreed: Annotated[int, counts("Second reviews that came to the decision's verdict.")] = 0
    overturned: Annotated[
        int, counts("Decisions that were overturned, of whatever day they were.")
    ] = 0
    overturned_by: Annotated[
        Tally, says("Overturned decisions by `complaint`, `dispute`, or why reinstated.")
    ] = {}
    overturned_measures: Annotated[
        Tally,
        says(
            "Measures of overturned decisions by `month/measure`, and these decisions"
            " by `month/decisions`: the month in which each was made."
        ),
    ] = {}
    reinstated: Annotated[Tally, says("What came back, by cause; many follow a complaint.")] = {}
    complaints: Annotated[
        Tally, says("Complaints received by who complained: author or notifier.")
    ] = {}
    complaints_ended: Annotated[Tally, says("Complaints answered, by outcome.")] = {}
    complaint_seconds: Annotated[
        Tally, says("Complaints answered by seconds since they came.")
    ] = {}
    disputes: Annotated[int, counts("Disputes taken to a certified body out of court.")] = 0
    disputes_ended: Annotated[Tally, says("Disputes ended, by outcome.")] = {}
    dispute_seconds: Annotated[Tally, says("Disputes ended by seconds since they came.")] = {}
    disputes_implemented: Annotated[
        int, counts("Disputes whose outcome the provider carried out.")
    ] = 0
    notices: Annotated[int, counts("Notices received, also several on one post.")] = 0
    notice_items: Annotated[int, counts("Items that these notices name.")] = 0
    trusted_notices: Annotated[int, counts("Notices by trusted flaggers.")] = 0
    notices_by_category: Annotated[Tally, says("Notices by category.")] = {}
    notices_answered: Annotated[int, counts("Notices that a decision answers.")] = 0
    orders: Annotated[
        Tally, says("Orders received by `kind/country/authority`: act or inform.")
    ] = {}
    order_items: Annotated[Tally, says("Items that they name, by the same key.")] = {}
    orders_ended: Annotated[
        Tally,
        says(
            "Orders by `kind/country/outcome/authority`; contested, refused and"
            " impossible ones were not followed."
        ),
    ] = {}
    order_acknowledge_seconds: Annotated[
        Tally, says("By `kind/country/seconds/authority`: from order to acknowledgement.")
    ] = {}
    order_effect_seconds: Annotated[
        Tally, says("By `kind/country/seconds/authority`: from order to effect.")
    ] = {}
    suspended: Annotated[
        Tally, says("Suspensions of repeated offenders, by why. Nobody is named.")
    ] = {}
    by_rule: Annotated[
        Tally,
        says(
            "Findings by `found/pack/version/rule/mode/what`: `found` is the day, in"
            " longer periods the month, in which each was found; `what` is confirmed, dismissed,"
            " escalated, overturned (confirmed, and it fell), restored (dismissed, and it stood"
            " after all), or confirmed_anew and dismissed_anew (a published check changed, and that"
            " verdict counts no longer). A group of near copies that was decided as one counts"
            " once for each rule and day."
        ),
    ] = {}
    in_groups: Annotated[
        Tally,
        says(
            "Findings by the same key that were decided in a group of near copies and"
            " are not in `by_rule`, where a group counts once."
        ),
    ] = {}
    groups: Annotated[int, counts("Decisions taken for a group of near copies.")] = 0
    grouped: Annotated[int, counts("Of the decisions, those on single posts of such groups.")] = 0
    by_found_day: Annotated[
        Tally, says("Findings of live rules that were decided, by the day they were found.")
    ] = {}
    reopened: Annotated[
        Tally,
        says(
            "Findings of live rules that are open again, since a published check"
            " changed, by the day they were found."
        ),
    ] = {}
    checks_changed: Annotated[
        Tally, says("Findings whose published check was corrected or withdrawn, by which.")
    ] = {}
    posts: Annotated[
        Tally,
        says(
            "Decisions on findings by `found/category/what`: one post and category"
            " each. `what` is confirmed, overturned, restored or confirmed_anew."
        ),
    ] = {}
    audited: Annotated[
        Tally,
        says("Posts of the audit sample by `month/verdict`, and by `month/violating/category`."),
    ] = {}
    floods_answered: Annotated[
        Tally,
        says(
            "Answers to the flood guard by `day/pack/rule/what`: the findings of that"
            " rule and day were `opened`, or `left_held`."
        ),
    ] = {}


def by_month(numbers: CaseNumbers) -> CaseNumbers:
    """Return the numbers of a day with its findings by month, as longer periods add them.

    >>> by_month(CaseNumbers(by_rule={"2026-11-25/a/1/r/live/confirmed": 2})).by_rule
    {'2026-11/a/1/r/live/confirmed': 2}
    """
    return msgspec.structs.replace(
        numbers,
        by_rule=_monthly(numbers.by_rule),
        in_groups=_monthly(numbers.in_groups),
        posts=_monthly(numbers.posts),
    )


def of_packs(numbers: CaseNumbers, packs: Iterable[Pack]) -> CaseNumbers:
    """Return the decisions on findings of these packs. A campaign counts nothing else of cases."""
    chosen = {f"{pack.id}/{pack.version}" for pack in packs}
    by_rule, in_groups = (
        {key: count for key, count in tally.items() if "/".join(key.split("/")[1:3]) in chosen}
        for tally in (numbers.by_rule, numbers.in_groups)
    )
    decided = sum(
        count
        for tally in (by_rule, in_groups)
        for key, count in tally.items()
        if key.rpartition("/")[2] in JUDGED
    )
    return CaseNumbers(decided=decided, by_rule=by_rule, in_groups=in_groups)


def case_measures(numbers: CaseNumbers) -> Iterator[tuple[str, str, int]]:
    """Yield every number as (`cases.<name>`, key, value), like `folding.measures`."""
    for name in CaseNumbers.__struct_fields__:
        value = getattr(numbers, name)
        entries = sorted(value.items()) if isinstance(value, dict) else [("", value)]
        yield from ((f"cases.{name}", key, count) for key, count in entries)


def _monthly(tally: Tally) -> Tally:
    found: Counter[str] = Counter()
    for key, count in tally.items():
        day, _, rest = key.partition("/")
        found[f"{day[:7]}/{rest}"] += count
    return dict(sorted(found.items()))


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
