"""Each record is a post or a refusal, and its place is that of the sender's bytes."""

import msgspec
import pytest
from support.sample_posts import fields, line

from ledger.codes import Code, Refusal
from ledger.posts import TranslatedPost
from scan.unit_input import REFUSALS_IN_DETAIL, read_records

GOOD, BAD = line(), line(audience="followers")


@pytest.mark.parametrize(
    ("data", "lines", "records"),
    [
        (b"", 0, 0),
        (b"\n", 1, 0),
        (b" \n\t\r\n\n", 3, 0),
        (b"\xef\xbb\xbf", 0, 0),
        (b"\xef\xbb\xbf\n", 1, 0),
        (GOOD, 1, 1),
        (GOOD + b"\n", 1, 1),
        (GOOD + b"\r\n" + GOOD + b"\r\n", 2, 2),
        (b"\xef\xbb\xbf" + GOOD + b"\n", 1, 1),
        (GOOD + b"\n\n" + BAD, 3, 2),
    ],
    ids=["nothing", "a newline", "blank lines", "a byte order mark", "a mark and a newline",
         "no newline at the end", "a newline at the end", "CRLF", "a mark before a post",
         "a blank line between"],
)  # fmt: skip
def test_blank_lines_are_lines_and_no_records(data: bytes, lines: int, records: int) -> None:
    reading = read_records(data, begins_file=True)
    assert (reading.lines, reading.records) == (lines, records)
    assert reading.records == len(reading.posts) + sum(reading.refused.values())


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "a byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_refusal_has_the_line_and_byte_where_its_record_begins(mark: bytes, end: bytes) -> None:
    data = mark + end.join([GOOD, b"", BAD, GOOD, BAD])
    for refusal in read_records(data, begins_file=True).refusals:
        assert refusal.line is not None
        assert refusal.byte is not None
        assert data[refusal.byte :].startswith(BAD)
        assert data[: refusal.byte].count(b"\n") == refusal.line - 1
    assert [refusal.line for refusal in read_records(data, begins_file=True).refusals] == [3, 5]


def test_a_lone_carriage_return_ends_no_line() -> None:
    assert read_records(GOOD + b"\r" + GOOD + b"\n").refused == {Code.JSON_SYNTAX: 1}


def test_all_refusals_are_counted_and_the_first_are_kept() -> None:
    reading = read_records(b"[]\n" * (REFUSALS_IN_DETAIL + 5))
    assert reading.refused == {Code.NOT_AN_OBJECT: REFUSALS_IN_DETAIL + 5}
    assert len(reading.refusals) == REFUSALS_IN_DETAIL


def test_languages_and_times_are_those_of_the_posts() -> None:
    reading = read_records(
        b"\n".join(
            [
                line(language="id", published_at="2026-11-25T07:00:00+07:00"),
                line(published_at="2026-11-24T23:59:59Z"),
                line(published_at="2020-01-01T00:00:00Z", audience="followers"),
                line(language="id", published_at="2026-11-25T00:00:01Z"),
            ]
        )
    )
    counts = reading.counts
    assert counts["by_language"] == {"id": 2, "und": 1}
    assert (counts["first"], counts["last"]) == ("2026-11-24T23:59:59Z", "2026-11-25T00:00:01Z")
    assert read_records(b"").counts["first"] == ""


def test_unknown_fields_of_accepted_posts_are_counted() -> None:
    assert read_records(b"\n".join([line(a=1, b=2), GOOD, line(c=3)])).unknown_fields == 3


def test_translated_lines_keep_their_places_and_count_assumed_times() -> None:
    posts = [
        msgspec.convert(fields(at="messages[0]", assumed_utc=True), TranslatedPost),
        msgspec.convert(fields(at="messages[1]"), TranslatedPost),
    ]
    data = b"\n".join([*map(msgspec.json.encode, posts), b'{"refused":"not_a_post","at":"m[2]"}'])
    reading = read_records(data, translated=True)
    assert reading.posts == posts
    assert reading.assumed_utc == 1
    assert [(one.code, one.at) for one in reading.refusals] == [(Code.NOT_A_POST, "m[2]")]


def test_refusals_are_written_as_they_are_read() -> None:
    for refusal in read_records(BAD + b"\n[]\n").refusals:
        assert msgspec.json.decode(msgspec.json.encode(refusal), type=Refusal) == refusal
