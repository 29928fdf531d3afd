"""Reads what a provider says about itself from YAML; errors name the line."""

from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import yaml
from yaml.constructor import ConstructorError

from dsa.report.about import About


class AboutError(ValueError):
    """The file cannot be used; the message says in which line, why, and what is allowed."""


def read_about(path: Path) -> About:
    """Read the file. Raises AboutError with its name and line."""
    try:
        top = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        return About() if top is None else _struct(About, top)
    except OSError as error:
        raise AboutError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AboutError(f"{path}: not text in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AboutError(f"{path}:{line}: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        raise AboutError(f"{path}: a character not allowed in YAML: {error.reason}") from error
    except RecursionError as error:
        raise AboutError(f"{path}: nested too deep, or inside itself") from error


def _struct[S: msgspec.Struct](kind: type[S], node: yaml.Node) -> S:
    """Convert a mapping to a struct. Raises ConstructorError with the place of what is wrong."""
    if not isinstance(node, yaml.MappingNode):
        raise _error(node, f"must be fields such as {', '.join(kind.__struct_fields__[:3])}")
    types = get_type_hints(kind, include_extras=True)
    fields: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name not in types:
            raise _error(key, f"there is no {name!r}; allowed: {', '.join(types)}")
        if name in fields:
            raise _error(key, f"{name!r} is there twice")
        fields[name] = _value(types[name], value, name)
    return kind(**fields)


def _value(kind: Any, node: yaml.Node, name: str) -> Any:
    bare = getattr(kind, "__origin__", kind)  # without Annotated
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(bare, node)
    try:
        return msgspec.convert(_plain(node), kind)
    except (ValueError, msgspec.ValidationError) as error:  # YAML parses days itself
        raise _error(node, f"{name}: {error}") from error


def _plain(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node, deep=True)


def _error(node: yaml.Node, problem: str) -> ConstructorError:
    return ConstructorError(problem=problem, problem_mark=node.start_mark)
