"""Short receipt lines: the form in which journals are written since form 2.

A line of form 1 repeats every field, the digest of its set and the full name of each rule: 320
bytes. A short line leaves out zeros and empty values, and names sets, rules and packs by number.
A names line gives the numbers: each of its names gets the next one, from 0 at the start of a file.
So each file can be read alone, from top to bottom.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec

from publish.estimates import counts, says
from publish.journal.case_line import Tally
from publish.journal.public_journal import ReceiptLine

NumberedTally = dict[str, int]


class NamesLine(msgspec.Struct, frozen=True):
    """A line that gives numbers to names, for the lines that follow in the same file."""

    kind: Annotated[Literal["names"], says("Always `names`: it is no receipt.")]
    names: Annotated[
        tuple[str, ...],
        says(
            "Digests of sets, rules as `pack/version/rule/mode`, and packs as"
            " `pack/version`. Each gets the next number; the first name of a file has 0."
        ),
    ]


class ShortLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One receipt of a journal of form 2. A field that is left out is 0 or empty."""

    kind: Annotated[
        str,
        says(
            "`range` of a file, `message`, `messages` (a batch of them), or `file`"
            " (refused as a whole: 1 record)."
        ),
    ]
    records: Annotated[int, counts("Records before any was judged: inspected plus all refused.")]
    bytes: Annotated[int, counts("Bytes of the unit.")] = 0
    lines: Annotated[int, counts("Lines of the unit.")] = 0
    inspected: Annotated[int, counts("Records accepted as public posts.")] = 0
    refused: Annotated[Tally, says("Records not accepted, by code.")] = {}
    findings: Annotated[int, counts("Findings that this unit stored first.")] = 0
    repeats: Annotated[int, counts("Findings that another unit had stored before.")] = 0
    by_rule: Annotated[NumberedTally, says("Findings by the number of the rule.")] = {}
    held: Annotated[
        NumberedTally, says("Those of by_rule that the flood guard held back, by the same numbers.")
    ] = {}
    by_language: Annotated[
        Tally, says("Inspected posts by the language the sender named, `other` if unclear.")
    ] = {}
    skipped: Annotated[tuple[int, ...], says("Packs out of their dates, by number.")] = ()
    set: Annotated[int | None, says("Number of the set in force.")] = None
    unknown_fields: Annotated[int, counts("Fields that were ignored.")] = 0
    assumed_utc: Annotated[int, counts("Times without an offset, read as UTC.")] = 0
    first: Annotated[str, says("Day of the earliest post.")] = ""
    last: Annotated[str, says("Day of the latest post; left out if it is the same as `first`.")] = (
        ""
    )
    no_rules: Annotated[
        int, counts("Inspected posts, where the provider had no rule in force.")
    ] = 0
    partly_read: Annotated[int, counts("Inspected posts of which only a part was read.")] = 0
    messages: Annotated[
        int, counts("Messages of a batch, each of them a unit; 0 for other lines.")
    ] = 0


@dataclass(slots=True)
class NamesOfFile:
    """The numbers of the names in one journal file."""

    numbers: dict[str, int] = field(default_factory=dict)

    def encode(self, line: ReceiptLine) -> bytes:
        r"""Return a receipt as a short line, after a names line if it has new names.

        >>> line = ReceiptLine(n=1, kind="message", bytes=240, lines=1, records=1, inspected=1,
        ...     refused={}, findings=0, repeats=0, by_rule={}, held={}, by_language={"id": 1},
        ...     skipped=(), set="ab", unknown_fields=0, assumed_utc=0, first="2026-11-25",
        ...     last="2026-11-25")
        >>> names = NamesOfFile()
        >>> names.encode(line).splitlines()[0]
        b'{"kind":"names","names":["ab"]}'
        >>> len(names.encode(line))
        119
        """
        known = len(self.numbers)
        short = self._short(line)
        data = msgspec.json.encode(short, order="sorted") + b"\n"
        if len(self.numbers) == known:
            return data
        new = NamesLine(kind="names", names=tuple(self.numbers)[known:])
        return msgspec.json.encode(new, order="sorted") + b"\n" + data

    def _short(self, line: ReceiptLine) -> ShortLine:
        return ShortLine(
            kind=line.kind,
            records=line.records,
            bytes=line.bytes,
            lines=line.lines,
            inspected=line.inspected,
            refused=_without_zeros(line.refused),
            findings=line.findings,
            repeats=line.repeats,
            by_rule=self._numbered(line.by_rule),
            held=self._numbered(line.held),
            by_language=_without_zeros(line.by_language),
            skipped=tuple(self._number(pack) for pack in line.skipped),
            set=self._number(line.set) if line.set else None,
            unknown_fields=line.unknown_fields,
            assumed_utc=line.assumed_utc,
            first=line.first,
            last="" if line.last == line.first else line.last,
            no_rules=line.no_rules or 0,
            partly_read=line.partly_read or 0,
            messages=line.messages or 0,
        )

    def _numbered(self, tally: Tally) -> NumberedTally:
        if not tally:
            return {}
        return {str(self._number(name)): count for name, count in sorted(tally.items()) if count}

    def _number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def _without_zeros(tally: Tally) -> Tally:
    return {name: count for name, count in tally.items() if count} if tally else tally
