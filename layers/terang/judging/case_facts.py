"""Read the facts that a message is judged by: the cases it names, their packs and receipts."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from judging.judgement import Facts, FirstSent, PackFacts, audit_id
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.case_messages import (
    Audit,
    CaseMessage,
    Complaint,
    Decision,
    Dispute,
    FloodAnswer,
    Notice,
    Order,
    Outcome,
    Reinstatement,
    SecondReview,
    Suspension,
)
from ledger.cases import Case
from ledger.closing import stored_set
from ledger.findings import Finding, flood_question_id
from ledger.keys import audit_file_key
from ledger.privacy import sampled_posts
from ledger.refusals import OperatorError
from rules.pack import Pack
from rules.rule_set import KnownSets, SetError


@dataclass(slots=True)
class DecidedPacks:
    """The packs that made findings. Sets are read once and kept."""

    objects: S3Objects
    public_bucket: str
    _known_sets: KnownSets = field(default_factory=KnownSets)

    def of(self, finding: Finding) -> Pack:
        """Return the pack in the version that made a finding.

        Raises OperatorError if its set is gone or cannot be read.
        """
        try:
            rule_set = self._known_sets.one(
                finding.set, lambda digest: stored_set(self.objects, self.public_bucket, digest)
            )
        except SetError as error:
            raise OperatorError(f"the set {finding.set} cannot be read: {error}") from error
        for pack in rule_set.packs:
            if (pack.id, pack.version) == (finding.pack, finding.version):
                return pack
        raise OperatorError(f"the set {finding.set} has no {finding.pack}/{finding.version}")


@dataclass(frozen=True, slots=True)
class FactsReader:
    """Reads facts over the ports. Every read is consistent."""

    store: DynamoStore
    objects: S3Objects
    packs: DecidedPacks
    out_bucket: str

    def read(
        self, message: CaseMessage, provider: str, now: datetime, first_sent: FirstSent
    ) -> Facts:
        """Return all facts that `judge` needs."""
        facts = Facts(provider, now, first_sent)
        match message:
            case Decision(findings=findings, notice=notice, group=group):
                names = [*findings, *([facts.id_of("notice", notice)] if notice else [])]
                names += [facts.id_of("group", group)] if group else []
                known = self.store.provider(provider) if message.measures else None
                facts = replace(facts, territory=known.territory if known else ())
                return self._of_findings(replace(facts, cases=self._cases(names)))
            case SecondReview() | Reinstatement():
                cases = self._cases([facts.id_of("decision", message.decision)])
                cases |= self._cases(_groups_of(cases))
            case Complaint() | Dispute():
                cases = self._cases([facts.id_of("decision", message.decision)])
                cases |= self._cases(_decided_on(cases, list(cases)))
            case Outcome():
                reference = "complaint" if message.complaint is not None else "dispute"
                contest = message.complaint or message.dispute or ""
                cases = self._cases([facts.id_of(reference, contest)])
                decisions = [case.first.decision for case in cases.values() if case.first]
                cases |= self._cases(decisions)
                cases |= self._cases(_groups_of(cases))
                cases |= self._cases(_decided_on(cases, decisions))
            case Notice(finding=finding):
                cases = self._cases([finding] if finding is not None else [])
            case Order(follows=follows):
                cases = self._cases([facts.id_of("follows", follows)] if follows else [])
            case Audit():
                cases = self._cases([audit_id(provider, message)])
                return replace(facts, cases=cases, sampled=self._is_sampled(provider, message))
            case FloodAnswer(held_rule=rule):
                day = message.day.isoformat()
                cases = self._cases([flood_question_id(provider, day, rule)])
                question = self.store.flood_question(provider, day, rule)
                return replace(facts, cases=cases, question=question)
            case Suspension():
                return facts
        return replace(facts, cases=cases)

    def _of_findings(self, facts: Facts) -> Facts:
        findings = [case.finding for case in facts.cases.values() if case.finding]
        units = {finding.unit for finding in findings}
        counted = {unit for unit in units if self.store.marker(unit) is not None}
        return replace(
            facts,
            in_receipts=frozenset(
                finding.finding for finding in findings if finding.unit in counted
            ),
            packs={
                finding.finding: pack_facts(self.packs.of(finding), finding.rule)
                for finding in findings
                if finding.provider == facts.provider
            },
        )

    def _cases(self, names: Iterable[str]) -> dict[str, Case]:
        """Return the cases that exist. A case that only has messages waiting for it does not."""
        cases = {name: self.store.case(name) for name in names}
        return {name: case for name, case in cases.items() if case and case.state is not None}

    def _is_sampled(self, provider: str, message: Audit) -> bool:
        """Return whether the post is in the month's sample."""
        data = self.objects.get(self.out_bucket, audit_file_key(provider, message.month)) or b""
        return message.post in sampled_posts(data)


def pack_facts(pack: Pack, rule_id: str) -> PackFacts:
    """Return the fields that a decision on a finding of this rule takes from its pack."""
    legal_ground, rule = pack.legal_ground, pack.rule(rule_id)
    keywords = rule.keywords if rule else ()
    return PackFacts(
        ground=pack.ground,
        ground_text=legal_ground.text,
        ground_url=legal_ground.url,
        keywords=pack.keywords or keywords,
        other=pack.title if "OTHER" in keywords else "",
    )


def _groups_of(cases: dict[str, Case]) -> list[str]:
    """Return the groups that these decisions belong to."""
    return [case.first.group for case in cases.values() if case.first and case.first.group]


def _decided_on(cases: dict[str, Case], decisions: Iterable[str]) -> list[str]:
    """Return the other cases of these decisions. A contest moves the ends of their excerpts."""
    entries = [case.first for name in decisions if (case := cases.get(name))]
    return [name for entry in entries if entry for name in entry.cases if name not in cases]
