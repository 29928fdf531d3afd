"""`uv tool install .`: the command without a checkout, as pyproject.toml packs it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from terang import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WHEEL: dict[str, Any] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
FUNCTIONS = {path.name for path in (ROOT / "functions").iterdir()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel has, in a folder of its own."""
    site = tmp_path_factory.mktemp("site")
    for package in WHEEL["packages"]:
        copy = shutil.copytree if (ROOT / package).is_dir() else shutil.copy2
        copy(ROOT / package, site / Path(package).name)
    for source, target in WHEEL["force-include"].items():
        (site / target).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy2
        copy(ROOT / source, site / target)
    return site


def call(site: Path, folder: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    program = "import sys; from terang.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder, input=text, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site)},
    )  # fmt: skip


def test_packs_are_checked_against_the_protected_sentences(installed: Path, tmp_path: Path) -> None:
    """They come with the command: a folder of packs need not have any."""
    pack = (ROOT / "packs/impersonation.yaml").read_text("utf-8")
    (tmp_path / "impersonation.yaml").write_text(pack, "utf-8")
    day = ["--today", "2026-11-25"]
    assert call(installed, tmp_path, "packs", "check", ".", *day).returncode == 0
    rule = "    all:\n      - [safe banking]\n    match: [safe banking, a safe banking]\n"
    wide = re.sub(
        r"(?ms)^rules:.*", "rules:\n  - id: wide\n    severity: low\n    why: Wide.\n", pack
    )
    (tmp_path / "impersonation.yaml").write_text(
        f"{wide}{rule}    ignore: [banking, safe]\n", "utf-8"
    )
    done = call(installed, tmp_path, "packs", "check", ".", *day)
    assert done.returncode == 1
    assert "hits the protected sentence" in done.stderr


def test_a_command_that_needs_the_checkout_says_so(installed: Path, tmp_path: Path) -> None:
    done = call(installed, tmp_path, "run")
    assert done.returncode == 2
    assert "it needs a checkout of Terang" in done.stderr


def test_it_requires_what_a_checkout_has() -> None:
    """The first part of requirements/dev.in, and nothing of development."""
    listed = (ROOT / "requirements/dev.in").read_text("utf-8").partition("# development")[0]
    wanted = set(re.findall(r"^[\w-]+$", listed, re.MULTILINE))
    assert {re.split("[>=]", name)[0] for name in PROJECT["project"]["dependencies"]} == wanted


def test_every_package_of_the_command_is_in_the_wheel() -> None:
    packages = {path.parent.name for path in ROOT.glob("l*/*/*/__init__.py")}
    packages |= {path.parent.name for path in ROOT.glob("local/*/__init__.py")}
    nested = {path.parent.name for path in ROOT.glob("local/*/*/__init__.py")}
    alone = {path.stem for path in ROOT.glob("layers/*/*.py")}
    listed = {Path(package).stem for package in WHEEL["packages"]}
    assert listed == (packages | alone) - nested - FUNCTIONS
