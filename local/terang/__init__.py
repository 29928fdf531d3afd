"""The `terang` command, and the whole stack on this machine.

`cli` reads arguments and prints; the other rooms do the work. It may import every layer,
`authoring` and `recount`. Start with `cli.command`, the list of all commands.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the whole project."""

USAGE = 2
"""The exit code for wrong usage, and for packs that do not check."""
