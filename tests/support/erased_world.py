"""A stack with two authors and all that can become of their posts, for tests that erase one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from support.faults import Calls
from support.sample_messages import complaint, decision, notice, outcome
from support.sample_posts import OTP, PRIZE, fields, line
from support.world import DAY, World

from ledger.keys import audit_file_key
from ledger.number_store import NUMBERS
from ledger.numbers import ReportWords
from publish.publish_run import PublishRequest, publish
from publish_steps.handover import Samples, Statements
from scan.inspection import ShadowFindings
from terang.repair.bucket_eraser import BucketEraser
from terang.repair.erasure import Erasure, ErasureResult, TableEraser

ACCOUNT, CANARY = "ana-zq7", "canary-zq7"
POST = f"post-{CANARY}"
WORDS = (ACCOUNT, CANARY)
"""What must be nowhere: every post, address and text of the author holds the canary."""


def hers(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A post of the author."""
    url = f"https://chat.example/{CANARY}/{number}"
    named = {"id": f"{POST}-{number}", "account": ACCOUNT, "url": url}
    return fields(**named | {"text": f"{text} {CANARY}", "reach": 7, "language": "en"} | more)


def his(number: int, text: str) -> dict[str, Any]:
    """A post of somebody else, who stays."""
    return fields(id=f"his-{number}", account="ben", text=text)


FILE = b"".join(
    json.dumps(one).encode() + b"\n"
    for one in (
        *(hers(1, OTP), hers(2, PRIZE), hers(3, "The market opens at nine"), hers(4, OTP)),
        *(his(1, OTP), his(2, "The road is closed")),
    )
)
ARRAY = json.dumps([hers(5, OTP), hers(6, "Rain is due"), his(3, PRIZE)]).encode()
MESSAGE = json.dumps([hers(7, OTP), his(4, OTP)])


def live_through(world: World) -> None:
    """Files, messages, decisions, and all that publish makes of them for the provider."""
    world.shadow = ShadowFindings.ALL
    world.store.table.put_new(NUMBERS, "key", key=bytes(32))  # the same numbers in each world
    world.scan(*world.take_in(FILE))
    units = world.take_in(ARRAY, "array.json")
    part = units[0].source
    data = world.objects.get(part.bucket, part.key) or b""
    world.scan(*units)
    world.objects.put_new(part.bucket, part.key, data)  # by an intake that came late, and died
    world.scanner().scan_message("acme", MESSAGE, world.clock.now())
    assert [handled.status for handled in world.decide(*messages(world))] == [
        *["taken"] * 7, "waiting"
    ]  # fmt: skip
    words = ReportWords("n", f"{DAY}T12:00:00Z", f"{POST}-1", CANARY, "VIOLENCE", CANARY)
    world.store.put_report("acme", words)
    run: Any = SimpleNamespace(context=world)
    Samples(world.objects, world.out).day_counted(run, "acme", DAY)
    Statements(world.objects, world.out).batch("acme", DAY)


def finding_of(world: World, post: str, rule: str = "asks-for-code") -> str:
    pages = (json.loads(item["record"]["S"]) for item in world.items() if _is_finding(item))
    return str(
        next(page["finding"] for page in pages if page["post"] == post and page["rule"] == rule)
    )


def messages(world: World) -> list[dict[str, Any]]:
    """What people did about the author's posts; reasons quote them."""
    first, fourth = finding_of(world, f"{POST}-1"), finding_of(world, f"{POST}-4")
    quoted = {"reason": f"It says {CANARY}."}
    url = f"https://chat.example/{CANARY}/3"
    ground = {"ground": "terms", "ground_text": "Rule 1", "ground_url": "https://acme.example/1"}
    return [decision(first, **quoted), complaint(**quoted), outcome(**quoted),
            notice(id="n-1", post=f"{POST}-4", finding=fourth),
            notice(id="n-2", post=f"{POST}-3", url=url),
            decision(id="d-2", notice="n-2", **quoted, **ground),
            decision(id="d-4", post=f"{POST}-6", url=url, category="VIOLENCE", **quoted, **ground),
            decision(finding_of(world, f"{POST}-7"), id="d-3", notice="n-3", **quoted)]  # fmt: skip


def publish_all(world: World) -> None:
    """Publish the open day."""
    publish(world.publishing(pause_below=0.0), PublishRequest(DAY, provisional=True))


def erase(
        world: World, calls: Calls | None = None, *, dry_run: bool = False,
        posts: frozenset[str] = frozenset()) -> ErasureResult:  # fmt: skip
    """Erase the author, over counted ports where they are given."""
    calls = calls or Calls()
    store: Any = calls.through(world.store)
    table: Any = calls.through(TableEraser(world.store.table))
    objects: Any = calls.through(world.objects)
    buckets = BucketEraser(store=store, objects=objects, out_bucket=world.out,
                           work_bucket=world.work, drop_bucket=world.drop, provider="acme",
                           now=datetime.now(UTC), dry_run=dry_run)  # fmt: skip
    return Erasure(table, buckets, world.keys(store), world.clock).erase(ACCOUNT, posts)


def places_of(world: World, *words: str) -> list[str]:
    """Where any of the words stands: items of the table, and all versions in the buckets."""
    wanted = [*words, world.pseudonym(ACCOUNT)] if words == WORDS else [*words]
    places = [
        f"{item['pk']['S']} {item['sk']['S']}"
        for item in world.items()
        # The tombstones are under the pseudonym: they are what is meant to stay for a while.
        if not item["pk"]["S"].startswith("E#") and any(word in str(item) for word in wanted)
    ]
    for bucket in (world.out, world.work, world.public):
        for key, data in versions(world, bucket):
            if any(word in key or word.encode() in data for word in wanted):
                places.append(f"{bucket.partition('-')[0]}/{key}")
    return places


def versions(world: World, bucket: str) -> Iterator[tuple[str, bytes]]:
    for version in world.objects.versions(bucket, ""):
        yield version.source.key, world.objects.version_bytes(version.source) or b""


def numbers(world: World) -> dict[str, bytes | None]:
    """All that is published."""
    keys = world.objects.keys(world.public, "")
    return {key: world.objects.get(world.public, key) for key in keys}


def sample(world: World) -> list[str]:
    """The posts of the month's sample that the provider reads."""
    data = world.objects.get(world.out, audit_file_key("acme", DAY[:7])) or b""
    return [json.loads(row)["post"] for row in data.splitlines()]


def again() -> bytes:
    """The same posts in an export of another cut, behind a new one of the author."""
    return line(**hers(8, f"{OTP} once more")) + b"\n" + FILE


def _is_finding(item: dict[str, Any]) -> bool:
    return bool(item["sk"]["S"] == "finding")
