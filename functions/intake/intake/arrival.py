"""Receive a dropped file: pin its version, translate other formats, and cut it into units.

A file of another format becomes JSON Lines: one line for each post or refusal. A line holds a post
whose account is already a pseudonym, or the code and the place of a refusal and nothing of its
content. The same file gives the same bytes each time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO

import msgspec

from intake.formats import GZIP, ZIP, choose_plain
from intake.reader import (
    HEAD_BYTES,
    JSONL,
    PRIVATE,
    Budget,
    FileContext,
    FileEffort,
    FileHead,
    FormatReader,
    PostItem,
    check_size,
    read_counted,
)
from ledger.closing import FILE_DAYS, Closing, current_set, lost_file, refused_file
from ledger.codes import Code, FileRefusedError, ObjectGoneError, ObjectUnreadableError, Refusal
from ledger.findings import Pseudonyms, digest, file_id
from ledger.keys import Provider, is_provider_id, part_key, receipt_key, unknown_receipt_key
from ledger.objects import S3Objects, SqsUnitQueue
from ledger.posts import LINE_BYTES, Post, TranslatedPost, read_fields
from ledger.store import DynamoStore, PseudonymKeys
from ledger.texts import Clock, encode_json, in_days, utc
from ledger.units import Manifest, Marker, Receipt, Source, cut_ranges, digest_of_ids, units_of

WHITE = b"\xef\xbb\xbf \t\r\n"


def choose_reader(head: bytes, name: str, size: int) -> FormatReader:
    """Return the reader of a file by its first HEAD_BYTES, its name and its size in bytes.

    Raises FileRefusedError `empty`, `format_unknown`, or `encoding` for text that is not UTF-8.

    >>> choose_reader(b"id;account;text", "posts", 15).name
    'csv'
    """
    whole = size <= min(len(head), HEAD_BYTES)
    if whole and not head.strip(WHITE):
        raise FileRefusedError(Code.EMPTY)
    file_head = FileHead(head[:HEAD_BYTES], name, whole)
    for archive in (GZIP, ZIP):
        if archive.recognises(file_head):
            return archive
    return choose_plain(file_head)


def translate(
    stream: BinaryIO, reader: FormatReader, context: FileContext, pseudonyms: Pseudonyms
) -> Iterator[bytes]:
    """Yield a line for each item of the file, in order.

    `ledger.posts.read_translated_line` reads these lines.

    Raises FileRefusedError, with the place if it is known, when the whole file is refused: do not
    use the lines that came before. At the end it raises `not_public` (or `channel_not_open`) if the
    file holds private items, and otherwise only items that are no posts.
    """
    codes: Counter[Code | None] = Counter()
    for item in read_counted(reader, stream, context):
        line = item if isinstance(item, Refusal) else _post_line(item, pseudonyms)
        codes[line.code if isinstance(line, Refusal) else None] += 1
        if isinstance(line, Refusal):
            field = {"field": line.field} if line.field else {}
            line = msgspec.json.encode({"refused": line.code, "at": line.at} | field) + b"\n"
        context.effort.record(len(line))
        yield line
    if codes.keys() & PRIVATE and codes.keys() <= PRIVATE | {Code.NOT_A_POST}:
        code = Code.NOT_PUBLIC if Code.NOT_PUBLIC in codes else Code.CHANNEL_NOT_OPEN
        raise FileRefusedError(code, advice="Send only posts that are addressed to everyone.")


def join_parts(lines: Iterable[bytes], part_bytes: int) -> Iterator[bytes]:
    r"""Join lines into parts of at most `part_bytes`; a longer line is a part of its own.

    >>> list(join_parts([b"a\n", b"b\n", b"cccccc\n", b"d\n"], 4))
    [b'a\nb\n', b'cccccc\n', b'd\n']
    """
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and size + len(line) > part_bytes:
            yield b"".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield b"".join(part)


def _post_line(item: PostItem, pseudonyms: Pseudonyms) -> bytes | Refusal:
    result = read_fields(item.fields)
    if isinstance(result, Refusal):
        return msgspec.structs.replace(result, at=item.at)
    post, unknown = result
    fields = {field: getattr(post, field) for field in Post.__struct_fields__}
    fields["account"] = pseudonyms.of(post.account)
    translated = TranslatedPost(
        **fields, at=item.at, assumed_utc=item.assumed_utc, unknown_fields=unknown
    )
    line = msgspec.json.encode(translated) + b"\n"
    # An HTML entity can be shorter than the character it becomes, so a line may grow.
    return line if len(line) <= LINE_BYTES else Refusal(Code.LINE_LONG, at=item.at)


IDENTITY_BYTES = 1024 * 1024
"""Bytes that, with the size, identify a refused file, or a unit that holds only refusals.

Posts are recognised by the ids of their units (`scan.unit_input`).
"""

UNREADABLE = "Upload it again in the storage class STANDARD, without an encryption key of your own."


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The outcome of a file: `cut`, `refused` with a code, `known`, `gone`, `unknown_provider`."""

    status: str
    file: str
    provider: str = ""
    format: str = ""
    size: int = 0
    ranges: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file as S3 described it, its id, and the registered provider under its prefix."""

    source: Source
    id: str
    provider: Provider


@dataclass(frozen=True, slots=True)
class Intake:
    """Receives files: seals a manifest for each, and sends its ranges to the queue of units."""

    store: DynamoStore
    objects: S3Objects
    queue: SqsUnitQueue
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
    ) -> FileOutcome:
        """Receive one version of one object. The same event again changes nothing.

        `seconds_left` returns the rest of the function's time. Raises OperatorError while no set is
        published, and any error of the platform. The event is then delivered again.
        """
        file = file_id(bucket, key, version)
        sealed = self.store.manifest(file)
        if sealed is not None:
            return self._send_units(*sealed, status="known")
        source = Source(bucket, key, version, etag="", size=0)  # until S3 describes it
        name = provider_of(key)
        provider = self.store.provider(name) if name else None
        try:
            source = self.objects.head(bucket, key, version or None)
            if provider is None:
                return self._discard_unknown(source, file)
            return self._cut_or_translate(DroppedFile(source, file, provider), seconds_left)
        except ObjectGoneError:
            return self._report_gone(source, file, provider)
        except ObjectUnreadableError:
            if provider is None:
                return self._discard_unknown(source, file)
            refused = FileRefusedError(Code.OBJECT_UNREADABLE, advice=UNREADABLE)
            dropped = DroppedFile(source, file, provider)
            return self._refuse(dropped, refused, content=digest("content", file))

    def _cut_or_translate(
        self, dropped: DroppedFile, seconds_left: Callable[[], float]
    ) -> FileOutcome:
        """Cut a plain file of JSON Lines as it is; translate any other file first."""
        source = dropped.source
        head = (
            self.objects.read_range(source, 0, min(source.size, HEAD_BYTES)) if source.size else b""
        )
        parts: list[Source] = []
        # One key for the whole file, even if the month ends meanwhile.
        pseudonyms = self.keys.in_force(dropped.provider.provider)
        try:
            reader = choose_reader(head, source.key, source.size)
            if reader is JSONL:
                return self._seal(dropped, pseudonyms.key_id, reader, [source])
            check_size(source.size, self.budget)
            effort = FileEffort(self.budget, seconds_left)
            # Part by part, so that the parts stored before a refusal are known.
            parts.extend(self._store_parts(dropped, reader, pseudonyms, effort))
            content = self._content_digest(source, head)
            return self._seal(dropped, pseudonyms.key_id, reader, parts, content)
        except FileRefusedError as refused:
            for part in parts:
                self.objects.delete_version(part)
            return self._refuse(dropped, refused, self._content_digest(source, head))

    def _store_parts(
        self, dropped: DroppedFile, reader: FormatReader, pseudonyms: Pseudonyms, effort: FileEffort
    ) -> Iterator[Source]:
        """Store the parts of a translation and yield them. A second attempt writes the same bytes.

        An attempt in another month has other pseudonyms, and so its own parts.
        """
        context = FileContext(
            name=dropped.source.key,
            open_channels=frozenset(dropped.provider.open_channels),
            effort=effort,
        )
        with self.objects.open(dropped.source) as stream:
            lines = translate(stream, reader, context, pseudonyms)
            for number, part in enumerate(join_parts(lines, self.part_bytes)):
                key = part_key(dropped.id, reader.name, reader.version, pseudonyms.key_id, number)
                yield self.objects.put_new(self.work_bucket, key, part)

    def _seal(
        self,
        dropped: DroppedFile,
        pseudonym_key: str,
        reader: FormatReader,
        sources: list[Source],
        content: str = "",
    ) -> FileOutcome:
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
            file=dropped.id,
            provider=dropped.provider.provider,
            dropped=dropped.source,
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
        expires = in_days(now, FILE_DAYS)
        if self.store.seal(manifest, sources, expires):
            return self._send_units(manifest, sources, status="cut")
        sealed = self.store.manifest(dropped.id)  # another worker sealed it first
        if sealed is None:
            return FileOutcome("gone", dropped.id)
        pinned = {source.version for source in sealed[1]}
        for source in sources:  # parts that the other worker's manifest does not name
            if source.version not in pinned:
                self.objects.delete_version(source)
        return self._send_units(*sealed, status="known")

    def _send_units(self, manifest: Manifest, sources: list[Source], status: str) -> FileOutcome:
        self.queue.send(units_of(manifest, sources))
        if not manifest.ranges:
            self.closing.close(manifest.file)
        file, size, ranges = manifest.file, manifest.dropped.size, manifest.ranges
        return FileOutcome(status, file, manifest.provider, manifest.format, size, ranges)

    def _refuse(self, dropped: DroppedFile, refused: FileRefusedError, content: str) -> FileOutcome:
        """Record the file as one refused record, write its receipt, and delete it.

        `content` identifies the file: if it is refused again, it is not counted again.
        """
        source, provider = dropped.source, dropped.provider.provider
        at = utc(self.clock.now())
        identity = digest("refused", provider, refused.code, content)
        marker = Marker(identity, provider, at[:10])
        receipt = Receipt(
            unit=marker.unit,
            provider=provider,
            kind="file",
            source=source.key,
            bytes=source.size,
            records=1,
            refused={refused.code: 1},
            findings_digest=digest_of_ids(()),
            at=at,
        )
        self.store.commit_refused(marker, receipt)
        file_receipt = refused_file(
            source, dropped.id, provider, at, refused.code, place=refused.at, advice=refused.advice
        )
        key = receipt_key(provider, dropped.id)
        self.objects.put(self.out_bucket, key, encode_json(file_receipt))
        self.objects.delete_version(source)
        return FileOutcome("refused", dropped.id, provider, size=source.size, code=refused.code)

    def _report_gone(self, source: Source, file: str, provider: Provider | None) -> FileOutcome:
        """Write a receipt for a file that is gone, unless it has one.

        Usually the file was refused or closed before, its event came twice, and its receipt stays.
        Otherwise the file was never read, and none of its records is counted.
        """
        if provider is not None:
            receipt = lost_file(source, file, provider.provider, utc(self.clock.now()))
            key = receipt_key(provider.provider, file)
            self.objects.put_if(self.out_bucket, key, encode_json(receipt), None)
        return FileOutcome("gone", file)

    def _content_digest(self, source: Source, head: bytes) -> str:
        """Return a digest of the file's beginning and size, the same under any key."""
        more = min(source.size, IDENTITY_BYTES)
        start = head if more <= len(head) else self.objects.read_range(source, 0, more)
        return digest("content", start[:more], str(source.size))

    def _discard_unknown(self, source: Source, file: str) -> FileOutcome:
        """Delete a file of an unknown provider. Leave a note that does not quote the file's key."""
        key = unknown_receipt_key(sha256(source.key.encode()).hexdigest())
        note = {"code": Code.PROVIDER_UNKNOWN, "file": file, "bytes": source.size}
        self.objects.put(self.out_bucket, key, encode_json(note))
        self.objects.delete_version(source)
        return FileOutcome("unknown_provider", file, code=Code.PROVIDER_UNKNOWN)


def provider_of(key: str) -> str:
    """Return the provider whose prefix the key has, or an empty string.

    >>> provider_of("drop/acme/2026/export.json"), provider_of("drop/acme"), provider_of("x/acme/a")
    ('acme', '', '')
    """
    folder, _, rest = key.partition("/")
    name, slash, _ = rest.partition("/")
    return name if folder == "drop" and slash and is_provider_id(name) else ""
