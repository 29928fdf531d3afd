"""The canonical layout of a pack: one order of keys, one quoting, lines of 100, comments kept.

Words stand in brackets and wrap at commas; examples stand one below the other. A text is quoted
only where YAML would read it as something else, or where it holds what nobody can see.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

import yaml
from msgspec import structs

from authoring.parse import PACK_KEYS, RULE_KEYS, read_pack
from authoring.yaml_comments import Comments, comments_in

WIDTH = 100  # code points
_BLOCKS = frozenset({"rules", "all", "match", "ignore"})
_NESTED = {"legal_ground": ("text", "url"), "at_least": ("n", "of")}
_STR = "tag:yaml.org,2002:str"


class LayoutError(ValueError):
    """A pack that cannot be laid out without a change of meaning; its file stays as it is."""


def canonical(text: str, name: str) -> str:
    """Lays out a pack; laid out again, it stays the same.

    Raises:
        PackError: If it is no sound pack.
        LayoutError: If the layout would change what the pack means, or lose a comment.
    """
    pack = read_pack(text, name).pack
    top = cast("yaml.MappingNode", yaml.compose(text, Loader=yaml.SafeLoader))
    laid_out = "\n".join(_Layout(Comments.of(text, top, _BLOCKS)).pack(top)) + "\n"
    again = read_pack(laid_out, name).pack
    if structs.replace(again, digest=pack.digest) != pack:
        raise LayoutError(f"{name}: the layout would change the pack; it was left as it is")
    lost = Counter(comment.text for comment in comments_in(text))
    lost -= Counter(comment.text for comment in comments_in(laid_out))
    if lost:
        raise LayoutError(f"{name}: the layout would lose {', '.join(lost)}")
    return laid_out


class _Layout:
    """Writes nodes as lines, with the comments that speak of them."""

    def __init__(self, comments: Comments):
        self.comments = comments

    def pack(self, top: yaml.MappingNode) -> Iterator[str]:
        yield from self.comments.top
        yield from self._fields(top, PACK_KEYS, "")
        yield from self.comments.end

    def _fields(self, node: yaml.MappingNode, keys: Sequence[str], indent: str) -> Iterator[str]:
        for key, value in sorted(node.value, key=lambda field: keys.index(field[0].value)):
            yield from self._entry(key, f"{indent}{key.value}:", value, indent)

    def _entry(self, first: yaml.Node, start: str, value: yaml.Node, indent: str) -> Iterator[str]:
        """An entry whose first line begins with `start`, and the comments on it."""
        if isinstance(first, yaml.ScalarNode) and first.value in {*_BLOCKS, *_NESTED}:
            head, rest = start, list(self._block(first.value, value, indent))
        else:
            head, *rest = _value(start, value, indent, stripped=first is not value)
        behind = self.comments.behind[id(first)]
        above = list(self.comments.above[id(first)])
        fits = len(behind) == 1 and len(head) + 2 + len(behind[0]) <= WIDTH
        if behind and fits and (not rest or head == start):
            head = f"{head}  {behind[0]}"
        else:
            above += behind
        yield from (f"{indent}{comment}" for comment in above)
        yield head
        yield from rest

    def _block(self, key: str, value: yaml.Node, indent: str) -> Iterator[str]:
        if isinstance(value, yaml.MappingNode):
            yield from self._fields(value, _NESTED[key], f"{indent}  ")
            return
        for number, item in enumerate(value.value):
            if key == "rules":
                yield from [""] * (number > 0)
                yield from self._rule(item, indent)
            else:
                yield from self._entry(item, f"{indent}  -", item, f"{indent}  ")

    def _rule(self, rule: yaml.MappingNode, indent: str) -> Iterator[str]:
        yield from (f"{indent}  {comment}" for comment in self.comments.above[id(rule)])
        lines = list(self._fields(rule, RULE_KEYS, f"{indent}    "))
        first = next(at for at, line in enumerate(lines) if not line.lstrip().startswith("#"))
        yield from (line[2:] for line in lines[:first])
        yield f"{indent}  - {lines[first].lstrip()}"
        yield from lines[first + 1 :]


def _value(start: str, node: yaml.Node, indent: str, *, stripped: bool) -> list[str]:
    """The lines of a value that is no block."""
    if isinstance(node, yaml.SequenceNode):
        return listed(f"{start} [", [item.value for item in node.value])
    if isinstance(node, yaml.MappingNode):
        pairs = sorted(node.value, key=lambda pair: str(pair[0].value))
        return [f"{start} {{{', '.join(f'{key.value}: {value.value}' for key, value in pairs)}}}"]
    if node.tag != _STR:
        return [f"{start} {node.value}"]
    text = node.value.strip() if stripped else node.value
    written = plain_or_quoted(text, "a: {}" if stripped else "- {}")
    folded = _folded(text, f"{indent}  ") if len(start) + 1 + len(written) > WIDTH else None
    return [f"{start} >-", *folded] if folded else [f"{start} {written}"]


def listed(start: str, words: Sequence[str]) -> list[str]:
    """The lines of a list in brackets that `start` opens, wrapped at commas below its first word.

    >>> listed("any: [", ["one", "no"])
    ['any: [one, "no"]']
    """
    lines = [start if words else f"{start}]"]
    for number, word in enumerate(words, 1):
        piece = plain_or_quoted(word, "[{}]") + ("," if number < len(words) else "]")
        if number > 1 and len(lines[-1]) + 1 + len(piece) > WIDTH:
            lines.append(" " * len(start))
        elif number > 1:
            piece = f" {piece}"
        lines[-1] += piece
    return lines


def _folded(text: str, indent: str) -> list[str] | None:
    """The lines of a folded block, or None for a text that folding would change."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words = paragraph.split(" ")
        if not all(words) or not paragraph.isprintable():
            return None
        lines += [""] * bool(lines)
        line = indent + words[0]
        for word in words[1:]:
            if len(line) + 1 + len(word) > WIDTH:
                lines.append(line)
                line = indent + word
            else:
                line += f" {word}"
        lines.append(line)
    return lines


@lru_cache(100_000)
def plain_or_quoted(text: str, place: str) -> str:
    """A string as YAML reads it back in a place: bare if that works, else in double quotes.

    >>> plain_or_quoted("one: two", "- {}"), plain_or_quoted("one: two", "a{}")
    ('"one: two"', '"one: two"')
    """
    if text.isprintable():
        try:
            if _only_scalar(yaml.safe_load(place.format(text))) == text:
                return text
        except yaml.YAMLError:
            pass  # so it needs its quotes
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escaped(char) for char in quoted)


def _only_scalar(loaded: Any) -> Any:
    values = list(loaded.values() if isinstance(loaded, dict) else loaded or ())
    return values[0] if len(values) == 1 else None


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
