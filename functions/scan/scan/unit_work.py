"""The life of one unit: read its records, inspect its posts, store the results, hand them out.

A unit that was committed before changes no number: its earlier receipt is the answer.

Findings, samples and refusals are written first. Then one transaction writes the unit's marker,
its receipt and the row of its range, so that a receipt never counts something that is not stored.
A batch of messages has one receipt, and one transaction for the markers of all. What was stored
under the ids of its messages counts only if they are committed in it: if the batch dies, or loses
messages to another worker, nothing is left that counts.

A sender gets findings, receipts of batches, and the refusals of messages. All of it follows from
what is committed, so each delivery of a unit can write the missing files.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import msgspec

from ledger.closing import FILE_DAYS
from ledger.codes import Code, ObjectChangedError, ObjectGoneError, Refusal
from ledger.draws import ANSWER_DAYS, DrawnFinding, draw_key
from ledger.findings import (
    COPY_DAYS,
    EXCERPT_LENGTH,
    SAMPLE_DAYS,
    Finding,
    FindingFingerprint,
    Pseudonyms,
    SampledPost,
    copy_key,
    digest,
    month_audit_key,
    stub_of,
    unit_id,
)
from ledger.keys import (
    HOLDS_EXCERPTS,
    batch_receipt_key,
    findings_key,
    message_receipt_key,
    refusals_key,
)
from ledger.objects import S3Objects
from ledger.posts import Post
from ledger.store import DynamoStore, PseudonymKeys
from ledger.texts import Clock, encode_json, encode_json_lines, in_days, utc
from ledger.units import Attempt, Marker, RangeMessage, RangeRow, Receipt, rule_key
from matcher.engine import Fingerprints
from matcher.hit import PostResult
from scan.flood_guard import FloodGuard
from scan.inspection import (
    Inspection,
    Keeping,
    KnownDraws,
    ShadowFindings,
    UnitEffects,
    UnitJob,
    UnitOutcome,
    count_live_hits,
    inspect_posts,
    match_posts,
    message_receipt,
    own_findings,
    sample_unflagged,
)
from scan.unit_input import (
    KnownSnapshots,
    Rules,
    RuleSets,
    UnitRecords,
    find_copies,
    read_body,
    read_owned,
    read_records,
)

OF_FINDINGS = {
    *("findings", "findings_digest", "recorded", "repeats", "by_rule", "held", "high"),
    *("partly_read", "not_asked", "not_compared", "messages", "refused_messages"),
}
"""Fields of a receipt that the report on one message of a batch leaves out."""


@dataclass(frozen=True, slots=True)
class UnitRecorder:
    """Stores the results of units, and hands them out."""

    store: DynamoStore
    objects: S3Objects
    work_bucket: str
    out_bucket: str
    excerpt_days: int
    _audit_months: set[str] = field(default_factory=set)
    """The months whose audit key this worker has stored."""

    def persist(self, effects: UnitEffects) -> UnitOutcome:
        """Store a unit. If another worker committed it first, return that worker's outcome.

        Raises OSError if an author was erased meanwhile: the next delivery sees the tombstone.
        """
        job, marker, accounts = effects.job, effects.marker, effects.accounts
        erased, stored, own = self.store_first(effects, {job.unit: effects.records})
        self.store.put_finding_ids(marker, [finding.finding for finding in own])
        self.put_fingerprints(effects, own)
        sample = self.sample_to_store(effects, erased)
        if sample is not None:
            self.store.put_sample(marker, *sample)
        if self.store.erased_accounts(job.provider, accounts) != erased:
            raise OSError("an author was erased meanwhile")
        receipt = effects.receipt(own, stored)
        row = RangeRow(job.number, job.unit, job.size, receipt.lines) if job.file else None
        if not self.store.commit_unit(marker, receipt, job.file, row, effects.attempt):
            # Another worker was first, or our own call succeeded although its answer was lost.
            return self.repeated(job)
        self.hand_out_new(marker, effects, own)
        return UnitOutcome(receipt, new=True)

    def store_first(
        self, effects: UnitEffects, units: Mapping[str, UnitRecords]
    ) -> tuple[frozenset[str], list[Finding], list[Finding]]:
        """Store the questions about held rules, and what lies under the ids of these units.

        Return the erased authors, the findings as they are stored, and those that the units stored
        first.
        """
        provider = effects.job.provider
        flood_end = in_days(effects.now, FILE_DAYS)
        for question in effects.flood.questions:
            self.store.put_flood(provider, question, flood_end)
        erased = self.store.erased_accounts(provider, effects.accounts)
        stored = self._put_findings(effects, erased)
        own = own_findings(stored, units.keys())
        for unit, records in units.items():
            if records.refusals:
                lines = encode_json_lines(records.refusals)
                self.objects.put(self.work_bucket, refusals_key(unit), lines)
        if resting := [finding for finding in own if finding.mode == "live" and finding.rests_on]:
            self.store.put_grounds(resting)
        return erased, stored, own

    def _put_findings(self, effects: UnitEffects, erased: Collection[str]) -> list[Finding]:
        """Store the findings, those of erased authors as stubs. Return them as they are stored."""
        expires = in_days(effects.now, self.excerpt_days)
        pairs = [
            (stub_of(excerpted.finding), "")
            if excerpted.finding.account in erased
            else (excerpted.finding, excerpted.excerpt)
            for excerpted in effects.findings()
        ]
        stored = self.store.put_findings(pairs, expires)
        # An earlier attempt may have stored them whole after the author was erased elsewhere.
        for finding in stored:
            if finding.account in erased:
                self.store.replace_with_stub(finding, expires)
        return [stub_of(each) if each.account in erased else each for each in stored]

    def put_fingerprints(self, effects: UnitEffects, own: Sequence[Finding]) -> None:
        """Store the fingerprints of the findings that a unit counts, without erased authors.

        Write them even if none is left: an earlier attempt may have stored more. Those of drawn
        findings are kept with their trial.
        """
        made = effects.inspection.findings
        whole = [finding for finding in own if not finding.is_erased]
        fingerprints = [
            FindingFingerprint(
                finding.finding,
                rule_key(finding.pack, finding.version, finding.rule, finding.mode),
                made[finding.finding].fingerprint,
            )
            for finding in whole
            if made[finding.finding].fingerprint and not finding.drawn
        ]
        self._put_drawn(effects, (row for each in whole if (row := made[each.finding].drawn)))
        if any(excerpted.fingerprint for excerpted in made.values()):
            expires = in_days(effects.now, COPY_DAYS)
            self.store.put_fingerprints(effects.marker, fingerprints, expires)

    def forget(self, effects: UnitEffects) -> None:
        """Take back the fingerprints that an attempt stored: an author was erased meanwhile."""
        self.put_fingerprints(effects, [])
        drawn = (row for excerpted in effects.findings() if (row := excerpted.drawn))
        self._put_drawn(effects, (row.forgotten(row.finding) for row in drawn))

    def _put_drawn(self, effects: UnitEffects, drawn: Iterable[DrawnFinding]) -> None:
        if rows := [*drawn]:
            expires = in_days(effects.now, min(self.excerpt_days, ANSWER_DAYS))
            self.store.put_drawn(effects.job.provider, rows, expires)

    def sample_to_store(
        self, effects: UnitEffects, erased: Collection[str]
    ) -> tuple[list[SampledPost], int] | None:
        """Return the sample without erased authors, and when it expires; None for no sample.

        Store the month's key once before. Store the sample even if it is empty now: an earlier
        attempt may have stored more.
        """
        if not effects.sample:
            return None
        month = effects.marker.day[:7]
        expires = in_days(effects.now, SAMPLE_DAYS)
        if month not in self._audit_months:
            self.store.put_audit_key(month, effects.audit_key.hex(), expires)
            self._audit_months.add(month)
        return [post for post in effects.sample if post.account not in erased], expires

    def outcome_of_row(self, row: RangeRow) -> UnitOutcome:
        """Return the outcome of a range that already has its row."""
        return self.committed(row.unit) if row.unit else UnitOutcome(None, new=False)

    def repeated(self, job: UnitJob) -> UnitOutcome:
        """Return the outcome of a unit that was committed before, and store the row of its range.

        The same content may have come in another file.
        """
        outcome = self.committed(job.unit)
        if job.file and outcome.receipt:
            lines = outcome.receipt.lines
            row = RangeRow(job.number, job.unit, job.size, lines, known=True)
            self.store.put_range(job.file, row)
        return outcome

    def committed(self, unit: str) -> UnitOutcome:
        """Return the outcome of a committed unit, and make sure that its findings are handed out.

        Raises LookupError for a unit that is not committed.
        """
        marker = self.store.marker(unit)
        if marker is None:
            raise LookupError(f"unit {unit} has a row but no marker")
        return self.hand_out_again(marker)

    def hand_out_new(self, marker: Marker, effects: UnitEffects, own: Sequence[Finding]) -> None:
        """Hand out the findings that were just committed."""
        made = effects.inspection.findings
        pairs: list[tuple[Finding, str | None]] = [
            (finding, None if finding.is_erased else made[finding.finding].excerpt)
            for finding in own
        ]
        accounts = {finding.account for finding in own if finding.account}
        # From here on, who erases or deletes finds the unit by its marker, and the rows handed out.
        erased = self.store.erased_accounts(marker.provider, accounts)
        if erased or self.store.of_deleted_posts(own):
            pairs = self.store.findings_of(marker)
        self._hand_out(marker, pairs)

    def hand_out_again(self, marker: Marker) -> UnitOutcome:
        """Return the outcome of a committed unit. Make sure that its findings are handed out."""
        receipt = self.store.receipt(marker)
        if receipt.recorded:
            self._hand_out(marker, self.store.findings_of(marker))
        if marker.batch:
            self.put_batch_receipt(marker, receipt, self.store.batch_units(marker))
        return UnitOutcome(receipt, new=False)

    def put_batch_receipt(self, marker: Marker, receipt: Receipt, units: Iterable[str]) -> None:
        """Put the receipt of a batch, with the ids of its messages, unless it is there."""
        report = msgspec.to_builtins(receipt) | {"message_ids": sorted(units)}
        key = batch_receipt_key(marker)
        self.objects.put_if(self.out_bucket, key, encode_json(report), None)

    def hand_out_refusals(self, receipt: Receipt | None, job: UnitJob, body: str) -> None:
        """Make sure that the sender of a message has its refusals, each with its place.

        The receipt of a message in a batch is counted from its body again.
        """
        if receipt is None or not receipt.refused:
            return
        if receipt.messages:
            if job.unit in receipt.refused_messages:
                self.put_message_receipt(receipt, message_receipt(receipt, job, read_body(body)))
            return
        self.put_message_receipt(receipt, receipt)

    def put_message_receipt(self, batch: Receipt, receipt: Receipt) -> None:
        """Put the receipt of a message with its refusals; `batch` is the one that counts it."""
        data = self.objects.get(self.work_bucket, refusals_key(receipt.unit)) or b""
        refusals = [msgspec.json.decode(line) for line in data.splitlines()]
        report = msgspec.to_builtins(receipt) | {"refusals": refusals}
        if batch.messages:  # the batch counts the findings
            report = {name: value for name, value in report.items() if name not in OF_FINDINGS}
            report["batch"] = batch.unit
        key = message_receipt_key(receipt.provider, receipt.at[:10], receipt.unit)
        self.objects.put(self.out_bucket, key, encode_json(report))

    def _hand_out(self, marker: Marker, pairs: Iterable[tuple[Finding, str | None]]) -> None:
        """Put the unit's findings into the provider's bucket unless they are already there."""
        rows = [finding.row(excerpt) for finding, excerpt in pairs]
        if rows:
            key, data = findings_key(marker), encode_json_lines(rows)
            self.objects.put_if(self.out_bucket, key, data, None, tags=HOLDS_EXCERPTS)


@dataclass(frozen=True, slots=True)
class UnitScanner:
    """Scans units. Pseudonyms and audit samples have keys derived from `secret`.

    `shadow` says what is kept of findings of rules in shadow.
    """

    store: DynamoStore
    objects: S3Objects
    clock: Clock
    rulesets: RuleSets
    guard: FloodGuard
    keys: PseudonymKeys
    secret: bytes
    recorder: UnitRecorder
    snapshots: KnownSnapshots
    draws: KnownDraws
    shadow: ShadowFindings = ShadowFindings.COUNTED
    excerpt_length: int = EXCERPT_LENGTH

    def new_attempt(self, provider: str, digest: str, at: datetime) -> Attempt:
        """Return an attempt by the rules of a set at a moment, and the newest draws."""
        draws = self.draws.newest(provider).digest
        return Attempt(digest, utc(at), self.excerpt_length, draws)

    def scan_range(self, unit: RangeMessage) -> UnitOutcome:
        """Scan one range of a file."""
        row = self.store.range_row(unit.file, unit.number)
        if row is not None:
            return self.recorder.outcome_of_row(row)
        try:
            lines = read_owned(self.objects, unit)
        except (ObjectChangedError, ObjectGoneError) as error:
            # Another worker may have scanned this range and closed the file: then it is gone.
            row = self.store.range_row(unit.file, unit.number)
            if row is not None:
                return self.recorder.outcome_of_row(row)
            return self._refuse_lost_range(unit, Code(error.code))
        if not lines.size:
            self.store.put_range(unit.file, RangeRow(unit.number, "", 0, 0))
            return UnitOutcome(None, new=False)
        job = _job_of(unit, lines.id_in(unit), lines.size)
        if self.store.marker(job.unit) is not None:
            return self.recorder.repeated(job)
        pseudonyms = self.keys.named(unit.provider, unit.pseudonym_key)
        begins_file = unit.start == 0 and not unit.translated
        records = read_records(lines.data, translated=unit.translated, begins_file=begins_file)
        return self._work(job, records, self._attempt_at(unit), pseudonyms)

    def scan_message(self, provider: str, body: str, sent_at: datetime) -> UnitOutcome:
        """Scan one message of a registered sender, and hand out its refusals."""
        data = body.encode("utf-8", "surrogatepass")
        job = UnitJob(provider, unit_id(provider, data), "message", len(data))
        if self.store.marker(job.unit) is not None:
            outcome = self.recorder.committed(job.unit)
        else:
            pseudonyms = self.keys.in_force(provider)
            attempt = self.new_attempt(provider, self.rulesets.current(), sent_at)
            outcome = self._work(job, read_body(body), attempt, pseudonyms)
        self.recorder.hand_out_refusals(outcome.receipt, job, body)
        return outcome

    def _refuse_lost_range(self, unit: RangeMessage, code: Code) -> UnitOutcome:
        """Record a range that can no longer be read as one refused record, so its sender knows."""
        job = _job_of(unit, digest("lost", unit.provider, unit.file, str(unit.number)), 0)
        records = UnitRecords(lines=0, records=1)
        records.refuse(Refusal(code))
        no_authors = Pseudonyms(b"", unit.pseudonym_key)  # it has no posts
        return self._work(job, records, self._attempt_at(unit), no_authors)

    def _work(
        self, job: UnitJob, records: UnitRecords, attempt: Attempt, pseudonyms: Pseudonyms
    ) -> UnitOutcome:
        """Inspect the posts of a unit, compute all that is to be stored, and store it."""
        now = self.clock.now()
        inspected = self._inspect_unit(job, records.posts, attempt, pseudonyms, utc(now))
        if inspected is None:  # another worker committed it meanwhile
            return self.recorder.repeated(job)
        recorded, rules, inspection = inspected
        effects = self.effects(job, records, inspection, rules, pseudonyms, now, recorded)
        outcome = self.recorder.persist(effects)
        if outcome.new and outcome.receipt:
            self.guard.count(outcome.receipt)
        return outcome

    def effects(
        self,
        job: UnitJob,
        records: UnitRecords,
        inspection: Inspection,
        rules: Rules,
        pseudonyms: Pseudonyms,
        now: datetime,
        attempt: Attempt | None = None,
    ) -> UnitEffects:
        """Return all that a unit is about to store. `attempt` is the recorded one, if one is."""
        posts, day = records.posts, now.date().isoformat()
        hits = count_live_hits(inspection)
        flood = self.guard.decide(job.provider, day, len(posts), hits, rules.expected)
        key = month_audit_key(self.secret, day[:7])
        sample = sample_unflagged(posts, inspection, pseudonyms, key=key, provider=job.provider)
        return UnitEffects(job, records, rules, inspection, flood, sample, key, attempt, now)

    def _inspect_unit(
        self,
        job: UnitJob,
        posts: Sequence[Post],
        attempt: Attempt,
        pseudonyms: Pseudonyms,
        found_at: str,
    ) -> tuple[Attempt | None, Rules, Inspection] | None:
        """Inspect the posts by the rules of the unit's recorded attempt, or else of this one.

        Return the recorded attempt, if there is one now, and None if the unit is committed.

        All attempts at a unit that may store findings meet the same rules. Otherwise, if the
        pointer or the snapshot of confirmed posts moved since, findings would be stored that no
        receipt counts.
        """

        def inspect_by(by: Attempt) -> tuple[Attempt, Rules, Inspection]:
            rules = self.rulesets.rules(by.set, job.provider, datetime.fromisoformat(by.at))
            results = match_posts(posts, rules, self.shadow)
            by, inspection = self.inspect(job, posts, results, rules, pseudonyms, by, found_at)
            return by, rules, inspection

        attempt, rules, inspection = inspect_by(attempt)
        earlier = None if inspection.findings else self.store.recorded_attempt(job.unit)
        if not inspection.findings and earlier is None:
            return None, rules, inspection
        recorded = self.store.record_attempt(job.unit, earlier or attempt)
        if recorded is None:
            return None
        if recorded != attempt:
            _, rules, inspection = inspect_by(recorded)
        return recorded, rules, inspection

    def inspect(
        self,
        job: UnitJob,
        posts: Sequence[Post],
        results: Sequence[PostResult],
        rules: Rules,
        pseudonyms: Pseudonyms,
        attempt: Attempt,
        found_at: str,
    ) -> tuple[Attempt, Inspection]:
        """Inspect posts with their results by an attempt. Return the attempt with its copies.

        One that is recorded has them already. Others compare with the newest snapshot.
        """
        provider = job.provider
        fingerprints = _fingerprints(self.secret, provider)
        if rules.copies and attempt.copies is None:
            confirmed = self.snapshots.newest(provider)
            found = find_copies(posts, results, rules.copies, confirmed, fingerprints)
            attempt = msgspec.structs.replace(attempt, copies=found)
        draws = self.draws.of(provider, attempt.draws)
        inspection = inspect_posts(
            posts,
            rules,
            pseudonyms,
            provider=provider,
            unit=job.unit,
            found_at=found_at,
            results=results,
            attempt=attempt,
            fingerprints=fingerprints,
            keeping=Keeping(self.shadow, draws, draw_key(self.secret, provider)),
        )
        return attempt, inspection

    def _attempt_at(self, unit: RangeMessage) -> Attempt:
        return self.new_attempt(unit.provider, unit.set, datetime.fromisoformat(unit.at))


def _job_of(unit: RangeMessage, name: str, size: int) -> UnitJob:
    return UnitJob(unit.provider, name, "range", size, unit.source.key, unit.file, unit.number)


@cache
def _fingerprints(secret: bytes, provider: str) -> Fingerprints:
    return Fingerprints(copy_key(secret, provider))
