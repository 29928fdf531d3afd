"""Read any bytes as input of a moderator's commands: findings, decisions, cases, a sample. Each is
read and shown on a screen, or refused with its line. The first byte chooses."""

import contextlib
import tempfile
from pathlib import Path

import atheris
import msgspec
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz_seeds import CASE_WORDS, CASES, MESSAGES
    from support.sample_posts import StandingClock

    from desk import Door, Moderator, Role
    from desk.cards import card_view
    from ledger.codes import OperatorError
    from terang.case_queue import complete_times, in_waves, read_messages, resolve_findings
    from terang.home_desk import BookRows
    from terang.run_table import RunTable, findings_of_run, read_sample

FILE = Path(tempfile.mkdtemp(prefix="terang-fuzz-")) / "findings.jsonl"
RUN = FILE.with_name("run.jsonl")
FINDINGS, MESSAGE_FILE, SAMPLE = range(3)
FINDING = (
    b'{"finding":"%s","provider":"acme","post":"p1","account":"k2026-11:ab","published_at":'
    b'"2026-11-25T10:00:00Z","found_at":"2026-11-25T12:00:00Z","pack":"codes","version":3,"set":'
    b'"s","rule":"asks","mode":"live","category":"SCAMS_AND_FRAUD","severity":"high","spans":'
    b'[{"part":"text","start":0,"end":4,"term":"send"}],"unit":"u","reach":7,"excerpt":"send me"}\n'
) % (b"f" * 64)


RUN.write_bytes(FINDING)


def one_file(data: bytes) -> None:
    """Read one file in the way that its first byte says."""
    kind, rest = (data[0] if data else 0) % 3, data[1:]
    FILE.write_bytes(rest)
    with contextlib.suppress(OperatorError):
        if kind == FINDINGS:
            _review()
            findings_of_run(FILE)
        elif kind == SAMPLE:
            read_sample(rest, str(FILE))
        else:
            messages = read_messages(FILE)
            RunTable.read(RUN, messages)
            sent = [resolve_findings(message, ()) for message in messages]
            for wave in in_waves([message for message in sent if message is not None]):
                for message in wave:
                    msgspec.json.encode(complete_times(message, StandingClock()))


def _review() -> None:
    """Show the queue and every card of a run."""
    desk = RunTable.read(FILE, []).desk(BookRows(clock=StandingClock()))
    who = Moderator("m-7", "acme", Role.LEAD, Door.FILE)
    for item in desk.items(who):
        dossier = desk.dossier(who, item.key)
        assert dossier is not None
        card_view(dossier)


if __name__ == "__main__":
    seeds = [bytes([FINDINGS]) + FINDING * 2, bytes([SAMPLE]) + b'{"post": "p1"}\n{"post": "p2"}\n']
    seeds += [bytes([MESSAGE_FILE]) + case for case in CASES]
    assert MESSAGES
    words = [*CASE_WORDS, b'"spans":[', b'"found_at":"', b'"label":{"checks":[', b'"rule":["a/b"]',
             b"[" * 65, b"1e999", b"\\ud800", b'"findings":7', b'"severity":"medium"']  # fmt: skip
    fuzz("desk", one_file, seeds, words)
