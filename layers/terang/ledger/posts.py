"""A post: one public message of one account, read from a line of JSON.

Lines of a stream are read with at most one line in memory, whatever its length.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, BinaryIO, Literal, NamedTuple

import msgspec
from msgspec import Meta

from ledger.codes import Code, Refusal
from ledger.texts import before_leap_second, decode_object, is_blank, nests_too_deep

LINE_BYTES = 2 * 1024 * 1024


Id = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=65_536)]
Link = Annotated[str, Meta(max_length=2_048)]
Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=2**53)]


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One public message. `audience` has one value: anything else was refused.

    `account` is the provider's own name until scan or intake replaces it with a pseudonym.
    `media_text` (captions, alternative texts, transcripts) is inspected like `text`;
    `language` is reported, never a filter; `reach` counts views or followers.
    """

    id: Id
    account: Id
    text: Text
    audience: Literal["public"]
    published_at: Time
    language: Annotated[str, Meta(min_length=2, max_length=35)] | None = None
    url: Link | None = None
    reach: Count | None = None
    links: Annotated[list[Link], Meta(max_length=100)] | None = None
    media_text: Annotated[list[Text], Meta(max_length=50)] | None = None

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return the texts that are inspected, in order: `text`, `media_text/0` …, `links/0` …."""
        if not self.media_text and not self.links:
            return (("text", self.text),)
        return tuple(self._parts())

    def _parts(self) -> Iterator[tuple[str, str]]:
        yield "text", self.text
        for name, values in (("media_text", self.media_text), ("links", self.links)):
            for number, value in enumerate(values or ()):
                yield f"{name}/{number}", value

    @property
    def text_digest(self) -> str:
        """SHA-256 over all parts: an edited post is another text."""
        return sha256(msgspec.json.encode(self.parts)).hexdigest()


class TranslatedPost(Post, frozen=True, omit_defaults=True, kw_only=True):
    """A post that intake translated from another format; its account is a pseudonym.

    `at` is its place in the sender's file; `assumed_utc` says that its time had no offset;
    `unknown_fields` counts the fields that were ignored.
    """

    at: str
    assumed_utc: bool = False
    unknown_fields: int = 0


FIELDS: dict[str, Any] = {name: Post.__annotations__[name] for name in Post.__struct_fields__}

REQUIRED = ("id", "account", "text", "audience", "published_at")

YEARS = range(1990, 2200)
"""The years in which a post can have been published."""


_strict = msgspec.json.Decoder(Post)
_translated = msgspec.json.Decoder(TranslatedPost)


def read_line(line: bytes) -> tuple[Post, int] | Refusal:
    """Return the post of a line and its number of unknown fields, or why it is refused.

    >>> read_line(b'{"id": "1", "account": "a", "text": "", "audience": "followers"}')
    Refusal(code=<Code.NOT_PUBLIC: 'not_public'>, field='audience')
    >>> read_line(b'{"id": 7, "audience": "public"}')
    Refusal(code=<Code.FIELD_TYPE: 'field_type'>, field='id')
    """
    if len(line) > LINE_BYTES:
        return Refusal(Code.LINE_LONG)
    try:
        post = _strict.decode(line)  # it stops at any nesting deeper than a post's own lists
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _explain(line)
    # The decoder takes the last of two keys of the same name, and nobody could say which was meant.
    if not _each_key_once(line, post) or _implausible(post):
        return _explain(line)
    return post, 0


def read_translated_line(line: bytes) -> TranslatedPost | Refusal:
    """Return the post or the refusal that intake wrote when it translated a file.

    >>> read_translated_line(b'{"refused": "not_public", "at": "messages[3]"}')
    Refusal(code=<Code.NOT_PUBLIC: 'not_public'>, at='messages[3]')
    """
    if line.startswith(b'{"refused":'):
        record = msgspec.json.decode(line)
        return Refusal(Code(record["refused"]), at=record["at"], field=record.get("field", ""))
    return _translated.decode(line)


def read_fields(fields: dict[str, Any]) -> tuple[Post, int] | Refusal:
    """Return the post of these fields and the number of unknown ones, or why it is refused.

    A post that is not public is refused first, before anything else of it is read.

    >>> read_fields({"id": "1", "account": "a", "text": "x", "audience": "public",
    ...              "published_at": "2026-11-25T10:00:00"})
    Refusal(code=<Code.TIME_OFFSET: 'time_offset'>, field='published_at')
    """
    if fields.get("audience") != "public":
        return Refusal(Code.NOT_PUBLIC, field="audience")
    known: dict[str, Any] = {}
    for name in FIELDS:
        value = fields.get(name)
        if value is None:
            if name in REQUIRED:
                return Refusal(Code.FIELD_MISSING, field=name)
            continue
        if name == "published_at" and isinstance(value, str):
            value = before_leap_second(value)
        try:
            known[name] = msgspec.convert(value, FIELDS[name])
        except msgspec.ValidationError:
            return Refusal(_code_of(name, value), field=name)
    post = Post(**known)
    return _implausible(post) or (post, sum(name not in FIELDS for name in fields))


def time_code(value: Any) -> Code:
    """Return the code for a value that is not a time with an offset.

    >>> time_code("2026-11-25T10:00:00")
    <Code.TIME_OFFSET: 'time_offset'>
    """
    if not isinstance(value, str):
        return Code.FIELD_TYPE
    try:
        msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return Code.TIME_SYNTAX
    return Code.TIME_OFFSET


def _each_key_once(line: bytes, post: Post) -> bool:
    """Return whether the line has no more quotes than the post's keys and strings need.

    It may say no wrongly: a null adds a key, and a backslash can precede a closing quote. Then the
    slow reader decides.
    """
    strings = 2 * (len(REQUIRED) + (post.language is not None) + (post.url is not None))
    strings += post.reach is not None
    for values in (post.links, post.media_text):
        if values is not None:
            strings += 1 + len(values)
    quotes = line.count(b'"')
    if b"\\" in line:
        quotes -= line.count(b'\\"')
        if b"\\\\" in line:
            return False
    return quotes == 2 * strings


def _implausible(post: Post) -> Refusal | None:
    for name in ("id", "account"):
        if is_blank(getattr(post, name)):
            return Refusal(Code.FIELD_LENGTH, field=name)
    if post.published_at.year not in YEARS:
        return Refusal(Code.FIELD_RANGE, field="published_at")
    return None


def _explain(line: bytes) -> tuple[Post, int] | Refusal:
    """Read a line that the strict decoder does not accept: it may only have unknown fields."""
    if nests_too_deep(line):
        return Refusal(Code.JSON_DEPTH)
    record = decode_object(line)
    return Refusal(record) if isinstance(record, Code) else read_fields(record)


def _code_of(name: str, value: Any) -> Code:
    if name == "published_at":
        return time_code(value)
    if name == "reach":
        return Code.FIELD_RANGE if type(value) is int else Code.FIELD_TYPE
    kinds: tuple[type, ...] = (list,) if name in {"links", "media_text"} else (str,)
    if not isinstance(value, kinds):
        return Code.FIELD_TYPE
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return Code.FIELD_TYPE
    return Code.FIELD_LENGTH


_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-[a-z0-9]{1,8})*")

ISO_639_1 = frozenset(
    """aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz
    ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln
    lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi
    pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
    tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905 - a list of two hundred strings is harder to read
)
COUNTED_LANGUAGES = ISO_639_1.union(
    ("ace", "ban", "bjn", "bug", "ceb", "ckb", "fil", "hil", "ilo", "mad", "min", "nds", "pap",
     "pcm", "tet", "und", "war", "yue")
)  # fmt: skip
"""Includes some languages of public channels that have only a three-letter code."""
SCRIPTS = frozenset({"arab", "cyrl", "deva", "hans", "hant", "latn"})


def language_of(tag: str | None) -> str:
    """Cut a language tag (BCP 47) to language and script; `und` for no tag, `other` if unknown.

    The sender writes the tag, so only known languages are counted and published.

    >>> [language_of(tag) for tag in ("zh-Hant-TW", "EN_us", "id", "my name is", "xxx", "", None)]
    ['zh-hant', 'en', 'id', 'other', 'other', 'und', 'und']
    """
    if not tag:
        return "und"
    match = _TAG.fullmatch(tag.lower().replace("_", "-"))
    if match is None or match[1] not in COUNTED_LANGUAGES:
        return "other"
    return f"{match[1]}-{match[2]}" if match[2] in SCRIPTS else match[1]


CHUNK_BYTES = 256 * 1024
BOM = b"\xef\xbb\xbf"


class StreamLine(NamedTuple):
    """A line without its newline; `data` is None for a line longer than LINE_BYTES.

    `quotes` counts the double quotes of the whole line, also of a long one: a CSV reader needs to
    know whether a quoted field is still open after it.
    """

    number: int
    data: bytes | None
    quotes: int


def read_lines(stream: BinaryIO) -> Iterator[StreamLine]:
    r"""Yield all lines, numbered from 1. Leave out a byte order mark at the start.

    >>> import io
    >>> [line.data for line in read_lines(io.BytesIO(b"\xef\xbb\xbfone\n\ntwo"))]
    [b'one', b'', b'two']
    """
    pieces: list[bytes] = []
    number, size, quotes = 1, 0, 0
    chunk = read_past_bom(stream) or stream.read(CHUNK_BYTES)
    while chunk:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            fits = size + len(part) <= LINE_BYTES
            data = b"".join((*pieces, part)) if fits else None
            yield StreamLine(number, data, quotes + part.count(b'"'))
            number, pieces, size, quotes = number + 1, [], 0, 0
        size += len(rest)
        quotes += rest.count(b'"')
        if size <= LINE_BYTES:
            pieces.append(rest)
        else:
            pieces.clear()
        chunk = stream.read(CHUNK_BYTES)
    if size:
        yield StreamLine(number, b"".join(pieces) if size <= LINE_BYTES else None, quotes)


def read_past_bom(stream: BinaryIO) -> bytes:
    """Return the first three bytes, or no bytes if they are a byte order mark."""
    head = b""
    while len(head) < len(BOM) and (more := stream.read(len(BOM) - len(head))):
        head += more
    return head.removeprefix(BOM)
