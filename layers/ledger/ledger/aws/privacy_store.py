"""What the table knows of authors: the months' salts, and who was erased."""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.aws.table import Item, Table
from ledger.privacy.erasure import stub_of
from ledger.privacy.pseudonyms import MonthSalt
from ledger.records.finding import Finding

_SALTS, _ERASED = "S#", "E#"


@dataclass(frozen=True, slots=True)
class DynamoPrivacy:
    """The part of the port `Store` that knows authors, on a table with the keys `pk` and `sk`."""

    table: Table

    def month_salt(self, key_id: str) -> MonthSalt | None:
        """The salt of a month's key, if it stands."""
        found = self.table.get(_SALTS, key_id)
        return _salt_of(found) if found else None

    def month_salts(self) -> list[MonthSalt]:
        """All that stand, by month."""
        return [_salt_of(item) for item in self.table.query(_SALTS, "")]

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        """Put a month's salt if absent; the first one, which stays."""
        new = self.table.new(_SALTS, salt.key_id, salt=salt.salt, expires=salt.expires)
        if self.table.transact(new):
            return salt
        return self.month_salt(salt.key_id) or salt

    def erased_accounts(self, provider: str, accounts: Collection[str]) -> frozenset[str]:
        """Those of these pseudonyms under which a tombstone stands."""
        keys = [(_tomb(provider, one), "tombstone") for one in sorted(accounts)]
        found = self.table.get_many(keys)
        return frozenset(pk.removeprefix(_tomb(provider, "")) for pk, _ in found)

    def put_tombstone(self, provider: str, account: str, expires: int) -> None:
        """Put a tombstone under a pseudonym: whatever comes of it until then is put as a stub."""
        self.table.put(_tomb(provider, account), "tombstone", expires=expires)

    def replace_with_stub(self, finding: Finding, expires: int) -> None:
        """Put the stub over the finding, off the list of open ones, and take its excerpt's text.

        The excerpt's item stays empty until `expires`, since no role of a function deletes items.
        """
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.over(key, "finding", stub_of(finding)),
            self.table.over(key, "excerpt", expires=expires),
        )


def _tomb(provider: str, account: str) -> str:
    return f"{_ERASED}{provider}#{account}"


def _salt_of(item: Item) -> MonthSalt:
    return MonthSalt(item["sk"]["S"], item["salt"]["B"], int(item["expires"]["N"]))
