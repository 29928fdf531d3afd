"""Count the steps of a backtracking search, so that a test can tell linear from worse.

`re` does not say how hard it worked, and seconds depend on the machine. `Steps` walks the parse
tree that `re` itself makes and counts each character that it compares. `re` takes short cuts that
this does not take, so it never needs more steps by more than a constant factor.

Bounded repeats above `MOST_REPEATS` are cut to it: they multiply the time by a constant, and would
hide on a short text that the rest is linear.

>>> steps = Steps(re.compile("a+b"))
>>> [steps.to_search("a" * n) for n in (100, 200)]  # quadratic: each "a" begins anew
[10302, 40602]
>>> [Steps(re.compile("(?<!a)a+b")).to_search("a" * n) for n in (100, 200)]
[503, 1003]
"""

import re
from collections.abc import Callable
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST_REPEATS = 8
TOO_MANY = 400_000

type Then = Callable[[int], int | None]
type Node = Callable[[int, Then], int | None]

_CATEGORY = {code.CATEGORY_DIGIT: r"\d", code.CATEGORY_NOT_DIGIT: r"\D", code.CATEGORY_SPACE: r"\s",
             code.CATEGORY_NOT_SPACE: r"\S", code.CATEGORY_WORD: r"\w",
             code.CATEGORY_NOT_WORD: r"\W"}  # fmt: skip
_USUAL = "aZ1_-. \n@#*'\"<>&é一\x01\x02\u0301\u200b~"
"""Characters of many kinds; those that a pattern names are added to them."""


class TooManyStepsError(Exception):
    """A search took more than `TOO_MANY` steps."""


class Steps:
    """A pattern as a machine that counts its steps."""

    def __init__(self, pattern: re.Pattern[Any]):
        """Take any compiled pattern; one of bytes is read as Latin-1."""
        source = pattern.pattern
        self._flags = pattern.flags
        if isinstance(source, bytes):
            source = source.decode("latin-1")
            self._flags |= re.ASCII
        self._tests: list[Callable[[str], bool]] = []
        self._named: set[str] = set()
        self._text, self._count = "", 0
        self._groups: dict[int, tuple[int, int]] = {}
        flags = self._flags & ~re.UNICODE if self._flags & re.ASCII else self._flags
        self.tree = parser.parse(source, flags)
        self._run = self._sequence(self.tree)

    def to_search(self, text: str) -> int:
        """Return the steps of finding all matches in a text.

        Raises TooManyStepsError past `TOO_MANY`.
        """
        self._text, self._count, at = text, 0, 0
        while at <= len(text):
            self._groups = {}
            self._step()
            end = self._run(at, lambda end: end)
            at = at + 1 if end is None or end == at else end
        return self._count

    def to_match(self, text: str) -> int:
        """Return the steps of trying the pattern at the beginning of a text alone."""
        self._text, self._count, self._groups = text, 0, {}
        self._run(0, lambda end: end)
        return self._count

    def alphabet(self) -> list[str]:
        """Return one character of each kind that the pattern can tell apart."""
        kinds: dict[tuple[bool, ...], str] = {}
        for char in (*_USUAL, *sorted(self._named)):
            kinds.setdefault(tuple(test(char) for test in self._tests), char)
        return list(kinds.values())

    def _step(self) -> None:
        self._count += 1
        if self._count > TOO_MANY:
            raise TooManyStepsError

    def _sequence(self, items: Any) -> Node:
        nodes = [self._node(op, argument) for op, argument in items]

        def run(at: int, then: Then, first: int = 0) -> int | None:
            if first == len(nodes):
                return then(at)
            return nodes[first](at, lambda end: run(end, then, first + 1))

        return nodes[0] if len(nodes) == 1 else run

    def _node(self, op: Any, argument: Any) -> Node:
        if op in (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN):
            return self._one(self._test(op, argument))
        if op in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            return self._repeat(op, *argument)
        if op is code.BRANCH:
            return self._branch([self._sequence(each) for each in argument[1]])
        if op is code.SUBPATTERN:
            return self._group(argument[0], self._sequence(argument[3]))
        if op is code.ATOMIC_GROUP:
            return self._atomic(self._sequence(argument))
        if op in (code.ASSERT, code.ASSERT_NOT):
            back = argument[1].getwidth()[1] if argument[0] < 0 else 0
            return self._assertion(self._sequence(argument[1]), back, op is code.ASSERT)
        if op is code.AT:
            return self._place(argument)
        if op is code.GROUPREF:
            return self._reference(argument)
        raise NotImplementedError(op)

    def _test(self, op: Any, argument: Any) -> Callable[[str], bool]:
        test = self._any_case(self._plain_test(op, argument))
        self._tests.append(test)
        return test

    def _any_case(self, test: Callable[[str], bool]) -> Callable[[str], bool]:
        if not self._flags & re.IGNORECASE:
            return test
        return lambda char: any(map(test, {char, char.lower()[:1], char.upper()[:1]}))

    def _plain_test(self, op: Any, argument: Any) -> Callable[[str], bool]:
        if op is code.ANY:
            return lambda char: char != "\n" or bool(self._flags & re.DOTALL)
        if op in (code.LITERAL, code.NOT_LITERAL):
            self._named.add(chr(argument))
            return lambda char: (ord(char) == argument) == (op is code.LITERAL)
        negated = argument[0][0] is code.NEGATE
        tests = [self._member(*each) for each in argument[negated:]]
        return lambda char: any(test(char) for test in tests) != negated

    def _member(self, op: Any, argument: Any) -> Callable[[str], bool]:
        if op is code.RANGE:
            first, last = argument
            self._named |= {chr(first), chr(last)}
            return lambda char: first <= ord(char) <= last
        if op is code.CATEGORY:
            kind = re.compile(_CATEGORY[argument], self._flags & re.ASCII)
            return lambda char: bool(kind.match(char))
        self._named.add(chr(argument))
        return lambda char: ord(char) == argument

    def _one(self, test: Callable[[str], bool]) -> Node:
        def run(at: int, then: Then) -> int | None:
            self._step()
            return then(at + 1) if at < len(self._text) and test(self._text[at]) else None

        return run

    def _repeat(self, op: Any, least: int, most: Any, inner: Any) -> Node:
        most = int(most)  # MAXREPEAT is one
        if most != int(code.MAXREPEAT):
            least, most = min(least, MOST_REPEATS), min(most, MOST_REPEATS)
        node = self._sequence(inner)
        lazy = op is code.MIN_REPEAT

        def run(at: int, then: Then, done: int = 0) -> int | None:
            def again(end: int) -> int | None:
                return None if end == at and done >= least else run(end, then, done + 1)

            if lazy and done >= least and (end := then(at)) is not None:
                return end
            if done < most and (end := node(at, again)) is not None:
                return end
            return then(at) if not lazy and done >= least else None

        return self._atomic(run) if op is code.POSSESSIVE_REPEAT else run

    def _branch(self, ways: list[Node]) -> Node:
        def run(at: int, then: Then) -> int | None:
            return next((end for way in ways if (end := way(at, then)) is not None), None)

        return run

    def _group(self, number: int | None, node: Node) -> Node:
        if number is None:
            return node

        def run(at: int, then: Then) -> int | None:
            before = self._groups.get(number)

            def closed(end: int) -> int | None:
                self._groups[number] = at, end
                return then(end)

            end = node(at, closed)
            if end is None and before is not None:
                self._groups[number] = before
            return end

        return run

    def _atomic(self, node: Node) -> Node:
        def run(at: int, then: Then) -> int | None:
            end = node(at, lambda end: end)
            return None if end is None else then(end)

        return run

    def _assertion(self, node: Node, back: int, wanted: bool) -> Node:
        def run(at: int, then: Then) -> int | None:
            self._step()
            met = at >= back and node(at - back, lambda end: end) is not None
            return then(at) if met == wanted else None

        return run

    def _place(self, where: Any) -> Node:
        def met(at: int) -> bool:
            if where in (code.AT_BEGINNING, code.AT_BEGINNING_STRING):
                return at == 0
            if where is code.AT_END_STRING:
                return at == len(self._text)
            if where is code.AT_END:
                return self._text[at:] in ("", "\n")
            pair = self._text[max(0, at - 1) : at], self._text[at : at + 1]
            sides = [bool(re.match(r"\w", side, self._flags & re.ASCII)) for side in pair]
            return (sides[0] != sides[1]) == (where is code.AT_BOUNDARY)

        def run(at: int, then: Then) -> int | None:
            self._step()
            return then(at) if met(at) else None

        return run

    def _reference(self, number: int) -> Node:
        def run(at: int, then: Then) -> int | None:
            self._step()
            if number not in self._groups:
                return None
            first, last = self._groups[number]
            said = self._text[first:last].lower(), self._text[at : at + last - first].lower()
            return then(at + last - first) if said[0] == said[1] else None

        return run
