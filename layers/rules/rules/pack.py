"""A pack: rules of one category that everybody can read, in force for a limited time.

`Pack.parse` reads the YAML of one pack. `load_packs` reads a folder and checks everything. Both are
the work of `authoring`, which is not deployed: functions read packs from published sets.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from rules.pack_parts import PackCard, Said, Score, Translation

PACK_BYTES = 2 * 1024 * 1024
RULES_IN_PACK = 10_000
TERMS_IN_PACK = 100_000
GROUPS_IN_RULE = 16  # keeps the matching of spans to groups small
MOST_AT_LEAST = 16  # so does this
TERM_LENGTH = 100  # code points
DAYS_IN_FORCE = 366
MOST_EXPECTED = 300  # per mille of a provider's posts
PATH_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
"""What can be part of a public path: ids of packs and names of campaigns."""


class Affixes(StrEnum):
    """The languages with affixes that a rule may use."""

    ID = "id"


class Ground(StrEnum):
    """The ground of a pack: the law, or a provider's terms."""

    ILLEGAL = "illegal"
    TERMS = "terms"


class Mode(StrEnum):
    """The effect of a hit: a proposal, or only a count."""

    LIVE = "live"
    SHADOW = "shadow"


class Severity(StrEnum):
    """How much a hit matters, for the order of review."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class LegalGround(msgspec.Struct, frozen=True):
    """The provision a pack rests on, and where to read it."""

    text: str
    url: str


class Origin(msgspec.Struct, frozen=True):
    """The published file that a pack was taken from, with the SHA-256 of that file."""

    url: str
    sha256: str


Sentence = Annotated[
    str, Meta(pattern=r"^\S.{6,298}\S$", extra={"means": "one line of 8 to 300 letters"})
]
Sentences = Annotated[tuple[Sentence, ...], Meta(min_length=5)]


class ProtectedSentences(msgspec.Struct, frozen=True):
    """Harmless sentences in one language, by the author of a pack, that no rule of it may hit."""

    language: Annotated[str, Meta(pattern=r"\S", extra={"means": "one of `languages`"})]
    protest: Sentences
    election: Sentences
    office: Sentences
    faith: Sentences
    satire: Sentences
    warning: Sentences


class InForce(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """First and last day (UTC) on which a pack runs; both count."""

    from_: date
    until: date

    def __contains__(self, day: date) -> bool:
        return self.from_ <= day <= self.until


class AtLeast(msgspec.Struct, frozen=True):
    """A group that needs `n` spans, each at a place of its own.

    The same term counts at each of its places. Of places inside one another, the longest counts.
    """

    n: int
    of: tuple[str, ...]


class Rule(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    kw_only=True,
    rename={"groups": "all", "except_": "except"},
):
    """One condition: every group of terms occurs, close enough together.

    A term is kept as written, and a sign in braces: `{link}`. `at_least` is one more group, which
    needs several spans; `links` is a group of host names. `within` counts the words between the
    end of the first and the start of the last span; None is the whole part. A term inside a phrase
    of `except_` does not count; a phrase of `unless` near the window cancels it. With `affixes` the
    forms of a term count as the term. With `mode` None the pack's mode applies. Only rules of the
    pack `factchecks` have a category and keywords of their own.

    A rule with a `score` has no groups, links or window: the sum of its weights decides. A phrase
    of `unless` or `except_` in a part makes the score of the part 0. A rule with `copies` has no
    terms at all: it finds near copies of posts that a person confirmed under the rule it names.
    """

    id: str
    severity: Severity
    why: str
    groups: tuple[tuple[str, ...], ...] = ()
    at_least: AtLeast | None = None
    links: tuple[str, ...] = ()
    within: int | None = None
    score: Score | None = None
    copies: str = ""
    except_: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    exact: bool = False
    affixes: Affixes | None = None
    match: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    mode: Mode | None = None
    category: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def term_groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of terms: those of `all`, then the one of `at_least`.

        A scored rule has one group, of its weighted terms in order.
        """
        if self.score:
            return (tuple(sorted(self.score.terms)),)
        return (*self.groups, self.at_least.of) if self.at_least else self.groups


def sign_of(term: str) -> str | None:
    """Return the id of the sign that an entry of a group is, or None for a term.

    >>> sign_of("{link}"), sign_of("klik")
    ('link', None)
    """
    return term[1:-1] if term.startswith("{") else None


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A pack as it is written, with the digest of its YAML.

    `published_at` is when this version was first published; None outside of a set. `card` says how
    the weights of its scored rules were learned. `expected_per_mille` is the share of a provider's
    posts that each of its rules may hit in a day before the flood guard holds the rule. `origin`
    names the published pack that it was taken from. `translations` has its words by language;
    `title` and `why` are English. `protected` is by its author. `unprotected` names its languages
    that had no protected sentences when it was parsed; a published version stays as it is.
    """

    id: str
    version: int
    title: str
    why: str
    category: str
    keywords: tuple[str, ...]
    ground: Ground
    legal_ground: LegalGround
    languages: tuple[str, ...]
    owner: str
    in_force: InForce
    rules: tuple[Rule, ...]
    digest: str
    mode: Mode = Mode.LIVE
    campaign: str | None = None
    published_at: datetime | None = None
    card: PackCard | msgspec.UnsetType = msgspec.UNSET
    expected_per_mille: int | msgspec.UnsetType = msgspec.UNSET
    origin: Origin | msgspec.UnsetType = msgspec.UNSET
    translations: dict[str, Translation] | msgspec.UnsetType = msgspec.UNSET
    protected: tuple[ProtectedSentences, ...] | msgspec.UnsetType = msgspec.UNSET
    unprotected: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET

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

    def mode_of(self, rule: Rule) -> Mode:
        """Return the mode in which a rule of this pack runs."""
        return Mode.SHADOW if self.lacks_of(rule) else rule.mode or self.mode

    def lacks_of(self, rule: Rule) -> str:
        """Return why a rule cannot be live: unprotected, no-card, not-read; empty if it can."""
        if self.unprotected or rule.score is None:
            return "unprotected" if self.unprotected else ""
        return "no-card" if not self.card else "" if self.card.read else "not-read"

    def category_of(self, rule: Rule) -> str:
        """Return the category of a rule's findings."""
        return rule.category or self.category

    @classmethod
    def parse(cls, text: str, name: str) -> "Pack":
        """Read a pack from YAML and validate it, without running its examples.

        `name` is what problems call the file. Raises PackError with every problem, in the order of
        lines.
        """
        pack: Pack = _authoring("parse").read_pack(text, name).pack
        return pack


class Packs(list[Pack]):
    """Packs that passed every check, in the order of ids, with warnings for their authors."""

    def __init__(self, packs: Iterable[Pack], warnings: "Iterable[Problem]"):
        super().__init__(packs)
        self.warnings = tuple(warnings)


def load_packs(
    folder: Path | str,
    today: date | None = None,
    *,
    protected: Path | str | None = None,
    advice: bool = True,
) -> Packs:
    """Read the `*.yaml` files of a folder, or one file, and check everything.

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
    packs: Packs = _authoring("check").load_packs(folder, today, protected=protected, advice=advice)
    return packs


def _authoring(module: str) -> Any:
    """Import a module of `authoring` by its name.

    An import statement would make this layer depend on a package above it, which needs YAML and is
    not deployed. See docs/decisions/0020.
    """
    return import_module(f"authoring.{module}")


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Problem(NamedTuple):
    r"""A problem in a pack's file: the line, the rule, and how to fix it.

    It may quote the pack, which anybody may have written: its text is one line without control
    characters, which a terminal would obey.

    >>> str(Problem("otp.yaml", 12, "asks-for-code", "`whithin` is not known"))
    'otp.yaml:12: asks-for-code: `whithin` is not known'
    >>> print(Problem("otp.yaml", 12, None, "unknown key `\x1b[2J`"))
    otp.yaml:12: unknown key `\x1b[2J`
    """

    file: str
    line: int
    rule: str | None
    message: str

    def __str__(self) -> str:
        rule = f"{self.rule}: " if self.rule else ""
        text = f"{self.file}:{self.line}: {rule}{self.message}"
        return _CONTROLS.sub(lambda control: ascii(control[0])[1:-1], text)


class PackError(ValueError):
    """Packs that cannot be used. `problems` holds every problem, not only the first."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
