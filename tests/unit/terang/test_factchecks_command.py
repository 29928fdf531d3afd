"""`terang factchecks import` and `terang ask` at a terminal."""

import json
from pathlib import Path

import pytest

from claims import admission
from terang.cli.command import main

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


def test_a_feed_without_a_check_withdraws_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    assert imported(tmp_path) == 2
    assert "holds no check: the index stays as it is" in capsys.readouterr().err
    text = "drinking warm salt water cures the common cold in a single night"
    main(["ask", text, "--index", str(tmp_path / "index")])
    assert "check.example/salt" in capsys.readouterr().out


def test_a_full_disk_is_reported_and_keeps_the_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    before = (tmp_path / "index/current.json").read_bytes()
    table = admission._TABLE
    monkeypatch.setattr(admission, "_TABLE", f"{table}; PRAGMA max_page_count = 2")
    rows = [SUGAR.replace("/sugar", f"/{number}") for number in range(100)]
    assert imported(tmp_path, *rows) == 1
    assert "no room to sort the checks" in capsys.readouterr().err
    assert (tmp_path / "index/current.json").read_bytes() == before


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


def test_an_old_check_is_shown_with_its_age(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, f"{SALT},False,X,2016-01-02,en")
    text = "drinking warm salt water cures the common cold in a single night"
    main(["ask", text, "--index", str(tmp_path / "index"), "--published", "2026-01-02"])
    assert "checked 10 years before the text was posted" in capsys.readouterr().out


@pytest.mark.parametrize("words", [
    pytest.param(["http://check.example/feed.json"], id="an address without encryption"),
    pytest.param(["ftp://check.example/feed.json"], id="another scheme"),
    pytest.param(["checks.csv", "--trust", "https://check.example/"], id="a link for a domain"),
    pytest.param(["checks.csv", "--trust", "check.example:8443"], id="a port"),
    pytest.param(["checks.csv", "--trust", "example"], id="no domain"),
    pytest.param(["checks.csv", "--trust", ""], id="nothing"),
])  # fmt: skip
def test_a_call_that_would_trust_or_find_nothing_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "index"
    assert main(["factchecks", "import", *words, "--index", str(index)]) == 2
    assert "terang factchecks import: " in capsys.readouterr().err
    assert not index.exists()


@pytest.mark.parametrize("line", ['{"id": "b"}', "no JSON", '{"id": null, "text": 5}', '"\xff"'])
def test_a_line_without_text_is_named(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    texts = tmp_path / "texts.jsonl"
    texts.write_bytes(b'{"id": "a", "text": "salt"}\n\n' + line.encode("latin-1"))
    capsys.readouterr()
    assert main(["ask", "--file", str(texts), "--index", str(tmp_path / "index"), "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["id"] == "a"
    assert f"{texts}:3: " in told.err.replace("\n", "")


def test_an_answer_for_people_names_the_text_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": "a", "text": "🙂"}\n{"id": 7, "text": "🙂"}', encoding="utf-8")
    capsys.readouterr()
    assert main(["ask", "--file", str(texts), "--index", str(tmp_path / "index")]) == 0
    none = "no published check was found"
    assert capsys.readouterr().out.splitlines() == ["a:", none, "7:", none]


STACK_FAULTS = {
    "trust": (
        ["--stack", "terang", "--trust", "check.example", "--trust", "facts.example"],
        (
            "a stack trusts the publishers of its parameter TrustedPublishers, not --trust: deploy"
            " it with TrustedPublishers=check.example,facts.example in addition to those that it"
            " names, then import without --trust"
        ),
    ),
    "index": (
        ["--stack", "terang", "--index", "terang-index"],
        "--index is for an index of your own, --stack for that of a stack: give one of them",
    ),
    "confirm": (["--confirm"], "--confirm is for a stack: give --stack NAME, or leave it out"),
}


@pytest.mark.parametrize(("words", "fault"), STACK_FAULTS.values(), ids=STACK_FAULTS)
def test_an_option_that_would_be_ignored_is_refused(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is read or uploaded."""
    assert main(["factchecks", "import", "checks.csv", *words]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert first == f"terang factchecks import: {fault}"
