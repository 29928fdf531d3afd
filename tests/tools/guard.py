"""Digests of all that the house makes of the same facts: a change that keeps them changed nothing.

    PYTHONPATH=tests python -m tools.guard OUT

It plays every scenario of the simulation, the samples under the packs that ship, and the small
month, on one clock and with fixed keys. OUT/digests.txt has a line for each object of the buckets
and each row of the table; OUT/<play>/ has the bytes, to look at what differs.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import batched
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from month.lived import PACKS, SEED
from month.living import OURS, Life, sendable
from month.plan import PROVIDER, SMALL
from month.writing import write
from simulation.chance import PlannedFaults
from simulation.cluster import Cluster
from simulation.patches import patched_machine, running_on
from simulation.records import objects_of
from simulation.runs import SETTINGS, play
from simulation.scenarios import BY_NAME, MEETINGS, SENDER
from support.log_signer import LocalSigner
from support.world import ROLE

from ledger.keys import Provider
from matcher import load_packs
from terang.set_publishing import PackBucket

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "local/samples"
REAL_SIZES = {"RANGE_BYTES": "8388608", "PART_BYTES": "8388608", "LOG_KEY": "a key of this guard",
              "CONTACT": "someone@terang.example"}  # fmt: skip


class KeyedCluster(Cluster):
    """A stack whose public log is signed by a key of tests."""

    kms = SimpleNamespace(
        get_public_key=lambda **_: {"PublicKey": LocalSigner().public_key()},
        sign=lambda **asked: {"Signature": LocalSigner().sign(asked["Message"])},
        verify=lambda **asked: {
            "SignatureValid": LocalSigner().verify(asked["Message"], asked["Signature"])
        },
    )


def played() -> Iterator[tuple[str, Cluster]]:
    """Yield the name of each play and what it left."""
    with patched_machine(SETTINGS):
        for scenario in BY_NAME.values():
            if scenario is not MEETINGS:
                for state in ("begins", "moves"):
                    cluster, _ = play(scenario, PlannedFaults(), getattr(scenario, state))
                    yield f"{scenario.name}, {state}", cluster
    settings = SETTINGS | REAL_SIZES | {"SHADOW_FINDINGS": "all"}  # as `terang run`
    with patched_machine(settings, is_small=False):
        for name, lived in ("samples", samples), ("month", month):
            cluster = KeyedCluster(PlannedFaults(), settings)
            cluster.s3.page_keys, cluster.dynamodb.page_items = 1_000, 1_000
            with running_on(cluster):
                lived(cluster)
            assert not cluster.errors, cluster.errors
            assert not cluster.has_failed
            yield name, cluster


def samples(cluster: Cluster) -> None:
    """Drop the samples, decide on what was found, and publish for two days."""
    world = cluster.world
    _publish_packs(cluster, ROOT / "packs")
    for path in sorted((SAMPLES / "files").iterdir()):
        world.objects.put(world.drop, f"drop/acme/{path.name}", path.read_bytes())
    for body in (SAMPLES / "messages.jsonl").read_text().splitlines():
        cluster.send("posts", body, SENDER, provider="acme")
    cluster.run()
    for body in (SAMPLES / "cases.jsonl").read_text().splitlines():
        cluster.send("cases", body, SENDER, provider="acme")
    cluster.run()
    _publish(cluster, cluster.injector.seconds, {})
    _publish(cluster, cluster.injector.seconds + 2 * 86_400, {})


def month(cluster: Cluster) -> None:
    """Live the small month: each day's posts and messages, then the audit."""
    cluster.world.store.put_provider(Provider(PROVIDER, (ROLE,), territory=("DE",)))
    _publish_packs(cluster, PACKS)
    plan = write(SMALL, SEED)
    life = Life(_deployed(cluster), plan, Path(), Random(SEED))  # type: ignore[arg-type]
    for day in plan.size.days:
        cluster.injector.seconds = _noon(day)
        rows = [json.dumps(sendable(post)) + "\n" for post in plan.posts if post.day == day]
        cluster.world.objects.put(
            cluster.world.drop, f"drop/{PROVIDER}/{day}.jsonl", "".join(rows).encode()
        )
        cluster.run()
        _read_findings(cluster, life, day)
        _act(cluster, life, plan.messages.get(day, []))
        _publish(cluster, cluster.injector.seconds + 15 * 3600, {})
    _publish(cluster, _noon("2026-11-30"), {"through": "2026-11-30", "provisional": True})
    _act(cluster, life, list(life.audits()))
    _publish(cluster, _noon("2026-12-02"), {})


def _publish_packs(cluster: Cluster, folder: Path) -> None:
    PackBucket(cluster.world.objects, cluster.world.public).publish(
        folder, load_packs(folder), {}, notice_hours=0, now=datetime(2026, 11, 1, tzinfo=UTC)
    )


def _deployed(cluster: Cluster) -> Any:
    return SimpleNamespace(
        objects=cluster.world.objects, outputs={"OutBucket": cluster.settings["OUT_BUCKET"]}
    )


def _noon(day: str) -> float:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()


def _publish(cluster: Cluster, seconds: float, order: dict[str, Any]) -> None:
    cluster.injector.seconds = max(seconds, cluster.injector.seconds)
    cluster.at(cluster.injector.seconds, "publish", order)
    cluster.run()


def _read_findings(cluster: Cluster, life: Life, day: str) -> None:
    for data in objects_of(cluster, cluster.settings["OUT_BUCKET"],
                           f"out/{PROVIDER}/findings/{day}/").values():  # fmt: skip
        for line in data.splitlines():
            found = json.loads(line)
            life.findings.setdefault(found["post"], []).append(found)


def _act(cluster: Cluster, life: Life, messages: list[dict[str, Any]]) -> None:
    """Send messages in lines of twenty; what must come too late comes when all else was handled."""
    concrete = [life.concrete(message) for message in messages]
    for blunders in (False, True):
        rows = [json.dumps({name: one[name] for name in one if name not in {*OURS, "blunder"}})
                for one in concrete if bool(one.get("blunder")) is blunders]  # fmt: skip
        for some in batched(rows, 20):
            cluster.send("cases", "\n".join(some), SENDER, provider=PROVIDER)
        cluster.run()


def left(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    """Yield each object and each row that a play left, by a path."""
    for bucket in sorted(cluster.s3.buckets):
        for key, data in objects_of(cluster, bucket).items():
            yield f"{bucket}/{key}", data
    for pk, slots in sorted(cluster.dynamodb.tables[cluster.world.table].items()):
        for sk, slot in sorted(slots.items()):
            if slot.item is not None:
                row = json.dumps(slot.item, sort_keys=True, default=bytes.hex, indent=1)
                yield f"table/{quote(pk, safe='')}/{quote(sk, safe='')}", row.encode()


def main(out: Path) -> None:
    """Write the bytes and their digests below `out`."""
    os.urandom = Random(SEED).randbytes  # ids of workers
    out.mkdir(parents=True)
    with (out / "digests.txt").open("w") as digests:
        for name, cluster in played():
            for path, data in left(cluster):
                digests.write(f"{sha256(data).hexdigest()} {name}/{path}\n")
                file = out / name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            sys.stderr.write(f"{name}\n")
    sys.stdout.write(sha256((out / "digests.txt").read_bytes()).hexdigest() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
