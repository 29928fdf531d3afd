"""The console lives on what the template gives it, from the sign-in to a sent decision."""

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from moto import mock_aws
from support.case_world import SET, finding
from support.sign_in_world import CLIENT, ISSUER, ORIGIN, Browser, MemoryIssuer
from template.calls import Calls, denied, uncalled, untouched
from template.resolved import resolved
from template.trial import Environment, bucket, make_buckets, make_table

from console.application import console_of
from ledger.closing import put_in_force
from ledger.desk_store import DynamoDesk
from ledger.keys import Provider
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.table import Table
from ledger.texts import SystemClock

SECRET = "ClientSecret"  # the name: moto gives it an ARN of its own
STACK = resolved(
    Console="oidc", ConsoleUrl=ORIGIN, ConsoleIssuer=ISSUER, ConsoleClientId=CLIENT,
    ConsoleClientSecretArn=SECRET, PublicUrl="https://terang.example", Today="2026-11-25",
)  # fmt: skip
ROLE = "ConsoleRole"
BY_LAMBDA = {("logs:CreateLogStream", STACK.arn("ConsoleLogs")),
             ("logs:PutLogEvents", STACK.arn("ConsoleLogs")), ("kms:Decrypt", STACK.arn("Key")),
             ("kms:GenerateDataKey", STACK.arn("Key"))}  # fmt: skip


@pytest.fixture(scope="module")
def settings() -> Environment:
    function = STACK.typed("AWS::Lambda::Function")["ConsoleFunction"]
    given = function["Environment"]["Variables"]
    return Environment({name: str(value) for name, value in given.items()})


@pytest.fixture(scope="module")
def calls(settings: Environment) -> Iterator[Calls]:
    """A lead signs in, tries a rule, reads, claims, decides, takes back and signs out."""
    made = Calls(STACK)
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        dynamodb, s3, sqs = (boto3.client(name) for name in ("dynamodb", "s3", "sqs"))
        make_buckets(s3)
        make_table()
        store, held = DynamoStore.of(dynamodb, "Table"), DynamoDesk(Table(dynamodb, "Table"))
        store.put_provider(Provider("acme", ("AROAACME",), door="console"))
        store.put_findings([(finding(1), "Send me the code")], 2**31)
        put_in_force(S3Objects(s3), bucket("public"), lambda _: SET, datetime.now(UTC))
        boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="words")
        url = sqs.create_queue(QueueName="ConsoleCases")["QueueUrl"]
        parameters.clear_caches()
        settings["CONSOLE_QUEUE_URL"] = url
        console = console_of(settings, dynamodb, s3, sqs, lambda *_: None)
        issuer = MemoryIssuer(SystemClock().now(), {"cognito:groups": ["acme/lead"]})
        console.sign_in.issuer.fetch = issuer.fetch
        browser = Browser(console.respond)
        with made.recorded():
            away = browser.get("/sign-in")["headers"]["Location"]
            assert browser.get("/callback", issuer.authorize(away))["statusCode"] == 303
            browse(browser)
        [pending] = held.pending_since("acme", datetime(2026, 1, 1, tzinfo=UTC))
        assert pending.state == "undone"
        yield made


def browse(browser: Browser) -> None:
    """Use every page that reads or writes something of its own."""

    def of(page: str, name: str) -> str:
        return page.partition(f'name="{name}" value="')[2].partition('"')[0]

    key = finding(1).finding
    token = {"token": of(browser.get("/")["body"], "token")}
    assert browser.post("/", token | {"text": "code"})["statusCode"] == 200
    assert browser.post("/next", token)["headers"]["Location"] == f"/card/{key}"
    form = {"id": of(browser.get(f"/card/{key}")["body"], "id"), "verdict": "dismissed"}
    form |= token | {"reason": "It is a joke."}
    assert browser.post(f"/card/{key}/decide", form)["statusCode"] == 303
    assert browser.post(f"/undo/{form['id']}", token)["headers"]["Location"] == f"/card/{key}"
    assert browser.get("/history")["statusCode"] == 200
    assert browser.get("/training")["statusCode"] == 200
    assert browser.get("/lead")["statusCode"] == 200
    assert browser.get("/rules")["statusCode"] == 200
    assert browser.post("/rules/prizes/names-prize/begin", token)["statusCode"] == 303
    assert browser.post("/sign-out", token)["statusCode"] == 200


def test_the_console_is_given_the_settings_it_reads(calls: Calls, settings: Environment) -> None:
    given = {name for name in settings if not name.startswith("POWERTOOLS_")}
    assert given == settings.asked


def test_the_console_may_do_what_it_does_and_nothing_else(calls: Calls) -> None:
    assert len(calls.needs) > 10
    assert denied(STACK, ROLE, calls.needs) == set()
    assert uncalled(STACK, ROLE, calls.needs) == BY_LAMBDA
    assert untouched(STACK, ROLE, calls.needs) == set()
