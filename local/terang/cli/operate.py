"""The commands for operators: `terang fsck`, `redrive`, `publish`, `restore` and `erase`.

An author is erased on a request that the provider passes on.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

import boto3
from botocore.config import Config
from rich.progress import SpinnerColumn, TextColumn
from rich.table import Table

from ledger.codes import OperatorError
from ledger.store import PseudonymKeys
from terang import InputError, check_known
from terang.remote import Remote, call_function, explain_stack_errors
from terang.repair import dead_letters, put_back
from terang.repair.bucket_eraser import BucketEraser
from terang.repair.erasure import Erasure, ErasureResult, TableEraser
from terang.terminal import (
    STACK,
    WORDS,
    Day,
    JsonLine,
    ProviderId,
    StackName,
    Texts,
    UsageError,
    option,
    parse_day,
    print_json,
    print_result,
    print_warning,
    progress_bar,
    says,
    screen,
)

Queue = Literal[
    "units", "posts", "cases", "console", "announcements", "webhooks", "intake", "publish", "feeds"
]


def fsck(*, stack: StackName = STACK, as_json: JsonLine = False) -> int:
    """Check the stack; 0 if nothing differs, 1 if something does, 2 if it cannot be read."""
    try:
        with explain_stack_errors(), _progress() as tell:
            result = dead_letters.check_twice(Remote.find(stack), tell)
    except OperatorError as error:
        raise InputError(str(error)) from None
    differences = result.differences
    if as_json:
        records = [difference.record(stack) for difference in differences]
        print_json({"differences": records, **result.counted, "under_way": result.under_way})
    else:
        for each in differences:
            print_result(f"{each.kind}: {each.where}")
            print_result(f"  is {each.found}; should be {each.wanted}")
            print_result(f"  {each.advice(stack)}")
    counted = ", ".join(f"{count:,} {name}" for name, count in result.counted.items())
    screen.print(f"{counted}: {len(differences):,} differences")
    if result.under_way:
        screen.print(
            f"{result.under_way:,} messages are under way; their results may still be missing"
        )
    return 1 if differences else 0


@contextmanager
def _progress() -> Iterator[dead_letters.ReportProgress]:
    columns = SpinnerColumn(), TextColumn("{task.description}")
    with progress_bar(*columns, description="looking") as update:

        def tell(kind: str, done: int, total: int) -> None:
            of = f" of {total:,}" if total else ""
            update(description=f"{done:,}{of} {kind}")

        yield tell


def redrive(
    *,
    queue: Annotated[tuple[Queue, ...], says("repeat it for more; default: all of them")] = (),
    dry_run: Annotated[bool, says("only show the letters")] = False,
    limit: Annotated[int | None, option("N", "at most N of each queue")] = None,
    file: Annotated[str, option("ID", "instead: send all units of a sealed file again")] = "",
    stack: StackName = STACK,
) -> int:
    """Send the letters again; 0 if none is left in the chosen queues, 1 if one is."""
    remote = Remote.find(stack)
    if file:
        screen.print(f"{dead_letters.send_units(remote, file):,} units sent")
        return 0
    queues = dead_letters.dead_letters(remote)
    for wanted in queue:
        check_known("queue of this stack", wanted, queues)
    asked = {name: letters for name, letters in queues.items() if not queue or name in queue}
    began = datetime.now(UTC).timestamp()
    seen = {name: letters.contents() for name, letters in asked.items()}
    screen.print(_table(seen, began))
    if dry_run:
        return 0
    left = 0
    for name, letters in asked.items():
        if seen[name].count:
            result = letters.redrive(began, limit, partial(_say_thousands, name))
            screen.print(f"{name}: {result.returned:,} returned, {result.left.total():,} left")
            for reason, count in result.left.items():
                print_warning(f"  {count:,}: {reason}")
            left += result.left.total()
    return 1 if left else 0


def _table(seen: dict[str, dead_letters.QueueContents], now: float) -> Table:
    table = Table()
    for column in ("queue", "letters", "oldest", "provider or error"):
        table.add_column(column, overflow="fold")  # the default cuts long words off
    for name, queue in seen.items():
        about = ", ".join(f"{owner} {count:,}" for owner, count in queue.about.most_common(5))
        if queue.sampled < queue.count:
            about += f" (of {queue.sampled:,})"
        age = "" if queue.oldest is None else _age(now - queue.oldest)
        table.add_row(name, f"{queue.count:,}", age, about)
    return table


def _age(seconds: float) -> str:
    """Return how long a letter has waited.

    >>> _age(59), _age(7_300), _age(200_000)
    ('0 min', '2 h 1 min', '2 d 7 h')
    """
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _say_thousands(name: str, result: dead_letters.RedriveResult) -> None:
    done = result.returned + result.left.total()
    if done % 1_000 == 0:
        screen.print(f"{name}: {done:,}", style="dim")


def publish(
    *,
    since: Annotated[Day | None, says("publish no day before this one; default: 35 days")] = None,
    through: Annotated[Day | None, says("publish no day after this one")] = None,
    provisional: Annotated[bool, says("publish open days too, marked so")] = False,
    rebuild: Annotated[bool, says("write published days again")] = False,
    accept: Annotated[
        Texts,
        option(
            "PROVIDER/DAY",
            "publish this day although the table has lost some of it; or log, or new-log:"
            " see docs/log.md",
        ),
    ] = (),
    stack: StackName = STACK,
) -> int:
    """Call the function publish; 0 when it ended, 1 if it failed or the log refused to grow."""
    days = {*accept} - {"log", "new-log"}
    for name in days:
        try:
            parse_day(name.rpartition("/")[2])
        except ValueError as error:
            allowed = "PROVIDER/DAY, log or new-log"
            raise UsageError(f"--accept {name} is none of {allowed}: {error}") from None
    event: dict[str, Any] = {
        "since": since and since.isoformat(),
        "through": through and through.isoformat(),
        "provisional": provisional,
        "check": True,
        "rebuild": rebuild,
        "accept": list(accept),
    }
    remote = Remote.find(stack).known(*(name.rpartition("/")[0] for name in days))
    # No function may take longer than 900 seconds.
    config = Config(read_timeout=900, retries={"total_max_attempts": 1})
    counts = call_function(
        boto3.client("lambda", config=config),
        remote.outputs["PublishFunction"],
        {name: value for name, value in event.items() if value},
    )
    screen.print(f"{counts.get('written', 0):,} written, {counts.get('revised', 0):,} revised")
    if "leaves" in counts:
        screen.print(f"log: {counts['leaves']:,} leaves, {counts['added']:,} of them new")
    if refused := counts.get("log"):
        print_warning(f"log {refused}; see docs/operate.md, NumbersHeldAlarm")
    return 1 if refused else 0


def restore(
    copy: Annotated[str, says("the name of the copy that DynamoDB restored")],
    /,
    *,
    stack: StackName = STACK,
) -> int:
    """Put the missing items back; 0 when all are there."""
    table = Remote.find(stack).outputs["Table"]
    restored, present = put_back(boto3.client("dynamodb"), copy, table)
    screen.print(f"{restored:,} items put back, {present:,} were there; now: terang fsck")
    return 0


COUNTED = WORDS["erased"]
"""Each count, and how it is printed."""

FILES_SHOWN = 20
ACCOUNT_LENGTH = 200


def erase(
    *,
    provider: Annotated[ProviderId, says("where the author has the account")],
    account: Annotated[
        str,
        option(
            "NAME",
            "the account as the provider sends it; - reads it from stdin, so that no list of"
            " processes shows it",
            allow_leading_hyphen=True,
        ),
    ],
    post: Annotated[Texts, option("ID", "a post that no account leads to; repeat for more")] = (),
    stack: StackName = STACK,
    dry_run: Annotated[bool, says("print what would go; change nothing")] = False,
    as_json: JsonLine = False,
) -> int:
    """Erase the author; 0 when nothing is left, 1 if it must be repeated."""
    name = sys.stdin.readline().rstrip("\r\n") if account == "-" else account
    if not 1 <= len(name) <= ACCOUNT_LENGTH:
        raise UsageError(f"--account has {len(name)} characters; allowed: 1 to {ACCOUNT_LENGTH}")
    remote = Remote.find(stack).known(provider)
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
    table = TableEraser(remote.store.table)
    try:
        with explain_stack_errors():
            keys = PseudonymKeys(remote.store, remote.clock, remote.secret)
            erased = Erasure(table, buckets, keys, remote.clock).erase(name, {*post})
    except (OSError, OperatorError) as error:
        raise OperatorError(f"{error}; the erasure is not complete: repeat the command") from None
    if as_json:
        row: dict[str, Any] = {"provider": provider}  # no account, no pseudonym
        row |= {name: erased.counts[name] for name in COUNTED}
        row |= {"under_way": erased.under_way, "waiting_files": len(erased.waiting_files)}
        print_json(row | {"dry_run": dry_run})
    else:
        _print(erased, dry_run=dry_run)
    return 0 if dry_run or (erased.is_clean and not erased.under_way) else 1


def _print(erased: ErasureResult, *, dry_run: bool) -> None:
    for name, words in COUNTED.items():
        if erased.counts[name]:
            print_result(f"{erased.counts[name]:>6}  {words}")
    if not erased.counts.total():
        print_result("the stack holds nothing of that author")
    files = erased.waiting_files  # not read to their end; their findings will be stored as stubs
    if files:
        print_result(f"{len(files)} files wait in the drop bucket, and go when they are done:")
    for key in files[:FILES_SHOWN]:
        print_result(f"  {key}")
    if len(files) > FILES_SHOWN:
        print_result(f"  and {len(files) - FILES_SHOWN} more")
    if erased.under_way:
        print_result(
            f"{erased.under_way} parts of files under way hold posts: repeat the command later"
        )
    elif not erased.is_clean and not dry_run:
        print_result("workers added more meanwhile: repeat the command")
