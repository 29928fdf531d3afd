"""Puts the newest index in force: the published set names it."""

from dataclasses import dataclass

from learn.library import Library
from ledger.clock import Clock
from ledger.errors import OperatorError
from ledger.pointer import move_pointer, set_key
from ledger.ports import Objects
from matcher import load_set
from rules.factchecks import FACTCHECKS, pack_yaml
from rules.rule_set import with_factchecks


@dataclass(frozen=True, slots=True)
class IndexActivator:
    """Moves the pointer to a set with the index of the catalogue."""

    objects: Objects
    clock: Clock
    library: Library
    public_bucket: str
    notice_hours: int

    def activate_index(self) -> None:
        """Make sure that the set in force names the catalogue's index, and that its pack is there.

        The catalogue is read again for each attempt: of two imports the later one's index wins.
        """
        digest = move_pointer(self.objects, self.public_bucket, self._next_set, self.clock.now())
        data = self.objects.get(self.public_bucket, set_key(digest))
        if data is None:
            raise OperatorError(f"the set {digest} is missing from the public bucket")
        for pack in load_set(data, digest).packs:
            if pack.id == FACTCHECKS:
                key = f"packs/{FACTCHECKS}/{pack.version}.yaml"
                self.objects.put_new(self.public_bucket, key, pack_yaml(pack))

    def _next_set(self, before: bytes | None) -> bytes:
        catalogue = self.library.catalogue()[0]
        rule_set = load_set(before) if before is not None else None
        if before is not None and rule_set is not None and rule_set.factchecks == catalogue.index:
            return before
        return with_factchecks(
            rule_set, catalogue.index, catalogue.languages, self.clock.now(), self.notice_hours
        )
