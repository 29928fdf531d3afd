"""The `terang` command, and the whole stack on this machine.

`cli` reads arguments and prints. `cli.run` and `runner` are a run on the stack that `emulator`
starts, `remote` is a deployed stack, `home_desk` and `run_table` are the desk at home. Start with
`cli`, the list of all commands.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from ledger.codes import OperatorError

_CHECKOUT = Path(__file__).resolve().parents[2]

IS_INSTALLED = not (_CHECKOUT / "template.yaml").exists()
"""An installed copy of the command, without the rest of the project."""

ROOT = Path(__file__).parent / "shipped" if IS_INSTALLED else _CHECKOUT
"""The folder of the whole project, or what an installed copy has of it: the packs."""

USAGE = 2
"""The exit code for wrong usage, for input that cannot be read, and packs that do not check."""


class InputError(OperatorError):
    """What the arguments name cannot be used: a file, a folder, a stack. The exit code is `USAGE`.

    Nothing was read or done.
    """


class UnknownNameError(InputError):
    """A name that nobody and nothing here has.

    >>> str(UnknownNameError("provider", "acme-chta", ["acme-chat", "kilat"]))
    "unknown provider 'acme-chta'; did you mean acme-chat?"
    """

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        near = get_close_matches(name, known, 1)
        shown = ", ".join(known[:30] + ["…"] * (len(known) > 30)) or "none"
        hint = f"did you mean {near[0]}?" if near else f"allowed: {shown}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


def check_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise UnknownNameError for a name that is not known."""
    if name not in (names := sorted(known)):
        raise UnknownNameError(kind, name, names)
