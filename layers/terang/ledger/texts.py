"""Texts: the clock and its times, JSON that strangers wrote, and their words in tables and pages.

Times are as RFC 3339 writes them. JSON is read strictly. Words are made safe: see OWASP ASVS 5.0,
1.2.10 and "CSV Injection".
"""

import html
import json
import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import msgspec

from ledger.codes import Code, Refusal

_LEAP_SECOND = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):60(\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LONG_NUMBER = re.compile(r"&#(\d{9,})")
"""Numbers that may be too long for `int`, which raises ValueError from 4,301 digits on."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current time in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock; `today`, if given, replaces the date and keeps the time of day."""

    today: date | None = None

    def now(self) -> datetime:
        """Return the current time in UTC."""
        moment = datetime.now(UTC)
        return moment if self.today is None else datetime.combine(self.today, moment.timetz())


def clock_from_setting(today: str) -> SystemClock:
    """Return the clock that the setting TODAY asks for; empty means the machine's own."""
    return SystemClock(date.fromisoformat(today) if today else None)


def utc(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second.

    >>> utc(datetime.fromisoformat("2026-11-25T07:00:00+07:00"))
    '2026-11-25T00:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_exactly(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC with microseconds, so that texts sort as times do.

    >>> utc_exactly(datetime.fromisoformat("2026-11-25T07:00:00+07:00"))
    '2026-11-25T00:00:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rounded_seconds(seconds: float) -> int:
    """Return a duration with three significant digits, too coarse to identify a moment.

    >>> rounded_seconds(4.6), rounded_seconds(86_399), rounded_seconds(-3)
    (5, 86400, 0)
    """
    whole = max(0, round(seconds))
    step: int = 10 ** max(0, len(str(whole)) - 3)
    return (whole + step // 2) // step * step


def in_days(start: datetime, days: int) -> int:
    """Return the moment so many days later, in seconds since 1970."""
    return int((start + timedelta(days=days)).timestamp())


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month.

    >>> months_after(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def before_leap_second(value: str) -> str:
    """Return a time in its leap second as the last instant before it; any other text unchanged.

    RFC 3339 has a second 60 at 23:59 UTC, in any offset. Python has none. The last microsecond of
    the same minute keeps the day.

    Source: RFC 3339, section 5.7.

    >>> before_leap_second("2016-12-31T15:59:60.5-08:00")
    '2016-12-31T15:59:59.999999-08:00'
    >>> before_leap_second("2016-12-31T12:00:60Z")
    '2016-12-31T12:00:60Z'
    """
    match = _LEAP_SECOND.fullmatch(value)
    if match is None:
        return value
    text = f"{match['minute']}:59.999999{match['offset']}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return text if (moment.hour, moment.minute) == (23, 59) else value


FORMULA = frozenset("=+-@|%−")
"""Signs that begin a formula: OWASP's, `|` and `%` for DDE commands, and the minus of Unicode."""


def escape_csv_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    The first visible character decides, in its plain width: spreadsheets skip blanks and read full
    width signs, which most libraries miss.

    >>> [escape_csv_formula(text) for text in ("plain", "=1+1", " ＝1")]
    ['plain', "'=1+1", "' ＝1"]
    """
    return f"'{text}" if _first_sign(text) in FORMULA else text


def is_blank(text: str) -> bool:
    r"""Return whether a text holds nothing that a reader can see.

    Blanks, controls, characters without width, and marks without a letter cannot be seen. Neither
    can the fillers of Hangul and the empty cell of Braille, which Unicode calls letter and symbol.

    >>> [is_blank(text) for text in ("", " \t", "\x00", chr(0x200B), chr(0x3164), " a")]
    [True, True, True, True, True, False]
    """
    first = text[:1]
    if first.isascii() and first.isalnum():  # nearly every text
        return False
    return all(
        character in _FILLERS or unicodedata.category(character) in _UNSEEN for character in text
    )


_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def replace_controls(text: str, keep: str = "") -> str:
    r"""Put a replacement mark for each character that controls a terminal or the reading direction.

    Controls, line breaks and direction marks are replaced. All else stays, also the joiners that
    some scripts need, and the characters of `keep`.

    >>> replace_controls("a\nb" + chr(0x202E)), replace_controls("a\nb", keep="\n")
    ('a�b�', 'a\nb')
    """
    if text.isprintable():  # fast: nearly every text is, and then it has none of these characters
        return text
    return "".join(
        "\ufffd" if _is_control(character) and character not in keep else character
        for character in text
    )


def _is_control(character: str) -> bool:
    bidirectional = unicodedata.bidirectional(character)
    turns = bidirectional in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return turns or unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _first_sign(text: str) -> str:
    """Return the first visible character in its plain width, or an empty text."""
    for character in text:
        if unicodedata.category(character) not in {"Cc", "Cf", "Mn", "Zs"}:
            return unicodedata.normalize("NFKC", character)[:1]
    return ""


JSON_DEPTH = 64
"""The deepest nesting that is read, below the limits of all parsers."""

_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""A bracket of JSON; a string, also one that breaks off, is passed over as a whole."""
_ARRAY = list[msgspec.Raw]
_encoder = msgspec.json.Encoder(order="deterministic")


class _DuplicateKeyError(Exception):
    """One object has the same key twice. The key is not named: it may be the sender's words."""


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise _DuplicateKeyError  # nobody could say which was meant
    return record


def decode_object(raw: bytes | Code) -> dict[str, Any] | Code:
    """Return the decoded JSON object, or the code of the refusal. Return a given Code unchanged.

    >>> decode_object(b'{"a": 1, "a": 2}')
    <Code.JSON_DUPLICATE_KEY: 'json_duplicate_key'>
    >>> decode_object(b'{"a": 1}'), decode_object(b"[]")
    ({'a': 1}, <Code.NOT_AN_OBJECT: 'not_an_object'>)
    """
    record = decode_value(raw)
    return record if isinstance(record, dict | Code) else Code.NOT_AN_OBJECT


def decode_value(raw: bytes | Code) -> Any:
    """Return the decoded JSON value, or the code of the refusal; a JSON string is never a Code.

    The caller has bounded the nesting to JSON_DEPTH. Here only the parser's own limit applies.
    """
    if isinstance(raw, Code):
        return raw
    try:
        text = raw.decode("utf-8")
        msgspec.json.decode(raw)  # the grammar: no NaN, no lone surrogate, no control character
        return json.loads(text, object_pairs_hook=_reject_duplicate_keys)
    except UnicodeDecodeError:
        return Code.ENCODING
    except _DuplicateKeyError:
        return Code.JSON_DUPLICATE_KEY
    except RecursionError:
        return Code.JSON_DEPTH
    except (msgspec.DecodeError, ValueError):
        return Code.JSON_SYNTAX


def nests_too_deep(line: bytes) -> bool:
    """Return whether brackets nest deeper than JSON_DEPTH, outside of strings.

    >>> nests_too_deep(b"[" * 65), nests_too_deep(b'"' + b"[" * 65 + b'"')
    (True, False)
    """
    if line.count(b"[") + line.count(b"{") <= JSON_DEPTH:
        return False
    depth = 0
    for found in _BRACKET.finditer(line):
        if line[found.start()] in b"[{":
            depth += 1
        elif line[found.start()] in b"]}":
            depth -= 1
        if depth > JSON_DEPTH:
            return True
    return False


def lines_of_body(body: str) -> bytes | Refusal:
    r"""Return the records of a message's body as JSON Lines, or why nothing of it can be read.

    A body is one object, an array of objects, or lines.

    >>> lines_of_body('[{"id": "1"},\n {"id": "2"}]')
    b'{"id":"1"}\n{"id":"2"}\n'
    >>> lines_of_body('{"id": "1"}\n{"id": "2"}')
    b'{"id": "1"}\n{"id": "2"}'
    >>> lines_of_body("hello")
    Refusal(code=<Code.MSG_SYNTAX: 'msg_syntax'>)
    """
    try:
        data = body.encode()
    except UnicodeEncodeError:
        return Refusal(Code.ENCODING)
    start = data.lstrip()[:1]
    if start not in (b"{", b"["):
        return Refusal(Code.MSG_SYNTAX)
    try:
        if start == b"[":
            return b"".join(_one_line(item) for item in msgspec.json.decode(data, type=_ARRAY))
        msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return _salvaged_lines(data)
    return _one_line(data)


def _salvaged_lines(data: bytes) -> bytes | Refusal:
    """Return the lines of a body that is not valid JSON as a whole, or the items of its array.

    The standard library reads some text that is not Unicode, such as half a surrogate pair. The
    item that holds it is refused when its line is read, and the other items are not.
    """
    lines = data.strip().split(b"\n")
    if data.lstrip().startswith(b"{") and (len(lines) == 1 or any(map(_is_object, lines))):
        return data
    try:
        value = json.loads(data, object_pairs_hook=_reject_duplicate_keys)
    except (ValueError, RecursionError, _DuplicateKeyError):
        return Refusal(Code.MSG_SYNTAX)
    items = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _one_line(value: bytes | msgspec.Raw) -> bytes:
    """Return a value without the newlines between its tokens."""
    return msgspec.json.format(bytes(value), indent=-1) + b"\n"


def resolve_references(text: str) -> str:
    """Return the text with its character references resolved, however long their numbers are.

    >>> resolve_references("&lt;&#0000000000065;"), resolve_references("&#" + "9" * 5_000 + ";")
    ('<A', '\ufffd')
    """
    # Eight digits are past the last code point.
    shorter = _LONG_NUMBER.sub(lambda match: f"&#{match[1].lstrip('0')[:8] or '0'}", text)
    return html.unescape(shorter)


def encode_json(record: Any) -> bytes:
    """Return a record as indented JSON, with a newline at its end."""
    return msgspec.json.format(_encoder.encode(record), indent=2) + b"\n"


def json_schema(title: str, described: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type under a title.

    >>> json_schema("A count", int)["type"]
    'integer'
    """
    dialect = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": dialect, "title": title, **msgspec.json.schema(described)}
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])  # without tuples


def encode_json_lines(records: Iterable[Any]) -> bytes:
    r"""Return records as JSON Lines, with keys in a fixed order.

    >>> encode_json_lines([{"a": 1}, {"b": 2}])
    b'{"a":1}\n{"b":2}\n'
    """
    return _encoder.encode_lines(records)
