"""Tamper with a published log at random, and count what the stand-alone check sees.

    PYTHONPATH=tests python -m drill.tampering_drill --cases 10000

It prints two tables: what a first visitor sees, and what a visitor sees who remembers a checkpoint.
Numbers are not recounted here, since every change must be seen without that.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from unittest import mock

from support.log_signer import LocalSigner
from support.log_world import LogWorld, sentinel_pack, sentinel_receipt
from support.publish_world import CLOSED, live, sample_pack, sample_receipt
from support.tampering import FIRST_VISIT, LATER_VISIT, Tampering

from verifier import verify
from verifier.verify import LogSource, LogUnreadableError, Options, Result, check_place

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
DAYS = ("2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25")


@dataclass
class Memory(LogSource):
    """Files in memory."""

    files: dict[str, bytes]

    def get(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self, below: str = "") -> list[str]:
        return sorted(path for path in self.files if path.startswith(below))


def sample_log() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A log that grew twice: the older copy, and the newer one."""
    made = LogWorld(sends_sentinel=True)
    digest = made.put_set(sample_pack(), sentinel_pack())
    for day in DAYS:
        made.count(sentinel_receipt(day, digest, found=day != DAYS[1]))
        for number in range(40):
            made.count(sample_receipt(day, number, by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    older = dict(made.objects.stored)
    made.count(sample_receipt(DAYS[0], 99, by_rule={live(): 1}, set=digest))
    made.publish("2026-11-26T09:00:00Z")
    return older, dict(made.objects.stored)


def check(files: dict[str, bytes], remembered: dict[str, object], now: datetime) -> Result | None:
    """What a check says; None if there was no log to read."""
    with (
        mock.patch.object(verify, "_recount"),
        mock.patch.object(verify, "_remembered", return_value=remembered),
    ):
        try:
            return check_place(Memory(files), Options(now=now))
        except LogUnreadableError:
            return None


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
    for name, table, state in (
        ("first visit", FIRST_VISIT, dict[str, object]()),
        ("visit with a remembered checkpoint", LATER_VISIT, remembered),
    ):
        tried, seen, aged = Counter[str](), Counter[str](), Counter[str]()
        for seed in range(given.first, given.first + given.cases // 2):
            tampering = Tampering(dict(files), older, Random(seed), LocalSigner())
            change = table[seed % len(table)]
            change(tampering)
            kind = change.__name__.replace("_", " ")
            result = check(tampering.files, state, NOW + timedelta(hours=23))
            tried[kind] += 1
            if result is None or result.wrong:
                seen[kind] += 1
            elif result.is_old and not state:
                aged[kind] += 1
        untouched = check(files, remembered if state else {}, NOW)
        print(f"{name}: changed, seen, shown by age, missed")
        for kind, count in tried.items():
            lost = count - seen[kind] - aged[kind]
            missed += lost
            print(f"  {kind}: {count:,}, {seen[kind]:,}, {aged[kind]:,}, {lost:,}")
        reported = len(untouched.wrong) if untouched else 1
        missed += reported
        print(f"  nothing was changed: {reported} reported")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
