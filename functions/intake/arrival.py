"""One dropped file from its arrival to its units: pinned, and cut, or translated first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from formats import HEAD_BYTES, Context, FileRefusedError, Reader, check_size, choose, json_lines
from ledger.closing import FILE_DAYS, Closing, refused_file
from ledger.errors import ObjectGoneError
from ledger.identity import digest, file_id
from ledger.keys import part_key, receipt_key, unknown_receipt_key
from ledger.manifest import Manifest, Marker, Source, cut, units
from ledger.pointer import current_set
from ledger.ports import Clock, Objects, Store, UnitQueue
from ledger.post import utc
from ledger.pretty import pretty
from ledger.provider import Provider, is_provider_id
from ledger.pseudonym import Pseudonyms
from ledger.pseudonym_keys import PseudonymKeys
from ledger.receipt import Receipt, digest_of_ids
from ledger.refusal import Code
from translation import parts, translate

IDENTITY_BYTES = 1024 * 1024
"""How much of a file, beside its size, makes it the same file when it comes again."""

WHITE = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file became `cut`, `refused` (with a code), `known`, `gone` or `unknown_provider`."""

    outcome: str
    file: str
    provider: str = ""
    format: str = ""
    size: int = 0
    ranges: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes files in over the ports."""

    store: Store
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

    def receive(self, bucket: str, key: str, version: str, seconds_left: float) -> Arrival:
        """Take one version of one object in; the same event again changes nothing.

        Raises OperatorError while no set is published, and whatever the platform raises: the
        event then comes again.
        """
        file = file_id(bucket, key, version)
        sealed = self.store.manifest(file)
        if sealed is not None:
            return self._send(*sealed, outcome="known")
        try:
            dropped = self.objects.head(bucket, key, version or None)
            name = provider_of(key)
            provider = self.store.provider(name) if name else None
            if provider is None:
                return self._unknown(dropped, file)
            return self._take(dropped, file, provider, seconds_left)
        except ObjectGoneError:
            return Arrival("gone", file)  # it was refused, or its sender took it back

    def _take(self, dropped: Source, file: str, provider: Provider, seconds_left: float) -> Arrival:
        head = (
            self.objects.read_range(dropped, 0, min(dropped.size, HEAD_BYTES))
            if dropped.size
            else b""
        )
        put: list[Source] = []
        pseudonyms = self.keys.in_force(provider.provider)  # for the whole file, whatever it takes
        key = pseudonyms.key_id
        blank = not head.strip(WHITE) and len(head) == dropped.size
        try:
            reader = json_lines if blank else choose(head, dropped.key, dropped.size)
            if reader is json_lines:
                return self._seal(dropped, file, provider.provider, key, reader, [dropped])
            check_size(reader, dropped.size, seconds_left)
            # Taken one by one, so that what was put before a refusal is known.
            put.extend(self._translated(dropped, file, provider, reader, pseudonyms))
            content = self._content(dropped, head)
            return self._seal(dropped, file, provider.provider, key, reader, put, content)
        except FileRefusedError as refused:
            for source in put:
                self.objects.delete_version(source)
            return self._refuse(dropped, file, provider.provider, head, refused)

    def _translated(
        self,
        dropped: Source,
        file: str,
        provider: Provider,
        reader: Reader,
        pseudonyms: Pseudonyms,
    ) -> Iterator[Source]:
        """The parts of a translation, as they are put: a second try writes the same bytes.

        One in another month has other pseudonyms, and parts of its own.
        """
        context = Context(
            provider=provider.provider,
            name=dropped.key,
            open_channels=frozenset(provider.open_channels),
        )
        with self.objects.open(dropped) as stream:
            lines = translate(stream, reader, context, pseudonyms)
            for number, part in enumerate(parts(lines, self.part_bytes)):
                key = part_key(file, reader.name, reader.version, pseudonyms.key_id, number)
                yield self.objects.put_new(self.work_bucket, key, part)

    def _seal(
        self,
        dropped: Source,
        file: str,
        provider: str,
        pseudonym_key: str,
        reader: Reader,
        sources: list[Source],
        content: str = "",
    ) -> Arrival:
        """Pin how a file is cut. `content` is of a translated file, whose parts are its sources."""
        now = self.clock.now()
        manifest = Manifest(
            file=file,
            provider=provider,
            dropped=dropped,
            format=reader.name,
            reader_version=reader.version,
            range_bytes=self.range_bytes,
            ranges=sum(len(cut(source, self.range_bytes)) for source in sources),
            set=current_set(self.objects, self.public_bucket),
            pseudonym_key=pseudonym_key,
            day=now.date().isoformat(),
            at=utc(now),
            translated=bool(content),
            content=content,
        )
        expires = int((now + timedelta(days=FILE_DAYS)).timestamp())
        if self.store.seal(manifest, sources, expires):
            return self._send(manifest, sources, outcome="cut")
        sealed = self.store.manifest(file)  # another worker sealed it a moment before
        if sealed is None:
            return Arrival("gone", file)
        pinned = {source.version for source in sealed[1]}
        for late in sources:  # that worker's parts may be done with by now: then these are nobody's
            if late.version not in pinned:
                self.objects.delete_version(late)
        return self._send(*sealed, outcome="known")

    def _send(self, manifest: Manifest, sources: list[Source], outcome: str) -> Arrival:
        self.queue.send(units(manifest, sources))
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

    def _refuse(
        self, dropped: Source, file: str, provider: str, head: bytes, refused: FileRefusedError
    ) -> Arrival:
        """One record, refused: journalled once, told to the sender, and the file gone at once."""
        at = utc(self.clock.now())
        identity = digest("refused", provider, refused.code, self._content(dropped, head))
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
        self.store.commit(marker, receipt, "", None)
        told = refused_file(
            dropped, file, provider, at, refused.code, place=refused.at, advice=refused.advice
        )
        self.objects.put(self.out_bucket, receipt_key(provider, file), pretty(told))
        self.objects.delete_version(dropped)
        return Arrival("refused", file, provider, size=dropped.size, code=refused.code)

    def _content(self, dropped: Source, head: bytes) -> str:
        """What tells a file from others, under whatever key it comes: its beginning and size."""
        more = min(dropped.size, IDENTITY_BYTES)
        start = head if more <= len(head) else self.objects.read_range(dropped, 0, more)
        return digest("content", start[:more], str(dropped.size))

    def _unknown(self, dropped: Source, file: str) -> Arrival:
        """Nobody registered drops here: a note without the key's words, and the file is gone."""
        key = unknown_receipt_key(sha256(dropped.key.encode()).hexdigest())
        note = {"code": Code.PROVIDER_UNKNOWN, "file": file, "bytes": dropped.size}
        self.objects.put(self.out_bucket, key, pretty(note))
        self.objects.delete_version(dropped)
        return Arrival("unknown_provider", file, code=Code.PROVIDER_UNKNOWN)


def provider_of(key: str) -> str:
    """The provider whose prefix the key lies under, or nothing.

    >>> provider_of("drop/acme/2026/export.json"), provider_of("drop/acme"), provider_of("x/acme/a")
    ('acme', '', '')
    """
    folder, _, rest = key.partition("/")
    name, slash, _ = rest.partition("/")
    return name if folder == "drop" and slash and is_provider_id(name) else ""
