"""The readers of every command, a sound file for each, and how such a file is damaged."""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.format_files import json_lines, zipped
from support.report_ledger_samples import year
from support.sample_checks import CHECKS, data_feed, table
from support.sample_messages import MAKERS, decision
from support.sample_packs import PACK
from support.sample_posts import line
from support.statement_samples import SOUND

from dsa.indicators import About
from dsa.report import Period, Report, report_files
from dsa.report_entries import Entries, file_name
from terang import ROOT

SEED = 20261125
EACH = 4
"""Inputs of each kind of damage that a reader gets in every run of the tests."""


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


WHOLE = {"nothing": b"", "a line break": b"\n", "NUL": b"\x00" * 1_000,
         "no UTF-8": b"\xff\xfe\xfd" * 100, "UTF-16": "id: 1\n".encode("utf-16"),
         "a byte order mark": b"\xef\xbb\xbf", "deep lists": b"[" * 100_000,
         "deep and closed": b"[" * 100_000 + b"]" * 100_000,
         "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
         "deep in one line after another": (b"[" * 2_000 + b"]" * 2_000 + b"\n") * 3,
         "a long number": b"1" * 10_000, "a long line": b"x" * 3_000_000,
         "a long cell": b"category,url,claim,term\n" + b"y" * 200_000,
         "an open quote": b'"' + b"z\n" * 1_000,
         "a lone surrogate": b'{"id": "\\ud800", "text": "\\udfff"}',
         "a surrogate in bytes": b"\xed\xa0\x80\n", "a YAML of itself": b"&a [*a]\n",
         "YAML that grows": b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
         "a YAML tag": b"!!python/object/apply:os.system [ls]\n",
         "deep YAML": b"a:\n" + b"".join(b" " * n + b"- \n" for n in range(1, 400)),
         "gzip of nothing": gzip.compress(b""),
         "gzip that breaks off": gzip.compress(b"x" * 1_000)[:30], "a zip": zipped(("a", b"x")),
         "a broken zip": b"PK\x03\x04" + b"\x00" * 100}  # fmt: skip


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
    Report(Period.year(2026), Entries.of(year()), {"2026-03": 7}, About()), "acme"
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
    "statements lint of a zip":
        Reader(("statements", "lint", "file", *LINT), "file",
               zipped(("a.jsonl", STATEMENTS), ("b.zip", zipped(("c.csv", TABLE))))),
    "statements lint --last":
        Reader(("statements", "lint", "sound.jsonl", "--last", "file", *LINT), "file", STATEMENTS),
    "statements submit": Reader(("statements", "submit", "file", "--to", "https://x.example",
                                 "--sent", "sent"), "file", STATEMENTS),
    "statements submit --sent":
        Reader(("statements", "submit", "sound.jsonl", "--to", "https://x.example", "--sent",
                "file"), "file", b'{"puid": "p-1", "uuid": null}\n{"puid": "p-2", "uuid": null}\n'),
    "report lint": Reader(("report", "lint", "report"), f"report/{file_name(3)}",
                          REPORT[file_name(3)][:4_000]),
    "report lint of shares": Reader(("report", "lint", "report"), f"report/{file_name(8)}",
                                    REPORT[file_name(8)][:4_000]),
    "report check of the ledger": Reader(("report", "check", "report"), "report/ledger.jsonl",
                                         REPORT["ledger.jsonl"][:4_000]),
    "report check of cells": Reader(("report", "check", "report", "--cell", "3:1:F"),
                                    "report/cells.jsonl", REPORT["cells.jsonl"][:4_000]),
    "report --ledger":
        Reader(("report", "--ledger", "file", "--period", "2026", "--out", "written"), "file",
               b"\n".join(REPORT["ledger.jsonl"].split(b"\n")[:12]) + b"\n"),
    "report --about": Reader(("report", "--ledger", "ledger", "--period", "2026", "--out",
                              "written", "--about", "file"), "file", ABOUT),
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
    "factchecks import of a table":
        Reader(("factchecks", "import", "file", "--index", "other", "--trust", "check.example"),
               "file", table(*CHECKS[:2])),
    "factchecks import of ClaimReview":
        Reader(("factchecks", "import", "file", "--index", "other", "--trust", "check.example"),
               "file", data_feed(*CHECKS[:2])),
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
    "audit of verdicts": Reader(("audit", "run", "--provider", "acme", "--month", "2026-11",
                                 "--moderator", "m-7", "--verdicts", "file"), "file", MESSAGES),
    "run --cases": Reader(("run", "posts", "--packs", "packs", "--out", "o", "--cases", "file",
                           *DAY), "file", MESSAGES),
    "run --messages": Reader(("run", "posts", "--packs", "packs", "--out", "o", "--messages",
                              "file", *DAY), "file", POSTS),
    "run --index": Reader(("run", "posts", "--packs", "packs", "--out", "o", "--index", "index",
                           *DAY), "index/current.json", b""),
}  # fmt: skip
