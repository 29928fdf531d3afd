"""A whole stack in one process: services, functions and their events on one clock."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from greenlet import getcurrent
from simulation.chance import Chance
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from simulation.events import Event, created, records_of
from simulation.fault_injection import FaultInjector
from simulation.invocation import Invocation, Worker
from simulation.s3 import S3
from simulation.sources import SOURCES, Source, failed_of, url_of
from simulation.sqs import SQS, Message
from support.faults import CrashError
from support.world import Clients, World

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
WEEK = 7 * 86_400.0
TRIES = 3  # of an event of S3: the first, and two more
CONCURRENCY = {"intake": 2, "scan": 3, "decide": 2, "publish": 1}
SMALL_DELIVERY = 4
DAY_SUMMARY = re.compile(r"summaries/[^/]+/\d{4}-\d{2}-\d{2}\.json")
MOST_LOOKS = 3
"""The most times that a call that is short of time finds enough of it left."""

MOST_STEPS = 5_000
"""A run of a few files takes a few hundred steps: one that takes this many does not end."""


class EndlessError(AssertionError):
    """A run does not end."""


@dataclass(slots=True)
class Cluster:
    """Runs functions on events until nothing is left to do."""

    chance: Chance
    settings: dict[str, str]
    injector: FaultInjector = field(init=False)
    s3: S3 = field(init=False)
    sqs: SQS = field(init=False)
    dynamodb: DynamoDB = field(init=False)
    world: World = field(init=False)
    events: list[Event] = field(default_factory=list)
    failed_events: list[Event] = field(default_factory=list)
    running: list[Invocation] = field(default_factory=list)
    idle: dict[str, list[Worker]] = field(default_factory=dict)
    history: list[tuple[str, Any]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    redriven: bool = False
    largest_skew: float = 0.0
    reused_spent: bool = False
    on_findings: Callable[[bytes], None] | None = None
    published_early: bool = False
    closed_early: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.injector = FaultInjector(self.chance, NOON)
        self.dynamodb = DynamoDB(lambda: self.injector.seconds, stale_calls=40, page_items=3)
        self.s3 = S3(self._created, page_keys=1)
        self.sqs = SQS(lambda: self.injector.seconds, self._shuffled)
        self.world = World(self._clients(DirectTransport()), number=0)
        for source in SOURCES:
            source.make_queue(self.sqs)

    def client(self, service: str) -> Client:
        """A worker's client of a service: its calls pass the fault injector."""
        return Client(getattr(self, service), self.injector)

    def now(self) -> datetime:
        """The time; a worker's clock may be off."""
        skew = getattr(getcurrent(), "skew", 0.0)
        return datetime.fromtimestamp(self.injector.seconds + skew, UTC)

    def sleep(self, seconds: float) -> None:
        """Let a worker wait while others go on and late calls arrive."""
        self.injector.seconds += seconds
        if self.chance.switches():
            worker: Any = getcurrent()
            worker.pause()

    def log(self, text: str) -> None:
        """Keep a line of a log."""
        self.logs.append(text)

    def send(self, queue: str, body: str, sender: str, **attributes: str) -> None:
        """Send a message of a provider, sometimes twice."""
        for _ in range(1 + self.chance.happens("duplicated")):
            self._put_message(queue, body, sender, attributes)
        self.history.append((queue, (body, sender, attributes)))

    def at(self, seconds: float, function: str, payload: dict[str, Any]) -> None:
        """Schedule a call of a function."""
        self.events.append(Event(seconds, function, payload))

    def run(self) -> None:
        """Take one step after another until nothing is left."""
        for _ in range(MOST_STEPS):
            possible = [*self._steps()]
            if possible:
                possible[self.chance.pick(len(possible))]()
            elif not self._wait():
                return
        raise EndlessError("the run does not end")

    def stop_faults(self) -> None:
        """Stop all faults; start fresh workers with correct clocks."""
        self.injector.stop_faults()
        self.idle.clear()

    @property
    def has_failed(self) -> bool:
        """Whether events were given up, or messages are among the dead letters."""
        dead = [self.sqs.queues[source.dead].messages for source in SOURCES]
        return bool(self.failed_events or any(dead))

    def redrive(self) -> None:
        """A week later, redrive everything that failed, as the operator does."""
        self.redriven = True
        self.injector.seconds += WEEK
        for source in SOURCES:
            self.sqs.redrive(source.dead, source.url)
        self.events += [event.again(self.injector.seconds) for event in self.failed_events]
        self.failed_events.clear()
        self.run()

    def redeliver_everything(self) -> None:
        """A week later, deliver every event and message again."""
        self.injector.seconds += WEEK
        self.redriven = True
        for queue, payload in self.history:
            if queue == "intake":
                self.at(self.injector.seconds, "intake", payload)
            else:
                self._put_message(queue, *payload)
        self.run()

    def _put_message(self, queue: str, body: str, sender: str, attributes: dict[str, str]) -> None:
        named = {
            name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()
        }
        self.sqs.sender = sender
        self.sqs.send_message(url_of(queue), body, named)

    def _clients(self, transport: Any) -> Any:
        return Clients(
            *(Client(service, transport) for service in (self.dynamodb, self.s3, self.sqs))
        )

    def _shuffled(self, found: list[Message]) -> list[Message]:
        return self.chance.shuffle(found)

    def _created(self, bucket: str, key: str, version: str) -> None:
        if bucket == self.settings["OUT_BUCKET"] and "/findings/" in key and self.on_findings:
            self.on_findings(self.s3.buckets[bucket][key][-1].data)
        if hasattr(getcurrent(), "skew") and DAY_SUMMARY.fullmatch(key):  # a worker wrote it
            self._see_day(**json.loads(self.s3.buckets[bucket][key][-1].data))
        if bucket != self.settings["DROP_BUCKET"]:
            return
        event = created(bucket, key, version)
        self.history.append(("intake", event))
        for _ in range(1 + self.chance.happens("duplicated")):
            self.at(self.injector.seconds, "intake", event)

    def _see_day(self, period: str, provisional: bool, **_: Any) -> None:
        """Note a day that is closed too early by its worker's clock; a late call may be of any.
        Once one worker has closed it, another may go on with it, whatever its own clock says."""
        if provisional or period in self.closed:
            return
        closed = datetime.fromisoformat(f"{period}T02:00:00Z") + timedelta(days=1)
        ahead = timedelta(seconds=self.largest_skew if self.injector.late else 0)
        if closed > self.now() + ahead:
            self.closed_early.add(period)
        else:
            self.closed.add(period)

    def _steps(self) -> Iterator[Callable[[], None]]:
        """Yield the possible next steps, the usual one first."""
        for invocation in self.running:
            yield lambda one=invocation: self._resume(one)  # type: ignore[misc]
        for event in self.events:
            if event.at <= self.injector.seconds and self._free(event.function):
                yield lambda one=event: self._call(one)  # type: ignore[misc]
        for source in SOURCES:
            if self._free(source.function) and self._visible(source):
                yield lambda one=source: self._poll(one)  # type: ignore[misc]

    def _free(self, function: str) -> bool:
        busy = sum(running.worker.function == function for running in self.running)
        return busy < CONCURRENCY.get(function, 2)

    def _visible(self, source: Source) -> bool:
        now = self.injector.seconds
        return any(message.visible <= now for message in self.sqs.queues[source.url].messages)

    def _wait(self) -> bool:
        """Move the clock to the next possible step. Return False if there is none."""
        if self.injector.late_calls_pending:
            self.injector.deliver_late(all_of_them=True)
            return True
        moments = [event.at for event in self.events]
        for source in SOURCES:
            moments += [message.visible for message in self.sqs.queues[source.url].messages]
        if not moments:
            return False
        self.injector.seconds = max(self.injector.seconds, min(moments))
        return True

    def _call(self, event: Event) -> None:
        """Call a function for an event; the event is tried again if it fails, and then given up."""
        self.events.remove(event)

        def ended(invocation: Invocation) -> None:
            if invocation.error is None:
                return
            if invocation.worker.function == "publish" and event.tries + 1 >= TRIES:
                return  # within the hour it is called anyway
            if event.tries + 1 < TRIES and not self.chance.happens("failed for good"):
                self.events.append(event.again(self.injector.seconds + 60 * (event.tries + 1)))
            else:
                self.failed_events.append(event)

        self._begin(event.function, event.payload, ended)

    def _poll(self, source: Source) -> None:
        """Deliver messages to a function, and delete those that it does not name as failed."""
        hidden = 0.0 if self.chance.happens("overtaken") else None
        most = source.batch
        if source.function == "scan" and most > 1 and self.chance.happens("small delivery"):
            most = 1 + self.chance.pick(SMALL_DELIVERY)
        found = self.sqs.receive_message(
            source.url, MaxNumberOfMessages=most, VisibilityTimeout=hidden
        ).get("Messages", [])
        if not found:
            return  # all that was visible went to the dead letters

        def ended(invocation: Invocation) -> None:
            if invocation.error is not None:
                return
            failed = failed_of(invocation.answer, {one["MessageId"] for one in found})
            for one in found:
                if one["MessageId"] not in failed:
                    self.sqs.delete_message(source.url, one["ReceiptHandle"])

        self._begin(source.function, {"Records": records_of(found, f"arn:{source.queue}")}, ended)

    def _begin(self, function: str, event: dict[str, Any],
               ended: Callable[[Invocation], None]) -> None:  # fmt: skip
        free = self.idle.setdefault(function, [])
        worker = free.pop() if free else self._start(function)
        self.reused_spent |= worker.is_spent
        short = function == "scan" and self.chance.happens("short of time")
        looks = self.chance.pick(MOST_LOOKS) if short else None
        invocation = Invocation(worker, event, ended, looks)
        self.running.append(invocation)
        self._resume(invocation)

    def _start(self, function: str) -> Worker:
        skew = 0.0 if self.injector.is_faultless else self.chance.skew()
        self.largest_skew = max(self.largest_skew, abs(skew))
        return Worker.started(function, skew)

    def _resume(self, invocation: Invocation) -> None:
        invocation.switch()
        if not invocation.dead:
            return
        self.running.remove(invocation)
        error = invocation.error
        if error is not None:
            self.errors.append(error)
        if not isinstance(error, CrashError | MemoryError):
            self.idle[invocation.worker.function].append(invocation.worker)
        invocation.ended(invocation)


def day_after(seconds: float, hour: int = 3) -> float:
    moment = datetime.fromtimestamp(seconds, UTC) + timedelta(days=1)
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0).timestamp()
