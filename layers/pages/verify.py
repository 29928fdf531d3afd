"""Check the public log of Terang, and every file and number that it names.

    python3 verify.py FOLDER|URL [--key VKEY] [--state FILE] [--checkpoint FILE] [--witness VKEY]
                                 [--watch]
    python3 verify.py FOLDER|URL --proof FILE [--receipt FILE]

FOLDER is a copy of the public bucket, URL its address. This file needs Python 3.9 or newer, no
package, and `recount.py` next to it. It is one file on purpose: you can download it, read it from
top to bottom, and keep your own copy. It shares no code with what wrote the log.

The first check believes the place: it may show you an older copy, or a log that it signed itself.
`--key` names a key that you know from elsewhere: see "Where a key comes from" in docs/log.md.

It checks the signature of the checkpoint, the hashes of all leaves and tiles, that the log contains
the one that was seen before (`--state` keeps it) and those of `--checkpoint`, that each file is the
one that its newest leaf names, or the list that the newest run made of files without a leaf, that
numbers changed only by a new revision, and it recounts every number.
From top to bottom: the command, one log, its files, corrections, proofs, hashes, and where files
come from.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.client import HTTPException
from itertools import chain, islice
from pathlib import Path
from threading import Thread
from typing import Any

Leaf = dict[str, Any]
Named = dict[str, "tuple[int | None, Leaf]"]
"""What is said of each file, by path, with the index of the leaf; None if only the list says it."""

WIDTH = 256
TIME = "%Y-%m-%dT%H:%M:%SZ"
OLD = timedelta(hours=24)
CLOSED_AFTER = timedelta(hours=26)
"""When a day is closed, counted from its beginning."""

DAY_SUMMARY = re.compile(r"summaries/[^/]+/(?P<day>2[0-9]{3}-[0-9]{2}-[0-9]{2})\.json")

KEPT = timedelta(days=400)
"""Entries of leaves are kept so long; after that only their hashes are."""

EM_DASH = "\u2014"
LISTS = "log/lists/"
"""Where the lists of files without a leaf are, by their digests."""

HERE = Path(__file__).resolve().parent
RECOUNT = (HERE / "recount.py", HERE.parent / "recount" / "recount.py")
"""Where recount.py is looked for: next to this file, and in a checkout of Terang."""


class LogUnreadableError(Exception):
    """There is no log here, or it cannot be read."""


@dataclass
class Result:
    """The checks that ran, in sentences. `is_old` says that the log is.

    The verdict is what is `wrong`, the names of what is `unproved`, and what is `proved`.
    """

    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    proved: list[str] = field(default_factory=list)
    is_old: bool = False


@dataclass(frozen=True)
class Options:
    """How to check. `checkpoints` are files of others; `watch` also names late entries.

    `keys` are known from elsewhere: that of the first log, and those of logs that continue it.
    `witnesses` are keys of others who must have signed a checkpoint of the newest log.
    """

    keys: Sequence[str] = ()
    state: Path | None = None
    checkpoints: Sequence[Path] = ()
    witnesses: Sequence[str] = ()
    watch: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Return 0 if all is proved or recounted, 1 if something is wrong.

    2 if there is nothing to read, 3 if nothing is wrong and something is not proved.
    """
    parser = argparse.ArgumentParser(description="Check the public log of Terang.")
    parser.add_argument("place", help="a copy of the public bucket, or its address")
    parser.add_argument(
        "--key", action="append", default=[], help="a key of the log that you know from elsewhere"
    )
    parser.add_argument("--state", type=Path, help="where the newest checkpoint seen is kept")
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="that of somebody else"
    )
    parser.add_argument(
        "--witness", action="append", default=[], help="the key of a witness that must have signed"
    )
    parser.add_argument("--watch", action="store_true", help="also name late entries")
    parser.add_argument("--proof", type=Path, help="check this proof and nothing else")
    parser.add_argument("--receipt", type=Path, help="the receipt that the proof is about")
    given = parser.parse_args(arguments)
    if given.proof:
        return proof_command(given.place, given.proof, given.key, given.receipt)
    options = Options(given.key, given.state, given.checkpoint, given.witness, watch=given.watch)
    return verify_command(given.place, options)


def verify_command(place: str, options: Options) -> int:
    """Check a log and all that it names. Return what `main` does."""
    return _report(place, lambda source: check_place(source, options))


def proof_command(
    place: str, proof: Path, keys: Sequence[str] = (), receipt: Path | None = None
) -> int:
    """Check a proof. Return what `main` does."""
    return _report(place, lambda source: check_proof(source, proof.read_bytes(), keys, receipt))


def _report(place: str, check: Callable[[LogSource], Result]) -> int:
    try:
        result = check(source_of(place))
    except (LogUnreadableError, OSError) as error:
        _print(f"{place}: {error}")
        return 2
    verdict = (("Wrong", result.wrong, 1), ("Not proved", result.unproved, 20))
    for line in chain(result.said, *(lines for _, lines, most in verdict if len(lines) > most)):
        _print(line)
    for title, lines, most in verdict:
        more = [f"and {len(lines) - most:,} more, above"] if len(lines) > most else []
        _print(f"{title}: {len(lines):,}{': ' if lines else ''}{', '.join(lines[:most] + more)}")
    _print(f"Proved and recounted: {', '.join(result.proved) or 'nothing'}")
    return 1 if result.wrong else 3 if result.unproved else 0


def _print(text: str) -> None:
    """Print a line. A character that controls the terminal or is not in it is shown escaped."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    encoding = sys.stdout.encoding or "ascii"
    print(shown.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201


def check_place(source: LogSource, options: Options) -> Result:
    """Check the logs of a place, its files and its numbers, and remember the newest checkpoints.

    If the log grew meanwhile at an address and something is wrong, check once more.
    """
    result = _check_once(source, options)
    return _check_once(source, options) if result.wrong and source.has_moved() else result


def _check_once(source: LogSource, options: Options) -> Result:
    result, state, now = Result(), options.state, options.now
    remembered = _remembered(state)
    logs = list(read_logs(source, options.keys, result))
    _check_family(logs, remembered, state, result)
    if not logs:
        result.wrong += source.not_read()
        if result.wrong:
            return result
        raise LogUnreadableError("there is no log/checkpoint here")
    for number, log in enumerate(logs):
        _check_pruned(log, logs[number + 1 :], now, result)
        _compare_with_remembered(log, remembered, result)
        if options.watch:
            result.wrong += late_leaves(log)
    others = {path: path.read_bytes() for path in options.checkpoints}
    for path, note in others.items():
        _compare_with_checkpoint(logs, path, note, result)
    for witness in options.witnesses:
        _check_witness(logs[-1], [logs[-1].note, *others.values()], witness, result)
    for before, log in zip(logs, logs[1:]):
        known = {*options.keys, remembered.get(log.origin, {}).get("key")}
        proof = source.get(f"{log.folder}confirmed.tlog-proof")
        _check_continuation(before, log, proof, known, result)
    _say_age(logs[-1], now, source, result)
    named = named_files(source, logs, result)
    source.sizes = {path: leaf["size"] for path, (_, leaf) in named.items()}
    _check_files(source, logs, named, result)
    _check_corrections(logs, source, result)
    closed = [path for path, (index, _) in named.items() if index is not None]
    _check_sentinel(source, closed, result, watch=options.watch)
    if source.faults:
        result.unproved.append("the numbers: there are files that were not read")
    else:
        _recount(source, named, result)
    result.wrong += source.not_read()
    if not result.wrong and state:
        seen = {log.origin: log.remembered(logs[0].origin, now) for log in logs}
        state.write_text(json.dumps(remembered | seen, indent=2, sort_keys=True) + "\n")
    return result


def _remembered(state: Path | None) -> dict[str, Any]:
    if state is None or not state.exists():
        return {}
    kinds = {"size": int, "root": str, "key": str, "seen": str}
    try:
        found: dict[str, Any] = parse_json(state.read_bytes())
        is_right = all(type(seen[name]) is kinds[name] for seen in found.values() for name in kinds)
    except (ValueError, TypeError, KeyError, AttributeError):
        is_right = False
    if not is_right:
        raise LogUnreadableError(f"{state} is not what an earlier check left: delete it")
    return found


# One log


@dataclass
class Log:
    """A log whose checkpoint (`note`) is signed: its leaves, with their hashes; None if pruned."""

    folder: str
    origin: str
    key: str
    size: int
    root: bytes
    note: bytes
    hashes: list[bytes]
    leaves: list[Leaf | None]

    def remembered(self, first: str, now: datetime) -> dict[str, Any]:
        """Return what the next check needs. `first` is the origin of the log under `log/`."""
        known = {"size": self.size, "root": self.root.hex(), "key": self.key}
        return known | {"seen": now.strftime(TIME), "first": first}

    def contains(self, size: int, root: bytes) -> bool:
        """Return whether the first `size` leaves have this root."""
        return size <= self.size and root_of(self.hashes[:size]) == root

    def newest_run(self) -> str:
        """Return when the newest run added leaves, or ""."""
        runs = (leaf["at"] for leaf in reversed(self.leaves) if leaf and leaf["kind"] == "run")
        return str(next(runs, ""))


def read_logs(source: LogSource, keys: Sequence[str], result: Result) -> Iterator[Log]:
    """Yield the log and those that continue it, each after its checks."""
    for folder in folders():
        note = source.get(f"{folder}checkpoint")
        log = None if note is None else read_log(source, folder, note, keys, result)
        if log is None:
            return
        yield log
    result.wrong.append(f"there are more than {MOST_LOGS} logs here")


MOST_LOGS, MOST_LEAVES = 64, 1 << 26
"""More are not read: a stranger's log could have no end."""


def folders() -> Iterator[str]:
    """Yield where the log is, and where the logs that continue it would be."""
    yield "log/"
    yield from (f"log/{number}/" for number in range(2, MOST_LOGS + 1))


def read_log(
    source: LogSource, folder: str, note: bytes, keys: Sequence[str], result: Result
) -> Log | None:
    """Return a log. None if its checkpoint is not one that the key signed, or its leaves differ.

    No leaf is parsed before all of them add up to the signed root.
    """
    line = (source.get(f"{folder}vkey") or b"").decode(errors="replace")
    served = line.removesuffix("\n")
    if not line.endswith("\n"):
        result.wrong.append(f"{folder}vkey was cut")
    vkey = served
    if keys and folder == "log/" and served not in keys:
        result.wrong.append(f"{folder}vkey is not the key that you gave")
        vkey = keys[0]
    try:
        origin, size, root = open_checkpoint(note, vkey)
    except ValueError as error:
        result.wrong.append(f"{folder}checkpoint: {error}")
        return None
    if size > MOST_LEAVES:
        result.wrong.append(f"{folder}checkpoint: {size:,} leaves are too many to read")
        return None
    source.fetch(folder + name for name in tile_names(size))
    hashes, found = _read_leaves(source, folder, size, result)
    _check_tiles(source, folder, hashes, result)
    if len(hashes) != size or root_of(hashes) != root:
        result.wrong.append(f"{folder}: the leaves do not add up to the signed root")
        return None
    leaves: list[Leaf | None] = []
    try:
        for leaf in found:
            leaves.append(None if leaf is None else parse_leaf(leaf))  # noqa: PERF401 - is counted
    except ValueError as error:
        result.wrong.append(f"{folder}tile/entries: leaf {len(leaves)} is wrong: {error}")
        return None
    result.said.append(f"{origin}: {size:,} leaves, signed by the key {vkey}")
    return Log(folder, origin, vkey, size, root, note, hashes, leaves)


def _read_leaves(
    source: LogSource, folder: str, size: int, result: Result
) -> tuple[list[bytes], list[bytes | None]]:
    """Return all hashes of leaves, and the leaves; of pruned bundles only the hashes."""
    hashes: list[bytes] = []
    leaves: list[bytes | None] = []
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        bundle = source.get(folder + tile_name("entries", number, width))
        if bundle is None:
            tile = source.get(folder + tile_name("0", number, width))
            if tile is None:
                break
            hashes += [tile[at : at + 32] for at in range(0, len(tile), 32)][:width]
            leaves += [None] * width
            continue
        try:
            found = split_entries(bundle)
        except ValueError as error:
            result.wrong.append(f"{folder}{tile_name('entries', number, width)}: {error}")
            break
        leaves += found
        hashes += [leaf_hash(leaf) for leaf in found]
    return hashes, leaves


def _check_pruned(log: Log, later: Sequence[Log], now: datetime, result: Result) -> None:
    """Check that only old leaves were deleted: those that a run ended more than KEPT ago.

    The run may be one of the logs that continue this one.
    """
    gone = [index for index, leaf in enumerate(log.leaves) if leaf is None]
    if not gone:
        return
    leaves = chain(log.leaves[gone[-1] + 1 :], *(following.leaves for following in later))
    run = next((leaf for leaf in leaves if leaf and leaf["kind"] == "run"), None)
    if run is None or now - moment(run["at"]) < KEPT:
        result.wrong.append(
            f"{len(gone):,} leaves of {log.origin} are missing, the last at {gone[-1]}"
        )
    else:
        result.said.append(f"{len(gone):,} old leaves were deleted; only their hashes are left.")


def _check_tiles(source: LogSource, folder: str, hashes: list[bytes], result: Result) -> None:
    """Compare the tiles of hashes with the leaves; in a folder also those of earlier sizes."""
    levels = [hashes]
    while known := levels[-1]:
        whole = range(len(known) // WIDTH)
        levels.append([root_of(known[n * WIDTH : (n + 1) * WIDTH]) for n in whole])
    wanted = {name for name in tile_names(len(hashes)) if not name.startswith("tile/entries/")}
    here = {path.removeprefix(folder) for path in source.names(f"{folder}tile")}
    for name in sorted(wanted | here):
        if _hashes_in(source.get(folder + name), name) != _hashes_at(levels, name):
            result.wrong.append(f"{folder}{name} is missing, or does not hold what the leaves say")


def _hashes_in(data: bytes | None, name: str) -> list[bytes] | None:
    """Return the hashes that a tile holds, or those of the leaves that a bundle holds."""
    try:
        if data is not None and name.startswith("tile/entries/"):
            return [leaf_hash(leaf) for leaf in split_entries(data)]
    except ValueError:
        return None
    return None if data is None else [data[at : at + 32] for at in range(0, len(data), 32)]


def _hashes_at(levels: Sequence[list[bytes]], name: str) -> list[bytes]:
    """Return the hashes that belong into the tile or bundle of this name."""
    match = re.fullmatch(r"tile/(entries|\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?", name)
    if match is None:
        return []
    level = 0 if match[1] == "entries" else int(match[1])
    first = int(match[2].replace("x", "").replace("/", "")) * WIDTH
    hashes = levels[level] if level < len(levels) else []
    return hashes[first : first + int(match[3] or WIDTH)]


def _compare_with_remembered(log: Log, remembered: dict[str, Any], result: Result) -> None:
    """Check that a log contains the one that was seen before."""
    seen = remembered.get(log.origin)
    if seen is None:
        result.said.append(
            "No earlier checkpoint is remembered: a complete older copy would look the same, and so"
            " would a log that a stranger signed, unless you gave its key."
        )
        return
    if seen["key"] != log.key:
        result.wrong.append(f"{log.origin} had another key on {seen['seen']}: {seen['key']}")
    if log.size < seen["size"]:
        result.wrong.append(
            f"{log.origin} had {seen['size']:,} leaves on {seen['seen']}, and now has {log.size:,}"
        )
    elif root_of(log.hashes[: seen["size"]]).hex() != seen["root"]:
        result.wrong.append(f"{log.origin} is not the log that was seen on {seen['seen']}")
    else:
        result.said.append(
            f"It contains the log of {seen['size']:,} leaves that was seen on {seen['seen']}."
        )


def _check_family(
    logs: Sequence[Log], remembered: dict[str, Any], state: Path | None, result: Result
) -> None:
    """Check that the first log is one that is remembered, and that all that continue it are here.

    Another log is not added to the state: whoever serves it chose its origin and its key.
    """
    here = [log.origin for log in logs]
    if remembered and (not here or here[0] not in remembered):
        result.wrong.append(
            f"{state} remembers {', '.join(sorted(remembered))}, and this place serves"
            f" {here[0] if here else 'no such log'}: it is not the log that was seen before"
        )
    for origin, seen in remembered.items():
        first = seen.get("first", re.sub(r"/[0-9]+$", "", origin))
        if first in here[:1] and origin not in here:
            result.wrong.append(f"{origin} was seen on {seen['seen']}, and is gone")


def _compare_with_checkpoint(logs: Sequence[Log], path: Path, note: bytes, result: Result) -> None:
    """Check that a log contains a checkpoint that somebody else got."""
    log = next((log for log in logs if note.startswith(f"{log.origin}\n".encode())), None)
    if log is None:
        result.wrong.append(f"{path} is a checkpoint of no log of this place")
        return
    try:
        _, size, root = open_checkpoint(note, log.key)
    except ValueError as error:
        result.wrong.append(f"{path}: {error}")
        return
    if not log.contains(size, root):
        result.wrong.append(f"{path} shows another log of {size:,} leaves than this place")
    else:
        result.said.append(f"It contains the log of {size:,} leaves of {path}.")


def _check_witness(log: Log, notes: Sequence[bytes], witness: str, result: Result) -> None:
    """Check that a witness signed one of these checkpoints, and say the newest that it saw.

    A witness signs only what extends all that it signed before. Source: c2sp.org/tlog-cosignature.
    """
    name, seen = witness.partition("+")[0], []
    for note in notes:
        try:
            _, size, root = open_checkpoint(note, log.key)
            at = signed_at(note, witness, COSIGNATURE)
            when = datetime.fromtimestamp(at, timezone.utc).strftime(TIME)
        except (ValueError, OverflowError, OSError):
            continue
        if log.contains(size, root):
            seen.append((size, at, when))
    if not seen:
        result.wrong.append(f"the witness {name} signed no checkpoint of {log.origin} that is here")
        return
    size, _, when = max(seen)
    result.said.append(f"The witness {name} saw the log of {size:,} leaves on {when}.")


def late_leaves(log: Log) -> Iterator[str]:
    """Yield the days whose summary was added more than a day after the day was closed.

    Days that were closed before the log began are not late.
    """
    began: datetime | None = None
    seen, waiting = set[str](), dict[str, datetime]()
    for leaf in log.leaves:
        if leaf and leaf["kind"] == "published" and leaf["path"] not in seen:
            if match := DAY_SUMMARY.fullmatch(leaf["path"]):
                seen.add(leaf["path"])
                waiting[leaf["path"]] = moment(match["day"] + "T00:00:00Z") + CLOSED_AFTER
        elif leaf and leaf["kind"] == "run":
            at = moment(leaf["at"])
            began = began or at
            for path, closed in waiting.items():
                if closed > began and at - closed > OLD:
                    hours = (at - closed).total_seconds() / 3600
                    yield f"{path} was added {hours:,.0f} hours after its day was closed"
            waiting.clear()


def _check_continuation(
    before: Log, log: Log, proof: bytes | None, known: set[str | None], result: Result
) -> None:
    """Check that a log says which log it continues, and that that one says so too.

    A published proof shows that the log before contains a leaf that names this one: the leaves
    themselves may be pruned. Without it, the key must be one of the known ones.
    """
    first = log.leaves[0] if log.leaves else {"kind": "none"}
    expected = {"kind": "began", "origin": before.origin, "size": before.size}
    expected["root"] = before.root.hex()
    if first and first["kind"] != "began":
        result.wrong.append(f"{log.origin} does not say which log it continues")
        return
    if first and first != expected:
        result.wrong.append(
            f"{log.origin} continues another log than {before.origin} as it is here"
        )
    if proof and _is_confirmed(before, log, proof):
        result.said.append(f"{before.origin} names {log.origin} as the log that continues it.")
    elif log.key in known:
        result.said.append(f"{before.origin} does not confirm {log.origin}, but its key is known.")
    else:
        result.wrong.append(
            f"{log.origin} says that it continues {before.origin}, which does not confirm it: a"
            " stranger wrote this log, or the old key is lost. If you know its key from elsewhere,"
            f" give it: --key {log.key}"
        )


def _is_confirmed(before: Log, log: Log, proof: bytes) -> bool:
    try:
        index, extra, hashes, note = parse_proof(proof)
        _, size, root = open_checkpoint(note, before.key)
        data = extra["leaf"].encode()
        moved = {"kind": "moved", "origin": log.origin, "vkey": log.key}
        return parse_leaf(data) == moved and is_included(leaf_hash(data), index, size, hashes, root)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _say_age(log: Log, now: datetime, source: LogSource, result: Result) -> None:
    """Say how old the log is. Of an address, an old log is wrong; a folder may be an old copy."""
    at = log.newest_run()
    if not at:
        result.wrong.append(f"{log.origin} does not say when it was last added to")
        return
    age = now - moment(at)
    hours = age.total_seconds() / 3600
    result.is_old = age > OLD
    if result.is_old:
        line = (
            f"The log was last added to on {at}, {hours:,.0f} hours ago: there may be a newer one."
        )
        (result.wrong if source.is_live else result.said).append(line)
    else:
        result.said.append(f"It was last added to on {at}, {max(0, hours):.0f} hours ago.")


# Its files


def named_files(source: LogSource, logs: Sequence[Log], result: Result) -> Named:
    """Return what the newest leaf of each published file says, with its index, by path.

    Of a file without a leaf the newest list says it; then there is no index.
    """
    leaves = (leaf for log in reversed(logs) for leaf in reversed(log.leaves))
    run = next(
        (leaf for leaf in leaves if leaf and leaf["kind"] == "run" and leaf.get("list")), None
    )
    listed = _read_list(source, run, result)
    named: Named = {}
    for log in logs:
        for index, leaf in enumerate(log.leaves):
            if leaf and leaf["kind"] == "published":
                named[leaf["path"]] = index, leaf
            elif leaf is run:  # later leaves are newer than the list
                named.update((entry["path"], (None, entry)) for entry in listed)
    return named


def _read_list(source: LogSource, run: Leaf | None, result: Result) -> list[Leaf]:
    """Return the entries of a run's list, each with the time of the run as `at`."""
    if not run:
        result.unproved.append("what no leaf names, since this log has no list of it")
        return []
    path = f"{LISTS}{run['list']}.json"
    data = source.get(path) or b""
    if hashlib.sha256(data).hexdigest() != run["list"]:
        result.wrong.append(f"{path} is missing, or is not the list that the newest run names")
        return []
    try:
        shared = {"kind": "published", "of": "listed", "at": run["at"]}
        return [check_leaf({**entry, **shared}) for entry in parse_json(data)]
    except (ValueError, TypeError) as error:
        result.wrong.append(f"{path}: {error}")
        return []


def _check_files(source: LogSource, logs: Sequence[Log], named: Named, result: Result) -> None:
    """Check that each file is the one that its leaf or the list names, and that all are named."""
    right = 0
    source.fetch(named)
    for path, (index, leaf) in sorted(named.items()):
        data = source.get(path)
        is_read = path not in source.faults
        if not is_read and index is not None:  # reported with all that was not read
            continue
        found = data is not None and (len(data), hashlib.sha256(data).hexdigest())
        if found == (leaf["size"], leaf["sha256"]):
            right += 1
        else:
            result.wrong.append(_problem_of(path, index, leaf, is_missing=is_read and data is None))
    result.proved.append(f"{right:,} files")
    own = {f"{log.folder}{name}" for log in logs for name in ("checkpoint", "vkey")}
    tiles = tuple(f"{log.folder}tile/" for log in logs)
    lists = {
        leaf.get("list") for log in logs for leaf in log.leaves if leaf and leaf["kind"] == "run"
    }
    for path in source.names():
        digest = path[len(LISTS) : -len(".json")]
        if path in named or path in own or path.startswith(tiles):
            continue
        if path != f"{LISTS}{digest}.json" or digest not in lists:
            result.unproved.append(path)
        elif hashlib.sha256(source.get(path) or b"").hexdigest() != digest:
            result.wrong.append(f"{path} is not the list that its name says")


def _problem_of(path: str, index: int | None, leaf: Leaf, *, is_missing: bool) -> str:
    by = f"the list of {leaf['at']}" if index is None else f"leaf {index}"
    if is_missing:
        is_open = index is None and path.startswith(("summaries/", "journal/"))
        return f"{path} is missing; {by} names it{', in an open period' if is_open else ''}"
    if index is None:
        return f"{path} differs from {by}: changed, or copied during a run; copy again"
    return f"{path} is not the file that {by} names"


def _json(data: bytes | None) -> dict[str, Any]:
    try:
        found = parse_json(data or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _recount(source: LogSource, named: Named, result: Result) -> None:
    """Recount every number with `recount.py`, and report what it says."""
    program = next((path for path in RECOUNT if path.exists()), None)
    if program is None:
        result.unproved.append(f"the numbers: put log/recount.py next to {__file__}")
        return
    with source.folder_of(named) as folder:
        command = [sys.executable, "-I", str(program), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    lines = done.stdout.strip().splitlines()
    if done.returncode and "no summaries" in done.stdout:
        result.said.append("No summary is here, so no number was recounted.")
    elif done.returncode and not lines:
        result.wrong.append(f"recount.py failed: {done.stderr.strip()[-200:]}")
    else:
        result.proved += lines[-1:]
        result.wrong += lines[:-1]


def _check_sentinel(
    source: LogSource, named: Iterable[str], result: Result, *, watch: bool
) -> None:
    """Say on which days the post was not found that the stack sends itself each day.

    An earlier miss is for all to read. A monitor alarms while the newest day is one.
    """
    days: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path in named:
        if match := DAY_SUMMARY.fullmatch(path):
            days[path.split("/")[1]][match["day"]] = path
    looked = days.pop("sentinel", {})
    if not looked:
        return
    missed = sorted(day for day, path in looked.items() if not _is_found(source.get(path)))
    found, last = len(looked) - len(missed), max(looked)
    result.said.append(f"The sentinel post was found on {found:,} of {len(looked):,} days.")
    if missed:
        result.said.append(f"It was missed on {', '.join(missed[-31:])}.")
    newest = max((day for of in days.values() for day in of), default=last)
    if last < newest:
        result.said.append(f"It was last looked for on {last}; the newest day is {newest}.")
    if watch and (last < newest or last in missed):
        result.wrong.append(f"the sentinel post of {newest} was not found")


def _is_found(summary: bytes | None) -> bool:
    """Return whether a rule of the pack `sentinel` found something. Other rules prove nothing."""
    numbers = _json(summary).get("numbers")
    by_rule = numbers.get("by_rule") if isinstance(numbers, dict) else None
    return isinstance(by_rule, dict) and any(rule.startswith("sentinel/") for rule in by_rule)


# Corrections


def _check_corrections(logs: Sequence[Log], source: LogSource, result: Result) -> None:
    """Check that the numbers of a closed period changed only by a revision that says why."""
    history: defaultdict[str, list[Leaf]] = defaultdict(list)
    for leaf in chain(*(log.leaves for log in logs)):
        if leaf and leaf["kind"] == "published" and leaf["of"] == "summary":
            history[leaf["path"]].append(leaf)
    corrected = 0
    for path, leaves in sorted(history.items()):
        for before, after in zip(leaves, leaves[1:]):
            is_newer = after.get("revision", 0) > before.get("revision", 0)
            if before["sha256"] != after["sha256"] and not is_newer:
                result.wrong.append(f"{path} was changed without a new revision")
        revision = leaves[-1].get("revision", 0)
        if revision > 1 and ".r" not in path.rpartition("/")[2]:
            corrected += 1
            result.wrong += _missing_reasons(path, revision, history, source)
    if corrected:
        result.said.append(f"{corrected:,} summaries were corrected, and say why.")


def _missing_reasons(
    path: str, revision: int, history: dict[str, list[Leaf]], source: LogSource
) -> Iterator[str]:
    summary = _json(source.get(path))
    if summary.get("revision") != revision or not summary.get("why_revised"):
        yield f"{path} is revision {revision} in the log, and does not say why"
    if not summary.get("changes"):
        yield f"{path} is revision {revision}, and does not say what changed"
    digests = {leaf.get("revision"): leaf["sha256"] for leaf in history[path]}
    for number in range(1, revision):
        name = path.replace(".json", f".r{number}.json")
        if name not in history:
            yield f"{path}: the log does not name its revision {number}"
            return  # a revision may be any number; the log names only so many
        kept = source.get(name)
        if kept is None:
            yield f"{path}: its revision {number} is not kept"
        elif number in digests and hashlib.sha256(kept).hexdigest() != digests[number]:
            yield f"{path}: its revision {number} is not the one that was published"


# Proofs


def check_proof(
    source: LogSource, proof: bytes, keys: Sequence[str], receipt: Path | None
) -> Result:
    """Check that a log contains a leaf, and that the leaf is of the finding or file it is for."""
    result = Result()
    try:
        index, extra, hashes, note = parse_proof(proof)
        of_log = [key for key in keys or served_keys(source) if note.startswith(_name_of(key))]
        vkey = of_log[0] if of_log else ""
        origin, size, root = open_checkpoint(note, vkey)
        data = extra["leaf"].encode()
        leaf = parse_leaf(data)
        name, own_key = str(extra.get("id")), bytes.fromhex(str(extra.get("key", "")))
        own = hmac.digest(own_key, name.encode(), "sha256").hex()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        result.wrong += source.not_read()
        result.wrong.append(f"this is not a proof of a log with the key of this place: {error}")
        return result
    if not is_included(leaf_hash(data), index, size, hashes, root):
        result.wrong.append(f"{origin} does not contain the leaf at {index}")
        return result
    result.proved.append("this leaf")
    result.said.append(f"{origin}, with {size:,} leaves, contains this leaf at {index}:")
    result.said.append(data.decode())
    if "key" in extra:
        if own == (leaf.get("finding") or leaf.get("unit")):
            result.said.append(f"The leaf is that of {name}.")
        else:
            result.wrong.append(f"the leaf is not that of {name}")
    if receipt is not None:
        if hashlib.sha256(receipt.read_bytes()).hexdigest() == leaf.get("sha256"):
            result.said.append(f"The leaf is that of {receipt}.")
        else:
            result.wrong.append(f"the leaf is not that of {receipt}")
    return result


def served_keys(source: LogSource) -> Iterator[str]:
    """Yield the keys that a place serves, of its log and of those that continue it."""
    for folder in folders():
        line = source.get(f"{folder}vkey")
        if line is None:
            return
        yield line.decode(errors="replace").removesuffix("\n")


def _name_of(vkey: str) -> bytes:
    """Return the first line of each checkpoint of a key's log."""
    return vkey.partition("+")[0].encode() + b"\n"


def parse_proof(proof: bytes) -> tuple[int, dict[str, Any], list[bytes], bytes]:
    """Return a proof's index, its extra data, its hashes and its checkpoint. Raise ValueError."""
    head, separator, note = proof.partition(b"\n\n")
    lines = head.decode().split("\n")
    if not separator or len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1":
        raise ValueError("it does not begin as one")
    extra = parse_json(base64.b64decode(lines[1].removeprefix("extra "), validate=True))
    index = int(lines[2].removeprefix("index "))
    return index, extra, [base64.b64decode(line, validate=True) for line in lines[3:]], note


def is_included(leaf: bytes, index: int, size: int, hashes: Sequence[bytes], root: bytes) -> bool:
    """Return whether the hashes lead from a leaf to a root. RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    node, last, subtree = index, size - 1, leaf
    for sibling in hashes:
        if last == 0:
            return False
        if node & 1 or node == last:
            subtree = node_hash(sibling, subtree)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            subtree = node_hash(subtree, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and subtree == root


# Hashes, notes and names


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf. RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree, level by level; a last node without a partner goes up as it is."""
    level = list(hashes) or [hashlib.sha256().digest()]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        rest = level[-1:] if len(level) % 2 else []
        level = [node_hash(left, right) for left, right in pairs] + rest
    return level[0]


def open_checkpoint(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint that the key signed. Raise ValueError."""
    try:
        origin, size, root = note.decode().partition("\n\n")[0].split("\n")[:3]
        decoded = base64.b64decode(root, validate=True)
    except ValueError:
        raise ValueError("it is not a checkpoint") from None
    if len(decoded) != 32 or not re.fullmatch("0|[1-9][0-9]{0,17}", size):
        raise ValueError("it is not a checkpoint")
    if origin != vkey.partition("+")[0]:
        raise ValueError("the key is not one of this log")
    signed_at(note, vkey, SIGNATURE)
    return origin, int(size), decoded


SIGNATURE, COSIGNATURE = b"\x01", b"\x04"
"""The types of keys: of a log, and of a witness, which also signs the time."""


def signed_at(note: bytes, vkey: str, kind: bytes) -> int:
    """Return when a key of this type signed a note, in seconds since 1970; 0 if it says no time.

    Raises ValueError if it did not. Source: c2sp.org/signed-note and c2sp.org/tlog-cosignature.
    """
    name, _, rest = vkey.partition("+")
    known, _, encoded = rest.partition("+")
    try:
        material = base64.b64decode(encoded, validate=True)
        text, _, signatures = note.decode().partition("\n\n")
    except ValueError:
        raise ValueError("it is not a signed note, or there is no key for it") from None
    *lines, rest = signatures.split("\n")
    if rest or not all(lines):
        raise ValueError("it is not a signed note")
    key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if material[:1] != kind or key_id.hex() != known:
        raise ValueError("the key is not one of this kind")
    for line in lines:
        try:
            dash, signer, value = line.split(" ")
            signed = base64.b64decode(value, validate=True)
            if (dash, signer, signed[:4]) != (EM_DASH, name, key_id):
                continue
            at, message, signature = 0, text + "\n", signed[4:]
            if kind == COSIGNATURE:
                at, signature = int.from_bytes(signed[4:12], "big"), signed[12:]
                message = f"cosignature/v1\ntime {at}\n{message}"
        except ValueError:
            continue
        if is_signed(message.encode(), signature, material[1:]):
            return at
    raise ValueError(f"the key {name} did not sign it")


PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME
"""The numbers of Ed25519. Source of all that follows: RFC 8032, section 5.1."""

Point = tuple[int, int, int]
"""A point as (X, Y, Z): x = X/Z and y = Y/Z."""


def is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    """Return whether an Ed25519 key made this signature: whether R = sB - kA.

    Points and `s` must be in their one canonical form. It takes 10 ms, which is slow.
    """
    point, s = point_of(key), int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    total, minus = (0, 1, 1), (-point[0], point[1], 1)
    for bit in range(252, -1, -1):
        total = add_points(total, total)
        total = add_points(total, BASE) if s >> bit & 1 else total
        total = add_points(total, minus) if k >> bit & 1 else total
    x, y = (part * pow(total[2], -1, PRIME) % PRIME for part in total[:2])
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def point_of(data: bytes) -> Point | None:
    """Return the point that 32 bytes encode, or None if they encode none. Section 5.1.3."""
    sign, y = divmod(int.from_bytes(data, "little"), 1 << 255)
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if len(data) != 32 or y >= PRIME or x * x % PRIME != square or (sign and not x):
        return None
    return (x if x & 1 == sign else PRIME - x), y, 1


def add_points(one: Point, other: Point) -> Point:
    """Return the sum of two points of the curve -x² + y² = 1 + dx²y²."""
    (a, b, c), (d, e, f) = one, other
    x, y, z = a * d % PRIME, b * e % PRIME, c * f % PRIME
    product = CURVE * x * y % PRIME
    less, more = z * z - product, z * z + product
    cross = (a + b) * (d + e) - x - y
    return z * less * cross % PRIME, z * more * (x + y) % PRIME, less * more % PRIME


BASE: Any = point_of(bytes.fromhex("58" + 31 * "66"))


def tile_name(level: str, number: int, width: int) -> str:
    """Return the path of a tile or bundle below the folder of the log."""
    parts = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(parts)}" + (f".p/{width}" if width < WIDTH else "")


def tile_names(size: int) -> Iterator[str]:
    """Yield the paths of all bundles and tiles of a log, below its folder."""
    levels, rest = ["entries"], size
    while rest:
        levels.append(str(len(levels) - 1))
        rest //= WIDTH
    for level in levels:
        count = size // WIDTH ** int(level) if level.isdigit() else size
        for number in range(-(-count // WIDTH)):
            yield tile_name(level, number, min(WIDTH, count - number * WIDTH))


def split_entries(bundle: bytes) -> list[bytes]:
    """Return the leaves of a bundle. Raise ValueError if it ends within one."""
    leaves, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle):
            raise ValueError("it ends within a leaf")
        leaves.append(bundle[at + 2 : end])
        at = end
    return leaves


def moment(text: str) -> datetime:
    """Return a time of a leaf. Raise ValueError if there is no such time."""
    return datetime.strptime(text, TIME).replace(tzinfo=timezone.utc)


def parse_json(data: bytes) -> Any:
    """Return what a JSON document says. Raise ValueError, also if it is nested too deeply."""
    try:
        return json.loads(data.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_leaf(data: bytes) -> Leaf:
    """Return a leaf. Raise ValueError if a field that is read here has another form."""
    return check_leaf(parse_json(data))


def check_leaf(leaf: Any) -> Leaf:
    """Return a leaf that was parsed. Raise ValueError as `parse_leaf` does."""
    if not isinstance(leaf, dict) or not isinstance(leaf.get("kind"), str):
        raise ValueError("a leaf has no kind")  # noqa: TRY004 - data, and not a caller's type
    for name, (form, pattern) in FIELDS.get(leaf["kind"], {}).items():
        value = leaf.get(name, DEFAULTS.get(name))
        if type(value) is not form or not re.fullmatch(pattern, str(value)):
            raise ValueError(f"a leaf of the kind {leaf['kind']} has no {name} of the right form")
    if match := DAY_SUMMARY.fullmatch(str(leaf.get("path"))):
        moment(f"{match['day']}T00:00:00Z")
    if leaf["kind"] == "run":
        moment(leaf["at"])
    return leaf


FIELDS: dict[str, dict[str, tuple[type, str]]] = {
    "published": {
        "path": (str, r"(?!.{1025})(?!(.*/)?\.{0,2}(/|$))[^\\\x00-\x1f\x7f\ud800-\udfff]+"),
        "sha256": (str, "[0-9a-f]{64}"),
        "size": (int, "[0-9]{1,15}"),
        "of": (str, "[a-z-]+"),
        "revision": (int, "[0-9]{1,15}"),
    },
    "run": {
        "at": (str, "2[0-9]{3}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z"),
        "list": (str, "([0-9a-f]{64})?"),
    },
}
"""The fields of leaves that are read here, their type and what they look like."""

DEFAULTS = {"revision": 0, "list": ""}
"""What a field is that a leaf may lack."""


# Where files come from

AT_ONCE, PORTION = 8, 64
"""How many files are fetched at the same time, and after how many the progress is shown."""

SECONDS, SLOWEST = 60, 64 << 10
"""How long a read may take, and how many bytes earn it another second. A drip earns none."""

NOTE, UNNAMED, IN_ALL = 64 << 10, 1 << 30, 4 << 30
"""Most bytes of a checkpoint, key or proof; of a file without a leaf; of all that is fetched."""


def source_of(place: str) -> LogSource:
    """Return the folder or the address."""
    return Address(place.rstrip("/")) if re.match(r"https?://", place) else Folder(Path(place))


@dataclass
class LogSource:
    """Files by path. Each read is bounded: whoever serves the files may be hostile.

    `sizes` are those of the newest leaves, `faults` say why a file was not read; both by path.
    """

    sizes: dict[str, int] = field(default_factory=dict, init=False)
    faults: dict[str, str] = field(default_factory=dict, init=False)
    kept: dict[str, bytes | None] = field(default_factory=dict, init=False)
    is_live = False

    def most(self, path: str) -> int:
        """Return how many bytes a file may have, by its leaf or by its name."""
        if path in self.sizes:
            return min(self.sizes[path], IN_ALL)
        tile = re.fullmatch(r"log/(?:[0-9]+/)?tile/([^/]+)/.*?(?:\.p/([0-9]{1,3}))?", path)
        if tile:
            return int(tile[2] or WIDTH) * (2 + 0xFFFF if tile[1] == "entries" else 32)
        return UNNAMED if path.startswith(LISTS) or not path.startswith("log/") else NOTE

    def get(self, path: str) -> bytes | None:
        """Return the bytes of a file; None if there is none, or if it was not read (a fault)."""
        raise NotImplementedError

    def not_read(self) -> list[str]:
        """Return the faults, in sentences."""
        return [f"{path} {why}" for path, why in sorted(self.faults.items())]

    def fetch(self, paths: Iterable[str]) -> None:
        """Get files ahead of their use, where each takes time."""

    def names(self, below: str = "") -> list[str]:  # noqa: ARG002
        """Return all paths below one; none of an address, which cannot be listed."""
        return []

    def has_moved(self) -> bool:
        """Return whether a log grew since it was read. If one did, all is read again."""
        return False

    def folder_of(self, named: Iterable[str]) -> AbstractContextManager[str | Path]:
        """Return a folder with the files of these paths, as a context."""
        raise NotImplementedError


@dataclass
class Folder(LogSource):
    """A copy of the public bucket."""

    folder: Path

    def get(self, path: str) -> bytes | None:
        """Return the bytes of a file within the folder, or None."""
        try:
            found = self._find(path)
            return found.read_bytes() if found else None
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            self.faults[path] = f"was not read: {error}"
        return None

    def names(self, below: str = "") -> list[str]:
        """Return all paths. What is there and cannot be read, such as a device, is a fault."""
        found = sorted((self.folder / below).rglob("*"))
        paths = [path for path in found if path.is_symlink() or not path.is_dir()]
        names = [path.relative_to(self.folder).as_posix() for path in paths]
        return [name for name in names if self._find(name)]

    def folder_of(self, named: Iterable[str]) -> AbstractContextManager[str | Path]:  # noqa: ARG002
        """Return the folder itself."""
        return nullcontext(self.folder)

    def _find(self, path: str) -> Path | None:
        found = (self.folder / path).resolve()
        if not found.is_relative_to(self.folder.resolve()):
            self.faults[path] = "leads out of the folder"
        elif found.is_file() and found.stat().st_size > self.most(path):
            self.faults[path] = f"has more than {self.most(path):,} bytes"
        elif found.is_file():
            return found
        elif found.exists() or found.is_symlink():
            self.faults[path] = "is not a file"
        return None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to be sent elsewhere: to another host, or into the network of who checks."""

    def redirect_request(self, *request: Any) -> None:
        """Raise LogUnreadableError."""
        request[1].close()
        raise LogUnreadableError(f"the redirect to {request[-1]} was not followed")


@dataclass
class Address(LogSource):
    """The public bucket behind an address. Each file is fetched once."""

    url: str
    is_live = True
    taken = slow = 0

    def get(self, path: str) -> bytes | None:
        """Return the bytes of a file, or None if the server has none."""
        if path not in self.kept:
            self.kept[path] = self._fetch(path)
        return self.kept[path]

    def fetch(self, paths: Iterable[str]) -> None:
        """Fetch files, AT_ONCE at a time. Stop where a whole portion is missing or empty."""
        waiting = iter(paths)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while portion := list(islice(waiting, PORTION)):
                found = list(pool.map(self._fetch, portion))
                self.kept.update(zip(portion, found))
                if sys.stderr.isatty():
                    print(f"\r{len(self.kept):,} files fetched", end="\r", file=sys.stderr)  # noqa: T201
                if not any(found):
                    return

    def has_moved(self) -> bool:
        """Return whether a checkpoint is another one now. If so, fetch everything again."""
        notes = [path for path in self.kept if path.endswith("/checkpoint")]
        has_moved = any(self._fetch(path) not in (None, self.kept[path]) for path in notes)
        if has_moved:
            self.kept.clear()
            self.faults.clear()
        return has_moved

    def _fetch(self, path: str) -> bytes | None:
        """Read a file in a thread of its own, which is left behind if it is too slow."""
        data, outcomes, began = bytearray(), list[Any](), time.monotonic()
        if self.slow < AT_ONCE and self.taken < IN_ALL:
            reading = Thread(target=self._read, args=(path, data, outcomes), daemon=True)
            reading.start()
            while reading.is_alive() and time.monotonic() - began < SECONDS + len(data) / SLOWEST:
                reading.join(1)
        [outcome] = outcomes or ["this place is too slow, or sends too much"]
        if isinstance(outcome, bytes):
            self.taken += len(outcome)
            return outcome
        self.slow += time.monotonic() - began >= SECONDS
        if isinstance(outcome, urllib.error.HTTPError):
            if outcome.code in {403, 404}:
                return None
        elif isinstance(outcome, (urllib.error.URLError, ConnectionError)) and not self.kept:
            raise LogUnreadableError(f"no answer: {outcome}")
        is_said = isinstance(outcome, (str, LogUnreadableError))
        self.faults[path] = f"was not read: {outcome if is_said else repr(outcome)}"
        return None

    def _read(self, path: str, data: bytearray, outcomes: list[Any]) -> None:
        """Add a file to the outcomes, or the error."""
        most = max(0, min(self.most(path), IN_ALL - self.taken)) + 1
        try:
            address = f"{self.url}/{urllib.parse.quote(path)}"
            with urllib.request.build_opener(NoRedirect).open(address, timeout=SECONDS) as answer:
                while part := answer.read(min(1 << 14, most - len(data))):
                    data += part
            if len(data) == most:
                outcomes.append(f"it has more than {most - 1:,} bytes")
            else:
                outcomes.append("it ends too early" if answer.length else bytes(data))
        except urllib.error.HTTPError as error:
            error.close()
            outcomes.append(error)
        except (OSError, ValueError, HTTPException, LogUnreadableError) as error:
            outcomes.append(error)

    def folder_of(self, named: Iterable[str]) -> AbstractContextManager[str | Path]:
        """Return a folder with the named files; it is deleted afterwards."""
        folder = tempfile.TemporaryDirectory()
        for path in named:
            data, target = self.get(path), (Path(folder.name) / path).resolve()
            if data is not None and target.is_relative_to(Path(folder.name).resolve()):
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)
                except OSError as error:
                    self.faults[path] = f"was not written: {error}"
        return folder


if __name__ == "__main__":
    sys.exit(main())
