"""No test reaches the network: a connection goes to this machine, or nowhere."""

import os
import socket
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings

os.environ["TERANG_TRACEBACK"] = "1"
"""The command hides no fault of ours in a test, nor in a process that a test starts."""

CACHE = TemporaryDirectory()
os.environ["XDG_CACHE_HOME"] = CACHE.name
"""No test writes into the cache of whoever runs it."""

settings.register_profile("nightly", max_examples=100)
settings.register_profile("make test", max_examples=25)
settings.load_profile("make test")
"""What is drawn gets a quarter of its examples in `make test`, and all in `make nightly`."""

LOOPBACK = ("127.", "::1", "localhost")


class NetworkError(AssertionError):
    """A test tried to reach another machine."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the local stack or Chromium is left to `make nightly`, but for a test of each."""
    for item in items:
        slow = item.get_closest_marker("stack") or item.get_closest_marker("browser")
        if slow and not item.get_closest_marker("smoke"):
            item.add_marker("nightly")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Sockets connect to loopback only; a name of another machine is not even looked up."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(this: socket.socket, address: Any) -> None:
        if this.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise NetworkError(f"a test connects to {address[0]}")
        connect(this, address)

    def look_up_here(host: Any, *details: Any, **options: Any) -> Any:
        if host is not None and not str(host).startswith(LOOPBACK):
            raise NetworkError(f"a test looks up {host}")
        return look_up(host, *details, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", connect_here)
        patched.setattr(socket, "getaddrinfo", look_up_here)
        yield
