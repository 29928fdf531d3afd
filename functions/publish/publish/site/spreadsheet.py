"""The CSV of a summary (RFC 4180): one number a line, safe to open in a spreadsheet."""

from collections.abc import Iterator

from msgspec import UNSET

from ledger.untrusted_text import escape_csv_formula, replace_controls
from publish.count.case_numbers import CLOCKS, case_measures
from publish.count.folding import measures
from publish.count.month_carryover import Standing
from publish.count.precision import Errors, RuleErrors
from publish.estimates import percentiles
from publish.summary import Summary

HEADER = ("period", "provider", "measure", "key", "value")


def encode_csv(summary: Summary) -> bytes:
    """Return the summary as `period,provider,measure,key,value`, in UTF-8."""
    rows = [",".join(HEADER)]
    for measure, key, value in csv_rows(summary):
        cells = (summary.period, summary.provider, measure, key, value)
        rows.append(",".join(cell(part) for part in cells))
    return ("\r\n".join(rows) + "\r\n").encode()


def csv_rows(summary: Summary) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield all numbers of a summary, with their errors, as (measure, key, value)."""
    yield "revision", "", summary.revision
    yield "provisional", "", int(summary.provisional)
    yield from measures(summary.numbers)
    yield "open_files", "", len(summary.open_files)
    yield "left_out", "", len(summary.left_out)
    if summary.sentinel:
        yield "sentinel_found", "", summary.sentinel.found
        yield "sentinel_missed", "", len(summary.sentinel.missed)
    yield from _errors(summary.errors)
    yield from case_measures(summary.cases)
    for clock in CLOCKS:
        took = percentiles(getattr(summary.cases, f"{clock}_seconds"))
        yield f"{clock}_median_hours", "", _blank(took.median_hours)
        yield f"{clock}_p90_hours", "", _blank(took.p90_hours)
    if summary.standing:
        yield from _standing(summary.standing)


def _errors(errors: Errors) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield the errors of all rules, then of each rule; blank until the first decision."""
    for name, value in _figures(errors):
        yield name, "", value
    for rule, of_rule in sorted(errors.by_rule.items()):
        for name, value in _figures(of_rule):
            yield f"{name}_by_rule", rule, value


def _figures(errors: RuleErrors) -> Iterator[tuple[str, float | str]]:
    """Yield the figures of a rule by name; those that are absent from the JSON are left out."""
    for name in RuleErrors.__struct_fields__:
        value = getattr(errors, name)
        if value is not UNSET:
            yield name, _blank(value)


def _standing(standing: Standing) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield open cases by age, and the results of earlier months' findings."""
    for age, count in standing.ages():
        yield "open_findings", age, count
    for name in ("open_notices", "open_complaints", "open_disputes", "open_orders"):
        yield name, "", getattr(standing, name)
    for cohort in standing.cohorts:
        yield "cohort_live", cohort.month, cohort.live
        for name, value in _figures(cohort.errors):
            yield f"cohort_{name}", cohort.month, value
        for stratum, found in sorted(cohort.strata.items()):
            key = f"{cohort.month}/{stratum}"
            for name in ("prevalence", "recall"):
                share = getattr(found, name)
                yield f"cohort_{name}", key, _blank(share.share)
                yield f"cohort_{name}_low", key, _blank(share.low)
                yield f"cohort_{name}_high", key, _blank(share.high)


def _blank(value: float | None) -> float | str:
    return "" if value is None else value


def cell(value: float | str) -> str:
    r"""Return a number as it is, and a text quoted, without formulas or control characters.

    >>> [cell(value) for value in (12, "plain", "=1+1", " ＝1")]
    ['12', '"plain"', '"\'=1+1"', '"\' ＝1"']
    """
    if isinstance(value, int | float):
        return str(value)
    return '"' + escape_csv_formula(replace_controls(value)).replace('"', '""') + '"'
