"""Jetstream: only posts that were created count, and all of them are public."""

from typing import Any

import pytest
from support.format_files import items, json_lines, read, refusals

from intake.reader import PostItem

RECORD: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": "The market opens at nine.",
                          "createdAt": "2026-11-25T10:00:00.123Z",
                          "langs": ["id", "en"]}  # fmt: skip


def event(record: Any = None, **commit: Any) -> dict[str, Any]:
    head = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": "3k", "cid": "b"}
    commit = head | {"record": RECORD if record is None else record} | commit
    return {"did": "did:plc:ada", "time_us": 1, "kind": "commit", "commit": commit}


def only(**changes: Any) -> PostItem:
    (item,) = items(read(json_lines(event(RECORD | changes))))
    return item


def test_a_created_post_enters() -> None:
    item = only()
    assert item.at == "line 1"
    assert {key: value for key, value in item.fields.items() if value is not None} == {
        "id": "at://did:plc:ada/app.bsky.feed.post/3k", "account": "did:plc:ada",
        "text": "The market opens at nine.", "audience": "public",
        "published_at": "2026-11-25T10:00:00.123Z", "language": "id",
    }  # fmt: skip


def test_links_and_media_texts_are_kept() -> None:
    facets = [{"features": [{"uri": "https://example.org"}, {"tag": "market"}]}]
    external = {"uri": "https://example.com", "title": "Title", "description": "More"}
    media = {"$type": "app.bsky.embed.images", "images": [{"alt": "Apples"}, {"alt": ""}]}
    fields = only(facets=facets, embed={"media": media, "external": external}).fields
    assert fields["links"] == ["https://example.org", "https://example.com"]
    assert fields["media_text"] == ["Title", "More", "Apples"]
    assert only(embed={"video": {}, "alt": "A stall"}).fields["media_text"] == ["A stall"]


@pytest.mark.parametrize("line", [
    pytest.param(event(operation="update"), id="an edit"),
    pytest.param(event(operation="delete", record=None), id="a deletion"),
    pytest.param(event(collection="app.bsky.feed.like"), id="a like"),
    pytest.param({"did": "d", "time_us": 1, "kind": "identity", "identity": {}}, id="identity"),
    pytest.param({"did": "d", "time_us": 1, "kind": "account", "account": {}}, id="account"),
    pytest.param({"audience": "public", "text": "x"}, id="something else"),
])  # fmt: skip
def test_other_events_are_no_posts(line: dict[str, Any]) -> None:
    assert refusals(read(json_lines(event(), line))) == [("not_a_post", "line 2")]


def test_a_bad_line_costs_itself_only() -> None:
    found = read(json_lines(event()) + b"{\n[]\n" + json_lines(event()))
    assert refusals(found) == [("json_syntax", "line 2"), ("not_an_object", "line 3")]
    assert len(items(found)) == 2


@pytest.mark.parametrize("odd", [None, True, 1.5, "x", [], {}, [None, 3, {"features": 5}]])
@pytest.mark.parametrize("field", ["text", "createdAt", "langs", "facets", "embed"])
def test_odd_values_are_never_an_error(field: str, odd: Any) -> None:
    assert len(items(read(json_lines(event(RECORD | {field: odd}))))) == 1
    assert len(read(json_lines(event() | {"commit": odd}))) == 1
    assert len(read(json_lines(event(record=odd)))) == 1


def test_a_post_without_a_key_has_no_id() -> None:
    (item,) = items(read(json_lines(event(rkey=None))))
    assert item.fields["id"] is None
