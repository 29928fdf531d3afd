"""The packs that findings rest on, read from the published sets that the findings name."""

from dataclasses import dataclass, field

from decide.facts import PackFacts
from ledger.errors import OperatorError
from ledger.pointer import stored_set
from ledger.ports import Objects
from ledger.records.finding import Finding
from rules.pack import Pack
from rules.rule_set import KnownSets, SetError


@dataclass(slots=True)
class DecidedPacks:
    """Packs by the findings that rest on them. Sets that were read once are kept."""

    objects: Objects
    public_bucket: str
    _known_sets: KnownSets = field(default_factory=KnownSets)

    def of(self, finding: Finding) -> Pack:
        """Return the pack in the version that made a finding.

        Raises OperatorError if its set is gone or cannot be read.
        """
        try:
            rule_set = self._known_sets.one(finding.set, self._document)
        except SetError as error:
            raise OperatorError(f"the set {finding.set} cannot be read: {error}") from error
        for pack in rule_set.packs:
            if (pack.id, pack.version) == (finding.pack, finding.version):
                return pack
        raise OperatorError(f"the set {finding.set} has no {finding.pack}/{finding.version}")

    def _document(self, digest: str) -> bytes:
        return stored_set(self.objects, self.public_bucket, digest)


def pack_facts(pack: Pack, rule_id: str) -> PackFacts:
    """Return what every decision on a finding of a rule takes over from its pack."""
    legal_ground, rule = pack.legal_ground, pack.rule(rule_id)
    keywords = rule.keywords if rule else ()
    return PackFacts(
        ground=pack.ground,
        ground_text=legal_ground.text,
        ground_url=legal_ground.url,
        keywords=pack.keywords or keywords,
        other=pack.title if "OTHER" in keywords else "",
    )
