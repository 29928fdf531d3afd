"""Daily dumps of the DSA Transparency Database as one narrow table of DuckDB, an extra.

A dump goes through a pipe into the table `s` in one pass; nothing is loaded or unpacked whole. It
lies in a temporary folder and has the database's columns by their names. Of a free text only a hash
is kept, of a time only its day. What is empty is NULL.
"""

import csv
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dsa.statement_checks import FIELDS
from ledger.codes import OperatorError
from ledger.posts import LINE_BYTES
from terang import ROOT
from terang.statement_files import UnreadableError, items_of

PACKAGES = ".tools/reconcile/lib/python3*/site-packages"
MEMORY, THREADS, MOST_REJECTED = "200MB", 2, 100_000

COLUMNS = (
    *("uuid", "platform_name", "platform_uid", "content_id_ean", "created_at"),
    *(name for name in FIELDS if name not in ("puid", "content_id")),
)
"""The columns of the full dump. The light one has fewer."""

_DAY = re.compile(r"end_date_.*|.*_date|created_at")
_TEXT = re.compile(r".*(_other|_explanation|_facts|_identity|_url|_(legal|content)_ground|_uid)")


def _kept(name: str) -> tuple[str, str]:
    """Return the type of a column in the narrow table, and what is kept of it."""
    if _TEXT.fullmatch(name):
        return "UBIGINT", f"CASE WHEN {name} IS NOT NULL THEN hash({name}) END"
    if _DAY.fullmatch(name):
        return "DATE", f"TRY_CAST(left({name}, 10) AS DATE)"
    is_id = name == "uuid"
    return ("UUID", "TRY_CAST(uuid AS UUID)") if is_id else ("VARCHAR", f"nullif({name}, '[]')")


class Dump:
    """The statements of some files, in a folder that is deleted after use."""

    def __init__(self, folder: Path) -> None:
        sys.path.extend(map(str, ROOT.glob(PACKAGES)))
        if find_spec("duckdb") is None:
            raise OperatorError("dumps are read by DuckDB: install it with `make reconcile`")
        import duckdb

        self._error = duckdb.Error
        limits = {"memory_limit": MEMORY, "threads": THREADS, "preserve_insertion_order": False}
        limits |= {"temp_directory": str(folder)}
        self.database = duckdb.connect(folder / "dump.db", config=limits)
        self.run = self.database.execute
        self.run(f"CREATE TABLE s ({', '.join(f'{name} {_kept(name)[0]}' for name in COLUMNS)})")
        self.missing: set[str] = set()
        self.unreadable: list[str] = []
        self.size = 0

    def add(self, path: Path, progress: Callable[[int], None]) -> None:
        """Add the rows of a file: CSV, gzip of it, zip of it, or zip of zips."""
        self.unreadable += (f"{path.name}: {why}" for why in items_of(path, progress, self._read))

    def _read(self, stream: Any) -> Iterator[UnreadableError]:
        names = next(csv.reader([stream.readline(LINE_BYTES).decode("utf-8-sig", "replace")]), [])
        if "category" not in names or len({*names}) < len(names):
            yield UnreadableError("a table without the columns of the database")
            return
        self.missing |= {*COLUMNS} - {*names}
        known = [name for name in COLUMNS if name in names]
        # A file's own names become no SQL.
        raw = {name if name in known else f"unknown{n}": "VARCHAR" for n, name in enumerate(names)}
        kept = ", ".join(_kept(name)[1] for name in known)
        reader, writer = os.pipe()
        failed: list[Exception] = []
        pump = threading.Thread(target=_pump, args=(stream, writer, failed))
        pump.start()
        try:
            self.run(
                f"INSERT INTO s ({', '.join(known)}) SELECT {kept} FROM read_csv(?, columns={raw},"  # noqa: S608  # nosec B608 - our own words
                " header=false, auto_detect=false, delim=',', quote='\"', escape='\"',"
                f" ignore_errors=true, store_rejects=true, rejects_limit={MOST_REJECTED})",
                [f"/dev/fd/{reader}"],
            )
            self.size = self.ask("count(*) FROM s")[0][0]
        except self._error as error:
            yield UnreadableError(f"the table cannot be read: {str(error).splitlines()[0]}")
        finally:
            os.close(reader)
            pump.join()
        if failed and not isinstance(failed[0], BrokenPipeError):  # DuckDB says why it stopped
            raise failed[0]  # a damaged archive: what was read before is counted

    def has(self, sql: str) -> bool:
        """Return whether all columns that SQL names are there."""
        return not self.missing & {*re.findall(r"\w+", sql)}

    def ask(self, what: str) -> list[tuple[Any, ...]]:
        """Return the rows of `SELECT what`; none if a column is missing."""
        return list(self.run(f"SELECT {what}").fetchall()) if self.has(what) else []

    def fill(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Create a table, given with its columns, of these rows."""
        self.run(f"CREATE TABLE {table}")
        if columns := [list(column) for column in zip(*rows, strict=True)]:
            lists = ", ".join("unnest(?)" for _ in columns)
            self.run(f"INSERT INTO {table.partition('(')[0]} SELECT {lists}", columns)


def _pump(stream: Any, writer: int, failed: list[Exception]) -> None:
    try:
        with open(writer, "wb", buffering=0) as out:
            shutil.copyfileobj(stream, out, LINE_BYTES)
    except Exception as error:  # noqa: BLE001 - raised again where the rows are read
        failed.append(error)
