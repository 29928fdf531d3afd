"""S3 in memory: versioned buckets, ranges, conditional writes.

Source: Amazon S3 User Guide, "Conditional writes" and "Working with delete markers";
RFC 9110, 14.2 (Range).
"""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from simulation.answers import refusal

PAGE_KEYS = 1_000


@dataclass(slots=True)
class _Version:
    number: str
    data: bytes
    etag: str
    tags: str = ""
    is_marker: bool = False

    def described(self) -> dict[str, Any]:
        return {"VersionId": self.number, "ETag": self.etag, "ContentLength": len(self.data)}


@dataclass(slots=True)
class S3:
    """Versioned buckets; `created` hears of each object that was put. `modified` is when each
    version says that it was written."""

    created: Callable[[str, str, str], None] = lambda bucket, key, version: None
    page_keys: int = PAGE_KEYS
    modified: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)
    buckets: dict[str, dict[str, list[_Version]]] = field(default_factory=dict)
    _made: Counter[tuple[str, str]] = field(default_factory=Counter)

    def create_bucket(self, Bucket: str, **_: Any) -> dict[str, Any]:
        self.buckets[Bucket] = {}
        return {}

    def put_bucket_versioning(self, Bucket: str, VersioningConfiguration: Any) -> dict[str, Any]:
        assert VersioningConfiguration == {"Status": "Enabled"}, "this S3 has versions"
        return {}

    def put_object(
            self, Bucket: str, Key: str, Body: bytes, ContentType: str = "", IfNoneMatch: str = "",
            IfMatch: str = "", Tagging: str = "") -> dict[str, Any]:  # fmt: skip
        newest = _newest(self._bucket(Bucket, "PutObject").get(Key, []))
        if IfNoneMatch and newest is not None:
            raise refusal("PreconditionFailed", "PutObject")
        if IfMatch and newest is None:
            raise refusal("NoSuchKey", "PutObject")
        if IfMatch and newest is not None and newest.etag != IfMatch:
            raise refusal("PreconditionFailed", "PutObject")
        version = self._append(Bucket, Key, bytes(Body), Tagging)
        self.created(Bucket, Key, version.number)
        return {"VersionId": version.number, "ETag": version.etag}

    def head_object(self, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:
        found = self._find(Bucket, Key, VersionId, "HeadObject")
        return found.described()

    def get_object(self, Bucket: str, Key: str, VersionId: str = "", IfMatch: str = "",
                   Range: str = "") -> dict[str, Any]:  # fmt: skip
        found = self._find(Bucket, Key, VersionId, "GetObject")
        if IfMatch and found.etag != IfMatch:
            raise refusal("PreconditionFailed", "GetObject")
        data, more = found.data, {}
        if Range:
            first, last = _range(Range, len(data))
            data = data[first : last + 1]
            more = {"ContentRange": f"bytes {first}-{last}/{len(found.data)}"}
        body = {"Body": io.BytesIO(data), "ContentLength": len(data)}
        return found.described() | body | more

    def get_object_tagging(self, Bucket: str, Key: str) -> dict[str, Any]:
        pairs = self._find(Bucket, Key, "", "GetObjectTagging").tags.split("&")
        split = [pair.partition("=") for pair in pairs if pair]
        return {"TagSet": [{"Key": name, "Value": value} for name, _, value in split]}

    def delete_object(self, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:
        versions = self._bucket(Bucket, "DeleteObject").get(Key, [])
        if VersionId:
            versions[:] = [version for version in versions if version.number != VersionId]
            return {"VersionId": VersionId}
        marker = self._append(Bucket, Key, b"", is_marker=True)
        return {"DeleteMarker": True, "VersionId": marker.number}

    def list_objects_v2(self, Bucket: str, Prefix: str = "",
                        ContinuationToken: str = "") -> dict[str, Any]:  # fmt: skip
        bucket = self._bucket(Bucket, "ListObjectsV2")
        keys = sorted(key for key, versions in bucket.items() if _newest(versions))
        keys = [key for key in keys if key.startswith(Prefix) and key > ContinuationToken]
        page, rest = keys[: self.page_keys], keys[self.page_keys :]
        more = {"NextContinuationToken": page[-1]} if rest else {}
        contents = [{"Key": key, "ETag": bucket[key][-1].etag} for key in page]
        return ({"Contents": contents} if page else {}) | {"IsTruncated": bool(rest)} | more

    def list_object_versions(self, Bucket: str, Prefix: str = "") -> dict[str, Any]:
        """All versions in one page, by key and of a key the newest first."""
        bucket = self._bucket(Bucket, "ListObjectVersions")
        listed: dict[str, Any] = {}
        for key in sorted(key for key in bucket if key.startswith(Prefix)):
            for place, one in enumerate(reversed(bucket[key])):
                kind = "DeleteMarkers" if one.is_marker else "Versions"
                described = {"ETag": one.etag, "Size": len(one.data)} if not one.is_marker else {}
                listed.setdefault(kind, []).append({"Key": key, "VersionId": one.number,
                    "IsLatest": place == 0, "LastModified": self.modified,
                    **described})  # fmt: skip
        return listed

    def _append(self, bucket: str, key: str, data: bytes, tags: str = "", *,
                is_marker: bool = False) -> _Version:  # fmt: skip
        self._made[bucket, key] += 1
        number = f"v{self._made[bucket, key]}"
        etag = f'"{md5(data, usedforsecurity=False).hexdigest()}"'
        version = _Version(number, data, etag, tags, is_marker)
        self.buckets[bucket].setdefault(key, []).append(version)
        return version

    def _bucket(self, name: str, operation: str) -> dict[str, list[_Version]]:
        if name not in self.buckets:
            raise refusal("NoSuchBucket", operation)
        return self.buckets[name]

    def _find(self, bucket: str, key: str, version: str, operation: str) -> _Version:
        versions = self._bucket(bucket, operation).get(key, [])
        is_head = operation == "HeadObject"
        if not version:
            if found := _newest(versions):
                return found
            raise refusal("404" if is_head else "NoSuchKey", operation)
        for one in versions:
            if one.number == version and one.is_marker:
                raise refusal("405" if is_head else "MethodNotAllowed", operation)
            if one.number == version:
                return one
        raise refusal("404" if is_head else "NoSuchVersion", operation)


def _newest(versions: list[_Version]) -> _Version | None:
    return versions[-1] if versions and not versions[-1].is_marker else None


def _range(asked: str, size: int) -> tuple[int, int]:
    first, _, last = asked.removeprefix("bytes=").partition("-")
    if int(first) >= size:
        raise refusal("InvalidRange", "GetObject")
    return int(first), min(int(last), size - 1)
