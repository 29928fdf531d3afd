"""SQS as functions meet it, in memory, on moto and on the local stack."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.world import World

_numbers = count()


@pytest.fixture
def new_queue(sqs: Any) -> Callable[..., str]:
    """Make a queue; its URL."""

    def make(**attributes: str) -> str:
        made = sqs.create_queue(QueueName=f"contract-{next(_numbers)}", Attributes=attributes)
        return str(made["QueueUrl"])

    return make


@pytest.fixture
def queue(new_queue: Callable[..., str]) -> str:
    return new_queue(VisibilityTimeout="60")


def received(sqs: Any, queue: str, most: int = 10) -> list[Any]:
    """What is visible now."""
    asked = {"MaxNumberOfMessages": most, "AttributeNames": ["All"], "WaitTimeSeconds": 0}
    found = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], **asked)
    return list(found.get("Messages", []))


def show_again(sqs: Any, queue: str, message: Any) -> None:
    handle = message["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)


def everything(sqs: Any, queue: str) -> Iterator[Any]:
    while found := received(sqs, queue):
        yield from found


def test_a_message_is_hidden_while_somebody_works(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = received(sqs, queue)
    assert (message["Body"], received(sqs, queue)) == ("a", [])
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    show_again(sqs, queue, message)
    [again] = received(sqs, queue)
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again["MessageId"] == message["MessageId"]
    assert again["ReceiptHandle"] != message["ReceiptHandle"]


def test_a_deleted_message_does_not_come_again(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = received(sqs, queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    queue_attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])[
        "Attributes"
    ]
    assert queue_attributes["ApproximateNumberOfMessages"] == "0"
    assert queue_attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


@pytest.mark.gap("moto", "emulator", reason="an old handle deletes the message there")
def test_an_old_handle_deletes_nothing(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = received(sqs, queue)
    show_again(sqs, queue, message)
    [again] = received(sqs, queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    show_again(sqs, queue, again)
    assert len(received(sqs, queue)) == 1


def test_what_fails_too_often_goes_to_dead_letters(sqs: Any, new_queue: Callable[..., str]) -> None:
    dead = new_queue()
    queue_attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])[
        "Attributes"
    ]
    policy = {"deadLetterTargetArn": queue_attributes["QueueArn"], "maxReceiveCount": "2"}
    source = new_queue(VisibilityTimeout="60", RedrivePolicy=json.dumps(policy))
    named = {"provider": {"StringValue": "acme", "DataType": "String"}}
    sqs.send_message(QueueUrl=source, MessageBody="a", MessageAttributes=named)
    for _ in range(2):
        [message] = received(sqs, source)
        show_again(sqs, source, message)
    assert received(sqs, source) == []
    [letter] = received(sqs, dead)
    assert (letter["Body"], letter["MessageAttributes"]["provider"]["StringValue"]) == ("a", "acme")


def test_a_batch_has_ten_entries_with_names_of_their_own(sqs: Any, queue: str) -> None:
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(11)]
    for wrong in (entries, [entries[0], entries[0]], []):
        with pytest.raises(ClientError):
            sqs.send_message_batch(QueueUrl=queue, Entries=wrong)
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries[:10])
    assert len(answer["Successful"]) == 10
    bodies = sorted(message["Body"] for message in everything(sqs, queue))
    assert bodies == [str(number) for number in range(10)]


def test_a_body_holds_no_control_characters(sqs: Any, queue: str) -> None:
    with pytest.raises(ClientError):
        sqs.send_message(QueueUrl=queue, MessageBody="a\x00b")


def test_a_body_has_a_mebibyte(sqs: Any, queue: str) -> None:
    with pytest.raises(ClientError):
        sqs.send_message(QueueUrl=queue, MessageBody="x" * (1024 * 1024 + 1))


def test_the_units_of_a_file_are_all_sent(aws: World) -> None:
    sent = aws.take_in(b'{"id":"1"}\n' * 1_500)
    assert [unit.number for unit in sent] == list(range(17))
