"""Write the files that a committed message causes: its entry, notices, statements, examples.

Every delivery writes them, a repeated one too, so that a worker that dies in between loses nothing.
A file that is already there stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from dsa.statement import NOTICE_LANGUAGES, DecidedFinding, author_notice, build_statement
from dsa.statement_checks import meaning_problems, schema_problems
from judging.case_facts import DecidedPacks
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.case_messages import CaseMessage, Decision, Escalation, Outcome, Reinstatement
from ledger.case_reading import announced_entry
from ledger.cases import Case, CaseState, JournalEntry, case_id
from ledger.findings import Finding
from ledger.keys import (
    HOLDS_EXCERPTS,
    author_notice_key,
    doubtful_copies_key,
    entry_key,
    findings_key,
    proposal_key,
    rule_page,
    statement_key,
)
from ledger.texts import encode_json, encode_json_lines

TRIES = 5
"""How often a file of findings is rewritten while other workers keep changing it."""


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """Writes entries, notices to authors, statements, and what overturned decisions cause.

    `public_url` is the address of the packs' pages, or empty.
    """

    store: DynamoStore
    objects: S3Objects
    packs: DecidedPacks
    public_url: str
    out_bucket: str

    def write(self, message: CaseMessage, entry: JournalEntry) -> tuple[str, ...]:
        """Write the files of a committed message. Return the problems of its statement, if any.

        A statement with problems is written all the same: the decision is valid, and a person has
        to correct the statement or the decision. The entry comes last: it is announced, and then
        the other files are there.
        """
        problems = self._write_others(message, entry)
        key = entry_key(entry.provider, entry.at[:10], entry.entry)
        self.objects.put_if(self.out_bucket, key, encode_json(announced_entry(entry)), None)
        return problems

    def _write_others(self, message: CaseMessage, entry: JournalEntry) -> tuple[str, ...]:
        provider = entry.provider
        match message:
            case Decision() if message.measures is not None:
                return self._write_notice_and_statement(entry.entry)
            case Decision(escalation=Escalation.CHILD_ABUSE):
                for case in self._decided_on(entry.entry):
                    if case.finding:
                        self._remove_excerpt(case.finding)
            case Outcome(complaint=str(complaint)):
                self._propose_after(case_id("complaint", provider, complaint))
            case Outcome(dispute=str(dispute)):
                self._propose_after(case_id("dispute", provider, dispute))
            case Reinstatement():
                self._propose(case_id("decision", provider, message.decision))
            case _:
                pass
        return ()

    def _write_notice_and_statement(self, decision: str) -> tuple[str, ...]:
        """Write the notice to the author, and the statement for the transparency database."""
        first_entry = self._existing(decision).entries[0]
        decided_cases = self._decided_on(decision)
        entry = first_entry.journal_entry
        findings = [
            DecidedFinding(finding, self.packs.of(finding), rule_page(finding, self.public_url))
            for finding in (case.finding for case in decided_cases)
            if finding is not None
        ]
        notices = [case.entries[0] for case in decided_cases if case.finding is None]
        is_erased = any(case.is_erased for case in decided_cases)
        for language in () if is_erased else NOTICE_LANGUAGES:
            text = author_notice(language, first_entry, findings, notices)
            key = author_notice_key(entry.provider, decision, language)
            self.objects.put_if(self.out_bucket, key, text.encode(), None)
        statement = build_statement(first_entry, findings[0] if findings else None)
        key = statement_key(entry.provider, entry.at[:10], decision)
        self.objects.put_if(self.out_bucket, key, encode_json(statement), None)
        return _statement_problems(statement, date.fromisoformat(entry.at[:10]))

    def _propose_after(self, contest: str) -> None:
        self._propose(self._existing(contest).entries[0].journal_entry.decision)

    def _propose(self, decision: str) -> None:
        """Propose each excerpt of an overturned decision as an example for its rule."""
        case = self._existing(decision)
        if case.state is not CaseState.OVERTURNED:
            return
        decided = case.entries[0].journal_entry
        overturned = next(
            entry.journal_entry for entry in case.entries if entry.journal_entry.overturns
        )
        self._list_copies(decided)
        for decided_case in self._decided_on(decision):
            if decided_case.finding is not None and decided_case.excerpt is not None:
                self._put_proposal(decided_case.finding, decided_case.excerpt, decided, overturned)

    def _list_copies(self, overturned: JournalEntry) -> None:
        """List the findings that copy the post of a decision, for people to look at again.

        Nothing about them is reversed: those that somebody decided stay decided.
        """
        provider, decision = overturned.provider, overturned.entry
        rows = [
            {
                "finding": finding.finding,
                "rule": f"{finding.pack}/{finding.version}/{finding.rule}",
                "state": case.state,
                "copy_of": decision,
            }
            for _, name in self.store.findings_on(decision)
            if (case := self.store.case(name)) and (finding := case.finding)
        ]
        if rows:
            key = doubtful_copies_key(provider, decision)
            self.objects.put(self.out_bucket, key, encode_json_lines(rows))

    def _put_proposal(
        self, finding: Finding, excerpt: str, decided: JournalEntry, overturned: JournalEntry
    ) -> None:
        proposal = {
            "pack": finding.pack,
            "version": finding.version,
            "rule": finding.rule,
            "example": "ignore" if decided.verdict == "confirmed" else "match",
            "text": excerpt,
            "finding": finding.finding,
            "decision": decided.entry,
            "overturned_by": overturned.type,
            "overturned_at": overturned.at,
        }
        rule = f"{finding.pack}/{finding.version}/{finding.rule}"
        key = proposal_key(finding.provider, rule, finding.finding)
        self.objects.put_if(self.out_bucket, key, encode_json(proposal), None, tags=HOLDS_EXCERPTS)

    def _remove_excerpt(self, finding: Finding) -> None:
        """Remove an excerpt from the file of findings that the provider reads.

        Limits: the previous version can be read by its id until the bucket's lifecycle deletes it,
        a day later.
        """
        marker = self.store.marker(finding.unit)
        if marker is None:
            return
        key = findings_key(marker)
        for _ in range(TRIES):
            stored = self.objects.get_with_etag(self.out_bucket, key)
            if stored is None:  # the file has expired
                return
            data, etag = stored
            kept = _without_excerpt(data, finding.finding)
            if kept == data or self.objects.put_if(
                self.out_bucket, key, kept, etag, tags=HOLDS_EXCERPTS
            ):
                return
        raise OSError(f"other workers changed the file of findings {TRIES} times")

    def _decided_on(self, decision: str) -> list[Case]:
        """Return the cases of a decision's findings, and of its notice."""
        names = self._existing(decision).entries[0].journal_entry.cases
        return [case for name in names if name != decision and (case := self.store.case(name))]

    def _existing(self, name: str) -> Case:
        case = self.store.case(name)
        if case is None or not case.entries:
            raise LookupError(f"the case {name} has no entry, but a committed message")
        return case


def _statement_problems(statement: Mapping[str, Any], today: date) -> tuple[str, ...]:
    """Return what `terang statements lint` would report, as `puid field code`.

    The statement's category is that of its pack, so no packs are needed to check it.
    """
    problems = (*schema_problems(statement), *meaning_problems(statement, {}, today))
    return tuple(f"{statement['puid']} {problem.field} {problem.code}" for problem in problems)


def _without_excerpt(data: bytes, finding: str) -> bytes:
    rows = [msgspec.json.decode(line, type=dict[str, Any]) for line in data.splitlines()]
    for row in rows:
        if row["finding"] == finding:
            row.pop("excerpt", None)
    return encode_json_lines(rows)
