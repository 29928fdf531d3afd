"""The personal data in the table: salts, tombstones, moderators' letters and audit samples."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import batched

from ledger.aws.rows import AUDIT_KEYS, TableRows, journal_of, work_of
from ledger.aws.table import Item, record_of, shards
from ledger.privacy.audit_sample import SampledPost
from ledger.privacy.copies import DayCopies, FindingFingerprint
from ledger.privacy.erasure import stub_of
from ledger.privacy.pseudonyms import MonthSalt
from ledger.records.finding import Finding
from ledger.records.manifest import Marker

FINGERPRINTS_PER_ITEM = 1_000
"""Fingerprints in one item: 64 bytes, two ids and JSON are at most 300 bytes each."""

SALTS = "S#"


@dataclass(frozen=True, slots=True)
class DynamoPrivacy(TableRows):
    """The ports SaltStore, ErasureStore, LetterStore, SampleStore and CopyStore."""

    def month_salt(self, key_id: str) -> MonthSalt | None:
        item = self.table.get(SALTS, key_id)
        return _salt_of(item) if item else None

    def month_salts(self) -> list[MonthSalt]:
        return [_salt_of(item) for item in self.table.query(SALTS, "")]

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        new = self.table.put_if_absent(SALTS, salt.key_id, salt=salt.salt, expires=salt.expires)
        if self.table.transact(new):
            return salt
        return self.month_salt(salt.key_id) or salt

    def erased_accounts(self, provider: str, accounts: Collection[str]) -> frozenset[str]:
        keys = [(_tombstone(provider, account), "tombstone") for account in sorted(accounts)]
        items = self.table.get_many(keys)
        return frozenset(pk.removeprefix(_tombstone(provider, "")) for pk, _ in items)

    def put_tombstone(self, provider: str, account: str, expires: int) -> None:
        self.table.put(_tombstone(provider, account), "tombstone", expires=expires)

    def replace_with_stub(self, finding: Finding, expires: int) -> None:
        """Leave the excerpt's item, empty, until `expires`: no role of a function deletes items."""
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.put_action(key, "finding", stub_of(finding)),
            self.table.put_action(key, "excerpt", expires=expires),
        )

    def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
        prefix = f"letter#{month}#"
        return {
            item["moderator"]["S"]: item["sk"]["S"].removeprefix(prefix)
            for item in self.work_items(provider, prefix)
        }

    def put_moderator_letter(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        key = f"letter#{month}#{letter}"
        new = self.table.put_if_absent(work_of(provider), key, moderator=moderator, expires=expires)
        return self.table.transact(new)

    def put_sample(self, marker: Marker, posts: Sequence[SampledPost], expires: int) -> None:
        key = journal_of(marker.provider, marker.day, marker.unit[0])
        self.table.put(key, f"sample#{marker.unit}", list(posts), expires=expires)

    def samples(self, provider: str, day: str) -> list[SampledPost]:
        posts = [
            post
            for shard in shards()
            for sample in self.table.records(
                journal_of(provider, day, shard), "sample#", list[SampledPost]
            )
            for post in sample
        ]
        return sorted(posts, key=lambda post: (post.rank, post.post))

    def put_fingerprints(
        self, marker: Marker, fingerprints: Sequence[FindingFingerprint], expires: int
    ) -> None:
        name = marker.receipt_id
        key = journal_of(marker.provider, marker.day, name[0])
        pages = [*batched(fingerprints, FINGERPRINTS_PER_ITEM)] or [()]
        for page, some in enumerate(pages):
            self.table.put(key, f"copies#{name}#{page:08}", list(some), expires=expires)

    def fingerprints(self, provider: str, day: str) -> list[FindingFingerprint]:
        """Leave out fingerprints without a receipt: a batch that lost a race leaves them."""
        now, found = self.clock.now().timestamp(), dict[str, FindingFingerprint]()
        for shard in shards():
            key = journal_of(provider, day, shard)
            for item in self.table.query(key, "copies#"):
                name = item["sk"]["S"].split("#")[1]
                if int(item["expires"]["N"]) > now and self.table.get(key, f"receipt#{name}"):
                    fingerprints = record_of(item, list[FindingFingerprint]) or []
                    found |= {one.finding: one for one in fingerprints}
        return sorted(found.values())

    def stored_fingerprints(
        self, provider: str, day: str, shard: str
    ) -> list[list[FindingFingerprint]]:
        """Return all stored fingerprints of a shard, also those of no receipt, item by item."""
        key = journal_of(provider, day, shard)
        return self.table.records(key, "copies#", list[FindingFingerprint])

    def day_copies(self, provider: str, day: str) -> DayCopies | None:
        return record_of(self.table.get(work_of(provider), f"copies#{day}"), DayCopies)

    def put_day_copies(self, provider: str, day: str, copies: DayCopies) -> DayCopies:
        new = self.table.put_if_absent(work_of(provider), f"copies#{day}", copies)
        if self.table.transact(new):
            return copies
        return self.day_copies(provider, day) or copies

    def audit_key(self, month: str) -> str | None:
        places = AUDIT_KEYS, work_of("_audit"), "P#_audit"  # the last two of earlier releases
        found = (item["key"]["S"] for pk in places if (item := self.table.get(pk, month)))
        return next(found, None)

    def put_audit_key(self, month: str, secret: str, expires: int) -> None:
        self.table.put(AUDIT_KEYS, month, key=secret, expires=expires)


def _tombstone(provider: str, account: str) -> str:
    return f"E#{provider}#{account}"


def _salt_of(item: Item) -> MonthSalt:
    return MonthSalt(item["sk"]["S"], item["salt"]["B"], int(item["expires"]["N"]))
