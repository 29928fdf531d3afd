"""An hour of publish over 35 days of 100,000 receipts: what changed, and what is read each hour.
Each case is a process of its own, so that its memory is its own. Receipts are made while they are
read, as JSON that is decoded like the items of the table, and the buckets are a folder: nothing is
in memory that the table or a bucket would hold. "Everything" is what every hour cost before days
were sealed."""

import json
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from simulation.answers import refusal
from simulation.clients import Client
from tools.bench.measure import Report, in_process

from ledger.keys import Provider
from ledger.objects import S3Objects

ROOT = Path(__file__).parents[3]
DAYS, RECEIPTS = 35, 100_000
LAST = date(2026, 11, 25)
MESSAGES = (1, 8, 98)
CASES = ("first run", "nothing new", "one new day", "everything")


@dataclass(frozen=True, slots=True)
class Folder:
    """What publish asks of S3, with the objects of a bucket as files by their key."""

    path: Path

    def get_object(self, **asked: Any) -> dict[str, Any]:
        try:
            data = (self.path / asked["Key"]).read_bytes()
        except FileNotFoundError:
            raise refusal("NoSuchKey", "GetObject") from None
        return {"Body": BytesIO(data), "ETag": sha256(data).hexdigest()}

    def put_object(self, **asked: Any) -> dict[str, str]:
        file = self.path / asked["Key"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(asked["Body"])
        return {"ETag": sha256(asked["Body"]).hexdigest()}

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        paths = (path for path in self.path.rglob("*") if path.is_file())
        keys = (path.relative_to(self.path).as_posix() for path in paths)
        return {"Contents": [{"Key": key} for key in keys if key.startswith(asked["Prefix"])]}


@dataclass(slots=True)
class GeneratedStore:
    """A table with the same number of receipts on each day, in the order of their units."""

    base: object
    template: bytes
    per_day: int
    first: str
    last: str

    def __getattr__(self, name: str) -> object:
        return getattr(self.base, name)

    def receipts(self, provider: str, day: str) -> Iterator[object]:
        from ledger.units import Receipt

        if not self.first <= day <= self.last:
            return
        record = self.template.replace(b"DAY-DAY-DA", day.encode())
        for number in range(self.per_day):
            unit = b"%064x" % (number << 200)
            yield msgspec.json.decode(record.replace(b"UNIT", unit), type=Receipt)


def run_cases(folder: Path, per_day: int, days: int, messages: int) -> dict[str, object]:
    """Publish `days` days, then again, then one more; seconds and megabytes of each."""
    from support.publish_world import World, live, sample_pack, sample_receipt

    world = World()
    digest = world.put_set(sample_pack())
    world.copy_to(folder)
    world.objects = S3Objects(Client(Folder(folder), world.calls))
    receipt = sample_receipt(
        "2026-11-25", inspected=messages, refused={}, by_rule={live(): 1}, set=digest,
        kind="message", by_language={"id": messages},
    )  # fmt: skip
    record = msgspec.structs.replace(receipt, unit="UNIT", at="DAY-DAY-DAT10:00:00Z")
    world.store.put_provider(Provider("acme"))
    first = LAST - timedelta(days=days - 1)
    template = msgspec.json.encode(record)
    store = GeneratedStore(world.store, template, per_day, str(first), str(LAST))
    world.store = store  # type: ignore[assignment]
    told: dict[str, object] = {}

    def publish(name: str, moment: date, hour: int, *, check: bool) -> None:
        began = time.process_time()
        world.publish(
            f"{moment + timedelta(days=1)}T{hour:02}:00:00Z", check=check, since=str(first)
        )
        seconds = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told[name] = (seconds, peak)

    publish("first run", LAST, 2, check=False)
    publish("nothing new", LAST, 3, check=False)
    store.last = (LAST + timedelta(days=1)).isoformat()
    # The bench looks only at what changed: the seals of the day before are not due yet.
    for key, seal in world.seals.items():
        sealed = json.loads(seal) | {"checked_at": f"{LAST + timedelta(days=2)}T01:00:00Z"}
        world.seals[key] = json.dumps(sealed).encode()
    publish("one new day", LAST + timedelta(days=1), 2, check=False)
    publish("everything", LAST + timedelta(days=1), 3, check=True)
    journal = [path.stat().st_size for path in folder.glob(f"journal/acme/{LAST}*")]
    told["journal"] = (sum(journal) / per_day / messages, len(journal), max(journal))
    return told


def in_a_process(per_day: int, days: int, messages: int) -> dict[str, list[float]]:
    """The cases in a process of their own."""
    call = "import sys; from tools.bench.bench_publish import *; "
    call += "print(json.dumps(run_cases(Path(sys.argv[1]), "
    with TemporaryDirectory() as folder:
        program = f"{call}{per_day}, {days}, {messages})))"
        found: dict[str, list[float]] = in_process(program, folder, PYTHONPATH=str(ROOT / "tests"))
    return found


def test_publishing_costs_what_changed(report: Report) -> None:
    """Seconds of the processor; memory is the highest of the process so far."""
    table = f"publish: {DAYS} days of {RECEIPTS:,} receipts, each of 8 messages"
    found = in_a_process(RECEIPTS, DAYS, 8)
    report.row(table, "run", "seconds", "of everything", "peak MB", "µs a receipt")
    whole = found["everything"][0]
    read = {"first run": DAYS, "nothing new": 0, "one new day": 1, "everything": DAYS + 1}
    for name in CASES:
        seconds, peak = found[name]
        each = f"{seconds / read[name] / RECEIPTS * 1e6:.1f}" if read[name] else "-"
        report.row(table, name, f"{seconds:.2f}", f"{seconds / whole:.3f}", f"{peak:.0f}", each)
    report.goal("publish, nothing new", found["nothing new"][0], 3, " s", most=True)
    report.goal("publish, nothing new: memory", found["nothing new"][1], 300, " MB", most=True)
    report.goal("publish, one new day", found["one new day"][0], 15, " s", most=True)


def test_memory_depends_on_neither_days_nor_receipts(report: Report) -> None:
    """Ten times the receipts, and ten times the days."""
    table = "publish: highest memory, MB"
    report.row(table, "days", "receipts a day", "peak MB")
    cases = ((3, 10_000), (3, 100_000), (30, 10_000))
    peaks = [in_a_process(per_day, days, 8)["everything"][1] for days, per_day in cases]
    for (days, per_day), peak in zip(cases, peaks, strict=True):
        report.row(table, days, f"{per_day:,}", f"{peak:.0f}")
    report.goal("publish: memory of ten times as much", max(peaks) / peaks[0], 1.5, most=True)


def test_a_journal_is_small(report: Report) -> None:
    """Bytes of the journal for each message, by how many messages a receipt sums."""
    table = "public journal"
    report.row(table, "messages a receipt", "bytes a message", "files", "largest, MB")
    for messages in MESSAGES:
        each, files, largest = in_a_process(RECEIPTS, 1, messages)["journal"]
        mb = largest / 1024**2
        report.row(table, messages, f"{each:.1f}", f"{files:.0f}", f"{mb:.1f}")
        if messages == 8:
            report.goal("journal, 8 messages a receipt", each, 40, " bytes a message", most=True)
