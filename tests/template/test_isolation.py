"""One provider cannot write, read, spoil or list what is another's, whatever the names."""

import re
from collections.abc import Callable
from itertools import product

import pytest
from template.changes import Change, allow, broken, drop, put
from template.permissions import allows
from template.provider_stack import CASES, KEY, POSTS, bucket, provider_stack
from template.resolved import resolved, source

from intake.arrival import provider_of
from ledger import keys
from ledger.units import Marker

NAMES = ("acme", "acme-two", "acm", "acme-", "acme--two", "1acme", "out", "drop", "receipts")
"""Namesakes, beginnings of each other, and names that are also names of folders."""

STACKS = {name: provider_stack(name) for name in NAMES}

ENDS = ("x.jsonl", "", "a/b c.json", "../beta/x", "*", "?", "${aws:username}", "é\n\x00", "..//x")
S3_ACTIONS = (
    *("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:ListBucket"),
    *("s3:DeleteObjectVersion", "s3:PutObjectTagging", "s3:PutObjectAcl", "s3:GetObjectTagging"),
    *("s3:RestoreObject", "s3:AbortMultipartUpload", "s3:PutBucketPolicy", "s3:ListBucketVersions"),
)
OTHER_ACTIONS = (
    *("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"),
    *("sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility", "sqs:StartMessageMoveTask"),
    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem"),
    *("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchGetItem"),
    *("secretsmanager:GetSecretValue", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"),
    *("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:ScheduleKeyDeletion"),
    *("sts:AssumeRole", "iam:PassRole", "iam:PutRolePolicy", "logs:GetLogEvents"),
)
STACK = resolved()


def told_to(name: str) -> list[str]:
    """A key of each kind that anybody here writes for a provider into the out bucket."""
    marker = Marker("ab", name, "2026-11-25")
    return [
        keys.findings_key(marker), keys.receipt_key(name, "f"),
        keys.message_receipt_key(name, "2026-11-25", "m"), keys.author_notice_key(name, "d", "en"),
        keys.statement_key(name, "2026-11-25", "d"),
        keys.statement_batch_key(name, "2026-11-25", 1),
        keys.report_key(name, "2026", "report.xlsx"),
        keys.proposal_key(name, "codes/3/asks-for-code", "f"), keys.audit_file_key(name, "2026-11"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", ["drop", "out", ""])
def test_a_file_is_dropped_under_ones_own_prefix_alone(name: str, folder: str) -> None:
    """And intake, which takes the provider from the key, then takes it for nobody else's."""
    for other, end in product((*NAMES, "*", "..", ""), ENDS):
        key = "/".join(part for part in (folder, other, end) if part)
        allowed = allows(STACKS[name], "Role", "s3:PutObject", f"{bucket('drop')}/{key}")
        assert allowed is (folder == "drop" and key.startswith(f"drop/{name}/")), key
        if allowed:
            assert provider_of(key) == name


@pytest.mark.parametrize("name", NAMES)
def test_what_one_is_told_is_read_by_oneself_alone(name: str) -> None:
    for other in NAMES:
        for key in told_to(other):
            allowed = allows(STACKS[name], "Role", "s3:GetObject", f"{bucket('out')}/{key}")
            assert allowed is (other == name), key


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_to_nobody_is_read_by_no_provider(name: str) -> None:
    kept = [f"{bucket('out')}/{keys.unknown_receipt_key('ab')}",
            f"{bucket('work')}/{keys.part_key('f', 'csv', 1, 'k2026-11', 0)}",
            f"{bucket('work')}/{keys.refusals_key('ab')}", f"{bucket('drop')}/drop/{name}/x.jsonl",
            f"{bucket('public')}/index.html"]  # fmt: skip
    for action, resource in product(S3_ACTIONS, kept):
        allowed = allows(STACKS[name], "Role", action, resource)
        assert allowed is (action == "s3:PutObject" and "/drop/" in resource), (action, resource)


@pytest.mark.parametrize("name", NAMES)
def test_ones_own_results_are_listed_and_nothing_else(name: str) -> None:
    prefixes = ["", "out/", "out", *(f"out/{other}{end}" for other in NAMES for end in ("", "/"))]
    for prefix in prefixes:
        allowed = allows(STACKS[name], "Role", "s3:ListBucket", bucket("out"), prefix=prefix)
        assert allowed is prefix.startswith(f"out/{name}/"), prefix
    assert not allows(STACKS[name], "Role", "s3:ListBucket", bucket("out"))
    for kind in ("drop", "work", "public"):
        assert not allows(STACKS[name], "Role", "s3:ListBucket", bucket(kind), prefix="")


@pytest.mark.parametrize("name", NAMES)
def test_on_objects_nothing_is_possible_but_to_drop_and_to_read(name: str) -> None:
    """No version is deleted, tagged or restored, not even of one's own files."""
    own = {"drop": f"drop/{name}/x", "out": f"out/{name}/receipts/f.json"}
    may = {(action, kind)
           for action in S3_ACTIONS for kind, key in own.items()
           if allows(STACKS[name], "Role", action, f"{bucket(kind)}/{key}")}  # fmt: skip
    assert may == {("s3:PutObject", "drop"), ("s3:GetObject", "out")}


@pytest.mark.parametrize("name", NAMES)
def test_beside_objects_one_sends_messages_and_uses_the_key_through_s3_and_sqs(name: str) -> None:
    queues = [f"arn:aws:sqs:eu-west-1:123456789012:{one}" for one in ("units", "units-dead", "*")]
    others = [STACK.arn(one) for one in ("Table", "Intake", "Scan", "Publish", "PseudonymSecret")]
    resources = [POSTS, CASES, KEY, *queues, *others, f"{STACK.arn('Table')}/index/open", "*"]
    for via in ("", "s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com", "ec2.example"):
        context = {"ViaService": via} if via else {}
        may = {
            (action, resource)
            for action, resource in product(OTHER_ACTIONS, resources)
            if allows(STACKS[name], "Role", action, resource, **context)
        }
        used = {(action, KEY) for action in ("kms:Decrypt", "kms:GenerateDataKey")}
        through = used if via.partition(".")[0] in {"s3", "sqs"} else set()
        assert may == {("sqs:SendMessage", POSTS), ("sqs:SendMessage", CASES)} | through


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject"])
def test_nobody_elses_bucket_gets_what_is_sent(action: str) -> None:
    """Where the stack's bucket was deleted, and somebody else took its name."""
    resource = {
        "s3:PutObject": f"{bucket('drop')}/drop/acme/x",
        "s3:GetObject": f"{bucket('out')}/out/acme/receipts/f.json",
    }[action]
    assert allows(STACKS["acme"], "Role", action, resource)
    stranger = {"ResourceAccount": "210987654321"}
    assert not allows(STACKS["acme"], "Role", action, resource, **stranger)


@pytest.mark.parametrize(
    "name",
    ["all", "*", "ac?e", "a", "ab", "a/../b", "acme/*", "Acme", "аcme", "acme\n", "acme two",
     "-acme", "_unknown", "${aws:username}", "acme.", "x" * 41, ""],
)  # fmt: skip
def test_a_name_that_means_more_than_itself_is_no_providers(name: str) -> None:
    assert not keys.is_provider_id(name)
    assert not fits("ProviderId", name)


@pytest.mark.parametrize("name", NAMES)
def test_the_templates_names_are_those_of_the_records(name: str) -> None:
    assert keys.is_provider_id(name)
    assert fits("ProviderId", name)


@pytest.mark.parametrize(("parameter", "value", "fit"), [
    ("TrustedPrincipal", "arn:aws:iam::210987654321:root", True),
    ("TrustedPrincipal", "arn:aws:iam::210987654321:role/path/sends", True),
    ("TrustedPrincipal", "arn:aws:iam::210987654321:role/*", False),
    ("TrustedPrincipal", "*", False), ("DropBucket", "terang-*", False), ("PostsArn", POSTS, True),
    ("PostsArn", f"{POSTS[:-5]}*", False), ("CasesArn", "", True),
    ("CasesArn", f"{CASES[:-5]}?ases", False), ("KeyArn", KEY, True),
    ("KeyArn", "arn:aws:kms:eu-west-1:123456789012:key/*", False),
])  # fmt: skip
def test_no_parameter_of_a_provider_is_a_pattern(parameter: str, value: str, fit: bool) -> None:
    assert fits(parameter, value) is fit


STATEMENTS = "Resources/Role/Properties/Policies/0/PolicyDocument/Statement"
DROPS = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DropBucket}/drop/${ProviderId}*"}
READS = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${OutBucket}/out/*"}
OWN_FILES = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DropBucket}/drop/${ProviderId}/*"}
WRONG: dict[str, tuple[Callable[[str], None], Change]] = {
    "a prefix without its slash": (
        lambda name: test_a_file_is_dropped_under_ones_own_prefix_alone(name, "drop"),
        put(f"{STATEMENTS}/0/Resource", DROPS)),
    "everybody's results":
        (test_what_one_is_told_is_read_by_oneself_alone, put(f"{STATEMENTS}/1/Resource", READS)),
    "a list of all providers":
        (test_ones_own_results_are_listed_and_nothing_else, drop(f"{STATEMENTS}/2/Condition")),
    "files that are read back": (test_what_is_told_to_nobody_is_read_by_no_provider,
                                 allow("Role", "s3:GetObjectVersion", OWN_FILES)),
    "files that are deleted": (test_on_objects_nothing_is_possible_but_to_drop_and_to_read,
                               allow("Role", "s3:DeleteObject", OWN_FILES)),
    "messages that are taken":
        (test_beside_objects_one_sends_messages_and_uses_the_key_through_s3_and_sqs,
         put(f"{STATEMENTS}/3/Action", ["sqs:SendMessage", "sqs:ReceiveMessage"])),
    "the key without a service":
        (test_beside_objects_one_sends_messages_and_uses_the_key_through_s3_and_sqs,
         drop(f"{STATEMENTS}/4/Condition")),
}  # fmt: skip


@pytest.mark.parametrize(("test", "change"), WRONG.values(), ids=WRONG)
def test_a_wider_role_is_noticed(monkeypatch: pytest.MonkeyPatch, test: Callable[[str], None],
                                 change: Change) -> None:  # fmt: skip
    monkeypatch.setitem(STACKS, "acm", provider_stack("acm", broken(change, "provider.yaml")))
    with pytest.raises(AssertionError):
        test("acm")


def fits(parameter: str, value: str) -> bool:
    """Whether CloudFormation takes the value: the pattern must match all of it."""
    pattern = source("provider.yaml")["Parameters"][parameter]["AllowedPattern"]
    return re.fullmatch(pattern, value) is not None
