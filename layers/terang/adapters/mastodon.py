"""Mastodon (github.com/mastodon/mastodon): reports, and strikes as its database has them.

A webhook says that a report was resolved, and not what was done: that is a strike, a row that
events/connect/mastodon-strikes.sql prints. A report is a notice of each post, a strike a decision
on each, an appeal a complaint about each decision. Ids are made of Mastodon's, so that a webhook
and a strike give the same notice, and nothing is counted twice.

Source: webhooks and Admin::Report of Mastodon; docs/connect.md has version and dates.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapters.connection import AdapterError, Connection, Meaning, Message, message, name, read_as

OF_ACCOUNTS = ("disable", "sensitive", "silence", "suspend")
"""Actions on an account as such, also if the strike names posts."""


class _Id(msgspec.Struct, frozen=True):
    id: str


class _Status(_Id, frozen=True):
    """A post. One that is gone from the database has no visibility."""

    visibility: str | None
    reported: bool = True


class _Report(_Id, frozen=True):
    category: str
    created_at: str
    rules: tuple[_Id, ...] = ()
    statuses: tuple[_Status, ...] = ()


class _Appeal(msgspec.Struct, frozen=True):
    text: str
    created_at: str
    answer: str | None
    answered_at: str | None
    moderator: str | None


class _Strike(msgspec.Struct, frozen=True):
    """A strike, or with the action `resolved` a report about which nobody did anything."""

    strike: str
    action: str
    text: str
    moderator: str
    automated: bool
    created_at: str
    statuses: tuple[_Status, ...]
    report: _Report | None
    appeal: _Appeal | None


def messages(payload: Mapping[str, Any], connection: Connection) -> Iterator[Message]:
    """Yield the messages of a webhook, of an Admin::Report, or of a strike."""
    if "strike" in payload:
        yield from _struck(read_as(payload, _Strike), connection)
        return
    if payload.get("event", "report.created") not in ("report.created", "report.updated"):
        raise AdapterError("unmapped", "event", "send report.created and report.updated alone")
    report = read_as(payload.get("object", payload), _Report)
    if not report.statuses:
        yield connection.turned_away("about_account", "report", report.id)
    yield from (_noticed(report, status, connection) for status in report.statuses)


def _meaning(report: _Report | None, to: Connection) -> Meaning:
    """Return what a report is about: a rule, else the category. `""` stands for no report."""
    rules = sorted(f"rule:{rule.id}" for rule in report.rules) if report else ()
    return to.meaning(*rules, report.category if report else "")


def _noticed(report: _Report, status: _Status, to: Connection) -> Message:
    if status.visibility != "public":
        return to.turned_away("not_public", "post", status.id)
    meaning, notice = _meaning(report, to), name("mastodon-notice", report.id, status.id)
    says = to.about(status.id) | meaning.noticed()
    return message("notice", notice, **says, received_at=report.created_at)


def _struck(strike: _Strike, to: Connection) -> Iterator[Message]:
    """Yield for each post its notice, if it was reported, the decision, and what an appeal says.

    Only its notice can say that a gone post was public: the decision names that, and no words.
    """
    if strike.automated or strike.action in OF_ACCOUNTS or not strike.statuses:
        code = "automated" if strike.automated else "about_account"
        yield to.turned_away(code, "strike", strike.strike)
        return
    report, does, meaning = strike.report, to.action(strike.action), _meaning(strike.report, to)
    says = meaning.grounds() | does.done(strike.created_at)
    says |= {"moderator": to.pseudonym(strike.moderator), "decided_at": strike.created_at}
    says |= {"verdict": "dismissed" if strike.action == "resolved" else "confirmed"}
    for status in strike.statuses:
        is_public, about = status.visibility == "public", to.about(status.id) | meaning.subject()
        if report and status.reported and (is_public or status.visibility is None):
            about = {"notice": name("mastodon-notice", report.id, status.id)}
            if is_public:
                yield _noticed(report, status, to)
        elif not is_public:
            yield to.turned_away("not_public", "post", status.id)
            continue
        reason = (strike.text if is_public else "") or does.reason
        decision = name("mastodon-decision", strike.strike, status.id)
        yield message("decision", decision, **says, **about, reason=reason)
        if strike.appeal:
            yield from _appealed(strike, strike.appeal, decision, to)


def _appealed(strike: _Strike, appeal: _Appeal, decision: str, to: Connection) -> Iterator[Message]:
    complaint = name("mastodon-appeal", decision)
    said = {"by": "author", "reason": appeal.text, "received_at": appeal.created_at}
    yield message("complaint", complaint, decision=decision, **said)
    if appeal.answer is None:
        return
    moderator = to.pseudonym(appeal.moderator) if appeal.moderator else ""
    says = {"complaint": complaint, "moderator": moderator, "decided_at": appeal.answered_at}
    says |= {"outcome": "reversed" if appeal.answer == "approved" else "upheld"}
    yield message("outcome", f"{complaint}-answer", **says, reason=to.action(appeal.answer).reason)
    # Mastodon takes nothing else back that was done to a post.
    is_undone = (strike.action, appeal.answer) == ("mark_statuses_as_sensitive", "approved")
    if is_undone and to.action(strike.action).measures:
        back = {"decision": decision, "moderator": moderator, "reinstated_at": appeal.answered_at}
        yield message("reinstatement", f"{complaint}-back", **back, cause="complaint")
