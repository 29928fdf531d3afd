"""The same stack on one machine, and the `terang` command."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the whole project."""

USAGE = 2
"""The exit code for wrong usage, and for packs that do not check."""
