"""The definition of each number of parts 3 to 8, written a second time to check a report."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any

type Record = dict[str, Any]

OWN_INITIATIVE = "VOLUNTARY"
TERMS_ONLY = "OTHER_VIOLATION_TC"
AUDITED_AT_LEAST = 100


@dataclass(frozen=True)
class Expected:
    """The expected value of a number, None for a blank, and the ids of the entries that it counts.

    For a share, `ids` are the entries of the numerator and `of` those of the denominator.
    """

    value: float | None
    ids: frozenset[str]
    of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EntryBook:
    """The entries of a report, and how many posts were inspected by month."""

    entries: tuple[Record, ...]
    inspected: dict[str, int]

    def typed(self, entry_type: str) -> list[Record]:
        """Return the entries of a type."""
        return self._by_type.get(entry_type, [])

    @cached_property
    def _by_type(self) -> dict[str, list[Record]]:
        by_type: dict[str, list[Record]] = {}
        for entry in self.entries:
            by_type.setdefault(entry["type"], []).append(entry)
        return by_type

    @cached_property
    def orders(self) -> dict[str, list[Record]]:
        """The first messages of orders, by kind."""
        first = [order for order in self.typed("order") if not order.get("follows")]
        return {
            kind: [order for order in first if order["kind"] == kind] for kind in ("act", "inform")
        }

    @cached_property
    def order_times(self) -> dict[tuple[str, str], str]:
        """The earliest time that any message of an order gives, by order and name of the time."""
        times: dict[tuple[str, str], str] = {}
        for order in self.typed("order"):
            for name in ("acknowledged_at", "effected_at"):
                key = order.get("follows") or order["entry"], name
                if time := order.get(name):
                    times[key] = min(time, times.get(key, time))
        return times

    @cached_property
    def notices(self) -> list[Record]:
        """Notices of Article 16."""
        return [notice for notice in self.typed("notice") if notice.get("article_16")]

    @cached_property
    def on_notices(self) -> list[Record]:
        """Decisions on notices of Article 16."""
        return [
            decision
            for decision in self.typed("decision")
            if decision["verdict"] != "skipped" and (decision.get("about") or {}).get("article_16")
        ]

    @cached_property
    def own_measures(self) -> dict[int, list[Record]]:
        """Measures without a request: on violations of the law (5) or only of the terms (6)."""
        own: dict[int, list[Record]] = {5: [], 6: []}
        for decision in self.typed("decision"):
            if acted(decision) and decision["source_type"] == OWN_INITIATIVE:
                by_law = decision.get("ground") == "illegal"
                own[5 if by_law and decision.get("category") != TERMS_ONLY else 6].append(decision)
        return own


def acted(decision: Record) -> bool:
    """Return whether a decision took any measure."""
    measures = decision.get("measures") or {}
    return any(measures.get(name) for name in ("visibility", "monetary", "provision", "account"))


def expect_count(counted: Iterable[Record]) -> Expected:
    """Expect the number of entries."""
    entries = list(counted)
    return Expected(len(entries), _ids(entries))


def expect_items(entries: list[Record]) -> Expected:
    """Expect the sum of the entries' items."""
    return Expected(sum(entry.get("items", 0) for entry in entries), _ids(entries))


def expect_hours(measured: Iterable[tuple[Record, str, str]]) -> Expected:
    """Expect the median of spans between two moments, in hours."""
    spans = list(measured)
    hours = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600
        for _, start, end in spans
    ]
    ids = _ids(entry for entry, _, _ in spans)
    return Expected(median(hours) if hours else None, ids)


def _ids(entries: Iterable[Record]) -> frozenset[str]:
    return frozenset(entry["entry"] for entry in entries)


# Parts 3 to 6: by the title of a column, without the blanks at its ends.

type InRow = Callable[[list[Record], str], list[Record]]
"""Returns the entries of a list that count in a row. The second argument is the field of an entry
that decides: `about`, or empty for the entry itself."""


def order_cell(column: str, book: EntryBook, in_row: InRow) -> Expected:
    """Return the expected number in a column of part 3 (orders)."""
    orders = in_row(book.orders["inform" if "provide information" in column else "act"], "")
    if column.startswith("Median time"):
        name = "acknowledged_at" if "inform the authority" in column else "effected_at"
        ends = ((order, book.order_times.get((order["entry"], name), "")) for order in orders)
        return expect_hours((order, order["received_at"], end) for order, end in ends if end)
    is_items = column.startswith("Number of specific items")
    return expect_items(orders) if is_items else expect_count(orders)


def notice_cell(column: str, book: EntryBook, in_row: InRow) -> Expected:
    """Return the expected number in a column of part 4 (notices, and decisions on them)."""
    every = "rusted" not in column
    if column.startswith("Number of ") and "actions" not in column:
        notices = [
            notice for notice in in_row(book.notices, "") if every or notice.get("trusted_flagger")
        ]
        return expect_items(notices) if "specific items" in column else expect_count(notices)
    decisions = [
        decision
        for decision in in_row(book.on_notices, "about")
        if every or decision["about"].get("trusted_flagger")
    ]
    if column.startswith("Median time"):
        return expect_hours(
            (decision, decision["about"]["received_at"], decision["decided_at"])
            for decision in decisions
        )
    by_law = "basis of the law" in column
    return expect_count(
        decision
        for decision in decisions
        if acted(decision) and (decision.get("ground") == "illegal") == by_law
    )


MEASURE_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Visibility restriction Removal": ("visibility", ("CONTENT_REMOVED",)),
    "Visibility restriction Disable": ("visibility", ("CONTENT_DISABLED",)),
    "Visibility restriction Demoted": ("visibility", ("CONTENT_DEMOTED",)),
    "Visibility restriction Age restricted": ("visibility", ("CONTENT_AGE_RESTRICTED",)),
    "Visibility restriction Interaction restricted": (
        *("visibility", ("CONTENT_INTERACTION_RESTRICTED",)),
    ),
    "Visibility restriction Labelled": ("visibility", ("CONTENT_LABELLED",)),
    "Visibility restriction Other": ("visibility", ("OTHER",)),
    "Monetary restriction Suspension": ("monetary", ("SUSPENSION",)),
    "Monetary restriction Termination": ("monetary", ("TERMINATION",)),
    "Monetary restriction Other": ("monetary", ("OTHER",)),
    "Provision of the service Suspension": (
        *("provision", ("PARTIAL_SUSPENSION", "TOTAL_SUSPENSION")),
    ),
    "Provision of the service Termination": (
        *("provision", ("PARTIAL_TERMINATION", "TOTAL_TERMINATION")),
    ),
    "Account restriction Suspension": ("account", ("SUSPENDED",)),
    "Account restriction Termination": ("account", ("TERMINATED",)),
}
"""The measure of each column of parts 5 and 6, and its codes without their prefix."""


def measure_cell(column: str, part: int, book: EntryBook, in_row: InRow) -> Expected:
    """Return the expected number in a column of part 5 or 6 (measures without a request)."""
    decisions = in_row(book.own_measures[part], "")
    if column.startswith("Number of measures taken after detection"):
        decisions = [decision for decision in decisions if decision.get("rules")]
    elif column in MEASURE_COLUMNS:
        name, codes = MEASURE_COLUMNS[column]
        wanted = {f"DECISION_{name.upper()}_{code}" for code in codes}
        decisions = [
            decision for decision in decisions if wanted & _codes(decision["measures"].get(name))
        ]
    return expect_count(decisions)


def _codes(value: str | list[str] | None) -> set[str]:
    return {value} if isinstance(value, str) else set(value or ())


# Parts 7 and 8: by the indicator and scope of a row.

_RESULTS = {
    "Decisions upheld": "upheld",
    "Decisions partially reversed": "partly_reversed",
    "Decisions reversed": "reversed",
    "Decision omitted": "omitted",
}
_SUSPENSIONS = {
    "illegal content": "illegal_content",
    "unfounded notices": "unfounded_notices",
    "unfounded complaints": "unfounded_complaints",
}
_RESTRICTED = {
    "restrict visibility": "visibility",
    "provision of the service": "provision",
    "an account": "account",
    "monetise": "monetary",
}


def contest_cell(indicator: str, scope: str, book: EntryBook) -> Expected:
    """Return the expected number in a row of part 7."""
    if indicator.startswith("Number of suspensions"):
        cause = next(code for words, code in _SUSPENSIONS.items() if indicator.endswith(words))
        return expect_count(entry for entry in book.typed("suspension") if entry["why"] == cause)
    outcomes = book.typed("outcome")
    if indicator.startswith("Number of restrictions newly imposed"):
        return expect_count(
            outcome
            for outcome in outcomes
            if outcome.get("complaint") and not acted(outcome["about"]) and acted(outcome)
        )
    contest = "dispute" if "out-of-court" in indicator else "complaint"
    opened = [entry for entry in book.typed(contest) if _regards(indicator, entry["about"])]
    ended = [
        entry for entry in outcomes if entry.get(contest) and _regards(indicator, entry["about"])
    ]
    if scope == "Total number":
        return expect_count(opened)
    if scope in _RESULTS:
        return expect_count(entry for entry in ended if entry["outcome"] == _RESULTS[scope])
    decided = [entry for entry in ended if entry["outcome"] != "omitted"]
    if scope == "Median time":
        return expect_hours(
            (entry, entry["answers"]["received_at"], entry["decided_at"]) for entry in decided
        )
    implemented = [entry for entry in decided if entry.get("implemented")]
    share = len(implemented) / len(decided) if decided else None
    return Expected(share, _ids(implemented), _ids(decided))


def _regards(indicator: str, decision: Record) -> bool:
    """Return whether a contest of this decision counts in a row."""
    if not indicator.startswith("Complaint regarding"):
        return True
    if "not to take action" in indicator:
        source = "TRUSTED_FLAGGER" if "Trusted Flagger" in indicator else "ARTICLE_16"
        return decision["source_type"] == source and not acted(decision)
    measures = decision.get("measures") or {}
    return bool(
        measures.get(next(code for words, code in _RESTRICTED.items() if words in indicator))
    )


def automated_cell(indicator: str, scope: str, book: EntryBook) -> Expected:
    """Return the expected number in a row of part 8."""
    if "solely" in indicator:
        return expect_count([])
    if indicator.startswith("Number of measures"):
        every = scope != "Own-initiative"
        return expect_count(
            decision
            for decision in book.typed("decision")
            if acted(decision) and (every or decision["source_type"] == OWN_INITIATIVE)
        )
    if indicator.startswith("Number of notices"):
        every = scope != "NAM Trusted Flagger"
        return expect_count(
            notice for notice in book.notices if every or notice.get("trusted_flagger")
        )
    if scope.startswith("NAM") or indicator.endswith("Accuracy"):
        return Expected(None, frozenset())
    return _precision(book) if indicator.endswith("Precision") else _recall(book)


def _decided_and_right(
    book: EntryBook, name: Callable[[Record], str] = lambda decision: decision["entry"]
) -> tuple[list[Record], list[Record]]:
    """Return decisions on findings, and those in which the findings were right.

    `name` says which decisions are overturned together: each alone, or all of a group.
    """
    overturned = {name(entry["about"]) for entry in book.entries if entry.get("overturns")}
    decided = [
        decision
        for decision in book.typed("decision")
        if decision.get("rules") and decision["verdict"] in ("confirmed", "dismissed")
    ]
    right = [
        decision
        for decision in decided
        if (decision["verdict"] == "confirmed") ^ (name(decision) in overturned)
    ]
    return decided, right


def _precision(book: EntryBook) -> Expected:
    decided, right = _decided_and_right(
        book, lambda decision: decision.get("group") or decision["entry"]
    )
    decided_findings, right_findings = (
        sum(map(_weight, decisions)) for decisions in (decided, right)
    )
    if not decided_findings:
        return Expected(None, frozenset())
    return Expected(right_findings / decided_findings, _ids(right), _ids(decided))


def _weight(decision: Record) -> int:
    """Return the findings of a decision; of a group, those by which this one counts for it."""
    found = decision.get("counted", {}) if decision.get("group") else decision["rules"]
    return sum(found.values())


def _recall(book: EntryBook) -> Expected:
    """Estimate recall from the months with an audit: found posts, and the missed ones."""
    audited = [audit for audit in book.typed("audit") if audit["verdict"] != "gone"]
    months = {audit["month"] for audit in audited}
    right = _decided_and_right(book)[1]
    found = [decision for decision in right if _month(decision) in months]
    missed = 0.0
    for month in months:
        sample = [audit["verdict"] == "violating" for audit in audited if audit["month"] == month]
        met = sum(_month(decision) == month for decision in found)
        missed += max(0, book.inspected.get(month, 0) - met) * sum(sample) / len(sample)
    if len(audited) < AUDITED_AT_LEAST or not (found or missed):
        return Expected(None, frozenset())
    return Expected(len(found) / (len(found) + missed), _ids(found), _ids(audited))


def _month(decision: Record) -> str:
    first: str = min(decision["found_days"])
    return first[:7]
