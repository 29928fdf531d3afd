"""Journal files: short lines say what whole lines say, large days are cut, old days keep theirs."""

import json
from pathlib import Path

import msgspec
import pytest
from support.publish_world import CLOSED, DiedError, World, live, sample_pack, sample_receipt
from support.sample_entries import decision

from ledger.units import Receipt
from publish import public_journal, publish_run
from publish.public_journal import (
    SHORT_FORM,
    WHOLE_FORM,
    JournalSpool,
    ReceiptLine,
    ShortLine,
    receipt_line,
)
from recount.recount import recount_command, whole_line

SMALL_FILE = 700
DAY = "2026-11-25"
DAY_AFTER = "2026-11-27T03:00:00Z"


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the journal has a few lines only."""
    monkeypatch.setattr(public_journal, "FILE_BYTES", SMALL_FILE)


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


def publish_by_an_earlier_release(made: World, moment: str, patch: pytest.MonkeyPatch) -> None:
    """Publish as releases before short lines did: whole lines, one file, and no seals."""
    with patch.context() as earlier:
        earlier.setattr(publish_run, "journal_form", lambda _: WHOLE_FORM)
        made.publish(moment)
    made.seals.stored.clear()


def journal(made: World, day: str = DAY) -> dict[str, bytes]:
    """The journal files of a day, without those of earlier revisions, in their order."""
    files = made.summary(f"acme/{day}").journal
    return {file.path: made.objects.stored[file.path] for file in files}


def lines_of(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


def all_fields() -> Receipt:
    """A receipt in which no field has its default."""
    return sample_receipt(
        inspected=6,
        refused={"not_public": 3, "text_long": 0},
        by_rule={live(): 2, live("other"): 1},
        held={live(): 1},
        repeats=4,
        set="ab" * 32,
        skipped=("old-pack/2", "another/1"),
        unknown_fields=5,
        assumed_utc=1,
        by_language={"id": 4, "zh-hant": 2},
        no_rules=6,
        partly_read=2,
        messages=6,
        last="2026-11-26T00:00:00Z",
    )


@pytest.mark.parametrize(
    "receipt",
    [all_fields(), sample_receipt(inspected=0, refused={}), sample_receipt(by_language={"id": 0})],
    ids=["every field", "nothing in it", "a zero in a tally"],
)
def test_a_short_line_says_what_the_whole_line_says(receipt: Receipt) -> None:
    """The two differ only in zeros, which add nothing."""
    whole = receipt_line(1, receipt)
    with JournalSpool() as spool:
        spool.add_receipt(whole)
        (piece,) = spool.finish()
        names_line, *short = lines_of(next(spool.read()))
    if not short:
        names_line, short = {"names": []}, [names_line]
    names = [str(name) for name in msgspec.convert(names_line["names"], list[str])]
    read = whole_line(short[0], 1, names)
    written = msgspec.to_builtins(whole)
    for tally in ("refused", "by_rule", "held", "by_language"):
        written[tally] = {key: count for key, count in written[tally].items() if count}
    written["skipped"] = list(written["skipped"])
    assert read == written
    assert piece.lines == 1


def test_a_short_line_has_every_field_of_a_whole_one() -> None:
    """A count that is added to receipts must not be forgotten in short lines."""
    whole, short = (
        {field.name for field in msgspec.structs.fields(line)} for line in (ReceiptLine, ShortLine)
    )
    assert whole - short == {"n"}
    assert short <= whole


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
    assert {file.form for file in day.journal} == {SHORT_FORM}
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


@pytest.mark.usefixtures("small_files")
def test_a_day_that_an_earlier_release_published_keeps_its_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An upgrade in place: old days are sealed and rebuilt as they are, new days are short."""
    made = world()
    publish_by_an_earlier_release(made, CLOSED, monkeypatch)
    before = dict(made.objects.stored)
    (old,) = made.summary(f"acme/{DAY}").journal
    assert old.form is msgspec.UNSET
    made.publish("2026-11-26T03:00:00Z", check=False)
    assert f"seals/acme/{DAY}.json" in made.seals.stored
    made.publish("2026-11-26T03:00:00Z", rebuild=True)
    assert made.objects.stored == before

    made.store.add(sample_receipt("2026-11-26", 1))
    made.publish(DAY_AFTER)
    forms = [file.form for file in made.summary("acme/2026-11").journal]
    assert forms == [msgspec.UNSET, SHORT_FORM]
    assert {key: made.objects.stored[key] for key in before if DAY in key} == {
        key: data for key, data in before.items() if DAY in key
    }
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
def test_a_late_receipt_revises_a_day_of_an_earlier_release_in_its_own_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = world()
    publish_by_an_earlier_release(made, CLOSED, monkeypatch)
    path = f"journal/acme/{DAY}.jsonl"
    before = made.objects.stored[path]
    made.store.add(sample_receipt(DAY, 99))
    made.publish(DAY_AFTER)
    day = made.summary(f"acme/{DAY}")
    assert (day.revision, [file.form for file in day.journal]) == (2, [msgspec.UNSET])
    assert made.objects.stored[f"journal/acme/{DAY}.r1.jsonl"] == before
    lines = lines_of(made.objects.stored[path])
    assert [line["n"] for line in lines] == list(range(1, 15))
    assert recount_command(made.copy_to(tmp_path)) == 0


def test_a_provisional_day_of_an_earlier_release_is_closed_in_short_lines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its numbers could still grow, so nobody was promised its bytes."""
    made = world()
    with monkeypatch.context() as earlier:
        earlier.setattr(publish_run, "journal_form", lambda _: WHOLE_FORM)
        made.publish("2026-11-25T20:00:00Z", provisional=True)
    made.publish(CLOSED)
    day = made.summary(f"acme/{DAY}")
    assert (day.revision, [file.form for file in day.journal]) == (1, [SHORT_FORM])
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
