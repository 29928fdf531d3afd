"""fsck names each difference, and nothing where nothing differs: a fault of every kind, seeded."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from simulation import runs
from simulation.chance import Told
from simulation.clients import Client, GoodLine
from simulation.fabric import Fabric
from simulation.records import Records, objects_of
from simulation.scenarios import BY_NAME, MESSAGES, Scenario, first_set
from world import DAY, StandingClock

from ledger.objects import S3Objects
from terang.fsck_difference import ADVICE
from terang.fsck_stack import Looked, Stack

if TYPE_CHECKING:
    from terang.remote import Remote

pytestmark = [
    pytest.mark.usefixtures("stage"),
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
]

SCENARIO = Scenario(
    "fsck", BY_NAME["everything at once"].files, (*MESSAGES, MESSAGES[0] + " "), decided=True
)


@dataclass
class Deployed:
    """A finished run as `terang fsck` finds a stack, and ways to spoil it."""

    fabric: Fabric
    outputs: dict[str, str]
    objects: S3Objects
    clock: StandingClock
    excerpt_days: int = 30

    def look(self, folder: Path) -> Looked:
        clients = [Client(one, GoodLine()) for one in (self.fabric.dynamodb, self.fabric.sqs)]
        stack = Stack(cast("Remote", self), *clients, lambda *_: None)
        return stack.look(folder)

    @property
    def records(self) -> Records:
        return Records.of(self.fabric)

    @property
    def table(self) -> dict[str, Any]:
        return self.fabric.dynamodb.tables[self.fabric.world.table]

    def item(self, pk: str, sk: str) -> dict[str, Any]:
        found: dict[str, Any] = self.table[pk][sk].item
        return found

    def remove(self, pk: str, sk: str) -> None:
        self.table[pk][sk].item = None

    def put(self, pk: str, sk: str, item: dict[str, Any]) -> None:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        self.fabric.dynamodb._write(self.fabric.world.table, key, item | key)

    def change(self, pk: str, sk: str, **changes: Any) -> None:
        item = self.item(pk, sk)
        record = json.loads(item["record"]["S"]) | changes
        self.put(pk, sk, item | {"record": {"S": json.dumps(record)}})

    def keys(self, output: str, part: str) -> list[str]:
        return [key for key in objects_of(self.fabric, self.outputs[output]) if part in key]

    def drop(self, output: str, part: str) -> None:
        del self.fabric.s3.buckets[self.outputs[output]][self.keys(output, part)[0]]

    def rewrite(self, output: str, part: str, change: Callable[[bytes], bytes]) -> None:
        key, bucket = self.keys(output, part)[0], self.outputs[output]
        self.objects.put(bucket, key, change(self.objects.get(bucket, key) or b""))

    def unit(self, kind: str, *, found: bool) -> tuple[str, str, str]:
        """A unit of that kind, with findings or without, and its receipt's keys."""
        for unit, receipt in self.records.receipts.items():
            if (receipt["kind"], bool(receipt["findings"])) == (kind, found):
                return unit, f"J#acme#{DAY}#{unit[0]}", f"receipt#{unit}"
        raise LookupError(kind)

    def file(self) -> str:
        return next(name for name, one in self.records.manifests.items() if one["ranges"] > 2)

    def finding(self, mode: str) -> str:
        return next(name for name, one in self.records.findings.items() if one["mode"] == mode)

    def entry(self, kind: str) -> tuple[str, dict[str, Any]]:
        return next(
            (name, one) for name, one in self.records.entries.items() if one["type"] == kind
        )


@pytest.fixture
def made(stage: None) -> Deployed:
    fabric, _ = runs._played(SCENARIO, Told(), first_set)
    world, url = fabric.world, "https://sqs.example"
    outputs = {
        "Table": world.table,
        "OutBucket": world.out,
        "PublicBucket": world.public,
        "UnitsUrl": f"{url}/units",
        "PostsUrl": f"{url}/posts",
        "CasesUrl": f"{url}/cases",
    }
    return Deployed(fabric, outputs, S3Objects(world.clients.s3), StandingClock(fabric.now()))


def receipt_lost(made: Deployed) -> None:
    _, *key = made.unit("message", found=True)
    made.remove(*key)


def marker_lost(made: Deployed) -> None:
    made.remove(f"U#{made.unit('message', found=False)[0]}", "unit")


def receipt_again(made: Deployed) -> None:
    unit, *key = made.unit("message", found=False)
    made.put(f"J#acme#2026-11-20#{unit[0]}", key[1], made.item(*key))


def receipt_of_another_day(made: Deployed) -> None:
    made.change(*made.unit("message", found=False)[1:], at="2026-11-20T12:00:00Z")


def receipt_without_sum(made: Deployed) -> None:
    made.change(*made.unit("message", found=False)[1:], records=9)


def digest_changed(made: Deployed) -> None:
    made.change(*made.unit("range", found=True)[1:], findings_digest="0" * 64)


def finding_lost(made: Deployed) -> None:
    made.remove(f"C#{made.finding('shadow')}", "finding")


def finding_nobody_counts(made: Deployed) -> None:
    made.put("C#" + "0" * 64, "finding", made.item(f"C#{made.finding('shadow')}", "finding"))


def finding_counted_twice(made: Deployed) -> None:
    _, pk, sk = made.unit("message", found=False)
    made.put(pk, f"{sk}#00000000", {"ids": {"B": bytes.fromhex(made.finding("shadow"))}})


def row_lost(made: Deployed) -> None:
    made.remove(f"F#{made.file()}", "range#00000000")


def row_of_no_unit(made: Deployed) -> None:
    made.change(f"F#{made.file()}", "range#00000000", unit="0" * 64)


def row_of_other_size(made: Deployed) -> None:
    made.change(f"F#{made.file()}", "range#00000000", bytes=1)


def file_open(made: Deployed) -> None:
    made.remove("P#acme", f"closed#{made.file()}")


def entry_misnumbered(made: Deployed) -> None:
    case = made.entry("complaint")[0]
    made.put(f"C#{case}", "0003", made.item(f"C#{case}", "0002"))
    made.remove(f"C#{case}", "0002")


def journal_entry_lost(made: Deployed) -> None:
    name, _ = made.entry("complaint")
    made.remove(f"J#acme#{DAY}#{name[0]}", f"entry#{name}")


def case_entry_lost(made: Deployed) -> None:
    made.remove(f"C#{made.entry('complaint')[0]}", "0002")


def message_of_nothing(made: Deployed) -> None:
    made.change(next(pk for pk in made.table if pk.startswith("M#")), "message", entry="0" * 64)


def message_lost(made: Deployed) -> None:
    made.remove(next(pk for pk in made.table if pk.startswith("M#")), "message")


def listed_again(made: Deployed) -> None:
    pk = f"C#{made.finding('live')}"
    made.put(pk, "finding", made.item(pk, "finding") | {"open_pk": {"S": "acme"}})


def receipts_of_a_message_lost(made: Deployed) -> None:
    """What a restored table lacks: the unit as if it had never come."""
    unit, *key = made.unit("message", found=False)
    made.remove(*key)
    made.remove(f"U#{unit}", "unit")


def receipt_unpublished(made: Deployed) -> None:
    unit, pk, sk = made.unit("message", found=False)
    new = unit[0] + "0" * 63
    made.put(pk, f"receipt#{new}", made.item(pk, sk))
    made.change(pk, f"receipt#{new}", unit=new, refused={}, records=0, inspected=0)
    made.put(f"U#{new}", "unit", made.item(f"U#{unit}", "unit"))


FAULTS: dict[str, tuple[Callable[[Deployed], None], set[str]]] = {
    "a receipt is lost": (
        receipt_lost,
        {"marker_without_receipt", "public_ahead", "findings_of_nothing"},
    ),
    "a marker is lost": (marker_lost, {"receipt_without_marker"}),
    "a receipt stands twice": (
        receipt_again,
        {"receipt_twice", "receipt_misplaced", "public_behind", "refusals_untold"},
    ),
    "a receipt stands under another day": (receipt_of_another_day, {"receipt_misplaced"}),
    "a receipt does not close": (receipt_without_sum, {"receipt_sums", "public_other"}),
    "a digest of findings is another": (digest_changed, {"receipt_findings"}),
    "a finding is lost": (finding_lost, {"finding_missing"}),
    "a finding is nobody's": (finding_nobody_counts, {"finding_stray"}),
    "a finding is counted twice": (finding_counted_twice, {"finding_twice", "receipt_findings"}),
    "a row is lost": (row_lost, {"range_missing", "file_mistold"}),
    "a row names no unit": (row_of_no_unit, {"range_unit"}),
    "a row has another size": (row_of_other_size, {"range_bytes"}),
    "a file is not closed": (file_open, {"file_not_closed"}),
    "entries have a gap": (entry_misnumbered, {"entry_gap"}),
    "a journal entry is lost": (
        journal_entry_lost,
        {"entry_without_journal", "message_without_entry", "public_ahead"},
    ),
    "a case lost its entry": (case_entry_lost, {"journal_without_entry"}),
    "a message made nothing": (
        message_of_nothing,
        {"message_without_entry", "entry_without_message"},
    ),
    "a message is lost": (message_lost, {"entry_without_message"}),
    "what is decided is listed": (listed_again, {"decided_and_listed"}),
    "findings are not handed out": (
        lambda made: made.drop("OutBucket", "/findings/"),
        {"findings_untold"},
    ),
    "a file of findings is cut": (
        lambda made: made.rewrite(
            "OutBucket", "/findings/", lambda data: data[data.index(b"\n") + 1 :]
        ),
        {"findings_mistold"},
    ),
    "findings of no unit": (
        lambda made: (
            made.rewrite("OutBucket", "/findings/", lambda data: data)
            or cast(
                "None",
                made.objects.put(made.outputs["OutBucket"], "out/acme/findings/x.jsonl", b""),
            )
        ),
        {"findings_of_nothing"},
    ),
    "refusals of a message are not told": (
        lambda made: made.drop(
            "OutBucket", f"/messages/{DAY}/{made.unit('message', found=False)[0]}"
        ),
        {"refusals_untold"},
    ),
    "a file has no receipt": (
        lambda made: made.drop("OutBucket", f"/receipts/{made.file()}"),
        {"file_untold"},
    ),
    "a file's receipt says something else": (
        lambda made: made.rewrite(
            "OutBucket",
            f"/receipts/{made.file()}",
            lambda data: data.replace(b'"inspected": ', b'"inspected": 9'),
        ),
        {"file_mistold"},
    ),
    "a statement is lost": (
        lambda made: made.drop("OutBucket", "/decisions/"),
        {"statement_missing"},
    ),
    "the table is of yesterday": (receipts_of_a_message_lost, {"public_ahead"}),
    "a receipt is not published": (receipt_unpublished, {"public_behind"}),
    "a public line is another": (
        lambda made: made.rewrite(
            "PublicBucket",
            f"journal/acme/{DAY}",
            lambda data: data.replace(b'"bytes":', b'"bytes":1', 1),
        ),
        {"public_other", "recount"},
    ),
    "a published number is another": (
        lambda made: made.rewrite(
            "PublicBucket",
            f"summaries/acme/{DAY}.json",
            lambda data: data.replace(b'"units":', b'"units":1', 1),
        ),
        {"recount"},
    ),
    "a page is lost": (
        lambda made: made.drop("PublicBucket", f"summaries/acme/{DAY}.html"),
        {"page_missing"},
    ),
}


def test_a_sound_stack_differs_in_nothing(made: Deployed, tmp_path: Path) -> None:
    looked = made.look(tmp_path)
    assert looked.differences == []
    assert looked.counted["entries"] > 10
    assert looked.under_way == 0


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_no_other(made: Deployed, tmp_path: Path, name: str) -> None:
    spoil, kinds = FAULTS[name]
    spoil(made)
    looked = made.look(tmp_path)
    assert {one.kind for one in looked.differences} == kinds, looked.differences
    for one in looked.differences:
        assert all(one.record("terang").values())


def test_every_kind_is_seeded() -> None:
    assert set().union(*(kinds for _, kinds in FAULTS.values())) == ADVICE.keys()


def test_what_is_under_way_is_not_missed_yet(made: Deployed, tmp_path: Path) -> None:
    finding_nobody_counts(made)
    row_lost(made)
    made.remove("P#acme", f"closed#{made.file()}")
    made.change("C#" + "0" * 64, "finding", unit="9" * 64)
    made.fabric.sqs.send_message("https://sqs.example/units", "a unit")
    looked = made.look(tmp_path)
    assert (looked.differences, looked.under_way) == ([], 1)
