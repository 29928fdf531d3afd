"""The packs that findings rest on, read from the published set that found them."""

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from decide.facts import PackFacts
from ledger.errors import OperatorError
from ledger.pointer import set_key
from ledger.ports import Objects
from ledger.records.finding import Finding

KEPT = 8
"""Sets that a worker keeps: decisions come on findings of the last few."""


class DecidedGround(msgspec.Struct, frozen=True):
    """The law, or the terms, that a pack rests on."""

    text: str = ""
    url: str = ""


class DecidedRule(msgspec.Struct, frozen=True):
    """What a rule says of itself; keywords of its own only where its pack has none."""

    id: str
    why: str
    keywords: tuple[str, ...] = ()


class DecidedPack(msgspec.Struct, frozen=True):
    """What a pack says of itself, as far as a decision needs it."""

    id: str
    version: int
    title: str
    ground: str
    rules: tuple[DecidedRule, ...]
    keywords: tuple[str, ...] = ()
    legal_ground: DecidedGround = DecidedGround()

    def facts(self, rule: str) -> PackFacts:
        """What every decision on a finding of that rule takes over."""
        ground = self.legal_ground
        own = next((one.keywords for one in self.rules if one.id == rule), ())
        other = self.title if "OTHER" in own else ""
        return PackFacts(self.ground, ground.text, ground.url, self.keywords or own, other)

    def why(self, rule: str) -> str:
        """What the public reads of a rule."""
        return next((one.why for one in self.rules if one.id == rule), "")


class DecidedSet(msgspec.Struct, frozen=True):
    """The packs of a published set; what else it holds is not looked at."""

    packs: tuple[DecidedPack, ...] = ()


@dataclass(slots=True)
class DecidedPacks:
    """Published sets, kept warm."""

    objects: Objects
    public_bucket: str
    _sets: OrderedDict[str, DecidedSet] = field(default_factory=OrderedDict)

    def of(self, finding: Finding) -> DecidedPack:
        """The pack, in the version that found it. Raises OperatorError if its set is gone."""
        for pack in self._set(finding.set).packs:
            if (pack.id, pack.version) == (finding.pack, finding.version):
                return pack
        raise OperatorError(f"the set {finding.set} has no {finding.pack}/{finding.version}")

    def _set(self, digest: str) -> DecidedSet:
        if digest not in self._sets:
            data = self.objects.get(self.public_bucket, set_key(digest))
            if data is None:
                raise OperatorError(f"the set {digest} is not in the public bucket")
            self._sets[digest] = msgspec.json.decode(data, type=DecidedSet)
            if len(self._sets) > KEPT:
                self._sets.popitem(last=False)
        return self._sets[digest]
