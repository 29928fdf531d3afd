"""The desk of each provider in the table: leases, and decisions that can still be taken back.

Everything of a desk is under `D#<provider>`. Nothing is counted or deleted: a lease has an end, and
a decision moves to its next state by a conditional put.

The caller sends the message that names a decision first, and then stores the decision. If it dies
in between, nobody was told that the decision is stored. The message finds nothing and puts `void`
in its place, so that a late put cannot store a decision that nobody will send.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from ledger.cases import case_id
from ledger.table import Item, TableRows, put_where, record_of
from ledger.texts import in_days, utc_exactly

UNSENT_DAYS = 20
"""How long a decision is kept until it is sent: 4 days in the queue, 14 among the dead letters."""

SENT_DAYS = 1
"""How long it is kept after that, for the moderator's own list."""

LIVE = timedelta(minutes=15)
"""How long a decision keeps its items out of the queue. After that, decide says who was first."""

LOCKED_ITEMS = 90
"""Items of one decision that are locked: a transaction takes 100 actions."""

UNDO_SECONDS = 10
"""How long a decision can be taken back: the delay of the message that names it."""


class CannedReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reason to choose with one key. Without a `pack` it fits every pack."""

    text: str
    verdict: str
    language: str
    pack: str = ""


class DeskSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a lead chose for the desk of a provider.

    `measure` is the one that a confirmed finding offers; without it, the moderator's last one. With
    `opens_text` nobody decides before the text was opened. `escalate_to` are the moderators for
    whom escalated cases wait; without any, the leads. `reasons` are in their order.
    """

    measure: str = ""
    opens_text: bool = False
    escalate_to: tuple[str, ...] = ()
    reasons: tuple[CannedReason, ...] = ()


class ItemLease(msgspec.Struct, frozen=True):
    """Who looks at an item, until when (RFC 3339 in UTC). One that has ended counts for nothing."""

    item: str
    moderator: str
    until: str


class PendingState(StrEnum):
    """How far a decision of the desk has come."""

    PENDING = "pending"  # it can be taken back
    UNDONE = "undone"  # it was taken back, and its form is used up
    VOID = "void"  # the message that names it came first: it was never stored, and cannot be
    SENT = "sent"  # it is on its way to decide, or in the file
    TAKEN = "taken"
    WAITING = "waiting"
    REFUSED = "refused"


class PendingDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision that can be taken back until `due_at`; its messages are sent after that.

    `id` is the id of its first message and of the form that made it: the same form again is the
    same decision. `items` are the keys of the items that it decides; several for a copy group.
    `messages` are as a sender would send them. If it was refused, `code` says why, and `first`
    which moderator decided before. Times are RFC 3339 in UTC, with microseconds.
    """

    id: str
    provider: str
    moderator: str
    items: tuple[str, ...] = ()
    messages: tuple[dict[str, Any], ...] = ()
    held_at: str = ""
    due_at: str = ""
    state: PendingState = PendingState.PENDING
    code: str = ""
    first: str = ""

    @property
    def entry(self) -> str:
        """The id of the journal's entry that its first message becomes."""
        first = next(iter(self.messages), {})
        return case_id(first.get("type", ""), self.provider, self.id)

    @property
    def leaves_open(self) -> bool:
        """Whether its items wait on after it: they were skipped or escalated."""
        first = next(iter(self.messages), {})
        return first.get("type") == "decision" and first["verdict"] in {"skipped", "escalated"}


class PendingName(msgspec.Struct, frozen=True):
    """The message that names a pending decision. It holds nothing that decides anything."""

    provider: str
    pending: str


_ON_ITS_WAY = {PendingState.PENDING, PendingState.SENT}
"""States in which a decision can still change cases."""

_TRIES = 8


class ModeratorLeases(msgspec.Struct, frozen=True):
    """The leases of one moderator that have not ended."""

    leases: tuple[ItemLease, ...] = ()


class PendingRow(msgspec.Struct, frozen=True):
    """The row that finds a decision by its time, and the lock of an item that it decides."""

    pending: str
    moderator: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DynamoDesk(TableRows):
    """Leases, decisions that can be taken back for a few seconds, and settings."""

    live: timedelta = LIVE

    def pending(self, provider: str, pending: str) -> PendingDecision | None:
        """Return a decision in any state, if it is still kept."""
        return record_of(self.table.get(_desk(provider), f"pending#{pending}"), PendingDecision)

    def store_pending(self, pending: PendingDecision) -> PendingDecision | None:
        """Store a decision. Return None, or the one that blocks it.

        A colleague's decision on one of its items blocks it, and so does this very one if it was
        undone or is void. The same decision again changes nothing and returns None.
        """
        for _ in range(_TRIES):
            stored = self.pending(pending.provider, pending.id)
            if stored is not None:
                return stored if stored.state in {PendingState.UNDONE, PendingState.VOID} else None
            locks = self._locks(pending.provider, pending.items[:LOCKED_ITEMS])
            first = self._live(pending.provider, locks.values())
            if first is not None:
                return first
            if self.table.transact_all(*self._hold(pending, locks)):
                return None
        raise OSError("other decisions kept the items busy")

    def deciding(self, provider: str, item: str) -> PendingDecision | None:
        """Return the decision that is on its way and keeps this item, if there is one."""
        return self._live(provider, self._locks(provider, [item]).values())

    def undo_pending(self, provider: str, moderator: str, pending: str) -> bool:
        """Take back an own decision; False if it is unknown, a colleague's or already sent."""
        stored = self.pending(provider, pending)
        if stored is None or stored.moderator != moderator:
            return False
        if stored.state is PendingState.PENDING:
            undone = msgspec.structs.replace(stored, state=PendingState.UNDONE)
            self._move(undone, PendingState.PENDING, SENT_DAYS)
            stored = self.pending(provider, pending) or stored
        return stored.state is PendingState.UNDONE

    def release_pending(self, provider: str, pending: str) -> PendingDecision:
        """End the time in which a decision can be taken back, and return it.

        It becomes `sent`, or stays `undone` if that came first. A decision that is not stored
        becomes `void`, so that it cannot be stored later, when nobody would send it.
        """
        for _ in range(_TRIES):
            stored = self.pending(provider, pending)
            if stored is None:
                void = PendingDecision(
                    id=pending, provider=provider, moderator="", state=PendingState.VOID
                )
                if self.table.transact(self._put(void, UNSENT_DAYS, is_new=True)):
                    return void
            elif stored.state is not PendingState.PENDING:
                return stored
            else:
                sent = msgspec.structs.replace(stored, state=PendingState.SENT)
                if self._move(sent, PendingState.PENDING, UNSENT_DAYS):
                    return sent
        raise OSError("others kept the decision busy")

    def end_pending(self, pending: PendingDecision) -> None:
        """Record the result of a sent decision. The first call counts."""
        self._move(pending, PendingState.SENT, SENT_DAYS)

    def pending_since(self, provider: str, start: datetime) -> list[PendingDecision]:
        """Return the decisions stored since then, in order, in any state."""
        names = self._names(provider, "held#", f"held#{utc_exactly(start)}")
        return self._decisions(provider, names)

    def pending_by(self, provider: str, moderator: str, start: datetime) -> list[PendingDecision]:
        """Return the decisions of one moderator stored since then, in order."""
        prefix = f"by#{moderator}#"
        return self._decisions(provider, self._names(provider, prefix, prefix + utc_exactly(start)))

    def live_items(self, provider: str) -> frozenset[str]:
        """Return the items that decisions of the last minutes keep out of the queue.

        An item stays out when its decision was taken. A console lists what waits every few seconds,
        and until then would offer it again. One that was skipped or escalated comes back.
        """
        start = self.clock.now() - self.live
        held = self.pending_since(provider, start)
        return frozenset(item for pending in held if _settles(pending) for item in pending.items)

    def leases(self, provider: str) -> dict[str, ItemLease]:
        """Return the leases in force, by item."""
        now = utc_exactly(self.clock.now())
        lists = self.table.records(_desk(provider), "on#", ModeratorLeases)
        return {lease.item: lease for each in lists for lease in each.leases if lease.until > now}

    def lease(self, provider: str, wanted: ItemLease) -> ItemLease:
        """Put a lease where none of a colleague's is in force. Return the one in force."""
        now = utc_exactly(self.clock.now())
        free = "attribute_not_exists(pk) OR ends <= :now OR holder = :holder"
        put = self._put_lease(provider, wanted)
        if self.table.transact(put_where(put, free, now=now, holder=wanted.moderator)):
            self._list_lease(provider, wanted, now)
            return wanted
        stored = record_of(self.table.get(_desk(provider), f"lease#{wanted.item}"), ItemLease)
        if stored is None or stored.until <= now:
            raise OSError("the lease of an item is gone")
        return stored

    def release_lease(self, provider: str, moderator: str, item: str) -> None:
        """End a lease of this moderator; a colleague's stays."""
        now = utc_exactly(self.clock.now())
        ended = ItemLease(item, moderator, now)
        put = self._put_lease(provider, ended)
        self.table.transact(put_where(put, "holder = :holder", holder=moderator))
        self._list_lease(provider, ended, now)

    def settings(self, provider: str) -> DeskSettings:
        """Return what a lead chose for a provider's desk."""
        return (
            record_of(self.table.get(_desk(provider), "settings"), DeskSettings) or DeskSettings()
        )

    def put_settings(self, provider: str, settings: DeskSettings) -> None:
        """Replace what was chosen."""
        self.table.put(_desk(provider), "settings", settings)

    def _put_lease(self, provider: str, lease: ItemLease) -> Item:
        return self.table.put_action(
            _desk(provider),
            f"lease#{lease.item}",
            lease,
            expires=_expires(lease.until),
            holder=lease.moderator,
            ends=lease.until,
        )

    def _list_lease(self, provider: str, changed: ItemLease, now: str) -> None:
        """Keep a moderator's leases in one row, so that a page reads one row for each colleague.

        Two pages of one moderator may overwrite each other's row. Then a lease is in force and not
        shown, and still nobody can take the item.
        """
        key = _desk(provider), f"on#{changed.moderator}"
        before = record_of(self.table.get(*key), ModeratorLeases) or ModeratorLeases()
        kept = [each for each in before.leases if each.until > now and each.item != changed.item]
        if changed.until > now:
            kept.append(changed)
        last = max((lease.until for lease in kept), default=now)
        self.table.put(*key, ModeratorLeases(tuple(kept)), expires=_expires(last))

    def _locks(self, provider: str, items: Sequence[str]) -> dict[str, PendingRow | None]:
        keys = [(_desk(provider), f"decided#{item}") for item in items]
        stored = self.table.get_many(keys)
        return {
            item: record_of(stored.get(key), PendingRow)
            for item, key in zip(items, keys, strict=True)
        }

    def _live(self, provider: str, locks: Iterable[PendingRow | None]) -> PendingDecision | None:
        """Return a decision that holds one of these locks and can still change its case."""
        start = utc_exactly(self.clock.now() - self.live)
        names = [lock for lock in locks if lock is not None]
        for pending in self._decisions(provider, names):
            if pending.state in _ON_ITS_WAY and _settles(pending) and pending.held_at > start:
                return pending
        return None

    def _hold(self, pending: PendingDecision, locks: dict[str, PendingRow | None]) -> list[Item]:
        name = PendingRow(pending.id, pending.moderator, pending.items)
        key, soon = _desk(pending.provider), in_days(self.clock.now(), SENT_DAYS)
        when = f"{pending.held_at}#{pending.id}"
        actions = [
            self._put(pending, UNSENT_DAYS, is_new=True),
            self.table.put_action(key, f"held#{when}", name, expires=soon),
            self.table.put_action(key, f"by#{pending.moderator}#{when}", name, expires=soon),
        ]
        for item, lock in locks.items():
            put = self.table.put_action(
                key,
                f"decided#{item}",
                PendingRow(pending.id, pending.moderator),
                expires=soon,
                holder=pending.id,
            )
            if lock is None:
                actions.append(put_where(put, "attribute_not_exists(holder)"))
            else:
                actions.append(put_where(put, "holder = :before", before=lock.pending))
        return actions

    def _names(self, provider: str, prefix: str, start: str) -> list[PendingRow]:
        items = self.table.between(_desk(provider), start, prefix + "~")
        return [name for item in items if (name := record_of(item, PendingRow))]

    def _decisions(self, provider: str, names: Iterable[PendingRow]) -> list[PendingDecision]:
        keys = list(dict.fromkeys((_desk(provider), f"pending#{name.pending}") for name in names))
        stored = self.table.get_many(keys)
        records = (record_of(stored.get(key), PendingDecision) for key in keys)
        return [record for record in records if record is not None]

    def _move(self, pending: PendingDecision, before: PendingState, days: int) -> bool:
        """Put the decision in its new state if it is in this one; return whether it was."""
        put = self._put(pending, days)
        return self.table.transact(put_where(put, "phase = :before", before=before))

    def _put(self, pending: PendingDecision, days: int, *, is_new: bool = False) -> Item:
        put = self.table.put_if_absent if is_new else self.table.put_action
        return put(
            _desk(pending.provider),
            f"pending#{pending.id}",
            pending,
            phase=pending.state,
            expires=in_days(self.clock.now(), days),
        )


def _settles(pending: PendingDecision) -> bool:
    """Return whether a decision keeps its items: one that leaves them open only while it pends."""
    if pending.leaves_open:
        return pending.state is PendingState.PENDING
    return pending.state in {*_ON_ITS_WAY, PendingState.TAKEN}


def _desk(provider: str) -> str:
    return f"D#{provider}"


def _expires(until: str) -> int:
    return int(datetime.fromisoformat(until).timestamp()) + 86_400
