"""ActivityStreams 2.0: an outbox (a collection or a page of one), or single objects.

Public means that the Public collection stands in `to`. In `cc` it makes a post unlisted, which its
author did not address to everyone; without it the post is private. Where both an activity and its
object say whom they address, both must be public.

Only created objects count: likes, follows, announcements of others' posts, edits and deletions are
refused `not_a_post`. Content is HTML and becomes text; `tag` is ignored.
Source: W3C, ActivityStreams 2.0 and ActivityPub (5.6 Public Addressing).
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.formats.html_text import read_html
from intake.formats.reader import Context, Item
from intake.formats.sample import Sample
from intake.formats.shaping import as_object, language, links, moment, texts, web_address
from ledger.records.post import LINE_BYTES
from ledger.records.refusal import Code, Refusal
from ledger.streams.json_document import JsonDocument, decode_object, decode_value

name = "activitystreams"
version = 1
marks = b",[{<"

PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
LISTS = frozenset({"orderedItems", "items"})
OBJECTS = frozenset({"Note", "Article", "Page", "Question", "Image", "Video", "Audio", "Document"})


def recognises(sample: Sample) -> bool:
    """An object in the context of ActivityStreams, or a collection in order."""
    context = json.dumps(sample.outline.get("@context"))
    return "www.w3.org/ns/activitystreams" in context or "orderedItems" in sample.outline


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:  # noqa: ARG001
    """A post of each activity or object, at `orderedItems[2]`, or `object 1` outside collections.

    Objects may follow one another, as in a file with one a line.
    """
    document = JsonDocument(stream)
    number = 0
    while document.peek():
        number += 1
        yield from _object(document, f"object {number}", "" if number == 1 else f"object {number} ")


def _object(document: JsonDocument, at: str, place: str) -> Iterator[Item | Refusal]:
    """The items of a collection as it streams by, or the one object that it is not."""
    members: dict[str, Any] = {}
    size, streamed = 0, False
    for key in document.members():
        if key in LISTS and document.peek() == b"[":
            streamed = True
            yield from _list(document, place + key)
        elif key == "first" and document.peek() == b"{" and "first" not in place:
            streamed = True
            yield from _object(document, f"{place}first", f"{place}first.")
        else:
            raw = document.value()
            size += len(raw)
            members[key] = raw if size <= LINE_BYTES else Code.LINE_LONG
    if not streamed:
        yield _single(members, at)


def _list(document: JsonDocument, place: str) -> Iterator[Item | Refusal]:
    for number in document.elements():
        at = f"{place}[{number}]"
        thing = decode_object(document.value())
        yield Refusal(thing, at=at) if isinstance(thing, Code) else _post(thing, at)


def _single(members: dict[str, bytes | Code], at: str) -> Item | Refusal:
    thing = {key: decode_value(raw) for key, raw in members.items()}
    faults = [value for value in thing.values() if isinstance(value, Code)]
    return Refusal(faults[0], at=at) if faults else _post(thing, at)


def _post(thing: dict[str, Any], at: str) -> Item | Refusal:
    created = "Create" in _many(thing.get("type"))
    activity, post = (thing, as_object(thing.get("object"))) if created else ({}, thing)
    if OBJECTS.isdisjoint(kind for kind in _many(post.get("type")) if isinstance(kind, str)):
        return Refusal(Code.NOT_A_POST, at=at)
    if not _is_public(activity, post):
        return Refusal(Code.NOT_PUBLIC, at=at, field="to")
    text, addresses = read_html(_content(post))
    published_at, assumed_utc = moment(post.get("published") or activity.get("published"))
    pages = [_address(page) for page in _many(post.get("attachment"))]
    fields = {
        "id": post.get("id"),
        "account": _account(post.get("attributedTo")) or _account(activity.get("actor")),
        "text": text,
        "audience": "public",
        "published_at": published_at,
        "language": language(_language(post)),
        "url": next(filter(None, map(_address, _many(post.get("url")))), None),
        "links": links((*addresses, *pages)),
        "media_text": texts(_media(post)),
    }
    return Item(at, fields, assumed_utc)


def _is_public(activity: dict[str, Any], post: dict[str, Any]) -> bool:
    addressed = [one for one in (activity, post) if "to" in one or "cc" in one]
    return bool(addressed) and all(
        any(isinstance(to, str) and to in PUBLIC for to in _many(one.get("to")))
        for one in addressed
    )


def _content(post: dict[str, Any]) -> str:
    content = post.get("content")
    return content if isinstance(content, str) else next(iter(_translations(post).values()), "")


def _translations(post: dict[str, Any]) -> dict[str, str]:
    found = as_object(post.get("contentMap"))
    return {tag: content for tag, content in found.items() if isinstance(content, str)}


def _language(post: dict[str, Any]) -> str | None:
    content = _content(post)
    return next((tag for tag, said in _translations(post).items() if said == content), None)


def _media(post: dict[str, Any]) -> Iterator[Any]:
    """Title, content warning, other languages, alternative texts, options of a poll."""
    yield post.get("name")
    for html in (post.get("summary"), *_translations(post).values()):
        if isinstance(html, str) and html != _content(post):
            yield read_html(html)[0]
    for key in ("attachment", "image", "oneOf", "anyOf"):
        for part in _many(post.get(key)):
            yield as_object(part).get("name")


def _account(value: Any) -> Any:
    """The first of the authors: an id, or an object with one, or with an address."""
    first = next(iter(_many(value)), None)
    return first.get("id") or first.get("url") if isinstance(first, dict) else first


def _address(value: Any) -> str | None:
    href = as_object(value).get("href") if isinstance(value, dict) else value
    return web_address(href)


def _many(value: Any) -> list[Any]:
    """A property may have one value or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]
