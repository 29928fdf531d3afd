"""Rows and charts of the pages, from a summary and the published sets.

Rules, categories, refusals and languages; cases and how complaints ended; the weights of scored
rules and the card of their pack.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cases.kinds import CaseNumbers
from ledger.estimates import Percentiles, percentiles
from phrases import CATEGORIES, category_words, to_translate
from publish.folding import PublishedSets
from publish.precision import Estimate, RuleErrors, estimate
from publish.summary import PeriodKind, Standing, Summary, SummaryPart
from publish_steps.headline import Chart, Say, Series, bars, columns
from publish_steps.page_words import case_words
from rules.pack import Pack, Rule, Said
from rules.pack_parts import OrdinaryPosts, PackCard, Score
from rules.pinned import digest_of, sentence_of
from rules.rule_set import RuleSet

SHADOW = ("shadow", to_translate("In shadow"))


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One version of a rule, and what it found."""

    pack: str
    version: int
    rule: str
    why: Said
    severity: str
    category: str
    live: int
    shadow: int
    held: int
    errors: RuleErrors


@dataclass(frozen=True, slots=True)
class TableRow:
    """A named count: `key` as in the JSON, `words` for people, `colour` a class of the page."""

    key: str
    words: str
    live: int
    shadow: int = 0
    colour: str = ""


def rule_rows(
    summary: Summary, catalogue: PublishedSets, language: str
) -> tuple[list[RuleRow], list[RuleRow]]:
    """Return the rules with findings, most first, and those that ran and found nothing."""
    known = catalogue.packs
    ran = catalogue.ran(summary.provider, summary.numbers.sets)
    found = {key.rpartition("/")[0] for key in summary.numbers.by_rule}
    rows = [
        _rule_row(pack, rule, summary, language)
        for version, pack in known.items()
        if summary.kind is not PeriodKind.CAMPAIGN or pack.campaign == summary.period
        if version in ran
        or any(f"{pack.id}/{pack.version}/{rule.id}" in found for rule in pack.rules)
        for rule in pack.rules
    ]
    rows.sort(key=lambda row: (-row.live, -row.shadow, row.pack, row.version, row.rule))
    return [row for row in rows if row.live or row.shadow], [
        row for row in rows if not (row.live or row.shadow)
    ]


def category_rows(by_category: Mapping[str, int]) -> list[TableRow]:
    """Return the categories with findings in their fixed order; keys are `category/mode`."""
    met = {key.rpartition("/")[0] for key in by_category}
    ordered = [name for name in CATEGORIES if name in met] + sorted(met - CATEGORIES.keys())
    return [
        TableRow(
            key=name,
            words=category_words(name),
            live=by_category.get(f"{name}/live", 0),
            shadow=by_category.get(f"{name}/shadow", 0),
            colour=colour_of(name),
        )
        for name in ordered
    ]


def count_rows(
    tally: Mapping[str, int], words: Callable[[str], str] = case_words
) -> list[TableRow]:
    """Return the counts of a tally in words, the most first."""
    rows = [TableRow(code, words(code), count) for code, count in tally.items()]
    return sorted(rows, key=lambda row: (-row.live, row.key))


def is_busy(part: SummaryPart) -> bool:
    """Return whether anything was received, decided or overturned in a part of a summary."""
    return any((part.inspected, part.refused, part.decided, part.overturned))


def colour_of(category: str) -> str:
    """Return the class that colours a category; it is the same on every page.

    >>> colour_of("SCAMS_AND_FRAUD"), colour_of("NEW_ONE")
    ('c1', 'c0')
    """
    order = list(CATEGORIES)
    return f"c{order.index(category) + 1}" if category in order else "c0"


def by_day(title: str, days: Iterable[SummaryPart], series: Series) -> Chart:
    """Return a chart of days, labelled by the day of the month, without a leading zero."""
    return columns(title, [day.name[8:].lstrip("0") for day in days], series)


def findings_chart(days: Sequence[SummaryPart], rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return findings by day: live ones stacked by category, all in shadow on top."""
    live = [
        (row.colour, say(row.words), [day.by_category.get(f"{row.key}/live", 0) for day in days])
        for row in rows
        if row.live
    ]
    shadow = (SHADOW[0], say(SHADOW[1]), [day.shadow for day in days])
    return by_day(say(to_translate("Findings by day and category")), days, [*live, shadow])


def inspected_chart(days: Sequence[SummaryPart], say: Say = str) -> Chart:
    """Return inspected posts by day."""
    values = [day.inspected for day in days]
    return by_day(say(to_translate("Inspected posts by day")), days, [("plain", "", values)])


def category_chart(rows: Sequence[TableRow], say: Say = str) -> Chart:
    """Return the findings of a day by category."""
    drawn = [(row.colour, say(row.words), row.live) for row in rows if row.live]
    if shadow := sum(row.shadow for row in rows):
        drawn.append((SHADOW[0], say(SHADOW[1]), shadow))
    return bars(say(to_translate("Findings by category")), drawn)


def refusal_chart(rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return refused records by code."""
    title = say(to_translate("Refused records by code"))
    return bars(title, [("plain", row.key, row.live) for row in rows])


def _rule_row(pack: Pack, rule: Rule, summary: Summary, language: str) -> RuleRow:
    numbers, key = summary.numbers, f"{pack.id}/{pack.version}/{rule.id}"
    return RuleRow(
        pack=pack.id,
        version=pack.version,
        rule=rule.id,
        why=pack.reason_in(language, rule),
        severity=rule.severity,
        category=category_words(pack.category_of(rule)),
        live=numbers.by_rule.get(f"{key}/live", 0),
        shadow=numbers.by_rule.get(f"{key}/shadow", 0),
        held=sum(numbers.held_by_rule.get(f"{key}/{mode}", 0) for mode in ("live", "shadow")),
        errors=summary.errors.by_rule.get(key, RuleErrors()),
    )


def months_of(days: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield days by month, newest first.

    >>> list(months_of(["2026-10-31", "2026-11-01", "2026-11-02"]))
    [('2026-11', ['2026-11-02', '2026-11-01']), ('2026-10', ['2026-10-31'])]
    """
    months: dict[str, list[str]] = {}
    for day in sorted(days, reverse=True):
        months.setdefault(day[:7], []).append(day)
    yield from months.items()


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
    looks = numbers.decisions - numbers.grouped + numbers.groups
    contests = (
        _contest(to_translate("Complaints by authors and notifiers"), "complaint", numbers),
        _contest(to_translate("Disputes before certified bodies"), "dispute", numbers),
    )
    return CaseTables(
        decide=percentiles(numbers.decide_seconds),
        notice=percentiles(numbers.notice_seconds),
        hurried=estimate(numbers.under_5_seconds, looks),
        agreement=estimate(numbers.agreed, numbers.second_reviews),
        verdicts=count_rows(numbers.by_verdict),
        measures=count_rows(numbers.by_measure),
        contests=[contest for contest in contests if contest.came or contest.ended],
        orders=_orders(numbers),
        moderators=shown,
        moderators_hidden=hidden,
        notices=count_rows(numbers.notices_by_category),
    )


def decided_chart(days: Sequence[SummaryPart], say: Say = str) -> Chart:
    """Return findings decided by day, with the decisions overturned that day on top."""
    series = [
        ("plain", say(to_translate("Decided")), [day.decided for day in days]),
        ("fell", say(to_translate("Overturned")), [day.overturned for day in days]),
    ]
    title = to_translate("Findings decided and decisions overturned by day")
    return by_day(say(title), days, series)


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


def weight_rows(score: Score) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return what has each weight of a score, the largest first, by kind and name.

    >>> weight_rows(Score(8, terms={"gacor": 7, "kakak": -2}, signs={"link": 7}))[0]
    (7, [('term', 'gacor'), ('sign', 'link')])
    """
    by_weight: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    lists = {"term": score.terms, "sign": score.signs, "pinyin": score.pinyin}
    for kind, weights in lists.items():
        for name, weight in weights.items():
            by_weight[weight].append((kind, name))
    return [
        (weight, sorted(by_weight[weight], key=lambda entry: entry[1]))
        for weight in sorted(by_weight, reverse=True)
    ]


def ordinary_rows(card: PackCard) -> list[tuple[OrdinaryPosts, float, float]]:
    """Return the kinds of ordinary posts, how many of 10,000 are wrongly found, or found high."""
    return [
        (
            some,
            10_000 * some.found / (some.posts or 1),
            10_000 * some.found_high / (some.posts or 1),
        )
        for some in card.ordinary
    ]


class SignRow(NamedTuple):
    """A sign or gate of a set. `is_known` says whether this release has its definition."""

    id: str
    sentence: str
    digest: str
    is_known: bool


def sign_rows(rule_set: RuleSet) -> list[SignRow]:
    """Return the signs and gates that a set names, in the order of ids."""
    return [
        SignRow(name, sentence_of(name), digest, digest_of(name) == digest)
        for name, digest in sorted((rule_set.signs or {}).items())
    ]
