"""Reads the file of texts that `terang ask --file` is given."""

from collections.abc import Iterable, Iterator

import msgspec

from ledger.errors import OperatorError


class Question(msgspec.Struct):
    """One line of the file."""

    id: str | int
    text: str


def read_questions(lines: Iterable[bytes], name: str) -> Iterator[Question]:
    """Yield the question on each line that is not blank.

    Raises OperatorError with the name and number of the first line that is not a question.
    """
    decoder = msgspec.json.Decoder(Question)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise OperatorError(f"{name}:{number}: {error}") from None
