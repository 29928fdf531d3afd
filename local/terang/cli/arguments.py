"""The arguments that several commands take: how each is read, and which values are allowed.

A command's signature is its arguments: `stack: StackName = STACK` becomes `--stack NAME`. A value
that does not fit is wrong usage, which `command` reports with the option's name and exit code 2.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, Token

from terang import InputError
from terang.console import print_problem, print_warning

if TYPE_CHECKING:
    from matcher import PackError
    from rules.pack import Packs

STACK = "terang"

_CHANNEL = re.compile(r"(telegram|discord):.+", re.DOTALL)
_MODERATOR = re.compile(r"[A-Za-z0-9._-]{1,100}")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


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


def _read_day(_: type, tokens: Sequence[Token]) -> date:
    return parse_day(tokens[0].value)


def _check_provider(_: type, name: str | None) -> None:
    from ledger.records.provider import is_provider_id  # late: `terang --help` needs no msgspec

    if name is not None and not is_provider_id(name):  # Cyclopts checks defaults too
        raise ValueError("An id has 3 to 40 of a-z, 0-9 and -, and is not `all`.")


def _check_channels(_: type, channels: tuple[str, ...]) -> None:
    for channel in channels:
        if not _CHANNEL.fullmatch(channel):
            raise ValueError(f"Write {channel!r} as telegram:ID or discord:ID.")


def _check_moderator(_: type, name: str) -> None:
    if not _MODERATOR.fullmatch(name):
        raise ValueError("A pseudonym has 1 to 100 letters, digits, `.`, `_` or `-`.")


def _check_pack(_: type, pack: str) -> None:
    from authoring.fields import ID, ID_MEANS  # late: it imports the matcher

    if not re.fullmatch(ID, pack):
        raise ValueError(f"A pack's id must have {ID_MEANS}.")


def _check_month(_: type, month: str) -> None:
    if not _MONTH.fullmatch(month):
        raise ValueError("Write the month as YYYY-MM.")


Day = Annotated[date, Parameter(metavar="DAY", converter=_read_day)]
Today = Annotated[Day, Parameter(help="the day that counts as today, in UTC")]
StackName = Annotated[str, Parameter(metavar="NAME", help=f"a deployed stack; default: {STACK}")]
ProviderId = Annotated[str, Parameter(metavar="ID", validator=_check_provider)]
PackId = Annotated[
    str, Parameter(name="--id", metavar="ID", help="the pack's id", validator=_check_pack)
]
Channels = Annotated[
    tuple[str, ...],
    Parameter(
        name="--open",
        metavar="CHANNEL",
        validator=_check_channels,
        help="a channel that anyone may join: telegram:ID or discord:ID; repeat it for more",
    ),
]
Moderator = Annotated[
    str,
    Parameter(metavar="NAME", validator=_check_moderator, help="a pseudonym, which is published"),
]
Month = Annotated[str, Parameter(metavar="YYYY-MM", validator=_check_month)]
JsonLine = Annotated[bool, Parameter(name="--json", help="print one line of JSON on stdout")]
JsonLines = Annotated[bool, Parameter(name="--json", help="print each entry as a line of JSON")]


def load_checked(folder: Path, day: date | None, *, advice: bool = False) -> "Packs | None":
    """Return the packs of a folder, or None if they do not check. Print problems and warnings.

    `advice` adds the warnings that matter to people who edit the packs.
    """
    from matcher import load_packs  # late: `terang --help` needs no matcher

    return print_checked(folder, lambda: load_packs(folder, day or today_utc(), advice=advice))


def print_checked(folder: Path, load: "Callable[[], Packs]") -> "Packs | None":
    """Return the packs of a folder that `load` returns, as `load_checked` does."""
    from matcher import PackError

    if not folder.exists():
        raise InputError(f"{folder}: no such file or folder")
    try:
        packs = load()
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
