"""The terminal: one key at a time, and the loop of a review or an audit.

Tests and the loop know the port `Terminal`; `TtyTerminal` alone touches the keyboard.
"""

import os
import sys
import termios
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from select import select
from typing import Protocol, Self

from rich.console import RenderableType

from ledger.cases.messages import BaseCaseMessage
from ledger.clock import Clock
from terang.console import Screen
from terang.review.audit import AuditState, press_audit_key
from terang.review.cards import Card
from terang.review.screens import audit_screen, review_screen
from terang.review.sources import RuleReasons
from terang.review.steps import ReviewStage, ReviewState, begin_review, give_reason, press_key

with suppress(ImportError):
    import readline  # noqa: F401 - importing it is enough: lines can be edited

ESCAPE_SECONDS = 0.05
"""How long a key's further bytes may take: an arrow sends an escape and two letters at once."""


class Terminal(Protocol):
    """The port: a person's screen and keyboard."""

    def show(self, screen: RenderableType) -> None:
        """Show this and nothing else."""

    def key(self) -> str | None:
        """Return one key; empty for an arrow or function key, None if the terminal was closed."""

    def line(self, prompt: str) -> str | None:
        """Return a line that was typed, or None if it was cancelled."""


class TtyTerminal:
    """The terminal of this process. It is restored at the end."""

    def __init__(self) -> None:
        self.console = Screen()
        self._file = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._file)

    def __enter__(self) -> Self:
        """Read keys without Enter and without showing them; keys typed ahead are kept."""
        tty.setcbreak(self._file, termios.TCSADRAIN)
        return self

    def __exit__(self, *raised: object) -> None:
        """Restore the terminal."""
        termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    def show(self, screen: RenderableType) -> None:
        """Clear the terminal and show the screen."""
        self.console.clear()
        self.console.print(screen)

    def key(self) -> str | None:
        """Return one key, read without Enter."""
        read = os.read(self._file, 1)
        while read and not _is_complete(read):
            read += os.read(self._file, 1)
        if read == b"\x1b" and select([self._file], [], [], ESCAPE_SECONDS)[0]:
            self._read_sequence()
            return ""
        return read.decode(errors="replace") if read else None

    def line(self, prompt: str) -> str | None:
        """Return a line; Ctrl-C and Ctrl-D cancel it."""
        self.__exit__()
        try:
            return input(prompt)
        except (EOFError, KeyboardInterrupt):
            return None
        finally:
            self.__enter__()

    def _read_sequence(self) -> None:
        """Read the rest of the sequence of an arrow or a function key, and nothing after it.

        Source: ECMA-48, 5.4: a control sequence ends with the first byte from 0x40 to 0x7E.
        """
        last = os.read(self._file, 1)
        if last in (b"[", b"O"):
            last = b""
            while not last or not 0x40 <= last[0] <= 0x7E:
                last = os.read(self._file, 1) or b"~"


def is_terminal() -> bool:
    """Return whether a person reads the output and types the input."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _is_complete(read: bytes) -> bool:
    try:
        read.decode()
    except UnicodeDecodeError:
        return len(read) >= 4  # no character is longer: it is not UTF-8
    return True


class Sitting(Protocol):
    """The state of a review or an audit."""

    @property
    def done(self) -> bool:
        """Whether the moderator ended it."""

    @property
    def messages(self) -> tuple[BaseCaseMessage, ...]:
        """The messages so far."""


type Keep = Callable[[Sequence[BaseCaseMessage]], None]
"""Stores all messages of a sitting so far, each time that they change."""


def sit[S: Sitting](
    terminal: Terminal,
    clock: Clock,
    sitting: S,
    screen: Callable[[S], RenderableType],
    step: Callable[[Terminal, S, Clock], S | None],
    keep: Keep,
) -> tuple[BaseCaseMessage, ...]:
    """Show the state and take the next step until it is done. Return the messages.

    `step` returns the next state, or None if the terminal was closed.
    """
    while not sitting.done:
        terminal.show(screen(sitting))
        following = step(terminal, sitting, clock)
        if following is None:
            break
        if following.messages != sitting.messages:
            keep(following.messages)
        sitting = following
    return sitting.messages


def review_cards(
    terminal: Terminal,
    clock: Clock,
    moderator: str,
    cards: tuple[Card, ...],
    why: RuleReasons,
    keep: Keep,
) -> tuple[BaseCaseMessage, ...]:
    """Let a moderator go through the cards. Return the messages that resulted."""

    def step(terminal: Terminal, review: ReviewState, clock: Clock) -> ReviewState | None:
        if review.stage is ReviewStage.REASON:
            return give_reason(review, terminal.line("reason: "), clock.now())
        key = terminal.key()
        return None if key is None else press_key(review, key, clock.now())

    return sit(
        terminal,
        clock,
        begin_review(moderator, cards, clock.now()),
        lambda review: review_screen(review, why, clock.now()),
        step,
        keep,
    )


def audit_posts(
    terminal: Terminal, clock: Clock, audit: AuditState, keep: Keep
) -> tuple[BaseCaseMessage, ...]:
    """Let a moderator go through the posts of an audit. Return the messages that resulted."""

    def step(terminal: Terminal, audit: AuditState, clock: Clock) -> AuditState | None:
        key = terminal.key()
        return None if key is None else press_audit_key(audit, key, clock.now())

    return sit(terminal, clock, audit, audit_screen, step, keep)
