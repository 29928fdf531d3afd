"""Settings of every test run: how it is stopped, and how its tests are shared out."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from support.sharing import Shares, turn_of


def pytest_sessionstart() -> None:
    """Stop with the line to type if the environment was made from other requirements."""
    wanted = Path(__file__).parent / "requirements/dev.lock"
    made_from = Path(sys.prefix) / ".lock"
    if made_from.exists() and made_from.read_bytes() != wanted.read_bytes():
        pytest.exit(f"{sys.prefix} is out of date: run `scripts/bootstrap.sh dev`", returncode=1)


def pytest_configure() -> None:
    """TERM ends a run as Ctrl-C does: by default nothing that was started would be stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares | None:
    """Share the tests by tests/support/sharing.py, unless `--dist` says otherwise."""
    return Shares(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first where workers share; alone, a run keeps the files' order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))
