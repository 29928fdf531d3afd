"""What waits in a deployed stack, read from its table and buckets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from desk.items import Dossier, EarlierDecision, Item, ItemKind, NearCopy
from desk.ports import DeskQuality
from desk.quality import quality_of
from desk.waiting import (
    audits,
    contest_deadline,
    open_questions,
    order_dossier,
    order_items,
    second_reviews,
)
from ledger.cases.case import Case, JournalEntry, case_id
from ledger.cases.messages import Audit, CaseMessage
from ledger.cases.transitions import CaseState, Move
from ledger.clock import Clock
from ledger.keys import audit_file_key
from ledger.ports import Objects
from terang.review.cards import Card, CopyGroups, cards, group_copies
from terang.review.dossiers import finding_dossier
from terang.review.sample import read_sample
from terang.review.sources import PublishedWords, ReviewStore, findings_of_stack

CONTEST_DAYS = 30
"""Days of the journal that are searched for orders and complaints without an answer."""

QUALITY_DAYS = 90


@dataclass(slots=True)
class StackSource:
    """The port `HomeSource` over a stack. `limit` bounds the findings that are read."""

    store: ReviewStore
    objects: Objects
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
