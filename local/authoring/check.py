"""Read a folder of packs and check everything that can be known before they run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path

from publicsuffixlist import PublicSuffixList

from authoring.advice import advise
from authoring.contacts import hits_beside_contacts, hits_of_contacts
from authoring.explain import score_in, why_not
from authoring.parse import PackFile, read_pack
from matcher.engine import Matcher
from matcher.hit import Hit
from matcher.text.hostnames import NamedHost, is_lookalike, skeleton
from rules.factchecks import FACTCHECKS
from rules.pack import DAYS_IN_FORCE, PACK_BYTES, Pack, PackError, Packs, Problem

EXAMPLES = 2  # of each kind, at least
SATIRE = "satire and jokes"
"""A heading. Its sentences imitate what is harmful, so with a contact they are no longer jokes."""
_INSTALLED_SENTENCES = Path(__file__).with_name("protected")
SHIPPED_SENTENCES = (
    _INSTALLED_SENTENCES
    if _INSTALLED_SENTENCES.is_dir()
    else Path(__file__).resolve().parents[2] / "packs" / "protected"
)
"""The sentences of a folder of packs that has none of its own."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A protected sentence: no rule may hit it."""

    file: str
    line: int
    text: str
    heading: str


def load_packs(
    folder: Path | str,
    today: date | None = None,
    *,
    protected: Path | str | None = None,
    advice: bool = True,
) -> Packs:
    """Read and check packs, as `rules.pack.load_packs` promises."""
    place = Path(folder)
    own_sentences = (place.parent if place.is_file() else place) / "protected"
    if protected is None:
        protected = own_sentences if own_sentences.is_dir() else SHIPPED_SENTENCES
    return check_packs(place, today or datetime.now(UTC).date(), Path(protected), advice=advice)


def check_packs(place: Path, today: date, protected: Path, *, advice: bool) -> Packs:
    """Read and check the packs of a folder, or one file, against a folder of protected sentences.

    Raises PackError with every problem of every file, by file and line.
    """
    problems, files = _read_files(place)
    sentence_problems, sentences = read_sentences(protected)
    problems += sentence_problems
    problems += _id_problems(files)
    if not sentences:
        problems.append(Problem(str(place), 1, None, "no protected sentences: name their folder"))
    running = [file for file in files if today <= file.pack.in_force.until]
    for file in running:
        problems += _check_examples(file, Matcher([file.pack]))
        problems += _check_hosts(file)
    by_id = {file.pack.id: file for file in running}
    matcher = Matcher(file.pack for file in by_id.values())
    problems += _check_protected(by_id, sentences, matcher)
    if problems:
        raise PackError(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    warnings = [warning for file in files for warning in file.warnings]
    if advice:
        warnings += advise(running)
        serious = [sentence.text for sentence in sentences if sentence.heading != SATIRE]
        for (pack, rule), hit in hits_beside_contacts(matcher, serious).items():
            warnings.append(by_id[pack].problem((rule,), hit.message(len(serious)), rule))
        for (pack, rule), contact in hits_of_contacts(matcher).items():
            message = f"`{contact}` alone is a hit; a way to get in touch is no sign of harm"
            warnings.append(by_id[pack].problem((rule,), message, rule))
    warnings += [_expired(file) for file in files if file not in running]
    packs = sorted((file.pack for file in running), key=lambda pack: pack.id)
    return Packs(packs, sorted(warnings, key=lambda warning: (warning.file, warning.line)))


def read_packs(folder: Path | str) -> list[Pack]:
    """Read the packs of a folder, or one file, without running examples or looking at dates.

    Raises PackError with every problem of every file.
    """
    problems, files = _read_files(Path(folder))
    problems += _id_problems(files)
    if problems:
        raise PackError(problems)
    return [file.pack for file in files]


def pack_paths(place: Path) -> list[Path]:
    """Return the pack files of a folder in the order of names, or the one file itself."""
    return [place] if place.is_file() else sorted([*place.glob("*.yaml"), *place.glob("*.yml")])


def _read_files(place: Path) -> tuple[list[Problem], list[PackFile]]:
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
            problems.append(_not_utf8(path, error))
    return problems, files


def read_sentences(folder: Path) -> tuple[list[Problem], list[Sentence]]:
    """Return the problems of a folder of sentences, and its sentences."""
    problems: list[Problem] = []
    sentences: list[Sentence] = []
    for path in sorted(folder.glob("*.txt")):
        try:
            if path.is_file():
                sentences += _sentences(path)
            else:
                problems.append(Problem(str(path), 1, None, "not a file; remove or rename it"))
        except OSError as error:
            problems.append(_unreadable(path, error))
        except UnicodeDecodeError as error:
            problems.append(_not_utf8(path, error))
    return problems, sentences


def _sentences(path: Path) -> Iterator[Sentence]:
    heading = ""
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.startswith("#"):
            heading = line.strip("# ")
        elif line.strip():
            yield Sentence(str(path), number, line.strip(), heading)


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(str(path), 1, None, f"cannot be read: {error.strerror}")


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Problem:
    line = error.object.count(b"\n", 0, error.start) + 1
    message = f"byte {error.start} is not UTF-8; save the file as UTF-8"
    return Problem(str(path), line, None, message)


def _id_problems(files: list[PackFile]) -> Iterator[Problem]:
    first: dict[str, PackFile] = {}
    for file in files:
        if file.pack.id == FACTCHECKS:
            message = f"`{FACTCHECKS}` is the id of the pack of published fact-checks; rename it"
            yield file.problem(("id",), message)
        other = first.setdefault(file.pack.id, file)
        if other is not file:
            message = f"`{file.pack.id}` is the id of {other.name} too; rename one"
            yield file.problem(("id",), message)


def _check_examples(file: PackFile, matcher: Matcher) -> Iterator[Problem]:
    for rule in file.pack.rules:
        if rule.copies:
            continue
        for kind, examples in (("match", rule.match), ("ignore", rule.ignore)):
            if len(examples) < EXAMPLES:
                message = (
                    f"`{kind}` needs at least {EXAMPLES} examples, and has {len(examples)}; "
                    f"add {EXAMPLES - len(examples)}"
                )
                yield file.problem((rule.id,), message, rule.id)
            for example in examples:
                hit = next((hit for hit in matcher.find(example) if hit.rule == rule.id), None)
                key = (rule.id, kind, example)
                if kind == "match" and hit is None:
                    why = why_not(file.pack, rule, example) or "it has no term of the rule"
                    message = f"this `match` example is not hit: {why}; fix the rule, or reword it"
                    yield file.problem(key, message, rule.id)
                elif kind == "ignore" and hit:
                    message = (
                        f"this `ignore` example is hit by {_terms_of(hit)}; narrow a group, or add "
                        "what makes it harmless to `unless` or `except`"
                    )
                    yield file.problem(key, message, rule.id)


def _check_hosts(file: PackFile) -> Iterator[Problem]:
    for rule in file.pack.rules:
        for written in rule.links:
            name = NamedHost.of(written).name
            message = None
            if _suffixes().privatesuffix(name) is None:
                message = f"`{written}` is a public suffix: it would mean all its sites; name one"
            elif not rule.exact and (suffix := _suffix_like(name)):
                message = (
                    f"`{suffix}` looks like `{written}` and is a public suffix: it would "
                    "mean all its sites; add `exact: true`, which excludes look-alikes"
                )
            if message:
                yield file.problem((rule.id, "links", written), message, rule.id)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _suffixes_by_skeleton() -> dict[str, list[str]]:
    """Return the public suffixes that can look like a host: those not all of plain letters."""
    lines = package_files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    by_skeleton: dict[str, list[str]] = {}
    for line in lines.splitlines():
        name = line.strip().removeprefix("*.").removeprefix("!")
        if "." in name and not name.startswith("//") and re.search(r"[^a-z.-]", name):
            by_skeleton.setdefault(skeleton(name), []).append(name)
    return by_skeleton


def _suffix_like(name: str) -> str | None:
    """Return a public suffix among a host name's look-alikes, or None."""
    alike = _suffixes_by_skeleton().get(skeleton(name), ())
    return next((suffix for suffix in alike if is_lookalike(suffix, name)), None)


def _check_protected(
    by_id: dict[str, PackFile], sentences: list[Sentence], matcher: Matcher
) -> Iterator[Problem]:
    """Yield where a rule hits a protected sentence, or reaches half of its threshold with one.

    `matcher` has the packs of the files.
    """
    texts = [[("text", sentence.text)] for sentence in sentences]
    for sentence, result, scores in zip(
        sentences, matcher.results(texts), matcher.scores(texts), strict=True
    ):
        if result.partly_read and len(by_id) > 1:  # too much for all packs at once
            for id_, file in by_id.items():
                yield from _check_protected({id_: file}, [sentence], Matcher([file.pack]))
            continue
        for hit in result.hits:
            if hit.score is not None:
                continue  # see below
            message = (
                f"hits the protected sentence {sentence.file}:{sentence.line} with "
                f"{_terms_of(hit)}; no rule may, so narrow it: {sentence.text}"
            )
            yield by_id[hit.pack].problem((hit.rule,), message, hit.rule)
        for name, total in scores.items():
            pack, _, rule = name.partition("/")
            yield from _check_score(by_id[pack], rule, total, sentence)


def _check_score(file: PackFile, rule_id: str, total: int, sentence: Sentence) -> Iterator[Problem]:
    rule = next(rule for rule in file.pack.rules if rule.id == rule_id)
    if rule.score and 2 * total >= rule.score.threshold:
        terms = ", ".join(
            f"`{span.term}` {span.weight:+d}"
            for span in score_in(file.pack, rule, rule.score, sentence.text).spans
        )
        message = (
            f"the protected sentence {sentence.file}:{sentence.line} scores {total} "
            f"({terms}); none may reach half of the threshold {rule.score.threshold}, so "
            f"weaken a weight: {sentence.text}"
        )
        yield file.problem((rule.id,), message, rule.id)


def _terms_of(hit: Hit) -> str:
    return ", ".join(dict.fromkeys(f"`{span.term}`" for span in hit.spans))


def _expired(file: PackFile) -> Problem:
    until = file.pack.in_force.until
    message = (
        f"skipped: its last day was {until}; to renew it, review it, set `in_force` to at most "
        f"{DAYS_IN_FORCE} days, and raise `version` to {file.pack.version + 1}"
    )
    return file.problem(("in_force",), message)
