"""The results of matching, the work that a post may take, and the host names that rules list.

Work is counted in steps, so that every attempt at a post stops at the same place; a limit in
seconds would let one attempt find what the next one does not. Reading disguised words, checking
places of terms and weighing terms have steps of their own, so that neither a flood of masked words
nor a score keeps plain words from being checked. All other work is at most a multiple of the length
of the text.

A host name is looked up exactly, then by the skeleton that it shares with its look-alikes.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from matcher.aligned import find_hosts
from matcher.fold import Evasion, Host, NamedHost, host_of, is_lookalike, skeleton
from matcher.sign_shapes import LINK_SIGNS, signs_of_link
from rules.law import sum_under_law
from rules.pack import Mode, Rule, Severity
from rules.pack_parts import Score

STEPS_AT_LEAST, STEPS_PER_POINT = 100, 1 / 8
"""Steps of each kind that any post may take, and further ones for each code point of its texts."""

WEIGHINGS = 4
"""Places of weighted terms that are weighed in a step: several packs look at the same place. In a
Chinese advert nearly each letter begins a term of some of them."""


class Effort:
    """The steps that are left for one post.

    >>> effort = Effort(2)
    >>> [effort.take_check() for _ in range(3)], effort.ran_out, effort.take_reading(2)
    ([True, True, False], True, True)
    """

    __slots__ = ("_checks", "_readings", "_weighings", "ran_out")

    def __init__(self, steps: float = math.inf):
        """Take the steps of each kind, without limit by default."""
        self._checks = self._readings = steps
        self._weighings = WEIGHINGS * steps
        self.ran_out = False

    @classmethod
    def for_texts(cls, texts: Iterable[str]) -> "Effort":
        """Return the effort that a post with these texts may take."""
        return cls(STEPS_AT_LEAST + STEPS_PER_POINT * sum(map(len, texts)))

    def take_check(self) -> bool:
        """Take a step for checking a place, and return whether there was one left."""
        self._checks -= 1
        self.ran_out |= self._checks < 0
        return self._checks >= 0

    def take_weighing(self, terms: int = 1) -> bool:
        """Weigh a term at a place, or several, and return whether there were steps left for it."""
        self._weighings -= terms
        self.ran_out |= self._weighings < 0
        return self._weighings >= 0

    @property
    def readings_ran_out(self) -> bool:
        """Whether a reading was refused: no further word in disguise is read."""
        return self._readings < 0

    def take_reading(self, steps: int = 1) -> bool:
        """Take steps for reading disguised words, and return whether that many were left."""
        self._readings -= steps
        self.ran_out |= self._readings < 0
        return self._readings >= 0


type Part = tuple[str, str]
"""A part's name (`text`, `media_text/0`, `links/0` …) and its text."""


class Span(msgspec.Struct, frozen=True):
    """A term at half-open code points of the original part.

    `term` is as written in the pack, or a sign in braces: `{link}`. `evasion` names the disguises
    of the word, often none. `weight` is what the term adds to the score of a scored rule.
    """

    part: str
    start: int
    end: int
    term: str
    evasion: tuple[Evasion, ...]
    weight: int | None = None

    @property
    def is_sign(self) -> bool:
        """Return whether it is a sign, and not a term. No term begins with a brace."""
        return self.term.startswith("{")


class Hit(msgspec.Struct, frozen=True):
    """A rule that a post satisfies, with the spans of its windows in order.

    `spans_capped` is true if there are more spans than these. The hit of a scored rule has the sum
    and the threshold, and the spans of the part with the highest sum: each term that counts there,
    once. Its `band` is `high` if the severity is high by the sum. A hit without places has neither
    spans nor a sum.
    """

    pack: str
    version: int
    rule: str
    mode: Mode
    category: str
    severity: Severity
    spans: tuple[Span, ...]
    spans_capped: bool = False
    score: int | None = None
    threshold: int | None = None
    band: Literal["medium", "high"] | None = None


class PartScore(NamedTuple):
    """The sum of one scored rule in one part, and its spans if it reaches the threshold.

    Of a rule that is only counted, there are no spans, and any sum in the same band will do.
    """

    rule: int
    threshold: int
    total: int
    spans: list[Span]


type _Weights = Iterable[Mapping[int, Sequence[tuple[int, str]]]]
type SumLaw = tuple[int, Collection[int]]
"""The fee of a part, and the rules that it has a sign for which lets their sums count."""


def scores_in_bands(
    scores: Mapping[int, Score], most: Mapping[int, int], found: _Weights, letters: str, law: SumLaw
) -> list[PartScore]:
    """Return those scores of a text of which the least and the greatest sum are in one band.

    `most` has for each rule the sum of terms for a post that the text may have, and `found` the
    weights by rule of each pattern that it may have. With a weight comes what is among the letters,
    which are as by `sure_letters`, if the term surely counts.
    """
    certain = []
    for rule, total in most.items():
        score = scores[rule]
        least, greatest = _bounds_of(rule, total, found, letters, law)
        if score.band(least) == score.band(greatest):
            certain.append(PartScore(rule, score.threshold, least, []))
    return certain


def _bounds_of(rule: int, most: int, found: _Weights, letters: str, law: SumLaw) -> tuple[int, int]:
    least = greatest = most
    may_be_cancelled = False
    fee, proven = law
    is_proven = may_be_proven = rule in proven
    for of_rules in found:
        for weight, sure in of_rules.get(rule, ()):
            is_sure = sure in letters
            if weight == 0:  # a phrase that cancels
                if is_sure:
                    return 0, 0
                may_be_cancelled = True
            elif weight < 0:
                least += weight
                greatest += weight if is_sure else 0
            else:
                may_be_proven = True
                is_proven |= is_sure
                least -= 0 if is_sure else weight
    least = 0 if may_be_cancelled else sum_under_law(least, fee, is_proven=is_proven)
    return least, sum_under_law(greatest, fee, is_proven=may_be_proven)


class PassingText(NamedTuple):
    """What the prefilter knows of a text that may satisfy a rule.

    A suspect text may have further patterns, in disguise. `signs` are those that it has of the
    signs in rules, or None if nobody looked for them. `scored` are the scored rules that may reach
    their threshold, apart from counted ones of which the score is `certain`, or None if nobody
    asked. `grouped` says whether a rule without a score may be satisfied. None of the three is
    valid for a text with words in disguise.
    """

    text: int
    suspect: bool
    signs: Collection[str] | None
    scored: Sequence[int]
    grouped: bool
    certain: Sequence[PartScore] | None


class PostResult(NamedTuple):
    """The hits of a post, and whether only a part of it was read."""

    hits: tuple[Hit, ...]
    partly_read: bool = False


type GroupsByLink = dict[int, dict[int, list[tuple[int, Span]]]]
"""The `links` groups that URLs of a post satisfy: rule to group to (number of the part, span)."""


def signs_of_urls(post: Sequence[Part], wanted: Collection[str]) -> Iterator[tuple[int, str, Span]]:
    """Yield the wanted signs of the URLs outside a post's texts, with the number of the part."""
    for number, (name, url) in enumerate(post) if not LINK_SIGNS.isdisjoint(wanted) else ():
        for sign, start, end in signs_of_link(url) if name.startswith("links/") else ():
            if sign in wanted:
                yield number, sign, Span(name, start, end, f"{{{sign}}}", ())


class HostUse(NamedTuple):
    """One host name under the `links` of one rule."""

    rule: int
    group: int
    written: str
    name: str


class HostIndex:
    """The host names of all rules, by name and by skeleton."""

    def __init__(self) -> None:
        self._by_name: defaultdict[str, list[HostUse]] = defaultdict(list)
        self._by_skeleton: defaultdict[str, list[HostUse]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._by_name or self._by_skeleton)

    def add(self, number: int, group: int, rule: Rule) -> None:
        """Add the host names of a rule, as one of its groups."""
        for written in rule.links:
            name, itself = NamedHost.of(written)
            use = HostUse(number, group, written, name)
            if itself:
                self._by_name[name].append(use)
            if not rule.exact:
                self._by_skeleton[skeleton(name)].append(use)

    def groups_by_link(self, post: Sequence[Part]) -> GroupsByLink:
        """Return the groups that the URLs of a post satisfy, apart from URLs in its texts."""
        groups: GroupsByLink = {}
        for part, (name, url) in enumerate(post):
            if name.startswith("links/") and (host := host_of(url)):
                for use, evasion in self.uses_of(host):
                    span = Span(name, host.start, host.end, use.written, evasion)
                    groups.setdefault(use.rule, {}).setdefault(use.group, []).append((part, span))
        return groups

    def uses_of(self, host: Host) -> list[tuple[HostUse, tuple[Evasion, ...]]]:
        """Return, for each rule that names a host or a parent domain of it, the longest name.

        A name that the host only looks like counts if the rule has no name that it is.
        """
        labels = host.name.split(".")
        names = [".".join(labels[first:]) for first in range(len(labels))]  # the longest first
        by_rule: dict[int, tuple[HostUse, tuple[Evasion, ...]]] = {}
        for name in names:
            for use in self._by_name.get(name, ()):
                by_rule.setdefault(use.rule, (use, ()))
        for name in names if self._by_skeleton else ():
            for use in self._by_skeleton.get(skeleton(name), ()):
                if is_lookalike(name, use.name):
                    by_rule.setdefault(use.rule, (use, (Evasion.LOOKALIKE,)))
        return list(by_rule.values())


_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})+")


def host_problem(written: str) -> str | None:
    """Return why a string cannot be a host name of `links`, or None if it can.

    >>> host_problem("https://shop.example/x")
    '`https://shop.example/x` is not a host name; write it without scheme and path: shop.example'
    >>> host_problem("shop.example") is None
    True
    """
    if _HOST.fullmatch(NamedHost.of(written).name) and not written.strip().startswith("."):
        return None
    named = find_hosts(written)
    advice = named[0].name if named else "shop.example"
    return f"`{written}` is not a host name; write it without scheme and path: {advice}"
