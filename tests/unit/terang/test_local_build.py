"""What is deployed to the local stack is made once, also by runs that begin at the same time."""

import io
import zipfile
from pathlib import Path

import pytest

from terang.emulator import deploy


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deploy, "BUILT", tmp_path / "built")
    monkeypatch.setattr(deploy, "zip_of", lambda folder, prefix: b"a zip of " + prefix.encode())
    return tmp_path / "built"


def test_only_zips_of_current_folders_are_kept(folder: Path) -> None:
    folder.mkdir()
    (folder / "layers-ledger-0.zip").write_bytes(b"of an earlier day")
    zips = deploy.built()
    assert set(folder.iterdir()) == set(zips.values())
    assert deploy.built() == zips
    assert zips["layers/ledger"].read_bytes() == b"a zip of python/"


def test_a_zip_of_another_run_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be reading its zips just now."""
    others: list[dict[str, Path]] = []

    def zip_of(folder: Path, prefix: str) -> bytes:
        if not others:
            others.append({})
            others[0] |= deploy.built()
        return b"a zip of " + prefix.encode()

    unlinked: list[Path] = []
    monkeypatch.setattr(deploy, "zip_of", zip_of)
    monkeypatch.setattr(Path, "unlink", lambda path, **_: unlinked.append(path))
    assert deploy.built() == others[0]
    assert unlinked == []
    assert set(folder.iterdir()) == set(others[0].values())


def test_a_checkout_below_a_folder_named_tests_is_built_whole(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "layer"
    (folder / "room" / "tests").mkdir(parents=True)
    (folder / "room" / "module.py").touch()
    (folder / "room" / "tests" / "test_module.py").touch()
    assert names_in(deploy.zip_of(folder, "python/")) == {"python/room/module.py"}


def test_tests_of_packages_are_left_out() -> None:
    names = names_in(deploy.zip_of(deploy.ROOT / "layers/arrays", "python/"))
    assert "python/numpy/__init__.py" in names
    assert not [name for name in names if "/tests/" in name]


def names_in(data: bytes) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(data)).namelist())
