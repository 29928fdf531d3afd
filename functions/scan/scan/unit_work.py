"""One unit from its bytes to its receipt. Whatever is repeated changes no number."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from ledger.clock import Clock, utc
from ledger.errors import ObjectChangedError, ObjectGoneError
from ledger.keys import HOLDS_EXCERPTS, findings_key, message_receipt_key, refusals_key
from ledger.ports import FileStore, FindingStore, Objects, UnitStore
from ledger.privacy.erasure import ErasureStore, stub_of
from ledger.privacy.pseudonyms import PseudonymKeys, Pseudonyms
from ledger.records.finding import Finding, finding_row
from ledger.records.identity import digest, unit_id
from ledger.records.json_text import encode_json, encode_json_lines, lines_of_body
from ledger.records.manifest import FirstTry, Marker, RangeRow, Unit
from ledger.records.post import Post
from ledger.records.receipt import Receipt
from ledger.records.refusal import Code, Refusal
from scan.flood_guard import FloodGuard
from scan.inspection import Found, Inspected, inspect_posts, live_hits
from scan.ranges import owned
from scan.reading import Reading, read
from scan.rule_sets import Rules, RuleSets
from scan.sampling import Sampler
from scan.unit_receipt import Job, receipt_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery came to: the unit's receipt, if it has one, and whether it was new."""

    receipt: Receipt | None
    new: bool


class ScanStore(FileStore, UnitStore, FindingStore, ErasureStore, Protocol):
    """The parts of the table that scanning a unit uses."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """Scans units over the ports."""

    store: ScanStore
    objects: Objects
    clock: Clock
    rulesets: RuleSets
    guard: FloodGuard
    sampler: Sampler
    keys: PseudonymKeys
    work_bucket: str
    out_bucket: str
    excerpt_days: int

    def scan_range(self, unit: Unit) -> Outcome:
        """Scan one range of a file."""
        row = self.store.range_row(unit.file, unit.number)
        if row is not None:
            return self._done(row)
        try:
            lines = owned(self.objects, unit)
        except (ObjectChangedError, ObjectGoneError) as error:
            # Another worker may have done this range since, and closed the file: then it is gone.
            row = self.store.range_row(unit.file, unit.number)
            return self._lost(unit, Code(error.code)) if row is None else self._done(row)
        if not lines.size:
            self.store.put_range(unit.file, RangeRow(unit.number, "", 0, 0))
            return Outcome(None, new=False)
        job = Job(
            provider=unit.provider,
            unit=lines.id_in(unit),
            kind="range",
            size=lines.size,
            source=unit.source.key,
            file=unit.file,
            number=unit.number,
        )
        if self.store.marker(job.unit) is not None:
            return self._repeated(job)
        pseudonyms = self.keys.named(unit.provider, unit.pseudonym_key)
        at = datetime.fromisoformat(unit.at)
        return self._work(
            job,
            read(
                lines.data,
                translated=unit.translated,
                begins_file=unit.start == 0 and not unit.translated,
            ),
            unit.set,
            at,
            pseudonyms,
        )

    def scan_message(self, provider: str, body: str, sent_at: datetime) -> Outcome:
        """Scan one message of a believed sender."""
        data = body.encode("utf-8", "surrogatepass")
        job = Job(provider, unit_id(provider, data), "message", len(data))
        if self.store.marker(job.unit) is not None:
            outcome = self._known(job.unit)
            self._tell_refusals(outcome.receipt)
            return outcome
        lines = lines_of_body(body)
        if isinstance(lines, Refusal):
            reading = Reading(lines=1, records=1)
            reading.refuse(lines)
        else:
            reading = read(lines)
        pseudonyms = self.keys.in_force(provider)
        outcome = self._work(job, reading, self.rulesets.current(), sent_at, pseudonyms)
        self._tell_refusals(outcome.receipt)
        return outcome

    def _tell_refusals(self, receipt: Receipt | None) -> None:
        """Make sure that a message's sender has its refusals, each with its place."""
        if receipt is None or not receipt.refused:
            return
        data = self.objects.get(self.work_bucket, refusals_key(receipt.unit)) or b""
        refusals = [msgspec.json.decode(line) for line in data.splitlines()]
        told = msgspec.to_builtins(receipt) | {"refusals": refusals}
        self.objects.put(self.out_bucket, message_receipt_key(_marker(receipt)), encode_json(told))

    def _work(
        self, job: Job, reading: Reading, set_digest: str, at: datetime, pseudonyms: Pseudonyms
    ) -> Outcome:
        """Find, record, commit: in this order, so that a receipt never speaks of what is not.

        A unit that is tried again, or by two workers at once, meets the rules of its first try: had
        the pointer moved since, findings of the old set would stand that no receipt counts.
        """
        now = self.clock.now()
        marker = Marker(job.unit, job.provider, now.date().isoformat())
        own = FirstTry(set_digest, utc(at))
        rules, inspected = self._find(job, reading.posts, own, pseudonyms, utc(now))
        found = inspected.found
        tried = (
            self.store.record_first_try(job.unit, own) if found else self.store.first_try(job.unit)
        )
        if tried is not None and tried != own:
            rules, inspected = self._find(job, reading.posts, tried, pseudonyms, utc(now))
            found = inspected.found
        hits = live_hits(found)
        held = self.guard.held(job.provider, marker.day, len(reading.posts), hits)
        drawn = self.sampler.draw(marker, reading.posts, found, pseudonyms)
        accounts = {one.finding.account for one in found} | {one.account for one in drawn}
        erased = self.store.erased_accounts(job.provider, accounts)
        stored = self._put(found, held, erased, now + timedelta(days=self.excerpt_days))
        ours = sorted(
            (finding for finding in stored if finding.unit == job.unit),
            key=lambda finding: finding.finding,
        )
        if reading.refusals:
            key = refusals_key(job.unit)
            self.objects.put(self.work_bucket, key, encode_json_lines(reading.refusals))
        if labels := [one for one in ours if one.mode == "live" and one.label]:
            self.store.put_check_uses(labels)
        self.store.put_finding_ids(marker, [finding.finding for finding in ours])
        self.sampler.keep(marker, drawn, erased)
        if self.store.erased_accounts(job.provider, accounts) != erased:
            raise OSError("an author was erased meanwhile")  # the delivery comes again, and sees it
        repeats = len(stored) - len(ours)
        receipt = receipt_of(job, reading, rules, inspected, ours, repeats, utc(now))
        excerpts = {one.finding.finding: one.excerpt for one in found}
        pairs = [(one, None if one.is_erased else excerpts[one.finding]) for one in ours]
        return self._commit(job, marker, receipt, pairs, own if tried is None else None)

    def _find(
        self,
        job: Job,
        posts: Sequence[Post],
        by: FirstTry,
        pseudonyms: Pseudonyms,
        found_at: str,
    ) -> tuple[Rules, Inspected]:
        """The rules of that set at that moment, and what they find."""
        rules = self.rulesets.rules(by.set, job.provider, datetime.fromisoformat(by.at))
        inspected = inspect_posts(
            posts, rules, pseudonyms, provider=job.provider, unit=job.unit, found_at=found_at
        )
        return rules, inspected

    def _commit(
        self,
        job: Job,
        marker: Marker,
        receipt: Receipt,
        ours: list[tuple[Finding, str | None]],
        tried: FirstTry | None,
    ) -> Outcome:
        row = RangeRow(job.number, job.unit, job.size, receipt.lines) if job.file else None
        if not self.store.commit_unit(marker, receipt, job.file, row, tried):
            return self._repeated(job)  # another worker was first, or our own word came back late
        # Who is erased from here on is erased by whoever does it: the marker names the file.
        if self.store.erased_accounts(
            job.provider, {one.account for one, _ in ours if one.account}
        ):
            ours = self.store.findings_of(marker)
        self._hand_out(marker, ours)
        return Outcome(receipt, new=True)

    def _put(
        self, found: list[Found], held: set[str], erased: Collection[str], end: datetime
    ) -> list[Finding]:
        """Put findings, of erased authors as stubs; they as they stand afterwards."""
        expires, pairs = int(end.timestamp()), []
        for one in found:
            finding = one.finding
            if finding.mode == "live" and f"{finding.pack}/{finding.rule}" in held:
                finding = msgspec.structs.replace(finding, held=True)
            gone = finding.account in erased
            pairs.append((stub_of(finding), "") if gone else (finding, one.excerpt))
        stored = self.store.put_findings(pairs, expires)
        # An earlier try may have put them whole, behind the back of whoever erased the author.
        for standing in stored:
            if standing.account in erased:
                self.store.replace_with_stub(standing, expires)
        return [stub_of(each) if each.account in erased else each for each in stored]

    def _hand_out(self, marker: Marker, pairs: Iterable[tuple[Finding, str | None]]) -> None:
        """Make sure that the provider has the unit's findings; what stands there stays."""
        rows = [finding_row(*one) for one in pairs]
        if rows:
            key, data = findings_key(marker), encode_json_lines(rows)
            self.objects.put_if(self.out_bucket, key, data, None, tags=HOLDS_EXCERPTS)

    def _done(self, row: RangeRow) -> Outcome:
        """What a range came to that has its row."""
        return self._known(row.unit) if row.unit else Outcome(None, new=False)

    def _known(self, unit: str) -> Outcome:
        marker = self.store.marker(unit)
        if marker is None:
            raise LookupError(f"unit {unit} has a row and no marker")
        receipt = self.store.receipt(marker)
        if receipt.findings:
            self._hand_out(marker, self.store.findings_of(marker))
        return Outcome(receipt, new=False)

    def _repeated(self, job: Job) -> Outcome:
        """A unit that was committed before, here or under another key: only its row is put."""
        outcome = self._known(job.unit)
        if job.file and outcome.receipt:
            lines = outcome.receipt.lines
            row = RangeRow(job.number, job.unit, job.size, lines, known=True)
            self.store.put_range(job.file, row)
        return outcome

    def _lost(self, unit: Unit, code: Code) -> Outcome:
        """A range that cannot be read any more: one record, refused, and the sender is told."""
        lost = digest("lost", unit.provider, unit.file, str(unit.number))
        job = Job(unit.provider, lost, "range", 0, unit.source.key, unit.file, unit.number)
        reading = Reading(lines=0, records=1)
        reading.refuse(Refusal(code))
        at = datetime.fromisoformat(unit.at)
        nobody = Pseudonyms(b"", unit.pseudonym_key)  # there is no post, and so no author
        return self._work(job, reading, unit.set, at, nobody)


def _marker(receipt: Receipt) -> Marker:
    return Marker(receipt.unit, receipt.provider, receipt.at[:10])
