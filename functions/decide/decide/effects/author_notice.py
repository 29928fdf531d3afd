"""The notice to an author: what was done, where, why, who decided, and how to contest it.

The words of a language stand in one template, `notice.<language>.txt`, for whoever translates.

Source: Regulation (EU) 2022/2065 (DSA), Art. 17(3), 20 and 21.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.cases.case import CaseEntry
from ledger.cases.messages import Measures
from ledger.foreign_text import replace_controls
from ledger.records.finding import Finding, FoundCheck
from rules.pack import Pack

LANGUAGES = ("en", "id", "zh")
CONTEST_MONTHS = 6

_KINDS = ("visibility", "monetary", "provision", "account")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding that was decided on, with the pack it rests on."""

    finding: Finding
    pack: Pack

    @property
    def why(self) -> str:
        """Return what the public reads of the rule."""
        rule = self.pack.rule(self.finding.rule)
        return rule.why if rule else ""


@dataclass(frozen=True, slots=True)
class Done:
    """One measure: its code in the words of the DSA, its end, and the provider's words if other."""

    code: str
    until: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that found the post, as its page says it; `page` is empty where nobody serves one.

    `checks` are the published fact-checks whose claim the post repeats.
    """

    title: str
    name: str
    why: str
    page: str
    checks: tuple[FoundCheck, ...] = ()


@cache
def _environment() -> Environment:
    """One for all messages: to compile a template takes longer than to fill it."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=lambda value: replace_controls(str(value), keep="\n"),
        # Plain text, which nothing reads as markup.
        autoescape=False,  # noqa: S701  # nosec B701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@dataclass(frozen=True, slots=True)
class AuthorNotices:
    """Writes notices; `public_url` is where the packs' pages are, or empty."""

    public_url: str

    def text(
        self,
        language: str,
        decision: CaseEntry,
        found: Sequence[Found],
        notices: Sequence[CaseEntry],
    ) -> str:
        """The notice of a decision with a measure, in one of `LANGUAGES`.

        `found` and `notices` are the findings and notices that were decided on.
        """
        entry = decision.entry
        assert entry.measures is not None  # noqa: S101 - without one there is nothing to tell
        posts = [one.finding.post for one in found] or [one.post for one in notices]
        urls = [one.finding.url for one in found] + [one.url for one in notices]
        applied = date.fromisoformat(entry.applied_at[:10])
        template = _environment().get_template(f"notice.{language}.txt")
        return template.render(
            entry=entry,
            done=measures_of(entry.measures),
            post=replace_controls(posts[0]),  # an id of several lines would write lines of its own
            url=replace_controls(next(filter(None, urls), "")),
            reason=decision.reason,
            rules=[self._reason(one) for one in found],
            contest_until=months_after(applied, CONTEST_MONTHS).isoformat(),
        )

    def _reason(self, found: Found) -> Reason:
        finding = found.finding
        return Reason(
            found.pack.title,
            f"{finding.pack}/{finding.version}/{finding.rule}",
            found.why,
            page_of(finding, self.public_url),
            finding.checks,
        )


def page_of(finding: Finding, public_url: str) -> str:
    """Where everybody reads the rule of a finding, or nothing where nobody serves it."""
    page = f"{public_url}/packs/{finding.pack}/{finding.version}.html#{finding.rule}"
    return page if public_url else ""


def measures_of(measures: Measures) -> list[Done]:
    """The measures one by one, each with its end.

    >>> measures_of(Measures(account="DECISION_ACCOUNT_SUSPENDED"))
    [Done(code='DECISION_ACCOUNT_SUSPENDED', until='', other='')]
    """
    done = []
    for kind in _KINDS:
        codes = getattr(measures, kind) or ()
        end = getattr(measures, f"{kind}_until")
        for code in (codes,) if isinstance(codes, str) else codes:
            other = getattr(measures, f"{kind}_other", None) if code.endswith("_OTHER") else None
            done.append(Done(str(code), end.isoformat() if end else "", other or ""))
    return done


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month.

    >>> months_after(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
