"""A deployed stack, on AWS or where AWS_ENDPOINT_URL points."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ledger.errors import OperatorError
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from terang.publishing import PublicBucket


@dataclass(frozen=True)
class Remote:
    """A deployed stack by its name and outputs."""

    name: str
    outputs: dict[str, str]
    notice_hours: int

    @classmethod
    def find(cls, name: str) -> "Remote":
        """The stack of that name in the caller's account and region.

        Raises OperatorError if there is none, or it cannot be asked.
        """
        try:
            found = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            raise OperatorError(f"cannot read the stack {name}: {error}") from None
        outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
        given = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())}
        return cls(name, outputs, int(given.get("NoticeHours", "24")))

    @cached_property
    def store(self) -> DynamoStore:
        """Its table."""
        return DynamoStore.of(boto3.client("dynamodb"), self.outputs["Table"])

    @cached_property
    def public(self) -> PublicBucket:
        """Its public bucket."""
        return PublicBucket(S3Objects(boto3.client("s3")), self.outputs["PublicBucket"])

    def deploy_provider(self, provider: str, template: str, principal: str) -> str:
        """Deploy the provider's own small stack, or change it; the unique id of its role."""
        cloudformation: Any = boto3.client("cloudformation")
        stack = f"{self.name}-provider-{provider}"
        parameters = {
            "ProviderId": provider,
            "TrustedPrincipal": principal,
            **{name: self.outputs[name] for name in ("DropBucket", "OutBucket", "PostsArn")},
            "CasesArn": self.outputs.get("CasesArn", ""),  # a stack that is older has no such queue
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
                raise OperatorError(f"cannot deploy the role of {provider}: {error}") from None
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return str(next(one["OutputValue"] for one in found if one["OutputKey"] == "RoleId"))
