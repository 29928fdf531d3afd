"""YAML as nodes that know their lines, with its traps taken out.

Anchors, aliases, tags, duplicate keys and deep nesting are refused, and nothing is guessed: a
field says what it takes, and a value that YAML reads as another kind (`no`, `1.10`) is refused
with the advice to quote it.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import yaml

DEPTH = 12  # a pack needs 6
KEYS_IN_MAPPING = 64  # a pack needs 14
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STR = "tag:yaml.org,2002:str"

type Report = Callable[[int, str], None]
"""Takes a line, counted from 1, and what is wrong there."""


def compose(text: str, report: Report) -> yaml.MappingNode | None:
    """Parses one YAML document whose top is a mapping; None after reporting what is wrong."""
    try:
        if not _is_tame(text, report):
            return None
        top = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        marks = [mark for mark in (error.problem_mark, error.context_mark) if mark is not None]
        line = marks[0].line + 1 if marks else 1
        report(line, f"no valid YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, UnicodeEncodeError):
        report(1, "no valid YAML: it contains a character that YAML does not allow")
        return None
    if not isinstance(top, yaml.MappingNode):
        report(1, "a pack is a mapping of `id:`, `version:`, `title:` …")
        return None
    return top


def _is_tame(text: str, report: Report) -> bool:
    """Look at the stream of events, and stop at the first that no pack needs.

    Composing expands aliases and recurses, and takes seconds for a hundred thousand keys.
    """
    open_nodes: list[_OpenNode] = []
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionEndEvent):
            open_nodes.pop()
        elif isinstance(event, yaml.NodeEvent):
            if open_nodes and open_nodes[-1].takes_one_more():
                report(line, f"a mapping has at most {KEYS_IN_MAPPING} keys; remove the others")
                return False
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append(_OpenNode(isinstance(event, yaml.MappingStartEvent)))
        if len(open_nodes) > DEPTH:
            report(line, f"nested deeper than {DEPTH} levels")
            return False
        if getattr(event, "anchor", None):
            report(line, "anchors and aliases are not used in packs; write it out")
            return False
        if getattr(event, "tag", None):
            report(line, "tags (!…) are not used in packs; leave it out")
            return False
    return True


@dataclass(slots=True)
class _OpenNode:
    """A list or mapping whose end has not come yet; `children` of a mapping are keys and values."""

    is_mapping: bool
    children: int = 0

    def takes_one_more(self) -> bool:
        """Count one more child. Return whether a mapping has too many keys by now."""
        self.children += 1
        return self.is_mapping and self.children > 2 * KEYS_IN_MAPPING


def line_of(node: yaml.Node) -> int:
    """The line of a node, counted from 1."""
    return int(node.start_mark.line) + 1


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one mapping. A faulty or missing one is reported, and gives a stand-in.

    Whoever reported anything must not use what was read.
    """

    node: yaml.Node
    report: Report
    nodes: dict[str, yaml.Node]

    @classmethod
    def of(cls, node: yaml.Node, allowed: Collection[str], report: Report) -> "Fields":
        """Takes a mapping apart; refuses keys that are not allowed or come twice."""
        nodes: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            report(line_of(node), f"a mapping of {', '.join(f'`{key}:`' for key in allowed)}")
            return cls(node, report, nodes)
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            if key not in allowed:
                report(line_of(key_node), f"unknown key `{key}`; allowed: {', '.join(allowed)}")
            elif key in nodes:
                report(line_of(key_node), f"`{key}` stands twice; keep one")
            nodes[key] = value
        return cls(node, report, nodes)

    def line(self, key: str) -> int:
        """The line of a field's value, or of the mapping where it is missing."""
        return line_of(self.nodes.get(key, self.node))

    def has(self, key: str, *, required: bool) -> bool:
        """Whether a field is there; one that is required and missing is reported."""
        if required and key not in self.nodes:
            self.report(line_of(self.node), f"`{key}` is missing; add it")
        return key in self.nodes

    def text(self, key: str, pattern: str = r"(?s).*\S.*", means: str = "some words") -> str:
        """A required string that matches a pattern as a whole."""
        if not self.has(key, required=True):
            return ""
        value = string(self.nodes[key], f"`{key}`", self.report)
        if value is not None and not re.fullmatch(pattern, value):
            self.report(self.line(key), f"`{key}` must be {means}")
        return (value or "").strip()

    def texts(self, key: str, *, required: bool) -> list[tuple[int, str]]:
        """A list of strings with their lines; empty where the field is missing."""
        if not self.has(key, required=required):
            return []
        return strings(self.nodes[key], f"`{key}`", self.report)

    def number(self, key: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        node = self.nodes[key]
        value = node.value if isinstance(node, yaml.ScalarNode) else ""
        if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
            self.report(line_of(node), f"`{key}` must be a whole number from {low} to {high}")
            return low
        return int(value)

    def choice[Kind: StrEnum](
        self, key: str, kind: type[Kind], default: Kind | None = None
    ) -> Kind:
        """One of an enumeration's values; required where there is no default."""
        members = list(kind)
        if not self.has(key, required=default is None):
            return default or members[0]
        node = self.nodes[key]
        value = node.value if isinstance(node, yaml.ScalarNode) else None
        if value not in members:
            self.report(line_of(node), f"`{key}` must be one of {', '.join(members)}")
            return members[0]
        return kind(value)

    def flag(self, key: str) -> bool:
        """`true` or `false`; false where the field is missing."""
        node = self.nodes.get(key)
        value = node.value if isinstance(node, yaml.ScalarNode) else None
        if node is not None and value not in ("true", "false"):
            self.report(line_of(node), f"`{key}` must be true or false")
        return value == "true"

    def day(self, key: str) -> date:
        """A required date."""
        if self.has(key, required=True):
            node = self.nodes[key]
            value = node.value if isinstance(node, yaml.ScalarNode) else ""
            try:
                if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                    return date.fromisoformat(value)
            except ValueError:
                pass
            self.report(line_of(node), f"`{key}` must be a day of the calendar, like 2026-11-30")
        return date.min


def string(node: yaml.Node, name: str, report: Report) -> str | None:
    """The string of a scalar; anything else is reported, with how to write it."""
    if not isinstance(node, yaml.ScalarNode):
        report(line_of(node), f"{name} must be a string")
        return None
    if node.tag != _STR:
        kind = node.tag.rpartition(":")[2]
        report(
            line_of(node), f'{name}: YAML reads {node.value} as {kind}; quote it: "{node.value}"'
        )
        return None
    return str(node.value)


def strings(node: yaml.Node, name: str, report: Report) -> list[tuple[int, str]]:
    """The strings of a list, each with its line; what is none is reported."""
    if not isinstance(node, yaml.SequenceNode):
        report(line_of(node), f"{name} must be a list: [one, two]")
        return []
    if not node.value:
        report(line_of(node), f"{name} is empty; fill it")
    read = ((line_of(item), string(item, name, report)) for item in node.value)
    return [(line, value) for line, value in read if value is not None]
