"""The body of a message: one post, an array of posts, or lines; whatever it is, all is counted."""

import json

import pytest
from support.sample_posts import fields, line

from ledger.codes import Code, Refusal
from ledger.texts import lines_of_body
from scan.unit_input import read_records

POST = fields()
NAN = b'{"x": NaN}'.decode()


@pytest.mark.parametrize(
    ("body", "posts", "refused"),
    [
        (json.dumps(POST), 1, {}),
        (json.dumps(POST, indent=2), 1, {}),
        ("\n " + json.dumps(POST) + "\n", 1, {}),
        (json.dumps([POST, POST]), 2, {}),
        (json.dumps([POST, POST], indent=2), 2, {}),
        (json.dumps([POST, 7, None, [], "x", POST]), 2, {Code.NOT_AN_OBJECT: 4}),
        ("[]", 0, {}),
        ("\n".join([json.dumps(POST)] * 3), 3, {}),
        ("\r\n".join([json.dumps(POST)] * 3) + "\r\n", 3, {}),
        (json.dumps(POST) + "\nhello\n" + json.dumps(POST), 2, {Code.JSON_SYNTAX: 1}),
        (json.dumps(POST) + json.dumps(POST), 0, {Code.JSON_SYNTAX: 1}),
        (NAN, 0, {Code.JSON_SYNTAX: 1}),
        (json.dumps(fields(text="\u2028\u2029\x85")), 1, {}),
        (json.dumps(fields(text="a\nb"), ensure_ascii=False), 1, {}),
        ('{"id":"0",' + json.dumps(POST)[1:], 0, {Code.JSON_DUPLICATE_KEY: 1}),
        (json.dumps([POST])[:-2] + ',"id":"0"}]', 0, {Code.JSON_DUPLICATE_KEY: 1}),
        (json.dumps(fields(x=json.loads("[" * 99 + "]" * 99))), 0, {Code.JSON_DEPTH: 1}),
        (json.dumps([POST, json.loads("[" * 99 + "]" * 99)]), 1, {Code.JSON_DEPTH: 1}),
        ('{"a":' * 100_000, 0, {Code.JSON_DEPTH: 1}),
        (f"[{NAN}]", 0, {Code.JSON_SYNTAX: 1}),
        (f'[{json.dumps(POST)}, {{"id": "\\ud800"}}]', 1, {Code.JSON_SYNTAX: 1}),
        (json.dumps(fields(text="\ud800"), indent=2), 0, {Code.JSON_SYNTAX: 1}),
        ("{\n" + json.dumps(POST), 1, {Code.JSON_SYNTAX: 1}),
    ],
    ids=["an object", "an indented object", "an object in white space", "an array",
         "an indented array", "an array of anything", "an empty array", "lines", "lines with CRLF",
         "a line of garbage", "two objects on one line", "NaN", "separators that Python cuts at",
         "an escaped newline", "a key twice", "a key twice in an array", "too deep",
         "too deep in an array", "brackets without end", "NaN in an array",
         "half a surrogate pair in an array", "half a surrogate pair in an indented object",
         "a broken line before a good one"],
)  # fmt: skip
def test_bodies_are_read(body: str, posts: int, refused: dict[Code, int]) -> None:
    found = lines_of_body(body)
    assert isinstance(found, bytes)
    reading = read_records(found)
    assert (len(reading.posts), dict(reading.refused)) == (posts, refused)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", Code.MSG_SYNTAX),
        ("  \n", Code.MSG_SYNTAX),
        ("hello", Code.MSG_SYNTAX),
        ('"public"', Code.MSG_SYNTAX),
        ("7", Code.MSG_SYNTAX),
        ("[", Code.MSG_SYNTAX),
        ("[" * 100_000, Code.MSG_SYNTAX),
        (json.dumps([POST]) + "x", Code.MSG_SYNTAX),
        (json.dumps(POST, indent=2)[:-1], Code.MSG_SYNTAX),
        ('{"text": "\ud800"}', Code.ENCODING),
    ],
    ids=["empty", "blank", "words", "a string", "a number", "an open array", "brackets without end",
         "words behind an array", "an indented object without its end", "a lone surrogate"],
)  # fmt: skip
def test_a_body_without_records_is_refused_as_a_whole(body: str, code: Code) -> None:
    assert lines_of_body(body) == Refusal(code)


def test_numbers_and_words_come_through_unchanged() -> None:
    body = '[{"n": 12345678901234567890123, "f": 1.10, "t": "\\u00e9\\/"}]'
    assert lines_of_body(body) == b'{"n":12345678901234567890123,"f":1.10,"t":"\\u00e9\\/"}\n'
    assert (
        lines_of_body(line().decode())
        == line().replace(b'": "', b'":"').replace(b'", "', b'","') + b"\n"
    )
