"""What a moderator's keys do to an audit of posts that no rule met: pure, like a review's."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from string import ascii_lowercase

from ledger.cases.dsa_codes import CATEGORIES, NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER
from ledger.cases.messages import Audit
from terang.review.steps import ESCAPE

CATEGORY_KEYS = dict(
    zip(
        ascii_lowercase,
        (one for one in CATEGORIES if one not in {NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER}),
        strict=False,
    )
)
"""A letter for each category that a post can violate: any of them, not only those of packs."""


class AuditStage(Enum):
    """What is awaited: a verdict on the post, its category, a last key; or nothing more."""

    POST = auto()
    CATEGORY = auto()
    END = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Auditing:
    """An audit as it stands; the first of the waiting posts is on the screen."""

    moderator: str
    month: str
    waiting: tuple[str, ...]
    opened_at: datetime
    messages: tuple[Audit, ...] = ()
    stage: AuditStage = AuditStage.POST

    @property
    def done(self) -> bool:
        """Whether it was ended."""
        return self.stage is AuditStage.DONE


def begin(moderator: str, month: str, posts: tuple[str, ...], now: datetime) -> Auditing:
    """An audit of these posts, in this order."""
    stage = AuditStage.POST if posts else AuditStage.DONE
    return Auditing(moderator, month, posts, now, stage=stage)


def press(audit: Auditing, key: str, now: datetime) -> Auditing:
    """What a key does. A key that means nothing here does nothing."""
    if audit.stage is AuditStage.CATEGORY:
        if key == ESCAPE:
            return replace(audit, stage=AuditStage.POST)
        category = CATEGORY_KEYS.get(key)
        return _judge(audit, "violating", category, now) if category else audit
    if key == "u" and audit.messages:
        return _at_post(
            replace(audit, messages=audit.messages[:-1]),
            (audit.messages[-1].post, *audit.waiting),
            now,
        )
    if audit.stage is AuditStage.END:
        return replace(audit, stage=AuditStage.DONE) if key else audit
    match key:
        case "v":
            return replace(audit, stage=AuditStage.CATEGORY)
        case "n":
            return _judge(audit, "not_violating", None, now)
        case "g":
            return _judge(audit, "gone", None, now)
        case "l":
            return _at_post(audit, (*audit.waiting[1:], audit.waiting[0]), now)
        case "q":
            return replace(audit, stage=AuditStage.DONE)
    return audit


def _judge(audit: Auditing, verdict: str, category: str | None, now: datetime) -> Auditing:
    message = Audit(
        id=f"{audit.moderator}-{now:%Y%m%dT%H%M%S.%fZ}",
        post=audit.waiting[0],
        month=audit.month,
        verdict=verdict,  # type: ignore[arg-type]  # one of three words
        category=category,
        moderator=audit.moderator,
        opened_at=audit.opened_at,
        decided_at=now,
    )
    judged = replace(audit, messages=(*audit.messages, message))
    return _at_post(judged, audit.waiting[1:], now)


def _at_post(audit: Auditing, waiting: tuple[str, ...], now: datetime) -> Auditing:
    stage = AuditStage.POST if waiting else AuditStage.END
    return replace(audit, waiting=waiting, stage=stage, opened_at=now)
