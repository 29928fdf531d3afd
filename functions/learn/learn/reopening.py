"""A check that changed re-opens the findings that were decided by what it said.

The label that a decision put stays what it was: a person decided it. But it is superseded: the
finding is open again, its verdict counts no longer, and its provider is told.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from claims.feeds.spool import CheckChange, Said
from ledger.cases.case import Case, CaseEntry, CaseMarker, CaseMove, JournalEntry, case_id
from ledger.cases.transitions import TRANSITIONS, CaseKind, CaseState, Move
from ledger.clock import Clock, utc
from ledger.keys import correction_key
from ledger.ports import CaseStore, FindingStore, Objects
from ledger.records.finding import Finding
from ledger.records.identity import digest
from ledger.records.json_text import encode_json
from ledger.records.receipt import rule_key

TRIES = 12
"""How often a finding is looked at anew when others moved its case in between."""

SAID = 3
"""Claims of a page that a moderator is told of."""


class Correction(msgspec.Struct, frozen=True):
    """What a provider is told: take the label off, or change it, until somebody decides anew.

    `superseded` says that a decision stood on the check; it names the decision then.
    """

    finding: str
    check: str
    change: str
    before: tuple[Said, ...]
    after: tuple[Said, ...]
    superseded: bool
    at: str
    decision: str = ""


class ReopeningStore(CaseStore, FindingStore, Protocol):
    """The parts of the table that reopening findings uses."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """Tells findings over the ports that their check changed; a repeat tells nothing twice."""

    store: ReopeningStore
    objects: Objects
    clock: Clock
    out_bucket: str

    def tell(self, learnt: Iterable[tuple[str, CheckChange]]) -> Counter[str]:
        """How many findings were newly `reopened`, and how many only `noted`.

        Changes come with the time at which they were learnt, the oldest first.
        """
        told = Counter[str]()
        earlier: dict[str, list[CheckChange]] = {}
        for at, change in learnt:
            before = earlier.setdefault(change.url, [])
            for _, finding in self.store.check_uses(change.url):
                if outcome := self._tell(finding, change, at, before):
                    told[outcome] += 1
            before.append(change)
        return told

    def _tell(
        self, finding: str, change: CheckChange, learnt_at: str, earlier: Collection[CheckChange]
    ) -> str:
        name, names = _name(finding, change), {_name(finding, one) for one in earlier}
        for _ in range(TRIES):
            if self.store.case_marker(name) is not None:
                self._hand_out(finding, name, change)
                return ""
            case = self.store.case(finding)
            if case is None or case.finding is None:
                return ""
            again = _was_told(case, change.url, learnt_at, names)
            if not _rests_on(case.finding, change, again=again):
                return ""
            decision = self._decision_of(case)
            entry = _entry(case.finding, decision, change, name, utc(self.clock.now()))
            marker = CaseMarker(
                message=name,
                provider=entry.provider,
                digest=digest("said", msgspec.json.encode(change)),
                day=entry.at[:10],
                entry=entry.entry,
            )
            if self.store.commit_case(marker, entry, _moves(case, decision, entry, name, change)):
                self._hand_out(finding, name, change)
                return "reopened" if decision else "noted"
        raise OSError("others kept the case of a finding busy")

    def _decision_of(self, case: Case) -> Case | None:
        """The decision that stands on a finding, if there is one."""
        decided = [one.entry.entry for one in case.entries if one.move == Move.DECIDE]
        if case.state is not CaseState.DECIDED or not decided:
            return None
        decision = self.store.case(decided[-1])
        stands = decision is not None and decision.state in {CaseState.STANDING, CaseState.NARROWED}
        return decision if stands else None

    def _hand_out(self, finding: str, name: str, change: CheckChange) -> None:
        """Make sure that the provider is told; what stands there stays."""
        case = self.store.case(finding)
        made = [one.entry for one in case.entries if one.message == name] if case else []
        for entry in made:
            told = Correction(
                finding=finding,
                check=change.url,
                change=str(change.change),
                before=change.before,
                after=change.after,
                superseded=bool(entry.decision),
                at=entry.at,
                decision=entry.decision,
            )
            key = correction_key(entry.provider, entry.at[:10], entry.entry)
            self.objects.put_if(self.out_bucket, key, encode_json(told), None)


def _name(finding: str, change: CheckChange) -> str:
    return digest("correction", finding, msgspec.json.encode(change))


def _was_told(case: Case, check: str, learnt_at: str, names: Collection[str]) -> bool:
    """Whether a finding knows of an earlier change of a check: by its name, or told before."""
    return any(
        one.message in names or one.entry.at < learnt_at
        for one in case.entries
        if one.entry.type == "correction" and one.entry.check == check
    )


def _rests_on(finding: Finding, change: CheckChange, *, again: bool) -> bool:
    """Whether the finding proposed what the check said before, and says no longer.

    Where it was told of an earlier change (`again`), the check said something else since: whatever
    it says of the same claim counts, and of any claim when it has other words by now.
    """
    said = {
        Said(one.claim, one.rating, one.date) for one in finding.checks if one.url == change.url
    }
    gone = set(change.before) - set(change.after)
    if not again:
        return bool(said & gone)
    claims = {one.claim for one in said}
    known = any(one.claim in claims for one in change.before)
    return any(one.claim in claims for one in gone) if known else bool(gone)


def _now(change: CheckChange) -> str:
    """What it says since, for a moderator who still sees the words of the finding."""
    said = [f"{one.rating} ({one.date or 'no date'})" for one in change.after[:SAID]]
    return f" It says now: {', '.join(said)}." if said else ""


def _entry(
    finding: Finding, decision: Case | None, change: CheckChange, name: str, at: str
) -> JournalEntry:
    """The entry; only where a decision falls with the check it has what is counted no longer."""
    key = rule_key(finding.pack, finding.version, finding.rule, finding.mode)
    first = decision.first if decision else None
    return JournalEntry(
        entry=case_id("correction", finding.provider, name),
        type="correction",
        provider=finding.provider,
        at=at,
        cases=(finding.finding, *([decision.case] if decision else [])),
        decision=decision.case if decision else "",
        category=finding.category,
        why=str(change.change),
        check=change.url,
        found={f"{finding.found_at[:10]}/{key}": 1} if decision else {},
        about=first,
    )


def _moves(
    case: Case, decision: Case | None, entry: JournalEntry, name: str, change: CheckChange
) -> tuple[CaseMove, ...]:
    reason = f"The check {entry.check} was {entry.why}." + _now(change)
    moved = [(case, CaseKind.MATTER, Move.REOPEN if decision else Move.NOTE)]
    if decision:
        moved.append((decision, CaseKind.DECISION, Move.SUPERSEDE))
    return tuple(
        CaseMove(
            one.case,
            CaseEntry(
                number=one.next_number,
                move=move,
                state=str(TRANSITIONS[kind, one.state][move]),
                entry=entry,
                message=name,
                reason=reason,
            ),
            reopens=one.finding if move is Move.REOPEN else None,
        )
        for one, kind, move in moved
    )
