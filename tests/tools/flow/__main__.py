"""`make flow`: live a moderator's day at the deployed console, and print its figures."""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stack.conftest import PARAMETERS
from stack.console_browser import console_address
from stack.running import DAY, ROOT, STACK, Running
from support.chromium import chromium
from tools.flow import desk_flow as flow

from matcher import Pack
from terang.emulator import local_stack
from terang.runner import deploy
from terang.set_publishing import PackBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

GROUPS = (5, 4, 3)


def main(arguments: list[str]) -> int:
    """Live the day. Return 1 if decide did not take what was pressed."""
    parser = argparse.ArgumentParser(prog="flow", description=__doc__)
    parser.add_argument("--findings", type=int, default=100, help="that are decided")
    parser.add_argument("--open", type=int, default=10_000, help="findings that nobody decides")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the pages")
    options = parser.parse_args(arguments)
    looked = pictures(options.pictures)
    made = flow.posts(options.findings - sum(GROUPS), GROUPS, options.open)
    with local_stack() as stack, tempfile.TemporaryDirectory() as folder:
        parameters = PARAMETERS | {"FloodMinimumPosts": "1000000", "RangeBytes": str(1 << 20)}
        running = Running(stack, deploy(stack, STACK, parameters), DAY)
        packs = ROOT / "packs"
        read = [Pack.parse(path.read_text(), path.name) for path in sorted(packs.glob("*.yaml"))]
        bucket = PackBucket(running.objects, running.outputs["PublicBucket"])
        bucket.publish(packs, read, {}, notice_hours=0, now=datetime(2026, 11, 25, tzinfo=UTC))
        flow.prepare(running, Path(folder), made)
        with console_address(running) as address, chromium() as browser:
            lines = []
            for line in flow.live(running, address, browser, options.findings, looked):
                print(line, flush=True)
                lines.append(line)
    return any(line.startswith("WRONG") for line in lines)


def pictures(folder: Path | None) -> "Callable[[str, Page], None]":
    """Return what takes a picture of a page, if a folder was given."""

    def take(name: str, page: "Page") -> None:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            language = page.locator("html").get_attribute("lang")
            page.screenshot(path=folder / f"{name}-{language}.png", full_page=True)

    return take


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
