"""Buckets: versions are pinned, ranges are exact, and what is written once stays."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import SEEK_CUR, SEEK_END, BytesIO
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from support.faults import plan_answers
from support.world import Clients, World

import ledger.objects
from ledger.codes import ObjectChangedError, ObjectGoneError, ObjectUnreadableError, OperatorError
from ledger.objects import S3Objects
from ledger.units import Source

DATA = b"0123456789"
SOURCE = Source("drop", "drop/acme/a", "v1", '"etag"', 10)


@pytest.fixture
def objects(world: World) -> S3Objects:
    return world.objects


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    slept: list[float] = []
    monkeypatch.setattr("ledger.objects.time.sleep", slept.append)
    return slept


@pytest.fixture(scope="module")
def lonely_client(clients: Clients) -> Any:
    return boto3.Session(region_name="us-east-1").client("s3")


@pytest.fixture
def stubbed(lonely_client: Any) -> Iterator[tuple[S3Objects, Stubber]]:
    """An S3 client whose answers are told beforehand, each for the parameters it must get."""
    with Stubber(lonely_client) as stubber:
        yield S3Objects(lonely_client), stubber


def body(data: bytes) -> StreamingBody:
    return StreamingBody(BytesIO(data), len(data))


def asked(version: str | None = None, start: int = 2, end: int = 5) -> dict[str, Any]:
    request = {"Bucket": "drop", "Key": "drop/acme/a", "IfMatch": '"etag"',
               "Range": f"bytes={start}-{end - 1}"}  # fmt: skip
    return request | ({"VersionId": version} if version else {})


def test_the_pin_is_what_head_says(world: World, objects: S3Objects) -> None:
    first, second = objects.put(world.drop, "k", DATA), objects.put(world.drop, "k", b"2")
    assert objects.head(world.drop, "k") == second
    assert objects.head(world.drop, "k", first.version) == first
    assert first.version != second.version


def test_a_version_that_is_a_delete_marker_is_gone(world: World, objects: S3Objects) -> None:
    source = objects.put(world.drop, "k", DATA)
    marker = world.clients.s3.delete_object(Bucket=world.drop, Key="k")["VersionId"]
    assert objects.read_range(source, 0, 3) == b"012"
    with pytest.raises(ObjectGoneError):
        objects.read_range(msgspec.structs.replace(source, version=marker), 0, 3)


class TestServerThatIgnoresTheRange:
    """RFC 9110 allows it, and some do it when a version is named."""

    def whole(self) -> dict[str, Any]:
        return {"Body": body(DATA), "VersionId": "v1"}

    def part(self, version: str = "v1", of: str = "bytes 2-4/10", data: bytes = b"234") -> Any:
        return {"Body": body(data), "VersionId": version, "ContentRange": of}

    def test_is_asked_again_without_the_version(self, stubbed: tuple[S3Objects, Stubber]) -> None:
        objects, stubber = stubbed
        whole = self.whole()
        stubber.add_response("get_object", whole, asked("v1"))
        stubber.add_response("get_object", self.part(), asked())
        assert objects.read_range(SOURCE, 2, 5) == b"234"
        assert whole["Body"]._raw_stream.closed
        stubber.assert_no_pending_responses()

    def test_is_not_asked_in_vain_a_second_time(self, stubbed: tuple[S3Objects, Stubber]) -> None:
        objects, stubber = stubbed
        stubber.add_response("get_object", self.whole(), asked("v1"))
        stubber.add_response("get_object", self.part(), asked())
        stubber.add_response("get_object", self.part(), asked())
        assert objects.read_range(SOURCE, 2, 5) == objects.read_range(SOURCE, 2, 5)

    @pytest.mark.parametrize(("version", "of"), [
        ("v2", "bytes 2-4/10"), ("v1", "bytes 2-4/11"), ("v1", "bytes 0-9/10"), ("v1", None),
    ], ids=["another version", "another size", "another range", "the whole again"])  # fmt: skip
    def test_is_not_believed_unless_all_is_as_pinned(self, stubbed: tuple[S3Objects, Stubber],
            version: str, of: str | None) -> None:  # fmt: skip
        objects, stubber = stubbed
        answer = self.part(version) | {"ContentRange": of} if of else self.whole()
        stubber.add_response("get_object", self.whole(), asked("v1"))
        stubber.add_response("get_object", answer, asked())
        with pytest.raises(ObjectChangedError):
            objects.read_range(SOURCE, 2, 5)

    def test_says_when_the_object_has_other_bytes(self, stubbed: tuple[S3Objects, Stubber]) -> None:
        objects, stubber = stubbed
        stubber.add_response("get_object", self.whole(), asked("v1"))
        stubber.add_client_error("get_object", "PreconditionFailed", expected_params=asked())
        with pytest.raises(ObjectChangedError):
            objects.read_range(SOURCE, 2, 5)


def test_an_answer_of_another_version_is_not_believed(stubbed: tuple[S3Objects, Stubber]) -> None:
    objects, stubber = stubbed
    part = {"Body": body(b"234"), "VersionId": "v2", "ContentRange": "bytes 2-4/10"}
    stubber.add_response("get_object", part, asked("v1"))
    with pytest.raises(ObjectChangedError):
        objects.read_range(SOURCE, 2, 5)


def test_fewer_bytes_than_asked_are_no_answer(stubbed: tuple[S3Objects, Stubber]) -> None:
    objects, stubber = stubbed
    part = {"Body": body(b"23"), "VersionId": "v1", "ContentRange": "bytes 2-4/10"}
    stubber.add_response("get_object", part, asked("v1"))
    with pytest.raises(OSError, match="got 2 of 3 bytes"):
        objects.read_range(SOURCE, 2, 5)


@pytest.mark.parametrize(("code", "error"), [
    ("NoSuchKey", ObjectGoneError), ("NoSuchVersion", ObjectGoneError),
    ("MethodNotAllowed", ObjectGoneError), ("PreconditionFailed", ObjectChangedError),
    ("InvalidRange", ObjectChangedError), ("InvalidObjectState", ObjectUnreadableError),
    ("InvalidRequest", ObjectUnreadableError), ("NoSuchBucket", OperatorError),
    ("SlowDown", ClientError), ("InternalError", ClientError),
])  # fmt: skip
def test_errors_are_told_by_who_must_act(stubbed: tuple[S3Objects, Stubber], code: str,
                                         error: type[Exception]) -> None:  # fmt: skip
    objects, stubber = stubbed
    stubber.add_client_error("get_object", code)
    with pytest.raises(error):
        objects.read_range(SOURCE, 2, 5)


def test_a_write_that_meets_another_is_tried_again(stubbed: tuple[S3Objects, Stubber],
        pauses: list[float]) -> None:  # fmt: skip
    objects, stubber = stubbed
    stubber.add_client_error("put_object", "ConditionalRequestConflict")
    stubber.add_client_error("put_object", "ConditionalRequestConflict")
    stubber.add_response("put_object", {"ETag": '"e"', "VersionId": "v7"})
    assert objects.put_new("work", "k", DATA) == Source("work", "k", "v7", '"e"', 10)
    assert pauses == [0.05, 0.1]


def test_a_write_that_always_meets_another_raises(stubbed: tuple[S3Objects, Stubber]) -> None:
    objects, stubber = stubbed
    for _ in range(5):
        stubber.add_client_error("put_object", "ConditionalRequestConflict")
    with pytest.raises(OSError, match="kept k busy"):
        objects.put_new("work", "k", DATA)


def test_a_write_whose_answer_is_lost_is_found_done(world: World, fresh_clients: Clients) -> None:
    plan_answers(fresh_clients.s3, "s3", "PutObject", ["lost_ack", "ok", "lost_ack"])
    shaky = S3Objects(fresh_clients.s3)
    assert shaky.put_new(world.work, "k", DATA) == world.objects.head(world.work, "k")
    assert not shaky.put_if(world.work, "k2", DATA, None)
    assert world.objects.get(world.work, "k2") == DATA


@pytest.mark.parametrize(
    ("key", "kind"),
    [("a.html", "text/html; charset=utf-8"), ("a.jsonl", "application/x-ndjson"),
     ("a/b.json", "application/json"), ("a", "application/octet-stream")],
)  # fmt: skip
def test_the_ending_makes_the_type(stubbed: tuple[S3Objects, Stubber], key: str, kind: str) -> None:
    objects, stubber = stubbed
    expected = {"Bucket": "b", "Key": key, "Body": ANY, "ContentType": kind}
    stubber.add_response("put_object", {"ETag": '"e"'}, expected)
    objects.put("b", key, DATA)


def test_an_object_opens_as_a_file_of_its_version(world: World, objects: S3Objects,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(ledger.objects, "READ_AHEAD_BYTES", 4)
    source = objects.put(world.drop, "k", DATA)
    objects.put(world.drop, "k", b"another")
    with objects.open(source) as file:
        assert file.read(3) == b"012"
        assert file.seek(-2, SEEK_END) == 8
        assert file.read() == b"89"
        assert file.read(1) == b""
        assert file.seek(1) == 1
        assert file.seek(2, SEEK_CUR) == 3
        assert file.tell() == 3
        assert file.read() == DATA[3:]
    with objects.open(objects.put(world.drop, "empty", b"")) as file:
        assert file.read() == b""


def test_a_version_that_is_gone_has_no_bytes_and_one_that_is_denied_is_an_error(
        stubbed: tuple[S3Objects, Stubber]) -> None:  # fmt: skip
    objects, stubber = stubbed
    asked_for = {"Bucket": "drop", "Key": "drop/acme/a", "VersionId": "v1"}
    stubber.add_response("get_object", {"Body": body(DATA)}, asked_for)
    assert objects.version_bytes(SOURCE) == DATA
    stubber.add_client_error("get_object", "NoSuchVersion")
    assert objects.version_bytes(SOURCE) is None
    stubber.add_client_error("get_object", "InternalError")
    with pytest.raises(ClientError):
        objects.version_bytes(SOURCE)


class TestDenied:
    """S3 may answer *denied* for what is not there: the list of versions tells which it is."""

    def listing(self, *found: tuple[str, str]) -> dict[str, Any]:
        when = datetime(2026, 11, 25, tzinfo=UTC)
        versions = [{"Key": key, "VersionId": version, "IsLatest": True, "LastModified": when}
                    for key, version in found]  # fmt: skip
        return {"Versions": versions} if versions else {}

    @pytest.mark.parametrize(("found", "error"), [
        pytest.param([("drop/acme/a", "v1")], OperatorError, id="it stands"),
        pytest.param([("drop/acme/a", "v2")], ObjectGoneError, id="another version stands"),
        pytest.param([("drop/acme/ab", "v1")], ObjectGoneError, id="another key begins so"),
        pytest.param([], ObjectGoneError, id="nothing stands"),
    ])  # fmt: skip
    @pytest.mark.parametrize("asks", ["get_object", "head_object"])
    def test_is_gone_or_denied_as_the_versions_say(
            self, stubbed: tuple[S3Objects, Stubber], asks: str, found: list[tuple[str, str]],
            error: type[Exception]) -> None:  # fmt: skip
        objects, stubber = stubbed
        stubber.add_client_error(asks, "AccessDenied" if asks == "get_object" else "403")
        asked_for = {"Bucket": "drop", "Prefix": "drop/acme/a"}
        stubber.add_response("list_object_versions", self.listing(*found), asked_for)
        ask = {
            "get_object": lambda: objects.read_range(SOURCE, 2, 5),
            "head_object": lambda: objects.head("drop", "drop/acme/a", "v1"),
        }[asks]
        with pytest.raises(error):
            ask()
        stubber.assert_no_pending_responses()

    def test_is_the_operators_where_versions_cannot_be_listed(self,
            stubbed: tuple[S3Objects, Stubber]) -> None:  # fmt: skip
        objects, stubber = stubbed
        stubber.add_client_error("get_object", "AccessDenied")
        stubber.add_client_error("list_object_versions", "AccessDenied")
        with pytest.raises(OperatorError):
            objects.read_range(SOURCE, 2, 5)


@pytest.mark.parametrize(
    ("why", "error"), [("InvalidRequest", ObjectUnreadableError), ("ExpiredToken", ClientError)]
)
def test_a_head_that_says_nothing_is_asked_again_by_get(stubbed: tuple[S3Objects, Stubber],
        why: str, error: type[Exception]) -> None:  # fmt: skip
    """HEAD answers a bare 400 for a file under the sender's own key, and for much else."""
    objects, stubber = stubbed
    stubber.add_client_error("head_object", "400")
    first = {"Bucket": "drop", "Key": "drop/acme/a", "VersionId": "v1", "Range": "bytes=0-0"}
    stubber.add_client_error("get_object", why, expected_params=first)
    with pytest.raises(error):
        objects.head("drop", "drop/acme/a", "v1")
    stubber.assert_no_pending_responses()
