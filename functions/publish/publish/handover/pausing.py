"""Pauses a rule for a provider whose moderators find it wrong too often.

A new set keeps the rule in shadow and gives the figures as the reason; earlier sets stay as they
are. Only a higher version of the pack with other rules ends the pause.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from ledger.errors import OperatorError
from ledger.pointer import NO_SET, put_in_force
from ledger.ports import Objects
from publish.count.month_carryover import Standing
from publish.count.precision import RuleErrors, errors_of
from rules.rule_set import (
    Paused,
    RuleSet,
    SetError,
    with_pauses,
)
from rules.set_reader import load_set

AT_LEAST = 10
"""Decided findings of one provider below which no rule is paused."""


class Pause(NamedTuple):
    """A rule (`pack/rule`) to keep in shadow for a provider, and why."""

    provider: str
    rule: str
    why: str


def due(provider: str, standing: Standing, in_force: RuleSet, below: float) -> Iterator[Pause]:
    """Yield the rules in force that must be paused for a provider and are not yet.

    A version is judged by all of its findings in the cohorts, of whatever month. It is paused if
    even the upper end of its precision's interval is below `below`.
    """
    decided = _by_rule(standing)
    paused = {pause.rule for pause in in_force.settings_of(provider).paused}
    for pack in in_force.packs:
        for rule in pack.rules:
            found = decided.get(f"{pack.id}/{pack.version}/{rule.id}", RuleErrors())
            name = f"{pack.id}/{rule.id}"
            why = _why_paused(found, pack.version, standing.day, below)
            if why and name not in paused:
                yield Pause(provider, name, why)


def _by_rule(standing: Standing) -> Mapping[str, RuleErrors]:
    whole = Counter[str]()
    for cohort in standing.cohorts:
        whole.update(cohort.by_rule)
    return errors_of(whole).by_rule


def _why_paused(found: RuleErrors, version: int, day: str, below: float) -> str:
    """Return why a rule is wrong too often; empty if it is not, or if too few were decided."""
    decided, precision, high = found.decided, found.precision, found.high
    if decided is None or precision is None or high is None:
        return ""
    if decided < AT_LEAST or high >= below:
        return ""
    return (
        f"of {decided} findings of version {version} that people decided by {day},"
        f" {round(precision * decided)} stand: at best {100 * high:.0f}%"
        " with 95% confidence"
    )


def pause(objects: Objects, bucket: str, pauses: list[Pause], now: datetime) -> str:
    """Put a set with these pauses in force on top of the set in force. Return its digest.

    Raises OperatorError while others keep publishing sets, or if no set exists.
    """

    def make_next(before: bytes | None) -> bytes:
        if before is None:
            raise OperatorError(NO_SET)
        since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            return with_pauses(
                load_set(before),
                [(pause.provider, Paused(pause.rule, since, pause.why)) for pause in pauses],
            )
        except SetError as error:
            raise OperatorError(f"nothing can be paused in the set in force: {error}") from error

    return put_in_force(objects, bucket, make_next, now)
