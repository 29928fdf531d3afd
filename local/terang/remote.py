"""A deployed stack, on AWS or where AWS_ENDPOINT_URL points; and the first steps of a provider."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from cases.case_store import TrialRules
from ledger.codes import OperatorError
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import Clock, clock_from_setting
from matcher import SetError
from terang import InputError, check_known
from terang.case_queue import CaseQueue
from terang.emulator import ACCOUNT, StackError, environment_of
from terang.set_publishing import PackBucket

_TEXT = Path(__file__).with_name("first_steps.txt").read_text("utf-8")
_TAKE_ROLE = Path(__file__).with_name("take_role.txt").read_text("utf-8")


def is_loopback(endpoint: str) -> bool:
    """Return whether an address is that of this machine, where a local stack runs.

    >>> is_loopback("http://127.0.0.1:4566"), is_loopback("https://sqs.eu-west-1.amazonaws.com")
    (True, False)
    """
    return urlsplit(endpoint).hostname in {"127.0.0.1", "localhost", "::1"}


def senders_of(role_id: str, account: str, endpoint: str) -> set[str]:
    """Return what SQS names as the sender of a role's messages: the emulator names its account.

    >>> senders_of("AROA1", "123456789012", "https://sqs.eu-west-1.amazonaws.com")
    {'AROA1'}
    """
    emulated = account == ACCOUNT and is_loopback(endpoint)
    return {role_id, ACCOUNT} if emulated else {role_id}


def first_steps(
    provider: str, role: str, outputs: Mapping[str, str], region: str, endpoint: str
) -> str:
    """Return lines for a shell: where the provider sends and reads, a first file and message.

    `role` is the ARN of its role, `outputs` are those of the stack, and `endpoint` is the address
    of any of its clients.
    """
    is_local = is_loopback(endpoint)
    environment = _TAKE_ROLE.format(region=region, role=role)
    if is_local:
        given = environment_of(endpoint, region)
        environment = "".join(f"export {name}={value}\n" for name, value in given.items())
    return _TEXT.format(
        provider=provider,
        role=role or "none is needed: this local stack takes any credentials",
        drop=outputs["DropBucket"],
        out=outputs["OutBucket"],
        posts=outputs["PostsUrl"],
        cases=outputs["CasesUrl"],
        environment=environment,
        # Versions 1 of the AWS CLI do not read AWS_ENDPOINT_URL for every service.
        aws=f"aws --endpoint-url {endpoint}" if is_local else "aws",
    )


_LINES = "or type the lines that `terang run --keep` printed"
_SIGN_IN = f"sign in to AWS and export AWS_PROFILE, {_LINES}"
_TO_DO = json.loads(Path(__file__).with_name("what_to_do.json").read_text("utf-8"))
"""What to do, by parts of the code of AWS and its operation, or of the name of boto's error."""


def what_to_do(error: Exception) -> str:
    """Return what to do about an error of boto, with its code in brackets; empty for another.

    What is wrong with a set that cannot be used is its own text.
    """
    code, sentence = type(error).__name__, str(error)
    if isinstance(error, SetError):
        return sentence
    if isinstance(error, ClientError):
        code = f"{error.response['Error']['Code']}, {error.operation_name}"
        sentence = f"AWS refuses: {error.response['Error'].get('Message', '')}"
    elif not isinstance(error, BotoCoreError):
        return ""
    known = (say for say, parts in _TO_DO.items() if any(part in code for part in parts))
    if say := next(known, ""):
        sentence = say.format(lines=_LINES, sign_in=_SIGN_IN)
    return f"{sentence} ({code})"


@contextmanager
def explain_stack_errors(failed: str = "") -> Iterator[None]:
    """Turn what AWS answers, and a set that cannot be used, into an error for the operator."""
    try:
        yield
    except (BotoCoreError, ClientError, SetError) as error:
        raise OperatorError(f"{failed}{what_to_do(error)}") from error


def outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs of a stack, as CloudFormation describes it, by name."""
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", ())}


@dataclass(frozen=True)
class Remote:
    """A deployed stack by its name and outputs."""

    name: str
    outputs: dict[str, str]
    notice_hours: int
    today: str = ""
    excerpt_days: int = 30
    trial_rules: TrialRules = TrialRules()  # noqa: RUF009 - frozen
    redrive_sender: str = ""

    @classmethod
    def find(cls, name: str) -> "Remote":
        """Return the stack of that name in the caller's account and region.

        Raises InputError if it is missing or cannot be read.
        """
        try:
            stack = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            raise InputError(f"cannot read the stack {name}: {what_to_do(error)}") from None
        parameters = {
            entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", ())
        }
        return cls(
            name,
            outputs_of(stack),
            int(parameters.get("NoticeHours", "24")),
            parameters.get("Today", ""),
            int(parameters.get("ExcerptDays", "30")),
            TrialRules(
                float(parameters.get("TrialLeast", TrialRules().least)),
                int(parameters.get("TrialPeople", TrialRules().people)),
            ),
            parameters.get("RedriveSender", ""),
        )

    def known(self, *providers: str) -> "Remote":
        """Return the stack. Raises UnknownNameError if a provider is not registered there."""
        for name in providers:
            check_known("provider", name, (each.provider for each in self.store.providers()))
        return self

    @cached_property
    def store(self) -> DynamoStore:
        """The stack's table."""
        return DynamoStore.of(boto3.client("dynamodb"), self.outputs["Table"], self.clock)

    @cached_property
    def objects(self) -> S3Objects:
        """The stack's buckets."""
        return S3Objects(boto3.client("s3"))

    @cached_property
    def public(self) -> PackBucket:
        """The stack's public bucket."""
        return PackBucket(self.objects, self.outputs["PublicBucket"], self.clock)

    @cached_property
    def clock(self) -> Clock:
        """The clock that the stack's functions read."""
        return clock_from_setting(self.today)

    @cached_property
    def secret(self) -> bytes:
        """The root key of the pseudonyms. Raises OperatorError if the caller may not read it."""
        with explain_stack_errors("cannot read the secret of the pseudonyms: "):
            secret = boto3.client("secretsmanager").get_secret_value(
                SecretId=self.outputs["PseudonymSecretArn"]
            )
        return str(secret["SecretString"]).encode()

    def leads(self, provider: str) -> set[str] | None:
        """Return who leads there by the stack's own pool; None where another issuer signs in."""
        if "ConsolePoolId" not in self.outputs:
            return None
        group = {"UserPoolId": self.outputs["ConsolePoolId"], "GroupName": f"{provider}/lead"}
        with explain_stack_errors(f"cannot read who is in the group {provider}/lead: "):
            listed = boto3.client("cognito-idp").get_paginator("list_users_in_group")
            return {user["Username"] for page in listed.paginate(**group) for user in page["Users"]}

    def cases(self, provider: str) -> CaseQueue:
        """Return the queue of cases in a provider's name."""
        return CaseQueue(
            sqs=boto3.client("sqs", **self._credentials(provider)),
            url=self.outputs["CasesUrl"],
            store=self.store,
            objects=self.objects,
            out_bucket=self.outputs["OutBucket"],
            provider=provider,
        )

    def _credentials(self, provider: str) -> dict[str, str]:
        """Return the credentials of the provider's role; none if it has no role of its own.

        The stack accepts messages of a provider only from its role.

        Raises OperatorError if the caller may not take the role.
        """
        cloudformation, stack = boto3.client("cloudformation"), f"{self.name}-provider-{provider}"
        try:
            [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except (BotoCoreError, ClientError):
            return {}
        role = outputs_of(described)["RoleArn"]
        with explain_stack_errors(f"cannot send as {provider}: "):
            session = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="terang-cases")
        credentials = session["Credentials"]
        return {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }

    def first_steps(self, provider: str, role: str) -> str:
        """Return the first steps of a provider; `role` is the ARN of its role."""
        meta = boto3.client("cloudformation").meta
        return first_steps(provider, role, self.outputs, meta.region_name, meta.endpoint_url)

    def senders(self, role_id: str) -> set[str]:
        """Return the senders that SQS names for messages of a role."""
        account = boto3.client("sts").get_caller_identity()["Account"]
        return senders_of(role_id, account, boto3.client("sqs").meta.endpoint_url)

    def deploy_provider(self, provider: str, template: str, principal: str) -> dict[str, str]:
        """Deploy the provider's own small stack, or change it. Return its outputs.

        Raises OperatorError if it cannot be deployed.
        """
        cloudformation: Any = boto3.client("cloudformation")
        stack = f"{self.name}-provider-{provider}"
        given = ("DropBucket", "OutBucket", "PostsArn", "CasesArn", "KeyArn")
        parameters = {"ProviderId": provider, "TrustedPrincipal": principal}
        parameters |= {name: self.outputs[name] for name in given}
        request = {
            "StackName": stack,
            "TemplateBody": template,
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        }
        try:
            try:
                cloudformation.create_stack(**request)
                waiter = cloudformation.get_waiter("stack_create_complete")
            except cloudformation.exceptions.AlreadyExistsException:
                cloudformation.update_stack(**request)
                waiter = cloudformation.get_waiter("stack_update_complete")
            waiter.wait(StackName=stack, WaiterConfig={"Delay": 2, "MaxAttempts": 150})
        except (BotoCoreError, ClientError) as error:
            if "No updates are to be performed" not in str(error):
                raise OperatorError(
                    f"cannot deploy the role of {provider}: {what_to_do(error)}"
                ) from None
        return outputs_of(cloudformation.describe_stacks(StackName=stack)["Stacks"][0])


def change_secret[T](stack: str, output: str, kind: Any, change: Callable[[T], T]) -> T:
    """Read the JSON of a stack's secret, write it if `change` changed it, and return it.

    Raises OperatorError if the stack has no such output, or the secret is not of that kind.
    """
    outputs = Remote.find(stack).outputs
    if output not in outputs:
        raise OperatorError(f"the stack {stack} has no {output}: deploy it with what needs it")
    client, name = boto3.client("secretsmanager"), outputs[output]
    text = client.get_secret_value(SecretId=name)["SecretString"]
    try:
        before: T = msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise OperatorError(f"the secret {output} cannot be read: {error}") from None
    after = change(before)
    if after != before:
        client.put_secret_value(SecretId=name, SecretString=msgspec.json.encode(after).decode())
    return after


def call_function(functions: Any, name: str, event: dict[str, Any]) -> Any:
    """Call a function and return its answer. Raises OperatorError if it fails."""
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    body = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise OperatorError(f"{name} failed: {body.decode(errors='replace')[:2000]}")
    return json.loads(body)


STALL_SECONDS = 180
"""How long a run waits without any progress before it gives up."""

POLL_SECONDS = 0.25
"""The shortest pause between two looks at a queue or a run."""

QUEUE_LENGTH = 1_000
"""Messages that wait at once: for each delivery, the emulator looks at all that wait."""

BATCH = 10
"""The messages that SQS takes at once."""

MESSAGE_BYTES = 1024 * 1024
"""The largest message that SQS accepts, and the most bytes that it takes at once."""


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """A queue, by its address."""

    sqs: Any
    url: str

    def send(self, provider: str, bodies: Iterable[str]) -> None:
        """Send messages in a provider's name. Raises StackError if SQS would not accept one."""
        attributes = {"provider": {"DataType": "String", "StringValue": provider}}
        for batch in _batches(bodies):
            answer = self.sqs.send_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(at), "MessageBody": body, "MessageAttributes": attributes}
                    for at, body in enumerate(batch)
                ],
            )
            if failed := answer.get("Failed"):
                raise StackError(f"SQS refused {len(failed)} messages: {failed[0]['Code']}")

    def wait_for_space(self, check: Callable[[], None]) -> None:
        """Wait until the queue is half empty, and call `check` meanwhile.

        Raises StackError if nothing is taken for STALL_SECONDS.
        """
        last, moved = None, time.monotonic()
        while (waiting := self.waiting()) > QUEUE_LENGTH // 2:
            if waiting != last:
                last, moved = waiting, time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise StackError(f"there was no progress for {STALL_SECONDS} s")
            check()
            time.sleep(POLL_SECONDS)

    def waiting(self) -> int:
        """Return how many messages wait."""
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """Yield bodies in batches that SQS accepts. Raises StackError for one that it would not."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if length > MESSAGE_BYTES:
            raise StackError(f"a message is larger than {MESSAGE_BYTES} bytes: drop a file")
        if len(batch) == BATCH or size + length > MESSAGE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
