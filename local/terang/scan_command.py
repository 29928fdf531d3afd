"""`terang scan`: the matcher alone, from stdin to stdout, without AWS."""

import argparse
import sys
from itertools import batched
from typing import Any

import msgspec

from ledger.post import read_line
from ledger.pretty import lines_of_json
from ledger.refusal import Refusal
from matcher import Hit, Matcher
from terang.command import USAGE
from terang.packs_command import checked
from terang.telling import inert

BATCH = 2_000
"""Posts that are matched at once."""


def scan(options: argparse.Namespace) -> int:
    """A line for each post with hits; refused lines as JSON on stderr. 0 once all was read."""
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
                sys.stderr.buffer.write(inert(lines_of_json([refusal])))
            else:
                posts.append(found[0])
        hits_of = matcher.find_posts([post.parts for post in posts])
        rows = [
            {"id": post.id, "hits": [hit_row(hit) for hit in hits]}
            for post, hits in zip(posts, hits_of, strict=True)
            if hits
        ]
        sys.stdout.buffer.write(inert(lines_of_json(rows)))
    sys.stdout.buffer.flush()
    return 0


def hit_row(hit: Hit) -> dict[str, Any]:
    """A hit as it is printed: pack, rule, mode and spans."""
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
    return {"pack": hit.pack, "rule": hit.rule, "mode": str(hit.mode), "spans": spans}
