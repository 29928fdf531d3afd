"""The table on DynamoDB: written once, never incremented.

`docs/architecture.md` lists all keys. An item holds its record as JSON under `record`, next to the
attributes that a condition, an index or the time to live needs. Here are cases (an entry is put
once, and a message moves all its cases or none), personal data (salts, tombstones, letters, audit
samples, fingerprints), providers and files.

Each month's key of the pseudonyms is made when it is first needed. A letter tells a provider's
moderators apart within a month, and not over two months, in the public journal. Letters are dealt
in turn and stored, not computed: anyone who knows all pseudonyms could reverse a digest.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched, chain
from typing import Any

import msgspec

from ledger import finding_store, findings
from ledger.cases import Case, CaseEntry, CaseMarker, CaseMove, JournalEntry, WaitingMessage
from ledger.codes import KeyUnavailableError
from ledger.draws import DynamoDraws
from ledger.keys import Provider
from ledger.number_store import DynamoNumbers
from ledger.table import AUDIT_KEYS, Item, Table, TableRows, journal_of, record_of, shards, work_of
from ledger.texts import Clock, SystemClock
from ledger.units import Manifest, Marker, OpenFile, RangeRow, Receipt, Source


@dataclass(frozen=True, slots=True)
class DynamoCases(TableRows):
    """Cases, the messages that moved them or wait for them, and the entries of the journal."""

    def case(self, case: str) -> Case | None:
        """Return a case with its entries in order; its id is a finding's or an entry's."""
        items = {item["sk"]["S"]: item for item in self.table.query(f"C#{case}", "")}
        # Keys are padded to four digits: as text, the 10,000th would sort after the 1,000th.
        numbers = sorted((key for key in items if key.isdigit()), key=int)
        entries = [entry for key in numbers if (entry := record_of(items[key], CaseEntry))]
        finding = record_of(items.get("finding"), findings.Finding)
        waiting = [
            message
            for key, item in items.items()
            if key.startswith("waits#") and (message := record_of(item, WaitingMessage))
        ]
        if not entries and finding is None and not waiting:
            return None
        excerpt = items.get("excerpt", {})
        expires = excerpt.get("expires", {}).get("N")
        return Case(
            case,
            entries=tuple(entries),
            finding=finding,
            excerpt=finding_store.kept_text(excerpt, self.clock.now()),
            excerpt_expires=int(expires) if expires else None,
            waiting=tuple(waiting),
        )

    def case_marker(self, message: str) -> CaseMarker | None:
        """Return the marker of a message about a case, if it was committed."""
        return record_of(self.table.get(f"M#{message}", "message"), CaseMarker)

    def entry_of(self, marker: CaseMarker) -> JournalEntry:
        """Return the journal entry of a committed message."""
        entry = record_of(self.table.get(*_journal_key(marker)), JournalEntry)
        if entry is None:
            raise LookupError(f"the message {marker.message} has a marker but no entry")
        return entry

    def commit_case(
        self, marker: CaseMarker, entry: JournalEntry, moves: Sequence[CaseMove]
    ) -> bool:
        """Put marker, journal entry and each case's next entry in one transaction.

        False if any of them existed, or an excerpt is gone by now: read again and judge again.
        """
        return self.table.transact_all(
            self.table.put_if_absent(f"M#{marker.message}", "message", marker),
            self.table.put_if_absent(*_journal_key(marker), entry),
            *(action for move in moves for action in self._actions(move)),
        )

    def _actions(self, move: CaseMove) -> Iterator[Item]:
        key = f"C#{move.case}"
        if move.entry is not None:
            entry, list_keys = move.entry.journal_entry, {}
            if entry.regulation == "tco":  # the desk reminds of these
                place = f"{entry.at}#{entry.entry}"
                list_keys = {"open_pk": f"{entry.provider}#orders", "open_sk": place}
            yield self.table.put_if_absent(key, f"{move.entry.number:04}", move.entry, **list_keys)
        if move.closes:
            yield self.table.remove_attributes(key, "finding", "open_pk", "open_sk")
        if move.reopens is not None and (keys := finding_store.open_list_keys(move.reopens)):
            yield self.table.set_attributes(key, "finding", **keys)
        if move.forgets:  # the text is gone at once, the empty item when it expires
            yield self.table.put_action(key, "excerpt", expires=move.excerpt_expires)
        elif move.excerpt_expires is not None:
            yield self.table.set_attributes(key, "excerpt", expires=move.excerpt_expires)

    def put_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> WaitingMessage:
        """Keep a message until something moves the case that it waits for.

        Return the stored message: the first arrival of the same message stays, with its day.
        A message that was committed meanwhile is not stored: nothing would ever end its wait.
        """
        key = f"C#{case}", f"waits#{waiting.message}"
        stored = record_of(self.table.get(*key), WaitingMessage)
        if stored is None:
            self.table.transact_all(
                self.table.put_action(*key, waiting, expires=expires),
                self.table.if_absent(f"M#{waiting.message}", "message"),
            )
        return stored or waiting

    def end_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> None:
        """Stop keeping a message: no role deletes items, so an empty one stays until it expires."""
        self.table.put(f"C#{case}", f"waits#{waiting.message}", expires=expires)

    def removal_orders(self, provider: str) -> list[Case]:
        """Return the provider's removal orders: those of the first 2,000 messages about any."""
        listed = self.table.listed("open", f"{provider}#orders", 2_000)
        names = dict.fromkeys(key.removeprefix("C#") for _, key, _ in listed)
        return [case for name in names if (case := self.case(name))]

    def journal_entries(self, provider: str, day: str) -> list[JournalEntry]:
        """Return the case entries of a provider and day that may be public, by id.

        What an authority forbids to tell of an order is missing; the entry that tells it has all.
        """
        parts = (self.shard_entries(provider, day, shard) for shard in shards())
        spoken = (entry for entry in chain.from_iterable(parts) if not entry.is_silent)
        return sorted(spoken, key=lambda entry: entry.entry)

    def shard_entries(self, provider: str, day: str, shard: str) -> list[JournalEntry]:
        """Return the case entries of one shard of a provider's day."""
        return self.table.records(journal_of(provider, day, shard), "entry#", JournalEntry)


def _journal_key(marker: CaseMarker) -> tuple[str, str]:
    return journal_of(marker.provider, marker.day, marker.entry[0]), f"entry#{marker.entry}"


FINGERPRINTS_PER_ITEM = 1_000
"""Fingerprints in one item: 64 bytes, two ids and JSON are at most 300 bytes each."""

SALTS = "S#"


@dataclass(frozen=True, slots=True, repr=False)
class MonthSalt:
    """The random salt of one month's key; `expires` is in seconds since 1970."""

    key_id: str
    salt: bytes
    expires: int


@dataclass(frozen=True, slots=True)
class DynamoPrivacy(TableRows):
    """Salts of the months, tombstones, moderators' letters, audit samples and fingerprints."""

    def month_salt(self, key_id: str) -> MonthSalt | None:
        """Return the salt of a month's key, if it is still kept."""
        item = self.table.get(SALTS, key_id)
        return _salt_of(item) if item else None

    def month_salts(self) -> list[MonthSalt]:
        """Return all salts that are kept, by month."""
        return [_salt_of(item) for item in self.table.query(SALTS, "")]

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        """Put a month's salt if it has none yet; return the one that is stored afterwards."""
        new = self.table.put_new(SALTS, salt.key_id, salt=salt.salt, expires=salt.expires)
        return salt if new else self.month_salt(salt.key_id) or salt

    def erased_accounts(self, provider: str, accounts: Collection[str]) -> frozenset[str]:
        """Return those of these pseudonyms that have a tombstone."""
        keys = [(_tombstone(provider, account), "tombstone") for account in sorted(accounts)]
        items = self.table.get_many(keys)
        return frozenset(pk.removeprefix(_tombstone(provider, "")) for pk, _ in items)

    def put_tombstone(self, provider: str, account: str, expires: int) -> None:
        """Put a tombstone: until it expires, new findings of that pseudonym are stored as stubs."""
        self.table.put(_tombstone(provider, account), "tombstone", expires=expires)

    def replace_with_stub(self, finding: findings.Finding, expires: int) -> None:
        """Replace a finding with its stub, unlist it, and delete the text of its excerpt.

        The excerpt's item stays, empty, until `expires`: no role of a function deletes items.
        """
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.put_action(key, "finding", findings.stub_of(finding)),
            self.table.put_action(key, "excerpt", expires=expires),
        )

    def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
        """Return the letters of a provider's month by moderator."""
        prefix = f"letter#{month}#"
        return {
            item["moderator"]["S"]: item["sk"]["S"].removeprefix(prefix)
            for item in self.table.query(work_of(provider), prefix)
        }

    def put_moderator_letter(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another moderator has it."""
        key = f"letter#{month}#{letter}"
        return self.table.put_new(work_of(provider), key, moderator=moderator, expires=expires)

    def put_sample(
        self, marker: Marker, posts: Sequence[findings.SampledPost], expires: int
    ) -> None:
        """Keep the posts of a unit's sample."""
        key = journal_of(marker.provider, marker.day, marker.unit[0])
        self.table.put(key, f"sample#{marker.unit}", list(posts), expires=expires)

    def samples(self, provider: str, day: str) -> list[findings.SampledPost]:
        """Return the posts of all units' samples of a provider and day, by rank, with repeats."""
        keys = (journal_of(provider, day, shard) for shard in shards())
        samples = (self.table.records(key, "sample#", list[findings.SampledPost]) for key in keys)
        posts = chain.from_iterable(chain.from_iterable(samples))
        return sorted(posts, key=lambda post: (post.rank, post.post))

    def put_fingerprints(
        self, marker: Marker, fingerprints: Sequence[findings.FindingFingerprint], expires: int
    ) -> None:
        """Keep the fingerprints of a unit's findings, before its receipt is stored."""
        name = marker.receipt_id
        key = journal_of(marker.provider, marker.day, name[0])
        pages = [*batched(fingerprints, FINGERPRINTS_PER_ITEM)] or [()]
        for page, some in enumerate(pages):
            self.table.put(key, f"copies#{name}#{page:08}", list(some), expires=expires)

    def fingerprints(self, provider: str, day: str) -> list[findings.FindingFingerprint]:
        """Return the fingerprints of a day's counted findings that are still kept, by finding.

        Those without a receipt are not counted: a batch that lost a race leaves them.
        """
        now, found = self.clock.now().timestamp(), dict[str, findings.FindingFingerprint]()
        for shard in shards():
            key = journal_of(provider, day, shard)
            for item in self.table.query(key, "copies#"):
                name = item["sk"]["S"].split("#")[1]
                if int(item["expires"]["N"]) > now and self.table.get(key, f"receipt#{name}"):
                    fingerprints = record_of(item, list[findings.FindingFingerprint]) or []
                    found |= {one.finding: one for one in fingerprints}
        return sorted(found.values())

    def stored_fingerprints(
        self, provider: str, day: str, shard: str
    ) -> list[list[findings.FindingFingerprint]]:
        """Return all stored fingerprints of a shard, also those of no receipt, item by item."""
        key = journal_of(provider, day, shard)
        return self.table.records(key, "copies#", list[findings.FindingFingerprint])

    def day_copies(self, provider: str, day: str) -> findings.DayCopies | None:
        """Return the copy groups that were stored when the day was closed."""
        return record_of(self.table.get(work_of(provider), f"copies#{day}"), findings.DayCopies)

    def put_day_copies(
        self, provider: str, day: str, copies: findings.DayCopies
    ) -> findings.DayCopies:
        """Store a closed day's copy groups if absent; return those that are stored afterwards."""
        new = self.table.put_new(work_of(provider), f"copies#{day}", copies)
        return copies if new else self.day_copies(provider, day) or copies

    def audit_key(self, month: str) -> str | None:
        """Return the secret of a month's sample in hex, if any post was sampled."""
        item = self.table.get(AUDIT_KEYS, month)
        return item["key"]["S"] if item else None

    def put_audit_key(self, month: str, secret: str, expires: int) -> None:
        """Keep the secret of a month's sample, to be published after the month."""
        self.table.put(AUDIT_KEYS, month, key=secret, expires=expires)


def _tombstone(provider: str, account: str) -> str:
    return f"E#{provider}#{account}"


def _salt_of(item: Item) -> MonthSalt:
    return MonthSalt(item["sk"]["S"], item["salt"]["B"], int(item["expires"]["N"]))


@dataclass(frozen=True, slots=True)
class DynamoStore(
    finding_store.DynamoUnits,
    finding_store.DynamoFindings,
    DynamoCases,
    finding_store.DynamoFloods,
    DynamoPrivacy,
    DynamoDraws,
    DynamoNumbers,
):
    """The stores of the table in one object; here are providers, dropped files and receipts."""

    @classmethod
    def of(cls, client: Any, name: str, clock: Clock | None = None) -> "DynamoStore":
        """Return the store of one table."""
        return cls(Table(client, name), clock or SystemClock())

    def provider(self, provider: str) -> Provider | None:
        """Return one provider, if it is registered."""
        return record_of(self.table.get(f"P#{provider}", "provider"), Provider)

    def providers(self) -> list[Provider]:
        """Return all providers, sorted by id."""
        names = [item["sk"]["S"] for item in self.table.query("P#", "")]
        return [provider for name in names if (provider := self.provider(name))]

    def put_provider(self, provider: Provider) -> None:
        """Register a provider, or change it."""
        self.table.put("P#", provider.provider)
        self.table.put(f"P#{provider.provider}", "provider", provider)

    def objecting(self, forms_url: str, provider: str, case: str) -> tuple[str, str]:
        """Return the number of a case, and where one objects by it; "" if there is no form."""
        known = self.provider(provider)
        own = known.complaint_url if known else ""
        return self.number(case), own or (f"{forms_url}/object" if forms_url else "")

    def manifest(self, file: str) -> tuple[Manifest, list[Source]] | None:
        """Return a sealed manifest and the sources that its ranges are cut from."""
        manifest = record_of(self.table.get(f"F#{file}", "manifest"), Manifest)
        if manifest is None:
            return None
        if not manifest.translated:
            return manifest, [manifest.dropped]
        return manifest, self.table.records(f"F#{file}", "part#", Source)

    def seal(self, manifest: Manifest, sources: Sequence[Source], expires: int) -> bool:
        """Put a manifest if absent and list its file as open; False if it was sealed before.

        The parts come before the manifest that names them.
        """
        key = f"F#{manifest.file}"
        if manifest.translated:
            for number, source in enumerate(sources):
                self.table.put(key, f"part#{number:08}", source, expires=expires)
        opened = OpenFile(manifest.file, manifest.day, manifest.ranges)
        work = work_of(manifest.provider)
        return self.table.transact(
            self.table.put_if_absent(key, "manifest", manifest, expires=expires),
            self.table.put_action(work, f"file#{manifest.file}", opened, expires=expires),
        )

    def put_range(self, file: str, row: RangeRow) -> None:
        """Put, if absent, the row of a range whose unit is known or that owns no line."""
        self.table.put_new(f"F#{file}", finding_store.range_place(row.number), row)

    def range_row(self, file: str, number: int) -> RangeRow | None:
        """Return the row of one range, once it is committed."""
        return record_of(self.table.get(f"F#{file}", finding_store.range_place(number)), RangeRow)

    def ranges(self, file: str) -> list[RangeRow]:
        """Return the rows of a file, by number."""
        return self.table.records(f"F#{file}", "range#", RangeRow)

    def range_count(self, file: str) -> int:
        """Return how many rows a file has: cheaper than the rows."""
        return self.table.count(f"F#{file}", "range#")

    def files(self, provider: str) -> list[OpenFile]:
        """Return the provider's files of the last weeks, closed or not, by day and id."""
        closed = {
            item["sk"]["S"].removeprefix("closed#"): item["day"]["S"]
            for item in self.table.query(work_of(provider), "closed#")
        }
        files = [
            msgspec.structs.replace(file, closed=closed.get(file.file, ""))
            for file in self.table.records(work_of(provider), "file#", OpenFile)
        ]
        return sorted(files, key=lambda file: (file.day, file.file))

    def close_file(self, provider: str, file: str, day: str, expires: int) -> None:
        """Record the day on which a file's last range was committed. The first call counts."""
        self.table.put_new(work_of(provider), f"closed#{file}", day=day, expires=expires)

    def receipts(self, provider: str, day: str) -> Iterator[Receipt]:
        """Yield all receipts of a provider and day, by unit: there may be millions."""
        for shard in shards():
            for item in self.table.query(journal_of(provider, day, shard), "receipt#"):
                if receipt := record_of(item, Receipt):
                    yield receipt


KEY_MONTHS = 24
"""Months for which a key is kept after its own, longer than anything needs it.

A file may wait 22 days for its dead letters. An excerpt then has 30 days until somebody decides,
198 after a measure, 366 while a complaint is open and 14 after its answer: 630 days in all.
"""

SALT_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class PseudonymKeys:
    """The keys of one stack. A worker remembers the salts that it has read."""

    store: DynamoStore
    clock: Clock
    secret: bytes
    fresh_salt: Callable[[], bytes] = lambda: secrets.token_bytes(SALT_BYTES)
    _known: dict[str, MonthSalt] = field(default_factory=dict)

    def in_force(self, provider: str) -> findings.Pseudonyms:
        """Return the provider's pseudonyms of this month; the first caller makes the key."""
        return self._derived(self._salt_at(self.clock.now()), provider)

    def named(self, provider: str, key_id: str) -> findings.Pseudonyms:
        """Return the provider's pseudonyms under the key that a manifest pinned.

        Raises KeyUnavailableError if that key was deleted or has expired: no other key will do.
        """
        salt = self._known.get(key_id) or self.store.month_salt(key_id)
        if salt is None:
            raise KeyUnavailableError(key_id)
        return self._derived(salt, provider)

    def make_ahead(self, days: int) -> None:
        """Make the keys of the coming days now: an erased author needs a tombstone under each."""
        for day in range(days + 1):
            self._salt_at(self.clock.now() + timedelta(days=day))

    def kept(self, provider: str) -> list[findings.Pseudonyms]:
        """Return the provider's pseudonyms under all keys that are kept, by month."""
        now = self.clock.now().timestamp()
        living = [salt for salt in self.store.month_salts() if salt.expires > now]
        return [self._derived(salt, provider) for salt in living]

    def _salt_at(self, moment: datetime) -> MonthSalt:
        month = moment.astimezone(UTC)
        key_id = f"k{month:%Y-%m}"
        if key_id not in self._known:
            # The end of the month KEY_MONTHS after that of the moment.
            months = month.year * 12 + month.month + KEY_MONTHS
            end = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
            new = MonthSalt(key_id, self.fresh_salt(), int(end.timestamp()))
            self._known[key_id] = self.store.month_salt(key_id) or self.store.put_month_salt(new)
        return self._known[key_id]

    def _derived(self, salt: MonthSalt, provider: str) -> findings.Pseudonyms:
        if salt.expires <= self.clock.now().timestamp():
            raise KeyUnavailableError(salt.key_id)  # the table may delete it days later
        self._known[salt.key_id] = salt
        secret = findings.hkdf(self.secret, salt.salt, b"terang pseudonyms of a month", 32)
        return findings.Pseudonyms.derive(secret, provider, salt.key_id)


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def assign_letters(
    store: DynamoStore, provider: str, month: str, moderators: Iterable[str], expires: int
) -> dict[str, str]:
    """Return the letters of a month's (YYYY-MM) moderators, and deal letters to new ones in order.

    No letter is dealt twice: of two callers, the one who comes second reads the letters again.
    """
    known = store.moderator_letters(provider, month)
    for moderator in moderators:
        while moderator and moderator not in known:
            letter = nth_letter(len(known))
            if store.put_moderator_letter(provider, month, letter, moderator, expires):
                known[moderator] = letter
            else:
                known = store.moderator_letters(provider, month)
    return known


def nth_letter(number: int) -> str:
    """Return the letters of a number from 0, as a spreadsheet names its columns.

    >>> nth_letter(0), nth_letter(25), nth_letter(26), nth_letter(701), nth_letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    rest, last = divmod(number, len(ALPHABET))
    return (nth_letter(rest - 1) if rest else "") + ALPHABET[last]
