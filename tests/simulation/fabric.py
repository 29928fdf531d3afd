"""A whole stack in one process: services, functions, their events, and one clock for all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from greenlet import getcurrent
from simulation.chance import Chance
from simulation.clients import Client, GoodLine
from simulation.dynamodb import DynamoDB
from simulation.events import Event, created, records_of
from simulation.invocation import Invocation, Worker
from simulation.line import FaultyLine
from simulation.s3 import S3
from simulation.sources import SOURCES, Source, failed_of, url_of
from simulation.sqs import SQS, Message
from support.faults import CrashError
from support.world import Clients, World

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
WEEK = 7 * 86_400.0
TRIES = 3  # of an event of S3: the first, and two more
CONCURRENCY = {"intake": 2, "scan": 3, "decide": 2, "publish": 1}
MOST_LOOKS = 3
"""A call that is short of time has enough of it for fewer looks at what is left."""

MOST_STEPS = 5_000
"""A run of a few files takes some hundred: whatever takes this many does not end."""


class EndlessError(AssertionError):
    """A run does not come to an end."""


@dataclass(slots=True)
class Fabric:
    """Runs functions on events until nothing is left to be done."""

    chance: Chance
    settings: dict[str, str]
    line: FaultyLine = field(init=False)
    s3: S3 = field(init=False)
    sqs: SQS = field(init=False)
    dynamodb: DynamoDB = field(init=False)
    world: World = field(init=False)
    events: list[Event] = field(default_factory=list)
    aside: list[Event] = field(default_factory=list)
    at_work: list[Invocation] = field(default_factory=list)
    idle: dict[str, list[Worker]] = field(default_factory=dict)
    ever: list[tuple[str, Any]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    redriven: bool = False
    most_skewed: float = 0.0
    reused_spent: bool = False
    handed_out: Callable[[bytes], None] | None = None
    published_early: bool = False

    def __post_init__(self) -> None:
        self.line = FaultyLine(self.chance, NOON)
        self.dynamodb = DynamoDB(lambda: self.line.seconds, stale_calls=40, page_items=3)
        self.s3 = S3(self._created, page_keys=1)
        self.sqs = SQS(lambda: self.line.seconds, self._shuffled)
        self.world = World(self._clients(GoodLine()), number=0)
        for source in SOURCES:
            source.make_queue(self.sqs)

    def client(self, service: str) -> Client:
        """A worker's client of a service: its calls pass the faulty line."""
        return Client(getattr(self, service), self.line)

    def now(self) -> datetime:
        """The time; a worker's clock may be off."""
        skew = getattr(getcurrent(), "skew", 0.0)
        return datetime.fromtimestamp(self.line.seconds + skew, UTC)

    def sleep(self, seconds: float) -> None:
        """A worker waits: others go on, and what was late comes in."""
        self.line.seconds += seconds
        if self.chance.switches():
            worker: Any = getcurrent()
            worker.pause()

    def heard(self, text: str) -> None:
        """Keep what was logged."""
        self.logs.append(text)

    def send(self, queue: str, body: str, sender: str, **attributes: str) -> None:
        """A provider sends a message; sometimes it comes twice."""
        for _ in range(1 + self.chance.happens("duplicated")):
            self._put_message(queue, body, sender, attributes)
        self.ever.append((queue, (body, sender, attributes)))

    def at(self, seconds: float, function: str, payload: dict[str, Any]) -> None:
        """Call a function at a moment."""
        self.events.append(Event(seconds, function, payload))

    def run(self) -> None:
        """Let everything happen until nothing is left."""
        for _ in range(MOST_STEPS):
            possible = [*self._steps()]
            if possible:
                possible[self.chance.pick(len(possible))]()
            elif not self._wait():
                return
        raise EndlessError("the run does not come to an end")

    def be_quiet(self) -> None:
        """From now on nothing fails, and workers are fresh, with clocks that are right."""
        self.line.be_quiet()
        self.idle.clear()

    @property
    def has_failed(self) -> bool:
        """Whether events were put aside, or messages are among the dead letters."""
        dead = [self.sqs.queues[one.dead].messages for one in SOURCES]
        return bool(self.aside or any(dead))

    def redrive(self) -> None:
        """A week later the operator lets all that failed be tried again."""
        self.redriven = True
        self.line.seconds += WEEK
        for source in SOURCES:
            self.sqs.redrive(source.dead, source.url)
        self.events += [one.again(self.line.seconds) for one in self.aside]
        self.aside.clear()
        self.run()

    def repeat_everything(self) -> None:
        """All that ever came comes again, a week later."""
        self.line.seconds += WEEK
        self.redriven = True
        for queue, told in self.ever:
            if queue == "intake":
                self.at(self.line.seconds, "intake", told)
            else:
                self._put_message(queue, *told)
        self.run()

    def _put_message(self, queue: str, body: str, sender: str, attributes: dict[str, str]) -> None:
        named = {
            name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()
        }
        self.sqs.sender = sender
        self.sqs.send_message(url_of(queue), body, named)

    def _clients(self, line: Any) -> Any:
        return Clients(*(Client(one, line) for one in (self.dynamodb, self.s3, self.sqs)))

    def _shuffled(self, found: list[Message]) -> list[Message]:
        return self.chance.shuffle(found)

    def _created(self, bucket: str, key: str, version: str) -> None:
        if bucket == self.settings["OUT_BUCKET"] and "/findings/" in key and self.handed_out:
            self.handed_out(self.s3.buckets[bucket][key][-1].data)
        if bucket != self.settings["DROP_BUCKET"]:
            return
        event = created(bucket, key, version)
        self.ever.append(("intake", event))
        for _ in range(1 + self.chance.happens("duplicated")):
            self.at(self.line.seconds, "intake", event)

    def _steps(self) -> Iterator[Callable[[], None]]:
        """What could happen next: the usual first."""
        for invocation in self.at_work:
            yield lambda one=invocation: self._resume(one)  # type: ignore[misc]
        for event in self.events:
            if event.at <= self.line.seconds and self._free(event.function):
                yield lambda one=event: self._call(one)  # type: ignore[misc]
        for source in SOURCES:
            if self._free(source.function) and self._visible(source):
                yield lambda one=source: self._poll(one)  # type: ignore[misc]

    def _free(self, function: str) -> bool:
        busy = sum(one.worker.function == function for one in self.at_work)
        return busy < CONCURRENCY.get(function, 2)

    def _visible(self, source: Source) -> bool:
        now = self.line.seconds
        return any(one.visible <= now for one in self.sqs.queues[source.url].messages)

    def _wait(self) -> bool:
        """Nothing can be done now: go on to when something can; False if never."""
        if self.line.under_way:
            self.line.deliver_late(all_of_them=True)
            return True
        moments = [event.at for event in self.events]
        for source in SOURCES:
            moments += [one.visible for one in self.sqs.queues[source.url].messages]
        if not moments:
            return False
        self.line.seconds = max(self.line.seconds, min(moments))
        return True

    def _call(self, event: Event) -> None:
        """Call a function for an event; when it fails it is tried again, and then put aside."""
        self.events.remove(event)

        def ended(invocation: Invocation) -> None:
            if invocation.error is None:
                return
            if invocation.worker.function == "publish" and event.tries + 1 >= TRIES:
                return  # within the hour it is called anyway
            if event.tries + 1 < TRIES and not self.chance.happens("failed for good"):
                self.events.append(event.again(self.line.seconds + 60 * (event.tries + 1)))
            else:
                self.aside.append(event)

        self._begin(event.function, event.payload, ended)

    def _poll(self, source: Source) -> None:
        """Take messages for a function; those that it does not name as failed are deleted."""
        hidden = 0.0 if self.chance.happens("overtaken") else None
        found = self.sqs.receive_message(
            source.url, MaxNumberOfMessages=source.batch, VisibilityTimeout=hidden
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

    def _begin(
        self, function: str, event: dict[str, Any], ended: Callable[[Invocation], None]
    ) -> None:
        free = self.idle.setdefault(function, [])
        worker = free.pop() if free else self._start(function)
        self.reused_spent |= worker.is_spent
        short = function == "scan" and self.chance.happens("short of time")
        looks = self.chance.pick(MOST_LOOKS) if short else None
        invocation = Invocation(worker, event, ended, looks)
        self.at_work.append(invocation)
        self._resume(invocation)

    def _start(self, function: str) -> Worker:
        skew = 0.0 if self.line.is_quiet else self.chance.skew()
        self.most_skewed = max(self.most_skewed, abs(skew))
        return Worker.started(function, skew)

    def _resume(self, invocation: Invocation) -> None:
        invocation.switch()
        if not invocation.dead:
            return
        self.at_work.remove(invocation)
        error = invocation.error
        if error is not None:
            self.errors.append(error)
        if not isinstance(error, CrashError | MemoryError):
            self.idle[invocation.worker.function].append(invocation.worker)
        invocation.ended(invocation)


def day_after(seconds: float, hour: int = 3) -> float:
    """An hour of the next day."""
    moment = datetime.fromtimestamp(seconds, UTC) + timedelta(days=1)
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0).timestamp()
