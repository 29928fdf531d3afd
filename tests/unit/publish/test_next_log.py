"""A log whose key changes: it ends, and a new one under `log/2/` continues it."""

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from support.log_faults import CallLostError, KilledError, LogFaults, run_together
from support.log_signer import LocalSigner
from support.log_world import ORIGIN, LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt

from publish_steps import logging_run
from terang.cli.published import prove_finding
from tlog import BeganLeaf, Leaf, LogFiles, MovedLeaf, PublishedLeaf, decode_leaf, parse_checkpoint
from verify import Folder, Options, Result, check_place, check_proof

NEXT, LATER = "2026-11-26T09:00:00Z", "2026-11-26T16:00:00Z"
NEW = LocalSigner("the new key")


def sample_world() -> LogWorld:
    made = LogWorld()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt("2026-11-25", by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    return made


def change_key(made: LogWorld, *, old_exists: bool = True) -> None:
    made.signer_before, made.signer = (made.signer if old_exists else None), NEW


def leaves(made: LogWorld, folder: str) -> list[Leaf]:
    size = parse_checkpoint(made.objects.stored[f"{folder}checkpoint"]).size
    files = LogFiles(size, lambda path: made.objects.stored.get(folder + path))
    return [decode_leaf(leaf) for leaf in files.leaves()]


def check(made: LogWorld, folder: Path, *keys: str) -> Result:
    now = datetime(2026, 11, 26, 16, tzinfo=UTC)
    return check_place(Folder(made.copy_public(folder)), Options(keys=keys, now=now))


def vkey(made: LogWorld, folder: str) -> str:
    return made.objects.stored[f"{folder}vkey"].decode().strip()


def test_the_old_log_names_the_new_one_which_names_everything_again(tmp_path: Path) -> None:
    made = sample_world()
    change_key(made)
    made.publish(NEXT)
    old, new = leaves(made, "log/"), leaves(made, "log/2/")
    assert old[-2] == MovedLeaf(f"{ORIGIN}/2", vkey(made, "log/2/"))
    assert isinstance(new[0], BeganLeaf)
    paths = [{leaf.path for leaf in log if isinstance(leaf, PublishedLeaf)} for log in (old, new)]
    assert paths[0] <= paths[1]
    result = check(made, tmp_path)
    assert result.wrong == []
    assert f"{ORIGIN} names {ORIGIN}/2 as the log that continues it." in result.said


def test_the_new_log_goes_on_without_the_old_key(tmp_path: Path) -> None:
    made = sample_world()
    change_key(made)
    made.publish(NEXT)
    made.signer_before = None
    size = len(leaves(made, "log/2/"))
    assert made.publish(LATER).log_refused == ""
    assert len(leaves(made, "log/2/")) == size + 1
    assert check(made, tmp_path).wrong == []


def test_without_the_old_key_a_new_log_begins_only_if_somebody_says_so(tmp_path: Path) -> None:
    made = sample_world()
    change_key(made, old_exists=False)
    assert "another key" in made.publish(NEXT).log_refused
    assert "log/2/checkpoint" not in made.objects.stored
    assert made.publish(NEXT, accept=("new-log",)).log_refused == ""
    assert made.publish(LATER).log_refused == ""
    assert any("does not confirm it" in wrong for wrong in check(made, tmp_path / "unknown").wrong)
    known = vkey(made, "log/"), vkey(made, "log/2/")
    assert check(made, tmp_path / "known", *known).wrong == []


def test_a_third_key_continues_the_second_log(tmp_path: Path) -> None:
    made = sample_world()
    change_key(made)
    made.publish(NEXT)
    made.signer_before, made.signer = NEW, LocalSigner("the third key")
    assert made.publish(LATER).log_refused == ""
    assert leaves(made, "log/3/")[0].origin == f"{ORIGIN}/2"  # type: ignore[union-attr]
    assert check(made, tmp_path).wrong == []


def test_no_log_begins_that_nobody_prunes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging_run, "LOGS", 1)
    made = sample_world()
    change_key(made)
    assert "prunes log/2/" in made.publish(NEXT).log_refused
    assert "log/2/checkpoint" not in made.objects.stored


def test_copies_of_both_logs_are_handed_out() -> None:
    made = sample_world()
    first = made.objects.of("out")["out/acme/log/checkpoint"]
    change_key(made)
    made.publish(NEXT)
    out = made.objects.of("out")
    assert out["out/acme/log/2/checkpoint"] == made.objects.stored["log/2/checkpoint"]
    assert out["out/acme/log/checkpoint"] == made.objects.stored["log/checkpoint"] != first


def test_a_finding_is_proved_from_the_new_log(tmp_path: Path) -> None:
    made = sample_world()
    change_key(made)
    made.publish(NEXT)
    finding = made.findings("acme", "2026-11-25")[0]
    proof, _ = prove_finding(
        finding, made.heads.log_keys, lambda path: made.objects.stored.get(f"log/{path}")
    )
    result = check_proof(Folder(made.copy_public(tmp_path)), proof, (), None)
    assert (result.wrong, result.said[0].split(",")[0]) == ([], f"{ORIGIN}/2")


@pytest.mark.parametrize("old_exists", [True, False])
@pytest.mark.parametrize("outcome", ["lost", "unanswered", "killed before", "killed after"])
@pytest.mark.usefixtures("in_english_only")
def test_a_change_that_dies_anywhere_is_ended_by_the_next_run(
    outcome: str, old_exists: bool, tmp_path: Path
) -> None:
    number, before = 0, sample_world()
    while True:
        made = deepcopy(before)
        change_key(made, old_exists=old_exists)
        faults = LogFaults(made, Random(number), plan={number: outcome})
        with suppress(CallLostError, KilledError):
            made.publish(NEXT, accept=("new-log",))
        faults.stop()
        if faults.calls <= number:
            break
        made.publish(LATER, accept=("new-log",))
        made.publish("2026-11-26T16:30:00Z")
        moved = [leaf for leaf in leaves(made, "log/") if isinstance(leaf, MovedLeaf)]
        assert len(moved) == old_exists
        assert [isinstance(leaf, BeganLeaf) for leaf in leaves(made, "log/2/")].count(True) == 1
        keys = (vkey(made, "log/"), vkey(made, "log/2/"))
        assert check(made, tmp_path / str(number), *keys).wrong == []
        number += 7
    assert number > 30


@pytest.mark.parametrize("seed", range(6))
def test_two_runs_at_once_begin_one_log(seed: int, tmp_path: Path) -> None:
    made = sample_world()
    change_key(made)
    faults = LogFaults(made, Random(seed), rate=0.05, switching=0.3)
    run_together(faults, [lambda: made.publish(NEXT), lambda: made.publish(NEXT)])
    faults.stop()
    made.publish(LATER)
    assert check(made, tmp_path).wrong == []


def test_a_continuation_is_confirmed_after_its_leaves_are_pruned(tmp_path: Path) -> None:
    made = sample_world()
    change_key(made)
    made.publish(NEXT)
    old = [path for path in made.objects.stored if path.startswith("log/tile/entries/")]
    made.publish("2027-12-01T02:00:00Z")
    made.publish("2028-01-10T02:00:00Z")
    for path in old:
        del made.objects.stored[path]
    result = check_place(
        Folder(made.copy_public(tmp_path)), Options(now=datetime(2028, 1, 10, 3, tzinfo=UTC))
    )
    assert result.wrong == []
    assert any("old leaves were deleted" in line for line in result.said)
    assert f"{ORIGIN} names {ORIGIN}/2 as the log that continues it." in result.said
