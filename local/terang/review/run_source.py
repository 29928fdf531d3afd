"""What waits after a run, read from its folder and from files of messages. It needs no AWS.

What waits in a deployed stack, read from its table and buckets.

Tries a moderator's example in the packs of this machine, and writes the patch for the author.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec
import yaml

from authoring.check import check_packs
from authoring.format import LOADER
from desk.deciding import Adoption, AdoptionResult, rules_with_examples
from desk.desk_port import DeskQuality, quality_of
from desk.items import (
    Dossier,
    EarlierDecision,
    Item,
    ItemKind,
    NearCopy,
    OpenFinding,
    audits,
    contest_deadline,
    open_questions,
    order_dossier,
    order_items,
    second_reviews,
)
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.case_messages import Audit, CaseMessage
from ledger.cases import Case, CaseState, JournalEntry, Move, case_id
from ledger.dsa_codes import countries_of
from ledger.keys import audit_file_key
from ledger.texts import Clock, SystemClock, clock_from_setting
from rules.pack import PackError, load_packs, pack_paths
from terang import InputError, check_known
from terang.case_queue import read_file, read_messages
from terang.review.dossiers import (
    Card,
    CopyGroups,
    RunCases,
    cards,
    finding_dossier,
    group_copies,
    read_known,
)
from terang.review.sources import (
    PublishedWords,
    findings_of_run,
    findings_of_stack,
    judged_posts,
    read_sample,
    run_folder,
)


class _Run(msgspec.Struct, frozen=True):
    today: str = ""


@dataclass(slots=True)
class RunSource:
    """The port `HomeSource` over a run's folder.

    `others` are messages that came from elsewhere: those that the run took, and colleagues'.
    """

    provider: str
    findings: Sequence[OpenFinding]
    others: Sequence[Mapping[str, Any]]
    words: PublishedWords
    audits: Sequence[Dossier]
    _cases: RunCases | None = None

    @classmethod
    def read(
        cls,
        path: Path,
        others: Sequence[Mapping[str, Any]],
        provider: str | None = None,
        month: str | None = None,
    ) -> "RunSource":
        """Read a run's folder. With a month, only the sample of that month is read.

        Raises OperatorError if the folder is not a run's, it has not this provider, or the sample
        does not exist.
        """
        if provider and (names := _providers_of(path)):
            check_known("provider", provider, names)
        findings = findings_of_run(path) if month is None else []
        known = provider or next((each.finding.provider for each in findings), "")
        mine = [each for each in findings if each.finding.provider == known]
        taken = run_folder(path) / "cases.jsonl"  # a run of an earlier release has none
        messages = [*(read_messages(taken) if taken.is_file() else ()), *others]
        words = PublishedWords.of_folder(path)
        return cls(known, mine, messages, words, _audits(path, known, month))

    def dossiers(self, own: Sequence[CaseMessage]) -> list[Dossier]:
        """Return everything that waits after the moderator's own messages."""
        self._cases = self._with(own)
        judged = judged_posts(self.others)
        return [
            each
            for each in self._cases.dossiers()
            if not each.month or (each.month, each.post) not in judged
        ]

    def territory(self) -> tuple[str, ...]:
        """Return the European Union, for which `terang run` adds each provider."""
        return countries_of("EU")

    def whole(self, dossier: Dossier) -> Dossier:
        """Return an item with its near copies and earlier decisions."""
        return (self._cases or self._with(())).whole(dossier)

    def goldens(self) -> list[Dossier]:
        """Return the cards for training."""
        return self.words.goldens(self.findings, self.provider)

    def quality(self, own: Sequence[CaseMessage]) -> DeskQuality:
        """Return how second reviews agreed and decisions held, in all messages of the files."""
        return quality_of(self._with(own).quality_entries(), "")

    def _with(self, own: Sequence[CaseMessage]) -> RunCases:
        known = {message.id: message for message in (*read_known(self.others), *own)}
        return RunCases(
            self.provider, self.findings, tuple(known.values()), self.words.facts, self.audits
        )


def _audits(path: Path, provider: str, month: str | None) -> list[Dossier]:
    """Return the samples in the folder; of one month alone, if one is asked for."""
    folder = run_folder(path)
    if month is not None:
        file = folder / audit_file_key(provider, month)
        return audits(read_sample(_bytes(file), str(file)), month)
    files = sorted((folder / audit_file_key(provider, "x")).parent.glob("????-??.jsonl"))
    return [
        dossier
        for file in files
        for dossier in audits(read_sample(_bytes(file), str(file)), file.stem)
    ]


def _bytes(file: Path) -> bytes | None:
    return read_file(file) if file.is_file() else None


def clock_of_run(path: Path) -> Clock:
    """Return the clock of a run's folder: with the day that the run was given, if it was given one.

    Raises OperatorError if the folder's `run.json` is not a run's. Folders of earlier releases
    have none.
    """
    file = run_folder(path) / "run.json"
    if not file.is_file():
        return SystemClock()
    try:
        return clock_from_setting(msgspec.json.decode(read_file(file), type=_Run).today)
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"{file}: not from a run: {error}") from None


def provider_of_run(path: Path) -> str:
    """Return the provider of a run's folder. Raises OperatorError if there is not exactly one."""
    names = _providers_of(path)
    if len(names) != 1:
        folder = run_folder(path) / "out"
        raise InputError(f"{folder} has {len(names)} providers: name one with --provider")
    return names[0]


def _providers_of(path: Path) -> list[str]:
    return [each.name for each in (run_folder(path) / "out").glob("*/")]


CONTEST_DAYS = 30
"""Days of the journal that are searched for orders and complaints without an answer."""

QUALITY_DAYS = 90


@dataclass(slots=True)
class StackSource:
    """The port `HomeSource` over a stack. `limit` bounds the findings that are read."""

    store: DynamoStore
    objects: S3Objects
    out_bucket: str
    provider: str
    moderator: str
    clock: Clock
    words: PublishedWords
    limit: int
    month: str | None = None
    _cards: tuple[Card, ...] = field(default_factory=tuple)
    _groups: CopyGroups = field(default_factory=lambda: CopyGroups({}, {}))

    def dossiers(self, own: Sequence[CaseMessage]) -> list[Dossier]:
        """Return everything that waits after the moderator's own messages.

        With a month, that is only the sample of that month.
        """
        if self.month is not None:
            return self._audits(own)
        self._cards = cards(findings_of_stack(self.store, self.provider, self.limit))
        self._groups = group_copies(self._cards)
        entries = [*self._entries(CONTEST_DAYS)]
        return [
            *(finding_dossier(card, self.words.facts, self._groups) for card in self._cards),
            *open_questions(self.provider, self.store.flood_holds(self.provider)),
            *self._orders(entries),
            *self._contests(entries),
            *self._second_reviews(entries),
            *self._audits(own),
        ]

    def territory(self) -> tuple[str, ...]:
        """Return the countries in which the provider's decisions hold if they name none."""
        known = self.store.provider(self.provider)
        return known.territory if known else ()

    def whole(self, dossier: Dossier) -> Dossier:
        """Return an item with its near copies and earlier decisions."""
        if dossier.item.kind is not ItemKind.FINDING:
            return dossier
        near = self._groups.copies(Card(dossier.findings))
        copies = tuple(NearCopy(other.first.finding, other.findings) for other in near)
        names = dict.fromkeys(each.notice for each in dossier.findings if each.notice)
        cases = (self.store.case(case_id("notice", self.provider, name)) for name in names)
        notices = tuple(case.entries[0] for case in cases if case)
        earlier = tuple(self._earlier(dossier))
        return replace(dossier, copies=copies, notices=notices, earlier=earlier)

    def goldens(self) -> list[Dossier]:
        """Return the cards for training."""
        found = [finding for card in self._cards for finding in card.findings]
        return self.words.goldens(found, self.provider)

    def quality(self, own: Sequence[CaseMessage]) -> DeskQuality:
        """Return how second reviews agreed and decisions held, of the last 90 days."""
        today = self.clock.now().date()
        return quality_of(
            self._entries(QUALITY_DAYS), (today - timedelta(QUALITY_DAYS)).isoformat()
        )

    def _entries(self, days: int) -> Iterator[JournalEntry]:
        today = self.clock.now().date()
        for back in reversed(range(days)):
            day = (today - timedelta(days=back)).isoformat()
            yield from self.store.journal_entries(self.provider, day)

    def _earlier(self, dossier: Dossier) -> Iterator[EarlierDecision]:
        """Yield earlier decisions on this post: a changed check reopened it."""
        for each in dossier.findings:
            case = self.store.case(each.finding.finding)
            for entry in case.entries if case else ():
                if entry.move == Move.DECIDE:
                    yield EarlierDecision(
                        "post",
                        entry.journal_entry.verdict,
                        entry.journal_entry.moderator,
                        entry.journal_entry.decided_at,
                        reason=entry.reason,
                    )

    def _orders(self, entries: Sequence[JournalEntry]) -> Iterator[Dossier]:
        for item in order_items(entries):
            if (case := self.store.case(item.key)) is not None:
                yield order_dossier(case)

    def _contests(self, entries: Iterable[JournalEntry]) -> Iterator[Dossier]:
        """Yield the complaints and disputes without an answer, the oldest first."""
        for entry in entries:
            if entry.type not in {"complaint", "dispute"}:
                continue
            contest = self.store.case(entry.entry)
            decision = self.store.case(entry.decision)
            if contest is None or contest.state is not CaseState.OPEN or decision is None:
                continue
            made = self._about(decision, ItemKind.COMPLAINT, entry.entry, entry.received_at)
            deadline = contest_deadline(entry.received_at)
            yield replace(
                made, item=replace(made.item, deadline=deadline), contest=contest.entries[0]
            )

    def _second_reviews(self, entries: Iterable[JournalEntry]) -> Iterator[Dossier]:
        """Yield colleagues' decisions that were drawn, unless their findings are erased."""
        for item in second_reviews(entries, self.clock.now()):
            if self.moderator in item.not_for or (decision := self.store.case(item.key)) is None:
                continue
            made = self._about(decision, item.kind, item.key, item.since)
            if any(not each.finding.is_erased for each in made.findings):
                yield made

    def _about(self, decision: Case, kind: ItemKind, key: str, since: str) -> Dossier:
        """Return an item about a decision, for any moderator but the one who decided."""
        contested = decision.entries[0]
        named = [case for name in contested.journal_entry.cases if (case := self.store.case(name))]
        found = [(case.finding, case.excerpt) for case in named if case.finding]
        made = Dossier(Item(key, kind, since))
        if found:
            made = finding_dossier(Card.of(found), self.words.facts)
        item = replace(
            made.item, key=key, kind=kind, since=since, not_for=(contested.journal_entry.moderator,)
        )
        return replace(made, item=item, decision=contested)

    def _audits(self, own: Sequence[CaseMessage]) -> list[Dossier]:
        """Return the posts of this month's sample that this moderator has not judged."""
        month = self.month or f"{self.clock.now():%Y-%m}"
        key = audit_file_key(self.provider, month)
        data = self.objects.get(self.out_bucket, key)
        if data is None and self.month is None:
            return []
        judged = {(each.month, each.post) for each in own if isinstance(each, Audit)}
        found = audits(read_sample(data, key), month)
        return [each for each in found if (each.month, each.post) not in judged]


@dataclass(frozen=True, slots=True)
class PackExamples:
    """The port `Adopter` over a folder of packs. The folder itself is never written."""

    folder: Path
    today: date

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""
        return rules_with_examples(load_packs(self.folder, date.min))

    def adopted(self, adoption: Adoption) -> AdoptionResult | None:
        """Return the patch and what the check says; None if the packs have no such rule."""
        for path in pack_paths(self.folder):
            before = path.read_text("utf-8")
            after = with_example(before, adoption)
            if after is not None:
                lines = unified_diff(
                    before.splitlines(keepends=True),
                    after.splitlines(keepends=True),
                    f"a/{path.name}",
                    f"b/{path.name}",
                )
                return AdoptionResult("".join(lines), tuple(self._problems(path, after)), ())
        return None

    def _problems(self, path: Path, after: str) -> Iterator[str]:
        """Yield what `packs check` says about a copy of the pack that has the example."""
        with tempfile.TemporaryDirectory() as made:
            copy = Path(made) / path.name
            copy.write_text(after, "utf-8")
            try:
                check_packs(copy, self.today, protected=path.parent / "protected", advice=False)
            except PackError as error:
                yield from map(str, error.problems)


def with_example(source: str, adoption: Adoption) -> str | None:
    """Return the YAML of a pack with the example in its rule; None if it is another pack's.

    The example becomes the last of its list; comments and layout stay as they are.
    """
    top = yaml.compose(source, Loader=LOADER)
    pack = _fields(top)
    if "id" not in pack or pack["id"].value != adoption.pack or "rules" not in pack:
        return None
    rule = next(
        (
            fields
            for fields in map(_fields, pack["rules"].value)
            if fields["id"].value == adoption.rule
        ),
        None,
    )
    if rule is None:
        return None
    quoted = json.dumps(adoption.text, ensure_ascii=False)
    lines = source.splitlines(keepends=True)
    listed = rule.get(adoption.kind)
    if not isinstance(listed, yaml.CollectionNode) or not listed.value:
        indent = " " * rule["id"].start_mark.column
        indent = indent[: -len("id: ")]
        at = _last_line(max(rule.values(), key=lambda node: node.end_mark.index)) + 1
        return _inserted(lines, at, f"{indent}{adoption.kind}:\n{indent}  - {quoted}\n")
    last = listed.value[-1]
    if listed.flow_style:
        mark = last.end_mark
        return f"{source[: mark.index]}, {quoted}{source[mark.index :]}"
    indent = " " * listed.start_mark.column
    return _inserted(lines, _last_line(last) + 1, f"{indent}- {quoted}\n")


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if node else {}


def _last_line(node: yaml.Node) -> int:
    """Return the number of a node's last line.

    A list or mapping in block style ends where the next token starts, so its last part decides.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    ends_before = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return int(node.end_mark.line) - ends_before


def _inserted(lines: list[str], at: int, new: str) -> str:
    return "".join([*lines[:at], new, *lines[at:]])
