"""Reads open findings and whole cases from a run or a stack.

`PublishedWords` has the published words about rules.

The month's random sample of posts that no rule hit, which moderators audit.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from desk.items import Dossier, OpenFinding, RuleFacts, golden_dossiers
from ledger.aws.finding_store import SEVERITY_RANKS, open_list_keys
from ledger.aws.store import DynamoStore
from ledger.cases import Case, CaseEntry, CaseState, JournalEntry, Move
from ledger.closing import set_key
from ledger.findings import OPENED, Finding
from ledger.privacy import SampleLine
from matcher import RuleSet, SetError, load_set
from rules.pack import Pack
from terang import InputError
from terang.case_queue import decode_lines, read_file


class _Row(Finding, frozen=True):
    """A line of `findings.jsonl`, as scan writes it."""

    excerpt: str | None = None


def findings_of_run(path: Path) -> list[OpenFinding]:
    """Return the findings of a run that propose something, in the order of a stack's index.

    `path` is the run's folder or its `findings.jsonl`. Raises OperatorError if the file holds
    anything else.
    """
    file = run_folder(path) / "findings.jsonl" if path.is_dir() else path
    rows = decode_lines(read_file(file), _Row, str(file), "no findings.jsonl of a run")
    for number, row in enumerate(rows, 1):
        if not (row.spans and row.severity in SEVERITY_RANKS and is_moment(row.found_at)):
            needs = "it needs spans, a severity, and the time when it was found"
            raise InputError(f"{file}: finding {number} is not from a run: {needs}")
    opened = _opened_in(run_folder(path), rows)
    listed = [
        (open_list_keys(row).get("open_sk", ""), row)
        for row in rows
        if not row.held or _hold_of(row) in opened
    ]
    listed = sorted((pair for pair in listed if pair[0]), key=lambda pair: pair[0])
    return [OpenFinding(row, row.excerpt) for _, row in listed]


class _FloodAnswers(msgspec.Struct, frozen=True):
    """The answers to the flood guard in a published day: `day/pack/rule/what`."""

    floods_answered: dict[str, int] = {}


class _PublishedDay(msgspec.Struct, frozen=True):
    cases: _FloodAnswers = _FloodAnswers()


def _opened_in(folder: Path, rows: Sequence[Finding]) -> set[str]:
    """Return the holds of these findings that the run's messages opened, as `_hold_of` names them.

    A hold is answered on its own day or later: a run has one day, or two at midnight.
    """
    held_by = {row.provider for row in rows if row.held}
    days = [
        path
        for provider in held_by
        for path in (folder / "public/summaries" / provider).glob("20??-??-??.json")
    ]
    answers = [
        answer
        for path in days
        for day in decode_lines(read_file(path).replace(b"\n", b" "), _PublishedDay, str(path))
        for answer in day.cases.floods_answered
    ]
    return {answer.rpartition("/")[0] for answer in answers if answer.endswith(f"/{OPENED}")}


def _hold_of(finding: Finding) -> str:
    return f"{finding.found_at[:10]}/{finding.pack}/{finding.rule}"


def findings_of_stack(store: DynamoStore, provider: str, limit: int) -> list[OpenFinding]:
    """Return the most urgent open findings of a provider."""
    findings = store.open_findings(provider, limit)
    ids = [finding.finding for finding in findings]
    excerpts, begun = store.excerpts(ids), store.with_entries(ids)
    return [
        OpenFinding(
            finding,
            excerpts.get(finding.finding),
            **(_so_far(store, finding.finding) if finding.finding in begun else {}),
        )
        for finding in findings
    ]


def _so_far(store: DynamoStore, finding: str) -> dict[str, Any]:
    """Return whether an open finding was escalated, and the notice that waits for an answer."""
    case = store.case(finding)
    if case is None:
        return {}
    notices = (entry for entry in case.entries if entry.move == Move.NOTE)
    waiting = (
        entry.message
        for entry in notices
        if (notice := store.case(entry.journal_entry.entry)) is not None
        and notice.state is CaseState.OPEN
    )
    return {"notice": next(waiting, ""), "escalated": case.state is CaseState.ESCALATED}


@dataclass(frozen=True, slots=True)
class PublishedWords:
    """The published words about rules. `read` returns an object of the public bucket.

    `page` returns the address of a rule's page, or an empty text.
    """

    read: Callable[[str], bytes | None]
    page: Callable[[Finding], str]
    _sets: dict[str, RuleSet | None] = field(default_factory=dict)

    @classmethod
    def of_folder(cls, path: Path) -> "PublishedWords":
        """Read the rules from the copy of the public bucket in a run's folder."""
        folder = run_folder(path) / "public"

        def read(key: str) -> bytes | None:
            file = folder / key
            return read_file(file) if file.is_file() else None

        def page(finding: Finding) -> str:
            key = f"packs/{finding.pack}/{finding.version}.html"
            return f"/public/{key}#{finding.rule}" if (folder / key).is_file() else ""

        return cls(read, page)

    def facts(self, finding: Finding) -> RuleFacts:
        """Return the words about a finding's rule; its name alone if its set cannot be read."""
        pack = next((pack for pack in self.packs(finding.set) if pack.id == finding.pack), None)
        if pack is None:
            return RuleFacts(finding.pack, "", self.page(finding))
        return RuleFacts.of(pack, finding.rule, self.page(finding))

    def goldens(self, findings: Iterable[OpenFinding], provider: str) -> list[Dossier]:
        """Return the examples of the packs that made these findings, as cards for training."""
        sets = sorted({each.finding.set for each in findings})
        packs = {pack.id: pack for name in sets for pack in self.packs(name)}
        return golden_dossiers(packs.values(), provider)

    def packs(self, digest: str) -> tuple[Pack, ...]:
        """Return the packs of a set; none if it is missing, or written by another version."""
        if digest not in self._sets:
            data = self.read(set_key(digest))
            try:
                self._sets[digest] = load_set(data, digest) if data else None
            except SetError:
                self._sets[digest] = None
        known = self._sets[digest]
        return known.packs if known else ()


def run_folder(path: Path) -> Path:
    """Return the folder of a run, of which the path may be the file of findings."""
    return path if path.is_dir() else path.parent


def is_moment(text: str) -> bool:
    """Return whether a text is a time with its offset, so that an age can be computed.

    >>> is_moment("2026-11-25T10:00:00Z"), is_moment("2026-11-25T10:00:00"), is_moment("soon")
    (True, False, False)
    """
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


CASES = 200
"""The largest number of cases that a history follows."""

ORDER = (
    *("notice", "order", "decision", "second_review", "complaint", "dispute"),
    *("outcome", "reinstatement", "correction", "flood_answer"),
)
"""The order of entries that were committed within one second."""


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """A case, the related cases that have a finding, and all their entries by time."""

    case: Case
    findings: tuple[Case, ...]
    entries: tuple[CaseEntry, ...]


def case_history(store: DynamoStore, case: str) -> CaseHistory | None:
    """Return what happened to a case and to all cases related to it.

    A decision, its findings, the complaints about it and their outcomes are cases of their own.
    They share the entries of the messages that moved them, so each leads to the same history.
    """
    asked = store.case(case)
    if asked is None:
        return None
    cases = _around(store, asked)
    entries: dict[str, CaseEntry] = {}
    for related in cases:
        for entry in related.entries:
            entries.setdefault(entry.journal_entry.entry, entry)
    ordered = sorted(entries.values(), key=lambda entry: _when(entry.journal_entry))
    with_findings = tuple(related for related in cases if related.finding)
    return CaseHistory(asked, with_findings, tuple(ordered))


def _around(store: DynamoStore, asked: Case) -> list[Case]:
    cases = {asked.case: asked}
    waiting = deque([asked])
    while waiting and len(cases) < CASES:
        for name in _named(waiting.popleft()):
            if name not in cases and (case := store.case(name)) is not None:
                cases[name] = case
                waiting.append(case)
    return list(cases.values())


def _named(case: Case) -> list[str]:
    """Return the cases that a case's entries moved or name."""
    moves = (entry.journal_entry for entry in case.entries)
    return [name for move in moves for name in (*move.cases, move.decision, move.follows) if name]


def _when(entry: JournalEntry) -> tuple[str, int]:
    return entry.at, ORDER.index(entry.type) if entry.type in ORDER else len(ORDER)


def read_sample(data: bytes | None, name: str) -> list[str]:
    """Return the posts of a sample, by rank. Raises InputError if it cannot be read."""
    if data is None:
        raise InputError(f"there is no sample at {name}: publish draws it with each day")
    return [line.post for line in decode_lines(data, SampleLine, name)]


def judged_posts(messages: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return month and post of each audit among these messages."""
    return {
        (str(message.get("month")), str(message.get("post")))
        for message in messages
        if message.get("type") == "audit"
    }
