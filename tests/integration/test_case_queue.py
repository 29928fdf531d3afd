"""Messages about cases are sent, each is answered once, and nobody waits in vain."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from support.sample_messages import complaint, decision, outcome, suspension
from support.sample_posts import OTP, lines
from support.world import World

from ledger.codes import OperatorError
from terang.case_queue import CaseQueue, MessageResult


@dataclass(slots=True)
class Delivering:
    """A queue that hands each message to a worker of decide, when somebody pauses or at once."""

    world: World
    at_once: bool = True
    bodies: list[str] = field(default_factory=list)
    attributes: list[Any] = field(default_factory=list)

    def send_message(self, **request: Any) -> None:
        self.attributes.append(request["MessageAttributes"])
        self.bodies.append(request["MessageBody"])
        if self.at_once:
            self.deliver(0)

    def deliver(self, seconds: float) -> None:
        while self.bodies:
            self.world.decide(json.loads(self.bodies.pop()))


def queue(world: World, sqs: Any) -> CaseQueue:
    pause = getattr(sqs, "deliver", lambda seconds: None)
    return CaseQueue(sqs, "url", world.store, world.objects, world.out, "acme", pause)


@pytest.fixture
def finding(world: World) -> str:
    world.scan(*world.take_in(lines(OTP)))
    return world.open_findings()[0]


@pytest.mark.parametrize("at_once", [True, False])
def test_each_message_is_answered_in_order(world: World, finding: str, at_once: bool) -> None:
    sqs = Delivering(world, at_once=at_once)
    answers = queue(world, sqs).send(
        [decision(finding), suspension(), suspension(moderator="m-9"), suspension(id="s-2", why=7)]
    )
    kinds = [(answer.id, answer.status, answer.code, answer.field) for answer in answers]
    assert kinds[0] == ("d-1", "taken", "", "")
    assert {kind[1] for kind in kinds[1:3]} == {"taken", "refused"}
    assert "id_reused" in {kind[2] for kind in kinds[1:3]}
    assert kinds[3] == ("s-2", "refused", "field_type", "why")
    assert sqs.attributes[0] == {"provider": {"DataType": "String", "StringValue": "acme"}}


def test_who_was_first_is_told(world: World, finding: str) -> None:
    sending = queue(world, Delivering(world))
    sending.send([decision(finding)])
    [answer] = sending.send([decision(finding, id="d-2", moderator="m-2")])
    assert answer == MessageResult(
        "d-2", "decision", "refused", "decided_already", "findings", "m-1"
    )
    assert str(answer) == "refused decision d-2: decided_already (findings), m-1 was first"


def test_what_comes_too_early_waits_and_is_taken_later(world: World, finding: str) -> None:
    sending = queue(world, Delivering(world))
    [early] = sending.send([complaint()])
    assert (early.status, early.code) == ("waiting", "unknown")
    world.clock.move(days=1)
    assert sending.send([decision(finding)])[0].status == "taken"
    assert sending.send([complaint(), outcome()]) == [
        MessageResult("c-1", "complaint", "taken"), MessageResult("o-1", "outcome", "taken")
    ]  # fmt: skip


def test_a_refusal_of_before_is_no_answer(world: World, finding: str) -> None:
    """The same message again is answered anew, also on another day."""
    sending = queue(world, Delivering(world, at_once=False))
    for _ in range(2):
        assert sending.send([suspension(until="soon")])[0].code == "time_syntax"
        world.clock.move(days=1)
    sending.send([decision(finding)])
    world.clock.move(seconds=1)
    assert sending.send([suspension(id="d-1")])[0].code == "id_reused"


def test_a_message_may_be_refused_twice_in_one_second(world: World) -> None:
    """Its two receipts must differ, so the second sending waits for the next second."""

    def pause(seconds: float) -> None:
        world.clock.move(seconds=seconds)

    sending = replace(queue(world, Delivering(world)), pause=pause)
    for _ in range(2):
        assert sending.send([suspension(until="soon")])[0].code == "time_syntax"


def test_a_queue_that_answers_nothing_is_given_up(world: World) -> None:
    class Silent:
        def send_message(self, **request: Any) -> None:
            """Take it, and that was that."""

    with pytest.raises(OperatorError, match="is the sender registered for acme"):
        queue(world, Silent()).send([suspension()])


def test_more_messages_than_one_round_asks_for_are_all_answered(world: World) -> None:
    messages = [suspension(id=f"s-{number}") for number in range(60)]
    answers = queue(world, Delivering(world, at_once=False)).send(messages)
    assert [answer.id for answer in answers] == [message["id"] for message in messages]
    assert {answer.status for answer in answers} == {"taken"}
