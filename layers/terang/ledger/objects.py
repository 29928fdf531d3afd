"""Buckets on S3 and queues on SQS.

Of buckets: pinned versions, exact ranges, and objects that are written once. Of queues: deliveries,
who sent them, and the queue of units.
"""

import io
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any, BinaryIO, cast

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ledger import codes
from ledger.keys import Provider, is_provider_id
from ledger.store import DynamoStore
from ledger.texts import Clock
from ledger.units import RangeMessage, Source

READ_AHEAD_BYTES = 4 * 1024 * 1024

CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/atom+xml",
    "yaml": "application/yaml",
    "py": "text/x-python; charset=utf-8",
    "zip": "application/zip",
}

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "405", "MethodNotAllowed"}
_CHANGED = {"PreconditionFailed", "412", "InvalidRange", "416"}
_UNREADABLE = {"InvalidObjectState", "InvalidRequest"}  # archived; put with a key of the sender's
_DENIED = {"AccessDenied", "403"}
_CONFLICT = {"ConditionalRequestConflict", "409"}
_CONFLICT_TRIES = 5


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of an object as a bucket lists it; a delete marker has no bytes."""

    source: Source
    is_latest: bool
    is_marker: bool
    written_at: datetime


@dataclass(slots=True)
class S3Objects:
    """Buckets of objects, on an S3 client."""

    client: Any
    _ignores_range: bool = False

    def head(self, bucket: str, key: str, version: str | None = None) -> Source:
        """Return the pinned description of an object, of its newest version if none is named.

        Raises ObjectGoneError, ObjectUnreadableError or OperatorError.
        """
        pin = {"VersionId": version} if version else {}
        try:
            head = self.client.head_object(Bucket=bucket, Key=key, **pin)
        except ClientError as error:
            if error.response["Error"]["Code"] == "400":  # an answer to HEAD has no body to say why
                self._ask_why(bucket, key, pin)
            raise self._unread(error, bucket, key, version) from error
        return Source(
            bucket, key, head.get("VersionId", ""), head["ETag"], int(head["ContentLength"])
        )

    def read_range(self, source: Source, start: int, end: int) -> bytes:
        """Return exactly those bytes of that version; never fewer, never another version's.

        Some servers ignore Range (RFC 9110, 14.2) when a version is named. Such an answer is closed
        unread and asked for again without the version, which it must then carry.

        Raises ObjectChangedError, ObjectGoneError, ObjectUnreadableError or OperatorError.
        """
        asked = {
            "Bucket": source.bucket,
            "Key": source.key,
            "IfMatch": source.etag,
            "Range": f"bytes={start}-{end - 1}",
        }
        wanted = f"bytes {start}-{end - 1}/{source.size}"
        try:
            if not self._ignores_range:
                answer = self.client.get_object(**asked, VersionId=source.version)
                if answer.get("ContentRange") != wanted:
                    answer["Body"].close()
                    self._ignores_range = True  # this server never honours it
            if self._ignores_range:
                answer = self.client.get_object(**asked)
        except ClientError as error:
            raise self._unread(error, source.bucket, source.key, source.version) from error
        with answer["Body"] as body:
            if answer.get("ContentRange") != wanted or answer.get("VersionId") != source.version:
                raise codes.ObjectChangedError("the object is no longer the version that was cut")
            data = cast("bytes", body.read())
        if len(data) != end - start:
            # It passes: the caller tries again.
            raise OSError(f"got {len(data)} of {end - start} bytes")
        return data

    def _ask_why(self, bucket: str, key: str, pin: dict[str, str]) -> None:
        """Raise what S3 answers to a request for the object's first byte, if it refuses it."""
        try:
            self.client.get_object(Bucket=bucket, Key=key, Range="bytes=0-0", **pin)["Body"].close()
        except ClientError as error:
            raise _translated(error) from error

    def _unread(self, error: ClientError, bucket: str, key: str, version: str | None) -> Exception:
        """Return why a version could not be read.

        S3 also answers *denied* for a version that does not exist, if the caller may not list the
        bucket. So the list of versions decides between gone and denied.
        """
        if version and error.response["Error"]["Code"] in _DENIED:
            for found in self.versions(bucket, key):  # in the order of their keys
                if found.source.key != key:
                    break
                if found.source.version == version:
                    return _translated(error)
            return codes.ObjectGoneError("the object or its pinned version is gone")
        return _translated(error)

    def open(self, source: Source) -> BinaryIO:
        """Return the object as a seekable file that reads ranges as it goes."""
        return cast("BinaryIO", io.BufferedReader(_RangedFile(self, source), READ_AHEAD_BYTES))

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return the newest bytes under a key, or None."""
        found = self.get_with_etag(bucket, key)
        return found[0] if found else None

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        """Return the newest bytes under a key and their ETag, for `put_if`."""
        answer = self._answer(Bucket=bucket, Key=key)
        return (answer["Body"].read(), answer["ETag"]) if answer else None

    def put(self, bucket: str, key: str, data: bytes) -> Source:
        """Write an object, or replace it. The content type follows the ending of the key."""
        return self._put(bucket, key, data)

    def put_new(self, bucket: str, key: str, data: bytes) -> Source:
        """Write once. The same bytes again are accepted; raises ImmutableError for other bytes."""
        try:
            return self._put(bucket, key, data, IfNoneMatch="*")
        except codes.ObjectChangedError:
            stored = self.get(bucket, key)
            if stored is None:  # between the two calls another worker ended and removed its parts
                raise OSError(f"{key} was deleted meanwhile") from None
            if stored != data:
                raise codes.ImmutableError(f"{key} already has other bytes") from None
            return self.head(bucket, key)

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        """Write only over that ETag, or (None) only where nothing is; return whether it wrote.

        `tags` are written like the query of a URL; a bucket's lifecycle can select by them.
        """
        options = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        if tags:
            options["Tagging"] = tags
        try:
            self._put(bucket, key, data, **options)
        except (codes.ObjectChangedError, codes.ObjectGoneError):
            return False
        return True

    def delete_version(self, source: Source) -> None:
        """Delete that one version for good, without a delete marker."""
        self.client.delete_object(Bucket=source.bucket, Key=source.key, VersionId=source.version)

    def versions(self, bucket: str, prefix: str) -> Iterator[StoredVersion]:
        """Yield every version under a prefix, delete markers too; of a key the newest first.

        Raises OperatorError if listing is not allowed.
        """
        pages = self.client.get_paginator("list_object_versions")
        try:
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for kind in ("Versions", "DeleteMarkers"):
                    for version in page.get(kind, ()):
                        source = Source(
                            bucket,
                            version["Key"],
                            version["VersionId"],
                            version.get("ETag", ""),
                            version.get("Size", 0),
                        )
                        is_marker, written_at = kind == "DeleteMarkers", version["LastModified"]
                        yield StoredVersion(source, version["IsLatest"], is_marker, written_at)
        except ClientError as error:
            raise _translated(error) from error

    def version_bytes(self, source: Source) -> bytes | None:
        """Return all bytes of one version, or None if it is gone."""
        answer = self._answer(Bucket=source.bucket, Key=source.key, VersionId=source.version)
        return answer["Body"].read() if answer else None

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Return all keys under a prefix, sorted."""
        return sorted(item["Key"] for item in self._listed(bucket, prefix))

    def etags(self, bucket: str, prefix: str) -> dict[str, str]:
        """Return the ETag of each key under a prefix: another one means that it was written."""
        return {item["Key"]: item["ETag"] for item in self._listed(bucket, prefix)}

    def _answer(self, **where: str) -> Any:
        """Return what S3 answers about an object, or None if it is gone."""
        try:
            return self.client.get_object(**where)
        except ClientError as error:
            if isinstance(_translated(error), codes.ObjectGoneError):
                return None
            raise

    def _listed(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return (item for page in pages for item in page.get("Contents", ()))

    def _put(self, bucket: str, key: str, data: bytes, **options: str) -> Source:
        content_type = CONTENT_TYPES.get(key.rpartition(".")[2], "application/octet-stream")
        for attempt in range(_CONFLICT_TRIES):
            try:
                answer = self.client.put_object(
                    Bucket=bucket, Key=key, Body=data, ContentType=content_type, **options
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in _CONFLICT:
                    raise _translated(error) from error
                time.sleep(0.05 * 2**attempt)  # somebody else is writing the same key
            else:
                return Source(bucket, key, answer.get("VersionId", ""), answer["ETag"], len(data))
        raise OSError(f"other writers kept {key} busy")


@dataclass(slots=True)
class _RangedFile(io.RawIOBase):
    """One version of an object as a raw file."""

    objects: S3Objects
    source: Source
    position: int = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.source.size}
        self.position = max(0, origin[whence] + offset)
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: Any) -> int:
        end = min(self.source.size, self.position + len(buffer))
        if end <= self.position:
            return 0
        data = self.objects.read_range(self.source, self.position, end)
        buffer[: len(data)] = data
        self.position = end
        return len(data)


def _translated(error: ClientError) -> Exception:
    """Return the error as one of the ledger's, or unchanged."""
    code: str = error.response["Error"]["Code"]
    if code in _GONE:
        return codes.ObjectGoneError("the object or its pinned version is gone")
    if code in _CHANGED:
        return codes.ObjectChangedError("the object is no longer the version that was cut")
    if code in _UNREADABLE and error.operation_name == "GetObject":
        return codes.ObjectUnreadableError(f"S3 answered {code}: the object cannot be read")
    if code in _DENIED | {"NoSuchBucket"}:
        return codes.OperatorError(f"S3 answered {code}: see the function's policy and the bucket")
    return cast("Exception", error)


RESERVE_SECONDS = 20
"""Time that must be left to begin a delivery. With less it is handed back, and comes again."""

ATTRIBUTES = ("provider", "door", "first_sender", "first_sent")


class TimeReserveError(codes.OperatorError):
    """Too little time is left to begin: the delivery comes again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery: its queue, body, sender, attributes and when it was sent.

    `id` is the message's name in SQS, `receives` how often it was delivered, this time included.
    """

    queue_arn: str
    body: str
    sender_id: str
    attributes: dict[str, str]
    sent_at: datetime
    id: str = ""
    receives: int = 1

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Delivery":
        """Read a record of the event by which SQS calls a function."""
        named = record.get("messageAttributes") or {}
        return cls(
            queue_arn=record["eventSourceARN"],
            body=record["body"],
            sender_id=record["attributes"].get("SenderId") or "",
            attributes={
                name: named[name].get("stringValue") or "" for name in ATTRIBUTES if name in named
            },
            sent_at=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC),
            id=record.get("messageId") or "",
            receives=int(record["attributes"].get("ApproximateReceiveCount") or 1),
        )


def require_reserve(seconds_left: Callable[[], float]) -> None:
    """Raise TimeReserveError if too little time is left to begin something."""
    if seconds_left() < RESERVE_SECONDS:
        raise TimeReserveError("too little time is left to begin")


def error_code(error: BaseException | None) -> str:
    """Return the code of an error, the platform's or ours; its message could quote what was sent.

    >>> error_code(KeyError("x"))
    ''
    """
    if isinstance(error, codes.TerangError):
        return str(getattr(error, "code", ""))
    answer = getattr(error, "response", None) or {}  # None in a timeout
    return str(answer.get("Error", {}).get("Code", ""))


def log_failures(
    failures: Iterable[tuple[Any, BaseException | None, Any]], log: Callable[..., None]
) -> None:
    """Log why deliveries failed, as Powertools records it, without any of their content.

    The words of an error for the operator are logged: they hold nothing of a delivery.

    Raises MemoryError if a delivery did: the worker is unusable, and a new one takes the rest.
    """
    for _, error, _ in failures:
        log("failed", extra={**codes.logged(error), "code": error_code(error)})
        if isinstance(error, MemoryError):
            raise error


def postpone(client: Any, url: str, record: Any, wait_after: Callable[[int], int]) -> None:
    """Set in how many seconds a failed delivery comes again, if SQS lets us.

    `record` is that of Powertools; `wait_after` gets how often it was received.
    """
    receives = int(record.attributes.approximate_receive_count)
    with suppress(BotoCoreError, ClientError):
        client.change_message_visibility(
            QueueUrl=url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=wait_after(receives),
        )


_MILLISECONDS = re.compile("[0-9]{1,14}")  # up to about the year 5138

REGISTRY_SECONDS = 60
"""How long a worker uses what a provider registered before it reads it again."""


@dataclass(slots=True)
class Senders:
    """The registered senders. `redrive` repeats dead letters, `inbox` sends what came by HTTP."""

    store: DynamoStore
    clock: Clock
    redrive: str = ""
    inbox: str = ""
    _known: dict[str, tuple[float, Provider | None]] = field(default_factory=dict)

    def provider_of_sender(
        self, sender_id: str, attributes: Mapping[str, str], *doors: str
    ) -> str | None:
        """Return the provider of a message; None if its sender (`ID:session`) is not registered.

        The function inbox sends for every provider, and it alone names a door: one of `doors`.
        """
        name, door = attributes.get("provider", ""), attributes.get("door", "")
        sender = self._first_sender(sender_id, attributes)
        provider = self._registered(name) if is_provider_id(name) else None
        is_passed_on = sender == self.inbox and door in doors
        is_own = provider and not door and sender in provider.senders
        return name if provider and sender and (is_own or is_passed_on) else None

    def is_form(self, delivery: Delivery) -> bool:
        """Return whether an accepted delivery passes on what somebody wrote into a form."""
        sender, named = delivery.sender_id, delivery.attributes
        return not (named.get("door") or self.provider_of_sender(sender, named))

    def _first_sender(self, sender_id: str, attributes: Mapping[str, str]) -> str:
        # The attribute counts only in a message that the redrive role repeats.
        first = attributes.get("first_sender", "") if self._repeats(sender_id) else sender_id
        return first.partition(":")[0]

    def other_door(self, provider: str, door: str) -> str:
        """Return the door of a provider's moderators if it is not this one, else an empty text.

        An unregistered provider has none, so every door is another one.
        """
        registered = self._registered(provider) if is_provider_id(provider) else None
        if registered is None:
            return "none"
        return "" if registered.door == door else registered.door

    def first_sent(self, delivery: Delivery) -> datetime:
        """Return when a message was first sent, so that a dead letter is judged as on that day.

        SQS sets a new time when a message is repeated. Only the redrive role may name an earlier
        one, under the attribute `first_sent`, in milliseconds since 1970.
        """
        named = delivery.attributes.get("first_sent", "")
        if self._repeats(delivery.sender_id) and _MILLISECONDS.fullmatch(named):
            return min(datetime.fromtimestamp(int(named) / 1000, UTC), delivery.sent_at)
        return delivery.sent_at

    def _repeats(self, sender_id: str) -> bool:
        return bool(self.redrive) and sender_id.partition(":")[0] == self.redrive

    def _registered(self, name: str) -> Provider | None:
        now = self.clock.now().timestamp()
        known = self._known.get(name)
        if known is None or now - known[0] > REGISTRY_SECONDS:
            known = (now, self.store.provider(name))
            if known[1] is not None:  # unregistered names are unlimited
                self._known[name] = known
        return known[1]


_BATCH = 10  # SQS: entries of one SendMessageBatch
_TRIES = 6


@dataclass(frozen=True, slots=True)
class SqsUnitQueue:
    """The queue of units, on an SQS client."""

    client: Any
    url: str

    def send(self, units: Iterable[RangeMessage]) -> None:
        """Send units. Raises OSError if the queue keeps refusing some."""
        send_messages(self.client, self.url, (msgspec.json.encode(unit) for unit in units))


def send_messages(client: Any, url: str, bodies: Iterable[bytes]) -> None:
    """Send all messages: SendMessageBatch answers 200 even if it took only some of them.

    Raises OSError if the queue keeps refusing some.
    """
    for batch in batched(bodies, _BATCH):
        entries = [{"Id": str(at), "MessageBody": body.decode()} for at, body in enumerate(batch)]
        for attempt in range(_TRIES):
            answer = client.send_message_batch(QueueUrl=url, Entries=entries)
            failed = {failure["Id"] for failure in answer.get("Failed", ())}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                break
            time.sleep(0.05 * 2**attempt)
        else:
            raise OSError(f"the queue did not take {len(entries)} messages")
