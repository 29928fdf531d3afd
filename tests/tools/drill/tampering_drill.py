"""Tamper with a published log at random, and count what the stand-alone check sees.

    PYTHONPATH=tests python -m tools.drill.tampering_drill --cases 10000

It prints two tables: what a first visitor sees, and what a visitor sees who remembers a checkpoint;
and for each kind of change the words that name what was changed, most frequent first.
Numbers are not recounted here, since every change must be seen without that.
"""

import argparse
import re
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from unittest import mock

from support.log_signer import LocalSigner
from support.log_world import LogWorld, sentinel_pack, sentinel_receipt
from support.publish_world import CLOSED, live, sample_pack, sample_receipt
from support.tampering import FIRST_VISIT, LATER_VISIT, Memory, Tampering, words_for

import verify
from verify import LogUnreadableError, Options, Result, check_place

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
DAYS = ("2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25")


def sample_log() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A log that grew twice, with an open day and month: the older copy, and the newer one."""
    made = LogWorld(sends_sentinel=True)
    digest = made.put_set(sample_pack(), sentinel_pack())
    for day in DAYS:
        made.count(sentinel_receipt(day, digest, found=day != DAYS[1]))
        for number in range(40):
            made.count(sample_receipt(day, number, by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    older = dict(made.files)
    made.count(sample_receipt(DAYS[0], 99, by_rule={live(): 1}, set=digest))
    made.count(sample_receipt("2026-11-26", by_rule={live(): 1}, set=digest))
    made.publish("2026-11-26T09:00:00Z", "2026-11-26", provisional=True)
    return older, dict(made.files)


def check(files: dict[str, bytes], remembered: dict[str, object], now: datetime) -> Result:
    with mock.patch.object(verify, "_recount"), mock.patch.object(verify, "_remembered",
            return_value=remembered):  # fmt: skip
        try:
            return check_place(Memory(files), Options(now=now))
        except LogUnreadableError as error:
            return Result(wrong=[str(error)])


def template(line: str, paths: list[str]) -> str:
    """A sentence without what differs from case to case."""
    for path in sorted({*paths} - {"log"}, key=len, reverse=True):
        line = line.replace(path, "FILE")
    line = re.sub(r"\b[0-9a-f]{64}\b|\+[0-9a-f]{8}\+\S+", "…", line)
    return re.sub(r"\d[\d:TZ-]*", "N", line)


def main() -> int:
    """Tamper; return 1 if something was not seen, or something was reported without a change."""
    parser = argparse.ArgumentParser(description="Tamper with a published log.")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    older, files = sample_log()
    logs = list(verify.read_logs(Memory(files), (), Result()))
    remembered: dict[str, object] = {
        log.origin: log.remembered(logs[0].origin, NOW) for log in logs
    }
    missed = 0
    for name, table, state in (("first visit", FIRST_VISIT, dict[str, object]()),
            ("visit with a remembered checkpoint", LATER_VISIT, remembered)):  # fmt: skip
        tried, named = Counter[str](), Counter[str]()
        words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for seed in range(given.first, given.first + given.cases // 2):
            tampering = Tampering(dict(files), older, Random(seed), LocalSigner())
            change = table[seed % len(table)]
            told, kind = change(tampering), change.__name__.replace("_", " ")
            result = check(tampering.files, state, NOW + timedelta(hours=23))
            lines = words_for(tampering, result)
            tried[kind] += 1
            named[kind] += bool(lines)
            words[kind].update({template(line, tampering.touched) for line in lines})
            if not lines:
                print(f"not named, seed {seed}: {told}: {result.wrong} {result.unproved}")
        untouched = check(files, remembered if state else {}, NOW)
        reported = len(untouched.wrong) + len(untouched.unproved)
        missed += tried.total() - named.total() + reported
        print(f"{name}: {tried.total():,} changed, {named.total():,} named, {reported} unchanged")
        for kind, count in tried.items():
            print(f"  {kind}: {count:,} changed, {named[kind]:,} named")
            for line, times in words[kind].most_common():
                print(f"    {times:,} {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
