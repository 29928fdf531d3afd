"""The tip line and its page: who may ask, in which language, and that no text ever acts."""

import base64
import json
import re
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from support.sample_checks import CHECKS, REPEATS_MAYOR, REPEATS_SALT, SALT
from support.tip_line_world import (
    GARAM,
    KNOWN,
    PARTNERS,
    Line,
    built,
    built_with,
    public_with,
    sample_index,
)

from answer import tip_line
from answer.ask_routes import JSON_PARTNER, JSON_SECRET
from claims.fact_check import Check, Rating
from desk.routes import SECURITY_HEADERS
from ledger.closing import POINTER_KEY, set_key
from ledger.codes import OperatorError
from phrases import LANGUAGES, NAMES, of
from strangers import MOST_BYTES, WINDOW_SECONDS

HOSTILE = (
    "</textarea></title></style><script>window.ran=1</script>\"'><img src=x onerror=window.ran=2>"
    " {{ 7*7 }} \u202e\x00 javascript:window.ran=3"
)


@pytest.fixture
def line() -> Line:
    return Line(public_with(sample_index()))


def opened(line: Line, **changes: Any) -> dict[str, Any]:
    return line.visit("GET /", **changes)[0]


def asked(line: Line, text: str, **changes: Any) -> dict[str, Any]:
    """The page after somebody sent its form: AWS encodes a form's body."""
    body = base64.b64encode(urlencode({"text": text}).encode()).decode()
    return line.visit("POST /", body, isBase64Encoded=True, **changes)[0]


def in_language(language: str) -> dict[str, Mapping[str, str]]:
    return {"queryStringParameters": {"language": language}}


def test_the_form_is_served_and_counts_no_question(line: Line) -> None:
    response, outcome = line.visit("GET /")
    page = response["body"]
    assert (response["statusCode"], outcome) == (200, "")
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
    assert re.search(r'<span class="verdict">False</span> <q[^>]*>False</q>', page)
    assert "<bdi>Check</bdi>, 1 October 2026" in page
    assert '<a href="https://check.example/1" rel="noopener noreferrer nofollow">' in page
    assert f"\n{REPEATS_SALT}</textarea>" in page


def test_an_old_check_says_so(line: Line) -> None:
    assert tip_line.old_words(of("en")) in asked(line, f"{GARAM}, katanya")["body"]
    assert tip_line.old_words(of("en")) not in asked(line, REPEATS_SALT)["body"]


@pytest.mark.parametrize(
    ("language", "publisher"), [("en", "Full Fact"), ("id", "Tempo"), ("zh", "MyGoPen")]
)
def test_what_nobody_checked_gets_advice(line: Line, language: str, publisher: str) -> None:
    page = asked(line, "The market opens at nine", **in_language(language))["body"]
    assert tip_line.nothing_words(of(language)) in page
    assert publisher in page


@pytest.mark.parametrize(("changes", "language"), [
    ({}, "en"), ({"headers": {"Accept-Language": "id-ID,id;q=0.9,en;q=0.8"}}, "id"),
    ({"headers": {"accept-language": "fr, zh-Hant;q=0.5"}}, "zh"),
    ({"headers": {"accept-language": "id"}} | in_language("zh"), "zh"), (in_language("fr"), "en"),
    (in_language("<script>"), "en"), ({"headers": {"accept-language": "," * 100_000}}, "en"),
    ({"headers": {"accept-language": "x," * 99 + "id"}}, "id"),
    ({"headers": {"accept-language": "x" + "x," * 99 + "id"}}, "en"),
])  # fmt: skip
def test_the_page_speaks_the_language(line: Line, changes: dict[str, Any], language: str) -> None:
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
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
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
def test_a_form_without_question_says_more(line: Line, body: str, status: int, code: str) -> None:
    response, outcome = line.visit("POST /", body)
    assert (response["statusCode"], outcome) == (status, code)
    assert tip_line.problem_words(of("en"), code) in response["body"]


def test_a_body_that_is_not_base64_is_refused(line: Line) -> None:
    assert line.visit("POST /", "%%%", isBase64Encoded=True)[0]["statusCode"] == 400


def test_the_longest_text_of_the_form_is_taken(line: Line) -> None:
    """The form takes 10,000 letters, of nine bytes each in a form."""
    assert asked(line, "验" * 10_000)["statusCode"] == 200


def test_one_network_that_asks_too_often_waits(line: Line) -> None:
    line = Line(line.public, most=1)
    first, second = "2001:db8:1:2::5", "2001:db8:1:2:3::6"
    assert asked(line, "x", address=first)["statusCode"] == 200
    late = asked(line, "keep this", address=second)
    assert (late["statusCode"], late["headers"]["retry-after"]) == (429, "60")
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
    assert tip_line.problem_words(of("en"), "no_index") in response["body"]


def test_a_failure_is_a_page_too(line: Line) -> None:
    event = {"routeKey": "POST /", "requestContext": {"http": {"method": "POST"}}, "body": "text=x"}
    response = line.tip_line.failed(event)
    assert response["statusCode"] == 500
    assert tip_line.problem_words(of("en"), "failed") in response["body"]


def test_a_text_is_answered_with_checks(line: Line) -> None:
    status, told = line.ask({"text": REPEATS_SALT})
    assert status == 200
    assert told["language"] == "en"
    [first, *_] = told["checks"]
    score = first.pop("score")
    assert 0.5 < score <= 1
    assert first == {
        "url": "https://check.example/1", "claim": SALT, "rating": "false",
        "rating_words": "False", "publisher": "Check", "date": "2026-10-01", "level": "attach",
    }  # fmt: skip
    assert len(told["checks"]) <= 5
    assert f"False: {SALT}\nCheck, 2026-10-01\nhttps://check.example/1" in told["message"]


def test_checks_that_never_make_findings_answer_too(line: Line) -> None:
    _, told = line.ask({"text": REPEATS_MAYOR})
    assert told["checks"][0]["url"] == "https://check.example/3"


def test_where_nothing_was_found_it_says_so_plainly(line: Line) -> None:
    status, told = line.ask({"text": "The market opens at nine, bring a bag and some change"})
    assert (status, told["checks"]) == (200, [])
    assert told["message"] == "No published check was found."


@pytest.mark.parametrize(("question", "language", "words"), [
    ({"text": "Minum air garam hangat menyembuhkan pilek dalam satu malam, kata tetangga"},
     "id", "Salah:"),
    ({"text": REPEATS_SALT, "language": "zh-Hans"}, "zh", "不实："),
    ({"text": REPEATS_SALT, "language": "fr"}, "en", "False:"),
    ({"text": "zzz qqq", "language": "id"}, "id", "Tidak ditemukan"),
])  # fmt: skip
def test_it_speaks_the_askers_language(line: Line, question: dict[str, str], language: str,
                                       words: str) -> None:  # fmt: skip
    _, told = line.ask(question)
    assert told["language"] == language
    assert words in told["message"]


def test_letters_are_sent_as_they_are(line: Line) -> None:
    """Escaped, a Chinese answer would be twice as long."""
    line.ask({"text": REPEATS_SALT, "language": "zh"})
    assert "可能与此有关的事实核查：" in line.sent


def test_an_answer_says_that_a_check_is_old(line: Line) -> None:
    assert tip_line.old_words(of("id")) in line.ask({"text": f"{GARAM}, katanya"})[1]["message"]
    assert tip_line.old_words(of("en")) not in line.ask({"text": REPEATS_SALT})[1]["message"]


@pytest.mark.parametrize(("today", "is_old"), [("2026-11-25", False), ("2026-11-26", True)])
def test_a_check_is_old_after_a_year(today: str, is_old: bool) -> None:
    check = Check("https://a.example/1", SALT, Rating.FALSE, "", "A", "2025-11-25", "en", "")
    assert tip_line.TipAnswer("en", (), today).is_old(check) is is_old


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_a_word_for_each_rating(language: str) -> None:
    assert len({tip_line.rating_words(of(language), rating) for rating in Rating}) == len(Rating)


@pytest.mark.parametrize(("body", "status", "code"), [
    pytest.param("", 400, "no_json", id="nothing"),
    pytest.param("{", 400, "no_json", id="half"),
    pytest.param("\x00\ud800", 400, "no_json", id="garbage"),
    pytest.param('{"a":' + "[" * 50_000, 400, "no_json", id="depths"),
    pytest.param("[]", 400, "no_question", id="a list"),
    pytest.param('{"text": 1}', 400, "no_question", id="a number"),
    pytest.param("{}", 400, "no_question", id="no text"),
    pytest.param('{"text": " "}', 400, "no_text", id="blanks"),
    pytest.param('{"text": "\\u200b\\u0000"}', 400, "no_text", id="nothing that is seen"),
    pytest.param(json.dumps({"text": "a" * MOST_BYTES}), 413, "too_large", id="too long"),
    pytest.param("a" * 10_000_000, 413, "too_large", id="10 MB"),
])  # fmt: skip
def test_what_is_no_question_is_told_so(line: Line, body: str, status: int, code: str) -> None:
    before = time.process_time()
    assert line.ask(body) == (status, {"code": code})
    assert time.process_time() - before < 1


def test_a_question_may_have_as_many_bytes_as_the_route_says(line: Line) -> None:
    longest = {"text": "a" * (MOST_BYTES - len('{"text": ""}'))}
    assert line.ask(json.dumps(longest))[0] == 200


def test_noise_is_answered_in_bounded_time(line: Line) -> None:
    noise = " ".join(f"{number:x}q{number * 7919:x}" for number in range(9_000))[: MOST_BYTES - 50]
    before = time.process_time()
    assert line.ask({"text": noise})[0] == 200
    assert time.process_time() - before < 1


def test_a_body_may_be_encoded(line: Line) -> None:
    body = base64.b64encode(json.dumps({"text": REPEATS_SALT}).encode()).decode()
    assert line.ask(body, isBase64Encoded=True)[0] == 200
    assert line.ask("%%%", isBase64Encoded=True) == (400, {"code": "no_json"})


def test_a_body_that_is_not_a_string_is_refused(line: Line) -> None:
    context = {"http": {"method": "POST"}}
    event = {"requestContext": context, "headers": KNOWN, "body": ["text"]}
    told, _ = line.tip_line.take(event)
    assert (told["statusCode"], json.loads(told["body"])) == (400, {"code": "no_json"})


def test_only_post_is_answered(line: Line) -> None:
    context = {"http": {"method": "GET"}}
    assert line.ask({"text": "x"}, requestContext=context) == (405, {"code": "post_only"})


@pytest.mark.parametrize("headers", [
    pytest.param(None, id="none"),
    pytest.param({}, id="no headers"),
    pytest.param({JSON_PARTNER: "helpdesk"}, id="no secret"),
    pytest.param({JSON_PARTNER: "helpdesk", JSON_SECRET: "open"}, id="another secret"),
    pytest.param({JSON_PARTNER: "others", JSON_SECRET: "open sesame"}, id="another partner"),
    pytest.param({JSON_PARTNER: "", JSON_SECRET: ""}, id="blanks"),
    pytest.param({JSON_PARTNER: "helpdesk", JSON_SECRET: PARTNERS["helpdesk"]}, id="the digest"),
])  # fmt: skip
def test_who_is_not_known_is_refused(line: Line, headers: Any) -> None:
    assert line.ask({"text": REPEATS_SALT}, headers=headers) == (403, {"code": "not_known"})


def test_names_of_headers_have_no_case(line: Line) -> None:
    headers = {name.title(): value for name, value in KNOWN.items()}
    assert line.ask({"text": REPEATS_SALT}, headers=headers)[0] == 200


def test_a_signed_request_needs_no_secret(line: Line) -> None:
    signed = Line(line.public, signed=True)
    iam = {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:role/bot"}}}
    context = {"http": {"method": "POST"}} | iam
    assert signed.ask({"text": REPEATS_SALT}, headers={}, requestContext=context)[0] == 200
    assert signed.ask({"text": REPEATS_SALT}) == (403, {"code": "not_known"})


def test_a_partner_that_asks_too_often_waits(line: Line) -> None:
    line = Line(line.public, most=2)
    assert [line.ask({"text": "x"})[0] for _ in range(3)] == [200, 200, 429]
    line.seconds += WINDOW_SECONDS
    assert line.ask({"text": "x"})[0] == 200


STS, IAM = "arn:aws:sts::123456789012", "arn:aws:iam::123456789012"


@pytest.mark.parametrize(("first", "second", "shared"), [
    (f"{STS}:assumed-role/helpdesk/one", f"{STS}:assumed-role/helpdesk/two", True),
    (f"{STS}:assumed-role/helpdesk/a:b", f"{STS}:assumed-role/helpdesk/c", True),
    (f"{STS}:assumed-role/helpdesk/one", f"{STS}:assumed-role/other/one", False),
    (f"{STS}:assumed-role/helpdesk/one",
     "arn:aws:sts::210987654321:assumed-role/helpdesk/one", False),
    ("arn:aws-cn:sts::123456789012:assumed-role/helpdesk/one",
     "arn:aws-cn:sts::123456789012:assumed-role/helpdesk/two", True),
    (f"{STS}:federated-user/anna", f"{STS}:federated-user/budi", True),
    (f"{STS}:federated-user/anna", "arn:aws:sts::210987654321:federated-user/anna", False),
    (f"{IAM}:user/anna", f"{IAM}:user/budi", False),
    (f"{IAM}:user/team/anna", f"{IAM}:user/team/budi", False),
    (f"{IAM}:root", f"{IAM}:root", True),
    (f"{IAM}:root", "arn:aws:iam::210987654321:root", False),
], ids=["two sessions of a role", "a session with a colon", "two roles", "two accounts",
        "another partition", "two federated users of an account", "federated by two accounts",
        "two users", "two users with a path", "root", "the roots of two accounts"])  # fmt: skip
def test_a_principal_has_one_quota_whatever_its_session_is_called(line: Line, first: str,
        second: str, shared: bool) -> None:  # fmt: skip
    line = Line(line.public, signed=True, most=1)
    told = []
    for arn in (first, second):
        iam = {"authorizer": {"iam": {"userArn": arn}}}
        context = {"http": {"method": "POST"}} | iam
        told.append(line.ask({"text": "x"}, headers={}, requestContext=context)[0])
    assert told == [200, 429 if shared else 200]


def test_an_answer_without_an_index_says_so() -> None:
    assert Line(public_with(None)).ask({"text": "x"}) == (503, {"code": "no_index"})


def test_a_new_index_answers_within_half_a_minute(line: Line) -> None:
    assert line.ask({"text": REPEATS_SALT})[1]["checks"]
    line.public.put(built(*CHECKS[1:]))
    assert line.ask({"text": REPEATS_SALT})[1]["checks"]
    line.seconds += 30
    assert line.ask({"text": REPEATS_SALT})[1]["checks"]
    line.seconds += 1
    assert line.ask({"text": REPEATS_SALT})[1]["checks"] == []


def test_an_index_with_another_digest_is_an_operator_error(line: Line) -> None:
    [key] = [key for key in line.public.stored if key.endswith(".claims")]
    line.public.stored[key] = built(*CHECKS[:1])
    with pytest.raises(OperatorError, match="has another digest"):
        line.ask({"text": REPEATS_SALT})


def test_another_set_with_the_same_index_answers_as_before(line: Line) -> None:
    """A worker that has the index keeps it, whatever packs were published meanwhile."""
    assert line.ask({"text": REPEATS_SALT})[1]["checks"]
    digest = msgspec.json.decode(line.public.stored[_set_of(line)])["factchecks"]
    data = msgspec.json.encode({"packs": [], "notice_hours": 48, "factchecks": digest})
    name = sha256(data).hexdigest()
    line.public.stored |= {set_key(name): data,
        POINTER_KEY: msgspec.json.encode({"set": name, "since": ""})}  # fmt: skip
    line.seconds += 31
    assert line.ask({"text": REPEATS_SALT})[1]["checks"]


def _set_of(line: Line) -> str:
    return set_key(msgspec.json.decode(line.public.stored[POINTER_KEY])["set"])
