"""Checkpoints: the signed size and root of a log.

Source: c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

ED25519 = b"\x01"
"""The type of a signature, in the id of its key."""

_SIGNATURE_LINE = "\u2014 "  # an em dash


class Signer(Protocol):
    """The Ed25519 key that signs the checkpoints of a log."""

    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature of a message."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether the key made this signature of a message."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root of the log that is called `origin`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        r"""The text that is signed.

        >>> Checkpoint("terang.example/log", 0, bytes(32)).text[:21]
        b'terang.example/log\n0\n'
        """
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n".encode()


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes by which a signature names its key."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """Return the line by which others know a key: its name, its id and its bytes.

    >>> verifier_key("example.com/log", bytes(32))[:29]
    'example.com/log+a3ad76db+AQAA'
    """
    encoded = base64.b64encode(ED25519 + public_key).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{encoded}"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the checkpoint as a signed note."""
    named = key_id(checkpoint.origin, signer.public_key())
    signature = base64.b64encode(named + signer.sign(checkpoint.text)).decode()
    return checkpoint.text + f"\n{_SIGNATURE_LINE}{checkpoint.origin} {signature}\n".encode()


def parse_checkpoint(note: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note, without looking at its signatures.

    Raises ValueError for anything else.
    """
    text, separator, _ = note.decode().partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3 or not lines[1].isascii() or not lines[1].isdigit():
        raise ValueError("not a checkpoint")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error:
        raise ValueError("not a checkpoint: its root is not base64") from None
    return Checkpoint(lines[0], int(lines[1]), root)


def is_signed_by(note: bytes, signer: Signer) -> bool:
    """Return whether a note is a checkpoint that carries a signature of this key."""
    checkpoint = parse_checkpoint(note)
    named = key_id(checkpoint.origin, signer.public_key())
    for line in note.decode().partition("\n\n")[2].splitlines():
        name, _, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
        try:
            signature = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue
        if name == checkpoint.origin and signature[:4] == named:
            return signer.verify(checkpoint.text, signature[4:])
    return False
