"""`terang erase`: erase an author from a stack, on a request that the provider passes on."""

import sys
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from ledger.errors import OperatorError
from ledger.privacy.pseudonyms import PseudonymKeys
from terang.cli.arguments import STACK, JsonLine, ProviderId, StackName, UsageError
from terang.console import print_json, print_result
from terang.remote import Remote, explain_stack_errors
from terang.repair.erase_buckets import BucketEraser
from terang.repair.erase_table import TableEraser
from terang.repair.erasure import Erasure, ErasureResult

COUNTED = {
    "findings": "findings turned into stubs",
    "excerpts": "excerpts",
    "entries": "entries of cases whose texts were removed",
    "waiting": "waiting messages whose reason was removed",
    "samples": "audit samples whose posts were removed",
    "files": "files of findings written again",
    "notices": "notices to the author",
    "statements": "statements whose reason was removed",
    "batches": "batches of statements written again",
    "proposals": "proposed examples",
    "parts": "parts of translated files",
}
"""Each count, and how it is printed."""

FILES_SHOWN = 20
ACCOUNT_LENGTH = 200


def erase(
    *,
    provider: Annotated[ProviderId, Parameter(help="where the author has the account")],
    account: Annotated[
        str,
        Parameter(
            metavar="NAME",
            allow_leading_hyphen=True,
            help="the account as the provider sends it; - reads it from stdin, so that no list of"
            " processes shows it",
        ),
    ],
    post: Annotated[
        tuple[str, ...],
        Parameter(metavar="ID", help="a post that the account does not lead to; repeat for more"),
    ] = (),
    stack: StackName = STACK,
    dry_run: Annotated[bool, Parameter(help="print what would go; change nothing")] = False,
    as_json: JsonLine = False,
) -> int:
    """Erase the author; 0 when nothing is left, 1 if it must be repeated."""
    name = sys.stdin.readline().rstrip("\r\n") if account == "-" else account
    if not 1 <= len(name) <= ACCOUNT_LENGTH:
        raise UsageError(f"--account has {len(name)} characters; allowed: 1 to {ACCOUNT_LENGTH}")
    remote = Remote.find(stack).known(provider)
    try:
        with explain_stack_errors():
            erased = _erasure(remote, provider, dry_run=dry_run).erase(name, {*post})
    except (OSError, OperatorError) as error:
        raise OperatorError(f"{error}; the erasure is not complete: repeat the command") from None
    if as_json:
        _print_json(erased, provider, dry_run=dry_run)
    else:
        _print(erased, dry_run=dry_run)
    return 0 if dry_run or (erased.is_clean and not erased.under_way) else 1


def _erasure(remote: Remote, provider: str, *, dry_run: bool) -> Erasure:
    buckets = BucketEraser(
        store=remote.store,
        objects=remote.objects,
        out_bucket=remote.outputs["OutBucket"],
        work_bucket=remote.outputs["WorkBucket"],
        drop_bucket=remote.outputs["DropBucket"],
        provider=provider,
        now=datetime.now(UTC),
        dry_run=dry_run,
    )
    return Erasure(
        store=remote.store,
        table=TableEraser(remote.store.table),
        buckets=buckets,
        keys=PseudonymKeys(remote.store, remote.clock, remote.secret),
        clock=remote.clock,
        provider=provider,
    )


def _print_json(erased: ErasureResult, provider: str, *, dry_run: bool) -> None:
    """Print the counts; they name neither account nor pseudonym."""
    print_json(
        {
            "provider": provider,
            **{name: erased.counts[name] for name in COUNTED},
            "under_way": erased.under_way,
            "waiting_files": len(erased.waiting_files),
            "dry_run": dry_run,
        }
    )


def _print(erased: ErasureResult, *, dry_run: bool) -> None:
    for name, words in COUNTED.items():
        if erased.counts[name]:
            print_result(f"{erased.counts[name]:>6}  {words}")
    if not erased.counts.total():
        print_result("the stack holds nothing of that author")
    _print_waiting(erased.waiting_files)
    if erased.under_way:
        print_result(
            f"{erased.under_way} parts of files under way hold posts: repeat the command later"
        )
    elif not erased.is_clean and not dry_run:
        print_result("workers added more meanwhile: repeat the command")


def _print_waiting(files: list[str]) -> None:
    """Print the files that are not read to their end; their findings will be stored as stubs."""
    if files:
        print_result(f"{len(files)} files wait in the drop bucket, and go when they are done:")
    for key in files[:FILES_SHOWN]:
        print_result(f"  {key}")
    if len(files) > FILES_SHOWN:
        print_result(f"  and {len(files) - FILES_SHOWN} more")
