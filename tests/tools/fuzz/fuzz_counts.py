"""Read any bytes as a table of counts for `packs learn`: rows that may be weighed, or why not. The
first byte of an input chooses the categories that are wanted."""

import math

import atheris
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from authoring.counts import COLUMNS, MOST_ODDS, SIGN_NAMES, read_counts
    from authoring.labelled import LabelError

CATEGORIES = ((), ("gambling",))


def one_table(data: bytes) -> None:
    """Read one input; `LabelError` is its documented answer to a table that cannot be read."""
    kind, rest = (data[0] if data else 0) % len(CATEGORIES), data[1:]
    try:
        rows = read_counts(rest, "counts.tsv", CATEGORIES[kind])
    except LabelError:
        return
    for row in rows:
        assert row.feature[1]
        assert math.isfinite(row.documents)
        assert row.documents >= 0
        assert abs(row.odds) <= MOST_ODDS


if __name__ == "__main__":
    tables = (b"term\tdocuments\tlog2_odds\totp\nfree gift\t12\t3.5\t\n{d1}\t7\t-1\t\n",
        b"category\tpinyin\tspam_docs\tlog2_odds\ngambling\tbo cai\t9\t4\nnews\txin wen\t1\t-4\n",
        "\ufeffngram\tdocs\tlog2_odds\n博彩\t1e3\t64\n".encode())  # fmt: skip
    seeds = [bytes([kind]) + table for kind in range(len(CATEGORIES)) for table in tables]
    words = [name.encode() for names in COLUMNS.values() for name in names]
    words += [f"{{{name}}}".encode() for name in SIGN_NAMES]
    words += [b"\t", b"\r", b"\n\n", b"nan", b"inf", b"-1", b"1e999", b"1_0", b"\x00", b'"']
    fuzz("counts", one_table, seeds, words)
