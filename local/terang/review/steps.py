"""What a moderator's keys do to a review: pure, so that no terminal is needed to prove it."""

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
from ledger.foreign_text import is_blank
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
"""Measures by key. What needs more words than a key is written into the file by hand."""

ESCAPE = "\x1b"


class Stage(Enum):
    """What is awaited: a key at the card, one for the measure, the reason, a last key; nothing."""

    CARD = auto()
    MEASURE = auto()
    REASON = auto()
    END = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Decided:
    """A card that was decided, its message, and the card of what was left out of it."""

    card: Card
    message: Decision | SecondReview
    rest: Card | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it stands; the first of the waiting cards is on the screen.

    `left_out` are the places of the card's findings that the verdict is not about; `reasons` the
    last reason by rule and verdict, which an empty line takes again.
    """

    moderator: str
    waiting: tuple[Card, ...]
    opened_at: datetime
    decided: tuple[Decided, ...] = ()
    stage: Stage = Stage.CARD
    shown: bool = False
    left_out: frozenset[int] = frozenset()
    verdict: Verdict = Verdict.SKIPPED
    escalation: Escalation | None = None
    measure: Visibility | None = None
    reasons: Mapping[tuple[str, Verdict], str] = field(default_factory=dict)
    note: str = ""

    @property
    def done(self) -> bool:
        """Whether it was ended."""
        return self.stage is Stage.DONE

    @property
    def messages(self) -> tuple[BaseCaseMessage, ...]:
        """What was decided, as it is sent."""
        return tuple(one.message for one in self.decided)

    @property
    def card(self) -> Card:
        """The card on the screen."""
        return self.waiting[0]

    @property
    def suggested_reason(self) -> str:
        """The reason that an empty line takes: the last for this rule and verdict, or none."""
        return self.reasons.get((_rule(self.card), self.verdict), "")


def begin(moderator: str, cards: tuple[Card, ...], now: datetime) -> Review:
    """A review of these cards, in this order."""
    return Review(moderator, cards, now, stage=Stage.CARD if cards else Stage.DONE)


def press(review: Review, key: str, now: datetime) -> Review:
    """What a key does. A key that means nothing here does nothing."""
    review = replace(review, note="")
    if review.stage is Stage.MEASURE:
        return _choose_measure(review, key)
    if review.stage is Stage.CARD:
        match key:
            case " ":
                return replace(review, shown=not review.shown)
            case "n":
                return _at_card(review, (*review.waiting[1:], review.card), now)
            case "p":
                return _at_card(review, (review.waiting[-1], *review.waiting[:-1]), now)
            case "q":
                return replace(review, stage=Stage.DONE)
            case _ if key in VERDICTS:
                return _judge(review, key, now)
            case _ if key.isdecimal() and 0 < int(key) <= len(review.card.findings):
                return _leave_out(review, int(key) - 1)
    if key == "u" and review.decided:
        return _undo(review, now)
    ends = review.stage is Stage.END and key
    return replace(review, stage=Stage.DONE) if ends else review


def answer(review: Review, line: str | None, now: datetime) -> Review:
    """The reason that was written; None, or nothing where nothing is suggested, goes back."""
    written = "" if line is None or is_blank(line) else line.strip()
    reason = (written or review.suggested_reason) if line is not None else ""
    if not reason:
        return replace(review, stage=Stage.CARD, note="No reason, no decision.")
    if len(reason) > REASON_LENGTH:
        return replace(review, note=f"A reason has at most {REASON_LENGTH:,} characters.")
    reasons = {**review.reasons, (_rule(review.card), review.verdict): reason}
    return _decide(replace(review, reasons=reasons), reason, now)


def _judge(review: Review, key: str, now: datetime) -> Review:
    verdict, escalation = VERDICTS[key]
    judged = replace(review, verdict=verdict, escalation=escalation, measure=None)
    if review.card.decision:
        skipped = verdict is Verdict.SKIPPED
        return _at_card(review, review.waiting[1:], now) if skipped else _second(judged, now)
    if verdict is Verdict.SKIPPED:
        return _decide(judged, None, now)
    asks = Stage.MEASURE if verdict is Verdict.CONFIRMED else Stage.REASON
    return replace(judged, stage=asks)


def _choose_measure(review: Review, key: str) -> Review:
    if key == ESCAPE:
        return replace(review, stage=Stage.CARD)
    if key not in MEASURES:
        return review
    return replace(review, stage=Stage.REASON, measure=MEASURES[key])


def _leave_out(review: Review, place: int) -> Review:
    left_out = review.left_out ^ {place}
    if len(left_out) == len(review.card.findings) or review.card.decision:
        return replace(review, note="A verdict is about one finding at least.")
    return replace(review, left_out=left_out)


def _decide(review: Review, reason: str | None, now: datetime) -> Review:
    card = review.card
    taken = Card(tuple(one for n, one in enumerate(card.findings) if n not in review.left_out))
    left = tuple(one for n, one in enumerate(card.findings) if n in review.left_out)
    message = Decision(
        id=_id(review, now),
        findings=tuple(one.finding.finding for one in taken.findings),
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
    return _next(review, Decided(card, message, rest), now)


def _second(review: Review, now: datetime) -> Review:
    message = SecondReview(
        id=_id(review, now),
        decision=review.card.decision,
        verdict=review.verdict,  # type: ignore[arg-type]  # never skipped
        moderator=review.moderator,
        opened_at=review.opened_at,
        decided_at=now,
    )
    return _next(review, Decided(review.card, message), now)


def _next(review: Review, decided: Decided, now: datetime) -> Review:
    rest = (decided.rest,) if decided.rest else ()
    following = replace(review, decided=(*review.decided, decided))
    return _at_card(following, (*rest, *review.waiting[1:]), now)


def _undo(review: Review, now: datetime) -> Review:
    """Take the last decision back, as long as it was not sent."""
    last = review.decided[-1]
    waiting = tuple(one for one in review.waiting if one is not last.rest)
    back = replace(review, decided=review.decided[:-1])
    return _at_card(back, (last.card, *waiting), now)


def _at_card(review: Review, waiting: tuple[Card, ...], now: datetime) -> Review:
    """Before a card that nobody has looked at: blurred, whole, its time begins."""
    stage = Stage.CARD if waiting else Stage.END
    return replace(
        review, waiting=waiting, stage=stage, opened_at=now, shown=False, left_out=frozenset()
    )


def _id(review: Review, now: datetime) -> str:
    return f"{review.moderator}-{now:%Y%m%dT%H%M%S.%fZ}"


def _rule(card: Card) -> str:
    return f"{card.first.pack}/{card.first.rule}"
