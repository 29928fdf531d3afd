"""The audit sample of a unit: posts that no rule met, for people to judge what was missed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ledger.clock import Clock
from ledger.privacy.audit_sample import (
    SAMPLE_DAYS,
    SampledPost,
    SampleStore,
    draw_sample,
    month_sample_key,
)
from ledger.privacy.pseudonyms import Pseudonyms
from ledger.records.manifest import Marker
from ledger.records.post import Post
from scan.inspection import Found, account_of


@dataclass(slots=True)
class Sampler:
    """Draws samples. A worker leaves the key of each month once, for whoever publishes it."""

    store: SampleStore
    clock: Clock
    secret: bytes
    _left: set[str] = field(default_factory=set)

    def draw(
        self,
        marker: Marker,
        posts: Sequence[Post],
        found: Sequence[Found],
        pseudonyms: Pseudonyms,
    ) -> list[SampledPost]:
        """The unit's part of the month's sample: flagged posts are not in it, in no text."""
        flagged = {one.finding.post for one in found}
        unflagged = {post.id: post for post in posts if post.id not in flagged}
        drawn = draw_sample(
            month_sample_key(self.secret, marker.day[:7]), marker.provider, unflagged
        )
        return [
            SampledPost(post, rank, account_of(unflagged[post], pseudonyms)) for post, rank in drawn
        ]

    def keep(self, marker: Marker, drawn: Sequence[SampledPost], erased: Collection[str]) -> None:
        """Keep what was drawn but for posts of erased authors, and the month's key.

        Also where that leaves none: an earlier try may have kept them.
        """
        if not drawn:
            return
        month = marker.day[:7]
        expires = int((self.clock.now() + timedelta(days=SAMPLE_DAYS)).timestamp())
        if month not in self._left:
            key = month_sample_key(self.secret, month)
            self.store.put_audit_key(month, key.hex(), expires)
            self._left.add(month)
        kept = [one for one in drawn if one.account not in erased]
        self.store.put_sample(marker, kept, expires)
