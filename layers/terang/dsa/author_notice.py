"""The notice to an author: measure, place, reason, who decided, and how to contest it.

Each language has one template, `templates/notice.<language>.txt`. Decide writes the notice, and
the desk shows it before the decision.

Source: Regulation (EU) 2022/2065 (DSA), Art. 17(3), 20 and 21.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.cases import CaseEntry
from ledger.dsa_codes import Measures
from ledger.findings import Finding, FoundCheck
from ledger.texts import replace_controls
from rules.pack import Pack, Said

NOTICE_LANGUAGES = ("en", "id", "zh")
CONTEST_MONTHS = 6

_KINDS = ("visibility", "monetary", "provision", "account")


@dataclass(frozen=True, slots=True)
class DecidedFinding:
    """A finding that was decided on, with the pack that made it.

    `page` is the public page of its rule, empty if no public pages are served.
    """

    finding: Finding
    pack: Pack
    page: str = ""

    @property
    def why(self) -> str:
        """Return the public explanation of the rule."""
        rule = self.pack.rule(self.finding.rule)
        return rule.why if rule else ""


@dataclass(frozen=True, slots=True)
class NoticeMeasure:
    """One measure: its DSA code, its end, and the provider's words if the code ends in OTHER."""

    code: str
    until: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """A rule that found the post; `page` is empty if no public pages are served.

    Title and `why` are in the notice's language; `is_english` says that one of them is in English
    because the pack does not have it in that language. `checks` are the published fact-checks of a
    claim that the post repeats. `reasons` are the terms and signs of a scored rule with their
    weights, whose sum is `score`.
    """

    title: str
    name: str
    why: str
    page: str
    is_english: bool = False
    checks: tuple[FoundCheck, ...] = ()
    reasons: tuple[str, ...] = ()
    score: int = 0
    threshold: int = 0


@cache
def _environment() -> Environment:
    """Make the environment once: compiling a template takes longer than filling it."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=lambda value: replace_controls(str(value), keep="\n"),
        # The notices are plain text, not markup.
        autoescape=False,  # noqa: S701  # nosec B701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def author_notice(
    language: str,
    decision: CaseEntry,
    findings: Sequence[DecidedFinding],
    notices: Sequence[CaseEntry],
) -> str:
    """Return the notice of a decision with a measure, in one of `NOTICE_LANGUAGES`.

    `findings` and `notices` are those that were decided on.
    """
    entry = decision.journal_entry
    assert entry.measures is not None  # noqa: S101 - a decision without one has no notice
    found = [decided.finding for decided in findings]
    posts = [finding.post for finding in found] or [notice.post for notice in notices]
    urls = [finding.url for finding in found] + [notice.url for notice in notices]
    applied = date.fromisoformat(entry.applied_at[:10])
    template = _environment().get_template(f"notice.{language}.txt")
    return template.render(
        entry=entry,
        done=notice_measures(entry.measures),
        post=replace_controls(posts[0]),  # an id with line breaks could forge lines
        url=replace_controls(next(filter(None, urls), "")),
        reason=decision.reason,
        reason_language=decision.reason_language,
        rules=[_rule(decided, language) for decided in findings],
        contest_until=months_after(applied, CONTEST_MONTHS).isoformat(),
    )


def _rule(decided: DecidedFinding, language: str) -> NoticeRule:
    finding, pack = decided.finding, decided.pack
    rule = pack.rule(finding.rule)
    title = pack.title_in(language)
    why = pack.reason_in(language, rule) if rule else Said("", language)
    return NoticeRule(
        title=title.text,
        name=f"{finding.pack}/{finding.version}/{finding.rule}",
        why=why.text,
        page=decided.page,
        is_english=not {title.language, why.language} <= {language},
        checks=finding.checks,
        reasons=finding.reasons,
        score=finding.score or 0,
        threshold=finding.threshold or 0,
    )


def notice_measures(measures: Measures) -> list[NoticeMeasure]:
    """Return the measures one by one, each with its end.

    >>> notice_measures(Measures(account="DECISION_ACCOUNT_SUSPENDED"))
    [NoticeMeasure(code='DECISION_ACCOUNT_SUSPENDED', until='', other='')]
    """
    listed = []
    for kind in _KINDS:
        codes = getattr(measures, kind) or ()
        end = getattr(measures, f"{kind}_until")
        for code in (codes,) if isinstance(codes, str) else codes:
            other = getattr(measures, f"{kind}_other", None) if code.endswith("_OTHER") else None
            listed.append(NoticeMeasure(str(code), end.isoformat() if end else "", other or ""))
    return listed


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month.

    >>> months_after(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
