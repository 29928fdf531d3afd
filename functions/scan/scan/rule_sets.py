"""The rules of a unit: those of a published set that a provider runs at a moment."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.clock import Clock
from ledger.errors import OperatorError
from ledger.pointer import current_set, stored_set
from ledger.ports import Objects
from ledger.records.receipt import ITEM_BYTES, max_receipt_bytes
from matcher import Matcher, Pack, RuleSet, load_set
from rules.factchecks import FACTCHECKS
from rules.rule_set import counted_rules
from scan.copies import CopyRule, copy_rules
from scan.fact_checks import CheckRules, read_finder

if TYPE_CHECKING:
    from claims.check_finder import CheckFinder

POINTER_SECONDS = 30
"""The longest time for which a worker believes the pointer before it reads it again."""

KEPT = 8
"""Sets and matchers that a worker keeps. Sets change seldom, and a provider has one at a time."""

KEPT_INDEXES = 2
"""Indexes of checks that a worker keeps: units of the previous set may still arrive."""


@dataclass(slots=True)
class Rules:
    """What a provider runs. `set` is a digest; `skipped` names packs that are not in their dates.

    `checks` is None where the set names no index of fact-checks. `none_in_force` says that the
    provider has no rule at all (see `Selection`). `expected` has the per mille of posts that a rule
    of a pack may hit, by pack, where the pack says so. `receipt_bytes` is the most that a receipt
    takes. `copies` are the rules of copies, by `pack/rule`.
    """

    set: str
    skipped: tuple[str, ...]
    matcher: Matcher
    checks: CheckRules | None = None
    none_in_force: bool = False
    expected: Mapping[str, int] = field(default_factory=dict)
    receipt_bytes: int = 0
    copies: Mapping[str, CopyRule] = field(default_factory=dict)


@dataclass(slots=True)
class RuleSets:
    """Published sets and their matchers, kept in memory.

    Without a public address (`public` false) every rule runs as shadow.
    `patience` is this worker's own share of POINTER_SECONDS, so that workers that started together
    do not all read the pointer and a new set at the same moment.
    """

    objects: Objects
    clock: Clock
    public_bucket: str
    public: bool
    patience: float = POINTER_SECONDS
    _pointer: tuple[float, str] = (0.0, "")
    _sets: OrderedDict[str, RuleSet] = field(default_factory=OrderedDict)
    _finders: "OrderedDict[str, CheckFinder]" = field(default_factory=OrderedDict)
    _rules: OrderedDict[tuple[object, ...], Rules] = field(default_factory=OrderedDict)

    def current(self) -> str:
        """Return the digest of the set in force, read at most POINTER_SECONDS ago."""
        now = self.clock.now().timestamp()
        if now - self._pointer[0] > self.patience or not self._pointer[1]:
            self._pointer = (now, current_set(self.objects, self.public_bucket))
        return self._pointer[1]

    def rules(self, digest: str, provider: str, at: datetime) -> Rules:
        """Return the rules of that set for a provider at a moment.

        Raises OperatorError if the set is missing, or has so many rules for the provider that a
        receipt of all of them would not fit into the table and no unit could be committed.
        """
        rule_set = self._set(digest)
        selection = rule_set.for_provider(provider, at, public=self.public)
        packs = tuple(pack.id for pack in selection.packs)
        key = (
            digest,
            packs,
            selection.skipped,
            frozenset(selection.shadowed),
            selection.no_rules,
        )
        if key not in self._rules:
            versions = {pack.id: pack.version for pack in rule_set.packs}
            skipped = tuple(f"{pack}/{versions[pack]}" for pack in selection.skipped)
            size = _checked_size(digest, provider, selection.packs)
            matcher, checks = Matcher(selection.packs), self._checks(rule_set, selection.packs)
            expected = {
                pack.id: pack.expected_per_mille
                for pack in selection.packs
                if pack.expected_per_mille
            }
            rules = Rules(
                digest,
                skipped,
                matcher,
                checks,
                selection.no_rules,
                expected,
                size,
                copy_rules(selection.packs),
            )
            _keep(self._rules, key, rules)
        return self._rules[key]

    def _checks(self, rule_set: RuleSet, packs: Sequence[Pack]) -> CheckRules | None:
        """Return the rules of the pack of checks, if it runs, with the index that the set names."""
        pack = next((pack for pack in packs if pack.id == FACTCHECKS), None)
        if pack is None:
            return None
        if rule_set.factchecks not in self._finders:
            finder = read_finder(self.objects, self.public_bucket, rule_set.factchecks)
            _keep(self._finders, rule_set.factchecks, finder, KEPT_INDEXES)
        return CheckRules.of(pack, self._finders[rule_set.factchecks])

    def _set(self, digest: str) -> RuleSet:
        if digest not in self._sets:
            data = stored_set(self.objects, self.public_bucket, digest)
            _keep(self._sets, digest, load_set(data, digest))
        return self._sets[digest]


def _checked_size(digest: str, provider: str, packs: Sequence[Pack]) -> int:
    rules = list(counted_rules(packs))
    size = max_receipt_bytes(rules)
    if size > ITEM_BYTES:
        raise OperatorError(
            f"the set {digest} has {len(rules):,} rules for {provider}: a receipt that counts each"
            f" of them takes up to {size:,} bytes, {size - ITEM_BYTES:,} more than the"
            f" {ITEM_BYTES:,} of an item of the table"
        )
    return size


def _keep[K, V](kept: OrderedDict[K, V], key: K, value: V, most: int = KEPT) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
