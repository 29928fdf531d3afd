"""A load on the local stack: messages and files of three providers at once, and workers that die.

Each worker that is killed had deliveries in its hands; they come again. What is expected is counted
here, from what was sent, and by no code of the product's.
"""

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
SAID_TWICE = 50
"""One message in so many comes twice."""

HIT, PRIVATE = 100, 40
QUIET_SECONDS = 120
"""How long nothing may move before it is given up."""

REDRIVE_SECONDS = 30
"""How long nothing may move before it is looked for among what failed for good."""

TERANG = Path(sys.executable).with_name("terang")


@dataclass(frozen=True, slots=True)
class Size:
    """How much: messages of one post, files, posts in a file; kills, and seconds between two.

    A worker takes seconds to start: whoever kills faster than that lets nothing be done.
    """

    messages: int
    files: int
    posts: int
    kills: int
    kill_seconds: float


@dataclass(slots=True)
class Load:
    """What was sent to a stack and is expected of it, and who was killed meanwhile."""

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
            while not all(one.done() for one in sent):
                self._kill_one()
                time.sleep(0.2)
            for one in sent:
                one.result()
        finally:
            pool.shutdown(cancel_futures=True)  # whoever stops it does not wait for the rest
        self._wait()
        self.running.publish()
        self.seconds = time.monotonic() - began

    def tell(self, left: int) -> None:
        """How far it is, for whoever watches."""
        if left % 1_000 < 10:
            sys.stderr.write(f"\r{left:,} left, {self.killed.total()} killed   ")

    def differences(self) -> Iterator[str]:
        """Where what is published, and what fsck sees, is not what was sent."""
        for provider, wanted in self.expected.items():
            numbers = self.running.summary(provider)["numbers"]
            for name, count in wanted.items():
                if numbers[name] != count:
                    yield f"{provider}: {numbers[name]} {name}, and {count} were sent"
        told = self._terang("fsck", "--json")
        yield from (f"fsck: {one}" for one in told["differences"])

    def _batches(self) -> Iterator[tuple[str, list[str]]]:
        """Messages in tens, of the providers by turns; one in fifty comes twice."""
        for number, batch in enumerate(batched(range(self.size.messages), 10)):
            provider = self.providers[number % len(self.providers)]
            bodies = [json.dumps(self._post(provider, f"m-{one}", one)) for one in batch]
            yield provider, bodies
            if number % SAID_TWICE == 0:
                yield provider, bodies

    def _files(self) -> list[tuple[str, Path]]:
        made = []
        for number in range(self.size.files):
            provider = self.providers[number % len(self.providers)]
            posts = [
                json.dumps(self._post(provider, f"f-{number}-{one}", one))
                for one in range(self.size.posts)
            ]
            path = self.folder / f"{number}.jsonl"
            path.write_text("\n".join(posts) + "\n")
            made.append((provider, path))
        return made

    def _post(self, provider: str, name: str, number: int) -> dict[str, Any]:
        """A post: one in a hundred is met by one rule, one in forty is not public."""
        is_hit, is_private = number % HIT == 7, number % PRIVATE == 3
        counted = self.expected[provider]
        counted["records"] += 1
        counted["refused" if is_private else "inspected"] += 1
        counted["findings"] += is_hit and not is_private
        text = "Send me the OTP please" if is_hit else "The market opens at nine"
        return {
            "id": name,
            "account": f"user-{number % 997}",
            "text": f"{text}, stall {number}. It is dry today.",
            "audience": "followers" if is_private else "public",
            "published_at": "2026-11-24T08:00:00Z",
            "language": "en",
        }

    def _send(self, provider: str, bodies: list[str]) -> None:
        named = {"provider": {"DataType": "String", "StringValue": provider}}
        entries = [
            {"Id": str(place), "MessageBody": body, "MessageAttributes": named}
            for place, body in enumerate(bodies)
        ]
        sqs, url = self.running.stack.client("sqs"), self.running.outputs["PostsUrl"]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        assert not answer.get("Failed"), answer

    def _kill_one(self) -> None:
        """Kill a worker of any function, by chance and by its pid, if it is time to."""
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
        """Kill on until nothing is left in the queues; what failed for good is redriven."""
        last, moved = self._left(), time.monotonic()
        while last or self._redrive():
            self._kill_one()
            time.sleep(0.2)
            left = self._left()
            if left != last:
                last, moved = left, time.monotonic()
                self.tell(left)
            elif time.monotonic() - moved > REDRIVE_SECONDS and self._redrive():
                moved = time.monotonic()  # a file whose event failed for good
            elif time.monotonic() - moved > QUIET_SECONDS:
                raise AssertionError(f"{left} messages have not moved for {QUIET_SECONDS} s")

    def _left(self) -> int:
        """Messages that wait or are worked on, and files that are not yet told of."""
        sqs = self.running.stack.client("sqs")
        total = sum(messages_in(sqs, self.running.outputs[output]) for output in QUEUES)
        drop = self.running.outputs["DropBucket"]
        return total + len(self.running.objects.keys(drop, "drop/load-"))

    def _redrive(self) -> bool:
        """Return what failed for good; whether there was any."""
        dead = ("UnitsDeadUrl", "PostsDeadUrl", "IntakeFailedUrl")
        sqs, found = self.running.stack.client("sqs"), 0
        for output in dead:
            told = sqs.get_queue_attributes(
                QueueUrl=self.running.outputs[output],
                AttributeNames=["ApproximateNumberOfMessages"],
            )
            found += int(told["Attributes"]["ApproximateNumberOfMessages"])
        if found:
            self._terang("redrive", "--queue", "units", "--queue", "posts", "--queue", "intake")
        self.redriven += found
        return bool(found)

    def _terang(self, *words: str) -> dict[str, Any]:
        """The command as an operator calls it; its line of JSON, if it prints one."""
        done = subprocess.run(
            [TERANG, *words, "--stack", STACK],
            env=self.running.stack.environment() | {"PATH": "/usr/bin"},
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode in {0, 1}, done.stderr
        found: dict[str, Any] = json.loads(done.stdout or "{}")
        return found
