"""`make mutants`: change the sources in small ways, and see whether a test notices. A copy of the
checkout is made in a temporary folder. `reach.py` runs the fast tests there once and records which
lines each test reaches. Then a sample of mutants is drawn, the same number of lines from each
package of functions and layers, and each mutant meets the tests that reach its line."""

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sample import ROOT, Mutant, draw

PYTHON = ROOT / ".venv/bin/python"
REACH = "tests/tools/mutation/reach.py"
PATHS = next(ROOT.glob(".venv/lib/python3.*/site-packages/terang.pth"))
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
OUTCOMES = ("killed", "timeout", "survived", "equivalent")
CHUNKS = (2, 10, 10_000)
"""Files of tests that run together: most mutants die in the first two."""


class Explained:
    """The mutants that `equivalent.toml` explains."""

    def __init__(self) -> None:
        rows = tomllib.loads(EQUIVALENT.read_text("utf-8"))
        self.changes = {(row["was"], row["now"]) for row in rows["equivalent"]}
        self.choices = {name for row in rows["choice"] for name in row["names"]}

    def __contains__(self, mutant: Mutant) -> bool:
        name = f"{Path(mutant.path).stem}.{mutant.changed[0].partition(' =')[0]}"
        return mutant.changed in self.changes or (mutant.is_of_number and name in self.choices)


class Reached:
    """Which tests reach what, as `reach.py` recorded it."""

    def __init__(self, facts: Path) -> None:
        self.seconds: dict[str, float] = {}
        self.by_line: dict[str, set[str]] = defaultdict(set)
        tests, shared = defaultdict(set), defaultdict(set)
        for row in map(json.loads, facts.read_text("utf-8").splitlines()):
            test, file = row["test"], row["test"].partition("::")[0]
            shared[file].update(row["shared"])
            if not row["failed"]:
                self.seconds[test] = row["seconds"]
                tests[file].add(test)
                for line in row["own"]:
                    self.by_line[line].add(test)
        for file, lines in shared.items():
            for line in lines:
                self.by_line[line] |= tests[file]

    @cache  # noqa: B019 - one of these lives as long as the process
    def of_file(self, path: str) -> set[str]:
        """Return the tests that reach any line of a file."""
        found = (tests for line, tests in self.by_line.items() if line.startswith(f"{path}:"))
        return set().union(*found)

    def of(self, mutant: Mutant) -> set[str]:
        """Return the tests to run: of what runs at import, those of the files that import it."""
        tree = ast.parse(mutant.source)
        bodies = (node
                  for node in ast.walk(tree)
                  if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))  # fmt: skip
        inside = any(node.body[0].lineno <= mutant.line <= node.end_lineno for node in bodies)  # type: ignore[operator]
        statement = max(  # a decorator is no part of one
            (node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)
             and node.lineno <= mutant.line <= node.end_lineno),  # type: ignore[operator]
            default=mutant.line,
        )  # fmt: skip
        direct = self.by_line.get(f"{mutant.path}:{mutant.line}") or self.by_line.get(
            f"{mutant.path}:{statement}"
        )
        if inside and direct:
            return direct
        name = Path(mutant.path).stem
        imports = re.compile(rf"^(from|import) .*\b{name}\b", re.MULTILINE)
        sources = {line.rpartition(":")[0] for line in self.by_line}
        tests = {test.partition("::")[0] for test in self.seconds}
        users = {
            path for path in sources | tests
            if path == mutant.path or imports.search((ROOT / path).read_text("utf-8"))
        }  # fmt: skip
        importing = (test for test in self.seconds if test.partition("::")[0] in users)
        return set(importing).union(*map(self.of_file, users))

    def chunks(self, mutant: Mutant, limit: float) -> Iterator[list[str]]:
        """Yield tests to run within `limit` seconds, in groups, cheap files first. The tests of the
        mutant's own package are chosen first. Of the others, the cheapest test of each file is
        chosen first, then the second of each: files differ more."""
        tests = self.of(mutant)
        own = (f"{mutant.package}/", f"tests/unit/{Path(mutant.path).parts[2]}/")
        files = defaultdict(list)
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            files[test.partition("::")[0]].append(test)
        turns = ((turn, test) for rows in files.values() for turn, test in enumerate(rows))
        ranked, spent = [], 0.0
        order_of_choice = sorted(
            (not test.startswith(own), turn, self.seconds[test], test) for turn, test in turns
        )
        for _, _, _, test in order_of_choice:
            spent += self.seconds[test]
            if spent <= limit or not ranked:
                ranked.append(test)
        cost: dict[str, float] = defaultdict(float)
        for test in ranked:
            cost[test.partition("::")[0]] += self.seconds[test]
        order = sorted(cost, key=lambda file: (not file.startswith(own), cost[file], file))
        for count in CHUNKS:
            group, order = order[:count], order[count:]
            if group:
                yield [test for test in ranked if test.partition("::")[0] in group]


class Runner:
    """A copy of the checkout in which mutants are written, and the process that runs tests."""

    def __init__(self, folder: Path, facts: Path) -> None:
        self.folder, self.facts = folder, facts
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        paths = PATHS.read_text("utf-8").splitlines()
        copied = [str(folder / Path(path).relative_to(ROOT)) for path in paths]
        self.environment = {**os.environ, "MUTANTS_OF": str(ROOT), "PYTHONPATH": ":".join(copied)}
        # A changed file must be read again even where its time and size are the same.
        self.run("-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "functions",
                 "layers", "local", "tests")  # fmt: skip
        if not facts.exists():
            self.run(REACH, str(facts))
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"

    def run(self, *command: str) -> None:
        subprocess.run(
            [PYTHON, *command], cwd=self.folder, env=self.environment, check=True, stdout=sys.stderr
        )

    def __enter__(self) -> "Runner":
        self.process = subprocess.Popen(
            [PYTHON, REACH], cwd=self.folder, env=self.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def attempt(self, tests: list[str], seconds: float) -> tuple[str, str]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"tests": tests, "seconds": seconds}) + "\n")
        self.process.stdin.flush()
        outcome, by = json.loads(self.process.stdout.readline())
        return outcome, by

    def judge(self, mutant: Mutant, reached: Reached, limit: float) -> tuple[str, str]:
        """Return what became of a mutant, and the test that killed it."""
        changed = self.folder / mutant.path
        changed.write_text(mutant.text, "utf-8")
        try:
            for tests in reached.chunks(mutant, limit):
                seconds = 30 + 3 * sum(reached.seconds[test] for test in tests)
                outcome, by = self.attempt(tests, seconds)
                if outcome != "survived":
                    return outcome, by
        finally:
            changed.write_text(mutant.source, "utf-8")
        return "survived", ""


def main() -> None:
    """Draw, run, and print what became of each mutant; fail if the score is too low."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="leave out as many: a run in parts")
    parser.add_argument("--limit", type=float, default=60, help="seconds of tests for each mutant")
    parser.add_argument("--least", type=float, default=0, help="the score that is enough, percent")
    parser.add_argument("--map", type=Path, help="a file that keeps which test reaches what")
    chosen = parser.parse_args()
    explained = Explained()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    console = Console(soft_wrap=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        facts = (chosen.map or Path(folder) / "map.json").resolve()
        (Path(folder) / "copy").mkdir()
        runner = Runner(Path(folder) / "copy", facts)
        reached = Reached(facts)
        with runner:
            for mutant in draw(chosen.seed, chosen.first + chosen.size)[chosen.first :]:
                outcome, by = "equivalent", ""
                if mutant not in explained:
                    outcome, by = runner.judge(mutant, reached, chosen.limit)
                counts[mutant.package][outcome] += 1
                console.print(f"{outcome} {mutant.path}:{mutant.line} {by}", markup=False)
                if outcome == "survived":
                    was, now = mutant.changed
                    console.print(f"  - {was}\n  + {now}", markup=False)
    total = sum(counts.values(), Counter[str]())
    table = Table("package", *OUTCOMES)
    for package, count in [*sorted(counts.items()), ("all", total)]:
        table.add_row(package, *(str(count[outcome]) for outcome in OUTCOMES))
    console.print(table)
    judged = total.total() - total["equivalent"]
    score = 100 * (judged - total["survived"]) / max(1, judged)
    console.print(f"{score:.1f} % of {judged} mutants were noticed (seed {chosen.seed})")
    sys.exit(score < chosen.least)


if __name__ == "__main__":
    main()
