"""A number that nobody counted is zero. Many records are stored without what has its default.
Another default would change what such a record says, years later."""

import dataclasses
from collections.abc import Iterator
from types import ModuleType

import msgspec
import pytest

import tlog

# Each on a line of its package: `make mutants` finds a test by the modules that it imports.
from announce import announcements
from cases import asked, case_message, kinds
from claims import admission, fact_check, ranking
from desk import desk_pages, table_desk
from dsa import report
from feeds import feed_import
from intake import arrival
from ledger import (
    announced,
    cases,
    closing,
    codes,
    desk_store,
    findings,
    keys,
    objects,
    posts,
    units,
)
from publish import day_facts, folding, precision, publish_run, summary
from publish_steps import served_log, tables
from rules import pack, pack_parts, rule
from scan import inspection, unit_input

MODULES = (
    announcements, admission, ranking, desk_pages, arrival, feed_import, closing,
    objects, cases, case_message, asked, kinds, units, posts, keys, publish_run, day_facts,
    summary, folding, precision, tables, served_log,
    inspection, unit_input, tlog,
)  # fmt: skip

STORED = (
    announcements, pack_parts, desk_pages, cases, desk_store, codes, fact_check,
    announced, closing, feed_import, report, findings, tlog, units, pack,
    table_desk, posts, keys, day_facts, rule,
)  # fmt: skip

SHORT = """
    AnnouncedEntry AnnouncedFinding CannedReason CaseEntry CaseFacts Case CaseReceipt CaseRefusal
    CellLine ClosedFile CopySnapshot CorrectedFinding DecidedScore EarlierMove
    Attempt Counts FoundCopies Gate ImportReceipt Manifest Marker
    PackCard PendingDecision Pointer Provider PublishedLeaf RangeMessage RangeRow Refusal Review
    Rule RunLeaf Score Strict Translation TranslatedPost UnitLeaf WebhookSecret
"""
"""The records, and parts of them, that are written without what has its default."""

OTHER = {
    "CareSettings.minutes": 45,
    "CareSettings.severe_limit": 5,
    "RuleSets.patience": 30,  # seconds
    "Delivery.receives": 1,  # a message that arrives has been received once
    "Attempt.excerpt_length": 280,  # what earlier releases cut
    "Notice.items": 1,  # a notice is about something
    "Summary.revision": 1,
    "WebhookSender.seconds": 10,
    "WebhookSender.slow_seconds": 2,
}


def numbers(module: ModuleType) -> Iterator[tuple[str, int]]:
    """The defaults that are numbers, of the classes that a module defines."""
    for made in vars(module).values():
        if not isinstance(made, type) or made.__module__ != module.__name__:
            continue
        if issubclass(made, msgspec.Struct):
            fields = [(each.name, each.default) for each in msgspec.structs.fields(made)]
        elif dataclasses.is_dataclass(made):
            fields = [(each.name, each.default) for each in dataclasses.fields(made)]
        else:
            fields = [*getattr(made, "_field_defaults", {}).items()]
        for name, default in fields:
            if isinstance(default, int) and not isinstance(default, bool):
                yield f"{made.__name__}.{name}", default


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_number_that_nobody_counted_is_zero(module: ModuleType) -> None:
    found = dict(numbers(module))
    assert found
    assert found == {name: OTHER.get(name, 0) for name in found}


def test_which_records_are_written_without_their_defaults() -> None:
    """The same facts give the same bytes: digests, leaves and repeats are compared by them."""
    structs = {
        made.__name__: made
        for module in STORED
        for made in vars(module).values()
        if isinstance(made, type)
        and issubclass(made, msgspec.Struct)
        and made.__module__ == module.__name__
        and made.__struct_config__.omit_defaults
        and not any(base.__struct_config__.omit_defaults for base in made.__bases__
                    if issubclass(base, msgspec.Struct) and base is not msgspec.Struct)
    }  # fmt: skip
    assert set(SHORT.split()) <= structs.keys()
