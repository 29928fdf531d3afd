"""The ids of units, files and findings: SHA-256 over length-prefixed fields."""

import hashlib
import re
from collections.abc import Iterable

_ID = re.compile("[0-9a-f]{64}")


def digest(kind: str, *fields: str | bytes) -> str:
    """Return the id of these fields under a `kind`, as 64 hex digits.

    Each field is preceded by its length, so that no two lists of fields run together:

    >>> digest("unit", "ab", "c") == digest("unit", "a", "bc")
    False
    """
    sha = hashlib.sha256()
    for field in (kind, *fields):
        data = field.encode() if isinstance(field, str) else field
        sha.update(len(data).to_bytes(8, "big"))
        sha.update(data)
    return sha.hexdigest()


def is_id(value: str) -> bool:
    """Return whether a value has the form of such an id.

    >>> is_id(digest("unit", "a")), is_id("m-1")
    (True, False)
    """
    return _ID.fullmatch(value) is not None


def unit_id(provider: str, data: bytes) -> str:
    """Return the id of a unit: of the provider and the unit's own bytes, never of an ETag.

    The same bytes under another key, or a week later, are the same unit.

    >>> unit_id("acme", b"{}")[:8]
    'd63bb1a2'
    """
    return digest("unit", provider, data)


def batch_id(provider: str, units: Iterable[str]) -> str:
    """Return the id of a batch: of the messages that were committed in it, in any order.

    A message is committed once, so no two batches have a message in common.

    >>> batch_id("acme", ["a", "b"]) == batch_id("acme", ["b", "a"])
    True
    """
    return digest("batch", provider, *sorted(units))


def file_id(bucket: str, key: str, version: str) -> str:
    """Return the id of one version of a dropped object.

    >>> file_id("drop", "drop/acme/a", "v1") == file_id("drop", "drop/acme/a", "v2")
    False
    """
    return digest("file", bucket, key, version)


def check_id(url: str) -> str:
    """Return the id of a published fact-check, from its link.

    >>> check_id("https://check.example/1") == check_id("https://check.example/2")
    False
    """
    return digest("check", url)


def finding_id(provider: str, post: str, text: str, pack: str, rule: str, mode: str) -> str:
    """Return the id of one rule's finding on a post; `text` is the digest of all its parts.

    >>> finding_id("acme", "p1", "…", "a", "b", "live") == finding_id(
    ...     "acme", "p1", "…", "a", "b", "shadow")
    False
    """
    return digest("finding", provider, post, text, pack, rule, mode)


def short_digest(identifier: str) -> str:
    """Return twelve hex digits by which only somebody who knows an id can find it.

    >>> short_digest("a unit")
    '148a6cee2cb2'
    """
    return hashlib.sha256(identifier.encode()).hexdigest()[:12]
