"""Jetstream: the AT Protocol's repository events as JSON Lines. All of its posts are public.

Only created posts count: an update, a deletion, another collection and an event about an account
are no posts. Source: docs.bsky.app, "Jetstream"; lexicons app.bsky.feed.post and app.bsky.embed.*.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.formats.reader import Context, Item
from intake.formats.sample import Sample
from intake.formats.shaping import as_list, as_object, language, links, moment, texts
from ledger.records.refusal import Code, Refusal
from ledger.streams.json_document import read_object_lines

name = "jetstream"
version = 1
marks = b"\n,[{"

POSTS = "app.bsky.feed.post"


def recognises(sample: Sample) -> bool:
    """The first line that is an object is an event of a repository."""
    return bool(sample.objects) and sample.objects[0].keys() >= {"did", "kind", "time_us"}


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:  # noqa: ARG001
    """A post of each line that tells of a new one, at `line 12`."""
    for at, event in read_object_lines(stream):
        yield Refusal(event, at=at) if isinstance(event, Code) else _post(event, at)


def _post(event: dict[str, Any], at: str) -> Item | Refusal:
    commit = as_object(event.get("commit"))
    created = event.get("kind") == "commit" and commit.get("operation") == "create"
    if not created or commit.get("collection") != POSTS:
        return Refusal(Code.NOT_A_POST, at=at)
    record = as_object(commit.get("record"))
    embed = as_object(record.get("embed"))
    shown = (embed, as_object(embed.get("media")))  # a quotation holds its media one level down
    pages = (as_object(one.get("external")).get("uri") for one in shown)
    account, key = event.get("did"), commit.get("rkey")
    published_at, assumed_utc = moment(record.get("createdAt"))
    fields = {
        "id": f"at://{account}/{POSTS}/{key}" if account and key else None,
        "account": account,
        "text": record.get("text"),
        "audience": "public",
        "published_at": published_at,
        "language": language(next(iter(as_list(record.get("langs"))), None)),
        "links": links((*_facets(record), *pages)),
        "media_text": texts(text for one in shown for text in _media(one)),
    }
    return Item(at, fields, assumed_utc)


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
