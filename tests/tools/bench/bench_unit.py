"""A unit as `scan` works on it, from its bytes to findings ready to put, and what that costs."""

from datetime import date
from functools import partial
from pathlib import Path

from tools.bench import corpus
from tools.bench.measure import Report, medians

from authoring.check import check_packs
from ledger.privacy import Pseudonyms
from ledger.units import Attempt
from matcher import Matcher
from matcher.fingerprint import Fingerprints
from scan.inspection import inspect_posts, match_posts
from scan.reading import read_records
from scan.rule_sets import Rules

PACKS = Path(__file__).parents[3] / "packs"
MEMORY_GB = 1_769 / 1_024  # what the template gives scan: one whole processor
PRICES = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
"""Dollars for a GB-second, and below for a million requests: Lambda's public list for us-east-1,
first tier, as known in November 2026; free tier, S3, SQS and DynamoDB left out. An assumption: look
it up before you budget."""
REQUESTS = 0.20


def scan_unit(data: bytes, rules: Rules, pseudonyms: Pseudonyms) -> int:
    """The work of `scan` on a unit that neither S3 nor the table takes part in."""
    posts = read_records(data).posts
    inspected = inspect_posts(
        posts,
        rules,
        pseudonyms,
        provider="acme",
        unit="0" * 64,
        found_at="2026-11-25T12:00:00Z",
        results=match_posts(posts, rules),
        attempt=Attempt(rules.set, "2026-11-25T12:00:00Z"),
        fingerprints=Fingerprints(bytes(32)),
    )
    return len(inspected.findings)


def test_a_unit_is_scanned(report: Report) -> None:
    """Each row is a unit of 8 MiB; a million posts cost by seconds of this processor."""
    pseudonyms = Pseudonyms.derive(b"secret" * 8, "acme", "k2026-11")
    table = "A unit, from bytes to findings ready to put (dollars by list price, see bench_unit.py)"
    report.row(table, "rules", "posts hit", "findings", "seconds", "s a million posts", *PRICES)
    sets = {"the packs that ship": Matcher(check_packs(PACKS, date(2026, 11, 25)))}
    sets |= {f"{count:,} terms": Matcher([corpus.pack(count)]) for count in corpus.SIZES}
    for name, matcher in sets.items():
        rules = Rules("0" * 64, (), matcher)
        for rate in corpus.HIT_RATES:
            data = corpus.unit(rate)
            posts = read_records(data).posts
            hit = sum(map(bool, matcher.find_posts([post.parts for post in posts])))
            run = partial(scan_unit, data, rules, pseudonyms)
            seconds = medians({"unit": run}, rounds=5)["unit"]
            million = seconds / len(posts) * 1e6
            requests = 1e6 / len(posts) * REQUESTS / 1e6
            report.row(
                table,
                name,
                f"{hit / len(posts):.2%}",
                run(),
                f"{seconds:.2f}",
                f"{million:.1f}",
                *(f"${million * MEMORY_GB * price + requests:.5f}" for price in PRICES.values()),
            )
