"""The oracle reports each broken law."""

import json

import pytest
from simulation.chance import PlannedFaults
from simulation.oracle import broken
from simulation.runs import run
from simulation.scenarios import CANONICAL

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip


@pytest.mark.parametrize("kind", ["receipt", "marker", "both"])
def test_a_unit_under_one_wrong_day_is_seen(kind: str) -> None:
    """A receipt lies under its own day, and its marker names that day."""
    finished = run(CANONICAL, PlannedFaults())
    dynamodb, world = finished.cluster.dynamodb, finished.cluster.world
    table = dynamodb.tables[world.table]
    pk, sk = next((pk, sk)
                  for pk in table for sk in table[pk]
                  if sk.startswith("receipt#") and sk.count("#") == 1)  # fmt: skip
    unit = sk.removeprefix("receipt#")
    spoiled = {"receipt": [(pk, sk, "at")], "marker": [(f"U#{unit}", "unit", "day")]}
    for row, sort, field in spoiled.get(kind) or [*spoiled["receipt"], *spoiled["marker"]]:
        item = table[row][sort].item
        record = json.loads(item["record"]["S"])
        record[field] = "2026-01-01" + record[field][10:]
        key = {"pk": {"S": row}, "sk": {"S": sort}}
        dynamodb._write(world.table, key, item | {"record": {"S": json.dumps(record)}})

    assert f"unit {unit[:8]} is filed under another day" in list(
        broken(finished.cluster, CANONICAL)
    )
