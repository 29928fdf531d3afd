"""The audit of a month's random sample of posts that no rule hit, and how each key changes it.

Nothing here touches a terminal or a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from string import ascii_lowercase
from typing import Any

import msgspec

from ledger.cases.dsa_codes import CATEGORIES, NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER
from ledger.cases.messages import Audit
from ledger.errors import OperatorError
from terang.case_messages import decode_lines
from terang.review.steps import ESCAPE

CATEGORY_KEYS = dict(
    zip(
        ascii_lowercase,
        (code for code in CATEGORIES if code not in {NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER}),
        strict=False,
    )
)
"""A letter for each category of the DSA, not only for those that packs have."""


class AuditStage(Enum):
    """The next input of the audit: a verdict, a category, a last key; or nothing more."""

    POST = auto()
    CATEGORY = auto()
    END = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class AuditState:
    """The state of an audit; the first of the waiting posts is on the screen."""

    moderator: str
    month: str
    waiting: tuple[str, ...]
    opened_at: datetime
    messages: tuple[Audit, ...] = ()
    stage: AuditStage = AuditStage.POST

    @property
    def done(self) -> bool:
        """Whether the moderator ended it."""
        return self.stage is AuditStage.DONE


def begin_audit(moderator: str, month: str, posts: tuple[str, ...], now: datetime) -> AuditState:
    """Return an audit of these posts, in this order."""
    stage = AuditStage.POST if posts else AuditStage.DONE
    return AuditState(moderator, month, posts, now, stage=stage)


def press_audit_key(audit: AuditState, key: str, now: datetime) -> AuditState:
    """Return the state after a key. A key without a meaning changes nothing."""
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


def _judge(audit: AuditState, verdict: str, category: str | None, now: datetime) -> AuditState:
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


def _at_post(audit: AuditState, waiting: tuple[str, ...], now: datetime) -> AuditState:
    stage = AuditStage.POST if waiting else AuditStage.END
    return replace(audit, waiting=waiting, stage=stage, opened_at=now)


class _SamplePost(msgspec.Struct, frozen=True):
    """A line of the month's sample, as publish writes it."""

    post: str


def sample_key(provider: str, month: str) -> str:
    """Return the key of a month's sample in the out bucket."""
    return f"out/{provider}/audit/{month}.jsonl"


def read_sample(data: bytes | None, name: str) -> list[str]:
    """Return the posts of a sample, by rank. Raises OperatorError if it cannot be read."""
    if data is None:
        raise OperatorError(f"there is no sample at {name}: publish draws it with each day")
    return [line.post for line in decode_lines(data, _SamplePost, name)]


def unjudged(
    posts: Sequence[str], messages: Sequence[dict[str, Any]], month: str
) -> tuple[str, ...]:
    """Return the posts of the sample that these messages do not judge, by rank."""
    judged = [
        message.get("post")
        for message in messages
        if message.get("type") == "audit" and message.get("month") == month
    ]
    return tuple(post for post in posts if post not in judged)
