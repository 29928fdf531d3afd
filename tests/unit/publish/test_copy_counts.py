"""Near copies of a day are counted as groups, once for ever, and nothing else of them is public."""

from pathlib import Path

import msgspec
import pytest
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt

from ledger.privacy import FindingFingerprint
from publish.folding import count_copies
from recount.recount import differences_of
from rules.pack_parts import HASHES

DAY = "2026-11-25"
ADVERT, ALMOST, OTHER = bytes(HASHES), bytes(HASHES - 9) + b"x" * 9, bytes(range(HASHES))
PRINTS = [FindingFingerprint("f1", live(), ADVERT), FindingFingerprint("f2", live(), ALMOST),
          FindingFingerprint("f3", live().replace("/live", "/shadow"), OTHER),
          FindingFingerprint("f4", live(), OTHER)]  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World()
    digest = made.put_set(sample_pack(campaign="autumn"))
    made.store.add(sample_receipt(DAY, 1, by_rule={live(): 40}, set=digest))
    made.store.kept_fingerprints["acme", DAY] = list(PRINTS)
    return made


def test_groups_are_counted_together_and_by_rule(world: World) -> None:
    world.publish(CLOSED)
    numbers = world.summary(f"acme/{DAY}").numbers
    assert (numbers.copy_findings, numbers.copy_groups) == (4, 2)
    assert numbers.copy_groups_by_rule == {live(): 2, live().replace("/live", "/shadow"): 1}
    assert world.summary("all/2026-11").numbers.copy_groups == 2
    assert "Copy groups" in world.text(f"summaries/acme/{DAY}.html")


def test_the_order_of_arrival_does_not_matter() -> None:
    assert count_copies(PRINTS) == count_copies(PRINTS[::-1])


def test_a_closed_day_stays_when_its_fingerprints_end_or_go_with_their_author(world: World) -> None:
    world.publish(CLOSED)
    before = dict(world.objects.stored)
    world.store.kept_fingerprints.clear()
    world.publish("2026-12-26T02:00:00Z", since=DAY)
    key = f"summaries/acme/{DAY}.json"
    assert world.objects.stored[key] == before[key]
    key = f"journal/acme/{DAY}.jsonl"
    assert world.objects.stored[key] == before[key]


def test_the_journal_holds_counts_and_neither_ids_nor_fingerprints(world: World) -> None:
    world.publish(CLOSED)
    *_, last = world.text(f"journal/acme/{DAY}.jsonl").splitlines()
    line = msgspec.json.decode(last)
    assert line == {"n": 2, "kind": "copies", "algorithm": "minhash-1", "findings": 4, "groups": 2,
                    "by_rule": line["by_rule"]}  # fmt: skip


def test_a_campaign_counts_no_copies_since_its_packs_are_a_part(world: World) -> None:
    world.publish(CLOSED)
    assert not world.summary("all/autumn").numbers.copy_groups


def test_recount_adds_copies_up_and_names_what_cannot_be(world: World, tmp_path: Path) -> None:
    world.publish(CLOSED)
    folder = world.copy_to(tmp_path)
    paths = sorted((folder / "summaries").glob("*/*.json"))
    assert [list(differences_of(folder, path)) for path in paths] == [[] for _ in paths]
    path = folder / f"summaries/acme/{DAY}.json"
    text = path.read_text()
    path.write_text(text.replace('"copy_groups": 2', '"copy_groups": 3'))
    assert any("copy_groups" in difference for difference in differences_of(folder, path))
    path.write_text(text.replace('"copy_groups": 2,\n', ""))
    assert any("copy_groups" in difference for difference in differences_of(folder, path))


def test_without_fingerprints_nothing_is_published_of_copies(world: World) -> None:
    world.store.kept_fingerprints.clear()
    world.publish(CLOSED)
    assert world.summary(f"acme/{DAY}").numbers.copy_findings == 0
    assert "Copy groups" not in world.text(f"summaries/acme/{DAY}.html")


def test_groups_that_were_noted_keep_their_numbers_without_fingerprints() -> None:
    """An author was erased: the first of a group has no fingerprint, and later ones come."""
    groups = {"f1": "f1", "f2": "f1", "f3": "f3", "f4": "f3"}
    noted = [one._replace(group=groups[one.finding]) for one in PRINTS]
    erased = [one._replace(fingerprint=b"") if one.finding == "f1" else one for one in noted]
    assert count_copies(erased) == count_copies(PRINTS)
    late = FindingFingerprint("f0", live(), ALMOST)
    assert count_copies([*erased, late]).groups == count_copies(PRINTS).groups
