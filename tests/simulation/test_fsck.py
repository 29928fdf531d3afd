"""fsck names each difference, and nothing where nothing differs: a fault of every kind, seeded."""

from pathlib import Path

import pytest
from simulation import runs
from simulation.chance import PlannedFaults
from simulation.deployed import Deployed
from simulation.patches import running_on
from simulation.records import objects_of
from simulation.scenarios import BY_NAME, MESSAGES, TRIED, Scenario
from simulation.stack_faults import (
    BATCH_FAULTS,
    FAULTS,
    TRIAL_FAULTS,
    finding_nobody_counts,
    row_lost,
)
from support.world import DAY, StandingClock

from ledger.objects import S3Objects
from scan import scanner
from terang.repair import ADVICE

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip

SCENARIO = Scenario(
    "fsck", BY_NAME["everything at once"].files, (*MESSAGES, MESSAGES[0] + " "), decided=True
)


@pytest.fixture
def made(patched_machine: None, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A stack whose messages were all worked on alone."""
    monkeypatch.setattr(scanner, "BATCH_MESSAGES", 1)
    return _made()


@pytest.fixture
def batched(patched_machine: None) -> Deployed:
    """A stack whose messages came in batches."""
    return _made()


def _made(scenario: Scenario = SCENARIO) -> Deployed:
    cluster, _ = runs.play(scenario, PlannedFaults(), scenario.begins)
    world, url = cluster.world, "https://sqs.example"
    outputs = {"Table": world.table, "OutBucket": world.out, "PublicBucket": world.public,
               "UnitsUrl": f"{url}/units", "PostsUrl": f"{url}/posts",
               "CasesUrl": f"{url}/cases"}  # fmt: skip
    return Deployed(cluster, outputs, S3Objects(world.clients.s3), StandingClock(cluster.now()))


def test_a_sound_stack_differs_in_nothing(made: Deployed, tmp_path: Path) -> None:
    looked = made.look(tmp_path)
    assert looked.differences == []
    assert looked.counted["entries"] > 10
    assert looked.under_way == 0


def test_a_stack_that_lost_its_seals_differs_in_nothing(made: Deployed, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The next run finds no seals, and reads every day."""
    monkeypatch.undo()
    cluster, public = made.cluster, made.outputs["PublicBucket"]
    before = objects_of(cluster, public)
    for key in objects_of(cluster, cluster.world.work):
        if key.startswith("seals/"):
            del cluster.s3.buckets[cluster.world.work][key]
    with running_on(cluster):
        cluster.at(cluster.injector.seconds, "publish", {})
        cluster.run()
    assert objects_of(cluster, public) == before
    assert made.look(tmp_path).differences == []
    seals = [key for key in objects_of(cluster, cluster.world.work) if key.startswith("seals/")]
    assert f"seals/acme/{DAY}.json" in seals


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_no_other(made: Deployed, tmp_path: Path, name: str) -> None:
    spoil, kinds = FAULTS[name]
    spoil(made)
    looked = made.look(tmp_path)
    assert {difference.kind for difference in looked.differences} == kinds, looked.differences
    for difference in looked.differences:
        assert all(difference.record("terang").values())


@pytest.mark.parametrize("name", BATCH_FAULTS)
def test_a_fault_of_a_batch_is_named(batched: Deployed, tmp_path: Path, name: str) -> None:
    assert batched.look(tmp_path / "before").differences == []
    spoil, kinds = BATCH_FAULTS[name]
    spoil(batched)
    looked = batched.look(tmp_path / "after")
    assert {difference.kind for difference in looked.differences} == kinds, looked.differences


@pytest.mark.parametrize("name", TRIAL_FAULTS)
@pytest.mark.usefixtures("patched_machine")
def test_a_fault_of_a_trial_is_named(tmp_path: Path, name: str) -> None:
    tried = _made(TRIED)
    assert tried.look(tmp_path / "before").differences == []
    spoil, kinds = TRIAL_FAULTS[name]
    spoil(tried)
    looked = tried.look(tmp_path / "after")
    assert {difference.kind for difference in looked.differences} == kinds, looked.differences


def test_every_kind_is_seeded() -> None:
    seeded = (*FAULTS.values(), *BATCH_FAULTS.values(), *TRIAL_FAULTS.values())
    assert set().union(*(kinds for _, kinds in seeded)) == ADVICE.keys()


def test_what_is_under_way_is_not_missed_yet(made: Deployed, tmp_path: Path) -> None:
    finding_nobody_counts(made)
    row_lost(made)
    made.remove("W#acme", f"closed#{made.file()}")
    made.change("C#" + "0" * 64, "finding", unit="9" * 64)
    made.cluster.sqs.send_message("https://sqs.example/units", "a unit")
    looked = made.look(tmp_path)
    assert (looked.differences, looked.under_way) == ([], 1)
