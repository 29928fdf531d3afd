"""The month's audit sample for the moderators, and after the month the key that drew it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ledger.audit_sample import merge
from ledger.keys import audit_key
from ledger.ports import Objects
from ledger.pretty import lines_of_json, pretty


class Drawn(msgspec.Struct, frozen=True):
    """A post of the sample: its id at the provider, and its rank in hex."""

    post: str
    rank: str


class PublishedKey(msgspec.Struct, frozen=True):
    """The key of a month's sample: whoever has the posts can draw it again."""

    month: str
    key: str
    rank: str = "the first 32 hex digits of HMAC-SHA-256 under the key, over provider/post"


@dataclass(frozen=True, slots=True)
class OutBucket:
    """The bucket that providers read."""

    objects: Objects
    name: str


def hand_out(out: OutBucket, provider: str, month: str, posts: Sequence[tuple[str, str]]) -> bool:
    """Merge posts into the provider's sample of the month; whether that changed it."""
    if not posts:
        return False
    key = audit_key(provider, month)
    before = out.objects.get(out.name, key) or b""
    after = merged(before, posts)
    if after != before:
        out.objects.put(out.name, key, after)
    return after != before


def merged(before: bytes, posts: Sequence[tuple[str, str]]) -> bytes:
    r"""The smallest ranks of what stood before and of more posts, as JSON Lines.

    >>> merged(b"", [("p-1", "ff"), ("p-2", "0a"), ("p-1", "ff")])
    b'{"post":"p-2","rank":"0a"}\n{"post":"p-1","rank":"ff"}\n'
    """
    stood = [msgspec.json.decode(line, type=Drawn) for line in before.splitlines()]
    smallest = merge([[(one.post, one.rank) for one in stood], posts])
    return lines_of_json(Drawn(*one) for one in smallest)


def encode_key(month: str, key: str) -> bytes:
    """The key of a month's sample as it is published."""
    return pretty(PublishedKey(month, key))


def key_path(month: str) -> str:
    """Where the key of a month's sample is published.

    >>> key_path("2026-11")
    'audit/2026-11.json'
    """
    return f"audit/{month}.json"
