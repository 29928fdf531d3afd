"""Which files of the public bucket belong into the log: those that will not change any more."""

import re
from importlib.resources import files
from typing import NamedTuple

PERIOD_FILE = re.compile(r"(?P<room>summaries|journal)/(?P<provider>[^/]+)/(?P<period>[^/.]+)\..+")
REVISION = re.compile(r"\.r(?P<revision>\d+)\.")

ENDINGS = {
    "json": "summary",
    "jsonl": "journal",
    "csv": "sheet",
    "html": "page",
    "zip": "archive",
}
"""What the files of a period are, by their ending."""

STANDING_FILES = (
    (re.compile(r"sets/[0-9a-f]{64}\.json"), "set"),
    (re.compile(r"packs/[^/]+/\d+\.yaml"), "pack"),
    (re.compile(r"signs/[0-9a-f]+\.json"), "sign"),
    (re.compile(r"factchecks/.+\.(json|claims)"), "factchecks"),
    (re.compile(r"audit/.+\.json"), "audit-key"),
    (re.compile(r"schemas/.+\.json"), "schema"),
    (re.compile(r"log/(verify|recount)\.py"), "program"),
)
"""Files that are written once, or with a release. They belong to no period."""

OF_THE_LOG = re.compile(r"log/(\d+/)?(checkpoint|vkey|tile/.+)|log/lists/.+")
"""The files of the log itself, which no leaf and no list names."""


class PeriodFile(NamedTuple):
    """A file of a period. `revision` is 0 unless the file is an earlier revision that was kept."""

    provider: str
    period: str
    of: str
    revision: int


def period_file(path: str) -> PeriodFile | None:
    """Return what a path is a file of, or None if it is of no period.

    >>> period_file("summaries/acme/2026-11.r2.json")
    PeriodFile(provider='acme', period='2026-11', of='summary', revision=2)
    >>> period_file("journal/acme/2026-11-25.1.jsonl")
    PeriodFile(provider='acme', period='2026-11-25', of='journal', revision=0)
    >>> period_file("index.html")
    """
    match = PERIOD_FILE.fullmatch(path)
    if match is None:
        return None
    kept = REVISION.search(path)
    revision = int(kept["revision"]) if kept else 0
    of = ENDINGS.get(path.rpartition(".")[2], "other")
    return PeriodFile(match["provider"], match["period"], of, revision)


def standing_file(path: str) -> str | None:
    """Return the sort of a file that belongs to no period, or None if it does not belong here.

    >>> standing_file("packs/one-time-codes/3.yaml"), standing_file("sets/current.json")
    ('pack', None)
    """
    return next((of for pattern, of in STANDING_FILES if pattern.fullmatch(path)), None)


def programs() -> dict[str, bytes]:
    """Return the programs that check the log and the numbers, by path. They ship with the log.

    They are published as they are, and never imported: what checks shares no code with the rest.
    """
    return {
        f"log/{name}.py": files(package).joinpath(f"{name}.py").read_bytes()
        for package, name in (("verifier", "verify"), ("recount", "recount"))
    }
