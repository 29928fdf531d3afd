"""What the commands of `terang` share: how one is added, and how its work is found."""

import argparse
from collections.abc import Callable
from importlib import import_module

type Work = Callable[[argparse.Namespace], int]
type Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - its only name

STACK = "terang"
"""What a stack is called unless somebody calls it otherwise."""


def later(module: str, name: str) -> Work:
    """Work whose module is imported when it begins: `terang scan` waits for no AWS."""

    def work(options: argparse.Namespace) -> int:
        found: Work = getattr(import_module(module), name)
        return found(options)

    return work


def add(commands: Commands, name: str, text: str, example: str) -> argparse.ArgumentParser:
    """Adds a command whose `--help` ends with an example."""
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example: {example}",
    )


def add_stack(one: argparse.ArgumentParser, text: str = "the deployed stack's name") -> None:
    """Adds `--stack`, for a command that works on a deployed stack."""
    one.add_argument("--stack", default=STACK, help=f"{text}; default: {STACK}")
