"""Finds the text of each decided post, and how likely it was that somebody decided it.

Terang keeps no text, so it comes from the provider's own files, by the post's id. The finding's id
is a digest of the text too: a post that was edited since is not taken.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from authoring.learning.decided import (
    DecidedPost,
    SelectedBy,
    SelectionShare,
    selection_weights,
    selection_words,
)
from authoring.learning.labelled import LabelledPost
from ledger.records.identity import finding_id
from ledger.records.post import Post, read_line
from ledger.records.refusal import Refusal
from terang import InputError
from terang.packs.decisions import Decisions


class PublishedNumbers(msgspec.Struct, frozen=True):
    """The numbers of a published month that say how posts were selected."""

    inspected: int = 0
    live: int = 0
    held: int = 0


class PublishedMonth(msgspec.Struct, frozen=True):
    """The fields of a published month that are needed here."""

    numbers: PublishedNumbers


def selection_shares(
    decisions: Decisions, months: Mapping[str, PublishedMonth]
) -> dict[SelectedBy, SelectionShare]:
    """Return how many posts of each kind were decided, out of how many in the published months.

    Held findings count as proposed if somebody decided on one: then a person had opened them.
    """
    counted = Counter(verdict.selection for verdict in decisions.verdicts)
    is_opened = any(finding.held for finding in decisions.findings.values())
    live = sum(
        month.numbers.live - (0 if is_opened else month.numbers.held) for month in months.values()
    )
    unmet = sum(max(month.numbers.inspected - month.numbers.live, 0) for month in months.values())
    decided = sum(finding.mode == "live" for finding in decisions.findings.values())
    shares = {
        SelectedBy.RULE: SelectionShare(decided, live or None),
        SelectedBy.AUDIT: SelectionShare(counted[SelectedBy.AUDIT], unmet or None),
        SelectedBy.NOTICE: SelectionShare(counted[SelectedBy.NOTICE], None),
    }
    return {name: share for name, share in shares.items() if counted[name]}


@dataclass(frozen=True, slots=True)
class FoundPosts:
    """Labelled posts whose text was found, and how many decided posts were not.

    `missing` have an id that no file has, `edited` another text than the one that was inspected.
    """

    posts: tuple[LabelledPost, ...]
    missing: int
    edited: int


def with_texts(
    decided: Sequence[DecidedPost],
    decisions: Decisions,
    shares: Mapping[SelectedBy, SelectionShare],
    files: Iterable[Path],
    read: Callable[[Path], bytes],
) -> FoundPosts:
    """Return the decided posts with their texts from the provider's files, in the order of lines.

    Raises OperatorError if a file holds no post that Terang takes.
    """
    wanted = {one.post: one for one in decided}
    weights = selection_weights(shares)
    labelled: dict[str, LabelledPost] = {}
    known: set[str] = set()
    for path in files:
        for number, post in _posts(path, read(path)):
            one = wanted.get(post.id)
            if one is None:
                continue
            known.add(post.id)
            if (text := _text_of(post, one, decisions)) and post.id not in labelled:
                share, weight = shares[one.selection], weights[one.selection]
                labelled[post.id] = LabelledPost(
                    text,
                    one.is_harmful,
                    f"{path}:{number}",
                    weight=weight,
                    moderators=one.moderators,
                    selected=selection_words(
                        one.selection, share, weight, is_harmful=one.is_harmful
                    ),
                )
    return FoundPosts(
        tuple(labelled.values()), len(wanted.keys() - known), len(known - labelled.keys())
    )


def _posts(path: Path, data: bytes) -> Iterator[tuple[int, Post]]:
    posts = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip() and not isinstance(read := read_line(line.rstrip(b"\r")), Refusal):
            posts += 1
            yield number, read[0]
    if not posts:
        raise InputError(f"{path}: no line is a post; write JSON Lines as docs/posts.md says")


def _text_of(post: Post, decided: DecidedPost, decisions: Decisions) -> str:
    """Return the part in which a rule found something, else the text; empty if it was edited."""
    parts = dict(post.parts)
    for name in decided.findings:
        finding = decisions.findings[name]
        same = finding_id(
            decisions.provider,
            post.id,
            post.text_digest,
            finding.pack,
            finding.rule,
            finding.mode,
        )
        if same == name:
            place = finding.spans[0].part if finding.spans else "text"
            return post.text if place.startswith("links/") else parts.get(place, post.text)
    return "" if decided.findings else post.text
