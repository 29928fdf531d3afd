"""What people did in a period, in numbers that are added: the fold of the journal's case lines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from adding import added
from case_line import CaseLine
from published_set import PublishedPack

Tally = dict[str, int]

UNHURRIED_SECONDS = 5
"""Below so many seconds from opening a case to its verdict, nobody can have read it."""

CLOCKS = ("decide", "notice", "complaint", "dispute")
"""What has a tally `<clock>_seconds`, of which the median and the ninth decile are told."""

JUDGED = ("confirmed", "dismissed")
"""The verdicts that say whether a finding was right; to pass it on or to skip it says neither."""


class CaseNumbers(msgspec.Struct, frozen=True):
    """What people did about findings, notices and orders in a period. All of it can be added."""

    decisions: Annotated[
        int,
        Meta(ge=0, description="Decisions on findings or notices; cases skipped are not among."),
    ] = 0
    decided: Annotated[
        int, Meta(ge=0, description="Findings that these confirmed or dismissed.")
    ] = 0
    by_verdict: Annotated[
        Tally,
        Meta(description="Decisions by verdict: confirmed, dismissed, escalated or skipped."),
    ] = {}
    by_measure: Annotated[
        Tally, Meta(description="Measures of decisions, by the codes of the DSA.")
    ] = {}
    by_ground: Annotated[
        Tally, Meta(description="Decisions with a measure by what they rest on: illegal or terms.")
    ] = {}
    partly_automated: Annotated[
        int, Meta(ge=0, description="Decisions that a machine shaped in part; none decides alone.")
    ] = 0
    under_5_seconds: Annotated[
        int,
        Meta(ge=0, description="Decisions less than 5 seconds after the case was opened."),
    ] = 0
    decide_seconds: Annotated[
        Tally,
        Meta(description="Decisions on findings by seconds since the finding, in three digits."),
    ] = {}
    notice_seconds: Annotated[
        Tally, Meta(description="Decisions on notices alone by seconds since the notice.")
    ] = {}
    by_moderator: Annotated[
        Tally,
        Meta(
            description="Decisions by `moderator/verdict`. Moderators are letters that hold for"
            " one provider and month."
        ),
    ] = {}
    drawn: Annotated[
        int, Meta(ge=0, description="Decisions that were drawn for a second review: 1 in 20.")
    ] = 0
    second_reviews: Annotated[int, Meta(ge=0, description="Second reviews that came.")] = 0
    agreed: Annotated[
        int, Meta(ge=0, description="Second reviews that came to the decision's verdict.")
    ] = 0
    overturned: Annotated[
        int, Meta(ge=0, description="Decisions that were overturned, of whatever day they were.")
    ] = 0
    overturned_by: Annotated[
        Tally,
        Meta(description="Overturned decisions by `complaint`, `dispute`, or why reinstated."),
    ] = {}
    reinstated: Annotated[
        Tally, Meta(description="What came back, by cause; many follow a complaint.")
    ] = {}
    complaints: Annotated[
        Tally, Meta(description="Complaints received by who complained: author or notifier.")
    ] = {}
    complaints_ended: Annotated[Tally, Meta(description="Complaints answered, by outcome.")] = {}
    complaint_seconds: Annotated[
        Tally, Meta(description="Complaints answered by seconds since they came.")
    ] = {}
    disputes: Annotated[
        int, Meta(ge=0, description="Disputes taken to a certified body out of court.")
    ] = 0
    disputes_ended: Annotated[Tally, Meta(description="Disputes ended, by outcome.")] = {}
    dispute_seconds: Annotated[
        Tally, Meta(description="Disputes ended by seconds since they came.")
    ] = {}
    disputes_implemented: Annotated[
        int, Meta(ge=0, description="Disputes whose outcome the provider carried out.")
    ] = 0
    notices: Annotated[
        int, Meta(ge=0, description="Notices received, also several on one post.")
    ] = 0
    notice_items: Annotated[int, Meta(ge=0, description="Items that these notices name.")] = 0
    trusted_notices: Annotated[int, Meta(ge=0, description="Notices by trusted flaggers.")] = 0
    notices_by_category: Annotated[Tally, Meta(description="Notices by category.")] = {}
    notices_answered: Annotated[int, Meta(ge=0, description="Notices that a decision answers.")] = 0
    orders: Annotated[
        Tally, Meta(description="Orders received by `kind/country/authority`: act or inform.")
    ] = {}
    order_items: Annotated[Tally, Meta(description="Items that they name, by the same key.")] = {}
    orders_ended: Annotated[
        Tally,
        Meta(
            description="Orders by `kind/country/outcome/authority`; contested, refused and"
            " impossible ones were not followed."
        ),
    ] = {}
    order_acknowledge_seconds: Annotated[
        Tally,
        Meta(description="By `kind/country/seconds/authority`: from order to acknowledgement."),
    ] = {}
    order_effect_seconds: Annotated[
        Tally, Meta(description="By `kind/country/seconds/authority`: from order to effect.")
    ] = {}
    suspended: Annotated[
        Tally, Meta(description="Suspensions of repeated offenders, by why. Nobody is named.")
    ] = {}
    by_rule: Annotated[
        Tally,
        Meta(
            description="Findings by `found/pack/version/rule/mode/what`: `found` is the day, in"
            " longer periods the month, in which each was found; `what` is confirmed, dismissed,"
            " escalated, overturned (confirmed, and it fell) or restored (dismissed, and it stood"
            " after all)."
        ),
    ] = {}
    by_found_day: Annotated[
        Tally,
        Meta(description="Findings of live rules that were decided, by the day they were found."),
    ] = {}
    posts: Annotated[
        Tally,
        Meta(
            description="Decisions on findings by `found/category/what`: one post and category"
            " each. `what` is confirmed, overturned or restored."
        ),
    ] = {}
    audited: Annotated[
        Tally,
        Meta(
            description="Posts of the audit sample by `month/verdict`, and by"
            " `month/violating/category`."
        ),
    ] = {}


def case_numbers(lines: Iterable[CaseLine]) -> CaseNumbers:
    """The numbers of some lines; of none, nought.

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
        """What was counted so far; tallies are sorted, and nought is no entry."""
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
        self.counts["partly_automated"] += bool(line.automated)
        self.counts["drawn"] += line.drawn
        self.counts["notices_answered"] += line.answers == "notice"
        hurried = line.review_seconds is not None and line.review_seconds < UNHURRIED_SECONDS
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

    def _findings(self, line: CaseLine, what: str) -> None:
        """Count what became of the findings of a decision, and of the post that they are of."""
        for key, count in line.found.items():
            self.tally("by_rule", f"{key}/{what}", count)
        if line.found and what in {"confirmed", "overturned", "restored"}:
            self.tally("posts", f"{min(line.found)[:10]}/{line.category}/{what}")

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
            self._findings(line, "overturned" if line.about == "confirmed" else "restored")

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


def fold_cases(parts: Iterable[CaseNumbers]) -> CaseNumbers:
    """The numbers of all parts together; of none, nought."""
    return added(CaseNumbers, parts)


def by_month(numbers: CaseNumbers) -> CaseNumbers:
    """The numbers of a day as a longer period adds them: findings by the month they were found.

    >>> by_month(CaseNumbers(by_rule={"2026-11-25/a/1/r/live/confirmed": 2})).by_rule
    {'2026-11/a/1/r/live/confirmed': 2}
    """
    return msgspec.structs.replace(
        numbers, by_rule=_monthly(numbers.by_rule), posts=_monthly(numbers.posts)
    )


def of_packs(numbers: CaseNumbers, packs: Iterable[PublishedPack]) -> CaseNumbers:
    """What is counted by rule, of these packs alone: nothing else of cases is of one campaign."""
    chosen = {f"{pack.id}/{pack.version}" for pack in packs}
    by_rule = {
        key: count
        for key, count in numbers.by_rule.items()
        if "/".join(key.split("/")[1:3]) in chosen
    }
    decided = sum(count for key, count in by_rule.items() if key.rpartition("/")[2] in JUDGED)
    return CaseNumbers(decided=decided, by_rule=by_rule)


def case_measures(numbers: CaseNumbers) -> Iterator[tuple[str, str, int]]:
    """Every number as (measure, key, value), as `folding.measures` has it, under `cases.`."""
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
