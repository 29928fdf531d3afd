"""`terang verify`, `prove` and `monitor`: check the public log, and prove what it contains.

A proof is of one leaf: of a finding or unit, or of the receipt of a file.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from ledger.codes import OperatorError
from ledger.desk_store import keyed, own_key
from terang import InputError
from terang.case_queue import read_file
from terang.terminal import STACK, StackName, console, option, print_result
from tlog import (
    FindingLeaf,
    Leaf,
    LogDamagedError,
    LogFiles,
    ReadFile,
    ReceiptLeaf,
    UnitLeaf,
    decode_leaf,
    encode_leaf,
    encode_proof,
    parse_checkpoint,
)
from verify import (
    MOST_LOGS,
    LogUnreadableError,
    Options,
    proof_command,
    source_of,
    verify_command,
)


def prove_receipt(receipt: bytes, get: ReadFile) -> tuple[bytes, Leaf]:
    """Return the proof of the receipt of a file, and its leaf. Raises OperatorError without one."""
    digest = sha256(receipt).hexdigest()

    def revealed(leaf: Leaf) -> dict[str, str] | None:
        return {} if isinstance(leaf, ReceiptLeaf) and leaf.sha256 == digest else None

    return _prove(get, revealed)


def prove_finding(name: str, month_keys: Mapping[str, bytes], get: ReadFile) -> tuple[bytes, Leaf]:
    """Return the proof of a finding or unit by its id, and its leaf; it reveals its own key only.

    `month_keys` are the keys of the months that are still kept. Raises OperatorError if no leaf is
    of it.
    """
    digests = {keyed(key, name): own_key(key, name) for key in month_keys.values()}

    def revealed(leaf: Leaf) -> dict[str, str] | None:
        named = leaf.finding if isinstance(leaf, FindingLeaf) else ""
        named = leaf.unit if isinstance(leaf, UnitLeaf) else named
        return {"id": name, "key": digests[named].hex()} if named in digests else None

    return _prove(get, revealed)


def _prove(get: ReadFile, revealed: Callable[[Leaf], dict[str, str] | None]) -> tuple[bytes, Leaf]:
    """Return the proof of the first leaf that fits, of the newest log that has one; and it.

    `revealed` returns what the proof says of a leaf that fits, and None for any other.
    """
    searched: list[str] = []
    for folder, note in reversed(list(_checkpoints(get))):
        checkpoint = parse_checkpoint(note)
        files = LogFiles(checkpoint.size, partial(_get_in, folder, get))
        searched.append(f"{checkpoint.size:,} leaves of {checkpoint.origin}")
        try:
            first = files.first_kept()
            for index, data in enumerate(files.leaves(first), first):
                leaf = decode_leaf(data)
                if (more := revealed(leaf)) is not None:
                    extra = json.dumps({"leaf": data.decode()} | more, sort_keys=True)
                    proof = encode_proof(index, files.inclusion(index), note, extra.encode())
                    return proof, leaf
        except LogDamagedError as error:
            raise OperatorError(str(error)) from error
    if not searched:
        raise InputError("there is no log/checkpoint here")
    raise OperatorError(
        f"none of the {' and '.join(searched)} names it; a day is logged when it is closed"
    )


def _get_in(folder: str, get: ReadFile, path: str) -> bytes | None:
    return get(folder + path)


def _checkpoints(get: ReadFile) -> Iterator[tuple[str, bytes]]:
    """Yield the log and those that continue it: where below `log/`, and the newest checkpoint."""
    folder = ""
    for number in range(2, MOST_LOGS + 2):
        note = get(f"{folder}checkpoint")
        if note is None:
            return
        yield folder, note
        folder = f"{number}/"


Place = Annotated[str, Parameter(help="a copy of the public bucket, or its address")]
Keys = Annotated[
    tuple[str, ...],
    option("VKEY", "a key of the log that you know from elsewhere; repeat for more"),
]

Witnesses = Annotated[
    tuple[str, ...], option("VKEY", "the key of a witness that must have signed; repeat for more")
]


def verify(
    place: Place,
    /,
    *,
    key: Keys = (),
    state: Annotated[
        Path | None, option("FILE", "where the newest checkpoint seen is kept")
    ] = None,
    checkpoint: Annotated[
        tuple[Path, ...], option("FILE", "a checkpoint that somebody else got; repeat it for more")
    ] = (),
    witness: Witnesses = (),
    proof: Annotated[Path | None, option("FILE", "check this proof, and nothing else")] = None,
    receipt: Annotated[Path | None, option("FILE", "the receipt that the proof is of")] = None,
) -> int:
    """Check; 0: all is proved, 1: something is wrong, 2: there is no log, 3: not all is proved."""
    if proof is not None:
        return proof_command(place, proof, key, receipt)
    return verify_command(place, Options(key, state, checkpoint, witness))


def monitor(
    place: Place,
    /,
    *,
    state: Annotated[Path, option("FILE", "where the newest checkpoint seen is kept")],
    key: Keys = (),
    checkpoint: Annotated[
        tuple[Path, ...], option("FILE", "the copy in a provider's bucket; repeat it for more")
    ] = (),
    witness: Witnesses = (),
) -> int:
    """Check as `verify` does, and name late entries; 1 is an alarm, 3 is not."""
    return verify_command(place, Options(key, state, checkpoint, witness, watch=True))


def prove_file(
    receipt: Annotated[Path, Parameter(help="the receipt of a dropped file")],
    place: Place,
    /,
    *,
    out: Annotated[Path, Parameter(metavar="FILE")] = Path("receipt.tlog-proof"),
) -> int:
    """Write the proof that the log names this receipt; 1 if it does not, 2 if there is no log."""
    data, source = read_file(receipt, may_be_pipe=True), source_of(place)

    def get(path: str) -> bytes | None:
        found = source.get(f"log/{path}")
        if fault := source.faults.get(f"log/{path}"):
            raise OperatorError(f"log/{path} {fault}")
        return found

    return _write(lambda: prove_receipt(data, get), out)


def prove_one_finding(
    finding: Annotated[str, option("ID", "the id of a finding or unit")],
    /,
    *,
    out: Annotated[Path, Parameter(metavar="FILE")] = Path("finding.tlog-proof"),
    stack: StackName = STACK,
) -> int:
    """Write the proof that the log names this finding; 1 if it does not, 2 if there is no log."""
    from ledger.desk_store import DynamoLogStore
    from terang.remote import Remote

    remote = Remote.find(stack)
    keys = DynamoLogStore(remote.store.table).log_keys(remote.clock.now().timestamp())
    objects, bucket = remote.objects, remote.outputs["PublicBucket"]
    return _write(
        lambda: prove_finding(finding, keys, lambda path: objects.get(bucket, f"log/{path}")),
        out,
    )


def _write(prove: Callable[[], tuple[bytes, Leaf]], out: Path) -> int:
    try:
        proof, leaf = prove()
    except InputError:
        raise
    except (OperatorError, LogUnreadableError, msgspec.DecodeError, ValueError) as error:
        console.print(str(error))
        return 1
    out.write_bytes(proof)
    print_result(encode_leaf(leaf).decode())
    console.print(f"written to {out}; check it with: terang verify PLACE --proof {out}")
    return 0
