"""What `terang fsck` asks of cases: entries without a gap, each in the journal, by one message."""

from collections.abc import Iterator

from terang.repair.fsck_difference import Difference
from terang.repair.fsck_ledger import Ledger, Record

SETTLED = {"decided", "closed"}
"""States in which a finding is on no list of open ones."""


def case_differences(ledger: Ledger) -> Iterator[Difference]:
    """What of the cases does not fit together."""
    for case, entries in sorted(ledger.cases.items()):
        yield from _numbered(case, entries)
        for sk, record in sorted(entries.items(), key=lambda one: int(one[0])):
            yield from _in_journal(ledger, f"C#{case} {sk}", record["entry"])
        last = entries[max(entries, key=int)]
        if case in ledger.listed and last["state"] in SETTLED:
            yield Difference("decided_and_listed", f"C#{case}", "listed as open", last["state"])
    yield from _journal(ledger)
    yield from _messages(ledger)


def _numbered(case: str, entries: dict[str, Record]) -> Iterator[Difference]:
    numbers = sorted(int(sk) for sk in entries)
    wanted = list(range(1, len(entries) + 1))
    said = sorted(record["number"] for record in entries.values())
    if not numbers == said == wanted:
        told = ", ".join(map(str, numbers))
        yield Difference("entry_gap", f"C#{case}", f"entries {told}", f"1 to {max(numbers)}")


def _in_journal(ledger: Ledger, where: str, entry: Record) -> Iterator[Difference]:
    """The journal holds the entry that a case holds, word for word."""
    places = ledger.entries.get(entry["entry"], [])
    if len(places) != 1:
        yield Difference(
            "entry_without_journal", where, f"{len(places)} in the journal", entry["entry"]
        )
    elif places[0][1] != entry:
        yield Difference("entry_without_journal", where, "another entry", entry["entry"])


def _journal(ledger: Ledger) -> Iterator[Difference]:
    """Each journal entry stands in every case that it moved, and under its own day."""
    held = {
        (case, record["entry"]["entry"])
        for case, entries in ledger.cases.items()
        for record in entries.values()
    }
    for name, places in sorted(ledger.entries.items()):
        for day, entry in places:
            where = f"J#{day.provider}#{day.day}#{name[0]} entry#{name}"
            if (entry["provider"], entry["at"][:10]) != day:
                yield Difference("journal_without_entry", where, entry["at"][:10], day.day)
            for case in entry.get("cases", ()):
                if (case, name) not in held:
                    yield Difference("journal_without_entry", where, "no entry", f"C#{case}")


def _messages(ledger: Ledger) -> Iterator[Difference]:
    """Each message that was taken made one entry, and each entry was made by one."""
    made: dict[str, str] = {}
    for message, marker in sorted(ledger.messages.items()):
        made[marker["entry"]] = message
        places = ledger.entries.get(marker["entry"], [])
        if not any(day == (marker["provider"], marker["day"]) for day, _ in places):
            is_ = "no entry" if not places else f"an entry of {places[0][0].day}"
            yield Difference("message_without_entry", f"M#{message}", is_, marker["day"])
    for name in sorted(ledger.entries.keys() - made.keys()):
        day = ledger.entries[name][0][0]
        where = f"J#{day.provider}#{day.day}#{name[0]} entry#{name}"
        yield Difference("entry_without_message", where, "no message", "one message")
