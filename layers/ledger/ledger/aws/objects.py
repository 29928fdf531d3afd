"""Buckets on S3: pinned versions, exact ranges, and objects that are written once."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError

from ledger.errors import (
    ImmutableError,
    ObjectChangedError,
    ObjectGoneError,
    ObjectUnreadableError,
    OperatorError,
)
from ledger.records.manifest import Source

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
    """The port Objects on an S3 client."""

    client: Any
    _ignores_range: bool = False

    def head(self, bucket: str, key: str, version: str | None = None) -> Source:
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
        """Read from servers that ignore Range (RFC 9110, 14.2), as some do when a version is named.

        Such an answer is closed unread and asked for again without the version. It must then carry
        that version, else ObjectChangedError.
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
                raise ObjectChangedError("the object is no longer the version that was cut")
            data = cast("bytes", body.read())
        if len(data) != end - start:
            raise OSError(
                f"got {len(data)} of {end - start} bytes"
            )  # transient: the caller tries again
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
            return ObjectGoneError("the object or its pinned version is gone")
        return _translated(error)

    def open(self, source: Source) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_RangedFile(self, source), READ_AHEAD_BYTES))

    def get(self, bucket: str, key: str) -> bytes | None:
        found = self.get_with_etag(bucket, key)
        return found[0] if found else None

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        try:
            answer = self.client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if isinstance(_translated(error), ObjectGoneError):
                return None
            raise
        return answer["Body"].read(), answer["ETag"]

    def put(self, bucket: str, key: str, data: bytes) -> Source:
        return self._put(bucket, key, data)

    def put_new(self, bucket: str, key: str, data: bytes) -> Source:
        try:
            return self._put(bucket, key, data, IfNoneMatch="*")
        except ObjectChangedError:
            stored = self.get(bucket, key)
            if stored is None:  # between the two calls another worker ended and removed its parts
                raise OSError(f"{key} was deleted meanwhile") from None
            if stored != data:
                raise ImmutableError(f"{key} already has other bytes") from None
            return self.head(bucket, key)

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        options = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        if tags:
            options["Tagging"] = tags
        try:
            self._put(bucket, key, data, **options)
        except (ObjectChangedError, ObjectGoneError):
            return False
        return True

    def delete_version(self, source: Source) -> None:
        self.client.delete_object(Bucket=source.bucket, Key=source.key, VersionId=source.version)

    def versions(self, bucket: str, prefix: str) -> Iterator[StoredVersion]:
        """Yield every version under a prefix, delete markers too; of a key the newest first.

        Raises OperatorError if listing is not allowed.
        """
        pages = iter(
            self.client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        )
        while page := self._next(pages):
            for kind in ("Versions", "DeleteMarkers"):
                for version in page.get(kind, ()):
                    source = Source(
                        bucket,
                        version["Key"],
                        version["VersionId"],
                        version.get("ETag", ""),
                        version.get("Size", 0),
                    )
                    yield StoredVersion(
                        source,
                        version["IsLatest"],
                        kind == "DeleteMarkers",
                        version["LastModified"],
                    )

    def _next(self, pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return next(pages, None)
        except ClientError as error:
            raise _translated(error) from error

    def version_bytes(self, source: Source) -> bytes | None:
        """Return all bytes of one version, or None if it is gone."""
        where = {"Bucket": source.bucket, "Key": source.key, "VersionId": source.version}
        try:
            return cast("bytes", self.client.get_object(**where)["Body"].read())
        except ClientError as error:
            if isinstance(_translated(error), ObjectGoneError):
                return None
            raise

    def keys(self, bucket: str, prefix: str) -> list[str]:
        return sorted(item["Key"] for item in self._listed(bucket, prefix))

    def etags(self, bucket: str, prefix: str) -> dict[str, str]:
        return {item["Key"]: item["ETag"] for item in self._listed(bucket, prefix)}

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
        return ObjectGoneError("the object or its pinned version is gone")
    if code in _CHANGED:
        return ObjectChangedError("the object is no longer the version that was cut")
    if code in _UNREADABLE and error.operation_name == "GetObject":
        return ObjectUnreadableError(f"S3 answered {code}: the object cannot be read")
    if code in _DENIED | {"NoSuchBucket"}:
        return OperatorError(f"S3 answered {code}: see the function's policy and the bucket")
    return cast("Exception", error)
