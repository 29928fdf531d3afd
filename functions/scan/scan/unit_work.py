"""The life of one unit: read its records, inspect its posts, persist the results.

A unit that was committed before changes no number: its earlier receipt is the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import msgspec

from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore, PseudonymKeys
from ledger.findings import EXCERPT_LENGTH, digest, unit_id
from ledger.posts import Post
from ledger.privacy import Pseudonyms, copy_key, month_audit_key
from ledger.refusals import Code, ObjectChangedError, ObjectGoneError, Refusal
from ledger.texts import Clock, utc
from ledger.units import Attempt, RangeMessage, RangeRow
from matcher.engine import Fingerprints
from matcher.hit import PostResult
from scan.inspection import (
    FloodGuard,
    Inspection,
    UnitEffects,
    UnitJob,
    UnitOutcome,
    count_live_hits,
    inspect_posts,
    match_posts,
    sample_unflagged,
)
from scan.persisting import UnitRecorder
from scan.reading import UnitRecords, read_body, read_owned, read_records
from scan.rule_sets import Rules, RuleSets, Snapshots, find_copies


@dataclass(frozen=True, slots=True)
class UnitScanner:
    """Scans units. Pseudonyms and audit samples have keys derived from `secret`."""

    store: DynamoStore
    objects: S3Objects
    clock: Clock
    rulesets: RuleSets
    guard: FloodGuard
    keys: PseudonymKeys
    secret: bytes
    recorder: UnitRecorder
    snapshots: Snapshots
    excerpt_length: int = EXCERPT_LENGTH

    def new_attempt(self, digest: str, at: datetime) -> Attempt:
        """Return an attempt by the rules of a set at a moment."""
        return Attempt(digest, utc(at), self.excerpt_length)

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
        job = UnitJob(
            provider=unit.provider,
            unit=lines.id_in(unit),
            kind="range",
            size=lines.size,
            source=unit.source.key,
            file=unit.file,
            number=unit.number,
        )
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
            attempt = self.new_attempt(self.rulesets.current(), sent_at)
            outcome = self._work(job, read_body(body), attempt, pseudonyms)
        self.recorder.hand_out_refusals(outcome.receipt, job, body)
        return outcome

    def _refuse_lost_range(self, unit: RangeMessage, code: Code) -> UnitOutcome:
        """Record a range that can no longer be read as one refused record, so its sender knows."""
        lost = digest("lost", unit.provider, unit.file, str(unit.number))
        job = UnitJob(unit.provider, lost, "range", 0, unit.source.key, unit.file, unit.number)
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

        def inspect(by: Attempt, *, is_recorded: bool) -> tuple[Attempt, Rules, Inspection]:
            rules = self.rulesets.rules(by.set, job.provider, datetime.fromisoformat(by.at))
            results = match_posts(posts, rules)
            by, inspection = self.inspect(
                posts,
                results,
                rules,
                pseudonyms,
                by,
                provider=job.provider,
                unit=job.unit,
                found_at=found_at,
                is_recorded=is_recorded,
            )
            return by, rules, inspection

        attempt, rules, inspection = inspect(attempt, is_recorded=False)
        earlier = None if inspection.findings else self.store.recorded_attempt(job.unit)
        if not inspection.findings and earlier is None:
            return None, rules, inspection
        recorded = self.store.record_attempt(job.unit, earlier or attempt)
        if recorded is None:
            return None
        if recorded != attempt:
            _, rules, inspection = inspect(recorded, is_recorded=True)
        return recorded, rules, inspection

    def inspect(
        self,
        posts: Sequence[Post],
        results: Sequence[PostResult],
        rules: Rules,
        pseudonyms: Pseudonyms,
        attempt: Attempt,
        *,
        provider: str,
        unit: str,
        found_at: str,
        is_recorded: bool,
    ) -> tuple[Attempt, Inspection]:
        """Inspect posts with their results by an attempt. Return the attempt with its copies.

        One that is recorded has its copies already. Others compare with the newest snapshot.
        """
        fingerprints = _fingerprints(self.secret, provider)
        if rules.copies and not is_recorded:
            confirmed = self.snapshots.newest(provider)
            found = find_copies(posts, results, rules.copies, confirmed, fingerprints)
            attempt = msgspec.structs.replace(attempt, copies=found)
        inspection = inspect_posts(
            posts,
            rules,
            pseudonyms,
            provider=provider,
            unit=unit,
            found_at=found_at,
            results=results,
            attempt=attempt,
            fingerprints=fingerprints,
        )
        return attempt, inspection

    def _attempt_at(self, unit: RangeMessage) -> Attempt:
        return self.new_attempt(unit.set, datetime.fromisoformat(unit.at))


@cache
def _fingerprints(secret: bytes, provider: str) -> Fingerprints:
    return Fingerprints(copy_key(secret, provider))
