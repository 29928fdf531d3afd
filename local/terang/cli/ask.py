"""`terang ask`: which published checks are about a text, from an index on this machine."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from claims.asking import Answer, Level, ask
from claims.errors import BadIndexError
from claims.feeds.dates import days_between
from claims.index.index import Index
from claims.score.meaning import Meaning
from claims.score.ranking import explain
from ledger.errors import OperatorError
from ledger.records.json_text import encode_json_lines
from terang import USAGE
from terang.checks.check_library import CheckLibrary
from terang.console import Screen, escape_json, print_problem, print_result
from terang.review.shown_checks import LONG_BEFORE_DAYS


class _Text(msgspec.Struct):
    id: str | int
    text: str


def ask_texts(options: argparse.Namespace) -> int:
    """Answer a text or a file of texts: 0, also where no check was found; 1 without an index."""
    if (options.text is None) == (options.file is None):
        print_problem("terang ask: give a text, or --file with lines of texts")
        return USAGE
    try:
        index = CheckLibrary(options.index).current()
        meaning = _model() if options.meaning else None
        if options.file is None:
            text = sys.stdin.read() if options.text == "-" else options.text
            _answer(index, _Text("", text), meaning, options)
        else:
            with options.file.open("rb") as stream:
                for one in texts_in(options.file, stream):
                    _answer(index, one, meaning, options)
    except (BadIndexError, OSError, OperatorError) as error:
        print_problem(f"terang ask: {error}")
        return 1
    return 0


def texts_in(path: Path, stream: BinaryIO) -> Iterator[_Text]:
    """Yield the texts of a file. Raises OperatorError with the line that is none."""
    decoder = msgspec.json.Decoder(_Text)
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise OperatorError(f"{path}:{number}: {error}") from None


def _model() -> Meaning:
    from terang.checks.sentence_model import SentenceModel  # late: numpy is slow to import

    return SentenceModel.load()


def _answer(index: Index, one: _Text, meaning: Meaning | None, options: argparse.Namespace) -> None:
    answers = ask(index, one.text, options.language, meaning)
    if options.json:
        row = {"id": one.id, "checks": [_row(answer) for answer in answers]}
        sys.stdout.buffer.write(escape_json(encode_json_lines([row])))
    else:
        if options.file is not None:
            print_result(f"{one.id}:")
        _print(answers, options)


def _row(answer: Answer) -> dict[str, Any]:
    check = answer.check
    return {
        "url": check.url,
        "claim": check.claim,
        "rating": str(check.rating),
        "publisher": check.publisher,
        "date": check.date,
        "score": answer.score,
        "level": str(answer.level),
    }


def _print(answers: list[Answer], options: argparse.Namespace) -> None:
    console = Screen()
    shown = [answer for answer in answers if answer.level is not Level.NONE]
    if not shown:
        console.print("no published check was found")
    for answer in shown:
        check = answer.check
        console.print(f"{check.rating}: {check.claim}")
        day = check.date or "no date"
        console.print(f"  {check.publisher}, {day}, {check.url}")
        console.print(f"  {answer.level}, score {answer.score:.2f}")
        age = days_between(check.date, options.published)
        if age is not None and age > LONG_BEFORE_DAYS:
            console.print(f"  checked {age // 365} years before the text was posted")
        if options.why:
            for name, term in explain(answer.likeness)[:5]:
                console.print(f"    {term:+.2f} {name}")
