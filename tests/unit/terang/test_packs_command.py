"""`terang packs` on this machine, as an author types it."""

import json
from pathlib import Path

import pytest
from support.packs_folder import run_packs, sample_folder
from support.sample_packs import PACK

from matcher import Pack
from terang.cli.command import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample_folder(tmp_path)


def test_check_says_that_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15") == (
        0,
        ["1 pack, 1 rule: all well"],
        [],
    )


def test_check_counts_warnings_and_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("login code", "kode otp"), "utf-8")
    code, out, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (0, ["1 pack, 1 rule: valid, 1 warning"])
    [warning] = err
    assert warning.startswith(
        "warning: packs/otp.yaml:17: asks-for-code: `kode otp` adds next to nothing:"
    )


def test_try_and_diff_say_that_a_pack_is_unprotected(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "packs/otp.yaml"
    file.write_text(PACK.replace("[en, id]", "[de]"), "utf-8")
    why = "in shadow, unprotected: no protected sentences in de;"
    _, out, _ = run_packs(capsys, folder, "try", file, "send me the otp", "--today", "2026-11-15")
    assert out[1] == "HIT one-time-codes/asks-for-code (shadow, high)"
    assert out[2].startswith(f"    {why}")
    _, out, _ = run_packs(capsys, folder, "diff", file, file, "--posts", folder / "posts.jsonl")
    assert out[0].startswith(f"one-time-codes: {why}")


def test_check_names_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("[send me the otp,", "[hi,"), "utf-8")
    code, out, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (1, [])
    [problem] = err
    assert problem.startswith("packs/otp.yaml:22: asks-for-code: this `match` example is not hit:")
    assert problem.endswith("it has no term of the rule; fix the rule, or reword it")


def test_check_reports_a_missing_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_packs(capsys, folder, "check", folder / "nowhere") == (
        2,
        [],
        ["terang packs check: nowhere: no such file or folder"],
    )


def test_check_tries_ordinary_posts_with_contacts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = PACK.replace("[send me]\n    within: 12", "[send me, {sign: link}]")
    folder.joinpath("packs/otp.yaml").write_text(loose, "utf-8")
    words = ("check", folder / "packs", "--today", "2026-11-15", "--posts")
    code, out, err = run_packs(capsys, folder, *words, folder / "posts.jsonl")
    assert (code, out) == (0, ["1 pack, 1 rule: valid, 1 warning"])
    assert err == [
        "posts.jsonl: 1 line skipped (not_public 1), 4 posts tried",
        (
            "warning: one-time-codes/asks-for-code: hits 2 of 4 ordinary texts once ways to get in "
            "touch follow; a contact proves nothing, so ask for more beside `send me`, `otp`: "
            "send me the otp"
        ),
    ]
    code, _, err = run_packs(capsys, folder, *words, folder / "nowhere.jsonl")
    assert code == 2
    assert "cannot read" in err[0]
    assert "nowhere.jsonl: No such file" in err[0]


def test_check_wants_a_day_of_the_calendar(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-02-30")
    assert code == 2
    assert "'2026-02-30' is not a day of the calendar" in err[0]


def test_try_explains_and_keeps_quiet_about_the_packs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("login code", "kode otp"), "utf-8")
    code, out, err = run_packs(
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
    assert run_packs(capsys, folder, "format", path) == (0, ["formatted packs/otp.yaml"], [])
    laid_out = path.read_text("utf-8")
    assert laid_out != PACK
    assert Pack.parse(laid_out, "otp.yaml").rules == before.rules
    assert run_packs(capsys, folder, "format", folder / "packs") == (0, [], [])
    assert path.read_text("utf-8") == laid_out


def test_format_check_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_packs(capsys, folder, "format", folder / "packs", "--check")
    assert (code, out) == (1, ["would format packs/otp.yaml"])
    assert folder.joinpath("packs/otp.yaml").read_text("utf-8") == PACK


def test_format_leaves_unreadable_packs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = PACK.replace("version: 3", "version: x")
    folder.joinpath("packs/a.yaml").write_text(broken, "utf-8")
    code, out, err = run_packs(capsys, folder, "format", folder / "packs")
    assert (code, out) == (1, ["formatted packs/otp.yaml"])
    assert err == ["packs/a.yaml:2: `version` must be a whole number from 1 to 1000000000"]
    assert folder.joinpath("packs/a.yaml").read_text("utf-8") == broken


def test_format_of_nothing_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_packs(capsys, folder, "format", folder / "nowhere")[0] == 2


COMMANDS = ("check", "try", "format", "diff", "import", "schema", "publish", "list", "rollback")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main(["packs", command, "--help"]) == 0
    assert f"Example: terang packs {command}" in capsys.readouterr().out


def new_version(folder: Path) -> Path:
    """The pack with `pin` for `login code`."""
    new = folder / "new.yaml"
    new.write_text(PACK.replace("login code", "pin"), "utf-8")
    return new


def test_diff_shows_what_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = folder / "posts.jsonl"
    assert run_packs(
        capsys, folder, "diff", folder / "packs", new_version(folder), "--posts", posts
    ) == (
        0,
        ["one-time-codes/asks-for-code: 1 newly hit, 1 no longer, 1 still",
         "  + p-3: text 0-7 'send me', text 12-15 'pin'", "      send me the pin",
         "  - p-2: text 0-7 'send me', text 12-22 'login code'", "      send me the login code",
         "4 posts (1 lines refused): 1 newly hit, 1 no longer"],
        [],
    )  # fmt: skip


def test_diff_as_json_holds_no_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = folder / "posts.jsonl"
    words = ("diff", folder / "packs", new_version(folder), "--posts", posts, "--json")
    code, [line], err = run_packs(capsys, folder, *words)
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
    _, out, _ = run_packs(capsys, folder, *words)
    assert sum(line.startswith("  + p-3") for line in out) == 10
    assert out[-2:] == ["  + and 2 more", "12 posts: 12 newly hit, 0 no longer"]


def test_diff_of_a_version_with_itself_is_empty(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("diff", folder / "packs", folder / "packs", "--posts", folder / "posts.jsonl")
    assert run_packs(capsys, folder, *words)[1] == [
        "4 posts (1 lines refused): 0 newly hit, 0 no longer"
    ]


def test_diff_leaves_out_packs_that_only_the_old_version_holds(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = folder / "other.yaml"
    new.write_text(PACK.replace("one-time-codes", "other-codes"), "utf-8")
    words = ("diff", folder / "packs", new, "--posts", folder / "posts.jsonl")
    assert run_packs(capsys, folder, *words)[1][-1] == (
        "4 posts (1 lines refused): 2 newly hit, 0 no longer"
    )


@pytest.mark.parametrize("missing", ["packs", "posts"])
def test_diff_of_a_missing_file_is_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    new = folder / ("nowhere" if missing == "packs" else "packs")
    posts = folder / ("nowhere" if missing == "posts" else "posts.jsonl")
    code, out, err = run_packs(capsys, folder, "diff", folder / "packs", new, "--posts", posts)
    assert (code, out, len(err)) == (2, [], 1)
