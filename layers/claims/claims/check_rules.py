"""The finder that scan runs for the pack `factchecks`: posts that repeat a checked claim.

What reads an index is imported only where a set names one, so that other workers do not pay for it.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.findings import FoundCheck, Label
from ledger.keys import factchecks_key
from ledger.posts import Post
from ledger.refusals import OperatorError
from rules.rule_set import RuleSet

if TYPE_CHECKING:
    from claims.check_finder import CheckFinder
    from claims.fact_check import Check

MAX_TEXTS = 16_000
"""The most different texts of one unit that are looked up in an index: at 5 ms each about a minute,
two and a half if all are long. A unit full of hoaxes must end. Each attempt looks up the same."""

MAX_PARTS = 4
"""The parts of a post that are looked up: its text, and those that follow it."""

KEPT_INDEXES = 2
"""Indexes that a worker keeps: units of the previous set may still arrive."""

type Proposed = tuple[str, str, str, Label]
"""A rule (its topic), the part of the post, the claim that the part repeats, and the label."""


@dataclass(frozen=True, slots=True)
class CheckRules:
    """The rules of the pack, over one index."""

    finder: "CheckFinder"

    def found(self, posts: Sequence[Post]) -> tuple[dict[int, list[Proposed]], int]:
        """Return what each post repeats, by its number, at most one check for a topic.

        The second value counts the posts that were not looked up: they came after MAX_TEXTS.
        """
        asked: set[str] = set()
        by_post: dict[int, list[Proposed]] = {}
        not_asked = 0
        for number, post in enumerate(posts):
            parts = [part for part in post.parts[:MAX_PARTS] if self.finder.may_repeat(part[1])]
            new = {text for _, text in parts} - asked
            if len(asked) + len(new) > MAX_TEXTS:
                not_asked += 1
                continue
            asked |= new
            by_topic: dict[str, Proposed] = {}
            for part, text in parts:
                attached = self.finder.find(text)
                if attached is not None:
                    claim, label = attached.checks[0][0].claim, _label(attached.checks)
                    by_topic.setdefault(attached.topic, (attached.topic, part, claim, label))
            if by_topic:
                by_post[number] = list(by_topic.values())
        return by_post, not_asked


@dataclass(slots=True)
class PublishedIndexes:
    """The indexes that sets name. `read` returns the bytes under a key of the public bucket."""

    read: Callable[[str], bytes | None]
    _kept: OrderedDict[str, CheckRules] = field(default_factory=OrderedDict)

    def rules_of(self, rule_set: RuleSet) -> CheckRules:
        """Return the rules over the index of a set.

        Raises OperatorError if the index is missing, cannot be read, or has another digest.
        """
        index = rule_set.factchecks
        if index not in self._kept:
            self._kept[index] = CheckRules(self._finder(index))
            while len(self._kept) > KEPT_INDEXES:
                self._kept.popitem(last=False)
        return self._kept[index]

    def _finder(self, index: str) -> "CheckFinder":
        from claims.check_finder import CheckFinder, ClaimIndex
        from claims.index import BadIndexError

        data = self.read(factchecks_key(index))
        if data is None:
            raise OperatorError(f"the index of checks {index} is not in the public bucket")
        try:
            opened = ClaimIndex(data)
        except BadIndexError as error:
            raise OperatorError(f"the index of checks {index} cannot be read: {error}") from error
        if opened.digest != index:
            raise OperatorError(f"the bytes of the index of checks {index} have another digest")
        return CheckFinder(opened)


def _label(checks: Sequence[tuple["Check", float]]) -> Label:
    return Label(
        tuple(
            FoundCheck(
                url=check.url,
                claim=check.claim,
                rating=str(check.rating),
                stated=check.stated,
                publisher=check.publisher,
                date=check.date,
                score=score,
            )
            for check, score in checks
        )
    )
