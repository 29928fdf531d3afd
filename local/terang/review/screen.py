"""What a moderator sees: one card, what is alike beside it, and the keys."""

from collections.abc import Callable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from ledger.records.finding import EXCERPT_LENGTH, Finding
from terang.console import SideBySide
from terang.review.cards import Card, OpenFinding, alike
from terang.review.shown_checks import checks_of
from terang.review.steps import MEASURES, Review, Stage
from terang.terminal_text import blur, show_controls

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

type Why = Callable[[Finding], str]
"""What a finding's rule says of itself, or nothing where its set is not at hand."""


def screen(review: Review, why: Why, now: datetime) -> RenderableType:
    """The whole screen of a review."""
    parts: list[RenderableType] = [*_title(review)]
    if review.waiting:
        parts += [_head(review.card, now), *_findings(review, why), _excerpts(review)]
    parts.append(Rule(style="dim"))
    if review.note:
        parts.append(Text(review.note, "yellow"))
    parts.append(_keys(review))
    return Group(*parts)


def _title(review: Review) -> tuple[Text, Rule]:
    """Return a line of text above a line; the title in a `Rule` would be cut off."""
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
            f"\nThe notice {show_controls(card.notice)} is about it,"
            " and is answered by what you decide."
        )
    if card.escalated:
        head.append("\nIt was escalated before, and nobody has decided on it yet.", "bold red")
    if card.decision:
        head.append("\nA second review: a colleague decided this, and you do not see how.", "bold")
    return head


def _findings(review: Review, why: Why) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for place, one in enumerate(review.card.findings):
        finding, left_out = one.finding, place in review.left_out
        head = Text(f" {place + 1} {'left out' if left_out else '●'} ")
        head.append(f"{finding.pack}/{finding.rule}", "dim strike" if left_out else "bold")
        head.append(f" v{finding.version}")
        details = [Text(show_controls(said))] if (said := why(finding)) else []
        details += [Text(line, "cyan") for line in checks_of(finding)]
        if seen := sorted({kind for span in finding.spans for kind in span.evasion}):
            details.append(Text(f"seen through: {', '.join(seen)}", "dim"))
        if finding.spans_capped:
            details.append(Text(f"at more than these {len(finding.spans)} places", "dim"))
        parts += [head, *(Padding(detail, (0, 0, 0, 5)) for detail in details)]
    return parts


def _excerpts(review: Review) -> SideBySide:
    """Return the excerpt and those that are nearly the same: all blurred, or none."""
    card = review.card
    own = Panel(_excerpt(card, shown=review.shown), title="excerpt", title_align="left")
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
    return SideBySide([own, *others])


def _excerpt(card: Card, *, shown: bool) -> Text:
    if not card.excerpt:
        return Text("The excerpt is no longer kept: open the post at the provider.", "dim")
    if not shown:
        return Text(blur(card.excerpt), "dim")
    text = Text(show_controls(card.excerpt))
    for one in card.findings:
        for start, end in marks(one):
            if one.excerpt == card.excerpt:
                text.stylize("bold reverse", start, end)
    return text


def marks(one: OpenFinding) -> list[tuple[int, int]]:
    """Where the finding's terms stand in its excerpt; none where that cannot be told.

    An excerpt is cut around the first span; near the end of a long text the cut moves, and only
    the words themselves would tell how far. What repeats a claim is the whole of it.
    """
    if one.finding.checks:
        return []
    excerpt, first = one.excerpt or "", one.finding.spans[0]
    cut = 0
    if len(excerpt) >= EXCERPT_LENGTH:
        cut = max(0, first.start - max(0, EXCERPT_LENGTH - (first.end - first.start)) // 2)
        if not first.evasion and excerpt[first.start - cut : first.end - cut].casefold() != (
            first.term.strip("*").casefold()
        ):
            return []
    return [
        (span.start - cut, span.end - cut)
        for span in one.finding.spans
        if span.part == first.part and cut <= span.start and span.end - cut <= len(excerpt)
    ]


def _keys(review: Review) -> Text:
    match review.stage:
        case Stage.CARD:
            return Text(SECOND_KEYS if review.card.decision else CARD_KEYS)
        case Stage.MEASURE:
            told = [_measure(key, one, review.card) for key, one in MEASURES.items()]
            return Text(
                "What was done at the provider, by now?   " + "  ".join(told) + "   [Esc] back"
            )
        case Stage.REASON:
            suggested = review.suggested_reason
            again = f"  An empty line takes: {show_controls(suggested)}" if suggested else ""
            return Text(f"Why is it {review.verdict}? Ctrl-C goes back.{again}")
        case Stage.END | Stage.DONE:
            return Text(END_KEYS)


def _measure(key: str, measure: object, card: Card) -> str:
    proposed = {one.finding.label.measure for one in card.findings if one.finding.label}
    return f"[{key}] {_short(measure)}{' (proposed)' if measure in proposed else ''}"


def _short(measure: object) -> str:
    name = str(measure or "NOTHING").removeprefix("DECISION_VISIBILITY_")
    return name.removeprefix("CONTENT_").replace("_", " ").lower()


def age(at: str, now: datetime) -> str:
    """How long ago that was, in its largest unit.

    >>> from datetime import UTC
    >>> age("2026-11-25T10:00:00Z", datetime(2026, 11, 26, 11, 0, tzinfo=UTC))
    '1 d'
    """
    seconds = max(0, int((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def is_moment(text: str) -> bool:
    """Return whether a text is a time with its offset, of which an age can be told.

    >>> is_moment("2026-11-25T10:00:00Z"), is_moment("2026-11-25T10:00:00"), is_moment("soon")
    (True, False, False)
    """
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
