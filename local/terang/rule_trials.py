"""Trials of the rules of a run or a stack: what is drawn at home, and how each rule stands.

At home each finding in shadow has a record, so every rule in shadow is on trial at once. Its
findings are ranked by what they show, without a key: each run draws the same ones. Exact and near
copies are drawn once. Nothing more will come, so the trial draws nothing later, and one person is
enough.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from cases.case_store import Facts, FactsReader, FirstSent, TrialRules
from cases.trials import LIFTED, Standing, answers_of, sample_of, standing_of
from ledger.draws import DrawnFinding, Trial, draw_rank
from ledger.findings import Finding
from ledger.store import DynamoStore
from matcher import Mode, Pack, RuleSet
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

BY_PACK = "mode"
"""Why a rule is in shadow whose pack says so: `mode: shadow`."""

LIFTABLE = LIFTED - {""} | {BY_PACK}
"""Reasons that an adoption lifts."""


def begin_at_home(
    store: DynamoStore,
    provider: str,
    rows: Iterable[FoundRow],
    pack_of: Callable[[Finding], Pack],
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
    texts = ((row, " ".join(fold(row.excerpt or "").split())) for row in rows)
    ranked = sorted(
        (draw_rank(b"", f"{row.pack}/{row.rule}", text), row.finding, row, text)
        for row, text in texts
        if text
    )
    drawn = {one.finding: one for one in _first_groups(ranked)}
    high = _first_groups([each for each in ranked if each[2].band == HIGH])
    extra = [one for one in high if one.finding not in drawn]
    return [*drawn.values(), *(msgspec.structs.replace(one, extra=True) for one in extra)]


def _first_groups(ranked: Iterable[tuple[str, str, FoundRow, str]]) -> Iterator[DrawnFinding]:
    """Yield the first finding of each copy group, until there are SAMPLE."""
    prints, ranks, index = Fingerprints(bytes(32)), set[str](), CopyIndex()
    for rank, name, row, text in ranked:
        if rank in ranks:
            continue
        made_of = prints.of_folded_quickly if may_have_copies(text) else text_digest
        made = made_of(text)
        if index.copy_of(made):
            continue
        ranks.add(rank)
        index.add(Fingerprinted(name, made))
        rule, band = f"{row.pack}/{row.rule}", row.band or ""
        yield DrawnFinding(name, rule, row.version, rank, band=band, fingerprint=made)
        if len(ranks) == SAMPLE:
            return


def text_digest(text: str) -> bytes:
    """Return the digest of a text that is too short for a fingerprint, as long as one."""
    return blake2b(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """How a rule stands at a provider.

    `shadow_because` is why it is in shadow, and empty if it is live: BY_PACK, or a reason of
    `Selection.shadowed`. `standing` is that in `band`, the widest in which the rule may go live;
    without one, in `all`. `sample` are the findings that people judge, in the order of the draw,
    each with its excerpt.
    """

    rule: str
    version: int
    shadow_because: str
    found: int
    band: str
    standing: Standing
    why_not: str
    sample: tuple[tuple[Finding, str | None], ...]

    def line(self) -> dict[str, Any]:
        """Return the line of `--json`. Before the first look it shows no share."""
        standing, evidence = self.standing, self.standing.evidence
        is_hidden = evidence is None and standing.judged > 0
        known = evidence or Evidence()
        return {
            "rule": self.rule,
            "version": self.version,
            "mode": str(Mode.SHADOW if self.shadow_because else Mode.LIVE),
            "shadow_because": self.shadow_because or None,
            "findings": self.found,
            "band": self.band or None,
            "judged": evidence.judged if evidence else standing.judged,
            "right": None if is_hidden else known.right,
            "wrong": None if is_hidden else known.wrong,
            "cannot_tell": None if is_hidden else known.cannot_tell,
            "interval": [evidence.low, evidence.high] if evidence else None,
            "may_go_live": bool(self.band),
            "why_not": self.why_not or None,
            "sample": [
                {
                    "finding": finding.finding,
                    "post": finding.post,
                    "excerpt": excerpt,
                    "score": finding.score if finding.score is not msgspec.UNSET else None,
                }
                for finding, excerpt in self.sample
            ],
        }


def rule_trials(
    reader: FactsReader,
    provider: str,
    rule_set: RuleSet,
    found: Mapping[str, int],
    at: datetime,
) -> list[RuleTrial]:
    """Return every rule that runs for a provider, by findings.

    `found` has the findings by `pack/rule`.
    """
    selection = rule_set.for_provider(provider, at, public=True)
    paused = {pause.rule for pause in rule_set.settings_of(provider).paused}
    made = []
    for pack in selection.packs:
        for rule in pack.rules:
            name = f"{pack.id}/{rule.id}"
            why = "paused" if name in paused else selection.shadowed.get(name, "")
            if not why and pack.mode_of(rule) is Mode.SHADOW:
                why = BY_PACK
            facts = Facts(provider, at, FirstSent(at))
            reader.add_trial(facts, name)
            if facts.trial and facts.trial.matching != rule_digest(pack, rule):
                facts.trial, facts.drawn = None, ()
            made.append(_stands(reader, facts, name, pack.version, why, found.get(name, 0)))
    return sorted(made, key=lambda one: (-one.found, one.rule))


def _stands(
    reader: FactsReader, facts: Facts, name: str, version: int, why: str, found: int
) -> RuleTrial:
    reader.add_cases(facts, *(one.finding for one in facts.drawn))
    answers = {one.finding: answers_of(facts, one.finding) for one in facts.drawn}
    is_over = facts.trial is not None and facts.trial.is_over(facts.now)
    stands = {
        band: standing_of(facts.drawn, answers, band, facts.trial_rules, is_over=is_over)
        for band in (ALL, HIGH)
    }
    lacks = "" if why in LIFTABLE else why
    if facts.trial is None:
        lacks = lacks or ("not_on_trial" if why else "live")
    bands = [band for band, standing in stands.items() if not standing.why_not and not lacks]
    band = bands[0] if bands else ""
    is_tried = stands[ALL].why_not == "not_right"  # then the upper band alone may be good enough
    sample = sample_of(facts.drawn, band or (HIGH if is_tried else ALL))
    cases = (facts.cases.get(first.finding) for first, *_ in sample)
    return RuleTrial(
        name,
        version,
        why,
        found,
        band,
        stands[band or ALL],
        "" if band else lacks or stands[ALL].why_not,
        tuple((case.finding, case.excerpt) for case in cases if case and case.finding),
    )
