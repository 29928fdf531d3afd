"""The month, lived through once for all tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from month.lived import Month, lived

from terang.emulator import EMULATOR


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    if not EMULATOR.exists():
        pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
    kept = os.environ.get("MONTH_OUT")
    with lived(Path(kept) if kept else tmp_path_factory.mktemp("month")) as month:
        yield month
