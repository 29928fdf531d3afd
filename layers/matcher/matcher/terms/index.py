"""What rules look for: their patterns, and the terms and groups that each stands for.

There may be 100,000 terms, and a worker starts cold: so a use is one number, and a term is
compiled when it is first looked at.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from matcher.hosts.lookalikes import NamedHost
from matcher.terms.affixes import forms
from matcher.terms.term import Term, pattern_of
from matcher.text.fold import fold
from rules.pack import Rule

EXCEPT, UNLESS = -1, -2
"""Where a rule's terms stand that are in no group."""

_PUNYCODE = " xn "  # the fold of "xn--" in a host name that IDNA has yet to decode
_GROUP, _RULE = 20, 26  # bits below them in a use: 100,000 terms in a pack, 20 lists in a rule


type _Forms = tuple[tuple[tuple[str, str], ...], ...]
"""Forms by group, each with its term as written."""


class Use(NamedTuple):
    """A term's place in a rule: its group, `EXCEPT` or `UNLESS`, and its order there.

    In a rule with `affixes` the order counts forms.

    The pattern of a host name is in the group behind the last, and has no term.
    """

    rule: int
    group: int
    order: int


class Index:
    """The patterns of some rules, and what each stands for.

    >>> from rules.pack import Severity
    >>> rule = Rule(id="a", severity=Severity.LOW, why="", groups=(("otp",), ("OTP", "kirim")))
    >>> index = Index([rule])
    >>> index.patterns, list(index.uses(0))
    ([' otp ', ' kirim '], [Use(rule=0, group=0, order=0), Use(rule=0, group=1, order=0)])
    """

    def __init__(self, rules: Sequence[Rule]):
        """Takes rules; they are known by their place."""
        self._rules = rules
        self._terms: dict[tuple[str, str], Term] = {}
        self._looked_at: dict[int, list[tuple[Use, Term]]] = {}  # by pattern
        self._forms = {at: _forms(rule) for at, rule in enumerate(rules) if rule.affixes}
        self._more: dict[int, list[int]] = {}  # by the first use of a pattern, its others if any
        firsts: dict[str, int] = {}
        for number, rule in enumerate(rules):
            for first_use, patterns in _patterns(number, rule, self._forms.get(number)):
                for use, pattern in enumerate(patterns, first_use):
                    if (first := firsts.setdefault(pattern, use)) != use:
                        self._more.setdefault(first, []).append(use)
        self.patterns = list(firsts)
        self._first = array("q", firsts.values())  # by pattern, its first use

    def uses(self, pattern: int) -> Iterator[Use]:
        """What a pattern stands for."""
        first = self._first[pattern]
        for use in (first, *self._more.get(first, ())):
            order = use & (1 << _GROUP) - 1
            group = (use >> _GROUP & (1 << _RULE - _GROUP) - 1) + UNLESS
            yield Use(use >> _RULE, group, order)

    def needs(self) -> Iterator[tuple[int, int, int]]:
        """Each pattern with a rule that it serves, and the group as a bit."""
        for pattern in range(len(self.patterns)):
            for use in self.uses(pattern):
                if use.group >= 0:
                    yield pattern, use.rule, 1 << use.group

    def terms(self, pattern: int) -> list[tuple[Use, Term]]:
        """The terms that a pattern stands for; a host name is none."""
        if pattern not in self._looked_at:
            terms = ((use, self._term(use)) for use in self.uses(pattern))
            self._looked_at[pattern] = [(use, term) for use, term in terms if term]
        return self._looked_at[pattern]

    def _term(self, use: Use) -> Term | None:
        group = use.group - UNLESS
        if affixed := self._forms.get(use.rule):
            pairs = affixed[group][use.order : use.order + 1]
        else:
            written = _terms(self._rules[use.rule])[group][use.order : use.order + 1]
            pairs = tuple((term, term) for term in written)
        if not pairs:
            return None
        form, term = pairs[0]
        return self._terms.get(pairs[0]) or self._terms.setdefault(
            pairs[0], replace(Term.of(form), written=term)
        )


def groups_of(rule: Rule) -> tuple[tuple[str, ...], ...]:
    """The groups of terms: those of `all`, then that of `at_least`. `links` comes after them."""
    return (*rule.groups, rule.at_least.of) if rule.at_least else rule.groups


def _terms(rule: Rule) -> tuple[tuple[str, ...], ...]:
    """The terms of a rule by group, from `UNLESS` on; none for its host names."""
    return rule.unless, rule.except_, *groups_of(rule), ()


def _forms(rule: Rule) -> _Forms:
    """The forms of a rule's terms by group, each with its term, in the order of terms."""
    return tuple(
        tuple((form, written) for written in terms for form in forms(written))
        for terms in _terms(rule)
    )


def _patterns(
    number: int, rule: Rule, affixed: _Forms | None
) -> Iterator[tuple[int, Iterable[str]]]:
    """The patterns of a rule by group, each group with the use of its first one."""
    by_group = _terms(rule)
    for group, terms in enumerate(by_group[:-1]):
        looked_for = (form for form, _ in affixed[group]) if affixed else terms
        yield number << _RULE | group << _GROUP, map(pattern_of, looked_for)
    told_by = {pattern: None for written in rule.links for pattern in _told_by(written, rule)}
    yield number << _RULE | len(by_group) - 1 << _GROUP, told_by


def _told_by(written: str, rule: Rule) -> tuple[str, ...]:
    """The patterns of which a text that holds a host name of a rule, or its look-alike, has one."""
    name = NamedHost.of(written).name
    told_by = name if rule.exact else name.rpartition(".")[2]  # no look-alike changes that
    return (fold(told_by),) if told_by.isascii() else (fold(told_by), _PUNYCODE)
