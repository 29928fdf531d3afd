"""Files that are dropped, intake's taking of them, and what still stands in the bucket."""

import gzip
from typing import Any

from support.faults import Calls
from support.sample_posts import OTP, line, lines
from support.world import World

from intake.arrival import Intake
from ledger.objects import SqsUnitQueue

FILE = lines("a", OTP, "b", OTP) + line(audience="followers") + b"\n"

ZIPPED = gzip.compress(FILE, mtime=0)

BINARY = bytes(range(256)) * 8


def receive(world: World, key: str, version: str, **ports: Any) -> Any:
    return world.intake(**ports).receive(world.drop, key, version, lambda: 900)


def dropped(world: World, key: str = "drop/acme/") -> list[str]:
    """The keys that still stand in the drop bucket, old versions and delete markers included."""
    listed = world.clients.s3.list_object_versions(Bucket=world.drop, Prefix=key)
    return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in listed.get(kind, ())]


def counted(world: World, calls: Calls) -> Intake:
    return world.intake(calls.through(world.store), calls.through(world.objects),
        calls.through(SqsUnitQueue(world.clients.sqs, world.queue_url)))  # fmt: skip
