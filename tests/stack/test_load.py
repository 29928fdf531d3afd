"""Three providers at once while workers die: all sums close. `make load` is the large one."""

import random
from pathlib import Path

from stack.running import Running
from tools.load.loading import Load, Size

SMALL = Size(messages=300, files=3, posts=400, kills=2, kill_seconds=2.0)


def test_sums_close_while_workers_die(running: Running, tmp_path: Path) -> None:
    load = Load(running, SMALL, tmp_path, random.Random(7))
    load.run()
    assert load.killed.total() > 0
    assert list(load.differences()) == []
