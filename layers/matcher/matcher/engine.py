"""The matcher: which rules a post satisfies, and where.

`RuleEvaluator` evaluates a post part by part. When there are many posts, `matcher.batch.prefilter`
first drops those that cannot satisfy a rule, if numpy is installed.

Limits: `evasion.plausible` says which disguises count. A word wholly in look-alikes of one script
counts as that script's own word if the part has other letters of the script. A post that takes more
work than `matcher.effort` allows is read in part, and its result says so. A hit shows its first 200
spans, and says if there are more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcher.effort import Effort
from matcher.evaluator import RuleEvaluator, Stretches
from matcher.hit import Hit, Part, PostResult, Span
from matcher.host_index import HostIndex
from matcher.terms.windows import SPANS_SHOWN
from matcher.text.fold import TABLE_VERSION
from rules.factchecks import without_factchecks
from rules.pack import Pack
from rules.rule_set import FOLD_VERSION

if TYPE_CHECKING:
    from matcher.batch.prefilter import Prefilter

FIRST_BATCH = 5_000
"""Posts that justify importing numpy: it takes 0.1 to 0.2 s, and saves 10 to 20 µs a post."""

BATCH = 100
"""Posts that go through the prefilter together once numpy is imported."""

type _Parts = dict[int, tuple[Stretches | None, bool]]
"""The parts of a post that may satisfy a rule, by number. Each has the stretches that hold its
patterns (None: unknown), and whether a word may be in disguise."""

if f"3+{TABLE_VERSION}" != FOLD_VERSION:
    raise ImportError(f"fold.json is {TABLE_VERSION}, and sets name the fold {FOLD_VERSION}")


class Matcher:
    """Finds the hits of the rules of some packs. Finding changes nothing, so sharing is safe.

    The docstring of this package has an example.
    """

    def __init__(self, packs: Iterable[Pack]):
        """Compile packs. Hits come in the order of pack ids, then of rules in their pack.

        The pack `factchecks` is skipped: its rules have no terms.
        """
        ordered = sorted(without_factchecks(packs), key=lambda pack: pack.id)
        self._rules = [(pack, rule) for pack in ordered for rule in pack.rules]
        self._hosts = HostIndex()
        for number, (_, rule) in enumerate(self._rules):
            self._hosts.add(number, len(rule.term_groups), rule)
        self._evaluator = RuleEvaluator([rule for _, rule in self._rules], self._hosts)
        self._prefilter: Prefilter | None = None

    def find(self, text: str) -> tuple[Hit, ...]:
        """Find the hits of one text, as of a post whose only part is `text`."""
        return self._evaluate((("text", text),)).hits

    def find_all(self, texts: Iterable[str]) -> list[tuple[Hit, ...]]:
        """Find the hits of each text, in the order of texts."""
        return self.find_posts([(("text", text),) for text in texts])

    def find_posts(self, posts: Iterable[Sequence[Part]]) -> list[tuple[Hit, ...]]:
        """Find the hits of each post: one for each rule, however many parts satisfy it.

        Args:
            posts: Each a sequence of its parts in order, with distinct names: `text` and
                `media_text/0` … are texts, `links/0` … are URLs. A window lies within one part. A
                link has no place in the text, so it counts in any window of the part `text`.

        Returns:
            For each post, its hits in the order of pack ids, then of rules in their pack.
        """
        return [result.hits for result in self.results(posts)]

    def results(self, posts: Iterable[Sequence[Part]]) -> list[PostResult]:
        """Find the hits of each post, as `find_posts` does, and say which posts were read in part.

        Whether a post is read in part depends on the post and the rules alone.
        """
        posts = list(posts)
        prefilter = self._prefilter_for(len(posts))
        if prefilter is None:
            return [self._evaluate(post) for post in posts]
        results = [PostResult(())] * len(posts)
        for number, parts in self._passing(posts, prefilter).items():
            results[number] = self._evaluate(posts[number], parts)
        return results

    def _prefilter_for(self, posts: int) -> "Prefilter | None":
        """Return the prefilter, or None for few posts or without numpy."""
        if self._prefilter is None and posts >= FIRST_BATCH and self._evaluator.index.patterns:
            try:
                from matcher.batch.prefilter import Prefilter
            except ModuleNotFoundError:
                return None
            index = self._evaluator.index
            self._prefilter = Prefilter(
                index.patterns, index.needs(), index.all_groups, self._evaluator.vocabulary
            )
        return self._prefilter if posts >= BATCH else None

    def _passing(
        self, posts: Sequence[Sequence[Part]], prefilter: "Prefilter"
    ) -> dict[int, _Parts]:
        """Return by number the posts with a part that may satisfy a rule, or with a named link."""
        owners: list[tuple[int, int]] = []
        texts: list[str] = []
        for number, post in enumerate(posts):
            for part, (name, text) in enumerate(post):
                if not name.startswith("links/"):
                    owners.append((number, part))
                    texts.append(text)
        passing: dict[int, _Parts] = {}
        for at, stretches, suspect in prefilter.passing(texts):
            number, part = owners[at]
            passing.setdefault(number, {})[part] = stretches, suspect
        if self._hosts:
            for number, post in enumerate(posts):
                if number not in passing and self._hosts.groups_by_link(post):
                    passing[number] = {}
        return passing

    def _evaluate(self, post: Sequence[Part], parts: _Parts | None = None) -> PostResult:
        """Evaluate all rules on a post, or on the parts that the prefilter let through."""
        texts = [text for name, text in post if not name.startswith("links/")]
        effort = Effort.for_texts(texts)
        by_link = self._hosts.groups_by_link(post) if len(texts) < len(post) else {}
        if by_link and all(name != "text" for name, _ in post):
            post = [*post, ("text", "")]
        spans: defaultdict[int, list[tuple[int, Span]]] = defaultdict(list)
        for number, (name, text) in enumerate(post):
            if name.startswith("links/"):
                continue
            helpful = by_link if name == "text" else {}
            known = None if parts is None or helpful else parts.get(number, ((), False))
            stretches, suspect = known or (None, False)
            for rule, matches in self._evaluator.satisfied_rules(
                text, helpful, stretches, suspect=suspect, effort=effort
            ):
                for place, term, evasion in matches:
                    spans[rule].append((number, Span(name, place.start, place.end, term, evasion)))
                for of_links in helpful.get(rule, {}).values():
                    spans[rule] += of_links
        hits = tuple(self._hit(rule, spans[rule]) for rule in sorted(spans))
        return PostResult(hits, effort.ran_out)

    def _hit(self, number: int, spans: list[tuple[int, Span]]) -> Hit:
        pack, rule = self._rules[number]
        ordered = sorted(spans, key=lambda pair: (pair[0], pair[1].start, pair[1].end))
        return Hit(
            pack.id,
            pack.version,
            rule.id,
            rule.mode or pack.mode,
            pack.category,
            rule.severity,
            tuple(span for _, span in ordered[:SPANS_SHOWN]),
            len(ordered) > SPANS_SHOWN,
        )
