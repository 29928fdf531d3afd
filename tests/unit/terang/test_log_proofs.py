"""Proofs of single leaves: the stand-alone program accepts them, and no other."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.case_world import finding as found
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt
from support.sample_messages import SENT
from support.sample_posts import StandingClock
from support.tampering import write

from ledger.cases import Case
from ledger.codes import OperatorError
from ledger.keys import receipt_key
from ledger.units import OpenFile
from terang.cli import main
from terang.cli.review import CaseHistory, bundle_files
from terang.log_proofs import prove_finding, prove_receipt
from verify import main as stand_alone

RECEIPT = b'{"file": "f1", "records": 3, "inspected": 2, "refused": {"not_public": 1}}\n'


@pytest.fixture(scope="module")
def made() -> LogWorld:
    made = LogWorld()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt(by_rule={live(): 3}, set=digest))
    made.store.put_file("acme", OpenFile("f1", "2026-11-25", 1, "2026-11-25"))
    made.bucket("out")[receipt_key("acme", "f1")] = RECEIPT
    made.publish(CLOSED)
    return made


@pytest.fixture(scope="module")
def public(made: LogWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(made.files, tmp_path_factory.mktemp("public"))


def read(made: LogWorld, path: str) -> bytes | None:
    return made.files.get(f"log/{path}")


def test_a_proof_of_a_finding_is_accepted_and_reveals_its_own_key_only(
    made: LogWorld, public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = made.log_keys
    finding, other, _ = made.findings("acme", "2026-11-25")
    proof, _ = prove_finding(finding, keys, lambda path: read(made, path))
    path = tmp_path / "p"
    path.write_bytes(proof)
    assert stand_alone([str(public), "--proof", str(path)]) == 0
    assert f"The leaf is that of {finding}." in capsys.readouterr().out
    extra = json.loads(base64.b64decode(proof.split(b"\n")[1].removeprefix(b"extra ")))
    assert bytes.fromhex(extra["key"]) not in keys.values()
    assert (
        extra["key"]
        != json.loads(base64.b64decode(
            prove_finding(other, keys, lambda path: read(made, path))[0].split(b"\n")[1][6:]
        ))["key"]
    )  # fmt: skip


def test_the_proofs_in_a_bundle_are_accepted(
    made: LogWorld, public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = made.findings("acme", "2026-11-25")[0]
    case = Case(name, finding=found(1, finding=name))
    objects = SimpleNamespace(get=lambda bucket, key: made.files.get(key) if bucket else None)
    remote: Any = SimpleNamespace(
        store=made.store, clock=StandingClock(SENT), objects=objects,
        outputs={"PublicBucket": "public", "OutBucket": ""},
    )  # fmt: skip
    files = bundle_files(remote, CaseHistory(case, (case,), ()), words=False)
    path = tmp_path / "p"
    path.write_bytes(files[f"proofs/{name}.tlog-proof"])
    assert stand_alone([str(public), "--proof", str(path)]) == 0
    assert f"The leaf is that of {name}." in capsys.readouterr().out


def test_a_proof_of_another_finding_is_not_accepted(
    made: LogWorld, public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = made.findings("acme", "2026-11-25")[0]
    lines = prove_finding(finding, made.log_keys, lambda path: read(made, path))[0].split(b"\n")
    extra = json.loads(base64.b64decode(lines[1][6:]))
    lines[1] = b"extra " + base64.b64encode(json.dumps(extra | {"id": "another"}).encode())
    path = tmp_path / "p"
    path.write_bytes(b"\n".join(lines))
    assert stand_alone([str(public), "--proof", str(path)]) == 1
    assert "is not that of another" in capsys.readouterr().out
    for place in range(2, len(lines) - 6):
        changed = [*lines]
        changed[place] = b"index 0" if place == 2 else base64.b64encode(bytes(32))
        path.write_bytes(b"\n".join(changed))
        assert stand_alone([str(public), "--proof", str(path)]) == 1


def test_a_receipt_is_proved_by_its_bytes(
    public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt, proof = tmp_path / "receipt.json", tmp_path / "proof"
    receipt.write_bytes(RECEIPT)
    assert main(["prove", "file", str(receipt), str(public), "--out", str(proof)]) == 0
    assert sha256(RECEIPT).hexdigest() in capsys.readouterr().out
    told = ["verify", str(public), "--proof", str(proof), "--receipt", str(receipt)]
    assert main(told) == 0
    receipt.write_bytes(RECEIPT + b" ")
    assert main(told) == 1
    assert main(["prove", "file", str(receipt), str(public), "--out", str(proof)]) == 1


def test_what_is_not_counted_is_said_of_one_checkpoint(made: LogWorld) -> None:
    with pytest.raises(OperatorError, match=r"none of the \d+ leaves of terang.example/log"):
        prove_finding("unknown", made.log_keys, lambda path: read(made, path))
    with pytest.raises(OperatorError, match="no log/checkpoint"):
        prove_receipt(b"", lambda _: None)


def test_verify_and_monitor_are_commands(public: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert main(["verify", str(public)]) == 0
    assert main(["monitor", str(public), "--state", str(state)]) == 0
    assert json.loads(state.read_bytes())["terang.example/log"]["size"] > 0
    assert main(["monitor", str(public), "--state", str(state)]) == 0
    assert main(["verify", str(tmp_path)]) == 2
