"""The state of a review, how each key of a moderator changes it, and the resulting messages.

Nothing here touches a terminal or a clock: the same functions serve a terminal and a browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto

from ledger.cases.dsa_codes import Visibility
from ledger.cases.messages import (
    BaseCaseMessage,
    Decision,
    Escalation,
    Measures,
    SecondReview,
    Verdict,
)
from ledger.untrusted_text import is_blank
from terang.review.cards import Card

REASON_LENGTH = 2_000
"""Characters of a reason."""

VERDICTS: dict[str, tuple[Verdict, Escalation | None]] = {
    "c": (Verdict.CONFIRMED, None),
    "d": (Verdict.DISMISSED, None),
    "t": (Verdict.ESCALATED, Escalation.THREAT_TO_LIFE),
    "a": (Verdict.ESCALATED, Escalation.CHILD_ABUSE),
    "s": (Verdict.SKIPPED, None),
}

MEASURES: dict[str, Visibility | None] = {
    "0": None,
    "1": Visibility.CONTENT_REMOVED,
    "2": Visibility.CONTENT_DISABLED,
    "3": Visibility.CONTENT_DEMOTED,
    "4": Visibility.CONTENT_AGE_RESTRICTED,
    "5": Visibility.CONTENT_INTERACTION_RESTRICTED,
    "6": Visibility.CONTENT_LABELLED,
}
"""Measures by key. Other measures are written into the file of decisions by hand."""

ESCAPE = "\x1b"


class ReviewStage(Enum):
    """The next input of the review: a verdict, a measure, a reason, a last key; or nothing more."""

    CARD = auto()
    MEASURE = auto()
    REASON = auto()
    END = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class DecidedCard:
    """A card that was decided, its message, and a card of the findings left out of the decision."""

    card: Card
    message: Decision | SecondReview
    rest: Card | None = None


@dataclass(frozen=True, slots=True)
class ReviewState:
    """The state of a review; the first of the waiting cards is on the screen.

    `left_out` holds the indexes of the card's findings that the verdict leaves out. `reasons` holds
    the last reason by rule and verdict, which an empty line takes again.
    """

    moderator: str
    waiting: tuple[Card, ...]
    opened_at: datetime
    decided: tuple[DecidedCard, ...] = ()
    stage: ReviewStage = ReviewStage.CARD
    shown: bool = False
    left_out: frozenset[int] = frozenset()
    verdict: Verdict = Verdict.SKIPPED
    escalation: Escalation | None = None
    measure: Visibility | None = None
    reasons: Mapping[tuple[str, Verdict], str] = field(default_factory=dict)
    note: str = ""

    @property
    def done(self) -> bool:
        """Whether the moderator ended it."""
        return self.stage is ReviewStage.DONE

    @property
    def messages(self) -> tuple[BaseCaseMessage, ...]:
        """The decisions as they are sent."""
        return tuple(decided.message for decided in self.decided)

    @property
    def card(self) -> Card:
        """The card on the screen."""
        return self.waiting[0]

    @property
    def suggested_reason(self) -> str:
        """The reason that an empty line takes: the last for this rule and verdict, or none."""
        return self.reasons.get((_rule(self.card), self.verdict), "")


def begin_review(moderator: str, cards: tuple[Card, ...], now: datetime) -> ReviewState:
    """Return a review of these cards, in this order."""
    return ReviewState(moderator, cards, now, stage=ReviewStage.CARD if cards else ReviewStage.DONE)


def press_key(review: ReviewState, key: str, now: datetime) -> ReviewState:
    """Return the state after a key. A key without a meaning changes nothing."""
    review = replace(review, note="")
    if review.stage is ReviewStage.MEASURE:
        return _choose_measure(review, key)
    if review.stage is ReviewStage.CARD:
        match key:
            case " ":
                return replace(review, shown=not review.shown)
            case "n":
                return _at_card(review, (*review.waiting[1:], review.card), now)
            case "p":
                return _at_card(review, (review.waiting[-1], *review.waiting[:-1]), now)
            case "q":
                return replace(review, stage=ReviewStage.DONE)
            case _ if key in VERDICTS:
                return _judge(review, key, now)
            case _ if key.isdecimal() and 0 < int(key) <= len(review.card.findings):
                return _leave_out(review, int(key) - 1)
    if key == "u" and review.decided:
        return _undo(review, now)
    ends = review.stage is ReviewStage.END and key
    return replace(review, stage=ReviewStage.DONE) if ends else review


def give_reason(review: ReviewState, line: str | None, now: datetime) -> ReviewState:
    """Decide with the reason; None, or an empty line without a suggestion, goes back."""
    written = "" if line is None or is_blank(line) else line.strip()
    reason = (written or review.suggested_reason) if line is not None else ""
    if not reason:
        return replace(review, stage=ReviewStage.CARD, note="No reason, no decision.")
    if len(reason) > REASON_LENGTH:
        return replace(review, note=f"A reason has at most {REASON_LENGTH:,} characters.")
    reasons = {**review.reasons, (_rule(review.card), review.verdict): reason}
    return _decide(replace(review, reasons=reasons), reason, now)


def _judge(review: ReviewState, key: str, now: datetime) -> ReviewState:
    verdict, escalation = VERDICTS[key]
    judged = replace(review, verdict=verdict, escalation=escalation, measure=None)
    if review.card.decision:
        skipped = verdict is Verdict.SKIPPED
        return _at_card(review, review.waiting[1:], now) if skipped else _second(judged, now)
    if verdict is Verdict.SKIPPED:
        return _decide(judged, None, now)
    asks = ReviewStage.MEASURE if verdict is Verdict.CONFIRMED else ReviewStage.REASON
    return replace(judged, stage=asks)


def _choose_measure(review: ReviewState, key: str) -> ReviewState:
    if key == ESCAPE:
        return replace(review, stage=ReviewStage.CARD)
    if key not in MEASURES:
        return review
    return replace(review, stage=ReviewStage.REASON, measure=MEASURES[key])


def _leave_out(review: ReviewState, place: int) -> ReviewState:
    left_out = review.left_out ^ {place}
    if len(left_out) == len(review.card.findings) or review.card.decision:
        return replace(review, note="A verdict needs at least one finding.")
    return replace(review, left_out=left_out)


def _decide(review: ReviewState, reason: str | None, now: datetime) -> ReviewState:
    card = review.card
    numbered = list(enumerate(card.findings))
    taken = Card(tuple(finding for place, finding in numbered if place not in review.left_out))
    left = tuple(finding for place, finding in numbered if place in review.left_out)
    message = Decision(
        id=_id(review, now),
        findings=tuple(finding.finding.finding for finding in taken.findings),
        notice=taken.notice or None,
        verdict=review.verdict,
        escalation=review.escalation,
        measures=Measures(visibility=(review.measure,)) if review.measure else None,
        reason=reason,
        moderator=review.moderator,
        opened_at=review.opened_at,
        decided_at=now,
        applied_at=now if review.measure else None,
    )
    rest = Card(left) if left else None
    return _next(review, DecidedCard(card, message, rest), now)


def _second(review: ReviewState, now: datetime) -> ReviewState:
    message = SecondReview(
        id=_id(review, now),
        decision=review.card.decision,
        verdict=review.verdict,  # type: ignore[arg-type]  # never skipped
        moderator=review.moderator,
        opened_at=review.opened_at,
        decided_at=now,
    )
    return _next(review, DecidedCard(review.card, message), now)


def _next(review: ReviewState, decided: DecidedCard, now: datetime) -> ReviewState:
    rest = (decided.rest,) if decided.rest else ()
    following = replace(review, decided=(*review.decided, decided))
    return _at_card(following, (*rest, *review.waiting[1:]), now)


def _undo(review: ReviewState, now: datetime) -> ReviewState:
    """Take back the last decision; it was not sent yet."""
    last = review.decided[-1]
    waiting = tuple(card for card in review.waiting if card is not last.rest)
    back = replace(review, decided=review.decided[:-1])
    return _at_card(back, (last.card, *waiting), now)


def _at_card(review: ReviewState, waiting: tuple[Card, ...], now: datetime) -> ReviewState:
    """Show the first card: blurred, with all its findings, and with its time starting now."""
    stage = ReviewStage.CARD if waiting else ReviewStage.END
    return replace(
        review, waiting=waiting, stage=stage, opened_at=now, shown=False, left_out=frozenset()
    )


def _id(review: ReviewState, now: datetime) -> str:
    return f"{review.moderator}-{now:%Y%m%dT%H%M%S.%fZ}"


def _rule(card: Card) -> str:
    return f"{card.first.pack}/{card.first.rule}"
