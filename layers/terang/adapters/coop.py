"""Coop (github.com/roostorg/coop): bodies of its callbacks, and of its Report and Appeal API.

A provider sends here what Coop sends it, and what it sends Coop: a report (a notice), an action (a
decision), an appeal (a complaint), an appeal's answer (an outcome). Coop's callbacks have no time
and no id of their own. A decision's id is that of item and action, so that an appeal can name it: a
second removal of one item by one action is refused, as an id that was used.

Source: docs/api/actions.md, appeal.md and report.md of Coop; docs/connect.md has version and dates.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapters.connection import AdapterError, Connection, Message, message, name, read_as

RESULTS = {"ACCEPT": "reversed", "REJECT": "upheld"}


class _Named(msgspec.Struct, frozen=True):
    id: str
    name: str = ""


class _Item(msgspec.Struct, frozen=True, rename="camel"):
    """A post, an account or a person."""

    id: str
    type_id: str


class _Said(msgspec.Struct, frozen=True, rename="camel"):
    """Why somebody reported an item. Only the history of an action names who did."""

    reporter: _Item | None = None
    reason: str | None = None
    policy_id: str | None = None


class _Custom(msgspec.Struct, frozen=True, rename="camel"):
    report_history: tuple[_Said, ...] = ()


class _Reported(msgspec.Struct, frozen=True, rename="camel"):
    reporter: _Item
    reported_at: str
    item: _Item = msgspec.field(name="reportedItem")
    reported_for_reason: _Said = _Said()


class _Acted(msgspec.Struct, frozen=True, rename="camel"):
    item: _Item
    action: _Named
    policies: tuple[_Named, ...] = ()
    custom: _Custom = _Custom()
    actor_email: str | None = None
    creator: _Item | None = None
    decision_reason: str | None = None


class _Appealed(msgspec.Struct, frozen=True, rename="camel"):
    appeal_id: str
    appealed_at: str
    actions_taken: tuple[str, ...]
    item: _Item = msgspec.field(name="actionedItem")
    appeal_reason: str | None = None


class _Answered(msgspec.Struct, frozen=True, rename="camel"):
    appeal_id: str
    item: _Item
    appeal_decision: str


def messages(payload: Mapping[str, Any], connection: Connection) -> Iterator[Message]:
    """Yield the messages of one body, which is known by a field that only it has."""
    body = next((each for each in _BODIES if each in payload), "action")
    shape, read = _BODIES[body]
    fields = read_as(payload, shape)
    kind, table = fields.item.type_id, connection.table
    if kind in table.accounts or fields.item == getattr(fields, "creator", None):
        away = "about_account"
    elif kind not in table.public:
        away = "not_public"
    else:
        away = "" if getattr(fields, "actor_email", "a person") else "automated"
    if away:
        undated = {name: value for name, value in payload.items() if name != "received_at"}
        yield connection.turned_away(away, msgspec.json.encode(undated).decode())
    else:
        yield from read(fields, connection)


def _notice(item: _Item, reporter: _Item | None, why: _Said, to: Connection) -> str:
    """Return the id of a notice: a report, and its entry in the history of an action, share it."""
    who = to.pseudonym(reporter.id) if reporter else ""
    return name("coop-notice", item.type_id, item.id, who, why.reason or "")


def _decision(item: _Item, action: str) -> str:
    return name("coop-decision", item.type_id, item.id, action)


def _reported(body: _Reported, to: Connection) -> Iterator[Message]:
    meaning = to.meaning(body.reported_for_reason.policy_id or "")
    yield message(
        "notice",
        _notice(body.item, body.reporter, body.reported_for_reason, to),
        **to.about(body.item.id),
        **meaning.noticed(),
        received_at=body.reported_at,
    )


def _acted(body: _Acted, to: Connection) -> Iterator[Message]:
    """Yield a decision on each report, the first with the measures, or what takes one back.

    Without a report it is the provider's own initiative, and names post and category.
    """
    item, does = body.item, to.action(body.action.id)
    decision, moderator = _decision(item, body.action.id), to.pseudonym(body.actor_email or "")
    if does.restores:
        taken_back, why = _decision(item, does.restores), "own_initiative"
        said = {"decision": taken_back, "cause": why, "moderator": moderator}
        yield message("reinstatement", decision, **said, reinstated_at=to.now)
        return
    policy = body.policies[0] if body.policies else _Named("")
    meaning = to.meaning(policy.id, policy.name)
    says = meaning.grounds() | {
        "verdict": "confirmed",
        "reason": body.decision_reason or does.reason,
        "moderator": moderator,
        "decided_at": to.now,
    }
    history = body.custom.report_history
    first, *others = [{"notice": _notice(item, each.reporter, each, to)} for each in history] or [
        to.about(item.id) | meaning.subject()
    ]
    yield message("decision", decision, **says, **first, **does.done(to.now))
    for number, other in enumerate(others, 2):
        yield message("decision", f"{decision}-{number}", **says, **other)


def _appealed(body: _Appealed, to: Connection) -> Iterator[Message]:
    taken = [each for each in body.actions_taken if to.action(each).measures]
    if not taken:
        raise AdapterError("field_missing", "actionsTaken", "name an action that took a measure")
    yield message(
        "complaint",
        name("coop-appeal", body.appeal_id),
        decision=_decision(body.item, taken[0]),
        by="author",
        reason=body.appeal_reason,
        received_at=body.appealed_at,
    )


def _answered(body: _Answered, to: Connection) -> Iterator[Message]:
    answer = to.action(body.appeal_decision)
    yield message(
        "outcome",
        name("coop-answer", body.appeal_id),
        complaint=name("coop-appeal", body.appeal_id),
        outcome=RESULTS.get(body.appeal_decision),
        reason=answer.reason,
        moderator=answer.moderator,
        decided_at=to.now,
    )


_BODIES: dict[str, tuple[type[Any], Any]] = {
    "appealDecision": (_Answered, _answered),
    "actionedItem": (_Appealed, _appealed),
    "reportedItem": (_Reported, _reported),
    "action": (_Acted, _acted),
}
