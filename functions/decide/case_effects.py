"""What follows from a commit outside the table; every delivery, a repeated one too, makes sure."""

from dataclasses import dataclass

from author_notice import LANGUAGES, AuthorNotices, Found
from decided_packs import DecidedPacks
from ledger.case import Case, State
from ledger.case_entry import JournalEntry, case_id
from ledger.case_messages import CaseMessage, Decision, Outcome, Reinstatement
from ledger.keys import HOLDS_EXCERPTS, author_notice_key, proposal_key
from ledger.ports import Objects, Store
from ledger.pretty import pretty


@dataclass(frozen=True, slots=True)
class Effects:
    """Hands out notices to authors, and examples that overturned decisions propose."""

    store: Store
    objects: Objects
    packs: DecidedPacks
    notices: AuthorNotices
    out_bucket: str

    def make_sure(self, message: CaseMessage, provider: str) -> None:
        """Write what a committed message asks for; what stands there stays."""
        match message:
            case Decision() if message.measures is not None:
                self._tell_author(case_id("decision", provider, message.id))
            case Outcome(complaint=str(complaint)):
                self._propose_after(case_id("complaint", provider, complaint))
            case Outcome(dispute=str(dispute)):
                self._propose_after(case_id("dispute", provider, dispute))
            case Reinstatement():
                self._propose(case_id("decision", provider, message.decision))
            case _:
                pass

    def _tell_author(self, decision: str) -> None:
        case = self._there(decision)
        others = [name for name in case.entries[0].entry.cases if name != decision]
        cases = [one for name in others if (one := self.store.case(name))]
        found = [Found(one.finding, self.packs.of(one.finding)) for one in cases if one.finding]
        notices = [one.entries[0] for one in cases if one.finding is None]
        for language in LANGUAGES:
            text = self.notices.text(language, case.entries[0], found, notices)
            key = author_notice_key(case.entries[0].entry.provider, decision, language)
            self.objects.put_if(self.out_bucket, key, text.encode(), None)

    def _propose_after(self, contest: str) -> None:
        asked = self._there(contest).entries[0].entry
        self._propose(asked.decision)

    def _propose(self, decision: str) -> None:
        """Propose each excerpt that is left as an example: what was wrong must not come again."""
        case = self._there(decision)
        if case.state is not State.OVERTURNED:
            return
        decided = case.entries[0].entry
        overturned = next(one.entry for one in case.entries if one.entry.overturns)
        for name in decided.cases:
            found = self.store.case(name)
            if found is not None and found.finding is not None and found.excerpt is not None:
                self._put_proposal(found, found.excerpt, decided, overturned)

    def _put_proposal(
        self, found: Case, excerpt: str, decided: JournalEntry, overturned: JournalEntry
    ) -> None:
        finding = found.finding
        assert finding is not None  # noqa: S101 - the caller looked
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
        self.objects.put_if(self.out_bucket, key, pretty(proposal), None, tags=HOLDS_EXCERPTS)

    def _there(self, name: str) -> Case:
        case = self.store.case(name)
        if case is None or not case.entries:
            raise LookupError(f"the case {name} has a message and no entry")
        return case
