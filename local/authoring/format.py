"""The canonical layout of a pack: one order of keys, one quoting, lines of 100, comments kept.

Words are in brackets and wrap at commas; examples are one below the other. A text is quoted only
where YAML would read it as something else, or where it holds invisible characters.

A comment on a line of its own belongs to the entry that follows, or to the list in brackets around
it; one at the end of a line belongs to the entry on that line. An entry is a key of a mapping or an
item of a list that gets lines of its own.

The JSON Schema of a pack, with which editors complete and check it, has the same order.
"""

import json
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from textwrap import TextWrapper
from typing import Any, NamedTuple, cast

import msgspec
import yaml
from msgspec import structs

from matcher.part_signs import SCRIPTS, word_lists
from matcher.sign_catalogue import SIGNS
from rules import pack_parts, rule
from rules.pack import Ground, LegalGround, Origin, Pack, ProtectedSentences, TranslatedTitle
from rules.yaml_reader import keys_of

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WIDTH = 100  # code points
_LISTS = {
    "rules": keys_of(rule.Rule),
    "trained_on": keys_of(pack_parts.TrainingPosts),
    "held_back": keys_of(pack_parts.HeldBack),
    "ordinary": keys_of(pack_parts.OrdinaryPosts),
    "read": keys_of(pack_parts.Reading),
    "protected": keys_of(ProtectedSentences),
}
"""The keys that are lists of mappings, and the keys of these."""
_BLOCKS = frozenset({"all", "match", "ignore", "mistakes", *_LISTS, *_LISTS["protected"][1:]})
"""The keys of lists that have an entry for each item."""
_NESTED = {
    "legal_ground": keys_of(LegalGround),
    "origin": keys_of(Origin),
    "at_least": keys_of(rule.AtLeast),
    "score": keys_of(pack_parts.Score),
    "card": keys_of(pack_parts.PackCard),
    "title": rule.LANGUAGE_KEYS,
    "why": rule.LANGUAGE_KEYS,
}
"""The keys of mappings that are laid out line by line. A title or why may be one text instead."""
_FLOW_KEYS = ("from", "until", "script", "words_of", *keys_of(pack_parts.Interval), "mode")
_WEIGHTS = frozenset(rule.WEIGHTS_KEYS)
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#.*)")


class Comment(NamedTuple):
    """A comment with its line, counted from 0, and whether it has the line to itself."""

    line: int
    text: str
    alone: bool


def comments_in(text: str) -> Iterator[Comment]:
    r"""Yield the comments of a YAML text that parses, in order.

    >>> [comment.text for comment in comments_in("# one\na: '# no'  # two\n")]
    ['# one', '# two']
    """
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        yield from _between(text, end, token.start_mark.index)
        end = token.end_mark.index
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = _BLOCK_HEADER.match(text, token.start_mark.index)
            if header:
                yield Comment(token.start_mark.line, header[1].rstrip(), alone=False)


def _between(text: str, start: int, end: int) -> Iterator[Comment]:
    for comment in re.finditer(r"#[^\r\n]*", text[start:end]):
        at = start + comment.start()
        before = text[text.rfind("\n", 0, at) + 1 : at]
        yield Comment(text.count("\n", 0, at), comment[0].rstrip(), alone=not before.strip())


def entries_of(node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield each entry of a mapping, in the order of lines, as its first node and its value."""
    for key, value in node.value:
        yield key, value
        if isinstance(value, yaml.MappingNode) and key.value not in _WEIGHTS:
            yield from entries_of(value)
        elif key.value in _BLOCKS and isinstance(value, yaml.SequenceNode):
            for item in value.value:
                yield item, item
                if isinstance(item, yaml.MappingNode):
                    yield from entries_of(item)


@dataclass
class Comments:
    """The comments of a text by the entry that they belong to."""

    top: list[str] = field(default_factory=list)
    above: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    behind: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    end: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, top: yaml.MappingNode) -> "Comments":
        """Sort the comments of a text by entry, named by the `id` of its first node."""
        comments = cls()
        entries = list(entries_of(top))
        lines = [first.start_mark.line for first, _ in entries]
        for comment in comments_in(text):
            after = bisect_right(lines, comment.line)  # the first entry on a later line
            if after == 0:
                comments.top.append(comment.text)
            elif not comment.alone:
                comments.behind[id(entries[after - 1][0])].append(comment.text)
            elif _is_inside(entries[after - 1][1], comment.line):
                comments.above[id(entries[after - 1][0])].append(comment.text)
            elif after < len(entries):
                comments.above[id(entries[after][0])].append(comment.text)
            else:
                comments.end.append(comment.text)
        return comments


def _is_inside(node: yaml.Node, line: int) -> bool:
    flow = isinstance(node, yaml.CollectionNode) and node.flow_style
    return bool(flow) and line <= node.end_mark.line


def last_line(node: yaml.Node) -> int:
    """Return the number of a node's last line.

    A list or mapping in block style ends where the next token starts, so its last part decides.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return last_line(last[1] if isinstance(last, tuple) else last)
    ends_before = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return int(node.end_mark.line) - ends_before


class LayoutError(ValueError):
    """A pack that cannot be formatted without changing it; its file stays as it is."""


def canonical(text: str, name: str) -> str:
    """Return a pack in the canonical layout. Formatting it again changes nothing.

    Raises PackError if the text is not a sound pack, and LayoutError if the layout would change
    what the pack means, or lose a comment.
    """
    pack = Pack.parse(text, name)
    top = cast("yaml.MappingNode", yaml.compose(text, Loader=LOADER))
    laid_out = "\n".join(_Layout(Comments.of(text, top)).pack(top)) + "\n"
    again = Pack.parse(laid_out, name)
    if structs.replace(again, digest=pack.digest) != pack:
        raise LayoutError(f"{name}: the layout would change the pack; the file is unchanged")
    lost = Counter(comment.text for comment in comments_in(text))
    lost -= Counter(comment.text for comment in comments_in(laid_out))
    if lost:
        raise LayoutError(f"{name}: the layout would lose {', '.join(lost)}")
    return laid_out


class _Layout:
    """Writes nodes as lines, with the comments that belong to them."""

    def __init__(self, comments: Comments):
        self.comments = comments

    def pack(self, top: yaml.MappingNode) -> Iterator[str]:
        yield from self.comments.top
        yield from self._fields(top, keys_of(Pack), "")
        yield from self.comments.end

    def _fields(self, node: yaml.MappingNode, keys: Sequence[str], indent: str) -> Iterator[str]:
        for key, value in sorted(node.value, key=lambda field: keys.index(field[0].value)):
            yield from self._entry(key, f"{indent}{key.value}:", value, indent)

    def _entry(self, first: yaml.Node, start: str, value: yaml.Node, indent: str) -> Iterator[str]:
        """Yield the lines of an entry whose first line begins with `start`, and its comments."""
        key = first.value if isinstance(first, yaml.ScalarNode) else ""
        if key in _BLOCKS or (key in _NESTED and isinstance(value, yaml.MappingNode)):
            head, rest = start, list(self._block(key, value, indent))
        else:
            head, *rest = (
                _weights(start, value)
                if key in _WEIGHTS
                else _value(start, value, indent, stripped=first is not value)
            )
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
            if key in _LISTS:
                yield from [""] * (number > 0 and key == "rules")
                yield from self._mapping(item, _LISTS[key], indent)
            else:
                yield from self._entry(item, f"{indent}  -", item, f"{indent}  ")

    def _mapping(self, item: yaml.MappingNode, keys: Sequence[str], indent: str) -> Iterator[str]:
        """Yield the lines of a mapping that is an item of a list."""
        yield from (f"{indent}  {comment}" for comment in self.comments.above[id(item)])
        lines = list(self._fields(item, keys, f"{indent}    "))
        first = next(at for at, line in enumerate(lines) if not line.lstrip().startswith("#"))
        yield from (line[2:] for line in lines[:first])
        yield f"{indent}  - {lines[first].removeprefix(indent + '    ')}"
        yield from lines[first + 1 :]


def _value(start: str, node: yaml.Node, indent: str, *, stripped: bool) -> list[str]:
    """Return the lines of a value that is not a block."""
    if isinstance(node, yaml.SequenceNode):
        return _wrapped(f"{start} [", [_entry_of_list(item) for item in node.value], "]")
    if isinstance(node, yaml.MappingNode):
        pairs = sorted(node.value, key=lambda pair: _FLOW_KEYS.index(pair[0].value))
        return [f"{start} {{{', '.join(f'{key.value}: {value.value}' for key, value in pairs)}}}"]
    if node.tag != "tag:yaml.org,2002:str":
        return [f"{start} {node.value}"]
    text = node.value.strip() if stripped else node.value
    written = plain_or_quoted(text, "a: {}" if stripped else "- {}")
    folded = _folded(text, f"{indent}  ") if len(start) + 1 + len(written) > WIDTH else None
    return [f"{start} >-", *folded] if folded else [f"{start} {written}"]


def _weights(start: str, node: yaml.Node) -> list[str]:
    """Return the lines of a mapping of weights, the largest first."""
    pairs = [(key.value, int(weight.value)) for key, weight in node.value]
    ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    pieces = [f"{plain_or_quoted(key, '[{}]')}: {weight}" for key, weight in ordered]
    return _wrapped(f"{start} {{", pieces, "}")


def _entry_of_list(node: yaml.Node) -> str:
    """Return a term or host name as YAML reads it back in a list, or a sign."""
    if isinstance(node, yaml.MappingNode):
        return f"{{{', '.join(f'{key.value}: {value.value}' for key, value in node.value)}}}"
    return plain_or_quoted(node.value, "[{}]")


def listed(start: str, words: Sequence[str]) -> list[str]:
    """Return the lines of a list in brackets after `start`, wrapped below its first word.

    >>> listed("any: [", ["one", "no"])
    ['any: [one, "no"]']
    """
    return _wrapped(start, [plain_or_quoted(word, "[{}]") for word in words], "]")


def _wrapped(start: str, pieces: Sequence[str], close: str) -> list[str]:
    lines = [start if pieces else f"{start}{close}"]
    for number, written in enumerate(pieces, 1):
        piece = written + ("," if number < len(pieces) else close)
        if number > 1 and len(lines[-1]) + 1 + len(piece) > WIDTH:
            lines.append(" " * len(start))
        elif number > 1:
            piece = f" {piece}"
        lines[-1] += piece
    return lines


def _folded(text: str, indent: str) -> list[str] | None:
    """Return the lines of a folded block, or None for a text that folding would change."""
    wrap = TextWrapper(WIDTH, indent, indent, break_long_words=False, break_on_hyphens=False)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if not all(paragraph.split(" ")) or not paragraph.isprintable():
            return None
        lines += [""] * bool(lines) + wrap.wrap(paragraph)
    return lines


@lru_cache(100_000)
def plain_or_quoted(text: str, place: str) -> str:
    """Return a string as YAML reads it back in a place: bare, or else in double quotes.

    >>> plain_or_quoted("one: two", "- {}"), plain_or_quoted("one: two", "a{}")
    ('"one: two"', '"one: two"')
    >>> plain_or_quoted("2026-02-30", "- {}")  # to YAML a date that no calendar has
    '"2026-02-30"'
    """
    if text.isprintable():
        try:
            if _only_scalar(yaml.safe_load(place.format(text))) == text:
                return text
        except (yaml.YAMLError, ValueError):
            pass  # so it needs its quotes
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escaped(char) for char in quoted)


def _only_scalar(loaded: Any) -> Any:
    values = list(loaded.values() if isinstance(loaded, dict) else loaded or ())
    return values[0] if len(values) == 1 else None


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


type Schema = dict[str, Any]


def pack_schema() -> Schema:
    """Return the JSON Schema of a pack, its keys in the order of the layout.

    Limits: only `packs check` sees what needs a look at several fields, such as dates and examples.

    >>> schema = pack_schema()
    >>> schema["title"], "within" in schema["$defs"]["Rule"]["properties"]
    ('A pack of Terang', True)
    """
    kinds = (Pack, rule.Sign, rule.Translated, TranslatedTitle, rule.CopyOf)
    _, schemas = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    schemas = {name: _closed(schema) for name, schema in schemas.items() if name != "Translation"}
    pack, rules = schemas["Pack"]["properties"], schemas["Rule"]["properties"]
    group, keywords = rules["all"]["items"], set().union(*pack_parts.KEYWORDS.values())
    group["items"] = _or_mapping(group["items"], "Sign")
    rules["any"] = group | {"description": "One group of terms and signs."}
    schemas["AtLeast"]["properties"]["of"] = group
    pack["title"] = _or_mapping(pack["title"], "TranslatedTitle")
    pack["why"], rules["why"] = (_or_mapping(one["why"], "Translated") for one in (pack, rules))
    rules["copies"] = {"$ref": "#/$defs/CopyOf"}
    for examples in (rules["match"], rules["ignore"]):
        examples["minItems"] = 2
    pack["category"]["enum"] = sorted(pack_parts.KEYWORDS)
    pack["keywords"] |= {"minItems": 1, "items": {"enum": sorted(keywords)}}
    schemas["Sign"]["properties"]["sign"]["enum"] = sorted(SIGNS)
    schemas["Score"]["properties"]["signs"]["propertyNames"] = {"enum": sorted(SIGNS)}
    schemas["Score"]["anyOf"] = [{"required": [key]} for key in rule.WEIGHTS_KEYS]
    gate = schemas["Gate"]["properties"]
    gate["script"]["enum"], gate["words_of"]["enum"] = sorted(SCRIPTS), sorted(word_lists())
    for name, kind in (("Pack", Pack), ("Rule", rule.Rule)):
        fields = schemas[name]["properties"]
        schemas[name]["properties"] = {key: fields[key] for key in keys_of(kind)}
    schemas["Pack"]["required"].remove("digest")
    schemas["Pack"]["allOf"] = [
        _rules_of_category(category, words)
        for category, words in sorted(pack_parts.KEYWORDS.items())
    ]
    schemas["Rule"] |= {
        "if": {"required": ["copies"]},
        "then": {"propertyNames": {"enum": list(rule.WITH_COPIES)}},
        "else": {
            "required": ["match", "ignore"],
            "anyOf": [{"required": [key]} for key in ("all", "any", "at_least", "links", "score")],
        },
        "not": {"required": ["all", "any"]},
        "dependentSchemas": {
            "score": {"not": {"anyOf": [{"required": [key]} for key in rule.NOT_WITH_SCORE]}}
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A pack of Terang",
        "$ref": "#/$defs/Pack",
        "$defs": schemas,
    }


def _closed(schema: Schema) -> Schema:
    """Return the schema of a struct without other keys, null, and defaults that say nothing."""
    schema.pop("title", None)  # the names of our classes
    if "description" in schema:
        schema["description"] = schema["description"].partition("\n")[0]
    for key, value in schema.get("properties", {}).items():
        if not value.get("default", True) and value["default"] is not False:
            del value["default"]
        [kind] = [one for one in value.pop("anyOf", [{}]) if one != {"type": "null"}]
        schema["properties"][key] = kind | value
        schema["additionalProperties"] = False
    return schema


def _or_mapping(text: Schema, name: str) -> Schema:
    return {"anyOf": [text, {"$ref": f"#/$defs/{name}"}]}


def _rules_of_category(category: str, keywords: tuple[str, ...]) -> Schema:
    """Return the further limits on a pack of one category."""
    then: Schema = {"keywords": {"items": {"enum": list(keywords)}}}
    if category in pack_parts.TERMS_ONLY:
        then["ground"] = {"const": Ground.TERMS}
    if category not in pack_parts.LINK_CATEGORIES:
        then["rules"] = {"items": {"not": {"required": ["links"]}}}
    return {"if": {"properties": {"category": {"const": category}}}, "then": {"properties": then}}
