"""What happens in a run: planned call by call, or drawn from a seed. Both replay exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol


class Fault(StrEnum):
    """What can become of one call of AWS."""

    REFUSED = "refused"  # not applied, and the client has given up
    BUSY = "busy"  # not applied, or only in part, and said so in the answer
    REPEATED = "repeated"  # applied, not acknowledged; the client tried again, and was recognised
    DOUBLED = "doubled"  # the same, and was not recognised
    UNKNOWN = "unknown"  # applied, not acknowledged, and the client has given up
    LATE = "late"  # the client has given up, and some calls later it is applied all the same
    SPENT = "spent"  # the worker has no memory left, now and for ever
    KILLED_BEFORE = "killed before"  # the worker is gone, the call was not made
    KILLED_AFTER = "killed after"  # the worker is gone, the call was applied
    KILLED_LATE = "killed late"  # the worker is gone, and some calls later the call is applied


READS = {"get_item", "query", "batch_get_item", "get_object", "head_object", "list_objects_v2"}
READ_FAULTS = (Fault.REFUSED, Fault.SPENT, Fault.KILLED_BEFORE)
"""A worker that dies after a read leaves what it leaves before it."""

SOFT = {"transact_write_items", "send_message_batch", "batch_get_item", "put_object"}
"""Operations that can say that they are busy in a way of their own."""

LATE_CALLS = 12
"""After how many other calls a late one is applied, unless drawn."""

SKEWS = (0.0, 0.0, 0.0, 2.0, -2.0, 3 * 3600.0, -3 * 3600.0, 86_400.0, -86_400.0)
"""How far a worker's clock is off, in seconds."""


def faults_of(operation: str) -> tuple[Fault, ...]:
    faults = READ_FAULTS if operation in READS else tuple(Fault)
    return tuple(fault for fault in faults if fault is not Fault.BUSY) + (
        (Fault.BUSY,) if operation in SOFT else ()
    )


class Chance(Protocol):
    """All that a run leaves to chance."""

    def fault(self, number: int, function: str, operation: str) -> Fault | None:
        """What becomes of call number `number`, which a function makes."""

    def late_calls(self) -> int:
        """After how many calls a late one is applied."""

    def switches(self) -> bool:
        """Whether another worker goes on before this call."""

    def pick(self, count: int) -> int:
        """Which of so many things that could happen next does; the first is the usual one."""

    def shuffle[T](self, found: list[T]) -> list[T]:
        """The order in which messages come."""

    def happens(self, what: str) -> bool:
        """Whether something of that name happens: `duplicated`, `redelivered`, `short of time`."""

    def skew(self) -> float:
        """How far a new worker's clock is off."""


@dataclass(frozen=True, slots=True)
class PlannedFaults:
    """Faults at the calls that are named, all else in order; `always` happens each time."""

    faults: Mapping[int, Fault] = field(default_factory=dict)
    always: frozenset[str] = frozenset()

    def fault(self, number: int, function: str, operation: str) -> Fault | None:
        return self.faults.get(number)

    def late_calls(self) -> int:
        return LATE_CALLS

    def switches(self) -> bool:
        return False

    def pick(self, count: int) -> int:
        return 0

    def shuffle[T](self, found: list[T]) -> list[T]:
        return found

    def happens(self, what: str) -> bool:
        return what in self.always

    def skew(self) -> float:
        return 0.0


BUSY_SHARE = 0.25
"""Of the faults of operations that can say so."""

RATES = {"intake": 0.04, "scan": 0.03, "publish": 0.006}
"""Faults by call at a middling pace: publish makes some hundred calls, most of them reads."""

ODDS = {
    "duplicated": 0.15,  # an event or message comes twice
    "overtaken": 0.15,  # a message is seen by a second worker while the first is at work
    "redelivered": 0.3,  # all that ever came comes again a week later
    "small delivery": 0.3,  # a worker gets a few of the messages that wait
    "short of time": 0.05,  # a delivery finds too little time left
    "failed for good": 0.05,  # a failed event of S3 is not tried again but put aside
    "moved": 0.3,  # the pointer to the set moves while work is under way
    "published early": 0.5,  # an open day is published while work is under way
    "waits": 0.5,  # a publisher waits after it staged its leaves, or before it serves them
    "restored": 0.8,  # as a checkpoint is served, the table is restored behind it
}


@dataclass(slots=True)
class SeededFaults:
    """Everything by a seed: the same seed gives the same run."""

    seed: int
    random: Random = field(init=False)
    left: int = field(init=False)
    pace: float = field(init=False)
    eagerness: float = field(init=False)
    skewed: bool = field(init=False)
    drawn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.left = self.random.choice((0, 1, 2, 3, 5, 8))
        self.pace = self.random.choice((0.3, 1.0, 3.0))
        self.eagerness = self.random.choice((0.0, 0.1, 0.5))
        self.skewed = self.random.random() < 0.3

    def fault(self, number: int, function: str, operation: str) -> Fault | None:
        if not self.left or self.random.random() > RATES.get(function, 0.05) * self.pace:
            return None
        self.left -= 1
        is_busy = operation in SOFT and self.random.random() < BUSY_SHARE
        fault = Fault.BUSY if is_busy else self.random.choice(faults_of(operation))
        self.drawn.append(f"call {number}, {function}'s {operation}: {fault}")
        return fault

    def late_calls(self) -> int:
        return self.random.choice((1, 3, 10, 30, 100))

    def switches(self) -> bool:
        return self.eagerness > 0 and self.random.random() < self.eagerness

    def pick(self, count: int) -> int:
        return self.random.randrange(count) if count > 1 else 0

    def shuffle[T](self, found: list[T]) -> list[T]:
        return self.random.sample(found, len(found))

    def happens(self, what: str) -> bool:
        if happens := self.random.random() < ODDS[what]:
            self.drawn.append(what)
        return happens

    def skew(self) -> float:
        if not self.skewed:
            return 0.0
        skew = self.random.choice(SKEWS)
        self.drawn.append(f"a clock is {skew:+.0f} s off")
        return skew
