"""A rule of a pack: what its author may write, and the checks that look at several fields.

The types of the fields say what `packs check` allows, in which order `packs format` writes them,
and what a set holds.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain
from typing import Annotated, NamedTuple

import msgspec

from rules.pack_parts import LINK_CATEGORIES, PackCard, Score, SignId
from rules.yaml_reader import NOT_WRITTEN, Check, Mapped, StructReader, Text, allowed, keys_of

GROUPS_IN_RULE = 16  # keeps the matching of spans to groups small
MOST_AT_LEAST = 16  # so does this
TERM_LENGTH = 100  # code points
WORDS_IN_PART = 65_536
"""The bound of `within`: a text has no more words than code points."""

ID = r"[a-z0-9][a-z0-9-]{2,39}"
ID_MEANS = "3 to 40 of a-z, 0-9 and -, and begin with a letter or digit"

CHECKS: dict[str, Check] = {}
"""The checks of words by name. `matcher`, which folds words, adds them when it is imported."""


class Affixes(StrEnum):
    """The languages with affixes that a rule may use."""

    ID = "id"


class Mode(StrEnum):
    """The effect of a hit: a proposal, or only a count."""

    LIVE = "live"
    SHADOW = "shadow"


class Severity(StrEnum):
    """How much a hit matters, for the order of review."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Sign(Mapped):
    """A sign in a group: `{sign: link}`."""

    sign: SignId

    @property
    def text(self) -> str:
        """Return the sign as a set keeps it, in braces."""
        return f"{{{self.sign}}}"


Id = Annotated[str, allowed(means=ID_MEANS, pattern=f"^{ID}$")]
Words = Annotated[str, allowed(means="some words", pattern=r"\S")]
TermText = Annotated[str, allowed(check="term", minLength=1, maxLength=TERM_LENGTH)]
Terms = Annotated[tuple[TermText, ...], allowed(minItems=1)]
Entry = Annotated[TermText, allowed(mapping=Sign)]  # a term, or a sign
Group = Annotated[tuple[Entry, ...], allowed(minItems=1)]
Host = Annotated[str, allowed(check="host", pattern=r"\S")]


class Translated(Mapped):
    """Words in several languages."""

    en: Words
    id: Words | None = None
    zh: Words | None = None


Why = Annotated[Words, allowed(mapping=Translated)]
LANGUAGE_KEYS = Translated.__struct_fields__


class Translation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The title and explanation of a pack in one language, and each rule's `why` by its id.

    What is empty or absent exists in English only.
    """

    title: str = ""
    why: str = ""
    rules: dict[str, str] = {}


class Said(NamedTuple):
    """A text and the language that it is in."""

    text: str
    language: str

    @classmethod
    def of(cls, translated: str, language: str, english: str) -> "Said":
        """Return the translated text if there is one, else the English one.

        >>> Said.of("", "id", "Threats"), Said.of("Ancaman", "id", "Threats").language
        (Said(text='Threats', language='en'), 'id')
        """
        return cls(translated, language) if translated else cls(english, "en")


class CopyOf(Mapped):
    """Near copies of posts on which a person confirmed a rule of this pack."""

    of: Annotated[Id, allowed("The rule that a person confirmed.")]
    mode: Annotated[Mode, allowed("live proposes; shadow only counts.")] = Mode.SHADOW


class AtLeast(msgspec.Struct, frozen=True):
    """A group that needs `n` spans, each at a place of its own.

    The same term counts at each of its places. Of places inside one another, the longest counts.
    """

    n: Annotated[int, allowed(minimum=2, maximum=MOST_AT_LEAST)]
    of: Group


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

    id: Id
    severity: Severity
    why: Why
    groups: Annotated[
        tuple[Group, ...],
        allowed(
            "Groups of terms and signs, in any order; each must be met.",
            means="a list of groups, each a list; for one, use `any:`",
            one="any",
            minItems=1,
            maxItems=GROUPS_IN_RULE,
        ),
    ] = ()
    at_least: AtLeast | None = None
    links: Annotated[
        tuple[Host, ...],
        allowed(
            "Host names with their subdomains and look-alikes; `~` means look-alikes alone.",
            minItems=1,
        ),
    ] = ()
    within: Annotated[
        int | None,
        allowed(
            "Words between the end of the first and the start of the last; absent: anywhere.",
            minimum=0,
            maximum=WORDS_IN_PART,
        ),
    ] = None
    score: Score | None = None
    copies: Annotated[str, allowed(mapping=CopyOf, type="object")] = ""
    except_: Annotated[Terms, allowed("Phrases inside which a term does not count.")] = ()
    unless: Annotated[Terms, allowed("Context that cancels.")] = ()
    exact: Annotated[bool, allowed("Sees through no disguise.")] = False
    affixes: Annotated[
        Affixes | None, allowed("id: the forms of an Indonesian or Malay word count as the word.")
    ] = None
    mode: Annotated[Mode | None, allowed("shadow only counts; absent or live: as the pack.")] = None
    match: Annotated[tuple[str, ...], allowed("Examples that must be hit.")] = ()
    ignore: Annotated[tuple[str, ...], allowed("Examples that must not be hit.")] = ()
    category: Annotated[str, NOT_WRITTEN] = ""
    keywords: Annotated[tuple[str, ...], NOT_WRITTEN] = ()

    @property
    def term_groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of terms: those of `all`, then the one of `at_least`.

        A scored rule has one group, of its weighted terms in order.
        """
        if self.score:
            return (tuple(sorted(self.score.terms)),)
        return (*self.groups, self.at_least.of) if self.at_least else self.groups

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """Return the lists of terms by the key that `PackFile.lines` knows them under.

        That is `score`, `except`, `unless`, or the number of a group; `at_least` is the last one.
        Lists that could not be read are empty.
        """
        groups = [*(self.groups or ()), *([self.at_least.of] if self.at_least else ())]
        weighed = {"score": tuple(self.score.terms or ())} if self.score else {}
        named = {str(number): group or () for number, group in enumerate(groups)}
        return named | weighed | {"except": self.except_ or (), "unless": self.unless or ()}


def sign_of(term: str) -> str | None:
    """Return the id of the sign that an entry of a group is, or None for a term.

    >>> sign_of("{link}"), sign_of("klik")
    ('link', None)
    """
    return term[1:-1] if term.startswith("{") else None


NOT_WITH_SCORE = ("all", "any", "at_least", "links", "within")
"""The keys that a scored rule does not have."""

WITH_COPIES = ("id", "severity", "why", "copies")
"""The keys that a rule of copies has."""

WEIGHTS_KEYS = ("terms", "pinyin", "signs")


class RuleChecks:
    """The checks of rules. An unreadable field of a rule is None or left out.

    `lines` goes from `("id",)`, `("in_force",)`, `(rule id,)`, `("protected", sentence)` and
    `(rule id, kind, text)` to a line, where kind is match, ignore, links, terms, pinyin, signs, or
    one of `Rule.lists`.
    """

    def __init__(self, reader: StructReader):
        self.reader, self.report = reader, reader.report
        self.lines: dict[tuple[str, ...], int] = {}
        self.terms = 0

    def check_rule(self, rule: Rule, category: str) -> None:
        """Report what the fields of a rule say against each other, and keep its lines."""
        line, has = self.reader.line(rule), self.reader.has
        if (rule.id,) in self.lines:
            self.report(self.reader.line(rule, "id"), f"`{rule.id}` names two rules; rename one")
        self.lines.setdefault((rule.id or "",), line)
        asks = has(rule, "all", "any", "at_least", "links", "score", "copies")
        if not asks or (has(rule, "all") and has(rule, "any")):
            needed = "`any:` (one group), `all:` (groups) or `score:` (weights)"
            self.report(line, f"a rule needs {needed}, or `copies:` (of another rule)")
        if rule.score:
            self._score(rule, rule.score)
        self._lists(rule, line)
        self._links(rule, category)
        self._keep_lines(rule, "match", rule.match)
        self._keep_lines(rule, "ignore", rule.ignore)

    def check_copies(self, rule: Rule, of: CopyOf, category: str, parents: set[str]) -> None:
        """Report a rule of copies that names no other rule, or has something else to match."""
        for key in keys_of(Rule):
            if key not in WITH_COPIES and self.reader.has(rule, key):
                advice = "write it into `copies`" if key == "mode" else "make it a rule of its own"
                message = f"a rule with `copies:` has no `{key}`; {advice}"
                self.report(self.reader.line(rule, key), message)
        if of.of and of.of not in parents:
            message = f"`{of.of}` is not a rule of this pack that has terms or a score"
            self.report(self.reader.line(of, "of"), message)
        if category == "VIOLENCE":
            message = "a rule of VIOLENCE has no copies: one word can turn a threat around"
            self.report(self.reader.line(rule, "copies"), message)

    def check_card(self, card: PackCard) -> None:
        """Report numbers of a card that contradict each other."""
        for held_back in filter(None, card.held_back or ()):
            for share in (held_back.recall, held_back.precision):
                if share and None not in (share.part, share.of, share.low, share.high):
                    part, of, low, high = share.part, share.of, share.low, share.high
                    if part > of:
                        message = f"`part` {part} is more than `of` {of}"
                        self.report(self.reader.line(share, "part"), message)
                    elif not low <= part / max(1, of) <= high:
                        message = f"{part} of {of} is not from {low} to {high}"
                        self.report(self.reader.line(share, "low"), message)
        for some in filter(None, card.ordinary or ()):
            numbers = (some.found_high, some.found, some.posts)
            if None not in numbers and list(numbers) != sorted(numbers):
                message = "`found_high` is at most `found`, and `found` at most `posts`"
                self.report(self.reader.line(some, "found"), message)

    def _lists(self, rule: Rule, line: int) -> None:
        entries: list[object] = []
        for key, terms in rule.lists.items():
            self._keep_lines(rule, key, terms)
            self.terms += len(terms)
            entries += terms if key.isdigit() else ()
        if entries and not rule.links and all(isinstance(entry, Sign) for entry in entries):
            message = "signs alone say nothing about what a text means; add a group of terms"
            self.report(line, message)

    def _score(self, rule: Rule, score: Score) -> None:
        for key in NOT_WITH_SCORE:
            if self.reader.has(rule, key):
                message = f"a rule with `score:` has no `{key}`; make it a rule of its own"
                self.report(self.reader.line(rule, key), message)
        for key in WEIGHTS_KEYS:
            self._keep_lines(rule, key, getattr(score, key) or ())
        self.terms += len(score.pinyin or ())
        if rule.exact and self.reader.has(score, "pinyin"):
            message = "terms in pinyin meet letters by sound, which `exact` excludes; drop one"
            self.report(self.reader.line(score, "pinyin"), message)
        if not self.reader.has(score, *WEIGHTS_KEYS):
            message = f"a score needs `{'` or `'.join(WEIGHTS_KEYS)}`; add what is worth something"
            self.report(self.reader.line(score), message)
        for at, message in score_problems(score):
            line = at.line if isinstance(at, Text) else self.reader.line(score, at)
            self.report(line, message)

    def _links(self, rule: Rule, category: str) -> None:
        if rule.links and category not in LINK_CATEGORIES:
            line = self.reader.line(rule, "links")
            self.report(line, f"`links` is for {' and '.join(LINK_CATEGORIES)} only")
        self._keep_lines(rule, "links", rule.links)
        self.terms += len(rule.links or ())
        for written in rule.links or ():
            if rule.exact and isinstance(written, Text) and written.strip().startswith("~"):
                message = f"`{written}` means look-alikes, which `exact` excludes; drop one"
                self.report(written.line, message)

    def _keep_lines(self, rule: Rule, kind: str, texts: Iterable[object] | None) -> None:
        for text in texts or ():
            if isinstance(text, Text):
                self.lines.setdefault((rule.id or "", kind, str(text)), text.line)
            elif isinstance(text, Sign):
                self.lines[rule.id or "", kind, text.text] = self.reader.line(text)


def score_problems(score: Score) -> Iterator[tuple[str, str]]:
    """Yield the problems of a score, each with the entry or the key that it is about.

    Fields that could not be read are reported already, and are left out.
    """
    lists = [getattr(score, key) for key in WEIGHTS_KEYS]
    for written, weight in chain.from_iterable(given.items() for given in lists if given):
        if isinstance(written, Text) and weight == 0:
            yield written, f"`{written}` weighs 0, which changes nothing; drop it"
    if score.reads and not score.reads.script and not score.reads.words_of:
        yield "reads", "`reads` needs `script` or `words_of`; name one"
    threshold, high = score.threshold, score.high
    if isinstance(high, int) and threshold and high <= threshold:
        yield "high", f"`high` {high} must be above `threshold` {threshold}"
    values = [weight for given in lists if given for weight in given.values()]
    most = sum(weight for weight in values if weight and weight > 0)
    if threshold and values and None not in (*values, *lists) and most < threshold:
        yield "threshold", f"no text can reach {threshold}: all weights together are {most}"
