"""`terang packs diff`: which posts a new version newly hits, and which no longer."""

import json
from pathlib import Path

import pytest
from support.packs_folder import sample_folder, told
from support.sample_packs import PACK


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample_folder(tmp_path)


def new_version(folder: Path) -> Path:
    """The pack with `pin` for `login code`."""
    new = folder / "new.yaml"
    new.write_text(PACK.replace("login code", "pin"), "utf-8")
    return new


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
