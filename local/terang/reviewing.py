"""A sitting at the terminal: keys in, screens and messages out."""

from collections.abc import Callable, Sequence

from ledger.case_messages import Message
from ledger.ports import Clock
from terang.review_cards import Card
from terang.review_screen import Why, screen
from terang.review_steps import Review, Stage, answer, begin, press
from terang.terminal import Terminal

type Keep = Callable[[Sequence[Message]], None]
"""Takes all messages of the sitting so far, each time that they change."""


def sit(
    terminal: Terminal, clock: Clock, moderator: str, cards: tuple[Card, ...], why: Why, keep: Keep
) -> list[Message]:
    """Let a moderator go through the cards; the messages that came of it."""
    review = begin(moderator, cards, clock.now())
    while review.stage is not Stage.DONE:
        terminal.show(screen(review, why, clock.now()))
        following = _step(terminal, review, clock)
        if following is None:
            break  # the terminal was closed
        if following.decided != review.decided:
            keep([one.message for one in following.decided])
        review = following
    return [one.message for one in review.decided]


def _step(terminal: Terminal, review: Review, clock: Clock) -> Review | None:
    if review.stage is Stage.REASON:
        line = terminal.line("reason: ")
        return answer(review, line, clock.now())
    key = terminal.key()
    return None if key is None else press(review, key, clock.now())
