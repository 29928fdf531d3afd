"""Hostile YAML made harmless, and its nodes read into structs, with a line for every problem.

PyYAML's C parser gives nodes that know their lines. Anchors, aliases, tags, duplicate keys and deep
nesting are refused. Nothing is guessed: where a string is expected, a value that YAML reads as
another kind (`no`, `1.10`) is refused with the advice to quote it.

Turns YAML that was read without a problem into a pack.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import UNSET, inspect

from authoring.source import (
    LANGUAGE_KEYS,
    CopiesSource,
    GateSource,
    OriginSource,
    PackSource,
    RuleSource,
    ScoreSource,
    SignSource,
    TitleSource,
    WordsSource,
)
from rules.pack import AtLeast, InForce, LegalGround, Mode, Origin, Pack, ProtectedSentences, Rule
from rules.pack_parts import WEIGHTS_IN_LIST, Gate, PackCard, Score, Translation

DEPTH = 12  # a pack needs 6
KEYS_IN_MAPPING = 64  # a pack needs 14
WEIGHTS_DEPTH = 5  # of a mapping of weights: pack, rules, rule, score, terms
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STRING = "tag:yaml.org,2002:str"

type Report = Callable[[int, str], None]
"""Takes a line, counted from 1, and the problem there."""


def compose(text: str, report: Report) -> yaml.MappingNode | None:
    """Parse one YAML document whose top is a mapping. None: the problem was reported."""
    try:
        if not _is_harmless(text, report):
            return None
        top = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        marks = [mark for mark in (error.problem_mark, error.context_mark) if mark is not None]
        line = marks[0].line + 1 if marks else 1
        report(line, f"not valid YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, UnicodeEncodeError):
        report(1, "not valid YAML: it contains a character that YAML does not allow")
        return None
    if not isinstance(top, yaml.MappingNode):
        report(1, "a pack is a mapping of `id:`, `version:`, `title:` …")
        return None
    return top


def _is_harmless(text: str, report: Report) -> bool:
    """Look at the stream of events, and stop at the first that no pack needs.

    To compose at once would expand aliases, recurse, and take seconds for 100,000 keys.
    """
    children: list[int] = []  # of each open list or mapping; keys and values both count
    limits: list[float] = []
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionEndEvent):
            children.pop()
            limits.pop()
        elif isinstance(event, yaml.NodeEvent):
            if children:
                children[-1] += 1
                if children[-1] > limits[-1]:
                    most = int(limits[-1]) // 2
                    report(line, f"a mapping has at most {most:,} keys; remove the others")
                    return False
            if isinstance(event, yaml.CollectionStartEvent):
                children.append(0)
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                most = WEIGHTS_IN_LIST if len(children) == WEIGHTS_DEPTH else KEYS_IN_MAPPING
                limits.append(2 * most if is_mapping else float("inf"))
        if len(children) > DEPTH:
            report(line, f"nested deeper than {DEPTH} levels")
            return False
        if getattr(event, "anchor", None):
            report(line, "anchors and aliases are not used in packs; write it out")
            return False
        if getattr(event, "tag", None):
            report(line, "tags (!…) are not used in packs; leave it out")
            return False
    return True


def line_of(node: yaml.Node) -> int:
    """Return the line of a node, counted from 1."""
    return int(node.start_mark.line) + 1


class Text(str):
    """A string of a YAML document that knows its line."""

    __slots__ = ("line",)
    line: int


@dataclass(slots=True)
class StructReader:
    """Reads nodes into structs. A value that does not fit is reported, and becomes None.

    Once anything was reported, callers must not use the structs as a pack. `on_struct` is called
    with the type and node of each struct before its fields are read.
    """

    report: Report
    on_struct: Callable[[type, yaml.Node], None]
    _lines: dict[int, dict[str, int]] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)  # so that no id is used again

    def struct[S: msgspec.Struct](self, node: yaml.Node, kind: type[S]) -> S | None:
        """Read a mapping. Missing optional fields get their defaults."""
        self.on_struct(kind, node)
        fields = _fields(kind)
        if not isinstance(node, yaml.MappingNode):
            self.report(line_of(node), f"a mapping of {', '.join(f'`{key}:`' for key in fields)}")
            return None
        nodes: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            if key not in fields:
                self.report(line_of(key_node), f"unknown key `{key}`; allowed: {', '.join(fields)}")
            elif key in nodes:
                self.report(line_of(key_node), f"`{key}` occurs twice; keep one")
            nodes[key] = value
        values: dict[str, object] = {}
        for key, info in fields.items():
            if key in nodes:
                values[info.name] = self._value(nodes[key], info.type, f"`{key}`", {})
            elif info.required:
                self.report(line_of(node), f"`{key}` is missing; add it")
                values[info.name] = None
        read = kind(**values)
        self._kept.append(read)
        self._lines[id(read)] = {key: line_of(value) for key, value in nodes.items()} | {
            "": line_of(node)
        }
        return read

    def line(self, struct: object, key: str = "") -> int:
        """Return the line of a field's value, or of the struct where it has no such field."""
        lines = self._lines[id(struct)]
        return lines.get(key, lines[""])

    def has(self, struct: object, key: str) -> bool:
        """Return whether a field was written."""
        return key in self._lines[id(struct)]

    def _value(
        self, node: yaml.Node, kind: inspect.Type, name: str, extra: dict[str, Any]
    ) -> object:
        if isinstance(kind, inspect.Metadata):
            return self._value(node, kind.type, name, kind.extra or extra)
        if isinstance(kind, inspect.UnionType):
            return self._value(node, _member(kind, node), name, extra)
        if isinstance(kind, inspect.StructType):
            return self.struct(node, kind.cls)
        if isinstance(kind, inspect.ListType | inspect.VarTupleType):
            return self._list(node, kind, name, extra)
        if isinstance(kind, inspect.StrType):
            return self._text(node, kind, name, extra)
        if isinstance(kind, inspect.DictType):
            return self._dict(node, kind, name)
        value, wanted = _scalar(node.value if isinstance(node, yaml.ScalarNode) else "", kind)
        if value is None:
            self.report(line_of(node), f"{name} must be {wanted}")
        return value

    def _list(
        self,
        node: yaml.Node,
        kind: inspect.ListType | inspect.VarTupleType,
        name: str,
        extra: dict[str, Any],
    ) -> list[object] | None:
        problem = None
        if not isinstance(node, yaml.SequenceNode):
            problem = f"must be {extra.get('means', 'a list: [one, two]')}"
        elif not node.value:
            problem = "is empty; fill it"
        elif len(node.value) < (kind.min_length or 0):
            problem = f"needs {kind.min_length} entries, and has {len(node.value)}; add more"
        elif kind.max_length and len(node.value) > kind.max_length:
            problem = f"has at most {kind.max_length:,} entries; divide or join them"
        if problem:
            self.report(line_of(node), f"{name} {problem}")
            return None
        return [self._value(item, kind.item_type, name, extra) for item in node.value]

    def _dict(
        self, node: yaml.Node, kind: inspect.DictType, name: str
    ) -> dict[object, object] | None:
        """Read a mapping from texts, which are its author's, to values."""
        problem = None
        if not isinstance(node, yaml.MappingNode):
            problem = "must be a mapping: {one: 3, two: -1}"
        elif not node.value:
            problem = "is empty; fill it"
        elif kind.max_length and len(node.value) > kind.max_length:
            problem = f"has at most {kind.max_length:,} entries; drop the weakest"
        if problem:
            self.report(line_of(node), f"{name} {problem}")
            return None
        values: dict[object, object] = {}
        for key_node, value_node in node.value:
            key = self._value(key_node, kind.key_type, name, {})
            if key in values and key is not None:
                self.report(line_of(key_node), f"`{key}` occurs twice in {name}; keep one")
            shown = f"the weight of `{key}`"
            values[key] = self._value(value_node, kind.value_type, shown, {})
        return values

    def _text(
        self, node: yaml.Node, kind: inspect.StrType, name: str, extra: dict[str, Any]
    ) -> Text | None:
        if not isinstance(node, yaml.ScalarNode) or node.tag != STRING:
            problem = f"{name} must be a string"
            if isinstance(node, yaml.ScalarNode):
                read_as = node.tag.rpartition(":")[2]
                problem = f'{name}: YAML reads {node.value} as {read_as}; quote it: "{node.value}"'
            self.report(line_of(node), problem)
            return None
        text = Text(node.value)
        text.line = line_of(node)
        if "check" in extra:
            if problem := extra["check"](text):
                self.report(text.line, problem)
        elif kind.pattern and not re.search(kind.pattern.replace("$", r"\Z"), text):
            self.report(text.line, f"{name} must be {extra['means']}")
        return text


def _scalar(text: str, kind: inspect.Type) -> tuple[object, str]:
    """Return the value of a scalar, or None if it does not fit, and the values that do."""
    match kind:
        case inspect.EnumType():
            values = [str(member.value) for member in kind.cls]
            return kind.cls(text) if text in values else None, f"one of {', '.join(values)}"
        case inspect.IntType():
            low, high = kind.ge or 0, kind.le or 0
            fits = re.fullmatch(r"-?[0-9]{1,10}", text) and low <= int(text) <= high
            return int(text) if fits else None, f"a whole number from {low} to {high}"
        case inspect.FloatType():
            is_number = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?|\.[0-9]{1,9}", text)
            number, least, most = float(text) if is_number else -1.0, kind.ge or 0, kind.le or 0
            return number if least <= number <= most else None, f"a number from {least} to {most}"
        case inspect.BoolType():
            return {"true": True, "false": False}.get(text), "true or false"
        case inspect.DateType():
            return _day(text), "a day of the calendar, like 2026-11-30"
    raise AssertionError(f"no field of a pack is of the type {kind}")


def _member(kind: inspect.UnionType, node: yaml.Node) -> inspect.Type:
    """Return the type of a union that a node is to be read as: a struct if it is a mapping."""
    structs = [member for member in kind.types if isinstance(member, inspect.StructType)]
    if structs and isinstance(node, yaml.MappingNode):
        return structs[0]
    return next(member for member in kind.types if member not in structs)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


@cache
def _fields(kind: type) -> dict[str, inspect.Field]:
    """Return the fields of a struct by their keys in YAML, without the option to be unset."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    return {field.encode_name: field for field in info.fields}


def as_written(value: object) -> object:
    """Return a value without the lines that it knows: structs become mappings."""
    match value:
        case Text():
            return str(value)
        case list():
            return [as_written(item) for item in value]
        case msgspec.Struct():
            names = value.__struct_fields__
            return {name: as_written(getattr(value, name)) for name in names}
        case _:
            return value


def is_set(value: object) -> bool:
    """Return whether an optional field was written, and could be read."""
    return value is not None and value is not UNSET


_INSTALLED_SENTENCES = Path(__file__).with_name("protected")
SHIPPED_SENTENCES = (
    _INSTALLED_SENTENCES
    if _INSTALLED_SENTENCES.is_dir()
    else Path(__file__).resolve().parents[2] / "packs" / "protected"
)
"""The protected sentences of a folder of packs that has none of its own."""


def pack_of(source: PackSource, digest: str) -> Pack:
    """Return the pack that sources without a problem describe.

    It is unprotected in languages in which no protected sentences ship or are its own.
    """
    known = {path.stem for path in SHIPPED_SENTENCES.glob("*.txt")}
    known |= {str(own.language) for own in source.protected or ()}
    lacking = [code for code in source.languages if not known & {code, code.partition("-")[0]}]
    return Pack(
        id=str(source.id),
        version=source.version,
        title=_said(source.title),
        why=_said(source.why),
        category=str(source.category),
        keywords=_strings(source.keywords),
        ground=source.ground,
        legal_ground=LegalGround(source.legal_ground.text.strip(), str(source.legal_ground.url)),
        languages=_strings(source.languages),
        owner=source.owner.strip(),
        in_force=InForce(source.in_force.from_, source.in_force.until),
        mode=source.mode,
        campaign=str(source.campaign) if source.campaign else None,
        card=msgspec.convert(as_written(source.card), PackCard) if source.card else UNSET,
        expected_per_mille=source.expected_per_mille,
        origin=Origin(str(source.origin.url), str(source.origin.sha256))
        if isinstance(source.origin, OriginSource)
        else UNSET,
        protected=msgspec.convert(as_written(source.protected), tuple[ProtectedSentences, ...])
        if source.protected
        else UNSET,
        unprotected=_strings(lacking) or UNSET,
        rules=tuple(map(_rule_of, source.rules)),
        digest=digest,
        translations=_translations(source) or UNSET,
    )


def _rule_of(source: RuleSource) -> Rule:
    at_least = source.at_least
    return Rule(
        id=str(source.id),
        severity=source.severity,
        why=_said(source.why),
        groups=tuple(map(_group, groups_of(source))),
        at_least=AtLeast(at_least.n, _group(at_least.of)) if at_least else None,
        links=_strings(source.links or ()),
        within=None if source.within is UNSET else source.within,
        score=_score_of(source.score) if isinstance(source.score, ScoreSource) else None,
        except_=_strings(source.except_ or ()),
        unless=_strings(source.unless or ()),
        exact=source.exact,
        affixes=source.affixes or None,
        match=_strings(source.match or ()),
        ignore=_strings(source.ignore or ()),
        copies=str(source.copies.of) if isinstance(source.copies, CopiesSource) else "",
        mode=_mode_of(source),
    )


def _mode_of(source: RuleSource) -> Mode | None:
    """Return shadow, or None for the pack's mode: no rule is live in a shadow pack."""
    said = source.copies.mode if isinstance(source.copies, CopiesSource) else source.mode
    return Mode.SHADOW if said is Mode.SHADOW else None


def _translations(source: PackSource) -> dict[str, Translation]:
    """Return what the pack says in each language other than English, if it says anything."""
    found = {}
    for language in LANGUAGE_KEYS[1:]:
        whys = {str(rule.id): _said(rule.why, language) for rule in source.rules}
        words = Translation(
            title=_said(source.title, language),
            why=_said(source.why, language),
            rules={rule: why for rule, why in whys.items() if why},
        )
        if words != Translation():
            found[language] = words
    return found


def _said(words: str | TitleSource | WordsSource, language: str = "en") -> str:
    """Return the words in a language, or an empty text."""
    if isinstance(words, str):
        return words.strip() if language == "en" else ""
    return (getattr(words, language) or "").strip()


def _score_of(source: ScoreSource) -> Score:
    return Score(
        threshold=source.threshold,
        high=None if source.high is UNSET else source.high,
        reads=_gate_of(source.reads) if isinstance(source.reads, GateSource) else None,
        terms={str(term): weight for term, weight in weights_of(source.terms).items()},
        signs={str(sign): weight for sign, weight in weights_of(source.signs).items()},
        pinyin={str(term): weight for term, weight in weights_of(source.pinyin).items()},
    )


def _gate_of(source: GateSource) -> Gate:
    return Gate(str(source.script or ""), str(source.words_of or ""))


def weights_of(weights: object) -> dict[str, int]:
    """Return the weights that could be read, in the order of their keys."""
    pairs = weights.items() if isinstance(weights, dict) else ()
    return dict(sorted((key, value) for key, value in pairs if key and value))


def _strings(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(str, texts))


def _group(entries: Iterable[str | SignSource]) -> tuple[str, ...]:
    """Return the entries of a group as a rule keeps them: a sign is in braces."""
    return tuple(
        f"{{{entry.sign}}}" if isinstance(entry, SignSource) else str(entry) for entry in entries
    )


def groups_of(rule: RuleSource) -> list[list[str | SignSource]]:
    """Return the groups of `all`, or the one of `any`."""
    if is_set(rule.any_):
        return [rule.any_ or []]
    return [group or [] for group in rule.all_ or ()]
