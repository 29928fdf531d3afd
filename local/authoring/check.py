"""Check everything about a folder of packs that can be known before they run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files as package_files
from itertools import chain
from pathlib import Path

from msgspec import structs
from publicsuffixlist import PublicSuffixList

from authoring.advice import (
    advise,
    named_in,
    pinyin_problem,
    term_warning,
    weighted_term_problem,
    why_unprotected,
    words_asked_for,
)
from authoring.explain import hits_beside_contacts, hits_of_contacts, score_in, why_not
from matcher.engine import Matcher
from matcher.fold import NamedHost, is_lookalike, skeleton
from matcher.hit import Hit
from matcher.term import Term, affixed_forms, pattern_of
from rules.pack import (
    SHIPPED_SENTENCES,
    TERMS_IN_PACK,
    Mode,
    PackError,
    PackFile,
    Packs,
    Problem,
    Rule,
    in_force,
    read_files,
    sign_of,
)
from rules.pack_parts import Score
from rules.pinned import FACTCHECKS
from rules.rule import WEIGHTS_KEYS
from rules.yaml_reader import text_of

EXAMPLES = 2  # of each kind, at least
SATIRE = "satire and jokes"
"""A heading. Its sentences imitate what is harmful, so with a contact they are no longer jokes."""


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
) -> Packs:
    """Read the packs of a folder, or of one file, and check everything.

    A pack that has expired is left out, with a warning that says how to renew it.

    Args:
        folder: Where the packs are.
        today: The day that decides what has expired; None is today (UTC).
        protected: A folder of sentences, one a line, `#` for comments. None is `protected` in
            the folder of packs, or else the one that ships.
        advice: Whether to look for terms, exceptions and rules that do nothing or too much.

    Raises:
        PackError: With every problem of every file, by file and line.
    """
    place = Path(folder)
    own_sentences = (place.parent if place.is_file() else place) / "protected"
    if protected is None:
        protected = own_sentences if own_sentences.is_dir() else SHIPPED_SENTENCES
    problems, files = read_files(place)
    sentence_problems, sentences = read_sentences(Path(protected))
    problems += sentence_problems
    if not sentences:
        problems.append(Problem(str(place), 1, None, "no protected sentences: name their folder"))
    running, expired = in_force(files, today)
    problems += (problem for file in files for problem in word_problems(file))
    for file in running:
        matcher = Matcher([file.pack])
        problems += _check_examples(file, matcher)
        problems += _check_hosts(file)
        own = [(line, key[1]) for key, line in file.lines.items() if len(key) == 2]
        brought = [Sentence(file.name, line, text, "its own") for line, text in own]
        problems += _check_protected({file.pack.id: file}, brought, matcher)
    by_id = {file.pack.id: file for file in running}
    matcher = Matcher(file.pack for file in by_id.values())
    problems += _check_protected(by_id, sentences, matcher)
    if problems:
        raise PackError(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    warnings = [*expired, *(warning for file in files for warning in word_warnings(file))]
    if advice:
        warnings += advise(running)
        serious = [sentence.text for sentence in sentences if sentence.heading != SATIRE]
        for (pack, rule), hit in hits_beside_contacts(matcher, serious).items():
            warnings.append(by_id[pack].problem((rule,), hit.message(len(serious)), rule))
        for (pack, rule), contact in hits_of_contacts(matcher).items():
            message = f"`{contact}` alone is a hit; a way to get in touch is no sign of harm"
            warnings.append(by_id[pack].problem((rule,), message, rule))
    return Packs((file.pack for file in running), warnings)


def word_problems(file: PackFile) -> Iterator[Problem]:
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
    if terms > TERMS_IN_PACK:
        yield file.problem(("id",), f"a pack has at most {TERMS_IN_PACK:,} terms; divide it")


def _score_problems(file: PackFile, rule: str, score: Score) -> Iterator[Problem]:
    first: dict[str, str] = {}  # by pattern
    for written in score.terms:
        if problem := weighted_term_problem(written):
            yield file.problem((rule, "score", written), problem, rule)
        elif (other := first.setdefault(pattern_of(written), written)) != written:
            message = f"`{written}` is found where `{other}` is, and would count twice; drop one"
            yield file.problem((rule, "score", written), message, rule)
    for written in score.pinyin:
        if problem := pinyin_problem(written):
            yield file.problem((rule, "pinyin", written), problem, rule)


def word_warnings(file: PackFile) -> Iterator[Problem]:
    """Yield what may surprise the author of a pack, or waits for their words."""
    pack = file.pack
    if why := why_unprotected(pack):
        yield file.problem(("id",), why)
    if asked := words_asked_for(file.text):
        yield Problem(file.name, asked[0], None, asked[1])
    if pack.mode is Mode.LIVE and not pack.card and any(rule.score for rule in pack.rules):
        message = "no `card`: scored rules run in shadow until one says how they were learned"
        yield file.problem(("id",), message)
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


def _listed_warnings(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the entries of a list that are found otherwise than they look, or twice."""
    seen: dict[tuple[str, str], str] = {}  # both Han forms may be there: people read packs
    for written in words:
        sign, term = sign_of(written), Term.of(written)
        key = (written, "") if sign else (term.pattern, term.letters)
        if not sign and (warning := term_warning(written)):
            yield written, warning
        if key in seen:
            same = f"`{written}` says the same as `{seen[key]}`; one will do"
            yield written, f"the sign `{sign}` occurs twice; keep one" if sign else same
        seen.setdefault(key, written)


def read_sentences(folder: Path) -> tuple[list[Problem], list[Sentence]]:
    """Return the problems of a folder of sentences, and its sentences."""
    problems: list[Problem] = []
    sentences: list[Sentence] = []
    for path in sorted(folder.glob("*.txt")):
        try:
            sentences += _sentences(path)
        except PackError as error:
            problems += error.problems
    return problems, sentences


def _sentences(path: Path) -> Iterator[Sentence]:
    heading = ""
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if line.startswith("#"):
            heading = line.strip("# ")
        elif line.strip():
            yield Sentence(str(path), number, line.strip(), heading)


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
        yield from _check_names(file, rule, matcher)


def _check_names(file: PackFile, rule: Rule, matcher: Matcher) -> Iterator[Problem]:
    """Yield each group of nothing but names, or else each example that is hit through names alone.

    `authoring.advice` says which. Names in `unless` and `except` are not looked at.
    """
    groups = () if rule.score else rule.term_groups
    named = {term: kind for term in chain(*groups) if (kind := named_in(term))}
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
