"""Jetstream: the AT Protocol's repository events as JSON Lines. All of its posts are public.

Only created posts count: updates, deletions, other collections and events about accounts are
refused `not_a_post`.
Source: docs.bsky.app, "Jetstream"; lexicons app.bsky.feed.post and app.bsky.embed.*.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.formats.reader import (
    FileContext,
    FileHead,
    PostItem,
    as_list,
    as_object,
    bound_links,
    bound_texts,
    language_tag,
    published_time,
)
from ledger.refusals import Code, Refusal
from ledger.streams import read_object_lines

name = "jetstream"
version = 1
marks = b"\n,[{"

POSTS = "app.bsky.feed.post"


def recognises(head: FileHead) -> bool:
    """Return whether the first object is an event of a repository."""
    return bool(head.objects) and head.objects[0].keys() >= {"did", "kind", "time_us"}


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each line that creates one, at `line 12`."""
    for at, event in read_object_lines(stream):
        yield Refusal(event, at=at) if isinstance(event, Code) else _post(event, at)


def _post(event: dict[str, Any], at: str) -> PostItem | Refusal:
    commit = as_object(event.get("commit"))
    created = event.get("kind") == "commit" and commit.get("operation") == "create"
    if not created or commit.get("collection") != POSTS:
        return Refusal(Code.NOT_A_POST, at=at)
    record = as_object(commit.get("record"))
    embed = as_object(record.get("embed"))
    shown = (embed, as_object(embed.get("media")))  # a quotation holds its media one level down
    pages = (as_object(part.get("external")).get("uri") for part in shown)
    account, key = event.get("did"), commit.get("rkey")
    published_at, assumed_utc = published_time(record.get("createdAt"))
    fields = {
        "id": f"at://{account}/{POSTS}/{key}" if account and key else None,
        "account": account,
        "text": record.get("text"),
        "audience": "public",
        "published_at": published_at,
        "language": language_tag(next(iter(as_list(record.get("langs"))), None)),
        "links": bound_links((*_facets(record), *pages)),
        "media_text": bound_texts(text for part in shown for text in _media(part)),
    }
    return PostItem(at, fields, assumed_utc)


def _facets(record: dict[str, Any]) -> Iterator[Any]:
    for facet in as_list(record.get("facets")):
        for feature in as_list(as_object(facet).get("features")):
            yield as_object(feature).get("uri")


def _media(embed: dict[str, Any]) -> Iterator[Any]:
    yield embed.get("alt")
    for image in as_list(embed.get("images")):
        yield as_object(image).get("alt")
    external = as_object(embed.get("external"))
    yield external.get("title")
    yield external.get("description")
