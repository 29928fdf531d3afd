"""`terang factchecks import` and `terang ask`: import fact-checks, find those a text repeats."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.error import URLError
from urllib.request import Request, urlopen

import msgspec
from cyclopts import Parameter
from rich.progress import TextColumn, TimeElapsedColumn

from claims.admission import Trust, admit, host_of
from claims.check_finder import CheckAnswer, Level, ask
from claims.fact_check import FeedError, days_between, read_feed
from claims.index import BadIndexError
from claims.ranking import explain
from ledger.texts import encode_json_lines
from terang import InputError
from terang.case_queue import decoded
from terang.check_library import CheckLibrary, SentenceModel
from terang.terminal import (
    LONG_BEFORE_DAYS,
    Day,
    Screen,
    UsageError,
    print_lines_of_json,
    print_result,
    progress_bar,
)

INDEX = Path("terang-index")

SECONDS = 60
"""How long an address may be silent."""

Feed = Annotated[str, Parameter(help="JSON-LD, a DataFeed or CSV: a file, or an https address")]


class AskedText(msgspec.Struct):
    """A line of the file that `terang ask --file` reads."""

    id: str | int
    text: str


def import_feed(
    feed: Feed,
    /,
    *,
    index: Annotated[Path | None, Parameter(metavar="DIR", help=f"default: {INDEX}")] = None,
    trust: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="DOMAIN",
            help="with --index: accept this publisher's checks in addition to those of the public"
            " list; a stack has its parameter TrustedPublishers",
        ),
    ] = (),
    stack: Annotated[
        str, Parameter(metavar="NAME", help="put the feed where this deployed stack imports it")
    ] = "",
    confirm: Annotated[
        bool, Parameter(help="with --stack: the feed may withdraw most of its checks")
    ] = False,
) -> int:
    """Import one feed; 0 when its checks are in the index, 2 if it cannot be read."""
    if "://" in feed and not _is_address(feed):
        raise UsageError(f"{feed}: a feed is a file or an https:// address")
    for domain in trust:
        name = domain.strip().lower()
        if not name or host_of(f"https://{name}/") != name:
            raise UsageError(f"--trust {domain!r}: write a domain, such as check.example")
    if stack:
        if trust:
            raise UsageError(
                "a stack trusts the publishers of its parameter TrustedPublishers, not --trust:"
                f" deploy it with TrustedPublishers={','.join(trust)} in addition to those that it"
                " names, then import without --trust"
            )
        if index is not None:
            raise UsageError(
                "--index is for an index of your own, --stack for that of a stack: give one of them"
            )
        return _put(feed, stack, "factchecks/confirmed/" if confirm else "factchecks/")
    if confirm:
        raise UsageError("--confirm is for a stack: give --stack NAME, or leave it out")
    try:
        return _import(feed, index or INDEX, trust)
    except (FeedError, URLError) as error:
        raise InputError(f"{feed}: {error}") from None


def _import(feed: str, index: Path, trust: tuple[str, ...]) -> int:
    with _opened(feed) as stream, _progress("reading") as show:
        admitted = admit(
            read_feed(stream, lambda read: show(f"reading: {read / 1e6:,.0f} MB")), Trust(trust)
        )
    if not admitted.checks and not admitted.refused:
        raise InputError(f"{feed} holds no check: the index stays as it is")
    with _progress("merging") as show:
        built, changes = CheckLibrary(index).replace(
            feed if _is_address(feed) else Path(feed).name,
            admitted.checks,
            lambda step, done, total: show(f"{step}: {done:,} of {total:,}"),
        )
    print_result(f"{len(admitted.checks):,} checks taken, {admitted.refused.total():,} refused")
    for code, count in admitted.refused.most_common():
        print_result(f"  refused {code}: {count:,}")
    for code, count in admitted.incomplete.most_common():
        print_result(f"  taken with {code}: {count:,}")
    print_result(f"{changes.new:,} new, {changes.corrected:,} corrected, {changes.gone:,} gone")
    languages = ", ".join(f"{tag} {count:,}" for tag, count in sorted(built.totals.items()))
    print_result(f"{sum(built.totals.values()):,} checks in the index ({languages or 'none'})")
    print_result(built.digest)
    return 0


def _put(feed: str, stack: str, folder: str) -> int:
    """Put a feed into the work bucket of a stack; its function feeds imports it from there."""
    from terang.remote import Remote  # late: an own index needs no boto3

    name = feed.rstrip("/").rpartition("/")[2] if _is_address(feed) else ""
    key = folder + (name or Path(feed).name)
    remote = Remote.find(stack)
    with _opened(feed) as stream:
        remote.upload(stream, remote.outputs["WorkBucket"], key)
    out = remote.outputs["OutBucket"]
    print_result(f"uploaded as {key}; the result will be under s3://{out}/receipts/factchecks/")
    return 0


def _is_address(feed: str) -> bool:
    return feed.startswith("https://")


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
def _progress(first: str) -> Iterator[Callable[[str], None]]:
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with progress_bar(*columns, description=first) as update:
        yield lambda text: update(description=text)


def ask_texts(
    text: Annotated[
        str | None, Parameter(help="the text; - reads stdin", allow_leading_hyphen=True)
    ] = None,
    /,
    *,
    file: Annotated[
        Path | None, Parameter(metavar="TEXTS", help='instead: lines of {"id", "text"}')
    ] = None,
    index: Annotated[Path, Parameter(metavar="DIR", help=f"default: {INDEX}")] = INDEX,
    as_json: Annotated[
        bool, Parameter(name="--json", help="print a line of JSON for each text")
    ] = False,
    language: Annotated[str, Parameter(metavar="TAG", help="default: guessed")] = "",
    published: Annotated[Day | None, Parameter(help="when the text was posted")] = None,
    why: Annotated[bool, Parameter(help="show the features that decided the order")] = False,
    meaning: Annotated[
        bool, Parameter(help="order the suggestions by meaning too (needs `make meaning`)")
    ] = False,
) -> int:
    """Answer each text; 0 even if no check was found, 2 if there is no index."""
    if (text is None) == (file is None):
        raise UsageError("give a text, or --file with lines of texts")
    try:
        library = CheckLibrary(index).current()
        model = SentenceModel.load() if meaning else None
        for question in _questions(text or "", file):
            answers = ask(library, question.text, language, model)
            if as_json:
                row = {"id": question.id, "checks": [_row(answer) for answer in answers]}
                print_lines_of_json(encode_json_lines([row]))
            else:
                if file:
                    print_result(f"{question.id}:")
                _print_answers(answers, published.isoformat() if published else "", why=why)
    except BadIndexError as error:
        raise InputError(str(error)) from None
    return 0


def _questions(text: str, file: Path | None) -> Iterator[AskedText]:
    if file is None:
        yield AskedText("", sys.stdin.read() if text == "-" else text)
    else:
        with file.open("rb") as lines:
            yield from decoded(lines, AskedText, str(file))


def _row(answer: CheckAnswer) -> dict[str, Any]:
    shown = ("url", "claim", "rating", "publisher", "date")
    said = {name: str(getattr(answer.check, name)) for name in shown}
    return said | {"score": answer.score, "level": str(answer.level)}


def _print_answers(answers: list[CheckAnswer], published: str, *, why: bool) -> None:
    console = Screen()
    shown = [answer for answer in answers if answer.level is not Level.NONE]
    if not shown:
        console.print("no published check was found")
    for answer in shown:
        check = answer.check
        console.print(f"{check.rating}: {check.claim}")
        console.print(f"  {check.publisher}, {check.date or 'no date'}, {check.url}")
        console.print(f"  {answer.level}, score {answer.score:.2f}")
        age = days_between(check.date, published)
        if age is not None and age > LONG_BEFORE_DAYS:
            console.print(f"  checked {age // 365} years before the text was posted")
        if why:
            for name, term in explain(answer.likeness)[:5]:
                console.print(f"    {term:+.2f} {name}")
