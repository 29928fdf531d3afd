"""What is published: it validates, it names nobody, and it is inert in a spreadsheet."""

import csv
import io
import json
import re

import jsonschema
import msgspec
import pytest
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt

from ledger.posts import language_of
from ledger.texts import replace_controls
from publish.precision import RuleErrors
from publish.summary import decode_summary, encode_summary
from publish_steps.site_files import HEADER, csv_cell


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


def test_every_summary_validates_against_its_published_schema(published: World) -> None:
    schema = published.json("schemas/summary.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    summaries = published.objects.keys("public", "summaries/")
    checked = [key for key in summaries if key.endswith(".json")]
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


def test_json_is_what_any_sorting_encoder_writes(published: World) -> None:
    for key in published.objects.keys("public", "summaries/"):
        if key.endswith(".json"):
            text = published.text(key)
            again = json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False)
            assert text == again + "\n"


def test_a_summary_survives_its_own_encoding(published: World) -> None:
    data = published.objects.stored["summaries/all/2026-11.json"]
    assert encode_summary(decode_summary(data)) == data


def test_nothing_published_identifies_a_unit_a_file_or_a_post(published: World) -> None:
    """No id, no file name, no second of a post, no word that a sender wrote."""
    hidden = [r"secret-name", r"drop/", r"T\d\d:\d\d:\d\d"]
    hidden += [receipt.unit for receipt in published.store.receipts("acme", "2026-11-25")]
    for key, data in published.objects.stored.items():
        # An archive holds files that are looked at by themselves; the feed says when a day closed.
        if not key.startswith(("sets/", "packs/")) and not key.endswith(".zip"):
            text = re.sub(r"T02:00:0\dZ", "", data.decode())
            for pattern in hidden:
                assert not re.search(pattern, text), (key, pattern)


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        pytest.param("zh-Hant-TW", "zh-hant", id="language and script stay"),
        pytest.param("EN_us", "en", id="a region goes"),
        pytest.param("", "und", id="nothing is undetermined"),
        pytest.param("call me at 5", "other", id="a sentence is not a language"),
        pytest.param("english", "other", id="a name of a language is not a tag"),
        pytest.param("joe", "other", id="a tag that no language has"),
        pytest.param("id-x-johndoe", "id", id="a private subtag goes"),
        pytest.param("=1+1", "other", id="a formula is not a language"),
    ],
)
def test_a_language_is_shown_only_as_far_as_it_is_one(tag: str, shown: str) -> None:
    assert language_of(tag) == language_of(shown) == shown


def test_the_csv_holds_every_number_of_the_json(published: World) -> None:
    text = published.text("summaries/acme/2026-11-25.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == HEADER
    assert {(row["period"], row["provider"]) for row in rows} == {("2026-11-25", "acme")}
    found = {(row["measure"], row["key"]): row["value"] for row in rows}
    day = published.summary("acme/2026-11-25")
    assert found["inspected", ""] == str(day.numbers.inspected)
    assert found["by_rule", live()] == "2"
    assert (found["revision", ""], found["left_out", ""], found["decided", ""]) == ("2", "1", "")
    for name, value in msgspec.to_builtins(day.numbers).items():
        entries = value.items() if isinstance(value, dict) else [("", value)]
        assert all(found[name, key] == str(count) for key, count in entries)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=HYPERLINK(1)", id="a formula"),
        pytest.param("+1", id="a plus"),
        pytest.param("-1", id="a minus"),
        pytest.param("@SUM(1)", id="an at sign"),
        pytest.param("|calc", id="a pipe"),
        pytest.param("\t=1", id="a formula behind a tab"),
        pytest.param("\r=1", id="a formula behind a return"),
        pytest.param("\n=1", id="a formula behind a new line"),
        pytest.param("\0=1", id="a formula behind a NUL"),
        pytest.param("   =1", id="a formula behind blanks"),
        pytest.param("\u200b=1", id="a formula behind an invisible mark"),
        pytest.param("\ufeff=1", id="a formula behind a byte order mark"),
        pytest.param("＝1", id="a full-width formula"),
        pytest.param("﹣1", id="a small minus"),
        pytest.param("−1", id="a typographic minus"),
    ],
)
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
