"""Read any text as the body of a message: it has lines that can be read, or is one refusal."""

import atheris
import msgspec
from harness import INSTRUMENTED, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz_seeds import BODIES, CASE_WORDS, CASES, WORDS

    from cases.kinds import FIELD_NAME, read_case_message
    from ledger.codes import CaseRefusal, Refusal
    from ledger.texts import encode_json, lines_of_body
    from scan.unit_input import read_records


def posts(body: str) -> None:
    lines = lines_of_body(body)
    if isinstance(lines, Refusal):
        return
    reading = read_records(lines)
    assert reading.records == len(reading.posts) + reading.refused.total()


def cases(body: str) -> None:
    """Read a body from the queue of cases: a line is a message, or a refusal without its text. A
    message that waits is stored as it was read, so reading it again must give the same message."""
    lines = lines_of_body(body)
    if isinstance(lines, Refusal):
        return
    for line in filter(bytes.strip, lines.split(b"\n")):
        message = read_case_message(line)
        if isinstance(message, CaseRefusal):
            names = message.field.removesuffix("]").replace("[", ".").split(".")
            assert all(FIELD_NAME.fullmatch(name) or name.isdigit() for name in names if name)
        else:
            assert read_case_message(msgspec.json.encode(message)) == message
        encode_json(message)


READERS = (posts, cases)
"""The readers of bodies; the first byte of an input chooses one."""


def one_message(data: bytes) -> None:
    """Read one body in the way that the input's first byte says."""
    if data:
        READERS[data[0] % len(READERS)](data[1:].decode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    seeds = [bytes([0]) + body for body in BODIES] + [bytes([1]) + body for body in CASES]
    fuzz("messages", one_message, seeds, [*WORDS, *CASE_WORDS])
