"""Read any bytes as one file of a copy of the public bucket: it gives differences as strings. The
first byte of an input chooses the file. The summary names the digest of a changed journal or set,
so that it is read."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import atheris
from harness import INSTRUMENTED, ROOT, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from recount import differences_of

FOLDER = Path(tempfile.mkdtemp(prefix="terang-fuzz-"))
MADE = "import sys; from pathlib import Path; from support.published_days import published_folder\n"
MADE += "published_folder(Path(sys.argv[1]))"
# Publishing imports more than recounting, so the tests' environment writes the folder.
subprocess.run([ROOT / ".venv/bin/python", "-c", MADE, FOLDER], check=True,
               env=os.environ | {"PYTHONPATH": str(ROOT / "tests")})  # fmt: skip
SUMMARY, MONTH, JOURNAL, SET, SHEET, CAMPAIGN = range(6)
PLACES = {SUMMARY: "summaries/acme/2026-11-25.json", MONTH: "summaries/acme/2026-11.json",
          JOURNAL: "journal/acme/2026-11-25.jsonl", SHEET: "summaries/acme/2026-11-25.csv",
          CAMPAIGN: "summaries/all/autumn.json"}  # fmt: skip
SOUND = {kind: (FOLDER / name).read_bytes() for kind, name in PLACES.items()}
SET_PATH = next(path for path in (FOLDER / "sets").glob("*.json") if path.stem != "current")


CHANGED = {kind: (kind,) for kind in SOUND} | {JOURNAL: (SUMMARY, JOURNAL), SET: (SUMMARY, JOURNAL)}
"""The files that an input changes, by its kind."""


def one_file(data: bytes) -> None:
    """Write one file and recount the summaries that depend on it."""
    kind, rest = (data[0] if data else 0) % 6, data[1:]
    digest = hashlib.sha256(rest).hexdigest()
    if kind == SET:
        (FOLDER / f"sets/{digest}.json").write_bytes(rest)
        journal = SOUND[JOURNAL].replace(SET_PATH.stem.encode(), digest.encode())
        _put(JOURNAL, journal)
        _name(hashlib.sha256(journal).hexdigest())
    else:
        _put(kind, rest)
        if kind == JOURNAL:
            _name(digest)
    path = FOLDER / PLACES[kind if kind in (MONTH, CAMPAIGN) else SUMMARY]
    assert all(isinstance(one, str) for one in differences_of(FOLDER, path))
    for one in CHANGED[kind]:
        _put(one, SOUND[one])
    if kind == SET and digest != SET_PATH.stem:
        (FOLDER / f"sets/{digest}.json").unlink()


def _put(kind: int, data: bytes) -> None:
    (FOLDER / PLACES[kind]).write_bytes(data)


def _name(digest: str) -> None:
    """Let the summary of the day name the journal by this digest."""
    summary = json.loads(SOUND[SUMMARY])
    summary["journal"][0]["sha256"] = digest
    _put(SUMMARY, json.dumps(summary).encode())


if __name__ == "__main__":
    seeds = [bytes([kind]) + sound for kind, sound in SOUND.items()]
    seeds.append(bytes([SET]) + SET_PATH.read_bytes())
    words = [b'"kind":"case"', b'"type":"decision"', b'"type":"order"', b'"type":"outcome"',
             b'"type":"audit"', b'"standing":', b'"cohorts":[', b'"strata":{', b"null", b"NaN",
             b"1e999", b"[" * 65, b"\\ud800", b'"found":{', b'"overturns":true']  # fmt: skip
    try:
        fuzz("recount", one_file, seeds, words, longest=16_384)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
