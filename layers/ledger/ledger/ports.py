"""The ports through which effects pass: the core receives them as arguments."""

from collections.abc import Collection, Iterable, Sequence
from typing import BinaryIO, Protocol

from ledger.cases.case import (
    Case,
    CaseMarker,
    CaseMove,
    JournalEntry,
    ParkedMessage,
)
from ledger.privacy.audit_sample import SampledPost
from ledger.privacy.pseudonyms import MonthSalt
from ledger.records.finding import Finding
from ledger.records.manifest import FirstTry, Manifest, Marker, OpenFile, RangeRow, Source, Unit
from ledger.records.provider import Provider
from ledger.records.receipt import Receipt


class Objects(Protocol):
    """Buckets of objects."""

    def head(self, bucket: str, key: str, version: str | None = None) -> Source:
        """The pinned description of an object. Raises ObjectGoneError if there is none."""

    def read_range(self, source: Source, start: int, end: int) -> bytes:
        """Exactly the bytes start to end of that version; never fewer, never another version's.

        Raises ObjectChangedError or ObjectGoneError.
        """

    def open(self, source: Source) -> BinaryIO:
        """The object as a seekable file that reads ranges as it goes."""

    def get(self, bucket: str, key: str) -> bytes | None:
        """The newest bytes under a key, or nothing."""

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        """The newest bytes under a key and their ETag, for put_if."""

    def put(self, bucket: str, key: str, data: bytes) -> Source:
        """Write, over whatever stands there. The content type follows the key's ending."""

    def put_new(self, bucket: str, key: str, data: bytes) -> Source:
        """Write once: the same bytes again are no error. Raises ImmutableError for other bytes."""

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        """Compare and swap: write only over that ETag, or (None) only where nothing stands.

        `tags` are those of a URL's query; a bucket's lifecycle can go by them.
        """

    def delete_version(self, source: Source) -> None:
        """Delete that one version for good; no delete marker stays."""

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """All keys under a prefix, sorted."""


class UnitQueue(Protocol):
    """The queue of units."""

    def send(self, units: Iterable[Unit]) -> None:
        """Send all; what the queue refused is sent again, and what is left raises."""


class Store(Protocol):
    """The table: journal, cases, markers, manifests, providers."""

    def provider(self, provider: str) -> Provider | None:
        """One provider, if it is registered."""

    def providers(self) -> list[Provider]:
        """All providers, sorted by id."""

    def put_provider(self, provider: Provider) -> None:
        """Register a provider, or change it."""

    def manifest(self, file: str) -> tuple[Manifest, list[Source]] | None:
        """A sealed manifest and the sources its ranges are cut from."""

    def seal(self, manifest: Manifest, sources: Sequence[Source], expires: int) -> bool:
        """Put a manifest if absent, and list its file as open; False if it was sealed before.

        `expires`, here and below, is the end of what is kept in seconds since 1970.
        """

    def marker(self, unit: str) -> Marker | None:
        """Whether the unit was committed, and where."""

    def first_try(self, unit: str) -> FirstTry | None:
        """By which rules the unit was first tried, if it had findings then."""

    def record_first_try(self, unit: str, own: FirstTry) -> FirstTry:
        """Say by which rules the unit is tried, if absent; the first word, which stays."""

    def put_findings(self, pairs: Sequence[tuple[Finding, str]], expires: int) -> list[Finding]:
        """Put findings with their excerpts if absent; the findings as they stand afterwards.

        In the order of the pairs: the stored one where one stood before, else the given one.
        `expires` is the excerpts' end; a stub has none.
        """

    def put_check_uses(self, findings: Sequence[Finding]) -> None:
        """Note for each check which of these findings propose a label with it."""

    def check_uses(self, check: str) -> list[tuple[str, str]]:
        """The providers and ids of the findings that propose a label with a check, by its link."""

    def put_finding_ids(self, marker: Marker, ids: Sequence[str]) -> None:
        """Put the pages of a receipt, before it."""

    def commit_unit(
        self,
        marker: Marker,
        receipt: Receipt,
        file: str,
        row: RangeRow | None,
        tried: FirstTry | None = None,
    ) -> bool:
        """Put marker, receipt and range row in one transaction; False if the marker stood.

        A unit that did not `begin`, since it found nothing, is `tried` here: raises OSError if
        another worker began it meanwhile, by whatever rules.
        """

    def put_range(self, file: str, row: RangeRow) -> None:
        """Put the row of a range whose unit is known, or that owns no line, if absent."""

    def range_row(self, file: str, number: int) -> RangeRow | None:
        """The row of one range, once it is committed."""

    def ranges(self, file: str) -> list[RangeRow]:
        """The rows of a file, by number."""

    def range_count(self, file: str) -> int:
        """How many rows a file has: cheaper than the rows."""

    def receipt(self, marker: Marker) -> Receipt:
        """The receipt of a committed unit."""

    def receipts(self, provider: str, day: str) -> list[Receipt]:
        """All receipts of a provider and day, by unit."""

    def findings_of(self, marker: Marker) -> list[tuple[Finding, str | None]]:
        """A unit's findings by id, each with its excerpt while that is kept."""

    def files(self, provider: str) -> list[OpenFile]:
        """The provider's files of the last weeks, closed or not, by day and id."""

    def close_file(self, provider: str, file: str, day: str, expires: int) -> None:
        """Say that the last range of a file was committed by that day; the first word stays."""

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        """The rules under flood guard that day (`pack/rule`), and whether somebody lifted it."""

    def put_flood(self, provider: str, day: str, rule: str, expires: int) -> bool:
        """Put a rule under flood guard for a day; False if it was or had been."""

    def moderator_aliases(self, provider: str, month: str) -> dict[str, str]:
        """The letters of a provider's month by moderator."""

    def put_moderator_alias(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another has it."""

    def audit_key(self, month: str) -> str | None:
        """The key of a month's audit sample in hex, if any post was sampled."""

    def put_audit_key(self, month: str, key: str, expires: int) -> None:
        """Leave the key of a month's audit sample for whoever publishes it after the month."""

    def case(self, case: str) -> Case | None:
        """A case as it stands, or nothing: the id is a finding's or an entry's."""

    def case_marker(self, message: str) -> CaseMarker | None:
        """Whether a message about a case was committed; `message` is its marker's id."""

    def commit_case(
        self, marker: CaseMarker, entry: JournalEntry, moves: Sequence[CaseMove]
    ) -> bool:
        """Put marker, journal entry and each case's next entry in one transaction.

        False if any of them stood, or an excerpt is gone by now: then read again and judge anew.
        """

    def park(self, case: str, waiting: ParkedMessage, expires: int) -> ParkedMessage:
        """Keep a message until something moves the case that it waits for.

        What is kept: the first word of the same message stays, with its day.
        """

    def unpark(self, case: str, waiting: ParkedMessage, expires: int) -> None:
        """The message waits no longer."""

    def journal_entries(self, provider: str, day: str) -> list[JournalEntry]:
        """All case entries of a provider and day, by id."""

    def open_findings(self, provider: str, limit: int) -> list[Finding]:
        """The first open findings by severity, reach and age; the list may lag by a second."""

    def excerpts(self, findings: Sequence[str]) -> dict[str, str]:
        """The excerpts that are still kept, by finding."""

    def with_entries(self, findings: Sequence[str]) -> set[str]:
        """Those about which somebody has done anything yet."""

    def put_sample(self, marker: Marker, posts: Sequence[SampledPost], expires: int) -> None:
        """Keep the posts of a unit's sample."""

    def samples(self, provider: str, day: str) -> list[SampledPost]:
        """The posts of all units' samples of a provider and day, by rank; repeats are in it."""

    def month_salt(self, key_id: str) -> MonthSalt | None:
        """The salt of a month's key of pseudonyms, if it stands."""

    def month_salts(self) -> list[MonthSalt]:
        """All that stand, by month."""

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        """Put a month's salt if absent; the first one, which stays."""

    def erased_accounts(self, provider: str, accounts: Collection[str]) -> frozenset[str]:
        """Those of these pseudonyms under which a tombstone stands."""

    def put_tombstone(self, provider: str, account: str, expires: int) -> None:
        """Put a tombstone under a pseudonym: whatever comes of it until then is put as a stub."""

    def replace_with_stub(self, finding: Finding, expires: int) -> None:
        """Put the stub over a finding, off the list of open ones, and take its excerpt's text."""
