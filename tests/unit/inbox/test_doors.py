"""Posts, messages about cases and receipts by HTTP: whose they are, what goes on, what is told."""

import base64
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jsonschema import Draft202012Validator
from support.case_world import finding
from support.doors_world import OPENAPI, OTHERS, OWN, DoorsWorld, digest_of
from support.format_files import json_lines
from support.hostile import HOSTILE
from support.sample_messages import complaint, decision, notice
from support.sample_posts import OTP, fields
from template.resolved import resolved

from inbox.doors import MOST_BYTES, MOST_RECORDS
from ledger.findings import digest, unit_id
from ledger.keys import SCOPES, Provider, secret_name
from terang import ROOT

POSTS, CASES = "POST /v1/posts", "POST /v1/cases"
UNKNOWN = "0" * 64


@pytest.fixture
def world() -> DoorsWorld:
    return DoorsWorld()


def receipt(world: DoorsWorld, name: str, secret: str = OWN) -> dict[str, Any]:
    return world.call(f"GET /v1/receipts/{name}", secret=secret)


def test_a_post_is_inspected_and_its_receipt_says_so(world: DoorsWorld) -> None:
    said = world.call(POSTS, fields(text=OTP))["body"]
    assert (said["messages"], said["refused"]) == (1, [])
    [(_, _, body)] = world.queued
    assert said["digest"] == unit_id("acme", body.encode())
    assert receipt(world, said["digest"])["statusCode"] == 404
    [ended] = world.work()
    assert ended.outcome.receipt.findings == 1
    told = receipt(world, said["digest"])["body"]
    assert told["status"] == "inspected"
    assert told["findings_file"] in world.cases.files


def test_the_same_content_is_the_same_message(world: DoorsWorld) -> None:
    """Also with other blanks. A repeat changes nothing."""
    first = world.call(POSTS, [fields(text=OTP)])["body"]
    world.work()
    before = world.cases.state()
    spaced = json.dumps([fields(text=OTP)], indent=3).encode()
    assert world.call(POSTS, spaced)["body"] == first
    world.work()
    assert world.cases.state() == before


PRIVATE = "only my friends may read this"


@pytest.mark.parametrize(("records", "status", "codes", "counted"), [
    ([fields(audience="followers", text=PRIVATE), fields(id="2")], 202, ["not_public"],
     {"not_public": 1}),
    ([fields(id="2"), fields(audience=..., text=PRIVATE)], 202, ["not_public"], {"not_public": 1}),
    ([fields(id="2"), fields(id=3)], 202, ["field_type"], {"field_type": 1}),
    ([fields(audience="followers", text=PRIVATE)], 422, ["not_public"], None),
    ([{}, fields(id=7)], 422, ["not_public", "field_type"], None),
], ids=["a private post", "a post without an audience", "a wrong field", "nothing public",
        "nothing right"])  # fmt: skip
@pytest.mark.parametrize("as_lines", [True, False])
def test_only_public_posts_go_on(world: DoorsWorld, records: list[dict[str, Any]], status: int,
        codes: list[str], counted: dict[str, int] | None, as_lines: bool) -> None:  # fmt: skip
    """What is refused is named by its line, and counted where the others are."""
    sent = [{k: v for k, v in record.items() if v is not ...} for record in records]
    answer = world.call(POSTS, json_lines(*sent) if as_lines else sent)
    assert (answer["statusCode"], [one["code"] for one in answer["body"]["refused"]]) == (
        status, codes
    )  # fmt: skip
    assert PRIVATE not in str(world.queued) + str(answer)
    assert bool(world.queued) is (counted is not None)
    if counted is not None:
        [ended] = world.work()
        assert ended.outcome.receipt.refused == counted
        [line] = [one["line"] for one in answer["body"]["refused"]]
        told = receipt(world, answer["body"]["digest"])["body"]
        assert [one["line"] for one in told["refusals"]] == [line]


@pytest.mark.parametrize(("body", "status", "code"), [
    (b"[" * MOST_BYTES, 400, "no_json"), (b'{"a":' * (MOST_BYTES // 5), 400, "refused"),
    (b"hello", 400, "no_json"), (b"", 400, "no_json"), (b"[]", 400, "refused"),
    (b"\xff{}", 400, "no_json"), (b" " * (MOST_BYTES + 1), 413, "too_large"),
    (b"{}\n" * (MOST_RECORDS + 1), 413, "too_large"),
], ids=["brackets", "braces", "no JSON", "nothing", "an empty array", "no UTF-8", "too many bytes",
        "too many records"])  # fmt: skip
@pytest.mark.parametrize("route", [POSTS, CASES])
def test_a_body_is_bounded(world: DoorsWorld, route: str, body: bytes, status: int,
                           code: str) -> None:  # fmt: skip
    answer = world.call(route, base64.b64encode(body), isBase64Encoded=True)
    assert (answer["statusCode"], answer["body"]["code"]) == (status, code)
    assert world.queued == []


@pytest.mark.parametrize("secret", ["", "acme", "acme.", "acme.wrong", "nobody.x", "acme.secret",
                                    "/acme.old", "other.old", digest_of(OWN)])  # fmt: skip
def test_wrong_and_missing_secrets_are_answered_alike(world: DoorsWorld, secret: str) -> None:
    for route in (POSTS, CASES, f"GET /v1/receipts/{UNKNOWN}"):
        answer = world.call(route, fields(), secret=secret)
        assert answer == world.call(route, fields(), secret="nobody.at-all")
        assert answer["statusCode"] == 401
        assert answer["headers"]["www-authenticate"] == "Bearer"
    assert world.queued == []


def test_two_secrets_hold_while_one_replaces_the_other(world: DoorsWorld) -> None:
    """Until their scope ends, which ends both."""

    def statuses(route: str) -> list[int]:
        sent = fields() if route == POSTS else notice()
        return [world.call(route, sent, secret=each)["statusCode"] for each in (OWN, "acme.new")]

    assert statuses(POSTS) == [202, 202]
    del world.secrets[secret_name("http", "acme", "posts")]
    assert (statuses(POSTS), statuses(CASES)) == ([403, 403], [202, 202])


@pytest.mark.parametrize("scope", SCOPES)
def test_a_secret_serves_for_its_scopes_alone(world: DoorsWorld, scope: str) -> None:
    world.secrets = {secret_name("http", "acme", scope): digest_of(OWN)}
    routes = {"posts": POSTS, "cases": CASES, "receipts": f"GET /v1/receipts/{UNKNOWN}"}
    for needed, route in routes.items():
        status = world.call(route, fields())["statusCode"]
        assert (status == 403) is (needed != scope)


def test_a_provider_that_asks_too_often_waits(world: DoorsWorld) -> None:
    limited = DoorsWorld(most=2)
    answers = [limited.call(POSTS, fields(id=str(each))) for each in range(3)]
    assert [one["statusCode"] for one in answers] == [202, 202, 429]
    assert answers[2]["headers"]["retry-after"] == "60"
    assert limited.call(POSTS, fields(), secret=OTHERS)["statusCode"] == 202


def test_messages_about_cases_are_decided(world: DoorsWorld) -> None:
    world.cases.find(finding(1))
    sent = [decision(finding(1).finding), {"type": "verdict"}, complaint(), complaint(id="c-2",
            decision="d-9")]  # fmt: skip
    said = world.call(CASES, sent)["body"]
    assert said["refused"] == [{"line": 2, "code": "type_unknown", "field": "type"}]
    names = ["d-1", "c-1", "c-2"]
    assert said["digests"] == [digest("message", "acme", name) for name in names]
    assert [one.status for one in world.work()] == ["taken", "taken", "waiting"]
    told = [receipt(world, name)["body"] for name in said["digests"]]
    assert [one["status"] for one in told] == ["taken", "taken", "waiting"]
    assert world.call(CASES, decision(finding(9).finding, id="d-2"))["statusCode"] == 202
    assert [one.status for one in world.work()] == ["refused"]
    told = receipt(world, digest("message", "acme", "d-2"))["body"]
    assert (told["status"], told["code"]) == ("refused", "unknown")


def test_a_receipt_is_its_own_providers(world: DoorsWorld) -> None:
    """Another's is answered as one that was never there."""
    posts = world.call(POSTS, fields(audience="public"))["body"]["digest"]
    cases = world.call(CASES, notice())["body"]["digest"]
    world.work()
    nowhere = receipt(world, UNKNOWN)
    for name in (posts, cases):
        assert receipt(world, name)["statusCode"] == 200
        assert receipt(world, name, OTHERS) == nowhere
    assert [receipt(world, name) for name in ("x", "../x", "", "A" * 64)] == [nowhere] * 4


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_strange_texts_are_posts(world: DoorsWorld, text: str) -> None:
    for route, record in ((POSTS, fields(text=f"{text} \uffff\ufffe")), (CASES, notice(id=text))):
        raw = json.dumps(record, ensure_ascii=False).encode()
        assert world.call(route, raw)["statusCode"] == 202
        assert not {"\uffff", "\ufffe"} & set(world.queued.pop()[2])


def test_what_sqs_would_not_take_is_refused(world: DoorsWorld) -> None:
    text = json.dumps(fields(text="\uffff" * 65_000), ensure_ascii=False)
    answer = world.call(POSTS, "\n".join([text] * 5).encode())
    assert (answer["statusCode"], world.queued) == (413, [])


def test_what_coop_sends_is_decided_and_nothing_else_of_it_is_kept(world: DoorsWorld) -> None:
    """A repeat changes nothing. What is only counted is accepted as a code. A callback that comes
    again later has other times, since Coop gives it none, and is refused: unless it is dated."""
    connected = ROOT / "events/connect"
    table = json.loads((connected / "coop-table.json").read_text("utf-8"))
    told = Provider("acme", territory=("DE",), connections={"coop": table, "ozone": table})
    payloads = (connected / "coop.jsonl").read_bytes()
    query = {"queryStringParameters": {"from": "coop"}}
    assert world.call(CASES, payloads, **query)["body"]["code"] == "not_connected"
    world.cases.store.put_provider(told)
    world.cases.clock.moment = datetime(2026, 11, 25, 16, tzinfo=UTC)
    said = world.call(CASES, payloads, **query)["body"]
    assert {one["code"] for one in said["refused"]} >= {"about_account", "automated"}
    [(_, _, body)] = world.queued
    assert not [word for word in ("bank code today", "member-7", "@") if word in body]
    types = {one.type for one in world.work() if one.status == "taken"}
    assert types == {"notice", "decision", "complaint", "outcome", "reinstatement", "turned_away"}
    told_of = [receipt(world, name)["body"]["status"] for name in said["digests"]]
    assert set(told_of) == {"taken"}
    before = world.cases.state()
    assert world.call(CASES, payloads, **query)["body"] == said
    assert {one.status for one in world.work()} == {"repeated"}
    assert world.cases.state() == before
    world.cases.clock.moment += timedelta(minutes=1)  # it dates what it sends: a repeat
    assert world.call(CASES, payloads, **query)["statusCode"] == 202
    assert {one.status for one in world.work()} == {"repeated"}
    undated = re.sub(rb'"received_at": "[^"]*", ', b"", payloads)
    assert world.call(CASES, undated, **query)["statusCode"] == 202
    assert {one.type: one.code for one in world.work() if one.code} == dict.fromkeys(
        ("decision", "outcome", "reinstatement"), "id_reused"
    )
    after, files = world.cases.state(), before["objects"]
    refused = after["objects"].keys() - files
    assert all("/receipts/messages/" in key for _, key in refused)
    before["objects"] = files | {each: after["objects"][each] for each in refused}
    assert after == before
    assert {receipt(world, name)["body"]["status"] for name in said["digests"]} == {"taken"}
    nothing = world.call(CASES, b'{"events": []}', queryStringParameters={"from": "ozone"})["body"]
    assert (nothing["status"], nothing["refused"][0]["code"]) == (422, "unmapped")
    unknown = {"queryStringParameters": {"from": "zendesk"}}
    assert world.call(CASES, payloads, **unknown)["body"]["code"] == "not_connected"


def test_what_comes_from_coop_must_be_signed(world: DoorsWorld) -> None:
    """Once its key is known, and with the secret. Two keys hold while one is replaced; a forged
    signature, or one of another provider's Coop, is answered like a wrong secret."""
    old, own, other = (generate_private_key(65537, 2048) for _ in range(3))
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    stored = [base64.b64encode(key.public_key().public_bytes(*form)).decode()
              for key in (own, old, other)]  # fmt: skip
    world.secrets |= {secret_name("signed", "acme", "coop"): " ".join(stored[:2]),
                      secret_name("signed", "other", "coop"): stored[2]}  # fmt: skip
    body = json.dumps(notice()).encode()

    def status(signature: bytes | None, secret: str = f"Bearer {OWN}", tool: str = "coop") -> int:
        given = (
            {} if signature is None else {"Coop-Signature": base64.b64encode(signature).decode()}
        )
        query = {"from": tool}
        answer = world.call(CASES, body, headers={"Authorization": secret} | given,
                            queryStringParameters=query)  # fmt: skip
        return int(answer["statusCode"])

    def signed(key: RSAPrivateKey, text: bytes = body) -> bytes:
        return key.sign(text, PKCS1v15(), SHA256())

    assert [status(signed(key)) for key in (own, old)] == [422, 422]  # it has no table yet
    wrong = [None, b"", b"x", signed(other), signed(own, body + b" "), signed(own)[::-1]]
    assert [status(each) for each in wrong] == [401] * len(wrong)
    assert status(signed(own), "") == status(signed(own), "Bearer acme.wrong") == 401
    assert status(signed(own), f"Bearer {OTHERS}") == 401
    assert status(None, tool="") == 202


def test_mastodon_only_signs_and_its_secret_says_whose_it_is(world: DoorsWorld) -> None:
    """What it did not sign is answered like a wrong secret. A bearer secret serves too."""
    connected = ROOT / "events/connect"
    table = json.loads((connected / "mastodon-table.json").read_text("utf-8"))
    for name in ("acme", "other"):
        world.cases.store.put_provider(Provider(name, connections={"mastodon": table}))
    body = (connected / "mastodon.jsonl").read_bytes().splitlines()[0]
    for name, stored in {"acme": "first-secret second-secret", "other": "their-secret",
                         "third": "shared-secret", "fourth": "shared-secret"}.items():  # fmt: skip
        world.secrets[secret_name("signed", name, "mastodon")] = stored

    def call(signature: str | None, route: str = CASES, tool: str = "mastodon",
             **headers: str) -> dict[str, Any]:  # fmt: skip
        given = headers if signature is None else headers | {"X-Hub-Signature": signature}
        return world.call(route, body, headers=given, queryStringParameters={"from": tool})

    def signed(secret: str, text: bytes = body) -> str:
        return f"sha256={hmac.digest(secret.encode(), text, 'sha256').hex()}"

    for secret in ("first-secret", "second-secret", "their-secret"):
        assert call(signed(secret))["statusCode"] == 202
    assert call(None, Authorization=f"Bearer {OWN}")["statusCode"] == 202
    assert [provider for _, provider, _ in world.queued] == ["acme", "acme", "other", "acme"]
    own = signed("first-secret")
    wrong = [call(each) for each in (None, "", "sha256=", own[::-1], own[:-1], signed(""), "\ud800",
             signed("first-secret", body + b" "), signed("shared-secret"))]  # fmt: skip
    wrong += [call(own, tool="coop"), call(own, POSTS), call(own, Authorization="Bearer acme.no")]
    assert {json.dumps(each) for each in wrong} == {json.dumps(world.call(POSTS, body, secret=""))}


def test_the_document_is_that_of_the_template() -> None:
    routes = {one["RouteKey"] for one in resolved(Http="on").typed(
        "AWS::ApiGatewayV2::Route").values()}  # fmt: skip
    described = {f"{method.upper()} {path}" for path, of_path in OPENAPI["paths"].items()
                 for method in of_path}  # fmt: skip
    assert described == {route for route in routes if " /v1/" in route}
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
