"""Groups findings into cards, and finds near copies of a card.

Builds what waits at home: the findings of a run and the messages about them, as items.

A run's folder has no table. What a table would hold follows from the messages in the files: the
moderator's own decisions, and those that `--cases` names.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import batched, islice
from typing import Any

import msgspec

from desk.items import (
    COPIES_SHOWN,
    Dossier,
    EarlierDecision,
    Item,
    ItemKind,
    NearCopy,
    OpenFinding,
    RuleFacts,
    contest_deadline,
    finding_item,
    first_excerpt,
    order_dossier,
    rule_name,
)
from ledger.case_messages import (
    FINDINGS_IN_DECISION,
    CaseMessage,
    Complaint,
    Decision,
    Dispute,
    Notice,
    Order,
    Outcome,
    SecondReview,
    Verdict,
)
from ledger.case_reading import entry_of, read_case_message
from ledger.cases import Case, CaseEntry, CaseState, JournalEntry, Move, is_for_second_review
from ledger.dsa_codes import CaseRefusal
from ledger.findings import Finding
from ledger.texts import utc
from ledger.units import rule_key
from matcher.fingerprint import Fingerprints
from matcher.fold import fold
from rules.pack_parts import Fingerprinted, copy_groups, may_have_copies

KEY = bytes(32)
"""The key of fingerprints that never leave this process."""


@dataclass(frozen=True, slots=True)
class Card:
    """Findings of one post and category, decided together; the most urgent comes first."""

    findings: tuple[OpenFinding, ...]

    @classmethod
    def of(cls, found: Iterable[tuple[Finding, str | None]]) -> "Card":
        """Return the card of findings with their excerpts, wherever they come from."""
        return cls(tuple(OpenFinding(finding, excerpt) for finding, excerpt in found))

    @property
    def first(self) -> Finding:
        """The most urgent finding."""
        return self.findings[0].finding

    @property
    def excerpt(self) -> str:
        """The first excerpt that is still kept, or nothing."""
        return first_excerpt(self.findings)

    @property
    def escalated(self) -> bool:
        """Whether a finding was escalated before."""
        return any(finding.escalated for finding in self.findings)


def cards(findings: Iterable[OpenFinding]) -> tuple[Card, ...]:
    """Return the findings as cards, in the order of each card's first finding."""
    by_post: dict[tuple[str, str], list[OpenFinding]] = {}
    for each in findings:
        by_post.setdefault((each.finding.post, each.finding.category), []).append(each)
    return tuple(
        Card(part) for group in by_post.values() for part in batched(group, FINDINGS_IN_DECISION)
    )


@dataclass(frozen=True, slots=True)
class CopyGroups:
    """Cards of one category whose posts say nearly the same.

    `of` is the group of each card by its first finding; a card without copies is in none.
    """

    of: Mapping[str, str]
    members: Mapping[str, tuple[Card, ...]]

    def copies(self, card: Card) -> tuple[Card, ...]:
        """Return the near copies of a card that are decided with it."""
        group = self.members.get(self.of.get(card.first.finding, ""), ())
        others = (other for other in group if other.first.post != card.first.post)
        return tuple(islice(others, COPIES_SHOWN))


def group_copies(found: Iterable[Card]) -> CopyGroups:
    """Group cards by the algorithm of the published copy groups.

    It does not compare texts of a few words: those are copies only if they are the same.
    """
    by_category: dict[str, list[tuple[Card, str]]] = {}
    for card in found:
        text = " ".join(fold(card.excerpt).split())
        if text:
            by_category.setdefault(card.first.category, []).append((card, text))
    fingerprints = Fingerprints(KEY)
    members: dict[str, list[Card]] = {}
    for category in by_category.values():
        long = {
            card.first.finding: fingerprints.of_folded_quickly(text)
            for card, text in category
            if may_have_copies(text)
        }
        groups = copy_groups(Fingerprinted(*pair) for pair in long.items())
        for card, text in category:
            members.setdefault(groups.get(card.first.finding, text), []).append(card)
    shown = {group: tuple(each) for group, each in members.items() if len(each) > 1}
    named = {min(card.first.finding for card in each): each for each in shown.values()}
    of = {card.first.finding: group for group, each in named.items() for card in each}
    return CopyGroups(of, named)


type FactsOfRule = Callable[[Finding], RuleFacts]
"""Returns the published words about a finding's rule."""

EARLIER_SHOWN = 5
"""Earlier decisions that a card shows."""


def finding_dossier(card: Card, facts: FactsOfRule, groups: CopyGroups | None = None) -> Dossier:
    """Return a card of findings as an item, in its group of near copies."""
    group = groups.of.get(card.first.finding, "") if groups else ""
    findings = [each.finding for each in card.findings]
    item = finding_item(findings, escalated=card.escalated, group=group)
    rules = {rule_name(finding): facts(finding) for finding in findings}
    return Dossier(item, card.findings, rules=tuple(rules.items()))


@dataclass(frozen=True)
class RunCases:
    """The findings of a run, and what the messages in the files did about them."""

    provider: str
    findings: Sequence[OpenFinding]
    messages: Sequence[CaseMessage]
    facts: FactsOfRule
    audits: Sequence[Dossier] = ()

    @cached_property
    def by_id(self) -> dict[str, OpenFinding]:
        """Return all findings, decided or not, by id."""
        return {each.finding.finding: each for each in self.findings}

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """Return the decisions among the messages, by the sender's id."""
        return {each.id: each for each in self.messages if isinstance(each, Decision)}

    @cached_property
    def open_cards(self) -> tuple[Card, ...]:
        """Return the findings that nobody decided, as cards."""
        decided = decided_findings(self.messages)
        escalated = {
            finding
            for decision in self.decisions.values()
            if decision.verdict is Verdict.ESCALATED
            for finding in decision.findings
        }
        notices = {
            notice.finding: notice.id
            for notice in self.messages
            if isinstance(notice, Notice) and notice.finding and notice.id not in self._answered
        }
        return cards(
            replace(
                each,
                escalated=each.finding.finding in escalated,
                notice=notices.get(each.finding.finding, ""),
            )
            for each in self.findings
            if each.finding.finding not in decided
        )

    @cached_property
    def _answered(self) -> set[str]:
        """Return the notices that a decision answered."""
        decided = (Verdict.CONFIRMED, Verdict.DISMISSED)
        return {
            each.notice
            for each in self.decisions.values()
            if each.notice and each.verdict in decided
        }

    @cached_property
    def groups(self) -> CopyGroups:
        """Return the near copies among the open cards."""
        return group_copies(self.open_cards)

    def dossiers(self) -> list[Dossier]:
        """Return everything that waits."""
        return [
            *(finding_dossier(card, self.facts, self.groups) for card in self.open_cards),
            *self._orders(),
            *self._contests(),
            *self._second_reviews(),
            *self._notices(),
            *self.audits,
        ]

    def whole(self, dossier: Dossier) -> Dossier:
        """Return an item with its near copies and earlier decisions, which take a while to find."""
        if dossier.item.kind is not ItemKind.FINDING:
            return dossier
        copies = self.groups.copies(Card(dossier.findings))
        near = tuple(NearCopy(other.first.finding, other.findings) for other in copies)
        reported = {each.notice for each in dossier.findings}
        return replace(
            dossier,
            copies=near,
            earlier=tuple(self._earlier(dossier)),
            notices=tuple(
                self._first_entry(message, Move.OPEN)
                for message in self.messages
                if isinstance(message, Notice) and message.id in reported
            ),
        )

    def _earlier(self, dossier: Dossier) -> Iterator[EarlierDecision]:
        first = dossier.findings[0].finding
        outcomes = {
            contest.decision: outcome.outcome
            for outcome in self.messages
            if isinstance(outcome, Outcome)
            for contest in self.messages
            if isinstance(contest, Complaint | Dispute)
            and contest.id in {outcome.complaint, outcome.dispute}
        }
        ranked: defaultdict[str, list[EarlierDecision]] = defaultdict(list)
        for decision in sorted(self.decisions.values(), key=lambda each: each.decided_at)[::-1]:
            known = [self.by_id[name].finding for name in decision.findings if name in self.by_id]
            if not known or decision.verdict is Verdict.SKIPPED:
                continue
            same_rule = {f"{each.pack}/{each.rule}" for each in known} & {*dossier.item.rules}
            about = "post" if known[0].post == first.post else "rule" if same_rule else ""
            if about:
                ranked[about].append(
                    EarlierDecision(
                        about,
                        decision.verdict.value,
                        decision.moderator,
                        utc(decision.decided_at),
                        next(iter(sorted(same_rule)), ""),
                        decision.reason or "",
                        str(outcomes.get(decision.id, "")),
                    )
                )
        return iter([*ranked["post"], *ranked["rule"]][:EARLIER_SHOWN])

    def _orders(self) -> Iterator[Dossier]:
        orders = [each for each in self.messages if isinstance(each, Order)]
        answered = {each.follows or each.id for each in orders if each.outcome}
        for order in orders:
            if not order.follows and order.id not in answered:
                first = self._first_entry(order, Move.OPEN)
                yield order_dossier(Case(first.journal_entry.entry, (first,)))

    def _contests(self) -> Iterator[Dossier]:
        answered = {
            name
            for each in self.messages
            if isinstance(each, Outcome)
            for name in (each.complaint, each.dispute)
        }
        for contest in self.messages:
            if not isinstance(contest, Complaint | Dispute) or contest.id in answered:
                continue
            decision = self.decisions.get(contest.decision)
            if decision is None:
                continue
            first = self._first_entry(contest, Move.CONTEST)
            since = first.journal_entry.received_at
            made = self._about(decision, ItemKind.COMPLAINT, first.journal_entry.entry, since)
            item = replace(made.item, deadline=contest_deadline(since))
            yield replace(made, item=item, contest=first)

    def _second_reviews(self) -> Iterator[Dossier]:
        """Yield the decisions that are drawn. A group is drawn as one, by its first decision."""
        reviewed = {each.decision for each in self.messages if isinstance(each, SecondReview)}
        looks: set[str] = set()
        for decision in self.decisions.values():
            entry = self._decision_entry(decision, ())
            drawn = is_for_second_review(entry.look) and decision.verdict is not Verdict.SKIPPED
            first = entry.look not in looks
            looks.add(entry.look)
            if drawn and first and decision.id not in reviewed and self._known(decision):
                since = utc(decision.decided_at)
                yield self._about(decision, ItemKind.SECOND_REVIEW, entry.entry, since)

    def _notices(self) -> Iterator[Dossier]:
        for notice in self.messages:
            if not isinstance(notice, Notice) or notice.finding or notice.id in self._answered:
                continue
            made = self._first_entry(notice, Move.OPEN)
            item = Item(
                made.journal_entry.entry,
                ItemKind.NOTICE,
                made.journal_entry.received_at,
                notice.category,
            )
            yield Dossier(item, notices=(made,), post=notice.post, url=notice.url or "")

    def _first_entry(self, message: Complaint | Dispute | Notice | Order, move: Move) -> CaseEntry:
        """Return the first entry that decide would give to the case of a message."""
        entry = entry_of(message, self.provider, message.received_at)
        post = message.post if isinstance(message, Notice) else ""
        return CaseEntry(1, move, CaseState.OPEN, entry, message.id, post=post)

    def _decision_entry(self, decision: Decision, findings: Iterable[OpenFinding]) -> JournalEntry:
        """Return the journal entry of a decision on these findings, as far as the desk reads it."""
        rules = Counter(
            rule_key(each.finding.pack, each.finding.version, each.finding.rule, each.finding.mode)
            for each in findings
        )
        return entry_of(decision, self.provider, decision.decided_at, rules=dict(rules))

    def _known(self, decision: Decision) -> tuple[OpenFinding, ...]:
        return tuple(self.by_id[name] for name in decision.findings if name in self.by_id)

    def _about(self, decision: Decision, kind: ItemKind, key: str, since: str) -> Dossier:
        """Return an item about a decision, for any moderator but the one who decided."""
        findings = self._known(decision)
        if findings:
            made = finding_dossier(Card(findings), self.facts)
        else:
            made = Dossier(Item(key, kind, since))
        entry = self._decision_entry(decision, findings)
        return replace(
            made,
            item=replace(made.item, key=key, kind=kind, since=since, not_for=(decision.moderator,)),
            decision=CaseEntry(
                1, Move.DECIDE, CaseState.STANDING, entry, decision.id, decision.reason or ""
            ),
        )

    def quality_entries(self) -> Iterator[JournalEntry]:
        """Yield what the lead's page counts: decisions, second reviews and overturned decisions."""
        decided = {}
        for decision in self.decisions.values():
            decided[decision.id] = self._decision_entry(decision, self._known(decision))
        yield from decided.values()
        contests = {
            each.id: each.decision
            for each in self.messages
            if isinstance(each, Complaint | Dispute)
        }
        overturned: set[str] = set()
        for message in self.messages:
            if isinstance(message, SecondReview):
                name = message.decision
            elif isinstance(message, Outcome) and message.outcome == "reversed":
                name = contests.get(message.complaint or message.dispute or "", "")
            else:
                continue
            overturns = isinstance(message, Outcome)
            if name in decided and not (overturns and name in overturned):
                more = {"about": decided[name], "overturns": overturns}
                yield entry_of(message, self.provider, message.decided_at, **more)
            overturned |= {name} if overturns else set()


def decided_findings(messages: Iterable[CaseMessage]) -> set[str]:
    """Return the findings that these messages decide; skips and escalations decide nothing."""
    return {
        finding
        for message in messages
        if isinstance(message, Decision)
        and message.verdict in {Verdict.CONFIRMED, Verdict.DISMISSED}
        for finding in message.findings
    }


def read_known(messages: Iterable[Mapping[str, Any]]) -> list[CaseMessage]:
    """Return the messages that decide would take; others are left to it."""
    lines = (msgspec.json.encode(message) for message in messages)
    read = (read_case_message(line) for line in lines)
    return [message for message in read if not isinstance(message, CaseRefusal)]
