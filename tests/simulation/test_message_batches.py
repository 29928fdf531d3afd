"""Messages in batches: a message that kills its worker, and a redrive of some of a batch."""

import json
from collections import Counter
from typing import Any

import pytest
from simulation.bugs import everywhere
from simulation.chance import Chance, PlannedFaults, SeededFaults
from simulation.cluster import Cluster
from simulation.dynamodb import DynamoDB, size_of
from simulation.oracle import broken
from simulation.patches import running_on
from simulation.records import Records
from simulation.runs import SETTINGS
from simulation.scenarios import NO_FLOOD, SENDER, Scenario, first_set
from simulation.sources import POSTS
from support.faults import CrashError
from support.sample_posts import OTP, fields

from ledger import units as receipt
from scan import scanner
from scan.unit_input import read_body

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip

KILLER = "a body that kills the worker"
NEIGHBOURS = 25


def _kill(body: str) -> Any:
    if KILLER in body:
        raise CrashError
    return read_body(body)


def _bodies(count: int) -> list[str]:
    texts = (OTP, "The market is quiet.")
    return [json.dumps(fields(id=f"n{n}", text=texts[n % 2])) for n in range(count)]


def _play(chance: Chance, *bodies: str) -> Cluster:
    """A day on which these messages come; nothing is redriven."""
    cluster = Cluster(chance, SETTINGS | NO_FLOOD)
    with running_on(cluster):
        cluster.world.publish(*first_set())
        for body in bodies:
            cluster.send("posts", body, SENDER, provider="acme")
        cluster.run()
    return cluster


def _dead(cluster: Cluster) -> Counter[str]:
    return Counter(one.body for one in cluster.sqs.queues[POSTS.dead].messages)


def _counted(cluster: Cluster) -> int:
    receipts = Records.of(cluster).receipts.values()
    return sum((receipt["messages"] or 1) for receipt in receipts)


@pytest.mark.parametrize("killers", [1, 2])
def test_a_message_that_kills_dies_alone(killers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its neighbours are counted and acknowledged: they never reach the dead letters."""
    everywhere(read_body, _kill)(monkeypatch)
    poisoned = [json.dumps(fields(id=f"k{n}", text=KILLER)) for n in range(killers)]
    bodies = _bodies(NEIGHBOURS)
    middle = len(bodies) // 2
    cluster = _play(PlannedFaults(), *bodies[:middle], *poisoned, *bodies[middle:])
    assert set(_dead(cluster)) == set(poisoned)
    assert not cluster.sqs.queues[POSTS.url].messages
    assert _counted(cluster) == NEIGHBOURS


def test_it_dies_alone_in_whatever_order_messages_come(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere(read_body, _kill)(monkeypatch)
    poisoned = json.dumps(fields(id="k", text=KILLER))
    for seed in range(40):
        chance = SeededFaults(seed)
        chance.left, chance.skewed = 0, False
        monkeypatch.setattr(SeededFaults, "happens", lambda *_: False)
        cluster = _play(chance, *_bodies(NEIGHBOURS), poisoned)
        assert set(_dead(cluster)) == {poisoned}, f"seed {seed}"
        assert _counted(cluster) == NEIGHBOURS


def test_a_message_that_fails_costs_its_neighbours_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker lives: the others are committed in the same delivery."""

    def fail(body: str) -> Any:
        if KILLER in body:
            raise ValueError
        return read_body(body)

    everywhere(read_body, fail)(monkeypatch)
    poisoned = json.dumps(fields(id="k", text=KILLER))
    cluster = _play(PlannedFaults(), *_bodies(NEIGHBOURS), poisoned)
    received = [one.received for _, one in cluster.sqs.ever if one.body != poisoned]
    assert set(received) == {1}
    assert set(_dead(cluster)) == {poisoned}
    assert _counted(cluster) == NEIGHBOURS


def test_a_redrive_of_some_messages_of_a_batch_changes_nothing() -> None:
    """A week later some come again, alone or with new ones: only the new ones count."""
    bodies = _bodies(9)
    cluster = _play(PlannedFaults(), *bodies)
    before = Records.of(cluster)
    with running_on(cluster):
        cluster.injector.seconds += 7 * 86_400
        cluster.send("posts", bodies[1], SENDER, provider="acme")
        cluster.run()
        assert Records.of(cluster).receipts == before.receipts
        new = json.dumps(fields(id="new", text=OTP))
        for body in (bodies[2], new, bodies[0], bodies[7]):
            cluster.send("posts", body, SENDER, provider="acme")
        cluster.run()
    after = Records.of(cluster)
    [added] = after.receipts.keys() - before.receipts.keys()
    assert {name: after.receipts[name] for name in before.receipts} == before.receipts
    assert (after.receipts[added]["kind"], after.receipts[added]["findings"]) == ("message", 1)
    ours = [what for what in broken(cluster, Scenario("messages")) if "published" not in what]
    assert ours == []


@pytest.mark.parametrize("posts", [1, 10])
def test_a_message_costs_at_most_2_5_writes(posts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings apart: what is under `C#` and `K#`, and the beginning of a message that has any."""
    monkeypatch.setattr(scanner, "BATCH_MESSAGES", receipt.BATCH_MESSAGES)
    units: Counter[str] = Counter()

    def count(table: DynamoDB, put: Any, transact: Any) -> None:
        def put_item(**params: Any) -> Any:
            _add(units, params["Item"], 1)
            return put(**params)

        def transact_write_items(**params: Any) -> Any:
            for action in params["TransactItems"]:
                _add(units, action["Put"]["Item"], 2)
            return transact(**params)

        monkeypatch.setattr(DynamoDB, "put_item", lambda _, **params: put_item(**params))
        monkeypatch.setattr(
            DynamoDB, "transact_write_items", lambda _, **params: transact_write_items(**params)
        )

    bodies = [
        json.dumps([fields(id=f"post-{n}-{m}", text="The market is quiet.") for m in range(posts)])
        for n in range(980)
    ]
    cluster = Cluster(PlannedFaults(), SETTINGS | NO_FLOOD)
    with running_on(cluster):
        cluster.world.publish(*first_set())
        table = cluster.dynamodb
        count(table, table.put_item, table.transact_write_items)
        for body in bodies:
            cluster.send("posts", body, SENDER, provider="acme")
        cluster.run()
    assert _counted(cluster) == len(bodies)
    each = sum(units.values()) / len(bodies)
    print(f"{each:.2f} write units a message of {posts} posts: {dict(units)}")  # noqa: T201
    assert each <= 2.5


def _add(units: Counter[str], item: Any, factor: int) -> None:
    units[item["sk"]["S"].partition("#")[0]] += -(-size_of(item) // 1024) * factor
