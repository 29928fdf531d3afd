"""What is told on stderr, each sentence on one line however narrow the terminal."""

from rich.console import Console

_console = Console(stderr=True, highlight=False)


def problem(text: object) -> None:
    """Tells what stops a command."""
    _console.print(str(text), style="red", markup=False, soft_wrap=True)


def warning(text: object) -> None:
    """Tells what stops nothing."""
    _console.print(str(text), style="yellow", markup=False, soft_wrap=True)
