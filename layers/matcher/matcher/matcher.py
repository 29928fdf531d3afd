"""Finds which rules a post satisfies, and shows where.

One pass over the folded text finds candidates. A text that may have words in disguise is read
again with each of them undressed, by the same automaton. Only a part in which every group of some
rule has a candidate is looked at closely, against the original.

Limits: those of `matcher.innocence` and `matcher.masks` in what a disguise may be. A word wholly
in look-alikes of one script passes for that script's own where the part has other letters of it.
Of a part, the first 200,000 matches of terms and the first 2,000 disguised words are looked at; a
hit shows its first 200 spans.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from matcher.automaton import Automaton
from matcher.disguise import chunks
from matcher.fold import Evasion, fold
from matcher.index import EXCEPT, UNLESS, Index, groups_of
from matcher.links import Host, host_of, hosts
from matcher.lookalike_hosts import NamedHost, glance, passes_for
from matcher.pack import Mode, Pack, Rule, Severity
from matcher.suspicion import Together, is_suspect
from matcher.term import Match, Place
from matcher.trace import Trace
from matcher.vocabulary import Reading, Vocabulary
from matcher.windows import ITEMS_SHOWN, Cover, Item, longest, satisfied

if TYPE_CHECKING:
    from matcher.batch import Sieve

FIRST_BATCH = 5_000
"""Posts for which numpy is imported: a tenth to a fifth of a second, and 10 to 20 µs a post won."""

BATCH = 100
"""Posts that are looked at together once that is done."""

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
    """A rule that a post satisfies, with the spans of all its windows in order."""

    pack: str
    version: int
    rule: str
    mode: Mode
    category: str
    severity: Severity
    spans: tuple[Span, ...]


class _HostUse(NamedTuple):
    """A host name in the `links` of a rule."""

    rule: int
    group: int
    written: str
    name: str


type _Matches = dict[int, list[tuple[int, Match]]]
"""What was found of one rule in one part: group to the term's order in the rule and the match."""

type _Served = dict[int, dict[int, list[tuple[int, Span]]]]
"""What a post's `links` serve: rule to group to the number of the part and the span in it."""


class Matcher:
    """Finds hits of the rules of some packs. Finding changes nothing, so it is safe to share.

    The docstring of this package has an example.
    """

    def __init__(self, packs: Iterable[Pack]):
        """Compiles packs; hits come in the order of pack ids, then of rules in their pack."""
        ordered = sorted(packs, key=lambda pack: pack.id)
        self._rules = [(pack, rule) for pack in ordered for rule in pack.rules]
        self._full: list[int] = []  # by rule: its groups, as bits
        self._hosts: defaultdict[str, list[_HostUse]] = defaultdict(list)  # by name
        self._lookalikes: defaultdict[str, list[_HostUse]] = defaultdict(list)  # by glance
        for number, (_, rule) in enumerate(self._rules):
            last = len(groups_of(rule))
            self._add_hosts(number, last, rule)
            self._full.append((1 << last + bool(rule.links)) - 1)
        self._index = Index([rule for _, rule in self._rules])
        self._automaton = Automaton(self._index.patterns)
        self._vocabulary = Vocabulary(self._index.patterns)
        self._sieve: Sieve | None = None

    def _add_hosts(self, number: int, group: int, rule: Rule) -> None:
        for written in rule.links:
            name, itself = NamedHost.of(written)
            use = _HostUse(number, group, written, name)
            if itself:
                self._hosts[name].append(use)
            if not rule.exact:
                self._lookalikes[glance(name)].append(use)

    def find(self, text: str) -> tuple[Hit, ...]:
        """Finds the hits of one text, taken as a post whose only part is `text`."""
        return self._find((("text", text),))

    def find_all(self, texts: Iterable[str]) -> list[tuple[Hit, ...]]:
        """Finds the hits of each text, in the order of texts."""
        return self.find_posts([(("text", text),) for text in texts])

    def find_posts(self, posts: Iterable[Sequence[Part]]) -> list[tuple[Hit, ...]]:
        """Finds the hits of each post, one for each rule however many parts satisfy it.

        Args:
            posts: Each a sequence of its parts in order, names distinct: `text`, `media_text/0` …
                are texts; `links/0` … are URLs. Windows lie within one part. A link has no
                place in the text, so it serves `links` groups in any window of the part `text`.

        Returns:
            For each post, its hits in the order of pack ids, then of rules in their pack.
        """
        posts = list(posts)
        sieve = self._sieve_for(len(posts))
        if sieve is None:
            return [self._find(post) for post in posts]
        found: list[tuple[Hit, ...]] = [()] * len(posts)
        for number in self._passing(posts, sieve):
            found[number] = self._find(posts[number])
        return found

    def _sieve_for(self, posts: int) -> "Sieve | None":
        """What lets through the posts worth a look; None for few posts, or where no numpy is."""
        if self._sieve is None and posts >= FIRST_BATCH and self._index.patterns:
            try:
                from matcher.batch import Sieve
            except ModuleNotFoundError:
                return None
            needs = self._index.needs()
            self._sieve = Sieve(self._index.patterns, needs, self._full, self._vocabulary)
        return self._sieve if posts >= BATCH else None

    def _passing(self, posts: Sequence[Sequence[Part]], sieve: "Sieve") -> set[int]:
        """The numbers of the posts of which a part may satisfy a rule, or that a link helps."""
        parts = [
            (number, text)
            for number, post in enumerate(posts)
            for name, text in post
            if not name.startswith("links/")
        ]
        numbers = [number for number, _ in parts]
        passing = {numbers[at] for at in sieve.passing([text for _, text in parts])}
        if self._hosts or self._lookalikes:
            passing.update(number for number, post in enumerate(posts) if self._served(post))
        return passing

    def _find(self, post: Sequence[Part]) -> tuple[Hit, ...]:
        served = self._served(post) if self._hosts or self._lookalikes else {}
        if served and all(name != "text" for name, _ in post):
            post = [*post, ("text", "")]
        spans: defaultdict[int, list[tuple[int, Span]]] = defaultdict(list)
        for number, (name, text) in enumerate(post):
            if name.startswith("links/"):
                continue
            helped = served if name == "text" else {}
            for rule, matches in self._find_in(text, helped):
                spans[rule] += ((number, _span(name, match)) for match in matches)
                for by_link in helped.get(rule, {}).values():
                    spans[rule] += by_link
        return tuple(self._hit(rule, spans[rule]) for rule in sorted(spans))

    def _hit(self, number: int, spans: list[tuple[int, Span]]) -> Hit:
        pack, rule = self._rules[number]
        ordered = sorted(spans, key=lambda found: (found[0], found[1].start, found[1].end))
        return Hit(
            pack.id,
            pack.version,
            rule.id,
            rule.mode or pack.mode,
            pack.category,
            rule.severity,
            tuple(span for _, span in ordered[:ITEMS_SHOWN]),
        )

    def _served(self, post: Sequence[Part]) -> _Served:
        served: _Served = {}
        for number, (name, url) in enumerate(post):
            if name.startswith("links/") and (host := host_of(url)):
                for (rule, group, written, _), evasion in self._rules_of_host(host):
                    span = Span(name, host.start, host.end, written, evasion)
                    served.setdefault(rule, {}).setdefault(group, []).append((number, span))
        return served

    def _rules_of_host(self, host: Host) -> list[tuple[_HostUse, tuple[Evasion, ...]]]:
        """The rules that name a host or one above it, or one that it passes for.

        Each stands once, with the longest name; a look-alike only where no name is meant itself.
        """
        labels = host.name.split(".")
        longest_first = [".".join(labels[first:]) for first in range(len(labels))]
        named: dict[int, tuple[_HostUse, tuple[Evasion, ...]]] = {}
        for name in longest_first:
            for use in self._hosts.get(name, ()):
                named.setdefault(use.rule, (use, ()))
        for name in longest_first if self._lookalikes else ():
            for use in self._lookalikes.get(glance(name), ()):
                if passes_for(name, use.name):
                    named.setdefault(use.rule, (use, (Evasion.LOOKALIKE,)))
        return list(named.values())

    def _find_in(self, text: str, served: _Served) -> Iterator[tuple[int, list[Match]]]:
        """The rules that one part satisfies, each with its matches in the part."""
        folded = fold(text)
        seen = self._automaton.seen(folded)
        layers = self._layers(text, folded)
        for readings in layers:
            seen |= self._automaton.seen(_with(readings, text))
        candidates = self._candidates(seen, served)
        if not candidates:
            return
        trace = Trace.of(text)
        found = self._matches([trace, *map(trace.undressed, layers)], candidates)
        for rule in candidates:
            needed = self._full[rule]
            for group in served.get(rule, ()):
                needed &= ~(1 << group)
            matches = _satisfying(self._rules[rule][1], found[rule], needed)
            if matches is not None:
                yield rule, matches

    def _layers(self, text: str, folded: str) -> list[list[Reading]]:
        """What to read at the disguised words of a text, in as many layers as a word has readings.

        A word with fewer keeps its last one, so that a phrase of two is found.
        """
        if not is_suspect(text, folded) and not self._vocabulary.mentioned_in(Together.of([text])):
            return []
        read: list[list[Reading]] = []
        end = 0
        for chunk in chunks(text):
            if chunk.start >= end and (readings := self._vocabulary.read(chunk)):
                read.append(readings)
                end = max(reading.end for reading in readings)
        depth = max(map(len, read), default=0)
        return [[r[min(layer, len(r) - 1)] for r in read] for layer in range(depth)]

    def _candidates(self, seen: set[int], served: _Served) -> list[int]:
        """The rules that have a candidate for every group in one part."""
        if not seen and not served:
            return []
        groups: defaultdict[int, int] = defaultdict(int)
        for rule, by_group in served.items():
            groups[rule] = sum(1 << group for group in by_group)
        for index in seen:
            for rule, group, _ in self._index.uses(index):
                if group >= 0:
                    groups[rule] |= 1 << group
        return [rule for rule, found in groups.items() if found == self._full[rule]]

    def _matches(
        self, traces: Sequence[Trace], candidates: list[int]
    ) -> defaultdict[int, _Matches]:
        """What the strict look leaves of the terms and hosts of some rules."""
        found: defaultdict[int, _Matches] = defaultdict(lambda: defaultdict(list))
        wanted = set(candidates)
        for trace in traces:
            for index, end in self._automaton.ends(trace.folded):
                for use in self._index.uses(index):
                    if use.rule in wanted and (term := self._index.term(use)):
                        exact = self._rules[use.rule][1].exact
                        if match := term.look(trace, end, exact=exact):
                            found[use.rule][use.group].append((use.order, match))
        trace = traces[0]
        if any(self._rules[rule][1].links for rule in candidates):
            for host in hosts(trace.text):
                first, last = trace.word_at(host.start), trace.word_at(host.end - 1)
                place = Place(host.start, host.end, first, last)
                for (rule, group, written, _), evasion in self._rules_of_host(host):
                    found[rule][group].append((0, Match(place, written, evasion)))
        return found


def _with(readings: Sequence[Reading], text: str) -> str:
    """The fold of a text with something else read at some places."""
    pieces, at = [], 0
    for reading in readings:
        pieces += [text[at : reading.start], f" {reading.letters} "]
        at = reading.end
    return fold("".join([*pieces, text[at:]]))  # folding what is folded changes nothing


def _satisfying(rule: Rule, found: _Matches, needed: int) -> list[Match] | None:
    """The matches in the satisfied windows of a part; None if there is none.

    The list is empty where links outside the text serve all groups.
    """
    excepted = Cover((match.place.start, match.place.end) for _, match in found.get(EXCEPT, ()))
    unless = Cover((match.place.first, match.place.last) for _, match in found.get(UNLESS, ()))
    groups: defaultdict[Place, int] = defaultdict(int)
    best: dict[Place, tuple[int, int, Match]] = {}
    for group, matches in found.items():
        if group < 0:
            continue
        counting = [
            (len(match.evasion), order, match)
            for order, match in matches
            if not excepted.reaches(match.place.start, match.place.end)
        ]
        for place in longest(match.place for *_, match in counting):
            groups[place] |= 1 << group
        for candidate in counting:
            place = candidate[2].place
            best[place] = min(best.get(place, candidate), candidate)
    items = [Item(place, groups[place]) for place in sorted(groups)]
    counts = {1 << len(rule.groups): rule.at_least.n} if rule.at_least else {}
    chosen = satisfied(items, needed, rule.within, unless, counts)
    if not chosen and (needed or unless):
        return None
    return [best[item.place][2] for item in chosen]


def _span(part: str, match: Match) -> Span:
    return Span(part, match.place.start, match.place.end, match.term, match.evasion)
