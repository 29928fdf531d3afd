"""Messages about cases, one of each type, as a provider's moderators would send them. Each maker
takes fields that are otherwise; `...` leaves one out."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

SENT = datetime(2026, 12, 3, tzinfo=UTC)
"""When these messages are sent, if a test does not say otherwise: after all that they tell."""

REMOVED = {"visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]}

type Maker = Callable[..., dict[str, Any]]


def _made(said: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (said | changes).items() if value is not ...}


def _maker(kind: str, /, **said: Any) -> Maker:
    return partial(_made, {"type": kind, **said})


def decision(*findings: str, **changes: Any) -> dict[str, Any]:
    """A decision that confirms these findings and removes the post."""
    said = {
        "type": "decision", "id": "d-1", "findings": list(findings), "verdict": "confirmed",
        "reason": "It asks readers for a one-time code.", "moderator": "m-1",
        "opened_at": "2026-11-25T12:29:00+00:00", "decided_at": "2026-11-25T12:30:00+00:00",
    }  # fmt: skip
    if changes.get("verdict", "confirmed") == "confirmed":
        said |= {"measures": REMOVED, "applied_at": "2026-11-25T12:31:00+00:00"}
    return _made(said, **changes)


complaint = _maker(
    "complaint", id="c-1", decision="d-1", by="author", received_at="2026-11-26T08:00:00+00:00"
)
"""The author's complaint about `d-1`."""

dispute = _maker(
    "dispute", id="x-1", decision="d-1", body="A certified body",
    received_at="2026-11-27T08:00:00+00:00",
)  # fmt: skip
"""A dispute about `d-1`."""

outcome = _maker(
    "outcome", id="o-1", complaint="c-1", outcome="reversed", moderator="m-2",
    reason="The post warns of such messages.", decided_at="2026-11-28T08:00:00+00:00",
)  # fmt: skip
"""The reversal of what `c-1` was about, by another moderator."""

second_review = _maker(
    "second_review", id="r-1", decision="d-1", verdict="dismissed", moderator="m-2",
    opened_at="2026-11-26T08:00:00+00:00", decided_at="2026-11-26T08:01:00+00:00",
)  # fmt: skip
"""Another moderator's verdict on `d-1`."""

notice = _maker(
    "notice", id="n-1", post="1", category="SCAMS_AND_FRAUD", keyword="PHISHING",
    trusted_flagger=False, received_at="2026-11-25T11:00:00+00:00",
)  # fmt: skip
"""A notice about post 1."""

order = _maker(
    "order", id="q-1", kind="act", authority="A court", country="DE", category="SCAMS_AND_FRAUD",
    items=1, received_at="2026-11-25T08:00:00+00:00", acknowledged_at="2026-11-25T08:30:00+00:00",
)  # fmt: skip
"""An order to act that was complied with."""

bundle = _maker("bundle", id="l-1", decision="d-1", made_by="m-9", at="2026-11-30T08:00:00+00:00")
"""The line of a lead's bundle of `d-1`."""

inform = partial(order, id="q-2", kind="inform", category=..., items=...)
"""An order to inform: its clock and its authority only."""

suspension = _maker(
    "suspension", id="s-1", why="illegal_content", from_at="2026-11-25T12:00:00+00:00",
    until="2026-12-25", moderator="m-1",
)  # fmt: skip
"""A suspension; nobody is named."""

reinstatement = _maker(
    "reinstatement", id="b-1", decision="d-1", cause="complaint",
    reinstated_at="2026-11-28T09:00:00+00:00", moderator="m-2",
)  # fmt: skip
"""The post of `d-1` came back after the complaint."""

audit = _maker(
    "audit", id="a-1", post="1", month="2026-11", verdict="not_violating", moderator="m-1",
    opened_at="2026-12-02T08:00:00+00:00", decided_at="2026-12-02T08:01:00+00:00",
)  # fmt: skip
"""A post of November's sample that breaks nothing."""

flood_answer = _maker(
    "flood_answer", id="f-1", day="2026-11-25", held_rule="codes/asks-for-code", verdict="opened",
    moderator="m-1", opened_at="2026-11-25T12:20:00+00:00", decided_at="2026-11-25T12:30:00+00:00",
)  # fmt: skip
"""A moderator looked at the held findings of a rule, and opens them."""

tried = _maker(
    "trial", id="t-1", finding="0" * 64, verdict="right", moderator="m-1",
    at="2026-11-25T12:30:00+00:00",
)  # fmt: skip
"""An answer about a drawn finding."""

adoption = _maker(
    "adoption", id="v-1", rule="prizes/names-prize", version=1, band="all", terms_read_by="m-2",
    moderator="m-2", at="2026-11-25T12:40:00+00:00",
)  # fmt: skip
"""A lead lets a rule propose that was tried."""

turned_away = _maker("turned_away", id="w-1", source="coop", code="about_account")
"""Something that another tool sent, and that is about no post."""

MAKERS: tuple[Maker, ...] = (
    *(complaint, dispute, outcome, second_review, notice, order, inform, suspension),
    *(reinstatement, audit, flood_answer, tried, adoption, bundle, turned_away),
)
"""All but the decision, which is of findings."""


def is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")


def on_day(day: str, message: dict[str, Any]) -> dict[str, Any]:
    """The message with all that it tells on one day, as a trial has it."""
    return {
        name: f"{day}{value[10:]}" if is_time(name) and isinstance(value, str) else value
        for name, value in message.items()
    }
