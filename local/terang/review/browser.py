"""Opens the desk in a browser, or says how to reach it from another machine."""

import getpass
import os
import socket
import sys
import webbrowser
from collections.abc import Mapping

LOOPBACK = "127.0.0.1"


def has_browser(environment: Mapping[str, str]) -> bool:
    """Return whether a browser with a window can be opened where this runs.

    >>> has_browser({"SSH_CONNECTION": "192.0.2.1", "DISPLAY": ":0"})
    False
    """
    if environment.get("SSH_CONNECTION"):
        return False
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> bool:
    """Open an address in a browser with a window; False if there is none."""
    return has_browser(os.environ) and webbrowser.open(address)


def directions(address: str, port: int) -> list[str]:
    """Return lines that tell a person how to reach the desk, here or over SSH."""
    here = f"{getpass.getuser()}@{socket.gethostname()}"
    return [
        f"open once, in a browser on this machine: {address}",
        f"from another machine, type there first: ssh -L {port}:{LOOPBACK}:{port} {here}",
    ]
