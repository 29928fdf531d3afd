"""Bugs in handing on work: to the queue, to the provider, to the clean-up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import msgspec
import pytest
from simulation.bugs import Bug, Call, Change, Port, at_aws, everywhere, handler, method

from intake.arrival import FileOutcome, Intake, join_parts
from ledger.closing import Closing
from ledger.findings import file_id
from ledger.keys import findings_key
from ledger.objects import S3Objects
from ledger.posts import Post
from ledger.store import DynamoStore
from ledger.texts import SystemClock
from ledger.units import Marker, Receipt, Source
from scan.inspection import account_of


def _under_today(marker: Marker) -> str:
    return findings_key(
        Marker(marker.unit, marker.provider, SystemClock().now().date().isoformat())
    )


def _kept_by_closing(is_kept: Callable[[Source], bool]) -> Change:
    """A version that closing a file should delete stays."""

    def close(original: Call, closing: Closing, file: str) -> Any:
        def delete(source: Source) -> None:
            if not is_kept(source):
                closing.objects.delete_version(source)

        kept: Any = Port(closing.objects, delete_version=delete)
        return original(replace(closing, objects=kept), file)

    return method(Closing, "close", close)


def _log_names(original: Call, event: Any, context: Any) -> Any:
    for record in event.get("Records", ()):
        print(  # noqa: T201 - the simulation reads standard output as the log
            unquote_plus(record["s3"]["object"]["key"])
        )
    return original(event, context)


def _quoted_twice(original: Call, event: Any, context: Any) -> Any:
    for record in event.get("Records", ()):
        found = record["s3"]["object"]
        record["s3"]["object"] = found | {"key": quote_plus(found["key"])}
    return original(event, context)


def _lines_forgotten(original: Call, store: DynamoStore, file: str) -> Any:
    return [msgspec.structs.replace(row, lines=0) for row in original(store, file)]


def _known_is_done(original: Call, intake: Intake, bucket: str, key: str,
                   *rest: Any) -> FileOutcome:  # fmt: skip
    file = file_id(bucket, key, rest[0])
    if intake.store.manifest(file):
        return FileOutcome("known", file)
    outcome: FileOutcome = original(intake, bucket, key, *rest)
    return outcome


def _gone_before_counted() -> Change:
    """A refused file is deleted first, and its receipt committed after that."""
    commit, delete = DynamoStore.commit_refused, S3Objects.delete_version
    kept: list[tuple[DynamoStore, Marker, Receipt]] = []

    def delete_first(self: S3Objects, source: Source) -> None:
        delete(self, source)
        while kept:
            commit(*kept.pop())

    def change(patched: pytest.MonkeyPatch) -> None:
        kept.clear()
        patched.setattr(DynamoStore, "commit_refused", lambda *given: kept.append(given))
        patched.setattr(S3Objects, "delete_version", delete_first)

    return change


def _cut_short(lines: Any, part_bytes: int) -> Iterator[bytes]:
    for part in join_parts(lines, part_bytes):
        yield part[:-1]


def _plain_account(post: Post, _: Any) -> str:
    return post.account


HANDING_ON = [
    Bug("findings are handed out at the first try only",
        method(DynamoStore, "findings_of", lambda *_: [])),
    Bug("findings are handed out under the day of the delivery",
        everywhere(findings_key, _under_today)),
    Bug("a file is closed a range too early",
        method(DynamoStore, "range_count", lambda count, *given: count(*given) + 1)),
    Bug("a closed file is left in the mailbox",
        _kept_by_closing(lambda source: source.key.startswith("drop/"))),
    Bug("the parts of a closed file stay",
        _kept_by_closing(lambda source: not source.key.startswith("drop/"))),
    Bug("a file is hidden and not deleted", at_aws("delete_object",
        lambda call, VersionId="", **rest: call(**rest))),  # noqa: N803
    Bug("the name of a file is logged", handler("intake", _log_names)),
    Bug("an account is stored as it came", everywhere(account_of, _plain_account)),
    Bug("the places of refusals are not moved", method(DynamoStore, "ranges", _lines_forgotten)),
    Bug("the units of a known file are not sent again",
        method(Intake, "receive", _known_is_done)),
    Bug("a refused file is gone before it is counted", _gone_before_counted()),
    Bug("a key is not read as S3 writes it", handler("intake", _quoted_twice)),
    Bug("the last byte of a part is lost", everywhere(join_parts, _cut_short)),
]  # fmt: skip
