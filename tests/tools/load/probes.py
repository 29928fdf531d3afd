"""Times single posts on their way to the findings file, at rest or next to a load."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from stack.running import DAY, Running
from support.format_files import post

PROVIDER = "load-probe"
GIVEN_UP_SECONDS = 120


@dataclass(slots=True)
class Probes:
    """Posts with a hit that are sent one after the other, as a file and as a message in turn."""

    running: Running
    folder: Path
    sent: int = 0
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By way in and state: seconds until the findings file was there."""

    def send(self, state: str, goes_on: Callable[[int], bool]) -> None:
        """Send pairs while `goes_on` says so, given how many were sent."""
        pairs = 0
        while goes_on(pairs):
            pairs += 1
            self.running.register(PROVIDER, ())
            self._time(f"PutObject, {state}", self._drop)
            self._time(f"SendMessage, {state}", self._message)

    def figures(self) -> list[str]:
        """Return lines for people: the median and the slowest of a hundred of each way in."""
        lines = []
        for name, seconds in self.seconds.items():
            cuts = quantiles(seconds, n=100, method="inclusive")
            lines.append(
                f"{name}: p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, {len(seconds)} posts"
            )
        return lines

    def _time(self, name: str, send: Callable[[str], object]) -> None:
        self.sent += 1
        text = f"Send me the OTP please, stall {self.sent}."
        body = post(id=f"probe-{self.sent}", text=text, published_at=f"{DAY}T00:00:00Z")
        began = time.monotonic()
        send(json.dumps(body))
        while self._files() < self.sent:
            if time.monotonic() - began > GIVEN_UP_SECONDS:
                raise AssertionError(f"no findings file after {GIVEN_UP_SECONDS} s")
            time.sleep(0.02)
        self.seconds[name].append(time.monotonic() - began)

    def _files(self) -> int:
        bucket = self.running.outputs["OutBucket"]
        return len(self.running.objects.keys(bucket, f"out/{PROVIDER}/findings/"))

    def _drop(self, post: str) -> None:
        path = self.folder / f"probe-{self.sent}.jsonl"
        path.write_text(f"{post}\n")
        self.running.drop(PROVIDER, [path])

    def _message(self, post: str) -> None:
        self.running.send(PROVIDER, [post])
