"""The part that all fuzz targets share: instrumented imports, and limits of time and memory.
libFuzzer makes the inputs and counts the branches that they reach. A target must answer each input
or raise a documented error. Anything else is a crash, and the input is kept in `.fuzz/`."""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("layers/terang", "layers/matcher", "layers/claims", "layers/pages",
           "functions/intake", "functions/scan", "local", "tests")  # fmt: skip
INSTRUMENTED = ["authoring", "claims", "csv", "desk", "dsa", "gzip", "intake", "json", "ledger",
                "matcher", "message", "recount", "rules", "scan",
                "terang", "verify", "yaml", "zipfile"]  # fmt: skip

SECONDS = 1.0
"""Processor time that one input may take: more is a hang."""

FLAT_BYTES = 256 * 1024**2
"""How much the process may grow after a tenth of its inputs: libFuzzer keeps its corpus in it."""

STATIONS = 10

sys.path[:0] = [str(ROOT / folder) for folder in SOURCES]


class HangError(Exception):
    """One input took longer than SECONDS."""


class GrowthError(Exception):
    """The process grew by more than FLAT_BYTES."""


@dataclass(slots=True)
class Watch:
    """Calls a target, and tells ten times a run how long inputs take and how much memory."""

    name: str
    target: Callable[[bytes], None]
    runs: int
    inputs: int = 0
    slowest: float = 0.0
    began: float = field(default_factory=time.monotonic)
    first_size: int = 0

    def __call__(self, data: bytes) -> None:
        """Take one input. Raises HangError, GrowthError, and whatever the target lets out."""
        start = time.process_time()
        self.target(data)
        taken = time.process_time() - start
        self.slowest = max(self.slowest, taken)
        if taken > SECONDS:
            raise HangError(f"{len(data)} bytes took {taken:.2f} s")
        self.inputs += 1
        if self.inputs % max(1, self.runs // STATIONS) == 0:
            self._tell()

    def _tell(self) -> None:
        size = resident_bytes()
        self.first_size = self.first_size or size
        sys.stderr.write(
            f"{self.name}: {self.inputs:,} inputs, {time.monotonic() - self.began:.0f} s,"
            f" slowest {self.slowest * 1e3:.0f} ms, {size / 1024**2:.0f} MiB\n"
        )
        if size - self.first_size > FLAT_BYTES:
            raise GrowthError(f"from {self.first_size} to {size} bytes")


def resident_bytes() -> int:
    """What the process holds in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def fuzz(
        name: str, target: Callable[[bytes], None], seeds: Iterable[bytes],
        words: Iterable[bytes] = (), longest: int = 4096) -> None:  # fmt: skip
    """Run a target as many times as the command line says; never returns.

    Args:
        name: Its folder in `.fuzz/`, where the corpus and what crashed it stay.
        target: Takes the bytes of one input.
        seeds: Inputs to begin with.
        words: Pieces that mutations may put in.
        longest: Bytes of an input.
    """
    runs = int(sys.argv[1])
    folder = ROOT / ".fuzz" / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    dictionary = folder / "words"
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in dict.fromkeys(words)))
    options = [f"-runs={runs}", f"-max_len={longest}", f"-dict={dictionary}",
               f"-artifact_prefix={folder}/", "-timeout=60", "-rss_limit_mb=2048",
               "-print_final_stats=1", "-verbosity=0"]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], Watch(name, target, runs))
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
