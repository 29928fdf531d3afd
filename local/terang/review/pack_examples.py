"""Tries a moderator's example in the packs of this machine, and writes the patch for the author."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import unified_diff
from pathlib import Path

import yaml

from authoring.check import check_packs
from authoring.format import LOADER
from desk.deciding import Adoption, AdoptionResult, rules_with_examples
from rules.pack import PackError, load_packs, pack_paths


@dataclass(frozen=True, slots=True)
class PackExamples:
    """The port `Adopter` over a folder of packs. The folder itself is never written."""

    folder: Path
    today: date

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""
        return rules_with_examples(load_packs(self.folder, date.min))

    def adopted(self, adoption: Adoption) -> AdoptionResult | None:
        """Return the patch and what the check says; None if the packs have no such rule."""
        for path in pack_paths(self.folder):
            before = path.read_text("utf-8")
            after = with_example(before, adoption)
            if after is not None:
                lines = unified_diff(
                    before.splitlines(keepends=True),
                    after.splitlines(keepends=True),
                    f"a/{path.name}",
                    f"b/{path.name}",
                )
                return AdoptionResult("".join(lines), tuple(self._problems(path, after)), ())
        return None

    def _problems(self, path: Path, after: str) -> Iterator[str]:
        """Yield what `packs check` says about a copy of the pack that has the example."""
        with tempfile.TemporaryDirectory() as made:
            copy = Path(made) / path.name
            copy.write_text(after, "utf-8")
            try:
                check_packs(copy, self.today, protected=path.parent / "protected", advice=False)
            except PackError as error:
                yield from map(str, error.problems)


def with_example(source: str, adoption: Adoption) -> str | None:
    """Return the YAML of a pack with the example in its rule; None if it is another pack's.

    The example becomes the last of its list; comments and layout stay as they are.
    """
    top = yaml.compose(source, Loader=LOADER)
    pack = _fields(top)
    if "id" not in pack or pack["id"].value != adoption.pack or "rules" not in pack:
        return None
    rule = next(
        (
            fields
            for fields in map(_fields, pack["rules"].value)
            if fields["id"].value == adoption.rule
        ),
        None,
    )
    if rule is None:
        return None
    quoted = json.dumps(adoption.text, ensure_ascii=False)
    lines = source.splitlines(keepends=True)
    listed = rule.get(adoption.kind)
    if not isinstance(listed, yaml.CollectionNode) or not listed.value:
        indent = " " * rule["id"].start_mark.column
        indent = indent[: -len("id: ")]
        at = _last_line(max(rule.values(), key=lambda node: node.end_mark.index)) + 1
        return _inserted(lines, at, f"{indent}{adoption.kind}:\n{indent}  - {quoted}\n")
    last = listed.value[-1]
    if listed.flow_style:
        mark = last.end_mark
        return f"{source[: mark.index]}, {quoted}{source[mark.index :]}"
    indent = " " * listed.start_mark.column
    return _inserted(lines, _last_line(last) + 1, f"{indent}- {quoted}\n")


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if node else {}


def _last_line(node: yaml.Node) -> int:
    """Return the number of a node's last line.

    A list or mapping in block style ends where the next token starts, so its last part decides.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    ends_before = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return int(node.end_mark.line) - ends_before


def _inserted(lines: list[str], at: int, new: str) -> str:
    return "".join([*lines[:at], new, *lines[at:]])
