"""What people decided, and how it held: a moderator's history, and the facts of the lead's page.

All of it is folded from the journal, which knows neither a post nor a reason: those are read from
the cases of one page. Nobody is ranked. What a second person has yet to judge is not told.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import NamedTuple

import msgspec

from desk import Moderator, rules_of, second_reviews
from ledger.cases import JournalEntry


class RuleQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How decisions on a rule held: how many were confirmed, dismissed, and overturned later."""

    rule: str
    confirmed: int
    dismissed: int
    overturned: int


class DeskQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of the lead's page. `pairs` counts (first verdict, second verdict); no person."""

    pairs: tuple[tuple[str, str, int], ...]
    rules: tuple[RuleQuality, ...]
    since: str


Z95 = 1.96
"""Standard deviations around a mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often second reviews agreed: raw, and as Cohen's kappa with its 95 % interval.

    `kappa` is None where it is not defined: fewer than two looks, or one verdict alone.
    """

    pairs: int
    agreed: int
    kappa: float | None
    low: float
    high: float


def agreement(pairs: Iterable[tuple[str, str, int]]) -> Agreement:
    """Return the agreement of first and second verdicts.

    Kappa is the agreement beyond what chance would give: 1 is always, 0 is no better than chance.
    Limits: the interval is the large-sample one and too narrow below some 30 pairs.
    Source: Cohen, A coefficient of agreement for nominal scales (1960).

    >>> found = agreement([("c", "c", 20), ("c", "d", 5), ("d", "c", 10), ("d", "d", 15)])
    >>> found.pairs, found.agreed, round(found.kappa or 0, 2)
    (50, 35, 0.4)
    """
    counts = Counter[tuple[str, str]]()
    for first, second, count in pairs:
        counts[first, second] += count
    total = counts.total()
    agreed = sum(count for (first, second), count in counts.items() if first == second)
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in counts.items():
        firsts[first] += count
        seconds[second] += count
    chance = sum(firsts[verdict] * seconds[verdict] for verdict in firsts) / max(1, total**2)
    if total < 2 or chance == 1:
        return Agreement(total, agreed, None, -1.0, 1.0)
    observed = agreed / total
    kappa = (observed - chance) / (1 - chance)
    error = Z95 * sqrt(observed * (1 - observed) / (total * (1 - chance) ** 2))
    return Agreement(total, agreed, kappa, max(-1.0, kappa - error), min(1.0, kappa + error))


def quality_of(entries: Iterable[JournalEntry], since: str) -> DeskQuality:
    """Return the facts of the lead's page from journal entries.

    A decision counts once for each of its rules, with all its findings. So do the decisions of one
    look at near copies, and those of them that fell.
    """
    seen: set[tuple[str, str]] = set()
    fallen: set[tuple[str, str]] = set()
    pairs = Counter[tuple[str, str]]()
    decided = Counter[tuple[str, str]]()
    for entry in entries:
        if entry.type == "second_review" and entry.about is not None:
            pairs[entry.about.verdict, entry.verdict] += 1
        elif entry.type == "decision" and entry.verdict in {"confirmed", "dismissed"}:
            for rule in rules_of(entry):
                look = entry.look, rule
                decided[rule, entry.verdict] += look not in seen
                seen.add(look)
        if entry.overturns and entry.about is not None:
            fallen.update((entry.about.look, rule) for rule in rules_of(entry.about))
    overturned = Counter(rule for _, rule in fallen)
    rules = sorted({rule for rule, _ in decided} | set(overturned))
    return DeskQuality(
        pairs=tuple((*pair, count) for pair, count in sorted(pairs.items())),
        rules=tuple(
            RuleQuality(
                rule=rule,
                confirmed=decided[rule, "confirmed"],
                dismissed=decided[rule, "dismissed"],
                overturned=overturned[rule],
            )
            for rule in rules
        ),
        since=since,
    )


class HistoryFilter(NamedTuple):
    """What a moderator looks for; an empty field means any. `whose` is `team`, or one's own."""

    whose: str = ""
    verdict: str = ""
    rule: str = ""
    contest: str = ""

    def wants(self, past: "PastDecision") -> bool:
        """Return whether a decision fits all wishes. With `any`, it was contested or overturned."""
        return (
            self.verdict in {"", past.verdict}
            and (not self.rule or self.rule in past.rules)
            and (
                self.contest in {"", past.contest} or (self.contest == "any" and past.contest != "")
            )
        )


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision or another answer of the last 90 days.

    `contest` is how it was contested: `open`, or an outcome. `posts` and `reason` are empty where
    they are no longer kept.
    """

    entry: JournalEntry
    contest: str = ""
    posts: tuple[str, ...] = ()
    reason: str = ""

    @property
    def verdict(self) -> str:
        """Return what was answered, as a code."""
        return self.entry.outcome or self.entry.verdict or self.entry.type

    @property
    def cases(self) -> tuple[str, ...]:
        """Return the cases that were decided, with the findings among them."""
        return (self.entry.about or self.entry).cases

    @property
    def rules(self) -> tuple[str, ...]:
        """Return its rules as `pack/rule`."""
        entry = self.entry
        return rules_of(entry.about or entry) or tuple(filter(None, (entry.held_rule, entry.rule)))

    @property
    def key(self) -> str:
        """Return the key of its card; empty if it has none."""
        entry = self.entry
        cards = {
            "outcome": entry.complaint or entry.dispute,
            "adoption": f"rules/{entry.rule}",
            "audit": "",
            "trial": "",
        }
        return cards.get(entry.type, next(iter(entry.cases), ""))


def past_decisions(
    entries: Sequence[JournalEntry], moderator: Moderator, now: datetime, *, by_team: bool = False
) -> list[PastDecision]:
    """Return what the moderator decided, or their team, the newest first.

    A lead may be the second person on a decision that was drawn, or on a trial: those of others are
    left out until they are answered.
    """
    drawn = {item.key for item in second_reviews(entries, now)}
    blind = {entry.look for entry in entries if entry.entry in drawn}
    contests: dict[str, str] = {}
    for entry in entries:
        if entry.type in {"complaint", "dispute", "outcome"}:
            contests[entry.decision] = entry.outcome or "open"
        if entry.overturns:
            contests[entry.decision] = "overturned"
    return [
        PastDecision(entry, contests.get(entry.entry, ""))
        for entry in reversed(entries)
        if entry.moderator == moderator.name
        or (by_team and entry.moderator and entry.type != "trial" and entry.look not in blind)
    ]
