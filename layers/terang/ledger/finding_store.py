"""Units and findings in the table, and what the flood guard holds.

The item `U#<unit>` `unit` has two states. An attempt that is about to store findings is recorded
there, with its name under `begun`. The commit replaces it by the marker, on the condition that the
stored attempt is its own, or that none is stored and it stored none. So an attempt that found
nothing never commits a unit for which another one may have stored findings.

The answer to a question of the flood guard is an entry of its case and changes nothing else:
whether a rule is held or opened is read from that case. Held findings are listed apart, and lists
of open findings add those of opened rules.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from ledger.cases import CaseEntry
from ledger.findings import (
    Finding,
    FloodHold,
    FloodQuestion,
    FloodTotal,
    SampledPost,
    digest,
    flood_question_id,
)
from ledger.table import Item, TableRows, item_of, journal_of, put_where, record_of, shards, work_of
from ledger.texts import in_days
from ledger.units import Attempt, Marker, RangeRow, Receipt, UnitState


@dataclass(frozen=True, slots=True)
class DynamoUnits(TableRows):
    """Units: their recorded attempts, and their markers and receipts."""

    def marker(self, unit: str) -> Marker | None:
        """Return where the unit's receipt is, if the unit was committed."""
        return _state_of(self.table.get(f"U#{unit}", "unit")).marker

    def markers(self, units: Sequence[str]) -> dict[str, Marker]:
        """Return the markers of those of these units that were committed."""
        items = self.table.get_many([(f"U#{unit}", "unit") for unit in units])
        states = {pk.removeprefix("U#"): _state_of(item) for (pk, _), item in items.items()}
        return {unit: state.marker for unit, state in states.items() if state.marker}

    def unit_states(self, units: Sequence[str], suspects: Sequence[str] = ()) -> list[UnitState]:
        """Return how far each unit has come, in order; `suspects` are looked up as such."""
        keys = [(f"U#{unit}", "unit") for unit in units]
        items = self.table.get_many([*keys, *((f"U#{unit}", "alone") for unit in suspects)])
        return [
            _state_of(items.get(key), is_suspect="works" in items.get((key[0], "alone"), {}))
            for key in keys
        ]

    def note_suspect(self, unit: str, expires: int, *, works: bool) -> None:
        """Note that a worker begins to work on a unit alone, or that it lived to give it back."""
        note = {"works": True} if works else {}
        self.table.put(f"U#{unit}", "alone", expires=expires, **note)

    def recorded_attempt(self, unit: str) -> Attempt | None:
        """Return the recorded attempt at a unit, if there is one and the unit is not committed."""
        return self.unit_states([unit])[0].attempt

    def record_attempt(self, unit: str, own: Attempt) -> Attempt | None:
        """Record an attempt if none is, and return the recorded one.

        Return None if the unit is committed: then nothing may be stored for it.
        """
        return self.record_attempts({unit: own})[unit]

    def record_attempts(self, attempts: Mapping[str, Attempt]) -> dict[str, Attempt | None]:
        """Do what `record_attempt` does for many units."""
        items = [
            item_of(f"U#{unit}", "unit", own, begun=own.name) for unit, own in attempts.items()
        ]
        existing = self.table.put_pairs([(item, None) for item in items])
        return {
            unit: own if item is None else _state_of(item).attempt
            for (unit, own), item in zip(attempts.items(), existing, strict=True)
        }

    def commit_unit(
        self,
        marker: Marker,
        receipt: Receipt,
        file: str,
        row: RangeRow | None,
        attempt: Attempt | None = None,
    ) -> bool:
        """Put marker, receipt and range row in one transaction; False if the marker existed.

        `attempt` is the recorded one, if one is. Raises OSError if another worker recorded one
        meanwhile.
        """
        puts = [
            self._commit(marker, attempt),
            self.table.put_if_absent(*receipt_place(marker), receipt),
        ]
        if row is not None:
            puts.append(self.table.put_if_absent(f"F#{file}", range_place(row.number), row))
        if self.table.transact(*puts):
            return True
        if self.marker(marker.unit) is None:
            raise OSError("another worker recorded another attempt at the unit")
        return False

    def commit_refused(self, marker: Marker, receipt: Receipt) -> None:
        """Put marker and receipt of a file refused as a whole; a repeat changes nothing."""
        puts = self.table.put_if_absent(*receipt_place(marker), receipt)
        self.table.transact(self._commit(marker, None), puts)

    def commit_batch(
        self,
        markers: Sequence[Marker],
        receipt: Receipt,
        attempts: Mapping[str, Attempt],
        findings: Sequence[str],
        sample: tuple[Sequence[SampledPost], int] | None,
    ) -> bool:
        """Put the markers of a batch, its receipt and its sample in one transaction.

        `attempts` are the recorded ones of its messages. `sample` comes with when it expires.
        Return False, and put nothing, if a message was committed or got another attempt meanwhile.
        """
        key, sort = receipt_place(markers[0])
        puts = [self._commit(marker, attempts.get(marker.unit)) for marker in markers]
        members = {"units": _packed(marker.unit for marker in markers)}
        if findings:
            members["ids"] = _packed(findings)
        puts.append(self.table.put_if_absent(key, sort, receipt, **members))
        if sample is not None:
            posts, expires = sample
            puts.append(
                self.table.put_action(key, f"sample#{receipt.unit}", list(posts), expires=expires)
            )
        return self.table.transact(*puts, watched=len(markers))

    def receipt(self, marker: Marker) -> Receipt:
        """Return the receipt of a committed unit, or of the batch that it is part of."""
        receipt = record_of(self.table.get(*receipt_place(marker)), Receipt)
        if receipt is None:
            raise LookupError(f"unit {marker.unit} has a marker and no receipt")
        return receipt

    def batch_units(self, marker: Marker) -> list[str]:
        """Return the messages of the batch that a message was committed in, sorted."""
        item = self.table.get(*receipt_place(marker)) or {}
        return sorted(unpacked(item.get("units")))

    def _commit(self, marker: Marker, attempt: Attempt | None) -> Item:
        if attempt is None:
            return self.table.put_if_absent(f"U#{marker.unit}", "unit", marker)
        put = self.table.put_action(f"U#{marker.unit}", "unit", marker)
        return put_where(put, "begun = :begun", begun=attempt.name)


def receipt_place(marker: Marker) -> tuple[str, str]:
    """Return the key of the receipt that counts a unit."""
    name = marker.receipt_id
    return journal_of(marker.provider, marker.day, name[0]), f"receipt#{name}"


def range_place(number: int) -> str:
    """Return the sort key of a range's row."""
    return f"range#{number:08}"


def unpacked(attribute: Item | None) -> list[str]:
    """Return the ids in an attribute that holds 32 bytes for each."""
    packed = attribute["B"] if attribute else b""
    return [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]


def _packed(ids: Iterable[str]) -> bytes:
    return b"".join(bytes.fromhex(name) for name in ids)


def _state_of(item: Item | None, *, is_suspect: bool = False) -> UnitState:
    if item is not None and "begun" not in item:
        return UnitState(record_of(item, Marker), is_suspect=is_suspect)
    return UnitState(None, record_of(item, Attempt), is_suspect)


@dataclass(frozen=True, slots=True)
class DynamoFloods(TableRows):
    """Rules that the flood guard holds back on a day, and the sums of what workers committed."""

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        """Return the rules under flood guard that day, and whether a person opened them."""
        holds = self._holds(provider, f"flood#{day}#")
        return {hold.question.rule: hold.is_opened for hold in holds}

    def flood_holds(self, provider: str) -> list[FloodHold]:
        """Return all held rules of the last weeks by day and rule, with their answers."""
        return self._holds(provider, "flood#")

    def flood_question(self, provider: str, day: str, rule: str) -> FloodQuestion | None:
        """Return the question of one rule and day, if the rule was held."""
        return record_of(self.table.get(work_of(provider), f"flood#{day}#{rule}"), FloodQuestion)

    def put_flood(self, provider: str, question: FloodQuestion, expires: int) -> bool:
        """Put a rule under flood guard for a day; False if it is or was already."""
        key = f"flood#{question.day}#{question.rule}"
        return self.table.put_new(work_of(provider), key, question, lifted=False, expires=expires)

    def flood_totals(self, provider: str, day: str) -> list[FloodTotal]:
        """Return the sums of the receipts that each worker committed on a day."""
        return self.table.records(work_of(provider), f"total#{day}#", FloodTotal)

    def put_flood_total(self, provider: str, day: str, total: FloodTotal, expires: int) -> None:
        """Replace the sum of the receipts that one worker committed on a day."""
        key = f"total#{day}#{total.worker}"
        self.table.put(work_of(provider), key, total, expires=expires)

    def _holds(self, provider: str, prefix: str) -> list[FloodHold]:
        questions = self.table.records(work_of(provider), prefix, FloodQuestion)
        keys = [(f"C#{flood_question_id(provider, q.day, q.rule)}", f"{1:04}") for q in questions]
        answers = self.table.get_many(keys)
        entries = (record_of(answers.get(key), CaseEntry) for key in keys)
        return [
            FloodHold(question, entry.journal_entry.verdict if entry else "")
            for question, entry in zip(questions, entries, strict=True)
        ]


OPEN_INDEX = "open"

SEVERITY_RANKS = {"high": "0", "medium": "1", "low": "2"}

POST_DAYS = 730
"""How long a post leads to its findings: longer than any excerpt is kept (`KEY_MONTHS`)."""

DELETED = "deleted"
"""Under the digest of a post: it was deleted. Findings that are stored later have no excerpt."""

IDS_PER_PAGE = 4_000
"""Ids of findings in one page of a receipt: 32 bytes each, far under the 400 KB of an item."""


@dataclass(frozen=True, slots=True)
class DynamoFindings(TableRows):
    """Findings with their excerpts, which rest on a check, and which are open."""

    def put_findings(self, pairs: Sequence[tuple[Finding, str]], expires: int) -> list[Finding]:
        """Put findings with their excerpts if absent; return the findings stored afterwards.

        They come in the order of the pairs: the stored one where there was one, else the given one.
        `expires` ends the excerpts; the finding of an erased author has none, nor that of a post
        that was deleted meanwhile. Its row comes first: whoever deletes the post sees that row, or
        is seen here.
        """
        posts = self._post_places(finding for finding, _ in pairs)
        ends = in_days(self.clock.now(), POST_DAYS)
        self.table.put_all(item_of(*place, expires=ends) for place in posts.values())
        items = []
        for finding, excerpt in pairs:
            key = f"C#{finding.finding}"
            text = item_of(key, "excerpt", text=excerpt, expires=expires)
            item = item_of(key, "finding", finding, **open_list_keys(finding))
            items.append((item, None if finding.is_erased else text))
        existing = self.table.put_pairs(items)
        for name in self.of_deleted_posts([finding for finding, _ in pairs]):
            self.forget_excerpt(name, expires)
        return [
            record_of(item, Finding) or given
            for item, (given, _) in zip(existing, pairs, strict=True)
        ]

    def _post_places(self, findings: Iterable[Finding]) -> dict[str, tuple[str, str]]:
        """Return the place of each finding under its post, without erased ones."""
        whole = [finding for finding in findings if not finding.is_erased]
        key = self._post_key() if whole else b""
        return {
            one.finding: (_post(key, one.provider, one.post), f"{one.provider}#{one.finding}")
            for one in whole
        }

    def _post_key(self) -> bytes:
        """Return the key of the digests of posts. The first caller makes it."""
        while (item := self.table.get("K#", "key")) is None:
            self.table.put_new("K#", "key", key=secrets.token_bytes(32))
        return bytes(item["key"]["B"])

    def post_row(self, finding: Finding) -> tuple[str, str]:
        """Return the key of the row that leads from a post to a finding."""
        return self._post_places([finding])[finding.finding]

    def of_deleted_posts(self, findings: Sequence[Finding]) -> list[str]:
        """Return those of these findings whose post was deleted in the last weeks."""
        places = self._post_places(findings)
        deleted = self.table.get_many([(pk, DELETED) for pk in {pk for pk, _ in places.values()}])
        return [name for name, (pk, _) in places.items() if (pk, DELETED) in deleted]

    def delete_post(self, provider: str, post: str, expires: int) -> list[Finding]:
        """Note until `expires` that a post was deleted, and return its findings."""
        key = _post(self._post_key(), provider, post)
        self.table.put(key, DELETED, expires=expires)
        names = [
            item["sk"]["S"].partition("#")[2] for item in self.table.query(key, f"{provider}#")
        ]
        found = (record_of(self.table.get(f"C#{name}", "finding"), Finding) for name in names)
        return [finding for finding in found if finding]

    def forget_excerpt(self, finding: str, expires: int) -> None:
        """Delete the text of an excerpt. No role of a function deletes its item."""
        self.table.put(f"C#{finding}", "excerpt", expires=expires)

    def put_finding_ids(self, marker: Marker, ids: Sequence[str]) -> None:
        """Put the pages of a receipt, before the receipt itself."""
        key, sort = receipt_place(marker)
        for page, first in enumerate(range(0, len(ids), IDS_PER_PAGE)):
            packed = _packed(ids[first : first + IDS_PER_PAGE])
            self.table.put(key, f"{sort}#{page:08}", ids=packed)

    def findings_of(self, marker: Marker) -> list[tuple[Finding, str | None]]:
        """Return the findings of a unit, or of its batch, by id, each with its excerpt if kept."""
        key, sort = receipt_place(marker)
        if marker.batch:  # the item of its receipt holds the ids
            ids = unpacked((self.table.get(key, sort) or {}).get("ids"))
        else:
            pages = self.table.query(key, f"{sort}#")
            ids = [name for page in pages for name in unpacked(page["ids"])]
        keys = [(f"C#{name}", kind) for name in ids for kind in ("finding", "excerpt")]
        items, now = self.table.get_many(keys), self.clock.now()
        return [
            (finding, kept_text(items.get((f"C#{name}", "excerpt"), {}), now))
            for name in sorted(ids)
            if (finding := record_of(items.get((f"C#{name}", "finding")), Finding))
        ]

    def put_grounds(self, findings: Sequence[Finding]) -> None:
        """Note for each check or decision which of these findings rest on it."""
        self.table.put_all(
            item_of(_ground(ground), f"{finding.provider}#{finding.finding}")
            for finding in findings
            for ground in finding.rests_on
        )

    def findings_on(self, check: str) -> list[tuple[str, str]]:
        """Return provider and id of the findings that rest on a check (a link) or a decision."""
        items = self.table.query(_ground(check), "")
        uses = (item["sk"]["S"].partition("#") for item in items)
        return [(provider, finding) for provider, _, finding in uses]

    def open_findings(self, provider: str, limit: int) -> list[Finding]:
        """Return the first open findings by severity, reach and age; the list may lag a second.

        The index only lists: findings are read from the table, without those decided since.
        """
        listed = [self.listed(partition, limit) for partition in self.open_partitions(provider)]
        keys = [(f"C#{name}", "finding") for _, name in islice(merge(*listed), limit)]
        items = self.table.get_many(keys)
        return [
            finding
            for key in keys
            if "open_pk" in items.get(key, {}) and (finding := record_of(items[key], Finding))
        ]

    def open_partitions(self, provider: str) -> list[str]:
        """Return the partitions that list a provider's open findings."""
        opened = [hold for hold in DynamoFloods(self.table).flood_holds(provider) if hold.is_opened]
        return [
            *(f"{provider}#{shard}" for shard in shards()),
            *(
                _held_partition(provider, shard, hold.question.day, hold.question.rule)
                for hold in opened
                for shard in shards()
            ),
        ]

    def listed(self, partition: str, limit: int) -> list[tuple[str, str]]:
        """Return the first findings that a partition lists, in order: sort key and id."""
        rows = self.table.listed(OPEN_INDEX, partition, limit)
        return [(sort, pk.removeprefix("C#")) for sort, pk, _ in rows]

    def findings(self, names: Sequence[str]) -> list[Finding]:
        """Return the findings of these ids that exist, in any order."""
        items = self.table.get_many([(f"C#{name}", "finding") for name in names])
        return [finding for item in items.values() if (finding := record_of(item, Finding))]

    def excerpts(self, findings: Sequence[str]) -> dict[str, str]:
        """Return the excerpts that are still kept, by finding."""
        items = self.table.get_many([(f"C#{finding}", "excerpt") for finding in findings])
        now = self.clock.now()
        texts = {pk.removeprefix("C#"): kept_text(item, now) for (pk, _), item in items.items()}
        return {finding: text for finding, text in texts.items() if text is not None}

    def with_entries(self, findings: Sequence[str]) -> set[str]:
        """Return those of these findings about which somebody has done anything yet."""
        items = self.table.get_many([(f"C#{finding}", f"{1:04}") for finding in findings])
        return {pk.removeprefix("C#") for pk, _ in items}


def kept_text(excerpt: Item, now: datetime) -> str | None:
    """Return an excerpt's text until it expires. DynamoDB deletes it up to days later."""
    expires = excerpt.get("expires", {}).get("N")
    is_over = expires is not None and int(expires) <= now.timestamp()
    text: str | None = excerpt.get("text", {}).get("S")
    return None if is_over else text


def open_list_keys(finding: Finding) -> dict[str, str]:
    """Return the keys under which an open finding is listed: severity, then reach, then age.

    Nobody decides on a finding that is in shadow or erased, so it has none. One that the flood
    guard holds is listed apart, until a person opens its rule.

    One partition of an index takes 1,000 writes a second, and a write that the index refuses fails
    in the table too. A file is scanned at 100,000 posts a second: findings in one post of a hundred
    would fill the partition of a provider. Sixteen partitions take 16,000 writes.
    """
    if finding.mode != "live" or finding.is_erased:
        return {}
    partition = f"{finding.provider}#{finding.finding[0]}"
    if finding.held:  # its question is of the day when it was found
        day, rule = finding.found_at[:10], f"{finding.pack}/{finding.rule}"
        partition = _held_partition(finding.provider, finding.finding[0], day, rule)
    reach = 10**12 - min(finding.reach or 0, 10**12)
    rank = SEVERITY_RANKS[finding.severity]
    return {
        "open_pk": partition,
        "open_sk": f"{rank}#{reach:013}#{finding.found_at}#{finding.finding}",
    }


def _post(key: bytes, provider: str, post: str) -> str:
    mac = hmac.digest(key, digest("post", provider, post).encode(), "sha256")
    return f"K#{mac.hex()}"


def _ground(ground: str) -> str:
    return f"K#{digest('check', ground)}"


def _held_partition(provider: str, shard: str, day: str, rule: str) -> str:
    """Return the partition of the index `open` that lists the held findings of a rule and day."""
    return f"{provider}#{shard}#held#{day}#{rule}"
