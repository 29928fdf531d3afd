"""A post that repeats checked claims is a hit once for each topic that the pack has."""

from datetime import UTC, datetime
from typing import Any

from support.sample_packs import pack_of

from claims.check_finder import Attached, CheckRules
from claims.fact_check import Check, Rating
from ledger.findings import Pseudonyms
from ledger.posts import Post
from ledger.units import Attempt
from matcher import Matcher, Rule, Severity
from matcher.engine import Fingerprints
from matcher.hit import PostResult
from scan.inspection import inspect_posts
from scan.unit_input import Rules


class EchoFinder:
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
    echo: Any = EchoFinder()
    post = Post(
        "1", "a", "health", "public", datetime(2026, 11, 25, tzinfo=UTC),
        media_text=["", "health", "war", "money"],
    )  # fmt: skip
    pack, finder = pack_of(*rules), CheckRules(echo)
    found = inspect_posts(
        [post], Rules("set", (), Matcher([]), finders=[(pack, finder)]), Pseudonyms(b"", "k1"),
        provider="acme", unit="u1", found_at="", results=[PostResult(())],
        attempt=Attempt("set", ""), fingerprints=Fingerprints(bytes(32)),
    ).findings  # fmt: skip
    [finding] = [excerpted.finding for excerpted in found.values()]
    assert (finding.rule, finding.spans[0].part) == ("health", "text")
    assert finding.spans[0].term == "Salt"
    assert [check.score for check in finding.checks] == [0.9]
