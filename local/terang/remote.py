"""A deployed stack, on AWS or where AWS_ENDPOINT_URL points."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.clock import Clock, clock_from_setting
from ledger.errors import OperatorError
from matcher import SetError
from terang import InputError, check_known
from terang.case_queue import CaseQueue
from terang.first_steps import Access, senders_of
from terang.packs.publishing import PackBucket

_LINES = "or type the lines that `terang run --keep` printed"
_SIGN_IN = f"sign in to AWS and export AWS_PROFILE, {_LINES}"

_TO_DO = {
    "NoRegion": f"no region is set: export AWS_DEFAULT_REGION, {_LINES}",
    "NoCredentials|PartialCredentials|CredentialRetrieval|ProfileNotFound": "no credentials:"
    f" {_SIGN_IN}",
    "Expired|SSO|TokenRetrieval": f"the credentials have expired: {_SIGN_IN}",
    "InvalidClientToken|UnrecognizedClient|InvalidAccessKey|SignatureDoesNotMatch": "AWS does not"
    f" know these credentials: {_SIGN_IN}",
    "AccessDenied|Unauthorized": "these credentials may not do that: ask who runs the stack for the"
    " right that the brackets name",
    "ValidationError, DescribeStacks": "there is no such stack in this account and region: check"
    " --stack and AWS_DEFAULT_REGION",
    "ResourceNotFound|NoSuch|QueueDoesNotExist|NonExistentQueue": "a part of the stack is not"
    " there: check AWS_DEFAULT_REGION, or deploy the stack again",
    "Connect|Timeout|SSLError|HTTPClient": "AWS does not answer: check the network,"
    " AWS_DEFAULT_REGION and AWS_ENDPOINT_URL",
    "Throttl|TooMany|ThroughputExceeded|RequestLimit|SlowDown|Unavailable|Internal": "AWS is busy:"
    " repeat the command in a minute",
    "WaiterError": "CloudFormation could not finish: its page of events says why",
    "ParamValidation": "the command asked for what AWS cannot take: please report it",
}
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
    known = (say for parts, say in _TO_DO.items() if any(part in code for part in parts.split("|")))
    return f"{next(known, sentence)} ({code})"


@contextmanager
def explain_stack_errors() -> Iterator[None]:
    """Turn what AWS answers, and a set that cannot be used, into an error for the operator."""
    try:
        yield
    except (BotoCoreError, ClientError, SetError) as error:
        raise OperatorError(what_to_do(error)) from error


@dataclass(frozen=True)
class Remote:
    """A deployed stack by its name and outputs."""

    name: str
    outputs: dict[str, str]
    notice_hours: int
    today: str = ""
    excerpt_days: int = 30
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
        outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", ())}
        parameters = {
            entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", ())
        }
        return cls(
            name,
            outputs,
            int(parameters.get("NoticeHours", "24")),
            parameters.get("Today", ""),
            int(parameters.get("ExcerptDays", "30")),
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
        try:
            secret = boto3.client("secretsmanager").get_secret_value(
                SecretId=self.outputs["PseudonymSecretArn"]
            )
        except (BotoCoreError, ClientError) as error:
            raise OperatorError(
                f"cannot read the secret of the pseudonyms: {what_to_do(error)}"
            ) from None
        return str(secret["SecretString"]).encode()

    def cases(self, provider: str) -> CaseQueue:
        """Return the queue of cases in a provider's name. Raises OperatorError if it is missing."""
        if "CasesUrl" not in self.outputs:
            raise OperatorError(f"the stack {self.name} has no queue of cases yet: deploy it again")
        return CaseQueue(
            sqs=boto3.client("sqs", **self._credentials(provider)),
            url=self.outputs["CasesUrl"],
            store=self.store,
            objects=self.objects,
            out_bucket=self.outputs["OutBucket"],
            provider=provider,
            clock=self.clock,
        )

    def _credentials(self, provider: str) -> dict[str, str]:
        """Return the credentials of the provider's role; none if it has no role of its own.

        The stack accepts messages of a provider only from its role.

        Raises OperatorError if the caller may not take the role.
        """
        try:
            stacks = boto3.client("cloudformation").describe_stacks(
                StackName=_provider_stack(self.name, provider)
            )["Stacks"]
        except (BotoCoreError, ClientError):
            return {}
        role = next(
            output["OutputValue"]
            for output in stacks[0]["Outputs"]
            if output["OutputKey"] == "RoleArn"
        )
        try:
            session = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="terang-cases")
        except (BotoCoreError, ClientError) as error:
            raise OperatorError(f"cannot send as {provider}: {what_to_do(error)}") from None
        credentials = session["Credentials"]
        return {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }

    def upload(self, stream: BinaryIO, bucket: str, key: str) -> None:
        """Upload a stream of any length."""
        boto3.client("s3").upload_fileobj(stream, bucket, key)

    def access(self, provider: str, role: str) -> Access:
        """Return where a provider sends and reads; `role` is the ARN of its role."""
        meta = boto3.client("cloudformation").meta
        return Access.of(provider, role, self.outputs, meta.region_name, meta.endpoint_url)

    def senders(self, role_id: str) -> set[str]:
        """Return the senders that SQS names for messages of a role."""
        account = boto3.client("sts").get_caller_identity()["Account"]
        return senders_of(role_id, account, boto3.client("sqs").meta.endpoint_url)

    def deploy_provider(self, provider: str, template: str, principal: str) -> dict[str, str]:
        """Deploy the provider's own small stack, or change it. Return its outputs.

        Raises OperatorError if it cannot be deployed.
        """
        cloudformation: Any = boto3.client("cloudformation")
        stack = _provider_stack(self.name, provider)
        parameters = {
            "ProviderId": provider,
            "TrustedPrincipal": principal,
            **{name: self.outputs[name] for name in ("DropBucket", "OutBucket", "PostsArn")},
            "CasesArn": self.outputs.get("CasesArn", ""),  # an older stack has no such queue
            "KeyArn": self.outputs["KeyArn"],
        }
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
        outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _provider_stack(stack: str, provider: str) -> str:
    return f"{stack}-provider-{provider}"


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
