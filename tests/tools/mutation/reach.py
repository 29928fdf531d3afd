"""Run tests for `mutants.py`: record the lines that each test reaches, then try tests on request.
It runs with the project's own environment, in a copy of the checkout. For each request it forks a
process in which everything but the project's own modules is already imported; a fresh pytest would
take seconds to start. `sys.monitoring` records the lines: coverage.py's fast core cannot say which
test reached a line on Python 3.13."""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path.cwd()
SOURCES = tuple(f"{ROOT}/{name}/" for name in ("functions", "layers"))
ORIGINAL = Path(os.environ["MUTANTS_OF"])
"""The checkout that was copied; nothing may be imported from it except its environment."""

FAST = ["tests/unit", "tests/property", "tests/integration", "tests/catalogue", "layers",
        "functions", "tests/simulation/test_schedules.py"]  # fmt: skip
OPTIONS = ["-m", "not stack and not browser", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
PRELOADED = ["boto3", "hypothesis.strategies", "jinja2", "jsonschema", "moto.dynamodb.models",
             "moto.s3.models", "moto.secretsmanager.models", "moto.sqs.models", "numpy",
             "aws_lambda_powertools", "xlsxwriter", "yaml", "rich.table"]  # fmt: skip
SCHEDULES = "test_a_schedule_drawn_from_a_seed_changes_nothing[0]"
"""Of the simulation, which takes longest by far, only the first hundred seeds."""

MEMORY = 3 * 1024**3
"""Bytes that a test run may take: a mutant that never stops appending ends by itself."""

LINE = sys.monitoring.events.LINE


class Reach:
    """A plugin that writes a row for each test: its seconds, and the lines that it reaches. `own`
    are those of the test itself, `shared` those of fixtures, which may serve a whole file."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.now: set[str] = set()
        self.shared: set[str] = set()
        self.own: set[str] = set()
        self.failed = False
        sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, "mutants")
        sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, LINE, self.reached)
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, LINE)

    def reached(self, code: Any, line: int) -> Any:
        if code.co_filename.startswith(SOURCES):
            self.now.add(f"{code.co_filename[len(str(ROOT)) + 1 :]}:{line}")
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.now = self.shared = set()
        self.own = set()
        self.failed = False
        sys.monitoring.restart_events()
        began = time.process_time()
        result = yield
        seconds = time.process_time() - began
        row = {"test": item.nodeid, "failed": self.failed, "seconds": seconds}
        row |= {"own": sorted(self.own), "shared": sorted(self.shared)}
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        self.now = self.own = set()
        sys.monitoring.restart_events()
        try:
            return (yield)
        finally:
            self.now = self.shared

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= not report.passed

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [
            item for item in items if "/simulation/" not in item.nodeid or item.name == SCHEDULES
        ]


class Kill:
    """A plugin that remembers the first failure, and whether the original checkout was imported."""

    def __init__(self) -> None:
        self.by = self.leak = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.by:
            self.by = report.nodeid

    def pytest_sessionfinish(self) -> None:
        for name, module in list(sys.modules.items()):
            path = Path(getattr(module, "__file__", None) or "/")
            if path.is_relative_to(ORIGINAL) and "site-packages" not in path.parts:
                self.leak = f"{name} was imported from {path}, not from the copy"


def quiet() -> None:
    """Send what tests print to nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def run_map(facts: Path, tests: list[str]) -> None:
    """Run the fast tests once, each on its own row of `facts`."""
    with facts.open("a", encoding="utf-8") as file:
        status = pytest.main([*(tests or FAST), *OPTIONS], plugins=[Reach(file), kill := Kill()])
    sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)  # or it is called while modules end
    if kill.leak or status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(kill.leak or f"the tests could not be run: {status!r}")


def run_tests(tests: list[str], seconds: float, pipe: int) -> None:
    """Run tests until one fails, within `seconds` of processor time; write which to the pipe."""
    os.setsid()
    quiet()
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.alarm(int(seconds) * 10)  # for what waits and takes no processor time
    kill = Kill()
    status = pytest.main([*tests, *OPTIONS, "-x"], plugins=[kill])
    os.write(pipe, f"{'leak' if kill.leak else int(status)} {kill.leak or kill.by}".encode())
    os._exit(0)


def attempt(tests: list[str], seconds: float) -> tuple[str, str]:
    """Return how a run of tests ended, and the test that failed. A parameter that is gone because
    of the mutant is no failure: its whole function is run."""
    inward, outward = os.pipe()
    pid = os.fork()
    if pid == 0:
        run_tests(tests, seconds, outward)
    os.close(outward)
    try:
        _, status = os.waitpid(pid, 0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # what the tests started, or all of it after Ctrl-C
    with open(inward, "rb") as pipe:  # noqa: PTH123 - a descriptor
        code, _, by = pipe.read().decode().partition(" ")
    if code == "leak":
        raise SystemExit(by)
    if os.WIFSIGNALED(status):
        late = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM)
        return ("timeout" if late else "killed"), f"signal {os.WTERMSIG(status)}"
    if code == str(int(pytest.ExitCode.USAGE_ERROR)) and any("[" in test for test in tests):
        return attempt(list(dict.fromkeys(test.partition("[")[0] for test in tests)), seconds)
    survived = code in (str(int(pytest.ExitCode.OK)), str(int(pytest.ExitCode.NO_TESTS_COLLECTED)))
    return ("survived" if survived else "killed"), by or f"exit {code or status}"


def serve() -> None:
    """Answer each line `{"tests": [...], "seconds": n}` on stdin with its outcome on stdout."""
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(attempt(**json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # shrinking takes minutes
    )
    hypothesis.settings.load_profile("mutants")
    if sys.argv[1:]:
        run_map(Path(sys.argv[1]), sys.argv[2:])
    else:
        serve()
