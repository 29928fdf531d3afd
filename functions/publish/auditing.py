"""The audit sample: the month's smallest ranks of all units, for people to look at.

Each unit keeps its own smallest; the smallest of all are among them. A rank is a keyed digest of
the post's id, so the sample is even, the same post counts once however often it came, and nobody
could foresee it; after the month the key is published, and whoever knows the ids can check it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ledger.keys import audit_key
from ledger.ports import Objects
from ledger.pretty import pretty

SAMPLE = 200
"""Posts of a month that people are asked to look at."""


class Sampled(msgspec.Struct, frozen=True):
    """A post of the sample: its id at the provider, and its rank in hex."""

    post: str
    rank: str


class AuditKey(msgspec.Struct, frozen=True):
    """The key of a month's sample, published after it."""

    month: str
    key: str
    rank: str = "HMAC-SHA-256 of the key, over the provider's id and the post's id"


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


def encode_key(month: str, key: str) -> bytes:
    """The key of a month's sample as it is published."""
    return pretty(AuditKey(month, key))


def audit_key_path(month: str) -> str:
    """Where the key of a month's sample is published.

    >>> audit_key_path("2026-11")
    'audit/2026-11.json'
    """
    return f"audit/{month}.json"


def merged(standing: bytes, posts: Iterable[tuple[str, str]]) -> bytes:
    r"""The sample of what stood before and more posts, as JSON Lines by rank.

    >>> merged(b"", [("p-1", "ff"), ("p-2", "0a"), ("p-1", "ff")])
    b'{"post":"p-2","rank":"0a"}\n{"post":"p-1","rank":"ff"}\n'
    """
    before = [msgspec.json.decode(line, type=Sampled) for line in standing.splitlines()]
    ranked = {(one.rank, one.post) for one in before} | {(rank, post) for post, rank in posts}
    smallest = [Sampled(post, rank) for rank, post in sorted(ranked)[:SAMPLE]]
    return b"".join(msgspec.json.encode(one) + b"\n" for one in smallest)
