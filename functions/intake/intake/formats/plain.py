"""The formats that are not archives, in the order in which they are tried."""

from intake.formats import (
    activitystreams,
    comma_separated,
    discord,
    jetstream,
    json_array,
    json_lines,
    telegram,
)
from intake.formats.reader import Reader
from intake.formats.sample import Sample
from ledger.records.refusal import Code, FileRefusedError

READERS: tuple[Reader, ...] = (
    discord,
    telegram,
    activitystreams,
    json_array,
    jetstream,
    comma_separated,
    json_lines,  # the last: one object on one line may be any of the others
)

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
WIDE = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0[")
"""How text in UTF-16 or UTF-32 begins."""

ADVICE = "Send JSON Lines, a JSON array, CSV or a known export, plain or packed by gzip or zip."


def choose_plain(sample: Sample) -> Reader:
    """The reader that recognises the sample.

    Raises FileRefusedError: `zip_nested` for an archive, `encoding` for text that is not UTF-8,
    `format_unknown` where no reader does.
    """
    if sample.head.startswith((GZIP, *ZIP)):
        raise FileRefusedError(Code.ZIP_NESTED, advice="Pack files, not archives.")
    if sample.head.startswith(WIDE):
        raise FileRefusedError(Code.ENCODING, advice="Send the file in UTF-8.")
    for reader in READERS:
        if reader.recognises(sample):
            return reader
    raise FileRefusedError(Code.FORMAT_UNKNOWN, advice=ADVICE)
