"""`terang factchecks import` and `terang ask`, as somebody at a terminal uses them."""

import json
from pathlib import Path

import pytest

from terang.command import main

HEADER = "url,claim,rating,publisher,date,language\n"
SALT = "https://check.example/salt,Drinking warm salt water cures the common cold in a night"
SUGAR = (
    "https://check.example/sugar,Sugar in the petrol tank makes a car faster,False,X,2026-01-02,en"
)
BREAD = "https://bread.example/loaf,Our best sourdough loaf ever,False,X,2026-01-02,en"


def imported(folder: Path, *rows: str) -> int:
    feed = folder / "checks.csv"
    feed.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    index = str(folder / "index")
    return main(["factchecks", "import", str(feed), "--index", index, "--trust", "check.example"])


def test_an_import_tells_what_was_refused_corrected_and_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(tmp_path, f"{SALT},Unproven,X,2026-01-02,en", SUGAR, BREAD) == 0
    first = capsys.readouterr().out
    assert "2 checks taken, 1 refused" in first
    assert "refused publisher_not_trusted: 1" in first
    assert "2 new, 0 corrected, 0 gone" in first
    assert imported(tmp_path, f"{SALT},False,X,2026-03-04,en") == 0
    assert "0 new, 1 corrected, 1 gone" in capsys.readouterr().out


def test_answers_are_lines_of_the_promised_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    texts = tmp_path / "texts.jsonl"
    rows = [{"id": "a", "text": "warm salt water cures colds"}, {"id": "b", "text": "🙂"}]
    texts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    capsys.readouterr()
    assert main(["ask", "--file", str(texts), "--index", str(tmp_path / "index"), "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["id"], second) == ("a", {"id": "b", "checks": []})
    assert first["checks"][0].keys() == {
        "url", "claim", "rating", "publisher", "date", "score", "level",
    }  # fmt: skip


def test_an_old_check_is_told_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, f"{SALT},False,X,2016-01-02,en")
    text = "drinking warm salt water cures the common cold in a single night"
    main(["ask", text, "--index", str(tmp_path / "index"), "--published", "2026-01-02"])
    assert "checked 10 years before the text was posted" in capsys.readouterr().out
