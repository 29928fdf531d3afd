"""The calls that code makes of AWS, and the permissions that each of them needs."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from simulation.clients import DirectTransport
from template.permissions import allows, matches
from template.resolved import Resolved, as_list

NOT_THERE = {"404", "NoSuchKey", "NoSuchVersion"}
SERVICES = {"S3": "s3", "SQS": "sqs", "DynamoDB": "dynamodb"}
"""The services of the simulation, by their classes."""


@dataclass(frozen=True)
class Need:
    """One permission: an action on a resource, for the table with what of an item is touched."""

    action: str
    resource: str
    partition: str = ""
    attributes: tuple[str, ...] = ()


@dataclass
class Calls:
    """What was called of a stack's resources, as the permissions that it needs."""

    stack: Resolved
    needs: set[Need] = field(default_factory=set)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record every call of any client while it lasts."""
        call = BaseClient._make_api_call

        def record(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            return self.noted(service, operation, params, lambda: call(client, operation, params))

        carry = DirectTransport.call

        def record_simulated(transport: DirectTransport, name: str, perform: Any,
                             params: dict[str, Any]) -> Any:  # fmt: skip
            service = SERVICES[type(perform.__self__).__name__]
            return self.noted(
                service, spelt(name), params, lambda: carry(transport, name, perform, params)
            )

        with mock.patch.object(BaseClient, "_make_api_call",
                record), mock.patch.object(DirectTransport, "call", record_simulated):  # fmt: skip
            yield

    def noted(self, service: str, operation: str, params: dict[str, Any],
              call: Callable[[], Any]) -> Any:  # fmt: skip
        """Make a call, and note it. Who may not list is told 403 where something is not there."""
        self.needs.update(self._needs(service, operation, params))
        try:
            return call()
        except ClientError as error:
            if service == "s3" and error.response["Error"]["Code"] in NOT_THERE:
                self.needs.add(Need("s3:ListBucket", f"arn:aws:s3:::{params['Bucket']}"))
            raise

    def _needs(self, service: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
        match service:
            case "s3":
                yield from _s3(operation, params)
            case "dynamodb":
                yield from self._dynamodb(operation, params)
            case "sqs":
                action = operation.removesuffix("Batch")
                yield Need(f"sqs:{action}", self.stack.arn(params["QueueUrl"].rpartition("/")[2]))
            case "kms":
                yield Need(f"kms:{operation}", params["KeyId"])
            case "events":
                yield Need("events:PutEvents", self.stack.arn(params["Entries"][0]["EventBusName"]))
            case "secretsmanager":
                yield Need(f"secretsmanager:{operation}", params["SecretId"])
            case "cloudformation" | "lambda" | "sts":
                yield from _by_name(service, operation, params)
            case _:
                raise NotImplementedError(service)

    def _dynamodb(self, operation: str, params: dict[str, Any]) -> Iterator[Need]:
        match operation:
            case "Query" if "IndexName" in params:
                index = f"{self.stack.arn('Table')}/index/{params['IndexName']}"
                yield Need("dynamodb:Query", index)
                return
            case "Query":
                touched = [("Query", {"pk": params["ExpressionAttributeValues"][":pk"]})]
            case "Scan":
                yield Need("dynamodb:Scan", self.stack.arn(params["TableName"]))
                return
            case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem":
                touched = [(operation, params.get("Item", params.get("Key")))]
            case "BatchGetItem":
                [asked] = params["RequestItems"].values()
                touched = [("BatchGetItem", key) for key in asked["Keys"]]
            case "TransactWriteItems":
                touched = [_touched(action) for action in params["TransactItems"]]
            case _:
                raise NotImplementedError(operation)
        for action, item in touched:
            names = tuple(sorted(item)) if action == "PutItem" else ()
            yield Need(f"dynamodb:{action}", self.stack.arn("Table"), item["pk"]["S"], names)


def denied(stack: Resolved, role: str, needs: Iterable[Need]) -> set[Need]:
    """Return the permissions that a role lacks."""
    return {one for one in needs
            if not allows(stack, role, one.action, one.resource, LeadingKeys=one.partition,
                          Attributes=one.attributes)}  # fmt: skip


def uncalled(stack: Resolved, role: str, needs: Iterable[Need]) -> set[tuple[str, str]]:
    """Return the actions of a role on resources that nothing called."""
    return {
        (action, resource)
        for statement in stack.grants(role)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if not any(one.action == action and matches(resource, one.resource) for one in needs)
    }


def untouched(stack: Resolved, role: str, needs: Iterable[Need]) -> set[tuple[str, str]]:
    """Return the partitions of the table that a statement names and nothing touched. A statement on
    the table itself must name some."""
    found: set[tuple[str, str]] = set()
    for statement in stack.grants(role):
        actions = as_list(statement["Action"])
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
        default = [] if "/index/" in str(statement["Resource"]) else ["no partition is named"]
        if actions[0].startswith("dynamodb:"):
            found |= {
                (statement["Sid"], key)
                for key in keys.get("dynamodb:LeadingKeys", default)
                if not any(one.action in actions and matches(key, one.partition) for one in needs)
            }
    return found


def spelt(operation: str) -> str:
    """The operation as AWS spells it.

    >>> spelt("list_objects_v2")
    'ListObjectsV2'
    """
    return "".join(part.capitalize() for part in operation.split("_"))


def _touched(action: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The permission and the item of one action of a transaction."""
    [(kind, details)] = action.items()
    return f"{kind}Item", details.get("Item", details.get("Key"))


def _by_name(service: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
    """What is called by commands alone. Who calls, everybody may ask."""
    place = f"arn:aws:{service}:eu-west-1:123456789012"
    match service:
        case "cloudformation":
            yield Need(f"cloudformation:{operation}", f"{place}:stack/{params['StackName']}/id")
        case "lambda":
            name = f"{place}:function:terang-{params['FunctionName']}-X"
            yield Need("lambda:InvokeFunction", name)
        case "sts" if "RoleArn" in params:
            yield Need(f"sts:{operation}", params["RoleArn"])


def _s3(operation: str, params: dict[str, Any]) -> Iterator[Need]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if operation == "ListObjectsV2":
        yield Need("s3:ListBucket", bucket)
        return
    if operation == "ListObjectVersions":
        yield Need("s3:ListBucketVersions", bucket)
        return
    key, version = f"{bucket}/{params['Key']}", "Version" if params.get("VersionId") else ""
    match operation:
        case "GetObject" | "HeadObject":
            yield Need(f"s3:GetObject{version}", key)
        case "DeleteObject":
            yield Need(f"s3:DeleteObject{version}", key)
        case "PutObject":
            yield Need("s3:PutObject", key)
            if params.get("Tagging"):
                yield Need("s3:PutObjectTagging", key)
            if params.get("IfMatch"):
                yield Need("s3:GetObject", key)
        case _:
            raise NotImplementedError(operation)
