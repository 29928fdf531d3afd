"""The facts that a message is judged by, and the files that a committed message causes.

A message asks for its facts (`ask` of its kind) and is judged from them alone. They are read from
cases, their packs and receipts.

The files are those of other rooms, examples, and the entry. Every delivery writes them, a repeated
one too, so that a worker that dies in between loses nothing. A file that is already there stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ledger import keys
from ledger.announced import AnnouncedEntry, label_of
from ledger.cases import Case, CaseMove, JournalEntry, case_id
from ledger.closing import stored_set
from ledger.codes import OperatorError
from ledger.draws import DrawnFinding, Trial
from ledger.findings import Finding, FloodQuestion, sampled_posts
from ledger.numbers import steps_of
from ledger.texts import encode_json, encode_json_lines
from rules.pack import Pack
from rules.rule_set import KnownSets, RuleSet, SetError

if TYPE_CHECKING:
    from ledger.objects import S3Objects
    from ledger.store import DynamoStore


class TrialRules(NamedTuple):
    """What a stack asks of a trial: the least lower end of the interval, and how many people."""

    least: float = 0.8
    people: int = 2

    def of(self, packs: Iterable[Pack]) -> "TrialRules":
        """Return what is asked of a rule of these packs, which may ask for more."""
        asked = [(pack.trial_least or 0) / 100 for pack in packs]
        return self._replace(least=max([self.least, *asked]))


@dataclass(slots=True)
class Facts:
    """All that a judgement knows: the provider, the moment, and the cases that exist, by id.

    `first_sent` bounds the times that the message states, however often it was repeated or delayed
    afterwards; `by_day` means that the clock of a trial gave it, and only its day is right.
    `in_receipts` holds the findings that a receipt counts, `packs` the pack that made each finding.
    `sampled` is whether the post of an audit was drawn, `question` the question of the flood guard
    that is answered. `trial` is that of a rule, `drawn` are its drawn findings, and `trial_rules`
    is what the stack asks of it. `territory` is the provider's.
    """

    provider: str
    now: datetime
    first_sent: datetime
    cases: dict[str, Case] = field(default_factory=dict)
    in_receipts: frozenset[str] = frozenset()
    packs: dict[str, Pack] = field(default_factory=dict)
    sampled: bool = False
    question: FloodQuestion | None = None
    trial: Trial | None = None
    drawn: Sequence[DrawnFinding] = ()
    trial_rules: TrialRules = TrialRules()  # noqa: RUF009 - frozen
    territory: tuple[str, ...] = ()
    by_day: bool = False

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

    def set_of(self, digest: str) -> RuleSet:
        """Return a published set. Raises OperatorError if it is gone or cannot be read."""
        try:
            return self._known_sets.one(
                digest, lambda name: stored_set(self.objects, self.public_bucket, name)
            )
        except SetError as error:
            raise OperatorError(f"the set {digest} cannot be read: {error}") from error

    def of(self, finding: Finding) -> Pack:
        """Return the pack in the version that made a finding. Raises OperatorError, as `set_of`."""
        for pack in self.set_of(finding.set).packs:
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
    trial_rules: TrialRules = TrialRules()  # noqa: RUF009 - frozen

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

    def add_trial(self, facts: Facts, rule: str) -> None:
        """Add the trial of a rule (`pack/rule`), and what was drawn for it."""
        facts.trial = trial = self.store.trial(facts.provider, rule)
        facts.drawn = self.store.drawn(facts.provider, rule, trial.version) if trial else ()
        facts.trial_rules = self.trial_rules

    def is_sampled(self, provider: str, month: str, post: str) -> bool:
        """Return whether a post is in the month's sample."""
        data = self.objects.get(self.out_bucket, keys.audit_file_key(provider, month)) or b""
        return post in sampled_posts(data)


type RoomFiles = Callable[
    [JournalEntry, Callable[[str], Case | None], Callable[[Finding], Pack]],
    tuple[Mapping[str, bytes], tuple[str, ...]],
]
"""What another room writes of an entry: its files by key, and the problems in them.

It is given the entry, and may ask for cases and for the packs of findings.
"""

TRIES = 5
"""How often a file with excerpts is rewritten while other workers keep changing it."""


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """Writes entries, the files of other `rooms`, what overturned decisions cause, and numbers."""

    store: "DynamoStore"
    objects: "S3Objects"
    packs: DecidedPacks
    out_bucket: str
    rooms: tuple[RoomFiles, ...]
    public_url: str = ""

    def write(self, entry: JournalEntry) -> tuple[str, ...]:
        """Write the files of a committed entry. Return the problems in those of other rooms.

        The entry comes last: it is announced, and then the other files are there.
        """
        problems: tuple[str, ...] = ()
        for room in self.rooms:
            files, found = room(entry, self.store.case, self.packs.of)
            problems += found
            for key, data in files.items():
                self.objects.put_if(self.out_bucket, key, data, None)
        if entry.escalation == "child_abuse":
            for case in self._decided_on(entry):
                if case.finding:
                    self.remove_excerpt(case.finding)
        if entry.overturns and entry.about:
            self._propose(entry.about, entry)
        decided = self.store.case(entry.entry) if entry.type == "decision" else None
        label = {}
        if decided and entry.measures:
            cases = [*self._decided_on(entry), decided]
            number = self.store.number(entry.entry)
            label = label_of(entry, cases, number, self.public_url)
        for numbered, name, step in steps_of(entry, decided.entries[0] if decided else None):
            self.store.put_step(self.store.number(numbered), name, step)
        announced = AnnouncedEntry.of(entry, label)
        key = keys.entry_key(entry.provider, entry.at[:10], entry.entry)
        self.objects.put_if(self.out_bucket, key, encode_json(announced), None)
        return problems

    def _propose(self, decided: JournalEntry, overturning: JournalEntry) -> None:
        """Propose each excerpt of an overturned decision as an example for its rule."""
        self._list_copies(decided)
        for case in self._decided_on(decided):
            if case.finding is not None and case.excerpt is not None:
                self._put_proposal(case.finding, case.excerpt, decided, overturning)

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
            key = keys.doubtful_copies_key(provider, decision)
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
        key = keys.proposal_key(finding.provider, rule, finding.finding)
        self.objects.put_if(
            self.out_bucket, key, encode_json(proposal), None, tags=keys.HOLDS_EXCERPTS
        )

    def remove_excerpt(self, finding: Finding) -> None:
        """Remove an excerpt from what the provider reads: its proposal, and the file of findings.

        Limits: the previous version can be read by its id until the bucket's lifecycle deletes it,
        a day later.
        """
        rule = f"{finding.pack}/{finding.version}/{finding.rule}"
        proposal = keys.proposal_key(finding.provider, rule, finding.finding)
        self._rewrite(proposal, _without_text)
        if marker := self.store.marker(finding.unit):
            kept = partial(_without_excerpt, finding=finding.finding)
            self._rewrite(keys.findings_key(marker), kept)

    def _rewrite(self, key: str, change: Callable[[bytes], bytes]) -> None:
        """Change a file with excerpts, if it has not expired."""
        for _ in range(TRIES):
            stored = self.objects.get_with_etag(self.out_bucket, key)
            if stored is None:
                return
            data, etag = stored
            kept = change(data)
            if kept == data or self.objects.put_if(
                self.out_bucket, key, kept, etag, tags=keys.HOLDS_EXCERPTS
            ):
                return
        raise OSError(f"other workers changed a file with excerpts {TRIES} times")

    def _decided_on(self, decision: JournalEntry) -> Iterator[Case]:
        for name in decision.cases:
            if name != decision.entry and (case := self.store.case(name)):
                yield case


def _without_text(data: bytes) -> bytes:
    return encode_json(msgspec.json.decode(data, type=dict[str, Any]) | {"text": ""})


def _without_excerpt(data: bytes, finding: str) -> bytes:
    rows = [msgspec.json.decode(line, type=dict[str, Any]) for line in data.splitlines()]
    for row in rows:
        if row["finding"] == finding:
            row.pop("excerpt", None)
    return encode_json_lines(rows)
