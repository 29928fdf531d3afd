"""Random changes to a published folder, as somebody would make them who has no key."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from support.log_signer import LocalSigner

from publish_steps.served_log import OF_THE_LOG
from tlog import (
    Checkpoint,
    GrowingTree,
    decode_bundle,
    parse_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from verify import LogSource, Result


@dataclass
class Memory(LogSource):
    """Files in memory."""

    files: dict[str, bytes]

    def get(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self, below: str = "") -> list[str]:
        return sorted(path for path in self.files if path.startswith(below))


@dataclass
class Tampering:
    """A copy of the public bucket as a dictionary, an older complete copy, and chance. `touched`
    holds what a check must name: files, or `log` if the whole log is another one."""

    files: dict[str, bytes]
    older: dict[str, bytes]
    random: Random
    signer: LocalSigner
    touched: list[str] = field(default_factory=list)

    def one(self, *beginnings: str, pattern: bytes = b"") -> str:
        """Choose a file that is not one of an earlier size of the log, which may be deleted."""
        size = parse_checkpoint(self.files["log/checkpoint"]).size
        newest = self._leaves()[-1]["list"]
        paths = [
            path
            for path, data in sorted(self.files.items())
            if path.startswith(beginnings or "")
            and re.search(pattern, data)
            and (".p/" not in path or path.endswith(f".p/{size % 256}"))
            and (not path.startswith("log/lists/") or newest in path)
        ]
        self.touched.append(self.random.choice(paths))
        return self.touched[-1]

    # What is done. Each returns what it was.

    def change_a_byte(self) -> str:
        path = self.one()
        data = bytearray(self.files[path]) or bytearray(1)
        data[self.random.randrange(len(data))] ^= self.random.randrange(1, 256)
        self.files[path] = bytes(data)
        return f"a byte of {path} was changed"

    def change_a_digit(self) -> str:
        path = self.one(pattern=rb"\d")
        at = self.random.choice([found.start() for found in re.finditer(rb"\d", self.files[path])])
        data = bytearray(self.files[path])
        data[at] = 48 + (data[at] - 48 + self.random.randrange(1, 10)) % 10
        self.files[path] = bytes(data)
        return f"a digit of {path} was changed"

    def drop_a_line(self) -> str:
        path = self.one(pattern=rb".\n")
        lines = self.files[path].splitlines(keepends=True)
        del lines[self.random.randrange(len(lines))]
        self.files[path] = b"".join(lines)
        return f"a line of {path} was dropped"

    def cut_a_file(self) -> str:
        path = self.one()
        data = self.files[path]
        self.files[path] = data[: self.random.randrange(len(data) or 1)] if data else b"x"
        return f"{path} was cut"

    def remove_a_file(self) -> str:
        path = self.one()
        del self.files[path]
        return f"{path} was removed"

    def swap_two_files(self) -> str:
        while True:
            one, other = self.one(), self.one()
            if self.files[one] != self.files[other]:
                self.files[one], self.files[other] = self.files[other], self.files[one]
                return f"{one} and {other} were swapped"
            self.touched.clear()

    def add_a_file(self) -> str:
        path = self.one()
        stem, dot, ending = path.rpartition(".")
        self.touched[:] = [f"{stem}-{self.random.randrange(10**6)}{dot}{ending}"]
        self.files[self.touched[0]] = self.files[path]
        return f"{self.touched[0]} was added"

    def change_anything_and_make_the_log_fit(self) -> str:
        """The list, the leaves and the tiles fit the files; the signature is the old one."""
        told = self.random.choice(CHANGES)(self)
        if any(OF_THE_LOG.fullmatch(path) for path in self.touched):
            return told  # of the log itself nothing follows
        self._make_log_fit()
        self.touched[:] = ["log"]
        return f"{told}, and the log made to fit"

    def change_a_number_and_all_that_follows(self) -> str:
        """Journal, summary and leaves fit each other; the signature is the old one, or none."""
        path = self.one("journal/", pattern=b".")
        lines = self.files[path].splitlines(keepends=True)
        at = self.random.randrange(len(lines))
        lines[at] = lines[at].replace(b'"inspected":', b'"inspected":1', 1)
        if b"".join(lines) == self.files[path]:
            lines[at] = b""
        before = sha256(self.files[path]).hexdigest()
        self.files[path] = b"".join(lines)
        after = sha256(self.files[path]).hexdigest()
        self._replace(before.encode(), after.encode())
        self._make_log_fit()
        self.touched[:] = ["log"]
        return f"a number of {path}, and all that follows from it, was changed"

    def sign_by_another_key(self) -> str:
        """Everything is changed to fit; the signature is a stranger's."""
        told = self.change_anything_and_make_the_log_fit()
        if self.touched == ["log"]:
            note = parse_checkpoint(self.files["log/checkpoint"])
            self.files["log/checkpoint"] = sign_checkpoint(note, LocalSigner("a stranger"))
        return f"{told}, and signed by a stranger"

    def replace_the_key_too(self) -> str:
        """Only who knows the key from elsewhere, or remembers it, sees this."""
        self.change_a_number_and_all_that_follows()
        note, stranger = parse_checkpoint(self.files["log/checkpoint"]), LocalSigner("a stranger")
        self.files["log/checkpoint"] = sign_checkpoint(note, stranger)
        self.files["log/vkey"] = verifier_key(note.origin, stranger.public_key()).encode() + b"\n"
        return "everything is a stranger's"

    def roll_back(self) -> str:
        self.files, self.touched = dict(self.older), ["log"]
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

    def _leaves(self) -> list[dict[str, Any]]:
        """The leaves; each log of the samples ends with a run that has a list."""
        size, leaves = parse_checkpoint(self.files["log/checkpoint"]).size, list[bytes]()
        while len(leaves) < size:
            width = min(256, size - len(leaves))
            stem = f"log/tile/entries/{len(leaves) // 256:03}"
            leaves += decode_bundle(self.files[stem if width == 256 else f"{stem}.p/{width}"])
        return list(map(json.loads, leaves))

    def _make_log_fit(self) -> None:
        """Write list, leaves and tiles again, with the digests of the files as they are now."""
        leaves, tree = self._leaves(), GrowingTree()
        named = {leaf.get("path") for leaf in leaves}
        listed = [
            self._entry(path)
            for path in sorted(self.files.keys() - named)
            if not OF_THE_LOG.fullmatch(path)
        ]
        leaves[-1]["list"] = sha256(_canonical(listed)).hexdigest()
        self.files[f"log/lists/{leaves[-1]['list']}.json"] = _canonical(listed)
        for leaf in leaves:
            if leaf["kind"] != "published":
                tree.add(_canonical(leaf))
            elif leaf["path"] in self.files:
                tree.add(_canonical(leaf | self._entry(leaf["path"])))
        for path in [path for path in self.files if path.startswith("log/tile/")]:
            del self.files[path]
        self.files |= {f"log/{path}": data for path, data in tree.finish().items()}
        origin = parse_checkpoint(self.files["log/checkpoint"]).origin
        signature = self.files["log/checkpoint"].partition(b"\n\n")[2]
        text = Checkpoint(origin, tree.size, tree.root()).text
        self.files["log/checkpoint"] = text + b"\n" + signature

    def _entry(self, path: str) -> dict[str, Any]:
        data = self.files[path]
        return {"path": path, "sha256": sha256(data).hexdigest(), "size": len(data)}


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


CHANGES: tuple[Callable[[Tampering], str], ...] = (Tampering.change_a_byte,
    Tampering.change_a_digit, Tampering.drop_a_line, Tampering.cut_a_file, Tampering.remove_a_file,
    Tampering.swap_two_files, Tampering.add_a_file)  # fmt: skip
"""Changes of one or two files of any kind."""

FIRST_VISIT = (*CHANGES, Tampering.change_anything_and_make_the_log_fit,
               Tampering.change_a_number_and_all_that_follows, Tampering.sign_by_another_key,
               Tampering.roll_back)  # fmt: skip
"""What a first visitor sees; an older copy only by its age."""

LATER_VISIT = (*FIRST_VISIT, Tampering.replace_the_key_too, Tampering.fork)
"""What a visitor sees who remembers a checkpoint."""


def words_for(tampering: Tampering, result: Result) -> list[str]:
    """The sentences that name each thing that was touched; empty if one is not named. Where the log
    itself cannot be read, nothing else can be named."""
    lines = [*result.wrong, *result.unproved, *(["the log is old"] if result.is_old else [])]
    touched = tampering.touched
    if of_the_log := [path for path in touched if path == "log" or OF_THE_LOG.fullmatch(path)]:
        return [line for line in lines if "log" in line or any(path in line for path in of_the_log)]
    named = [[line for line in lines if path in line] for path in touched]
    return [line for found in named for line in found] if all(named) else []


def write(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
