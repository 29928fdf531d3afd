"""What an earlier check found is known, changes no outcome, and is trusted only from the user."""

import os
from collections.abc import Callable, Iterable
from datetime import date
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path

import pytest
from support.sample_packs import PACK, PROTECTED, SCORED

from authoring import check
from authoring.check import KnownPacks, check_packs
from matcher import Matcher, Pack, PackError

TODAY = date(2026, 11, 15)
SECOND = PACK.replace("one-time-codes", "second")
LOOSE = PACK.replace("[otp, login code]", "[otp, otp now, c++]")
"""A pack with warnings of three kinds."""

FOLDERS = {
    "sound packs": [PACK, SCORED.replace("one-time-codes", "scored")],
    "a scored rule that a sentence half reaches": [SCORED.replace("send me: 5", "stolen: 5")],
    "an example that is not hit": [PACK.replace("otp - send me]", "otp]"), SECOND],
    "one id twice": [PACK, PACK],
    "rules that ask the same": [PACK, SECOND],
    "warnings": [LOOSE],
    "an expired pack with warnings": [LOOSE.replace("2027-04-30", "2026-11-14"), SECOND],
    "half a letter": [PACK.replace("title: Theft", 'title: "\\uD83D"  # Theft')],
    "sentences of its own": [PACK.replace("[en, id]", "[en, de]") + PROTECTED],
    "own sentences that it hits": [
        PACK.replace("[en, id]", "[de]").replace("[send me]", "[Wasser]") + PROTECTED],
    "no pack": ["id: [", SECOND],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("packs/protected").mkdir(parents=True)
    sentence = "# news\nPolice warn of stolen codes.\n"
    tmp_path.joinpath("packs/protected/en.txt").write_text(sentence, "utf-8")
    tmp_path.joinpath("packs/otp.yaml").write_text(PACK, "utf-8")
    return tmp_path / "packs"


def outcome(folder: Path, known: KnownPacks | None, *, advice: bool = True) -> object:
    try:
        packs = check_packs(folder, TODAY, known=known, advice=advice)
    except PackError as error:
        return error.problems
    return list(packs), packs.warnings


@pytest.mark.parametrize("packs", FOLDERS.values(), ids=FOLDERS)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_known_changes_no_outcome(folder: Path, packs: list[str], *, first: bool) -> None:
    for name, text in enumerate(packs):
        folder.joinpath(f"{name}.yaml").write_text(text, "utf-8")
    folder.joinpath("otp.yaml").unlink()
    for advice in (first, True, False, True):
        known = KnownPacks(folder / "cache")
        assert outcome(folder, known, advice=advice) == outcome(folder, None, advice=advice)


def entry(folder: Path) -> Path:
    [path] = folder.joinpath("cache").iterdir()
    return path


def damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


CHANGES: dict[str, Callable[[Path], object]] = {
    "the pack": lambda at: damage(at / "otp.yaml", lambda data: data + b"# read again\n"),
    "a protected sentence": lambda at: damage(at / "protected/en.txt", lambda data: data + b"Hi."),
    "nothing left": lambda at: damage(entry(at), lambda data: b""),
    "its end cut": lambda at: damage(entry(at), lambda data: data[:-1]),
    "a byte": lambda at: damage(entry(at), lambda data: data.replace(b"otp", b"opt", 1)),
    "its name": lambda at: entry(at).rename(entry(at).with_name("0" * 64)),
    "all that was kept": lambda at: entry(at).unlink(),
    "who may write it": lambda at: entry(at).chmod(0o620),
    "who may write the folder": lambda at: at.joinpath("cache").chmod(0o702),
}  # fmt: skip


def compiled(folder: Path, patch: pytest.MonkeyPatch) -> int:
    """Check with what is known. Return how many matchers that takes: to know needs none."""
    made = 0

    def counting(packs: Iterable[Pack]) -> Matcher:
        nonlocal made
        made += 1
        return Matcher(packs)

    with patch.context() as patched:
        patched.setattr(check, "Matcher", counting)
        check_packs(folder, TODAY, known=KnownPacks(folder / "cache"))
    return made


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_pack_is_tried_again_after_a_change_of(folder: Path, change: Callable[[Path], object],
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    assert compiled(folder, monkeypatch) == 2
    assert compiled(folder, monkeypatch) == 0
    change(folder)
    assert compiled(folder, monkeypatch) > 0


def test_a_library_or_a_line_of_the_program_that_changes_makes_nothing_known(folder: Path,
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    compiled(folder, monkeypatch)
    monkeypatch.setattr(metadata, "version", lambda name: "0")
    assert compiled(folder, monkeypatch) == 2
    assert compiled(folder, monkeypatch) == 0
    tmp_path.joinpath("module.py").write_text("A = 1\n")
    monkeypatch.setattr(check, "package_files", lambda name: tmp_path)
    assert compiled(folder, monkeypatch) == 2
    tmp_path.joinpath("module.py").write_text("A = 2\n")
    assert compiled(folder, monkeypatch) == 2


def test_only_a_changed_pack_is_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.joinpath("second.yaml").write_text(SECOND, "utf-8")
    assert compiled(folder, monkeypatch) == 4
    CHANGES["the pack"](folder)
    assert compiled(folder, monkeypatch) == 2


def test_a_folder_that_others_may_write_gets_nothing(folder: Path) -> None:
    cache = folder / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    assert outcome(folder, KnownPacks(cache)) == outcome(folder, None)
    assert not list(cache.iterdir())


def test_the_oldest_files_leave_a_full_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome(folder, KnownPacks(folder / "cache"))
    first = entry(folder)
    os.utime(first, (1, 1))
    monkeypatch.setattr(check, "MOST_KEPT", 1)
    CHANGES["the pack"](folder)
    outcome(folder, KnownPacks(folder / "cache"))
    assert entry(folder) != first


def check_from_elsewhere(folder: Path) -> object:
    return outcome(folder, KnownPacks(folder / "cache"))


def test_two_processes_leave_a_sound_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        text = PACK.replace("one-time-codes", f"pack-{number}")
        folder.joinpath(f"{number}.yaml").write_text(text, "utf-8")
    with get_context("fork").Pool(2) as pool:
        both = pool.map(check_from_elsewhere, [folder, folder], 1)
    assert both == [outcome(folder, None)] * 2
    assert compiled(folder, monkeypatch) == 0


@pytest.mark.parametrize(("named", "place"), [
    (None, "home/.cache/terang"), ("relative", "home/.cache/terang"), ("{}/xdg", "xdg/terang"),
    ("{}/packs/otp.yaml", ""),
])  # fmt: skip
def test_the_cache_is_where_the_user_wants_it_or_nowhere(folder: Path, named: str | None,
        place: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("HOME", str(folder.parent / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME")
    if named:
        monkeypatch.setenv("XDG_CACHE_HOME", named.format(folder.parent))
    for _ in range(2):
        assert outcome(folder, KnownPacks.of_user()) == outcome(folder, None)
    made = [path.parent for path in folder.parent.rglob("*") if len(path.name) == 64]
    assert made == ([folder.parent / place] if place else [])
