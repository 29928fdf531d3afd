"""How much memory and processor time something takes at most; both are printed (`pytest -s`)."""

import sys
import tracemalloc
from collections.abc import Callable
from time import process_time

MIB = 1024 * 1024


def peak_mib(name: str, work: Callable[[], object]) -> float:
    """The most that Python held for this work at one time, beyond what it held before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        peak = (tracemalloc.get_traced_memory()[1] - before) / MIB
    finally:
        tracemalloc.stop()
    sys.stdout.write(f"{name}: peak {peak:.1f} MiB\n")
    return peak


def seconds(name: str, work: Callable[[], object], rounds: int = 3) -> float:
    """The processor time of this work: the least of some rounds, so that neighbours count less."""
    taken = []
    for _ in range(rounds):
        start = process_time()
        work()
        taken.append(process_time() - start)
    sys.stdout.write(f"{name}: {min(taken) * 1e3:.1f} ms\n")
    return min(taken)
