"""Dead letters go back as they came, in their first sender's name, and none is lost on the way."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from simulation.answers import refusal
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from simulation.sqs import SQS
from support.doors_world import DoorsWorld
from support.sample_messages import SENT, notice

from ledger.keys import Provider
from ledger.objects import ATTRIBUTES, Delivery, TimeReserveError
from ledger.table import Table
from terang.repair import put_back
from terang.repair.dead_letters import (
    NOT_BELIEVED,
    DeadLetter,
    DeadLetterQueue,
    EventsTarget,
    FilesTarget,
    MessagesTarget,
    NamesTarget,
    RedriveResult,
    dead_letters,
)

DEAD, LIVE = "https://sqs.example/dead", "https://sqs.example/live"
ACME, OPERATOR = "AROAACME:session", "AROAOPERATOR"
BEGAN = 1_000.0


class KilledError(Exception):
    """The command is gone."""


@dataclass(slots=True)
class Killed:
    """SQS, until the call of that name has been made so many times: then it is over."""

    sqs: SQS
    call: str
    after: int

    def __getattr__(self, name: str) -> Any:
        if name == self.call:
            self.after -= 1
            if self.after < 0:
                raise KilledError
        return getattr(self.sqs, name)


@dataclass(slots=True)
class Functions:
    called: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, **call: Any) -> None:
        self.called.append(call)


@dataclass(slots=True)
class Clock:
    now: float = 10.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqs(clock: Clock) -> SQS:
    made = SQS(lambda: clock.now)
    for name in ("dead", "live"):
        made.create_queue(name)
    return made


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def die(sqs: SQS, *bodies: str, sender: str = ACME, **named: str) -> None:
    sqs.sender = sender
    attributes = {name: text(value) for name, value in named.items()}
    for body in bodies:
        sqs.send_message(DEAD, body, attributes)
    sqs.sender = f"{OPERATOR}:me"


def messages(sqs: Any, believed: bool = True) -> DeadLetterQueue:
    return DeadLetterQueue(sqs, DEAD, MessagesTarget(sqs, LIVE, lambda _, __: believed, OPERATOR))


def redrive(queue: DeadLetterQueue, limit: int | None = None) -> RedriveResult:
    return queue.redrive(BEGAN, limit, lambda _: None)


def bodies(sqs: SQS, url: str) -> list[str]:
    return sorted(one.body for one in sqs.queues[url].messages)


def test_body_and_attributes_go_back_with_the_first_sender(sqs: SQS) -> None:
    die(sqs, "a post", provider="acme", trace="kept", first_sender="AROAFORGED")
    assert redrive(messages(sqs)) == RedriveResult(1)
    [sent] = sqs.queues[LIVE].messages
    named = {name: value["StringValue"] for name, value in sent.attributes.items()}
    assert named == {
        "provider": "acme", "trace": "kept", "first_sender": ACME, "first_sent": "10000"
    }  # fmt: skip
    assert (sent.body, bodies(sqs, DEAD)) == ("a post", [])
    assert {"first_sender", "first_sent"} <= set(ATTRIBUTES)


def test_a_letter_sent_again_still_names_its_first_sender(sqs: SQS) -> None:
    die(sqs, "a post", sender=f"{OPERATOR}:me", provider="acme", first_sender=ACME, first_sent="7")
    redrive(messages(sqs))
    [sent] = sqs.queues[LIVE].messages
    assert sent.attributes["first_sender"]["StringValue"] == ACME
    assert sent.attributes["first_sent"]["StringValue"] == "7"


def test_nobody_else_says_when_a_letter_was_sent_first(sqs: SQS) -> None:
    die(sqs, "a post", provider="acme", first_sent="7")
    redrive(messages(sqs))
    [sent] = sqs.queues[LIVE].messages
    assert sent.attributes["first_sent"]["StringValue"] == "10000"


def test_a_letter_that_would_not_be_accepted_stays(sqs: SQS) -> None:
    die(sqs, "1", "2", provider="acme")
    assert redrive(messages(sqs, believed=False)).left == {NOT_BELIEVED: 2}
    assert messages(sqs).contents().sampled == 2
    assert bodies(sqs, LIVE) == []


@pytest.mark.parametrize("call", ["send_message", "delete_message", "receive_message"])
@pytest.mark.parametrize("after", [0, 1, 7, 13])
def test_nothing_is_lost_when_it_is_killed_and_begun_again(sqs: SQS, clock: Clock, call: str,
        after: int) -> None:  # fmt: skip
    """What was sent and not deleted comes twice: that is harmless, and a letter lost is not."""
    letters = [f"post {number:02}" for number in range(25)]
    die(sqs, *letters, provider="acme")
    with pytest.raises(KilledError):
        redrive(messages(Killed(sqs, call, after if call != "receive_message" else after % 3)))
    clock.now += 121
    redrive(messages(sqs))
    assert bodies(sqs, DEAD) == []
    assert sorted(set(bodies(sqs, LIVE))) == letters
    assert len(bodies(sqs, LIVE)) <= len(letters) + 1


@pytest.mark.parametrize(("role", "left"), [("AROAREDRIVE", {}), (OPERATOR, {NOT_BELIEVED: 2})])
def test_what_came_by_http_goes_back_and_is_counted_once(
        sqs: SQS, clock: Clock, monkeypatch: pytest.MonkeyPatch, role: str,
        left: dict[str, int]) -> None:  # fmt: skip
    """Only the role that may repeat letters speaks in the name of the function that sent them."""
    world = DoorsWorld()
    world.cases.store.put_provider(Provider("acme", ("AROAACME",), territory=("DE",)))
    world.call("POST /v1/cases", notice())
    [(door, provider, body)] = world.queued
    named = {"provider": provider, "door": door}
    sent = Delivery("arn:cases", body, "AROAINBOX:x", named, SENT)
    with pytest.raises(TimeReserveError):
        world.cases.case_deliveries().take(sent, lambda: 0)
    clock.now = SENT.timestamp()
    die(sqs, body, body, sender="AROAINBOX:x", **named)
    caller = {"UserId": f"{role}:me", "Account": "123456789012"}
    clients = {"sqs": sqs, "sts": SimpleNamespace(get_caller_identity=lambda: caller)}
    monkeypatch.setattr(boto3, "client", clients.get)
    urls = {"CasesUrl": LIVE, "CasesDeadUrl": DEAD, "InboxSender": "AROAINBOX"}
    remote: Any = SimpleNamespace(store=world.cases.store, outputs=defaultdict(str, urls),
                                  redrive_sender="AROAREDRIVE")  # fmt: skip
    queue = dead_letters(remote)["cases"]
    assert queue.redrive(clock.now + 1, None, lambda _: None).left == left
    statuses: list[str] = []
    for letter in sqs.queues[LIVE].messages:
        again = {name: value["StringValue"] for name, value in letter.attributes.items()}
        sent = Delivery("arn:cases", letter.body, f"{role}:me", again, SENT)
        taken = world.cases.case_deliveries().take(sent, lambda: 300) or []
        statuses += [each.status for each in taken]
    assert statuses == ([] if left else ["taken", "repeated"])
    assert world.cases.types() == ([] if left else ["notice"])


def test_a_limit_holds_for_letters_and_the_rest_stays(sqs: SQS) -> None:
    die(sqs, *map(str, range(25)), provider="acme")
    assert redrive(messages(sqs), limit=12).returned == 12
    assert len(bodies(sqs, DEAD)) == 13


def test_a_letter_that_failed_again_is_not_tried_forever(sqs: SQS, clock: Clock) -> None:
    clock.now = BEGAN + 1
    die(sqs, "poison", provider="acme")
    assert redrive(messages(sqs)).left == {"failed again just now": 1}
    assert bodies(sqs, LIVE) == []


def test_a_letter_that_sqs_does_not_take_stays(sqs: SQS) -> None:
    """With its first sender added, a body of nearly 1 MiB can be too large."""

    class Full(MessagesTarget):
        def send(self, letter: DeadLetter) -> str:
            raise refusal("InvalidParameterValue", "SendMessage")

    die(sqs, "large", provider="acme")
    queue = DeadLetterQueue(sqs, DEAD, Full(sqs, LIVE, lambda _, __: True, OPERATOR))
    assert redrive(queue).left == {"refused: InvalidParameterValue": 1}
    assert bodies(sqs, DEAD) == ["large"]


def test_a_dry_run_shows_the_letters_and_takes_none(sqs: SQS, clock: Clock) -> None:
    die(sqs, '{"provider": "acme"}')
    clock.now = 500
    die(sqs, '{"provider": "acme"}', "no json")
    seen = DeadLetterQueue(sqs, DEAD, NamesTarget(sqs, LIVE)).contents()
    assert (seen.count, seen.sampled, seen.oldest) == (3, 3, 10)
    assert seen.about == {"acme": 2, "no name": 1}
    assert len(sqs.receive_message(DEAD, MaxNumberOfMessages=10)["Messages"]) == 3


def test_a_failed_event_calls_its_function_again(sqs: SQS) -> None:
    functions = Functions()
    body = '{"requestPayload": {"Records": []}, "responsePayload": {"errorType": "OSError"}}'
    die(sqs, body, body, "{}")
    queue = DeadLetterQueue(sqs, DEAD, EventsTarget(functions, "intake"))
    assert queue.contents().about == {"OSError": 2, "no answer": 1}
    assert redrive(queue) == RedriveResult(
        2, left=queue.contents().about.__class__({"not a failed event": 1})
    )
    assert [call["Payload"] for call in functions.called] == [b'{"Records": []}'] * 2
    assert {call["InvocationType"] for call in functions.called} == {"Event"}


def test_an_event_of_a_file_goes_back_to_its_queue(sqs: SQS) -> None:
    key = "drop/acme/week+48/a%2Bb.jsonl"
    bodies_sent = [json.dumps({"Records": [{"s3": {"object": {"key": one}}}]})
                   for one in (key, "drop/Who/x", "elsewhere/x")]  # fmt: skip
    die(sqs, *bodies_sent, '{"Records": []}', "no json")
    queue = DeadLetterQueue(sqs, DEAD, FilesTarget(sqs, LIVE))
    assert queue.contents().about == {"acme": 1, "no provider": 2, "not a file": 2}
    told = redrive(queue)
    assert (told.returned, told.left) == (4, {"not an event of a file": 1})
    assert sorted(bodies(sqs, LIVE)) == sorted([*bodies_sent, '{"Records": []}'])


def test_equal_runs_of_publish_are_called_once(sqs: SQS) -> None:
    functions = Functions()
    die(sqs, '{"requestPayload": {}}', '{"requestPayload": {}}')
    assert (
        redrive(DeadLetterQueue(sqs, DEAD, EventsTarget(functions, "publish", once=True))).returned
        == 2
    )
    assert len(functions.called) == 1


def test_restore_puts_back_missing_items_but_no_excerpts() -> None:
    """What the table has since stays as it is, and an excerpt that was deleted stays away."""
    dynamodb = Client(DynamoDB(page_items=2), DirectTransport())
    for name in ("copy", "live"):
        dynamodb.create_table(TableName=name)
    here, there = Table(dynamodb, "live"), Table(dynamodb, "copy")
    for number in range(5):
        there.put("C#1", f"{number:04}", number)
    there.put("C#1", "excerpt", text="words")
    here.put("C#1", "0001", "newer")
    assert put_back(dynamodb, "copy", "live") == (4, 1)
    assert here.records("C#1", "", object) == [0, "newer", 2, 3, 4]
