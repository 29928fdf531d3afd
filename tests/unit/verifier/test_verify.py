"""Checking a log: what is reported, what is not, and how."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from support.log_signer import LocalSigner
from support.log_world import ORIGIN, LogWorld, published_log
from support.publish_world import live, sample_receipt
from support.signed_log import signed_log
from support.tampering import FIRST_VISIT, LATER_VISIT, Memory, Tampering, words_for, write

import verify
from publish_steps import logging_run
from publish_steps.served_log import OF_THE_LOG
from terang.cli import main as terang
from tlog import PublishedLeaf, RunLeaf, encode_leaf, verifier_key
from verify import LogUnreadableError, Options, Result, check_place, main, source_of

LATER = "2026-11-26T09:00:00Z"
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
TAMPERINGS = int(os.environ.get("TAMPERINGS", "60"))
"""How many random changes are tried in each table; `TAMPERINGS` tries more."""


def first_world() -> LogWorld:
    return published_log("2026-11-24", "2026-11-25")


def grow(made: LogWorld) -> LogWorld:
    rule_set = next(made.store.receipts("acme", "2026-11-24")).set
    made.count(sample_receipt("2026-11-24", 5, by_rule={live(): 1}, set=rule_set))
    made.count(sample_receipt("2026-11-26", 6, by_rule={live(): 1}, set=rule_set))
    made.publish(LATER, "2026-11-26", provisional=True)
    return made


WORLD = first_world()
OLDER = dict(WORLD.files)
grow(WORLD)
FILES = dict(WORLD.files)


def checked(folder: Path, state: Path | None = None, now: datetime = NOW, **more: object) -> Result:
    options = Options(state=state, now=now, **more)  # type: ignore[arg-type]
    return check_place(source_of(str(folder)), options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(FILES, tmp_path_factory.mktemp("public"))


def test_nothing_is_reported_where_nothing_was_changed(folder: Path) -> None:
    result = checked(folder)
    assert result.wrong == []
    assert "signed by the key terang.example/log+" in result.said[0]
    assert any("a complete older copy would look the same" in line for line in result.said)
    assert "2 summaries were corrected, and say why." in result.said
    assert result.unproved == []
    files = [path for path in FILES if not OF_THE_LOG.fullmatch(path)]
    assert result.proved == [f"{len(files)} files", "10 summaries recounted, 0 differ"]


def test_the_next_visit_knows_the_log_again(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert checked(write(OLDER, tmp_path / "older"), state).wrong == []
    result = checked(write(FILES, tmp_path / "newer"), state)
    assert result.wrong == []
    assert any(line.startswith("It contains the log of") for line in result.said)
    back = checked(tmp_path / "older", state)
    assert any("leaves on 2026-11-26T10:00:00Z, and now has" in line for line in back.wrong)


def test_an_old_log_is_said_to_be_old(folder: Path) -> None:
    result = checked(folder, now=NOW + timedelta(days=3))
    assert result.is_old
    assert any("73 hours ago: there may be a newer one" in line for line in result.said)


def test_a_key_that_is_known_from_elsewhere_decides(folder: Path) -> None:
    right = verifier_key(ORIGIN, LocalSigner().public_key())
    wrong = verifier_key(ORIGIN, LocalSigner("a stranger").public_key())
    assert checked(folder, keys=(right,)).wrong == []
    assert "log/vkey is not the key that you gave" in checked(folder, keys=(wrong,)).wrong


@pytest.mark.parametrize("path", ["log/vkey", "log/checkpoint"])
@pytest.mark.parametrize("end", [b"", b" ", b"\r\n", b"\n\n"])
def test_the_last_newline_counts(path: str, end: bytes, tmp_path: Path) -> None:
    assert checked(write(FILES | {path: FILES[path][:-1] + end}, tmp_path)).wrong


def test_a_checkpoint_that_somebody_else_got_is_compared(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "checkpoint"
    other.write_bytes(OLDER["log/checkpoint"])
    assert checked(folder, checkpoints=(other,)).wrong == []
    other.write_bytes(forked()["log/checkpoint"])
    [wrong] = checked(folder, checkpoints=(other,)).wrong
    assert "shows another log" in wrong


def test_a_checkpoint_of_another_log_or_damaged_is_wrong(folder: Path, tmp_path: Path) -> None:
    other, damaged = tmp_path / "other", tmp_path / "damaged"
    other.write_bytes(OLDER["log/checkpoint"].replace(ORIGIN.encode(), b"other.example/log"))
    damaged.write_bytes(OLDER["log/checkpoint"][:-2])
    assert checked(folder, checkpoints=(other, damaged)).wrong == [
        f"{other} is a checkpoint of no log of this place",
        f"{damaged}: it is not a signed note",
    ]


def test_a_log_whose_key_changed_since_is_wrong(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert checked(folder, state).wrong == []
    seen = json.loads(state.read_bytes())
    seen[ORIGIN]["key"] = "another"
    state.write_text(json.dumps(seen))
    [wrong] = checked(folder, state).wrong
    assert wrong == f"{ORIGIN} had another key on {seen[ORIGIN]['seen']}: another"


def test_numbers_are_recounted_by_the_program_next_to_the_verifier_if_it_is_there(folder: Path,
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(verify, "RECOUNT", (tmp_path / "recount.py",))
    result = checked(folder)
    assert result.unproved == [f"the numbers: put log/recount.py next to {verify.__file__}"]
    assert result.wrong == []
    for program, wrong in (
        ("import sys; sys.exit('x' * 300)", [f"recount.py failed: {'x' * 200}"]),
        ("print('one'); print('two'); print('3 summaries'); raise SystemExit(1)", ["one", "two"]),
    ):
        (tmp_path / "recount.py").write_text(program)
        assert checked(folder).wrong == wrong
    assert "3 summaries" in checked(folder).proved


def test_a_revision_says_why_and_what_changed(tmp_path: Path) -> None:
    path = "summaries/acme/2026-11-24.json"
    summary = json.loads(FILES[path])
    assert summary["revision"] == 2
    for change, wrong in (
        ({"why_revised": ""}, [f"{path} is revision 2 in the log, and does not say why"]),
        ({"revision": 3}, [f"{path} is revision 2 in the log, and does not say why"]),
        ({"changes": []}, [f"{path} is revision 2, and does not say what changed"]),
    ):
        changed = write(FILES | {path: json.dumps(summary | change).encode()}, tmp_path)
        said = [line for line in checked(changed).wrong if "is revision" in line]
        assert said == wrong
    broken = write(FILES | {path: b"{"}, tmp_path)
    assert len([line for line in checked(broken).wrong if "is revision" in line]) == 2
    earlier = write(FILES | {path.replace(".json", ".r1.json"): b"{}"}, tmp_path)
    assert any("revision 1" in line for line in checked(earlier).wrong)


LIST = max((path for path in FILES if path not in OLDER and "/lists/" in path), key=len)
MONTH, PAGE = "summaries/all/2026-11.csv", "index.html"
EARLIER = next(path for path in OLDER if "/lists/" in path)
BY_LIST = f"the list of {LATER}"


def without_lists(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same files with a log of an earlier release."""
    made = first_world()
    made.head = None
    made.files.clear()
    made.files.update({path: files[path] for path in files if not OF_THE_LOG.fullmatch(path)})
    with pytest.MonkeyPatch.context() as patch:
        earlier = vars(logging_run.tlog) | {"RunLeaf": lambda at, _list: RunLeaf(at)}
        patch.setattr(logging_run, "tlog", SimpleNamespace(**earlier))
        made.publish(LATER)
    return made.files


@pytest.mark.parametrize(("changed", "code", "said"), [
    ({}, 0, "Wrong: 0\nNot proved: 0\nProved and recounted: 93 files, 10 summaries recounted,"),
    ({PAGE: b"x"}, 1, f"Wrong: 1: {PAGE} differs from {BY_LIST}: changed, or copied during a"),
    ({PAGE: None}, 1, f"Wrong: 1: {PAGE} is missing; {BY_LIST} names it\n"),
    ({PAGE: FILES[PAGE] * 2}, 1, f"Wrong: 2: {PAGE} differs from {BY_LIST}: changed, or copi"),
    ({MONTH: None}, 1, f"{MONTH} is missing; {BY_LIST} names it, in an open period\n"),
    ({"summaries/all/2026-11-24.csv": b"x"}, 1, "is not the file that leaf"),
    ({LIST: None}, 1, f"{LIST} is missing, or is not the list that the newest run names"),
    ({LIST: None}, 1, "Not proved: 59: authors.html, authors.id.html, authors.zh.html, check.html"),
    ({LIST: None}, 1, "and 39 more, above"),
    ({EARLIER: None}, 0, "Wrong: 0\n"),
    ({EARLIER: b"[]"}, 1, f"{EARLIER} is not the list that its name says"),
    ({"log/x.html": b""}, 3, "Wrong: 0\nNot proved: 1: log/x.html\nProved and recounted: 93"),
    ({"journal/acme/2026-11-20.jsonl": b""}, 1, "Not proved: 1: journal/acme/2026-11-20.jsonl"),
    (dict.fromkeys(FILES), 2, "there is no log/checkpoint here"),
])  # fmt: skip
def test_the_verdict_has_three_lines_and_the_exit_code_is_its_worst(
        changed: dict[str, bytes | None], code: int, said: str, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    files = FILES | changed
    folder = write({path: data for path, data in files.items() if data is not None}, tmp_path)
    assert main([str(folder)]) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    "data", [b"{", b"1", b"[1]", b'["path"]', b"[{}]", b'[{"path": "../x"}]', b"[" * 60_000]
)
def test_a_signed_list_of_another_form_is_wrong(data: bytes, tmp_path: Path) -> None:
    path = f"log/lists/{sha256(data).hexdigest()}.json"
    leaves = [encode_leaf(RunLeaf(LATER, sha256(data).hexdigest()))]
    files, _ = signed_log("log/", ORIGIN, LocalSigner(), leaves)
    [wrong] = checked(write(files | {path: data}, tmp_path)).wrong
    assert wrong.startswith(f"{path}: ")


def test_an_earlier_log_has_no_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write(without_lists(FILES), tmp_path))]) == 3
    assert "what no leaf names, since this log has no list of it\n" in capsys.readouterr().out


def test_a_number_that_changed_without_a_revision_is_reported(tmp_path: Path) -> None:
    made = grow(first_world())
    path = "summaries/acme/2026-11-25.json"
    made.files[path] += b"\n"
    made.publish("2026-11-26T09:30:00Z")
    result = checked(write(made.files, tmp_path))
    assert f"{path} was changed without a new revision" in result.wrong


def test_what_was_logged_late_is_named_when_watching(tmp_path: Path) -> None:
    made = first_world()
    made.publish("2026-11-29T12:00:00Z")
    folder = write(made.files, tmp_path)
    now = datetime(2026, 11, 29, 13, tzinfo=UTC)
    assert checked(folder, now=now).wrong == []
    assert checked(folder, now=now, watch=True).wrong == [
        f"summaries/{provider}/{day}.json was added {hours} hours after its day was closed"
        for provider in ("acme", "all")
        for day, hours in (("2026-11-26", 58), ("2026-11-27", 34))
    ]


def signed_again(origin: str = ORIGIN, word: str = "a key for tests",
                 size: int | None = None) -> dict[str, bytes]:  # fmt: skip
    """The same files behind another log of their leaves."""
    leaves = [encode_leaf(leaf) for leaf in WORLD.leaves()[:size]]
    log, _ = signed_log("log/", origin, LocalSigner(word), leaves)
    return {path: data for path, data in FILES.items() if not path.startswith("log/tile")} | log


def forked() -> dict[str, bytes]:
    tampering = Tampering(dict(FILES), OLDER, Random(1), LocalSigner())
    tampering.fork()
    return tampering.files


STRANGER = signed_again("other.example/log", "a stranger")
BEHIND = {path.replace("log/", "log/2/", 1): FILES[path] for path in FILES if path[:4] == "log/"}
ANOTHER = "it is not the log that was seen before"
OTHER_LOGS = {
    "renamed": (STRANGER, ANOTHER),
    "renamed as one that continues it": (signed_again(f"{ORIGIN}/2", "a stranger"), ANOTHER),
    "renamed, and followed by the one that was seen": (STRANGER | BEHIND, ANOTHER),
    "other key": (signed_again(word="a stranger"), "had another key"),
    "truncated": (signed_again(size=9), "and now has 9"), "rolled back": (OLDER, "and now has"),
    "forked": (forked(), "is not the log that was seen"), "gone": ({"index.html": b""}, ANOTHER),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHER_LOGS)
def test_who_remembers_a_log_is_shown_no_other(case: str, folder: Path, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """By no command; and nothing is added to what it remembers."""
    state, (files, why) = tmp_path / "seen.json", OTHER_LOGS[case]
    assert main([str(folder), "--state", str(state)]) == 0
    seen = state.read_bytes()
    other = str(write(files, tmp_path / "other"))
    for command, words in (
        (terang, ["verify"]), (terang, ["monitor"]), (main, []), (main, ["--watch"]),
    ):  # fmt: skip
        capsys.readouterr()
        assert command([*words, other, "--state", str(state)]) == 1
        assert why in capsys.readouterr().out.replace("\n", " ")
        assert state.read_bytes() == seen


@pytest.mark.parametrize("revision", [2, 10**9])
def test_the_log_bounds_the_revisions_that_are_looked_for(revision: int, tmp_path: Path) -> None:
    leaf = PublishedLeaf("summaries/acme/2026-11-24.json", "0" * 64, 1, "summary", revision)
    leaves = map(encode_leaf, [leaf, RunLeaf(LATER)])
    files, _ = signed_log("log/", ORIGIN, LocalSigner(), leaves)
    wrong = checked(write(files, tmp_path)).wrong
    assert f"{leaf.path}: the log does not name its revision 1" in wrong


def test_leaves_that_do_not_add_up_to_the_signature_are_not_parsed(tmp_path: Path) -> None:
    """Whatever they hold, only the bytes and their place are reported."""
    files, _ = signed_log("log/", ORIGIN, LocalSigner(), [b"[" * 60_000])
    [wrong] = checked(write(files, tmp_path)).wrong
    assert wrong == "log/tile/entries: leaf 0 is wrong: it is nested too deeply"
    changed = files | {"log/tile/entries/000.p/1": b"\0\1["}
    wrongs = checked(write(changed, tmp_path)).wrong
    assert "log/: the leaves do not add up to the signed root" in wrongs
    assert not any("nested" in wrong for wrong in wrongs)


def not_a_file(kind: str, path: Path) -> None:
    """Put into the place of a file what would hang, exhaust or mislead a reader."""
    path.unlink()
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a large file":
        path.touch()
        os.truncate(path, 10**12)
    else:
        path.symlink_to({"a device": "/dev/zero", "a loop": path}.get(kind, __file__))


@pytest.mark.parametrize("path", ["log/checkpoint", "log/vkey", "summaries/all/2026-11-24.csv"])
@pytest.mark.parametrize(
    "kind", ["a pipe", "a folder", "a device", "a large file", "a link elsewhere", "a loop"]
)
def test_a_folder_is_read_within_bounds(kind: str, path: str, tmp_path: Path) -> None:
    not_a_file(kind, write(FILES, tmp_path) / path)
    assert any(line.startswith(path) for line in checked(tmp_path).wrong)


def test_any_name_is_shown_on_any_terminal(tmp_path: Path) -> None:
    """On one that has ASCII alone, and on one that obeys what it is sent."""
    name = "\u6f22\x1b[2J"
    files, _ = signed_log("log/", name, LocalSigner(), [encode_leaf(RunLeaf(LATER))])
    command = [sys.executable, verify.__file__, str(write(files, tmp_path))]
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, env=ascii_only, check=False)
    assert done.stderr == b""
    assert done.stdout.startswith(b"\\u6f22\\x1b[2J: 1 leaves")


@pytest.mark.parametrize("seed", range(TAMPERINGS))
@pytest.mark.parametrize("is_first", [True, False])
def test_each_change_is_named(seed: int, folder: Path, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, *, is_first: bool) -> None:  # fmt: skip
    """By a check that recounts nothing: of a first visitor, and of one who came before."""
    table, state = (FIRST_VISIT, None) if is_first else (LATER_VISIT, tmp_path / "state.json")
    monkeypatch.setattr(verify, "_recount", lambda *_: None)
    if state:
        assert checked(folder, state).wrong == []
    tampering = Tampering(dict(FILES), OLDER, Random(seed), LocalSigner())
    told = table[seed % len(table)](tampering)
    options = Options(state=state, now=NOW + timedelta(hours=20))
    result = Result()
    try:
        result = check_place(Memory(tampering.files), options)
    except LogUnreadableError as error:
        result.wrong.append(str(error))
    assert words_for(tampering, result), told
