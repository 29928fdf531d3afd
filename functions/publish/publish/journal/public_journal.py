"""Receipt lines of the public journal with all their fields: form 1, which is also added up.

A line keeps the counts of a receipt and drops ids, the sender's file and all times: `first` and
`last` are days here, because the second in which a single post was published would identify it.
`short_line` has the form in which lines are written now; case lines follow in the same file.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.records.post import language_of
from ledger.records.receipt import Receipt
from publish.estimates import counts, says
from publish.journal.case_line import AbsentPositive, Tally


class ReceiptLine(msgspec.Struct, frozen=True):
    """One line of the public journal: what one unit came to."""

    n: Annotated[
        int, Meta(ge=1, description="Running number of the day, in the order of the unit's id.")
    ]
    kind: Annotated[
        str,
        says(
            "`range` of a file, `message`, `messages` (a batch of them), or `file`"
            " (refused as a whole: 1 record)."
        ),
    ]
    bytes: Annotated[int, counts("Bytes of the unit.")]
    lines: Annotated[int, counts("Lines of the unit.")]
    records: Annotated[int, counts("Records before any was judged: inspected plus all refused.")]
    inspected: Annotated[int, counts("Records accepted as public posts.")]
    refused: Annotated[Tally, says("Records not accepted, by code.")]
    findings: Annotated[int, counts("Findings that this unit put first.")]
    repeats: Annotated[int, counts("Findings that another unit had put before.")]
    by_rule: Annotated[Tally, says("Findings by `pack/version/rule/mode`.")]
    held: Annotated[
        Tally, says("Those of by_rule that were not proposed since the flood guard stood.")
    ]
    by_language: Annotated[
        Tally, says("Inspected posts by the language the sender named, `other` if unclear.")
    ]
    skipped: Annotated[tuple[str, ...], says("Packs out of their dates, as `pack/version`.")]
    set: Annotated[str, says("Digest of the set in force: `sets/<digest>.json`.")]
    unknown_fields: Annotated[int, counts("Fields that were ignored.")]
    assumed_utc: Annotated[int, counts("Times without an offset, read as UTC.")]
    first: Annotated[str, says("Day of the earliest post, or empty.")]
    last: Annotated[str, says("Day of the latest post, or empty.")]
    no_rules: Annotated[
        int | UnsetType,
        says("Inspected posts, where the provider had no rule in force; else absent."),
    ] = UNSET
    partly_read: Annotated[
        AbsentPositive, says("Inspected posts of which only a part was read; absent if none.")
    ] = UNSET
    messages: Annotated[
        AbsentPositive, says("Messages of a batch, each of them a unit; absent from other lines.")
    ] = UNSET


def receipt_line(number: int, receipt: Receipt) -> ReceiptLine:
    """Return a receipt as the public may see it. Old receipts may have any text as a language."""
    languages: Tally = {}
    for language, count in receipt.by_language.items():
        name = language_of(language)
        languages[name] = languages.get(name, 0) + count
    return ReceiptLine(
        n=number,
        kind=receipt.kind,
        bytes=receipt.bytes,
        lines=receipt.lines,
        records=receipt.records,
        inspected=receipt.inspected,
        refused=receipt.refused,
        findings=receipt.findings,
        repeats=receipt.repeats,
        by_rule=receipt.by_rule,
        held=receipt.held,
        by_language=languages,
        skipped=tuple(sorted(receipt.skipped)),
        set=receipt.set,
        unknown_fields=receipt.unknown_fields,
        assumed_utc=receipt.assumed_utc,
        first=receipt.first[:10],
        last=receipt.last[:10],
        no_rules=receipt.no_rules or UNSET,
        partly_read=receipt.partly_read or UNSET,
        messages=receipt.messages or UNSET,
    )
