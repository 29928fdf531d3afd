"""The public log on AWS: its head and keys in the table, and the key in KMS that signs it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.exceptions import ClientError

from ledger.aws.rows import LOG, journal_of, work_of
from ledger.aws.table import Table, put_where, record_of
from ledger.aws.unit_store import unpacked
from ledger.records.log_head import LogHead
from ledger.records.receipt import Receipt

ALGORITHM = "ED25519_SHA_512"
"""Ed25519 over the message itself, as RFC 8032 defines it. The other one signs a digest."""

RAW_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class DynamoLogStore:
    """The port LogStore."""

    table: Table

    def log_head(self, origin: str) -> LogHead | None:
        """Return the head of a log; first move what an earlier release kept elsewhere."""
        head = self.table.get(LOG, f"head#{origin}")
        if head is None:
            old = self.table.query(work_of("_log"), "")
            self.table.put_pairs([({**item, "pk": {"S": LOG}}, None) for item in old])
            head = self.table.get(LOG, f"head#{origin}")
        return record_of(head, LogHead)

    def move_log_head(self, before: LogHead | None, head: LogHead) -> bool:
        put = self.table.put_action(LOG, f"head#{head.origin}", head, log_head=_name_of(head))
        if before is None:
            return self.table.transact(put_where(put, "attribute_not_exists(pk)"))
        return self.table.transact(put_where(put, "log_head = :before", before=_name_of(before)))

    def log_key(self, month: str) -> bytes | None:
        item = self.table.get(LOG, f"key#{month}")
        return item["key"]["B"] if item else None

    def put_log_key(self, month: str, key: bytes, expires: int) -> bytes:
        new = self.table.put_if_absent(LOG, f"key#{month}", key=key, expires=expires)
        return key if self.table.transact(new) else self.log_key(month) or key

    def log_keys(self, now: float) -> dict[str, bytes]:
        """Return the keys by month that have not expired at `now`, in seconds since 1970."""
        kept = (item for item in self.table.query(LOG, "key#") if int(item["expires"]["N"]) > now)
        return {item["sk"]["S"].removeprefix("key#"): item["key"]["B"] for item in kept}

    def logged_units(
        self, provider: str, day: str, shard: str
    ) -> Iterator[tuple[Receipt | None, list[str]]]:
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
