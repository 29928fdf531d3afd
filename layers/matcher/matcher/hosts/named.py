"""The host names in `links` of rules, and the rules that a host in a post is named by."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from matcher.hit import Part, Span
from matcher.hosts.lookalikes import NamedHost, glance, passes_for
from matcher.text.fold import Evasion
from matcher.text.links import Host, host_of
from rules.pack import Rule

type Served = dict[int, dict[int, list[tuple[int, Span]]]]
"""What a post's `links` serve: rule to group to the number of the part and the span in it."""


class HostUse(NamedTuple):
    """A host name in the `links` of a rule."""

    rule: int
    group: int
    written: str
    name: str


class NamedHosts:
    """The host names of some rules."""

    def __init__(self) -> None:
        self._uses: defaultdict[str, list[HostUse]] = defaultdict(list)  # by name
        self._lookalikes: defaultdict[str, list[HostUse]] = defaultdict(list)  # by glance

    def __bool__(self) -> bool:
        return bool(self._uses or self._lookalikes)

    def add(self, number: int, group: int, rule: Rule) -> None:
        """Takes the host names of a rule, known by its number, as one of its groups."""
        for written in rule.links:
            name, itself = NamedHost.of(written)
            use = HostUse(number, group, written, name)
            if itself:
                self._uses[name].append(use)
            if not rule.exact:
                self._lookalikes[glance(name)].append(use)

    def served(self, post: Sequence[Part]) -> Served:
        """What the links beside a post's texts serve."""
        served: Served = {}
        for number, (name, url) in enumerate(post):
            if name.startswith("links/") and (host := host_of(url)):
                for (rule, group, written, _), evasion in self.rules_of(host):
                    span = Span(name, host.start, host.end, written, evasion)
                    served.setdefault(rule, {}).setdefault(group, []).append((number, span))
        return served

    def rules_of(self, host: Host) -> list[tuple[HostUse, tuple[Evasion, ...]]]:
        """The rules that name a host or one above it, or one that it passes for.

        Each stands once, with the longest name; a look-alike only where no name is meant itself.
        """
        labels = host.name.split(".")
        longest_first = [".".join(labels[first:]) for first in range(len(labels))]
        named: dict[int, tuple[HostUse, tuple[Evasion, ...]]] = {}
        for name in longest_first:
            for use in self._uses.get(name, ()):
                named.setdefault(use.rule, (use, ()))
        for name in longest_first if self._lookalikes else ():
            for use in self._lookalikes.get(glance(name), ()):
                if passes_for(name, use.name):
                    named.setdefault(use.rule, (use, (Evasion.LOOKALIKE,)))
        return list(named.values())
