"""Events as AWS hands them to functions."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """A call of a function at a moment, and how often it failed before."""

    at: float
    function: str
    payload: dict[str, Any]
    tries: int = 0

    def again(self, at: float) -> "Event":
        """The same, once more."""
        return replace(self, at=at, tries=self.tries + 1)


def created(bucket: str, key: str, version: str) -> dict[str, Any]:
    """S3's event of a created object; the key is written as S3 writes it in events."""
    place = {"bucket": {"name": bucket}, "object": {"key": quote(key, safe="/").replace("%20", "+"),
                                                    "versionId": version}}  # fmt: skip
    return {"Records": [{"eventName": "ObjectCreated:Put", "eventSource": "aws:s3", "s3": place}]}


def records_of(messages: list[dict[str, Any]], queue_arn: str) -> list[dict[str, Any]]:
    """SQS's records of received messages."""
    return [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
                for name, value in message["MessageAttributes"].items()
            },
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": "us-east-1",
        }
        for message in messages
    ]
