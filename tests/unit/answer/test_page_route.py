"""The page that asks: its languages, its headers, and that nothing of a text ever acts."""

import base64
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from support.sample_checks import REPEATS_SALT, SALT
from support.tip_line_world import GARAM, Line, built_with, public_with, sample_index

from answer.question import nothing_words, old_words, problem_words
from desk.routes import SECURITY_HEADERS
from phrases import LANGUAGES, NAMES, of

HOSTILE = (
    "</textarea></title></style><script>window.ran=1</script>\"'><img src=x onerror=window.ran=2>"
    " {{ 7*7 }} \u202e\x00 javascript:window.ran=3"
)


@pytest.fixture
def line() -> Line:
    return Line(public_with(sample_index()))


def opened(line: Line, **changes: Any) -> dict[str, Any]:
    return line.visit("GET /", **changes).response


def asked(line: Line, text: str, **changes: Any) -> dict[str, Any]:
    """The page after somebody sent its form: AWS encodes a form's body."""
    body = base64.b64encode(urlencode({"text": text}).encode()).decode()
    return line.visit("POST /", body, isBase64Encoded=True, **changes).response


def in_language(language: str) -> dict[str, Mapping[str, str]]:
    return {"queryStringParameters": {"language": language}}


def test_the_form_is_served_and_counts_no_question(line: Line) -> None:
    reply = line.visit("GET /")
    page = reply.response["body"]
    assert (reply.response["statusCode"], reply.outcome) == (200, "")
    assert '<form method="post">' in page
    assert "<script" not in page
    for code, name in NAMES.items():
        assert f'<a href="?language={code}"' in page
        assert name in page


def test_a_text_gets_its_checks(line: Line) -> None:
    response = asked(line, REPEATS_SALT)
    page = response["body"]
    assert response["statusCode"] == 200
    assert SALT in page
    assert '<span class="verdict">False</span>' in page
    assert "<bdi>Check</bdi>, 1 October 2026" in page
    assert '<a href="https://check.example/1" rel="noopener noreferrer nofollow">' in page
    assert f"\n{REPEATS_SALT}</textarea>" in page


def test_an_old_check_says_so(line: Line) -> None:
    assert old_words(of("en")) in asked(line, f"{GARAM}, katanya")["body"]
    assert old_words(of("en")) not in asked(line, REPEATS_SALT)["body"]


@pytest.mark.parametrize(
    ("language", "publisher"), [("en", "Full Fact"), ("id", "Tempo"), ("zh", "MyGoPen")]
)
def test_what_nobody_checked_gets_advice(line: Line, language: str, publisher: str) -> None:
    page = asked(line, "The market opens at nine", **in_language(language))["body"]
    assert nothing_words(of(language)) in page
    assert publisher in page


@pytest.mark.parametrize(("changes", "language"), [
    ({}, "en"),
    ({"headers": {"Accept-Language": "id-ID,id;q=0.9,en;q=0.8"}}, "id"),
    ({"headers": {"accept-language": "fr, zh-Hant;q=0.5"}}, "zh"),
    ({"headers": {"accept-language": "id"}} | in_language("zh"), "zh"),
    (in_language("fr"), "en"),
    (in_language("<script>"), "en"),
    ({"headers": {"accept-language": "," * 100_000}}, "en"),
    ({"headers": {"accept-language": "x," * 99 + "id"}}, "id"),
    ({"headers": {"accept-language": "x" + "x," * 99 + "id"}}, "en"),
])  # fmt: skip
def test_the_page_speaks_the_language_that_is_wanted(
    line: Line, changes: dict[str, Any], language: str
) -> None:
    response = opened(line, **changes)
    assert f'<html lang="{language}">' in response["body"]
    assert response["headers"]["content-language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_adds_no_element(line: Line, language: str) -> None:
    """In the form, and in what a publisher wrote."""
    line = Line(public_with(built_with(f"{GARAM} {HOSTILE}", HOSTILE)))
    harmless = Line(public_with(built_with(GARAM, "A")))
    page = asked(line, f"{GARAM} {HOSTILE}", **in_language(language))["body"]
    plain = asked(harmless, GARAM, **in_language(language))["body"]
    tags = re.compile(r"<[^>]*>")
    assert [tag.partition(" ")[0] for tag in tags.findall(page)] == [
        tag.partition(" ")[0] for tag in tags.findall(plain)
    ]
    assert page.count("&lt;script&gt;") == 3
    assert "\u202e" not in page
    assert "\x00" not in page


def test_the_policy_allows_the_pages_own_style_alone(line: Line) -> None:
    response = opened(line)
    policy = response["headers"]["content-security-policy"]
    [style] = re.findall(r"<style>(.*?)</style>", response["body"], flags=re.DOTALL)
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )


@pytest.mark.parametrize("made", ["form", "answer", "refusal"])
def test_every_page_has_the_security_headers(line: Line, made: str) -> None:
    response = {"form": opened(line), "answer": asked(line, "x"), "refusal": asked(line, "")}[made]
    headers = response["headers"]
    assert {*map(str.lower, SECURITY_HEADERS)} <= {*headers}, "those of the desk"
    assert "strict-transport-security" not in headers
    secure = opened(line, headers={"x-forwarded-proto": "https"})["headers"]
    assert secure["strict-transport-security"].startswith("max-age=31536000")
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(("body", "status", "code"), [
    pytest.param("", 400, "no_text", id="nothing"),
    pytest.param("text=", 400, "no_text", id="empty"),
    pytest.param("text=%20%E2%80%8B", 400, "no_text", id="blanks"),
    pytest.param("other=x", 400, "no_text", id="another field"),
    pytest.param("text=%FF%FE", 400, "no_text", id="no UTF-8"),
    pytest.param("&".join(["a=1"] * 1_000), 400, "no_text", id="many fields"),
    pytest.param("\ud800", 400, "no_text", id="half a letter"),
    pytest.param("text=" + "a" * 103_000, 413, "too_large", id="too long"),
    pytest.param("a" * 10_000_000, 413, "too_large", id="10 MB"),
])  # fmt: skip
def test_a_form_without_a_question_says_what_to_do(
    line: Line, body: str, status: int, code: str
) -> None:
    reply = line.visit("POST /", body)
    assert (reply.response["statusCode"], reply.outcome) == (status, code)
    assert problem_words(of("en"), code) in reply.response["body"]


def test_a_body_that_is_not_base64_is_refused(line: Line) -> None:
    assert line.visit("POST /", "%%%", isBase64Encoded=True).response["statusCode"] == 400


def test_the_longest_text_of_the_form_is_taken(line: Line) -> None:
    """The form takes 10,000 letters, of nine bytes each in a form."""
    assert asked(line, "验" * 10_000)["statusCode"] == 200


def test_one_network_that_asks_too_often_waits(line: Line) -> None:
    line = Line(line.public, most=1)
    first, second = "2001:db8:1:2::5", "2001:db8:1:2:3::6"
    assert asked(line, "x", address=first)["statusCode"] == 200
    late = asked(line, "keep this", address=second)
    assert late["statusCode"] == 429
    assert late["headers"]["retry-after"] == "60"
    assert "keep this</textarea>" in late["body"]
    assert asked(line, "x", address="192.0.2.8")["statusCode"] == 200
    line.seconds += 60
    assert asked(line, "x", address=first)["statusCode"] == 200


def test_each_route_counts_for_itself(line: Line) -> None:
    line = Line(line.public, most=1)
    assert opened(line)["statusCode"] == 200
    assert asked(line, "x")["statusCode"] == 200


def test_without_an_index_it_says_so() -> None:
    response = asked(Line(public_with(None)), "x")
    assert response["statusCode"] == 503
    assert problem_words(of("en"), "no_index") in response["body"]


def test_a_failure_is_a_page_too(line: Line) -> None:
    event = {"routeKey": "POST /", "requestContext": {"http": {"method": "POST"}}, "body": "text=x"}
    response = line.tip_line.failed(event)
    assert response["statusCode"] == 500
    assert problem_words(of("en"), "failed") in response["body"]
