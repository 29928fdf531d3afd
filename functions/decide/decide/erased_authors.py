"""What people write about a post whose author was erased is counted, and not kept."""

import msgspec

from decide.facts import Facts
from decide.judging.judgement import Judgement
from ledger.cases.case import Case, CaseMove


def is_about_erased(facts: Facts) -> bool:
    """Whether a finding or a notice among what a message moves or speaks of is a stub."""
    return any(map(is_stub, facts.cases.values()))


def is_stub(case: Case) -> bool:
    """Whether the author of the post that a finding or a notice is about was erased."""
    if case.finding is not None:
        return case.finding.is_erased
    first = case.entries[0] if case.entries else None
    return first is not None and first.entry.type == "notice" and not first.post


def without_words(judged: Judgement) -> Judgement:
    """The judgement with entries that hold no reason, post or address."""
    return Judgement(judged.entry, tuple(map(_without_words, judged.moves)))


def _without_words(move: CaseMove) -> CaseMove:
    if move.entry is None:
        return move
    entry = msgspec.structs.replace(move.entry, reason="", post="", url="")
    return msgspec.structs.replace(move, entry=entry)
