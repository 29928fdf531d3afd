"""The policies for people: who operates may do what the commands do, who deploys what they make."""

import inspect
import io
import json
import re
import shutil
import webbrowser
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import boto3
import cfnlint
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from support.sample_checks import CHECKS, table
from support.sample_messages import decision, on_day
from template.calls import Calls, Need
from template.permissions import allows, matches
from template.resolved import ROOT, as_list, resolved
from template.trial import DAY, Trial, bucket, delivery, lines, make_table, post

from ledger.closing import Closing
from ledger.keys import Provider
from ledger.store import DynamoStore
from terang import case_queue
from terang.cli import COMMANDS, main
from terang.home_desk import HomeServer

STACK = resolved(Console="oidc", Announcements="on", Sentinel="on", Today=DAY)
ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
ROLE = "arn:aws:iam::123456789012:role/terang-provider-acme-Role-X"


class Policy:
    """A policy of docs/, which `allows` reads like a role's, and ARNs as AWS makes them."""

    def __init__(self, name: str) -> None:
        text = (ROOT / f"docs/{name}.policy.json").read_text()
        self.letters = len(re.sub(r"\s", "", text))
        ours = text.replace("${aws:PrincipalAccount}", "123456789012")
        self.written: list[dict[str, Any]] = json.loads(ours)["Statement"]

    def statements(self, _: str) -> list[dict[str, Any]]:
        return self.written

    def grants(self) -> Iterator[tuple[str, str]]:
        """Yield each action with each resource that the policy allows it on."""
        for one in self.written:
            if one["Effect"] == "Allow":
                yield from product(as_list(one["Action"]), as_list(one["Resource"]))

    def arn(self, name: str) -> str:
        if name.startswith("Table"):
            return ARN.format("dynamodb", f"table/terang-{name}-X")
        return ARN.format("sqs", f"terang-{name}-X")


OPERATE = Policy("operate")
COMMANDS_OF_A_STACK = """
packs publish {dir}/packs --yes
packs list
providers sentinel
packs rollback {first} --yes
packs learn --provider acme --id new-pack --category VIOLENCE --out {dir}/new --posts {dir}/posts
review --provider acme --moderator m-1 --decisions {dir}/decided.jsonl
audit --provider acme --month 2026-11 --moderator m-1 --verdicts {dir}/verdicts.jsonl
case {finding} --provider acme
cases send {dir}/cases --provider acme
factchecks import {dir}/checks.csv --stack terang
relay stdin --provider acme --stack terang
partners add desk
partners remove desk
partners list
providers list
providers pause acme lamp-oil/oil --why x
providers factchecks acme on
providers door acme console
providers secret acme
providers sign acme
providers lift acme lamp-oil/oil --moderator m-1
trial --provider acme
trial --provider acme --begin lamp-oil/oil --moderator m-1
trial --provider acme --end lamp-oil/oil
trial --provider acme --forbid lamp-oil/oil --why x
webhooks add acme https://hooks.example/x
webhooks list
webhooks test --provider acme
webhooks remove acme
prove finding {finding} --out {dir}/proof
report --provider acme --period {day}/{day} --out {dir}/report
fsck
redrive
redrive --file {file}
publish
restore Table-1ABC-restored
erase --provider acme --account a1
"""


BY_SERVICES = {"kms:Decrypt", "kms:GenerateDataKey"}
BY_HAND = {  # docs/operate.md and docs/first-day.md say when
    "cloudwatch:SetAlarmState",
    "lambda:ListEventSourceMappings",
    "lambda:UpdateEventSourceMapping",
    "logs:FilterLogEvents",
    "scheduler:GetSchedule",
}


TODAY = {"ParameterKey": "Today", "ParameterValue": DAY}
DEPLOY = Policy("deploy")
SCHEMAS = Path(cfnlint.__file__).parent / "data"
"""cfn-lint brings AWS's own list of what CloudFormation calls for each type, and of all actions."""
TYPES = sorted({one["Type"]
                for name in ("template.yaml", "provider.yaml")
                for one in resolved(name).expanded["Resources"].values()})  # fmt: skip
UNUSED = """
ec2:* elasticfilesystem:* firehose:* iam:CreateServiceLinkedRole kinesis:* s3files:* s3tables:*
apigateway:PUT cloudfront:*ConnectionGroup cloudfront:*StagingConfig cloudfront:*VpcOrigin
cloudfront:updateDistribution cognito-idp:AddCustomAttributes dynamodb:*Import* dynamodb:*Item
dynamodb:*Replica dynamodb:*ableKinesis* dynamodb:PutResourcePolicy dynamodb:DeleteResourcePolicy
dynamodb:Query dynamodb:Scan dynamodb:Update*Insights dynamodb:UpdateKinesis* events:*Permission
iam:*Boundary iam:*GroupPolicy iam:*UserPolicy iam:AttachRolePolicy iam:DetachRolePolicy
kms:*WithoutPlaintext kms:DisableKey kms:EnableKey kms:ListAliases kms:ReEncrypt* kms:RevokeGrant
lambda:*CodeSigningConfig lambda:AssociateRuntimeAlias lambda:PassCapacityProvider
lambda:PublishVersion lambda:Put*RecursionConfig lambda:Put*ScalingConfig
lambda:PutRuntimeManagementConfig
logs:*BearerToken* logs:*IndexPolicy logs:*LogEvents logs:*LogStream*
logs:DeleteDataProtectionPolicy logs:DeleteResourcePolicy logs:PutDataProtectionPolicy
logs:PutLogGroupDeletionProtection s3:*Metadata* s3:*PutObject* s3:Delete*Configuration
s3:DeleteBucketCors s3:DeleteBucketEncryption s3:DeleteBucketLifecycle
s3:DeleteBucketReplication s3:DeleteBucketWebsite s3:DeleteObject
s3:GetObjectVersion s3:Put*Abac s3:Put*Acl s3:PutAccelerate* s3:PutAnalytics* s3:PutBucketCORS
s3:PutBucketLogging s3:PutBucketObjectLock* s3:PutBucketReplication s3:PutBucketWebsite
s3:PutIntelligent* s3:PutInventory* s3:PutMetrics* s3:PutReplication* s3:REST* s3:getObject
secretsmanager:*Replicat* sns:PutDataProtectionPolicy
"""
"""What CloudFormation calls only for properties that neither template has."""
BY_SAM = {  # sam deploy, sam delete, providers add
    *("CreateChangeSet", "CreateStack", "DeleteStack", "DescribeChangeSet", "DescribeStackEvents"),
    *("DescribeStackResource", "DescribeStacks", "ExecuteChangeSet", "GetTemplate"),
    *("GetTemplateSummary", "UpdateStack"),
}
OF_CODE = {f"s3:{one}" for one in ("DeleteObject", "GetObject", "ListBucket", "PutObject")}
SAM_BUCKET = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-x"
OWN = {
    "cloudwatch": ARN.format("cloudwatch", "alarm:terang-PublishMissingAlarm-X"),
    "dynamodb": ARN.format("dynamodb", "table/terang-Table-X"),
    "events": ARN.format("events", "event-bus/terang"), "iam": ROLE,
    "lambda": ARN.format("lambda", "function:terang-Scan-X"),
    "logs": ARN.format("logs", "log-group:/terang/terang/scan"),
    "s3": "arn:aws:s3:::terang-out-123456789012-eu-west-1",
    "scheduler": ARN.format("scheduler", "schedule/default/terang-publish"),
    "secretsmanager": ARN.format("secretsmanager", "secret:PseudonymSecret-X"),
    "sns": ARN.format("sns", "terang-AlarmTopic-X"), "sqs": ARN.format("sqs", "terang-Posts-X"),
}  # fmt: skip


def handled(kind: str) -> set[str]:
    """What CloudFormation calls to make, read, change and delete resources of a type."""
    index = json.loads((SCHEMAS / "schemas/providers/us-east-1.json").read_text())
    schema = json.loads((SCHEMAS / f"schemas/resources/{index[kind]}.json").read_text())
    asked = [schema["handlers"].get(one, {}) for one in ("create", "read", "update", "delete")]
    every = {action for one in asked for action in one.get("permissions", ())}
    return {one for one in every if not any(matches(pattern, one) for pattern in UNUSED.split())}


@pytest.mark.parametrize("kind", TYPES)
def test_who_deploys_may_make_change_and_delete(kind: str) -> None:
    """Through CloudFormation alone: the same call by hand is denied."""
    for action in handled(kind):
        places = OWN.get(action.partition(":")[0], "any"), f"{SAM_BUCKET}/code", "any"
        context = {"PassedToService": "lambda.amazonaws.com"}
        by_hand = {one: allows(DEPLOY, "", action, one, **context) for one in places}
        context["CalledVia"] = "cloudformation.amazonaws.com"
        assert any(allows(DEPLOY, "", action, one, **context) for one in places), action
        assert not any(by_hand.values()) or action in {"iam:PassRole", *OF_CODE}, by_hand


def test_who_deploys_may_do_nothing_else() -> None:
    """But read settings: patterns of what reads are wider, since a policy has 6,144 letters."""
    known = json.loads((SCHEMAS / "AdditionalSpecs/Policies.json").read_text())
    needed = {action.lower() for kind in TYPES for action in handled(kind)}
    granted = {f"{service}:{name}"
               for pattern, _ in DEPLOY.grants() for service in [pattern.partition(":")[0]]
               for name in known[service]["Actions"]
               if matches(pattern.lower(), f"{service}:{name}")}  # fmt: skip
    reads = ":(getbucket|getfunction|get.*conf|desc)"
    more = {one for one in granted - needed if not re.search(reads, one)}
    of_logs = {f"logs:{verb}logdelivery" for verb in ("delete", "get", "update")}
    by_sam = {f"cloudformation:{one}".lower() for one in BY_SAM} | {one.lower() for one in OF_CODE}
    assert more - by_sam == of_logs | {"logs:listlogdeliveries"}


@pytest.mark.parametrize("policy", [OPERATE, DEPLOY], ids=["operate", "deploy"])
def test_a_policy_is_short_enough(policy: Policy) -> None:
    assert policy.letters <= 6_144


class Answers:
    """AWS where moto has no stack: the outputs of this one, its functions, a provider's role."""

    def __init__(self, trial: Trial) -> None:
        self.call = BaseClient._make_api_call
        made = {
            name: trial.sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in STACK.typed("AWS::SQS::Queue")
        }
        for name in STACK.typed("AWS::SecretsManager::Secret"):
            made[name] = boto3.client("secretsmanager").describe_secret(SecretId=name)["ARN"]
        self.outputs = {
            name: made.get(value, value)
            for name, output in STACK.written["Outputs"].items()
            if "Condition" not in output or STACK.condition(output["Condition"])
            for value in [str(STACK.value(output["Value"]))]
        }

    def __call__(self, client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        match operation:
            case "DescribeStacks":
                is_ours = params["StackName"] == "terang"
                outputs = self.outputs if is_ours else {"RoleArn": ROLE}
                rows = [{"OutputKey": key, "OutputValue": one} for key, one in outputs.items()]
                return {"Stacks": [{"Outputs": rows, "Parameters": [TODAY]}]}
            case "Invoke":
                return {"Payload": io.BytesIO(b'{"written": 0, "revised": 0, "code": 200}')}
            case "ReceiveMessage":
                params = params | {"WaitTimeSeconds": 0}
        return self.call(client, operation, params)


@pytest.fixture(scope="module")
def needs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[Need]]]:
    """What each command needs on a stack with findings, and with a dead letter of each kind."""
    made: dict[str, set[Need]] = {}
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        trial = Trial(patch, over_boto3=True)
        answers = Answers(trial)
        patch.setattr(Closing, "close", lambda closing, file: False)  # its parts stay
        trial.take_in(
            trial.drop("drop/acme/posts.json", json.dumps([*map(post, range(5))]).encode())
        )
        trial.run("Scan", *(delivery("Units", body) for body in trial.waiting_units()))
        words = live_on(trial, answers.outputs, tmp_path_factory.mktemp("typed"))
        patch.setattr(BaseClient, "_make_api_call", answers.__call__)
        patch.setattr(case_queue, "STALL_SECONDS", 0)
        patch.setattr(webbrowser, "open", lambda _: None)
        patch.setattr(HomeServer, "serve", lambda _: None)
        for line in COMMANDS_OF_A_STACK.strip().splitlines():
            calls = Calls(OPERATE)  # type: ignore[arg-type]
            with calls.recorded():
                main(line.format_map(words).split())
            made[line] = calls.needs
        yield made


def live_on(trial: Trial, outputs: dict[str, str], folder: Path) -> dict[str, str]:
    """Leave what only some commands meet; return the words that stand in braces above."""
    trial.sample("acme", DAY[:7], "p1")
    dynamodb, own = boto3.client("dynamodb"), ("AIDAIT2UOQQY3AUEKVGXU", "123456789012")
    DynamoStore.of(dynamodb, "Table").put_provider(Provider("acme", senders=own))
    items = dynamodb.scan(TableName="Table")["Items"]
    make_table("Table-1ABC-restored")
    trial.s3.put_object(Bucket=bucket("work"), Key="copies/acme.json", Body=b"{}")
    letter = json.dumps({"Records": [], "requestPayload": {}})
    named = {"provider": {"DataType": "String", "StringValue": "acme"}}
    for url in outputs.values():
        if url.startswith("http") and url.endswith(("Dead", "Failed")):
            trial.sqs.send_message(QueueUrl=url, MessageBody=letter, MessageAttributes=named)
    (folder / "packs").mkdir()
    for name in ("account-takeover", "sentinel"):
        shutil.copy(ROOT / f"packs/{name}.yaml", folder / "packs")
    (folder / "posts").write_bytes(lines(post(1)))
    (folder / "checks.csv").write_bytes(table(*CHECKS))
    [finding, file] = (
        next(one["pk"]["S"][2:] for one in items if one["sk"]["S"] == kind)
        for kind in ("finding", "manifest")
    )
    (folder / "cases").write_bytes(lines(on_day(DAY, decision(finding))))
    [first] = (key[5:-5] for key in trial.keys("public", "sets/") if key != "sets/current.json")
    words = {"dir": str(folder), "day": DAY, "first": first}
    return words | {"finding": finding, "file": file}


def test_every_command_of_a_stack_is_typed() -> None:
    """Except the one that deploys: who types it needs both policies."""
    taken = {
        one.words
        for one in COMMANDS
        for module, _, name in [one.function.partition(":")]
        if name not in {"", "app"}
        if "stack" in inspect.signature(getattr(import_module(module), name)).parameters
    }
    lines_typed = COMMANDS_OF_A_STACK.strip().splitlines()
    untyped = {words for words in taken if not any(one.startswith(words) for one in lines_typed)}
    assert untyped == {"providers add"}
    assert len(taken) > 25


def test_who_operates_may_do_what_the_commands_do(needs: dict[str, set[Need]]) -> None:
    denied = {
        (line, need.action, need.resource)
        for line, of_line in needs.items()
        for need in of_line
        if not allows(OPERATE, "", need.action, need.resource)  # type: ignore[arg-type]
    }
    assert denied == set()
    assert [line for line, of_line in needs.items() if not of_line] == []


def test_who_operates_may_do_nothing_else(needs: dict[str, set[Need]]) -> None:
    called = {need for of_line in needs.values() for need in of_line}
    uncalled = {
        (action, resource)
        for action, resource in OPERATE.grants()
        if not any(one.action == action and matches(resource, one.resource) for one in called)
    }
    assert {action for action, _ in uncalled} == BY_SERVICES | BY_HAND, uncalled
