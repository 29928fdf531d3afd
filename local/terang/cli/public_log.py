"""Proofs of single leaves of a public log: of a finding, or of the receipt of a file.

`terang verify`, `prove` and `monitor`: check the public log, and prove what it contains.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from ledger.refusals import OperatorError
from terang import InputError
from terang.terminal import STACK, StackName, console, option, print_result
from tlog.leaves import (
    FindingLeaf,
    Leaf,
    ReceiptLeaf,
    UnitLeaf,
    decode_leaf,
    encode_leaf,
    keyed,
    own_key,
    parse_checkpoint,
)
from tlog.tree import LogDamagedError, LogFiles, ReadFile, encode_proof
from verifier.verify import (
    MOST_LOGS,
    LogSource,
    LogUnreadableError,
    Options,
    proof_command,
    source_of,
    verify_command,
)


def prove_receipt(receipt: bytes, read_file: ReadFile) -> tuple[bytes, Leaf]:
    """Return the proof of the receipt of a file, and its leaf. Raises OperatorError without one."""
    digest = sha256(receipt).hexdigest()

    def is_of(leaf: Leaf) -> bool:
        return isinstance(leaf, ReceiptLeaf) and leaf.sha256 == digest

    return _prove(read_file, is_of, lambda _: {})


def prove_finding(
    name: str, month_keys: Mapping[str, bytes], read_file: ReadFile
) -> tuple[bytes, Leaf]:
    """Return the proof of a finding or unit by its id, and its leaf; it reveals its own key only.

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
) -> tuple[bytes, Leaf]:
    """Return the proof of the first leaf that fits, of the newest log that has one; and it."""
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
                    return proof, leaf
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
    try:
        data = receipt.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {receipt}: {error.strerror}") from None
    source = source_of(place)
    return _write(lambda: prove_receipt(data, lambda path: _read(source, f"log/{path}")), out)


def prove_one_finding(
    finding: Annotated[str, option("ID", "the id of a finding or unit")],
    /,
    *,
    out: Annotated[Path, Parameter(metavar="FILE")] = Path("finding.tlog-proof"),
    stack: StackName = STACK,
) -> int:
    """Write the proof that the log names this finding; 1 if it does not, 2 if there is no log."""
    from ledger.aws.desk_store import DynamoLogStore
    from terang.remote import Remote

    remote = Remote.find(stack)
    keys = DynamoLogStore(remote.store.table).log_keys(remote.clock.now().timestamp())
    objects, bucket = remote.objects, remote.outputs["PublicBucket"]
    return _write(
        lambda: prove_finding(finding, keys, lambda path: objects.get(bucket, f"log/{path}")),
        out,
    )


def _read(source: LogSource, path: str) -> bytes | None:
    data = source.get(path)
    if path in source.faults:
        raise OperatorError(f"{path} {source.faults[path]}")
    return data


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
