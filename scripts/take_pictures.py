#!/usr/bin/env python3
"""Take the pictures of the desk in docs/images again, from invented posts, in Chromium.

    .venv/bin/python scripts/take_pictures.py

It runs the posts below through the whole stack on this machine, opens the desk on the run as
`terang review` does, and decides a card. It needs what `make setup-test` installs.
"""

import json
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from desk.items import Door, Moderator, Role
from terang.case_queue import read_messages
from terang.cli import main
from terang.home_desk import HomeServer, Sitting
from terang.run_table import RunTable

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.chromium import ARGUMENTS, CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).parents[1] / "docs/images"
NOW = datetime.now(UTC)
BANK = (
    "Hi dear, our bank is updating all accounts {when}. Please s3nd me the 0TP you just got by SMS,"
    " or your account will be closed. — {who}"
)
POSTS = [
    (BANK.format(when="today", who="Support team"), 48_200, "en"),
    (BANK.format(when="tonight", who="Help desk"), 310, "en"),
    (BANK.format(when="this week", who="Support team"), 90, "en"),
    ("Kerja dari rumah, cuma like video dapat 300 ribu per hari, minat chat admin.", 5_020, "id"),
    ("我换了手机登不上去，你把收到的验证码发给我一下。", 77, "zh"),
    ("Hi mum, this is my new number, please transfer money today, urgent.", 3, "en"),
]


def write_inputs(folder: Path) -> tuple[Path, Path]:
    """Write the posts of a provider, and an order with a deadline; return both files."""
    posts, cases = folder / "posts.jsonl", folder / "cases.jsonl"
    rows = [
        {
            "id": f"c/{4711 + number}", "account": f"user-{number}", "text": text, "reach": reach,
            "language": language, "audience": "public",
            "published_at": (NOW - timedelta(hours=3)).isoformat(),
            "url": f"https://chat.example/c/{4711 + number}",
        }
        for number, (text, reach, language) in enumerate(POSTS)
    ]  # fmt: skip
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    order = {
        "type": "order", "id": "q-1", "kind": "act", "authority": "A regional court",
        "country": "DE", "category": "SCAMS_AND_FRAUD", "items": 1,
        "received_at": (NOW - timedelta(hours=2)).isoformat(),
        "due_at": (NOW + timedelta(hours=6)).isoformat(),
    }  # fmt: skip
    cases.write_text(json.dumps(order) + "\n", "utf-8")
    return posts, cases


def take(page: "Page", name: str, height: int) -> None:
    """Write the top of a page as a picture."""
    page.mouse.move(0, 0)
    size = page.viewport_size or {"width": 0}
    clip = {"x": 0, "y": 0, "width": size["width"], "height": height}
    page.screenshot(path=IMAGES / f"{name}.png", clip=clip, full_page=True)


def take_all(server: HomeServer) -> None:
    """Go through the desk as a moderator does, and stop the server."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.goto(server.address)
        take(page, "desk-queue", 560)
        with page.expect_navigation():
            page.get_by_role("link", name="high").first.click()
        for key in (" ", "c", "r"):
            page.keyboard.press(key)
        take(page, "desk", 800)
        page.locator(".copy summary").first.click()
        page.locator(".copy input").last.uncheck()
        page.locator(".more").screenshot(path=IMAGES / "desk-group.png")
        with page.expect_navigation():
            page.keyboard.press("1")
        take(page, "desk-undo", 420)
        browser.close()
    server.stop()


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        folder = Path(made)
        posts, cases = write_inputs(folder)
        run = ["run", str(posts), "--provider", "acme-chat", "--out", str(folder / "out")]
        if main(run):
            sys.exit("the run failed")
        table = RunTable.read(folder / "out", read_messages(cases))
        who = Moderator("m-7", "acme-chat", Role.MODERATOR, Door.FILE)
        file, clock = folder / "decisions.jsonl", table.store.clock
        sitting = Sitting(who, table.desk, file, clock, table.judge, folder / "out/public")
        sitting.run(lambda server: threading.Thread(target=take_all, args=(server,)).start())
