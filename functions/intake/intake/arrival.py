"""One dropped file from its arrival to its units: pinned, translated if need be, and cut."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Protocol

from intake.formats import json_lines
from intake.formats.effort import Budget, FileEffort, check_size
from intake.formats.file_head import HEAD_BYTES
from intake.formats.reader import FileContext, FormatReader
from intake.translation import choose_reader, join_parts, translate
from ledger.clock import Clock, utc
from ledger.closing import FILE_DAYS, Closing, lost_file, refused_file
from ledger.errors import ObjectGoneError, ObjectUnreadableError
from ledger.keys import part_key, receipt_key, unknown_receipt_key
from ledger.pointer import current_set
from ledger.ports import FileStore, Objects, ProviderStore, UnitQueue, UnitStore
from ledger.privacy.pseudonyms import PseudonymKeys, Pseudonyms
from ledger.records.identity import digest, file_id
from ledger.records.json_text import encode_json
from ledger.records.manifest import Manifest, Marker, Source, cut_ranges, units_of
from ledger.records.provider import Provider, is_provider_id
from ledger.records.receipt import Receipt, digest_of_ids
from ledger.records.refusal import Code, FileRefusedError

IDENTITY_BYTES = 1024 * 1024
"""The bytes at the start of a file that, with its size, identify it when it comes again."""

UNREADABLE = "Upload it again in the storage class STANDARD, without an encryption key of your own."

WHITE = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class Arrival:
    """The outcome of a file: `cut`, `refused` with a code, `known`, `gone`, `unknown_provider`."""

    outcome: str
    file: str
    provider: str = ""
    format: str = ""
    size: int = 0
    ranges: int = 0
    code: str = ""


class IntakeStore(ProviderStore, FileStore, UnitStore, Protocol):
    """The parts of the table that taking a file in uses."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Receives files over the ports."""

    store: IntakeStore
    objects: Objects
    queue: UnitQueue
    clock: Clock
    closing: Closing
    keys: PseudonymKeys
    work_bucket: str
    out_bucket: str
    public_bucket: str
    range_bytes: int
    part_bytes: int
    budget: Budget = field(default_factory=Budget)

    def receive(
        self, bucket: str, key: str, version: str, seconds_left: Callable[[], float]
    ) -> Arrival:
        """Receive one version of one object. The same event again changes nothing.

        `seconds_left` returns the rest of the function's time.

        Raises OperatorError while no set is published, and any error of the platform. The event
        is then delivered again.
        """
        file = file_id(bucket, key, version)
        sealed = self.store.manifest(file)
        if sealed is not None:
            return self._send_units(*sealed, outcome="known")
        dropped = Source(bucket, key, version, etag="", size=0)  # until S3 describes it
        try:
            dropped = self.objects.head(bucket, key, version or None)
            provider = self._provider(key)
            if provider is None:
                return self._discard_unknown(dropped, file)
            return self._cut_or_translate(dropped, file, provider, seconds_left)
        except ObjectGoneError:
            return self._report_gone(dropped, file)
        except ObjectUnreadableError:
            return self._refuse_unreadable(dropped, file)

    def _provider(self, key: str) -> Provider | None:
        provider = provider_of(key)
        return self.store.provider(provider) if provider else None

    def _cut_or_translate(
        self,
        dropped: Source,
        file: str,
        provider: Provider,
        seconds_left: Callable[[], float],
    ) -> Arrival:
        """Cut a plain file of JSON Lines as it is; translate any other file first."""
        head = (
            self.objects.read_range(dropped, 0, min(dropped.size, HEAD_BYTES))
            if dropped.size
            else b""
        )
        parts: list[Source] = []
        pseudonyms = self.keys.in_force(provider.provider)  # for the whole file, even at month end
        key = pseudonyms.key_id
        blank = not head.strip(WHITE) and len(head) == dropped.size
        try:
            reader = json_lines if blank else choose_reader(head, dropped.key, dropped.size)
            if reader is json_lines:
                return self._seal(dropped, file, provider.provider, key, reader, [dropped])
            check_size(dropped.size, self.budget)
            effort = FileEffort(self.budget, seconds_left)
            # Part by part, so that the parts stored before a refusal are known.
            parts.extend(self._store_parts(dropped, file, provider, reader, pseudonyms, effort))
            content = self._content_digest(dropped, head)
            return self._seal(dropped, file, provider.provider, key, reader, parts, content)
        except FileRefusedError as refused:
            for source in parts:
                self.objects.delete_version(source)
            content = self._content_digest(dropped, head)
            return self._refuse_file(dropped, file, provider.provider, content, refused)

    def _store_parts(
        self,
        dropped: Source,
        file: str,
        provider: Provider,
        reader: FormatReader,
        pseudonyms: Pseudonyms,
        effort: FileEffort,
    ) -> Iterator[Source]:
        """Store the parts of a translation and yield them. A second try writes the same bytes.

        A try in another month has other pseudonyms, and so its own parts.
        """
        context = FileContext(
            provider=provider.provider,
            name=dropped.key,
            open_channels=frozenset(provider.open_channels),
            effort=effort,
        )
        with self.objects.open(dropped) as stream:
            lines = translate(stream, reader, context, pseudonyms)
            for number, part in enumerate(join_parts(lines, self.part_bytes)):
                key = part_key(file, reader.name, reader.version, pseudonyms.key_id, number)
                yield self.objects.put_new(self.work_bucket, key, part)

    def _seal(
        self,
        dropped: Source,
        file: str,
        provider: str,
        pseudonym_key: str,
        reader: FormatReader,
        sources: list[Source],
        content: str = "",
    ) -> Arrival:
        """Store how the sources are cut into ranges, and send the units of all ranges.

        A translated file has a `content` digest, and its parts are the sources. Raises
        FileRefusedError for more units than can be sent and closed in time.
        """
        ranges = sum(len(cut_ranges(source, self.range_bytes)) for source in sources)
        if ranges > self.budget.units:
            limit = self.budget.units * self.range_bytes
            advice = f"Send it in files of at most {limit:,} bytes."
            raise FileRefusedError(Code.TOO_LARGE_FOR_FORMAT, advice=advice)
        now = self.clock.now()
        manifest = Manifest(
            file=file,
            provider=provider,
            dropped=dropped,
            format=reader.name,
            reader_version=reader.version,
            range_bytes=self.range_bytes,
            ranges=ranges,
            set=current_set(self.objects, self.public_bucket),
            pseudonym_key=pseudonym_key,
            day=now.date().isoformat(),
            at=utc(now),
            translated=bool(content),
            content=content,
        )
        expires = int((now + timedelta(days=FILE_DAYS)).timestamp())
        if self.store.seal(manifest, sources, expires):
            return self._send_units(manifest, sources, outcome="cut")
        sealed = self.store.manifest(file)  # another worker sealed it first
        if sealed is None:
            return Arrival("gone", file)
        pinned = {source.version for source in sealed[1]}
        for source in sources:  # parts that the other worker's manifest does not name
            if source.version not in pinned:
                self.objects.delete_version(source)
        return self._send_units(*sealed, outcome="known")

    def _send_units(self, manifest: Manifest, sources: list[Source], outcome: str) -> Arrival:
        self.queue.send(units_of(manifest, sources))
        if not manifest.ranges:
            self.closing.close(manifest.file)
        return Arrival(
            outcome,
            manifest.file,
            manifest.provider,
            manifest.format,
            manifest.dropped.size,
            manifest.ranges,
        )

    def _refuse_file(
        self, dropped: Source, file: str, provider: str, content: str, refused: FileRefusedError
    ) -> Arrival:
        """Record the file as one refused record, write its receipt, and delete it.

        `content` identifies the file: if it is refused again, it is not counted again.
        """
        at = utc(self.clock.now())
        identity = digest("refused", provider, refused.code, content)
        marker = Marker(identity, provider, at[:10])
        receipt = Receipt(
            unit=marker.unit,
            provider=provider,
            kind="file",
            source=dropped.key,
            bytes=dropped.size,
            lines=0,
            records=1,
            inspected=0,
            refused={refused.code: 1},
            findings=0,
            findings_digest=digest_of_ids(()),
            repeats=0,
            by_rule={},
            by_language={},
            set="",
            at=at,
        )
        self.store.commit_unit(marker, receipt, "", None)
        file_receipt = refused_file(
            dropped, file, provider, at, refused.code, place=refused.at, advice=refused.advice
        )
        self.objects.put(self.out_bucket, receipt_key(provider, file), encode_json(file_receipt))
        self.objects.delete_version(dropped)
        return Arrival("refused", file, provider, size=dropped.size, code=refused.code)

    def _refuse_unreadable(self, dropped: Source, file: str) -> Arrival:
        provider = self._provider(dropped.key)
        if provider is None:
            return self._discard_unknown(dropped, file)
        refused = FileRefusedError(Code.OBJECT_UNREADABLE, advice=UNREADABLE)
        return self._refuse_file(dropped, file, provider.provider, digest("content", file), refused)

    def _report_gone(self, dropped: Source, file: str) -> Arrival:
        """Write a receipt for a file that is gone, unless it has one.

        Usually the file was refused or closed before, its event came twice, and its receipt stays.
        Otherwise nobody has read it: no record is known, so none is counted.
        """
        provider = self._provider(dropped.key)
        if provider is not None:
            receipt = lost_file(dropped, file, provider.provider, utc(self.clock.now()))
            key = receipt_key(provider.provider, file)
            self.objects.put_if(self.out_bucket, key, encode_json(receipt), None)
        return Arrival("gone", file)

    def _content_digest(self, dropped: Source, head: bytes) -> str:
        """Return a digest of the file's beginning and size, the same under any key."""
        more = min(dropped.size, IDENTITY_BYTES)
        start = head if more <= len(head) else self.objects.read_range(dropped, 0, more)
        return digest("content", start[:more], str(dropped.size))

    def _discard_unknown(self, dropped: Source, file: str) -> Arrival:
        """Delete a file of an unknown provider, and leave a note without the words of its key."""
        key = unknown_receipt_key(sha256(dropped.key.encode()).hexdigest())
        note = {"code": Code.PROVIDER_UNKNOWN, "file": file, "bytes": dropped.size}
        self.objects.put(self.out_bucket, key, encode_json(note))
        self.objects.delete_version(dropped)
        return Arrival("unknown_provider", file, code=Code.PROVIDER_UNKNOWN)


def provider_of(key: str) -> str:
    """Return the provider whose prefix the key has, or an empty string.

    >>> provider_of("drop/acme/2026/export.json"), provider_of("drop/acme"), provider_of("x/acme/a")
    ('acme', '', '')
    """
    folder, _, rest = key.partition("/")
    name, slash, _ = rest.partition("/")
    return name if folder == "drop" and slash and is_provider_id(name) else ""
