"""Read any bytes as a feed of checks, an index, its pointer, or texts to ask about. The first byte
of an input chooses. A damaged index gets its own digest as its name, so that not only the digest
keeps it from being used."""

import contextlib
import io
import tempfile
from pathlib import Path

import atheris
import msgspec
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from support.sample_checks import CHECKS, REPEATS_SALT, data_feed, table

    from claims.admission import Trust, admit, build_index
    from claims.check_finder import ask
    from claims.fact_check import FeedError, read_feed
    from claims.index import BadIndexError, digest_of
    from ledger.codes import OperatorError
    from terang.case_queue import decoded
    from terang.check_library import AskedText, CheckLibrary

TRUST = Trust(["check.example"])
FOLDER = Path(tempfile.mkdtemp(prefix="terang-fuzz-"))
FEED, INDEX, POINTER, TEXTS, LIBRARY = range(5)


def admitted(feed: bytes) -> bytes:
    """The index of what is taken of a feed."""
    taken = admit(read_feed(io.BytesIO(feed)), TRUST)
    return build_index(taken.checks) if taken.checks else b""


SOUND = admitted(table(*CHECKS))


def one_input(data: bytes) -> None:
    """Read one input in the way that its first byte says."""
    kind, rest = (data[0] if data else 0) % 5, data[1:]
    if kind == FEED:
        with contextlib.suppress(FeedError):
            for entry in admit(read_feed(io.BytesIO(rest)), TRUST).checks:
                msgspec.json.encode(entry)
    elif kind == INDEX:
        _asked(rest, b'{"digest": "%s", "checks": {}}' % digest_of(rest).encode())
    elif kind == POINTER:
        _asked(SOUND, rest)
    elif kind == LIBRARY:
        (FOLDER / "feeds").mkdir(exist_ok=True)
        (FOLDER / "feeds/0.jsonl").write_bytes(rest)
        with contextlib.suppress(FeedError):
            list(CheckLibrary(FOLDER).checks())
    else:
        with contextlib.suppress(OperatorError):
            for one in decoded(io.BytesIO(rest), AskedText, "texts.jsonl"):
                one.text.encode()


def _asked(index: bytes, pointer: bytes) -> None:
    path = FOLDER / f"{digest_of(index)}.claims"
    path.write_bytes(index)
    (FOLDER / "current.json").write_bytes(pointer)
    try:
        for answer in ask(CheckLibrary(FOLDER).current(), REPEATS_SALT):
            assert 0 <= answer.score <= 1
    except BadIndexError:
        pass
    finally:
        path.unlink()


if __name__ == "__main__":
    feeds = [table(*CHECKS), data_feed(*CHECKS), data_feed(CHECKS[0])[1:-1], b"[]"]
    pointer = b'{"digest": "%s", "checks": {"en": 4}}' % digest_of(SOUND).encode()
    entry = b'{"check": ["https://check.example/1", "a", "false", "", "", "", "en", ""]}\n'
    texts = b'{"id": "a", "text": "warm salt water"}\n{"id": 1, "text": "\\u4e00"}\n'
    seeds = [bytes([FEED]) + feed for feed in feeds]
    seeds += [bytes([INDEX]) + SOUND, bytes([POINTER]) + pointer, bytes([TEXTS]) + texts,
              bytes([LIBRARY]) + entry]  # fmt: skip
    words = [b'"@type":"ClaimReview"', b'"claimReviewed":', b'"reviewRating":{', b'"url":',
             b'"inLanguage":', b'"dataFeedElement":[', b'"@graph":[', b"https://check.example/",
             b"\\ud800", b"[" * 65, b"1e999", b"\xff\xff\xff\xff", b"en/word_starts",
             b"datePublished", b"\x00", b'"alternateName"']  # fmt: skip
    fuzz("checks", one_input, seeds, words, longest=len(SOUND) + 64)
