"""The `terang` command, and the whole stack on this machine.

`cli` reads arguments and prints; the other rooms do the work. Start with `cli.command`, the list of
all commands.
"""

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]

IS_INSTALLED = not (_CHECKOUT / "template.yaml").exists()
"""An installed copy of the command, without the rest of the project."""

ROOT = Path(__file__).parent / "shipped" if IS_INSTALLED else _CHECKOUT
"""The folder of the whole project, or what an installed copy has of it: the packs."""

USAGE = 2
"""The exit code for wrong usage, and for packs that do not check."""
