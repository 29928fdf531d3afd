"""S3 as the objects rely on it, in memory, on moto and on the local stack."""

from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from support.world import World

from ledger.codes import ImmutableError, ObjectChangedError, ObjectGoneError

DATA = b"0123456789"


def test_what_is_written_once_stays(aws: World) -> None:
    first = aws.objects.put_new(aws.work, "k", DATA)
    assert aws.objects.put_new(aws.work, "k", DATA) == first
    with pytest.raises(ImmutableError):
        aws.objects.put_new(aws.work, "k", b"other")
    assert aws.objects.get(aws.work, "k") == DATA


def test_a_write_is_made_over_the_bytes_that_were_read_or_not_at_all(aws: World) -> None:
    assert aws.objects.put_if(aws.public, "k", b"1", None)
    assert not aws.objects.put_if(aws.public, "k", b"2", None)
    found = aws.objects.get_with_etag(aws.public, "k")
    assert aws.objects.put_if(aws.public, "k", b"3", found[1])
    assert not aws.objects.put_if(aws.public, "k", b"4", found[1])
    assert not aws.objects.put_if(aws.public, "absent", b"5", found[1])
    assert aws.objects.get(aws.public, "k") == b"3"
    assert aws.objects.get(aws.public, "absent") is None


def test_a_key_that_was_deleted_is_free_again(aws: World, s3: Any) -> None:
    aws.objects.put_new(aws.work, "k", DATA)
    s3.delete_object(Bucket=aws.work, Key="k")
    assert aws.objects.get(aws.work, "k") is None
    assert aws.objects.put_if(aws.work, "k", b"new", None)


def test_the_newest_version_is_read_by_its_ranges(aws: World) -> None:
    source = aws.objects.put(aws.drop, "k", DATA)
    cuts = ((0, 10), (2, 5), (9, 10))
    assert [aws.objects.read_range(source, *cut) for cut in cuts] == [DATA, b"234", b"9"]
    with aws.objects.open(source) as file:
        assert (file.seek(4), file.read(3)) == (4, b"456")


def test_no_other_version_is_taken_for_the_pinned_one(aws: World) -> None:
    """An emulator that ignores the range of a version cannot serve an old one: it says so."""
    source = aws.objects.put(aws.drop, "k", DATA)
    aws.objects.put(aws.drop, "k", b"another content")
    try:
        assert aws.objects.read_range(source, 2, 5) == b"234"
    except ObjectChangedError:
        assert aws.objects.head(aws.drop, "k", source.version) == source


def test_other_bytes_than_the_etag_says_are_changed(aws: World) -> None:
    source = msgspec.structs.replace(aws.objects.put(aws.drop, "k", DATA), etag='"other"')
    with pytest.raises(ObjectChangedError):
        aws.objects.read_range(source, 0, 3)


def test_a_version_is_deleted_and_no_other(aws: World, s3: Any) -> None:
    first, second = aws.objects.put(aws.drop, "k", DATA), aws.objects.put(aws.drop, "k", b"2")
    assert (aws.objects.head(aws.drop, "k"), first.version != second.version) == (second, True)
    found = [(each.source, each.is_latest) for each in aws.objects.versions(aws.drop, "k")]
    assert found == [(second, True), (first, False)]
    aws.objects.delete_version(second)
    listed = s3.list_object_versions(Bucket=aws.drop)
    assert [version["VersionId"] for version in listed["Versions"]] == [first.version]
    assert "DeleteMarkers" not in listed
    aws.objects.delete_version(first)
    aws.objects.delete_version(first)
    with pytest.raises(ObjectGoneError):
        aws.objects.head(aws.drop, "k")
    with pytest.raises(ObjectGoneError):
        aws.objects.read_range(first, 0, 3)


def test_all_keys_under_a_prefix_are_listed_in_order(aws: World) -> None:
    names = ["a/1", "a/10", "a/2", "a/3 ü+", "a0", "b"]
    for name in reversed(names):
        aws.objects.put(aws.work, name, DATA)
    assert aws.objects.keys(aws.work, "a/") == names[:4]
    assert aws.objects.keys(aws.work, "") == names
    assert aws.objects.keys(aws.work, "c") == []


def test_a_range_behind_the_end_is_refused(aws: World, s3: Any) -> None:
    aws.objects.put(aws.work, "k", DATA)
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=aws.work, Key="k", Range="bytes=10-12")
    assert caught.value.response["Error"]["Code"] == "InvalidRange"


def test_tags_go_with_an_object(aws: World, s3: Any) -> None:
    aws.objects.put_if(aws.out, "k", DATA, None, tags="holds=excerpts")
    tags = s3.get_object_tagging(Bucket=aws.out, Key="k")["TagSet"]
    assert tags == [{"Key": "holds", "Value": "excerpts"}]
