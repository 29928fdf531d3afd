"""The sets that were in force before, read from the public bucket."""

import re
from dataclasses import dataclass
from datetime import datetime

from ledger.aws.objects import S3Objects
from ledger.clock import utc
from ledger.pointer import Pointer, read_pointer, set_key
from matcher import RuleSet, SetError, load_set
from terang import InputError
from terang.packs.next_set import ReplacedSet, SetRequest

SET_KEY = re.compile(r"sets/([0-9a-f]{64})\.json")

MIN_DIGITS = 8
"""The least number of hex digits that may name a set."""


@dataclass(frozen=True, slots=True)
class SetHistory:
    """Reads every set of a public bucket, and the history of the pointer, which dates them."""

    objects: S3Objects
    name: str

    def before(self, current: RuleSet | None, request: SetRequest) -> list[ReplacedSet]:
        """Return the sets before the one in force, newest first, if the change needs them.

        It does if a version or a pack returns, or if a provider lost all of its packs. Sets that
        the pointer's history does not name come last, by the newest version in them.
        """
        if current is None or not self._needs_earlier(current, request):
            return []
        pointer = read_pointer(self.objects, self.name) or Pointer("")
        until = {earlier.set: earlier.until for earlier in reversed(pointer.earlier)}
        dated: list[tuple[str, str, ReplacedSet]] = []
        for key in self.objects.keys(self.name, "sets/"):
            match = SET_KEY.fullmatch(key)
            rule_set = self._readable(match[1]) if match else None
            if match and rule_set and match[1] != pointer.set:
                ended = until.get(match[1], "")
                moment = datetime.fromisoformat(ended) if ended else None
                dated.append((ended, _newest(rule_set), ReplacedSet(rule_set, moment)))
        return [earlier for *_, earlier in sorted(dated, key=lambda row: row[:2], reverse=True)]

    def _needs_earlier(self, current: RuleSet, request: SetRequest) -> bool:
        if request.target:
            return True
        lost = (name for name, settings in current.providers.items() if settings.packs == ())
        if any(name not in request.without_rules for name in lost):
            return True
        versions = {pack.id: pack.version for pack in current.packs}
        for pack in request.packs:
            prefix = f"packs/{pack.id}/"
            if pack.id in versions:
                prefix += f"{pack.version}.yaml"
            if versions.get(pack.id) != pack.version and self.objects.keys(self.name, prefix):
                return True
        return False

    def _readable(self, digest: str) -> RuleSet | None:
        """Return a set, or None if it has another form or is damaged."""
        try:
            return load_set(self.objects.get(self.name, set_key(digest)) or b"", digest)
        except SetError:
            return None

    def whole_digest(self, digest: str) -> str:
        """Return the digest of the one set that begins so. Raises OperatorError."""
        keys = self.objects.keys(self.name, "sets/")
        digests = [match[1] for key in keys if (match := SET_KEY.fullmatch(key))]
        fitting = [whole for whole in digests if whole.startswith(digest)]
        if len(digest) < MIN_DIGITS or len(fitting) != 1:
            problem = "several sets begin with it" if fitting else "no set begins with it"
            raise InputError(
                f"{digest!r}: {problem}, or it is shorter than {MIN_DIGITS} hex digits:"
                " see `terang packs list`"
            )
        return fitting[0]


def _newest(rule_set: RuleSet) -> str:
    """Return when the newest version of a set was published, RFC 3339 in UTC, or empty."""
    moments = [pack.published_at for pack in rule_set.packs if pack.published_at]
    return utc(max(moments)) if moments else ""
