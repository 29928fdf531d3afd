"""A post that repeats checked claims is a hit once for each topic that the pack has."""

from typing import Any

from support.sample_packs import pack_of

from claims.check_finder import Attached
from claims.fact_check import Check, Rating
from ledger.posts import Post
from matcher import Rule, Severity
from scan.rule_sets import CheckRules


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
    finder: Any = EchoFinder()
    post = Post(
        id="1", account="a", text="health", audience="public", published_at=None,  # type: ignore[arg-type]
        media_text=["", "health", "war", "money"],
    )  # fmt: skip
    found, _ = CheckRules.of(pack_of(*rules), finder).hits([post])
    assert [(hit.rule, hit.spans[0].part) for hit, *_ in found[0]] == [("health", "text")]
