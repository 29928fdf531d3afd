"""events/producer.py and `terang relay`, as one would type them, against the local stack."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from stack.running import ROOT, STACK, Running


def test_posts_are_sent_and_what_came_of_them_is_read(running: Running, tmp_path: Path) -> None:
    """The finding and the refusal come back, and a second sending changes no number. A file's
    receipt lies where its sender looks for it."""
    provider = "sends-chat"
    running.register(provider, ())
    post = {"account": "user-1", "audience": "public", "published_at": "2026-11-25T09:00:00Z"}
    rows = [post | {"id": "p-1", "text": "Please send me the OTP you just got"},
            post | {"id": "p-2", "text": "Good morning"},
            post | {"id": "p-3", "text": "Good evening", "audience": "friends"}]  # fmt: skip
    posts = tmp_path / "posts.jsonl"
    posts.write_text("\n\n".join(map(json.dumps, rows)), "utf-8")
    typed = [*(sys.executable, ROOT / "events/producer.py", posts, "--provider", provider), *(
        "--queue", running.outputs["PostsUrl"], "--out", running.outputs["OutBucket"])]  # fmt: skip
    done = subprocess.run(
        [*typed, "--wait", "20"],
        env=os.environ | running.stack.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["post"] for record in read if "finding" in record] == ["p-1"]
    [refused] = [record["refused"] for record in read if "refused" in record]
    assert refused == {"not_public": 1}

    again = subprocess.run(
        [*typed, "--wait", "4"],
        env=os.environ | running.stack.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert "1 messages sent" in again.stderr
    # They are printed as they come, so their order is chance.
    assert sorted(again.stdout.splitlines()) == sorted(done.stdout.splitlines())
    assert len(running.receipts(provider)) == 1

    file = tmp_path / "week 1 & 2.json"
    file.write_text(json.dumps([*rows[:2], rows[0] | {"id": "p-4"}]), "utf-8")
    typed[2] = file
    typed[typed.index("--queue") : typed.index("--out")] = ["--drop", running.outputs["DropBucket"]]
    done = subprocess.run(
        [*typed, "--wait", "30"],
        env=os.environ | running.stack.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert (receipt["key"], receipt["records"]) == (f"drop/{provider}/{file.name}", 3)


def test_posts_of_a_stream_arrive_once(running: Running) -> None:
    """Piped twice, they are counted once, and what is private never leaves."""
    provider = "streams-chat"
    running.register(provider, ())
    post = {"account": "user-1", "audience": "public", "published_at": "2026-11-25T09:00:00Z"}
    rows = [post | {"id": "s-1", "text": "Please send me the OTP you just got"},
            post | {"id": "s-2", "text": "Good evening", "audience": "friends"}]  # fmt: skip
    typed = [ROOT / ".venv/bin/terang", "relay", "stdin", "--provider", provider, "--stack", STACK]
    for _ in range(2):
        done = subprocess.run(
            typed, input="\n".join(map(json.dumps, rows)), capture_output=True, text=True,
            env=os.environ | running.stack.environment(),
        )  # fmt: skip
        assert (done.returncode, "not public 1, posts 1" in done.stderr) == (0, True), done.stderr
    until = time.monotonic() + 60
    while not running.receipts(provider) and time.monotonic() < until:
        time.sleep(1)
    [receipt] = running.receipts(provider)
    assert (receipt.inspected, receipt.findings) == (1, 1)
