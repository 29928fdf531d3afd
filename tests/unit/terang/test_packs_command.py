"""`terang packs` and `terang factchecks` on this machine, as an author types them."""

import json
from pathlib import Path

import pytest
from support.packs_folder import run_packs, sample_folder
from support.sample_packs import PACK

from claims import admission
from matcher import Pack
from terang.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample_folder(tmp_path)


def test_check_says_that_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15") == (
        0, ["1 pack, 1 rule: all well"], [],
    )  # fmt: skip


def test_check_counts_warnings_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("login code", "kode otp"), "utf-8")
    code, out, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (0, ["1 pack, 1 rule: valid, 1 warning"])
    [warning] = err
    assert warning.startswith(
        "warning: packs/otp.yaml:17: asks-for-code: `kode otp` adds next to nothing:"
    )


def test_both_say_a_pack_is_unprotected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
        2, [], ["terang packs check: nowhere: no such file or folder"],
    )  # fmt: skip


def test_check_tries_posts_with_contacts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_check_wants_a_calendar_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-02-30")
    assert code == 2
    assert "'2026-02-30' is not a day of the calendar" in err[0]


def test_try_explains_and_keeps_quiet_about_the_packs(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder.joinpath("packs/otp.yaml").write_text(PACK.replace("login code", "kode otp"), "utf-8")
    code, out, err = run_packs(
        capsys, folder, "try", folder / "packs", "send me the OTP", "--today", "2026-11-15"
    )
    assert (code, err) == (0, [])
    assert out[:2] == ["compared as: send me the otp",
                       "HIT one-time-codes/asks-for-code (live, high)"]  # fmt: skip


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
def test_each_command_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
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
    ) == (0,
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


def test_diff_shows_ten_and_counts_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    post = folder.joinpath("posts.jsonl").read_text("utf-8").splitlines()[2]
    folder.joinpath("many.jsonl").write_text("\n".join([post] * 12), "utf-8")
    words = ("diff", folder / "packs", new_version(folder), "--posts", folder / "many.jsonl")
    _, out, _ = run_packs(capsys, folder, *words)
    assert sum(line.startswith("  + p-3") for line in out) == 10
    assert out[-2:] == ["  + and 2 more", "12 posts: 12 newly hit, 0 no longer"]


def test_diff_with_itself_is_empty(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("diff", folder / "packs", folder / "packs", "--posts", folder / "posts.jsonl")
    assert run_packs(capsys, folder, *words)[1] == [
        "4 posts (1 lines refused): 0 newly hit, 0 no longer"
    ]


def test_diff_leaves_out_packs_that_only_the_old_version_holds(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    new = folder / "other.yaml"
    new.write_text(PACK.replace("one-time-codes", "other-codes"), "utf-8")
    words = ("diff", folder / "packs", new, "--posts", folder / "posts.jsonl")
    assert run_packs(capsys, folder, *words)[1][-1] == (
        "4 posts (1 lines refused): 2 newly hit, 0 no longer"
    )


@pytest.mark.parametrize("missing", ["packs", "posts"])
def test_diff_of_a_missing_file_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str],
                                               missing: str) -> None:  # fmt: skip
    new = folder / ("nowhere" if missing == "packs" else "packs")
    posts = folder / ("nowhere" if missing == "posts" else "posts.jsonl")
    code, out, err = run_packs(capsys, folder, "diff", folder / "packs", new, "--posts", posts)
    assert (code, out, len(err)) == (2, [], 1)


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


def test_an_import_tells_what_was_refused_corrected_and_gone(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert imported(tmp_path, f"{SALT},Unproven,X,2026-01-02,en", SUGAR, BREAD) == 0
    first = capsys.readouterr().out
    assert "2 checks taken, 1 refused" in first
    assert "refused publisher_not_trusted: 1" in first
    assert "2 new, 0 corrected, 0 gone" in first
    assert imported(tmp_path, f"{SALT},False,X,2026-03-04,en") == 0
    assert "0 new, 1 corrected, 1 gone" in capsys.readouterr().out


def test_a_feed_without_a_check_withdraws_nothing(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    assert imported(tmp_path) == 2
    assert "holds no check: the index stays as it is" in capsys.readouterr().err
    text = "drinking warm salt water cures the common cold in a single night"
    main(["ask", text, "--index", str(tmp_path / "index")])
    assert "check.example/salt" in capsys.readouterr().out


def test_a_full_disk_is_reported_and_keeps_the_index(tmp_path: Path,
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    before = (tmp_path / "index/current.json").read_bytes()
    table = admission._TABLE
    monkeypatch.setattr(admission, "_TABLE", f"{table}; PRAGMA max_page_count = 2")
    rows = [SUGAR.replace("/sugar", f"/{number}") for number in range(100)]
    assert imported(tmp_path, *rows) == 1
    assert "no room to sort the checks" in capsys.readouterr().err
    assert (tmp_path / "index/current.json").read_bytes() == before


def test_answers_are_lines_of_a_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_an_old_check_has_its_age(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
def test_a_call_that_would_trust_or_find_nothing_is_refused(words: list[str], tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    index = tmp_path / "index"
    assert main(["factchecks", "import", *words, "--index", str(index)]) == 2
    assert "terang factchecks import: " in capsys.readouterr().err
    assert not index.exists()


@pytest.mark.parametrize("line", ['{"id": "b"}', "no JSON", '{"id": null, "text": 5}', '"\xff"'])
def test_a_line_without_text_is_named(line: str, tmp_path: Path,
                                      capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    texts = tmp_path / "texts.jsonl"
    texts.write_bytes(b'{"id": "a", "text": "salt"}\n\n' + line.encode("latin-1"))
    capsys.readouterr()
    assert main(["ask", "--file", str(texts), "--index", str(tmp_path / "index"), "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["id"] == "a"
    assert f"{texts}:3: " in told.err.replace("\n", "")


def test_an_answer_for_people_names_the_text_of_a_file(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    imported(tmp_path, f"{SALT},False,X,2026-01-02,en")
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": "a", "text": "🙂"}\n{"id": 7, "text": "🙂"}', encoding="utf-8")
    capsys.readouterr()
    assert main(["ask", "--file", str(texts), "--index", str(tmp_path / "index")]) == 0
    none = "no published check was found"
    assert capsys.readouterr().out.splitlines() == ["a:", none, "7:", none]


STACK_FAULTS = {
    "trust":
        (["--stack", "terang", "--trust", "check.example", "--trust", "facts.example"],
         ("a stack trusts the publishers of its parameter TrustedPublishers, not --trust: deploy"
          " it with TrustedPublishers=check.example,facts.example in addition to those that it"
          " names, then import without --trust")),
    "index": (["--stack", "terang", "--index", "terang-index"],
              "--index is for an index of your own, --stack for that of a stack: give one of them"),
    "confirm": (["--confirm"], "--confirm is for a stack: give --stack NAME, or leave it out"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "fault"), STACK_FAULTS.values(), ids=STACK_FAULTS)
def test_an_option_that_would_be_ignored_is_refused(words: list[str], fault: str,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Nothing is read or uploaded."""
    assert main(["factchecks", "import", "checks.csv", *words]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert first == f"terang factchecks import: {fault}"
