"""`terang packs import`: a list of words becomes a pack with gaps to be filled in."""

from pathlib import Path

import pytest
from support.packs_folder import WORDS, run_packs, sample_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample_folder(tmp_path)


def imported(folder: Path, *words: str | Path) -> tuple[str | Path, ...]:
    return ("import", folder / "words.txt", "--id", "bait", "--category", "SCAMS_AND_FRAUD", *words)


def test_import_makes_a_pack_with_gaps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_packs(capsys, folder, *imported(folder, "--today", "2026-11-01"))
    assert code == 0
    assert err == ["words.txt:5: left out: `@someone` is a handle; rules name no accounts"]
    assert "mode: shadow" in out
    assert '    any: [free gift, kode otp, "no"]' in out
    assert "in_force: {from: 2026-11-01, until: 2027-05-02}" in out
    assert out[-5:] == ["    match:", "      - free gift", "      - kode otp", '      - "no"',
                        "    ignore: []"]  # fmt: skip


def test_check_says_what_an_imported_pack_lacks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run_packs(capsys, folder, *imported(folder))
    folder.joinpath("packs/otp.yaml").write_text("\n".join(out) + "\n", "utf-8")
    code, _, err = run_packs(capsys, folder, "check", folder / "packs")
    assert code == 1
    for lack in ("title", "why", "keywords", "text", "url", "languages", "owner", "ignore"):
        assert any(f"`{lack}`" in line for line in err), lack
    assert any("choose `keywords` of SCAMS_AND_FRAUD: IMPERSONATION" in line for line in err)


def test_an_imported_pack_is_sound_once_it_is_filled_in(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--keyword", "PHISHING", "--language", "en", "--owner", "a: b")
    _, out, _ = run_packs(capsys, folder, *imported(folder, "--today", "2026-11-01", *options))
    filled = (
        "\n".join(out)
        .replace("ignore: []", "ignore: [a, b]")
        .replace('url: ""', "url: https://a.example")
    )
    folder.joinpath("packs/otp.yaml").write_text(filled.replace('""', "some words"), "utf-8")
    code, out, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (0, ["1 pack, 1 rule: valid, 1 warning"])
    assert "`no` is an everyday word" in err[0]


TABLES = {
    "the column of that name": ("words.csv", 'rank,term\n1,free gift\n2,"a, b"\n', (),
                                '[free gift, "a, b"]'),
    "the first column": ("words.csv", "word,rank\nfree gift,1\n", (), "[free gift]"),
    "a column that is named": ("words.csv", "term,other\nx y,free gift\n", ("--column", "other"),
                               "[free gift]"),
    "tabs": ("words.tsv", "rank\tterm\n1\tfree gift\n", (), "[free gift]"),
    "semicolons": ("words.csv", 'term;rank\n"free; gift, now";1\n', (), '["free; gift, now"]'),
    "a mark at the start": ("words.csv", "\ufeffterm\nfree gift\n", (), "[free gift]"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "more", "group"), TABLES.values(), ids=TABLES)
def test_import_reads_a_table(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    text: str,
    more: tuple[str, ...],
    group: str,
) -> None:
    folder.joinpath(name).write_text(text, "utf-8")
    words = ("import", folder / name, "--id", "bait", "--category", "SELF_HARM", *more)
    code, out, _ = run_packs(capsys, folder, *words)
    assert code == 0
    assert f"    any: {group}" in out


REFUSED = {
    "an unknown category": (("--category", "SPAM"), WORDS, 2, "`SPAM` is not a category"),
    "an id that is too short": (("--id", "ab"), WORDS, 2, "A pack's id must have 3 to 40 of"),
    "a day that is none": (("--today", "soon"), WORDS, 2, "--today: 'soon' is not a day"),
    "no term": ((), "# nothing\n@a\n", 2, "no term in it"),
}


@pytest.mark.parametrize(("more", "text", "code", "why"), REFUSED.values(), ids=REFUSED)
def test_import_refuses(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    text: str,
    code: int,
    why: str,
) -> None:
    folder.joinpath("words.txt").write_text(text, "utf-8")
    got, out, err = run_packs(capsys, folder, *imported(folder, *more))
    assert (got, out) == (code, [])
    assert any(why in line for line in err)


def test_import_of_a_column_that_is_not_there_names_those_that_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.joinpath("words.csv").write_text("a,b\n1,2\n", "utf-8")
    words = ("import", folder / "words.csv", "--id", "bait", "--category", "SELF_HARM", "--column",
             "c")  # fmt: skip
    assert run_packs(capsys, folder, *words) == (
        2,
        [],
        ["terang packs import: words.csv: no column `c`; it has a, b"],
    )
