"""What the author of a sound pack should know: warnings, which stop nothing.

Each term is looked for in its own words, all terms of the rule at once. An end that `*` opens is
tried bare and with a letter more. What is found there says what the term adds: nothing, where an
exception swallows it, a context cancels it, or another term of its list stands in it.
"""

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import structs

from authoring.parse import PackFile
from matcher.engine import Matcher
from matcher.hit import Span
from matcher.terms.term import Term
from matcher.text.hostnames import NamedHost
from rules.pack import Mode, Pack, Problem, Rule

SHORT_LIST = 8
"""Phrases that are looked at one by one; a longer list is told only if no example needs any."""


class Listed(NamedTuple):
    """A term in one list of a rule: a group by its number, `except` or `unless`."""

    key: str
    written: str


def advise(files: Iterable[PackFile]) -> Iterator[Problem]:
    """Gives the warnings of packs that passed every check."""
    first: dict[object, str] = {}
    for file in files:
        for rule in file.pack.rules:
            advice = _Advice(file, rule)
            yield from advice.terms()
            yield from advice.exceptions()
            yield from advice.common_words()
            yield from advice.hosts()
            name = f"{file.pack.id}/{rule.id}"
            other = first.setdefault(_condition(rule), name)
            if other != name:
                message = f"asks the same as {other}: the same groups; keep one of them"
                yield file.problem((rule.id,), message, rule.id)


def lists_of(rule: Rule) -> dict[str, tuple[str, ...]]:
    """The lists of terms of a rule by the key that `PackFile.lines` knows them under."""
    groups = [*rule.groups, *([rule.at_least.of] if rule.at_least else [])]
    named = {str(number): group for number, group in enumerate(groups)}
    return named | {"except": rule.except_, "unless": rule.unless}


def _condition(rule: Rule) -> object:
    groups = frozenset(frozenset(Term.of(term).pattern for term in group) for group in rule.groups)
    counted = rule.at_least and (rule.at_least.n, frozenset(rule.at_least.of))
    return groups, counted, frozenset(NamedHost.of(host) for host in rule.links)


class _Advice:
    """The warnings of one rule."""

    def __init__(self, file: PackFile, rule: Rule):
        self.file, self.rule = file, rule
        self.lists = lists_of(rule)
        self.listed = list(
            dict.fromkeys(Listed(key, term) for key, terms in self.lists.items() for term in terms)
        )
        self._told: set[Listed] = set()
        self._matcher = Matcher([_alone(file.pack, self.listed, exact=rule.exact)])

    def _warn(self, listed: Listed, message: str) -> Problem:
        self._told.add(listed)
        return self.file.problem((self.rule.id, *listed), message, self.rule.id)

    @cached_property
    def found(self) -> dict[Listed, list[dict[Listed, list[Span]]]]:
        """What stands in the words of each term, once for each way to open its ends."""
        return {listed: list(map(self._in, _probes(listed.written))) for listed in self.listed}

    def _in(self, probe: str) -> dict[Listed, list[Span]]:
        hits = self._matcher.find(probe)
        return {self.listed[int(hit.rule)]: list(hit.spans) for hit in hits}

    def terms(self) -> Iterator[Problem]:
        """Terms that can never match, and those that another one of their list makes idle."""
        for listed, probes in self.found.items():
            if listed.key != "except" and (why := self._fault(listed, probes)):
                yield self._warn(listed, why)

    def _fault(self, listed: Listed, probes: list[dict[Listed, list[Span]]]) -> str | None:
        key, written = listed
        if not all(listed in found for found in probes):
            return f"`{written}` can never match: it is not found in its own words; reword it"
        everywhere = [one for one in probes[0] if all(one in found for found in probes)]
        for one in everywhere if key != "unless" else ():
            if one.key == "except" and all(_covers(found[one], found[listed]) for found in probes):
                return f"`{written}` can never match: the exception `{one.written}` swallows it"
            if one.key == "unless":
                return f"`{written}` can never match: `{one.written}` in `unless` cancels it"
        if len({one.key for one in everywhere} - {"unless", "except"}) > 1:
            return None  # two groups share its words, and one span serves one group
        own = Term.of(written).pattern
        for one in everywhere:
            if one.key == key and Term.of(one.written).pattern != own:
                return f"`{written}` adds next to nothing: `{one.written}` is found in it; drop one"
        return None

    def exceptions(self) -> Iterator[Problem]:
        """Exceptions that hold no term, and phrases that no example needs; none told before."""
        for listed, probes in self.found.items():
            if listed.key == "except" and (why := _idle(probes)):
                message = f"the exception `{listed.written}` cancels nothing: {why}"
                yield self._warn(listed, message)
        for key in ("except", "unless"):
            listed_here = (Listed(key, phrase) for phrase in self.lists[key])
            phrases = [one.written for one in listed_here if one not in self._told]
            if phrases and not self._needs(key, phrases):
                yield self._needless(key, phrases)
            elif len(phrases) <= SHORT_LIST:
                needless = [phrase for phrase in phrases if not self._needs(key, [phrase])]
                yield from (self._needless(key, [phrase]) for phrase in needless)

    def _needs(self, key: str, phrases: list[str]) -> bool:
        """Whether an `ignore` example would be hit without some phrases, however spelled."""
        gone = {*phrases, *(written for told, written in self._told if told == key)}
        patterns = {Term.of(phrase).pattern for phrase in gone}  # of both Han spellings
        left = tuple(one for one in self.lists[key] if Term.of(one).pattern not in patterns)
        change = {"except_": left} if key == "except" else {"unless": left}
        looser = structs.replace(self.rule, **change)
        matcher = Matcher([structs.replace(self.file.pack, rules=(looser,))])
        return any(matcher.find_all(self.rule.ignore))

    def _needless(self, key: str, phrases: list[str]) -> Problem:
        shown = f"`{phrases[0]}`" + f" and {len(phrases) - 1} more" * (len(phrases) > 1)
        message = (
            f"no `ignore` example needs {shown} in `{key}`; add one that would be hit without, "
            "or drop it"
        )
        return self._warn(Listed(key, phrases[0]), message)

    def common_words(self) -> Iterator[Problem]:
        """A rule that is met by everyday words alone: each group has one."""
        groups = [terms for key, terms in self.lists.items() if key not in ("except", "unless")]
        words = self._common(groups)
        if self.rule.links or not all(words):
            return
        if len(groups) == 1:
            for at, (written, common) in enumerate(words[0]):
                if at < SHORT_LIST:
                    yield self._warn(Listed("0", written), _too_common(written, common))
        elif self.rule.within is None:
            met = ", ".join(f"`{found[0][0]}`" for found in words)
            message = f"everyday words alone meet every group: {met}; add `within`, or narrow one"
            yield self.file.problem((self.rule.id,), message, self.rule.id)

    def _common(self, groups: Iterable[tuple[str, ...]]) -> list[list[tuple[str, str]]]:
        """For each group, its terms that hit a common word, with the word."""
        return [
            [(term, word) for term in group if (word := self._common_word(term))]
            for group in groups
        ]

    def _common_word(self, written: str) -> str | None:
        term = Term.of(written)
        for language in self.file.pack.languages:
            words = common_words(language.partition("-")[0])
            if term.pattern in words:
                return words[term.pattern]
            if not (term.opens and term.closes):
                for folded, word in words.items():
                    if term.pattern in folded:
                        return word
        return None

    def hosts(self) -> Iterator[Problem]:
        """Hosts that stand below another one that is named."""
        names = {NamedHost.of(written): written for written in self.rule.links}
        for (name, itself), written in names.items():
            labels = name.split(".")
            above = (".".join(labels[first:]) for first in range(1, len(labels)))
            taken = (names.get(NamedHost(one, itself=True)) for one in above)
            if itself and (other := next(filter(None, taken), None)):
                message = f"`{written}` adds nothing: `{other}` takes in what is below it; drop one"
                yield self._warn(Listed("links", written), message)


def _too_common(written: str, common: str) -> str:
    hits = "is" if written == common else f"hits `{common}`,"
    return f"`{written}` {hits} an everyday word, and alone it meets the rule; ask for more with it"


def _alone(pack: Pack, listed: list[Listed], *, exact: bool) -> Pack:
    """A pack of one rule for each term, named by its number."""
    rules = (
        Rule(
            id=str(number),
            severity=pack.rules[0].severity,
            why=one.written,
            groups=((one.written,),),
            exact=exact,
            mode=Mode.SHADOW,
        )
        for number, one in enumerate(listed)
    )
    return structs.replace(pack, rules=tuple(rules))


def _probes(written: str) -> list[str]:
    """The words of a term, and once more with a letter at each end that is open."""
    term = Term.of(written)
    literal = term.literal.strip()
    longer = f"{'' if term.opens else 'x'}{literal}{'' if term.closes else 'x'}"
    return [literal, longer] if longer != literal else [literal]


def _covers(outer: list[Span], inner: list[Span]) -> bool:
    """Whether each of some spans lies in one of others."""
    return all(any(o.start <= i.start and i.end <= o.end for o in outer) for i in inner)


def _idle(probes: list[dict[Listed, list[Span]]]) -> str | None:
    """Why an exception, in whose words this stands, cancels nothing."""
    if not any(one.key not in ("except", "unless") for found in probes for one in found):
        return "it holds no term"
    for one in probes[0]:
        if one.key == "unless" and all(one in found for found in probes):
            return f"`{one.written}` in `unless` cancels it already"
    return None


class _Data(msgspec.Struct, frozen=True):
    """`common_words.json`: words by language, most frequent first, parted by spaces."""

    words: dict[str, str]


@cache
def common_words(language: str) -> dict[str, str]:
    """The commonest words of a language by their fold; none of a language that is not known.

    Source: wordfreq, by scripts/build_common_words.py.

    >>> common_words("en")[" money "], common_words("tlh")
    ('money', {})
    """
    data = Path(__file__).with_name("common_words.json").read_bytes()
    words = msgspec.json.decode(data, type=_Data).words.get(language, "").split()
    return {Term.of(word).pattern: word for word in words}
