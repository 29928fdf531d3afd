"""The host names that rules list under `links`, and which rules a host in a post satisfies.

Each name is looked up exactly, then by the skeleton that it shares with its look-alikes.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from matcher.hit import Part, Span
from matcher.text.fold import Evasion
from matcher.text.hostnames import Host, NamedHost, host_of, is_lookalike, skeleton
from rules.pack import Rule

type GroupsByLink = dict[int, dict[int, list[tuple[int, Span]]]]
"""The `links` groups that URLs of a post satisfy: rule to group to (number of the part, span)."""


class HostUse(NamedTuple):
    """One host name under the `links` of one rule."""

    rule: int
    group: int
    written: str
    name: str


class HostIndex:
    """The host names of all rules, by name and by skeleton."""

    def __init__(self) -> None:
        self._by_name: defaultdict[str, list[HostUse]] = defaultdict(list)
        self._by_skeleton: defaultdict[str, list[HostUse]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._by_name or self._by_skeleton)

    def add(self, number: int, group: int, rule: Rule) -> None:
        """Add the host names of a rule, as one of its groups."""
        for written in rule.links:
            name, itself = NamedHost.of(written)
            use = HostUse(number, group, written, name)
            if itself:
                self._by_name[name].append(use)
            if not rule.exact:
                self._by_skeleton[skeleton(name)].append(use)

    def groups_by_link(self, post: Sequence[Part]) -> GroupsByLink:
        """Return the groups that the URLs of a post satisfy, apart from URLs in its texts."""
        groups: GroupsByLink = {}
        for part, (name, url) in enumerate(post):
            if name.startswith("links/") and (host := host_of(url)):
                for use, evasion in self.uses_of(host):
                    span = Span(name, host.start, host.end, use.written, evasion)
                    groups.setdefault(use.rule, {}).setdefault(use.group, []).append((part, span))
        return groups

    def uses_of(self, host: Host) -> list[tuple[HostUse, tuple[Evasion, ...]]]:
        """Return, for each rule that names a host or a parent domain of it, the longest name.

        A name that the host only looks like counts if the rule has no name that it is.
        """
        labels = host.name.split(".")
        names = [".".join(labels[first:]) for first in range(len(labels))]  # the longest first
        by_rule: dict[int, tuple[HostUse, tuple[Evasion, ...]]] = {}
        for name in names:
            for use in self._by_name.get(name, ()):
                by_rule.setdefault(use.rule, (use, ()))
        for name in names if self._by_skeleton else ():
            for use in self._by_skeleton.get(skeleton(name), ()):
                if is_lookalike(name, use.name):
                    by_rule.setdefault(use.rule, (use, (Evasion.LOOKALIKE,)))
        return list(by_rule.values())
