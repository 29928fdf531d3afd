"""Finds which rules a post satisfies, and shows where.

A post is looked at part by part (`evaluator`). Of many posts, those that cannot satisfy a rule
are held back together (`matcher.batch.prefilter`), where numpy is at hand.

Limits: those of `evasion.plausible` and `evasion.masks` in what a disguise may be. A word wholly
in look-alikes of one script passes for that script's own where the part has other letters of it.
A post that takes more work than `matcher.effort` allows is read in part, and its result says so; a
hit shows its first 200 spans, and says if there are more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcher.effort import Effort
from matcher.evaluator import Look, Stretches
from matcher.hit import Hit, Part, Result, Span
from matcher.hosts.named import NamedHosts
from matcher.terms.index import groups_of
from matcher.terms.term import Match
from matcher.terms.windows import ITEMS_SHOWN
from rules.factchecks import without_factchecks
from rules.pack import Pack

if TYPE_CHECKING:
    from matcher.batch.prefilter import Sieve

FIRST_BATCH = 5_000
"""Posts for which numpy is imported: a tenth to a fifth of a second, and 10 to 20 µs a post won."""

BATCH = 100
"""Posts that are looked at together once that is done."""

type _Near = dict[int, tuple[Stretches | None, bool]]
"""The parts of a post that may satisfy a rule by themselves, by number, with where their patterns
stand (None where that is not known), and whether a word may be in disguise."""


class Matcher:
    """Finds hits of the rules of some packs. Finding changes nothing, so it is safe to share.

    The docstring of this package has an example.
    """

    def __init__(self, packs: Iterable[Pack]):
        """Compiles packs; hits come in the order of pack ids, then of rules in their pack.

        The pack `factchecks` is passed over: its rules are no words.
        """
        ordered = sorted(without_factchecks(packs), key=lambda pack: pack.id)
        self._rules = [(pack, rule) for pack in ordered for rule in pack.rules]
        self._full: list[int] = []  # by rule: its groups, as bits
        self._named = NamedHosts()
        for number, (_, rule) in enumerate(self._rules):
            last = len(groups_of(rule))
            self._named.add(number, last, rule)
            self._full.append((1 << last + bool(rule.links)) - 1)
        self._look = Look([rule for _, rule in self._rules], self._full, self._named)
        self._sieve: Sieve | None = None

    def find(self, text: str) -> tuple[Hit, ...]:
        """Finds the hits of one text, taken as a post whose only part is `text`."""
        return self._find((("text", text),)).hits

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
        return [result.hits for result in self.results(posts)]

    def results(self, posts: Iterable[Sequence[Part]]) -> list[Result]:
        """Find the hits of each post, as `find_posts` does, and say which posts were read in part.

        Which they are depends on the post and the rules alone.
        """
        posts = list(posts)
        sieve = self._sieve_for(len(posts))
        if sieve is None:
            return [self._find(post) for post in posts]
        found = [Result(())] * len(posts)
        for number, near in self._passing(posts, sieve).items():
            found[number] = self._find(posts[number], near)
        return found

    def _sieve_for(self, posts: int) -> "Sieve | None":
        """What lets through the posts worth a look; None for few posts, or where no numpy is."""
        if self._sieve is None and posts >= FIRST_BATCH and self._look.index.patterns:
            try:
                from matcher.batch.prefilter import Sieve
            except ModuleNotFoundError:
                return None
            needs = self._look.index.needs()
            self._sieve = Sieve(self._look.index.patterns, needs, self._full, self._look.vocabulary)
        return self._sieve if posts >= BATCH else None

    def _passing(self, posts: Sequence[Sequence[Part]], sieve: "Sieve") -> dict[int, _Near]:
        """The posts of which a part may satisfy a rule, or that a link helps, by number."""
        owners: list[tuple[int, int]] = []
        texts: list[str] = []
        for number, post in enumerate(posts):
            for part, (name, text) in enumerate(post):
                if not name.startswith("links/"):
                    owners.append((number, part))
                    texts.append(text)
        passing: dict[int, _Near] = {}
        for at, stretches, suspect in sieve.passing(texts):
            number, part = owners[at]
            passing.setdefault(number, {})[part] = stretches, suspect
        if self._named:
            for number, post in enumerate(posts):
                if number not in passing and self._named.served(post):
                    passing[number] = {}
        return passing

    def _find(self, post: Sequence[Part], near: _Near | None = None) -> Result:
        effort = Effort.for_texts(text for name, text in post if not name.startswith("links/"))
        served = self._named.served(post) if self._named else {}
        if served and all(name != "text" for name, _ in post):
            post = [*post, ("text", "")]
        spans: defaultdict[int, list[tuple[int, Span]]] = defaultdict(list)
        for number, (name, text) in enumerate(post):
            if name.startswith("links/"):
                continue
            helped = served if name == "text" else {}
            known = None if near is None or helped else near.get(number, ((), False))
            stretches, suspect = known or (None, False)
            for rule, matches in self._look.rules_in(
                text, helped, stretches, suspect=suspect, effort=effort
            ):
                spans[rule] += ((number, _span(name, match)) for match in matches)
                for by_link in helped.get(rule, {}).values():
                    spans[rule] += by_link
        hits = tuple(self._hit(rule, spans[rule]) for rule in sorted(spans))
        return Result(hits, effort.ran_out)

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
            len(ordered) > ITEMS_SHOWN,
        )


def _span(part: str, match: Match) -> Span:
    return Span(part, match.place.start, match.place.end, match.term, match.evasion)
