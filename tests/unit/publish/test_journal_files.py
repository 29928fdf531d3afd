"""Journal files: lines say what receipts say, and large days are cut."""

import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from support.publish_world import CLOSED, DiedError, World, live, sample_pack, sample_receipt
from support.sample_entries import decision

from ledger.units import Receipt
from publish import day_facts
from publish.day_facts import JournalSpool
from recount.recount import recount_command, whole_line

SMALL_FILE = 700
DAY = "2026-11-25"
DAY_AFTER = "2026-11-27T03:00:00Z"


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the journal has a few lines only."""
    monkeypatch.setattr(day_facts, "FILE_BYTES", SMALL_FILE)


def world(receipts: int = 12) -> World:
    """A day with receipts under two sets in turn, and a decision."""
    made = World()
    sets = [made.put_set(sample_pack(version=version)) for version in (1, 2)]
    for number in range(receipts):
        version = 1 + number % 2
        rules = {live(version=version): 2}
        made.store.add(sample_receipt(DAY, number, by_rule=rules, set=sets[version - 1]))
    made.store.do(decision("d-1", "confirmed", DAY))
    return made


def journal(made: World, day: str = DAY) -> dict[str, bytes]:
    """The journal files of a day, without those of earlier revisions, in their order."""
    files = made.summary(f"acme/{day}").journal
    return {file.path: made.objects.stored[file.path] for file in files}


def lines_of(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


def all_fields() -> Receipt:
    """A receipt in which no field has its default."""
    return sample_receipt(inspected=6, refused={"not_public": 3, "text_long": 0},
                          by_rule={live(): 2, live("other"): 1}, held={live(): 1}, repeats=4,
                          set="ab" * 32, skipped=("old-pack/2", "another/1"), unknown_fields=5,
                          assumed_utc=1, by_language={"id": 4, "zh-hant": 2}, no_rules=6,
                          partly_read=2, messages=6, last="2026-11-26T00:00:00Z")  # fmt: skip


@pytest.mark.parametrize(
    "receipt",
    [all_fields(), sample_receipt(inspected=0, refused={}), sample_receipt(by_language={"id": 0})],
    ids=["every field", "nothing in it", "a zero in a tally"],
)
def test_a_line_says_what_the_receipt_says(receipt: Receipt) -> None:
    """All but ids, the source and times; zeros in tallies add nothing."""
    with closing(JournalSpool()) as spool:
        spool.add_receipt(receipt)
        (piece,) = spool.finish()
        *named, line = lines_of(next(spool.read()))
    names = msgspec.convert(named[0]["names"], list[str]) if named else []
    whole = whole_line(line, 1, names)
    written = msgspec.structs.asdict(receipt) | {"n": 1}
    for tally in ("refused", "by_rule", "held", "by_language"):
        written[tally] = {key: count for key, count in written[tally].items() if count}
    written |= {name: written[name][:10] for name in ("first", "last")}
    written["skipped"] = sorted(written["skipped"])
    whole.setdefault("messages", 0)
    private = {"unit", "provider", "at", "findings_digest", "source", "not_asked", "not_compared",
               "refused_messages"}  # fmt: skip
    assert whole == {name: value for name, value in written.items() if name not in private}
    assert piece.lines == 1


@pytest.mark.usefixtures("small_files")
def test_a_large_day_is_cut_into_files_that_each_can_be_read_alone(tmp_path: Path) -> None:
    made = world()
    made.publish(CLOSED)
    files = journal(made)
    assert list(files)[:2] == [f"journal/acme/{DAY}.jsonl", f"journal/acme/{DAY}.1.jsonl"]
    assert len(files) >= 3
    for data in files.values():
        assert 0 < len(data) <= SMALL_FILE
        first = lines_of(data)[0]
        assert first["kind"] in {"names", "case"}
    counted = [line for data in files.values() for line in lines_of(data)]
    assert sum(line["kind"] == "range" for line in counted) == 12
    assert counted[-1]["kind"] == "case"
    day = made.summary(f"acme/{DAY}")
    assert sum(file.lines for file in day.journal) == 13
    assert (
        made.summary("acme/2026-11").journal == day.journal == made.summary("all/2026-11").journal
    )
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
def test_a_line_longer_than_a_file_has_a_file_of_its_own(tmp_path: Path) -> None:
    made = World()
    digest = made.put_set(sample_pack())
    for number in range(3):
        refused = {f"code_{number}_{code}": 1 for code in range(60)}
        made.store.add(sample_receipt(DAY, number, refused=refused, set=digest))
    made.publish(CLOSED)
    assert [file.lines for file in made.summary(f"acme/{DAY}").journal] == [1, 1, 1]
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
def test_a_revision_of_a_cut_day_keeps_each_file_of_the_earlier_one(tmp_path: Path) -> None:
    made = world()
    made.publish(CLOSED)
    before = journal(made)
    made.store.add(
        sample_receipt(DAY, 99, set=made.summary(f"acme/{DAY}").numbers.sets.popitem()[0])
    )
    made.publish(DAY_AFTER)
    assert made.summary(f"acme/{DAY}").revision == 2
    for path, data in before.items():
        assert made.objects.stored[f"{path.removesuffix('.jsonl')}.r1.jsonl"] == data
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
def test_a_cut_day_of_which_less_is_accepted_keeps_its_files_empty(tmp_path: Path) -> None:
    """A published file is never deleted, and recount names a file that no summary counts."""
    made = world()
    made.publish(CLOSED)
    before = list(journal(made))
    del made.store.journal["acme", DAY][2:]
    made.publish(DAY_AFTER, accept=(f"acme/{DAY}",))
    files = journal(made)
    assert list(files) == before
    assert files[before[-1]] == b""
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("deaths", range(12))
def test_a_run_that_dies_between_two_files_is_completed_by_the_next(
    deaths: int, tmp_path: Path
) -> None:
    made, right = world(), world()
    for each in (made, right):
        each.publish(CLOSED)
        each.store.add(sample_receipt(DAY, 99))
    right.publish(DAY_AFTER)
    made.objects.fatal, made.objects.applied = deaths, bool(deaths % 2)
    with pytest.raises(DiedError):
        made.publish(DAY_AFTER)
    made.publish("2026-11-27T04:00:00Z")
    assert made.objects.stored == right.objects.stored
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"form": "0-000000000000"}'])
def test_a_seal_that_cannot_be_used_is_written_again(data: bytes) -> None:
    made = world()
    made.publish(CLOSED)
    key = f"seals/acme/{DAY}.json"
    sound, before = made.seals.stored[key], dict(made.objects.stored)
    made.seals.stored[key] = data
    made.publish("2026-11-26T03:00:00Z")
    assert made.objects.stored == before
    assert json.loads(made.seals.stored[key])["form"] == json.loads(sound)["form"]
