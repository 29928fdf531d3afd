"""The personal data in the table: salts, tombstones, moderators' letters and audit samples."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from ledger.aws.table import Item, Table, shards
from ledger.clock import Clock, SystemClock
from ledger.privacy.audit_sample import SampledPost
from ledger.privacy.erasure import stub_of
from ledger.privacy.pseudonyms import MonthSalt
from ledger.records.finding import Finding
from ledger.records.manifest import Marker

SALTS = "S#"
AUDIT_SECRETS = "_audit"


@dataclass(frozen=True, slots=True)
class DynamoPrivacy:
    """The ports SaltStore, ErasureStore, LetterStore and SampleStore."""

    table: Table
    clock: Clock = field(default_factory=SystemClock)

    def month_salt(self, key_id: str) -> MonthSalt | None:
        """Return the salt of a month's key, if it is still kept."""
        item = self.table.get(SALTS, key_id)
        return _salt_of(item) if item else None

    def month_salts(self) -> list[MonthSalt]:
        """Return all salts that are kept, by month."""
        return [_salt_of(item) for item in self.table.query(SALTS, "")]

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        """Put a month's salt if it has none yet; return the one that is stored afterwards."""
        new = self.table.put_if_absent(SALTS, salt.key_id, salt=salt.salt, expires=salt.expires)
        if self.table.transact(new):
            return salt
        return self.month_salt(salt.key_id) or salt

    def erased_accounts(self, provider: str, accounts: Collection[str]) -> frozenset[str]:
        """Return those of these pseudonyms that have a tombstone."""
        keys = [(_tombstone(provider, account), "tombstone") for account in sorted(accounts)]
        items = self.table.get_many(keys)
        return frozenset(pk.removeprefix(_tombstone(provider, "")) for pk, _ in items)

    def put_tombstone(self, provider: str, account: str, expires: int) -> None:
        """Put a tombstone: until it expires, new findings of that pseudonym are stored as stubs."""
        self.table.put(_tombstone(provider, account), "tombstone", expires=expires)

    def replace_with_stub(self, finding: Finding, expires: int) -> None:
        """Replace a finding with its stub, unlist it, and delete the text of its excerpt.

        The excerpt's item stays, empty, until `expires`: no role of a function deletes items.
        """
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.put_action(key, "finding", stub_of(finding)),
            self.table.put_action(key, "excerpt", expires=expires),
        )

    def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
        """Return the letters of a provider's month by moderator."""
        prefix = f"letter#{month}#"
        return {
            item["moderator"]["S"]: item["sk"]["S"].removeprefix(prefix)
            for item in self.work_items(provider, prefix)
        }

    def put_moderator_letter(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another moderator has it."""
        key = f"letter#{month}#{letter}"
        new = self.table.put_if_absent(work_of(provider), key, moderator=moderator, expires=expires)
        return self.table.transact(new)

    def put_sample(self, marker: Marker, posts: Sequence[SampledPost], expires: int) -> None:
        """Keep the posts of a unit's sample."""
        key = f"J#{marker.provider}#{marker.day}#{marker.unit[0]}"
        self.table.put(key, f"sample#{marker.unit}", list(posts), expires=expires)

    def samples(self, provider: str, day: str) -> list[SampledPost]:
        """Return the posts of all units' samples of a provider and day, by rank, with repeats."""
        posts = [
            post
            for shard in shards()
            for sample in self.table.records(
                f"J#{provider}#{day}#{shard}", "sample#", list[SampledPost]
            )
            for post in sample
        ]
        return sorted(posts, key=lambda post: (post.rank, post.post))

    def audit_secret(self, month: str) -> str | None:
        """Return the secret of a month's sample in hex, if any post was sampled."""
        item = self.table.get(work_of(AUDIT_SECRETS), month) or self.table.get(
            f"P#{AUDIT_SECRETS}", month
        )
        return item["key"]["S"] if item else None

    def put_audit_secret(self, month: str, secret: str, expires: int) -> None:
        """Keep the secret of a month's sample, to be published after the month."""
        self.table.put(work_of(AUDIT_SECRETS), month, key=secret, expires=expires)

    def work_items(self, provider: str, prefix: str) -> Iterator[Item]:
        """Yield the items in a provider's work partition whose sort key starts with the prefix.

        Earlier releases kept them in the partition of the registration. Those were written first:
        they come last here, so that a dict of the items keeps them.
        """
        yield from self.table.query(work_of(provider), prefix)
        yield from self.table.query(f"P#{provider}", prefix)


def work_of(provider: str) -> str:
    """Return the partition in which functions note a provider's files, floods and letters.

    It differs from the partition of the registration, which no function may write.
    """
    return f"W#{provider}"


def _tombstone(provider: str, account: str) -> str:
    return f"E#{provider}#{account}"


def _salt_of(item: Item) -> MonthSalt:
    return MonthSalt(item["sk"]["S"], item["salt"]["B"], int(item["expires"]["N"]))
