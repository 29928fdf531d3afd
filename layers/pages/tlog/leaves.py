"""What a leaf of Terang's log says, and the checkpoints that sign the log's size and root.

A leaf never holds a text, an account or the id of a post. It is canonical JSON (RFC 8785), so that
everybody gets the same hash of the same facts. Its `kind` says which of these it is.

Source: c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Protocol

import msgspec
import rfc8785
from msgspec import Meta

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


type Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
type Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PublishedLeaf(
    msgspec.Struct, frozen=True, tag_field="kind", tag="published", omit_defaults=True
):
    """A file of the public bucket. `of` is its sort, such as `summary`; `path` is below the bucket.

    A summary, its page, its CSV and its journal name the `revision` of the summary. A newer leaf of
    the same path replaces an older one.
    """

    path: str
    sha256: Digest
    size: int
    of: str
    revision: int = 0


class ReportLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="report"):
    """A file of a provider's yearly report, which is not public: its digest only."""

    path: str
    sha256: Digest
    size: int


class UnitLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="unit", omit_defaults=True):
    """What was counted once: a range of a file, or the messages of a batch.

    `unit` is a keyed digest of its id, see `keyed`. `messages` is 0 for a range.
    """

    provider: str
    day: Day
    unit: Digest
    records: int
    accepted: int
    refused: dict[str, int]
    messages: int = 0


class ReceiptLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="receipt"):
    """The receipt of a file that a provider sent: the digest of what that provider got."""

    provider: str
    day: Day
    sha256: Digest
    records: int
    accepted: int
    refused: dict[str, int]


class FindingLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="finding"):
    """A finding: a keyed digest of its id, see `keyed`."""

    provider: str
    day: Day
    finding: Digest


class DayLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="day"):
    """Ends the leaves of a provider's day, which are right before it; a run may end among them.

    `facts` is a digest of the receipts behind them. A day with late receipts has several.
    """

    provider: str
    day: Day
    facts: Digest


class RunLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="run", omit_defaults=True):
    """Ends what one run of the publisher added; `at` is RFC 3339 in UTC.

    `list` is the digest of the list of all published files that have no leaf of their own. It is
    empty where a run goes on.
    """

    at: str
    list: Digest = ""


class BeganLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="began"):
    """The first leaf of a log that continues another one: the last checkpoint of that one."""

    origin: str
    size: int
    root: str


class MovedLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="moved"):
    """The last leaf of a log that another one continues, and the key of that one."""

    origin: str
    vkey: str


type Leaf = (
    PublishedLeaf
    | ReportLeaf
    | UnitLeaf
    | ReceiptLeaf
    | FindingLeaf
    | DayLeaf
    | RunLeaf
    | BeganLeaf
    | MovedLeaf
)

_decoder: msgspec.json.Decoder[Leaf] = msgspec.json.Decoder(Leaf)


def encode_leaf(leaf: Leaf) -> bytes:
    """Return the bytes of a leaf.

    >>> encode_leaf(RunLeaf("2026-11-26T02:00:00Z"))
    b'{"at":"2026-11-26T02:00:00Z","kind":"run"}'
    """
    return rfc8785.dumps(msgspec.to_builtins(leaf))


def decode_leaf(data: bytes) -> Leaf:
    """Return the leaf of these bytes. Raise msgspec.DecodeError for anything else."""
    return _decoder.decode(data)


def own_key(period_key: bytes, name: str) -> bytes:
    """Return the key of one finding or unit, from the key of its month.

    It reveals neither the key of the month nor the key of any other. HKDF-SHA256, one block.
    """
    extracted = hmac.digest(b"terang log", period_key, "sha256")
    return hmac.digest(extracted, name.encode() + b"\x01", "sha256")


def keyed(period_key: bytes, name: str) -> str:
    """Return the digest of a finding or unit in the log: an HMAC under its own key.

    >>> keyed(bytes(32), "a")[:16]
    'c4a3bd21d17c90cd'
    """
    return hmac.digest(own_key(period_key, name), name.encode(), "sha256").hex()
