"""Known bugs: each is one change of the product's text, or of one of its functions.

They are the mistakes that pipelines of this kind were seen to make, and those that were found here.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import pytest
from simulation import stage


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: in the function `where`, `old` becomes `new`; a handler is named by its file.

    `shows` is the turn of the suite in which it was last seen to show.
    """

    name: str
    where: str
    old: str
    new: str
    shows: int = 0

    @contextmanager
    def alive(self) -> Iterator[None]:
        """While this lasts, the product has the bug."""
        with pytest.MonkeyPatch.context() as patched:
            if self.where.endswith(".py"):
                self._change_handler(patched)
            else:
                self._change_function(patched)
            yield

    def _change_handler(self, patched: pytest.MonkeyPatch) -> None:
        name = self.where.removesuffix(".py")
        path = stage.ROOT / "functions" / name / self.where
        code = compile(self._changed(path.read_text()), str(path), "exec")
        read = stage._code
        patched.setattr(stage, "_code", lambda one: code if one == name else read(one))

    def _change_function(self, patched: pytest.MonkeyPatch) -> None:
        module, _, path = self.where.partition(":")
        owner: Any = sys.modules[module]
        *parents, name = path.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        text = self._changed(dedent(inspect.getsource(getattr(owner, name))))
        made: dict[str, Any] = {}
        code = compile(text, f"mutant of {self.where}", "exec")
        exec(code, sys.modules[module].__dict__, made)
        for holder in [owner] if parents else _holders(getattr(owner, name), name):
            patched.setattr(holder, name, made[name])

    def _changed(self, text: str) -> str:
        if self.old not in text:
            raise LookupError(f"{self.where} does not say {self.old!r} any more")
        return text.replace(self.old, self.new, 1)


def _holders(function: Any, name: str) -> list[Any]:
    """The modules that hold a function: its own, and those that import it by its name."""
    modules = list(sys.modules.values())
    return [one for one in modules if getattr(one, "__dict__", {}).get(name) is function]


@dataclass(frozen=True, slots=True)
class Swapped:
    """A bug that a change of text does not say: attributes are replaced."""

    name: str
    change: Callable[[pytest.MonkeyPatch], None]
    shows: int = 0

    @contextmanager
    def alive(self) -> Iterator[None]:
        """While this lasts, the product has the bug."""
        with pytest.MonkeyPatch.context() as patched:
            self.change(patched)
            yield
