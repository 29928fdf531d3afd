"""A log behind an address, fetched at once, and logs that others vouch for."""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import rmtree

import pytest
from support.log_signer import LocalSigner
from support.log_world import LogWorld, published_log
from support.publish_world import sample_receipt
from support.serving import Quiet, serving
from support.signed_log import signed_log
from support.tampering import write
from tlog_scales.signing import NoteSignature, Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

import tlog
import verify
from verify import AT_ONCE, Folder, Options, Result, check_place, source_of


class Served(ThreadingHTTPServer):
    """Serves files; a request waits until another one is there, if one should come."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.lock = files, threading.Lock()
        self.now, self.most, self.asked = 0, 0, list[str]()
        self.hostile: dict[str, Callable[[Callable[[bytes], object]], None]] = {}
        self.two, self.at_index = threading.Event(), dict[str, bytes]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(Quiet, BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        path, server = self.path[1:], self.server
        with server.lock:
            server.asked.append(path)
            server.now += 1
            server.most = max(server.most, server.now)
            if server.now > 1:
                server.two.set()
        if path.startswith("summaries/"):
            server.two.wait(10)
        if path in server.hostile:
            with suppress(OSError):
                server.hostile[path](self.wfile.write)
            self.close_connection = True
            return
        if path == "index.html":
            server.files |= server.at_index
        data = server.files.get(path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")
        with server.lock:
            server.now -= 1


def later_files() -> dict[str, bytes]:
    """The files after another run."""
    made = published_log()
    made.count(sample_receipt(number=2, set=next(made.store.receipts("acme", "2026-11-25")).set))
    made.publish("2026-11-26T02:30:00Z")
    return made.files


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served(dict(published_log().files))
    with serving(server):
        yield server


NOW = Options(now=datetime(2026, 11, 26, 3, tzinfo=UTC))


def test_each_file_is_fetched_once(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    result = check_place(source_of(served.url), NOW)
    assert result.wrong == []
    assert capsys.readouterr().err == ""  # only a terminal is shown how far it is
    assert 1 < served.most <= AT_ONCE
    assert len(served.asked) == len(set(served.asked))


def test_a_server_that_fails_is_said_to_be_unreadable(served: Served) -> None:
    source = source_of(served.url)
    served.server_close()
    with pytest.raises((verify.LogUnreadableError, OSError)):
        check_place(source, NOW)


def test_an_open_month_is_recounted_at_an_address_too(served: Served) -> None:
    assert "4 summaries recounted, 0 differ" in check_place(source_of(served.url), NOW).proved
    path = "summaries/all/2026-11.json"
    served.files[path] = re.sub(rb'("inspected": ?)\d+', rb"\g<1>99", served.files[path])
    by_list, *recounted = check_place(source_of(served.url), NOW).wrong
    assert by_list.startswith(f"{path} differs from the list of 2026-11-26T02:00:00Z")
    assert any("inspected: published 99, recounted" in line for line in recounted)


@pytest.mark.parametrize("moves", [True, False])
def test_if_a_run_ends_meanwhile_all_is_read_again_once(served: Served, *, moves: bool) -> None:
    served.at_index = later_files() if moves else {"index.html": b"of a run that goes on"}
    wrong = check_place(source_of(served.url), NOW).wrong
    assert ["index.html" in line for line in wrong] == ([] if moves else [True])
    assert served.asked.count("log/checkpoint") == 2 + moves
    assert served.asked.count("index.html") == 1 + moves


def test_a_log_that_claims_to_be_endless_is_not_fetched_to_its_end(served: Served) -> None:
    source = source_of(served.url)
    source.fetch(f"log/{name}" for name in verify.tile_names(10**15))
    assert len(served.asked) <= 64


OK = b"HTTP/1.0 200 OK\r\n"
Write = Callable[[bytes], object]


def without_end(begin: bytes, piece: bytes, pause: float = 0) -> Callable[[Write], None]:
    def answer(write: Write) -> None:
        write(begin)
        for _ in range(1 << 20):
            write(piece)
            time.sleep(pause)

    return answer


def once(data: bytes) -> Callable[[Write], None]:
    return lambda write: write(data) and None


HOSTILE = {
    "a body without end": without_end(OK + b"\r\n", bytes(1 << 16)),
    "headers without end": without_end(OK, b"a: b\r\n"),
    "a line without end": without_end(OK + b"a: ", bytes(1 << 16)),
    "a drip": without_end(OK + b"\r\n", b" ", 0.05),
    "a drip of headers": without_end(OK + b"a: ", b" ", 0.05),
    "another host": once(b"HTTP/1.0 302 x\r\nLocation: http://127.0.0.1:9/\r\n\r\n"),
    "a file of this machine": once(b"HTTP/1.0 302 x\r\nLocation: file:///etc/hosts\r\n\r\n"),
    "nowhere": once(b"HTTP/1.0 301 x\r\n\r\n"),
    "a short body": once(OK + b"Content-Length: 900000\r\n\r\nx"),
    "a short chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx"),
    "a negative chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx"),
    "a status that is none": once(b"HTTP/1.0 abc\r\n\r\n"), "no status": once(b"\0\xff\r\n\r\n"),
    "nothing": once(b""), "an error": once(b"HTTP/1.0 500 x\r\n\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("path", ["log/checkpoint", "log/vkey", "summaries/acme/2026-11-25.json"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_an_answer_that_is_none_is_wrong_and_ends_in_time(kind: str, path: str, served: Served,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """However much is sent, and however slowly; nobody is followed anywhere else."""
    monkeypatch.setattr(verify, "SECONDS", 1)
    served.two.set()
    served.hostile[path] = HOSTILE[kind]
    if (kind, path) == ("nothing", "log/checkpoint"):
        with pytest.raises(verify.LogUnreadableError, match="no answer"):
            check_place(source_of(served.url), NOW)
        return
    wrong = check_place(source_of(served.url), NOW).wrong
    assert any(line.startswith(path) for line in wrong), wrong
    if kind in ("another host", "a file of this machine"):
        assert any("redirect" in line.lower() for line in wrong)


@pytest.mark.parametrize("data", [b"<html>", b""])
def test_a_server_that_answers_all_is_not_asked_without_end(data: bytes, served: Served) -> None:
    """As one does that shows its first page in the place of every missing file."""
    served.hostile = dict.fromkeys(
        (f"log/{number}/{name}" for number in range(2, 99) for name in ("checkpoint", "vkey")),
        once(OK + b"\r\n" + data),
    )
    assert check_place(source_of(served.url), NOW).wrong
    asked = [path for path in served.asked if "checkpoint" in path]
    assert asked == 2 * ["log/checkpoint", "log/2/checkpoint"], "again to see whether they moved"


def test_a_file_that_was_not_read_is_not_asked_for_again(served: Served) -> None:
    source = source_of(served.url)
    served.hostile["log/vkey"] = HOSTILE["no status"]
    assert source.get("log/vkey") is None
    served.hostile.clear()
    assert source.get("log/vkey") is None


def test_a_place_always_too_slow_is_left(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "SECONDS", 1)
    source = source_of(served.url)
    assert source.get("log/vkey")
    names = [f"log/{number}" for number in range(3 * AT_ONCE)]
    served.hostile = dict.fromkeys(names, HOSTILE["a drip"])
    source.fetch(names)
    assert len(source.faults) == len(names)
    assert len(served.asked) <= 2 * AT_ONCE


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


type Logs = tuple[dict[str, bytes], dict[str, bytes]]


@pytest.fixture(scope="module")
def logs() -> Logs:
    """A log, and the same log later."""
    made = published_log()
    older = dict(made.files)
    made.publish("2026-11-26T09:00:00Z")
    return older, dict(made.files)


def check(files: dict[str, bytes], folder: Path, *others: bytes, key: str = "") -> Result:
    world = LogWorld()
    world.files.update(files)
    paths = []
    for number, other in enumerate(others):
        paths.append(folder / f"{number}.checkpoint")
        paths[-1].write_bytes(other)
    options = Options(checkpoints=tuple(paths), witnesses=(key or vkey_of(WITNESS),),
                      now=datetime(2026, 11, 26, 10, tzinfo=UTC))  # fmt: skip
    return check_place(Folder(world.copy_to(folder / "public")), options)


def test_another_implementation_accepts_the_cosignature(logs: Logs) -> None:
    note = cosigned(logs[1]["log/checkpoint"]).decode()
    line = note.splitlines()[-1]
    key = Vkey.from_string(vkey_of(WITNESS))
    size, root = note.split("\n")[1:3]
    theirs = TheirCheckpoint(note.split("\n")[0], int(size), base64.b64decode(root), [])
    key.get_verifier().verify_note(NoteSignature.from_line(line), theirs)


def test_the_served_checkpoint_may_be_cosigned_or_one_handed_out(logs: Logs,
        tmp_path: Path) -> None:  # fmt: skip
    files = logs[1] | {"log/checkpoint": cosigned(logs[1]["log/checkpoint"])}
    result = check(files, tmp_path)
    assert result.wrong == []
    assert any(line.startswith(f"The witness {NAME} saw the log of") for line in result.said)
    older, newer = logs
    assert check(newer, tmp_path, cosigned(older["log/checkpoint"])).wrong == []


@pytest.mark.parametrize(("at", "signed_at", "signer"),
                         [(AT, AT + 1, "a witness"), (AT, AT, "a stranger")],
                         ids=["the time was changed", "another key"])  # fmt: skip
def test_a_witness_that_did_not_sign_is_wrong(logs: Logs, tmp_path: Path, at: int, signed_at: int,
        signer: str) -> None:  # fmt: skip
    note = cosigned(logs[1]["log/checkpoint"], at, signed_at)
    files = logs[1] | {"log/checkpoint": note}
    [wrong] = check(files, tmp_path, key=vkey_of(LocalSigner(signer))).wrong
    assert wrong.startswith(f"the witness {NAME} signed no checkpoint")


def test_the_key_of_the_log_is_no_witness(logs: Logs, tmp_path: Path) -> None:
    key = logs[1]["log/vkey"].decode().strip()
    assert check(logs[1], tmp_path, key=key).wrong


OLD, NEW = "terang.example/log", "terang.example/log/2"
OLD_KEY, NEW_KEY = LocalSigner("the old key"), LocalSigner("the new key")
RUN = tlog.RunLeaf("2026-11-26T02:00:00Z")


def proof_of(files: dict[str, bytes], index: int, leaf: tlog.Leaf) -> bytes:
    note = files["log/checkpoint"]
    read = tlog.LogFiles(tlog.parse_checkpoint(note).size, lambda path: files.get(f"log/{path}"))
    extra = json.dumps({"leaf": tlog.encode_leaf(leaf).decode()}).encode()
    return tlog.encode_proof(index, read.inclusion(index), note, extra)


def checked(
        folder: Path, *, confirmed: bool, root: str = "", named: tlog.Leaf | None = None,
        keys: tuple[str, ...] = (), state: Path | None = None) -> Result:  # fmt: skip
    moved = tlog.MovedLeaf(NEW, tlog.verifier_key(NEW, NEW_KEY.public_key()))
    ended = [RUN, *([moved] if confirmed else []), RUN]
    old, last = signed_log("log/", OLD, OLD_KEY, map(tlog.encode_leaf, ended))
    began = tlog.BeganLeaf(OLD, last.size, root or last.root.hex())
    new, _ = signed_log("log/2/", NEW, NEW_KEY, map(tlog.encode_leaf, [began, RUN]))
    if confirmed:
        new["log/2/confirmed.tlog-proof"] = proof_of(old, 1, named or moved)
    options = Options(keys=keys, state=state, now=NOW.now)
    return check_place(source_of(str(write(old | new, folder))), options)


def test_a_log_that_nobody_confirms_is_wrong_unless_its_key_is_known(tmp_path: Path) -> None:
    """From elsewhere, or from an earlier check that was given it."""
    [wrong] = checked(tmp_path, confirmed=False).wrong
    assert "which does not confirm it" in wrong
    known = (tlog.verifier_key(OLD, OLD_KEY.public_key()),
             tlog.verifier_key(NEW, NEW_KEY.public_key()))  # fmt: skip
    state = tmp_path / "state.json"
    assert checked(tmp_path, confirmed=False, keys=known, state=state).wrong == []
    assert checked(tmp_path, confirmed=False, state=state).wrong == []
    assert checked(tmp_path, confirmed=False, keys=known[:1]).wrong


def test_a_log_that_continues_something_else_is_wrong(tmp_path: Path) -> None:
    result = checked(tmp_path, confirmed=True, root="0" * 64)
    assert result.wrong == [f"{NEW} continues another log than {OLD} as it is here"]


def test_a_proof_of_another_leaf_confirms_nothing(tmp_path: Path) -> None:
    stranger = tlog.MovedLeaf(NEW, tlog.verifier_key(NEW, OLD_KEY.public_key()))
    [wrong] = checked(tmp_path, confirmed=True, named=stranger).wrong
    assert "which does not confirm it" in wrong


@pytest.mark.parametrize("extra", ["[]", "{}", '{"leaf": 1}', "{"])
def test_a_damaged_proof_confirms_nothing(tmp_path: Path, extra: str) -> None:
    checked(tmp_path, confirmed=True)
    proof = tmp_path / "log/2/confirmed.tlog-proof"
    head, _, rest = proof.read_text().split("\n", 2)
    proof.write_text(f"{head}\nextra {base64.b64encode(extra.encode()).decode()}\n{rest}")
    [wrong] = check_place(source_of(str(tmp_path)), NOW).wrong
    assert "which does not confirm it" in wrong


def test_a_log_that_was_seen_and_is_gone_is_wrong(tmp_path: Path) -> None:
    """Without it the log before looks like the newest one."""
    folder, state = tmp_path / "public", tmp_path / "state.json"
    assert checked(folder, confirmed=True, state=state).wrong == []
    rmtree(folder / "log/2")
    result = check_place(source_of(str(folder)), Options(state=state, now=NOW.now))
    assert result.wrong == [f"{NEW} was seen on 2026-11-26T03:00:00Z, and is gone"]
