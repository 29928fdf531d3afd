"""Compares what two versions of packs hit in the same posts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from ledger.records.finding import excerpt_of
from ledger.records.post import Post, read_line
from ledger.records.refusal import Refusal
from matcher import Hit, Matcher

BATCH = 2_000
"""Posts that are matched at once."""

EXAMPLES = 10
"""Posts that are shown for each rule and kind of change; all are counted."""


@dataclass(slots=True)
class RuleChange:
    """How one rule's hits changed, with the first posts of each kind."""

    newly: int = 0
    no_longer: int = 0
    still: int = 0
    examples: dict[str, list[tuple[Post, Hit]]] = field(
        default_factory=lambda: {"newly": [], "no_longer": []}
    )

    def count(self, post: Post, before: Hit | None, after: Hit | None) -> None:
        """Count one post that the old version hit, the new version hit, or both."""
        if before and after:
            self.still += 1
        elif after:
            self.newly += 1
            self.show("newly", post, after)
        elif before:
            self.no_longer += 1
            self.show("no_longer", post, before)

    def show(self, kind: str, post: Post, hit: Hit) -> None:
        """Keep a post as an example while there is room."""
        if len(self.examples[kind]) < EXAMPLES:
            self.examples[kind].append((post, hit))


@dataclass(slots=True)
class PackComparison:
    """The changes by `pack/rule`, the number of posts, and of lines that were refused."""

    posts: int = 0
    refused: int = 0
    rules: defaultdict[str, RuleChange] = field(default_factory=lambda: defaultdict(RuleChange))


def compare(old: Matcher, new: Matcher, lines: Iterable[bytes]) -> PackComparison:
    """Compare what two versions hit in posts, one a line of JSON. Blank lines do not count."""
    comparison = PackComparison()
    for batch in batched((line for line in lines if line.strip()), BATCH):
        read = [read_line(line.rstrip(b"\r\n")) for line in batch]
        posts = [result[0] for result in read if not isinstance(result, Refusal)]
        comparison.posts += len(posts)
        comparison.refused += len(read) - len(posts)
        parts = [post.parts for post in posts]
        before, after = old.find_posts(parts), new.find_posts(parts)
        for post, was, now in zip(posts, map(_by_rule, before), map(_by_rule, after), strict=True):
            for rule in was.keys() | now.keys():
                comparison.rules[rule].count(post, was.get(rule), now.get(rule))
    return comparison


def hit_row(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON shows it.

    It has pack, rule, mode, severity and spans, and says whether there are more spans. A hit of a
    scored rule also has the sum and the threshold, and its spans have weights.
    """
    spans = [
        {
            "part": span.part,
            "start": span.start,
            "end": span.end,
            "term": span.term,
            "evasion": [str(kind) for kind in span.evasion],
        }
        | ({} if span.weight is None else {"weight": span.weight})
        for span in hit.spans
    ]
    row: dict[str, Any] = {
        "pack": hit.pack,
        "rule": hit.rule,
        "mode": str(hit.mode),
        "severity": str(hit.severity),
        "spans": spans,
    }
    if hit.score is not None:
        row |= {"score": hit.score, "threshold": hit.threshold}
    return row | ({"spans_capped": True} if hit.spans_capped else {})


def as_row(comparison: PackComparison) -> dict[str, Any]:
    """Return the comparison for programs: ids and spans, without text of posts."""
    rules = {
        name: {
            "newly": change.newly,
            "no_longer": change.no_longer,
            "still": change.still,
            "examples": {
                kind: [{"id": post.id, "spans": hit_row(hit)["spans"]} for post, hit in shown]
                for kind, shown in change.examples.items()
            },
        }
        for name, change in sorted(comparison.rules.items())
    }
    return {"posts": comparison.posts, "refused": comparison.refused, "rules": rules}


def as_lines(comparison: PackComparison) -> Iterator[str]:
    """Yield the comparison for people: the rules that changed, with examples."""
    for name, change in sorted(comparison.rules.items()):
        if not change.newly and not change.no_longer:
            continue
        yield (
            f"{name}: {change.newly} newly hit, {change.no_longer} no longer, {change.still} still"
        )
        for kind, sign in (("newly", "+"), ("no_longer", "-")):
            for post, hit in change.examples[kind]:
                yield from _example(sign, post, hit)
            more = getattr(change, kind) - len(change.examples[kind])
            if more:
                yield f"  {sign} and {more} more"
    newly = sum(change.newly for change in comparison.rules.values())
    gone = sum(change.no_longer for change in comparison.rules.values())
    refused = f" ({comparison.refused} lines refused)" if comparison.refused else ""
    yield f"{comparison.posts} posts{refused}: {newly} newly hit, {gone} no longer"


def _by_rule(hits: tuple[Hit, ...]) -> dict[str, Hit]:
    return {f"{hit.pack}/{hit.rule}": hit for hit in hits}


def _example(sign: str, post: Post, hit: Hit) -> Iterator[str]:
    spans = ", ".join(f"{span.part} {span.start}-{span.end} {span.term!r}" for span in hit.spans)
    yield f"  {sign} {post.id}: {spans}"
    first = hit.spans[0]
    text = dict(post.parts)[first.part]
    excerpt = excerpt_of(text, first.start, first.end)
    yield f"      {' '.join(excerpt.split())}{'…' if len(excerpt) < len(text) else ''}"
