"""Report a changed check to its findings, and reopen those that were decided because of it.

The label of such a decision stays, because a person decided it. But the decision is superseded: it
no longer counts, its finding is open again, and the provider gets a correction.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from claims.admission import CheckChange, CheckedClaim
from ledger import cases
from ledger.findings import Finding, digest
from ledger.keys import correction_key
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import Clock, encode_json, utc
from ledger.units import rule_key

TRIES = 12
"""How often one finding is tried while other workers keep moving its case."""
SHOWN_CLAIMS = 3
"""The most claims of a page that the reason quotes."""


class Correction(msgspec.Struct, frozen=True):
    """The correction that a provider gets. It asks to change or remove the label for now.

    With `superseded`, the label comes from `decision`, which relied on the check.
    """

    finding: str
    check: str
    change: str
    before: tuple[CheckedClaim, ...]
    after: tuple[CheckedClaim, ...]
    superseded: bool
    at: str
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Reopening:
    """Reports changed checks to findings; a repeat reports nothing twice."""

    store: DynamoStore
    objects: S3Objects
    clock: Clock
    out_bucket: str

    def report(self, known: Iterable[tuple[str, CheckChange]]) -> Counter[str]:
        """Return how many findings were newly `reopened`, and how many only `noted`.

        Changes come with the time when they became known, the oldest first.
        """
        outcomes = Counter[str]()
        earlier: dict[str, list[CheckChange]] = {}
        for at, change in known:
            before = earlier.setdefault(change.url, [])
            for _, finding in self.store.findings_on(change.url):
                if outcome := self._report(finding, change, at, before):
                    outcomes[outcome] += 1
            before.append(change)
        return outcomes

    def _report(
        self, finding: str, change: CheckChange, known_at: str, earlier: Collection[CheckChange]
    ) -> str:
        message = _message_id(finding, change)
        earlier_messages = {_message_id(finding, other) for other in earlier}
        for _ in range(TRIES):
            if self.store.case_marker(message) is not None:
                self._put_correction(finding, message, change)
                return ""
            case = self.store.case(finding)
            if case is None or case.finding is None:
                return ""
            # A correction is of an earlier change by its message, or if it is older than this one.
            again = any(
                entry.message in earlier_messages or entry.journal_entry.at < known_at
                for entry in case.entries
                if entry.journal_entry.type == "correction"
                and entry.journal_entry.check == change.url
            )
            if not _rests_on(case.finding, change, again=again):
                return ""
            decision = self._decision_of(case)
            first = decision.first if decision else None
            group = self.store.case(first.group) if first and first.group else None
            at = utc(self.clock.now())
            entry, moves = _superseded(case, case.finding, decision, group, change, message, at)
            said = digest("said", msgspec.json.encode(change))
            marker = cases.CaseMarker(message, entry.provider, said, at[:10], entry.entry)
            if self.store.commit_case(marker, entry, moves):
                self._put_correction(finding, message, change)
                return "reopened" if decision else "noted"
        raise OSError(f"other workers moved the case of a finding {TRIES} times")

    def _decision_of(self, case: cases.Case) -> cases.Case | None:
        decided = [one.journal_entry.entry for one in case.entries if one.move == cases.Move.DECIDE]
        if case.state is not cases.CaseState.DECIDED or not decided:
            return None
        decision = self.store.case(decided[-1])
        in_force = {cases.CaseState.STANDING, cases.CaseState.NARROWED}
        return decision if decision is not None and decision.state in in_force else None

    def _put_correction(self, finding: str, message: str, change: CheckChange) -> None:
        """Write the provider's correction unless it is there."""
        case = self.store.case(finding)
        entries = case.entries if case else ()
        for entry in [entry.journal_entry for entry in entries if entry.message == message]:
            correction = Correction(
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
            self.objects.put_if(self.out_bucket, key, encode_json(correction), None)


def _message_id(finding: str, change: CheckChange) -> str:
    return digest("correction", finding, msgspec.json.encode(change))


def _rests_on(finding: Finding, change: CheckChange, *, again: bool) -> bool:
    """Return whether the finding proposed a claim and rating that the check no longer has.

    After an earlier report (`again`) the check already differs from the finding. Then any change to
    the same claim counts; if the check no longer has that claim, any change counts.
    """
    proposed = {
        CheckedClaim(check.claim, check.rating, check.date)
        for check in finding.checks
        if check.url == change.url
    }
    dropped = set(change.before) - set(change.after)
    if not again:
        return bool(proposed & dropped)
    claims = {said.claim for said in proposed}
    if any(said.claim in claims for said in change.before):
        return any(said.claim in claims for said in dropped)
    return bool(dropped)


def _superseded(
    case: cases.Case,
    finding: Finding,
    decision: cases.Case | None,
    group: cases.Case | None,
    change: CheckChange,
    message: str,
    at: str,
) -> tuple[cases.JournalEntry, tuple[cases.CaseMove, ...]]:
    """Return the entry, and the moves of the cases with the reason that moderators see.

    If the change supersedes a decision, the entry carries the number to subtract.
    """
    key = rule_key(finding.pack, finding.version, finding.rule, finding.mode)
    found = {f"{finding.found_at[:10]}/{key}": 1} if decision else {}
    entry = cases.JournalEntry(
        entry=cases.case_id("correction", finding.provider, message),
        type="correction",
        provider=finding.provider,
        at=at,
        cases=(finding.finding, *([decision.case] if decision else [])),
        decision=decision.case if decision else "",
        category=finding.category,
        why=str(change.change),
        check=change.url,
        found=found,
        about=decision.first if decision else None,
        group=group.case if group else "",
        counted=cases.counted_once(found, group, cases.Move.SUPERSEDE) if group else {},
    )
    now = [f"{said.rating} ({said.date or 'no date'})" for said in change.after[:SHOWN_CLAIMS]]
    says = f" It says now: {', '.join(now)}." if now else ""
    reason = f"The check {change.url} was {change.change}.{says}"
    moves = [
        (case, cases.CaseKind.FINDING_OR_NOTICE, cases.Move.REOPEN if decision else cases.Move.NOTE)
    ]
    if decision:
        moves.append((decision, cases.CaseKind.DECISION, cases.Move.SUPERSEDE))
    if group and entry.counted:
        moves.append((group, cases.CaseKind.GROUP, cases.Move.SUPERSEDE))
    made = []
    for moved, kind, move in moves:
        state = str(cases.TRANSITIONS[kind, moved.state][move])
        step = cases.CaseEntry(moved.next_number, move, state, entry, message, reason)
        reopens = moved.finding if move is cases.Move.REOPEN else None
        made.append(cases.CaseMove(moved.case, step, reopens=reopens))
    return entry, tuple(made)
