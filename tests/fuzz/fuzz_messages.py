"""Any text as the body of a message: lines that are read, or one refusal."""

import atheris
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz_seeds import BODIES, WORDS

    from ledger.message_body import lines_of
    from ledger.refusal import Refusal
    from reading import read


def posts(body: str) -> None:
    """A body from the queue of posts."""
    lines = lines_of(body)
    if isinstance(lines, Refusal):
        return
    reading = read(lines)
    assert reading.records == len(reading.posts) + reading.refused.total()


READERS = (posts,)
"""What reads bodies; the first byte of an input chooses."""


def one_message(data: bytes) -> None:
    """Read one body in the way that the input's first byte says."""
    if data:
        READERS[data[0] % len(READERS)](data[1:].decode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    ways = [bytes([number]) for number in range(len(READERS))]
    fuzz("messages", one_message, [way + body for way in ways for body in BODIES], WORDS)
