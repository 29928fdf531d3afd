"""Proofs that the public log names a finding, a unit or the receipt of a file."""

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256

import tlog
from ledger.codes import OperatorError
from ledger.keys import keyed, own_key
from terang import InputError
from verify import MOST_LOGS


def prove_receipt(receipt: bytes, get: tlog.ReadFile) -> tuple[bytes, tlog.Leaf]:
    """Return the proof of the receipt of a file, and its leaf. Raises OperatorError without one."""
    digest = sha256(receipt).hexdigest()

    def revealed(leaf: tlog.Leaf) -> dict[str, str] | None:
        return {} if isinstance(leaf, tlog.ReceiptLeaf) and leaf.sha256 == digest else None

    return _prove(get, revealed)


def prove_finding(
    name: str, month_keys: Mapping[str, bytes], get: tlog.ReadFile
) -> tuple[bytes, tlog.Leaf]:
    """Return the proof of a finding or unit by its id, and its leaf; it reveals its own key only.

    `month_keys` are the keys of the months that are still kept. Raises OperatorError if no leaf is
    of it.
    """
    digests = {keyed(key, name): own_key(key, name) for key in month_keys.values()}

    def revealed(leaf: tlog.Leaf) -> dict[str, str] | None:
        named = leaf.finding if isinstance(leaf, tlog.FindingLeaf) else ""
        named = leaf.unit if isinstance(leaf, tlog.UnitLeaf) else named
        return {"id": name, "key": digests[named].hex()} if named in digests else None

    return _prove(get, revealed)


def _prove(
    get: tlog.ReadFile, revealed: Callable[[tlog.Leaf], dict[str, str] | None]
) -> tuple[bytes, tlog.Leaf]:
    """Return the proof of the first leaf that fits, of the newest log that has one; and it.

    `revealed` returns what the proof says of a leaf that fits, and None for any other.
    """
    searched: list[str] = []
    for folder, note in reversed(list(_checkpoints(get))):
        checkpoint = tlog.parse_checkpoint(note)
        files = tlog.LogFiles(checkpoint.size, lambda path: get(folder + path))  # noqa: B023 - now
        searched.append(f"{checkpoint.size:,} leaves of {checkpoint.origin}")
        try:
            first = files.first_kept()
            for index, data in enumerate(files.leaves(first), first):
                leaf = tlog.decode_leaf(data)
                if (more := revealed(leaf)) is not None:
                    extra = json.dumps({"leaf": data.decode()} | more, sort_keys=True)
                    proof = tlog.encode_proof(index, files.inclusion(index), note, extra.encode())
                    return proof, leaf
        except tlog.LogDamagedError as error:
            raise OperatorError(str(error)) from error
    if not searched:
        raise InputError("there is no log/checkpoint here")
    raise OperatorError(
        f"none of the {' and '.join(searched)} names it; a day is logged when it is closed"
    )


def _checkpoints(get: tlog.ReadFile) -> Iterator[tuple[str, bytes]]:
    """Yield the log and those that continue it: where below `log/`, and the newest checkpoint."""
    folder = ""
    for number in range(2, MOST_LOGS + 2):
        note = get(f"{folder}checkpoint")
        if note is None:
            return
        yield folder, note
        folder = f"{number}/"
