"""`terang statements lint` on the files that people have."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from unit.statement_samples import SOUND, changed

from terang.command import main


def many(count: int) -> list[dict[str, Any]]:
    return [changed(puid=f"p-{number}") for number in range(count)]


def lines(statements: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in statements)


def table(statements: list[dict[str, Any]]) -> bytes:
    """As the database's daily files are: arrays as JSON, days with a time, other names for two."""
    columns = [*SOUND, "content_id_ean", "platform_uid", "uuid", "created_at"]
    columns.remove("puid")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for number, one in enumerate(statements):
        row = {name: json.dumps(v) if isinstance(v, list) else v for name, v in one.items()}
        row["platform_uid"] = row.pop("puid")
        row["content_date"] += " 00:00:00"
        writer.writerow(row | {"uuid": number, "created_at": "2026-11-03 10:00:00"})
    return text.getvalue().encode()


def zipped(name: str, *members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(members):
            archive.writestr(f"{number}-{name}", data)
    return out.getvalue()


def lint(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[dict[str, Any]]]:
    code = main(["statements", "lint", *map(str, words), "--json", "--today", "2026-11-25"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


BROKEN = [changed(puid="p-1"), changed(puid="p-2", content_language="id")]
FORMS = {
    "lines": lines(BROKEN),
    "lines with a byte order mark": b"\xef\xbb\xbf" + lines(BROKEN),
    "a batch": json.dumps({"statements": BROKEN}).encode(),
    "a batch over many lines": json.dumps({"statements": BROKEN}, indent=2).encode(),
    "an array": json.dumps(BROKEN).encode(),
    "an array of batches": json.dumps([{"statements": [one]} for one in BROKEN]).encode(),
    "a batch a line": lines([{"statements": BROKEN}]),
    "a table of the database": table(BROKEN),
    "gzip": gzip.compress(table(BROKEN)),
    "zip": zipped("sor-full.csv", table(BROKEN)),
    "a day of the database, zips in a zip": zipped(
        *("sor-full.zip", *(zipped("sor-full.csv", table([one])) for one in BROKEN)),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "statements"
    path.write_bytes(FORMS[form])
    code, told = lint(capsys, path)
    assert code == 1
    assert [(one["item"], one["puid"], one["field"], one["code"]) for one in told] == [
        (2, "p-2", "content_language", "not_allowed")
    ]
    assert told[0].keys() == {"file", "item", "puid", "field", "code", "message"}


def test_sound_statements_end_with_nought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_bytes(json.dumps({"statements": many(100)}, indent=1).encode())
    (tmp_path / "b.jsonl").write_bytes(json.dumps(changed(puid="b-1"), indent=1).encode())
    assert lint(capsys, tmp_path) == (0, [])


def test_a_batch_of_more_than_the_api_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "batch.json"
    path.write_text(json.dumps({"statements": many(130)}))
    _, told = lint(capsys, path)
    assert [(one["item"], one["code"]) for one in told] == [(101, "batch_too_large")]


def test_what_is_no_statement_costs_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(lines([SOUND]) + b'{"puid": \n\n[1]\n' + lines([changed(puid="p-9")]))
    _, told = lint(capsys, path)
    assert [(one["item"], one["code"]) for one in told] == [
        (2, "not_a_statement"),
        (3, "not_a_statement"),
    ]


def test_a_document_that_breaks_off_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "batch.json"
    path.write_text(json.dumps({"statements": many(3)})[:-40])
    _, told = lint(capsys, path)
    assert [(one["item"], one["code"]) for one in told] == [(3, "not_a_statement")]
    assert "byte" in told[0]["message"]


def test_puids_are_one_across_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(lines([SOUND]))
    _, told = lint(capsys, tmp_path / "a", tmp_path / "b")
    assert [(Path(one["file"]).name, one["code"]) for one in told] == [("b", "duplicate_puid")]


def test_a_month_is_held_against_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    violence = {"category": "STATEMENT_CATEGORY_VIOLENCE", "category_specification": None}
    last, now = tmp_path / "last", tmp_path / "now"
    last.write_bytes(
        lines(
            [
                one | {"application_date": "2026-10-31", "content_date": "2026-10-30"}
                for one in many(120)
            ]
        )
    )
    now.write_bytes(
        lines([changed(puid=f"v-{n}", decision_facts="Decided.", **violence) for n in range(120)])
    )
    _, told = lint(capsys, now, "--last", last)
    assert [(one["item"], one["code"]) for one in told] == [(1, "distribution_shift")]


HEADER = Path(__file__).parents[3] / "shared/data/dsa/sor-csv-header-full.csv"


@pytest.mark.skipif(not HEADER.exists(), reason="the database's header is not here")
def test_every_column_of_the_database_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row with something in each of them is a statement of the schema, and what is its answer."""
    columns = HEADER.read_text().strip().split(",")
    row = dict.fromkeys(columns, "") | {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in SOUND.items()
        if name != "puid"
    }
    row |= {
        "uuid": "u-1",
        "account_type": "ACCOUNT_TYPE_PRIVATE",
        "decision_account": "DECISION_ACCOUNT_SUSPENDED",
        "end_date_account_restriction": "2026-12-01 00:00:00",
        "content_id_ean": "4006381333931",
        "platform_uid": "p-1",
        "platform_name": "Acme",
        "created_at": "2026-11-03 10:00:00",
    }
    path = tmp_path / "day.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows([row, row | {"platform_uid": "p-2", "content_id_ean": "47"}])
    code, told = lint(capsys, path)
    assert (code, [(one["item"], one["field"], one["code"]) for one in told]) == (
        1,
        [(2, "content_id", "format")],
    )


@pytest.mark.parametrize("words", [["no-such-file"], ["{file}", "--today", "yesterday"]])
def test_wrong_usage_ends_with_two(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    given = [word.format(file=tmp_path / "file") for word in words]
    assert main(["statements", "lint", *given]) == 2


BROKEN_FILES = {
    "no text at all": b"\xff\xfe\x00\x01",
    "a table that is no UTF-8": b"category,x\n\xff\xfe,1\n",
    "a table with an endless cell": b"category,x\na," + b"y" * 200_000 + b"\n",
    "nothing": b"",
    "gzip that breaks off": gzip.compress(b"x" * 5_000)[:20],
    "gzip by its first bytes": b"\x1f\x8bno gzip",
    "zips without end": zipped("a", zipped("b", zipped("c", table(BROKEN)))),
    "a zip in a zip that breaks off": zipped("a", zipped("b", b"x" * 5_000)[:90]),
    "zip by its first bytes": b"PK\x03\x04no zip",
    "a value too long for a statement": b'{"puid": "' + b"x" * 3_000_000 + b'"}',
    "brackets without end": b"[" * 100_000,
    "something else": b'{"text": "a post", "id": "1"}\n',
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_file_that_is_something_else_is_told_once(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(BROKEN_FILES[name])
    code, told = lint(capsys, path)
    assert code == 1
    assert [one["code"] for one in told] == ["not_a_statement"]
