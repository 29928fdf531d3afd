"""The template deployed once to the local stack, with the shipped packs in force on 2026-11-25."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stack.running import DAY, ROOT, STACK, Running
from support.format_files import json_lines, post

from matcher import Pack
from terang.emulator import EMULATOR, local_stack
from terang.runner import deploy
from terang.set_publishing import PackBucket

RANGE_BYTES = 64 * 1024
"""Small, so that a file of a few megabytes is many units."""

PARAMETERS = {
    "PublicUrl": "http://127.0.0.1:1",  # nobody looks, but rules propose only where one could
    "NoticeHours": "0",
    "DeletionProtection": "false",
    "Today": DAY,
    "RangeBytes": str(RANGE_BYTES),
    "VisibilityTimeout": "5",  # what a killed worker had comes back soon
    "FileVisibilityTimeout": "5",
    "ScanConcurrency": "2",
    "BatchWindow": "1",
    "TrustedPublishers": "check.example",
    "TipLine": "secret",
    "AskPage": "on",
    "Forms": "on",
    "Http": "on",
    "TelegramBot": "terang_bot",
    "Console": "cognito",
    "Announcements": "on",
}


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("stack")


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    if not EMULATOR.exists():
        pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
    with local_stack() as stack:
        made = Running(stack, deploy(stack, STACK, PARAMETERS), DAY)
        folder = ROOT / "packs"
        packs = [Pack.parse(path.read_text(), path.name) for path in sorted(folder.glob("*.yaml"))]
        bucket = PackBucket(made.objects, made.outputs["PublicBucket"])
        bucket.publish(folder, packs, {}, notice_hours=0, now=datetime(2026, 11, 25, tzinfo=UTC))
        yield made


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,000 posts, every hundredth met by a rule: about 4.4 MB, 67 units. Those that are met are
    near copies under any key for fingerprints, not only under most."""
    path = tmp_path_factory.mktemp("large") / "large.jsonl"
    with path.open("wb") as file:
        for number in range(20_000):
            text = "Send me the OTP please" if number % 100 == 0 else "The market opens at nine"
            text += f", stall {number}. It is dry today, and all stalls stay open to dusk."
            who = {"id": f"p-{number}", "account": f"user-{number % 997}", "language": "en"}
            file.write(json_lines(post(text=text, published_at="2026-11-24T08:00:00Z", **who)))
    return path


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One run of two files, and of what people did after: its folder, and its stdout."""
    if not EMULATOR.exists():
        pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
    out = tmp_path_factory.mktemp("run") / "out"
    samples = ROOT / "local/samples"
    files = [samples / "files" / name for name in ("posts.jsonl", "telegram-private-chat.json")]
    words = [*files, "--provider", "acme-chat", "--packs", ROOT / "packs", "--json"]
    done = subprocess.run(
        [
            Path(sys.executable).with_name("terang"), "run", *map(str, words), "--out", str(out),
            "--today", DAY, "--cases", samples / "cases.jsonl",
        ],
        capture_output=True,
        check=False,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out, done.stdout
