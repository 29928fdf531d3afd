"""Proofs of single leaves of a public log: of a finding, or of the receipt of a file."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from ledger.errors import OperatorError
from terang import InputError
from tlog.checkpoint import parse_checkpoint
from tlog.growth import LogDamagedError, ReadFile
from tlog.leaves import FindingLeaf, Leaf, ReceiptLeaf, UnitLeaf, decode_leaf, keyed, own_key
from tlog.proofs import LogFiles, encode_proof
from verifier.verify import MOST_LOGS


@dataclass(frozen=True, slots=True)
class Proof:
    """The file of a proof, and the leaf that it is of."""

    file: bytes
    leaf: Leaf


def prove_receipt(receipt: bytes, read_file: ReadFile) -> Proof:
    """Return the proof of the receipt of a file. Raise OperatorError if no leaf is of it."""
    digest = sha256(receipt).hexdigest()

    def is_of(leaf: Leaf) -> bool:
        return isinstance(leaf, ReceiptLeaf) and leaf.sha256 == digest

    return _prove(read_file, is_of, lambda _: {})


def prove_finding(name: str, month_keys: Mapping[str, bytes], read_file: ReadFile) -> Proof:
    """Return the proof of a finding or unit by its id; the proof reveals its own key only.

    `month_keys` are the keys of the months that are still kept. Raises OperatorError if no leaf is
    of it.
    """
    digests = {keyed(key, name): own_key(key, name) for key in month_keys.values()}

    def is_of(leaf: Leaf) -> bool:
        return _digest_in(leaf) in digests

    return _prove(
        read_file, is_of, lambda leaf: {"id": name, "key": digests[_digest_in(leaf)].hex()}
    )


def _digest_in(leaf: Leaf) -> str:
    match leaf:
        case FindingLeaf():
            return leaf.finding
        case UnitLeaf():
            return leaf.unit
        case _:
            return ""


def _prove(
    read_file: ReadFile, is_of: Callable[[Leaf], bool], more_about: Callable[[Leaf], dict[str, Any]]
) -> Proof:
    """Return the proof of the first leaf that fits, of the newest log that has one."""
    searched: list[str] = []
    for folder, note in reversed(list(_checkpoints(read_file))):
        checkpoint = parse_checkpoint(note)
        files = LogFiles(checkpoint.size, partial(_read_in, folder, read_file))
        searched.append(f"{checkpoint.size:,} leaves of {checkpoint.origin}")
        try:
            first = files.first_kept()
            for index, data in enumerate(files.leaves(first), first):
                leaf = decode_leaf(data)
                if is_of(leaf):
                    extra = json.dumps({"leaf": data.decode()} | more_about(leaf), sort_keys=True)
                    proof = encode_proof(index, files.inclusion(index), note, extra.encode())
                    return Proof(proof, leaf)
        except LogDamagedError as error:
            raise OperatorError(str(error)) from error
    if not searched:
        raise InputError("there is no log/checkpoint here")
    raise OperatorError(
        f"none of the {' and '.join(searched)} names it; a day is logged when it is closed"
    )


def _read_in(folder: str, read_file: ReadFile, path: str) -> bytes | None:
    return read_file(folder + path)


def _checkpoints(read_file: ReadFile) -> Iterator[tuple[str, bytes]]:
    """Yield the log and those that continue it: where below `log/`, and the newest checkpoint."""
    folder = ""
    for number in range(2, MOST_LOGS + 2):
        note = read_file(f"{folder}checkpoint")
        if note is None:
            return
        yield folder, note
        folder = f"{number}/"
