"""What is found: rules that a post satisfies, and where."""

from typing import NamedTuple

import msgspec

from matcher.text.fold import Evasion
from rules.pack import Mode, Severity

type Part = tuple[str, str]
"""A part's name (`text`, `media_text/0`, `links/0` …) and its text."""


class Span(msgspec.Struct, frozen=True):
    """A term found: half-open code points of the original part.

    `term` is as written in the pack; `evasion` is what had to be seen through, often nothing.
    """

    part: str
    start: int
    end: int
    term: str
    evasion: tuple[Evasion, ...]


class Hit(msgspec.Struct, frozen=True):
    """A rule that a post satisfies, with the spans of its windows in order.

    `spans_capped` says that there are more spans than these.
    """

    pack: str
    version: int
    rule: str
    mode: Mode
    category: str
    severity: Severity
    spans: tuple[Span, ...]
    spans_capped: bool = False


class Result(NamedTuple):
    """The hits of a post, and whether it would have taken more work than a post may take."""

    hits: tuple[Hit, ...]
    partly_read: bool = False
