"""The lines that `terang providers add` prints, typed: a post by HTTP, its finding, its receipt."""

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from stack.running import DAY, ROOT, STACK, Running
from support.sample_messages import decision, on_day

PROVIDER, CANARY = "http-chat", "canary5822"
PRINCIPAL = "arn:aws:iam::123456789012:root"


def typed(running: Running, folder: Path, *words: str, shell: str = "") -> str:
    """Run `terang`, or lines of a shell. Return what it printed."""
    command = ["bash", "-ec", shell] if shell else [f"{ROOT}/.venv/bin/terang", *words]
    done = subprocess.run(command, cwd=folder, env=os.environ | running.stack.environment(),
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def call(url: str, secret: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    command = ["curl", "-sS", "-w", " %{http_code}", "-H", f"Authorization: Bearer {secret}", url]
    command += ["--data", json.dumps(body)] if body else []
    said, _, status = subprocess.run(command, capture_output=True, text=True).stdout.rpartition(" ")
    return int(status), json.loads(said)


def test_what_is_sent_by_http_is_found_decided_and_told(running: Running, tmp_path: Path) -> None:
    add = ("providers", "add", PROVIDER, "--stack", STACK, "--principal", PRINCIPAL)
    table = ROOT / "events/connect/coop-table.json"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(table.read_text("utf-8").replace("SCAMS_AND_FRAUD", "RUDE"), "utf-8")
    with pytest.raises(AssertionError, match=r"wrong.json: table.policies\[...\].category"):
        typed(running, tmp_path, *add, "--territory", "EU", "--connect", f"coop={wrong}")
    assert running.store.provider(PROVIDER) is None
    printed = typed(running, tmp_path, *add, "--territory", "EU", "--connect", f"coop={table}")
    lines = printed.partition("# A first post by HTTP")[2]
    secret = re.findall(r"^SECRET=(\S+)$", lines, re.MULTILINE)[0]
    url = re.findall(r"(http\S+)/v1/posts", lines)[0]
    told = typed(running, tmp_path, shell="#" + lines)
    [sent, receipt] = [json.loads(f"{{{one}") for one in told.split("{")[1:]]
    assert (receipt["status"], receipt["message"]) == ("inspected", sent["digest"])
    [finding] = [json.loads(line)["finding"] for line in
                 (running.objects.get(running.outputs["OutBucket"], receipt["findings_file"])
                  or b"").splitlines()]  # fmt: skip
    assert "SECRET=" + secret not in typed(running, tmp_path, *add)
    assert running.store.provider(PROVIDER).connections == {"coop": json.loads(table.read_text())}

    message = on_day(DAY, decision(finding, reason=f"It asks for a code. {CANARY}"))
    status, said = call(f"{url}/v1/cases", secret, message)
    assert status == 202
    for _ in range(200):
        status, receipt = call(f"{url}/v1/receipts/{said['digest']}", secret)
        if status == 200:
            break
        time.sleep(0.1)
    assert (receipt["status"], receipt["day"]) == ("taken", DAY)
    assert call(f"{url}/v1/posts", f"{PROVIDER}.{CANARY}", message)[0] == 401
    private = message | {"audience": "friends", "text": CANARY}
    assert call(f"{url}/v1/posts", secret, private)[0] == 422
    assert CANARY not in running.logs()
    assert secret not in running.logs() + str(running.places_of(secret))
