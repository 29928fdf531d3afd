"""Each value of each kind of published file is changed once, and `recount` names it."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.published_days import folder_of_every_kind, leaves

from recount import differences_of, recount_command

NOT_DERIVED = {"public_url"}
"""What nobody can work out from the other files; docs/findings.md names it."""

DAY, MONTH = "acme/2026-11-30", "acme/2026-11"
KINDS = {
    "day": DAY,
    "day with all that people did": "acme/2026-11-25",
    "day with what was left out": "acme/2026-11-24",
    "quiet day": "acme/2026-11-26",
    "earlier revision of a day": f"{DAY}.r1",
    "open day": "acme/2026-12-02",
    "month": MONTH,
    "earlier revision of a month": f"{MONTH}.r1",
    "open month": "acme/2026-12",
    "campaign": "acme/autumn",
    "sentinel": "sentinel/2026-11-30",
    "day of all": "all/2026-11-30",
    "earlier revision of a day of all": "all/2026-11-30.r1",
    "month of all": "all/2026-11",
    "open month of all": "all/2026-12",
    "campaign of all": "all/autumn",
}


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
