"""All that the command tells people: strings stand as they are, and command no terminal.

Names of files, fields of somebody's report and words of a pack are strangers' text. Everything that
is told passes here; nothing else in this package prints, or makes a console.
"""

import json
import re
import sys

from rich.console import Console
from rich.text import Text

from terang.visible_text import visible

_OBEYED = re.compile(
    "[\x80-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


class Screen(Console):
    """A console on which a string is no markup and no emoji, and shows what it would hide."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def print(self, *objects: object, **options: object) -> None:
        """Tells after whatever was told before, on stdout too."""
        sys.stdout.flush()
        super().print(*objects, **options)  # type: ignore[arg-type]

    def render_str(self, text: str, **options: object) -> Text:
        """The string as text; only its line breaks are obeyed."""
        return super().render_str(lines_visible(text), **options)  # type: ignore[arg-type]


def lines_visible(text: str) -> str:
    r"""The text with a sign in place of whatever a terminal would obey, but for line breaks.

    >>> lines_visible("a\x1b[2J\nb")
    'a␛[2J\nb'
    """
    return "\n".join(map(visible, text.split("\n")))


def say(text: object = "") -> None:
    """Tells a result on stdout."""
    sys.stdout.write(lines_visible(str(text)) + "\n")


def say_json(record: object) -> None:
    """Tells a record on stdout as one line of JSON."""
    line = json.dumps(record, ensure_ascii=False) + "\n"
    sys.stdout.write(inert(line.encode("utf-8", "surrogatepass")).decode())


def inert(lines: bytes) -> bytes:
    r"""Lines of JSON that say the same, with whatever a terminal would obey escaped.

    >>> inert('{"id": "a\x9b2J"}'.encode())
    b'{"id": "a\\u009b2J"}'
    """
    if lines.isascii():  # JSON itself escapes the controls of ASCII
        return lines
    text = lines.decode("utf-8", "surrogatepass")
    return _OBEYED.sub(lambda found: json.dumps(found[0])[1:-1], text).encode()


def problem(text: object) -> None:
    """Tells what stops a command."""
    _console.print(str(text), style="red", soft_wrap=True)


def warning(text: object) -> None:
    """Tells what stops nothing."""
    _console.print(str(text), style="yellow", soft_wrap=True)


_console = Screen(stderr=True)
