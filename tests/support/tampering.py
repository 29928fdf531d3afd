"""Random changes to a published folder, as somebody would make them who has no key."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from support.log_signer import LocalSigner

from tlog.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from tlog.growth import GrowingTree
from tlog.tiles import decode_entries


@dataclass
class Tampering:
    """A copy of the public bucket as a dictionary, an older complete copy, and chance."""

    files: dict[str, bytes]
    older: dict[str, bytes]
    random: Random
    signer: LocalSigner

    def final(self) -> list[str]:
        """The files that a log should protect: those it names, and those of the log itself."""
        return sorted(
            path
            for path in self.files
            if "/" in path  # pages of the whole site change every day
            and not path.startswith("packs/")
            and path != "sets/current.json"
            and ("/2026-11." not in path)
        )

    def one(self, *beginnings: str) -> str:
        return self.random.choice([p for p in self.final() if p.startswith(beginnings)])

    # What is done. Each returns what it was.

    def change_a_byte(self) -> str:
        path = self.one("")
        data = bytearray(self.files[path])
        if not data:
            self.files[path] = b" "
            return f"a byte was added to {path}"
        data[self.random.randrange(len(data))] ^= self.random.randrange(1, 256)
        self.files[path] = bytes(data)
        return f"a byte of {path} was changed"

    def cut_a_file(self) -> str:
        path = self.one("")
        self.files[path] = (
            self.files[path][: self.random.randrange(len(self.files[path]) or 1)] or b"x"
        )
        return f"{path} was cut"

    def remove_a_file(self) -> str:
        """Any file but a partial tile of an earlier size, which may be deleted."""
        size = parse_checkpoint(self.files["log/checkpoint"]).size
        path = self.one("")
        while ".p/" in path and not path.endswith(f".p/{size % 256}"):
            path = self.one("")
        del self.files[path]
        return f"{path} was removed"

    def swap_two_files(self) -> str:
        while True:
            one, other = self.one("summaries/", "journal/", "sets/", "log/tile"), self.one("")
            if self.files[one] != self.files[other]:
                self.files[one], self.files[other] = self.files[other], self.files[one]
                return f"{one} and {other} were swapped"

    def change_a_number_and_all_that_follows(self) -> str:
        """Journal, summary and leaves fit each other; the signature is the old one, or none."""
        path = self.one("journal/")
        lines = self.files[path].splitlines(keepends=True)
        if not lines:
            return self.change_a_byte()
        at = self.random.randrange(len(lines))
        lines[at] = lines[at].replace(b'"inspected":', b'"inspected":1', 1)
        if b"".join(lines) == self.files[path]:
            lines[at] = b""
        before = sha256(self.files[path]).hexdigest()
        self.files[path] = b"".join(lines)
        after = sha256(self.files[path]).hexdigest()
        self._replace(before.encode(), after.encode())
        self._rebuild_log(before.encode(), after.encode())
        return f"a number of {path}, and all that follows from it, was changed"

    def sign_by_another_key(self) -> str:
        """Everything is changed to fit; the signature is a stranger's."""
        told = self.change_a_number_and_all_that_follows()
        note = parse_checkpoint(self.files["log/checkpoint"])
        self.files["log/checkpoint"] = sign_checkpoint(note, LocalSigner("a stranger"))
        return f"{told}, and signed by a stranger"

    def roll_back(self) -> str:
        self.files = dict(self.older)
        return "an older complete copy is shown"

    def fork(self) -> str:
        """Whoever has the key writes another history: another head of the same size."""
        told = self.change_a_number_and_all_that_follows()
        note = parse_checkpoint(self.files["log/checkpoint"])
        self.files["log/checkpoint"] = sign_checkpoint(note, self.signer)
        return f"{told}, and signed by the log's own key"

    def _replace(self, before: bytes, after: bytes) -> None:
        for path in list(self.files):
            if path.startswith("summaries/") and before in self.files[path]:
                self.files[path] = self.files[path].replace(before, after)

    def _rebuild_log(self, before: bytes, after: bytes) -> None:
        """Write all tiles again, with the digests of the files as they are now."""
        size = parse_checkpoint(self.files["log/checkpoint"]).size
        tree, number = GrowingTree(), 0
        while tree.size < size:
            width = min(256, size - number * 256)
            stem = f"log/tile/entries/{number:03}"
            for leaf in decode_entries(self.files[stem if width == 256 else f"{stem}.p/{width}"]):
                told = json.loads(leaf)
                if told["kind"] == "published" and told["path"] in self.files:
                    data = self.files[told["path"]]
                    told["sha256"], told["size"] = sha256(data).hexdigest(), len(data)
                tree.add(json.dumps(told, sort_keys=True, separators=(",", ":")).encode())
            number += 1
        for path in [path for path in self.files if path.startswith("log/tile/")]:
            del self.files[path]
        self.files |= {f"log/{path}": data for path, data in tree.finish().items()}
        origin = parse_checkpoint(self.files["log/checkpoint"]).origin
        signature = self.files["log/checkpoint"].partition(b"\n\n")[2]
        text = Checkpoint(origin, size, tree.root()).text
        self.files["log/checkpoint"] = text + b"\n" + signature


FIRST_VISIT: tuple[Callable[[Tampering], str], ...] = (
    Tampering.change_a_byte,
    Tampering.cut_a_file,
    Tampering.remove_a_file,
    Tampering.swap_two_files,
    Tampering.change_a_number_and_all_that_follows,
    Tampering.sign_by_another_key,
    Tampering.roll_back,
)
"""What a first visitor sees; an older copy only by its age."""

LATER_VISIT = (*FIRST_VISIT, Tampering.fork)
"""What a visitor sees who remembers a checkpoint."""


def write(files: dict[str, bytes], folder: Path) -> Path:
    """Write files into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
