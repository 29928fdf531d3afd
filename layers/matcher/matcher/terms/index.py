"""The folded patterns of all terms, and the rules and groups that each pattern serves.

The obvious index is a dictionary from each pattern to a list of (rule, group, term). With 100,000
terms that takes a second and much memory, and a worker starts cold. So a use of a pattern is packed
into one integer, most patterns have exactly one use, and a term is compiled when a text first has
its pattern.

A sign is its own pattern, `{link}`. No fold has braces, so only its name is looked up here.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from matcher.terms.affixes import affixed_forms
from matcher.terms.sound_term import SoundTerm
from matcher.terms.term import Term, pattern_of
from matcher.text.fold import fold
from matcher.text.hostnames import NamedHost
from matcher.text.pinyin import sound_pattern
from rules.pack import Rule, sign_of

EXCEPT, UNLESS = -1, -2
"""The group numbers of the terms in a rule's `except` and `unless`."""

SOUNDS = 1
"""The group number of a score's terms in pinyin. Its written terms have the number 0."""

_PUNYCODE = " xn "  # the fold of "xn--" in a host name that is not IDNA decoded yet
_GROUP, _RULE = 20, 26  # bits below them in a use: 100,000 terms in a pack, 20 lists in a rule

type _Forms = tuple[tuple[tuple[str, str], ...], ...]
"""For each list of terms: the forms of its terms, each with its term as written."""


class TermUse(NamedTuple):
    """A place of a term in a rule: its group, `EXCEPT` or `UNLESS`, and its order there.

    In a rule with `affixes`, the order counts forms. Host names are in the group after the last and
    have no term.
    """

    rule: int
    group: int
    order: int


class PatternIndex:
    """The patterns of some rules, and the uses of each. Rules are known by their order.

    `all_groups` has, for each rule, the bits of all its groups. A scored rule has none: its terms
    are in one group, those in pinyin in another, and `weights` tells what they are worth. `signs`
    has the patterns of signs by their ids, and `with_signs` the rules that have some in groups.
    `sounds` are the patterns of terms in pinyin.

    >>> from rules.pack import Severity
    >>> rule = Rule(id="a", severity=Severity.LOW, why="", groups=(("otp",), ("OTP", "kirim")))
    >>> index = PatternIndex([rule])
    >>> index.patterns, list(index.uses(0))
    ([' otp ', ' kirim '], [TermUse(rule=0, group=0, order=0), TermUse(rule=0, group=1, order=0)])
    """

    def __init__(self, rules: Sequence[Rule]):
        self._rules = rules
        self._terms: dict[tuple[str, str], Term] = {}
        self._terms_of: dict[int, list[tuple[TermUse, Term]]] = {}  # by pattern
        self._bits_of: dict[int, list[tuple[int, int]]] = {}  # by pattern
        self._forms = {at: _forms(rule) for at, rule in enumerate(rules) if rule.affixes}
        self._weighed = {at: _term_lists(rule) for at, rule in enumerate(rules) if rule.score}
        self._further_uses: dict[int, list[int]] = {}  # by the first use of a pattern
        first_uses: dict[str, int] = {}
        for number, rule in enumerate(rules):
            for first_of_list, patterns in _patterns(number, rule, self._forms.get(number)):
                for use, pattern in enumerate(patterns, first_of_list):
                    if (first := first_uses.setdefault(pattern, use)) != use:
                        self._further_uses.setdefault(first, []).append(use)
        self.patterns = list(first_uses)
        self._first_uses = array("q", first_uses.values())  # by pattern
        self.signs = {
            sign: at for at, pattern in enumerate(self.patterns) if (sign := sign_of(pattern))
        }
        self.sounds = (
            frozenset(
                pattern
                for pattern in range(len(self.patterns))
                if any(map(self._is_sound, self.uses(pattern)))
            )
            if any(rule.score and rule.score.pinyin for rule in rules)
            else frozenset[int]()
        )
        self.with_signs = frozenset(
            use.rule for pattern in self.signs.values() for use in self.uses(pattern)
        )
        self.all_groups = [
            0 if rule.score else (1 << len(rule.term_groups) + bool(rule.links)) - 1
            for rule in rules
        ]

    def uses(self, pattern: int) -> Iterator[TermUse]:
        """Yield the uses of a pattern."""
        first = self._first_uses[pattern]
        for use in (first, *self._further_uses.get(first, ())):
            order = use & (1 << _GROUP) - 1
            group = (use >> _GROUP & (1 << _RULE - _GROUP) - 1) + UNLESS
            yield TermUse(use >> _RULE, group, order)

    def _groups_of(self, pattern: int) -> list[tuple[int, int]]:
        """Return the rules that need a pattern, each with the group as a bit. It is remembered."""
        if pattern not in self._bits_of:
            self._bits_of[pattern] = [
                (rule, 1 << group) for rule, group, _ in self.uses(pattern) if group >= 0
            ]
        return self._bits_of[pattern]

    def possible_rules(
        self, patterns: Iterable[int], by_link: Mapping[int, Iterable[int]]
    ) -> list[int]:
        """Return the rules of which every group has one of these patterns, or is in `by_link`."""
        groups: defaultdict[int, int] = defaultdict(int)
        for rule, linked_groups in by_link.items():
            groups[rule] = sum([1 << group for group in linked_groups])
        for pattern in patterns:
            for rule, bit in self._groups_of(pattern):
                groups[rule] |= bit
        return [rule for rule, present in groups.items() if present == self.all_groups[rule]]

    def needs(self) -> Iterator[tuple[int, int, int]]:
        """Yield each pattern with a rule that needs it, and the group as a bit."""
        for pattern in range(len(self.patterns)):
            for use in self.uses(pattern):
                if use.group >= 0 and self.all_groups[use.rule]:
                    yield pattern, use.rule, 1 << use.group

    def weights(self) -> Iterator[tuple[int, int, int]]:
        """Yield each pattern of a weighted term with its scored rule, and the weight."""
        for pattern in range(len(self.patterns)) if self._weighed else ():
            for use in self.uses(pattern):
                score = self._rules[use.rule].score
                if score and use.group >= 0:
                    _, written = self._form_of(use)[0]
                    weights = score.pinyin if use.group == SOUNDS else score.terms
                    yield pattern, use.rule, weights[written]

    def counterweights(self) -> Iterator[tuple[int, int, int, str]]:
        """Yield each pattern of a term against a post with its rule, weight and written form."""
        for pattern in range(len(self.patterns)) if self._weighed else ():
            for use in self.uses(pattern):
                score = self._rules[use.rule].score
                if score and use.group == 0:
                    form, written = self._form_of(use)[0]
                    if (weight := score.terms[written]) < 0 and form == written:
                        yield pattern, use.rule, weight, written

    def scored_uses(self) -> Iterator[tuple[int, int]]:
        """Yield each pattern of a scored rule with the number of its terms there."""
        for pattern in range(len(self.patterns)) if self._weighed else ():
            if number := sum(use.rule in self._weighed for use in self.uses(pattern)):
                yield pattern, number

    def only_scored(self) -> Iterator[int]:
        """Yield the patterns that only scored rules have."""
        for pattern in range(len(self.patterns)):
            if all(use.rule in self._weighed for use in self.uses(pattern)):
                yield pattern

    def terms(self, pattern: int) -> list[tuple[TermUse, Term]]:
        """Return the terms with a pattern. Host names are left out."""
        if pattern not in self._terms_of:
            terms = ((use, self._term(use)) for use in self.uses(pattern))
            self._terms_of[pattern] = [(use, term) for use, term in terms if term]
        return self._terms_of[pattern]

    def _term(self, use: TermUse) -> Term | None:
        pairs = self._form_of(use)
        if not pairs:
            return None
        form, term = pairs[0]
        if self._is_sound(use):
            return SoundTerm.of(term)
        return self._terms.get(pairs[0]) or self._terms.setdefault(
            pairs[0], replace(Term.of(form), written=term)
        )

    def _is_sound(self, use: TermUse) -> bool:
        return use.group == SOUNDS and use.rule in self._weighed

    def _form_of(self, use: TermUse) -> tuple[tuple[str, str], ...]:
        """Return the form of a term with its term as written, or nothing for a host name."""
        group = use.group - UNLESS
        if rule_forms := self._forms.get(use.rule):
            return rule_forms[group][use.order : use.order + 1]
        lists = self._weighed.get(use.rule) or _term_lists(self._rules[use.rule])
        written = lists[group][use.order : use.order + 1]
        return tuple((term, term) for term in written)


def _term_lists(rule: Rule) -> tuple[tuple[str, ...], ...]:
    """Return the terms of a rule by group, from `UNLESS` on. The group of host names is empty."""
    sounds = [tuple(sorted(rule.score.pinyin))] if rule.score else []
    return rule.unless, rule.except_, *rule.term_groups, *sounds, ()


def _forms(rule: Rule) -> _Forms:
    return tuple(
        tuple((form, written) for written in terms for form in affixed_forms(written))
        for terms in _term_lists(rule)
    )


def _patterns(
    number: int, rule: Rule, rule_forms: _Forms | None
) -> Iterator[tuple[int, Iterable[str]]]:
    """Yield the patterns of each list of terms, with the use of its first one."""
    lists = _term_lists(rule)
    for group, terms in enumerate(lists[:-1]):
        wanted = (form for form, _ in rule_forms[group]) if rule_forms else terms
        is_sound = rule.score and group + UNLESS == SOUNDS
        yield (
            number << _RULE | group << _GROUP,
            map(sound_pattern if is_sound else _pattern, wanted),
        )
    of_hosts = {
        pattern: None for written in rule.links for pattern in _host_patterns(written, rule)
    }
    yield number << _RULE | len(lists) - 1 << _GROUP, of_hosts


def _pattern(term: str) -> str:
    return term if sign_of(term) else pattern_of(term)


def _host_patterns(written: str, rule: Rule) -> tuple[str, ...]:
    """Return patterns such that a text with the host, or a look-alike, has one of them."""
    name = NamedHost.of(written).name
    kept = name if rule.exact else name.rpartition(".")[2]  # a look-alike keeps the last label
    return (fold(kept),) if kept.isascii() else (fold(kept), _PUNYCODE)
