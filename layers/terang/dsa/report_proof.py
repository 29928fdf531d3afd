"""Prove each number of a yearly report from the entries next to it.

It shares no code with the writer of reports and imports only the standard library, so that anybody
can read it in one sitting. Every number of parts 3 to 8 must be the count of a set of entries, or a
named function of such sets (items, a median, a share), and the report must claim that very set.

The definition of each number comes first, written a second time; then the proof.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any, NamedTuple

type Record = dict[str, Any]

OWN_INITIATIVE = "VOLUNTARY"
TERMS_ONLY = "OTHER_VIOLATION_TC"
AUDITED_AT_LEAST = 100


class Expected(NamedTuple):
    """The expected value of a number, None for a blank, and the ids of the entries that it counts.

    For a share, `ids` are the entries of the numerator and `of` those of the denominator.
    """

    value: float | None
    ids: frozenset[str] = frozenset()
    of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EntryBook:
    """The entries of a report, and how many posts were inspected by month."""

    entries: tuple[Record, ...]
    inspected: dict[str, int]

    @cached_property
    def typed(self) -> dict[str, list[Record]]:
        """The entries by type."""
        by_type = defaultdict[str, list[Record]](list)
        for entry in self.entries:
            by_type[entry["type"]].append(entry)
        return by_type

    @cached_property
    def orders(self) -> dict[str, list[Record]]:
        """The first messages of orders, by kind."""
        first = [order for order in self.typed["order"] if not order.get("follows")]
        return {
            kind: [order for order in first if order["kind"] == kind] for kind in ("act", "inform")
        }

    @cached_property
    def order_times(self) -> dict[tuple[str, str], str]:
        """The earliest time that any message of an order gives, by order and name of the time."""
        times: dict[tuple[str, str], str] = {}
        for order in self.typed["order"]:
            for name in ("acknowledged_at", "effected_at"):
                key = order.get("follows") or order["entry"], name
                if time := order.get(name):
                    times[key] = min(time, times.get(key, time))
        return times

    @cached_property
    def notices(self) -> list[Record]:
        """Notices of Article 16."""
        return [notice for notice in self.typed["notice"] if notice.get("article_16")]

    @cached_property
    def on_notices(self) -> list[Record]:
        """Decisions on notices of Article 16."""
        return [
            decision
            for decision in self.typed["decision"]
            if decision["verdict"] != "skipped" and (decision.get("about") or {}).get("article_16")
        ]

    @cached_property
    def measures(self) -> list[Record]:
        """Decisions that took a measure."""
        return [decision for decision in self.typed["decision"] if acted(decision)]

    @cached_property
    def own_measures(self) -> dict[int, list[Record]]:
        """Measures without a request: on violations of the law (5) or only of the terms (6)."""
        own: dict[int, list[Record]] = {5: [], 6: []}
        for decision in self.measures:
            if decision["source_type"] == OWN_INITIATIVE:
                by_law = decision.get("ground") == "illegal"
                own[5 if by_law and decision.get("category") != TERMS_ONLY else 6].append(decision)
        return own


MEASURES = ("visibility", "monetary", "provision", "account")


def acted(decision: Record) -> bool:
    """Return whether a decision took any measure."""
    measures = decision.get("measures") or {}
    return any(measures.get(name) for name in MEASURES)


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


type InRow = Callable[[list[Record], str], list[Record]]
"""Returns the entries of a list that count in a row. The second argument is the field of an entry
that decides: `about`, or empty for the entry itself."""

# Parts 3 to 6: by the title of a column, without the blanks at its ends.


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
            each for each in in_row(book.notices, "") if every or each.get("trusted_flagger")
        ]
        return expect_items(notices) if "specific items" in column else expect_count(notices)
    answered = in_row(book.on_notices, "about")
    decisions = [each for each in answered if every or each["about"].get("trusted_flagger")]
    if column.startswith("Median time"):
        return expect_hours(
            (each, each["about"]["received_at"], each["decided_at"]) for each in decisions
        )
    by_law = "basis of the law" in column
    return expect_count(
        each for each in decisions if acted(each) and (each.get("ground") == "illegal") == by_law
    )


MEASURE_COLUMNS = {
    "Visibility restriction Removal": "VISIBILITY_CONTENT_REMOVED",
    "Visibility restriction Disable": "VISIBILITY_CONTENT_DISABLED",
    "Visibility restriction Demoted": "VISIBILITY_CONTENT_DEMOTED",
    "Visibility restriction Age restricted": "VISIBILITY_CONTENT_AGE_RESTRICTED",
    "Visibility restriction Interaction restricted": "VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
    "Visibility restriction Labelled": "VISIBILITY_CONTENT_LABELLED",
    "Visibility restriction Other": "VISIBILITY_OTHER",
    "Monetary restriction Suspension": "MONETARY_SUSPENSION",
    "Monetary restriction Termination": "MONETARY_TERMINATION",
    "Monetary restriction Other": "MONETARY_OTHER",
    "Provision of the service Suspension": "PROVISION_(PARTIAL|TOTAL)_SUSPENSION",
    "Provision of the service Termination": "PROVISION_(PARTIAL|TOTAL)_TERMINATION",
    "Account restriction Suspension": "ACCOUNT_SUSPENDED",
    "Account restriction Termination": "ACCOUNT_TERMINATED",
}
"""The pattern of the codes that a column of parts 5 and 6 counts, without their prefix."""


def measure_cell(column: str, part: int, book: EntryBook, in_row: InRow) -> Expected:
    """Return the expected number in a column of part 5 or 6 (measures without a request)."""
    decisions = in_row(book.own_measures[part], "")
    if column.startswith("Number of measures taken after detection"):
        decisions = [decision for decision in decisions if decision.get("rules")]
    elif column in MEASURE_COLUMNS:
        wanted = re.compile(f"DECISION_{MEASURE_COLUMNS[column]}").fullmatch
        decisions = [each for each in decisions if any(map(wanted, _codes(each["measures"])))]
    return expect_count(decisions)


def _codes(measures: Record) -> Iterator[str]:
    for value in filter(None, map(measures.get, MEASURES)):
        yield from [value] if isinstance(value, str) else value


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
        return expect_count(entry for entry in book.typed["suspension"] if entry["why"] == cause)
    outcomes = book.typed["outcome"]
    if indicator.startswith("Number of restrictions newly imposed"):
        complaints = (outcome for outcome in outcomes if outcome.get("complaint"))
        return expect_count(each for each in complaints if acted(each) and not acted(each["about"]))
    contest = "dispute" if "out-of-court" in indicator else "complaint"
    opened = [entry for entry in book.typed[contest] if _regards(indicator, entry["about"])]
    answers = (entry for entry in outcomes if entry.get(contest))
    ended = [entry for entry in answers if _regards(indicator, entry["about"])]
    if scope == "Total number":
        return expect_count(opened)
    if scope in _RESULTS:
        return expect_count(entry for entry in ended if entry["outcome"] == _RESULTS[scope])
    decided = [entry for entry in ended if entry["outcome"] != "omitted"]
    if scope == "Median time":
        return expect_hours(
            (entry, entry["answers"]["received_at"], entry["decided_at"]) for entry in decided
        )
    done = [entry for entry in decided if entry.get("implemented")]
    return Expected(len(done) / len(decided) if decided else None, _ids(done), _ids(decided))


def _regards(indicator: str, decision: Record) -> bool:
    """Return whether a contest of this decision counts in a row."""
    if not indicator.startswith("Complaint regarding"):
        return True
    if "not to take action" in indicator:
        source = "TRUSTED_FLAGGER" if "Trusted Flagger" in indicator else "ARTICLE_16"
        return decision["source_type"] == source and not acted(decision)
    measure = next(code for words, code in _RESTRICTED.items() if words in indicator)
    return bool((decision.get("measures") or {}).get(measure))


def automated_cell(indicator: str, scope: str, book: EntryBook) -> Expected:
    """Return the expected number in a row of part 8."""
    if "solely" in indicator:
        return expect_count([])
    if indicator.startswith("Number of measures"):
        every = scope != "Own-initiative"
        return expect_count(
            each for each in book.measures if every or each["source_type"] == OWN_INITIATIVE
        )
    if indicator.startswith("Number of notices"):
        every = scope != "NAM Trusted Flagger"
        return expect_count(each for each in book.notices if every or each.get("trusted_flagger"))
    if scope.startswith("NAM") or indicator.endswith("Accuracy"):
        return Expected(None)
    return _precision(book) if indicator.endswith("Precision") else _recall(book)


def _decided_and_right(
    book: EntryBook, name: Callable[[Record], str]
) -> tuple[list[Record], list[Record]]:
    """Return decisions on findings, and those in which the findings were right.

    `name` says which decisions are overturned together: each alone, or all of a group.
    """
    overturned = {name(entry["about"]) for entry in book.entries if entry.get("overturns")}
    verdicts = ("confirmed", "dismissed")
    on_findings = (decision for decision in book.typed["decision"] if decision.get("rules"))
    decided = [decision for decision in on_findings if decision["verdict"] in verdicts]
    right = [
        decision
        for decision in decided
        if (decision["verdict"] == "confirmed") ^ (name(decision) in overturned)
    ]
    return decided, right


def _precision(book: EntryBook) -> Expected:
    decided, right = _decided_and_right(book, lambda each: each.get("group") or each["entry"])
    decided_findings, right_findings = sum(map(_weight, decided)), sum(map(_weight, right))
    if not decided_findings:
        return Expected(None)
    return Expected(right_findings / decided_findings, _ids(right), _ids(decided))


def _weight(decision: Record) -> int:
    """Return the findings of a decision; of a group, those by which this one counts for it."""
    found = decision.get("counted", {}) if decision.get("group") else decision["rules"]
    return sum(found.values())


def _recall(book: EntryBook) -> Expected:
    """Estimate recall from the months with an audit: found posts, and the missed ones."""
    audited = [audit for audit in book.typed["audit"] if audit["verdict"] != "gone"]
    months = {audit["month"] for audit in audited}
    _, right = _decided_and_right(book, lambda each: each["entry"])
    found = [decision for decision in right if _month(decision) in months]
    missed = 0.0
    for month in months:
        sample = [audit["verdict"] == "violating" for audit in audited if audit["month"] == month]
        met = sum(_month(decision) == month for decision in found)
        missed += max(0, book.inspected.get(month, 0) - met) * sum(sample) / len(sample)
    if len(audited) < AUDITED_AT_LEAST or not (found or missed):
        return Expected(None)
    return Expected(len(found) / (len(found) + missed), _ids(found), _ids(audited))


def _month(decision: Record) -> str:
    return str(min(decision["found_days"]))[:7]


TOLERANCE = 0.0001
"""Shares and medians are written with four digits."""

NOT_DESCRIBED = "Not specified further."

type Sorted = dict[tuple[int, str], dict[tuple[str, str, str, str], list[Record]]]
"""Lists of a book, sorted once for all rows: by country, category, sub-category, description."""

_NAME = re.compile(r"Part_([3-8])_\w+\.csv")


class ProofResult(NamedTuple):
    """How many numbers were proved from how many entries, and what does not follow."""

    numbers: int
    entries: int
    differences: tuple[str, ...]


class NotAReportError(ValueError):
    """These files are not a report that can be proved; the message says why."""


_SHAPE_ERRORS = (
    *(ValueError, TypeError, AttributeError, LookupError, RuntimeError, ArithmeticError),
    csv.Error,
)
"""What files in another shape raise; an unknown indicator raises RuntimeError."""


@dataclass(frozen=True)
class WrittenReport:
    """The files of a report as they were written: rows of parts, entries, and claims by place."""

    names: Mapping[int, str]
    parts: Mapping[int, list[Record]]
    book: EntryBook
    claims: Mapping[tuple[int, int, str], Record]

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> "WrittenReport":
        """Read a report from its files by name. Raises NotAReportError."""
        for name in ("ledger.jsonl", "cells.jsonl"):
            if name not in files:
                raise NotAReportError(f"there is no {name}")
        names = {int(match[1]): name for name in files if (match := _NAME.fullmatch(name))}
        for part in range(3, 9):
            if part not in names:
                raise NotAReportError(f"there is no Part_{part}_….csv")
        try:
            head, *entries = map(json.loads, files["ledger.jsonl"].splitlines())
            claims = map(json.loads, files["cells.jsonl"].splitlines())
            return cls(
                names,
                {part: _rows(part, names[part], files[names[part]]) for part in range(3, 9)},
                EntryBook(tuple(entries), head["inspected"]),
                {(claim["part"], claim["row"], claim["column"]): claim for claim in claims},
            )
        except NotAReportError:
            raise
        except _SHAPE_ERRORS as error:
            raise NotAReportError(f"{type(error).__name__}: {error}") from error


def prove(report: WrittenReport) -> ProofResult:
    """Count every number again, and report what does not follow.

    Raises NotAReportError where an entry or a claim is not as it is documented.
    """
    differences, places = [], set()
    try:
        for part, rows in report.parts.items():
            lists: Sorted = {}
            for number, row in enumerate(rows, 1):
                for column, expected in _expected_cells(part, row, rows, report.book, lists):
                    places.add((part, number, column))
                    claim = report.claims.get((part, number, column))
                    differences += [
                        f"{report.names[part]}: row {number}, {column.strip()!r}: {difference}"
                        for difference in _differences(row[column], claim, expected)
                    ]
        extra = sorted(report.claims.keys() - places)
    except _SHAPE_ERRORS as error:
        message = f"an entry or a claim is not as documented: {type(error).__name__}: {error}"
        raise NotAReportError(message) from error
    differences += [f"cells.jsonl claims a cell that holds no number: {place}" for place in extra]
    return ProofResult(len(places), len(report.book.entries), tuple(differences))


def _differences(written: str, claim: Record | None, expected: Expected) -> Iterator[str]:
    if claim is None:
        yield "cells.jsonl names no entries for it"
        return
    if set(claim.get("ids", ())) != expected.ids or set(claim.get("of", ())) != expected.of:
        yield "cells.jsonl names other entries than those that count"
    if claim["value"] != written:
        yield f"the CSV says {written or 'nothing'}, cells.jsonl {claim['value'] or 'nothing'}"
    if expected.value is None or not written:
        if written or expected.value is not None:
            yield f"written {written or 'blank'}, proved {expected.value}"
        if expected.value is None and not claim.get("why"):
            yield "blank without a reason"
    elif not _is_near(written, expected.value):
        yield f"written {written}, proved {expected.value:g}"


def _is_near(written: str, value: float) -> bool:
    """Return whether a written number is that value, but for the rounding.

    >>> _is_near("0.0001", 0), _is_near("0.0002", 0), _is_near("none", 0)
    (True, False, False)
    """
    try:
        return abs(float(written) - value) <= TOLERANCE
    except ValueError:
        return False


def _expected_cells(
    part: int, row: Record, rows: list[Record], book: EntryBook, lists: Sorted
) -> Iterator[tuple[str, Expected]]:
    """Yield each column of a row that holds a number, and what it must be."""
    if part in (7, 8):
        if _applies(row["Applicability"], rows):
            indicator, scope = row["Indicator"].strip(), row["Scope"].strip()
            cell = contest_cell if part == 7 else automated_cell
            yield "Value", cell(indicator, scope, book)
        return
    in_row = _in_row(part, row, lists)
    for column in row:
        if column.startswith(("Number", "Median", "Visib", "Monet", "Provision", "Account")):
            name = column.strip()
            if part in (5, 6):
                yield column, measure_cell(name, part, book, in_row)
            else:
                yield column, (order_cell if part == 3 else notice_cell)(name, book, in_row)


def _in_row(part: int, row: Record, lists: Sorted) -> InRow:
    """Return the function that picks the entries of a row of categories, by the row's own cells."""
    code, scope = row[_category_column(row)], row.get("Scope", "TOTAL")
    row_description = row['Description of the sub-category "Other"']

    def counts(country: str, category: str, keyword: str, description: str) -> bool:
        if scope not in ("TOTAL", country):
            return False
        if code == "TOTAL":
            return True
        if code.startswith("STATEMENT_CATEGORY_"):
            return bool(category == code.removeprefix("STATEMENT_CATEGORY_"))
        is_row = category == row["_category"] and keyword == code.removeprefix("KEYWORD_")
        return bool(is_row and (keyword != "OTHER" or description == row_description))

    def in_row(entries: list[Record], field: str) -> list[Record]:
        key = id(entries), field
        if key not in lists:
            lists[key] = _sort(part, entries, field, row["_keywords"])
        return [entry for place, some in lists[key].items() if counts(*place) for entry in some]

    return in_row


def _sort(
    part: int, entries: list[Record], field: str, keywords: dict[str, list[str]]
) -> dict[tuple[str, str, str, str], list[Record]]:
    by_place = defaultdict[tuple[str, str, str, str], list[Record]](list)
    for entry in entries:
        deciding = entry[field] if field else entry
        country = deciding.get("country", "")
        category, keyword = _category_of(part, deciding, keywords)
        description = deciding.get("other") or NOT_DESCRIBED
        place = ("EL" if country == "GR" else country, category, keyword, description)
        by_place[place].append(entry)
    return by_place


def _category_of(part: int, entry: Record, keywords_of: dict[str, list[str]]) -> tuple[str, str]:
    """Return the category and sub-category in which an entry counts in a part."""
    unspecified = "NOT_SPECIFIED_ORDER" if part == 3 else "NOT_SPECIFIED_NOTICE"
    category = entry.get("category") or unspecified
    if category.startswith("NOT_SPECIFIED") or (category == TERMS_ONLY and part != 6):
        return unspecified, ""
    known = [name for name in entry.get("keywords", ()) if name in keywords_of.get(category, ())]
    specific = [name for name in known if name != "OTHER"]
    return category, specific[0] if specific else "OTHER"


def _rows(part: int, name: str, data: bytes) -> list[Record]:
    """Return the rows of a part; those of parts 3 to 6 with the category that they are under."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    rows: list[Record] = list(csv.DictReader(text))
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise NotAReportError(f"{name}: row {number} has not as many cells as the header")
    if part in (7, 8):
        return rows
    keywords: dict[str, list[str]] = {}
    category = ""
    for row in rows:
        code = row[_category_column(row)]
        if code.startswith("KEYWORD_"):
            keywords[category].append(code.removeprefix("KEYWORD_"))
        else:
            category = code.removeprefix("STATEMENT_CATEGORY_")
            keywords.setdefault(category, [])
        row["_category"] = category
        row["_keywords"] = keywords
    return rows


def _category_column(row: Record) -> str:
    column = next((name for name in row if name.startswith("Category of")), "")
    if not column:
        raise NotAReportError("there is no column of categories")
    return column


def _applies(applicability: str, rows: list[Record]) -> bool:
    """Return whether rows for those providers are filled in: hosting services leave some blank."""
    if applicability.startswith("Only for VLOP"):
        return False
    return applicability == "All" or any(
        row["Value"] for row in rows if row["Applicability"] == applicability
    )
