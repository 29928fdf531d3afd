"""A finding: the record that a post satisfies a rule."""

from typing import Any

import msgspec

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
