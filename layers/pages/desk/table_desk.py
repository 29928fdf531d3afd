"""The desk over the table: all that its pages read and write, at home and on AWS.

The caller has checked who the moderator is. Every method checks that what it is asked for belongs
to the moderator's provider. What belongs to another one is answered as if it did not exist. Nothing
is counted: a lease is a put with an end, a decision is stored once under its id, and undo marks
that record.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import batched, chain
from typing import Any

import msgspec

from cases.case_store import DecidedPacks, TrialRules
from desk import (
    AUDITED,
    Dossier,
    Item,
    ItemKind,
    Moderator,
    OpenFinding,
    audits,
    by_post,
    contest_items,
    finding_items,
    golden_dossiers,
    held_rule,
    notice_items,
    open_audits,
    open_questions,
    order_dossier,
    order_reminders,
    second_reviews,
    table_dossiers,
    waiting_items,
)
from desk.deciding import ExampleResult, NewExample, rules_with_examples
from desk.history import DeskQuality, PastDecision, past_decisions, quality_of
from desk.trial_desk import RuleView, TrialDesk
from ledger import desk_store
from ledger.cases import Case, JournalEntry, Move, case_id
from ledger.draws import ANSWER_DAYS
from ledger.findings import sampled_posts
from ledger.keys import audit_file_key
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import Clock, utc_exactly
from ledger.units import wilson_interval
from rules.pack import Pack
from rules.rule_set import Evidence


class FirstDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Who decided an item before, and when. This very form did if `undone` or `stored` is set."""

    moderator: str
    decided_at: str
    undone: bool = False
    stored: desk_store.PendingDecision | None = None


@dataclass(frozen=True, slots=True)
class PendingSender:
    """Stores decisions that can be taken back, and the messages that name them in the queue."""

    desk: desk_store.DynamoDesk
    sqs: Any
    queue_url: str

    def store_pending(
        self, pending: desk_store.PendingDecision
    ) -> desk_store.PendingDecision | None:
        """Store a decision that will be sent. Return None, or the decision in its way.

        The message goes first. If this worker dies after it, decide finds no decision and makes its
        id void. In the other order a decision could stay stored that nobody ever sends.
        """
        if self.desk.pending(pending.provider, pending.id) is None:
            name = desk_store.PendingName(pending.provider, pending.id)
            self.sqs.send_message(
                QueueUrl=self.queue_url,
                MessageBody=msgspec.json.encode(name).decode(),
                DelaySeconds=desk_store.UNDO_SECONDS,
            )
        return self.desk.store_pending(pending)


LOOK_BACK_DAYS = 31
"""Days of the journal in which notices and complaints are looked for."""

QUALITY_DAYS = 90
RECENT = timedelta(days=1)


@dataclass(slots=True)
class TableDesk:
    """One worker answers one request at a time, and keeps what does not change.

    At home, `desk` is in memory and takes decisions itself. `months` are those of the samples that
    wait, else the last one alone; with `only_audits` nothing else does. `most` bounds the findings.
    `marks_copies` costs too much on AWS: the fingerprints of all days with open findings.
    """

    store: DynamoStore
    desk: desk_store.DynamoDesk
    sender: PendingSender | desk_store.DynamoDesk
    objects: S3Objects
    clock: Clock
    public_bucket: str
    public_url: str
    out_bucket: str
    trial_rules: TrialRules = TrialRules()  # noqa: RUF009 - frozen
    months: tuple[str, ...] = ()
    only_audits: bool = False
    most: int = table_dossiers.MOST
    marks_copies: bool = False
    seconds: Callable[[], float] = time.monotonic
    _findings: table_dossiers.OpenFindings = field(init=False)
    _journal: table_dossiers.RecentJournal = field(init=False)
    _copies: table_dossiers.NearCopies = field(init=False)
    _dossiers: table_dossiers.Dossiers = field(init=False)
    _samples: table_dossiers.Kept[list[Dossier]] = field(init=False)
    _authors: table_dossiers.Kept[dict[tuple[str, str], str]] = field(init=False)
    trials: TrialDesk = field(init=False)

    def __post_init__(self) -> None:
        """Make what is kept between requests."""
        self._findings = table_dossiers.OpenFindings(self.store, self.seconds, self.most)
        self._journal = table_dossiers.RecentJournal(self.store, self.seconds)
        self._copies = table_dossiers.NearCopies(self.store, self.seconds)
        self._samples, self._authors = (
            table_dossiers.Kept(self.seconds),
            table_dossiers.Kept(self.seconds),
        )
        packs = DecidedPacks(self.objects, self.public_bucket)
        self._dossiers = table_dossiers.Dossiers(self.store, packs, self.public_url)
        self.trials = TrialDesk(self.store, self._dossiers, self.trial_rules, self.seconds)

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self.clock.now()

    def items(self, moderator: Moderator) -> Sequence[Item]:
        """Return all that waits at the moderator's provider, in any order.

        Items with a decision that is pending or sent are left out. The list may lag a few seconds.
        """
        provider = moderator.provider
        live, entries = self.desk.live_items(provider), self._entries(provider)
        sampled = open_audits(provider, self._sample(provider), entries)
        audited = [item for item in sampled if item.key not in live]
        if self.only_audits:
            return audited
        found = self._findings.of(provider)
        items = waiting_items(found, entries, self.now())
        items += order_reminders(self.store.removal_orders(provider), self.now())
        if self.marks_copies:
            alike = self._copies.alike(provider, found)
            items = [replace(item, has_copies=item.key in alike) for item in items]
        holds = self._findings.holds(provider)
        items += (each.item for each in open_questions(provider, holds))
        if self.store.trials(provider):
            items += self.trials.items(moderator, self.rules(moderator))
        return [*(item for item in items if item.key not in live), *audited[:AUDITED]]

    def dossier(self, moderator: Moderator, key: str) -> Dossier | None:
        """Return everything about one item; None if the provider has none with this key.

        An item that was decided meanwhile is returned too: its form may hold a typed reason.
        """
        provider = moderator.provider
        if "." in key:
            return _with_key(self._sample(provider), key)
        case = self.store.case(key)
        if case is None:
            return self._held_rule(provider, key) or _with_key(self.goldens(moderator), key)
        if case.finding is not None:
            return self._of_finding(provider, case)
        opening = case.first
        if opening is None or opening.provider != provider:
            return None
        match opening.type:
            case "notice":
                [item] = [*notice_items((), [opening])]
                return self._dossiers.of_notice(item, case)
            case "order":
                return order_dossier(case)
            case "complaint" | "dispute":
                [item] = [*contest_items([opening])]
                decision = self.store.case(opening.decision)
                return self._dossiers.of_decision(item, decision, case) if decision else None
            case "decision":
                items = [*second_reviews([opening], self.now())]
                return self._dossiers.of_decision(items[0], case) if items else None
            case "flood_answer":
                return self._held_rule(provider, key)
        return None

    def ended(
        self, moderator: Moderator, dossier: Dossier
    ) -> JournalEntry | desk_store.PendingDecision | None:
        """Return the decision on an item, also one that is on its way; None while it waits.

        An answered removal order waits for its follow-ups, and a trial may ask two people.
        """
        provider, key = moderator.provider, dossier.item.key
        if dossier.month:
            key = case_id("audit", provider, f"{dossier.month}/{dossier.post}")
        if dossier.order and dossier.order.journal_entry.regulation == "tco":
            return None
        is_review = dossier.item.kind is ItemKind.SECOND_REVIEW  # of a decision, which is its case
        ends = (Move.REVIEW,) if is_review else (Move.DECIDE, Move.ANSWER, Move.CLOSE)
        case = self.store.case(key)
        is_over = case is not None and (case.state in table_dossiers.ENDED or case.finding is None)
        entry = case.entry_by(*ends) if case and is_over else None
        return entry or self.desk.deciding(provider, dossier.item.key)

    def is_new(self, moderator: Moderator) -> bool:
        """Return whether the moderator decided nothing in the last weeks, before today."""
        entries, today = self._entries(moderator.provider), self.now().date().isoformat()
        return not any(each.moderator == moderator.name and each.at < today for each in entries)

    def of_author(self, moderator: Moderator, dossier: Dossier) -> Mapping[str, int]:
        """Return how many other posts of the card's pseudonym were decided this month, by verdict.

        A pseudonym holds for a month, and so does this. The counts may be ten minutes old.
        """
        if dossier.item.kind not in {ItemKind.FINDING, ItemKind.NOTICE} or not dossier.findings:
            return {}
        first, provider = dossier.findings[0].finding, moderator.provider
        decided = self._authors.get(
            (provider,), table_dossiers.PAST_SECONDS, partial(self._decided_by, provider)
        )
        own = (verdict for (account, post), verdict in decided.items()
               if account and account == first.account and post != first.post)  # fmt: skip
        return Counter(own)

    def _decided_by(self, provider: str) -> dict[tuple[str, str], str]:
        """Return the last verdict of this month on each post, by pseudonym and post."""
        verdicts = {
            name: entry.verdict
            for entry in self._entries(provider)
            if entry.type == "decision" and entry.verdict != "skipped"
            if entry.at[:7] == f"{self.now():%Y-%m}"
            for name in entry.cases
        }
        with ThreadPoolExecutor(table_dossiers.THREADS) as pool:
            found = chain.from_iterable(
                pool.map(self.store.findings, batched(verdicts, table_dossiers.BATCH))
            )
            return {(each.account, each.post): verdicts[each.finding] for each in found}

    def history(self, moderator: Moderator, *, by_team: bool) -> list[PastDecision]:
        """Return what the moderator or the team decided in 90 days, the newest first."""
        entries = self._entries(moderator.provider, QUALITY_DAYS)
        return past_decisions(entries, moderator, self.now(), by_team=by_team)

    def told(self, past: Sequence[PastDecision]) -> list[PastDecision]:
        """Return decisions of a history with the posts and reasons that are kept."""

        def reason(each: PastDecision) -> str:
            case = self.store.case(next(iter(each.entry.cases), ""))
            entries = case.entries if case else ()
            return next((one.reason for one in entries if one.journal_entry == each.entry), "")

        with ThreadPoolExecutor(table_dossiers.THREADS) as pool:
            reasons = [*pool.map(reason, past)]
        names = sorted({name for each in past for name in each.cases})
        posts = {finding.finding: finding.post for finding in self.store.findings(names)}
        return [
            replace(
                each,
                posts=tuple(dict.fromkeys(posts[name] for name in each.cases if name in posts)),
                reason=said,
            )
            for each, said in zip(past, reasons, strict=True)
        ]

    def territory(self, moderator: Moderator) -> tuple[str, ...]:
        """Return the countries in which the provider's decisions hold if they name none."""
        known = self.store.provider(moderator.provider)
        return known.territory if known else ()

    def search(self, moderator: Moderator, text: str) -> frozenset[str]:
        """Return the keys of what waits and holds this text: see `Dossier.holds`."""
        findings = self._findings.of(moderator.provider)
        excerpts = table_dossiers.read_excerpts(self.store, [each.finding for each in findings])
        known = {
            group[0].finding: tuple(OpenFinding(each, excerpts.get(each.finding)) for each in group)
            for group in by_post(findings)
        }
        found: set[str] = set()
        for item in self.items(moderator):
            is_read = item.key in known
            dossier = (
                Dossier(item, known[item.key]) if is_read else self.dossier(moderator, item.key)
            )
            if dossier and dossier.holds(text):
                found.add(item.key)
        return frozenset(found)

    def goldens(self, moderator: Moderator) -> Sequence[Dossier]:
        """Return the cards for training: examples of the packs in force."""
        return golden_dossiers(self.packs(), moderator.provider)

    def packs(self) -> tuple[Pack, ...]:
        """Return the packs in force."""
        return self._dossiers.packs()

    def leases(self, moderator: Moderator) -> Mapping[str, desk_store.ItemLease]:
        """Return the leases in force at the moderator's provider, by item."""
        return self.desk.leases(moderator.provider)

    def lease(self, moderator: Moderator, key: str, until: datetime) -> desk_store.ItemLease:
        """Lease an item, or renew the own lease. Return the lease in force, or a colleague's."""
        wanted = desk_store.ItemLease(key, moderator.name, utc_exactly(until))
        return self.desk.lease(moderator.provider, wanted)

    def release(self, moderator: Moderator, key: str) -> None:
        """End the own lease."""
        self.desk.release_lease(moderator.provider, moderator.name, key)

    def store_pending(
        self, moderator: Moderator, pending: desk_store.PendingDecision
    ) -> FirstDecision | None:
        """Store a decision as pending. Return None, or who decided one of its items before.

        The same id again changes nothing and returns None, unless it was undone. The sender turns
        it into case messages after `due_at`, exactly once by their ids, whatever dies in between.
        Raises PermissionError for a decision in another's name, which no form of ours can make.
        """
        if (pending.provider, pending.moderator) != (moderator.provider, moderator.name):
            raise PermissionError("a decision in another's name")
        if self.desk.pending(moderator.provider, pending.id) is None:
            decided = self._decided(pending.items)
            if decided is not None:
                return FirstDecision(moderator=decided.moderator, decided_at=decided.decided_at)
        first = self.sender.store_pending(pending)
        if first is None:
            return None
        return FirstDecision(
            moderator=first.moderator or moderator.name,
            decided_at=first.held_at or pending.held_at,
            undone=first.id == pending.id,
        )

    def undo(self, moderator: Moderator, pending: str) -> bool:
        """Take back an own pending decision; False if it is sent, unknown or a colleague's.

        The items wait again, and the id stays used up.
        """
        return self.desk.undo_pending(moderator.provider, moderator.name, pending)

    def recent(self, moderator: Moderator) -> Sequence[desk_store.PendingDecision]:
        """Return the moderator's decisions of the last day, the newest first, with their state."""
        decisions = self.desk.pending_by(moderator.provider, moderator.name, self.now() - RECENT)
        return decisions[::-1]

    def settings(self, moderator: Moderator) -> desk_store.DeskSettings:
        """Return what a lead chose for the provider's desk."""
        return self.desk.settings(moderator.provider)

    def put_settings(self, moderator: Moderator, settings: desk_store.DeskSettings) -> None:
        """Replace what was chosen."""
        self.desk.put_settings(moderator.provider, settings)

    def quality(self, moderator: Moderator) -> DeskQuality:
        """Return how second reviews agreed and how decisions held, of the last 90 days."""
        since = self.now().date() - timedelta(days=QUALITY_DAYS - 1)
        return quality_of(self._entries(moderator.provider, QUALITY_DAYS), since.isoformat())

    def rules(self, moderator: Moderator) -> list[RuleView]:
        """Return how the provider's rules run, those that would bring most cards first."""
        entries = self._entries(moderator.provider, ANSWER_DAYS)
        decided = {}
        for each in quality_of(entries, "").rules:
            right, of = max(0, each.confirmed - each.overturned), each.confirmed + each.dismissed
            if of:
                low, high = wilson_interval(right, of)
                decided[each.rule] = Evidence(judged=of, right=right, low=low, high=high)
        return self.trials.views(moderator.provider, entries, self.now(), decided)

    def _entries(self, provider: str, days: int = LOOK_BACK_DAYS) -> list[JournalEntry]:
        return list(self._journal.entries(provider, self.now().date(), days))

    def _of_finding(self, provider: str, case: Case) -> Dossier | None:
        finding = case.finding
        if finding is None or finding.provider != provider or finding.is_erased:
            return None
        if finding.drawn:
            return self.trials.dossier(case, finding)
        open_ones = self._findings.of(provider)
        place = finding.post, finding.category
        same = (each for each in open_ones if (each.post, each.category) == place)
        group = next((group for group in by_post(same) if finding in group), [finding])
        entries = self._entries(provider)
        [item] = [*finding_items(group, ())]
        dossier = self._dossiers.of_findings(item, [each.finding for each in group], entries)
        if dossier is None or case.state in table_dossiers.ENDED:
            return dossier
        live = self.desk.live_items(provider)
        near = (each for each in self._copies.of(finding, open_ones) if each[0].finding not in live)
        return replace(dossier, copies=self._dossiers.near(near))

    def _decided(self, items: Sequence[str]) -> JournalEntry | None:
        for name in self.store.with_entries(items):
            case = self.store.case(name)
            if case is not None and case.finding is not None and case.state in table_dossiers.ENDED:
                return case.entry_by(Move.DECIDE, Move.REFER)
        return None

    def _held_rule(self, provider: str, key: str) -> Dossier | None:
        holds = self._findings.holds(provider)
        return _with_key((held_rule(provider, hold.question) for hold in holds), key)

    def _sample(self, provider: str) -> list[Dossier]:
        """Return the samples: without `months` that of the last one, the only one complete."""
        first = self.now().date().replace(day=1)
        months = self.months or (f"{first - timedelta(days=1):%Y-%m}",)
        return [
            each
            for month in months
            for each in self._samples.get(
                (provider, month),
                table_dossiers.LISTED_SECONDS,
                partial(self._sample_of, provider, month),
            )
        ]

    def _sample_of(self, provider: str, month: str) -> list[Dossier]:
        data = self.objects.get(self.out_bucket, audit_file_key(provider, month)) or b""
        return audits(sampled_posts(data), month)


def _with_key(dossiers: Iterable[Dossier], key: str) -> Dossier | None:
    return next((each for each in dossiers if each.item.key == key), None)


@dataclass(frozen=True, slots=True)
class SetExamples:
    """The port `Adopter` over the packs in force.

    Limits: it checks nothing, and the page says so. `packs check` needs YAML and the protected
    sentences, which are never deployed, and the five layers that AWS allows are used up without the
    matcher.
    """

    packs: Callable[[], tuple[Pack, ...]]

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""
        return rules_with_examples(self.packs())

    def adopted(self, example: NewExample) -> ExampleResult | None:
        """Return the lines to add to a rule; None if the packs have no such rule."""
        if f"{example.pack}/{example.rule}" not in self.rules():
            return None
        text = json.dumps(example.text, ensure_ascii=False)
        lines = f"# {example.pack}, rule {example.rule}\n{example.kind}:\n  - {text}\n"
        return ExampleResult(lines, checked=False)
