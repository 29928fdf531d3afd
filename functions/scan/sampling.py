"""The audit sample of a unit: posts that no rule met, for people to judge what was missed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from inspection import Found
from ledger.audit_sample import SAMPLE_DAYS, draw, month_key
from ledger.manifest import Marker
from ledger.ports import Clock, Store
from ledger.post import Post


@dataclass(slots=True)
class Sampler:
    """Draws samples. A worker leaves the key of each month once, for whoever publishes it."""

    store: Store
    clock: Clock
    secret: bytes
    _left: set[str] = field(default_factory=set)

    def keep(self, marker: Marker, posts: Sequence[Post], found: Sequence[Found]) -> None:
        """Keep the unit's part of the month's sample: flagged posts have none, in no text."""
        flagged = {one.finding.post for one in found}
        month = marker.day[:7]
        key = month_key(self.secret, month)
        unflagged = (post.id for post in posts if post.id not in flagged)
        drawn = draw(key, marker.provider, unflagged)
        if not drawn:
            return
        expires = int((self.clock.now() + timedelta(days=SAMPLE_DAYS)).timestamp())
        if month not in self._left:
            self.store.put_audit_key(month, key.hex(), expires)
            self._left.add(month)
        self.store.put_sample(marker, drawn, expires)
