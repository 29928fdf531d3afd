"""Jetstream and ActivityStreams: what is addressed to everybody enters, and nothing else."""

from time import process_time
from typing import Any

import pytest
from support.format_files import PUBLIC, dumps, items, json_lines, read, refusals

from intake.reader import PostItem
from ledger.post_fields import read_html
from ledger.posts import LINE_BYTES

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


FOLLOWERS = "https://social.example/users/ada/followers"
NOTE: dict[str, Any] = {"@context": "https://www.w3.org/ns/activitystreams",
                        "id": "https://social.example/notes/1", "type": "Note",
                        "attributedTo": "https://social.example/users/ada",
                        "published": "2026-11-25T10:00:00Z", "to": [PUBLIC], "cc": [FOLLOWERS],
                        "content": "<p>The market opens.</p>"}  # fmt: skip
FIELDS = sorted(NOTE.keys() - {"@context"})


def create(note: dict[str, Any], **activity: Any) -> dict[str, Any]:
    head = {"type": "Create", "actor": NOTE["attributedTo"], "to": [PUBLIC], "cc": [FOLLOWERS]}
    return head | {"published": "2026-11-25T09:00:00Z"} | activity | {"object": note}


def outbox(*things: Any) -> bytes:
    return dumps(
        {"@context": NOTE["@context"], "type": "OrderedCollection", "orderedItems": things}
    )


def only_note(**changes: Any) -> PostItem:
    (item,) = items(read(dumps(NOTE | changes)))
    return item


@pytest.mark.parametrize(("more", "code"), [(0, []), (1, [("line_long", "object 1")])])
def test_an_object_may_be_as_long_as_a_line(more: int, code: list[tuple[str, str]]) -> None:
    """Its names do not count."""
    length = LINE_BYTES - sum(len(dumps(value)) for value in [*NOTE.values(), ""])
    assert refusals(read(dumps(NOTE | {"x": "x" * (length + more)}))) == code


def test_an_outbox_gives_its_created_notes() -> None:
    found = read(outbox(create(NOTE), {"type": "Like", "object": "x"}, "https://a.example", NOTE))
    assert [item.at for item in items(found)] == ["orderedItems[0]", "orderedItems[3]"]
    assert refusals(found) == [("not_a_post", "orderedItems[1]"),
                               ("not_an_object", "orderedItems[2]")]  # fmt: skip
    item = items(found)[0]
    assert {key: value for key, value in item.fields.items() if value is not None} == {
        "id": NOTE["id"], "account": NOTE["attributedTo"], "text": "The market opens.",
        "audience": "public", "published_at": "2026-11-25T10:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize("data", [
    pytest.param(dumps(NOTE), id="one object"),
    pytest.param(json_lines(NOTE), id="one object on a line"),
    pytest.param(dumps({"orderedItems": [NOTE]}), id="ordered items"),
    pytest.param(dumps({"@context": NOTE["@context"], "type": "CollectionPage", "items": [NOTE]}),
                 id="a page"),
    pytest.param(dumps({"@context": NOTE["@context"], "first": {"orderedItems": [NOTE]}}),
                 id="a first page inside its collection"),
])  # fmt: skip
def test_ways_to_send_one_note(data: bytes) -> None:
    assert [item.fields["id"] for item in items(read(data))] == [NOTE["id"]]


def test_objects_may_follow_one_another() -> None:
    found = read(json_lines(NOTE, create(NOTE), NOTE | {"to": []}))
    assert [item.at for item in items(found)] == ["object 1", "object 2"]
    assert refusals(found) == [("not_public", "object 3")]


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public", [FOLLOWERS, PUBLIC]])
def test_the_public_collection_has_three_names(public: Any) -> None:
    assert only_note(to=public).fields["audience"] == "public"


@pytest.mark.parametrize("thing", [
    pytest.param(NOTE | {"to": [FOLLOWERS], "cc": [PUBLIC]}, id="unlisted"),
    pytest.param(NOTE | {"to": [FOLLOWERS], "cc": []}, id="to followers"),
    pytest.param({k: v for k, v in NOTE.items() if k not in ("to", "cc")}, id="to nobody"),
    pytest.param(NOTE | {"to": None}, id="to null"),
    pytest.param(NOTE | {"to": [{"id": PUBLIC}]}, id="an object in place of the address"),
    pytest.param(NOTE | {"to": PUBLIC + "x"}, id="almost the address"),
    pytest.param(create(NOTE, to=[FOLLOWERS]), id="public object, private activity"),
    pytest.param(create(NOTE | {"to": [], "cc": []}), id="private object, public activity"),
])  # fmt: skip
def test_what_is_not_addressed_to_everyone_is_refused(thing: dict[str, Any]) -> None:
    assert refusals(read(outbox(thing))) == [("not_public", "orderedItems[0]")]


@pytest.mark.parametrize("kind", ["Announce", "Like", "Follow", "Undo", "Update", "Delete",
                                  "Person", "Tombstone", None, 7, {}])  # fmt: skip
def test_other_activities_and_objects_are_no_posts(kind: Any) -> None:
    thing = {"@context": NOTE["@context"], "type": kind, "object": NOTE, "to": [PUBLIC]}
    assert refusals(read(outbox(thing))) == [("not_a_post", "orderedItems[0]")]


def test_content_becomes_text_and_its_addresses_links() -> None:
    html = '<p>See <a href="https://example.org/?a=1&amp;b">th<span>is</span></a><br>now</p><p>&lt;3</p>'
    attachment = [{"type": "Link", "href": "https://example.com"}, {"name": "A stall with apples"}]
    fields = only_note(
        content=html, attachment=attachment, summary="<b>Food</b>", name="Title"
    ).fields
    assert fields["text"] == "See this\nnow\n<3"
    assert fields["links"] == ["https://example.org/?a=1&b", "https://example.com"]
    assert fields["media_text"] == ["Title", "Food", "A stall with apples"]


def test_the_language_is_that_of_the_content() -> None:
    both = {"id": "<p>Pasar buka.</p>", "en": NOTE["content"]}
    fields = only_note(contentMap=both).fields
    assert (fields["language"], fields["media_text"]) == ("en", ["Pasar buka."])
    fields = only_note(content=None, contentMap={"id": "<p>Pasar buka.</p>"}).fields
    assert (fields["language"], fields["text"]) == ("id", "Pasar buka.")


def test_options_of_a_poll_are_media_text() -> None:
    options = [{"type": "Note", "name": "Monday"}, {"type": "Note", "name": "Tuesday"}]
    assert only_note(type="Question", oneOf=options).fields["media_text"] == ["Monday", "Tuesday"]


def test_account_address_and_time_are_found_where_they_may_stand() -> None:
    person = {"type": "Person", "id": "https://social.example/users/ada", "name": "Ada"}
    fields = only_note(
        attributedTo=[person], url=[{"type": "Link", "href": "https://a.example"}]
    ).fields
    assert (fields["account"], fields["url"]) == (person["id"], "https://a.example")
    bare = {key: NOTE[key] for key in ("id", "type", "to", "content")}
    (item,) = items(read(outbox(create(bare))))
    assert item.fields["account"] == NOTE["attributedTo"]
    assert item.fields["published_at"] == "2026-11-25T09:00:00Z"
    assert only_note(published="2026-11-25T10:00:00").assumed_utc
    assert only_note(published=None).fields["published_at"] is None


@pytest.mark.parametrize("odd", [None, True, 1.5, "x", [], {}, [None, 3, {"name": 5}]])
@pytest.mark.parametrize("field", [*FIELDS, "attachment", "contentMap", "url", "first", "items"])
def test_odd_values_of_notes_are_never_an_error(field: str, odd: Any) -> None:
    assert len(read(dumps(NOTE | {field: odd}))) <= 3
    assert len(read(outbox(create(NOTE | {field: odd}), NOTE | {field: odd}))) == 2


@pytest.mark.parametrize(("html", "text"), [
    pytest.param("plain", "plain", id="no tags"),
    pytest.param("a < b > c", "a < b > c", id="signs that are no tags"),
    pytest.param("b<b></b>ook", "book", id="a word broken by tags"),
    pytest.param("a<!-- hidden -->b<script>hidden</script>c", "abc", id="hidden parts"),
    pytest.param("a<!-- open <p>b", "a", id="an open comment"),
    pytest.param('<a title="x > y">z</a>', "z", id="a bracket inside a quote"),
    pytest.param("one</p>\n\n<p>two", "one\ntwo", id="blocks"),
    pytest.param("&amp;lt; &#x41; &bogus;", "&lt; A &bogus;", id="entities once"),
    pytest.param(f"a&#{'9' * 5_000};", "a\ufffd", id="a number that int does not take"),
])  # fmt: skip
def test_html_is_read_as_its_readers_see_it(html: str, text: str) -> None:
    assert read_html(html)[0] == text


@pytest.mark.parametrize("piece", ["<", "<a ", "<a '", '<a "', "<!--", "<script>", "<a href=", "&",
                                   "<a href='x", "\n ", " "])  # fmt: skip
def test_html_takes_linear_time(piece: str) -> None:
    """Half a million characters of each kind of trouble; a parser that starts again would hang."""
    began = process_time()
    read_html(piece * (500_000 // len(piece)))
    assert process_time() - began < 5


def test_a_name_of_a_tag_that_never_ends_takes_linear_time() -> None:
    began = process_time()
    read_html("<" + "a" * 500_000)
    assert process_time() - began < 5
