"""`terang factchecks`: read a feed of published checks, and build the index that answers."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.error import URLError
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from claims.errors import FeedError
from claims.feeds.admission import Admitted, admit
from claims.feeds.feed import read_feed
from claims.feeds.publishers import Trust, host_of
from ledger.errors import OperatorError
from terang import USAGE
from terang.checks.check_library import CheckLibrary
from terang.cli.factchecks_arguments import INDEX
from terang.console import Screen, print_problem, print_result
from terang.remote import Remote

SECONDS = 60
"""How long an address may be silent."""


def import_feed(options: argparse.Namespace) -> int:
    """Import one feed: 0 when its checks are in the index, 1 when it cannot be read."""
    if fault := _fault(options):
        print_problem(f"terang factchecks: {fault}")
        return USAGE
    if options.stack:
        return _put(options)
    try:
        with _opened(options.feed) as stream, _line("reading") as line:
            feed = read_feed(stream, lambda read: line(f"reading: {read / 1e6:,.0f} MB"))
            admitted = admit(feed, Trust(options.trust))
        if not admitted.entries and not admitted.refused:
            print_problem(
                f"terang factchecks: {options.feed} holds no check: the index stays as it is"
            )
            return 1
        with _line("merging") as line:
            index, changes = CheckLibrary(options.index or INDEX).replace(
                _name(options.feed),
                admitted.entries,
                lambda what, done, total: line(f"{what}: {done:,} of {total:,}"),
            )
    except (FeedError, OSError, URLError) as error:
        print_problem(f"terang factchecks: {options.feed}: {error}")
        return 1
    _tell(admitted)
    print_result(f"{changes.new:,} new, {changes.corrected:,} corrected, {changes.gone:,} gone")
    languages = ", ".join(f"{one} {count:,}" for one, count in sorted(index.totals.items()))
    print_result(f"{sum(index.totals.values()):,} checks in the index ({languages or 'none'})")
    print_result(index.digest)
    return 0


def _fault(options: argparse.Namespace) -> str:
    """Return what is wrong with the words of the call, or nothing."""
    if "://" in options.feed and not _is_address(options.feed):
        return f"{options.feed}: a feed is a file or an https:// address"
    for domain in options.trust:
        name = domain.strip().lower()
        if not name or host_of(f"https://{name}/") != name:
            return f"--trust {domain!r}: a domain, such as check.example"
    if options.stack and options.trust:
        return (
            "a stack trusts the publishers of its parameter TrustedPublishers, not --trust:"
            f" deploy it with TrustedPublishers={','.join(options.trust)} in addition to those"
            " that it names, then import without --trust"
        )
    if options.stack and options.index is not None:
        return "--index is for an index of your own, --stack for that of a stack: give one of them"
    if options.confirm and not options.stack:
        return "--confirm is for a stack: give --stack NAME, or leave it out"
    return ""


def _put(options: argparse.Namespace) -> int:
    """Put a feed into the work bucket of a stack: its function learn takes it from there."""
    folder = "factchecks/confirmed/" if options.confirm else "factchecks/"
    name = options.feed.rstrip("/").rpartition("/")[2] if _is_address(options.feed) else ""
    key = folder + (name or Path(options.feed).name)
    try:
        remote = Remote.find(options.stack)
        with _opened(options.feed) as stream:
            boto3.client("s3").upload_fileobj(stream, remote.outputs["WorkBucket"], key)
    except (OperatorError, OSError, BotoCoreError, ClientError) as error:
        print_problem(f"terang factchecks: {options.feed}: {error}")
        return 1
    out = remote.outputs["OutBucket"]
    print_result(f"put as {key}; what comes of it is told under s3://{out}/receipts/factchecks/")
    return 0


def _tell(admitted: Admitted) -> None:
    print_result(f"{len(admitted.entries):,} checks taken, {admitted.refused.total():,} refused")
    for code, count in admitted.refused.most_common():
        print_result(f"  refused {code}: {count:,}")
    for code, count in admitted.told.most_common():
        print_result(f"  taken with {code}: {count:,}")


def _is_address(feed: str) -> bool:
    return feed.startswith("https://")


def _name(feed: str) -> str:
    """What a feed is known by: its address, or its file's name wherever that lies."""
    return feed if _is_address(feed) else Path(feed).name


@contextmanager
def _opened(feed: str) -> Iterator[BinaryIO]:
    if _is_address(feed):
        request = Request(feed, headers={"User-Agent": "terang"})  # noqa: S310 - https only, see above
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - https only  # nosec B310
            yield answer
    else:
        with Path(feed).open("rb") as stream:
            yield stream


@contextmanager
def _line(first: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr that tells what is being done, where somebody looks."""
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    console = Screen(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(first, total=None)
        yield lambda text: bar.update(task, description=text)
