"""What each role may not do, asked as IAM would be asked; test_calls.py shows what it may."""

import re
from itertools import product
from typing import Any

import pytest
from template.flow_rules import rings, watched
from template.permissions import allows
from template.resolved import resolved, source

from console.application import CALLBACK
from console.browser_session import ConsoleDoor

STACK, BY_HTTP = resolved(Forms="on"), resolved(Http="on")
PLACE = "123456789012-eu-west-1"
BUCKETS = {
    name: f"arn:aws:s3:::terang-{name}-{PLACE}" for name in ("drop", "work", "out", "public")
}
TABLE = STACK.arn("Table")


def s3(bucket: str, key: str) -> str:
    return f"{BUCKETS[bucket]}/{key}"


FINDINGS, PART = (s3("out", "out/acme/findings/2026-11-25/u.jsonl"),
                  s3("work", "parts/f/telegram-1/000000.jsonl"))  # fmt: skip
DROPPED, POINTER = s3("drop", "drop/acme/x"), s3("public", "sets/current.json")
INDEX = s3("public", "factchecks/ab.claims")
MESSAGE_RECEIPT = s3("out", "out/acme/receipts/messages/2026-11-25/m.json")

MAY_NOT = {
    "intake reads findings in the out bucket": ("s3:GetObject", FINDINGS),
    "intake writes findings": ("s3:PutObject", FINDINGS),
    "intake writes into the drop bucket": ("s3:PutObject", DROPPED),
    "intake takes posts": ("sqs:ReceiveMessage", STACK.arn("Posts")),
    "intake scans the table": ("dynamodb:Scan", TABLE),
    "scan reads back what it handed out": ("s3:GetObject", FINDINGS),
    "scan writes a part": ("s3:PutObject", PART),
    "scan changes a set": ("s3:PutObject", POINTER),
    "scan sends units": ("sqs:SendMessage", STACK.arn("Units")),
    "scan changes what was written": ("dynamodb:UpdateItem", TABLE),
    "scan lists open findings": ("dynamodb:Query", f"{TABLE}/index/open"),
    "decide takes posts": ("sqs:ReceiveMessage", STACK.arn("Posts")),
    "decide writes a file's receipt": ("s3:PutObject", s3("out", "out/acme/receipts/f.json")),
    "decide reads back a notice": ("s3:GetObject", s3("out", "out/acme/notices/d.en.txt")),
    "decide makes pseudonyms": ("secretsmanager:GetSecretValue", "PseudonymSecret"),
    "decide reads dropped files": ("s3:GetObjectVersion", DROPPED),
    "feeds reads posts": ("s3:GetObject", PART),
    "feeds writes a feed": ("s3:PutObject", s3("work", "factchecks/checks.csv")),
    "feeds hands out findings": ("s3:PutObject", FINDINGS),
    "feeds changes a pack of words": ("s3:PutObject", s3("public", "packs/codes/3.yaml")),
    "feeds writes a page": ("s3:PutObject", s3("public", "index.html")),
    "feeds makes pseudonyms": ("secretsmanager:GetSecretValue", "PseudonymSecret"),
    "scan writes an index": ("s3:PutObject", INDEX),
    "scan reads feeds": ("s3:GetObject", s3("work", "factchecks/checks.csv")),
    "answer writes anything": ("s3:PutObject", INDEX),
    "answer reads findings": ("s3:GetObject", FINDINGS),
    "answer reads the ledger": ("dynamodb:GetItem", TABLE),
    "answer writes the ledger": ("dynamodb:PutItem", TABLE),
    "answer makes pseudonyms": ("secretsmanager:GetSecretValue", "PseudonymSecret"),
    "answer sends messages": ("sqs:SendMessage", STACK.arn("Cases")),
    "inbox reads findings": ("s3:GetObject", FINDINGS),
    "inbox sends posts": ("sqs:SendMessage", STACK.arn("Posts")),
    "inbox reads receipts": ("s3:GetObject", MESSAGE_RECEIPT),
    "inbox makes pseudonyms": ("secretsmanager:GetSecretValue", "PseudonymSecret"),
    "scan reads a provider's kept feed": ("s3:GetObject", s3("out", "factchecks/catalogue.json")),
    "publish changes a pack": ("s3:PutObject", s3("public", "packs/codes/3.yaml")),
    "publish reads dropped files": ("s3:GetObjectVersion", DROPPED),
    "publish reads parts": ("s3:GetObject", PART),
    "publish makes pseudonyms": ("secretsmanager:GetSecretValue", "PseudonymSecret"),
    "publish reads findings in the out bucket": ("s3:GetObject", FINDINGS),
}


@pytest.mark.parametrize("row", MAY_NOT)
def test_a_function_may_not(row: str) -> None:
    function = row.partition(" ")[0].capitalize()
    assert not allows(STACK, STACK.role_of(function), *MAY_NOT[row])


@pytest.mark.parametrize(("action", "resource", "key", "may"), [
    ("sqs:SendMessage", STACK.arn("Posts"), "", True),
    ("sqs:SendMessage", STACK.arn("Cases"), "", True),
    ("sqs:SendMessage", STACK.arn("Units"), "", False),
    ("sqs:ReceiveMessage", STACK.arn("Posts"), "", False),
    ("s3:GetObject", MESSAGE_RECEIPT, "", True), ("s3:GetObject", FINDINGS, "", False),
    ("s3:PutObject", MESSAGE_RECEIPT, "", False), ("s3:GetObject", DROPPED, "", False),
    ("dynamodb:GetItem", TABLE, "U#ab", True), ("dynamodb:GetItem", TABLE, "M#ab", True),
    ("dynamodb:Query", TABLE, "U#ab", False), ("dynamodb:PutItem", TABLE, "U#ab", False),
    ("dynamodb:PutItem", TABLE, "M#ab", False), ("dynamodb:GetItem", TABLE, "J#acme#d#0", False),
    ("dynamodb:GetItem", TABLE, "C#ab", False),
    ("secretsmanager:GetSecretValue", "PseudonymSecret", "", False),
])  # fmt: skip
def test_with_http_inbox_sends_posts_and_reads_receipts(action: str, resource: str, key: str,
                                                        may: bool) -> None:  # fmt: skip
    context = {"LeadingKeys": key} if key else {}
    assert allows(BY_HTTP, BY_HTTP.role_of("Inbox"), action, resource, **context) is may


QUERY, WRITE = ("dynamodb:Query",), ("dynamodb:PutItem",)
READ = ("dynamodb:GetItem", *QUERY)
UPDATE, MESSAGE, USES = ("dynamodb:UpdateItem",), "M#ab", "K#ab"
LOG, AUDIT_KEYS, PLAIN = "L#log", "L#audit", ("pk", "sk", "record", "schema")
MANIFEST, PROVIDERS, WORK, FINDING, RECEIPT, MARKER = (
    "F#ab", "P#acme", "W#acme", "C#ab", "J#acme#2026-11-25#a", "U#ab",
)  # fmt: skip


@pytest.mark.parametrize(("function", "actions", "key"), [
    pytest.param("Intake", WRITE, PROVIDERS, id="intake registers nobody"),
    pytest.param("Scan", WRITE + UPDATE, PROVIDERS, id="scan registers nobody"),
    pytest.param("Scan", WRITE, "P#", id="scan lists no provider"),
    pytest.param("Scan", WRITE, "E#acme#ab", id="scan erases nobody"),
    pytest.param("Scan", READ + WRITE, MESSAGE, id="scan takes no message of cases"),
    pytest.param("Scan", WRITE, "anything", id="scan puts no other key"),
    pytest.param("Intake", READ + WRITE, FINDING, id="intake knows no finding"),
    pytest.param("Intake", READ, RECEIPT, id="intake reads no receipt"),
    pytest.param("Intake", READ, MARKER, id="intake reads no marker"),
    pytest.param("Decide", WRITE + UPDATE, WORK, id="decide holds no rule"),
    pytest.param("Decide", WRITE + UPDATE, MARKER, id="decide marks no unit"),
    pytest.param("Decide", QUERY + UPDATE, RECEIPT, id="decide folds no journal"),
    pytest.param("Decide", WRITE, PROVIDERS, id="decide registers nobody"),
    pytest.param("Feeds", WRITE + UPDATE, USES, id="feeds notes no use"),
    pytest.param("Feeds", READ, RECEIPT, id="feeds folds no journal"),
    pytest.param("Feeds", READ + WRITE, PROVIDERS, id="feeds knows no provider"),
    pytest.param("Feeds", READ + WRITE, MARKER, id="feeds marks no unit"),
    pytest.param("Publish", WRITE, RECEIPT, id="publish writes no receipt"),
    pytest.param("Publish", READ + WRITE, FINDING, id="publish knows no finding"),
    pytest.param("Publish", WRITE, PROVIDERS, id="publish registers nobody"),
    pytest.param("Publish", WRITE, AUDIT_KEYS, id="publish makes no audit key"),
    pytest.param("Scan", READ, AUDIT_KEYS, id="scan reads no audit key"),
    pytest.param("Inbox", READ + WRITE, FINDING, id="inbox knows no finding and no case"),
    pytest.param("Inbox", WRITE, PROVIDERS, id="inbox registers nobody"),
    pytest.param("Decide", READ, "R#acme", id="decide reads no reporter's words"),
    *(pytest.param(who, READ + WRITE + UPDATE, LOG, id=f"{who.lower()} knows no log")
      for who in ("Intake", "Scan", "Decide", "Feeds", "Answer")),
    *(pytest.param(who, READ + WRITE, AUDIT_KEYS, id=f"{who.lower()} knows no sample")
      for who in ("Intake", "Decide", "Feeds", "Answer")),
])  # fmt: skip
def test_not_in_the_table(function: str, actions: tuple[str, ...], key: str) -> None:
    role = STACK.role_of(function)
    assert not [one for one in actions if allows(STACK, role, one, TABLE, LeadingKeys=key)]


@pytest.mark.parametrize(("key", "attribute", "may"), [
    (RECEIPT, (), True), (RECEIPT, ("units",), False), (RECEIPT, ("ids",), False),
    (RECEIPT, ("expires",), False), (MARKER, ("begun",), False), (WORK, ("day", "expires"), True),
    (WORK, ("lifted",), False), ("S#", ("salt", "expires"), True),
])  # fmt: skip
def test_intake_puts_only_what_it_writes(key: str, attribute: tuple[str, ...], may: bool) -> None:
    role, attributes = STACK.role_of("Intake"), PLAIN + attribute
    given = allows(STACK, role, *WRITE, TABLE, LeadingKeys=key, Attributes=attributes)
    assert given is may


DOMAIN = {"PublicDomain": "t.example", "PublicCertificateArn": "arn"}


@pytest.mark.parametrize(("parameters", "url"), [
    pytest.param({"PublicDoor": "own"}, "", id="no address: every rule in shadow"),
    pytest.param({"PublicUrl": "https://t.example"}, "https://t.example", id="the operator's"),
    pytest.param({}, "https://Door.DomainName", id="the door's"),
    pytest.param(DOMAIN, "https://t.example", id="the door's domain"),
    pytest.param({"PublicDoor": "cloudfront", "PublicUrl": "https://t.example"},
                 "https://t.example", id="the operator's before the door's"),
])  # fmt: skip
def test_rules_are_readable_under(parameters: dict[str, str], url: str) -> None:
    functions = resolved(**parameters).typed("AWS::Lambda::Function")
    assert functions["Scan"]["Environment"]["Variables"]["PUBLIC_URL"] == url


def test_the_door_serves_a_domain_under_its_certificate() -> None:
    [door] = resolved(**DOMAIN).typed("AWS::CloudFront::Distribution").values()
    config = door["DistributionConfig"]
    assert config["Aliases"] == ["t.example"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == "arn"
    [bare] = STACK.typed("AWS::CloudFront::Distribution").values()
    assert "Aliases" not in bare["DistributionConfig"]


@pytest.mark.parametrize(("asks", "auth", "everybody"),
    [("iam", "AWS_IAM", False), ("secret", "NONE", True), ("off", None, False)])  # fmt: skip
def test_the_tip_line_is_open_only_by_secret(asks: str, auth: str | None, everybody: bool) -> None:
    stack = resolved(TipLine=asks)
    urls = list(stack.typed("AWS::Lambda::Url").values())
    assert [url["AuthType"] for url in urls] == ([auth] if auth else [])
    answer = stack.typed("AWS::Lambda::Function")["Answer"]
    assert answer["Environment"]["Variables"]["TIP_LINE"] == asks
    assert ("ReservedConcurrentExecutions" in answer) is everybody
    granted = stack.typed("AWS::Lambda::Permission").values()
    to_all = [one for one in granted if one["Principal"] == "*"]
    assert bool(to_all) is everybody
    for one in to_all:
        assert one["FunctionName"] == "Answer"
        via_url = one.get("FunctionUrlAuthType") == "NONE" or one.get("InvokedViaFunctionUrl")
        assert via_url


def test_the_forms_take_no_more_workers_than_are_reserved() -> None:
    for reserved, room in product(("0", "3"), ("Forms", "Http")):
        functions = resolved(InboxConcurrency=reserved, **{room: "on"}).typed(
            "AWS::Lambda::Function"
        )
        assert str(functions["Inbox"].get("ReservedConcurrentExecutions", "0")) == reserved
    assert "Inbox" not in resolved().typed("AWS::Lambda::Function")


def refused(**parameters: str) -> list[str]:
    """The rules of the template that refuse these parameters."""
    stack = resolved(**parameters)
    return [
        name
        for name, rule in stack.written["Rules"].items()
        if stack.value(rule["RuleCondition"])
        and not all(stack.value(one["Assert"]) for one in rule["Assertions"])
    ]


@pytest.mark.parametrize(("parameters", "rules"), [
    ({}, []), ({"TipLine": "secret"}, []),
    ({"TipLine": "secret", "AnswerConcurrency": "0"}, ["TheSecretTipLineIsBounded"]),
    ({"AnswerConcurrency": "0"}, []), (DOMAIN, []),
    ({"PublicDomain": "t.example"}, ["ADomainHasItsCertificateAndDoor"]),
    ({"PublicCertificateArn": "arn"}, ["ADomainHasItsCertificateAndDoor"]),
    (DOMAIN | {"PublicDoor": "own"}, ["ADomainHasItsCertificateAndDoor"]),
])  # fmt: skip
def test_what_does_not_fit_is_refused(parameters: dict[str, str], rules: list[str]) -> None:
    assert refused(**parameters) == rules


def names_nobody(stage: dict[str, Any]) -> bool:
    """Whether the access log has neither an address nor a path: a path may name a moderator."""
    logged = stage["AccessLogSettings"]["Format"]
    told = set(re.findall(r"\w+", logged))
    return not {"sourceIp", "path", "query", "header", "userAgent"} & told


def test_the_consoles_routes_have_limits_of_their_own() -> None:
    """No door of strangers shares its count with cards and forms, and floods are heard of."""
    routes = {one["RouteKey"] for one in CONSOLE.typed("AWS::ApiGatewayV2::Route").values()}
    [stage] = CONSOLE.typed("AWS::ApiGatewayV2::Stage").values()
    limits = {name: one["ThrottlingRateLimit"] for name, one in stage["RouteSettings"].items()}
    strangers = {f"GET {ConsoleDoor.sign_in}": 10, f"GET {CALLBACK}": 10}
    assert limits == strangers | {"GET /card/{key}": 100, "POST /{proxy+}": 100}
    assert routes == {"$default", *limits}
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 100
    waits = CONSOLE.resources["ConsoleStage"]["DependsOn"]
    assert {CONSOLE.resources[one]["Properties"]["RouteKey"] for one in waits} == {*limits}
    assert names_nobody(stage)
    flooded = CONSOLE.typed("AWS::CloudWatch::Alarm")["ConsoleRefusesAlarm"]
    [refused, _] = [one["MetricStat"]["Metric"] for one in watched(flooded)]
    assert refused["Dimensions"] == [{"Name": "ApiId", "Value": "ConsoleApi"}]
    assert rings(flooded, requests=301)
    assert not rings(flooded, requests=300, sign_ins=19)


def test_a_mailbox_gives_nobody_an_account() -> None:
    [pool] = resolved(Console="cognito").typed("AWS::Cognito::UserPool").values()
    ways = pool["AccountRecoverySetting"]["RecoveryMechanisms"]
    assert [one["Name"] for one in ways] == ["admin_only"]


@pytest.mark.parametrize(("page", "bot", "routes"), [
    ("off", "", set()), ("on", "", {"GET /", "POST /"}), ("off", "terang_bot", {"POST /telegram"}),
    ("on", "terang_bot", {"GET /", "POST /", "POST /telegram"}),
])  # fmt: skip
def test_page_and_bot_are_there_only_if_asked_for(page: str, bot: str, routes: set[str]) -> None:
    stack = resolved(AskPage=page, TelegramBot=bot)
    ways = stack.typed("AWS::ApiGatewayV2::Route").values()
    assert {way["RouteKey"] for way in ways} == routes
    stages = list(stack.typed("AWS::ApiGatewayV2::Stage").values())
    assert len(stages) == bool(routes)
    for stage in stages:
        assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 10
        assert names_nobody(stage)


@pytest.mark.parametrize("bot", ["", "terang_bot", "Bot", "x" * 29 + "bot", "a b_bot", "1_bot"])
def test_a_bots_name_is_one_of_telegrams(bot: str) -> None:
    pattern = source()["Parameters"]["TelegramBot"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, bot)) is (bot in {"", "terang_bot", "x" * 29 + "bot"})


CONSOLE = resolved(Console="oidc")
CONSOLE_MAY_NOT = {
    "writes a case": ("dynamodb:PutItem", TABLE, "C#ab"),
    "closes a finding": ("dynamodb:UpdateItem", TABLE, "C#ab"),
    "writes the journal": ("dynamodb:PutItem", TABLE, "J#acme#2026-11-25#0"),
    "commits a message": ("dynamodb:PutItem", TABLE, "M#ab"),
    "registers a sender": ("dynamodb:PutItem", TABLE, "P#acme"),
    "reads salts of pseudonyms": ("dynamodb:Query", TABLE, "S#"),
    "reads the keys of the log": ("dynamodb:Query", TABLE, "L#log"),
    "reads the key of a sample": ("dynamodb:GetItem", TABLE, "L#audit"),
    "reads whom somebody erased": ("dynamodb:GetItem", TABLE, "E#acme#k"),
    "deletes": ("dynamodb:DeleteItem", TABLE, "D#acme"),
    "sends in a provider's name": ("sqs:SendMessage", STACK.arn("Cases"), ""),
    "reads what providers dropped": ("s3:GetObject", s3("drop", "drop/acme/x.jsonl"), ""),
    "reads what was handed out": ("s3:GetObject", s3("out", "out/acme/findings/d/u.jsonl"), ""),
    "writes a page": ("s3:PutObject", s3("public", "index.html"), ""),
    "makes pseudonyms": ("secretsmanager:GetSecretValue", "PseudonymSecret", ""),
}


@pytest.mark.parametrize(
    ("action", "resource", "key"), CONSOLE_MAY_NOT.values(), ids=CONSOLE_MAY_NOT
)
def test_the_console_may_not(action: str, resource: str, key: str) -> None:
    assert not allows(CONSOLE, "ConsoleRole", action, resource, LeadingKeys=key)


def test_only_the_console_and_the_operators_role_send_to_its_queue() -> None:
    stack = resolved(Console="oidc", RedriveSender="AROAOPERATOR")
    statements = stack.typed("AWS::SQS::QueuePolicy")["ConsoleCasesPolicy"]["PolicyDocument"]
    [denied] = [one for one in statements["Statement"] if one["Sid"] == "OnlyTheConsole"]
    assert (denied["Effect"], denied["Action"]) == ("Deny", "sqs:SendMessage")
    assert denied["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": stack.arn("ConsoleRole")},
                                   "StringNotLike": {"aws:userid": "AROAOPERATOR:*"}}  # fmt: skip


def test_a_stack_without_a_console_has_nothing_of_it() -> None:
    assert [name for name in STACK.resources if "Console" in name or "Desk" in name] == []
