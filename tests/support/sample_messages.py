"""Messages about cases, one of each type, as a provider's moderators would send them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

SENT = datetime(2026, 12, 3, tzinfo=UTC)
"""When these messages are sent, if a test does not say otherwise: after all that they tell."""

REMOVED = {"visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]}


def decision(*findings: str, **changes: Any) -> dict[str, Any]:
    """A decision that confirms these findings and removes the post; `...` leaves a field out."""
    confirmed = changes.get("verdict", "confirmed") == "confirmed"
    measure = {"measures": REMOVED, "applied_at": "2026-11-25T12:31:00+00:00"}
    return _with(
        {
            "type": "decision",
            "id": "d-1",
            "findings": list(findings),
            "verdict": "confirmed",
            "reason": "It asks readers for a one-time code.",
            "moderator": "m-1",
            "opened_at": "2026-11-25T12:29:00+00:00",
            "decided_at": "2026-11-25T12:30:00+00:00",
            **(measure if confirmed else {}),
        },
        changes,
    )


def complaint(**changes: Any) -> dict[str, Any]:
    """The author's complaint about `d-1`."""
    return _with(
        {
            "type": "complaint",
            "id": "c-1",
            "decision": "d-1",
            "by": "author",
            "received_at": "2026-11-26T08:00:00+00:00",
        },
        changes,
    )


def dispute(**changes: Any) -> dict[str, Any]:
    """A dispute about `d-1`."""
    return _with(
        {
            "type": "dispute",
            "id": "x-1",
            "decision": "d-1",
            "body": "A certified body",
            "received_at": "2026-11-27T08:00:00+00:00",
        },
        changes,
    )


def outcome(**changes: Any) -> dict[str, Any]:
    """The reversal of what `c-1` was about, by another moderator."""
    return _with(
        {
            "type": "outcome",
            "id": "o-1",
            "complaint": "c-1",
            "outcome": "reversed",
            "reason": "The post warns of such messages.",
            "moderator": "m-2",
            "decided_at": "2026-11-28T08:00:00+00:00",
        },
        changes,
    )


def second_review(**changes: Any) -> dict[str, Any]:
    """Another moderator's verdict on `d-1`."""
    return _with(
        {
            "type": "second_review",
            "id": "r-1",
            "decision": "d-1",
            "verdict": "dismissed",
            "moderator": "m-2",
            "opened_at": "2026-11-26T08:00:00+00:00",
            "decided_at": "2026-11-26T08:01:00+00:00",
        },
        changes,
    )


def notice(**changes: Any) -> dict[str, Any]:
    """A notice about post 1."""
    return _with(
        {
            "type": "notice",
            "id": "n-1",
            "post": "1",
            "category": "SCAMS_AND_FRAUD",
            "keyword": "PHISHING",
            "trusted_flagger": False,
            "received_at": "2026-11-25T11:00:00+00:00",
        },
        changes,
    )


def order(**changes: Any) -> dict[str, Any]:
    """An order to act that was complied with."""
    return _with(
        {
            "type": "order",
            "id": "q-1",
            "kind": "act",
            "authority": "A court",
            "country": "DE",
            "category": "SCAMS_AND_FRAUD",
            "items": 1,
            "received_at": "2026-11-25T08:00:00+00:00",
            "acknowledged_at": "2026-11-25T08:30:00+00:00",
        },
        changes,
    )


def inform(**changes: Any) -> dict[str, Any]:
    """An order to inform: its clock and its authority only."""
    return order(**({"id": "q-2", "kind": "inform", "category": ..., "items": ...} | changes))


def suspension(**changes: Any) -> dict[str, Any]:
    """A suspension; nobody is named."""
    return _with(
        {
            "type": "suspension",
            "id": "s-1",
            "why": "illegal_content",
            "from_at": "2026-11-25T12:00:00+00:00",
            "until": "2026-12-25",
            "moderator": "m-1",
        },
        changes,
    )


def reinstatement(**changes: Any) -> dict[str, Any]:
    """The post of `d-1` came back after the complaint."""
    return _with(
        {
            "type": "reinstatement",
            "id": "b-1",
            "decision": "d-1",
            "cause": "complaint",
            "reinstated_at": "2026-11-28T09:00:00+00:00",
            "moderator": "m-2",
        },
        changes,
    )


def audit(**changes: Any) -> dict[str, Any]:
    """A post of November's sample that breaks nothing."""
    return _with(
        {
            "type": "audit",
            "id": "a-1",
            "post": "1",
            "month": "2026-11",
            "verdict": "not_violating",
            "moderator": "m-1",
            "opened_at": "2026-12-02T08:00:00+00:00",
            "decided_at": "2026-12-02T08:01:00+00:00",
        },
        changes,
    )


def flood_answer(**changes: Any) -> dict[str, Any]:
    """A moderator looked at the held findings of a rule, and opens them."""
    return _with(
        {
            "type": "flood_answer",
            "id": "f-1",
            "day": "2026-11-25",
            "held_rule": "codes/asks-for-code",
            "verdict": "opened",
            "moderator": "m-1",
            "opened_at": "2026-11-25T12:20:00+00:00",
            "decided_at": "2026-11-25T12:30:00+00:00",
        },
        changes,
    )


def on_day(day: str, message: dict[str, Any]) -> dict[str, Any]:
    """The message with all that it tells on one day, as a trial has it."""
    return {
        name: f"{day}{value[10:]}" if name.endswith("_at") and isinstance(value, str) else value
        for name, value in message.items()
    }


def _with(message: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (message | changes).items() if value is not ...}


MAKERS: tuple[Callable[..., dict[str, Any]], ...] = (
    *(complaint, dispute, outcome, second_review, notice, order, inform, suspension),
    *(reinstatement, audit, flood_answer),
)
"""All but the decision, which is of findings."""
