"""The only place where the command writes, and the arguments that several commands take.

No terminal obeys text that strangers wrote: file names, the fields of a report, the words of a
pack. `show_controls` also replaces line breaks, so that one string is one line and cannot forge
another. Unlike `ledger.texts.replace_controls` it keeps the place of every character, so that the
spans of findings still fit.

A command's signature is its arguments: `stack: StackName = STACK` becomes `--stack NAME`. A value
that does not fit is wrong usage, which `command` reports with the option's name and exit code 2.
"""

import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from terang import InputError

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from matcher import PackError
    from rules.pack import Packs


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

    def print_rows(
        self, title: str, titles: Sequence[str], rows: Sequence[Sequence[str]], lines: Iterable[str]
    ) -> None:
        """Print rows as a table, or as these lines where the table would be too wide."""
        from rich.table import Table  # late: most commands show none

        widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
        if sum(widths) + 3 * len(titles) + 1 > self.width:  # with its borders
            for line in lines:
                self.print(line)
        elif rows:
            table = Table(title=title, title_justify="left")
            for name in titles:
                table.add_column(name, justify="right" if name == "findings" else "left")
            for row in rows:
                table.add_row(*row)
            self.print(table)

    def render_str(self, text: str, **options: object) -> Text:
        """Return the string as text in which a terminal obeys only line breaks."""
        shown = super().render_str("\n".join(map(show_controls, text.split("\n"))), **options)  # type: ignore[arg-type]
        shown.overflow = shown.overflow or "fold"  # a column's default is an ellipsis
        return shown


screen = Screen(stderr=True)
"""Where commands say what they do. Results go to stdout."""


@contextmanager
def progress_bar(*columns: "ProgressColumn", **task: Any) -> Iterator[Callable[..., None]]:
    """Show a task on stderr if that is a terminal. Yields what updates it, as rich's `update`."""
    from rich.progress import Progress  # late: most commands show none

    is_seen = sys.stderr.isatty()
    with Progress(*columns, console=screen, transient=True, disable=not is_seen) as bar:
        name = bar.add_task(task.pop("description", ""), total=task.pop("total", None), **task)
        yield partial(bar.update, name)


def print_result(text: object = "") -> None:
    """Write one line of the result to stdout."""
    sys.stdout.write(show_controls(str(text)) + "\n")


def print_results(lines: Iterable[object]) -> None:
    """Write lines of the result to stdout."""
    for line in lines:
        print_result(line)


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
    return f"{number:,} {one}{'s' * (number != 1)}"


def print_problem(text: object) -> None:
    """Write one line to stderr about what stops a command."""
    screen.print(str(text), style="red")


def print_warning(text: object) -> None:
    """Write one line to stderr about something that does not stop a command."""
    screen.print(str(text), style="yellow")


def escape_unencodable() -> None:
    """Let stdout and stderr escape characters that their encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


STACK = "terang"

WORDS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("words.json").read_bytes())
"""How commands print codes and counts."""

LONG_BEFORE_DAYS = 365
"""A check that is older than the post by more days is shown with its age."""


class UsageError(Exception):
    """The arguments do not fit together, or name something that does not exist."""


def parse_day(text: str) -> date:
    """Return the day that a text names as YYYY-MM-DD. Raises ValueError for any other text.

    >>> parse_day("2026-11-25")
    datetime.date(2026, 11, 25)
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r} is not a day of the calendar, such as 2026-11-30")
    return day


def today_utc() -> date:
    """Return the day in UTC, which commands without a stack go by."""
    return datetime.now(UTC).date()


def _check_provider(_: type, name: str | None) -> None:
    from ledger.keys import is_provider_id  # late: `terang --help` needs no msgspec

    if name is not None and not is_provider_id(name):  # Cyclopts checks defaults too
        raise ValueError("An id has 3 to 40 of a-z, 0-9 and -, and is not `all`.")


def _check_channels(_: type, channels: tuple[str, ...]) -> None:
    for channel in channels:
        if not re.fullmatch(r"(telegram|discord):.+", channel, re.DOTALL):
            raise ValueError(f"Write {channel!r} as telegram:ID or discord:ID.")


def _check(pattern: str, advice: str, _: type, text: str | None) -> None:
    if text is not None and not re.fullmatch(pattern, text):
        raise ValueError(advice)


_check_moderator = partial(
    _check, "[A-Za-z0-9._-]{1,100}", "A pseudonym has 1 to 100 letters, digits, `.`, `_` or `-`."
)
_check_month = partial(_check, r"\d{4}-(0[1-9]|1[0-2])", "Write the month as YYYY-MM.")


def _check_pack(_: type, pack: str) -> None:
    from rules.rule import ID, ID_MEANS  # late: `terang --help` needs no rules

    if not re.fullmatch(ID, pack):
        raise ValueError(f"A pack's id must have {ID_MEANS}.")


def says(words: str, **more: Any) -> Parameter:
    """Return how the help shows an argument: what it means."""
    return Parameter(help=words, **more)


def option(metavar: str, words: str | None = None, **more: Any) -> Parameter:
    """Return how the help shows an option: with a word for its value, and what it means."""
    return Parameter(metavar=metavar, help=words, **more)


Files = tuple[Path, ...]
Texts = tuple[str, ...]
Day = Annotated[
    date, Parameter(metavar="DAY", converter=lambda _, tokens: parse_day(tokens[0].value))
]
Today = Annotated[Day, says("the day that counts as today, in UTC")]
StackName = Annotated[str, option("NAME", f"a deployed stack; default: {STACK}")]
ProviderId = Annotated[str, Parameter(metavar="ID", validator=_check_provider)]
PackId = Annotated[str, option("ID", "the pack's id", name="--id", validator=_check_pack)]
_A_CHANNEL = "a channel that anyone may join: telegram:ID or discord:ID; repeat it for more"
Channels = Annotated[Texts, option("CHANNEL", _A_CHANNEL, name="--open", validator=_check_channels)]
Moderator = Annotated[
    str, option("NAME", "a pseudonym, which is published", validator=_check_moderator)
]
Month = Annotated[str, Parameter(metavar="YYYY-MM", validator=_check_month)]
JsonLine = Annotated[bool, says("print one line of JSON on stdout", name="--json")]
JsonLines = Annotated[bool, says("print each entry as a line of JSON", name="--json")]


def load_checked(folder: Path, day: date | None, *, advice: bool = False) -> "Packs | None":
    """Return the packs of a folder, or None if they do not check. Print problems and warnings.

    `advice` adds the warnings that matter to people who edit the packs.
    """
    from authoring.check import KnownPacks, check_packs  # late: `terang --help` needs no matcher
    from matcher import PackError

    if not folder.exists():
        raise InputError(f"{folder}: no such file or folder")
    try:
        known = KnownPacks.of_user()
        packs = check_packs(folder, day or today_utc(), advice=advice, known=known)
    except PackError as error:
        print_pack_problems(error)
        return None
    for warning in packs.warnings:
        print_warning(f"warning: {warning}")
    return packs


def print_pack_problems(error: "PackError") -> None:
    """Print each problem with its file and line."""
    for problem in error.problems:
        print_problem(problem)
