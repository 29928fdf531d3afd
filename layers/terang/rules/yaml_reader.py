"""Hostile YAML made harmless, and read into structs, with a line for every problem.

Anchors, aliases, tags, duplicate keys and deep nesting are refused. Nothing is guessed: where a
string is expected, a value that YAML reads as another kind (`no`, `1.10`) is refused with the
advice to quote it. PyYAML is imported when something is read: what is deployed reads JSON.

What a field may hold stands in its type: `allowed` has the words of JSON Schema. They bind authors;
whoever reads a published set goes without, so that it stays readable.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Meta, inspect, structs

DEPTH = 12  # a pack needs 6
KEYS_IN_MAPPING = 64  # a pack needs 14
PROBLEMS_IN_FILE = 200
"""Reading a file stops after so many problems: nobody fixes more at once."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

type Report = Callable[[int, str], None]
"""Takes a line, counted from 1, and the problem there."""

type Check = Callable[[str], str | None]
"""Returns why a field may not hold a text, or None if it may."""


class Problem(NamedTuple):
    r"""A problem in a pack's file: the line, the rule, and how to fix it.

    It may quote the pack, which anybody may have written: its text is one line without control
    characters, which a terminal would obey.

    >>> str(Problem("otp.yaml", 12, "asks-for-code", "`whithin` is not known"))
    'otp.yaml:12: asks-for-code: `whithin` is not known'
    >>> print(Problem("otp.yaml", 12, None, "unknown key `\x1b[2J`"))
    otp.yaml:12: unknown key `\x1b[2J`
    """

    file: str
    line: int
    rule: str | None
    message: str

    def __str__(self) -> str:
        rule = f"{self.rule}: " if self.rule else ""
        text = f"{self.file}:{self.line}: {rule}{self.message}"
        return _CONTROLS.sub(lambda control: ascii(control[0])[1:-1], text)


class PackError(ValueError):
    """Packs that cannot be used. `problems` holds every problem, not only the first."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects the problems of one file. `rule` is the id of the rule that is being read."""

    def __init__(self, name: str):
        self.name = name
        self.rule: str | None = None
        self.found: list[Problem] = []

    def report(self, line: int, message: str) -> None:
        """Keep a problem. Raise PackError when there are PROBLEMS_IN_FILE of them."""
        self.found.append(Problem(self.name, line, self.rule, message))
        if len(self.found) == PROBLEMS_IN_FILE:
            message = f"reading stopped after {PROBLEMS_IN_FILE} problems; fix these first"
            raise PackError([*self.by_line(), Problem(self.name, line, None, message)])

    def by_line(self) -> list[Problem]:
        """Return the problems in the order of lines."""
        return sorted(self.found, key=lambda problem: problem.line)


def text_of(path: Path, most: int | None = None) -> str:
    """Return the text of a file of at most so many bytes. Raises PackError if it has none."""
    line = 1
    try:
        if not path.is_file():  # a pipe would be waited for
            message = "not a file; remove or rename it"
        elif most and path.stat().st_size > most:
            message = f"a pack has at most {most:,} bytes; divide it"
        else:
            return path.read_text("utf-8")
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is not UTF-8; save the file as UTF-8"
    raise PackError([Problem(str(path), line, None, message)])


def allowed(
    description: str = "",
    *,
    means: str = "",
    check: str = "",
    mapping: Any = None,
    one: str = "",
    **schema: Any,
) -> Meta:
    """Return what an author may write into a field, in the words of JSON Schema.

    Editors show the description, and a problem says what the text `means`: "must be …". `check`
    names the `Check` that looks at a text, `mapping` the struct that may be written instead of one,
    and `one` another key of a list, for its only entry.
    """
    extra = {"means": means, "check": check, "mapping": mapping, "one": one}
    schema |= {"description": description} if description else {}
    return Meta(extra_json_schema=schema, extra={key: own for key, own in extra.items() if own})


NOT_WRITTEN = Meta(extra={"written": False})
"""Marks a field that nobody writes: it is computed."""


class Node(NamedTuple):
    """A value of a document. That of a mapping is a list of pairs, that of a scalar its text."""

    line: int  # counted from 1
    tag: str  # map, seq, str, or what else YAML reads a text as
    value: Any

    @property
    def text(self) -> str:
        """Return the text of a scalar, as the key of a mapping; `?` for another node."""
        return self.value if isinstance(self.value, str) else "?"


def compose(text: str, report: Report, keys_at: Mapping[int, int]) -> Node | None:
    """Parse one YAML document whose top is a mapping. None: the problem was reported.

    `keys_at` says at which depths a mapping may have more keys than KEYS_IN_MAPPING, and how many.
    """
    import yaml

    try:
        top = _composed(text, report, keys_at)
    except yaml.MarkedYAMLError as error:
        marks = [mark for mark in (error.problem_mark, error.context_mark) if mark is not None]
        line = marks[0].line + 1 if marks else 1
        report(line, f"not valid YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, UnicodeEncodeError):
        report(1, "not valid YAML: it contains a character that YAML does not allow")
        return None
    if top and top.tag != "map":
        report(1, "a pack is a mapping of `id:`, `version:`, `title:` …")
        return None
    return top


def _composed(text: str, report: Report, keys_at: Mapping[int, int]) -> Node | None:
    """Build the nodes from the events, and stop at the first that no pack needs.

    To compose at once would expand aliases, recurse, and take seconds for 100,000 keys.
    """
    import yaml

    tops = Node(0, "seq", [])
    opened: list[tuple[Node, float]] = [(tops, float("inf"))]
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        line, problem = event.start_mark.line + 1 if event.start_mark else 1, ""
        if isinstance(event, yaml.CollectionEndEvent):
            node, _ = opened.pop()
            if node.tag == "map":
                node.value[:] = zip(node.value[::2], node.value[1::2], strict=True)
        elif isinstance(event, yaml.DocumentStartEvent) and tops.value:
            problem = "not valid YAML: but found another document"
        elif isinstance(event, yaml.NodeEvent):
            parent, most = opened[-1]
            node = _node_of(event, line)
            parent.value.append(node)
            if isinstance(event, yaml.CollectionStartEvent):
                keys = keys_at.get(len(opened), KEYS_IN_MAPPING)
                opened.append((node, 2 * keys if node.tag == "map" else float("inf")))
            if len(parent.value) > most:  # keys and values both count
                problem = f"a mapping has at most {int(most) // 2:,} keys; remove the others"
            else:
                problem = _not_for_packs(event, len(opened) - 1)
        if problem:
            report(line, problem)
            return None
    return tops.value[0] if tops.value else tops


def _node_of(event: Any, line: int) -> Node:
    """Return the node that an event begins, with the type that YAML reads its text as."""
    import yaml

    if not isinstance(event, yaml.ScalarEvent):
        return Node(line, "map" if isinstance(event, yaml.MappingStartEvent) else "seq", [])
    tag = _resolver().resolve(yaml.ScalarNode, event.value, event.implicit)
    return Node(line, tag.rpartition(":")[2], event.value)


@cache
def _resolver() -> Any:
    import yaml

    return yaml.resolver.Resolver()


def _not_for_packs(event: Any, depth: int) -> str:
    if depth > DEPTH:
        return f"nested deeper than {DEPTH} levels"
    if event.anchor:
        return "anchors and aliases are not used in packs; write it out"
    return "tags (!…) are not used in packs; leave it out" if event.tag else ""


class Text(str):
    """A string of a YAML document that knows its line."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int) -> "Text":  # noqa: D102 - as its class says
        made = super().__new__(cls, text)
        made.line = line
        return made


class Mapped(msgspec.Struct):
    """A mapping that may be written instead of a text."""

    @property
    def text(self) -> str:
        """Return the text that it stands for: its first field."""
        return str(getattr(self, self.__struct_fields__[0]))


class _Field(NamedTuple):
    """A field that may be written. `is_one` marks a key for a list of one entry."""

    name: str
    type: inspect.Type
    is_required: bool
    is_one: bool = False


@dataclass(slots=True)
class StructReader:
    """Reads nodes into structs. A value that does not fit is reported, and becomes None.

    Once anything was reported, callers must not use the structs as a pack: their lists, texts and
    structs are as written until `plain` makes them the ones that their types promise. A problem in
    an entry of the list `rules` names its `id`.
    """

    problems: Problems
    checks: Mapping[str, Check]
    _lines: dict[int, dict[str, int]] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)  # so that no id is used again

    def struct[S: msgspec.Struct](self, node: Node, kind: type[S]) -> S | None:
        """Read a mapping. Missing optional fields get their defaults."""
        fields = _fields(kind)
        if node.tag != "map":
            self.report(node.line, f"a mapping of {', '.join(f'`{key}:`' for key in fields)}")
            return None
        nodes: dict[str, Node] = {}
        for key_node, value in node.value:
            key = key_node.text
            if key not in fields:
                self.report(key_node.line, f"unknown key `{key}`; allowed: {', '.join(fields)}")
            elif key in nodes:
                self.report(key_node.line, f"`{key}` occurs twice; keep one")
            nodes[key] = value
        values: dict[str, Any] = dict.fromkeys(
            one.name for one in structs.fields(kind) if one.required
        )
        for key, (name, value_type, is_required, is_one) in fields.items():
            if key in nodes:
                value = self._value(nodes[key], value_type, f"`{key}`", {})
                if isinstance(value, Text):
                    value = Text(value.strip(), value.line)
                values[name] = [value] if is_one else value
            elif is_required:
                self.report(node.line, f"`{key}` is missing; add it")
        read = kind(**values)
        self._kept.append(read)
        self._lines[id(read)] = {key: of.line for key, of in nodes.items()} | {"": node.line}
        return read

    def report(self, line: int, message: str) -> None:
        """Keep a problem."""
        self.problems.report(line, message)

    def line(self, struct: object, key: str = "") -> int:
        """Return the line of a field's value, or of the struct where it has no such field."""
        lines = self._lines[id(struct)]
        return lines.get(key, lines[""])

    def has(self, struct: object, *keys: str) -> bool:
        """Return whether one of these fields was written."""
        return not self._lines[id(struct)].keys().isdisjoint(keys)

    def _value(self, node: Node, kind: inspect.Type, name: str, limits: dict[str, Any]) -> object:
        match kind:
            case inspect.Metadata():
                own = kind.extra or {key: limits[key] for key in ("means",) if key in limits}
                own = own | (kind.extra_json_schema or {})
                if "mapping" in own and (node.tag == "map" or own.get("type") == "object"):
                    return self.struct(node, own["mapping"])
                return self._value(node, kind.type, name, own)
            case inspect.UnionType():
                types = (one for one in kind.types if not isinstance(one, inspect.NoneType))
                return self._value(node, next(types), name, limits)
            case inspect.StructType():
                return self.struct(node, kind.cls)
            case inspect.VarTupleType():
                problem = _bounds(node, "seq", limits)
                if problem:
                    self.report(node.line, f"{name} {problem}")
                    return None
                return [self._item(item, kind.item_type, name, limits) for item in node.value]
            case inspect.StrType():
                return self._text(node, name, limits)
            case inspect.DictType():
                return self._dict(node, kind, name, limits)
        value, wanted = _scalar(node.text, kind, limits)
        if value is None:
            self.report(node.line, f"{name} must be {wanted}")
        return value

    def _item(self, node: Node, kind: inspect.Type, name: str, limits: dict[str, Any]) -> object:
        if name == "`rules`":
            pairs = node.value if node.tag == "map" else ()
            ids = (value.value for key, value in pairs if key.value == "id")
            self.problems.rule = next((one for one in ids if isinstance(one, str)), None)
        return self._value(node, kind, name, limits)

    def _dict(
        self, node: Node, kind: inspect.DictType, name: str, limits: dict[str, Any]
    ) -> dict[object, object] | None:
        """Read a mapping from texts, which are its author's, to values."""
        if problem := _bounds(node, "map", limits):
            self.report(node.line, f"{name} {problem}")
            return None
        values: dict[object, object] = {}
        for key_node, value_node in node.value:
            key = self._value(key_node, kind.key_type, name, {})
            if key in values and key is not None:
                self.report(key_node.line, f"`{key}` occurs twice in {name}; keep one")
            values[key] = self._value(value_node, kind.value_type, f"the weight of `{key}`", {})
        return values

    def _text(self, node: Node, name: str, limits: dict[str, Any]) -> Text | None:
        problem: str | None = None
        if node.tag in ("map", "seq"):
            problem = f"{name} must be a string"
        elif node.tag != "str":
            problem = f'{name}: YAML reads {node.value} as {node.tag}; quote it: "{node.value}"'
        if problem:
            self.report(node.line, problem)
            return None
        text = Text(node.value, node.line)
        pattern = limits.get("pattern", "").replace("$", r"\Z")
        if "check" in limits:
            problem = self.checks[limits["check"]](text)
        elif not re.search(pattern, text):
            problem = f"{name} must be {limits['means']}"
        if problem:
            self.report(node.line, problem)
        return text


def _bounds(node: Node, tag: str, limits: dict[str, Any]) -> str:
    """Return why a list or a mapping of weights is not of the right kind or length."""
    least, most = limits.get("minItems", 1), limits.get("maxItems", limits.get("maxProperties"))
    if node.tag != tag:
        kind = "a list: [one, two]" if tag == "seq" else "a mapping: {one: 3, two: -1}"
        return f"must be {limits.get('means', kind)}"
    if not node.value:
        return "is empty; fill it"
    if len(node.value) < least:
        return f"needs {least} entries, and has {len(node.value)}; add more"
    if most and len(node.value) > most:
        advice = "divide or join them" if tag == "seq" else "drop the weakest"
        return f"has at most {most:,} entries; {advice}"
    return ""


def _scalar(text: str, kind: inspect.Type, limits: dict[str, Any]) -> tuple[object, str]:
    """Return the value of a scalar, or None if it does not fit, and the values that do."""
    low, high = limits.get("minimum", 0), limits.get("maximum", 0)
    match kind:
        case inspect.EnumType():
            values = [str(member.value) for member in kind.cls]
            return kind.cls(text) if text in values else None, f"one of {', '.join(values)}"
        case inspect.IntType():
            fits = re.fullmatch(r"-?[0-9]{1,10}", text) and low <= int(text) <= high
            return int(text) if fits else None, f"a whole number from {low} to {high}"
        case inspect.FloatType():
            fits = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?|\.[0-9]{1,9}", text)
            fits = fits and low <= float(text) <= high
            return float(text) if fits else None, f"a number from {low} to {high}"
        case inspect.BoolType():
            return {"true": True, "false": False}.get(text), "true or false"
        case inspect.DateType():
            return _day(text), "a day of the calendar, like 2026-11-30"
    raise AssertionError(f"no field of a pack is of the type {kind}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


@cache
def _fields(kind: type) -> dict[str, _Field]:
    """Return the fields of a struct that an author writes, by their keys in YAML."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    fields: dict[str, _Field] = {}
    for one in info.fields:
        extra = (one.type.extra or {}) if isinstance(one.type, inspect.Metadata) else {}
        if extra.get("written", True):
            fields[one.encode_name] = _Field(one.name, one.type, one.required)
        if "one" in extra:
            listed: Any = one.type
            fields[extra["one"]] = _Field(one.name, listed.type.item_type, False, True)
    return fields


def keys_of(kind: type) -> tuple[str, ...]:
    """Return the keys of a struct that an author writes, in their order."""
    return tuple(_fields(kind))


def plain(value: Any) -> Any:
    """Return what was read without the lines that it knows, and lists as tuples."""
    match value:
        case Text():
            return str(value)
        case list():
            return tuple(map(plain, value))
        case dict():
            return {str(key): weight for key, weight in value.items()}
        case Mapped():
            return value.text.strip()
        case msgspec.Struct():
            fields = {name: plain(getattr(value, name)) for name in value.__struct_fields__}
            return structs.replace(value, **fields)
    return value
