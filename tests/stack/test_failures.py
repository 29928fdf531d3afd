"""What cannot be worked on ends among the dead letters, and holds nothing else up."""

import time
from pathlib import Path

import pytest
from stack.running import ROOT, Running

from terang.emulator import StackError

PATIENCE_SECONDS = 30


def test_a_poisoned_unit_ends_among_the_dead_letters_and_others_go_on(running: Running) -> None:
    """After five deliveries, each hidden for a second; its body is in no log."""
    sqs, url = running.stack.client("sqs"), running.outputs["UnitsUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    try:
        sqs.send_message(QueueUrl=url, MessageBody="zq7-poison")
        (told,) = running.take("beside-chat", ROOT / "local/samples/files/posts.csv")
        assert (told.inspected, told.refused) == (4, {"not_public": 1})
        dead: list[str] = []
        until = time.monotonic() + PATIENCE_SECONDS
        while not dead and time.monotonic() < until:
            dead = running.dead_letters("UnitsDeadUrl")
        assert dead == ["zq7-poison"]
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    assert "zq7-poison" not in running.logs()


def test_a_burst_of_files_waits_for_the_few_workers(running: Running, tmp_path: Path) -> None:
    """S3 itself would start a worker for each; the queue lets two of them work at a time."""
    running.register("burst-chat", ())
    data = (ROOT / "local/samples/files/posts.csv").read_bytes()
    paths = [tmp_path / f"{number}.csv" for number in range(20)]
    for path in paths:
        path.write_bytes(data)
    workers: list[int] = []
    told = running.wait(
        "burst-chat", running.drop("burst-chat", paths), set(),
        lambda progress: workers.append(len(running.workers("IntakeFunction"))),
    )  # fmt: skip
    assert {one.status for one in told} == {"done"}
    assert len({one.file for one in told}) == 20
    assert 1 <= max(workers) <= 2


def test_a_run_that_leaves_dead_letters_says_so(running: Running) -> None:
    sqs, url = running.stack.client("sqs"), running.outputs["PostsDeadUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    running.register("beside-chat", ())
    with pytest.raises(StackError, match="1 messages ended in PostsDead"):
        running.finish("beside-chat", [], messages=["a unit that never comes"])
    assert running.dead_letters("PostsDeadUrl") == ["{}"]
