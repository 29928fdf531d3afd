"""What a worker pays before its first post, holds while it waits, and takes for a single one."""

import statistics
from pathlib import Path

from tools.bench import corpus
from tools.bench.measure import Report, in_process, medians

from matcher import Matcher, build_set
from scan.unit_input import read_records

PROCESSES = 9
MANY = max(corpus.SIZES)
SINGLE = 2_000  # posts

COLD = """
import json, sys, time
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
data = open(sys.argv[1], "rb").read()
start = time.process_time()
from matcher import Matcher, load_set
ready = Matcher(load_set(data).packs)
taken = time.process_time() - start
start = time.process_time()
import numpy
print(json.dumps([taken, time.process_time() - start]))
"""

MEMORY = """
import json, sys
def held():
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024
bare = held()
from matcher import Matcher, load_set
ready = Matcher(load_set(open(sys.argv[1], "rb").read()).packs)
built = held()
ready.find_all(text + " " * n for n in range(5_000) for text in ("a post", "另一个帖子"))
print(json.dumps([built - bare, held() - bare]))
"""


def written_set(folder: Path, count: int) -> Path:
    path = folder / f"{count}.json"
    path.write_bytes(build_set(corpus.published([corpus.pack(count)]), notice_hours=24))
    return path


def test_a_worker_starts_cold(report: Report, tmp_path: Path) -> None:
    """Processor time in fresh processes, files in the cache: what a disk adds is not in it. Modules
    are compiled at the start, as from a layer that holds no bytecode; then once more with bytecode
    at hand."""
    table = "Cold start, over the imports of boto3 and Powertools (numpy only before a first batch)"
    report.row(table, "terms", "ready", "+ numpy", "with bytecode: ready", "+ numpy")
    sources = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(tmp_path / "none")}
    bytecode = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}
    for count in corpus.SIZES:
        path = written_set(tmp_path, count)
        in_process(COLD, path, **bytecode)
        taken = [
            (*in_process(COLD, path, **sources), *in_process(COLD, path, **bytecode))
            for _ in range(PROCESSES)
        ]
        middle = [statistics.median(column) * 1e3 for column in zip(*taken, strict=True)]
        report.row(table, f"{count:,}", *(f"{one:.0f} ms" for one in middle))
        if count == sorted(corpus.SIZES)[1]:
            report.goal(f"ready with {count:,} terms", middle[0], 60, " ms", most=True)


def test_a_matcher_is_held(report: Report, tmp_path: Path) -> None:
    """Memory over a bare interpreter: fold table, set, matcher; then with what a batch brings."""
    table = "Memory over a bare interpreter"
    report.row(table, "terms", "set and matcher", "after a batch")
    for count in corpus.SIZES:
        built, used = (size / 2**20 for size in in_process(MEMORY, written_set(tmp_path, count)))
        report.row(table, f"{count:,}", f"{built:.0f} MiB", f"{used:.0f} MiB")
        if count == MANY:
            report.goal(f"memory with {count:,} terms", used * 1.048576, 120, " MB", most=True)


def test_a_single_post_is_found(report: Report) -> None:
    """Warm, no numpy: a call for each post, of the mixed corpus with few hits."""
    posts = [post.parts for post in read_records(corpus.unit(corpus.HIT_RATES[0])).posts[:SINGLE]]
    table = "A single post, warm"
    report.row(table, "terms", "µs")
    for count in corpus.SIZES:
        matcher = Matcher([corpus.pack(count)])

        def each_alone(matcher: Matcher = matcher) -> None:
            for post in posts:
                matcher.find_posts([post])

        taken = medians({"alone": each_alone})["alone"] / SINGLE * 1e6
        report.row(table, f"{count:,}", f"{taken:.1f}")
        if count == sorted(corpus.SIZES)[1]:
            report.goal(f"single post at {count:,} terms", taken, 40, " µs", most=True)
