"""The whole path, JSON Lines to hits with spans, beside other designs in the same run."""

from functools import partial
from typing import TYPE_CHECKING

import pytest
from better_profanity import Profanity
from glin_profanity import Filter
from tools.bench import corpus
from tools.bench.measure import Report, medians
from tools.bench.naive import Naive
from tools.bench.peers import AhocorasickRs, Buffers, Hyperscan, Peer, YaraX

from matcher import Hit, Matcher
from matcher.engine import FIRST_BATCH
from matcher.key_finders import ALPHABET
from matcher.sign_tables import in_lines
from scan.unit_input import read_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.posts import Post

LOW, HIGH = corpus.HIT_RATES
FEW = 500  # posts, for what is slow: its seconds are scaled to a unit
YARA_TERMS = 10_000  # with 100,000 it compiles for minutes

type Hits = list[tuple[Hit, ...]]


def whole(data: bytes, matcher: Matcher) -> Hits:
    """What `scan` does with a unit, up to the hits."""
    return matcher.find_posts([post.parts for post in read_records(data).posts])


def one_by_one(data: bytes, matcher: Matcher) -> Hits:
    """The same without numpy."""
    return [matcher.find_posts([post.parts])[0] for post in read_records(data).posts]


def only_folded(data: bytes) -> None:
    """The limit: posts are read and folded, and nothing is looked for."""
    parts = [post.parts for post in read_records(data).posts]
    for texts in in_lines([text for post in parts for _, text in post]):
        ALPHABET.line(texts)


def behind_peer(data: bytes, matcher: Matcher, peer: Peer, buffers: Buffers) -> Hits:
    """The whole path with a peer in the place of the prefilter."""
    posts: list[Post] = read_records(data).posts
    passing = peer.passing(buffers, [post.text for post in posts])
    return [
        matcher.find(post.text) if number in passing else () for number, post in enumerate(posts)
    ]


def without_disguises(count: int) -> Matcher:
    """A matcher that, like the peers, looks for no words in disguise."""
    matcher = Matcher([corpus.pack(count)])
    matcher.find_all([""] * FIRST_BATCH)
    matcher._prefilter._suspects = None
    return matcher


def assert_same_but_for_disguises(hits: Hits, others: Hits) -> None:
    """What a peer held back, and nothing else, may lack; and only what is hit in disguise."""
    for own, other in zip(hits, others, strict=True):
        if own != other:
            assert other == ()
            assert all(span.evasion for hit in own for span in hit.spans)


@pytest.mark.parametrize("count", corpus.SIZES)
def test_the_whole_path(count: int, report: Report) -> None:
    """At one number of terms, with few hits and with many."""
    terms, matcher = corpus.terms(count), Matcher([corpus.pack(count)])
    low, high = corpus.unit(LOW), corpus.unit(HIGH)
    buffers, naive = Buffers(), Naive(terms)
    peers: list[type[Peer]] = [AhocorasickRs, Hyperscan, *([YaraX] if count <= YARA_TERMS else [])]
    hits = whole(low, matcher)
    assert one_by_one(low, matcher) == hits
    cases: dict[str, Callable[[], object]] = {
        "read and fold only (the limit)": partial(only_folded, low),
        "terang": partial(whole, low, matcher),
        "terang, 10 % hits": partial(whole, high, matcher),
        "terang, no words in disguise": partial(whole, low, without_disguises(count)),
        "terang, each post alone": partial(one_by_one, low, matcher),
    }
    for kind in peers:
        peer = kind(matcher._evaluator.index.patterns)
        assert_same_but_for_disguises(hits, behind_peer(low, matcher, peer, buffers))
        cases[f"{kind.__name__} on the same fold"] = partial(
            behind_peer, low, matcher, peer, buffers
        )
    few = b"".join(low.splitlines(keepends=True)[:FEW])
    slow: dict[str, Callable[[], object]] = {"naive": partial(naive.find, few)}
    if count == min(corpus.SIZES):
        texts = [post.text for post in read_records(few).posts]
        censor = Profanity(words=[term for term in terms if term.isascii()])
        glin = Filter({"custom_words": terms, "languages": []})
        slow["better-profanity, Latin terms"] = lambda: [
            censor.contains_profanity(text) for text in texts[:20]
        ]
        slow["glin-profanity"] = lambda: [glin.is_profane(text) for text in texts[:100]]
    seconds = medians(cases)
    posts = low.count(b"\n")
    shares = {"naive": FEW, "better-profanity, Latin terms": 20, "glin-profanity": 100}
    seconds |= {name: s * posts / shares[name] for name, s in medians(slow, rounds=3).items()}
    tell(report, count, seconds, len(low), sum(map(bool, hits)) / posts)
    goals(report, count, seconds)


def tell(report: Report, count: int, seconds: dict[str, float], size: int, rate: float) -> None:
    table = f"Whole path, {count:,} terms, {rate:.2%} of posts hit but where said (processor time)"
    posts = corpus.unit(LOW).count(b"\n")
    report.row(table, "design", "MB/s", "posts/s", "µs a post", "terang = 1")
    for name, taken in seconds.items():
        report.row(table, name, f"{size / taken / 1e6:.3g}", f"{posts / taken:,.0f}",
                   f"{taken / posts * 1e6:.1f}", f"{seconds['terang'] / taken:.2g}")  # fmt: skip


_OF_1K: list[float] = []


def goals(report: Report, count: int, seconds: dict[str, float]) -> None:
    ours, at = seconds["terang"], f"at {count:,} terms"
    limit = seconds["read and fold only (the limit)"] / ours
    hyperscan = seconds["Hyperscan on the same fold"] / ours
    if count == min(corpus.SIZES):
        _OF_1K.append(ours)
    else:
        large = count == max(corpus.SIZES)
        report.goal(f"share of the limit {at}", limit, 0.30 if large else 0.45, most=False)
        report.goal(f"times Hyperscan {at}", hyperscan, 1.2 if large else 0.9, most=False)
    report.goal(f"times naive {at}", seconds["naive"] / ours, 30, most=False)
    report.goal(f"cost of 10 % hits {at}", seconds["terang, 10 % hits"] / ours, 1.5, most=True)
    if count == max(corpus.SIZES) and _OF_1K:
        report.goal("cost of 100,000 terms for 1,000", ours / _OF_1K[0], 2.5, most=True)
