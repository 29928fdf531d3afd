"""Reads the file of texts that `terang ask --file` is given."""

from collections.abc import Iterable, Iterator

import msgspec

from ledger.errors import OperatorError


class AskedText(msgspec.Struct):
    """One line of the file."""

    id: str | int
    text: str


def read_questions(lines: Iterable[bytes], name: str) -> Iterator[AskedText]:
    """Yield the text on each line that is not blank.

    Raises OperatorError with the name and number of the first line that holds no text.
    """
    decoder = msgspec.json.Decoder(AskedText)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise OperatorError(f"{name}:{number}: {error}") from None
