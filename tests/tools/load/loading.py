"""A load on the local stack: messages and files of three providers, and workers that are killed. A
killed worker leaves deliveries unfinished; they come again. The expected numbers are counted here
from what was sent, without code of the product."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

from stack.running import STACK, Running, kill

from terang.repair.dead_letters import messages_in

FUNCTIONS = ("Intake", "Scan", "Decide", "Publish")
QUEUES = ("UnitsUrl", "PostsUrl")
REPEATED = 50
"""One batch of messages in so many is sent twice."""

HIT, PRIVATE = 100, 40
QUIET_SECONDS = 120
"""How long nothing may change before the load fails."""

REDRIVE_SECONDS = 30
"""How long nothing may change before dead letters are redriven."""

TERANG = Path(sys.executable).with_name("terang")


@dataclass(frozen=True, slots=True)
class Size:
    """How much: messages of one post, files, posts in a file; kills, and seconds between two. A
    worker takes seconds to start: with faster kills no work would be done."""

    messages: int
    files: int
    posts: int
    kills: int
    kill_seconds: float


@dataclass(slots=True)
class Load:
    """What is sent to a stack, the numbers expected of it, and the workers that were killed."""

    running: Running
    size: Size
    folder: Path
    chance: random.Random
    providers: tuple[str, ...] = ("load-one", "load-two", "load-three")
    expected: dict[str, Counter[str]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    redriven: int = 0
    next_kill: float = 0.0
    seconds: float = 0.0
    drained: float = 0.0
    """Seconds until the queues were empty, from the first sending on."""

    def run(self) -> None:
        """Send everything at once, kill, wait until nothing is left, publish."""
        began = time.monotonic()
        self.expected = {name: Counter() for name in self.providers}
        for provider in self.providers:
            self.running.register(provider, ())
        files = self._files()
        pool = ThreadPoolExecutor(8)
        try:
            sent = [pool.submit(self._send, *batch) for batch in self._batches()]
            sent += [pool.submit(self.running.drop, name, [path]) for name, path in files]
            while not all(sending.done() for sending in sent):
                self._kill_one()
                time.sleep(0.2)
            for sending in sent:
                sending.result()
        finally:
            pool.shutdown(cancel_futures=True)  # after an error do not wait for the rest
        self._wait()
        self.drained = time.monotonic() - began
        self.running.publish()
        self.seconds = time.monotonic() - began

    def show_progress(self, left: int) -> None:
        """Show how many messages are left."""
        if left % 1_000 < 10:
            sys.stderr.write(f"\r{left:,} left, {self.killed.total()} killed   ")

    def differences(self) -> Iterator[str]:
        """Yield where the summaries differ from what was sent, and what fsck reports."""
        for provider, wanted in self.expected.items():
            numbers = self.running.summary(provider)["numbers"]
            for name, count in wanted.items():
                if numbers[name] != count:
                    yield f"{provider}: {numbers[name]} {name}, and {count} were sent"
        result = self._terang("fsck", "--json")
        yield from (f"fsck: {difference}" for difference in result["differences"])

    def _batches(self) -> Iterator[tuple[str, list[str]]]:
        """Yield batches of ten messages, of the providers in turn; some batches come twice."""
        for number, batch in enumerate(batched(range(self.size.messages), 10)):
            provider = self.providers[number % len(self.providers)]
            bodies = [json.dumps(self._post(provider, f"m-{one}", one)) for one in batch]
            yield provider, bodies
            if number % REPEATED == 0:
                yield provider, bodies

    def _files(self) -> list[tuple[str, Path]]:
        made = []
        for number in range(self.size.files):
            provider = self.providers[number % len(self.providers)]
            posts = [json.dumps(self._post(provider, f"f-{number}-{one}", one))
                     for one in range(self.size.posts)]  # fmt: skip
            path = self.folder / f"{number}.jsonl"
            path.write_text("\n".join(posts) + "\n")
            made.append((provider, path))
        return made

    def _post(self, provider: str, name: str, number: int) -> dict[str, Any]:
        """Make and count a post: one in a hundred meets a rule, one in forty is not public."""
        is_hit, is_private = number % HIT == 7, number % PRIVATE == 3
        expected = self.expected[provider]
        expected["records"] += 1
        expected["refused" if is_private else "inspected"] += 1
        expected["findings"] += is_hit and not is_private
        text = "Send me the OTP please" if is_hit else "The market opens at nine"
        return {
            "id": name, "account": f"user-{number % 997}",
            "text": f"{text}, stall {number}. It is dry today.",
            "audience": "followers" if is_private else "public",
            "published_at": "2026-11-24T08:00:00Z", "language": "en",
        }  # fmt: skip

    def _send(self, provider: str, bodies: list[str]) -> None:
        named = {"provider": {"DataType": "String", "StringValue": provider}}
        entries = [{"Id": str(place), "MessageBody": body, "MessageAttributes": named}
                   for place, body in enumerate(bodies)]  # fmt: skip
        sqs, url = self.running.stack.client("sqs"), self.running.outputs["PostsUrl"]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        assert not answer.get("Failed"), answer

    def _kill_one(self) -> None:
        """Kill a random worker by its pid, if it is time to."""
        if time.monotonic() < self.next_kill or self.killed.total() >= self.size.kills:
            return
        alive = [
            (name, pid) for name in FUNCTIONS for pid in self.running.workers(f"{name}Function")
        ]
        if alive:
            name, pid = self.chance.choice(alive)
            kill([pid])
            self.killed[name] += 1
            pause = self.chance.uniform(0.5, 1.5) * self.size.kill_seconds
            self.next_kill = time.monotonic() + pause

    def _wait(self) -> None:
        """Go on killing until the queues are empty; dead letters are redriven."""
        last, moved = self._left(), time.monotonic()
        while last or self._redrive():
            self._kill_one()
            time.sleep(0.2)
            left = self._left()
            if left != last:
                last, moved = left, time.monotonic()
                self.show_progress(left)
            elif time.monotonic() - moved > REDRIVE_SECONDS and self._redrive():
                moved = time.monotonic()  # the event of a file had failed for good
            elif time.monotonic() - moved > QUIET_SECONDS:
                raise AssertionError(f"{left} messages have not moved for {QUIET_SECONDS} s")

    def _left(self) -> int:
        """Return how many messages and files are not finished."""
        sqs = self.running.stack.client("sqs")
        total = sum(messages_in(sqs, self.running.outputs[output]) for output in QUEUES)
        drop = self.running.outputs["DropBucket"]
        return total + len(self.running.objects.keys(drop, "drop/load-"))

    def _redrive(self) -> bool:
        """Redrive dead letters. Return whether there were any."""
        dead = ("UnitsDeadUrl", "PostsDeadUrl", "IntakeFailedUrl")
        sqs, count = self.running.stack.client("sqs"), 0
        for output in dead:
            queue = sqs.get_queue_attributes(QueueUrl=self.running.outputs[output],
                AttributeNames=["ApproximateNumberOfMessages"])  # fmt: skip
            count += int(queue["Attributes"]["ApproximateNumberOfMessages"])
        if count:
            self._terang("redrive", "--queue", "units", "--queue", "posts", "--queue", "intake")
        self.redriven += count
        return bool(count)

    def _terang(self, *words: str) -> dict[str, Any]:
        """Run the command as an operator does. Return its line of JSON, if it prints one."""
        done = subprocess.run([TERANG, *words, "--stack", STACK],
                              env=self.running.stack.environment() | {"PATH": "/usr/bin"},
                              capture_output=True, check=False, text=True)  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr
        result: dict[str, Any] = json.loads(done.stdout or "{}")
        return result
