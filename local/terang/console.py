"""The only place where the command writes: no terminal obeys text that strangers wrote.

File names, the fields of a report and the words of a pack are strangers' text. `show_controls` also
replaces line breaks, so that one string is one line and cannot forge another. Unlike
`ledger.untrusted_text.replace_controls` it keeps the place of every character, so that the spans of
findings still fit.
"""

import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

_JOINERS = "\u200c\u200d"
"""Needed to write Persian, Indic scripts and emoji; they draw nothing and control nothing."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def show_controls(text: str) -> str:
    r"""Replace each character that a terminal would obey or not show with a visible sign.

    The result has as many code points as the text.

    >>> show_controls("a\x1b[2Jb\u202ec\n")
    'a␛[2Jb·c␊'
    """
    return "".join(map(_sign, text))


def blur(text: str) -> str:
    """Return the text's shape without its letters.

    >>> blur("send me 验证码")
    '░░░░ ░░ ░░░░░░'
    """
    return "".join("░" * _width(character) if character.strip() else " " for character in text)


def _sign(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if character in _JOINERS:
        return character
    return "·" if unicodedata.category(character) in _UNSEEN else character


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_OBEYED = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff"
    "\U000e0000-\U000e007f]"
)
"""Characters in JSON that a terminal would obey or not show."""


class Screen(Console):
    """A console that never reads a string as markup or emoji, and never cuts one off.

    A string alone is one line, which the terminal wraps so that it can be copied whole. Inside a
    table, strings keep their line breaks, and a word longer than its column is folded.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def print(self, *objects: object, **options: object) -> None:
        """Print after everything that was written before, to stdout too."""
        sys.stdout.flush()
        options = {"crop": False} | options
        if all(isinstance(value, str) for value in objects):
            options = {"soft_wrap": True} | options
        shown = [show_controls(value) if isinstance(value, str) else value for value in objects]
        super().print(*shown, **options)  # type: ignore[arg-type]

    def render_str(self, text: str, **options: object) -> Text:
        """Return the string as text in which a terminal obeys only line breaks."""
        shown = super().render_str("\n".join(map(show_controls, text.split("\n"))), **options)  # type: ignore[arg-type]
        shown.overflow = shown.overflow or "fold"  # a column's default is an ellipsis
        return shown


console = Screen(stderr=True)
"""Where commands say what they do. Results go to stdout."""


@contextmanager
def progress_bar(*columns: "ProgressColumn", **task: Any) -> Iterator[Callable[..., None]]:
    """Show a task on stderr if that is a terminal. Yields what updates it, as rich's `update`."""
    from rich.progress import Progress  # late: most commands show none

    is_seen = sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=not is_seen) as bar:
        name = bar.add_task(task.pop("description", ""), total=task.pop("total", None), **task)
        yield partial(bar.update, name)


def print_result(text: object = "") -> None:
    """Write one line of the result to stdout."""
    sys.stdout.write(show_controls(str(text)) + "\n")


def print_json(record: object) -> None:
    """Write a record to stdout as one line of JSON with its keys in the order given."""
    line = json.dumps(record, ensure_ascii=False) + "\n"
    sys.stdout.write(escape_json(line.encode("utf-8", "surrogatepass")).decode())


def print_lines_of_json(lines: bytes, *, stderr: bool = False) -> None:
    """Write lines of JSON that were encoded before; quick enough for millions of them."""
    stream = sys.stderr if stderr else sys.stdout
    stream.flush()
    stream.buffer.write(escape_json(lines))
    stream.buffer.flush()


def escape_json(lines: bytes) -> bytes:
    r"""Return equivalent lines of JSON in which everything a terminal would obey is escaped.

    >>> escape_json('{"id": "a\x9b2J"}'.encode())
    b'{"id": "a\\u009b2J"}'
    """
    if lines.isascii() and b"\x7f" not in lines:  # JSON itself escapes the other controls of ASCII
        return lines
    text = lines.decode("utf-8", "surrogatepass")
    return _OBEYED.sub(lambda match: json.dumps(match[0])[1:-1], text).encode()


def counted(number: int, one: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "pack"), counted(2, "pack")
    ('1 pack', '2 packs')
    """
    return f"{number} {one}{'s' * (number != 1)}"


def print_problem(text: object) -> None:
    """Write one line to stderr about what stops a command."""
    console.print(str(text), style="red")


def print_warning(text: object) -> None:
    """Write one line to stderr about something that does not stop a command."""
    console.print(str(text), style="yellow")


def escape_unencodable() -> None:
    """Let stdout and stderr escape characters that their encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
