"""How well decisions hold: agreement of second reviews with its interval, and overturned rates.

Nobody is ranked: the facts hold no moderator.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from desk.ports import DeskQuality, RuleQuality
from desk.waiting import rules_of
from ledger.cases.case import JournalEntry

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
    if total < 2:
        return Agreement(total, agreed, None, -1.0, 1.0)
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in counts.items():
        firsts[first] += count
        seconds[second] += count
    chance = sum(firsts[verdict] * seconds[verdict] for verdict in firsts) / total**2
    if chance == 1:
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
