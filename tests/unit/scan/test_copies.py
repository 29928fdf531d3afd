"""Posts that repeat others: those compared with confirmed ones, and those with checked claims."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from support.sample_packs import pack_of
from support.sample_posts import PACK, StandingClock, pack

from claims.check_finder import Attached, CheckFinder
from claims.fact_check import Check, Rating
from ledger.findings import ConfirmedFingerprint, CopySnapshot, Pseudonyms
from ledger.posts import Post
from ledger.units import Attempt, CopyMatch, FoundCopies
from matcher import Matcher, Rule, Severity
from matcher.engine import Fingerprints
from matcher.hit import PostResult
from rules.pack_parts import ALGORITHM
from scan import unit_input
from scan.inspection import Keeping, ShadowFindings, inspect_posts
from scan.unit_input import Confirmed, KnownSnapshots, Rules, copy_hit, copy_rules, find_copies

TEXT = "the market needs it by nine, so tell my friend at the gate which fish you want today"
OTHER = "our choir sings on the green this evening, bring a chair and a warm coat with you"
NAME, DECISION = "codes/copies-of-code", "d" * 64
RULES = copy_rules([
    pack(f"{PACK}\n  - {{id: copies-of-code, severity: low, why: Copies.,"
         " copies: {of: asks-for-code}}\n")
])  # fmt: skip
MADE = Fingerprints(bytes(32))


def snapshot(**changes: object) -> Confirmed:
    rows = (ConfirmedFingerprint(NAME, DECISION, MADE.of([TEXT])),)
    made = CopySnapshot("2026-11-25T12:00:00Z", ALGORITHM, rows)
    return Confirmed.of(msgspec.json.encode(msgspec.structs.replace(made, **changes)))


def find(*texts: str, known: Confirmed | None = None, hit: bool = False) -> FoundCopies:
    day = datetime(2026, 11, 25, tzinfo=UTC)
    posts = [Post(id=f"p{number}", account="a", text=text, audience="public", published_at=day)
             for number, text in enumerate(texts)]  # fmt: skip
    hits = (copy_hit(RULES[NAME], posts[0]),) if hit else ()
    parent = tuple(msgspec.structs.replace(one, rule="asks-for-code") for one in hits)
    return find_copies(posts, [PostResult(parent)] * len(posts), RULES, known or snapshot(), MADE)


def test_copies_are_listed_by_rule_and_decision() -> None:
    found = find(OTHER, TEXT.replace("fish", "bread"), "too short", TEXT.upper())
    assert found.found == (CopyMatch(NAME, DECISION, (1, 3)),)
    assert not found.not_compared


def test_a_post_that_the_parent_rule_finds_is_not_compared() -> None:
    assert find(TEXT, hit=True).found == ()


def test_the_span_of_a_post_without_a_text_is_its_caption() -> None:
    """Those who decide read the excerpt at the span."""
    day = datetime(2026, 11, 25, tzinfo=UTC)
    post = Post("p", "a", "", "public", day, media_text=[TEXT])
    [span] = copy_hit(RULES[NAME], post).spans
    assert (span.part, span.start, span.end) == ("media_text/0", 0, len(TEXT))


def test_a_snapshot_of_another_algorithm_has_nothing_to_compare_with() -> None:
    assert find(TEXT, known=snapshot(algorithm="minhash-0")).found == ()


def test_after_an_erasure_posts_count_as_not_compared() -> None:
    found = find(TEXT, OTHER, known=snapshot(rows=(), erased=True))
    assert (found.found, found.not_compared) == ((), 2)


def test_a_unit_of_too_many_copies_says_how_many_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_input, "MOST_FOUND", 2)
    found = find(*[TEXT] * 5)
    assert (found.found, found.not_compared) == ((CopyMatch(NAME, DECISION, (0, 1)),), 3)


def test_what_was_found_reads_back_as_it_was_written() -> None:
    """Two tries are compared by it."""
    found = find(TEXT, OTHER, TEXT)
    assert msgspec.json.decode(msgspec.json.encode(found), type=FoundCopies) == found


def test_a_snapshot_is_read_once_a_minute() -> None:
    """Also twice in the same second; and again where the clock was put back."""
    reads = []
    objects = SimpleNamespace(get=lambda *_: reads.append(clock.moment))
    clock = StandingClock()
    snapshots = KnownSnapshots(objects, clock, "work")
    begun = clock.moment
    for seconds, count in ((0, 1), (0, 1), (60, 1), (61, 2), (-1, 3)):
        clock.moment = begun + timedelta(seconds=seconds)
        assert snapshots.newest("acme").digest == Confirmed().digest
        assert len(reads) == count, seconds


class EchoFinder(CheckFinder):
    """Finds in each text a check on the topic that it names."""

    def may_repeat(self, text: str) -> bool:
        return True

    def find(self, text: str) -> Attached | None:
        claim = Check(
            "https://a.example/1", "Salt", Rating.FALSE, "", "A", "2026-11-01", "en", text
        )
        return Attached(text, ((claim, 0.9),)) if text else None


def test_a_post_is_a_hit_once_for_each_topic_of_the_pack() -> None:
    """Its fifth part is not looked up."""
    rules = [Rule(id=name, severity=Severity.LOW, why="Invented.") for name in ("health", "money")]
    nothing: Any = None
    post = Post(
        "1", "a", "health", "public", datetime(2026, 11, 25, tzinfo=UTC),
        media_text=["", "health", "war", "money"],
    )  # fmt: skip
    pack, finder = pack_of(*rules), EchoFinder(nothing)
    found = inspect_posts(
        [post], Rules("set", (), Matcher([]), finders=[(pack, finder)]), Pseudonyms(b"", "k1"),
        provider="acme", unit="u1", found_at="", results=[PostResult(())],
        attempt=Attempt("set", ""), fingerprints=Fingerprints(bytes(32)),
        keeping=Keeping(ShadowFindings.ALL),
    ).findings  # fmt: skip
    [finding] = [excerpted.finding for excerpted in found.values()]
    assert (finding.rule, finding.spans[0].part) == ("health", "text")
    assert finding.spans[0].term == "Salt"
    assert [check.score for check in finding.checks] == [0.9]
