"""The facts that a message is judged by, and how they are read: cases, their packs and receipts.

A message asks for its facts (`ask` of its kind) and is judged from them alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.cases import Case, CaseMove, JournalEntry, case_id
from ledger.closing import stored_set
from ledger.findings import Finding, FloodQuestion
from ledger.keys import audit_file_key
from ledger.privacy import sampled_posts
from ledger.refusals import OperatorError
from rules.pack import Pack
from rules.rule_set import KnownSets, SetError

if TYPE_CHECKING:
    from ledger.aws.objects import S3Objects
    from ledger.aws.store import DynamoStore


@dataclass(frozen=True, slots=True)
class FirstSent:
    """When a message was first sent, however often it was repeated or delayed afterwards.

    `by_day` means that the clock of a trial gave the moment: only its day is right.
    """

    at: datetime
    by_day: bool = False


@dataclass(slots=True)
class Facts:
    """All that a judgement knows: the provider, the moment, and the cases that exist, by id.

    `first_sent` bounds the times that the message states. `in_receipts` holds the findings
    that a receipt counts, `packs` the pack that made each finding. `sampled` is whether the post
    of an audit was drawn, `question` the question of the flood guard that is answered. `territory`
    is the provider's.
    """

    provider: str
    now: datetime
    first_sent: FirstSent
    cases: dict[str, Case] = field(default_factory=dict)
    in_receipts: frozenset[str] = frozenset()
    packs: dict[str, Pack] = field(default_factory=dict)
    sampled: bool = False
    question: FloodQuestion | None = None
    territory: tuple[str, ...] = ()

    def id_of(self, kind: str, message: str | None) -> str:
        """Return the id of the case that a message of this provider opens; empty without one."""
        return case_id(kind, self.provider, message) if message else ""

    def first(self, case: str) -> JournalEntry | None:
        """Return the first entry of a case, if the case exists and has one."""
        return self.cases[case].first if case in self.cases else None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A message that is taken: its entry, and its moves of cases."""

    entry: JournalEntry
    moves: tuple[CaseMove, ...]


@dataclass(slots=True)
class DecidedPacks:
    """The packs that made findings. Sets are read once and kept."""

    objects: "S3Objects"
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
    """Reads facts from the table and the buckets. Every read is consistent."""

    store: "DynamoStore"
    objects: "S3Objects"
    packs: DecidedPacks
    out_bucket: str

    def add_cases(self, facts: Facts, *names: str) -> None:
        """Add the cases that exist. A case that only has messages waiting for it does not."""
        for name in filter(None, names):
            case = self.store.case(name)
            if case is not None and case.state is not None:
                facts.cases[name] = case

    def add_decision(self, facts: Facts, decision: str) -> None:
        """Add a decision and the group that it belongs to."""
        self.add_cases(facts, decision)
        if decided := facts.first(decision):
            self.add_cases(facts, decided.group)

    def add_decided_on(self, facts: Facts, decision: str) -> None:
        """Add the other cases of a decision: a contest moves the ends of their excerpts."""
        if decided := facts.first(decision):
            self.add_cases(facts, *(name for name in decided.cases if name not in facts.cases))

    def add_packs(self, facts: Facts) -> None:
        """Add which findings of the cases a receipt counts, and the packs that made them."""
        findings = [case.finding for case in facts.cases.values() if case.finding]
        units = {finding.unit for finding in findings}
        counted = {unit for unit in units if self.store.marker(unit) is not None}
        facts.in_receipts = frozenset(
            finding.finding for finding in findings if finding.unit in counted
        )
        facts.packs = {
            finding.finding: self.packs.of(finding)
            for finding in findings
            if finding.provider == facts.provider
        }

    def is_sampled(self, provider: str, month: str, post: str) -> bool:
        """Return whether a post is in the month's sample."""
        data = self.objects.get(self.out_bucket, audit_file_key(provider, month)) or b""
        return post in sampled_posts(data)
