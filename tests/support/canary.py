"""Words that only samples use, and every place where one of them would be a leak. The sample posts
contain them, so each test that handles posts can check where they are left. No receipt, log, page,
error or note about a dead letter may hold one."""

import re
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.world import World

TEXT = "zq7-tx"
"""In the text of posts that nothing hits."""

ACCOUNT = "zq7-ac"
URL = "https://chat.example/zq7-ul"
NAME = "zq7-nm"
"""In the name of a file. Only its sender sees it again."""

WORDS = (TEXT, ACCOUNT, URL, NAME)

MAILBOX = r"\w+/drop/.*"
MAY_HOLD = (
    (NAME, re.compile(rf"{MAILBOX}|out/out/[^/]+/receipts/.*|table/(F|J)#.*|body of a unit")),
    (TEXT, re.compile(rf"{MAILBOX}|work/parts/.*")),
    (ACCOUNT, re.compile(MAILBOX)),
    (URL, re.compile(rf"{MAILBOX}|work/parts/.*|out/out/[^/]+/findings/.*|table/C#.*")),
)
"""The places that may hold a word: files and parts until the receipt, addresses in findings."""

type Place = tuple[str, bytes]


def leaks(places: Iterable[Place]) -> list[str]:
    """Each word in a place that may not hold it, as `word in place`.

    >>> leaks([("log", b"failed"), ("public/index.html", TEXT.encode())])
    ['zq7-tx in public/index.html']
    """
    return [f"{word} in {place}"
            for place, data in places if b"zq7-" in data or "zq7-" in place for word in WORDS
            if (word.encode() in data or word in place) and not _may_hold(word, place)]  # fmt: skip


def _may_hold(word: str, place: str) -> bool:
    return any(one == word and where.fullmatch(place) for one, where in MAY_HOLD)


def places_of(world: "World") -> Iterator[Place]:
    """Every version of every object, and every item of the table."""
    s3 = world.clients.s3
    for bucket in world.buckets:
        kind = bucket.rpartition("-")[0]
        for one in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
            found = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
            yield f"{kind}/{one['Key']}", found["Body"].read()
    for item in world.items():
        yield f"table/{item['pk']['S']}/{item['sk']['S']}", repr(item).encode()


def log_places(logs: str = "", errors: Iterable[BaseException] = ()) -> Iterator[Place]:
    """The logs, and the text that Lambda would log about errors."""
    yield "log", logs.encode("utf-8", "surrogatepass")
    for error in errors:
        lines = traceback.format_exception(error)
        yield "error", "".join(lines).encode("utf-8", "surrogatepass")
