"""The mutants of functions and layers, and the sample of them that a seed draws."""

import ast
import difflib
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.commands.init import _operators as operators
from cosmic_ray.mutating import mutate_code

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("functions", "layers")

SWAPS = {
    "Add_Sub", "Sub_Add", "Mul_FloorDiv", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul",
    "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitOr", "LShift_RShift", "RShift_LShift",
    "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is", "In_NotIn", "NotIn_In",
    "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt",
}  # fmt: skip
"""cosmic-ray swaps each operator for every other one. Most of that ends in a TypeError, or changes
nothing (`is` for `==` of an empty text), and would flatter or spoil the score."""


@dataclass(frozen=True)
class Mutant:
    """One change to one file."""

    path: str
    line: int
    operator: Any
    occurrence: int
    source: str

    @cached_property
    def text(self) -> str:
        """The file with the change."""
        return mutate_code(self.source, self.operator, self.occurrence) or self.source

    @cached_property
    def changed(self) -> tuple[str, str]:
        """The changed lines before and after, without indentation."""
        diff = list(difflib.ndiff(self.source.splitlines(), self.text.splitlines()))
        sides = ([row[2:].strip() for row in diff if row.startswith(sign)] for sign in "-+")
        was, now = ("\n".join(side) for side in sides)
        return was, now

    @property
    def package(self) -> str:
        return "/".join(self.path.split("/")[:2])

    @property
    def is_of_number(self) -> bool:
        """Whether a number is one more or less."""
        return self.operator.__class__.__name__ == "NumberReplacer"

    @property
    def is_python(self) -> bool:
        """Whether the change compiles. cosmic-ray writes `if not name := value`, for instance, and
        cannot change the name of an exception that has a dot."""
        try:
            compile(self.text, self.path, "exec", dont_inherit=True)
        except (SyntaxError, AttributeError):
            return False
        return self.text != self.source


type Place = tuple[int, int]
"""A line and a column."""


def excluded(tree: ast.Module) -> list[tuple[Place, Place]]:
    """Return the spans that no mutant may touch. They are annotations, what only type checkers
    read, log messages, and `frozen` and `slots`."""
    nodes: list[Any] = []
    for node in ast.walk(tree):
        nodes += [getattr(node, "annotation", None), getattr(node, "returns", None)]
        match node:
            case (
                ast.If(test=ast.Name("TYPE_CHECKING"))
                | ast.TypeAlias()
                | ast.Expr(ast.Call(ast.Attribute(ast.Name("logger"))))
                | ast.ClassDef(bases=[ast.Name("Protocol")])
                | ast.keyword("frozen" | "slots")
            ):
                nodes.append(node)
    return [((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
            for node in nodes if node is not None]  # fmt: skip


def mutants_of(path: str) -> Iterator[Mutant]:
    """Yield all mutants of a file."""
    source = (ROOT / path).read_text("utf-8")
    spans = excluded(ast.parse(source))
    nodes = list(ast_nodes(get_ast(source)))
    for name, _, operator in operators({}):
        if name.startswith(("core/ReplaceBinary", "core/ReplaceComparison")) and (
            name.partition("_")[2] not in SWAPS
        ):
            continue
        places = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, start in enumerate(places):
            if not any(first <= start < last for first, last in spans):
                yield Mutant(path, start[0], operator, occurrence, source)


def digest(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()


def draw(seed: int, size: int) -> list[Mutant]:
    """Return `size` mutants, packages in turn. They go by the text of lines: an edit moves few."""
    lines: dict[str, dict[tuple[str, int], list[Mutant]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for mutant in mutants_of(str(path.relative_to(ROOT))):
            lines[mutant.package][mutant.path, mutant.line].append(mutant)
    ranked = [sorted(lines[package].values(), key=lambda group: digest(seed, line_of(group[0])))
              for package in sorted(lines)]  # fmt: skip
    drawn = []
    for group in (group for row in zip_longest(*ranked) for group in row if group):
        random.Random(digest(seed, line_of(group[0]))).shuffle(group)
        drawn += [mutant for mutant in group if mutant.is_python][:1]
        if len(drawn) == size:
            break
    return drawn


def line_of(mutant: Mutant) -> str:
    return mutant.source.splitlines()[mutant.line - 1].strip()
