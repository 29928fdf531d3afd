"""Counts the copy groups of a day's findings: near copies of one text count as one.

The groups are computed from all fingerprints of the day, sorted by finding, so no order of arrival
matters. They are stored when the day is closed: fingerprints end after 30 days.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ledger.privacy.copies import CopyStore, DayCopies, FindingFingerprint
from publish.count.folding import Numbers
from publish.estimates import counts, says
from publish.journal.case_line import Tally
from rules.copies import ALGORITHM, Fingerprinted, copy_groups

COMPARED_AT_MOST = 50_000
"""Findings of a day that are compared: those with the smallest ids, which are random."""


class CopyLine(msgspec.Struct, frozen=True):
    """A line of the journal on the copy groups among the findings of the day."""

    n: Annotated[
        int, Meta(ge=1, description="Running number of the day, after receipts and cases.")
    ]
    kind: Annotated[Literal["copies"], says("Always `copies`: it is no receipt.")]
    algorithm: Annotated[str, says("How texts were compared, such as `minhash-1`.")]
    findings: Annotated[int, counts("Findings whose texts were long enough to be compared.")]
    groups: Annotated[int, counts("Groups of near copies among them.")]
    by_rule: Annotated[Tally, says("Such groups in the findings of each `pack/version/rule/mode`.")]


def copies_of_day(store: CopyStore, provider: str, day: str, *, closed: bool) -> DayCopies | None:
    """Return the copy groups of a day, and store them if it is closed; None if there are none."""
    stored = store.day_copies(provider, day)
    if stored is not None:
        return stored
    counted = count_copies(store.fingerprints(provider, day))
    if not counted.findings:
        return None
    return store.put_day_copies(provider, day, counted) if closed else counted


def count_copies(fingerprints: Sequence[FindingFingerprint]) -> DayCopies:
    """Return how many copy groups these findings are, together and by rule.

    >>> same, other = bytes(64), bytes(range(64))
    >>> posts = {"a": same, "b": same, "c": other}
    >>> count_copies([FindingFingerprint(name, "p/1/r/live", post) for name, post in posts.items()])
    DayCopies(findings=3, groups=2, by_rule={'p/1/r/live': 2})
    """
    compared = sorted(fingerprints)[:COMPARED_AT_MOST]
    groups = copy_groups(
        (Fingerprinted(one.finding, one.fingerprint) for one in compared if one.fingerprint),
        {one.finding: one.group for one in compared if one.group},
    )
    rules = sorted({one.rule for one in compared})
    return DayCopies(
        findings=len(compared),
        groups=len(set(groups.values())),
        by_rule={
            rule: len({groups[one.finding] for one in compared if one.rule == rule})
            for rule in rules
        },
    )


def copy_line(number: int, copies: DayCopies) -> CopyLine:
    """Return the line of the journal."""
    return CopyLine(number, "copies", ALGORITHM, copies.findings, copies.groups, copies.by_rule)


def numbers_of_copies(line: CopyLine) -> Numbers:
    """Return what the line adds to the numbers of its day."""
    return Numbers(
        copy_findings=line.findings, copy_groups=line.groups, copy_groups_by_rule=line.by_rule
    )
