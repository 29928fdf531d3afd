"""Warnings for the author of a sound pack, which stop nothing, and the names that no rule is about.

All terms of a rule are looked for in the words of each term. An end that `*` opens is tried as it
is and with one more letter. A term adds nothing if in its own words an exception holds it, a
context cancels it, or another term of its list is found.

Names are those of persons, parties, peoples, religions and offices. No term of a score may have
one: a program learns the names that somebody's posts repeat first. Other rules may have some beside
other terms, such as the places that a threat names.

Sources: the lists `kept_out` and `names` of `claims/data/topics.json`, and `refused_names.json`,
which says where its own are from. They do not hold every name: a person reads every term.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import structs

import matcher.sign_catalogue as catalogue
from claims.text_words import read_json
from matcher import fold
from matcher.engine import Matcher
from matcher.hit import Span
from matcher.term import Term, pattern_of
from rules.pack import Mode, Pack, PackFile, Problem, Rule, sign_of

SHORT_LIST = 8
"""The phrases of a list this short are checked one by one. A longer list is checked as a whole."""


class Listed(NamedTuple):
    """A term in one list of a rule: a group by its number, `except` or `unless`."""

    key: str
    written: str


def advise(file: PackFile) -> Iterator[Problem]:
    """Yield the warnings of a pack that passed every check."""
    for rule in file.pack.rules:
        if not rule.copies:
            advice = _Advice(file, rule)
            yield from advice.terms()
            yield from advice.exceptions()
            yield from advice.common_words()
            yield from advice.hosts()


def repeated_conditions(files: Iterable[PackFile]) -> Iterator[Problem]:
    """Yield the rules that ask the same as an earlier one, of their pack or of another."""
    first: dict[object, str] = {}
    for file in files:
        for rule in file.pack.rules:
            name = f"{file.pack.id}/{rule.id}"
            if not rule.copies and (other := first.setdefault(_condition(rule), name)) != name:
                message = f"asks the same as {other}: the same groups; keep one of them"
                yield file.problem((rule.id,), message, rule.id)


def _condition(rule: Rule) -> object:
    groups = frozenset(
        frozenset(term if sign_of(term) else pattern_of(term) for term in group)
        for group in rule.groups
    )
    counted = rule.at_least and (rule.at_least.n, frozenset(rule.at_least.of))
    hosts = frozenset(fold.NamedHost.of(host) for host in rule.links)
    return groups, counted, hosts, rule.score and msgspec.json.encode(rule.score, order="sorted")


class _Advice:
    def __init__(self, file: PackFile, rule: Rule):
        self.file, self.rule = file, rule
        self.lists = {
            key: tuple(entry for entry in entries if not sign_of(entry))  # signs have no words
            for key, entries in rule.lists.items()
        }
        self.listed = list(
            dict.fromkeys(Listed(key, term) for key, terms in self.lists.items() for term in terms)
        )
        self._warned: set[Listed] = set()
        self._matcher = Matcher([_alone(file.pack, self.listed, exact=rule.exact)])

    def _warn(self, listed: Listed, message: str) -> Problem:
        self._warned.add(listed)
        return self.file.problem((self.rule.id, *listed), message, self.rule.id)

    @cached_property
    def found(self) -> dict[Listed, list[dict[Listed, list[Span]]]]:
        """Return the terms found in the words of each term, once for each way to open its ends."""
        probes = [(listed, probe) for listed in self.listed for probe in _probes(listed.written)]
        found: dict[Listed, list[dict[Listed, list[Span]]]] = defaultdict(list)
        hits_of = self._matcher.find_all(probe for _, probe in probes)
        for (listed, _), hits in zip(probes, hits_of, strict=True):
            found[listed].append({self.listed[int(hit.rule)]: list(hit.spans) for hit in hits})
        return found

    def terms(self) -> Iterator[Problem]:
        """Yield terms that can never match, and those that another term of their list covers."""
        for listed, probes in self.found.items():
            if listed.key != "except" and (why := self._useless(listed, probes)):
                yield self._warn(listed, why)

    def _useless(self, listed: Listed, probes: list[dict[Listed, list[Span]]]) -> str | None:
        key, written = listed
        if not all(listed in found for found in probes):
            return f"`{written}` can never match: it is not found in its own words; reword it"
        everywhere = [other for other in probes[0] if all(other in found for found in probes)]
        for other in everywhere if key != "unless" else ():
            if other.key == "except" and all(
                _covers(found[other], found[listed]) for found in probes
            ):
                return f"`{written}` can never match: the exception `{other.written}` holds it"
            if other.key == "unless":
                return f"`{written}` can never match: `{other.written}` in `unless` cancels it"
        if key == "score" or len({other.key for other in everywhere} - {"unless", "except"}) > 1:
            return None  # both count; or two groups share its words, and one span serves one group
        pattern = Term.of(written).pattern
        for other in everywhere:
            if other.key == key and Term.of(other.written).pattern != pattern:
                return (
                    f"`{written}` adds next to nothing: `{other.written}` is found in it; drop one"
                )
        return None

    def exceptions(self) -> Iterator[Problem]:
        """Yield exceptions that hold no term, and phrases that no example needs, each once."""
        for listed, probes in self.found.items():
            if listed.key == "except" and (why := _idle(probes)):
                message = f"the exception `{listed.written}` cancels nothing: {why}"
                yield self._warn(listed, message)
        for key in ("except", "unless"):
            phrases = [each for each in self.lists[key] if Listed(key, each) not in self._warned]
            if phrases and not self._needs(key, phrases):
                yield self._needless(key, phrases)
            elif len(phrases) <= SHORT_LIST:
                needless = [phrase for phrase in phrases if not self._needs(key, [phrase])]
                yield from (self._needless(key, [phrase]) for phrase in needless)

    def _needs(self, key: str, phrases: list[str]) -> bool:
        """Return whether an `ignore` example would be hit without these phrases."""
        dropped = {*phrases, *(written for other, written in self._warned if other == key)}
        patterns = {Term.of(phrase).pattern for phrase in dropped}  # of both Han spellings
        left = tuple(
            phrase for phrase in self.lists[key] if Term.of(phrase).pattern not in patterns
        )
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
        """Yield warnings on a rule that everyday words alone meet: each group has one."""
        groups = [terms for key, terms in self.lists.items() if key not in ("except", "unless")]
        words = [
            [(term, word) for term in group if (word := self._common_word(term))]
            for group in groups
        ]
        if self.rule.links or self.rule.score or not all(words):
            return
        if len(groups) == 1:
            for written, common in words[0][:SHORT_LIST]:
                yield self._warn(Listed("0", written), _too_common(written, common))
        elif self.rule.within is None:
            met = ", ".join(f"`{found[0][0]}`" for found in words)
            message = f"everyday words alone meet every group: {met}; add `within`, or narrow one"
            yield self.file.problem((self.rule.id,), message, self.rule.id)

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
        """Yield hosts that are subdomains of another host of the rule."""
        names = {fold.NamedHost.of(written): written for written in self.rule.links}
        for (name, itself), written in names.items():
            labels = name.split(".")
            above = (".".join(labels[first:]) for first in range(1, len(labels)))
            named = (names.get(fold.NamedHost(domain, itself=True)) for domain in above)
            if itself and (other := next(filter(None, named), None)):
                message = f"`{written}` adds nothing: `{other}` includes its subdomains; drop one"
                yield self._warn(Listed("links", written), message)


def _too_common(written: str, common: str) -> str:
    hits = "is" if written == common else f"hits `{common}`,"
    return f"`{written}` {hits} an everyday word, and alone it meets the rule; ask for more with it"


def _alone(pack: Pack, listed: list[Listed], *, exact: bool) -> Pack:
    """Return a pack of one rule for each term, named by its number."""
    rules = (
        Rule(
            id=str(number),
            severity=pack.rules[0].severity,
            why=term.written,
            groups=((term.written,),),
            exact=exact,
            mode=Mode.SHADOW,
        )
        for number, term in enumerate(listed)
    )
    return structs.replace(pack, rules=tuple(rules))


def _probes(written: str) -> list[str]:
    """Return the words of a term, and if an end is open, also with one more letter there."""
    term = Term.of(written)
    literal = term.literal.strip()
    longer = f"{'' if term.opens else 'x'}{literal}{'' if term.closes else 'x'}"
    return [literal, longer] if longer != literal else [literal]


def _covers(outer: list[Span], inner: list[Span]) -> bool:
    return all(
        any(holder.start <= span.start and span.end <= holder.end for holder in outer)
        for span in inner
    )


def _idle(probes: list[dict[Listed, list[Span]]]) -> str | None:
    """Return why an exception with these terms in its words cancels nothing, or None."""
    if not any(other.key not in ("except", "unless") for found in probes for other in found):
        return "it holds no term"
    for other in probes[0]:
        if other.key == "unless" and all(other in found for found in probes):
            return f"`{other.written}` in `unless` cancels it already"
    return None


@cache
def common_words(language: str) -> dict[str, str]:
    """Return the commonest words of a language by their fold; empty for an unknown language.

    Source: wordfreq, by scripts/build_data.py.

    >>> common_words("en")[" money "], common_words("tlh")
    ('money', {})
    """
    words = _read("common_words.json")["words"].get(language, "").split()
    return {Term.of(word).pattern: word for word in words}


def _read(name: str) -> dict[str, Any]:
    """Return the content of a file of words by language, the most frequent first."""
    read: dict[str, Any] = msgspec.json.decode(Path(__file__).with_name(name).read_bytes())
    return read


_KINDS = {
    "party": "a party",
    "candidate": "a person",
    "office": "an office",
    "religion": "a religion",
    "people": "a people",
}
"""The lists of `kept_out` that are names, and what they name."""

_LONGEST = 6  # words of a name, or Chinese letters
_ALL_HAN = re.compile(f"[ {''.join(fold.syllables().values())}]+")


def named_in(term: str) -> str | None:
    """Return what a term names, or None. An end that `*` opens may be up to half of a name.

    >>> named_in("vote for the mayor"), named_in("微信政府号"), named_in("free spins")
    ('an office', 'an office', None)
    >>> named_in("Präsidenten"), named_in("presid*"), named_in("council tax")
    ('an office', 'an office', None)
    """
    names, stems, ordinary = _names()
    text = ordinary.sub("|", " ".join(_words_of(term)))
    words = text.split()
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + _LONGEST) + 1):
            if kind := names.get(" ".join(words[first:last])):
                return kind
    if stem := stems.search(text):
        return names[f"{stem[0]}*"]
    form = "*" * term.startswith("*") + text + "*" * term.endswith("*")
    if form == text or len(text) < 4:  # too short to tell names apart
        return None
    near = (name for name in names if text in name and len(name) <= 2 * len(text))
    return next((names[name] for name in near if fnmatchcase(name, form)), None)


@cache
def _sounds_of_names() -> tuple[tuple[str, str], ...]:
    """Return the sounds of each name in Han letters, of two letters or more, and what it is of."""
    pairs = ((f" {name} ", kind) for name, kind in _names()[0].items() if " " in name)
    sounding = ((fold.sounds_of(name), kind) for name, kind in pairs)
    return tuple((name, kind) for name, kind in sounding if _ALL_HAN.fullmatch(name))


@cache
def _names() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Return what each name is of, by the words of its fold, in which `*` ends a stem.

    Next come patterns of the stems, and of the phrases that name nobody.
    """
    own = _read("refused_names.json")
    of_claims = read_json("topics.json")
    lists = [
        (kind, words)
        for name, kind in _KINDS.items()
        for words in of_claims["kept_out"][name].values()
    ]
    lists += [(kind, words) for kind, given in own["names"].items() for words in given.values()]
    lists.append(("a person", of_claims["names"]["given"]))
    names: dict[str, str] = {}
    for kind, words in lists:
        for word in words.split():
            name = " ".join(_words_of(word.strip("=").replace("_", " ")))
            # A shorter name in Latin letters is too often something else.
            if len(name) >= 3 or not word.isascii():
                names.setdefault(name + "*" * word.endswith("*"), kind)
    stems = "|".join(name[:-1] for name in names if name.endswith("*"))
    ordinary = own["ordinary"].replace(" ", "|").replace("_", " ")
    return names, re.compile(rf"\b(?:{stems})"), re.compile(rf"\b(?:{ordinary})\b")


def _words_of(text: str) -> list[str]:
    """Return the folded words of a text. Look-alikes stay: Russian "том" is no Tom."""
    return "".join(fold.HAN.get(char, char) for char in text.translate(fold.STRICT)).split()


PLACEHOLDER = "Put here"
"""How a text of a learned pack begins that only a person can write."""

PLACES_SHOWN = 20
"""Lines that one message names."""

_UNWRITTEN = re.compile(rf"[\s-]*(?:\w+:\s+)?[\"']?{PLACEHOLDER}\b")


def words_asked_for(pack: str) -> tuple[int, str] | None:
    """Return the first line of a pack that waits for its author's words, and a warning.

    >>> words_asked_for("why: Put here what they do")
    (1, '`Put here` asks for your words; until then no set takes the pack')
    """
    lines = [at for at, line in enumerate(pack.splitlines(), 1) if _UNWRITTEN.match(line)]
    if not lines:
        return None
    further = ", ".join(map(str, lines[1:PLACES_SHOWN]))
    more = f", {len(lines) - PLACES_SHOWN:,} more" * (len(lines) > PLACES_SHOWN)
    where = f" here and in lines {further}{more}" if further else ""
    return lines[0], f"`{PLACEHOLDER}` asks for your words{where}; until then no set takes the pack"


def why_unprotected(pack: Pack) -> str:
    """Return why a pack runs in shadow: nobody has protected sentences in a language of it."""
    why = (
        f"in shadow, unprotected: no protected sentences in {', '.join(pack.unprotected or ())};"
        " write thirty into the pack, under `protected`: five each of protest, election, office,"
        " faith, satire, warning"
    )
    return why if pack.unprotected else ""


def term_warning(written: str) -> str | None:
    """Return what may surprise the author of a sound term, or None.

    >>> term_warning("c++")
    '`c++` is compared as `c`: signs at its ends do not count, so it may match too much'
    """
    literal = Term.of(written).literal.strip()
    words = fold.fold(literal).strip(" ")
    if any(fold.FOLD[ord(sign)] == " " for sign in (literal[0], literal[-1])):
        return (
            f"`{written}` is compared as `{words}`: signs at its ends do not count, "
            "so it may match too much"
        )
    if len(words) == 1 and not fold.is_spaceless(words):
        return f"`{written}` is a single letter or digit, so it may match too much"
    return None


def weighted_term_problem(written: str) -> str | None:
    """Return why a string cannot be a term of a score, or None if it can.

    >>> weighted_term_problem("presid*")
    '`presid*` names an office; no score may know one, so drop it'
    """
    if problem := catalogue.weighted_term_problem(written):
        return problem
    kind = named_in(written)
    return f"`{written}` names {kind}; no score may know one, so drop it" if kind else None


def pinyin_problem(written: str) -> str | None:
    """Return why a string cannot be a term in pinyin, or None if it can."""
    if problem := catalogue.pinyin_problem(written):
        return problem
    sounds = fold.sound_pattern(written)
    kind = next((kind for name, kind in _sounds_of_names() if name in sounds), None)
    what = f"`{written}` sounds like the name of {kind}"
    return f"{what}; no score may know one, so drop it" if kind else None
