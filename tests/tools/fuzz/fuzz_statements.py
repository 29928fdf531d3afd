"""Read any bytes as a file of statements: numbered items, each a statement or a problem. The first
byte of an input says how the rest is packed: not at all, by gzip, as a member of a zip, or of a zip
in a zip."""

import tempfile
import zlib
from datetime import date
from pathlib import Path

import atheris
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from support.format_files import dumps, json_lines, zipped
    from support.statement_samples import SOUND

    from dsa.statement_checks import FIELDS, Distribution
    from terang.statement_files import StatementPlace, problems_of, statements_in

TODAY = date(2026, 11, 25)
FILE = Path(tempfile.mkdtemp(prefix="terang-fuzz-")) / "statements"
PLAIN, GZIP, ZIP, NESTED = range(4)


def one_file(data: bytes) -> None:
    """Lint one file in the way that its first byte says."""
    kind, rest = (data[0] if data else 0) % 4, data[1:]
    if kind == GZIP:
        packer = zlib.compressobj(1, wbits=31)
        rest = packer.compress(rest) + packer.flush()
    elif kind in (ZIP, NESTED):
        rest = zipped(("a", rest), ("b", dumps(SOUND)))
        rest = zipped(("c", rest)) if kind == NESTED else rest
    FILE.write_bytes(rest)
    distribution = Distribution[StatementPlace]()
    for number, item in enumerate(statements_in(FILE, lambda _: None), 1):
        assert item.number == number
        assert item.statement or item.problem or item.columns
        place = StatementPlace("file", item.number, item.statement.get("puid"))
        for problem in problems_of(item, place, {}, TODAY, distribution):
            assert problem.code
    list(distribution.problems())


if __name__ == "__main__":
    batch = dumps({"statements": [SOUND, SOUND | {"puid": "p-2"}]})
    csv = ",".join(SOUND).encode() + b'\np-1,"[""DE""]",x\n'
    files = [dumps(SOUND), json_lines(SOUND, SOUND), batch, dumps([SOUND]), csv]
    files += [zipped(("a", batch)), zipped(("a", zipped(("b", csv))))]
    words = [f'"{name}":'.encode() for name in FIELDS] + [b"[" * 65, b"PK\x01\x02", b"PK\x05\x06",
             b"PK\x03\x04", b"\x1f\x8b\x08\x00", b'[{"a":1}]', b"1e400", b"\\ud800"]  # fmt: skip
    seeds = [bytes([kind]) + file for kind in range(4) for file in files]
    fuzz("statements", one_file, seeds, words)
