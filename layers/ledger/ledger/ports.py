"""The ports through which effects pass: a function receives the ones that it uses as arguments.

A function that uses several parts of the table declares its own combination of them. The ports of
the clock and of personal data are in `clock` and in the modules of `privacy`. `expires` is when the
table deletes an item, in seconds since 1970.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Protocol

from ledger.case_messages import PendingDecision
from ledger.cases import Case, CaseMarker, CaseMove, JournalEntry, WaitingMessage
from ledger.findings import Finding, FloodHold, FloodQuestion, FloodTotal
from ledger.privacy import SampledPost
from ledger.provider import Provider
from ledger.units import (
    Attempt,
    LogHead,
    Manifest,
    Marker,
    OpenFile,
    RangeMessage,
    RangeRow,
    Receipt,
    Source,
    UnitState,
)


class Objects(Protocol):
    """Buckets of objects."""

    def head(self, bucket: str, key: str, version: str | None = None) -> Source:
        """Return the pinned description of an object, of its newest version if none is named.

        Raises ObjectGoneError, ObjectUnreadableError or OperatorError.
        """

    def read_range(self, source: Source, start: int, end: int) -> bytes:
        """Return exactly those bytes of that version; never fewer, never another version's.

        Raises ObjectChangedError, ObjectGoneError, ObjectUnreadableError or OperatorError.
        """

    def open(self, source: Source) -> BinaryIO:
        """Return the object as a seekable file that reads ranges as it goes."""

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return the newest bytes under a key, or None."""

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        """Return the newest bytes under a key and their ETag, for `put_if`."""

    def put(self, bucket: str, key: str, data: bytes) -> Source:
        """Write an object, or replace it. The content type follows the ending of the key."""

    def put_new(self, bucket: str, key: str, data: bytes) -> Source:
        """Write once. The same bytes again are accepted; raises ImmutableError for other bytes."""

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        """Write only over that ETag, or (None) only where nothing is; return whether it wrote.

        `tags` are written like the query of a URL; a bucket's lifecycle can select by them.
        """

    def delete_version(self, source: Source) -> None:
        """Delete that one version for good, without a delete marker."""

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Return all keys under a prefix, sorted."""

    def etags(self, bucket: str, prefix: str) -> dict[str, str]:
        """Return the ETag of each key under a prefix: another one means that it was written."""


class UnitQueue(Protocol):
    """The queue of units."""

    def send(self, units: Iterable[RangeMessage]) -> None:
        """Raise OSError if the queue keeps refusing some."""


class ProviderStore(Protocol):
    """The registered providers."""

    def provider(self, provider: str) -> Provider | None:
        """Return one provider, if it is registered."""

    def providers(self) -> list[Provider]:
        """Return all providers, sorted by id."""

    def put_provider(self, provider: Provider) -> None:
        """Register a provider, or change it."""


class FileStore(Protocol):
    """Dropped files: their manifests, and the results of their ranges."""

    def manifest(self, file: str) -> tuple[Manifest, list[Source]] | None:
        """Return a sealed manifest and the sources that its ranges are cut from."""

    def seal(self, manifest: Manifest, sources: Sequence[Source], expires: int) -> bool:
        """Put a manifest if absent and list its file as open; False if it was sealed before."""

    def put_range(self, file: str, row: RangeRow) -> None:
        """Put, if absent, the row of a range whose unit is known or that owns no line."""

    def range_row(self, file: str, number: int) -> RangeRow | None:
        """Return the row of one range, once it is committed."""

    def ranges(self, file: str) -> list[RangeRow]:
        """Return the rows of a file, by number."""

    def range_count(self, file: str) -> int:
        """Return how many rows a file has: cheaper than the rows."""

    def files(self, provider: str) -> list[OpenFile]:
        """Return the provider's files of the last weeks, closed or not, by day and id."""

    def close_file(self, provider: str, file: str, day: str, expires: int) -> None:
        """Record the day on which a file's last range was committed. The first call counts."""


class UnitStore(Protocol):
    """Units: their recorded attempts, and their markers and receipts."""

    def marker(self, unit: str) -> Marker | None:
        """Return where the unit's receipt is, if the unit was committed."""

    def unit_states(self, units: Sequence[str], suspects: Sequence[str] = ()) -> list[UnitState]:
        """Return how far each unit has come, in order; `suspects` are looked up as such."""

    def note_suspect(self, unit: str, expires: int, *, works: bool) -> None:
        """Note that a worker begins to work on a unit alone, or that it lived to give it back."""

    def recorded_attempt(self, unit: str) -> Attempt | None:
        """Return the recorded attempt at a unit, if there is one and the unit is not committed."""

    def record_attempt(self, unit: str, own: Attempt) -> Attempt | None:
        """Record an attempt if none is, and return the recorded one.

        Return None if the unit is committed: then nothing may be stored for it.
        """

    def record_attempts(self, attempts: Mapping[str, Attempt]) -> dict[str, Attempt | None]:
        """Do what `record_attempt` does for many units."""

    def commit_unit(
        self,
        marker: Marker,
        receipt: Receipt,
        file: str,
        row: RangeRow | None,
        attempt: Attempt | None = None,
    ) -> bool:
        """Put marker, receipt and range row in one transaction; False if the marker existed.

        `attempt` is the recorded one, if one is. Raises OSError if another worker recorded one
        meanwhile.
        """

    def commit_refused(self, marker: Marker, receipt: Receipt) -> None:
        """Put marker and receipt of a file refused as a whole; a repeat changes nothing."""

    def commit_batch(
        self,
        markers: Sequence[Marker],
        receipt: Receipt,
        attempts: Mapping[str, Attempt],
        findings: Sequence[str],
        sample: tuple[Sequence[SampledPost], int] | None,
    ) -> bool:
        """Put the markers of a batch, its receipt and its sample in one transaction.

        `attempts` are the recorded ones of its messages. `sample` comes with when it expires.
        Return False, and put nothing, if a message was committed or got another attempt meanwhile.
        """

    def receipt(self, marker: Marker) -> Receipt:
        """Return the receipt of a committed unit, or of the batch that it is part of."""

    def batch_units(self, marker: Marker) -> list[str]:
        """Return the messages of the batch that a message was committed in, sorted."""


class FindingStore(Protocol):
    """Findings with their excerpts, and which of them rest on a published check."""

    def put_findings(self, pairs: Sequence[tuple[Finding, str]], expires: int) -> list[Finding]:
        """Put findings with their excerpts if absent; return the findings stored afterwards.

        They come in the order of the pairs: the stored one where there was one, else the given one.
        `expires` ends the excerpts; the finding of an erased author has none.
        """

    def put_finding_ids(self, marker: Marker, ids: Sequence[str]) -> None:
        """Put the pages of a receipt, before the receipt itself."""

    def findings_of(self, marker: Marker) -> list[tuple[Finding, str | None]]:
        """Return the findings of a unit, or of its batch, by id, each with its excerpt if kept."""

    def put_grounds(self, findings: Sequence[Finding]) -> None:
        """Note for each check or decision which of these findings rest on it."""

    def findings_on(self, check: str) -> list[tuple[str, str]]:
        """Return provider and id of the findings that rest on a check (a link) or a decision."""


class JournalStore(Protocol):
    """The journal: receipts and case entries by provider and day."""

    def receipts(self, provider: str, day: str) -> Iterator[Receipt]:
        """Yield all receipts of a provider and day, by unit: there may be millions."""

    def journal_entries(self, provider: str, day: str) -> list[JournalEntry]:
        """Return all case entries of a provider and day, by id."""


class LogStore(Protocol):
    """The public log: its head, the keys of its months, and what it says of units."""

    def log_head(self, origin: str) -> LogHead | None:
        """Return the head of a log, if it has one."""

    def move_log_head(self, before: LogHead | None, head: LogHead) -> bool:
        """Move the head of a log. Return False, and move nothing, if `before` is not its head."""

    def log_key(self, month: str) -> bytes | None:
        """Return the key of a month's findings in the log, if it is still kept."""

    def put_log_key(self, month: str, key: bytes, expires: int) -> bytes:
        """Put the key of a month if it has none yet; return the one that is stored afterwards."""

    def logged_units(
        self, provider: str, day: str, shard: str
    ) -> Iterator[tuple[Receipt | None, list[str]]]:
        """Yield receipts of a day, and ids of findings; a receipt's ids may come after it.

        A shard is the first digit of the ids of units or batches.
        """


class FloodStore(Protocol):
    """Rules that the flood guard holds back on a day, and the sums of what workers committed."""

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        """Return the rules under flood guard that day, and whether a person opened them."""

    def flood_holds(self, provider: str) -> list[FloodHold]:
        """Return all held rules of the last weeks by day and rule, with their answers."""

    def flood_question(self, provider: str, day: str, rule: str) -> FloodQuestion | None:
        """Return the question of one rule and day, if the rule was held."""

    def put_flood(self, provider: str, question: FloodQuestion, expires: int) -> bool:
        """Put a rule under flood guard for a day; False if it is or was already."""

    def flood_totals(self, provider: str, day: str) -> list[FloodTotal]:
        """Return the sums of the receipts that each worker committed on a day."""

    def put_flood_total(self, provider: str, day: str, total: FloodTotal, expires: int) -> None:
        """Replace the sum of the receipts that one worker committed on a day."""


class CaseStore(Protocol):
    """Cases, the messages that moved them, and the messages that wait for them."""

    def case(self, case: str) -> Case | None:
        """Return a case with its entries in order; its id is a finding's or an entry's."""

    def case_marker(self, message: str) -> CaseMarker | None:
        """Return the marker of a message about a case, if it was committed."""

    def entry_of(self, marker: CaseMarker) -> JournalEntry:
        """Return the journal entry of a committed message."""

    def commit_case(
        self, marker: CaseMarker, entry: JournalEntry, moves: Sequence[CaseMove]
    ) -> bool:
        """Put marker, journal entry and each case's next entry in one transaction.

        False if any of them existed, or an excerpt is gone by now: read again and judge again.
        """

    def put_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> WaitingMessage:
        """Keep a message until something moves the case that it waits for.

        Return the stored message: the first arrival of the same message stays, with its day.
        A message that was committed meanwhile is not stored: nothing would ever end its wait.
        """

    def end_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> None:
        """Stop keeping a message."""


class OpenFindingStore(Protocol):
    """The open findings, for the moderators who decide on them."""

    def open_findings(self, provider: str, limit: int) -> list[Finding]:
        """Return the first open findings by severity, reach and age; the list may lag a second."""

    def excerpts(self, findings: Sequence[str]) -> dict[str, str]:
        """Return the excerpts that are still kept, by finding."""

    def with_entries(self, findings: Sequence[str]) -> set[str]:
        """Return those of these findings about which somebody has done anything yet."""


class PendingStore(Protocol):
    """Decisions that can be taken back for a few seconds, and then are sent once."""

    def release_pending(self, provider: str, pending: str) -> PendingDecision:
        """End the time in which a decision can be taken back, and return it.

        It becomes `sent`, or stays `undone` if that came first. A decision that is not stored
        becomes `void`, so that it cannot be stored later, when nobody would send it.
        """

    def end_pending(self, pending: PendingDecision) -> None:
        """Record the result of a sent decision. The first call counts."""
