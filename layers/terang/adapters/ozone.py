"""Ozone (github.com/bluesky-social/ozone): the history of a post, as its server answers.

A payload is the answer of `tools.ozone.moderation.queryEvents` about a record, from its first event
on. Ids are made of events, which are read in their order: a longer history adds what is new. Events
do not say which report they answer; reports of `tools.ozone.report.queryReports` do. Where they are
in the payload, an action answers those that name it, otherwise all that were open.

Source: lexicons/tools/ozone and packages/ozone/src/mod-service/status.ts (what ends a review) of
github.com/bluesky-social/atproto; docs/connect.md has version and date.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from adapters.connection import AdapterTable, Connection, Meaning, Message, message, name, read_as

_DECIDE_NOTHING = {"Comment", "Divert", "Email", "Escalate", "Mute", "MuteReporter",
                   "PriorityScore", "Tag", "Unmute", "UnmuteReporter"}  # fmt: skip
_BY_ITSELF = ("[AUTO_RESOLVE_ON_ACCOUNT_ACTION]", "[SCHEDULED_REVERSAL]")
"""How Ozone begins the comment of what it does by itself, in the name of a person."""


class _Tool(msgspec.Struct, frozen=True):
    name: str = ""
    meta: Mapping[str, Any] = {}


class _Subject(msgspec.Struct, frozen=True):
    type: str = msgspec.field(name="$type")
    uri: Annotated[str, Meta(pattern=r"^at://[^/]+/[^/]+/[^/]+$")] = "at:////"


class _Said(msgspec.Struct, frozen=True, rename="camel"):
    type: str = msgspec.field(name="$type")
    comment: str = ""
    report_type: str = ""
    policies: tuple[str, ...] = ()
    create_label_vals: tuple[str, ...] = ()
    negate_label_vals: tuple[str, ...] = ()


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    id: int
    subject: _Subject
    created_by: str
    created_at: str
    said: _Said = msgspec.field(name="event")
    mod_tool: _Tool = _Tool()

    def name(self, kind: str, action: str = "") -> str:
        return name(f"ozone-{kind}", self.subject.uri, str(self.id), action)

    def turned_away(self, table: AdapterTable) -> str:
        """Return why the event is only counted, or an empty text."""
        if self.subject.type.endswith("#repoRef"):
            return "about_account"
        if self.subject.uri.split("/")[3] not in table.public:
            return "not_public"
        names = {self.created_by, self.mod_tool.name.partition("/")[0]}
        by_machine = self.mod_tool.meta.get("isAutomated") or names & {*table.machines}
        return "automated" if by_machine or self.said.comment.startswith(_BY_ITSELF) else ""


class _Report(msgspec.Struct, frozen=True, rename="camel"):
    event_id: int
    action_event_ids: tuple[int, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    events: tuple[_Event, ...]
    reports: tuple[_Report, ...] | None = None


def messages(payload: Mapping[str, Any], connection: Connection) -> Iterator[Message]:
    """Yield the messages of a history. Of several records, each has its own."""
    answer = read_as(payload, _Answer)
    named = None
    if answer.reports is not None:
        named = {report.event_id: report.action_event_ids for report in answer.reports}
    records: dict[str, _Record] = {}
    for event in sorted(answer.events, key=lambda event: event.id):
        kind = event.said.type.partition("#modEvent")[2]
        away = event.turned_away(connection.table)
        if not kind or kind in _DECIDE_NOTHING or (kind == "Report" and away == "automated"):
            continue
        if away:
            yield connection.turned_away(away, event.subject.uri, str(event.id))
        else:
            record = records.setdefault(event.subject.uri, _Record(connection, named))
            yield from record.read(kind, event)


@dataclass(slots=True)
class _Record:
    """What is open after some events: `notices` of reports, `appeals` with their decisions.

    `standing` has the decision of each action, its moderator and ground, until it is `taken_back`.
    """

    to: Connection
    named: Mapping[int, Container[int]] | None
    notices: dict[int, str] = field(default_factory=dict)
    standing: dict[str, tuple[str, str, Meaning]] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    appeals: dict[str, str] = field(default_factory=dict)

    def read(self, kind: str, event: _Event) -> Iterator[Message]:
        if kind in {"ResolveAppeal", "Takedown"}:  # a takedown ends appeals, too
            yield from self._resolved(event)
        if kind == "Report":
            yield from self._reported(event)
        elif kind == "ReverseTakedown":
            yield from self._restored(event, "takedown")
        elif kind == "Label":
            for label in event.said.negate_label_vals:
                yield from self._restored(event, f"label:{label}")
            for label in event.said.create_label_vals:
                yield from self._decided(event, f"label:{label}")
        elif kind != "ResolveAppeal":
            yield from self._decided(event, kind.lower())

    def _by(self, event: _Event, at: str) -> Message:
        return {"moderator": self.to.pseudonym(event.created_by), at: event.created_at}

    def _about(self, event: _Event) -> Message:
        _, _, did, _, rkey = event.subject.uri.split("/")
        return self.to.about(event.subject.uri, did=did, rkey=rkey)

    def _reported(self, event: _Event) -> Iterator[Message]:
        """Yield a notice, or the author's complaint about the last decision that stands."""
        why, received = event.said.report_type.rpartition("#")[2], event.created_at
        if why != "reasonAppeal":
            meaning, notice = self.to.meaning(why), event.name("notice")
            self.notices[event.id] = notice
            says = self._about(event) | meaning.noticed()
            yield message("notice", notice, **says, received_at=received)
        elif self.standing:
            appeal, (decision, _, _) = event.name("appeal"), [*self.standing.values()][-1]
            self.appeals[appeal] = decision
            yield message("complaint", appeal, decision=decision, by="author", received_at=received)

    def _decided(self, event: _Event, action: str) -> Iterator[Message]:
        """Yield a decision on each report, the first with the measures; without one, on the post.

        An acknowledgement dismisses reports, unless the post is down: then they were right.
        """
        does, decision, named = self.to.action(action), event.name("decision", action), self.named
        if not does.reason:
            return
        says = self._by(event, "decided_at") | {"reason": does.reason, "verdict": "dismissed"}
        answered = [n for n in self.notices if named is None or event.id in named.get(n, ())]
        subjects = [{"notice": self.notices.pop(number)} for number in answered]
        if action != "acknowledge":
            meaning = self.to.meaning(*event.said.policies[:1] or (action, ""))
            self.standing.pop(action, None)
            self.standing[action] = f"{decision}-1", says["moderator"], meaning
            says |= meaning.grounds() | {"verdict": "confirmed"}
            subjects = subjects or [self._about(event) | meaning.subject()]
        elif "takedown" in self.standing:
            says |= self.standing["takedown"][2].grounds() | {"verdict": "confirmed"}
        for number, subject in enumerate(subjects, 1):
            done = does.done(event.created_at) if number == 1 else {}
            yield message("decision", f"{decision}-{number}", **says, **subject, **done)

    def _restored(self, event: _Event, action: str) -> Iterator[Message]:
        """Yield that a measure was taken back: if another person did so, after a complaint."""
        if action in self.standing:
            decision, moderator, _ = self.standing.pop(action)
            self.taken_back.add(decision)
            by, back = self._by(event, "reinstated_at"), event.name("back", action)
            ended = [] if by["moderator"] == moderator else [*self._resolved(event, decision)]
            cause = "complaint" if ended else "own_initiative"
            yield from ended
            yield message("reinstatement", back, decision=decision, cause=cause, **by)

    def _resolved(self, event: _Event, on: str = "") -> Iterator[Message]:
        """Yield the outcome of each open complaint, or of those on one decision."""
        for appeal, decision in [*self.appeals.items()]:
            if on in {"", decision}:
                del self.appeals[appeal]
                outcome = "reversed" if decision in self.taken_back else "upheld"
                says = {"outcome": outcome, "reason": self.to.action(outcome).reason}
                says |= self._by(event, "decided_at")
                yield message("outcome", f"{appeal}-end", complaint=appeal, **says)
