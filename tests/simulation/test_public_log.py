"""Faults of publishers: never two heads, and never a served checkpoint whose tiles are missing."""

import json
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from random import Random

import pytest
from support.log_faults import CallLostError, KilledError, LogFaults, run_together
from support.log_world import LogWorld
from support.publish_world import live, sample_pack, sample_receipt

from publish_steps import logging_run
from publish_steps.served_log import OF_THE_LOG
from tlog import Leaf, PublishedLeaf, RunLeaf, UnitLeaf, decode_leaf, parse_checkpoint

OUTCOMES = ("lost", "unanswered", "late", "killed before", "killed after")

HOURS = [f"2026-11-26T{hour:02}:00:00Z" for hour in range(2, 24)]


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging_run.served_log, "AT_ONCE", 9)


def sample_world() -> LogWorld:
    made = LogWorld()
    made.signer.signed.clear()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt("2026-11-25", by_rule={live(): 2}, set=digest))
    return made


def late_receipt(made: LogWorld) -> None:
    rule_set = next(made.store.receipts("acme", "2026-11-25")).set
    made.count(sample_receipt("2026-11-25", 5, by_rule={live(): 1}, set=rule_set))


def settled(faults: LogFaults) -> list[Leaf]:
    """End all faults, publish twice, and return the leaves; no law is broken."""
    faults.stop()
    for hour in HOURS[-2:]:
        assert faults.world.publish(hour).log_refused == ""
    stored = faults.world.files
    leaves = [
        decode_leaf(leaf) for leaf in faults.leaves(parse_checkpoint(stored["log/checkpoint"]).size)
    ]
    newest = {leaf.path: leaf.sha256 for leaf in leaves if isinstance(leaf, PublishedLeaf)}
    assert {
        path for path in stored if path.startswith(("summaries/acme/2026-11-25", "journal/"))
    } <= (newest.keys())
    runs = [leaf for leaf in leaves if isinstance(leaf, RunLeaf) and leaf.list]
    listed = json.loads(stored[f"log/lists/{runs[-1].list}.json"])
    assert newest | {file["path"]: file["sha256"] for file in listed} == {
        path: sha256(data).hexdigest()
        for path, data in stored.items()
        if not OF_THE_LOG.fullmatch(path)
    }
    assert (
        max(Counter(leaf for leaf in leaves if not isinstance(leaf, UnitLeaf | RunLeaf)).values())
        == 1
    )
    return leaves


def counted(leaves: list[Leaf]) -> Counter[str]:
    """How many units, findings and receipts were logged: each once, whatever happened."""
    kinds = Counter(type(leaf).__name__ for leaf in leaves)
    return Counter({kind: kinds[kind] for kind in ("UnitLeaf", "FindingLeaf", "ReceiptLeaf")})


EXPECTED = Counter({"UnitLeaf": 2, "FindingLeaf": 3, "ReceiptLeaf": 0})


def test_without_a_fault_everything_is_logged_once() -> None:
    faults = LogFaults(sample_world(), Random(0))
    faults.world.publish(HOURS[0])
    late_receipt(faults.world)
    assert counted(settled(faults)) == EXPECTED


def test_a_fault_at_each_call_changes_no_leaf() -> None:
    number = 0
    while True:
        made, outcome = sample_world(), OUTCOMES[number % len(OUTCOMES)]
        faults = LogFaults(made, Random(number), plan={number: outcome})
        with suppress(CallLostError, KilledError):
            made.publish(HOURS[0])
        if faults.calls <= number:
            assert number > 30
            return
        late_receipt(made)
        assert counted(settled(faults)) == EXPECTED, (outcome, number)
        number += 1


@pytest.mark.parametrize("seed", range(12))
def test_two_publishers_with_faults_keep_one_log(seed: int) -> None:
    made = sample_world()
    faults = LogFaults(made, Random(seed), rate=0.03, switching=0.5)
    for hour in HOURS[:3]:
        run_together(faults, [lambda hour=hour: made.publish(hour)] * 2)  # type: ignore[misc]
    late_receipt(made)
    run_together(faults, [lambda: made.publish(HOURS[4])] * 2)
    assert counted(settled(faults)) == EXPECTED
