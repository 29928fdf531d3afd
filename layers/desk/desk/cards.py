"""What a card shows about an item, ready for the template: pieces of text, never markup."""

from dataclasses import dataclass

from desk.items import Dossier, NearCopy, OpenFinding, RuleFacts, first_excerpt, rule_name
from desk.marks import Mark, MarkedPiece, differences, marks_of, pieces
from ledger.records.finding import Finding

SHOWN_PARTS = {"media_text": "text in the picture or film", "links": "links"}
"""Parts of a post other than its text, in words."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding on a card, with the published words about its rule."""

    finding: Finding
    title: str
    why: str
    page: str
    name: str
    disguises: tuple[str, ...]
    notice: str


@dataclass(frozen=True, slots=True)
class CopyView:
    """A near copy on a card: its text with what differs from the first text."""

    key: str
    post: str
    url: str
    pieces: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class CardView:
    """A card. `excerpt` is in pieces; `shape` is its outline while it is hidden."""

    post: str
    url: str
    excerpt: list[MarkedPiece]
    shape: str
    length: int
    marks: list[Mark]
    part: str
    findings: list[FindingView]
    copies: list[CopyView]


def card_view(dossier: Dossier, language: str = "en") -> CardView:
    """Return what the card of an item shows, with the words about rules in a language."""
    text = dossier.excerpt
    marks = marks_of(dossier.findings)
    first = dossier.findings[0].finding if dossier.findings else None
    facts = dict(dossier.rules)
    return CardView(
        post=first.post if first else dossier.post,
        url=_link((first.url if first else dossier.url) or dossier.url),
        excerpt=pieces(text, marks),
        shape=shape(text),
        length=len(text),
        marks=marks,
        part=SHOWN_PARTS.get(first.spans[0].part, "") if first and first.spans else "",
        findings=[_finding(each, facts, language) for each in dossier.findings],
        copies=[_copy(copy, text) for copy in dossier.copies],
    )


def shape(text: str) -> str:
    """Return the outline of a text without its letters, for a card that hides it.

    >>> shape("send me 7")
    '░░░░ ░░ ░'
    """
    return "".join("░" if character.strip() else " " for character in text)


def _finding(each: OpenFinding, facts: dict[str, RuleFacts], language: str) -> FindingView:
    finding = each.finding
    disguises = sorted({kind for span in finding.spans for kind in span.evasion})
    known = facts.get(rule_name(finding), RuleFacts(title=finding.pack, why=""))
    name = f"{finding.pack}/{finding.rule}"
    title, why = known.said_in(language)
    return FindingView(finding, title, why, known.page, name, tuple(disguises), each.notice)


def _copy(copy: NearCopy, text: str) -> CopyView:
    first = copy.findings[0].finding
    other = first_excerpt(copy.findings)
    return CopyView(copy.key, first.post, _link(first.url or ""), differences(text, other))


def _link(url: str) -> str:
    """Return an address that a browser may open on a click: the web's, nothing that runs."""
    return url if url.startswith(("https://", "http://")) else ""
