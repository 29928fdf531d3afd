"""`terang scan`: the matcher alone, from stdin to stdout, without AWS."""

import sys
from itertools import batched
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from ledger.records.json_text import encode_json_lines
from ledger.records.post import read_line
from ledger.records.refusal import Refusal
from matcher import Matcher
from terang import USAGE
from terang.cli.arguments import Today
from terang.cli.pack_loading import load_checked
from terang.console import print_lines_of_json
from terang.packs.comparison import hit_row

BATCH = 2_000
"""Posts that are matched at once."""


def scan(
    *,
    packs: Annotated[Path, Parameter(metavar="DIR", help="the folder of the packs")],
    today: Today | None = None,
) -> int:
    """Print a line for each post with hits, and return 0 when all were read.

    Refused lines, and posts of which only a part was read, are lines of JSON on stderr.
    """
    checked = load_checked(packs, today)
    if checked is None:
        return USAGE
    matcher = Matcher(checked)
    for batch in batched(enumerate(sys.stdin.buffer, 1), BATCH):
        _scan(matcher, batch)
    return 0


def _scan(matcher: Matcher, lines: tuple[tuple[int, bytes], ...]) -> None:
    posts, refused = [], []
    for number, line in lines:
        if not line.strip():
            continue
        read = read_line(line.rstrip(b"\n"))
        if isinstance(read, Refusal):
            refused.append(msgspec.structs.replace(read, line=number))
        else:
            posts.append(read[0])
    results = matcher.results([post.parts for post in posts])
    matched = list(zip(posts, results, strict=True))
    hits = [
        {"id": post.id, "hits": [hit_row(hit) for hit in result.hits]}
        for post, result in matched
        if result.hits
    ]
    partly_read = [
        {"id": post.id, "partly_read": True} for post, result in matched if result.partly_read
    ]
    print_lines_of_json(encode_json_lines([*refused, *partly_read]), stderr=True)
    print_lines_of_json(encode_json_lines(hits))
