"""What follows from a commit outside the table; every delivery, a repeated one too, makes sure."""

from dataclasses import dataclass
from datetime import date

from decide.decided_packs import DecidedPacks
from decide.effects.author_notice import LANGUAGES, AuthorNotices, Found
from decide.effects.forgotten_excerpts import ForgottenExcerpts
from decide.effects.write_statement import decided, faults_of
from decide.erased_authors import is_stub
from dsa.statement.statement import build_statement
from ledger.cases.case import Case, JournalEntry, case_id
from ledger.cases.messages import CaseMessage, Decision, Escalation, Outcome, Reinstatement
from ledger.cases.transitions import CaseState
from ledger.keys import HOLDS_EXCERPTS, author_notice_key, proposal_key, statement_key
from ledger.ports import CaseStore, Objects
from ledger.records.finding import Finding
from ledger.records.json_text import encode_json


@dataclass(frozen=True, slots=True)
class Effects:
    """Hands out notices to authors, statements, and examples that overturned decisions propose."""

    store: CaseStore
    objects: Objects
    packs: DecidedPacks
    notices: AuthorNotices
    forgotten: ForgottenExcerpts
    out_bucket: str

    def make_sure(self, message: CaseMessage, provider: str) -> tuple[str, ...]:
        """Write what a committed message asks for; what stands there stays.

        The faults of the statement that it asks for: it is written all the same, since the decision
        stands, and somebody has to mend the one or the other.
        """
        match message:
            case Decision() if message.measures is not None:
                return self._tell(case_id("decision", provider, message.id))
            case Decision(escalation=Escalation.CHILD_ABUSE):
                for one in self._decided_on(case_id("decision", provider, message.id)):
                    if one.finding:
                        self.forgotten.forget(one.finding)
            case Outcome(complaint=str(complaint)):
                self._propose_after(case_id("complaint", provider, complaint))
            case Outcome(dispute=str(dispute)):
                self._propose_after(case_id("dispute", provider, dispute))
            case Reinstatement():
                self._propose(case_id("decision", provider, message.decision))
            case _:
                pass
        return ()

    def _tell(self, decision: str) -> tuple[str, ...]:
        """Tell the author what was done and why, and state it for the transparency database."""
        case, cases = self._there(decision), self._decided_on(decision)
        entry = case.entries[0].entry
        found = [Found(one.finding, self.packs.of(one.finding)) for one in cases if one.finding]
        notices = [one.entries[0] for one in cases if one.finding is None]
        erased = any(map(is_stub, cases))
        for language in LANGUAGES if not erased else ():  # there is nobody to tell
            text = self.notices.text(language, case.entries[0], found, notices)
            key = author_notice_key(entry.provider, decision, language)
            self.objects.put_if(self.out_bucket, key, text.encode(), None)
        statement = build_statement(decided(case.entries[0], found, self.notices.public_url))
        key = statement_key(entry.provider, entry.at[:10], decision)
        self.objects.put_if(self.out_bucket, key, encode_json(statement), None)
        return faults_of(statement, date.fromisoformat(entry.at[:10]))

    def _decided_on(self, decision: str) -> list[Case]:
        """The cases of a decision's findings, and of its notice."""
        names = self._there(decision).entries[0].entry.cases
        return [one for name in names if name != decision and (one := self.store.case(name))]

    def _propose_after(self, contest: str) -> None:
        asked = self._there(contest).entries[0].entry
        self._propose(asked.decision)

    def _propose(self, decision: str) -> None:
        """Propose each excerpt that is left as an example: what was wrong must not come again."""
        case = self._there(decision)
        if case.state is not CaseState.OVERTURNED:
            return
        decided = case.entries[0].entry
        overturned = next(one.entry for one in case.entries if one.entry.overturns)
        for one in self._decided_on(decision):
            if one.finding is not None and one.excerpt is not None:
                self._put_proposal(one.finding, one.excerpt, decided, overturned)

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

    def _there(self, name: str) -> Case:
        case = self.store.case(name)
        if case is None or not case.entries:
            raise LookupError(f"the case {name} has a message and no entry")
        return case
