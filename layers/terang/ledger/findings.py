"""A finding (a post satisfies a rule), the ids of all things, and what the flood guard holds.

Ids of units, files and findings are SHA-256 over length-prefixed fields.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

_ID = re.compile("[0-9a-f]{64}")


def digest(kind: str, *fields: str | bytes) -> str:
    """Return the id of these fields under a `kind`, as 64 hex digits.

    Each field is preceded by its length, so that no two lists of fields run together:

    >>> digest("unit", "ab", "c") == digest("unit", "a", "bc")
    False
    """
    sha = hashlib.sha256()
    for field in (kind, *fields):
        data = field.encode() if isinstance(field, str) else field
        sha.update(len(data).to_bytes(8, "big"))
        sha.update(data)
    return sha.hexdigest()


def is_id(value: str) -> bool:
    """Return whether a value has the form of such an id.

    >>> is_id(digest("unit", "a")), is_id("m-1")
    (True, False)
    """
    return _ID.fullmatch(value) is not None


def unit_id(provider: str, data: bytes) -> str:
    """Return the id of a unit: of the provider and the unit's own bytes, never of an ETag.

    The same bytes under another key, or a week later, are the same unit.

    >>> unit_id("acme", b"{}")[:8]
    'd63bb1a2'
    """
    return digest("unit", provider, data)


def batch_id(provider: str, units: Iterable[str]) -> str:
    """Return the id of a batch: of the messages that were committed in it, in any order.

    A message is committed once, so no two batches have a message in common.

    >>> batch_id("acme", ["a", "b"]) == batch_id("acme", ["b", "a"])
    True
    """
    return digest("batch", provider, *sorted(units))


def file_id(bucket: str, key: str, version: str) -> str:
    """Return the id of one version of a dropped object.

    >>> file_id("drop", "drop/acme/a", "v1") == file_id("drop", "drop/acme/a", "v2")
    False
    """
    return digest("file", bucket, key, version)


def check_id(url: str) -> str:
    """Return the id of a published fact-check, from its link.

    >>> check_id("https://check.example/1") == check_id("https://check.example/2")
    False
    """
    return digest("check", url)


def finding_id(provider: str, post: str, text: str, pack: str, rule: str, mode: str) -> str:
    """Return the id of one rule's finding on a post; `text` is the digest of all its parts.

    >>> finding_id("acme", "p1", "…", "a", "b", "live") == finding_id(
    ...     "acme", "p1", "…", "a", "b", "shadow")
    False
    """
    return digest("finding", provider, post, text, pack, rule, mode)


def short_digest(identifier: str) -> str:
    """Return twelve hex digits by which only somebody who knows an id can find it.

    >>> short_digest("a unit")
    '148a6cee2cb2'
    """
    return hashlib.sha256(identifier.encode()).hexdigest()[:12]


EXCERPT_LENGTH = 280
"""Code points of a post that are kept for those who decide, unless a stack keeps more."""


class FoundSpan(msgspec.Struct, frozen=True):
    """Where a term was found: half-open code points of the original `part`.

    `term` is as written in the pack; a sign is in braces: `{link}`. In a finding of a scored rule,
    each has the `weight` that it adds to the score.
    """

    part: str
    start: int
    end: int
    term: str
    evasion: tuple[str, ...] = ()
    weight: int | msgspec.UnsetType = msgspec.UNSET


class FoundCheck(msgspec.Struct, frozen=True):
    """A published fact-check of the claim that a post repeats, in its publisher's words.

    `rating` is one of the six words of `claims`, `stated` the publisher's own; `date` is YYYY-MM-DD
    or empty; `score`, from 0 to 1, is how certain it is that the post repeats the claim.
    """

    url: str
    claim: str
    rating: str
    stated: str
    publisher: str
    date: str
    score: float


class Label(msgspec.Struct, frozen=True):
    """The proposal of a finding of a fact-check: a label with the links, never more.

    The nearest check comes first. Checks that disagree are included.
    """

    checks: tuple[FoundCheck, ...]
    measure: str = "DECISION_VISIBILITY_CONTENT_LABELLED"


class Finding(msgspec.Struct, frozen=True):
    """One hit of one rule on one post, with its reason.

    `account` is a pseudonym; `published_at` and `found_at` are RFC 3339 in UTC; `unit` is the unit
    that first stored it; `held` says that the flood guard kept it from being proposed.
    `post` and `url` are personal data: they are never published. Only a finding of the pack
    `factchecks` has a `label`. `spans_capped` is set, to true, if the post satisfies the rule at
    more places than `spans` keeps. Only a finding of a scored rule has a `score`, the sum of the
    weights in the part that has the most, and the `threshold` that it reached. Only a finding of a
    rule of copies has `copy_of`: the decision by which a person confirmed the post that it copies.
    `excerpt_start` is the code point of the first span's part at which the excerpt begins.
    """

    finding: str
    provider: str
    post: str
    account: str
    published_at: str
    found_at: str
    pack: str
    version: int
    set: str
    rule: str
    mode: str
    category: str
    severity: str
    spans: tuple[FoundSpan, ...]
    unit: str
    reach: int | None = None
    language: str | None = None
    url: str | None = None
    held: bool = False
    label: Label | msgspec.UnsetType = msgspec.UNSET
    spans_capped: bool | msgspec.UnsetType = msgspec.UNSET
    score: int | msgspec.UnsetType = msgspec.UNSET
    threshold: int | msgspec.UnsetType = msgspec.UNSET
    copy_of: str | msgspec.UnsetType = msgspec.UNSET
    excerpt_start: int | msgspec.UnsetType = msgspec.UNSET

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return what a score is the sum of, the heaviest first: `gacor +7`, `{link} +3`."""
        weighed = [(span.weight, span.term) for span in self.spans if span.weight]
        ordered = sorted(weighed, key=lambda pair: (-abs(pair[0]), pair[1]))
        return tuple(f"{term} {weight:+d}" for weight, term in ordered)

    @property
    def is_erased(self) -> bool:
        """A stub whose author was erased has no account."""
        return not self.account

    @property
    def checks(self) -> tuple[FoundCheck, ...]:
        """Return the published fact-checks of its label, if it proposes one."""
        return self.label.checks if self.label else ()

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Return the links of its checks, or the decision on the post that it copies."""
        return (self.copy_of,) if self.copy_of else tuple(check.url for check in self.checks)


def finding_row(finding: Finding, excerpt: str | None) -> dict[str, Any]:
    """Return a line of findings for the provider, with the excerpt while it is kept."""
    row: dict[str, Any] = msgspec.to_builtins(finding)
    return row if excerpt is None else row | {"excerpt": excerpt}


def excerpt_of(text: str, start: int, end: int, length: int = EXCERPT_LENGTH) -> tuple[int, str]:
    """Return where the excerpt begins, and at most `length` code points around the span.

    >>> excerpt_of("abcdefghij", 4, 6, 4)
    (3, 'defg')
    >>> excerpt_of("abc", 0, 1)
    (0, 'abc')
    """
    margin = max(0, length - (end - start)) // 2
    first = max(0, min(start - margin, len(text) - length))
    return first, text[first : first + length]


OPENED, LEFT_HELD = "opened", "left_held"
"""The answers to a question. No answer yet is an empty text."""


class FloodTotal(msgspec.Struct, frozen=True):
    """The posts and live hits by `pack/rule` of the receipts that one worker of scan committed.

    Only that worker replaces the record, each time with the whole sum of the day so far. Workers
    may die before they write it, so it is an estimate. No published number reads it.
    """

    worker: str
    posts: int
    hits: dict[str, int]


class FloodQuestion(msgspec.Struct, frozen=True):
    """The question to a person: a rule (`pack/rule`) hits too much of a provider's day.

    `posts`, `hits` and `at` (RFC 3339 in UTC) are as the worker saw them that held the rule first,
    and `expected` is how many hits per mille were expected at most.
    """

    day: str
    rule: str
    at: str
    posts: int
    hits: int
    expected: int

    def __str__(self) -> str:
        """The question in words.

        >>> str(FloodQuestion("2026-11-25", "codes/asks", "", 1_000, 30, 20))
        'codes/asks hit 30 of 1,000 posts of 2026-11-25, and 20 in a thousand were expected at most'
        """
        return (
            f"{self.rule} hit {self.hits:,} of {self.posts:,} posts of {self.day},"
            f" and {self.expected} in a thousand were expected at most"
        )


class FloodHold(NamedTuple):
    """A held rule: its question, and the answer that a person gave, if any."""

    question: FloodQuestion
    verdict: str = ""

    @property
    def is_opened(self) -> bool:
        """The rule proposes again, and its held findings are open."""
        return self.verdict == OPENED


def flood_question_id(provider: str, day: str, rule: str) -> str:
    """Return the id of the case of a question.

    >>> flood_question_id("acme", "2026-11-25", "codes/asks")[:8]
    '0843a13c'
    """
    return digest("flood", provider, day, rule)
