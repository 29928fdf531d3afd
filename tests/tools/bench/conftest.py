"""Brings in what is measured beside the matcher, and prints the tables at the end of the run."""

import site
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The same Python as .venv, whose own packages come first.
for peers in Path(__file__).parents[3].glob(".tools/bench/lib/python3*/site-packages"):
    site.addsitedir(str(peers))

from tools.bench.measure import Report  # noqa: E402

collect_ignore = ["deployed_worker.py"]  # a program: it needs what bench_deployed gives it


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only `make bench` looks in here: the tests run without the peers."""
    return None if "bench_*.py" in config.getini("python_files") else True


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Takes rows and goals."""
    from tools.bench import corpus  # it needs what only `make bench` brings

    report = Report()
    yield report
    sys.stdout.write(f"\n\nMeasured on {corpus.SOURCE}.\n\n{report}\n")
