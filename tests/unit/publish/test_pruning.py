"""Old bundles of entries are deleted: proofs, checks and further growth stay whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt

from ledger.codes import OperatorError
from terang.cli.published import prove_finding
from tlog import LogFiles, PublishedLeaf, decode_leaf, parse_checkpoint
from verify import Folder, Options, Result, check_place, check_proof

A_YEAR_LATER, PRUNED = "2027-12-01T02:00:00Z", "2028-01-10T02:00:00Z"


@pytest.fixture
def made() -> LogWorld:
    """A log of 2026 that was pruned in 2028, as a lifecycle of 440 days does."""
    world = LogWorld()
    digest = world.put_set(sample_pack())
    for number in range(60):
        world.count(sample_receipt("2026-11-25", number, by_rule={live(): 4}, set=digest))
    world.publish(CLOSED)
    world.publish("2026-11-26T03:00:00Z")  # now each file is known by its etag
    old = [path for path in world.objects.stored if path.startswith("log/tile/entries/")]
    assert len(old) == 2
    world.publish(A_YEAR_LATER)
    world.publish(PRUNED)
    for path in old:
        del world.objects.stored[path]
    return world


def check(made: LogWorld, folder: Path, now: str = "2028-01-10T03:00:00Z") -> Result:
    moment = datetime.fromisoformat(now).astimezone(UTC)
    return check_place(Folder(made.copy_public(folder)), Options(now=moment))


def files_of(made: LogWorld) -> LogFiles:
    size = parse_checkpoint(made.objects.stored["log/checkpoint"]).size
    return LogFiles(size, lambda path: made.objects.stored.get(f"log/{path}"))


def test_published_files_are_named_again_once_a_year_and_stay_checked(
    made: LogWorld, tmp_path: Path
) -> None:
    files = files_of(made)
    kept = [decode_leaf(leaf) for leaf in files.leaves(files.first_kept())]
    named = [leaf.path for leaf in kept if isinstance(leaf, PublishedLeaf)]
    assert named.count("summaries/acme/2026-11-25.json") == 2, "the first is in the next bundle"
    result = check(made, tmp_path)
    assert result.wrong == []
    assert "256 old leaves were deleted; only their hashes are left." in result.said
    (tmp_path / "summaries/acme/2026-11-25.json").write_bytes(b"{}")
    assert check_place(Folder(tmp_path), Options(now=datetime(2028, 1, 10, 3, tzinfo=UTC))).wrong


def test_leaves_that_are_missing_too_early_are_wrong(made: LogWorld, tmp_path: Path) -> None:
    del made.objects.stored["log/tile/entries/001"]
    assert any(wrong.startswith("512 leaves") for wrong in check(made, tmp_path).wrong)


def test_a_pruned_log_grows_even_if_the_note_is_lost(made: LogWorld, tmp_path: Path) -> None:
    made.objects.of("work").clear()
    result = made.publish("2028-01-10T12:00:00Z")
    assert (result.log_refused, result.log and result.log.added) == ("", 1)
    assert check(made, tmp_path, "2028-01-10T13:00:00Z").wrong == []


def test_later_leaves_are_proved_and_pruned_ones_are_not(made: LogWorld, tmp_path: Path) -> None:
    made.count(sample_receipt("2028-01-10", 1, by_rule={live(): 1}))
    made.publish("2028-01-11T02:00:00Z")
    read, keys = (lambda path: made.objects.stored.get(f"log/{path}")), made.heads.log_keys
    proof, _ = prove_finding(made.findings("acme", "2028-01-10")[0], keys, read)
    place = Folder(made.copy_public(tmp_path))
    assert check_proof(place, proof, (), None).wrong == []
    with pytest.raises(OperatorError, match="none of the"):
        prove_finding(made.findings("acme", "2026-11-25")[0], keys, read)
