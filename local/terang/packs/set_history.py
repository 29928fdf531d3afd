"""The sets that were in force before, as the public bucket holds them."""

import re
from dataclasses import dataclass
from datetime import datetime

from ledger.aws.objects import S3Objects
from ledger.clock import utc
from ledger.errors import OperatorError
from ledger.pointer import Pointer, read_pointer, set_key
from matcher import RuleSet, SetError, load_set
from terang.packs.next_set import Earlier, Order

SET_KEY = re.compile(r"sets/([0-9a-f]{64})\.json")

MIN_DIGITS = 8
"""Hex digits that name a set, at least."""


@dataclass(frozen=True, slots=True)
class SetHistory:
    """Reads every set of a public bucket, and the pointer's history, which dates them."""

    objects: S3Objects
    name: str

    def before(self, standing: RuleSet | None, order: Order) -> list[Earlier]:
        """Return the sets before the one in force, the newest first, if the order asks for them.

        It does if a version or a pack returns, or if a provider lost all of its packs. Sets that
        the pointer's history does not name come last, by the newest version in them.
        """
        if standing is None or not self._asks(standing, order):
            return []
        pointer = read_pointer(self.objects, self.name) or Pointer("")
        until = {one.set: one.until for one in reversed(pointer.earlier)}
        found: list[tuple[str, str, Earlier]] = []
        for key in self.objects.keys(self.name, "sets/"):
            match = SET_KEY.fullmatch(key)
            rule_set = self._readable(match[1]) if match else None
            if match and rule_set and match[1] != pointer.set:
                ended = until.get(match[1], "")
                moment = datetime.fromisoformat(ended) if ended else None
                found.append((ended, _newest(rule_set), Earlier(rule_set, moment)))
        return [one for *_, one in sorted(found, key=lambda one: one[:2], reverse=True)]

    def _asks(self, standing: RuleSet, order: Order) -> bool:
        if order.target:
            return True
        lost = (name for name, settings in standing.providers.items() if settings.packs == ())
        if any(name not in order.without_rules for name in lost):
            return True
        versions = {pack.id: pack.version for pack in standing.packs}
        for pack in order.packs:
            prefix = f"packs/{pack.id}/"
            if pack.id in versions:
                prefix += f"{pack.version}.yaml"
            if versions.get(pack.id) != pack.version and self.objects.keys(self.name, prefix):
                return True
        return False

    def _readable(self, digest: str) -> RuleSet | None:
        """Return a set, or None for one of another form, or that was damaged."""
        try:
            return load_set(self.objects.get(self.name, set_key(digest)) or b"", digest)
        except SetError:
            return None

    def whole(self, digest: str) -> str:
        """Return the one digest of a set that begins so. Raises OperatorError if there is none."""
        keys = self.objects.keys(self.name, "sets/")
        found = [match[1] for key in keys if (match := SET_KEY.fullmatch(key))]
        fitting = [one for one in found if one.startswith(digest)]
        if len(digest) < MIN_DIGITS or len(fitting) != 1:
            what = "begins no set's digest" if not fitting else "begins several sets' digests"
            raise OperatorError(
                f"{digest!r} {what}, or is shorter than {MIN_DIGITS} hex digits:"
                " see `terang packs list`"
            )
        return fitting[0]


def _newest(rule_set: RuleSet) -> str:
    """Return when the newest version of a set was published, RFC 3339 in UTC, or empty."""
    moments = [pack.published_at for pack in rule_set.packs if pack.published_at]
    return utc(max(moments)) if moments else ""
