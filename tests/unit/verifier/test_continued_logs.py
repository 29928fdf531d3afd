"""A log with a new key continues another one: confirmed by the old key, or not."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import pytest
from support.log_signer import LocalSigner
from support.signed_log import signed_log
from support.tampering import write

from tlog.leaves import (
    BeganLeaf,
    Leaf,
    MovedLeaf,
    RunLeaf,
    encode_leaf,
    parse_checkpoint,
    verifier_key,
)
from tlog.tree import LogFiles, encode_proof
from verifier.verify import Options, Result, check_place, source_of

OLD, NEW = "terang.example/log", "terang.example/log/2"
OLD_KEY, NEW_KEY = LocalSigner("the old key"), LocalSigner("the new key")
RUN = RunLeaf("2026-11-26T02:00:00Z")


def proof_of(files: dict[str, bytes], index: int, leaf: Leaf) -> bytes:
    note = files["log/checkpoint"]
    read = LogFiles(parse_checkpoint(note).size, lambda path: files.get(f"log/{path}"))
    extra = json.dumps({"leaf": encode_leaf(leaf).decode()}).encode()
    return encode_proof(index, read.inclusion(index), note, extra)


def checked(
    folder: Path,
    *,
    confirmed: bool,
    root: str = "",
    named: Leaf | None = None,
    keys: tuple[str, ...] = (),
    state: Path | None = None,
) -> Result:
    moved = MovedLeaf(NEW, verifier_key(NEW, NEW_KEY.public_key()))
    ended = [RUN, *([moved] if confirmed else []), RUN]
    old, last = signed_log("log/", OLD, OLD_KEY, map(encode_leaf, ended))
    began = BeganLeaf(OLD, last.size, root or last.root.hex())
    new, _ = signed_log("log/2/", NEW, NEW_KEY, map(encode_leaf, [began, RUN]))
    if confirmed:
        new["log/2/confirmed.tlog-proof"] = proof_of(old, 1, named or moved)
    return check_place(
        source_of(str(write(old | new, folder))),
        Options(keys=keys, state=state, now=datetime(2026, 11, 26, 3, tzinfo=UTC)),
    )


def test_a_log_that_the_old_key_confirms_is_followed(tmp_path: Path) -> None:
    result = checked(tmp_path, confirmed=True)
    assert result.wrong == []
    assert f"{OLD} names {NEW} as the log that continues it." in result.said


def test_a_log_that_nobody_confirms_is_wrong_unless_its_key_is_known(tmp_path: Path) -> None:
    """From elsewhere, or from an earlier check that was given it."""
    [wrong] = checked(tmp_path, confirmed=False).wrong
    assert "which does not confirm it" in wrong
    known = verifier_key(OLD, OLD_KEY.public_key()), verifier_key(NEW, NEW_KEY.public_key())
    state = tmp_path / "state.json"
    assert checked(tmp_path, confirmed=False, keys=known, state=state).wrong == []
    assert checked(tmp_path, confirmed=False, state=state).wrong == []
    assert checked(tmp_path, confirmed=False, keys=known[:1]).wrong


def test_a_log_that_continues_something_else_is_wrong(tmp_path: Path) -> None:
    result = checked(tmp_path, confirmed=True, root="0" * 64)
    assert result.wrong == [f"{NEW} continues another log than {OLD} as it is here"]


def test_a_proof_of_another_leaf_confirms_nothing(tmp_path: Path) -> None:
    stranger = MovedLeaf(NEW, verifier_key(NEW, OLD_KEY.public_key()))
    [wrong] = checked(tmp_path, confirmed=True, named=stranger).wrong
    assert "which does not confirm it" in wrong


@pytest.mark.parametrize("extra", ["[]", "{}", '{"leaf": 1}', "{"])
def test_a_damaged_proof_confirms_nothing(tmp_path: Path, extra: str) -> None:
    checked(tmp_path, confirmed=True)
    proof = tmp_path / "log/2/confirmed.tlog-proof"
    head, _, rest = proof.read_text().split("\n", 2)
    proof.write_text(f"{head}\nextra {b64encode(extra.encode()).decode()}\n{rest}")
    now = datetime(2026, 11, 26, 3, tzinfo=UTC)
    [wrong] = check_place(source_of(str(tmp_path)), Options(now=now)).wrong
    assert "which does not confirm it" in wrong


def test_a_log_that_was_seen_and_is_gone_is_wrong(tmp_path: Path) -> None:
    """Without it the log before looks like the newest one."""
    folder, state = tmp_path / "public", tmp_path / "state.json"
    assert checked(folder, confirmed=True, state=state).wrong == []
    rmtree(folder / "log/2")
    result = check_place(
        source_of(str(folder)), Options(state=state, now=datetime(2026, 11, 26, 3, tzinfo=UTC))
    )
    assert result.wrong == [f"{NEW} was seen on 2026-11-26T03:00:00Z, and is gone"]
