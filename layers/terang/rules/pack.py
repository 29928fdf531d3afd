"""A pack: rules of one category that everybody can read, in force for a limited time.

`Pack.parse` reads the YAML of one pack, and `load_packs` a folder. They refuse what no pack may
say. `authoring` runs the examples and the protected sentences, and advises. Functions read packs
from published sets, which are JSON.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import UNSET, structs

from rules import rule as parts
from rules.law import LAW_VERSION
from rules.pack_parts import (
    KEYWORDS,
    TERMS_ONLY,
    WEIGHTS_IN_LIST,
    PackCard,
    category_problem,
    keyword_problem,
)
from rules.rule import Affixes as Affixes
from rules.rule import AtLeast as AtLeast
from rules.rule import Mode as Mode
from rules.rule import Rule as Rule
from rules.rule import Said as Said
from rules.rule import Severity as Severity
from rules.rule import Translation as Translation
from rules.rule import sign_of as sign_of
from rules.yaml_reader import (
    NOT_WRITTEN,
    Mapped,
    Problems,
    StructReader,
    Text,
    allowed,
    compose,
    plain,
    text_of,
)
from rules.yaml_reader import PackError as PackError
from rules.yaml_reader import Problem as Problem

PACK_BYTES = 2 * 1024 * 1024
RULES_IN_PACK = 10_000
TERMS_IN_PACK = 100_000
DAYS_IN_FORCE = 366
MOST_EXPECTED = 300  # per mille of a provider's posts
PATH_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
"""What can be part of a public path: ids of packs and names of campaigns."""

_CAMPAIGN = rf"^(?!\d{{4}}-\d{{2}}(-\d{{2}})?$){parts.ID}$"
_CAMPAIGN_MEANS = f"{parts.ID_MEANS}, and not be a month or day, since those name other summaries"
_WEIGHTS_AT = {5: WEIGHTS_IN_LIST}  # a mapping of weights: pack, rules, rule, score, terms
_INSTALLED_SENTENCES = Path(__file__).with_name("protected")
SHIPPED_SENTENCES = (
    _INSTALLED_SENTENCES
    if _INSTALLED_SENTENCES.is_dir()
    else Path(__file__).resolve().parents[3] / "packs" / "protected"
)
"""The protected sentences of a folder of packs that has none of its own."""


class Ground(StrEnum):
    """The ground of a pack: the law, or a provider's terms."""

    ILLEGAL = "illegal"
    TERMS = "terms"


Title = Annotated[
    str,
    allowed(
        means="one line of at most 200 letters", pattern=r"^.{0,199}\S.{0,199}$", maxLength=400
    ),
]
Link = Annotated[str, allowed(means="a link: https://…", pattern=r"^https?://\S+$")]
Day = Annotated[date, allowed(pattern=r"^\d{4}-\d\d-\d\d$")]
Language = Annotated[
    str,
    allowed(
        means="language codes like en, id, zh-Hant", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
    ),
]


class TranslatedTitle(parts.Translated):
    """A title in several languages."""

    en: Title
    id: Title | None = None
    zh: Title | None = None


class LegalGround(msgspec.Struct, frozen=True):
    """The provision a pack rests on, and where to read it."""

    text: Annotated[str, allowed(means="a law or clause by its name", pattern=r"\w\W*\w")]
    url: Link


class Origin(msgspec.Struct, frozen=True):
    """The published file that a pack was taken from, with the SHA-256 of that file."""

    url: Link
    sha256: Annotated[str, allowed(means="64 of 0-9 and a-f", pattern=r"^[0-9a-f]{64}$")]


Sentence = Annotated[str, allowed(means="one line of 8 to 300 letters", pattern=r"^\S.{6,298}\S$")]
Sentences = Annotated[tuple[Sentence, ...], allowed(minItems=5)]


class ProtectedSentences(msgspec.Struct, frozen=True):
    """Harmless sentences in one language, by the author of a pack, that no rule of it may hit."""

    language: Annotated[str, allowed(means="one of `languages`", pattern=r"\S")]
    protest: Sentences
    election: Sentences
    office: Sentences
    faith: Sentences
    satire: Sentences
    warning: Sentences


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """First and last day (UTC) on which a pack runs, both included: 366 days at most."""

    from_: Day
    until: Day

    def __contains__(self, day: date) -> bool:
        return self.from_ <= day <= self.until


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A pack as it is written, with the digest of its YAML.

    `published_at` is when this version was first published; None outside of a set. `card` says how
    the weights of its scored rules were learned. `expected_per_mille` is the share of a provider's
    posts that each of its rules may hit in a day before the flood guard holds the rule, and
    `trial_least` the percent that a trial of a rule must prove right. `origin` names the published
    pack that it was taken from. `translations` has its words by language; `title` and `why` are
    English. `protected` is by its author. `unprotected` names its languages that had no protected
    sentences when it was parsed; a published version stays as it is.
    """

    id: parts.Id
    version: Annotated[
        int, allowed("Changed content needs a higher one.", minimum=1, maximum=10**9)
    ]
    title: Annotated[Title, allowed(mapping=TranslatedTitle)]
    why: Annotated[
        parts.Why, allowed("What the public reads, in English or as {en: …, id: …, zh: …}.")
    ]
    category: Annotated[
        str, allowed("A code of the DSA transparency database, without its prefix.")
    ]
    keywords: tuple[str, ...]
    ground: Annotated[Ground, allowed("The law, or a provider's own terms.")]
    legal_ground: LegalGround
    languages: Annotated[tuple[Language, ...], allowed(minItems=1)]
    owner: parts.Words
    in_force: InForce
    mode: Annotated[Mode, allowed("live proposes; shadow only counts.")] = Mode.LIVE
    campaign: Annotated[str | None, allowed(means=_CAMPAIGN_MEANS, pattern=_CAMPAIGN)] = None
    expected_per_mille: Annotated[
        int | msgspec.UnsetType,
        allowed(
            "The share of a day's posts that a rule may hit before the flood guard holds it.",
            minimum=1,
            maximum=MOST_EXPECTED,
        ),
    ] = UNSET
    trial_least: Annotated[
        int | msgspec.UnsetType,
        allowed(
            "How many percent a trial must prove right at least, if more than the stack asks.",
            minimum=50,
            maximum=99,
        ),
    ] = UNSET
    card: Annotated[
        PackCard | msgspec.UnsetType,
        allowed("How scores were learned; without it, they run in shadow."),
    ] = UNSET
    origin: Annotated[
        Origin | msgspec.UnsetType,
        allowed("Where it was taken from; `packs pull` writes it, the page shows it."),
    ] = UNSET
    protected: tuple[ProtectedSentences, ...] | msgspec.UnsetType = UNSET
    rules: Annotated[tuple[Rule, ...], allowed(minItems=1, maxItems=RULES_IN_PACK)]
    digest: Annotated[str, NOT_WRITTEN]
    published_at: Annotated[datetime | None, NOT_WRITTEN] = None
    translations: Annotated[dict[str, Translation] | msgspec.UnsetType, NOT_WRITTEN] = UNSET
    unprotected: Annotated[tuple[str, ...] | msgspec.UnsetType, NOT_WRITTEN] = UNSET

    def title_in(self, language: str) -> Said:
        """Return the title in a language, or the English one where it has none."""
        return Said.of(self._words_in(language).title, language, self.title)

    def why_in(self, language: str) -> Said:
        """Return the explanation in a language, or the English one."""
        return Said.of(self._words_in(language).why, language, self.why)

    def reason_in(self, language: str, rule: Rule) -> Said:
        """Return a rule's `why` in a language, or the English one."""
        return Said.of(self._words_in(language).rules.get(rule.id, ""), language, rule.why)

    def _words_in(self, language: str) -> Translation:
        return (self.translations or {}).get(language, Translation())

    @property
    def has_page(self) -> bool:
        """Return whether its id can be part of a public path. Sets may hold other ids."""
        return PATH_NAME.fullmatch(self.id) is not None

    @property
    def categories(self) -> tuple[str, ...]:
        """Return the categories of its findings, in the order of its rules, each once."""
        return tuple(dict.fromkeys(map(self.category_of, self.rules))) or (self.category,)

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule with an id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def with_thresholds(self, change: Callable[[int], int]) -> "Pack":
        """Return the pack with another threshold for each of its scored rules."""
        rules = list(self.rules)
        for at, rule in enumerate(rules):
            if score := rule.score:
                score = structs.replace(score, threshold=change(score.threshold))
                rules[at] = structs.replace(rule, score=score)
        return structs.replace(self, rules=tuple(rules))

    def mode_of(self, rule: Rule) -> Mode:
        """Return the mode in which a rule of this pack runs.

        A rule that is live by itself was adopted: a selection of a set says so, and no pack can.
        """
        lacks = rule.mode is not Mode.LIVE and self.lacks_of(rule)
        return Mode.SHADOW if lacks else rule.mode or self.mode

    def lacks_of(self, rule: Rule) -> str:
        """Return why a rule stays in shadow: unprotected, no-card, law, not-read; or nothing."""
        if self.unprotected or rule.score is None:
            return "unprotected" if self.unprotected else ""
        if not self.card or self.card.law != LAW_VERSION:
            return "law" if self.card else "no-card"
        return "" if self.card.read else "not-read"

    def category_of(self, rule: Rule) -> str:
        """Return the category of a rule's findings."""
        return rule.category or self.category

    @classmethod
    def parse(cls, text: str, name: str) -> "Pack":
        """Read a pack from YAML and validate it, without running its examples.

        `name` is what problems call the file. Raises PackError with every problem, in the order of
        lines.
        """
        return read_pack(text, name).pack


class Packs(list[Pack]):
    """Packs that could be read, in the order of ids, with warnings for their authors."""

    def __init__(self, packs: Iterable[Pack], warnings: Iterable[Problem]):
        super().__init__(sorted(packs, key=lambda pack: pack.id))
        by_line = sorted(warnings, key=lambda warning: (warning.file, warning.line))
        self.warnings = tuple(by_line)


@dataclass(frozen=True)
class PackFile:
    """A pack that was read, with the lines (`RuleChecks`) that later checks need."""

    pack: Pack
    name: str
    text: str
    lines: dict[tuple[str, ...], int]

    def problem(self, key: tuple[str, ...], message: str, rule: str | None = None) -> Problem:
        """Return a problem of this file, at the place that `key` names in `lines`."""
        return Problem(self.name, self.lines[key], rule, message)


def load_packs(folder: Path | str, today: date | None = None) -> Packs:
    """Read the `*.yaml` files of a folder, or one file, without running examples.

    A pack that has expired on `today` (now, in UTC) is left out, with a warning that says how to
    renew it. Raises PackError with every problem of every file.
    """
    problems, files = read_files(Path(folder))
    if problems:
        raise PackError(problems)
    running, warnings = in_force(files, today)
    return Packs((file.pack for file in running), warnings)


def in_force(files: Iterable[PackFile], today: date | None) -> tuple[list[PackFile], list[Problem]]:
    """Return the files whose packs have not expired, and a warning for each other one."""
    day, running, warnings = today or datetime.now(UTC).date(), [], []
    for file in files:
        if day <= (until := file.pack.in_force.until):
            running.append(file)
            continue
        message = (
            f"skipped: its last day was {until}; to renew it, review it, set `in_force` to at most "
            f"{DAYS_IN_FORCE} days, and raise `version` to {file.pack.version + 1}"
        )
        warnings.append(file.problem(("in_force",), message))
    return running, warnings


def pack_paths(place: Path) -> list[Path]:
    """Return the pack files of a folder in the order of names, or the one file itself."""
    return [place] if place.is_file() else sorted([*place.glob("*.yaml"), *place.glob("*.yml")])


def read_files(
    place: Path, read: Callable[[str, str], PackFile] | None = None
) -> tuple[list[Problem], list[PackFile]]:
    """Return the problems of the packs of a folder, or of one file, and those that have none."""
    paths = pack_paths(place)
    problems: list[Problem] = []
    files: dict[str, PackFile] = {}
    if not paths:
        message = "no packs here: no file ends in .yaml; name their folder"
        problems.append(Problem(str(place), 1, None, message))
    for path in paths:
        try:
            file = (read or read_pack)(text_of(path, PACK_BYTES), str(path))
        except PackError as error:
            problems += error.problems
            continue
        other = files.setdefault(file.pack.id, file)
        if other is not file:
            message = f"`{file.pack.id}` is the id of {other.name} too; rename one"
            problems.append(file.problem(("id",), message))
    return problems, list(files.values())


def read_pack(text: str, name: str) -> PackFile:
    """Read one pack.

    Raises PackError with every problem found, in the order of lines. If there are more than
    `PROBLEMS_IN_FILE`, it has the first of them.
    """
    problems = Problems(name)
    data = text.encode("utf-8", "surrogatepass")
    read = None
    if len(data) > PACK_BYTES:
        size = f"{len(data):,}"
        problems.report(1, f"a pack has at most {PACK_BYTES:,} bytes, this one {size}; divide it")
    elif top := compose(text, problems.report, _WEIGHTS_AT):
        reader = StructReader(problems, parts.CHECKS)
        read = reader.struct(top, Pack)
        problems.rule = None
        if read is not None:
            checks = _PackChecks(reader, problems)
            checks.check_pack(read)
    if read is None or problems.found:
        raise PackError(problems.by_line())
    return PackFile(_finished(read, hashlib.sha256(data).hexdigest()), name, text, checks.lines)


class _PackChecks(parts.RuleChecks):
    """The checks that look at several fields. An unreadable field is None or left out."""

    def __init__(self, reader: StructReader, problems: Problems):
        super().__init__(reader)
        self.problems = problems

    def check_pack(self, pack: Pack) -> None:
        """Report what the fields of a pack say against each other, and keep its lines."""
        rules = [rule for rule in pack.rules or () if rule]
        for key in ("id", "in_force"):  # no rule has these ids
            self.lines[key,] = self.reader.line(pack, key)
        self._category(pack)
        self._in_force(pack.in_force)
        parents = {rule.id for rule in rules if not self.reader.has(rule, "copies")}
        for rule in rules:
            self.problems.rule = rule.id
            self.check_rule(rule, pack.category)
            if isinstance(rule.copies, parts.CopyOf):
                self.check_copies(rule, rule.copies, pack.category, parents)
        self.problems.rule = None
        if pack.card:
            self.check_card(pack.card)
            if not any(self.reader.has(rule, "score") for rule in rules):
                line = self.reader.line(pack, "card")
                self.report(line, "`card` is about scores, and no rule has a `score`")
        for own in filter(None, pack.protected or ()):
            for kind in own.__struct_fields__[1:]:
                self._own_sentences(getattr(own, kind) or ())
        if self.terms > TERMS_IN_PACK:
            line = self.reader.line(pack, "rules")
            self.report(line, f"a pack has at most {TERMS_IN_PACK:,} terms; divide it")

    def _own_sentences(self, sentences: Iterable[str | None]) -> None:
        for sentence in sentences:
            if isinstance(sentence, Text):
                key = ("protected", str(sentence))
                if key in self.lines:
                    message = f"this sentence is in line {self.lines[key]} too; write another"
                    self.report(sentence.line, message)
                self.lines[key] = sentence.line

    def _category(self, pack: Pack) -> None:
        category, line = pack.category, self.reader.line(pack, "category")
        if not category:
            return
        if problem := category_problem(category):
            self.report(line, problem)
            return
        if not pack.keywords:
            line, allow = self.reader.line(pack, "keywords"), ", ".join(KEYWORDS[category])
            self.report(line, f"choose `keywords` of {category}: {allow}")
        for keyword in pack.keywords or ():
            if isinstance(keyword, Text) and (problem := keyword_problem(category, keyword)):
                self.report(keyword.line, problem)
        if category in TERMS_ONLY and pack.ground is Ground.ILLEGAL:
            line = self.reader.line(pack, "ground")
            self.report(line, f"{category} is not a breach of law; say ground: terms")

    def _in_force(self, days: InForce | None) -> None:
        if not days or not days.from_ or not days.until:
            return
        first, last = days.from_, days.until
        count, line = (last - first).days + 1, self.reader.line(days, "until")
        if count < 1:
            self.report(line, f"`until` {last} is before `from` {first}")
        elif count > DAYS_IN_FORCE:
            self.report(
                line,
                f"a pack is in force for at most {DAYS_IN_FORCE} days, this one for {count}; "
                f"end it by {first + timedelta(days=DAYS_IN_FORCE - 1)} and renew it then",
            )


def _finished(read: Pack, digest: str) -> Pack:
    """Return the pack that was read without a problem, with the fields that nobody writes.

    It is unprotected in languages in which no protected sentences ship or are its own.
    """
    known = {path.stem for path in SHIPPED_SENTENCES.glob("*.txt")}
    known |= {own.language for own in read.protected or ()}
    lacking = [code for code in read.languages if not known & {code, code.partition("-")[0]}]
    rules = tuple(
        structs.replace(plain(rule), mode=Mode.SHADOW if _is_shadow(rule) else None)
        for rule in read.rules
    )
    made: Pack = plain(structs.replace(read, rules=()))
    return structs.replace(
        made,
        rules=rules,
        digest=digest,
        unprotected=tuple(map(str, lacking)) or UNSET,
        translations=_translations(read) or UNSET,
    )


def _is_shadow(rule: Rule) -> bool:
    """Return whether a rule is in shadow by itself: else the pack decides."""
    mode = rule.copies.mode if isinstance(rule.copies, parts.CopyOf) else rule.mode
    return mode is Mode.SHADOW


def _translations(read: Pack) -> dict[str, Translation]:
    """Return what the pack says in each language other than English, if it says anything."""

    def said(words: str | Mapped) -> str:
        return str(getattr(words, language, None) or "").strip()

    found = {}
    for language in parts.LANGUAGE_KEYS[1:]:
        whys = {str(rule.id): said(rule.why) for rule in read.rules}
        rules = {rule: why for rule, why in whys.items() if why}
        words = Translation(title=said(read.title), why=said(read.why), rules=rules)
        if words != Translation():
            found[language] = words
    return found
