"""A command on a terminal of its own, as a person types."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from select import select

SECONDS = 30
TERANG = Path(sys.executable).with_name("terang")


@dataclass(slots=True)
class Typed:
    """The terminal's other end."""

    end: int
    process: subprocess.Popen[bytes]
    read: str = ""

    def until(self, words: str) -> str:
        """Read on until these words have come; what came since the last ones."""
        deadline = time.monotonic() + SECONDS
        while words not in self.read and time.monotonic() < deadline:
            if select([self.end], [], [], 0.1)[0]:
                self.read += os.read(self.end, 65_536).decode(errors="replace")
        assert words in self.read, self.read
        before, _, self.read = self.read.partition(words)
        return before

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(SECONDS)

    def type(self, keys: str) -> None:
        os.write(self.end, keys.encode())


@contextmanager
def typing(*words: str | Path) -> Iterator[Typed]:
    end, other = pty.openpty()
    process = subprocess.Popen(
        [TERANG, *words],
        stdin=other,
        stdout=other,
        stderr=other,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # who runs the tests may ignore it
    )
    os.close(other)
    try:
        yield Typed(end, process)
    finally:
        process.kill()
        process.wait()
        os.close(end)
