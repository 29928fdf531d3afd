"""The changes that publishing would make to the set in force: packs, providers, notice periods."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ledger.errors import OperatorError
from ledger.records.receipt import ITEM_BYTES, max_receipt_bytes
from matcher import Mode, Pack, RuleSet
from rules.factchecks import FACTCHECKS, without_factchecks
from rules.rule_set import counted_rules
from terang.console import counted

NO_RULE = "NO RULE: nothing is inspected for it"


@dataclass(frozen=True, slots=True)
class SetChange:
    """A set that would follow another one, or be the first; `providers` are all known ones."""

    before: RuleSet | None
    after: RuleSet
    providers: tuple[str, ...]
    now: datetime

    @property
    def added(self) -> list[Pack]:
        """The packs that the set in force does not have."""
        return [pack for pack in _term_packs(self.after) if pack.id not in self._before]

    @property
    def removed(self) -> list[Pack]:
        """The packs that are removed."""
        after = {pack.id for pack in self.after.packs}
        return [pack for pack in self._before.values() if pack.id not in after]

    @property
    def replaced(self) -> list[tuple[Pack, Pack]]:
        """The packs with another version, or that this release reads differently."""
        return [
            (self._before[pack.id], pack)
            for pack in _term_packs(self.after)
            if pack.id in self._before and self._before[pack.id] != pack
        ]

    @property
    def without_rules(self) -> list[str]:
        """The providers that would run no rule."""
        today = self.now.date()
        return [name for name in self.providers if self.after.is_without_rules(name, today)]

    @property
    def newly_without_rules(self) -> list[str]:
        """The ones that run a rule now, or for which nothing was published yet."""
        today, before = self.now.date(), self.before
        return [
            name
            for name in self.without_rules
            if before is None or not before.is_without_rules(name, today)
        ]

    @property
    def losing(self) -> list[str]:
        """The providers that would no longer run a pack that stays in the set."""
        today, stay = self.now.date(), {pack.id for pack in self.after.packs}
        return [
            name
            for name in self.providers
            if self.before
            and stay.intersection(_ids(self.before, name, today))
            - set(_ids(self.after, name, today))
        ]

    @property
    def _before(self) -> dict[str, Pack]:
        return {pack.id: pack for pack in _term_packs(self.before)} if self.before else {}

    def check(self, may_be_without: Collection[str]) -> None:
        """Raise OperatorError if a provider would be left with no rules or with too many."""
        left = [name for name in self.newly_without_rules if name not in may_be_without]
        if left:
            name = left[0]
            raise OperatorError(
                f"{', '.join(left)} would run no rule. Name packs with --provider {name}=PACK,PACK"
                f" (a pack that rests on terms runs only where it is named), or say"
                f" --allow-no-rules {name}"
            )
        today = self.now.date()
        for name in self.providers:
            check_receipts(name, self.after.packs_of(name, today))
        # For providers registered later: no provider has the empty string as its id.
        check_receipts("a provider that names no packs", self.after.packs_of("", today))

    def lines(self) -> Iterator[str]:
        """Yield the change for people, one line for each pack and provider."""
        if self.before == self.after:
            yield "nothing changes"
        for pack in self.removed:
            yield f"- {pack.id} version {pack.version}: removed"
        for pack in self.added:
            yield f"+ {pack.id} version {pack.version}: {rules_words(pack)}, {self._proposes(pack)}"
        for old, new in self.replaced:
            rules = _rules_changed(old, new)
            yield (
                f"~ {new.id} version {old.version} -> {new.version}: {rules}, {self._proposes(new)}"
            )
        if unused := self._unused():
            named = f"--provider {self.providers[0]}=+{',+'.join(unused)}"
            yield f"no provider runs {', '.join(unused)}: publish it with {named}"
        stay = len(_term_packs(self.after)) - len(self.added) - len(self.replaced)
        if stay and self.before != self.after:
            yield f"= {stay} {'pack stays' if stay == 1 else 'packs stay'}"
        for name in self.providers:
            yield f"{name}: {self._runs(name)}"

    def _unused(self) -> list[str]:
        """Return the ids of added packs that no known provider would run."""
        today = self.now.date()
        run = {pack for name in self.providers for pack in _ids(self.after, name, today)}
        return [pack.id for pack in self.added if pack.id not in run] if self.providers else []

    def _runs(self, provider: str) -> str:
        today = self.now.date()
        after = _ids(self.after, provider, today)
        before = _ids(self.before, provider, today) if self.before else []
        runs = ", ".join(after) if after else "no pack of words"
        if self.after.is_without_rules(provider, today):
            runs = NO_RULE
        new = [name for name in after if name not in before]
        gone = [name for name in before if name not in after]
        changed = [f"new: {', '.join(new)}"] if new and before else []
        if self.before and new and not before:
            changed = ["ran none before"]
        changed += [f"no longer: {', '.join(gone)}"] if gone else []
        return f"{runs} ({'; '.join(changed)})" if changed else runs

    def _proposes(self, pack: Pack) -> str:
        if all(pack.mode_of(rule) is Mode.SHADOW for rule in pack.rules):
            return ", ".join(["in shadow", *sorted({*map(pack.lacks_of, pack.rules)} - {""})])
        until = notice_until(pack, self.after.notice_hours)
        if until <= self.now:
            return "proposes at once"
        return f"proposes from {until:%Y-%m-%d %H:%M} UTC"


def notice_until(pack: Pack, notice_hours: int) -> datetime:
    """Return the end of a pack's notice period, in UTC. A pack of a set has `published_at`."""
    published_at = pack.published_at or datetime.max.replace(tzinfo=UTC)
    return published_at.astimezone(UTC) + timedelta(hours=notice_hours)


def check_receipts(provider: str, packs: Iterable[Pack]) -> None:
    """Raise OperatorError if a receipt that counts all rules of these packs is too large."""
    rules = list(counted_rules(packs))
    size = max_receipt_bytes(rules)
    if size > ITEM_BYTES:
        raise OperatorError(
            f"{provider} would run {len(rules):,} rules: a receipt that counts each of them takes"
            f" up to {size:,} bytes, {size - ITEM_BYTES:,} more than the {ITEM_BYTES:,} of an item"
            " of the table; name fewer packs for it with --provider, or shorten ids"
        )


def _term_packs(rule_set: RuleSet) -> tuple[Pack, ...]:
    return without_factchecks(rule_set.packs)


def _ids(rule_set: RuleSet, provider: str, today: date) -> list[str]:
    return [pack.id for pack in rule_set.packs_of(provider, today) if pack.id != FACTCHECKS]


def rules_words(pack: Pack) -> str:
    """Return how many rules a pack has, in words."""
    return counted(len(pack.rules), "rule")


def _rules_changed(old: Pack, new: Pack) -> str:
    before, after = ({rule.id: rule for rule in pack.rules} for pack in (old, new))
    changed = sum(before[name] != after[name] for name in before.keys() & after.keys())
    new_ones, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    return f"{rules_words(new)} ({new_ones} new, {changed} changed, {gone} gone)"
