"""`recount`: numbers as published have no difference, and a single changed digit is reported."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt
from support.published_days import folder_of_every_kind, leaves, published_folder

from recount import differences_of, recount_command

SHADOW = live().replace("/live", "/shadow")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a public bucket: two providers, two days, a campaign, held and shadow findings."""
    return _world().copy_to(tmp_path)


def _world() -> World:
    world = World()
    digest = world.put_set(sample_pack(campaign="autumn"))
    for day, provider, number in (("2026-11-24", "acme", 1), ("2026-11-25", "acme", 2),
                                  ("2026-11-25", "beta", 3)):  # fmt: skip
        world.store.add(sample_receipt(
            day, number, provider, by_rule={live(): 4, SHADOW: 1}, held={live(): 1}, set=digest
        ))  # fmt: skip
    world.publish(CLOSED)
    return world


def test_a_revised_day_and_the_earlier_one_are_both_recounted(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    world = _world()
    world.store.add(sample_receipt("2026-11-25", 9, "acme", inspected=7))
    world.publish("2026-11-26T03:00:00Z")
    folder = world.copy_to(tmp_path)
    assert (folder / "summaries/acme/2026-11-25.r1.json").exists()
    assert recount_command(folder) == 0
    (folder / "journal/acme/2026-11-25.r1.jsonl").unlink()
    assert recount_command(folder) == 1
    assert "2026-11-25.r1.json: journal/acme/2026-11-25.jsonl is missing" in capsys.readouterr().out


def test_posts_without_a_rule_are_recounted_and_shown(tmp_path: Path) -> None:
    """A summary without the number, or a journal that says another, is named."""
    world = _world()
    world.store.add(sample_receipt("2026-11-25", 9, "acme", inspected=7, no_rules=7))
    world.publish("2026-11-26T03:00:00Z")
    assert "<strong>No rule in force.</strong> For 7 inspected posts" in world.text(
        "summaries/acme/2026-11-25.html"
    )
    assert "No rule in force" not in world.text("summaries/beta/2026-11-25.html")
    folder = world.copy_to(tmp_path)
    for path in (folder / "summaries").glob("*/*.json"):
        assert list(differences_of(folder, path)) == []
    for path in (folder / "summaries").glob("a*/2026-11*.json"):
        summary = json.loads(path.read_bytes())
        if summary["numbers"].pop("no_rules"):
            path.write_text(json.dumps(summary))
            assert "numbers.no_rules: not published, recounted 7" in list(
                differences_of(folder, path)
            )


@pytest.mark.parametrize(("path", "before", "after", "said"), [
    ("journal/acme/2026-11-25.jsonl", '"inspected":100', '"inspected":101',
     "is missing, or is not the file that was counted"),
    ("summaries/acme/2026-11.csv", '"inspected","",200', '"inspected","",201',
     '2026-11.csv says "2026-11","acme","inspected","",201, which'),
    ("sets/{set}.json", '"severity":"high"', '"severity":"low"', "is not here, or is another file"),
], ids=["a journal", "a sheet", "a set"])  # fmt: skip
def test_a_changed_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str], path: str,
                                 before: str, after: str, said: str) -> None:  # fmt: skip
    path = str(_file_of(folder, path))
    text = (folder / path).read_text()
    assert before in text
    (folder / path).write_text(text.replace(before, after, 1))
    assert recount_command(folder) == 1
    assert said in capsys.readouterr().out


def test_a_journal_that_was_left_out_is_named(folder: Path) -> None:
    path = folder / "summaries/all/2026-11-25.json"
    summary = json.loads(path.read_bytes())
    summary["journal"] = [one for one in summary["journal"] if "beta" not in one["path"]]
    path.write_text(json.dumps(summary))
    (first, *_) = differences_of(folder, path)
    assert first == "journal/beta/2026-11-25.jsonl is in the period and is not among its journals"


def test_another_folder_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recount_command(tmp_path) == 2
    assert "there is no summaries/ here" in capsys.readouterr().out


DAMAGED = {
    "nothing": b"", "binary": b"\xff\xfe\x00\x01\x80", "brackets without end": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "an empty object": b"{}",
    "a list": b"[]", "a string": b'"summary"',
    "a number of 5,000 digits": b'{"kind": ' + b"9" * 5_000 + b"}",
    "no number": b'{"numbers": NaN, "journal": []}', "NUL": b"\x00" * 100,
    "UTF-16": '{"kind": "day"}'.encode("utf-16"),
    "a lone surrogate": b'{"journal": [], "provider": "\\ud800", "first_day": "", "last_day": ""}',
}  # fmt: skip
FILES = ("summaries/acme/2026-11-25.json", "summaries/acme/2026-11-25.csv",
         "summaries/all/autumn.json", "journal/acme/2026-11-25.jsonl",
         "sets/{set}.json")  # fmt: skip


def _file_of(folder: Path, name: str) -> Path:
    found = next(one for one in folder.glob("sets/*.json") if one.stem != "current")
    return folder / name.format(set=found.stem)


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_and_the_others_are_recounted(folder: Path, name: str, damage: str,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = _file_of(folder, name)
    path.write_bytes(DAMAGED[damage])
    assert recount_command(folder) == 1
    *named, last = capsys.readouterr().out.splitlines()
    assert last.startswith("11 summaries recounted, ")
    assert named
    assert name not in FILES[0] or any(line.startswith(f"{name}: ") for line in named)


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "nothing that may be read"])
@pytest.mark.parametrize("name", FILES)
def test_something_else_in_the_place_of_a_file_is_named(
    folder: Path, name: str, kind: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = _file_of(folder, name)
    opening = Path.open

    def refuse(this: Path, *words: Any, **more: Any) -> Any:
        if this == path:
            raise PermissionError(13, "Permission denied")
        return opening(this, *words, **more)

    if kind == "nothing that may be read":  # the tests may run as root, who can read every file
        monkeypatch.setattr(Path, "open", refuse)
    else:
        path.unlink()
        path.mkdir() if kind == "a folder" else os.mkfifo(path)
    assert recount_command(folder) == 1
    assert len(capsys.readouterr().out.splitlines()) > 1


OTHER_VALUES = (None, True, 7, -1, 10**400, 1e308, "", "../../etc", "/", "\x00", [], {}, [[]])


def test_every_value_of_another_type_is_named(folder: Path) -> None:
    """In each place of a summary and of a line of the journal; nothing but differences comes."""
    path = folder / DAY_SUMMARY
    text = path.read_text()
    assert list(differences_of(folder, path)) == []
    for way in _ways(json.loads(text), []):
        for value in OTHER_VALUES:
            path.write_text(json.dumps(_changed(json.loads(text), way, value)))
            assert all(isinstance(one, str) for one in differences_of(folder, path))
    path.write_text(text)
    first, *rest = (folder / JOURNAL).read_text().splitlines()
    for way in _ways(json.loads(first), []):
        for value in OTHER_VALUES:
            changed = json.dumps(_changed(json.loads(first), way, value))
            data = "".join(f"{line}\n" for line in (changed, *rest)).encode()
            assert all(isinstance(one, str) for one in with_journal(folder, data))


def _ways(value: Any, way: list[str | int]) -> Iterator[list[str | int]]:
    yield way
    inner: Any = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value[:2]) if isinstance(value, list) else inner
    for name, one in inner:
        yield from _ways(one, [*way, name])


def _changed(record: Any, way: list[str | int], value: Any) -> Any:
    if not way:
        return value
    record[way[0]] = _changed(record[way[0]], way[1:], value)
    return record


def test_of_two_tallies_the_rest_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The one changed key of a hundred would else be cut off."""
    path = folder / "summaries/acme/2026-11-25.json"
    summary = json.loads(path.read_bytes())
    summary["numbers"]["by_rule"] |= {"zz/1/rule/live": 7}
    path.write_text(json.dumps(summary))
    assert 'numbers.by_rule: published {"zz/1/rule/live": 7}, recounted {}' in [
        *differences_of(folder, path)
    ]


UNCOUNTED = {"n", "review_seconds", "wait_seconds"}
"""Names of lines, and times that count by their middle or below five seconds. What a complaint is
about is counted by its decision."""


JOURNAL, DAY_SUMMARY = "journal/acme/2026-11-25.jsonl", "summaries/acme/2026-11-25.json"


def with_journal(folder: Path, data: bytes) -> list[str]:
    """The differences of a day whose summary names this journal."""
    (folder / JOURNAL).write_bytes(data)
    path = folder / DAY_SUMMARY
    summary = json.loads(path.read_bytes())
    summary["journal"][0]["sha256"] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(summary))
    return list(differences_of(folder, path))


@pytest.fixture
def day(tmp_path: Path) -> Path:
    return published_folder(tmp_path)


def test_every_changed_number_of_a_journal_is_named(day: Path) -> None:
    sound = (day / JOURNAL).read_bytes()
    assert with_journal(day, sound) == []
    lines = [json.loads(line) for line in sound.splitlines()]
    changed = 0
    for line in lines:
        for place, value in [*leaves(line)]:
            is_about = line.get("type") == "complaint" and place[0] == "found"
            if place[0] in UNCOUNTED or is_about or type(value) is not int:
                continue
            put(line, place, value + 1)
            data = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
            assert with_journal(day, data), (place, value)
            put(line, place, value)
            changed += 1
    assert changed > 10


@pytest.mark.parametrize(
    "data", [b"", b"[", b"\xff", b"[]", b'{"packs": [{}]}', b'{"packs": 7}', b"[" * 10_000]
)
def test_a_set_that_cannot_be_read_has_no_rules(data: bytes, day: Path) -> None:
    """Its digest is right: somebody published it so."""
    sound = (day / JOURNAL).read_bytes()
    [digest] = {path.stem for path in (day / "sets").glob("*.json")} - {"current"}
    other = hashlib.sha256(data).hexdigest()
    (day / f"sets/{other}.json").write_bytes(data)
    found = with_journal(day, sound.replace(digest.encode(), other.encode()))
    assert any(rule in line for line in found for rule in ("by_category", "sets"))


NOT_DERIVED = {"public_url"}
"""What nobody can work out from the other files; docs/findings.md names it."""

DAY, MONTH = "acme/2026-11-30", "acme/2026-11"
KINDS = {"day": DAY, "day with all that people did": "acme/2026-11-25",
         "day with what was left out": "acme/2026-11-24", "quiet day": "acme/2026-11-26",
         "earlier revision of a day": f"{DAY}.r1", "open day": "acme/2026-12-02", "month": MONTH,
         "earlier revision of a month": f"{MONTH}.r1", "open month": "acme/2026-12",
         "campaign": "acme/autumn", "sentinel": "sentinel/2026-11-30",
         "day of all": "all/2026-11-30", "earlier revision of a day of all": "all/2026-11-30.r1",
         "month of all": "all/2026-11", "open month of all": "all/2026-12",
         "campaign of all": "all/autumn"}  # fmt: skip


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_every_kind(tmp_path_factory.mktemp("bucket"))


def other(value: Any) -> Any:
    """Another value, as near as the form of the file allows."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, str):
        return value[:-1] + ("1" if value.endswith("0") else "0")
    return round(value + 0.0001, 4) if isinstance(value, float) else value + 1


def put(whole: Any, place: tuple[Any, ...], value: Any) -> None:
    for step in place[:-1]:
        whole = whole[step]
    if value is put:
        del whole[place[-1]]
    else:
        whole[place[-1]] = value


def is_named(bucket: Path, path: Path, text: str) -> bool:
    """Whether a changed file is named, or another one that tells of it."""
    sound = path.read_bytes()
    path.write_text(text, newline="")
    summary = path.with_suffix(".json")
    named = list(differences_of(bucket, summary)) if path.parent.parent.name == "summaries" else []
    found = bool(named) or recount_command(bucket) == 1
    path.write_bytes(sound)
    return found


def test_a_sound_bucket_has_no_difference(bucket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recount_command(bucket) == 0
    assert capsys.readouterr().out.endswith(" summaries recounted, 0 differ\n")


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_of_a_summary_is_named(bucket: Path, kind: str) -> None:
    """Changed; one in eight taken out; and some too many."""
    path = bucket / f"summaries/{KINDS[kind]}.json"
    summary, unnamed = json.loads(path.read_bytes()), []
    for number, (place, value) in enumerate(leaves(summary)):
        for changed in (other(value), put)[: 1 + (number % 8 == 0)]:
            whole = json.loads(path.read_bytes())
            put(whole, place, changed)
            if not is_named(bucket, path, json.dumps(whole)) and place[0] not in NOT_DERIVED:
                unnamed.append((place, value, changed is put))
    for name in ("", "numbers", "cases", "errors", "days", "journal"):
        whole = json.loads(path.read_bytes())
        inner = whole[name] if name else whole
        inner = inner if isinstance(inner, dict) else inner[0] if inner else whole
        inner["more"] = 0
        if not is_named(bucket, path, json.dumps(whole)):
            unnamed.append(((name, "more"), 0, False))
    assert not unnamed


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "earlier" not in kind])
def test_each_cell_of_a_table_is_named(bucket: Path, kind: str) -> None:
    """The value of each row; of one row in eight the other cells, and the row gone or twice."""
    path = bucket / f"summaries/{KINDS[kind]}.csv"
    rows = path.read_bytes().decode().split("\r\n")
    for place, row in enumerate(rows):
        cells = row.split(",")
        changed = [
            [*cells[:at], f"{cell[:-1]}7", *cells[at + 1 :]] for at, cell in enumerate(cells)
        ]
        every = [[",".join(one)] for one in changed[::-1]] + [[], [row, row]]
        for lines in every[: 1 if place % 8 else len(every)]:
            text = "\r\n".join([*rows[:place], *lines, *rows[place + 1 :]])
            assert text == "\r\n".join(rows) or is_named(bucket, path, text), (row, lines)


def test_each_value_of_other_files_is_named(bucket: Path) -> None:
    """Sets and signs are named by their digest, a journal by the summary, and a pointer sets."""
    paths = [*bucket.glob("sets/*.json"), *bucket.glob("signs/*.json")]
    paths += [*bucket.glob("journal/acme/2026-11-2[45].jsonl")]
    for path in paths:
        sound = [json.loads(line) for line in path.read_text().splitlines()]
        places = list(leaves(sound))
        for place, value in places[:: 1 if len(places) < 9 else len(places) // 4]:
            whole = [json.loads(line) for line in path.read_text().splitlines()]
            put(whole, place, other(value))
            is_first = place[1:] == ("earlier", len(sound[0].get("earlier", ())) - 1, "since")
            changed = "\n".join(map(json.dumps, whole)) + "\n"
            assert is_first or is_named(bucket, path, changed), (path.name, place)
