"""The public log on AWS: its head and keys in the table, and the key in KMS that signs it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from botocore.exceptions import ClientError

from ledger.finding_store import unpacked
from ledger.table import LOG, Table, journal_of, put_where, record_of
from ledger.units import Receipt


class LogHead(msgspec.Struct, frozen=True):
    """The size and root (in hex) of the log called `origin`; `at` is its newest run, RFC 3339.

    It is moved before the log with it is served, and only by compare-and-swap.
    """

    origin: str
    size: int
    root: str
    at: str


ALGORITHM = "ED25519_SHA_512"
"""Ed25519 over the message itself, as RFC 8032 defines it. The other one signs a digest."""

RAW_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class DynamoLogStore:
    """The public log: its head, the keys of its months, and what it says of units."""

    table: Table

    def log_head(self, origin: str) -> LogHead | None:
        """Return the head of a log, if it has one."""
        return record_of(self.table.get(LOG, f"head#{origin}"), LogHead)

    def move_log_head(self, before: LogHead | None, head: LogHead) -> bool:
        """Move the head of a log. Return False, and move nothing, if `before` is not its head."""
        put = self.table.put_action(LOG, f"head#{head.origin}", head, log_head=_name_of(head))
        if before is None:
            return self.table.transact(put_where(put, "attribute_not_exists(pk)"))
        return self.table.transact(put_where(put, "log_head = :before", before=_name_of(before)))

    def log_key(self, month: str) -> bytes | None:
        """Return the key of a month's findings in the log, if it is still kept."""
        item = self.table.get(LOG, f"key#{month}")
        return item["key"]["B"] if item else None

    def put_log_key(self, month: str, key: bytes, expires: int) -> bytes:
        """Put the key of a month if it has none yet; return the one that is stored afterwards."""
        new = self.table.put_new(LOG, f"key#{month}", key=key, expires=expires)
        return key if new else self.log_key(month) or key

    def log_keys(self, now: float) -> dict[str, bytes]:
        """Return the keys by month that have not expired at `now`, in seconds since 1970."""
        kept = (item for item in self.table.query(LOG, "key#") if int(item["expires"]["N"]) > now)
        return {item["sk"]["S"].removeprefix("key#"): item["key"]["B"] for item in kept}

    def logged_units(
        self, provider: str, day: str, shard: str
    ) -> Iterator[tuple[Receipt | None, list[str]]]:
        """Yield receipts of a day, and ids of findings; a receipt's ids may come after it.

        A shard is the first digit of the ids of units or batches.
        """
        for item in self.table.query(journal_of(provider, day, shard), "receipt#"):
            yield record_of(item, Receipt), unpacked(item.get("ids"))


def _name_of(head: LogHead) -> str:
    return f"{head.size} {head.root}"


@dataclass(slots=True)
class KmsSigner:
    """An Ed25519 key that never leaves KMS, of the spec ECC_NIST_EDWARDS25519."""

    client: Any
    key: str
    _public: bytes = field(init=False, default=b"")

    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key: the end of the DER that KMS gives."""
        if not self._public:
            self._public = self.client.get_public_key(KeyId=self.key)["PublicKey"][-RAW_KEY_BYTES:]
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature of a message of at most 4,096 bytes."""
        answer = self.client.sign(
            KeyId=self.key, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM
        )
        return cast("bytes", answer["Signature"])

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether KMS accepts the signature as one of its key."""
        try:
            answer = self.client.verify(
                KeyId=self.key,
                Message=message,
                MessageType="RAW",
                Signature=signature,
                SigningAlgorithm=ALGORITHM,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "KMSInvalidSignatureException":
                return False
            raise
        return bool(answer["SignatureValid"])
