"""What a card shows about an item, ready for the template: pieces of text, never markup.

An excerpt is cut into pieces where the terms of findings are. The template escapes each piece and
puts the mark around it. A card also offers the canned reasons that fit it, and shows the author's
notice as it will read, while the decision can still change.

The author reads the reason of a measure as it is, so a reason describes the post, not what a
program did. The shipped reasons name nobody, and a lead can replace them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import msgspec

from cases.asked import Order
from cases.case_message import entry_of, ground_of
from cases.decision import Decision
from desk import Dossier, Moderator, NearCopy, OpenFinding, RuleFacts, first_excerpt, rule_name
from desk.deciding import REASON_LENGTH, DecidingError, DecisionForm, decide
from dsa.statement import NOTICE_LANGUAGES, DecidedFinding, author_notice, order_texts
from ledger.cases import CaseEntry, CaseState, Move
from ledger.codes import SourceType
from ledger.desk_store import CannedReason
from ledger.findings import Finding
from ledger.removals import Removal
from ledger.texts import is_blank, utc
from phrases import to_translate

SHOWN_PARTS = {"media_text": "text in the picture or film", "links": "links"}
"""Parts of a post other than its text, in words."""


COMPARED = 2_000
"""Code points of a text that are compared with another one; the rest counts as the same."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One span in an excerpt: half-open code points, and what is there."""

    start: int
    end: int
    term: str
    rule: str
    weight: int | None
    disguise: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkedPiece:
    """A piece of an excerpt, and the marks that cover all of it."""

    text: str
    marks: tuple[Mark, ...] = ()


def marks_of(findings: Sequence[OpenFinding]) -> list[Mark]:
    """Return the marks of all findings in the first excerpt that is kept, in order.

    A post that repeats a claim has no marks for that: the whole post repeats it.
    """
    shown = next((each for each in findings if each.excerpt), None)
    start = shown.finding.excerpt_start if shown else None
    if shown is None or shown.excerpt is None or not isinstance(start, int):
        return []
    part = next((span.part for span in shown.finding.spans), "")
    found = {
        Mark(
            span.start - start,
            span.end - start,
            span.term,
            f"{each.finding.pack}/{each.finding.rule}",
            span.weight if isinstance(span.weight, int) else None,
            span.evasion,
        )
        for each in findings
        for span in (() if each.finding.checks else each.finding.spans)
        if span.part == part
        and start <= span.start < span.end
        and span.end - start <= len(shown.excerpt)
    }
    return sorted(found, key=lambda mark: (mark.start, -mark.end, mark.rule, mark.term))


def marked_pieces(text: str, marks: Sequence[Mark]) -> list[MarkedPiece]:
    """Return the text in pieces, each with the marks that cover it.

    >>> [(piece.text, len(piece.marks)) for piece in marked_pieces("send me it", [
    ...     Mark(0, 4, "send", "a/b", None, ())])]
    [('send', 1), (' me it', 0)]
    """
    places = {0, len(text)}
    for mark in marks:
        places |= {mark.start, mark.end}
    ordered = sorted(places)
    return [
        MarkedPiece(
            text[start:end],
            tuple(mark for mark in marks if mark.start <= start and end <= mark.end),
        )
        for start, end in pairwise(ordered)
    ]


def differing_pieces(first: str, other: str) -> list[tuple[str, bool]]:
    """Return the other text in pieces, each with whether it differs from the first text.

    >>> differing_pieces("call 111 now", "call 222 now")
    [('call ', False), ('222', True), (' now', False)]
    """
    before, after = _words(first[:COMPARED]), _words(other[:COMPARED])
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    pieces = [
        ("".join(after[start:end]), change != "equal")
        for change, _, _, start, end in changes
        if start < end
    ]
    return [*pieces, (other[COMPARED:], False)] if other[COMPARED:] else pieces


def _words(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, and every other character alone.

    Each character of a script without spaces is a word, so that a difference is shorter than a
    sentence.
    """
    words: list[str] = []
    for character in text:
        joins = character.isalnum() and ord(character) < 0x0E00
        if joins and words and words[-1][-1].isalnum() and ord(words[-1][-1]) < 0x0E00:
            words[-1] += character
        else:
            words.append(character)
    return words


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding on a card, with the published words about its rule.

    `fee` is what the length of the text took off its score, and 0 if not all of its spans are kept.
    `ground` is what `ground_of` says of its pack.
    """

    finding: Finding
    title: str
    why: str
    page: str
    name: str
    disguises: tuple[str, ...]
    notice: str
    fee: int
    ground: dict[str, str]


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
        excerpt=marked_pieces(text, marks),
        shape=hidden_outline(text),
        length=len(text),
        marks=marks,
        part=SHOWN_PARTS.get(first.spans[0].part, "") if first and first.spans else "",
        findings=[_finding(each, facts, language) for each in dossier.findings],
        copies=[_copy(copy, text) for copy in dossier.copies],
    )


def hidden_outline(text: str) -> str:
    """Return the outline of a text without its letters, for a card that hides it.

    >>> hidden_outline("send me 7")
    '░░░░ ░░ ░'
    """
    return "".join("░" if character.strip() else " " for character in text)


def _finding(each: OpenFinding, facts: dict[str, RuleFacts], language: str) -> FindingView:
    finding = each.finding
    disguises = sorted({kind for span in finding.spans for kind in span.evasion})
    known = facts.get(rule_name(finding))  # None where its set cannot be read
    name, page = f"{finding.pack}/{finding.rule}", known.page if known else ""
    title, why = known.said_in(language) if known else (finding.pack, "")
    weights = sum(span.weight for span in finding.spans if span.weight)
    fee = weights - finding.score if finding.score and not finding.spans_capped else 0
    ground = ground_of(known.pack) if known else {}
    return FindingView(finding, title, why, page, name, tuple(disguises), each.notice, fee, ground)


def _copy(copy: NearCopy, text: str) -> CopyView:
    first = copy.findings[0].finding
    other = first_excerpt(copy.findings)
    return CopyView(copy.key, first.post, _link(first.url or ""), differing_pieces(text, other))


def _link(url: str) -> str:
    """Return an address that a browser may open on a click: the web's, nothing that runs."""
    return url if url.startswith(("https://", "http://")) else ""


VERDICTS = frozenset(
    {"confirmed", "dismissed", "escalated", "upheld", "reversed", "partly_reversed", "omitted"}
)
MOST = 500
"""Canned reasons of one provider."""

SHOWN = 9
"""Reasons for one verdict: each has a digit as its key."""


def suggested_reasons(
    own: Sequence[CannedReason], dossier: Dossier, language: str
) -> dict[str, list[str]]:
    """Return the reasons that fit a card, by verdict: those of its packs before those for all.

    They are in the language of the post if there are any, since the author may read them; else in
    the language of the interface, else in English.
    """
    packs = {each.finding.pack for each in dossier.findings}
    fitting = [reason for reason in own or SHIPPED if reason.pack in {"", *packs}]
    ordered = sorted(fitting, key=lambda reason: not reason.pack)
    found: dict[str, list[str]] = {}
    for verdict in dict.fromkeys(reason.verdict for reason in ordered):
        for wanted in (dossier.item.language[:2].lower(), language, "en"):
            texts = [
                reason.text
                for reason in ordered
                if reason.verdict == verdict and reason.language == wanted
            ]
            if texts:
                found[verdict] = texts[:SHOWN]
                break
    return found


def in_language(text: str, language: str, own: Sequence[CannedReason]) -> str:
    """Return what a canned reason says in a language; empty if nobody wrote it there.

    It is the one at the same place among those of its verdict and pack, if both have as many.

    >>> in_language("Somebody may be in danger.", "id", [])
    'Seseorang mungkin dalam bahaya.'
    """
    reasons = own or SHIPPED
    said = next((reason for reason in reasons if reason.text == text), None)
    alike = [
        one for one in reasons if said and (one.verdict, one.pack) == (said.verdict, said.pack)
    ]
    here = [each.text for each in alike if each.language == language]
    there = [each.text for each in alike if said and each.language == said.language]
    return here[there.index(text)] if len(here) == len(there) and here != there else ""


def reason_language(own: Sequence[CannedReason], text: str) -> str:
    """Return the language of a canned reason; empty if these words are somebody's own.

    >>> reason_language([], "The words mean something else here.")
    'en'
    """
    return next((reason.language for reason in own or SHIPPED if reason.text == text), "")


class ReasonError(Exception):
    """A line of canned reasons that cannot be read; `line` is its number from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def reason_lines(reasons: Sequence[CannedReason]) -> str:
    """Return canned reasons as lines that a lead can edit.

    >>> reason_lines([CannedReason(text="A quotation.", verdict="dismissed", language="en")])
    'dismissed | en | * | A quotation.'
    """
    parts = ((each.verdict, each.language, each.pack or "*", each.text) for each in reasons)
    return "\n".join(" | ".join(part) for part in parts)


def read_reasons(lines: str) -> list[CannedReason]:
    """Return the canned reasons of lines. Raises ReasonError for the first invalid line.

    >>> read_reasons("dismissed | en | codes | It warns | loudly")[0].text
    'It warns | loudly'
    """
    found: list[CannedReason] = []
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|", 3)]
        verdict, language, pack, text = parts if len(parts) == 4 else ("",) * 4
        is_code = language.isascii() and language.isalpha() and len(language) == 2
        is_whole = verdict in VERDICTS and is_code and 0 < len(text) <= REASON_LENGTH
        if not is_whole or len(found) == MOST:
            raise ReasonError(number)
        found.append(
            CannedReason(
                text=text, verdict=verdict, language=language, pack="" if pack == "*" else pack
            )
        )
    return found


SHIPPED = tuple(read_reasons((Path(__file__).parent / "reasons.txt").read_text("utf-8")))
"""The reasons of a provider that has not edited them, in each language in the same order."""

UNWRITTEN = "…"
"""The reason in the notice while nothing is written."""


def shown_notices(
    form: DecisionForm,
    dossier: Dossier,
    moderator: Moderator,
    now: datetime,
    language: str,
    territory: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    """Return the notice of a form's decision as (language, text); empty if it writes none.

    The first is in the language of the post, the second in the moderator's. The notice of a near
    copy differs only in the post. `territory` is the provider's. Of an answer to a removal order,
    return its texts by their names (`order_texts`).

    Raises DecidingError if the form decides nothing yet.
    """
    if is_blank(form.reason):
        form = replace(form, reason=UNWRITTEN)
    message = decide(form, dossier, moderator, now).messages[0]
    if dossier.order is not None:
        answer, so_far = msgspec.convert(message, Order), dossier.order.journal_entry
        said = {name: getattr(answer, name) for name in ("outcome", "ground") if answer.outcome}
        said |= {"effected_at": utc(answer.effected_at)} if answer.effected_at else {}
        removal = (answer.removal or Removal()).after(so_far.removal)
        answered_order = msgspec.structs.replace(so_far, removal=removal, **said)
        return list(order_texts(answered_order, dossier.order.message).items())
    if message["type"] != "decision" or "measures" not in message:
        return []
    decision = msgspec.convert(message, Decision)
    facts = dict(dossier.rules)
    kept = [each for each in dossier.findings if each.finding.finding in decision.findings]
    found = [_decided(each, facts.get(rule_name(each.finding))) for each in kept]
    answered = [each for each in dossier.notices if each.message == decision.notice]
    entry = _entry(decision, answered, moderator.provider, found, territory)
    author = dossier.item.language[:2].lower()
    wanted = dict.fromkeys(name for name in (author, language) if name in NOTICE_LANGUAGES)
    return [(name, author_notice(name, entry, found, answered)) for name in wanted]


def _decided(each: OpenFinding, facts: RuleFacts | None) -> DecidedFinding:
    if facts is None:
        raise DecidingError(to_translate("The words of the rule cannot be read."))
    page = facts.page if facts.page.startswith("http") else ""  # at home, pages are not public
    return DecidedFinding(each.finding, facts.pack, page)


def _entry(
    decision: Decision,
    answered: list[CaseEntry],
    provider: str,
    found: list[DecidedFinding],
    territory: tuple[str, ...],
) -> CaseEntry:
    """Return what decide would record of a decision, as far as the notice reads it."""
    flagged = any(entry.journal_entry.trusted_flagger for entry in answered)
    entry = entry_of(
        decision,
        provider,
        decision.decided_at,
        **(ground_of(found[0].pack) if found else {}),
        scope=decision.scope or territory,
        source_type=SourceType.TRUSTED_FLAGGER if flagged else "",
        applied_at=utc(decision.applied_at or decision.decided_at),
    )
    return CaseEntry(
        1,
        Move.DECIDE,
        CaseState.STANDING,
        entry,
        decision.id,
        reason=decision.reason or "",
        reason_language=decision.reason_language or "",
    )
