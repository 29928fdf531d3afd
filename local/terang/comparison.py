"""Compares what two versions of packs hit in the same posts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from authoring.advice import why_unprotected
from authoring.explain import NOTHING_ALONE, deciding_terms
from ledger.codes import Refusal
from ledger.findings import excerpt_of
from ledger.posts import Post, read_line
from matcher import Hit, Matcher, Pack, Severity
from rules.pack_parts import Score

CHANGES = ("newly", "no_longer", "still", "raised", "lowered")
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
    raised: int = 0  # of those still hit: now of high severity, and not before
    lowered: int = 0
    examples: dict[str, list[tuple[Post, Hit]]] = field(
        default_factory=lambda: {"newly": [], "no_longer": []}
    )

    def count(self, post: Post, before: Hit | None, after: Hit | None) -> None:
        """Count one post that the old version hit, the new version hit, or both."""
        if before and after:
            self.still += 1
            self.raised += before.severity is not Severity.HIGH is after.severity
            self.lowered += after.severity is not Severity.HIGH is before.severity
        elif hit := after or before:
            self.newly += hit is after
            self.no_longer += hit is before
            examples = self.examples["newly" if hit is after else "no_longer"]
            if len(examples) < EXAMPLES:
                examples.append((post, hit))


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

    A hit of a scored rule also has the sum and the threshold, and its spans have weights.
    `spans_capped` says that there are more spans.
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
            **{kind: getattr(change, kind) for kind in CHANGES},
            "examples": {
                kind: [_example_row(post, hit) for post, hit in shown]
                for kind, shown in change.examples.items()
            },
        }
        for name, change in sorted(comparison.rules.items())
    }
    return {"posts": comparison.posts, "refused": comparison.refused, "rules": rules}


def as_lines(comparison: PackComparison) -> Iterator[str]:
    """Yield the comparison for people: the rules that changed, with examples."""
    for name, change in sorted(comparison.rules.items()):
        if not (change.newly or change.no_longer or change.raised or change.lowered):
            continue
        severity = f", {change.raised} raised to high, {change.lowered} lowered"
        yield (
            f"{name}: {change.newly} newly hit, {change.no_longer} no longer, {change.still} still"
            f"{severity if change.raised or change.lowered else ''}"
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


def _example_row(post: Post, hit: Hit) -> dict[str, Any]:
    row = hit_row(hit)
    shown = {key: row[key] for key in ("spans", "score") if key in row}
    decided = {} if hit.score is None else {"decided_by": deciding_terms(hit)}
    return {"id": post.id} | shown | decided


def pack_changes(old: Iterable[Pack], new: Iterable[Pack]) -> Iterator[str]:
    """Yield which packs are unprotected, and a line for each scored rule whose numbers changed.

    A new entry is shown as `+pin 4`, one that is gone as `-pin 4`, another weight as `pin 4 to 3`.
    """
    before = {f"{pack.id}/{rule.id}": rule.score for pack in old for rule in pack.rules}
    for pack in new:
        if why := why_unprotected(pack):
            yield f"{pack.id}: {why}"
        for rule in pack.rules:
            name, score = f"{pack.id}/{rule.id}", rule.score
            was = before.get(name)
            if was and score and (changes := list(_changed_numbers(was, score))):
                yield f"{name}: {', '.join(changes)}"


def _changed_numbers(old: Score, new: Score) -> Iterator[str]:
    if old.threshold != new.threshold:
        yield f"threshold {old.threshold} to {new.threshold}"
    if old.high != new.high:
        yield f"high {old.high or 'none'} to {new.high or 'none'}"
    if old.reads != new.reads:
        yield "another gate"
    before, after = _weights(old), _weights(new)
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+{name} {after[name]}"
        elif name not in after:
            yield f"-{name} {before[name]}"
        elif before[name] != after[name]:
            yield f"{name} {before[name]} to {after[name]}"


def _weights(score: Score) -> dict[str, int]:
    signs = {f"{{{sign}}}": weight for sign, weight in score.signs.items()}
    pinyin = {f"pinyin {term}": weight for term, weight in score.pinyin.items()}
    return score.terms | signs | pinyin


def _by_rule(hits: tuple[Hit, ...]) -> dict[str, Hit]:
    return {f"{hit.pack}/{hit.rule}": hit for hit in hits}


def _example(sign: str, post: Post, hit: Hit) -> Iterator[str]:
    spans = ", ".join(
        f"{span.part} {span.start}-{span.end} {span.term!r}"
        + ("" if span.weight is None else f" {span.weight:+d}")
        for span in hit.spans
    )
    score = "" if hit.score is None else f"score {hit.score}, it needs {hit.threshold}: "
    terms = ", ".join(deciding_terms(hit)) or NOTHING_ALONE
    decided = "" if hit.score is None else f"; decided by {terms}"
    yield f"  {sign} {post.id}: {score}{spans}{decided}"
    first = hit.spans[0]
    text = dict(post.parts)[first.part]
    _, excerpt = excerpt_of(text, first.start, first.end)
    yield f"      {' '.join(excerpt.split())}{'…' if len(excerpt) < len(text) else ''}"
