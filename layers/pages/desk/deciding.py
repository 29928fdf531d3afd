"""What the forms of a moderator become: a decision, or an example for a rule's public page.

A decision is one message or several, which are pending until they are sent. An example is written
after a post: the editor begins with the post's words, in which names, handles, numbers and links
are masked. What is saved is public, so it must be rewritten: the masked text is refused. Nothing
here knows HTTP or a clock.

Limits: names are found by their capital letter inside a sentence. Names in scripts without capital
letters, and names at the start of a sentence, are not found: the moderator reads the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Protocol, cast

import msgspec

from cases.asked import Answer, Audit, FloodAnswer, Notice, Order
from cases.contest import ContestResult, Outcome, SecondReview
from cases.decision import Decision, Escalation, Verdict
from cases.kinds import CaseMessage, as_sent
from cases.trials import TrialAnswer
from desk import Dossier, ItemKind, Moderator, OpenFinding
from ledger.cases import JournalEntry
from ledger.codes import CATEGORIES, NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER, Measures, Visibility
from ledger.desk_store import UNDO_SECONDS, PendingDecision, PendingState
from ledger.findings import LEFT_HELD, OPENED
from ledger.removals import Removal
from ledger.texts import is_blank, utc_exactly
from phrases import to_translate
from rules.pack import Pack

REASON_LENGTH = 2_000
GROUND_LENGTH = 500
"""Characters of the reason why an order was not followed: it may be published."""

OPEN_HOURS = 24
"""A form that was opened earlier is too old: the case may have changed since."""

MEASURES: dict[str, Visibility | None] = {
    "none": None,
    "removed": Visibility.CONTENT_REMOVED,
    "disabled": Visibility.CONTENT_DISABLED,
    "demoted": Visibility.CONTENT_DEMOTED,
    "age": Visibility.CONTENT_AGE_RESTRICTED,
    "interaction": Visibility.CONTENT_INTERACTION_RESTRICTED,
    "labelled": Visibility.CONTENT_LABELLED,
}
"""Measures by their word in the form. Other measures are sent as a message."""

VERDICTS: dict[str, tuple[Verdict, Escalation | None]] = {
    "confirmed": (Verdict.CONFIRMED, None),
    "dismissed": (Verdict.DISMISSED, None),
    "threat": (Verdict.ESCALATED, Escalation.THREAT_TO_LIFE),
    "child": (Verdict.ESCALATED, Escalation.CHILD_ABUSE),
    "skipped": (Verdict.SKIPPED, None),
}
"""Verdicts by their word in the form."""

AUDIT_CATEGORIES = tuple(
    code for code in CATEGORIES if code not in {NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER}
)

_FORM_ID = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,100})-(?P<at>\d{8}T\d{6}\.\d{6}Z)-[0-9a-f]{8}")


class DecidingError(Exception):
    """A form that decides nothing yet. The page shows why, and keeps everything typed."""


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """The fields of the form on a card.

    `left_out` are ids of findings, and keys of near copies, that the moderator left out.
    `reason_language` is empty unless the reason is a canned one. `shows_text` says that the text
    was open: the next page shows it open again. `reports` asks for a notice of the moderator's own.
    `ground` and its text say what a post breaks that no rule has found.
    """

    id: str
    verdict: str = ""
    measure: str = "none"
    reason: str = ""
    category: str = ""
    left_out: frozenset[str] = frozenset()
    reason_language: str = ""
    shows_text: bool = False
    reports: bool = False
    ground: str = ""
    ground_text: str = ""

    @classmethod
    def parse(cls, form: Mapping[str, list[str]]) -> "DecisionForm":
        """Read the form. A written reason wins over a chosen one."""
        written = _first(form, "reason").strip()
        verdicts = form.get("verdict", ())  # the button to skip comes after a chosen verdict
        return cls(
            id=_first(form, "id")[:200],
            verdict="skipped" if "skipped" in verdicts else next(iter(verdicts), ""),
            measure=_first(form, "measure") or "none",
            reason=_first(form, "canned").strip() if is_blank(written) else written,
            category=_first(form, "violates"),  # `category` is a filter of the queue
            left_out=frozenset(form.get("shown", ())) - frozenset(form.get("kept", ())),
            shows_text=bool(_first(form, "shows")),
            reports=bool(_first(form, "reports")),
            ground=_first(form, "ground"),
            ground_text=_first(form, "ground_text").strip(),
        )

    def chose(self, new: PendingDecision, stored: PendingDecision) -> bool:
        """Return whether the form, sent again, chose what is stored and was not refused.

        Its new decision may lack findings and copies that are decided meanwhile.
        """
        chosen = ["verdict", "escalation", "measures", "reason", "outcome", "category"]
        chosen += ["ground", "ground_text"]
        first, before = new.messages[0], stored.messages[0]
        same = all(first.get(name) == before.get(name) for name in chosen)
        parts, taken = (
            {*each.messages[0].get("findings", ()), *each.items[1:]} for each in (new, stored)
        )
        keeps = parts <= taken and not self.left_out & taken
        return same and keeps and stored.state is not PendingState.REFUSED


def form_id(moderator: str, now: datetime, chance: str) -> str:
    """Return the id of a new form, which becomes the id of its message: who, when, and chance.

    >>> form_id("m-7", datetime(2026, 11, 25, 12, tzinfo=UTC), "00ff00ff")
    'm-7-20261125T120000.000000Z-00ff00ff'
    """
    return f"{moderator}-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{chance}"


def opened_at(form: str, moderator: str, now: datetime) -> datetime:
    """Return when a form was opened. Raises DecidingError if it is not the moderator's own."""
    match = _FORM_ID.fullmatch(form)
    if match is None or match["name"] != moderator:
        raise DecidingError(to_translate("This form is not yours. Load the page again."))
    try:
        opened = datetime.strptime(match["at"], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise DecidingError(to_translate("This form is not yours. Load the page again.")) from None
    if not timedelta() <= now - opened <= timedelta(hours=OPEN_HOURS):
        raise DecidingError(to_translate("This page is a day old. Load it again to decide."))
    return opened


def decide(
    form: DecisionForm, dossier: Dossier, moderator: Moderator, now: datetime
) -> PendingDecision:
    """Return the pending decision of a form. Raises DecidingError if something is missing."""
    opened = opened_at(form.id, moderator.name, now)
    looked = {"moderator": moderator.name, "opened_at": opened, "decided_at": now}
    items: tuple[str, ...] = (dossier.item.key,)
    messages: list[CaseMessage] = []
    match dossier.item.kind:
        case ItemKind.ORDER:
            messages.append(_answer(form, dossier, now))
        case ItemKind.AUDIT:
            messages.append(_audit(form, dossier, looked))
        case ItemKind.SECOND_REVIEW:
            messages.append(_second_review(form, dossier, looked))
        case ItemKind.COMPLAINT:
            messages.append(_outcome(form, dossier, moderator.name, now))
        case ItemKind.TRIAL:
            messages += _trial_answer(form, dossier, moderator.name, now)
        case ItemKind.HELD_RULE:
            messages.append(_flood_answer(form, dossier, looked))
        case _:
            by_item = _decisions(form, dossier, looked, now)
            items, messages = tuple(by_item), list(by_item.values())
    return pending_of(moderator, now, items, messages)


def pending_of(
    moderator: Moderator, now: datetime, items: Sequence[str], messages: Sequence[CaseMessage]
) -> PendingDecision:
    """Return messages as a decision that can be taken back; the first one names it."""
    return PendingDecision(
        id=messages[0].id,
        provider=moderator.provider,
        moderator=moderator.name,
        items=tuple(items),
        messages=tuple(map(as_sent, messages)),
        held_at=utc_exactly(now),
        due_at=utc_exactly(now + timedelta(seconds=UNDO_SECONDS)),
    )


def _decisions(
    form: DecisionForm, dossier: Dossier, looked: dict[str, Any], now: datetime
) -> dict[str, CaseMessage]:
    """Return by item the decision on the post, and one for each near copy not left out."""
    if form.verdict not in VERDICTS:
        raise DecidingError(to_translate("Choose a verdict."))
    if form.measure not in MEASURES:
        raise DecidingError(to_translate("Choose a measure."))
    verdict, escalation = VERDICTS[form.verdict]
    skips = verdict is Verdict.SKIPPED
    reason = None if skips else _reason(form)
    measure = MEASURES[form.measure] if verdict is Verdict.CONFIRMED else None
    own = [each for each in dossier.findings if each.finding.finding not in form.left_out]
    reported = (entry.message for entry in dossier.notices)
    told = (entry.journal_entry for entry in dossier.notices)
    notice = next(reported, next((each.notice for each in own if each.notice), None))
    if not own and (dossier.findings or notice is None):
        raise DecidingError(to_translate("A verdict needs at least one finding."))
    ground = _ground(form, told) if verdict is Verdict.CONFIRMED and not own else {}
    parts: list[tuple[str, Sequence[OpenFinding], str | None]] = [(dossier.item.key, own, notice)]
    for copy in () if skips else dossier.copies:
        if copy.key not in form.left_out:
            answered = next((each.notice for each in copy.findings), "") or None
            parts.append((copy.key, copy.findings, answered))
    return {
        key: Decision(
            id=form.id if place == 0 else f"{form.id}.{place}",
            group=form.id if len(parts) > 1 else None,
            findings=tuple(each.finding.finding for each in findings),
            notice=answered,
            verdict=verdict,
            escalation=escalation,
            measures=Measures(visibility=(measure,)) if measure else None,
            reason=reason,
            reason_language=(form.reason_language or None) if reason else None,
            applied_at=now if measure else None,
            **ground,
            **looked,
        )
        for place, (key, findings, answered) in enumerate(parts)
    }


def _ground(form: DecisionForm, told: Iterable[JournalEntry]) -> dict[str, Any]:
    """Return the ground of a notice without findings: its own if it has one, else the form's."""
    names = ("ground", "ground_text", "ground_url")
    for entry in told:
        if entry.ground:  # of a rule on trial, by which a moderator reported the post
            return {name: getattr(entry, name) or None for name in names}
    if form.ground not in {"illegal", "terms"} or is_blank(form.ground_text):
        raise DecidingError(
            to_translate("Say which law, or which term of your service, it breaks.")
        )
    return {"ground": form.ground, "ground_text": form.ground_text[:GROUND_LENGTH]}


def _answer(form: DecisionForm, dossier: Dossier, now: datetime) -> Order:
    """Return the answer to an order: the message repeats what the first one says of the order.

    An answered removal order has a follow-up: the author was told, or it is preserved longer.
    """
    assert dossier.order is not None  # noqa: S101 - an order is its own case
    entry = dossier.order.journal_entry
    acts, is_removal = entry.kind == "act", entry.kind == "act" and entry.regulation == "tco"
    try:
        removal = _removal(form, now) if is_removal else None
        outcome = None if entry.outcome and is_removal else Answer(form.verdict)
    except (ValueError, msgspec.ValidationError):
        raise DecidingError(to_translate("Choose an answer.")) from None
    followed = outcome is Answer.COMPLIED
    return Order(
        id=form.id,
        kind=cast('Literal["act", "inform"]', entry.kind),
        authority=entry.authority,
        country=entry.country,
        category=entry.category or None,
        keyword=next(iter(entry.keywords), None),
        other=entry.other or None,
        items=entry.items or None,
        received_at=datetime.fromisoformat(entry.received_at),
        acknowledged_at=None if entry.acknowledged_at else now,
        effected_at=now if followed and not entry.effected_at else None,
        outcome=outcome,
        ground=_reason(form, ground=True) if acts and outcome and not followed else None,
        regulation=cast('Literal["dsa", "tco"]', entry.regulation),
        follows=dossier.order.message,
        removal=removal,
    )


def _removal(form: DecisionForm, now: datetime) -> Removal:
    """Return what a form says of a removal order. Raises msgspec.ValidationError."""
    chosen: dict[str, dict[str, Any]] = {
        "told": {"told_on": now.date()},
        "kept": {"preserved_until": form.ground_text},
        "complied": {"done": form.measure, "preserved": form.ground_text},
    }
    said = chosen.get(form.verdict, {"hindrance": form.ground})
    return msgspec.convert({k: v for k, v in said.items() if v not in {"", "none"}}, Removal)


def _second_review(form: DecisionForm, dossier: Dossier, looked: dict[str, Any]) -> SecondReview:
    verdict = VERDICTS.get(form.verdict, (Verdict.SKIPPED, None))[0]
    if verdict is Verdict.SKIPPED:
        raise DecidingError(to_translate("Choose a verdict."))
    assert dossier.decision is not None  # noqa: S101 - a second review is about a decision
    return SecondReview(
        id=form.id,
        decision=dossier.decision.message,
        verdict=cast('Literal["confirmed", "dismissed", "escalated"]', verdict.value),
        **looked,
    )


def _outcome(form: DecisionForm, dossier: Dossier, moderator: str, now: datetime) -> Outcome:
    try:
        outcome = ContestResult(form.verdict)
    except ValueError:
        raise DecidingError(to_translate("Choose an outcome.")) from None
    assert dossier.contest is not None  # noqa: S101 - a complaint is its own contest
    measure = MEASURES.get(form.measure)
    partly = outcome is ContestResult.PARTLY_REVERSED
    if partly and measure is None:
        raise DecidingError(to_translate("Choose the measure that remains."))
    about = {dossier.contest.journal_entry.type: dossier.contest.message}
    return Outcome(
        id=form.id,
        complaint=about.get("complaint"),
        dispute=about.get("dispute"),
        outcome=outcome,
        reason=_reason(form),
        moderator=moderator,
        measures=Measures(visibility=(measure,)) if partly and measure else None,
        decided_at=now,
    )


def _audit(form: DecisionForm, dossier: Dossier, looked: dict[str, Any]) -> Audit:
    if form.verdict not in {"violating", "not_violating", "gone"}:
        raise DecidingError(to_translate("Choose a verdict."))
    violating = form.verdict == "violating"
    if violating and form.category not in AUDIT_CATEGORIES:
        raise DecidingError(to_translate("Choose a category."))
    return Audit(
        id=form.id,
        post=dossier.post,
        month=dossier.month,
        verdict=cast('Literal["violating", "not_violating", "gone"]', form.verdict),
        category=form.category if violating else None,
        **looked,
    )


def _trial_answer(
    form: DecisionForm, dossier: Dossier, moderator: str, now: datetime
) -> list[CaseMessage]:
    """Return the answer about a drawn finding, and the moderator's own notice if they report it."""
    if form.verdict not in {"right", "wrong", "cannot_tell"}:
        raise DecidingError(to_translate("Choose an answer."))
    finding = dossier.findings[0].finding
    verdict = cast('Literal["right", "wrong", "cannot_tell"]', form.verdict)
    answer = TrialAnswer(
        id=form.id, finding=finding.finding, verdict=verdict, moderator=moderator, decided_at=now
    )
    notice = Notice(
        id=f"{form.id}.1",
        post=finding.post,
        url=finding.url,
        finding=finding.finding,
        category=finding.category,
        trusted_flagger=False,
        article_16=False,
        moderator=moderator,
        received_at=now,
    )
    return [answer, notice] if form.reports else [answer]


def _flood_answer(form: DecisionForm, dossier: Dossier, looked: dict[str, Any]) -> FloodAnswer:
    if form.verdict not in {OPENED, LEFT_HELD}:
        raise DecidingError(to_translate("Choose an answer."))
    assert dossier.question is not None  # noqa: S101 - a held rule is a question
    return FloodAnswer(
        id=form.id,
        day=date.fromisoformat(dossier.question.day),
        held_rule=dossier.question.rule,
        verdict=cast('Literal["opened", "left_held"]', form.verdict),
        reason=None if is_blank(form.reason) else _reason(form),
        **looked,
    )


def _reason(form: DecisionForm, *, ground: bool = False) -> str:
    """Return the reason, or the ground on which an order is not followed. Raises DecidingError."""
    if is_blank(form.reason):
        raise DecidingError(to_translate("Write or choose a reason."))
    if len(form.reason) > REASON_LENGTH:
        raise DecidingError(to_translate("A reason has at most 2,000 characters."))
    if ground and len(form.reason) > GROUND_LENGTH:
        raise DecidingError(to_translate("The reason of an order has at most 500 characters."))
    return form.reason


def _first(form: Mapping[str, list[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")


EXAMPLE_LENGTH = 500

_MASKS = (
    (re.compile(r"[\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,4}"), "[mail]"),
    (re.compile(r"(?:https?://|www\.)\S{1,500}|\b[\w-]{1,60}\.(?:com|net|org|id|cn|ru|me|io)\b\S{0,200}",
                re.IGNORECASE), "[link]"),
    (re.compile(r"@[\w.]{1,60}"), "[handle]"),
    (re.compile(r"\+?\d[\d ().-]{2,30}\d|\d{3,40}"), "[number]"),
)  # fmt: skip

_NAME = re.compile(r"(?<=[\w,;:] )(?:[^\W\d_a-z][a-z]{1,40})(?: [^\W\d_a-z][a-z]{1,40}){0,3}")
"""Words with a capital letter that follow another word: most of them are names."""


@dataclass(frozen=True, slots=True)
class NewExample:
    """An example for a rule: a post that it should match, or leave alone (`ignore`)."""

    pack: str
    rule: str
    kind: Literal["match", "ignore"]
    text: str


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """The change to the pack's file, and the problems of `packs check` with the example.

    Without the pack's file (`checked` is false) there are none, and `patch` is the lines to add.
    """

    patch: str
    problems: tuple[str, ...] = ()
    checked: bool = True


class Adopter(Protocol):
    """Tries an example in packs. Nothing is written."""

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""

    def adopted(self, example: NewExample) -> ExampleResult | None:
        """Return what the change would be; None if the packs have no such rule."""


def rules_with_examples(packs: Iterable[Pack]) -> list[str]:
    """Return the rules that take examples, as `pack/rule`, sorted: all but those of copies."""
    return sorted(f"{pack.id}/{rule.id}" for pack in packs for rule in pack.rules
                  if not rule.copies)  # fmt: skip


def masked(text: str) -> str:
    """Return a post's text without its names, handles, numbers and links.

    >>> masked("Ask Budi Santoso or @budi99 at +62 812-3456-789, see https://a.example/x now")
    'Ask [name] or [handle] at [number], see [link] now'
    """
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return _NAME.sub("[name]", text)


def read_example(rule: str, kind: str, text: str, before: str) -> NewExample:
    """Return the example of a form. Raises DecidingError if it may not be published.

    `before` is the post's text, in which nothing was masked.
    """
    pack, _, name = rule.partition("/")
    words = " ".join(text.split())
    if not pack or not name or kind not in {"match", "ignore"}:
        raise DecidingError(to_translate("Choose a rule and a kind."))
    if is_blank(words) or len(words) > EXAMPLE_LENGTH:
        raise DecidingError(to_translate("An example has 1 to 500 characters."))
    if words in {" ".join(before.split()), " ".join(masked(before).split())}:
        raise DecidingError(to_translate("Rewrite it first: what you save is public."))
    if words != masked(words):
        raise DecidingError(to_translate("It still has a name, a handle, a number or a link."))
    return NewExample(pack, name, "match" if kind == "match" else "ignore", words)
