"""What is deployed to the local stack is made once, also by runs that begin at the same time."""

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
