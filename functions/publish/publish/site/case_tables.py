"""Rows and charts on cases, and how complaints ended, from the numbers of a summary."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phrases import to_translate
from publish.count.case_numbers import CaseNumbers
from publish.count.month_carryover import Standing
from publish.estimates import Estimate, Percentiles, estimate, percentiles
from publish.site.charts import Chart, Say, bars, columns
from publish.site.code_words import case_words
from publish.site.tables import TableRow, day_label
from publish.summary import SummaryPart

MODERATOR_DECISIONS = 20
"""Decisions below which a moderator is not shown: it would judge a person by a few cases."""

NOT_FOLLOWED = ("contested", "refused", "impossible")
OUTCOMES = ("upheld", "partly_reversed", "reversed", "omitted")
CHANGED = ("reversed", "partly_reversed")
"""Outcomes that changed the decision in whole or in part."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Complaints or disputes of a period: how many came, how they ended, how long it took."""

    words: str
    came: int
    ended: Mapping[str, int]
    took: Percentiles

    @property
    def outcomes(self) -> list[int]:
        """How many ended each way, in the order of OUTCOMES."""
        return [self.ended.get(outcome, 0) for outcome in OUTCOMES]


@dataclass(frozen=True, slots=True)
class EndedComplaints:
    """Complaints of some periods: received, answered, and by outcome in words."""

    received: int
    answered: int
    changed: Estimate
    outcomes: tuple[tuple[str, int], ...]
    took: Percentiles

    @classmethod
    def of(cls, cases: CaseNumbers) -> "EndedComplaints":
        """Return how complaints ended, from the sums of these periods.

        >>> EndedComplaints.of(CaseNumbers(complaints_ended={"reversed": 1, "upheld": 3})).answered
        4
        """
        ended = cases.complaints_ended
        answered = sum(ended.values())
        return cls(
            received=sum(cases.complaints.values()),
            answered=answered,
            changed=estimate(sum(ended.get(outcome, 0) for outcome in CHANGED), answered),
            outcomes=tuple(
                (case_words(outcome), ended[outcome])
                for outcome in (*CHANGED, "upheld", "omitted")
                if ended.get(outcome)
            ),
            took=percentiles(cases.complaint_seconds),
        )


@dataclass(frozen=True, slots=True)
class OrderRow:
    """The orders of one kind, country and authority, with their clocks."""

    kind: str
    country: str
    authority: str
    came: int
    items: int
    acknowledged: Percentiles
    effected: Percentiles
    complied: int
    not_followed: dict[str, int]


@dataclass(frozen=True, slots=True)
class ModeratorRow:
    """How many decisions a moderator made, and the share that confirmed."""

    letter: str
    decisions: int
    confirmed: Estimate


@dataclass(frozen=True, slots=True)
class CaseTables:
    """What a page shows about cases in addition to the plain counts."""

    decide: Percentiles
    notice: Percentiles
    hurried: Estimate
    agreement: Estimate
    verdicts: list[TableRow]
    measures: list[TableRow]
    contests: list[Contest]
    orders: list[OrderRow]
    moderators: list[ModeratorRow]
    moderators_hidden: int
    notices: list[TableRow]

    @property
    def any(self) -> bool:
        """Return whether anybody did anything."""
        return any((self.verdicts, self.orders, self.notices, self.contests))


def case_tables(numbers: CaseNumbers) -> CaseTables:
    """Return the rows and shares of a period's case numbers."""
    shown, hidden = _moderators(numbers.by_moderator)
    contests = (
        _contest(to_translate("Complaints by authors and notifiers"), "complaint", numbers),
        _contest(to_translate("Disputes before certified bodies"), "dispute", numbers),
    )
    return CaseTables(
        decide=percentiles(numbers.decide_seconds),
        notice=percentiles(numbers.notice_seconds),
        hurried=estimate(numbers.under_5_seconds, _looks(numbers)),
        agreement=estimate(numbers.agreed, numbers.second_reviews),
        verdicts=_rows(numbers.by_verdict),
        measures=_rows(numbers.by_measure),
        contests=[contest for contest in contests if contest.came or contest.ended],
        orders=_orders(numbers),
        moderators=shown,
        moderators_hidden=hidden,
        notices=_rows(numbers.notices_by_category),
    )


def _looks(numbers: CaseNumbers) -> int:
    return numbers.decisions - (numbers.grouped or 0) + (numbers.groups or 0)


def decided_chart(days: Iterable[SummaryPart], say: Say = str) -> Chart:
    """Return findings decided by day, with the decisions overturned that day on top."""
    shown = list(days)
    series = [
        ("plain", say(to_translate("Decided")), [day.decided for day in shown]),
        ("fell", say(to_translate("Overturned")), [day.overturned for day in shown]),
    ]
    labels = [day_label(day.name) for day in shown]
    title = say(to_translate("Findings decided and decisions overturned by day"))
    return columns(title, labels, series)


def open_chart(standing: Standing, say: Say = str) -> Chart | None:
    """Return open findings by how long they have waited; None where the table says it all."""
    rows = [("plain", say(age), count) for age, count in standing.ages()]
    several = sum(1 for *_, count in rows if count) > 1
    return bars(say(to_translate("Open findings by age")), rows) if several else None


def complaints_chart(numbers: CaseNumbers, say: Say = str) -> Chart | None:
    """Return how complaints ended, if any did; reversed decisions have their own colour."""
    ended = numbers.complaints_ended
    rows = [
        (
            "fell" if outcome == "reversed" else "plain",
            say(case_words(outcome)),
            ended.get(outcome, 0),
        )
        for outcome in OUTCOMES
    ]
    return bars(say(to_translate("Complaints by outcome")), rows) if len(ended) > 1 else None


def _rows(tally: Mapping[str, int]) -> list[TableRow]:
    rows = [TableRow(key, case_words(key), count) for key, count in tally.items()]
    return sorted(rows, key=lambda row: (-row.live, row.key))


def _contest(words: str, name: str, numbers: CaseNumbers) -> Contest:
    came = numbers.disputes if name == "dispute" else sum(numbers.complaints.values())
    ended: Mapping[str, int] = getattr(numbers, f"{name}s_ended")
    return Contest(words, came, ended, percentiles(getattr(numbers, f"{name}_seconds")))


def _orders(numbers: CaseNumbers) -> list[OrderRow]:
    """Return a row for each kind, country and authority. The authority is last in each key."""
    keys = {tuple(key.split("/", 2)) for key in numbers.orders}
    for tally in (numbers.orders_ended, numbers.order_acknowledge_seconds):
        keys |= {_without_third(key) for key in tally}
    return [_order(numbers, *key) for key in sorted(keys)]


def _without_third(key: str) -> tuple[str, ...]:
    kind, country, _, authority = key.split("/", 3)
    return kind, country, authority


def _order(numbers: CaseNumbers, kind: str, country: str, authority: str) -> OrderRow:
    whole = f"{kind}/{country}/{authority}"

    def third(tally: Mapping[str, int]) -> Counter[str]:
        return Counter(
            {
                key.split("/", 3)[2]: count
                for key, count in tally.items()
                if _without_third(key) == (kind, country, authority)
            }
        )

    ended = third(numbers.orders_ended)
    return OrderRow(
        kind=kind,
        country=country,
        authority=authority,
        came=numbers.orders.get(whole, 0),
        items=numbers.order_items.get(whole, 0),
        acknowledged=percentiles(third(numbers.order_acknowledge_seconds)),
        effected=percentiles(third(numbers.order_effect_seconds)),
        complied=ended["complied"],
        not_followed={outcome: ended[outcome] for outcome in NOT_FOLLOWED if ended[outcome]},
    )


def _moderators(by_moderator: Mapping[str, int]) -> tuple[list[ModeratorRow], int]:
    """Return the moderators with enough decisions, and how many others there are."""
    decisions, confirmed = Counter[str](), Counter[str]()
    for key, count in by_moderator.items():
        letter, _, verdict = key.rpartition("/")
        decisions[letter] += count
        confirmed[letter] += count if verdict == "confirmed" else 0
    rows = [
        ModeratorRow(letter, count, estimate(confirmed[letter], count))
        for letter, count in sorted(decisions.items(), key=lambda one: (len(one[0]), one[0]))
        if count >= MODERATOR_DECISIONS
    ]
    return rows, len(decisions) - len(rows)
