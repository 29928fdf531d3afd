"""Draws a whole case at the terminal, for `terang case`."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from claims.check import days_between
from ledger.cases.case import Case, JournalEntry
from ledger.records.finding import Finding
from terang.console import blur, show_controls
from terang.review.sources import CaseHistory

LONG_BEFORE_DAYS = 365
"""A check that is older than the post by more days is shown with its age."""


def age(at: str, now: datetime) -> str:
    """Return how long ago that was, in the largest unit.

    >>> from datetime import UTC
    >>> age("2026-11-25T10:00:00Z", datetime(2026, 11, 26, 11, 0, tzinfo=UTC))
    '1 d'
    """
    seconds = max(0, int((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def checks_of(finding: Finding) -> Iterator[str]:
    """Yield two lines for each check whose claim the post repeats, the nearest first."""
    for check in finding.checks:
        day = check.date or "no date"
        stated = f" ({check.stated})" if check.stated.casefold() != check.rating else ""
        yield show_controls(f"{check.publisher}, {day}: {check.rating}{stated}: {check.claim}")
        yield f"  {show_controls(check.url)}{_age(check.date, finding.published_at[:10])}"


def _age(checked: str, published: str) -> str:
    days = days_between(checked, published)
    if days is None or days <= LONG_BEFORE_DAYS:
        return ""
    return f", checked {days // 365} years before the post"


def case_screen(history: CaseHistory, *, shown: bool, now: datetime) -> RenderableType:
    """Return the whole case; excerpts are blurred unless `shown`."""
    case = history.case
    findings = [_case_finding(related, shown=shown, now=now) for related in history.findings]
    title = Text(f"case {case.case}: {case.state or 'without entries'}", "bold")
    return Group(title, *findings, Rule(style="dim"), *_entries(history))


def _case_finding(case: Case, *, shown: bool, now: datetime) -> Group:
    finding = case.finding
    if finding is None:
        raise LookupError("this case has no finding to show")
    author = finding.account or "erased"
    text = Text.assemble(
        (f"{finding.pack}/{finding.rule}", "bold"), f" v{finding.version}\n",
        ("finding ", "dim"), f"{finding.finding}\n",
        f"{finding.severity}  {finding.category}  {finding.mode}  {case.state}\n",
        ("post ", "dim"), f"{show_controls(finding.post)}\n",
        f"{show_controls(finding.url)}\n" if finding.url else "",
        ("author ", "dim"), author,
        ("\nfound ", "dim"), f"{finding.found_at}, {age(finding.found_at, now)} ago\n",
    )  # fmt: skip
    for line in checks_of(finding):
        text.append(f"{line}\n", "cyan")
    text.append(_case_excerpt(case, shown=shown))
    return Group(Rule(style="dim"), text)


def _case_excerpt(case: Case, *, shown: bool) -> Text:
    if case.excerpt is None:
        return Text("The excerpt is no longer kept.", "dim")
    return Text(show_controls(case.excerpt)) if shown else Text(blur(case.excerpt), "dim")


def _entries(history: CaseHistory) -> Iterator[RenderableType]:
    """Yield each entry: its time, type and words, and the reason below."""
    if not history.entries:
        yield Text("nobody has done anything about it yet", "dim")
    for case_entry in history.entries:
        entry = case_entry.journal_entry
        by = entry.moderator or entry.by or entry.body or entry.authority
        recorded = entry.at.replace("T", " ").removesuffix("Z")
        text = Text.assemble((f"{recorded}  ", "dim"), (f"{entry.type} ", "bold"))
        text.append(show_controls(case_entry.message), "bold")
        text.append(f" by {show_controls(by)}" if by else "")
        text.append(f": {show_controls(words)}" if (words := summarize_entry(entry)) else "")
        yield text
        if reason := case_entry.reason or entry.ground_text:
            yield Padding(Text(show_controls(reason)), (0, 0, 0, 2))


def summarize_entry(entry: JournalEntry) -> str:
    """Return an entry in a few words: its verdict or outcome, and the measures.

    >>> summarize_entry(JournalEntry("e", "decision", "acme", "", verdict="dismissed"))
    'dismissed'
    """
    words = [entry.verdict or entry.outcome or entry.cause or entry.why, entry.escalation]
    if entry.measures is not None:
        done = entry.measures
        codes = (*done.visibility, done.monetary, done.provision, done.account)
        shown = (code.removeprefix("DECISION_").replace("_", " ") for code in codes if code)
        words += map(str.lower, shown)
    if entry.type == "order":
        words = [entry.kind, entry.country, *words]
    if entry.overturns:
        words.append("overturned")
    return ", ".join(word for word in words if word)
