"""Draws the screens: a card with near copies, a post of the audit, and a whole case."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from ledger.cases.case import Case, JournalEntry
from terang.console import SideBySide, blur, show_controls
from terang.review.audit import CATEGORY_KEYS, AuditStage, AuditState
from terang.review.cards import Card, alike, checks_of, marks
from terang.review.sources import CaseHistory, RuleReasons
from terang.review.steps import MEASURES, ReviewStage, ReviewState

SEVERITY_STYLES = {"high": "bold red", "medium": "yellow", "low": "cyan"}

CARD_KEYS = (
    "[c]onfirm  [d]ismiss  [t]hreat to life  [a]buse of a child  [s]kip   "
    "[space] show  [1-9] leave out  [n]ext  [p]revious  [u]ndo  [q]uit"
)
SECOND_KEYS = (
    "[c]onfirm  [d]ismiss  [t]hreat to life  [a]buse of a child  [s]kip   "
    "[space] show  [n]ext  [p]revious  [u]ndo  [q]uit"
)
END_KEYS = "Nothing waits any more.   [u]ndo the last decision, any other key ends"


def review_screen(review: ReviewState, why: RuleReasons, now: datetime) -> RenderableType:
    """Return the whole screen of a review."""
    parts: list[RenderableType] = [*_title(review)]
    if review.waiting:
        parts += [_head(review.card, now), *_findings(review, why), _excerpts(review)]
    parts.append(Rule(style="dim"))
    if review.note:
        parts.append(Text(review.note, "yellow"))
    parts.append(_review_keys(review))
    return Group(*parts)


def _title(review: ReviewState) -> tuple[Text, Rule]:
    """Return the title above a line; a title inside a `Rule` would be cut off."""
    waiting, decided = len(review.waiting), len(review.decided)
    title = f"terang review as {review.moderator}: {waiting} waiting, {decided} decided"
    return Text(title, "bold"), Rule(style="dim")


def _head(card: Card, now: datetime) -> Text:
    first = card.first
    reach = "unknown" if first.reach is None else f"{first.reach:,}"
    head = Text.assemble(
        (first.severity, SEVERITY_STYLES.get(first.severity, "")),
        f"  {first.category}  reach {reach}  found {age(first.found_at, now)} ago",
        f"  language {show_controls(first.language or 'unknown')}\n",
        ("post ", "dim"),
        show_controls(first.post),
        f"\n{show_controls(first.url)}" if first.url else "",
    )
    if card.notice:
        head.append(
            f"\nThe notice {show_controls(card.notice)} is about it; your decision answers it."
        )
    if card.escalated:
        head.append("\nIt was escalated, and nobody has decided on it yet.", "bold red")
    if card.decision:
        head.append("\nA second review: a colleague decided this; you do not see how.", "bold")
    return head


def _findings(review: ReviewState, why: RuleReasons) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for place, open_finding in enumerate(review.card.findings):
        finding, left_out = open_finding.finding, place in review.left_out
        head = Text(f" {place + 1} {'left out' if left_out else '●'} ")
        head.append(f"{finding.pack}/{finding.rule}", "dim strike" if left_out else "bold")
        head.append(f" v{finding.version}")
        details = [Text(show_controls(reason))] if (reason := why(finding)) else []
        details += [Text(line, "cyan") for line in checks_of(finding)]
        if finding.reasons:
            score = f"score {finding.score}, it needs {finding.threshold}"
            details.append(Text(show_controls(f"{score}: {', '.join(finding.reasons)}")))
        if disguises := sorted({kind for span in finding.spans for kind in span.evasion}):
            details.append(Text(f"seen through: {', '.join(disguises)}", "dim"))
        if finding.spans_capped:
            details.append(Text(f"at more than these {len(finding.spans)} places", "dim"))
        parts += [head, *(Padding(detail, (0, 0, 0, 5)) for detail in details)]
    return parts


def _excerpts(review: ReviewState) -> SideBySide:
    """Return the excerpt and near copies of it: all blurred, or none."""
    card = review.card
    first = Panel(_excerpt(card, shown=review.shown), title="excerpt", title_align="left")
    others = [
        Panel(
            # A post's id is up to 200 code points long, and a panel's title would be cut off.
            Group(
                Text(f"alike: {show_controls(other.first.post)}", "dim"),
                _excerpt(other, shown=review.shown),
            ),
            border_style="dim",
        )
        for other in alike(card, review.waiting)
    ]
    return SideBySide([first, *others])


def _excerpt(card: Card, *, shown: bool) -> Text:
    if not card.excerpt:
        return Text("The excerpt is no longer kept: open the post at the provider.", "dim")
    if not shown:
        return Text(blur(card.excerpt), "dim")
    text = Text(show_controls(card.excerpt))
    for finding in card.findings:
        for start, end in marks(finding):
            if finding.excerpt == card.excerpt:
                text.stylize("bold reverse", start, end)
    return text


def _review_keys(review: ReviewState) -> Text:
    match review.stage:
        case ReviewStage.CARD:
            return Text(SECOND_KEYS if review.card.decision else CARD_KEYS)
        case ReviewStage.MEASURE:
            measures = [_measure(key, code, review.card) for key, code in MEASURES.items()]
            return Text(
                "What did the provider do already?   " + "  ".join(measures) + "   [Esc] back"
            )
        case ReviewStage.REASON:
            suggested = review.suggested_reason
            again = f"  An empty line takes: {show_controls(suggested)}" if suggested else ""
            return Text(f"Why is it {review.verdict}? Ctrl-C goes back.{again}")
        case ReviewStage.END | ReviewStage.DONE:
            return Text(END_KEYS)


def _measure(key: str, measure: object, card: Card) -> str:
    proposed = {finding.finding.label.measure for finding in card.findings if finding.finding.label}
    return f"[{key}] {_visibility_words(measure)}{' (proposed)' if measure in proposed else ''}"


def _visibility_words(measure: object) -> str:
    name = str(measure or "NOTHING").removeprefix("DECISION_VISIBILITY_")
    return name.removeprefix("CONTENT_").replace("_", " ").lower()


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


POST_KEYS = "[v]iolating  [n]ot violating  [g]one   [l]ater  [u]ndo  [q]uit"
END_KEYS = "Nothing waits any more.   [u]ndo the last verdict, any other key ends"


def audit_screen(audit: AuditState) -> RenderableType:
    """Return the whole screen. The post's text is not kept: it is read at the provider."""
    waiting, judged = len(audit.waiting), len(audit.messages)
    title = f"audit of {audit.month} as {audit.moderator}: {waiting} waiting, {judged} judged"
    parts: list[RenderableType] = [Text(title, "bold"), Rule(style="dim")]
    if audit.waiting:
        parts.append(
            Text.assemble("\nOpen at the provider: ", (show_controls(audit.waiting[0]), "bold"))
        )
        parts.append(Text("No rule hit it. Is it illegal, or against the terms?\n"))
    parts.append(Rule(style="dim"))
    parts.append(_audit_keys(audit))
    return Group(*parts)


def _audit_keys(audit: AuditState) -> RenderableType:
    match audit.stage:
        case AuditStage.POST:
            return Text(POST_KEYS)
        case AuditStage.CATEGORY:
            lines = [Text(f"[{key}] {category}") for key, category in CATEGORY_KEYS.items()]
            return Group(Text("Under which category?   [Esc] back"), *lines)
        case AuditStage.END | AuditStage.DONE:
            return Text(END_KEYS)


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
        entry = case_entry.entry
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
        words += [_measure_words(str(code)) for code in codes if code]
    if entry.type == "order":
        words = [entry.kind, entry.country, *words]
    if entry.overturns:
        words.append("overturned")
    return ", ".join(word for word in words if word)


def _measure_words(code: str) -> str:
    """Return a measure's code in words."""
    return code.removeprefix("DECISION_").replace("_", " ").lower()
