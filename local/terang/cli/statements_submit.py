"""`terang statements submit`: sends statements of reasons, and can be stopped and begun again."""

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

import msgspec

from dsa.statement.schema import BATCH, schema_problems
from ledger.errors import OperatorError
from terang import USAGE
from terang.casework.message_file import decode_lines, read_file
from terang.console import Screen, print_problem, print_result
from terang.reports.sor_api import SorApi
from terang.reports.statement_files import files_of, statements_in

TOKEN = "TERANG_SOR_TOKEN"  # noqa: S105 - the name of a variable
"""The variable that holds the provider's token, if no file does: words of a command are seen."""

console = Screen(stderr=True)

type Statement = dict[str, Any]


class _SentLine(msgspec.Struct):
    """A line of the file: of all that the database answered, what must be known again."""

    puid: str


@dataclass(slots=True)
class Sent:
    """The file that says which statements the database has; a line for each, never changed."""

    path: Path
    puids: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "Sent":
        """Return what an earlier try sent; a last line that was cut off by a crash is dropped.

        Raises OperatorError for a file that holds something else; it is left as it is.
        """
        sent = cls(path)
        if path.exists():
            data = read_file(path)
            whole = data[: data.rfind(b"\n") + 1]
            sent.puids = {row.puid for row in decode_lines(whole, _SentLine, str(path))}
            if whole != data:
                path.write_bytes(whole)
        return sent

    def add(self, rows: Sequence[Statement]) -> None:
        """Note statements, and let nothing follow before that is on disk."""
        with self.path.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
            file.flush()
            os.fsync(file.fileno())
        self.puids |= {row["puid"] for row in rows}


def submit(options: argparse.Namespace) -> int:
    """Send what was not sent; 0 if the database has all, 1 if not, 2 for wrong usage."""
    files = files_of(options.files)
    token, fault = _token(options.token_file)
    if not files or any(not path.is_file() for path in files):
        fault = "no such file"
    if not options.to.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        fault = f"--to {options.to!r}: an https address; the token is a secret"
    if fault:
        print_problem(f"terang statements submit: {fault}")
        return USAGE
    try:
        sent, refused = Sent.read(options.sent), 0
    except (OperatorError, OSError) as error:
        print_problem(f"terang statements submit: {error}")
        return USAGE
    before = len(sent.puids)
    api = SorApi(options.to, token)
    try:
        for batch in batched(_unsent(files, sent), BATCH):
            sound = [one for one in batch if not _told(one)]
            refused += len(batch) - len(sound) + _send(api, sent, sound)
            console.print(f"{len(sent.puids) - before:,} sent", style="dim")
    except OperatorError as error:
        print_problem(f"terang statements submit: {error}")
        console.print(f"{len(sent.puids) - before:,} sent; the same command goes on from here")
        return 1
    console.print(f"{len(sent.puids) - before:,} sent, {before:,} were before, {refused:,} refused")
    return 1 if refused else 0


def _token(file: Path | None) -> tuple[str, str]:
    """The token, or what is wrong with it; never the two together."""
    if file is None:
        token, where = os.environ.get(TOKEN, ""), f"the environment variable {TOKEN}"
    else:
        try:
            token, where = file.read_text(encoding="ascii", errors="replace").strip(), str(file)
        except OSError as error:
            return "", f"--token-file {file}: {error.strerror}"
    if not token:
        return "", f"put the token into {where}"
    # A header takes no other signs, and the error of whoever refuses one would show the token.
    if not re.fullmatch(r"[!-~]+", token):
        return "", f"{where} holds signs that no token has"
    return token, ""


def _send(api: SorApi, sent: Sent, batch: list[Statement]) -> int:
    """Send a batch until the database has all that it takes; how many it refused.

    A batch goes in whole or not at all, so those that are refused or known are taken out.
    """
    refused = 0
    while batch:
        answer = api.send(batch)
        if answer.taken:
            kept = ("puid", "uuid", "created_at", "permalink")
            rows = [{key: one.get(key) for key in kept} for one in answer.taken.values()]
            sent.add(rows)
            return refused
        known = [one for one in batch if one["puid"] in answer.existing]
        sent.add([{"puid": one["puid"], "uuid": None} for one in known])
        for place, errors in answer.refused.items():
            for name, messages in errors.items():
                print_result(f"{batch[place]['puid']}: {name}: refused: {'; '.join(messages)}")
        refused += len(answer.refused)
        batch = [
            one
            for place, one in enumerate(batch)
            if place not in answer.refused and one["puid"] not in answer.existing
        ]
    return refused


def _told(statement: Statement) -> bool:
    """Whether the database would refuse a statement; then its problems are told, and it stays."""
    problems = list(schema_problems(statement))
    for one in problems:
        print_result(f"{statement.get('puid')}: {one.field}: {one.code}: {one.message}")
    return bool(problems)


def _unsent(files: list[Path], sent: Sent) -> Iterator[Statement]:
    seen: set[str] = set()
    for path in files:
        for item in statements_in(path, lambda _: None):
            if item.fault and not item.statement:
                raise OperatorError(f"{path}: item {item.number}: {item.fault.message}")
            puid = str(item.statement.get("puid"))
            if puid not in sent.puids and puid not in seen:
                seen.add(puid)
                yield item.statement
