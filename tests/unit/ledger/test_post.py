"""A post is read from one line, or refused with a code that says why."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from support.sample_posts import POST, fields, line

from ledger.codes import Code, Refusal
from ledger.posts import (
    LINE_BYTES,
    Post,
    TranslatedPost,
    read_fields,
    read_line,
    read_translated_line,
)
from ledger.texts import JSON_DEPTH, lines_of_body, utc
from scan.unit_input import read_records

DEEP = json.loads("[" * JSON_DEPTH + "]" * JSON_DEPTH)
"""As deep as a line may be, so that the record around it is one too deep."""

REFUSED = {
    "audience absent": (line(audience=...), Code.NOT_PUBLIC, "audience"),
    "audience null": (line(audience=None), Code.NOT_PUBLIC, "audience"),
    "audience of another case": (line(audience="Public"), Code.NOT_PUBLIC, "audience"),
    "audience of followers": (line(audience="followers"), Code.NOT_PUBLIC, "audience"),
    "audience a list": (line(audience=["public"]), Code.NOT_PUBLIC, "audience"),
    "not public comes before all else": (b'{"id": 7, "x": 1}', Code.NOT_PUBLIC, "audience"),
    "bytes of Latin-1": (line(text="caf\u00e9").replace(b"\xc3\xa9", b"\xe9"), Code.ENCODING, ""),
    "UTF-16": (json.dumps(POST).encode("utf-16"), Code.ENCODING, ""),
    "surrogates in UTF-8": (line().replace(b"nine", b"\xed\xa0\x80"), Code.ENCODING, ""),
    "one byte too long": (line().ljust(LINE_BYTES + 1), Code.LINE_LONG, ""),
    "cut off": (line()[:-1], Code.JSON_SYNTAX, ""),
    "two objects": (line() + line(), Code.JSON_SYNTAX, ""),
    "a comma at the end": (line()[:-1] + b",}", Code.JSON_SYNTAX, ""),
    "NaN": (line(reach=float("nan")), Code.JSON_SYNTAX, ""),
    "infinity": (line(reach=float("-inf")), Code.JSON_SYNTAX, ""),
    "1e400": (line(x=...)[:-1] + b',"reach":1e400}', Code.JSON_SYNTAX, ""),
    "a lone surrogate": (line().replace(b"nine", rb"\ud800"), Code.JSON_SYNTAX, ""),
    "a surrogate too few": (line().replace(b"nine", rb"\ud83d x"), Code.JSON_SYNTAX, ""),
    "a control character": (line().replace(b"nine", b"\x00"), Code.JSON_SYNTAX, ""),
    "a byte order mark": (b"\xef\xbb\xbf" + line(), Code.JSON_SYNTAX, ""),
    "a number of 5,000 digits": (line(x=...)[:-1] + b',"x":' + b"9" * 5000 + b"}",
                                 Code.JSON_SYNTAX, ""),
    "a bracket too deep": (line(x=DEEP), Code.JSON_DEPTH, ""),
    "brackets without end": (b"[" * 100_000, Code.JSON_DEPTH, ""),
    "audience twice": (line()[:-1] + b',"audience":"public"}', Code.JSON_DUPLICATE_KEY, ""),
    "audience twice, once in escapes": (
        line()[:-1] + rb',"\u0061udience":"public"}', Code.JSON_DUPLICATE_KEY, ""),
    "id twice": (b'{"id":"0",' + line()[1:], Code.JSON_DUPLICATE_KEY, ""),
    "reach twice": (line(reach=1)[:-1] + b',"reach":2}', Code.JSON_DUPLICATE_KEY, ""),
    "links twice": (line(links=["a"])[:-1] + b',"links":[]}', Code.JSON_DUPLICATE_KEY, ""),
    "an unknown field twice": (line(x=1)[:-1] + b',"x":2}', Code.JSON_DUPLICATE_KEY, ""),
    "a key twice within": (line()[:-1] + b',"x":{"y":1,"y":2}}', Code.JSON_DUPLICATE_KEY, ""),
    "id twice behind escaped backslashes": (
        b'{"id":"0",' + line(id="\\", account="\\", text="\\", url="\\")[1:],
        Code.JSON_DUPLICATE_KEY, ""),
    "an array": (b"[" + line() + b"]", Code.NOT_AN_OBJECT, ""),
    "a string": (b'"public"', Code.NOT_AN_OBJECT, ""),
    "null": (b"null", Code.NOT_AN_OBJECT, ""),
    "no id": (line(id=...), Code.FIELD_MISSING, "id"),
    "id null": (line(id=None), Code.FIELD_MISSING, "id"),
    "no account": (line(account=...), Code.FIELD_MISSING, "account"),
    "no time": (line(published_at=...), Code.FIELD_MISSING, "published_at"),
    "id a number": (line(id=7), Code.FIELD_TYPE, "id"),
    "id a number of 30 digits": (line(id=10**29), Code.FIELD_TYPE, "id"),
    "account an object": (line(account={}), Code.FIELD_TYPE, "account"),
    "text a list": (line(text=["a"]), Code.FIELD_TYPE, "text"),
    "time a number": (line(published_at=1795600000), Code.FIELD_TYPE, "published_at"),
    "reach true": (line(reach=True), Code.FIELD_TYPE, "reach"),
    "reach a fraction": (line(reach=1.5), Code.FIELD_TYPE, "reach"),
    "reach a string": (line(reach="1"), Code.FIELD_TYPE, "reach"),
    "links a string": (line(links="https://a.example"), Code.FIELD_TYPE, "links"),
    "links of numbers": (line(links=[1]), Code.FIELD_TYPE, "links"),
    "id empty": (line(id=""), Code.FIELD_LENGTH, "id"),
    "id blank": (line(id=" \u3000\n"), Code.FIELD_LENGTH, "id"),
    "account blank": (line(account=" "), Code.FIELD_LENGTH, "account"),
    "id of 201": (line(id="x" * 201), Code.FIELD_LENGTH, "id"),
    "account of 201": (line(account="\u00e9" * 201), Code.FIELD_LENGTH, "account"),
    "text of 65,537": (line(text="\u00e9" * 65_537), Code.FIELD_LENGTH, "text"),
    "language of one letter": (line(language="e"), Code.FIELD_LENGTH, "language"),
    "url of 2,049": (line(url="u" * 2_049), Code.FIELD_LENGTH, "url"),
    "101 links": (line(links=["a"] * 101), Code.FIELD_LENGTH, "links"),
    "a link of 2,049": (line(links=["u" * 2_049]), Code.FIELD_LENGTH, "links"),
    "51 captions": (line(media_text=["a"] * 51), Code.FIELD_LENGTH, "media_text"),
    "reach below nothing": (line(reach=-1), Code.FIELD_RANGE, "reach"),
    "reach beyond all numbers": (line(reach=2**53 + 1), Code.FIELD_RANGE, "reach"),
    "reach of 30 digits": (line(reach=10**30), Code.FIELD_RANGE, "reach"),
    "a year before all": (line(published_at="1989-12-31T23:59:59Z"), Code.FIELD_RANGE,
                          "published_at"),
    "a year after all": (line(published_at="2200-01-01T00:00:00Z"), Code.FIELD_RANGE,
                         "published_at"),
    "year one, east of UTC": (line(published_at="0001-01-01T00:00:00+14:00"), Code.FIELD_RANGE,
                              "published_at"),
    "a second 60 in the middle of a day": (line(published_at="2026-11-25T10:00:60Z"),
                                           Code.TIME_SYNTAX, "published_at"),
    "a second 61": (line(published_at="2026-12-31T23:59:61Z"), Code.TIME_SYNTAX, "published_at"),
    "a leap second before all years": (line(published_at="0001-01-01T00:59:60+14:00"),
                                       Code.TIME_SYNTAX, "published_at"),
    "an id without width": (line(id="\u200b\u200d"), Code.FIELD_LENGTH, "id"),
    "an account of NUL": (line(account="\x00"), Code.FIELD_LENGTH, "account"),
    "time in words": (line(published_at="yesterday"), Code.TIME_SYNTAX, "published_at"),
    "a day alone": (line(published_at="2026-11-25"), Code.TIME_SYNTAX, "published_at"),
    "30 February": (line(published_at="2026-02-30T10:00:00Z"), Code.TIME_SYNTAX, "published_at"),
    "time without offset": (line(published_at="2026-11-25T10:00:00"), Code.TIME_OFFSET,
                            "published_at"),
}  # fmt: skip

ACCEPTED = {
    "as it is": (line(), 0),
    "id of 200": (line(id="\u00e9" * 200), 0),
    "empty text": (line(text=""), 0),
    "text of 65,536": (line(text="\U0001f600" * 65_536), 0),
    "as long as a line may be": (line().ljust(LINE_BYTES), 0),
    "a carriage return at the end": (line() + b"\r", 0),
    "every field": (
        line(language="id", url="https://a.example", reach=0, links=["b"], media_text=["c"]), 0),
    "optional fields null": (line(language=None, url=None, reach=None, links=None), 0),
    "empty lists": (line(links=[], media_text=[]), 0),
    "reach as large as it may be": (line(reach=2**53), 0),
    "unknown fields are counted": (line(likes=3, tags=[], audience_note="public"), 3),
    "as deep as it may be": (line(x=DEEP[0]), 1),
    "brackets in words": (line(text="[" * 5_000), 0),
    "quotes and backslashes": (line(text='She said "\\" and left\\'), 0),
    "the language is called like the id": (line(language="id"), 0),
    "escapes": (json.dumps(fields(text="\U0001f600\u00e9")).encode(), 0),
    "the word audience in the text": (line(text='"audience"'), 0),
    "UTC": (line(published_at="2026-11-25T10:00:00Z"), 0),
    "a leap second": (line(published_at="2026-12-31T23:59:60Z"), 0),
    "a leap second east of UTC": (line(published_at="2027-01-01T06:59:60.9+07:00"), 0),
    "the first year": (line(published_at="1990-01-01T00:00:00Z"), 0),
    "the last year": (line(published_at="2199-12-31T23:59:59Z"), 0),
}  # fmt: skip


@pytest.mark.parametrize(("given", "code", "field"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_line_is_refused(given: bytes, code: Code, field: str) -> None:
    assert read_line(given) == Refusal(code, field=field)


@pytest.mark.parametrize(("given", "unknown"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_correct_line_is_a_post(given: bytes, unknown: int) -> None:
    found = read_line(given)
    assert not isinstance(found, Refusal)
    post, counted = found
    told = {key: value for key, value in json.loads(given).items() if key in fields(**POST)}
    assert counted == unknown
    assert (post.id, post.account, post.text) == (told["id"], told["account"], told["text"])


def test_a_leap_second_is_read_as_the_last_instant_before_it() -> None:
    """Python has no second 60; the day and the minute stay as they were written."""
    for written in ("2026-12-31T23:59:60Z", "2027-01-01T06:59:60.5+07:00"):
        for found in (read_line(line(published_at=written)),
                      read_line(line(published_at=written, likes=3)),
                      read_fields(fields(published_at=written))):  # fmt: skip
            assert not isinstance(found, Refusal)
            moment = found[0].published_at.astimezone(UTC)
            assert moment == datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
            assert utc(moment) == "2026-12-31T23:59:59Z"


def test_every_code_of_a_line_is_refused_somewhere() -> None:
    """The table is whole: a code that a line can have, and nobody tried, shows here."""
    of_lines = set(list(Code)[: list(Code).index(Code.MSG_SYNTAX)])
    assert {code for _, code, _ in REFUSED.values()} == of_lines


def test_a_refusal_quotes_nothing_of_the_post() -> None:
    canary = "canary-4711"
    for given, _, _ in REFUSED.values():
        refusal = read_line(given.replace(b"nine", canary.encode()))
        assert canary not in repr(refusal)
    secret = line(audience="followers")[:-1] + b',"canary-4711":{"canary-4711":1,"canary-4711":2}}'
    assert canary not in repr(read_line(secret))


def test_parts_are_text_then_captions_then_links() -> None:
    found, _ = read_fields(fields(media_text=["m", "n"], links=["l"]))  # type: ignore[misc]
    assert found.parts == (
        ("text", POST["text"]), ("media_text/0", "m"), ("media_text/1", "n"), ("links/0", "l"),
    )  # fmt: skip


@pytest.mark.parametrize("changes", [
    {"text": "b"}, {"media_text": ["a"]}, {"links": ["a"]}, {"media_text": [], "links": ["", ""]},
], ids=["text", "a caption", "a link", "two links"])  # fmt: skip
def test_other_content_changes_the_text_digest(changes: dict[str, object]) -> None:
    post, _ = read_fields(fields(text="a"))  # type: ignore[misc]
    other, _ = read_fields(fields(**{"text": "a"} | changes))  # type: ignore[misc]
    assert post.text_digest != other.text_digest


def test_other_fields_do_not_change_the_text_digest() -> None:
    post, _ = read_fields(fields())  # type: ignore[misc]
    other, _ = read_fields(fields(id="2", reach=9, language="en", url="u"))  # type: ignore[misc]
    assert post.text_digest == other.text_digest


def test_a_translated_line_is_read_as_it_was_written() -> None:
    post = TranslatedPost(**{name: getattr(_post(), name) for name in Post.__struct_fields__},
                          at="messages[3]", assumed_utc=True)  # fmt: skip
    assert read_translated_line(msgspec.json.encode(post)) == post
    refusal = Refusal(Code.FIELD_TYPE, at="messages[4]", field="date")
    written = {"refused": refusal.code, "at": refusal.at, "field": refusal.field}
    assert read_translated_line(msgspec.json.encode(written)) == refusal


def test_a_senders_line_cannot_pass_for_a_translated_one() -> None:
    assert read_line(b'{"refused": "not_public", "at": "x"}') == Refusal(
        Code.NOT_PUBLIC, field="audience"
    )


def test_times_are_written_in_utc() -> None:
    assert utc(_post().published_at) == "2026-11-25T03:00:00Z"


def _post() -> Post:
    found = read_line(line())
    assert not isinstance(found, Refusal)
    return found[0]


NAN = b'{"x": NaN}'.decode()


@pytest.mark.parametrize(("body", "posts", "refused"), [
    (json.dumps(POST), 1, {}), (json.dumps(POST, indent=2), 1, {}),
    ("\n " + json.dumps(POST) + "\n", 1, {}), (json.dumps([POST, POST]), 2, {}),
    (json.dumps([POST, POST], indent=2), 2, {}),
    (json.dumps([POST, 7, None, [], "x", POST]), 2, {Code.NOT_AN_OBJECT: 4}),
    ("[]", 0, {}), ("\n".join([json.dumps(POST)] * 3), 3, {}),
    ("\r\n".join([json.dumps(POST)] * 3) + "\r\n", 3, {}),
    (json.dumps(POST) + "\nhello\n" + json.dumps(POST), 2, {Code.JSON_SYNTAX: 1}),
    (json.dumps(POST) + json.dumps(POST), 0, {Code.JSON_SYNTAX: 1}),
    (NAN, 0, {Code.JSON_SYNTAX: 1}), (json.dumps(fields(text="\u2028\u2029\x85")), 1, {}),
    (json.dumps(fields(text="a\nb"), ensure_ascii=False), 1, {}),
    ('{"id":"0",' + json.dumps(POST)[1:], 0, {Code.JSON_DUPLICATE_KEY: 1}),
    (json.dumps([POST])[:-2] + ',"id":"0"}]', 0, {Code.JSON_DUPLICATE_KEY: 1}),
    (json.dumps(fields(x=json.loads("[" * 99 + "]" * 99))), 0, {Code.JSON_DEPTH: 1}),
    (json.dumps([POST, json.loads("[" * 99 + "]" * 99)]), 1, {Code.JSON_DEPTH: 1}),
    ('{"a":' * 100_000, 0, {Code.JSON_DEPTH: 1}), (f"[{NAN}]", 0, {Code.JSON_SYNTAX: 1}),
    (f'[{json.dumps(POST)}, {{"id": "\\ud800"}}]', 1, {Code.JSON_SYNTAX: 1}),
    (json.dumps(fields(text="\ud800"), indent=2), 0, {Code.JSON_SYNTAX: 1}),
    ("{\n" + json.dumps(POST), 1, {Code.JSON_SYNTAX: 1}),
], ids=["an object", "an indented object", "an object in white space", "an array",
        "an indented array", "an array of anything", "an empty array", "lines", "lines with CRLF",
        "a line of garbage", "two objects on one line", "NaN", "separators that Python cuts at",
        "an escaped newline", "a key twice", "a key twice in an array", "too deep",
        "too deep in an array", "brackets without end", "NaN in an array",
        "half a surrogate pair in an array", "half a surrogate pair in an indented object",
        "a broken line before a good one"])  # fmt: skip
def test_bodies_are_read(body: str, posts: int, refused: dict[Code, int]) -> None:
    found = lines_of_body(body)
    assert isinstance(found, bytes)
    reading = read_records(found)
    assert (len(reading.posts), dict(reading.refused)) == (posts, refused)


@pytest.mark.parametrize(("body", "code"), [
    ("", Code.MSG_SYNTAX), ("  \n", Code.MSG_SYNTAX), ("hello", Code.MSG_SYNTAX),
    ('"public"', Code.MSG_SYNTAX), ("7", Code.MSG_SYNTAX), ("[", Code.MSG_SYNTAX),
    ("[" * 100_000, Code.MSG_SYNTAX), (json.dumps([POST]) + "x", Code.MSG_SYNTAX),
    (json.dumps(POST, indent=2)[:-1], Code.MSG_SYNTAX), ('{"text": "\ud800"}', Code.ENCODING),
], ids=["empty", "blank", "words", "a string", "a number", "an open array", "brackets without end",
        "words behind an array", "an indented object without its end",
        "a lone surrogate"])  # fmt: skip
def test_a_body_without_records_is_refused_as_a_whole(body: str, code: Code) -> None:
    assert lines_of_body(body) == Refusal(code)


def test_numbers_and_words_come_through_unchanged() -> None:
    body = '[{"n": 12345678901234567890123, "f": 1.10, "t": "\\u00e9\\/"}]'
    assert lines_of_body(body) == b'{"n":12345678901234567890123,"f":1.10,"t":"\\u00e9\\/"}\n'
    assert (
        lines_of_body(line().decode())
        == line().replace(b'": "', b'":"').replace(b'", "', b'","') + b"\n"
    )
