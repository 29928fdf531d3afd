"""The comments of a YAML text, each with the entry that it speaks of.

An entry is a key of a mapping or an item of a list that the layout puts on lines of its own. A
comment on a line of its own speaks of the entry that follows, or of the list in brackets that it
stands in; one at the end of a line speaks of the entry on that line. What comes before the first
entry stays at the top, what comes after the last one at the end.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#.*)")


class Comment(NamedTuple):
    """A comment with its line, counted from 0, and whether it has the line to itself."""

    line: int
    text: str
    alone: bool


def comments_in(text: str) -> Iterator[Comment]:
    r"""Finds the comments of a YAML text that parses, in order.

    >>> [comment.text for comment in comments_in("# one\na: '# no'  # two\n")]
    ['# one', '# two']
    """
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        yield from _between(text, end, token.start_mark.index)
        end = token.end_mark.index
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = _HEADER.match(text, token.start_mark.index)
            if header:
                yield Comment(token.start_mark.line, header[1].rstrip(), alone=False)


def _between(text: str, start: int, end: int) -> Iterator[Comment]:
    for found in re.finditer(r"#[^\r\n]*", text[start:end]):
        at = start + found.start()
        before = text[text.rfind("\n", 0, at) + 1 : at]
        yield Comment(text.count("\n", 0, at), found[0].rstrip(), alone=not before.strip())


def entries_of(node: yaml.Node, blocks: frozenset[str]) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The entries of a mapping in the order of lines, each as its first node and its value.

    `blocks` names the keys whose lists have an entry for each item.
    """
    for key, value in node.value:
        yield key, value
        if isinstance(value, yaml.MappingNode):
            yield from entries_of(value, blocks)
        elif key.value in blocks and isinstance(value, yaml.SequenceNode):
            for item in value.value:
                yield item, item
                if isinstance(item, yaml.MappingNode):
                    yield from entries_of(item, blocks)


@dataclass
class Comments:
    """The comments of a text by the entry they speak of."""

    top: list[str] = field(default_factory=list)
    above: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    behind: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    end: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, top: yaml.MappingNode, blocks: frozenset[str]) -> "Comments":
        """Takes the comments of a text; an entry is known by the `id` of its first node."""
        made = cls()
        entries = list(entries_of(top, blocks))
        lines = [first.start_mark.line for first, _ in entries]
        for comment in comments_in(text):
            after = bisect_right(lines, comment.line)  # the first entry on a later line
            if after == 0:
                made.top.append(comment.text)
            elif not comment.alone:
                made.behind[id(entries[after - 1][0])].append(comment.text)
            elif _is_inside(entries[after - 1][1], comment.line):
                made.above[id(entries[after - 1][0])].append(comment.text)
            elif after < len(entries):
                made.above[id(entries[after][0])].append(comment.text)
            else:
                made.end.append(comment.text)
        return made


def _is_inside(node: yaml.Node, line: int) -> bool:
    flow = isinstance(node, yaml.CollectionNode) and node.flow_style
    return bool(flow) and line <= node.end_mark.line
