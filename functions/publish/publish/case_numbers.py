"""What people did in a period, as numbers that can be added: the sum of the case lines.

Adds up the journal's case lines, each type of line in its own way.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

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


def _monthly(tally: Tally) -> Tally:
    found: Counter[str] = Counter()
    for key, count in tally.items():
        day, _, rest = key.partition("/")
        found[f"{day[:7]}/{rest}"] += count
    return dict(sorted(found.items()))


HURRIED_BELOW_SECONDS = 5
"""Below so many seconds from opening a case to its verdict, nobody can have read it."""


type Addend = tuple[str, object, int]
"""One addition: the name of a number, its key (COUNT if it is a plain count), and how many."""

COUNT = ""


def case_numbers(lines: Iterable[CaseLine]) -> CaseNumbers:
    """Return the numbers of case lines. Tallies are sorted and have no zeros.

    >>> decided = CaseLine(1, "case", type="decision", verdict="dismissed",
    ...     found={"2026-11-25/a/1/r/live": 2})
    >>> case_numbers([decided]).by_found_day
    {'2026-11-25': 2}
    """
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        for name, key, count in ADDENDS[line.type](line):
            sums[name][str(key)] += count
    numbers: dict[str, Any] = {
        name: tally[COUNT]
        if COUNT in tally
        else {key: count for key, count in sorted(tally.items()) if count}
        for name, tally in sums.items()
    }
    return CaseNumbers(**numbers)


def _decision(line: CaseLine) -> Iterator[Addend]:
    yield "by_verdict", line.verdict, 1
    if line.verdict == "skipped":
        return
    yield "decisions", COUNT, 1
    if line.group:
        yield "grouped", COUNT, 1
        yield "groups", COUNT, line.leads
    yield "partly_automated", COUNT, bool(line.automated)
    yield "drawn", COUNT, line.drawn
    yield "notices_answered", COUNT, line.answers == "notice"
    if line.counts_alone:
        seconds = line.review_seconds
        hurried = seconds is not None and seconds < HURRIED_BELOW_SECONDS
        yield "under_5_seconds", COUNT, hurried
        yield "by_moderator", f"{line.moderator}/{line.verdict}", 1
    if line.wait_seconds is not None:
        yield "decide_seconds" if line.found else "notice_seconds", line.wait_seconds, 1
    yield from (("by_measure", code, 1) for code in line.measures)
    if line.measures:
        yield "by_ground", line.ground, 1
    yield from _findings(line, line.verdict)
    if line.verdict in JUDGED:
        yield "decided", COUNT, sum(line.found.values())
        yield from _by_day("by_found_day", line)


def _findings(line: CaseLine, result: str) -> Iterator[Addend]:
    """Yield the result of a decision's findings, and of their post.

    A group counts each rule once; its other findings are counted apart.
    """
    yield from (("by_rule", f"{key}/{result}", count) for key, count in line.by_look.items())
    if line.group:
        for key, count in line.found.items():
            yield "in_groups", f"{key}/{result}", count - line.counted.get(key, 0)
    if line.found and result in {"confirmed", "overturned", "restored", "confirmed_anew"}:
        yield "posts", f"{min(line.found)[:10]}/{line.category}/{result}", 1


def _by_day(name: str, line: CaseLine) -> Iterator[Addend]:
    found = line.found.items()
    yield from ((name, key[:10], count) for key, count in found if key.endswith("/live"))


def _second_review(line: CaseLine) -> Iterator[Addend]:
    yield "second_reviews", COUNT, 1
    yield "agreed", COUNT, line.verdict == line.about


def _outcome(line: CaseLine) -> Iterator[Addend]:
    yield f"{line.answers}s_ended", line.outcome, 1
    if line.wait_seconds is not None:
        yield f"{line.answers}_seconds", line.wait_seconds, 1
    yield "disputes_implemented", COUNT, bool(line.implemented)
    yield from _overturned(line, line.answers)


def _reinstatement(line: CaseLine) -> Iterator[Addend]:
    yield "reinstated", line.cause, 1
    yield from _overturned(line, line.cause)


def _overturned(line: CaseLine, by: str) -> Iterator[Addend]:
    if line.overturns:
        yield "overturned", COUNT, 1
        yield "overturned_by", by, 1
        for what in (EVERY_DECISION, *line.undoes):
            yield "overturned_measures", f"{line.decided_in}/{what}", 1
        yield from _findings(line, "overturned" if line.about == "confirmed" else "restored")


def _correction(line: CaseLine) -> Iterator[Addend]:
    """Count a changed fact-check: its verdicts no longer count, its findings are open again."""
    yield "checks_changed", line.why, 1
    if line.found:
        yield from _findings(line, f"{line.about}_anew")
        yield from _by_day("reopened", line)


def _notice(line: CaseLine) -> Iterator[Addend]:
    yield "notices", COUNT, 1
    yield "notice_items", COUNT, line.items
    yield "trusted_notices", COUNT, line.trusted_flagger
    yield "notices_by_category", line.category, 1


def _order(line: CaseLine) -> Iterator[Addend]:
    given = f"{line.order}/{line.country}"
    if line.received:
        yield "orders", f"{given}/{line.authority}", 1
        yield "order_items", f"{given}/{line.authority}", line.items
    if line.outcome:
        yield "orders_ended", f"{given}/{line.outcome}/{line.authority}", 1
    for clock in ("acknowledge_seconds", "effect_seconds"):
        seconds = getattr(line, clock)
        if seconds is not None:
            yield f"order_{clock}", f"{given}/{seconds}/{line.authority}", 1


def _audit(line: CaseLine) -> Iterator[Addend]:
    yield "audited", f"{line.month}/{line.verdict}", 1
    if line.category:
        yield "audited", f"{line.month}/{line.verdict}/{line.category}", 1


ADDENDS: dict[str, Callable[[CaseLine], Iterable[Addend]]] = {
    "decision": _decision,
    "second_review": _second_review,
    "complaint": lambda line: [("complaints", line.by, 1)],
    "dispute": lambda _: [("disputes", COUNT, 1)],
    "outcome": _outcome,
    "reinstatement": _reinstatement,
    "correction": _correction,
    "notice": _notice,
    "order": _order,
    "suspension": lambda line: [("suspended", line.why, 1)],
    "audit": _audit,
    "flood_answer": lambda line: [("floods_answered", f"{line.held}/{line.verdict}", 1)],
}
"""What each type of line adds."""
