"""A terminal: one key at a time, or a line with what a shell's prompt can do."""

import os
import sys
import termios
import tty
from contextlib import suppress
from select import select
from typing import Protocol, Self

from rich.console import RenderableType

from terang.console import Screen

with suppress(ImportError):
    import readline  # noqa: F401 - being there is enough: lines can be edited

ESCAPE_SECONDS = 0.05
"""How long a key's further bytes may take: an arrow is an escape and two letters at once."""


class Terminal(Protocol):
    """What a person looks at and types on."""

    def show(self, screen: RenderableType) -> None:
        """Show this and nothing else."""

    def key(self) -> str | None:
        """One key; empty for arrows and their like, None when the terminal was closed."""

    def line(self, prompt: str) -> str | None:
        """A line that was written, or None where it was broken off."""


class TtyTerminal:
    """The port `Terminal` on the terminal of this process, which comes back as it was."""

    def __init__(self) -> None:
        self.console = Screen()
        self._file = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._file)

    def __enter__(self) -> Self:
        """Take keys without Enter from now on, and show none of them; none typed ahead is lost."""
        tty.setcbreak(self._file, termios.TCSADRAIN)
        return self

    def __exit__(self, *raised: object) -> None:
        """Give the terminal back."""
        termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    def show(self, screen: RenderableType) -> None:
        """Clear the terminal and show the screen."""
        self.console.clear()
        self.console.print(screen)

    def key(self) -> str | None:
        """One key without Enter."""
        read = os.read(self._file, 1)
        while read and not _whole(read):
            read += os.read(self._file, 1)
        if read == b"\x1b" and select([self._file], [], [], ESCAPE_SECONDS)[0]:
            self._read_sequence()
            return ""
        return read.decode(errors="replace") if read else None

    def line(self, prompt: str) -> str | None:
        """A line; Ctrl-C and Ctrl-D break it off."""
        self.__exit__()
        try:
            return input(prompt)
        except (EOFError, KeyboardInterrupt):
            return None
        finally:
            self.__enter__()

    def _read_sequence(self) -> None:
        """Read what follows the escape of an arrow or a function key, and nothing behind it.

        Source: ECMA-48, 5.4: a control sequence ends with the first byte from 0x40 to 0x7E.
        """
        last = os.read(self._file, 1)
        if last in (b"[", b"O"):
            last = b""
            while not last or not 0x40 <= last[0] <= 0x7E:
                last = os.read(self._file, 1) or b"~"


def is_terminal() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _whole(read: bytes) -> bool:
    try:
        read.decode()
    except UnicodeDecodeError:
        return len(read) >= 4  # no character is longer: it is none
    return True
