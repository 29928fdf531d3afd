"""Faults between publishers and their log: calls are lost, applied late or not answered. Each
publisher is a greenlet. At each call that concerns the log it may pause while another goes on."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from greenlet import greenlet
from support.log_world import LogWorld

from tlog import LogFiles, RunLeaf, decode_leaf


class CallLostError(OSError):
    """Nobody knows whether the call was applied."""


class KilledError(BaseException):
    """The worker is gone."""


@dataclass
class LogFaults:
    """Decides at each call about the log what happens. `plan` holds what happens at which call, by
    number; without an entry chance decides, by `rate`."""

    world: LogWorld
    random: Random
    plan: dict[int, str] = field(default_factory=dict)
    rate: float = 0.0
    switching: float = 0.0
    calls: int = 0
    late: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.calls.around = self.around

    def stop(self) -> None:
        """Apply what is late, and let no further fault happen."""
        self.rate, self.plan = 0.0, {}
        self._apply_late(all_of_them=True)

    def around(self, name: str, call: Callable[[], object]) -> object:
        """Perform a call, or not."""
        if "log" not in name and "head" not in name:
            return call()
        number, self.calls = self.calls, self.calls + 1
        self._apply_late()
        self._switch()
        outcome = self.plan.get(number) or self._chosen()
        if outcome in {"lost", "killed before"}:
            raise CallLostError(name) if outcome == "lost" else KilledError
        if outcome == "late":
            self.late.append(call)
            raise CallLostError(name)
        answer = call()
        if outcome in {"unanswered", "killed after"}:
            raise CallLostError(name) if outcome == "unanswered" else KilledError
        self._switch()
        return answer

    def leaves(self, size: int) -> list[bytes]:
        """The leaves of the served log; every tile of it is read."""
        stored = self.world.files
        files = LogFiles(size, lambda path: stored.get(f"log/{path}"))
        assert files.root(0, size)
        leaves = list(files.leaves())
        runs = (leaf for leaf in map(decode_leaf, leaves) if isinstance(leaf, RunLeaf))
        assert {f"log/lists/{run.list}.json" for run in runs if run.list} <= stored.keys()
        return leaves

    def _chosen(self) -> str:
        outcomes = ["lost", "unanswered", "late", "killed before", "killed after"]
        return self.random.choice(outcomes) if self.random.random() < self.rate else ""

    def _switch(self) -> None:
        parent = greenlet.getcurrent().parent
        if parent is not None and self.random.random() < self.switching:
            parent.switch()

    def _apply_late(self, *, all_of_them: bool = False) -> None:
        while self.late and (all_of_them or self.random.random() < 0.3):
            call = self.late.pop(self.random.randrange(len(self.late)))
            with suppress(Exception):  # nobody hears the answer
                call()


def run_together(faults: LogFaults, runs: list[Callable[[], object]]) -> None:
    """Let publishers run at once; each may fail."""
    alive = [greenlet(_quietly(run)) for run in runs]
    while alive:
        one = faults.random.choice(alive)
        one.switch()
        alive = [other for other in alive if not other.dead]


def _quietly(run: Callable[[], object]) -> Callable[[], None]:
    def quiet() -> None:
        with suppress(CallLostError, KilledError):
            run()

    return quiet
