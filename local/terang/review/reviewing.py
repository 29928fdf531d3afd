"""A review at the terminal."""

from ledger.cases.messages import BaseCaseMessage
from ledger.clock import Clock
from terang.review.cards import Card
from terang.review.screen import Why, screen
from terang.review.sitting import Keep, sit
from terang.review.steps import Review, Stage, answer, begin, press
from terang.review.terminal import Terminal


def review_cards(
    terminal: Terminal, clock: Clock, moderator: str, cards: tuple[Card, ...], why: Why, keep: Keep
) -> tuple[BaseCaseMessage, ...]:
    """Let a moderator go through the cards; the messages that came of it."""
    return sit(
        terminal,
        clock,
        begin(moderator, cards, clock.now()),
        lambda review: screen(review, why, clock.now()),
        _step,
        keep,
    )


def _step(terminal: Terminal, review: Review, clock: Clock) -> Review | None:
    if review.stage is Stage.REASON:
        line = terminal.line("reason: ")
        return answer(review, line, clock.now())
    key = terminal.key()
    return None if key is None else press(review, key, clock.now())
