"""Reads a folder of packs and checks everything that can be known before they run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path

from publicsuffixlist import PublicSuffixList

from authoring.advice import advise
from authoring.explain import why_not
from authoring.parse import PackFile, read_pack
from matcher.engine import Matcher
from matcher.hit import Hit
from matcher.text.hostnames import NamedHost, is_lookalike, skeleton
from rules.factchecks import FACTCHECKS
from rules.pack import DAYS_IN_FORCE, PACK_BYTES, Pack, PackError, Problem

EXAMPLES = 2  # of each kind, at the least
_SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "protected"


class Packs(list[Pack]):
    """Packs that passed every check, in the order of ids, and what their authors should know."""

    def __init__(self, packs: Iterable[Pack], warnings: Iterable[Problem]):
        super().__init__(packs)
        self.warnings = tuple(warnings)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A protected sentence: no rule may hit it."""

    file: str
    line: int
    text: str


def load_packs(
    folder: Path | str,
    today: date | None = None,
    *,
    protected: Path | str | None = None,
    advice: bool = True,
) -> Packs:
    """Reads the `*.yaml` files of a folder (or one file) and checks everything.

    A pack that has expired is left out with a warning that says how to renew it.

    Args:
        folder: Where the packs are.
        today: The day that decides what has expired; None is today (UTC).
        protected: A folder of sentences, one a line, `#` for comments. None is `protected` in
            the folder of packs, or else the one that ships.
        advice: Whether to look for terms, exceptions and rules that do nothing or too much.

    Raises:
        PackError: With every problem of every file, by file and line.
    """
    today = today or datetime.now(UTC).date()
    place = Path(folder)
    problems, files = _read(place)
    sentences: list[Sentence] = []
    for path in _sentence_paths(place, Path(protected) if protected else None):
        try:
            if path.is_file():
                sentences += _sentences(path)
            else:
                problems.append(Problem(str(path), 1, None, "not a file; remove or rename it"))
        except OSError as error:
            problems.append(_unreadable(path, error))
        except UnicodeDecodeError as error:
            problems.append(_no_utf8(path, error))
    problems += _twice(files)
    if not sentences:
        problems.append(Problem(str(place), 1, None, "no protected sentences: name their folder"))
    running = [file for file in files if today <= file.pack.in_force.until]
    for file in running:
        matcher = Matcher([file.pack])
        problems += _check_examples(file, matcher)
        problems += _check_hosts(file)
        problems += _check_protected(file, matcher, sentences)
    if problems:
        raise PackError(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    warnings = [warning for file in files for warning in file.warnings]
    warnings += advise(running) if advice else ()
    warnings += [_expired(file) for file in files if file not in running]
    packs = sorted((file.pack for file in running), key=lambda pack: pack.id)
    return Packs(packs, sorted(warnings, key=lambda warning: (warning.file, warning.line)))


def read_packs(folder: Path | str) -> list[Pack]:
    """Reads the packs of a folder (or one file) without running examples or looking at dates.

    Raises:
        PackError: With every problem of every file.
    """
    problems, files = _read(Path(folder))
    problems += _twice(files)
    if problems:
        raise PackError(problems)
    return [file.pack for file in files]


def pack_paths(place: Path) -> list[Path]:
    """The pack files of a folder in the order of names, or the one file that is named."""
    return [place] if place.is_file() else sorted([*place.glob("*.yaml"), *place.glob("*.yml")])


def _read(place: Path) -> tuple[list[Problem], list[PackFile]]:
    paths = pack_paths(place)
    problems: list[Problem] = []
    files: list[PackFile] = []
    if not paths:
        problems.append(
            Problem(str(place), 1, None, "no packs here: no file ends in .yaml; name their folder")
        )
    for path in paths:
        try:
            if not path.is_file():  # a pipe would be waited for
                problems.append(Problem(str(path), 1, None, "not a file; remove or rename it"))
            elif path.stat().st_size > PACK_BYTES:
                message = f"a pack has at most {PACK_BYTES:,} bytes; divide it"
                problems.append(Problem(str(path), 1, None, message))
            else:
                files.append(read_pack(path.read_text("utf-8"), str(path)))
        except OSError as error:
            problems.append(_unreadable(path, error))
        except PackError as error:
            problems += error.problems
        except UnicodeDecodeError as error:
            problems.append(_no_utf8(path, error))
    return problems, files


def _sentence_paths(place: Path, given: Path | None) -> list[Path]:
    beside = (place.parent if place.is_file() else place) / "protected"
    folder = given or (beside if beside.is_dir() else _SHIPPED)
    return sorted(folder.glob("*.txt"))


def _sentences(path: Path) -> Iterator[Sentence]:
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield Sentence(str(path), number, line.strip())


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(str(path), 1, None, f"cannot be read: {error.strerror}")


def _no_utf8(path: Path, error: UnicodeDecodeError) -> Problem:
    line = error.object.count(b"\n", 0, error.start) + 1
    message = f"byte {error.start} is no UTF-8; save the file as UTF-8"
    return Problem(str(path), line, None, message)


def _twice(files: list[PackFile]) -> Iterator[Problem]:
    first: dict[str, PackFile] = {}
    for file in files:
        if file.pack.id == FACTCHECKS:
            message = f"`{FACTCHECKS}` is the id of what published fact-checks find; rename it"
            yield file.problem(("id",), message)
        other = first.setdefault(file.pack.id, file)
        if other is not file:
            message = f"`{file.pack.id}` is the id of {other.name} too; rename one"
            yield file.problem(("id",), message)


def _check_examples(file: PackFile, matcher: Matcher) -> Iterator[Problem]:
    for rule in file.pack.rules:
        for kind, examples in (("match", rule.match), ("ignore", rule.ignore)):
            if len(examples) < EXAMPLES:
                message = (
                    f"`{kind}` needs {EXAMPLES} examples at least, and has {len(examples)}; "
                    f"add {EXAMPLES - len(examples)}"
                )
                yield file.problem((rule.id,), message, rule.id)
            for example in examples:
                hit = next((hit for hit in matcher.find(example) if hit.rule == rule.id), None)
                key = (rule.id, kind, example)
                if kind == "match" and hit is None:
                    why = why_not(file.pack, rule, example) or "no term of the rule stands in it"
                    message = f"this `match` example is not hit: {why}; mend the rule, or reword it"
                    yield file.problem(key, message, rule.id)
                elif kind == "ignore" and hit:
                    message = (
                        f"this `ignore` example is hit by {_terms_of(hit)}; narrow a group, or add "
                        "what makes it innocent to `unless` or `except`"
                    )
                    yield file.problem(key, message, rule.id)


def _check_hosts(file: PackFile) -> Iterator[Problem]:
    for rule in file.pack.rules:
        for written in rule.links:
            name = NamedHost.of(written).name
            message = None
            if _suffixes().privatesuffix(name) is None:
                message = f"`{written}` is a public suffix: all its sites would be meant; name one"
            elif not rule.exact and (suffix := _suffix_like(name)):
                message = (
                    f"`{suffix}` looks like `{written}` and is a public suffix: all its sites "
                    "would be meant; add `exact: true`, which takes no look-alikes"
                )
            if message:
                yield file.problem((rule.id, "links", written), message, rule.id)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _suffixes_by_skeleton() -> dict[str, list[str]]:
    """The public suffixes that can look like a host: those that are not all plain letters."""
    lines = package_files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    by_skeleton: dict[str, list[str]] = {}
    for line in lines.splitlines():
        name = line.strip().removeprefix("*.").removeprefix("!")
        if "." in name and not name.startswith("//") and re.search(r"[^a-z.-]", name):
            by_skeleton.setdefault(skeleton(name), []).append(name)
    return by_skeleton


def _suffix_like(name: str) -> str | None:
    """A public suffix among a host name's look-alikes, or None."""
    alike = _suffixes_by_skeleton().get(skeleton(name), ())
    return next((suffix for suffix in alike if is_lookalike(suffix, name)), None)


def _check_protected(
    file: PackFile, matcher: Matcher, sentences: list[Sentence]
) -> Iterator[Problem]:
    hits = matcher.find_all(sentence.text for sentence in sentences)
    for sentence, found in zip(sentences, hits, strict=True):
        for hit in found:
            message = (
                f"hits the protected sentence {sentence.file}:{sentence.line} by {_terms_of(hit)}; "
                f"no rule may, so narrow it: {sentence.text}"
            )
            yield file.problem((hit.rule,), message, hit.rule)


def _terms_of(hit: Hit) -> str:
    return ", ".join(dict.fromkeys(f"`{span.term}`" for span in hit.spans))


def _expired(file: PackFile) -> Problem:
    until = file.pack.in_force.until
    message = (
        f"skipped: it expired with {until}; to renew it, review it, set `in_force` to at most "
        f"{DAYS_IN_FORCE} days from then on, and raise `version` to {file.pack.version + 1}"
    )
    return file.problem(("in_force",), message)
