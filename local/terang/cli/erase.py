"""`terang erase`: an author asked to be forgotten, and the provider passes it on."""

import argparse
import sys
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from ledger.errors import OperatorError
from ledger.privacy.pseudonyms import PseudonymKeys
from ledger.records.provider import is_provider_id
from terang import USAGE
from terang.console import print_json, print_problem, print_result
from terang.remote import Remote
from terang.repair.erase_buckets import BucketEraser
from terang.repair.erase_table import TableEraser
from terang.repair.erasure import Erasure, ErasureResult
from terang.terminal_text import show_controls

WORDS = {
    "findings": "findings turned into stubs",
    "excerpts": "excerpts",
    "entries": "entries of cases without their words",
    "waiting": "waiting messages without their reason",
    "samples": "audit samples without their posts",
    "files": "files of findings written anew",
    "notices": "notices to the author",
    "statements": "statements without their reason",
    "batches": "batches of statements written anew",
    "proposals": "proposed examples",
    "parts": "parts of translated files",
}
"""What is counted, and how it is told."""

FILES_SHOWN = 20


def erase(options: argparse.Namespace) -> int:
    """Erase; 0 when nothing is left, 1 to do it again, 2 for wrong usage or no such stack."""
    account = sys.stdin.readline().rstrip("\r\n") if options.account == "-" else options.account
    fault = ""
    if not is_provider_id(options.provider):
        fault = f"--provider {options.provider!r} names no provider"
    elif not 1 <= len(account) <= 200:
        fault = f"--account has {len(account)} characters; allowed: 1 to 200"
    if fault:
        print_problem(f"terang erase: {fault}")
        return USAGE
    try:
        remote = Remote.find(options.stack)
    except OperatorError as error:
        print_problem(f"terang erase: {error}")
        return USAGE
    try:
        if remote.store.provider(options.provider) is None:
            print_problem(f"terang erase: no provider {options.provider} is registered here")
            return USAGE
        done = _erasure(remote, options).erase(account, {*options.post})
    except (BotoCoreError, ClientError, OSError, OperatorError) as error:
        print_problem(
            f"terang erase: {type(error).__name__}: {error}; what was done stands: repeat it"
        )
        return 1
    _tell(done, options)
    return 0 if options.dry_run or (done.is_clean and not done.under_way) else 1


def _erasure(remote: Remote, options: argparse.Namespace) -> Erasure:
    buckets = BucketEraser(
        store=remote.store,
        objects=remote.objects,
        out_bucket=remote.outputs["OutBucket"],
        work_bucket=remote.outputs["WorkBucket"],
        drop_bucket=remote.outputs["DropBucket"],
        provider=options.provider,
        now=datetime.now(UTC),
        dry_run=options.dry_run,
    )
    return Erasure(
        store=remote.store,
        table=TableEraser(remote.store.table),
        buckets=buckets,
        keys=PseudonymKeys(remote.store, remote.clock, remote.secret),
        clock=remote.clock,
        provider=options.provider,
    )


def _tell(done: ErasureResult, options: argparse.Namespace) -> None:
    """Say what was turned and deleted: counts, and neither account nor pseudonym."""
    if options.json:
        counts = {name: done.counts[name] for name in WORDS}
        waiting = {"under_way": done.under_way, "waiting_files": len(done.waiting_files)}
        told = {"provider": options.provider, **counts, **waiting}
        print_json(told | {"dry_run": options.dry_run})
        return
    for name, words in WORDS.items():
        if done.counts[name]:
            print_result(f"{done.counts[name]:>6}  {words}")
    if not done.counts.total():
        print_result("nothing of that author is here")
    _tell_waiting(done.waiting_files)
    if done.under_way:
        print_result(f"{done.under_way} parts of files under way hold posts: repeat it later")
    elif not done.is_clean and not options.dry_run:
        print_result("workers put more while it went on: repeat it")


def _tell_waiting(files: list[str]) -> None:
    """Name the files that nobody has read to their end: what comes of them is put as stubs."""
    if files:
        print_result(
            f"{len(files)} files wait in the drop bucket as they came, and go when they are done:"
        )
    for key in files[:FILES_SHOWN]:
        print_result(f"  {show_controls(key)}")
    if len(files) > FILES_SHOWN:
        print_result(f"  and {len(files) - FILES_SHOWN} more")
