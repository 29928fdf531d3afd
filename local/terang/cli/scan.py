"""`terang scan`: the matcher alone, from stdin to stdout, without AWS."""

import argparse
import sys
from itertools import batched
from typing import Any

import msgspec

from ledger.records.json_text import encode_json_lines
from ledger.records.post import read_line
from ledger.records.refusal import Refusal
from matcher import Hit, Matcher
from terang import USAGE
from terang.cli.packs import checked
from terang.console import escape_json

BATCH = 2_000
"""Posts that are matched at once."""


def scan(options: argparse.Namespace) -> int:
    """Print a line for each post with hits, and return 0 once all was read.

    Refused lines, and posts of which only a part was read, are lines of JSON on stderr.
    """
    packs = checked(options.packs, options.today)
    if packs is None:
        return USAGE
    matcher = Matcher(packs)
    for batch in batched(enumerate(sys.stdin.buffer, 1), BATCH):
        posts = []
        for number, line in batch:
            if not line.strip():
                continue
            found = read_line(line.rstrip(b"\n"))
            if isinstance(found, Refusal):
                refusal = msgspec.structs.replace(found, line=number)
                sys.stderr.buffer.write(escape_json(encode_json_lines([refusal])))
            else:
                posts.append(found[0])
        results = matcher.results([post.parts for post in posts])
        rows = [
            {"id": post.id, "hits": [hit_row(hit) for hit in result.hits]}
            for post, result in zip(posts, results, strict=True)
            if result.hits
        ]
        partly_read = [
            {"id": post.id, "partly_read": True}
            for post, result in zip(posts, results, strict=True)
            if result.partly_read
        ]
        sys.stderr.buffer.write(escape_json(encode_json_lines(partly_read)))
        sys.stdout.buffer.write(escape_json(encode_json_lines(rows)))
    sys.stdout.buffer.flush()
    return 0


def hit_row(hit: Hit) -> dict[str, Any]:
    """Return a hit as it is printed: pack, rule, mode and spans, and whether there are more."""
    spans = [
        {
            "part": span.part,
            "start": span.start,
            "end": span.end,
            "term": span.term,
            "evasion": [str(one) for one in span.evasion],
        }
        for span in hit.spans
    ]
    row = {"pack": hit.pack, "rule": hit.rule, "mode": str(hit.mode), "spans": spans}
    return row | ({"spans_capped": True} if hit.spans_capped else {})
