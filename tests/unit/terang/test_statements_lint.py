"""`terang statements lint` on the files that people have."""

import csv
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.statement_samples import SOUND, changed

from dsa.statement_checks import FIELDS
from terang.cli import main


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


type Lint = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Lint:
    """The command on files, with its exit code and problems."""

    def run(*words: object) -> tuple[int, list[dict[str, Any]]]:
        code = main(["statements", "lint", *map(str, words), "--json", "--today", "2026-11-25"])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def linted(lint: Lint, tmp_path: Path) -> Lint:
    """The same on one file of these bytes."""

    def run(data: bytes) -> tuple[int, list[dict[str, Any]]]:
        (tmp_path / "file").write_bytes(data)
        return lint(tmp_path / "file")

    return run


BROKEN = [changed(puid="p-1"), changed(puid="p-2", content_language="id")]
FORMS = {"lines": lines(BROKEN), "lines with a byte order mark": b"\xef\xbb\xbf" + lines(BROKEN),
         "a batch": json.dumps({"statements": BROKEN}).encode(),
         "a batch over many lines": json.dumps({"statements": BROKEN}, indent=2).encode(),
         "an array": json.dumps(BROKEN).encode(),
         "an array of batches": json.dumps([{"statements": [one]} for one in BROKEN]).encode(),
         "a batch a line": lines([{"statements": BROKEN}]),
         "a table of the database": table(BROKEN), "gzip": gzip.compress(table(BROKEN)),
         "zip": zipped("sor-full.csv", table(BROKEN)),
         "a day of the database, zips in a zip": zipped(*(
             "sor-full.zip", *(zipped("sor-full.csv", table([one])) for one in BROKEN),
         ))}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same(form: str, linted: Lint) -> None:
    code, told = linted(FORMS[form])
    assert code == 1
    assert [(one["item"], one["puid"], one["field"], one["code"]) for one in told] == [
        (2, "p-2", "content_language", "not_allowed")
    ]
    assert told[0].keys() == {"file", "item", "puid", "field", "code", "message"}


def test_sound_statements_end_with_nought(tmp_path: Path, lint: Lint) -> None:
    (tmp_path / "a.json").write_bytes(json.dumps({"statements": many(100)}, indent=1).encode())
    (tmp_path / "b.jsonl").write_bytes(json.dumps(changed(puid="b-1"), indent=1).encode())
    assert lint(tmp_path) == (0, [])


def test_a_batch_of_more_than_the_api_takes(linted: Lint) -> None:
    _, told = linted(json.dumps({"statements": many(130)}).encode())
    assert [(one["item"], one["code"]) for one in told] == [(101, "batch_too_large")]


def test_a_wrong_statement_does_not_stop_the_others(linted: Lint) -> None:
    _, told = linted(lines([SOUND]) + b'{"puid": \n\n[1]\n' + lines([changed(puid="p-9")]))
    assert [(one["item"], one["code"]) for one in told] == [(2, "not_a_statement"),
                                                            (3, "not_a_statement")]  # fmt: skip


def test_a_document_that_breaks_off_says_where(linted: Lint) -> None:
    _, told = linted(json.dumps({"statements": many(3)})[:-40].encode())
    assert [(one["item"], one["code"]) for one in told] == [(3, "not_a_statement")]
    assert "byte" in told[0]["message"]


def test_puids_are_unique_across_files(tmp_path: Path, lint: Lint) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(lines([SOUND]))
    _, told = lint(tmp_path / "a", tmp_path / "b")
    assert [(Path(one["file"]).name, one["code"]) for one in told] == [("b", "duplicate_puid")]


def test_a_month_is_compared_with_the_month_before(tmp_path: Path, lint: Lint) -> None:
    violence = {"category": "STATEMENT_CATEGORY_VIOLENCE", "category_specification": None}
    last, now = tmp_path / "last", tmp_path / "now"
    last.write_bytes(lines([
        one | {"application_date": "2026-10-31", "content_date": "2026-10-30"}
        for one in many(120)
    ]))  # fmt: skip
    now.write_bytes(
        lines([changed(puid=f"v-{n}", decision_facts="Decided.", **violence) for n in range(120)])
    )
    _, told = lint(now, "--last", last)
    assert [(one["item"], one["code"]) for one in told] == [(1, "distribution_shift")]


def test_every_column_of_the_database_is_known(tmp_path: Path, lint: Lint) -> None:
    """A row with something in each of them is a statement of the schema, and what is its answer."""
    header = Path(__file__).parents[2] / "support/dump_header.csv"
    columns = header.read_text().strip().split(",")
    row = dict.fromkeys(columns, "") | {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in SOUND.items()
        if name != "puid"
    }
    row |= {"uuid": "u-1", "account_type": "ACCOUNT_TYPE_PRIVATE",
            "decision_account": "DECISION_ACCOUNT_SUSPENDED",
            "end_date_account_restriction": "2026-12-01 00:00:00",
            "content_id_ean": "4006381333931", "platform_uid": "p-1", "platform_name": "Acme",
            "created_at": "2026-11-03 10:00:00"}  # fmt: skip
    path = tmp_path / "day.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows([row, row | {"platform_uid": "p-2", "content_id_ean": "47"}])
    code, told = lint(path)
    assert (code, [(one["item"], one["field"], one["code"]) for one in told]) == (1,
        [(2, "content_id", "format")])  # fmt: skip


@pytest.mark.parametrize("words", [["no-such-file"], ["{file}", "--today", "yesterday"]])
def test_wrong_usage_ends_with_two(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    given = [word.format(file=tmp_path / "file") for word in words]
    assert main(["statements", "lint", *given]) == 2


BROKEN_FILES = {"no text at all": b"\xff\xfe\x00\x01",
                "a table that is no UTF-8": b"category,x\n\xff\xfe,1\n",
                "a table with an endless cell": b"category,x\na," + b"y" * 200_000 + b"\n",
                "nothing": b"", "gzip that breaks off": gzip.compress(b"x" * 5_000)[:20],
                "gzip by its first bytes": b"\x1f\x8bno gzip",
                "zips without end": zipped("a", zipped("b", zipped("c", table(BROKEN)))),
                "a zip in a zip that breaks off": zipped("a", zipped("b", b"x" * 5_000)[:90]),
                "zip by its first bytes": b"PK\x03\x04no zip",
                "a value too long for a statement": b'{"puid": "' + b"x" * 3_000_000 + b'"}',
                "brackets without end": b"[" * 100_000,
                "something else": b'{"text": "a post", "id": "1"}\n'}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_file_of_another_kind_is_one_problem(name: str, linted: Lint) -> None:
    code, told = linted(BROKEN_FILES[name])
    assert code == 1
    assert [one["code"] for one in told] == ["not_a_statement"]


def packed(packing: int, data: bytes, **changes: int) -> bytes:
    """A zip of one member and a sound one behind it; `changes` set bytes of the first's headers."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("first.jsonl", data)
        archive.writestr("second.jsonl", lines([changed(puid="p-9", content_language="id")]))
    whole = bytearray(out.getvalue())
    local, central = whole.index(b"PK\x03\x04"), whole.index(b"PK\x01\x02")
    for name, value in changes.items():
        at = {"flags": (6, 8), "method": (8, 10), "version": (4, 6)}[name]
        whole[local + at[0]], whole[central + at[1]] = value, value
    return bytes(whole)


def spoilt(method: int) -> bytes:
    """A zip whose first member's data are damaged."""
    whole = bytearray(packed(method, lines(many(50))))
    start = whole.index(b"first.jsonl") + len("first.jsonl")
    whole[start + 12 : start + 40] = b"\xff" * 28
    return bytes(whole)


STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
DAMAGED_MEMBERS = {
    "encrypted": (packed(DEFLATED, lines(many(1)), flags=1), "is encrypted"),
    "strongly encrypted": (packed(DEFLATED, lines(many(1)), flags=0x41), "is encrypted"),
    "an unknown method": (packed(DEFLATED, lines(many(1)), method=98), "method or version"),
    "patched data": (packed(DEFLATED, lines(many(1)), flags=0x20), "method or version"),
    "deflate": (spoilt(DEFLATED), "damaged"),
    "bzip2": (spoilt(zipfile.ZIP_BZIP2), "damaged"),
    "LZMA": (spoilt(zipfile.ZIP_LZMA), "damaged"),
    "stored": (spoilt(STORED), "damaged"),
    "a zip that expands a thousandfold": (
        packed(DEFLATED, packed(STORED, b" " * 3_000_000)), "more than 200 times"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED_MEMBERS)
def test_a_member_that_cannot_be_read_costs_itself(name: str, tmp_path: Path, lint: Lint) -> None:
    """It is one problem that says why, and the next member is read."""
    path = tmp_path / "day.zip"
    data, why = DAMAGED_MEMBERS[name]
    path.write_bytes(data)
    code, told = lint(path)
    assert told[-1]["puid"] == "p-9"
    faults = [one for one in told if one["code"] == "not_a_statement"]
    assert code == 1
    assert [why in one["message"] for one in faults] == [True]
    assert faults[0]["message"].startswith("first.jsonl ")


def test_an_unknown_version_of_zip_is_one_problem(linted: Lint) -> None:
    _, told = linted(packed(DEFLATED, lines(many(1)), version=99))
    assert [one["code"] for one in told] == ["not_a_statement"]
    assert "method or version" in told[0]["message"]


def test_nothing_is_laid_on_the_disk_that_is_much_larger_than_the_file(
        monkeypatch: pytest.MonkeyPatch, linted: Lint) -> None:  # fmt: skip
    """Not even a byte of a bomb: its declared size decides before it is expanded."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: pytest.fail("something was laid"))
    inner = packed(STORED, b" " * 30_000_000)
    bomb = packed(DEFLATED, inner)
    assert len(bomb) < 100_000
    _, told = linted(bomb)
    assert "more than 200 times" in told[0]["message"]


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: packed(DEFLATED, data)])
def test_an_endless_archive_is_not_read_to_its_end(pack: Any, linted: Lint) -> None:
    _, told = linted(pack(b'{"puid": "p-1"}\n' + b"\n" * 4_000_000))
    assert any("more than 200 times" in one["message"] for one in told)


def test_members_that_overlap_are_refused(linted: Lint) -> None:
    """A directory that names one member many times is a bomb of time."""
    whole = packed(DEFLATED, lines(many(40)))
    first, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entry = whole[first : whole.index(b"PK\x01\x02", first + 4)]
    tail = bytearray(whole[end:])
    tail[8:12] = (50).to_bytes(2, "little") * 2
    tail[12:16] = (50 * len(entry)).to_bytes(4, "little")
    _, told = linted(whole[:first] + entry * 50 + tail)
    assert [one["message"] for one in told] == ["the file is a zip with members that overlap"]


@pytest.mark.parametrize(
    "value", [[{"a": 1}], {"a": [1]}, [[1]], 7, 10**4_000, 1e308, True, ["\x00"], "\x1b[2J"]
)
def test_a_field_of_another_type_is_a_problem(value: Any, tmp_path: Path, lint: Lint) -> None:
    path = tmp_path / "lines.jsonl"
    rows = [changed(puid=f"p-{field}") | {field: value} for field in (*FIELDS, "another")]
    path.write_bytes(lines(rows))
    code, told = lint(path)
    assert code == 1
    assert told


DEEP = {
    "a cell": table([SOUND]).replace(b'"[""DE""]"', b'"' + b"[" * 90_000 + b"]" * 30_000 + b'"'),
    "a line": b'{"puid": "p", "category": ' + b"[" * 5_000 + b"]" * 5_000 + b"}\n",
    "a document": b'{\n"puid": "p",\n"category": ' + b"[" * 5_000 + b"]" * 5_000 + b"}\n",
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_a_problem_and_not_a_crash(name: str, linted: Lint) -> None:
    code, told = linted(DEEP[name])
    assert code == 1
    assert told


@pytest.mark.parametrize("cell", [b'"x\n",', b"x,"])
def test_a_row_without_end_is_not_held_in_memory(cell: bytes, linted: Lint) -> None:
    _, told = linted(b"category,x\n" + cell * 3_000_000)
    assert [one["code"] for one in told] == ["not_a_statement"]
    assert "2 MiB" in told[0]["message"]


def test_a_file_that_may_not_be_read_is_a_problem_of_its_own(tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, lint: Lint) -> None:  # fmt: skip
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(lines([SOUND]))
    opening = Path.open

    def refused(path: Path, *words: Any, **more: Any) -> Any:
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return opening(path, *words, **more)

    monkeypatch.setattr(Path, "open", refused)
    _, told = lint(tmp_path)
    assert [(Path(one["file"]).name, one["message"]) for one in told] == [
        ("a", "the file cannot be read: Permission denied")
    ]
