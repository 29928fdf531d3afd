"""What `load_packs` checks beyond the structure of a pack."""

from datetime import date
from pathlib import Path

import pytest
from support.sample_packs import PACK

from matcher import Matcher, PackError, load_packs

TODAY = date(2026, 11, 15)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    protected = tmp_path / "protected"
    protected.mkdir()
    protected.joinpath("en.txt").write_text("# news\nPolice warn of stolen codes.\n", "utf-8")
    tmp_path.joinpath("otp.yaml").write_text(PACK, "utf-8")
    return tmp_path


def problems(folder: Path, **more: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        load_packs(folder, TODAY, **more)
    return [line.replace(f"{folder}/", "") for line in str(caught.value).split("\n")]


def rewrite(folder: Path, old: str, new: str) -> None:
    assert PACK.count(old) == 1
    folder.joinpath("otp.yaml").write_text(PACK.replace(old, new), "utf-8")


def test_sound_packs_are_loaded_in_the_order_of_ids(folder: Path) -> None:
    other = PACK.replace("one-time-codes", "a-first").replace("[otp, login code]", "[otp]")
    folder.joinpath("zz.yml").write_text(other, "utf-8")
    packs = load_packs(folder, TODAY)
    assert [pack.id for pack in packs] == ["a-first", "one-time-codes"]
    assert packs.warnings == ()
    assert len(Matcher(packs).find("send me the otp")) == 2


def test_one_file_is_loaded_too(folder: Path) -> None:
    assert [pack.id for pack in load_packs(folder / "otp.yaml", TODAY)] == ["one-time-codes"]


EXAMPLES = {
    "a match that is not hit": ("otp - send me]", "otp]", [
        "otp.yaml:22: asks-for-code: this `match` example is not hit: none of [send me]; fix",
    ]),
    "an ignore that is hit": ("[send me my otp bank,", "[send me that otp,", [
        "otp.yaml:23: asks-for-code: this `ignore` example is hit by `send me`, `otp`",
    ]),
    "one match only": (", otp - send me]", "]", [
        "otp.yaml:13: asks-for-code: `match` needs at least 2 examples, and has 1",
    ]),
    "no ignore": (PACK[PACK.index("    ignore:") :], "", [
        "otp.yaml:13: asks-for-code: `ignore` needs at least 2 examples, and has 0",
    ]),
    "a public suffix": ("    within: 12", "    links: [co.uk]", [
        "otp.yaml:19: asks-for-code: `co.uk` is a public suffix: it would mean all its sites;",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
    ]),
    "a public suffix of a site builder": ("    within: 12", "    links: [github.io]", [
        "otp.yaml:19: asks-for-code: `github.io` is a public suffix: it would mean all its sites;",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
    ]),
    "a public suffix behind a sign": ("    within: 12", "    links: [~co.uk]", [
        "otp.yaml:19: asks-for-code: `~co.uk` is a public suffix: it would mean all its sites;",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
    ]),
    "a host that a public suffix looks like": ("    within: 12", "    links: [squaret.net]", [
        "otp.yaml:19: asks-for-code: `square7.net` looks like `squaret.net` and is a public",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
    ]),
    "a protected sentence": (
        "[otp, login code]\n      - [send me]", "[otp, police]\n      - [send me, warn]", [
            "otp.yaml:13: asks-for-code: hits the protected sentence protected/en.txt:2 with",
        ]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_problem_names_its_line_and_rule(
    folder: Path, old: str, new: str, expected: list[str]
) -> None:
    rewrite(folder, old, new)
    told = problems(folder)
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


def test_an_id_of_two_packs_is_a_problem_of_the_second(folder: Path) -> None:
    folder.joinpath("zz.yaml").write_text(PACK, "utf-8")
    assert problems(folder) == ["zz.yaml:1: `one-time-codes` is the id of otp.yaml too; rename one"]


def test_the_problems_of_all_files_are_reported(folder: Path) -> None:
    rewrite(folder, "version: 3", "version: x")
    folder.joinpath("zz.yaml").write_bytes(b"id: \xff")
    folder.joinpath("big.yaml").write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    assert problems(folder) == [
        "big.yaml:1: a pack has at most 2,097,152 bytes; divide it",
        "otp.yaml:2: `version` must be a whole number from 1 to 1000000000",
        "zz.yaml:1: byte 4 is not UTF-8; save the file as UTF-8",
    ]


def test_an_expired_pack_is_skipped_with_advice(folder: Path) -> None:
    packs = load_packs(folder, date(2027, 5, 1))
    assert packs == []
    [warning] = packs.warnings
    assert (warning.line, warning.rule) == (11, None)
    assert "its last day was 2027-04-30" in warning.message
    assert "raise `version` to 4" in warning.message


def test_a_pack_runs_on_its_last_day_and_waits_for_its_first(folder: Path) -> None:
    assert len(load_packs(folder, date(2027, 4, 30))) == 1
    assert len(load_packs(folder, date(2026, 1, 1))) == 1


WARNINGS = {
    "signs that do not count": ("[otp, login code]", '[otp, "c++"]', "`c++` is compared as `c`"),
    "a single letter": ("[otp, login code]", "[otp, x]", "`x` is a single letter or digit"),
    "two terms that fold alike": ("[otp, login code]", "[otp, ÓTP]", "`ÓTP` says the same"),
}


@pytest.mark.parametrize(("old", "new", "message"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning_stops_nothing(folder: Path, old: str, new: str, message: str) -> None:
    rewrite(folder, old, new)
    packs = load_packs(folder, TODAY)
    assert len(packs) == 1
    [warning] = packs.warnings
    assert warning.line == 17
    assert warning.message.startswith(message)


def test_protected_sentences_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.joinpath("id.txt").write_text("Send me no OTP, says the ministry.", "utf-8")
    assert problems(folder, protected=elsewhere)[0].startswith(
        "otp.yaml:13: asks-for-code: hits the protected sentence elsewhere/id.txt:1"
    )


def test_without_protected_sentences_nothing_is_sound(folder: Path) -> None:
    folder.joinpath("protected/en.txt").write_text("# none yet\n", "utf-8")
    assert "no protected sentences: name their folder" in problems(folder)[0]


def test_a_folder_without_packs_is_a_problem(folder: Path) -> None:
    folder.joinpath("otp.yaml").unlink()
    assert "no packs here" in problems(folder)[0]


def test_a_protected_sentence_too_hard_for_all_packs_at_once_is_tried_with_each(
    folder: Path,
) -> None:
    other = PACK.replace("one-time-codes", "lending").replace("send me", "lend me")
    folder.joinpath("other.yaml").write_text(other, "utf-8")
    folder.joinpath("protected/en.txt").write_text("s*nd l*nd " * 20 + "s*nd me the otp\n", "utf-8")
    found = [line for line in problems(folder) if "hits the protected sentence" in line]
    assert [line.partition(":")[0] for line in found] == ["otp.yaml"]
