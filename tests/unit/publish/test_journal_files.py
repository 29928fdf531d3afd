"""Journal files: lines say what receipts say, name nobody, and are inert in a spreadsheet."""

import csv
import io
import json
import re
from contextlib import closing
from pathlib import Path

import jsonschema
import msgspec
import pytest
from support.publish_world import CLOSED, DiedError, World, live, sample_pack, sample_receipt
from support.sample_entries import decision

from ledger.posts import language_of
from ledger.texts import replace_controls
from ledger.units import Receipt
from publish import day_facts
from publish.day_facts import JournalSpool
from publish.precision import RuleErrors
from publish.summary import decode_summary, encode_summary
from publish_steps.site_files import HEADER, csv_cell
from recount import recount_command, whole_line

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
    return {file.path: made.files[file.path] for file in files}


def lines_of(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


def all_fields() -> Receipt:
    """A receipt in which no field has its default."""
    return sample_receipt(inspected=6, refused={"not_public": 3, "text_long": 0},
                          by_rule={live(): 2, live("other"): 1}, held={live(): 1}, repeats=4,
                          set="ab" * 32, skipped=("old-pack/2", "another/1"), unknown_fields=5,
                          assumed_utc=1, by_language={"id": 4, "zh-hant": 2}, no_rules=6,
                          partly_read=2, messages=6, last="2026-11-26T00:00:00Z")  # fmt: skip


@pytest.mark.parametrize("receipt", [
    all_fields(), sample_receipt(inspected=0, refused={}), sample_receipt(by_language={"id": 0}),
], ids=["every field", "nothing in it", "a zero in a tally"])  # fmt: skip
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
               "recorded", "high", "refused_messages", "draws"}  # fmt: skip
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
    for month in ("acme/2026-11", "all/2026-11"):
        assert made.summary(month).journal == day.journal
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
    rule_set, _ = made.summary(f"acme/{DAY}").numbers.sets.popitem()
    made.store.add(sample_receipt(DAY, 99, set=rule_set))
    made.publish(DAY_AFTER)
    assert made.summary(f"acme/{DAY}").revision == 2
    for path, data in before.items():
        assert made.files[f"{path.removesuffix('.jsonl')}.r1.jsonl"] == data
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
def test_a_cut_day_of_which_less_is_accepted_keeps_its_files_empty(tmp_path: Path) -> None:
    """A published file is never deleted, and recount names a file that no summary counts."""
    made = world()
    made.publish(CLOSED)
    before = list(journal(made))
    made.store.lose(*[*made.store.receipts("acme", DAY)][2:])
    made.publish(DAY_AFTER, accept=(f"acme/{DAY}",))
    files = journal(made)
    assert list(files) == before
    assert files[before[-1]] == b""
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("deaths", range(12))
def test_a_run_that_dies_between_files_is_ended_by_the_next(deaths: int, tmp_path: Path) -> None:
    made, right = world(), world()
    for each in (made, right):
        each.publish(CLOSED)
        each.store.add(sample_receipt(DAY, 99))
    right.publish(DAY_AFTER)
    made.calls.fatal, made.calls.applied = deaths, bool(deaths % 2)
    with pytest.raises(DiedError):
        made.publish(DAY_AFTER)
    made.publish("2026-11-27T04:00:00Z")
    assert made.files == right.files
    assert recount_command(made.copy_to(tmp_path)) == 0


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"form": "0-000000000000"}'])
def test_a_seal_that_cannot_be_used_is_written_again(data: bytes) -> None:
    made = world()
    made.publish(CLOSED)
    key = f"seals/acme/{DAY}.json"
    sound, before = made.seals[key], dict(made.files)
    made.seals[key] = data
    made.publish("2026-11-26T03:00:00Z")
    assert made.files == before
    assert json.loads(made.seals[key])["form"] == json.loads(sound)["form"]


@pytest.fixture(scope="module")
def published() -> World:
    made = World()
    digest = made.put_set(sample_pack())
    made.store.add(sample_receipt(by_rule={live(): 2}, set=digest, by_language={"id": 100}))
    made.store.add(sample_receipt(number=2, records=1))
    made.store.add(sample_receipt(number=3, inspected=1, refused={}, kind="message"))
    made.publish(CLOSED)
    made.store.add(sample_receipt(number=4))
    made.publish("2026-11-26T03:00:00Z")
    return made


def summaries_of(made: World) -> list[str]:
    return [key for key in made.files if re.fullmatch(r"summaries/.*\.json", key)]


def test_every_summary_validates_against_its_published_schema(published: World) -> None:
    schema = published.json("schemas/summary.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    checked = summaries_of(published)
    assert len(checked) == 6
    for key in checked:
        jsonschema.validate(published.json(key), schema)


def test_every_journal_line_validates_against_its_published_schema(published: World) -> None:
    schema = published.json("schemas/journal.json")
    lines = published.text("journal/acme/2026-11-25.jsonl").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert sorted(kinds) == ["message", "names", "range", "range"]
    for line in lines:
        jsonschema.validate(json.loads(line), schema)


def test_every_field_of_the_schemas_is_described(published: World) -> None:
    for path in ("schemas/summary.json", "schemas/journal.json"):
        definitions = published.json(path)["$defs"]
        assert isinstance(definitions, dict)
        for name, record in definitions.items():
            assert record.get("description"), name
            for field, rules in record.get("properties", {}).items():
                assert rules.get("description"), f"{name}.{field}"


def test_json_is_what_any_sorting_encoder_writes_and_survives_our_own(published: World) -> None:
    for key in summaries_of(published):
        text = published.text(key)
        again = json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False)
        assert text == again + "\n"
        assert encode_summary(decode_summary(text.encode())) == text.encode()


def test_nothing_published_identifies_a_unit_a_file_or_a_post(published: World) -> None:
    """No id, no file name, no second of a post, no word that a sender wrote."""
    hidden = [r"secret-name", r"drop/", r"T\d\d:\d\d:\d\d"]
    hidden += [receipt.unit for receipt in published.store.receipts("acme", "2026-11-25")]
    for key, data in published.files.items():
        # An archive holds files that are looked at by themselves; the feed says when a day closed.
        if not key.startswith(("sets/", "packs/")) and not key.endswith(".zip"):
            text = re.sub(r"T02:00:0\dZ", "", data.decode())
            for pattern in hidden:
                assert not re.search(pattern, text), (key, pattern)


@pytest.mark.parametrize(("tag", "shown"), [
    ("zh-Hant-TW", "zh-hant"), ("EN_us", "en"), ("", "und"), ("call me at 5", "other"),
    ("english", "other"), ("joe", "other"), ("id-x-johndoe", "id"), ("=1+1", "other"),
])  # fmt: skip
def test_a_language_is_shown_only_as_far_as_it_is_one(tag: str, shown: str) -> None:
    assert language_of(tag) == language_of(shown) == shown


def test_the_csv_holds_every_number_of_the_json(published: World) -> None:
    text = published.text("summaries/acme/2026-11-25.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == HEADER
    assert {(row["period"], row["provider"]) for row in rows} == {("2026-11-25", "acme")}
    found = {(row["measure"], row["key"]): row["value"] for row in rows}
    day = published.summary("acme/2026-11-25")
    assert (found["inspected", ""], found["by_rule", live()]) == (str(day.numbers.inspected), "2")
    assert (found["revision", ""], found["left_out", ""], found["decided", ""]) == ("2", "1", "")
    for name, value in msgspec.to_builtins(day.numbers).items():
        entries = value.items() if isinstance(value, dict) else [("", value)]
        assert all(found[name, key] == str(count) for key, count in entries)


@pytest.mark.parametrize("text", [
    "=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "|calc", "\t=1", "\r=1", "\n=1", "\0=1", "   =1",
    "\u200b=1", "\ufeff=1", "＝1", "﹣1", "−1",
])  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_is_kept_from_it(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_cell(text)))
    assert row[0].startswith(("'", "\ufffd"))
    assert csv_cell(text).startswith('"')


@pytest.mark.parametrize("text", ['a "quoted" word', "a,b", "word'", "日本", "a=b", ""])
def test_a_harmless_text_comes_back_as_it_was(text: str) -> None:
    assert next(csv.reader(io.StringIO(csv_cell(text))), [""]) == [text]


def test_what_a_terminal_would_obey_is_made_visible() -> None:
    shown = replace_controls("\x1b[2Jred\x9b31m\u202eevil\u2028line")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", shown)
    assert replace_controls("می‌خواهم 👩‍👧 ที่นี่") == "می‌خواهم 👩‍👧 ที่นี่"


def test_the_table_has_every_measure_of_each_rule(published: World) -> None:
    """As the JSON has them, whether anything was decided or not."""
    rows = list(csv.reader(io.StringIO(published.text("summaries/acme/2026-11-25.csv"))))
    measured = {(row[HEADER.index("measure")], row[HEADER.index("key")]) for row in rows[1:]}
    errors = published.json("summaries/acme/2026-11-25.json")["errors"]
    for rule, of_rule in errors["by_rule"].items():
        assert {(f"{name}_by_rule", rule) for name in of_rule} <= measured
    assert {(name, "") for name in RuleErrors.__struct_fields__ if name in errors} <= measured
