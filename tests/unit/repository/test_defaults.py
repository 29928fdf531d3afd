"""A number that nobody counted is zero.

Many records are stored without what has its default. Another default would change what such a
record says, years later.
"""

import dataclasses
from collections.abc import Iterator
from types import ModuleType

import msgspec
import pytest

# Each on a line of its package: `make mutants` finds a test by the modules that it imports.
from announce import announcements
from claims.feeds import admission
from claims.index import curves
from desk import care
from dsa import author_notice
from intake import arrival
from learn import feed_import
from ledger import closing
from ledger.aws import queue
from ledger.cases import case, messages
from ledger.records import flood, manifest, post, receipt, webhook
from publish import context, day_facts, estimates, summary
from publish.count import case_numbers, folding, month_carryover, precision
from publish.journal import case_line, journal_spool, short_line
from publish.site import tables
from publish.transparency import due_leaves, known_log
from scan import effects, fact_checks, flood_guard
from tlog import growth, leaves
from verifier import verify

MODULES = (
    announcements, admission, curves, care, author_notice, arrival, feed_import, closing, queue,
    case, messages, flood, manifest, post, receipt, webhook, context, day_facts, estimates, summary,
    case_numbers, folding, month_carryover, precision, case_line, journal_spool, short_line,
    tables, due_leaves, known_log, effects, fact_checks, flood_guard, growth, leaves, verify,
)  # fmt: skip

OTHER = {
    "CareSettings.minutes": 45,
    "CareSettings.severe_limit": 5,
    "Delivery.receives": 1,  # a message that arrives has been received once
    "Attempt.excerpt_length": 280,  # what earlier releases cut
    "JournalSpool.form": 2,
    "Notice.items": 1,  # a notice is about something
    "Summary.revision": 1,
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
