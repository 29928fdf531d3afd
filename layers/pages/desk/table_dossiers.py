"""What a worker reads of the table for the desk, and keeps between requests; and the dossiers.

To read every open finding for every page would take seconds with 10,000 of them. A finding never
changes while it is open, so a worker reads each once. Which ones are open changes: the index lists
them, with a query for each partition, and the answer is used for a while. Entries of the last weeks
and fingerprints of open findings are used for a while too.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from itertools import batched, chain, islice

import desk
from cases.case_store import DecidedPacks
from ledger.cases import Case, CaseEntry, CaseState, JournalEntry, Move
from ledger.closing import read_pointer
from ledger.codes import OperatorError
from ledger.findings import Finding, FloodHold
from ledger.keys import rule_page
from ledger.store import DynamoStore
from ledger.table import shards
from rules.pack import Pack
from rules.pack_parts import Fingerprinted, are_copies, copy_groups
from rules.rule_set import RuleSet

LISTED_SECONDS = 20
"""How long a list is used. A decision of this console leaves the queue at once all the same."""

THREADS = 8
SHARD_THREADS = 16
BATCH = 100
MOST = 20_000
"""Open findings that are listed, the most urgent of each partition."""


@dataclass(slots=True)
class Kept[V]:
    """Values that are used for some time after they were read, by key."""

    seconds: Callable[[], float]
    _values: dict[tuple[str, ...], tuple[float, V]] = field(default_factory=dict)

    def get(self, key: tuple[str, ...], longest: float, read: Callable[[], V]) -> V:
        """Return the value of a key. Read it if it is not known, or was read too long ago."""
        now, known = self.seconds(), self._values.get(key)
        if known is None or now - known[0] > longest:
            known = self._values[key] = now, read()
        return known[1]


@dataclass(slots=True)
class OpenFindings:
    """Lists open findings; `seconds` is a clock that only goes on."""

    store: DynamoStore
    seconds: Callable[[], float]
    most: int = MOST
    _listed: Kept[list[str]] = field(init=False)
    _holds: Kept[list[FloodHold]] = field(init=False)
    _known: dict[str, dict[str, Finding]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listed, self._holds = Kept(self.seconds), Kept(self.seconds)

    def of(self, provider: str) -> list[Finding]:
        """Return the open findings of a provider, the most urgent first."""
        listed = self._listed.get((provider,), LISTED_SECONDS, partial(self._list, provider))
        known = self._read(provider, listed)
        return [known[name] for name in listed if name in known]

    def holds(self, provider: str) -> list[FloodHold]:
        """Return the rules that the flood guard held in the last weeks, with their answers."""
        read = partial(self.store.flood_holds, provider)
        return self._holds.get((provider,), LISTED_SECONDS, read)

    def _list(self, provider: str) -> list[str]:
        partitions = self.store.open_partitions(provider)
        each = -(-self.most // len(partitions))
        with ThreadPoolExecutor(THREADS) as pool:
            parts = pool.map(lambda name: self.store.listed(name, each), partitions)
            listed = sorted(row for part in parts for row in part)
            return [name for _, name in listed[: self.most]]

    def _read(self, provider: str, names: Sequence[str]) -> dict[str, Finding]:
        """Return the findings of these ids, reading those that are not known yet.

        The index may still list one that was decided a moment ago. It is left out by the state of
        its decision, or comes back as decided when its card is opened.
        """
        before = self._known.get(provider, {})
        missing = batched((name for name in names if name not in before), BATCH)
        known = {name: before[name] for name in names if name in before}
        with ThreadPoolExecutor(THREADS) as pool:
            for found in chain.from_iterable(pool.map(self.store.findings, missing)):
                if found.provider == provider and not found.is_erased:
                    known[found.finding] = found
        self._known[provider] = known
        return known


def read_excerpts(store: DynamoStore, names: Sequence[str]) -> dict[str, str]:
    """Return the excerpts that are still kept, by finding, read by several threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(store.excerpts, batched(names, BATCH))
        return {name: text for part in parts for name, text in part.items()}


TODAY_SECONDS = 20
PAST_SECONDS = 600
"""How long the entries of a day are used: nearly all entries are of today."""


@dataclass(slots=True)
class RecentJournal:
    """Reads days of the journal; `seconds` is a clock that only goes on."""

    store: DynamoStore
    seconds: Callable[[], float]
    _days: dict[tuple[str, str], tuple[float, list[JournalEntry]]] = field(default_factory=dict)

    def entries(self, provider: str, today: date, days: int) -> Iterator[JournalEntry]:
        """Yield the entries of the last days, today's included, in the order of time."""
        names = [(today - timedelta(days=back)).isoformat() for back in reversed(range(days))]
        stale = [day for day in names if self._is_stale(provider, day, today)]
        parts = [(day, shard) for day in stale for shard in shards()]
        with ThreadPoolExecutor(SHARD_THREADS) as pool:
            read = pool.map(lambda part: self.store.shard_entries(provider, *part), parts)
            fresh: dict[str, list[JournalEntry]] = {day: [] for day in stale}
            for (day, _), entries in zip(parts, read, strict=True):
                fresh[day] += entries
        for day, entries in fresh.items():
            in_order = sorted(entries, key=lambda entry: (entry.at, entry.entry))
            self._days[provider, day] = self.seconds(), in_order
        for day in names:
            yield from self._days[provider, day][1]

    def _is_stale(self, provider: str, day: str, today: date) -> bool:
        known = self._days.get((provider, day))
        kept = TODAY_SECONDS if day == today.isoformat() else PAST_SECONDS
        return known is None or self.seconds() - known[0] > kept


KEPT_SECONDS = 60
"""How long the fingerprints of a day are used before they are read again."""


@dataclass(slots=True)
class NearCopies:
    """Finds near copies; `seconds` is a clock that only goes on.

    Limits: it compares findings of three days, the card's and its neighbours. A flood is quick, and
    a day may have 50,000 fingerprints. Only those of open findings stay in memory.
    """

    store: DynamoStore
    seconds: Callable[[], float]
    _days: Kept[dict[str, bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._days = Kept(self.seconds)

    def of(self, finding: Finding, open_findings: Sequence[Finding]) -> list[list[Finding]]:
        """Return the findings of each near copy in the same category, the most urgent first."""
        found = date.fromisoformat(finding.found_at[:10])
        names = {each.finding for each in open_findings}
        fingerprints: dict[str, bytes] = {}
        for back in (-1, 0, 1):
            day = (found + timedelta(days=back)).isoformat()
            fingerprints |= self._fingerprints(finding.provider, day, names)
        own = fingerprints.get(finding.finding)
        if not own:
            return []
        copies = (
            each
            for each in open_findings
            if each.category == finding.category
            and each.post != finding.post
            and (other := fingerprints.get(each.finding))
            and are_copies(own, other)
        )
        return desk.by_post(copies)[: desk.COPIES_SHOWN]

    def alike(self, provider: str, open_findings: Sequence[Finding]) -> set[str]:
        """Return those of these findings that have near copies among them, of any day."""
        names = {each.finding: each for each in open_findings}
        days = {each.found_at[:10] for each in open_findings}
        known = [pair for day in days for pair in self._fingerprints(provider, day, names).items()]
        posts = defaultdict[tuple[str, str], set[str]](set)
        # Fingerprints are kept for a while, also of findings that were decided meanwhile.
        groups = copy_groups(Fingerprinted(*each) for each in known if each[1] and each[0] in names)
        of = {name: (group, names[name].category) for name, group in groups.items()}
        for name, group in of.items():
            posts[group].add(names[name].post)
        return {name for name, group in of.items() if len(posts[group]) > 1}

    def _fingerprints(self, provider: str, day: str, names: Container[str]) -> dict[str, bytes]:
        read = partial(self._read, provider, day, names)
        return self._days.get((provider, day), KEPT_SECONDS, read)

    def _read(self, provider: str, day: str, wanted: Container[str]) -> dict[str, bytes]:
        read = partial(self.store.stored_fingerprints, provider, day)
        with ThreadPoolExecutor(SHARD_THREADS) as pool:
            pages = [page for part in pool.map(read, shards()) for page in part]
        return {
            each.finding: each.fingerprint
            for page in pages
            for each in page
            if each.finding in wanted
        }


ENDED = {CaseState.DECIDED, CaseState.REFERRED}
EARLIER = 5
"""Earlier decisions on the same rule that a card shows."""


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Reads dossiers of one stack. Every case is read again, so that a card is never stale."""

    store: DynamoStore
    decided_packs: DecidedPacks
    public_url: str

    def of_findings(
        self, item: desk.Item, names: Sequence[str], entries: Sequence[JournalEntry]
    ) -> desk.Dossier | None:
        """Return the dossier of findings of one post; None if they are gone."""
        cases = [case for name in names if (case := self.store.case(name)) and case.finding]
        if not cases:
            return None
        notices = tuple(self._waiting_notices(cases))
        by_finding = {case: each.message for each in notices for case in each.journal_entry.cases}
        findings = tuple(
            desk.OpenFinding(
                case.finding,
                case.excerpt,
                notice=by_finding.get(case.case, ""),
                escalation=_escalation(case),
            )
            for case in cases
            if case.finding
        )
        return desk.Dossier(
            replace(item, escalation=next((it.escalation for it in findings if it.escalation), "")),
            findings,
            notices=notices,
            rules=self.rule_facts(findings),
            earlier=(*_on_the_post(cases), *_on_the_rule(findings, entries)),
        )

    def near(self, groups: Iterable[Sequence[Finding]]) -> tuple[desk.NearCopy, ...]:
        """Return the open findings of near copies, with excerpts and notices that wait."""
        groups = list(groups)
        names = [each.finding for group in groups for each in group]
        excerpts, begun = self.store.excerpts(names), self.store.with_entries(names)
        cases = [case for name in names if name in begun and (case := self.store.case(name))]
        ended = {case.case for case in cases if case.state in ENDED}
        waiting = {
            case: notice.message
            for notice in self._waiting_notices(cases)
            for case in notice.journal_entry.cases
        }
        return tuple(
            desk.NearCopy(
                group[0].finding,
                tuple(
                    desk.OpenFinding(
                        each, excerpts.get(each.finding), waiting.get(each.finding, "")
                    )
                    for each in group
                ),
            )
            for group in groups
            if ended.isdisjoint(each.finding for each in group)
        )

    def of_notice(self, item: desk.Item, case: Case) -> desk.Dossier:
        """Return the dossier of a notice, with the finding that it names."""
        opening = case.entries[0]
        findings = self._findings(opening.journal_entry.cases)
        return desk.Dossier(
            replace(item, escalation=_escalation(case)),
            findings,
            notices=(opening,),
            post=opening.post,
            url=opening.url,
            rules=self.rule_facts(findings),
        )

    def of_decision(
        self, item: desk.Item, decision: Case, contest: Case | None = None
    ) -> desk.Dossier:
        """Return the dossier of a decision that is reviewed again, or contested."""
        opening = decision.entries[0]
        findings = self._findings(opening.journal_entry.cases)
        return desk.Dossier(
            item,
            findings,
            decision=opening,
            contest=contest.entries[0] if contest else None,
            rules=self.rule_facts(findings),
        )

    def packs(self) -> tuple[Pack, ...]:
        """Return the packs in force; none if no set can be read."""
        in_force = self.in_force()
        return in_force[0].packs if in_force else ()

    def in_force(self) -> tuple[RuleSet, str] | None:
        """Return the set in force, and since when it is; None if it cannot be read."""
        packs = self.decided_packs
        try:
            pointer = read_pointer(packs.objects, packs.public_bucket)
            return (packs.set_of(pointer.set), pointer.since) if pointer else None
        except OperatorError:
            return None

    def _findings(self, names: Iterable[str]) -> tuple[desk.OpenFinding, ...]:
        cases = (self.store.case(name) for name in names)
        return tuple(
            desk.OpenFinding(case.finding, case.excerpt)
            for case in cases
            if case and case.finding and not case.finding.is_erased
        )

    def _waiting_notices(self, cases: Iterable[Case]) -> Iterator[CaseEntry]:
        named = {
            entry.journal_entry.entry: None
            for case in cases
            for entry in case.entries
            if entry.move == Move.NOTE
        }
        for name in named:
            notice = self.store.case(name)
            if notice is not None and notice.state is CaseState.OPEN:
                yield notice.entries[0]

    def rule_facts(
        self, findings: Iterable[desk.OpenFinding]
    ) -> tuple[tuple[str, desk.RuleFacts], ...]:
        """Return the published words about the rules of findings, by `pack/version/rule`."""
        facts: dict[str, desk.RuleFacts] = {}
        for finding in [each.finding for each in findings]:
            with suppress(OperatorError):  # its set cannot be read
                pack = self.decided_packs.of(finding)
                if rule := pack.rule(finding.rule):
                    page = rule_page(finding, self.public_url)
                    facts[desk.rule_name(finding)] = desk.RuleFacts(pack, rule, page)
        return tuple(facts.items())


def _escalation(case: Case) -> str:
    """Return why a case was escalated, while nobody has decided on it."""
    escalated = case.entry_by(Move.ESCALATE) if case.state is CaseState.ESCALATED else None
    return escalated.escalation if escalated else ""


def _on_the_post(cases: Iterable[Case]) -> Iterator[desk.EarlierDecision]:
    decisions: dict[str, CaseEntry] = {
        entry.journal_entry.entry: entry
        for case in cases
        for entry in case.entries
        if entry.journal_entry.type == "decision"
    }
    for entry in decisions.values():
        yield desk.EarlierDecision(
            about="post",
            verdict=entry.journal_entry.verdict,
            moderator=entry.journal_entry.moderator,
            decided_at=entry.journal_entry.decided_at,
            reason=entry.reason,
        )


def _on_the_rule(
    findings: Iterable[desk.OpenFinding], entries: Sequence[JournalEntry]
) -> Iterator[desk.EarlierDecision]:
    """Yield the last decisions on the first finding's rule, in any version of its pack."""
    first = next(iter(findings)).finding
    rule = f"{first.pack}/{first.rule}"
    overturned = {entry.decision for entry in entries if entry.overturns}
    same = (
        entry
        for entry in reversed(entries)
        if entry.type == "decision" and entry.verdict != "skipped" and rule in desk.rules_of(entry)
    )
    for entry in islice(same, EARLIER):
        yield desk.EarlierDecision(
            about="rule",
            verdict=entry.verdict,
            moderator=entry.moderator,
            decided_at=entry.decided_at,
            rule=rule,
            outcome="overturned" if entry.entry in overturned else "",
        )
