"""A journal that says another number, or names a set that cannot be read, is a difference."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from support.published_days import leaves, published_folder

from recount import differences_of

UNCOUNTED = {"n", "review_seconds", "wait_seconds"}
"""Names of lines, and times that count by their middle or below five seconds."""


def _put(value: Any, place: tuple[Any, ...], number: int) -> None:
    *way, last = place
    for step in way:
        value = value[step]
    value[last] = number


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
            if place[0] in UNCOUNTED or type(value) is not int:
                continue
            _put(line, place, value + 1)
            data = b"".join(json.dumps(each).encode() + b"\\n" for each in lines)
            assert with_journal(day, data), (place, value)
            _put(line, place, value)
            changed += 1
    assert changed > 10


@pytest.mark.parametrize(
    "data", [b"", b"[", b"\\xff", b"[]", b'{"packs": [{}]}', b'{"packs": 7}', b"[" * 10_000]
)
def test_a_set_that_cannot_be_read_has_no_rules(data: bytes, day: Path) -> None:
    """Its digest is right: somebody published it so."""
    sound = (day / JOURNAL).read_bytes()
    [digest] = {path.stem for path in (day / "sets").glob("*.json")} - {"current"}
    other = hashlib.sha256(data).hexdigest()
    (day / f"sets/{other}.json").write_bytes(data)
    found = with_journal(day, sound.replace(digest.encode(), other.encode()))
    assert any(rule in line for line in found for rule in ("by_category", "sets"))
