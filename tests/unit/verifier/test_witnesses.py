"""Cosignatures of witnesses: somebody else signed that the log only ever grew."""

import base64
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from support.log_signer import LocalSigner
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt
from tlog_scales.signing import NoteSignature, Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from verifier.verify import Folder, Options, Result, check_place

WITNESS, NAME, AT = LocalSigner("a witness"), "witness.example/w1", 1_795_658_400


def vkey_of(signer: LocalSigner) -> str:
    material = b"\x04" + signer.public_key()
    key_id = sha256(NAME.encode() + b"\n" + material).digest()[:4]
    return f"{NAME}+{key_id.hex()}+{base64.b64encode(material).decode()}"


def cosigned(note: bytes, at: int = AT, signed_at: int = AT) -> bytes:
    """The note with the line that a witness adds. It says one time and signs another."""
    text = note.partition(b"\n\n")[0] + b"\n"
    signature = WITNESS.sign(f"cosignature/v1\ntime {signed_at}\n".encode() + text)
    key_id = bytes.fromhex(vkey_of(WITNESS).split("+")[1])
    line = base64.b64encode(key_id + at.to_bytes(8, "big") + signature).decode()
    return note + f"\u2014 {NAME} {line}\n".encode()


@pytest.fixture(scope="module")
def logs() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A log, and the same log later."""
    made = LogWorld()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt(by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    older = dict(made.objects.stored)
    made.publish("2026-11-26T09:00:00Z")
    return older, dict(made.objects.stored)


def check(files: dict[str, bytes], folder: Path, *others: bytes, key: str = "") -> Result:
    world = LogWorld()
    world.objects.stored = files
    paths = []
    for number, other in enumerate(others):
        paths.append(folder / f"{number}.checkpoint")
        paths[-1].write_bytes(other)
    options = Options(checkpoints=tuple(paths), witnesses=(key or vkey_of(WITNESS),),
                      now=datetime(2026, 11, 26, 10, tzinfo=UTC))  # fmt: skip
    return check_place(Folder(world.copy_to(folder / "public")), options)


def test_another_implementation_accepts_the_cosignature(
    logs: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    note = cosigned(logs[1]["log/checkpoint"]).decode()
    line = note.splitlines()[-1]
    key = Vkey.from_string(vkey_of(WITNESS))
    size, root = note.split("\n")[1:3]
    theirs = TheirCheckpoint(note.split("\n")[0], int(size), base64.b64decode(root), [])
    key.get_verifier().verify_note(NoteSignature.from_line(line), theirs)


def test_the_served_checkpoint_may_be_cosigned(
    logs: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    files = logs[1] | {"log/checkpoint": cosigned(logs[1]["log/checkpoint"])}
    result = check(files, tmp_path)
    assert result.wrong == []
    assert any(line.startswith(f"The witness {NAME} saw the log of") for line in result.said)


def test_or_one_that_the_witness_handed_out(
    logs: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    older, newer = logs
    assert check(newer, tmp_path, cosigned(older["log/checkpoint"])).wrong == []


@pytest.mark.parametrize(
    ("at", "signed_at", "signer"),
    [(AT, AT + 1, "a witness"), (AT, AT, "a stranger")],
    ids=["the time was changed", "another key"],
)
def test_a_witness_that_did_not_sign_is_wrong(
    logs: tuple[dict[str, bytes], dict[str, bytes]],
    tmp_path: Path,
    at: int,
    signed_at: int,
    signer: str,
) -> None:
    note = cosigned(logs[1]["log/checkpoint"], at, signed_at)
    files = logs[1] | {"log/checkpoint": note}
    [wrong] = check(files, tmp_path, key=vkey_of(LocalSigner(signer))).wrong
    assert wrong.startswith(f"the witness {NAME} signed no checkpoint")


def test_the_key_of_the_log_is_no_witness(
    logs: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    key = logs[1]["log/vkey"].decode().strip()
    assert check(logs[1], tmp_path, key=key).wrong
