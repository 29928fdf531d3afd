"""ActivityStreams 2.0: an outbox (a collection or a page of one), or single objects.

A post is public if `to` holds the Public collection. In `cc` that collection makes a post unlisted,
which its author did not address to everyone; without it the post is private. If both an activity
and its object have addresses, both must be public.

Only created objects are posts: likes, follows, announcements of others' posts, edits and deletions
are refused `not_a_post`. Content is HTML and becomes text; `tag` is ignored.
Source: W3C, ActivityStreams 2.0 and ActivityPub (5.6 Public Addressing).
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.formats.reader import (
    FileContext,
    FileHead,
    PostItem,
    as_object,
    bound_links,
    bound_texts,
    language_tag,
    published_time,
    read_elements,
    web_address,
)
from ledger.posts import LINE_BYTES
from ledger.refusals import Code, Refusal
from ledger.streams import JsonDocument, decode_value

name = "activitystreams"
version = 1
marks = b",[{<"

PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
LISTS = frozenset({"orderedItems", "items"})
OBJECTS = frozenset({"Note", "Article", "Page", "Question", "Image", "Video", "Audio", "Document"})


_PIECE = re.compile(
    r"""<(?: !--(?:.*?-->|.*)                             # an open comment hides the rest
      | (?P<hidden>script|style)\b.*?(?:</(?P=hidden)\s*>|\Z)
      | /?(?P<tag>[a-z][a-z0-9]*+)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*+)> )""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_HREF = re.compile(r"""\bhref\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#(\d{9,})")  # `int` accepts at most 4,300 digits
_BREAKS = frozenset({"p", "br", "div", "li", "ul", "ol", "hr", "tr", "pre", "blockquote"})


def recognises(head: FileHead) -> bool:
    """Return whether the first object has the ActivityStreams context or is a collection."""
    context = json.dumps(head.outline.get("@context"))
    return "www.w3.org/ns/activitystreams" in context or "orderedItems" in head.outline


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each activity or object, at `orderedItems[2]` or `object 1`.

    Several objects may follow each other, for example one on each line.
    """
    document = JsonDocument(stream)
    number = 0
    while document.peek():
        number += 1
        yield from _object(document, f"object {number}", "" if number == 1 else f"object {number} ")


def _object(document: JsonDocument, at: str, place: str) -> Iterator[PostItem | Refusal]:
    """Yield the items of a collection while it is read, or the one object if it is not one."""
    members: dict[str, Any] = {}
    size, streamed = 0, False
    for key in document.members():
        if key in LISTS and document.peek() == b"[":
            streamed = True
            yield from read_elements(document, place + key, _post)
        elif key == "first" and document.peek() == b"{" and "first" not in place:
            streamed = True
            yield from _object(document, f"{place}first", f"{place}first.")
        else:
            raw = document.value()
            size += len(raw)
            members[key] = raw if size <= LINE_BYTES else Code.LINE_LONG
    if not streamed:
        yield _single(members, at)


def _single(members: dict[str, bytes | Code], at: str) -> PostItem | Refusal:
    thing = {key: decode_value(raw) for key, raw in members.items()}
    codes = [value for value in thing.values() if isinstance(value, Code)]
    return Refusal(codes[0], at=at) if codes else _post(thing, at)


def _post(thing: dict[str, Any], at: str) -> PostItem | Refusal:
    created = "Create" in _many(thing.get("type"))
    activity, post = (thing, as_object(thing.get("object"))) if created else ({}, thing)
    if OBJECTS.isdisjoint(kind for kind in _many(post.get("type")) if isinstance(kind, str)):
        return Refusal(Code.NOT_A_POST, at=at)
    if not _is_public(activity, post):
        return Refusal(Code.NOT_PUBLIC, at=at, field="to")
    text, addresses = read_html(_content(post))
    published_at, assumed_utc = published_time(post.get("published") or activity.get("published"))
    pages = [_address(page) for page in _many(post.get("attachment"))]
    fields = {
        "id": post.get("id"),
        "account": _account(post.get("attributedTo")) or _account(activity.get("actor")),
        "text": text,
        "audience": "public",
        "published_at": published_at,
        "language": language_tag(_language(post)),
        "url": next(filter(None, map(_address, _many(post.get("url")))), None),
        "links": bound_links((*addresses, *pages)),
        "media_text": bound_texts(_media(post)),
    }
    return PostItem(at, fields, assumed_utc)


def _is_public(activity: dict[str, Any], post: dict[str, Any]) -> bool:
    addressed = [part for part in (activity, post) if "to" in part or "cc" in part]
    return bool(addressed) and all(
        any(isinstance(to, str) and to in PUBLIC for to in _many(part.get("to")))
        for part in addressed
    )


def _content(post: dict[str, Any]) -> str:
    content = post.get("content")
    return content if isinstance(content, str) else next(iter(_translations(post).values()), "")


def _translations(post: dict[str, Any]) -> dict[str, str]:
    contents = as_object(post.get("contentMap"))
    return {tag: content for tag, content in contents.items() if isinstance(content, str)}


def _language(post: dict[str, Any]) -> str | None:
    content = _content(post)
    return next(
        (tag for tag, translation in _translations(post).items() if translation == content), None
    )


def _media(post: dict[str, Any]) -> Iterator[Any]:
    """Yield title, content warning, translations, alternative texts, and options of a poll."""
    yield post.get("name")
    for markup in (post.get("summary"), *_translations(post).values()):
        if isinstance(markup, str) and markup != _content(post):
            yield read_html(markup)[0]
    for key in ("attachment", "image", "oneOf", "anyOf"):
        for part in _many(post.get(key)):
            yield as_object(part).get("name")


def _account(value: Any) -> Any:
    """Return the id of the first author, or its address if it has no id."""
    first = next(iter(_many(value)), None)
    return first.get("id") or first.get("url") if isinstance(first, dict) else first


def _address(value: Any) -> str | None:
    href = as_object(value).get("href") if isinstance(value, dict) else value
    return web_address(href)


def _many(value: Any) -> list[Any]:
    """Return the values of a property, which may have one value or a list of values."""
    return value if isinstance(value, list) else [] if value is None else [value]


def read_html(markup: str) -> tuple[str, list[str]]:
    r"""Return the text, one line for each block, and the addresses of the links, in order.

    Inline tags leave no trace, so that a word that they broke is whole again. No tree is built, and
    the time is linear.

    >>> read_html('<p>See <a href="https://example.org/?a=1&amp;b=2">th<b></b>is</a></p><p>Now</p>')
    ('See this\nNow', ['https://example.org/?a=1&b=2'])
    """
    addresses: list[str] = []

    def replace_tag(piece: re.Match[str]) -> str:
        hrefs = _HREF.finditer(piece["attributes"] or "")
        addresses.extend(_unescaped(href[href.lastindex or 0]) for href in hrefs)
        return "\n" if (piece["tag"] or "").lower() in _BREAKS else ""

    lines = map(str.strip, _unescaped(_PIECE.sub(replace_tag, markup)).split("\n"))
    return "\n".join(filter(None, lines)), addresses


def _unescaped(text: str) -> str:
    return html.unescape(_LONG_NUMBER.sub(_shorten, text))


def _shorten(number: re.Match[str]) -> str:
    return f"&#{number[1].lstrip('0')[:8] or '0'}"  # eight digits exceed the last code point
