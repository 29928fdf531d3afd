"""`terang packs diff`: what a new version of packs newly hits, and what it no longer hits."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from authoring.check import read_packs
from ledger.records.finding import excerpt_of
from ledger.records.json_text import encode_json_lines
from ledger.records.post import Post, read_line
from ledger.records.refusal import Refusal
from matcher import Hit, Matcher, PackError
from terang import USAGE
from terang.cli.scan import BATCH, hit_row
from terang.console import escape_json, print_problem, print_result

EXAMPLES = 10
"""Posts that are shown for each rule and each kind of change; all are counted."""


@dataclass(slots=True)
class Change:
    """What became of one rule's hits, with the first posts of each kind."""

    newly: int = 0
    no_longer: int = 0
    still: int = 0
    examples: dict[str, list[tuple[Post, Hit]]] = field(
        default_factory=lambda: {"newly": [], "no_longer": []}
    )

    def show(self, kind: str, post: Post, hit: Hit) -> None:
        """Keeps a post as an example while there is room."""
        if len(self.examples[kind]) < EXAMPLES:
            self.examples[kind].append((post, hit))


@dataclass(slots=True)
class Difference:
    """The changes by `pack/rule`, over how many posts; `refused` lines were none."""

    posts: int = 0
    refused: int = 0
    rules: defaultdict[str, Change] = field(default_factory=lambda: defaultdict(Change))


def diff(options: argparse.Namespace) -> int:
    """Print the difference: 0 once all posts were read; 2 if packs or posts cannot be."""
    try:
        old, new = (Matcher(read_packs(place)) for place in (options.old, options.new))
        with options.posts.open("rb") as lines:
            found = compare(old, new, lines)
    except PackError as error:
        for one in error.problems:
            print_problem(one)
        return USAGE
    except OSError as error:
        print_problem(f"terang packs: {error}")
        return USAGE
    if options.json:
        sys.stdout.write(escape_json(encode_json_lines([as_row(found)])).decode())
    else:
        for line in as_lines(found):
            print_result(line)
    return 0


def compare(old: Matcher, new: Matcher, lines: Iterable[bytes]) -> Difference:
    """Compares what two versions hit in posts, one a line of JSON; blank lines do not count."""
    found = Difference()
    for batch in batched((line for line in lines if line.strip()), BATCH):
        read = [read_line(line.rstrip(b"\r\n")) for line in batch]
        posts = [one[0] for one in read if not isinstance(one, Refusal)]
        found.posts += len(posts)
        found.refused += len(read) - len(posts)
        parts = [post.parts for post in posts]
        before, after = old.find_posts(parts), new.find_posts(parts)
        for post, were, are in zip(posts, map(_by_rule, before), map(_by_rule, after), strict=True):
            for rule in were.keys() | are.keys():
                _note(found.rules[rule], post, were.get(rule), are.get(rule))
    return found


def _by_rule(hits: tuple[Hit, ...]) -> dict[str, Hit]:
    return {f"{hit.pack}/{hit.rule}": hit for hit in hits}


def _note(change: Change, post: Post, was: Hit | None, now: Hit | None) -> None:
    if was and now:
        change.still += 1
    elif now:
        change.newly += 1
        change.show("newly", post, now)
    elif was:
        change.no_longer += 1
        change.show("no_longer", post, was)


def as_row(found: Difference) -> dict[str, Any]:
    """The difference as it is printed for programs: ids and spans, no text of posts."""
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
        for name, change in sorted(found.rules.items())
    }
    return {"posts": found.posts, "refused": found.refused, "rules": rules}


def as_lines(found: Difference) -> Iterator[str]:
    """The difference as it is printed for people: the rules that changed, with examples."""
    for name, change in sorted(found.rules.items()):
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
    newly = sum(change.newly for change in found.rules.values())
    gone = sum(change.no_longer for change in found.rules.values())
    refused = f" ({found.refused} lines refused)" if found.refused else ""
    yield f"{found.posts} posts{refused}: {newly} newly hit, {gone} no longer"


def _example(sign: str, post: Post, hit: Hit) -> Iterator[str]:
    spans = ", ".join(f"{span.part} {span.start}-{span.end} {span.term!r}" for span in hit.spans)
    yield f"  {sign} {post.id}: {spans}"
    first = hit.spans[0]
    text = dict(post.parts)[first.part]
    excerpt = excerpt_of(text, first.start, first.end)
    yield f"      {' '.join(excerpt.split())}{'…' if len(excerpt) < len(text) else ''}"
