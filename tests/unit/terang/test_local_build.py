"""What is deployed to the local stack is made once, also by runs that begin at the same time."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from terang import emulator as stack


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of each layer and function there is one module; nothing is there before."""
    module = tmp_path / "module.py"
    module.write_text("FROM_THE_LAYER = True\n")
    monkeypatch.setattr(stack, "BUILT", tmp_path / "built")
    monkeypatch.setattr(stack, "files_of", lambda folder: {f"room/{folder.name}.py": module})
    return tmp_path / "built"


def test_builds_of_earlier_sources_are_removed(folder: Path) -> None:
    folder.mkdir()
    (folder / "functions-scan-0.zip").write_bytes(b"of an earlier day")
    (folder / "layers-terang-0").mkdir()
    os.utime(folder / "layers-terang-0", (0, 0))
    os.utime(folder / "functions-scan-0.zip", (0, 0))
    (folder / "tmpabcdefgh").write_bytes(b"of a run that was killed")
    zips = stack.built()
    with stack.builds_kept():
        unpacked = {zips[f"layers/{name}"].with_suffix("") for name in stack.LAYERS}
        assert set(folder.iterdir()) == {*zips.values(), *unpacked}
        assert stack.built() == zips


def test_a_running_stack_keeps_its_builds(folder: Path) -> None:
    """It may start a worker from them at any moment, even if this run has ended."""
    folder.mkdir()
    (folder / "tmpabcdefgh").touch()
    with stack.builds_kept() as builds:
        assert list(folder.iterdir()) == []
        (folder / "tmpabcdefgh").touch()
        emulator = subprocess.Popen(["sleep", "60"], pass_fds=[builds])
    try:
        with stack.builds_kept():
            assert len(list(folder.iterdir())) == 1
    finally:
        emulator.kill()
        emulator.wait()
    with stack.builds_kept():
        assert list(folder.iterdir()) == []


def test_a_build_of_another_run_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be reading its zips just now."""
    others: list[dict[str, Path]] = []
    plain = stack.files_of

    def files_of(folder: Path) -> dict[str, Path]:
        if not others:
            others.append({})
            others[0] |= stack.built()
        return plain(folder)

    unlinked: list[Path] = []
    monkeypatch.setattr(stack, "files_of", files_of)
    monkeypatch.setattr(Path, "unlink", lambda path, **_: unlinked.append(path))
    assert stack.built() == others[0]
    assert unlinked == []
    assert not list(folder.glob("tmp*"))


def test_the_zip_of_a_layer_leads_to_its_modules(folder: Path, tmp_path: Path) -> None:
    """Its folder comes before everything else, as on AWS."""
    path = stack.built()["layers/terang"]
    zipfile.ZipFile(path).extractall(tmp_path / "layer")
    code = (
        f"import site; site.addsitedir({str(tmp_path / 'layer' / stack.SITE)!r});"
        " import sys, room.terang; assert room.terang.FROM_THE_LAYER; print(sys.path[0])"
    )
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(path.with_suffix(""))


def test_the_same_files_give_the_same_zip() -> None:
    files = {"b.py": b"2", "a.py": b"1"}
    made = stack.zip_of(files)
    assert made == stack.zip_of(dict(sorted(files.items())))
    assert set(zipfile.ZipFile(io.BytesIO(made)).namelist()) == set(files)


def test_a_checkout_below_a_folder_named_tests_is_built_whole(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "layer"
    (folder / "room" / "tests").mkdir(parents=True)
    (folder / "room" / "module.py").touch()
    (folder / "room" / "tests" / "test_module.py").touch()
    assert set(stack.files_of(folder)) == {"room/module.py"}


def test_tests_of_packages_are_left_out() -> None:
    names = stack.files_of(stack.ROOT / "layers/matcher")
    assert "numpy/__init__.py" in names
    assert not [name for name in names if "/tests/" in name]
