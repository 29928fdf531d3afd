"""The audit sample is drawn by chance alone: evenly, whatever comes twice and in whatever order."""

import hashlib
import hmac
import random
from itertools import batched

import msgspec

from ledger.findings import SAMPLE_SIZE, DrawnPost, draw_sample, merge_samples, month_audit_key

KEY = month_audit_key(b"secret", "2026-11")
POSTS = [f"p-{number}" for number in range(10_000)]


def names(sample: tuple[DrawnPost, ...]) -> list[str]:
    return [one.post for one in sample]


def test_anyone_with_the_key_can_compute_a_rank() -> None:
    expected = hmac.digest(KEY, b"acme/p-1", hashlib.sha256).hex()[:32]
    assert draw_sample(KEY, "acme", ["p-1"]) == (DrawnPost("p-1", expected),)


def test_the_smallest_ranks_are_drawn() -> None:
    everything = draw_sample(KEY, "acme", POSTS, size=len(POSTS))
    assert list(everything) == sorted(everything, key=lambda one: one.rank)
    assert draw_sample(KEY, "acme", POSTS) == everything[:SAMPLE_SIZE]


def test_fewer_posts_than_the_sample_are_all_in_it() -> None:
    assert sorted(names(draw_sample(KEY, "acme", POSTS[:7]))) == POSTS[:7]
    assert draw_sample(KEY, "acme", []) == ()


def test_repeats_and_order_change_nothing() -> None:
    shuffled = POSTS + POSTS[:5_000]
    random.Random(4).shuffle(shuffled)
    assert draw_sample(KEY, "acme", shuffled) == draw_sample(KEY, "acme", POSTS)


def test_merging_the_parts_gives_the_sample_of_the_whole() -> None:
    """Units that overlap give the month's sample all the same."""
    shuffled = POSTS + POSTS[::3]
    random.Random(5).shuffle(shuffled)
    parts = [draw_sample(KEY, "acme", part) for part in batched(shuffled, 1_234)]
    assert merge_samples(parts) == draw_sample(KEY, "acme", POSTS)


def test_every_post_is_equally_likely() -> None:
    """Over 300 months ten strata of ids are drawn as often: chi-squared under its 99.9 %."""
    drawn = [0] * 10
    for month in range(300):
        sample = draw_sample(month_audit_key(b"secret", str(month)), "acme", POSTS[:1_000], size=50)
        for one in sample:
            drawn[int(one.post.removeprefix("p-")) // 100] += 1
    expected = 300 * 50 / 10
    assert sum((count - expected) ** 2 / expected for count in drawn) < 27.88  # 9 degrees


def test_another_month_provider_or_secret_draws_other_posts() -> None:
    first = draw_sample(KEY, "acme", POSTS)
    others = (draw_sample(KEY, "others", POSTS),
              draw_sample(month_audit_key(b"secret", "2026-12"), "acme", POSTS),
              draw_sample(month_audit_key(b"other", "2026-11"), "acme", POSTS))  # fmt: skip
    for other in others:
        assert len(set(names(first)) & set(names(other))) < 20  # 4 are expected


def test_a_sample_of_the_longest_ids_fits_into_an_item() -> None:
    """An item holds 400 KB; an id has 200 characters of at most 6 bytes in JSON."""
    posts = [f"{number:04}" + "\x01" * 196 for number in range(SAMPLE_SIZE)]
    assert len(msgspec.json.encode(draw_sample(KEY, "acme", posts))) < 380_000
