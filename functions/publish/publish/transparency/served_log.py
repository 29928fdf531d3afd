"""The log as it is served, and the one way in which it grows.

The order is that of Sunlight: stage the files, move the head in the table by
compare-and-swap, write the files, read them back, sign the head, and serve the checkpoint last.
Providers get copies of what was served. A run that dies anywhere leaves a head that the next run
brings up. Two runs at once cannot both move the head, and a head that lost is never signed. A
served checkpoint is only replaced by that of a head that extends it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ledger.errors import OperatorError
from ledger.keys import log_checkpoint_key
from ledger.ports import LogStore, Objects
from ledger.records.log_head import LogHead
from tlog.checkpoint import (
    Checkpoint,
    Signer,
    is_signed_by,
    parse_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from tlog.growth import GrowingTree, LogDamagedError
from tlog.hashing import EMPTY_ROOT
from tlog.proofs import LogFiles

AT_ONCE = 1 << 16
"""Leaves that one head adds: 256 bundles and as many tiles, some 20 MB in memory."""

type Staged = dict[str, bytes]
"""The files that a new head needs, by their path below the folder of the log."""


class LogRefusedError(OperatorError):
    """The log cannot grow without contradicting its served head: the operator must look."""


class LogBusyError(Exception):
    """Another run moved the head meanwhile. The next run adds the missing leaves."""


@dataclass(frozen=True, slots=True)
class ServedLog:
    """One log in the public bucket, under `folder` such as `log/`.

    Each of `providers` gets a copy of each checkpoint in its part of the out bucket.
    """

    objects: Objects
    store: LogStore
    signer: Signer
    origin: str
    public: str
    work: str
    out: str
    providers: Sequence[str] = ()
    folder: str = "log/"

    def head(self) -> LogHead:
        """Return the head, after everything that it needs is served.

        Raises LogBusyError if another run moved the head meanwhile; LogRefusedError if the served
        checkpoint is ahead of the head or contradicts it, or the log has another name or key.
        """
        vkey = self.read("vkey")
        if vkey is not None and vkey != self.vkey:
            raise self.refusal_of(vkey)
        head = self.store.log_head(self.origin) or LogHead(self.origin, 0, EMPTY_ROOT.hex(), "")
        self._serve(head)
        return head

    @property
    def vkey(self) -> bytes:
        """Return the line by which others know the key of the log."""
        return verifier_key(self.origin, self.signer.public_key()).encode() + b"\n"

    def refusal_of(self, vkey: bytes | None) -> LogRefusedError:
        """Return why the log cannot grow under the key that is served: another name or key."""
        name = (vkey or b"").decode(errors="replace").partition("+")[0]
        if name in {"", self.origin}:
            return LogRefusedError("the log was signed by another key: a new key needs a new log")
        names = f"is named {name}, this stack's is {self.origin}"
        return LogRefusedError(f"the log at {self.folder} {names}: its address changed")

    def files(self, head: LogHead) -> LogFiles:
        """Return the files of the log of this head."""
        return LogFiles(head.size, self.read)

    def read(self, path: str) -> bytes | None:
        """Return a file of the log."""
        return self.objects.get(self.public, self.folder + path)

    def append(self, before: LogHead, leaves: Iterable[bytes], at: str) -> LogHead:
        """Add leaves to the log of a head that is served. Return its new head, served.

        Raises LogBusyError if another run moved the head; LogRefusedError if the tiles that are
        served are not those of the head.
        """
        try:
            tree = GrowingTree.read(before.size, bytes.fromhex(before.root), self.read)
        except LogDamagedError as error:
            raise LogRefusedError(f"{error}: restore their last versions") from error
        for leaf in leaves:
            tree.add(leaf)
        staged: Staged = tree.finish()
        head = LogHead(self.origin, tree.size, tree.root().hex(), max(at, before.at))
        self.objects.put(self.work, self._staged_key(head), msgspec.msgpack.encode(staged))
        self.store.move_log_head(before if before.size else None, head)
        if self.store.log_head(self.origin) != head:  # an answer may be lost: only the table knows
            raise LogBusyError
        self._serve(head)
        return head

    def adopt(self) -> None:
        """Make the served checkpoint the head again, after the table was restored.

        Raises LogRefusedError if it is not signed by the log's key, or its tiles are not all there.
        """
        note = self.read("checkpoint")
        if note is None or not is_signed_by(note, self.signer):
            raise LogRefusedError("no checkpoint with a signature of the log's key is served")
        served, before = parse_checkpoint(note), self.store.log_head(self.origin)
        size = before.size if before else 0
        files = LogFiles(served.size, self.read)
        try:
            GrowingTree.read(served.size, served.root, self.read)
            if before and files.root(0, size).hex() != before.root:
                raise LogRefusedError("the served log does not continue the one in the table")
        except LogDamagedError as error:
            raise LogRefusedError(str(error)) from error
        if served.size > size:
            at = before.at if before else ""
            head = LogHead(self.origin, served.size, served.root.hex(), at)
            self.store.move_log_head(before, head)

    def _serve(self, head: LogHead) -> None:
        """Write what a head needs and is not served yet. The checkpoint comes last."""
        found = self.objects.get_with_etag(self.public, self.folder + "checkpoint")
        served = parse_checkpoint(found[0]) if found else Checkpoint(self.origin, 0, EMPTY_ROOT)
        checkpoint = Checkpoint(self.origin, head.size, bytes.fromhex(head.root))
        if served == checkpoint:
            return
        if served.origin != self.origin or served.size >= head.size:
            if self.store.log_head(self.origin) not in {head, None}:
                raise LogBusyError
            raise LogRefusedError(
                f"the log of {head.size} leaves in the table is not the one that is served, of"
                f" {served.size}: after a restored table, see docs/log.md"
            )
        staged = self._staged(head)
        for path, data in staged.items():
            self.objects.put_new(self.public, self.folder + path, data)
        self._verify(served, head, staged)
        self.objects.put_new(self.public, self.folder + "vkey", self.vkey)
        note = sign_checkpoint(checkpoint, self.signer)
        etag = found[1] if found else None
        self.objects.put_if(self.public, self.folder + "checkpoint", note, etag)
        if self.read("checkpoint") != note:
            return  # another run has served a later head
        for provider in self.providers:
            self.objects.put(self.out, log_checkpoint_key(provider, self.folder, head.size), note)
            self.objects.put(self.out, log_checkpoint_key(provider, self.folder), note)

    def _verify(self, served: Checkpoint, head: LogHead, staged: Staged) -> None:
        """Read back the written files. Refuse a head that does not extend the served log."""
        for path, data in staged.items():
            if self.read(path) != data:
                raise OSError(f"{path} of the log was written and reads otherwise")
        try:
            GrowingTree.read(head.size, bytes.fromhex(head.root), self.read)
            root = (
                LogFiles(head.size, self.read).root(0, served.size) if served.size else EMPTY_ROOT
            )
        except LogDamagedError as error:
            raise LogRefusedError(str(error)) from error
        if root != served.root:
            raise LogRefusedError("the log in the table does not continue the one that is served")

    def _staged(self, head: LogHead) -> Staged:
        data = self.objects.get(self.work, self._staged_key(head))
        if data is None:
            raise LogRefusedError(f"{self._staged_key(head)} is gone from the work bucket")
        staged: Staged = msgspec.msgpack.decode(data, type=Staged)
        return staged

    def _staged_key(self, head: LogHead) -> str:
        return f"log/staged/{self.folder}{head.size:012}-{head.root}"


def origin_of(public_url: str, bucket: str) -> str:
    """Return the name of a stack's log: its public address without the scheme, or its bucket.

    >>> origin_of("https://terang.example/", "b"), origin_of("", "terang-public-1")
    ('terang.example/log', 'terang-public-1/log')
    """
    return f"{public_url.partition('://')[2].strip('/') or bucket}/log"
