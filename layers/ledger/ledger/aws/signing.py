"""The key that signs the public log: it never leaves KMS."""

from dataclasses import dataclass, field
from typing import Any, cast

from botocore.exceptions import ClientError

ALGORITHM = "ED25519_SHA_512"
"""Ed25519 over the message itself, as RFC 8032 defines it. The other one signs a digest."""

RAW_KEY_BYTES = 32


@dataclass(slots=True)
class KmsSigner:
    """An Ed25519 key in KMS, of the spec ECC_NIST_EDWARDS25519."""

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
