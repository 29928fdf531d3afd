"""The rules of a unit: a published set, and of it what a provider runs at that moment."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from ledger.errors import OperatorError
from ledger.pointer import current_set, set_key
from ledger.ports import Clock, Objects
from matcher import Matcher, RuleSet, load_set

POINTER_SECONDS = 30
"""How long a worker believes the pointer, at most, before it looks again."""

KEPT = 8
"""Sets and matchers that a worker keeps: sets change seldom, and a provider has one at a time."""


@dataclass(slots=True)
class Rules:
    """What a provider runs: the set's digest, packs out of their dates, and the matcher."""

    set: str
    skipped: tuple[str, ...]
    matcher: Matcher


@dataclass(slots=True)
class RuleSets:
    """Published sets, kept warm. With no public address (`public` false) all is shadow.

    `patience` is this worker's own share of POINTER_SECONDS: workers that began together must not
    look, and then read a new set, all at one moment.
    """

    objects: Objects
    clock: Clock
    public_bucket: str
    public: bool
    patience: float = POINTER_SECONDS
    _pointer: tuple[float, str] = (0.0, "")
    _sets: OrderedDict[str, RuleSet] = field(default_factory=OrderedDict)
    _rules: OrderedDict[tuple[object, ...], Rules] = field(default_factory=OrderedDict)

    def current(self) -> str:
        """The digest of the set in force, at most half a minute old."""
        now = self.clock.now().timestamp()
        if now - self._pointer[0] > self.patience or not self._pointer[1]:
            self._pointer = (now, current_set(self.objects, self.public_bucket))
        return self._pointer[1]

    def rules(self, digest: str, provider: str, at: datetime) -> Rules:
        """The rules of that set for a provider at a moment. Raises OperatorError if it is gone."""
        rule_set = self._set(digest)
        selection = rule_set.for_provider(provider, at, public=self.public)
        packs = tuple(pack.id for pack in selection.packs)
        key = (digest, packs, selection.skipped, frozenset(selection.shadowed))
        if key not in self._rules:
            versions = {pack.id: pack.version for pack in rule_set.packs}
            skipped = tuple(f"{pack}/{versions[pack]}" for pack in selection.skipped)
            _keep(self._rules, key, Rules(digest, skipped, Matcher(selection.packs)))
        return self._rules[key]

    def _set(self, digest: str) -> RuleSet:
        if digest not in self._sets:
            data = self.objects.get(self.public_bucket, set_key(digest))
            if data is None:
                raise OperatorError(f"the set {digest} is not in the public bucket")
            _keep(self._sets, digest, load_set(data, digest))
        return self._sets[digest]


def _keep[K, V](kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    while len(kept) > KEPT:
        kept.popitem(last=False)
