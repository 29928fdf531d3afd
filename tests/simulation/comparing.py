"""Compare a run with a run without faults, except for moments."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulation.cluster import Cluster
from simulation.records import Records, objects_of


@dataclass(slots=True)
class Facts:
    """What two runs of one scenario must have in common: units, findings, files, published bytes.
    Without the moments at which things were done, and, for units, the file that brought them first,
    and what was not compared: after an erasure that lasts until publish runs. Which messages are
    committed together is chance, so their receipts are summed."""

    units: dict[str, Any]
    messages: dict[str, Any]
    receipts: set[str]
    findings: dict[str, Any]
    accounts: dict[tuple[str, str], str]
    files: dict[tuple[str, str], Any]
    entries: dict[str, Any]
    public: dict[str, bytes]
    days: set[str]

    @classmethod
    def of(cls, cluster: Cluster) -> "Facts":
        """The facts of a finished run."""
        records = Records.of(cluster)
        return cls(
            units=dict.fromkeys(records.markers)
            | {
                unit: _without(one, "at", "source", "not_compared")
                for unit, one in records.receipts.items()
                if not one["kind"].startswith("message")
            },
            messages=_summed(
                [one for one in records.receipts.values() if one["kind"].startswith("message")]
            ),
            receipts=set(records.receipts),
            findings={
                name: _without(one, "found_at", "account") for name, one in records.findings.items()
            },
            # What was redriven a week later may have come under the next month's key.
            accounts={
                (name, key_id): pseudonym
                for name, one in records.findings.items()
                for key_id, _, pseudonym in [one["account"].partition(":")]
            },
            files={
                (receipt["key"], receipt["version"]): _without(receipt, "at")
                for data in objects_of(cluster, cluster.world.out, "out/acme/receipts/").values()
                if "key" in (receipt := json.loads(data))
            },
            entries={name: _timeless(one) for name, one in records.entries.items()},
            public=objects_of(cluster, cluster.world.public),
            days=set(records.days.values()),
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """The facts of a run without faults, for the first set and for the second if there is one."""

    first: Facts
    second: Facts

    def differences(self, cluster: Cluster, *, exactly: bool) -> Iterator[str]:
        """What is otherwise. `exactly` is false for scenarios whose posts come in several units:
        which of them is first, and counts a finding, is a matter of order, and only the sums are
        the same."""
        facts = Facts.of(cluster)
        if facts.units.keys() != self.first.units.keys():
            yield "other units than without faults"
        elif exactly:
            yield from self._records(facts)
            yield from self._bytes(cluster, facts)
        elif self.first is self.second and facts.findings.keys() != self.first.findings.keys():
            yield "other findings than without faults"

    def _records(self, facts: Facts) -> Iterator[str]:
        """Each record is that of the first set, or of the second."""
        for name in ("units", "findings", "files", "entries"):
            standing = getattr(facts, name)
            wanted = [getattr(one, name) for one in (self.first, self.second)]
            if name == "files" and self.first is not self.second:
                continue  # a file can hold units of the one and the other
            for key, record in standing.items():
                if record not in [one.get(key) for one in wanted]:
                    yield f"{name}: {str(key)[:40]} came to something else"
        if facts.messages not in (self.first.messages, self.second.messages):
            yield "the messages came to something else"
        for key, pseudonym in facts.accounts.items():
            if self.first.accounts.get(key, pseudonym) != pseudonym:
                yield f"the author of {key[0][:40]} is somebody else"

    def _bytes(self, cluster: Cluster, facts: Facts) -> Iterator[str]:
        """Compare the published bytes if all work was done on the day of its arrival."""
        if self.first is not self.second or facts.days != self.first.days:
            return
        if cluster.redriven or cluster.largest_skew:
            return  # days were published at other moments, and other days are empty
        if cluster.published_early and facts.entries:
            return  # moderators are given letters by who was published first
        ours, theirs = facts.public, self.first.public
        if facts.receipts != self.first.receipts:  # messages came in other batches
            ours, theirs = _batchless(ours), _batchless(theirs)
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                yield f"{key} has other bytes"


def _batchless(public: dict[str, bytes]) -> dict[str, Any]:
    """The summaries without what follows from how messages were batched: lines of the journal."""
    return {key: _without(json.loads(data), "journal")
            for key, data in public.items()
            if key.startswith("summaries/") and key.endswith(".json")}  # fmt: skip


SUMMED = ("bytes", "lines", "records", "inspected", "unknown_fields", "assumed_utc")


def _summed(receipts: list[dict[str, Any]]) -> dict[str, Any]:
    """What receipts of messages come to together. Their findings are compared by themselves."""
    tallies: Counter[str] = Counter()
    for receipt in receipts:
        tallies.update({name: receipt.get(name, 0) for name in SUMMED})
        tallies["messages"] += receipt["messages"] or 1
        for name in ("refused", "by_language"):
            tallies.update({f"{name} {key}": count for key, count in receipt[name].items()})
    return dict(+tallies) | {
        "first": min((one["from"] for one in receipts if one["from"]), default=""),
        "last": max((one["until"] for one in receipts if one["until"]), default=""),
    }


MOMENTS = ("found", "found_at", "found_days", "at", "opened_at", "decided_at", "applied_at",
           "received_at", "reinstated_at", "decided_in")  # fmt: skip


def _timeless(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry, and the entry it is about, without moments: they depend on the finding's."""
    nested = {name: _timeless(entry[name]) for name in ("about", "answers") if entry.get(name)}
    return _without(entry, *MOMENTS) | nested


def _without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
