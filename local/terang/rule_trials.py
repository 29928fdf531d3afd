"""Trials of the rules of a run or a stack: what is drawn at home, and how each rule stands.

At home each finding in shadow has a record, so every rule in shadow is on trial at once. Its
findings are ranked by what they show, without a key: each run draws the same ones. Exact and near
copies are drawn once. Nothing more will come, so the trial draws nothing later, and one person is
enough.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from cases.case_store import TrialRules
from cases.trials import Standing
from desk.trial_desk import TRIED, RuleView
from ledger.draws import DrawnFinding, Trial, draw_rank
from ledger.findings import Finding
from ledger.store import DynamoStore
from matcher import Mode, Pack
from matcher.engine import Fingerprints
from matcher.fold import fold
from rules.pack_parts import CopyIndex, Fingerprinted, may_have_copies
from rules.pinned import rule_digest
from rules.rule_set import ALL, HIGH, Evidence
from terang.case_queue import FoundRow

SAMPLE = 60
"""Copy groups that are drawn at home of a rule, and of its `high` band."""

HOME_RULES = TrialRules(people=1)

NEVER = 2**40


def begin_at_home(
    store: DynamoStore, provider: str, rows: Iterable[FoundRow], pack_of: Callable[[Finding], Pack]
) -> set[str]:
    """Put every rule in shadow of a run on trial, with its drawn findings, and return their ids.

    Raises OperatorError if `pack_of` does.
    """
    by_rule = defaultdict[tuple[str, str], list[FoundRow]](list)
    for row in rows:
        if row.mode == Mode.SHADOW:
            by_rule[row.pack, row.rule].append(row)
    names = set[str]()
    for (pack_id, rule_id), found in sorted(by_rule.items()):
        newest = max(found, key=lambda row: row.version)
        pack = pack_of(newest)
        if rule := pack.rule(rule_id):
            matching = rule_digest(pack, rule)
            began = min(row.found_at for row in found)
            name = f"{pack_id}/{rule_id}"
            trial = Trial(name, newest.version, matching, began, "terang", whole=True)
            store.put_trial(provider, trial)
            own = [row for row in found if row.version == newest.version]
            drawn = draw_at_home(own)
            store.put_drawn(provider, drawn, NEVER)
            names.update(one.finding for one in drawn)
    return names


def draw_at_home(rows: Iterable[FoundRow]) -> list[DrawnFinding]:
    """Draw the first SAMPLE copy groups of one rule's findings, and those of its `high` band."""
    found = (
        DrawnFinding(
            row.finding,
            rule := f"{row.pack}/{row.rule}",
            row.version,
            draw_rank(b"", rule, text),
            band=row.band or "",
            fingerprint=made,
        )
        for row, text, made in fingerprinted(rows)
    )
    ranked = sorted(found, key=lambda one: (one.rank, one.finding))
    drawn = {one.finding: one for one in islice(_first_ones(ranked), SAMPLE)}
    high = islice(_first_ones(one for one in ranked if one.band == HIGH), SAMPLE)
    extra = [one for one in high if one.finding not in drawn]
    return [*drawn.values(), *(msgspec.structs.replace(one, extra=True) for one in extra)]


def _first_ones(ranked: Iterable[DrawnFinding]) -> Iterator[DrawnFinding]:
    """Yield the first finding of each copy group."""
    index = CopyIndex()
    for one in ranked:
        if not index.copy_of(one.fingerprint):
            index.add(Fingerprinted(one.finding, one.fingerprint))
            yield one


def fingerprinted(rows: Iterable[FoundRow]) -> Iterator[tuple[FoundRow, str, bytes]]:
    """Yield rows whose text is known, with the folded text and its fingerprint.

    Short texts are copies only if they are the same. No fingerprint leaves this process.
    """
    prints = Fingerprints(bytes(32))
    for row in rows:
        if text := " ".join(fold(row.excerpt or "").split()):
            short = blake2b(text.encode("utf-8", "surrogatepass")).digest()
            yield row, text, prints.of_folded_quickly(text) if may_have_copies(text) else short


class RuleTrial(NamedTuple):
    """How a rule runs at a provider, and how often it `found` something."""

    view: RuleView
    found: int

    @property
    def band(self) -> str:
        """Return the widest band in which the rule may go live, or an empty text."""
        return next(iter(self.view.passed), "")

    @property
    def standing(self) -> Standing:
        """Return how its trial stands in that band; without one, in `all`."""
        asked = self.view.asked
        return asked.standings[self.band or ALL] if asked else Standing(0, 0, None, "not_on_trial")

    @property
    def why_not(self) -> str:
        """Return why the rule may not go live: a reason for shadow, or one of its standing."""
        because = self.view.shadow_because
        if self.band or because in {*TRIED, "mode"}:
            return self.standing.why_not if because or self.view.asked else "live"
        return because

    def line(self, store: DynamoStore) -> dict[str, Any]:
        """Return the line of `--json`. Before the first look it shows no share."""
        view, standing, evidence = self.view, self.standing, self.standing.evidence
        is_hidden = evidence is None and standing.judged > 0
        known, shares = evidence or Evidence(), ("right", "wrong", "cannot_tell")
        groups = view.asked.groups if view.asked else ()
        cases = (store.case(first.finding) for first, *_ in groups)
        return {
            "rule": view.name,
            "version": view.pack.version,
            "mode": str(Mode.SHADOW if view.shadow_because else Mode.LIVE),
            "shadow_because": view.shadow_because or None,
            "findings": self.found,
            "band": self.band or None,
            "judged": evidence.judged if evidence else standing.judged,
            **{name: None if is_hidden else getattr(known, name) for name in shares},
            "interval": [evidence.low, evidence.high] if evidence else None,
            "may_go_live": bool(self.band),
            "why_not": self.why_not or None,
            "sample": [
                {
                    "finding": case.case,
                    "post": case.finding.post,
                    "excerpt": case.excerpt,
                    "score": case.finding.score or None,
                }
                for case in cases
                if case and case.finding
            ],
        }
