"""The zip file of a summary: all that is needed to add its numbers up again, and a manifest.

Its paths are those of the site, so the unpacked folder can be checked like a copy of the site. A
day's zip only names its sets, which are larger than all else and the same for many days. The same
facts give the same bytes: entries are in order, without dates, and stored as they are, since
another release of a compressor writes other bytes.
"""

import zipfile
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO

import msgspec

from ledger.records.provider import SENTINEL
from publish.periods import PeriodKind
from publish.site.spreadsheet import encode_csv
from publish.summary import Summary, summary_path

ARCHIVE_BYTES = 64 * 1024 * 1024
"""The most that the files of an archive may have together. Larger periods have none: their journal
is fetched file by file."""

FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip file can hold."""

Read = Callable[[str], bytes | None]


def archive_of(summary: Summary, encoded: bytes, read: Read) -> bytes | None:
    """Return the zip file of a closed summary; None if it is too large or a file is missing.

    `encoded` is the summary's JSON. Its CSV comes from the summary, since it is not written yet;
    `read` returns the other files that it sums up.
    """
    files = {
        f"{summary.path}.json": encoded,
        f"{summary.path}.csv": encode_csv(summary),
    }
    total = sum(map(len, files.values()))
    for path in sorted(_needed(summary) - files.keys()):
        data = read(path)
        if data is None and path.startswith("summaries/"):
            continue  # a provider may have nothing on a day
        if data is None:
            return None
        total += len(data)
        if total > ARCHIVE_BYTES:
            return None
        files[path] = data
    manifest = {
        "title": "Terang",
        "summary": summary.path,
        "revision": summary.revision,
        "files": [
            {"path": path, "bytes": len(data), "sha256": sha256(data).hexdigest()}
            for path, data in sorted(files.items())
        ],
        "sets": [
            {"path": path, "sha256": digest}
            for digest in sorted(summary.numbers.sets)
            if (path := f"sets/{digest}.json") not in files
        ],
    }
    files["manifest.json"] = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    return _zipped(files)


def _needed(summary: Summary) -> set[str]:
    """Return the paths of the files that a summary sums up."""
    paths = {file.path for file in summary.journal}
    if summary.kind is not PeriodKind.DAY:
        paths |= {f"sets/{digest}.json" for digest in summary.numbers.sets}
    names = [summary.period, *(part.name for part in summary.days)]
    providers = [summary.provider, *(part.name for part in summary.providers)]
    stems = {summary_path(provider, name) for provider in providers for name in names}
    if summary.sentinel:
        stems |= {summary_path(SENTINEL, name) for name in names}
    earlier = {f"{summary.path}.r{summary.revision - 1}"}
    if summary.standing and (before := summary.standing.before):
        carried = [summary_path(provider, before.period) for provider in providers]
        earlier |= {*carried, *(f"{stem}.r{before.revision}" for stem in carried)}
    paths |= {f"{stem}.{kind}" for stem in stems for kind in ("json", "csv")}
    return paths | {f"{stem}.json" for stem in earlier}


def _zipped(files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, FIRST_DATE)
            entry.create_system = 3  # the same on every machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()
