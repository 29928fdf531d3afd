"""`terang verify`, `prove` and `monitor`: check the public log, and prove what it contains."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from ledger.errors import OperatorError
from terang import InputError
from terang.cli.arguments import STACK, StackName
from terang.console import console, print_result
from terang.log_proofs import Proof, prove_finding, prove_receipt
from tlog.leaves import encode_leaf
from verifier.verify import (
    LogSource,
    LogUnreadableError,
    Options,
    proof_command,
    source_of,
    verify_command,
)

Place = Annotated[str, Parameter(help="a copy of the public bucket, or its address")]
Keys = Annotated[
    tuple[str, ...],
    Parameter(
        metavar="VKEY", help="a key of the log that you know from elsewhere; repeat for more"
    ),
]

Witnesses = Annotated[
    tuple[str, ...],
    Parameter(metavar="VKEY", help="the key of a witness that must have signed; repeat for more"),
]


def verify(
    place: Place,
    /,
    *,
    key: Keys = (),
    state: Annotated[
        Path | None,
        Parameter(metavar="FILE", help="where the newest checkpoint seen is kept"),
    ] = None,
    checkpoint: Annotated[
        tuple[Path, ...],
        Parameter(metavar="FILE", help="a checkpoint that somebody else got; repeat it for more"),
    ] = (),
    witness: Witnesses = (),
    proof: Annotated[
        Path | None, Parameter(metavar="FILE", help="check this proof, and nothing else")
    ] = None,
    receipt: Annotated[
        Path | None, Parameter(metavar="FILE", help="the receipt that the proof is of")
    ] = None,
) -> int:
    """Check; 0: all is proved, 1: something is wrong, 2: there is no log, 3: not all is proved."""
    if proof is not None:
        return proof_command(place, proof, key, receipt)
    return verify_command(place, Options(key, state, checkpoint, witness))


def monitor(
    place: Place,
    /,
    *,
    state: Annotated[
        Path, Parameter(metavar="FILE", help="where the newest checkpoint seen is kept")
    ],
    key: Keys = (),
    checkpoint: Annotated[
        tuple[Path, ...],
        Parameter(metavar="FILE", help="the copy in a provider's bucket; repeat it for more"),
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
    finding: Annotated[str, Parameter(metavar="ID", help="the id of a finding or unit")],
    /,
    *,
    out: Annotated[Path, Parameter(metavar="FILE")] = Path("finding.tlog-proof"),
    stack: StackName = STACK,
) -> int:
    """Write the proof that the log names this finding; 1 if it does not, 2 if there is no log."""
    from ledger.aws.log_store import DynamoLogStore
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


def _write(prove: Callable[[], Proof], out: Path) -> int:
    try:
        proof = prove()
    except InputError:
        raise
    except (OperatorError, LogUnreadableError, msgspec.DecodeError, ValueError) as error:
        console.print(str(error))
        return 1
    out.write_bytes(proof.file)
    print_result(encode_leaf(proof.leaf).decode())
    console.print(f"written to {out}; check it with: terang verify PLACE --proof {out}")
    return 0
