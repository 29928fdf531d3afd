"""What `load_packs` checks beyond the structure of a pack."""

from datetime import date
from pathlib import Path

import pytest
from matcher import Matcher, PackError, load_packs
from test_pack_reading import PACK

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
