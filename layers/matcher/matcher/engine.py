"""The matcher: which rules a post satisfies, and where; and the fingerprint of a post.

`RuleEvaluator` evaluates a post part by part. When there are many posts, `matcher.prefilter`
first drops those that cannot satisfy a rule, if numpy is installed.

Limits: `vocabulary` says which disguises count. A word wholly in look-alikes of one script
counts as that script's own word if the part has other letters of the script. A post that takes more
work than `matcher.hit` allows is read in part, and its result says so. A hit shows its first 200
spans, and says if there are more.

A fingerprint is a MinHash over character 4-grams, under a provider's key. Without the key nobody
can compute the fingerprint of a text, so stored fingerprints do not tell which texts they are of.
`rules.pack_parts` says how they are compared. The hashes are quick and not cryptographic: somebody
with many fingerprints and their texts could find the key. So fingerprints are private, and end
after 30 days.
"""

import struct
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import shake_256
from typing import TYPE_CHECKING, Any

from matcher.evaluator import PartResult, RuleEvaluator
from matcher.fold import TABLE_VERSION, fold
from matcher.hit import (
    Effort,
    GroupsByLink,
    Hit,
    HostIndex,
    Part,
    PartScore,
    PassingText,
    PostResult,
    Span,
)
from matcher.sign_catalogue import PartSigns
from matcher.term_index import SPANS_SHOWN
from rules.pack import Mode, Pack, Severity
from rules.pack_parts import GRAM, HASHES, may_have_copies
from rules.pinned import without_factchecks
from rules.rule_set import FOLD_VERSION

if TYPE_CHECKING:
    from matcher.prefilter import Prefilter


FIRST_BATCH = 1_000
"""Posts that justify importing numpy and building the prefilter. Under all shipped packs 1,000
mixed posts then take 0.50 s instead of 0.43 s, and each further 1,000 take 0.09 s instead of
0.35 s, so a worker that gets a second such delivery has gained."""

BATCH = 100
"""Posts that go through the prefilter together once numpy is imported."""

type _Parts = dict[int, PassingText | None]
"""The parts of a post that may satisfy a rule, by number. Of None, nothing is known."""

if f"4+{TABLE_VERSION}" != FOLD_VERSION:
    raise ImportError(f"fold.json is {TABLE_VERSION}, and sets name the fold {FOLD_VERSION}")


class Matcher:
    """Finds the hits of the rules of some packs. Finding changes nothing, so sharing is safe.

    The docstring of this package has an example.
    """

    def __init__(self, packs: Iterable[Pack]):
        """Compile packs. Hits come in the order of pack ids, then of rules in their pack.

        The pack `factchecks` and rules of copies are skipped: they have no terms.
        """
        ordered = sorted(without_factchecks(packs), key=lambda pack: pack.id)
        self._rules = [(pack, rule) for pack in ordered for rule in pack.rules if not rule.copies]
        self._in_shadow = frozenset(
            number
            for number, (pack, rule) in enumerate(self._rules)
            if pack.mode_of(rule) is Mode.SHADOW
        )
        self._counted_hits: dict[tuple[int, str | None], Hit] = {}  # by rule and band
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

    def results(
        self, posts: Iterable[Sequence[Part]], *, shadow_places: bool = True
    ) -> list[PostResult]:
        """Find the hits of each post, as `find_posts` does, and say which posts were read in part.

        Whether a post is read in part depends on the post and the rules alone. Exact copies are
        evaluated once. Without `shadow_places`, hits of rules in shadow have no spans and no sum.
        """
        numbers: dict[tuple[Part, ...], int] = {}
        copies = [numbers.setdefault(tuple(post), len(numbers)) for post in posts]
        distinct = list(numbers)
        prefilter = self._prefilter_for(len(copies))
        counted = frozenset() if shadow_places else self._in_shadow
        if prefilter is None:
            results = [self._evaluate(post, counted=counted) for post in distinct]
        else:
            results = [PostResult(())] * len(distinct)
            for number, parts in self._passing(distinct, prefilter, counted).items():
                results[number] = self._evaluate(distinct[number], parts, counted)
        return [results[number] for number in copies]

    def scores(self, posts: Iterable[Sequence[Part]]) -> list[dict[str, int]]:
        """Return the sums of all scored rules for each post, by `pack/rule`, hit or not.

        Each is the highest sum of a part. It takes far longer than to find hits: it is for
        measuring. A post that is read only in part may have other scores here than in its hits.
        """
        return [self._scores(post) for post in posts]

    def _scores(self, post: Sequence[Part]) -> dict[str, int]:
        best: dict[int, PartScore] = {}
        for *_, result in self._evaluated_parts(post, None, _effort_for(post), every_score=True):
            _keep_highest(best, result.scores)
        return {
            f"{pack.id}/{rule.id}": best[number].total if number in best else 0
            for number, (pack, rule) in enumerate(self._rules)
            if rule.score
        }

    def _prefilter_for(self, posts: int) -> "Prefilter | None":
        """Return the prefilter, or None for few posts or without numpy."""
        index, scored = self._evaluator.index, self._evaluator.scored
        has_work = bool(index.patterns or scored.signs)
        if self._prefilter is None and posts >= FIRST_BATCH and has_work:
            try:
                from matcher.prefilter import Prefilter
            except ModuleNotFoundError:
                return None
            words = self._evaluator.vocabulary
            self._prefilter = Prefilter(
                index.patterns, index.needs(), index.all_groups, words, scored, index.signs
            )
        return self._prefilter if posts >= BATCH else None

    def _passing(
        self, posts: Sequence[Sequence[Part]], prefilter: "Prefilter", counted: Set[int]
    ) -> dict[int, _Parts]:
        """Return by number the posts with a part that may satisfy a rule, or with a named link."""
        owners: list[tuple[int, int]] = []
        texts: list[str] = []
        signs: dict[int, dict[str, Span]] = {}  # of links, by the number of the text
        beside_others: set[int] = set()
        passing: dict[int, _Parts] = {}
        for number, post in enumerate(posts):
            first = len(texts)
            if len(post) == 1 and post[0][0] == "text":
                owners.append((number, 0))
                texts.append(post[0][1])
                continue
            for part, (name, text) in enumerate(post):
                if not name.startswith("links/"):
                    owners.append((number, part))
                    texts.append(text)
            if len(texts) - first > 1:
                beside_others.update(range(first, len(texts)))
            if len(texts) - first < len(post):
                of_links = self._evaluator.scored.signs_of_links(post)
                found = [at for at in range(first, len(texts)) if post[owners[at][1]][0] == "text"]
                signs |= dict.fromkeys(found, of_links)
                if self._evaluator.groups_by_link(post) or (of_links and not found):
                    passing[number] = {}
        for known in prefilter.passing(texts, signs, beside_others, counted):
            number, part = owners[known.text]
            passing.setdefault(number, {})[part] = known
        return passing

    def _evaluate(
        self,
        post: Sequence[Part],
        parts: _Parts | None = None,
        counted: Set[int] = frozenset(),
        *,
        in_full: bool = False,
    ) -> PostResult:
        """Return the hits of a post, without the places of counted rules.

        These take fewer steps, unless the post is evaluated `in_full`. It is if steps are short, so
        that it is read in part with places and without.
        """
        effort = _effort_for(post)
        saved = frozenset[int]() if in_full else counted
        hits: dict[int, Hit] = {}
        spans: defaultdict[int, list[tuple[int, Span]]] = defaultdict(list)
        best: dict[int, PartScore] = {}
        for number, name, by_link, result in self._evaluated_parts(post, parts, effort, saved):
            for rule, matches in result.satisfied:
                spans[rule] += [
                    (number, Span(name, *place[:2], term, evasion))
                    for place, term, evasion in matches
                ]
                for of_links in by_link.get(rule, {}).values():
                    spans[rule] += of_links
            _keep_highest(best, result.scores)
        if effort.ran_out and saved:
            return self._evaluate(post, None, counted, in_full=True)
        for rule, of_rule in spans.items():
            ordered = sorted({*of_rule}, key=lambda at: (at[0], at[1].start, at[1].end, at[1].term))
            hits[rule] = self._hit(rule, [span for _, span in ordered], None, rule in counted)
        for rule, score in best.items():
            if score.total >= score.threshold:
                hits[rule] = self._hit(rule, score.spans, score, rule in counted)
        return PostResult(tuple(hits[rule] for rule in sorted(hits)), effort.ran_out)

    def _evaluated_parts(
        self,
        post: Sequence[Part],
        parts: _Parts | None,
        effort: Effort,
        counted: Set[int] = frozenset(),
        *,
        every_score: bool = False,
    ) -> Iterator[tuple[int, str, GroupsByLink, PartResult]]:
        """Yield the results of a post's texts, or of those that the prefilter let through.

        Each comes after the text's number, its name, and the groups that links serve in it.
        """
        has_links = any(name.startswith("links/") for name, _ in post)
        by_link = self._evaluator.groups_by_link(post) if has_links else {}
        of_links = self._evaluator.scored.signs_of_links(post) if has_links else {}
        if (by_link or of_links) and all(name != "text" for name, _ in post):
            parts = None if parts is None else parts | {len(post): None}
            post = [*post, ("text", "")]
        for number, (name, text) in enumerate(post):
            if name.startswith("links/"):
                continue
            helpful, signs = (by_link, of_links) if name == "text" else ({}, {})
            if parts is not None and number not in parts and not helpful:
                continue
            known = None if parts is None or helpful else parts[number]
            if known and not (known.suspect or known.grouped or known.scored):
                yield number, name, helpful, PartResult([], list(known.certain or ()))
                continue
            present = known.signs if known else None
            part = PartSigns(name, text, self._evaluator.signs, signs, present)
            result = self._evaluator.evaluate(
                text, helpful, part, known, effort=effort, counted=counted, every_score=every_score
            )
            yield number, name, helpful, result

    def _hit(self, number: int, spans: list[Span], score: PartScore | None, counted: bool) -> Hit:
        pack, rule = self._rules[number]
        band = rule.score.band(score.total) if rule.score and score else None
        if counted and (number, band) in self._counted_hits:
            return self._counted_hits[number, band]
        shown = () if counted else spans
        hit = Hit(
            pack.id,
            pack.version,
            rule.id,
            pack.mode_of(rule),
            pack.category,
            Severity.HIGH if band == "high" else rule.severity,
            tuple(shown[:SPANS_SHOWN]),
            len(shown) > SPANS_SHOWN,
            None if counted else score and score.total,
            score and score.threshold,
            band,
        )
        if counted:
            self._counted_hits[number, band] = hit
        return hit


def _effort_for(post: Sequence[Part]) -> Effort:
    return Effort.for_texts(text for name, text in post if not name.startswith("links/"))


def _keep_highest(best: dict[int, PartScore], scores: Iterable[PartScore]) -> None:
    """Keep the higher score of each rule, of equal ones the first."""
    for score in scores:
        if score.rule not in best or score.total > best[score.rule].total:
            best[score.rule] = score


_MASK, _LOW = 2**64 - 1, 2**32 - 1
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The multipliers of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014)."""


@dataclass(frozen=True)
class Fingerprints:
    """Makes the fingerprints of one provider's posts; `key` are 32 secret bytes."""

    key: bytes = field(repr=False)

    def of(self, texts: Iterable[str]) -> bytes:
        """Return the fingerprint of a post's texts; empty if they are too short to be compared.

        >>> made = Fingerprints(bytes(32))
        >>> made.of(["Send me the code, my friend"]) == made.of(["SEND me the code my friend!"])
        True
        >>> made.of(["Hello"])
        b''
        """
        text = " ".join(" ".join(fold(part).split()) for part in texts)
        if not may_have_copies(text):
            return b""
        is_quick = "numpy" in sys.modules  # loading it takes longer than some fingerprints
        return self.of_folded_quickly(text) if is_quick else self.of_folded(text)

    def of_folded(self, text: str) -> bytes:
        """Return the fingerprint of a text in its normal form."""
        multiplier, mask, factors, addends = self._numbers
        letters = struct.unpack(f"<{len(text)}I", text.encode("utf-32-le", "surrogatepass"))
        grams = set()
        for place in range(len(letters) - GRAM + 1):
            gram = 0
            for letter in letters[place : place + GRAM]:
                gram = (gram * multiplier + letter) & _MASK
            grams.add(_mixed(gram ^ mask))
        return bytes(
            min((factor * gram + addend) & _LOW for gram in grams) >> 8 & 0xFF
            for factor, addend in zip(factors, addends, strict=True)
        )

    def of_folded_quickly(self, text: str) -> bytes:
        """Return what `of_folded` returns, with numpy: some 25 times faster."""
        import numpy as np  # only scan has it

        multiplier, mask, factors, addends = self._arrays
        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype("u8")
        grams = letters[: 1 - GRAM]
        for place in range(1, GRAM):
            grams = grams * multiplier + letters[place : len(letters) - GRAM + 1 + place]
        grams ^= mask
        for shift, factor in ((30, _FIRST), (27, _SECOND)):
            grams ^= grams >> np.uint64(shift)
            grams *= np.uint64(factor)
        grams ^= grams >> np.uint64(31)
        hashes = grams.astype("u4")[:, None] * factors
        hashes += addends
        smallest = hashes.min(axis=0) >> np.uint32(8)
        made: bytes = smallest.astype("u1").tobytes()
        return made

    @cached_property
    def _numbers(self) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        """Return the multiplier and mask of grams, and a factor and an addend for each hash."""
        bits = shake_256(b"terang minhash-1" + self.key).digest(2 * 8 + 2 * HASHES * 4)
        multiplier, mask, *rest = struct.unpack(f"<2Q{2 * HASHES}I", bits)
        return multiplier | 1, mask, tuple(n | 1 for n in rest[:HASHES]), tuple(rest[HASHES:])

    @cached_property
    def _arrays(self) -> tuple[Any, Any, Any, Any]:
        import numpy as np

        multiplier, mask, factors, addends = self._numbers
        pair = np.array(factors, "u4"), np.array(addends, "u4")
        return np.uint64(multiplier), np.uint64(mask), *pair


def load_numpy() -> None:
    """Load numpy, if it is installed: it pays from some hundred fingerprints on."""
    with suppress(ModuleNotFoundError):
        import numpy  # noqa: F401


def _mixed(gram: int) -> int:
    gram = ((gram ^ gram >> 30) * _FIRST) & _MASK
    gram = ((gram ^ gram >> 27) * _SECOND) & _MASK
    return gram ^ gram >> 31
