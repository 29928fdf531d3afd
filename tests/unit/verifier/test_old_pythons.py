"""What strangers run needs Python 3.9 and its standard library, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt

import recount
import verify

PROGRAMS = (Path(recount.__file__), Path(verify.__file__))


def python_of(minor: int) -> Path | None:
    """A Python of that version that runs. One of pyenv's shims may run none of its versions."""
    name = f"python3.{minor}"
    paths = [Path(folder) / name for folder in os.get_exec_path()]
    for path in [*paths]:
        paths += path.parent.parent.glob(f"versions/3.{minor}.*/bin/{name}")
    for path in filter(Path.exists, paths):
        if not subprocess.run([path, "-c", "pass"], capture_output=True, check=False).returncode:
            return path
    return None


@pytest.mark.parametrize("minor", range(9, 14))
def test_both_programs_run_with_a_bare_python(minor: int, tmp_path: Path) -> None:
    """Side by side, in an empty environment, on a bucket with a closed period."""
    python = python_of(minor)
    if python is None:
        pytest.skip(f"there is no python3.{minor} that runs")
    made = LogWorld()
    made.count(sample_receipt(by_rule={live(): 2}, set=made.put_set(sample_pack())))
    made.publish(CLOSED)
    folder, alone = made.copy_public(tmp_path / "public"), tmp_path / "alone"
    alone.mkdir()
    for program in PROGRAMS:
        shutil.copy(program, alone)
    for program in PROGRAMS:
        command = [python, "-I", "-S", program.name, folder]
        done = subprocess.run(command, cwd=alone, env={}, capture_output=True, text=True)
        # 3: something has no proof, which another test looks at
        assert (done.returncode in {0, 3}, done.stderr) == (True, ""), done.stdout
        assert " summaries recounted, 0 differ\n" in done.stdout
    assert sorted(path.name for path in alone.iterdir()) == ["recount.py", "verify.py"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_no_name_and_no_syntax_is_newer_than_python_3_9(program: Path) -> None:
    vermin = Path(sys.prefix) / "bin/vermin"
    command = [vermin, "--target=3.9-", "--violations", "-vvv", "--no-tips", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
