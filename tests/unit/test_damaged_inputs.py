"""Whatever a file holds or is, no command of `terang` ends in a traceback.

Each command reads one file after the other in its place: some hundred kinds of damage to a sound
one, and what is no file at all. It ends with 0, 1 or 2 and says at least one sentence.
"""

import gzip
import io
import json
import os
import random
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest
from format_files import json_lines, zipped
from review_world import WrittenTerminal, run_folder
from sample_checks import CHECKS, data_feed, table
from sample_messages import MAKERS, decision
from sample_packs import PACK
from sample_posts import line
from unit.published_days import published_folder
from unit.report_ledger_samples import year
from unit.statement_samples import SOUND

import terang.audit_command
import terang.remote
import terang.review_command
import terang.run_command
import terang.statements_submit
from dsa.report import Period, Reporting
from dsa.report_about import About
from dsa.report_files import report_files
from dsa.report_ledger import Entries
from dsa.report_template import file_name
from ledger.errors import OperatorError
from terang import ROOT
from terang.command import main
from terang.stack import StackError

SEED = 20261125
EACH = 9
"""Inputs of each kind of damage that a reader gets in every run of the tests."""

SECONDS = 30
"""Longer waits no command: then it reads what never ends, or nobody writes."""


class StuckError(BaseException):
    """A command did not end; no command may take this for an error of a file."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A command, the file that is damaged for it, and what that holds when it is sound."""

    words: tuple[str, ...]
    file: str
    sound: bytes
    stdin: bool = False


def flips(sound: bytes) -> Iterator[bytes]:
    draw = random.Random(SEED)
    for _ in range(20):
        changed = bytearray(sound)
        for _ in range(draw.choice((1, 1, 4))):
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        yield bytes(changed)


def cuts(sound: bytes) -> Iterator[bytes]:
    yield from (sound[: len(sound) * part // 12] for part in range(12))
    yield sound[:-1]
    yield sound[1:]


def pieces(sound: bytes) -> Iterator[bytes]:
    """Parts that are left out, doubled, or replaced by what no field expects."""
    draw = random.Random(SEED + 1)
    for other in (b"", b"\x00", b"\xff\xfe", b"\\ud800", b"\xed\xa0\x80", b"null", b"-1", b"1e999",
                  b"9" * 5_000, b"NaN", b"[" * 5_000, b'{"a":' * 5_000, b'"', b"\r", b"\n\n",
                  b"\xe2\x80\xa8", b"\x1b[2J", b",", b";", b"true", b"[]", b"{}"):  # fmt: skip
        at = draw.randrange(len(sound))
        yield sound[:at] + other + sound[at + draw.randrange(1, 12) :]
    yield sound + sound


def other_values(sound: bytes) -> Iterator[bytes]:
    """Of JSON, each of some values in each of some places."""
    for text in sound.split(b"\n")[:2]:
        try:
            record = json.loads(text)
        except ValueError:
            return
        names = list(record) if isinstance(record, dict) else []
        for name in names[:40]:
            for value in (None, 7, "x", [], {}, [[1]], {"a": 1}, -(10**30), True):
                yield json.dumps(record | {name: value}).encode() + b"\n" + sound


WHOLE = {
    "nothing": b"",
    "a line break": b"\n",
    "NUL": b"\x00" * 1_000,
    "no UTF-8": b"\xff\xfe\xfd" * 100,
    "UTF-16": "id: 1\n".encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf",
    "deep lists": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep in one line after another": (b"[" * 2_000 + b"]" * 2_000 + b"\n") * 3,
    "a long number": b"1" * 10_000,
    "a long line": b"x" * 3_000_000,
    "a long cell": b"category,url,claim,term\n" + b"y" * 200_000,
    "an open quote": b'"' + b"z\n" * 1_000,
    "a lone surrogate": b'{"id": "\\ud800", "text": "\\udfff"}',
    "a surrogate in bytes": b"\xed\xa0\x80\n",
    "a YAML of itself": b"&a [*a]\n",
    "YAML that grows": b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
    "a YAML tag": b"!!python/object/apply:os.system [ls]\n",
    "deep YAML": b"a:\n" + b"".join(b" " * n + b"- \n" for n in range(1, 400)),
    "gzip of nothing": gzip.compress(b""),
    "gzip that breaks off": gzip.compress(b"x" * 1_000)[:30],
    "a zip": zipped(("a", b"x")),
    "a broken zip": b"PK\x03\x04" + b"\x00" * 100,
}


def damaged(name: str, sound: bytes) -> list[bytes]:
    """All of WHOLE, and of each other kind of damage some that the reader's name draws."""
    draw = random.Random(f"{SEED} {name}")
    made = list(WHOLE.values())
    for kind in (flips, cuts, pieces, other_values):
        found = list(kind(sound))
        made += draw.sample(found, min(EACH, len(found)))
    return list(dict.fromkeys(made))


def packs(folder: Path) -> None:
    (folder / "packs/protected").mkdir(parents=True)
    (folder / "packs/pack.yaml").write_text(PACK, "utf-8")
    (folder / "packs/protected/en.txt").write_text("Police warn of thefts.\n", "utf-8")


REPORT = report_files(
    Reporting(Period.year(2026), Entries.of(year()), {"2026-03": 7}, About()), "acme"
)
STATEMENTS = json_lines(SOUND, SOUND | {"puid": "p-2"})
TABLE = ",".join(SOUND).encode() + b'\n"[""DE""]",x,y\n'
POSTS = line() + b"\n" + line(id="2") + b"\n"
MESSAGES = json_lines(decision("f" * 64), *(make() for make in MAKERS))
DAY = ("--today", "2026-11-25")
LINT = ("--packs", "packs", *DAY)
ABOUT = (ROOT / "local/samples/report-about.yaml").read_bytes()

READERS = {
    "statements lint": Reader(("statements", "lint", "file", *LINT), "file", STATEMENTS),
    "statements lint --json": Reader(("statements", "lint", "file", "--json", *LINT), "file",
                                     TABLE),
    "statements lint of a zip": Reader(
        ("statements", "lint", "file", *LINT), "file",
        zipped(("a.jsonl", STATEMENTS), ("b.zip", zipped(("c.csv", TABLE)))),
    ),
    "statements lint --last": Reader(
        ("statements", "lint", "sound.jsonl", "--last", "file", *LINT), "file", STATEMENTS
    ),
    "statements submit": Reader(
        ("statements", "submit", "file", "--to", "https://x.example", "--sent", "sent"), "file",
        STATEMENTS,
    ),
    "statements submit --sent": Reader(
        ("statements", "submit", "sound.jsonl", "--to", "https://x.example", "--sent", "file"),
        "file", b'{"puid": "p-1", "uuid": null}\n{"puid": "p-2", "uuid": null}\n',
    ),
    "report lint": Reader(("report", "lint", "report"), f"report/{file_name(3)}",
                          REPORT[file_name(3)][:4_000]),
    "report lint of shares": Reader(("report", "lint", "report"), f"report/{file_name(8)}",
                                    REPORT[file_name(8)][:4_000]),
    "report check of the ledger": Reader(("report", "check", "report"), "report/ledger.jsonl",
                                         REPORT["ledger.jsonl"][:4_000]),
    "report check of cells": Reader(
        ("report", "check", "report", "--cell", "3:1:F"), "report/cells.jsonl",
        REPORT["cells.jsonl"][:4_000],
    ),
    "report --ledger": Reader(
        ("report", "--ledger", "file", "--period", "2026", "--out", "written"), "file",
        b"\n".join(REPORT["ledger.jsonl"].split(b"\n")[:12]) + b"\n",
    ),
    "report --about": Reader(
        ("report", "--ledger", "ledger", "--period", "2026", "--out", "written", "--about", "file"),
        "file", ABOUT,
    ),
    "recount of a summary": Reader(("recount", "public"), "public/summaries/acme/2026-11.json",
                                   b""),
    "recount of a journal": Reader(("recount", "public"), "public/journal/acme/2026-11-25.jsonl",
                                   b""),
    "recount of a sheet": Reader(("recount", "public"), "public/summaries/acme/2026-11.csv", b""),
    "ask of an index": Reader(("ask", "warm salt water", "--index", "index"), "index/{claims}",
                              b""),
    "ask of a pointer": Reader(("ask", "warm salt water", "--index", "index"),
                               "index/current.json", b""),
    "ask --file": Reader(("ask", "--file", "file", "--index", "index", "--json"), "file",
                         b'{"id": "a", "text": "warm salt water"}\n{"id": 2, "text": "b"}\n'),
    "factchecks import of a table": Reader(
        ("factchecks", "import", "file", "--index", "other", "--trust", "check.example"), "file",
        table(*CHECKS[:2]),
    ),
    "factchecks import of ClaimReview": Reader(
        ("factchecks", "import", "file", "--index", "other", "--trust", "check.example"), "file",
        data_feed(*CHECKS[:2]),
    ),
    "packs check": Reader(("packs", "check", "packs", *DAY), "packs/pack.yaml", PACK.encode()),
    "packs check of sentences": Reader(("packs", "check", "packs", *DAY),
                                       "packs/protected/en.txt", b"Police warn of thefts.\n"),
    "packs format": Reader(("packs", "format", "packs", "--check"), "packs/pack.yaml",
                           PACK.encode()),
    "packs try": Reader(("packs", "try", "packs", "-", *DAY), "", b"send me the otp", stdin=True),
    "packs diff": Reader(("packs", "diff", "packs/pack.yaml", "packs/pack.yaml", "--posts",
                          "file"), "file", POSTS),
    "packs diff of packs": Reader(("packs", "diff", "file", "packs/pack.yaml", "--posts", "posts"),
                                  "file", PACK.encode()),
    "packs import": Reader(("packs", "import", "file.csv", "--id", "gifts", "--category",
                            "SCAMS_AND_FRAUD"), "file.csv", b"term,more\notp,1\nfree gift,2\n"),
    "packs import of a list": Reader(("packs", "import", "file", "--id", "gifts", "--category",
                                      "SCAMS_AND_FRAUD"), "file", b"# words\notp\nfree gift\n"),
    "scan": Reader(("scan", "--packs", "packs", *DAY), "", POSTS, stdin=True),
    "cases send": Reader(("cases", "send", "file", "--provider", "acme"), "file", MESSAGES),
    "review of findings": Reader(("review", "run", "--moderator", "m-7"), "run/findings.jsonl",
                                 b""),
    "review of decisions": Reader(("review", "run", "--moderator", "m-7", "--decisions", "file"),
                                  "file", MESSAGES),
    "review of sets": Reader(("review", "run", "--moderator", "m-7"), "run/public/sets/{set}", b""),
    "audit": Reader(("audit", "run", "--provider", "acme", "--month", "2026-11",
                     "--moderator", "m-7"), "run/out/acme/audit/2026-11.jsonl",
                    b'{"post": "p1"}\n{"post": "p2"}\n'),
    "audit of verdicts": Reader(
        ("audit", "run", "--provider", "acme", "--month", "2026-11", "--moderator", "m-7",
         "--verdicts", "file"), "file", MESSAGES,
    ),
    "run --cases": Reader(("run", "posts", "--packs", "packs", "--out", "o", "--cases", "file",
                           *DAY), "file", MESSAGES),
    "run --messages": Reader(("run", "posts", "--packs", "packs", "--out", "o", "--messages",
                              "file", *DAY), "file", POSTS),
    "run --index": Reader(("run", "posts", "--packs", "packs", "--out", "o", "--index", "index",
                           *DAY), "index/current.json", b""),
}  # fmt: skip


@pytest.fixture(scope="module")
def sound_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound file in every place."""
    folder = tmp_path_factory.mktemp("sound")
    packs(folder)
    published_folder(folder / "public")
    (folder / "report").mkdir()
    for name, data in REPORT.items():
        (folder / "report" / name).write_bytes(data)
    (folder / "ledger").write_bytes(REPORT["ledger.jsonl"])
    (folder / "sound.jsonl").write_bytes(STATEMENTS)
    (folder / "posts").write_bytes(POSTS)
    run_folder(folder / "run")
    (folder / "run/out/acme/audit").mkdir(parents=True)
    (folder / "run/out/acme/audit/2026-11.jsonl").write_bytes(READERS["audit"].sound)
    feed = folder / "feed.csv"
    feed.write_bytes(table(*CHECKS))
    words = ("--index", str(folder / "index"), "--trust", "check.example")
    assert main(["factchecks", "import", str(feed), *words]) == 0
    return folder


@pytest.fixture
def world(
    sound_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Reader], Path]:
    """Puts a copy of the sound folder in place, and gives the path of the file to damage."""

    def not_there(*_: object, **__: object) -> NoReturn:
        raise OperatorError("there is no stack here")

    def not_started(**_: object) -> NoReturn:
        raise StackError("the local stack does not start here")

    class Terminal(WrittenTerminal):
        def __init__(self) -> None:
            super().__init__([" ", "c", "1", "n", "v", "1", "q", "q"], ["a reason"])

        def __enter__(self) -> "Terminal":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(terang.remote.Remote, "find", not_there)
    monkeypatch.setattr(terang.run_command, "local_stack", not_started)
    monkeypatch.setattr(terang.statements_submit.SorApi, "send", not_there)
    monkeypatch.setenv(terang.statements_submit.TOKEN, "token")
    for module in (terang.review_command, terang.audit_command):
        monkeypatch.setattr(module, "is_terminal", lambda: True)
        monkeypatch.setattr(module, "TtyTerminal", Terminal)
    folder = tmp_path / "work"
    shutil.copytree(sound_folder, folder)
    monkeypatch.chdir(folder)

    def place(reader: Reader) -> Path:
        claims = next(iter(folder.glob("index/*.claims"))).name
        sets = next(iter(folder.glob("run/public/sets/*"))).name
        return folder / reader.file.format(claims=claims, set=sets)

    return place


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[Reader], tuple[int, str]]]:
    """Calls a command, and stops it where it waits for ever."""

    def too_long(_: int, __: FrameType | None) -> NoReturn:
        raise StuckError

    before = signal.signal(signal.SIGALRM, too_long)

    def called(reader: Reader) -> tuple[int, str]:
        capsys.readouterr()
        signal.alarm(SECONDS)
        try:
            code = main(reader.words)
        finally:
            signal.alarm(0)
        told = capsys.readouterr()
        return code, told.out + told.err

    yield called
    signal.signal(signal.SIGALRM, before)


def fault(call: Callable[[Reader], tuple[int, str]], reader: Reader, what: object) -> str:
    """What is wrong with how a command ended, or nothing."""
    try:
        code, said = call(reader)
    except BaseException as error:  # noqa: BLE001 - each kind is named, and the next one is tried
        return f"{what!r:.80}: {type(error).__name__}: {error!s:.120}"
    if code not in (0, 1, 2):
        return f"{what!r:.80}: ended with {code}"
    silent = reader.words[0] in ("scan", "packs", "ask") and code == 0  # nothing in, nothing out
    return "" if silent or said.strip() else f"{what!r:.80}: said nothing"


@pytest.mark.parametrize("name", READERS)
def test_no_damage_ends_in_a_traceback(
    name: str, world: Callable[[Reader], Path], call: Callable[[Reader], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    reader = READERS[name]
    path = world(reader)
    sound = reader.sound or path.read_bytes()
    faults = []
    for data in damaged(name, sound):
        if reader.stdin:
            stdin = io.TextIOWrapper(io.BytesIO(data), "utf-8", "surrogateescape")
            monkeypatch.setattr(sys, "stdin", stdin)
        else:
            path.write_bytes(data)
        faults.append(fault(call, reader, data))
        for left in ("written", "other", "o", "sent", "decisions-m-7.jsonl", "audit-m-7.jsonl"):
            shutil.rmtree(left, ignore_errors=True)
            Path(left).unlink(missing_ok=True)
    assert list(filter(None, faults)) == []


def folder_there(path: Path) -> None:
    path.mkdir()


def folder_of_folders(path: Path) -> None:
    (path / "a/b").mkdir(parents=True)


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def pipe(path: Path) -> None:
    """A pipe into which somebody writes a little, where a command reads it at all."""
    os.mkfifo(path)

    def write() -> None:
        with suppress(OSError), path.open("wb") as written:
            written.write(b"\x00\xff[{\n")

    threading.Thread(target=write, daemon=True).start()


def let_go(path: Path) -> None:
    """Let whoever still waits to write into a pipe go on."""
    if path.is_fifo():
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def device(path: Path) -> None:
    path.symlink_to("/dev/null")


KINDS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda path: None,
    "a folder": folder_there,
    "a folder of folders": folder_of_folders,
    "a pipe": pipe,
    "a device": device,
    "a ring of links": link_to_itself,
}


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if reader.file])
def test_what_is_no_file_ends_in_no_traceback(
    name: str, world: Callable[[Reader], Path], call: Callable[[Reader], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    reader = READERS[name]
    path = world(reader)
    faults = []
    for kind, make in KINDS.items():
        path.unlink(missing_ok=True)
        make(path)
        faults.append(fault(call, reader, kind))
        let_go(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_bytes(reader.sound or b"x")
    refuse(path, monkeypatch)
    faults.append(fault(call, reader, "a file that may not be read"))
    assert list(filter(None, faults)) == []


def refuse(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody read a file: whoever runs the tests may be root, who may read all."""
    opening = io.open

    def opened(file: Any, *words: Any, **more: Any) -> Any:
        if isinstance(file, str | Path) and Path(file).absolute() == path:
            raise PermissionError(13, "Permission denied", str(file))
        return opening(file, *words, **more)

    monkeypatch.setattr(io, "open", opened)


def test_a_fault_that_nobody_expected_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Only outside of tests; it quotes nothing that was read."""

    def broken(_: object) -> NoReturn:
        raise KeyError("what somebody wrote")

    monkeypatch.setattr("terang.recount.recount_command", broken)
    with pytest.raises(KeyError):
        main(["recount", str(tmp_path)])
    monkeypatch.delenv("TERANG_TRACEBACK")
    assert main(["recount", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "KeyError at test_damaged_inputs.py:" in told
    assert "somebody" not in told


def test_an_option_that_is_no_utf_8_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--open", "telegram:\udcff", "--out", str(tmp_path / "o")])
    assert ended.value.code == 2
    assert "open is not UTF-8" in capsys.readouterr().err
