"""The checks of a score, and of its pack's card, that look at several fields.

Reads a pack from YAML, and checks its structure, bounds and words. `check` runs its examples.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

import yaml
from msgspec import UNSET

from authoring.source import (
    NOT_WITH_SCORE,
    RULE_KEYS,
    WEIGHTS_KEYS,
    WITH_COPIES,
    AtLeastSource,
    CopiesSource,
    GateSource,
    PackSource,
    RuleSource,
    ScoreSource,
    SignSource,
)
from authoring.wording import term_warning, why_unprotected, words_asked_for
from authoring.yaml_nodes import StructReader, Text, compose, groups_of, pack_of, weights_of
from matcher.fold import NamedHost
from matcher.term import Term, affixed_forms, pattern_of
from rules.pack import (
    DAYS_IN_FORCE,
    PACK_BYTES,
    TERMS_IN_PACK,
    Ground,
    Mode,
    Pack,
    PackError,
    Problem,
)
from rules.pack_parts import (
    KEYWORDS,
    LINK_CATEGORIES,
    TERMS_ONLY,
    PackCard,
    category_problem,
    keyword_problem,
)


def score_problems(score: ScoreSource) -> Iterator[tuple[str, str]]:
    """Yield the problems of a score, each with the entry or the key that it is about.

    Fields that could not be read are reported already, and are left out.
    """
    lists = [getattr(score, key) for key in WEIGHTS_KEYS]
    if all(given is UNSET for given in lists):
        yield "", f"a score needs `{'` or `'.join(WEIGHTS_KEYS)}`; add what is worth something"
    weights = [given for given in lists if isinstance(given, dict)]
    yield from (problem for given in weights for problem in _zeros(given))
    yield from _repeated(score.terms if isinstance(score.terms, dict) else {})
    if isinstance(score.reads, GateSource) and not score.reads.script and not score.reads.words_of:
        yield "reads", "`reads` needs `script` or `words_of`; name one"
    threshold, high = score.threshold, score.high
    if isinstance(high, int) and threshold and high <= threshold:
        yield "high", f"`high` {high} must be above `threshold` {threshold}"
    values = [weight for given in weights for weight in given.values()]
    most = sum(weight for weight in values if weight and weight > 0)
    if threshold and values and None not in (*values, *lists) and most < threshold:
        yield "threshold", f"no text can reach {threshold}: all weights together are {most}"


def _zeros(weights: dict[str, int]) -> Iterator[tuple[str, str]]:
    for written, weight in weights.items():
        if isinstance(written, Text) and weight == 0:
            yield written, f"`{written}` weighs 0, which changes nothing; drop it"


def _repeated(terms: dict[str, int]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}  # by pattern
    for written in terms:
        if isinstance(written, Text) and (pattern := pattern_of(written)):
            other = first.setdefault(pattern, written)
            if other is not written:
                message = f"`{written}` is found where `{other}` is, and would count twice"
                yield written, f"{message}; drop one"


def single_weights(score: ScoreSource) -> Iterator[tuple[Text, str]]:
    """Yield a warning for each term and sign that alone reaches the threshold."""
    for key in WEIGHTS_KEYS:
        for written, weight in weights_of(getattr(score, key)).items():
            if score.threshold and weight >= score.threshold and isinstance(written, Text):
                message = (
                    f"`{written}` alone reaches the threshold {score.threshold}; one word is never"
                    " enough, so lower its weight"
                )
                yield written, message


def card_problems(card: PackCard) -> Iterator[tuple[object, str, str]]:
    """Yield numbers of a card that contradict each other, with the struct and the key of each."""
    for held_back in card.held_back or ():
        for share in (held_back.recall, held_back.precision) if held_back else ():
            if share and None not in (share.part, share.of, share.low, share.high):
                if share.part > share.of:
                    yield share, "part", f"`part` {share.part} is more than `of` {share.of}"
                elif not share.low <= share.part / max(1, share.of) <= share.high:
                    message = f"{share.part} of {share.of} is not from {share.low} to {share.high}"
                    yield share, "low", message
    for some in card.ordinary or ():
        numbers = (some.found_high, some.found, some.posts) if some else ()
        if None not in numbers and list(numbers) != sorted(numbers):
            message = "`found_high` is at most `found`, and `found` at most `posts`"
            yield some, "found", message


PROBLEMS_IN_PACK = 200
"""Reading a file stops after so many problems: nobody fixes more at once."""


@dataclass(frozen=True)
class PackFile:
    """A pack that was read, with the lines that later checks need.

    `lines` goes from `("id",)`, `("in_force",)`, `(rule id,)`, `("protected", sentence)` and
    `(rule id, kind, text)`, where kind is match, ignore, links, except, unless, score, or the
    number of a group, to a line. The group of `at_least` comes after those of `all`.
    """

    pack: Pack
    name: str
    lines: dict[tuple[str, ...], int]
    warnings: tuple[Problem, ...]

    def problem(self, key: tuple[str, ...], message: str, rule: str | None = None) -> Problem:
        """Return a problem of this file, at the place that `key` names in `lines`."""
        return Problem(self.name, self.lines[key], rule, message)


def read_pack(text: str, name: str) -> PackFile:
    """Read one pack.

    Raises PackError with every problem found, in the order of lines. If there are more than
    PROBLEMS_IN_PACK, it has the first of them.
    """
    problems = _Problems(name)
    data = text.encode("utf-8", "surrogatepass")
    source = None
    if len(data) > PACK_BYTES:
        size = f"{len(data):,}"
        problems.report(1, f"a pack has at most {PACK_BYTES:,} bytes, this one {size}; divide it")
    elif top := compose(text, problems.report):
        reader = StructReader(problems.report, problems.enter)
        source = reader.struct(top, PackSource)
        problems.rule = None
        if source is not None:
            checks = _Checks(problems, reader)
            checks.check_pack(source)
    if source is None or problems.problems:
        raise PackError(problems.by_line())
    pack = pack_of(source, hashlib.sha256(data).hexdigest())
    checks.count_affixes(pack)
    if problems.problems:
        raise PackError(problems.by_line())
    problems.rule = None
    if why := why_unprotected(pack):
        problems.warn(checks.lines["id",], why)
    if asked := words_asked_for(text):
        problems.warn(*asked)
    return PackFile(pack, name, checks.lines, tuple(problems.warnings))


@dataclass(slots=True)
class _Problems:
    """Collects the problems of one file. `rule` is the id of the rule that is being read."""

    name: str
    rule: str | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def enter(self, kind: type, node: yaml.Node) -> None:
        """Take note of a rule that is about to be read."""
        if kind is RuleSource:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            ids = (value.value for key, value in pairs if key.value == "id")
            self.rule = next((name for name in ids if isinstance(name, str)), None)

    def report(self, line: int, message: str) -> None:
        """Keep a problem. Raise PackError when there are PROBLEMS_IN_PACK of them."""
        self.problems.append(Problem(self.name, line, self.rule, message))
        if len(self.problems) == PROBLEMS_IN_PACK:
            message = f"reading stopped after {PROBLEMS_IN_PACK} problems; fix these first"
            raise PackError([*self.by_line(), Problem(self.name, line, None, message)])

    def warn(self, line: int, message: str) -> None:
        self.warnings.append(Problem(self.name, line, self.rule, message))

    def by_line(self) -> list[Problem]:
        return sorted(self.problems, key=lambda problem: problem.line)


@dataclass(slots=True)
class _Checks:
    """The checks that look at several fields. An unreadable field is None or left out."""

    problems: _Problems
    reader: StructReader
    terms: int = 0
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def check_pack(self, source: PackSource) -> None:
        self.lines |= {(key,): self.reader.line(source, key) for key in ("id", "in_force")}
        self._category(source)
        self._in_force(source)
        for rule in source.rules or ():
            if rule is not None:
                self._rule(rule, source.category)
        self._copies(source)
        self.problems.rule = None
        self._card(source)
        for own in filter(None, source.protected or ()):
            for kind in own.__struct_fields__[1:]:
                self._own_sentences(getattr(own, kind) or ())
        self._count(self.reader.line(source, "rules"))

    def _card(self, source: PackSource) -> None:
        line = self.reader.line(source, "card")
        is_scored = any(rule and rule.score is not UNSET for rule in source.rules or ())
        if isinstance(source.card, PackCard):
            for struct, key, message in card_problems(source.card):
                self.problems.report(self.reader.line(struct, key), message)
            if not is_scored:
                self.problems.report(line, "`card` is about scores, and no rule has a `score`")
        elif is_scored and source.mode is Mode.LIVE:
            message = "no `card`: scored rules run in shadow until one says how they were learned"
            self.problems.warn(self.reader.line(source, "mode"), message)

    def _own_sentences(self, sentences: Iterable[Text | None]) -> None:
        for sentence in filter(None, sentences):
            key = ("protected", str(sentence))
            if key in self.lines:
                message = f"this sentence is in line {self.lines[key]} too; write another"
                self.problems.report(sentence.line, message)
            self.lines[key] = sentence.line

    def _copies(self, source: PackSource) -> None:
        """Check that each rule of copies names another rule, and has nothing else to match."""
        parents = {rule.id for rule in source.rules or () if rule and rule.copies is UNSET}
        for rule in source.rules or ():
            if rule is None or not isinstance(rule.copies, CopiesSource):
                continue
            self.problems.rule, of = rule.id, rule.copies.of
            for key in RULE_KEYS:
                if key not in WITH_COPIES and self.reader.has(rule, key):
                    advice = (
                        "write it into `copies`" if key == "mode" else "make it a rule of its own"
                    )
                    message = f"a rule with `copies:` has no `{key}`; {advice}"
                    self.problems.report(self.reader.line(rule, key), message)
            if of and of not in parents:
                message = f"`{of}` is not a rule of this pack that has terms or a score"
                self.problems.report(self.reader.line(rule.copies, "of"), message)
            if source.category == "VIOLENCE":
                message = "a rule of VIOLENCE has no copies: one word can turn a threat around"
                self.problems.report(self.reader.line(rule, "copies"), message)

    def count_affixes(self, pack: Pack) -> None:
        """Count the forms of terms too, for rules that ask for affixes."""
        for rule in pack.rules:
            if rule.affixes:
                terms = chain(*rule.term_groups, rule.except_, rule.unless)
                self.terms += sum(len(affixed_forms(written)) - 1 for written in terms)
        self._count(self.lines["id",])

    def _count(self, line: int) -> None:
        if self.terms > TERMS_IN_PACK:
            self.problems.report(line, f"a pack has at most {TERMS_IN_PACK:,} terms; divide it")

    def _category(self, source: PackSource) -> None:
        category, line = source.category, self.reader.line(source, "category")
        if not category:
            return
        if problem := category_problem(category):
            self.problems.report(line, problem)
            return
        if not source.keywords:
            line, allowed = self.reader.line(source, "keywords"), ", ".join(KEYWORDS[category])
            self.problems.report(line, f"choose `keywords` of {category}: {allowed}")
        for keyword in source.keywords or ():
            if isinstance(keyword, Text) and (problem := keyword_problem(category, keyword)):
                self.problems.report(keyword.line, problem)
        if category in TERMS_ONLY and source.ground is Ground.ILLEGAL:
            line = self.reader.line(source, "ground")
            self.problems.report(line, f"{category} is not a breach of law; say ground: terms")

    def _in_force(self, source: PackSource) -> None:
        in_force = source.in_force
        if not in_force or not in_force.from_ or not in_force.until:
            return
        first, last = in_force.from_, in_force.until
        days, line = (last - first).days + 1, self.reader.line(in_force, "until")
        if days < 1:
            self.problems.report(line, f"`until` {last} is before `from` {first}")
        elif days > DAYS_IN_FORCE:
            self.problems.report(
                line,
                f"a pack is in force for at most {DAYS_IN_FORCE} days, this one for {days}; "
                f"end it by {first + timedelta(days=DAYS_IN_FORCE - 1)} and renew it then",
            )

    def _rule(self, rule: RuleSource, category: str) -> None:
        self.problems.rule = rule.id
        line, report = self.reader.line(rule), self.problems.report
        if (rule.id,) in self.lines:
            report(self.reader.line(rule, "id"), f"`{rule.id}` names two rules; rename one")
        self.lines.setdefault((rule.id or "",), line)
        both = rule.all_ is not UNSET and rule.any_ is not UNSET
        parts = (rule.all_, rule.any_, rule.at_least, rule.links, rule.score, rule.copies)
        if both or all(part is UNSET for part in parts):
            needed = "`any:` (one group), `all:` (groups) or `score:` (weights)"
            report(line, f"a rule needs {needed}, or `copies:` (of another rule)")
        if isinstance(rule.score, ScoreSource):
            self._score(rule, rule.score)
        lists = _lists_of(rule)
        for key, terms in lists.items():
            self._terms(rule, key, terms)
        self._links(rule, category)
        groups = [entry for key, group in lists.items() if key.isdigit() for entry in group]
        if groups and not rule.links and all(isinstance(entry, SignSource) for entry in groups):
            report(line, "signs alone say nothing about what a text means; add a group of terms")
        for kind, examples in (("match", rule.match), ("ignore", rule.ignore)):
            for example in examples or ():
                self._keep_line(rule, kind, example)

    def _score(self, rule: RuleSource, score: ScoreSource) -> None:
        parts = (rule.all_, rule.any_, rule.at_least, rule.links, rule.within)
        for key, part in zip(NOT_WITH_SCORE, parts, strict=True):
            if part is not UNSET:
                message = f"a rule with `score:` has no `{key}`; make it a rule of its own"
                self.problems.report(self.reader.line(rule, key), message)
        for term in weights_of(score.terms):
            self.terms += 1
            self._keep_line(rule, "score", term)
        self.terms += len(weights_of(score.pinyin))
        for written, message in single_weights(score):
            self.problems.warn(written.line, message)
        if rule.exact and score.pinyin is not UNSET:
            message = "terms in pinyin meet letters by sound, which `exact` excludes; drop one"
            self.problems.report(self.reader.line(score, "pinyin"), message)
        for at, message in score_problems(score):
            line = at.line if isinstance(at, Text) else self.reader.line(score, at)
            self.problems.report(line, message)

    def _terms(self, rule: RuleSource, key: str, terms: Iterable[str | SignSource]) -> None:
        seen: dict[tuple[str, str], str] = {}  # both Han forms may be there: people read packs
        signs: set[str] = set()
        for written in terms:
            if isinstance(written, SignSource) and written.sign:
                self.terms += 1
                if written.sign in signs:
                    line = self.reader.line(written)
                    self.problems.warn(line, f"the sign `{written.sign}` occurs twice; keep one")
                signs.add(written.sign)
            if not isinstance(written, Text):
                continue
            self.terms += 1
            self._keep_line(rule, key, written)
            term = Term.of(written)
            if not term.pattern or not written.strip():
                continue  # reported already
            if warning := term_warning(written):
                self.problems.warn(written.line, warning)
            first = seen.setdefault((term.pattern, term.letters), written)
            if first is not written:
                self.problems.warn(
                    written.line, f"`{written}` says the same as `{first}`; one will do"
                )

    def _links(self, rule: RuleSource, category: str) -> None:
        links = rule.links or ()
        if links and category not in LINK_CATEGORIES:
            line = self.reader.line(rule, "links")
            self.problems.report(line, f"`links` is for {' and '.join(LINK_CATEGORIES)} only")
        for written in links:
            if isinstance(written, Text):
                self.terms += 1
                self._keep_line(rule, "links", written)
                if rule.exact and not NamedHost.of(written).itself:
                    message = f"`{written}` means look-alikes, which `exact` excludes; drop one"
                    self.problems.report(written.line, message)

    def _keep_line(self, rule: RuleSource, kind: str, text: str) -> None:
        if isinstance(text, Text):
            self.lines.setdefault((rule.id or "", kind, str(text)), text.line)


def _lists_of(rule: RuleSource) -> dict[str, Sequence[str | SignSource]]:
    """Return the lists of terms of a rule by the key that `PackFile.lines` knows them under."""
    groups = groups_of(rule)
    if isinstance(rule.at_least, AtLeastSource):
        groups.append(rule.at_least.of or [])
    named: dict[str, Sequence[str | SignSource]] = {
        str(number): group for number, group in enumerate(groups)
    }
    return named | {"except": rule.except_ or [], "unless": rule.unless or []}
