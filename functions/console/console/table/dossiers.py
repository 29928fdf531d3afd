"""Everything known about one item, for its card: cases, excerpts, rules, earlier decisions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from desk.items import (
    Dossier,
    EarlierDecision,
    Item,
    NearCopy,
    OpenFinding,
    RuleFacts,
    golden_dossiers,
    rule_name,
)
from ledger.aws.store import DynamoStore
from ledger.cases.case import Case, CaseEntry, JournalEntry
from ledger.cases.transitions import CaseState, Move
from ledger.errors import OperatorError
from ledger.keys import rule_page
from ledger.pointer import current_set, stored_set
from ledger.ports import Objects
from ledger.records.finding import Finding
from rules.pack import Pack
from rules.rule_set import RuleSet, SetError
from rules.set_reader import KnownSets

ENDED = {CaseState.DECIDED, CaseState.REFERRED}
EARLIER = 5
"""Earlier decisions on the same rule that a card shows."""


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Reads dossiers of one stack. Every case is read again, so that a card is never stale."""

    store: DynamoStore
    objects: Objects
    public_bucket: str
    public_url: str
    _sets: KnownSets = field(default_factory=KnownSets)

    def of_findings(
        self, item: Item, names: Sequence[str], entries: Sequence[JournalEntry]
    ) -> Dossier | None:
        """Return the dossier of findings of one post; None if they are gone."""
        cases = [case for name in names if (case := self.store.case(name)) and case.finding]
        if not cases:
            return None
        notices = tuple(self._waiting_notices(cases))
        by_finding = {
            case: notice.message for notice in notices for case in notice.journal_entry.cases
        }
        findings = tuple(
            OpenFinding(
                case.finding,
                case.excerpt,
                notice=by_finding.get(case.case, ""),
                escalated=case.state is CaseState.ESCALATED,
            )
            for case in cases
            if case.finding
        )
        return Dossier(
            replace(item, escalated=any(each.escalated for each in findings)),
            findings,
            notices=notices,
            rules=self._rules(findings),
            earlier=(*_on_the_post(cases), *_on_the_rule(findings, entries)),
        )

    def near(self, groups: Iterable[Sequence[Finding]]) -> tuple[NearCopy, ...]:
        """Return the open findings of near copies, with excerpts and notices that wait."""
        groups = list(groups)
        names = [each.finding for group in groups for each in group]
        excerpts, begun = self.store.excerpts(names), self.store.with_entries(names)
        cases = [case for name in names if name in begun and (case := self.store.case(name))]
        ended = {case.case for case in cases if case.state in ENDED}
        waiting = {
            case: notice.message
            for notice in self._waiting_notices(cases)
            for case in notice.journal_entry.cases
        }
        return tuple(
            NearCopy(
                group[0].finding,
                tuple(
                    OpenFinding(each, excerpts.get(each.finding), waiting.get(each.finding, ""))
                    for each in group
                ),
            )
            for group in groups
            if ended.isdisjoint(each.finding for each in group)
        )

    def of_notice(self, item: Item, case: Case) -> Dossier:
        """Return the dossier of a notice, with the finding that it names."""
        opening = case.entries[0]
        findings = self._findings(opening.journal_entry.cases)
        return Dossier(
            item,
            findings,
            notices=(opening,),
            post=opening.post,
            url=opening.url,
            rules=self._rules(findings),
        )

    def of_decision(self, item: Item, decision: Case, contest: Case | None = None) -> Dossier:
        """Return the dossier of a decision that is reviewed again, or contested."""
        opening = decision.entries[0]
        findings = self._findings(opening.journal_entry.cases)
        return Dossier(
            item,
            findings,
            decision=opening,
            contest=contest.entries[0] if contest else None,
            rules=self._rules(findings),
        )

    def goldens(self, provider: str) -> list[Dossier]:
        """Return the examples of the packs in force as cards."""
        return golden_dossiers(self.packs(), provider)

    def packs(self) -> tuple[Pack, ...]:
        """Return the packs in force; none if no set can be read."""
        try:
            return self._set(current_set(self.objects, self.public_bucket)).packs
        except (SetError, OperatorError):
            return ()

    def _findings(self, names: Iterable[str]) -> tuple[OpenFinding, ...]:
        cases = (self.store.case(name) for name in names)
        return tuple(
            OpenFinding(case.finding, case.excerpt)
            for case in cases
            if case and case.finding and not case.finding.is_erased
        )

    def _waiting_notices(self, cases: Iterable[Case]) -> Iterator[CaseEntry]:
        named = {
            entry.journal_entry.entry: None
            for case in cases
            for entry in case.entries
            if entry.move == Move.NOTE
        }
        for name in named:
            notice = self.store.case(name)
            if notice is not None and notice.state is CaseState.OPEN:
                yield notice.entries[0]

    def _rules(self, findings: Iterable[OpenFinding]) -> tuple[tuple[str, RuleFacts], ...]:
        facts = {
            rule_name(each.finding): known
            for each in findings
            if (known := self._facts(each.finding)) is not None
        }
        return tuple(facts.items())

    def _facts(self, finding: Finding) -> RuleFacts | None:
        """Return the published words about a finding's rule; None if its set cannot be read."""
        pack = self._pack(finding)
        rule = pack.rule(finding.rule) if pack else None
        if pack is None or rule is None:
            return None
        return RuleFacts.of(pack, rule.id, rule_page(finding, self.public_url))

    def _pack(self, finding: Finding) -> Pack | None:
        try:
            rule_set = self._set(finding.set)
        except (SetError, OperatorError):
            return None
        named = (finding.pack, finding.version)
        return next((pack for pack in rule_set.packs if (pack.id, pack.version) == named), None)

    def _set(self, digest: str) -> RuleSet:
        """Return a published set; each is read once."""
        return self._sets.one(
            digest, lambda name: stored_set(self.objects, self.public_bucket, name)
        )


def _on_the_post(cases: Iterable[Case]) -> Iterator[EarlierDecision]:
    """Yield earlier decisions on the findings of this very post."""
    decisions: dict[str, CaseEntry] = {
        entry.journal_entry.entry: entry
        for case in cases
        for entry in case.entries
        if entry.journal_entry.type == "decision"
    }
    for entry in decisions.values():
        yield EarlierDecision(
            about="post",
            verdict=entry.journal_entry.verdict,
            moderator=entry.journal_entry.moderator,
            decided_at=entry.journal_entry.decided_at,
            reason=entry.reason,
        )


def _on_the_rule(
    findings: Iterable[OpenFinding], entries: Sequence[JournalEntry]
) -> Iterator[EarlierDecision]:
    """Yield the last decisions on the first finding's rule, in any version of its pack."""
    first = next(iter(findings)).finding
    overturned = {entry.decision for entry in entries if entry.overturns}
    shown = 0
    for entry in reversed(entries):
        rules = (name.split("/") for name in entry.rules)
        is_same = any((parts[0], parts[2]) == (first.pack, first.rule) for parts in rules)
        if entry.type != "decision" or entry.verdict == "skipped" or not is_same:
            continue
        yield EarlierDecision(
            about="rule",
            verdict=entry.verdict,
            moderator=entry.moderator,
            decided_at=entry.decided_at,
            rule=f"{first.pack}/{first.rule}",
            outcome="overturned" if entry.entry in overturned else "",
        )
        shown += 1
        if shown == EARLIER:
            return
