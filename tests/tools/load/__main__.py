"""`make load`: run the whole load on a separate stack, and print its figures."""

import argparse
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from stack.conftest import PARAMETERS
from stack.running import DAY, ROOT, STACK, Running
from tools.load.loading import Load, Size
from tools.load.probes import Probes

from matcher import Pack
from terang.emulator import local_stack
from terang.runner import deploy
from terang.set_publishing import PackBucket


def main(arguments: list[str]) -> int:
    """Run the load. Return 1 if a published number is wrong."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--posts", type=int, default=2_000, help="in each file")
    parser.add_argument("--kills", type=int, default=1_000, help="at most")
    parser.add_argument("--kill-seconds", type=float, default=8.0, help="between two kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--probes", type=int, default=0, help="pairs of posts timed, at rest and next"
    )
    options = parser.parse_args(arguments)
    size = Size(options.messages, options.files, options.posts, options.kills, options.kill_seconds)
    with local_stack() as stack, tempfile.TemporaryDirectory() as folder:
        running = Running(stack, deploy(stack, STACK, PARAMETERS), DAY)
        packs = ROOT / "packs"
        read = [Pack.parse(path.read_text(), path.name) for path in sorted(packs.glob("*.yaml"))]
        bucket = PackBucket(running.objects, running.outputs["PublicBucket"])
        bucket.publish(packs, read, {}, notice_hours=0, now=datetime(2026, 11, 25, tzinfo=UTC))
        load = Load(running, size, Path(folder), random.Random(options.seed))
        probes = Probes(running, Path(folder))
        probes.send("at rest", lambda sent: sent < options.probes)
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load.run)
            probes.send("under load", lambda sent: sent < options.probes and not loading.done())
            loading.result()
        differences = list(load.differences())
    for line in [*figures(load), *probes.figures()]:
        print(line)
    for difference in differences:
        print(f"WRONG: {difference}")
    return 1 if differences else 0


def figures(load: Load) -> list[str]:
    """Return lines for people: what was sent, who was killed, and how long it took."""
    total = {name: sum(counts[name] for counts in load.expected.values())
             for name in ("records", "findings")}  # fmt: skip
    killed = ", ".join(f"{name} {count}" for name, count in sorted(load.killed.items()))
    size = load.size
    return [
        f"{size.messages:,} messages, {size.files} files of {size.posts:,} posts",
        f"{load.killed.total()} workers killed ({killed}), {load.redriven:,} dead letters redriven",
        f"{total['records']:,} records in {load.seconds:.0f} s, {total['findings']:,} findings",
        f"all taken after {load.drained:.0f} s: {total['records'] / load.drained:.0f} a second",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
