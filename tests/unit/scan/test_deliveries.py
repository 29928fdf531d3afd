"""A delivery is a range or a message; which one its queue decides, and who sent it the sender."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from support.sample_posts import StandingClock

from ledger.objects import RESERVE_SECONDS, Delivery, TimeReserveError
from ledger.units import RangeMessage, Source
from scan.inspection import UnitOutcome
from scan.scanner import Deliveries, EndedMessages, Message, UnknownSender

if TYPE_CHECKING:
    from ledger.closing import Closing
    from ledger.objects import Senders
    from scan.scanner import MessageScanner
    from scan.unit_work import UnitScanner

UNIT = RangeMessage(
    "f1", "acme", 0, Source("drop", "drop/acme/a", "v1", "e", 9), 0, 9, "set", "k1",
    "2026-11-25T12:00:00Z",
)  # fmt: skip
SENT = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(slots=True)
class Parts:
    """Stands for scanner, closing and senders, and keeps what was asked of them, in order."""

    done: list[Any] = field(default_factory=list)
    believed_provider: str | None = "acme"
    waited: timedelta = timedelta()

    def scan_range(self, unit: RangeMessage) -> UnitOutcome:
        self.done.append(("range", unit))
        return UnitOutcome(None, new=True)

    def scan(self, messages: list[Message], _: Any) -> Iterator[EndedMessages]:
        self.done += [
            ("message", one.provider, one.body, one.sent_at, one.receives, one.deliveries)
            for one in messages
        ]
        yield EndedMessages(messages)

    def close(self, file: str) -> bool:
        self.done.append(("close", file))
        return True

    def provider_of_sender(self, sender_id: str, attributes: dict[str, str]) -> str | None:
        self.done.append(("provider_of_sender", sender_id, attributes))
        return self.believed_provider

    def first_sent(self, message: Delivery) -> datetime:
        return message.sent_at - self.waited


def deliveries(parts: Parts, trial_day: bool = False) -> Deliveries:
    return Deliveries(
        cast("UnitScanner", parts), cast("MessageScanner", parts), cast("Closing", parts),
        cast("Senders", parts), StandingClock(),
        posts_queue_arn="arn:posts", trial_day=trial_day,
    )  # fmt: skip


def message(queue: str = "arn:posts", body: str = "{}", **changes: Any) -> Delivery:
    return replace(Delivery(queue, body, "AROAX:s", {"provider": "acme"}, SENT, "one"), **changes)


def take(parts: Parts, *messages: Delivery, trial_day: bool = False) -> list[Any]:
    return [*deliveries(parts, trial_day).take_messages(messages, lambda: 300)]


def test_a_unit_is_scanned_and_then_its_file_looked_at() -> None:
    parts = Parts()
    deliveries(parts).take(message("arn:units", msgspec.json.encode(UNIT).decode()), lambda: 300)
    assert parts.done == [("range", UNIT), ("close", "f1")]


def test_a_message_is_scanned_by_the_day_it_was_sent() -> None:
    parts = Parts()
    take(parts, message())
    assert parts.done == [
        ("provider_of_sender", "AROAX:s", {"provider": "acme"}),
        ("message", "acme", "{}", SENT, 1, ["one"]),
    ]


def test_equal_bodies_are_one_message_as_of_its_first_sending() -> None:
    parts = Parts()
    later = SENT + timedelta(hours=1)
    sent = [message(sent_at=later), message(id="two", receives=3), message(id="x", body="[]")]
    take(parts, *sent)
    assert [done[2:] for done in parts.done if done[0] == "message"] == [
        ("{}", SENT, 3, ["one", "two"]),
        ("[]", SENT, 1, ["x"]),
    ]


def test_a_dead_letter_is_scanned_by_the_day_it_was_sent_first() -> None:
    parts = Parts(waited=timedelta(days=9))
    take(parts, message())
    assert parts.done[-1][3] == SENT - timedelta(days=9)


def test_on_a_trial_day_every_message_was_sent_today() -> None:
    parts = Parts()
    take(parts, message(), trial_day=True)
    assert parts.done[-1][3] == StandingClock().now()


def test_nothing_is_scanned_for_who_is_not_believed() -> None:
    parts = Parts(believed_provider=None)
    assert take(parts, message()) == [UnknownSender("one")]
    assert [done[0] for done in parts.done] == ["provider_of_sender"]


def test_with_too_little_time_left_nothing_begins() -> None:
    parts, unit = Parts(), message("arn:units", msgspec.json.encode(UNIT).decode())
    with pytest.raises(TimeReserveError):
        deliveries(parts).take(unit, lambda: RESERVE_SECONDS - 0.001)
    assert parts.done == []
    deliveries(parts).take(unit, lambda: RESERVE_SECONDS)
    assert parts.done


def test_a_body_that_is_no_unit_comes_again_until_it_is_a_dead_letter() -> None:
    with pytest.raises(msgspec.DecodeError):
        deliveries(Parts()).take(message("arn:units", "hello"), lambda: 300)
