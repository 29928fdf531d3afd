"""One case on the terminal: what was found, and all that people did about it."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from ledger.cases.case import Case, JournalEntry
from terang.review.case_history import History
from terang.review.screen import age
from terang.review.shown_checks import checks_of
from terang.terminal_text import blur, show_controls


def case_screen(history: History, *, shown: bool, now: datetime) -> RenderableType:
    """The whole case; an excerpt is blurred unless it is asked for."""
    case = history.case
    findings = [_finding(one, shown=shown, now=now) for one in history.findings]
    title = Text(f"case {case.case}: {case.state or 'not there yet'}", "bold")
    return Group(title, *findings, Rule(style="dim"), *_entries(history))


def _finding(case: Case, *, shown: bool, now: datetime) -> Group:
    finding = case.finding
    if finding is None:
        raise LookupError("a case without a finding has none to show")
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
    text.append(_excerpt(case, shown=shown))
    return Group(Rule(style="dim"), text)


def _excerpt(case: Case, *, shown: bool) -> Text:
    if case.excerpt is None:
        return Text("The excerpt is no longer kept.", "dim")
    return Text(show_controls(case.excerpt)) if shown else Text(blur(case.excerpt), "dim")


def _entries(history: History) -> Iterator[RenderableType]:
    """Yield each entry: when it was recorded, what was done, and below it the reason."""
    if not history.entries:
        yield Text("nobody has done anything about it yet", "dim")
    for one in history.entries:
        entry = one.entry
        by = entry.moderator or entry.by or entry.body or entry.authority
        recorded = entry.at.replace("T", " ").removesuffix("Z")
        text = Text.assemble((f"{recorded}  ", "dim"), (f"{entry.type} ", "bold"))
        text.append(show_controls(one.message), "bold")
        text.append(f" by {show_controls(by)}" if by else "")
        text.append(f": {show_controls(words)}" if (words := came_to(entry)) else "")
        yield text
        if reason := one.reason or entry.ground_text:
            yield Padding(Text(show_controls(reason)), (0, 0, 0, 2))


def came_to(entry: JournalEntry) -> str:
    """What an entry says in a few words: its verdict or outcome, and what was done.

    >>> came_to(JournalEntry("e", "decision", "acme", "", verdict="dismissed"))
    'dismissed'
    """
    words = [entry.verdict or entry.outcome or entry.cause or entry.why, entry.escalation]
    if entry.measures is not None:
        done = entry.measures
        codes = (*done.visibility, done.monetary, done.provision, done.account)
        words += [_short(str(code)) for code in codes if code]
    if entry.type == "order":
        words = [entry.kind, entry.country, *words]
    if entry.overturns:
        words.append("overturned")
    return ", ".join(word for word in words if word)


def _short(code: str) -> str:
    """A measure's code in words."""
    return code.removeprefix("DECISION_").replace("_", " ").lower()
