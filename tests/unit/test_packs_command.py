"""`terang packs`: what is printed where, what is written, and the exit codes."""

import json
import os
from pathlib import Path

import pytest
from reference import PACK

from matcher import Pack
from terang.command import main

WORDS = "# bait\nfree gift\n\nkode otp\n@someone\nFree  Gift\nno\n"
POSTS = [
    ("p-1", "send me the otp"),
    ("p-2", "send me the login code"),
    ("p-3", "send me the pin"),
    ("p-4", "hello"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sound pack, one protected sentence and posts."""
    tmp_path.joinpath("packs/protected").mkdir(parents=True)
    tmp_path.joinpath("packs/protected/en.txt").write_text("Police warn of thefts.\n", "utf-8")
    tmp_path.joinpath("packs/otp.yaml").write_text(PACK, "utf-8")
    lines = [
        json.dumps(
            {
                "id": name,
                "account": "a",
                "text": text,
                "audience": "public",
                "published_at": "2026-11-25T10:00:00Z",
            }
        )
        for name, text in POSTS
    ]
    tmp_path.joinpath("posts.jsonl").write_text("\n".join([*lines, "", "{}"]), "utf-8")
    tmp_path.joinpath("words.txt").write_text(WORDS, "utf-8")
    return tmp_path


def told(
    capsys: pytest.CaptureFixture[str], folder: Path, *words: str | Path
) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines on stdout and stderr, without the folder's path."""
    code = main(["packs", *map(str, words)])
    out, err = capsys.readouterr()
    plain = (text.replace(f"{folder}{os.sep}", "").splitlines() for text in (out, err))
    return code, *plain


def new_version(folder: Path) -> Path:
    """The pack with `pin` for `login code`."""
    new = folder / "new.yaml"
    new.write_text(PACK.replace("login code", "pin"), "utf-8")
    return new


def test_check_says_that_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, folder, "check", folder / "packs", "--today", "2026-11-15") == (
        0,
        ["1 packs, 1 rules: all well"],
        [],
    )


def test_check_counts_warnings_and_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("login code", "kode otp"), "utf-8")
    code, out, err = told(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (0, ["1 packs, 1 rules: sound, 1 warning"])
    [warning] = err
    assert warning.startswith(
        "warning: packs/otp.yaml:17: asks-for-code: `kode otp` adds next to nothing:"
    )


def test_check_names_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("[send me the otp,", "[hi,"), "utf-8")
    code, out, err = told(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (1, [])
    [problem] = err
    assert problem.startswith("packs/otp.yaml:22: asks-for-code: this `match` example is not hit:")
    assert problem.endswith("no term of the rule stands in it; mend the rule, or reword it")


def test_check_of_no_folder_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, folder, "check", folder / "nowhere") == (
        1,
        [],
        ["nowhere: no such file or folder"],
    )


def test_check_wants_a_day_of_the_calendar(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, folder, "check", folder / "packs", "--today", "2026-02-30")
    assert (code, err) == (1, ["--today 2026-02-30: no day of the calendar, like 2026-11-30"])


def test_try_explains_and_keeps_quiet_about_the_packs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("login code", "kode otp"), "utf-8")
    code, out, err = told(
        capsys, folder, "try", folder / "packs", "send me the OTP", "--today", "2026-11-15"
    )
    assert (code, err) == (0, [])
    assert out[:2] == [
        "compared as: send me the otp",
        "HIT one-time-codes/asks-for-code (live, high)",
    ]


def test_format_writes_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "packs/otp.yaml"
    before = Pack.parse(PACK, "otp.yaml")
    assert told(capsys, folder, "format", path) == (0, ["formatted packs/otp.yaml"], [])
    laid_out = path.read_text("utf-8")
    assert laid_out != PACK
    assert Pack.parse(laid_out, "otp.yaml").rules == before.rules
    assert told(capsys, folder, "format", folder / "packs") == (0, [], [])
    assert path.read_text("utf-8") == laid_out


def test_format_check_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, folder, "format", folder / "packs", "--check")
    assert (code, out) == (1, ["would format packs/otp.yaml"])
    assert folder.joinpath("packs/otp.yaml").read_text("utf-8") == PACK


def test_format_leaves_what_does_not_parse(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = PACK.replace("version: 3", "version: x")
    folder.joinpath("packs/a.yaml").write_text(broken, "utf-8")
    code, out, err = told(capsys, folder, "format", folder / "packs")
    assert (code, out) == (1, ["formatted packs/otp.yaml"])
    assert err == ["packs/a.yaml:2: `version` must be a whole number from 1 to 1000000000"]
    assert folder.joinpath("packs/a.yaml").read_text("utf-8") == broken


def test_format_of_nothing_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, folder, "format", folder / "nowhere")[0] == 2


def test_diff_shows_what_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = folder / "posts.jsonl"
    assert told(
        capsys, folder, "diff", folder / "packs", new_version(folder), "--posts", posts
    ) == (
        0,
        [
            "one-time-codes/asks-for-code: 1 newly hit, 1 no longer, 1 still",
            "  + p-3: text 0-7 'send me', text 12-15 'pin'",
            "      send me the pin",
            "  - p-2: text 0-7 'send me', text 12-22 'login code'",
            "      send me the login code",
            "4 posts (1 lines refused): 1 newly hit, 1 no longer",
        ],
        [],
    )


def test_diff_as_json_holds_no_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = folder / "posts.jsonl"
    words = ("diff", folder / "packs", new_version(folder), "--posts", posts, "--json")
    code, [line], err = told(capsys, folder, *words)
    assert (code, err) == (0, [])
    found = json.loads(line)
    change = found["rules"]["one-time-codes/asks-for-code"]
    assert (found["posts"], found["refused"]) == (4, 1)
    assert [change[kind] for kind in ("newly", "no_longer", "still")] == [1, 1, 1]
    assert [one["id"] for one in change["examples"]["no_longer"]] == ["p-2"]
    assert "send me the" not in line


def test_diff_shows_ten_posts_and_counts_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post = folder.joinpath("posts.jsonl").read_text("utf-8").splitlines()[2]
    folder.joinpath("many.jsonl").write_text("\n".join([post] * 12), "utf-8")
    words = ("diff", folder / "packs", new_version(folder), "--posts", folder / "many.jsonl")
    _, out, _ = told(capsys, folder, *words)
    assert sum(line.startswith("  + p-3") for line in out) == 10
    assert out[-2:] == ["  + and 2 more", "12 posts: 12 newly hit, 0 no longer"]


def test_diff_of_a_version_with_itself_is_empty(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("diff", folder / "packs", folder / "packs", "--posts", folder / "posts.jsonl")
    assert told(capsys, folder, *words)[1] == [
        "4 posts (1 lines refused): 0 newly hit, 0 no longer"
    ]


@pytest.mark.parametrize("missing", ["packs", "posts"])
def test_diff_of_what_is_not_there_is_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    new = folder / ("nowhere" if missing == "packs" else "packs")
    posts = folder / ("nowhere" if missing == "posts" else "posts.jsonl")
    code, out, err = told(capsys, folder, "diff", folder / "packs", new, "--posts", posts)
    assert (code, out, len(err)) == (2, [], 1)


def imported(folder: Path, *words: str | Path) -> tuple[str | Path, ...]:
    return ("import", folder / "words.txt", "--id", "bait", "--category", "SCAMS_AND_FRAUD", *words)


def test_import_makes_a_pack_with_gaps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, folder, *imported(folder, "--today", "2026-11-01"))
    assert code == 0
    assert err == ["words.txt:5: left out: `@someone` is a handle; rules name no accounts"]
    assert "mode: shadow" in out
    assert '    any: [free gift, kode otp, "no"]' in out
    assert "in_force: {from: 2026-11-01, until: 2027-05-02}" in out
    assert out[-5:] == [
        "    match:",
        "      - free gift",
        "      - kode otp",
        '      - "no"',
        "    ignore: []",
    ]


def test_check_says_what_an_imported_pack_lacks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = told(capsys, folder, *imported(folder))
    folder.joinpath("packs/otp.yaml").write_text("\n".join(out) + "\n", "utf-8")
    code, _, err = told(capsys, folder, "check", folder / "packs")
    assert code == 1
    for lack in ("title", "why", "keywords", "text", "url", "languages", "owner", "ignore"):
        assert any(f"`{lack}`" in line for line in err), lack
    assert any("choose `keywords` of SCAMS_AND_FRAUD: IMPERSONATION" in line for line in err)


def test_an_imported_pack_is_sound_once_it_is_filled_in(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--keyword", "PHISHING", "--language", "en", "--owner", "a: b")
    _, out, _ = told(capsys, folder, *imported(folder, "--today", "2026-11-01", *options))
    filled = (
        "\n".join(out)
        .replace("ignore: []", "ignore: [a, b]")
        .replace('url: ""', "url: https://a.example")
    )
    folder.joinpath("packs/otp.yaml").write_text(filled.replace('""', "some words"), "utf-8")
    code, out, err = told(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (0, ["1 packs, 1 rules: sound, 1 warning"])
    assert "`no` is an everyday word" in err[0]


TABLES = {
    "the column of that name": (
        "words.csv",
        'rank,term\n1,free gift\n2,"a, b"\n',
        (),
        '[free gift, "a, b"]',
    ),
    "the first column": ("words.csv", "word,rank\nfree gift,1\n", (), "[free gift]"),
    "a column that is named": (
        "words.csv",
        "term,other\nx y,free gift\n",
        ("--column", "other"),
        "[free gift]",
    ),
    "tabs": ("words.tsv", "rank\tterm\n1\tfree gift\n", (), "[free gift]"),
    "semicolons": ("words.csv", 'term;rank\n"free; gift, now";1\n', (), '["free; gift, now"]'),
    "a mark at the start": ("words.csv", "\ufeffterm\nfree gift\n", (), "[free gift]"),
}


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
    code, out, _ = told(capsys, folder, *words)
    assert code == 0
    assert f"    any: {group}" in out


REFUSED = {
    "an unknown category": (("--category", "SPAM"), WORDS, 2, "`SPAM` is no category"),
    "a day that is none": (("--today", "soon"), WORDS, 2, "--today soon: no day"),
    "no term": ((), "# nothing\n@a\n", 1, "no term in it"),
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
    got, out, err = told(capsys, folder, *imported(folder, *more))
    assert (got, out) == (code, [])
    assert why in err[-1]


def test_import_of_a_column_that_is_not_there_names_those_that_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.joinpath("words.csv").write_text("a,b\n1,2\n", "utf-8")
    words = (
        "import",
        folder / "words.csv",
        "--id",
        "bait",
        "--category",
        "SELF_HARM",
        "--column",
        "c",
    )
    assert told(capsys, folder, *words) == (2, [], ["words.csv: no column `c`; it has a, b"])


COMMANDS = ("check", "try", "format", "diff", "import", "schema", "publish")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["packs", command, "--help"])
    assert ended.value.code == 0
    assert f"example: terang packs {command}" in capsys.readouterr().out
