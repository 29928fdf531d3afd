"""A log with a new key or without its old bundles, and files made again from the table."""

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from support.log_faults import CallLostError, KilledError, LogFaults, run_together
from support.log_signer import LocalSigner
from support.log_world import ORIGIN, LogWorld, published_log
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt
from support.sample_entries import contest, decision, outcome

from ledger.codes import OperatorError
from publish_steps import logging_run
from terang.log_proofs import prove_finding
from tlog import BeganLeaf, LogFiles, MovedLeaf, PublishedLeaf, decode_leaf, parse_checkpoint
from verify import Folder, Options, Result, check_place, check_proof

NEXT, LATER = "2026-11-26T09:00:00Z", "2026-11-26T16:00:00Z"
NEW = LocalSigner("the new key")


def with_new_key(*, old_exists: bool = True) -> LogWorld:
    """A log, and a new key of which it does not know yet."""
    made = published_log()
    made.signer_before, made.signer = (made.signer if old_exists else None), NEW
    return made


def moved() -> LogWorld:
    """A log with an old key, and the one that continues it with the new key."""
    made = with_new_key()
    made.publish(NEXT)
    return made


def check(made: LogWorld, folder: Path, *keys: str, now: str = LATER) -> Result:
    moment = datetime.fromisoformat(now).astimezone(UTC)
    return check_place(Folder(made.copy_to(folder)), Options(keys=keys, now=moment))


def vkey(made: LogWorld, folder: str) -> str:
    return made.files[f"{folder}vkey"].decode().strip()


def test_the_old_log_names_the_new_one_which_names_everything_again(tmp_path: Path) -> None:
    made = moved()
    old, new = made.leaves(), made.leaves("log/2/")
    assert old[-2] == MovedLeaf(f"{ORIGIN}/2", vkey(made, "log/2/"))
    assert isinstance(new[0], BeganLeaf)
    paths = [{leaf.path for leaf in log if isinstance(leaf, PublishedLeaf)} for log in (old, new)]
    assert paths[0] <= paths[1]
    result = check(made, tmp_path)
    assert result.wrong == []
    assert f"{ORIGIN} names {ORIGIN}/2 as the log that continues it." in result.said


def test_the_new_log_goes_on_without_the_old_key(tmp_path: Path) -> None:
    made = moved()
    made.signer_before = None
    size = len(made.leaves("log/2/"))
    assert made.publish(LATER).log_refused == ""
    assert len(made.leaves("log/2/")) == size + 1
    assert check(made, tmp_path).wrong == []


def test_without_the_old_key_a_new_log_begins_only_if_somebody_says_so(tmp_path: Path) -> None:
    made = with_new_key(old_exists=False)
    assert "another key" in made.publish(NEXT).log_refused
    assert "log/2/checkpoint" not in made.files
    assert made.publish(NEXT, accept=("new-log",)).log_refused == ""
    assert made.publish(LATER).log_refused == ""
    assert any("does not confirm it" in wrong for wrong in check(made, tmp_path / "unknown").wrong)
    known = vkey(made, "log/"), vkey(made, "log/2/")
    assert check(made, tmp_path / "known", *known).wrong == []


def test_a_third_key_continues_the_second_log(tmp_path: Path) -> None:
    made = moved()
    made.signer_before, made.signer = NEW, LocalSigner("the third key")
    assert made.publish(LATER).log_refused == ""
    assert made.leaves("log/3/")[0].origin == f"{ORIGIN}/2"  # type: ignore[union-attr]
    assert check(made, tmp_path).wrong == []


def test_no_log_begins_that_nobody_prunes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging_run, "LOGS", 1)
    made = with_new_key()
    assert "prunes log/2/" in made.publish(NEXT).log_refused
    assert "log/2/checkpoint" not in made.files


def test_copies_of_both_logs_are_handed_out() -> None:
    made = with_new_key()
    first = made.bucket("out")["out/acme/log/checkpoint"]
    made.publish(NEXT)
    out = made.bucket("out")
    assert out["out/acme/log/2/checkpoint"] == made.files["log/2/checkpoint"]
    assert out["out/acme/log/checkpoint"] == made.files["log/checkpoint"] != first


def test_a_finding_is_proved_from_the_new_log(tmp_path: Path) -> None:
    made = moved()
    finding = made.findings("acme", "2026-11-25")[0]
    proof, _ = prove_finding(finding, made.log_keys, lambda path: made.files.get(f"log/{path}"))
    result = check_proof(Folder(made.copy_to(tmp_path)), proof, (), None)
    assert (result.wrong, result.said[0].split(",")[0]) == ([], f"{ORIGIN}/2")


@pytest.mark.parametrize("old_exists", [True, False])
@pytest.mark.parametrize("outcome", ["lost", "unanswered", "killed before", "killed after"])
@pytest.mark.usefixtures("in_english_only")
def test_a_change_that_dies_anywhere_is_ended_by_the_next_run(outcome: str, old_exists: bool,
        tmp_path: Path) -> None:  # fmt: skip
    number, before = 0, with_new_key(old_exists=old_exists)
    while True:
        made = deepcopy(before)
        faults = LogFaults(made, Random(number), plan={number: outcome})
        with suppress(CallLostError, KilledError):
            made.publish(NEXT, accept=("new-log",))
        faults.stop()
        if faults.calls <= number:
            break
        made.publish(LATER, accept=("new-log",))
        made.publish("2026-11-26T16:30:00Z")
        assert sum(isinstance(leaf, MovedLeaf) for leaf in made.leaves()) == old_exists
        assert sum(isinstance(leaf, BeganLeaf) for leaf in made.leaves("log/2/")) == 1
        keys = (vkey(made, "log/"), vkey(made, "log/2/"))
        assert check(made, tmp_path / str(number), *keys).wrong == []
        number += 7
    assert number > 30


@pytest.mark.parametrize("seed", range(6))
def test_two_runs_at_once_begin_one_log(seed: int, tmp_path: Path) -> None:
    made = with_new_key()
    faults = LogFaults(made, Random(seed), rate=0.05, switching=0.3)
    run_together(faults, [lambda: made.publish(NEXT), lambda: made.publish(NEXT)])
    faults.stop()
    made.publish(LATER)
    assert check(made, tmp_path).wrong == []


def test_a_continuation_is_confirmed_after_its_leaves_are_pruned(tmp_path: Path) -> None:
    made = moved()
    prune(made)
    result = check(made, tmp_path, now=THEN)
    assert result.wrong == []
    assert any("old leaves were deleted" in line for line in result.said)
    assert f"{ORIGIN} names {ORIGIN}/2 as the log that continues it." in result.said


THEN = "2028-01-10T03:00:00Z"


def prune(world: LogWorld) -> None:
    """Publish in 2027 and 2028, and delete old leaves as a lifecycle of 440 days does."""
    old = [path for path in world.files if path.startswith("log/tile/entries/")]
    world.publish("2027-12-01T02:00:00Z")
    world.publish("2028-01-10T02:00:00Z")
    for path in old:
        del world.files[path]


@pytest.fixture
def pruned() -> LogWorld:
    """A log of 2026 that was pruned in 2028."""
    world = LogWorld()
    digest = world.put_set(sample_pack())
    for number in range(60):
        world.count(sample_receipt("2026-11-25", number, by_rule={live(): 4}, set=digest))
    world.publish(CLOSED)
    world.publish("2026-11-26T03:00:00Z")  # now each file is known by its etag
    prune(world)
    return world


def test_files_are_named_again_each_year_and_stay_checked(pruned: LogWorld, tmp_path: Path) -> None:
    size = parse_checkpoint(pruned.files["log/checkpoint"]).size
    files = LogFiles(size, lambda path: pruned.files.get(f"log/{path}"))
    kept = [decode_leaf(leaf) for leaf in files.leaves(files.first_kept())]
    named = [leaf.path for leaf in kept if isinstance(leaf, PublishedLeaf)]
    assert named.count("summaries/acme/2026-11-25.json") == 2, "the first is in the next bundle"
    result = check(pruned, tmp_path, now=THEN)
    assert result.wrong == []
    assert "256 old leaves were deleted; only their hashes are left." in result.said
    pruned.files["summaries/acme/2026-11-25.json"] = b"{}"
    assert check(pruned, tmp_path, now=THEN).wrong


def test_leaves_that_are_missing_too_early_are_wrong(pruned: LogWorld, tmp_path: Path) -> None:
    del pruned.files["log/tile/entries/001"]
    wrong = check(pruned, tmp_path, now=THEN).wrong
    assert any(line.startswith("512 leaves") for line in wrong)


def test_a_pruned_log_grows_even_if_the_note_is_lost(pruned: LogWorld, tmp_path: Path) -> None:
    pruned.bucket("work").clear()
    result = pruned.publish("2028-01-10T12:00:00Z")
    assert (result.log_refused, result.log and result.log.added) == ("", 1)
    assert check(pruned, tmp_path, now="2028-01-10T13:00:00Z").wrong == []


def test_later_leaves_are_proved_and_pruned_ones_are_not(pruned: LogWorld, tmp_path: Path) -> None:
    pruned.count(sample_receipt("2028-01-10", 1, by_rule={live(): 1}))
    pruned.publish("2028-01-11T02:00:00Z")
    read, keys = (lambda path: pruned.files.get(f"log/{path}")), pruned.log_keys
    proof, _ = prove_finding(pruned.findings("acme", "2028-01-10")[0], keys, read)
    place = Folder(pruned.copy_to(tmp_path))
    assert check_proof(place, proof, (), None).wrong == []
    with pytest.raises(OperatorError, match="none of the"):
        prove_finding(pruned.findings("acme", "2026-11-25")[0], keys, read)


NOW = "2026-12-03T02:00:00Z"
BEFORE = ("2026-11-06T02:00:00Z", "2026-11-26T02:00:00Z", "2026-11-28T09:00:00Z")
SINCE = "2026-11-05"
OWN = ("summaries/", "journal/", "schemas/", "packs/", "index.html")
"""The paths that publish writes."""


@pytest.fixture
def rebuilt() -> World:
    """Two providers, two months, a campaign, decisions and a complaint; published as days went."""
    world = World()
    digest = world.put_set(sample_pack(campaign="november-2026"))
    for day, provider, found in (("2026-11-05", "acme", 3), ("2026-11-25", "acme", 2),
            ("2026-11-25", "other-chat", 0), ("2026-12-01", "other-chat", 5)):  # fmt: skip
        rules = {live(): found} if found else {}
        world.store.add(sample_receipt(day, provider=provider, by_rule=rules, set=digest))
    decided = decision("d-1", "confirmed", "2026-11-27")
    complaint = contest("c-1", decided)
    for entry in (decided, complaint, outcome("o-1", complaint)):
        world.store.do(entry)
    for moment in (*BEFORE, NOW):
        world.publish(moment)
    return world


def own(world: World) -> list[str]:
    return [key for key in world.files if key.startswith(OWN)]


def test_all_that_was_published_comes_back_with_the_same_bytes(rebuilt: World) -> None:
    before = dict(rebuilt.files)
    assert len(own(rebuilt)) > 100
    for key in own(rebuilt):
        del rebuilt.files[key]
    rebuilt.publish(NOW, since=SINCE, rebuild=True)
    assert sorted(rebuilt.files) == sorted(before)
    assert rebuilt.files == before


def test_what_was_spoilt_is_mended_and_the_rest_is_not_written(rebuilt: World) -> None:
    before = dict(rebuilt.files)
    spoilt = [key for key in own(rebuilt) if key.endswith((".html", ".csv", ".jsonl"))]
    for key in spoilt:
        rebuilt.files[key] += b" "
    rebuilt.publish(NOW, since=SINCE, rebuild=True)
    assert rebuilt.files == before
    assert sorted(rebuilt.calls.writes) == sorted(spoilt)


def test_it_tells_how_many_summaries_it_had_to_write(rebuilt: World) -> None:
    """A rebuild that finds all as it should be says so; each spoilt part of one counts it once."""
    assert rebuilt.publish(NOW, since=SINCE, rebuild=True).written == 0
    for suffix in ("html", "csv"):
        rebuilt.files[f"summaries/acme/2026-11-25.{suffix}"] += b" "
    rebuilt.files["journal/acme/2026-11-05.jsonl"] += b" "
    assert rebuilt.publish(NOW, since=SINCE, rebuild=True).written == 2


def test_a_revision_stays_what_it_is_and_its_pages_come_back(rebuilt: World) -> None:
    rebuilt.store.add(sample_receipt("2026-11-25", 2))
    rebuilt.publish("2026-12-03T03:00:00Z")
    before = dict(rebuilt.files)
    page = "summaries/acme/2026-11-25.html"
    assert "Revision 2." in rebuilt.text(page)
    del rebuilt.files[page]
    rebuilt.publish("2026-12-03T03:00:00Z", since=SINCE, rebuild=True)
    assert rebuilt.files == before
