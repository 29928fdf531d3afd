"""Read any bytes as a dropped file: lines of posts and refusals, or one code for the file. The
first byte of an input says how the rest is packed: not at all, by gzip, or as members of a zip.
Reading twice gives the same, and a plain file gives the same posts wherever it is cut."""

import io
import zipfile
import zlib

import atheris
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz_seeds import FILES, WORDS
    from support.memory_objects import RangesOf

    from intake.arrival import choose_reader, translate
    from intake.reader import HEAD_BYTES, FileContext
    from ledger.codes import FileRefusedError, Refusal
    from ledger.findings import Pseudonyms
    from ledger.posts import TranslatedPost, read_translated_line
    from ledger.units import cut_ranges
    from scan.unit_input import UnitRecords, read_owned, read_records

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")
OPEN = frozenset({"discord:10", "telegram:5"})
PLAIN, GZIP, ZIP, RANGES = range(4)


def one_file(data: bytes) -> None:
    """Read one file in the way that its first byte says."""
    way, rest = data[:1], data[1:]
    kind = (way[0] if way else 0) % 4
    if kind == RANGES:
        _cut(rest, 1 + (way[0] >> 2))
        return
    if kind == GZIP:
        rest = _gzipped(rest)
    elif kind == ZIP:
        rest = _zipped(rest, way[0] >> 2)
    assert _lines(rest) == _lines(rest)


def _lines(data: bytes) -> list[bytes]:
    lines: list[bytes] = []
    try:
        reader = choose_reader(data[:HEAD_BYTES], "posts", len(data))
        context = FileContext("posts", OPEN)  # its effort is one file's
        for line in translate(io.BytesIO(data), reader, context, PSEUDONYMS):
            assert isinstance(read_translated_line(line), TranslatedPost | Refusal)
            lines.append(line)
    except FileRefusedError as refused:
        lines.append(refused.code.encode() + refused.at.encode())
    return lines


def _cut(data: bytes, size: int) -> None:
    """The ranges hold the bytes, the lines and the records of the whole, each once."""
    objects = RangesOf(data)
    pieces = [
        read_owned(objects, objects.unit(*place)).data for place in cut_ranges(objects.source, size)
    ]
    assert b"".join(pieces) == data
    whole = read_records(data)
    assert whole.records == len(whole.posts) + whole.refused.total()
    parts = [_counts(read_records(piece)) for piece in pieces]
    assert _counts(whole) == tuple(map(sum, zip((0, 0, 0, 0), *parts, strict=True)))


def _counts(reading: UnitRecords) -> tuple[int, int, int, int]:
    return reading.lines, reading.records, len(reading.posts), reading.refused.total()


def _gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(data) + packer.flush()


def _zipped(data: bytes, at: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.jsonl"), data[at:])
        archive.writestr(zipfile.ZipInfo("../b.csv"), data[:at])
    return target.getvalue()


if __name__ == "__main__":
    kinds = [bytes([kind]) for kind in (PLAIN, GZIP, ZIP, RANGES)]
    fuzz("readers", one_file, [kind + file for kind in kinds for file in FILES.values()], WORDS)
