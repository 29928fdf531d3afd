"""The drill: runs by seed after seed, and all pairs of faults, for as long as there is time. It
goes on where it stopped as long as the code is the same. A seed that fails is printed with how to
see it alone, and is put on the list that the tests run."""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from multiprocessing import get_context
from pathlib import Path

from simulation import enumerate_faults
from simulation.runs import simulation
from simulation.seeds import WrongError, check_seed, keep

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".drill.json"
BLOCK = 50


def main(arguments: list[str]) -> int:
    """The command; 1 if a run went wrong."""
    options = _parser().parse_args(arguments)
    warnings.filterwarnings("ignore", "No application metrics")
    if options.seed is not None:
        return _alone(lambda: check_seed(options.seed))
    if options.faults:
        return _alone(
            lambda: enumerate_faults.check_faults(*enumerate_faults.parse(options.faults)) and None
        )
    return _drill(options.minutes * 60, options.jobs, options.pairs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drill", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pairs", action="store_true", help="all pairs of faults, not seeds")
    parser.add_argument("--seed", type=int, help="one seed alone")
    parser.add_argument("--faults", default="", help="these faults alone: '3:late, 17:busy'")
    return parser


def _alone(check: Callable[[], None]) -> int:
    with simulation():
        try:
            check()
        except WrongError as error:
            print(error, file=sys.stderr)
            return 1
    print("nothing is wrong", file=sys.stderr)
    return 0


def _drill(seconds_given: float, jobs: int, pairs: bool) -> int:
    state = _state()
    kind, work = ("pairs", _pairs_of) if pairs else ("seeds", _block)
    begun, before = time.monotonic(), dict(state[kind])
    failures = 0
    with get_context("fork").Pool(jobs) as pool:
        for runs, wrong in pool.imap(work, _places(state[kind]["next"], pairs=pairs)):
            for text in wrong:
                print(text, file=sys.stderr)
            failures += len(wrong)
            spent = time.monotonic() - begun
            state[kind]["next"] += 1
            state[kind]["runs"] += runs
            state[kind]["seconds"] = round(before["seconds"] + spent, 1)
            state[kind]["wrong"] += len(wrong)
            STATE.write_text(json.dumps(state))
            _tell(kind, state[kind])
            if spent > seconds_given:
                break
        pool.terminate()
    print(file=sys.stderr)
    return 1 if failures else 0


def _places(first: int, *, pairs: bool) -> Iterator[int]:
    """The numbers of the blocks of work that are left."""
    if not pairs:
        return count(first)
    with simulation():
        return iter(range(first, len(enumerate_faults.first_faults()) + 1))


def _block(number: int) -> tuple[int, list[str]]:
    """A block of seeds; how many, and what failed."""
    wrong = []
    with simulation():
        for seed in range(number * BLOCK, (number + 1) * BLOCK):
            try:
                check_seed(seed)
            except WrongError as error:
                keep(seed)
                wrong.append(str(error))
    return BLOCK, wrong


def _pairs_of(number: int) -> tuple[int, list[str]]:
    """All pairs with one first fault; the last block has the faults of publish, each alone."""
    wrong, runs = [], 0
    with simulation():
        firsts = enumerate_faults.first_faults()
        found: Iterator[tuple[enumerate_faults.Place, ...]] = (
            ((firsts[number], second) for second in enumerate_faults.second_faults(firsts[number]))
            if number < len(firsts)
            else ((place,) for place in enumerate_faults.faults_of_publish(every=True))
        )
        for faults in found:
            runs += 1
            try:
                enumerate_faults.check_faults(*faults)
            except WrongError as error:
                wrong.append(str(error))
    return runs, wrong


def _state() -> dict[str, dict[str, float]]:
    """Where the last drill stopped, if it was of this code."""
    digest = sha256()
    for folder in ("layers", "functions", "tests/simulation"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    fresh = {"next": 0, "runs": 0, "seconds": 0.0, "wrong": 0}
    state = json.loads(STATE.read_text()) if STATE.exists() else {}
    if state.get("code") != digest.hexdigest():
        state = {"code": digest.hexdigest(), "seeds": dict(fresh), "pairs": dict(fresh)}
    return state


def _tell(kind: str, state: dict[str, float]) -> None:
    rate = state["runs"] / max(state["seconds"], 0.1)
    text = f"\r{state['runs']:,.0f} {kind}, {state['seconds']:,.0f} s, {rate:.0f} a second, "
    print(f"{text}{state['wrong']:.0f} wrong ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
