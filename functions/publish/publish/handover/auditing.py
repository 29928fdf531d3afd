"""The month's audit sample for moderators, and the key that drew it, published after the month."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from ledger.keys import audit_file_key
from ledger.ports import Objects
from ledger.privacy.audit_sample import SampledPost, SampleLine, merge_samples
from ledger.records.json_text import encode_json, encode_json_lines


class PublishedKey(msgspec.Struct, frozen=True):
    """The key of a month's sample: anyone who has the posts can draw it again."""

    month: str
    key: str
    rank: str = "the first 32 hex digits of HMAC-SHA-256 under the key, over provider/post"


@dataclass(frozen=True, slots=True)
class OutBucket:
    """The bucket that providers read."""

    objects: Objects
    name: str


def hand_out(
    out: OutBucket, provider: str, month: str, sampled: Callable[[], Sequence[SampledPost]]
) -> None:
    """Merge posts into the provider's sample of the month.

    The stored sample is read before the posts, and replaced only if it is still the same. If
    an author is erased in between, the erasure wins, and the next run merges again.
    """
    key = audit_file_key(provider, month)
    before, etag = out.objects.get_with_etag(out.name, key) or (b"", None)
    posts = sampled()
    if posts and (after := merged(before, posts)) != before:
        out.objects.put_if(out.name, key, after, etag)


def merged(before: bytes, posts: Sequence[SampledPost]) -> bytes:
    r"""Return the posts with the smallest ranks of a sample and of more posts, as JSON Lines.

    >>> merged(b"", [SampledPost("p-1", "ff", "k:b"), SampledPost("p-2", "0a", "k:a")] * 2)
    b'{"post":"p-2","rank":"0a","account":"k:a"}\n{"post":"p-1","rank":"ff","account":"k:b"}\n'
    """
    earlier = [msgspec.json.decode(line, type=SampleLine) for line in before.splitlines()]
    known = [*(SampleLine(*post) for post in posts), *earlier]
    accounts = {line.post: line.account for line in known}
    smallest = merge_samples([[(line.post, line.rank) for line in known]])
    return encode_json_lines(SampleLine(post, rank, accounts[post]) for post, rank in smallest)


def encode_key(month: str, key: str) -> bytes:
    """Return the published form of the key of a month's sample."""
    return encode_json(PublishedKey(month, key))


def key_path(month: str) -> str:
    """Return the path of the key of a month's sample.

    >>> key_path("2026-11")
    'audit/2026-11.json'
    """
    return f"audit/{month}.json"
