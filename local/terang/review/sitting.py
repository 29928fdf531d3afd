"""A sitting at the terminal: keys in, screens and messages out."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rich.console import RenderableType

from ledger.cases.messages import BaseCaseMessage
from ledger.clock import Clock
from terang.review.terminal import Terminal


class Sitting(Protocol):
    """What a person is doing, as it stands."""

    @property
    def done(self) -> bool:
        """Whether it was ended."""

    @property
    def messages(self) -> tuple[BaseCaseMessage, ...]:
        """What came of it so far."""


type Keep = Callable[[Sequence[BaseCaseMessage]], None]
"""Takes all messages of a sitting so far, each time that they change."""


def sit[S: Sitting](
    terminal: Terminal,
    clock: Clock,
    sitting: S,
    screen: Callable[[S], RenderableType],
    step: Callable[[Terminal, S, Clock], S | None],
    keep: Keep,
) -> tuple[BaseCaseMessage, ...]:
    """Show, take what is typed, and go on until it is done; the messages that came of it.

    `step` gives what follows, or None when the terminal was closed.
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
