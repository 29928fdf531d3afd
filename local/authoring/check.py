"""Check everything about a folder of packs that can be known before they run.

Each pack is tried alone, so what is found in it depends on no other pack and can be kept
(`KnownPacks`). Ids, and rules that ask the same, are compared across packs every time.
"""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from importlib import metadata
from importlib.resources import files as package_files
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
from msgspec import structs
from publicsuffixlist import PublicSuffixList

from authoring import advice as advisor
from authoring.explain import contact_warnings, why_not
from authoring.joined import joined_warnings
from matcher.engine import Matcher
from matcher.fold import NamedHost, is_lookalike, skeleton
from matcher.hit import Hit
from matcher.term import Term, affixed_forms, pattern_of
from rules import pack as packs
from rules.law import LAW_VERSION
from rules.pack_parts import Score
from rules.pinned import FACTCHECKS
from rules.rule import WEIGHTS_KEYS
from rules.yaml_reader import text_of

EXAMPLES = 2  # of each kind, at least


@dataclass(frozen=True, slots=True)
class Sentence:
    """A protected sentence: no rule may hit it."""

    file: str
    line: int
    text: str
    heading: str


def check_packs(
    folder: Path | str,
    today: date | None = None,
    *,
    protected: Path | str | None = None,
    advice: bool = True,
    known: "KnownPacks | None" = None,
) -> packs.Packs:
    """Read the packs of a folder, or of one file, and check everything.

    A pack that has expired is left out, with a warning that says how to renew it.

    `today` decides what has expired; None is today (UTC). `protected` is a folder of sentences, one
    a line, `#` for comments; None is `protected` in the folder of packs, or else the one that
    ships. `advice` looks for terms, exceptions and rules that do nothing or too much. `known` is
    what earlier checks found: it changes what a check takes, and nothing else.

    Raises PackError with every problem of every file, by file and line.
    """
    place, known = Path(folder), known or KnownPacks()
    own_sentences = (place.parent if place.is_file() else place) / "protected"
    if protected is None:
        protected = own_sentences if own_sentences.is_dir() else packs.SHIPPED_SENTENCES
    problems, files = packs.read_files(place, known.read)
    sentence_problems, sentences = read_sentences(Path(protected))
    problems += sentence_problems
    if not sentences:
        problems.append(
            packs.Problem(str(place), 1, None, "no protected sentences: name their folder")
        )
    seen = [(Path(each.file).stem, each.text, each.heading) for each in sentences]
    against = msgspec.json.encode(seen)
    running, warnings = packs.in_force(files, today)
    for file in files:
        problems += known.found(word_problems, file)
    for file in running:
        problems += known.found(_check_own, file)
        problems += known.found(_check_protected, file, sentences, seen=against)
    if problems:
        known.save()
        raise packs.PackError(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    for file in files:
        warnings += known.found(word_warnings, file, warns=True)
    if advice:
        for file in running:
            warnings += known.found(advisor.advise, file, warns=True)
        warnings += advisor.repeated_conditions(running)
        # Jokes imitate what is harmful: with a contact they are no longer jokes.
        serious = [(code, text) for code, text, heading in seen if heading != "satire and jokes"]
        texts = [text for _, text in serious]
        for file in running:
            warnings += known.found(contact_warnings, file, texts, seen=against, warns=True)
            warnings += known.found(joined_warnings, file, serious, seen=against, warns=True)
    known.save()
    return packs.Packs((file.pack for file in running), warnings)


class _Kept(msgspec.Struct):
    """What is kept of one pack.

    `lines` are those of its id, its days and its rules. `found` has for each check the digest of
    what else it saw, and the line, rule and message of each warning.
    """

    pack: packs.Pack
    lines: dict[str, int]
    found: dict[str, tuple[str, list[tuple[int, str | None, str]]]]


class _Lines(dict[tuple[str, ...], int]):
    """The kept lines of a pack. For any other one, the pack is read again."""

    def __init__(self, kept: dict[str, int], text: str):
        super().__init__({(key,): line for key, line in kept.items()})
        self._text = text

    def __missing__(self, key: tuple[str, ...]) -> int:
        read = packs.read_pack(self._text, "").lines
        self.update(read)
        return read[key]


MOST_KEPT = 500
"""Packs in the cache. The oldest ones beyond it are removed."""


class KnownPacks:
    """What checks found in packs, kept in a folder that may be deleted at any time.

    The name of a file is the digest of a pack and of what decides the outcome of its checks. It is
    JSON after a digest of its own. What is damaged, what others than the user may write, and a
    folder that cannot be used count as absent: then all checks are made, as without a folder.
    """

    def __init__(self, folder: Path | None = None):
        self._folder = folder
        self._kept: dict[str, tuple[Path, _Kept]] = {}  # by name of the pack, with its file here
        self._changed: set[str] = set()

    @classmethod
    def of_user(cls) -> "KnownPacks":
        """Return those in the user's cache: XDG_CACHE_HOME, or else ~/.cache."""
        named = Path(os.environ.get("XDG_CACHE_HOME", ""))
        try:
            return cls((named if named.is_absolute() else Path.home() / ".cache") / "terang")
        except RuntimeError:  # nobody knows the user's home
            return cls()

    @cached_property
    def _program(self) -> bytes:
        """The digest of what decides the outcome of a check, apart from packs and sentences."""
        shipped = sorted(path.name for path in packs.SHIPPED_SENTENCES.glob("*.txt"))
        digest = sha256(repr((sys.version, shipped)).encode())
        for package in ("authoring", "claims", "matcher", "rules"):
            for path in sorted(Path(str(package_files(package))).rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    digest.update(f"\0{path}\0".encode() + path.read_bytes())
        for library in ("msgspec", "numpy", "publicsuffixlist", "pyahocorasick", "pyyaml"):
            digest.update(f"\0{library} {metadata.version(library)}".encode())
        return digest.digest()

    def read(self, text: str, name: str) -> packs.PackFile:
        """Read one pack, as `read_pack` does."""
        if self._folder is None:
            return packs.read_pack(text, name)
        digest = sha256(text.encode()).hexdigest()
        path = self._folder / sha256(self._program + digest.encode()).hexdigest()
        kept = _load(path)
        if kept and kept.pack.digest == digest:
            file = packs.PackFile(kept.pack, name, text, _Lines(kept.lines, text))
        else:
            file = packs.read_pack(text, name)
            lines = {key[0]: line for key, line in file.lines.items() if len(key) == 1}
            kept = _Kept(file.pack, lines, {})
        self._kept[name] = path, kept
        return file

    def found(
        self,
        check: Callable[..., Iterable[packs.Problem]],
        file: packs.PackFile,
        *more: object,
        seen: bytes = b"",
        warns: bool = False,
    ) -> list[packs.Problem]:
        """Return what `check` finds in a file, given it and `more`, or has found before.

        `seen` is what decides it apart from the pack. Problems, unless it only warns, are not kept:
        they may name other files.
        """
        _, kept = self._kept.get(file.name, (None, None))
        name, of = check.__name__, sha256(seen).hexdigest()
        if kept and kept.found.get(name, ("",))[0] == of:
            return [packs.Problem(file.name, *found) for found in kept.found[name][1]]
        found = list(check(file, *more))
        if kept and (warns or not found):
            kept.found[name] = of, [each[1:] for each in found]
            self._changed.add(file.name)
        return found

    def save(self) -> None:
        """Keep what was found, if the folder can be used."""
        if self._folder is None or not self._changed:
            return
        with suppress(OSError, UnicodeError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_own(self._folder):
                for path, kept in map(self._kept.__getitem__, self._changed):
                    body = msgspec.json.encode(kept)
                    with NamedTemporaryFile(dir=self._folder, delete=False) as part:
                        part.write(_digest_of(path, body) + body)
                    Path(part.name).replace(path)
                by_age = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
                for path in by_age[:-MOST_KEPT]:
                    path.unlink()


def _load(path: Path) -> _Kept | None:
    """Return what a file of the cache holds, or None if it does not count."""
    with suppress(OSError, msgspec.MsgspecError):
        if _is_own(path.parent) and _is_own(path):
            data = path.read_bytes()
            if data[:32] == _digest_of(path, data[32:]):
                return msgspec.json.decode(data[32:], type=_Kept)
    return None


def _is_own(path: Path) -> bool:
    """Return whether a file or folder is the user's, and nobody else may write it."""
    found = path.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _digest_of(path: Path, body: bytes) -> bytes:
    return sha256(path.name.encode() + body).digest()


def word_problems(file: packs.PackFile) -> Iterator[packs.Problem]:
    """Yield the problems of a pack's words that reading does not see: names, and what repeats."""
    if file.pack.id == FACTCHECKS:
        message = f"`{FACTCHECKS}` is the id of the pack of published fact-checks; rename it"
        yield file.problem(("id",), message)
    terms = 0
    for rule in file.pack.rules:
        lists = [*rule.lists.values(), rule.links]
        terms += sum(
            len(affixed_forms(word)) if rule.affixes else 1 for words in lists for word in words
        )
        if rule.score:
            yield from _score_problems(file, rule.id, rule.score)
    if terms > packs.TERMS_IN_PACK:
        yield file.problem(("id",), f"a pack has at most {packs.TERMS_IN_PACK:,} terms; divide it")


def _score_problems(file: packs.PackFile, rule: str, score: Score) -> Iterator[packs.Problem]:
    first: dict[str, str] = {}  # by pattern
    for written in score.terms:
        if problem := advisor.weighted_term_problem(written):
            yield file.problem((rule, "score", written), problem, rule)
        elif (other := first.setdefault(pattern_of(written), written)) != written:
            message = f"`{written}` is found where `{other}` is, and would count twice; drop one"
            yield file.problem((rule, "score", written), message, rule)
    for written in score.pinyin:
        if problem := advisor.pinyin_problem(written):
            yield file.problem((rule, "pinyin", written), problem, rule)


def word_warnings(file: packs.PackFile) -> Iterator[packs.Problem]:
    """Yield what may surprise the author of a pack, or waits for their words."""
    pack = file.pack
    if why := advisor.why_unprotected(pack):
        yield file.problem(("id",), why)
    if asked := advisor.words_asked_for(file.text):
        yield packs.Problem(file.name, asked[0], None, asked[1])
    if any(rule.score for rule in pack.rules) and (why := _why_no_figures(pack)):
        yield file.problem(("id",), why)
    for rule in pack.rules:
        for key, words in rule.lists.items():
            for written, warning in _listed_warnings(words) if key != "score" else ():
                yield file.problem((rule.id, key, written), warning, rule.id)
        for key in WEIGHTS_KEYS if rule.score else ():
            for written, weight in getattr(rule.score, key).items():
                if rule.score and weight >= rule.score.threshold:
                    message = (
                        f"`{written}` alone reaches the threshold {rule.score.threshold}; one word"
                        " is never enough, so lower its weight"
                    )
                    yield file.problem((rule.id, key, written), message, rule.id)


def _why_no_figures(pack: packs.Pack) -> str:
    """Return why the card of a pack lets no score go live, or nothing."""
    if not pack.card:
        words = "no `card`: scored rules run in shadow until one says how they were learned"
        return words if pack.mode is packs.Mode.LIVE else ""
    if pack.card.law == LAW_VERSION:
        return ""
    return (
        f"the card is of law {pack.card.law}, and sums are worth what law {LAW_VERSION} says:"
        " scored rules run in shadow until thresholds and figures are measured again"
    )


def _listed_warnings(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the entries of a list that are found otherwise than they look, or twice."""
    seen: dict[tuple[str, str], str] = {}  # both Han forms may be there: people read packs
    for written in words:
        sign, term = packs.sign_of(written), Term.of(written)
        key = (written, "") if sign else (term.pattern, term.letters)
        if not sign and (warning := advisor.term_warning(written)):
            yield written, warning
        if key in seen:
            same = f"`{written}` says the same as `{seen[key]}`; one will do"
            yield written, f"the sign `{sign}` occurs twice; keep one" if sign else same
        seen.setdefault(key, written)


def read_sentences(folder: Path) -> tuple[list[packs.Problem], list[Sentence]]:
    """Return the problems of a folder of sentences, and its sentences."""
    problems: list[packs.Problem] = []
    sentences: list[Sentence] = []
    for path in sorted(folder.glob("*.txt")):
        try:
            sentences += _sentences(path)
        except packs.PackError as error:
            problems += error.problems
    return problems, sentences


def _sentences(path: Path) -> Iterator[Sentence]:
    heading = ""
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if line.startswith("#"):
            heading = line.strip("# ")
        elif line.strip():
            yield Sentence(str(path), number, line.strip(), heading)


def _check_own(file: packs.PackFile) -> Iterator[packs.Problem]:
    """Yield what the examples, names and hosts of a pack say against it."""
    matcher = Matcher([file.pack])
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
        yield from _check_names(file, rule, matcher)
    yield from _check_hosts(file)


def _check_names(
    file: packs.PackFile, rule: packs.Rule, matcher: Matcher
) -> Iterator[packs.Problem]:
    """Yield each group of nothing but names, or else each example that is hit through names alone.

    `authoring.advice` says which. Names in `unless` and `except` are not looked at.
    """
    groups = () if rule.score else rule.term_groups
    named = {term: kind for term in chain(*groups) if (kind := advisor.named_in(term))}
    left = [tuple(term for term in group if term not in named) for group in groups]
    needed = [(str(at), groups[at][0]) for at, group in enumerate(left) if not group]
    if named and not needed:
        counted = rule.at_least and structs.replace(rule.at_least, of=left.pop())
        bare = structs.replace(rule, groups=tuple(left), at_least=counted)
        without = Matcher([structs.replace(file.pack, rules=(bare,))])
        needed = [("match", example) for example in rule.match if not without.find(example)]
    for kind, text in needed:
        spans = [span for hit in matcher.find(text) if hit.rule == rule.id for span in hit.spans]
        terms = [text] if kind != "match" else [span.term for span in spans if span.term in named]
        for name in terms[:1]:
            what = "this `match` example is hit" if kind == "match" else "this group is met"
            message = (
                f"{what} only through names, such as `{name}` ({named[name]}); a rule is about what"
                " a post does: use terms that name nobody, or put names into `unless`"
            )
            yield file.problem((rule.id, kind, text), message, rule.id)


_suffixes = cache(PublicSuffixList)


def _check_hosts(file: packs.PackFile) -> Iterator[packs.Problem]:
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


def _check_protected(file: packs.PackFile, sentences: list[Sentence]) -> Iterator[packs.Problem]:
    """Yield where a rule hits a protected sentence, or reaches half of its threshold with one.

    The pack may have further sentences of its own.
    """
    own = (
        getattr(each, kind)
        for each in file.pack.protected or ()
        for kind in each.__struct_fields__[1:]
    )
    brought = [(file.lines["protected", text], text) for text in chain.from_iterable(own)]
    sentences = [*(Sentence(file.name, line, text, "") for line, text in brought), *sentences]
    thresholds = {rule.id: rule.score.threshold for rule in file.pack.rules if rule.score}
    matcher = Matcher([file.pack.with_thresholds(lambda threshold: (threshold + 1) // 2)])
    for sentence, hits in zip(
        sentences, matcher.find_all([each.text for each in sentences]), strict=True
    ):
        place = f"the protected sentence {sentence.file}:{sentence.line}"
        for hit in hits:
            message = f"hits {place} with {_terms_of(hit)}; no rule may, so narrow it"
            if hit.score is not None:
                terms = ", ".join(f"`{span.term}` {span.weight:+d}" for span in hit.spans)
                message = (
                    f"{place} scores {hit.score} ({terms}); none may reach half of the threshold"
                    f" {thresholds[hit.rule]}, so weaken a weight"
                )
            yield file.problem((hit.rule,), f"{message}: {sentence.text}", hit.rule)


def _terms_of(hit: Hit) -> str:
    return ", ".join(dict.fromkeys(f"`{span.term}`" for span in hit.spans))
