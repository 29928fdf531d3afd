"""Read any bytes as a part of a public log: from a folder, and as what a server answers. The first
byte of an input chooses the part, the second one the file or the field of a leaf. Every signature
counts as right, so that the bytes get past it. A log is right, wrong or not one: a check never ends
otherwise."""

import json
import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import atheris
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from support.signed_log import signed_log

    import verify
    from tlog import LogFiles, encode_proof

verify.is_signed = lambda *_: True
verify._recount = lambda *_: None
verify.SECONDS = 0.5
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
FOLDER = Path(tempfile.mkdtemp(prefix="terang-fuzz-"))
SOUND_FOLDER, OTHER_FOLDER, STATE = FOLDER / "sound", FOLDER / "other", FOLDER / "state"
LEAVES, VALUE, FILE, ANSWER, PROOF, SEEN = range(6)
DAY = "summaries/all/2026-11-25"
ORIGIN = "terang.example/log"


class Anybody:
    """Signs with no key."""

    def public_key(self) -> bytes:
        return bytes(32)

    def sign(self, message: bytes) -> bytes:
        return bytes(64)

    def verify(self, message: bytes, signature: bytes) -> bool:
        return True


def leaf(**fields: object) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def sound_log() -> dict[str, bytes]:
    """Two logs, of which the second continues the first, and a summary that was corrected."""
    first = b'{"numbers":{"by_rule":{"sentinel/1/a/shadow":1}},"revision":1}'
    second = first[:-2] + b'2,"why_revised":"a late receipt","changes":["1 more"]}'
    files = {f"{DAY}.r1.json": first, f"{DAY}.json": second,
             "summaries/sentinel/2026-11-25.json": first}  # fmt: skip
    named = [
        leaf(kind="published", path=path, sha256=sha256(data).hexdigest(), size=len(data),
             of="summary", revision=1 + (data is second))
        for path, data in files.items()
    ]  # fmt: skip
    run = leaf(kind="run", at="2026-11-26T02:00:00Z")
    log2, _ = signed_log("log/2/", f"{ORIGIN}/2", Anybody(), [run])
    moved = leaf(kind="moved", origin=f"{ORIGIN}/2", vkey=log2["log/2/vkey"].decode().strip())
    log, end = signed_log("log/", ORIGIN, Anybody(), [*named, moved, run])
    began = leaf(kind="began", origin=ORIGIN, size=end.size, root=end.root.hex())
    log2, _ = signed_log("log/2/", f"{ORIGIN}/2", Anybody(), [began, *named, run])
    hashes = LogFiles(end.size, lambda path: log.get(f"log/{path}")).inclusion(end.size - 2)
    extra = leaf(leaf=moved.decode())
    proof = encode_proof(end.size - 2, hashes, log["log/checkpoint"], extra)
    return files | log | log2 | {"log/2/confirmed.tlog-proof": proof}


def written(files: dict[str, bytes], folder: Path) -> verify.LogSource:
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return verify.source_of(str(folder))


SOUND = sound_log()
PUBLISHED = leaf(kind="published", path=f"{DAY}.json", sha256="0" * 64, size=1, of="summary",
                 revision=2)  # fmt: skip
PATHS = sorted(SOUND)
FIELDS = [b"kind", b"path", b"sha256", b"size", b"of", b"revision", b"at", b"origin", b"root"]
ANSWERS: dict[str, bytes] = {}
CRASHES: list[BaseException] = []
"""What a thread that reads a file did not catch."""

threading.excepthook = lambda crash: CRASHES.append(crash.exc_value or SystemExit())


def serve(listener: socket.socket) -> None:
    """Answer each request with the bytes of the file, or with those that are to be tried."""
    while True:
        connection, _ = listener.accept()
        with connection, suppress(OSError, IndexError):
            path = connection.recv(4096).split(b" ")[1][1:].decode()
            status = b"200" if path in SOUND else b"404"
            whole = b"HTTP/1.0 %s x\r\n\r\n%s" % (status, SOUND.get(path, b""))
            connection.sendall(ANSWERS.get(path, whole))


def said(source: verify.LogSource, state: Path | None = None) -> list[str]:
    """What is wrong with a log, in sentences."""
    try:
        result = verify.check_place(source, verify.Options(state=state, now=NOW, watch=True))
    except verify.LogUnreadableError as error:
        return [str(error)]
    assert all(isinstance(line, str) for line in (*result.said, *result.wrong))
    if CRASHES:
        raise CRASHES.pop()
    return result.wrong


def one_input(data: bytes) -> None:
    """Check a log of which a part is the input."""
    kind, number, rest = sum(data[:1]) % 6, sum(data[1:2]), data[2:]
    path = PATHS[number % len(PATHS)]
    if kind in {LEAVES, VALUE}:
        leaves = rest.split(b"\n")
        if kind == VALUE:  # a later field of the same name counts
            field, run = FIELDS[number % len(FIELDS)], leaf(kind="run", at="2026-11-26T02:00:00Z")
            leaves = [whole[:-1] + b',"%s":%s}' % (field, rest) for whole in (PUBLISHED, run)]
        files, _ = signed_log("log/", ORIGIN, Anybody(), [*leaves, PUBLISHED])
        said(written(SOUND | files, OTHER_FOLDER))
    elif kind == FILE:
        (SOUND_FOLDER / path).write_bytes(rest)
        wrong = said(verify.source_of(str(SOUND_FOLDER)))
        (SOUND_FOLDER / path).write_bytes(SOUND[path])
        assert wrong or rest == SOUND[path] or path.startswith("log/"), path
        assert wrong or rest == SOUND[path] or "/tile/" not in path, path
    elif kind == ANSWER:
        ANSWERS[path] = rest
        said(verify.source_of(URL))
        del ANSWERS[path]
    elif kind == PROOF:
        checked = verify.check_proof(verify.source_of(str(SOUND_FOLDER)), rest, (), None)
        assert all(isinstance(line, str) for line in (*checked.said, *checked.wrong))
    else:
        STATE.write_bytes(rest)
        said(verify.source_of(str(SOUND_FOLDER)), STATE)


if __name__ == "__main__":
    assert said(written(SOUND, SOUND_FOLDER)) == []
    listening = socket.create_server(("127.0.0.1", 0))
    URL = f"http://127.0.0.1:{listening.getsockname()[1]}"
    threading.Thread(target=serve, args=[listening], daemon=True).start()
    assert said(verify.source_of(URL)) == []
    said(verify.source_of(str(SOUND_FOLDER)), STATE)
    heads = [b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nx",
        b"HTTP/1.0 302 x\r\nLocation: /\r\n\r\n",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"]  # fmt: skip
    entries = [SOUND[path].translate(None, bytes(range(9))) for path in PATHS if "entries" in path]
    values = [b'"2"', b"-1", b"1e999", b"null", b"true", b"[1]", b'{"a":1}', b"[" * 20_000,
              b'"2026-02-30T00:00:00Z"', b'"summaries/all/2026-02-30.json"', b'"a\\u0000"',
              b'"\\ud800"', b'"../a"', b"1000000000"]  # fmt: skip
    parts: dict[int, list[bytes]] = {
        LEAVES: entries, VALUE: values, FILE: [SOUND[path] for path in PATHS], ANSWER: heads,
        PROOF: [SOUND["log/2/confirmed.tlog-proof"]], SEEN: [STATE.read_bytes()],
    }  # fmt: skip
    seeds = [
        bytes([kind, number]) + data for kind in parts for number, data in enumerate(parts[kind])
    ]
    words = [b'"kind":"published"', b'"kind":"run"', b'"path":"', b'"revision":', b'"size":1e9',
             b'"at":"2026-13-01T00:00:00Z"', b"[" * 999, b"\\ud800", b"\\u0000", b"\n\n", b"NaN",
             b"\xe2\x80\x94 ", b"summaries/all/2026-02-30.json", b"../", b"HTTP/1.1 100 x\r\n\r\n",
             b"Transfer-Encoding: chunked", b"Content-Length: -1", b"index ",
             b"1" * 20]  # fmt: skip
    try:
        fuzz("logs", one_input, seeds, words, longest=32_768)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
