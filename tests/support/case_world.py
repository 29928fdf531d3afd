"""Cases over AWS in memory: for tests that judge many messages."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from support.sample_messages import SENT
from support.sample_posts import SHADOW, StandingClock, pack
from support.stored_files import StoredFiles
from support.world import DAY, Clients, World, clients_in_memory

from ledger.cases import Case, CaseEntry, JournalEntry, WaitingMessage
from ledger.codes import CaseReceipt
from ledger.findings import Finding
from ledger.keys import Provider
from ledger.table import record_of
from ledger.units import Marker
from matcher import build_set, digest_of

SET = build_set([pack(), pack(SHADOW)], notice_hours=0)
UNIT = "unit-1"
KEPT_UNTIL = 2**32
"""When an excerpt ends that no message has moved."""


def finding(number: int, **changes: Any) -> Finding:
    """A finding of `acme`, counted by the unit `unit-1`."""
    given = Finding(
        finding=f"{number:064x}", provider="acme", post="1", account="k2026-11:ab",
        published_at="2026-11-25T10:00:00Z", found_at="2026-11-25T12:00:00Z", pack="codes",
        version=3, set=digest_of(SET), rule="asks-for-code", mode="live",
        category="SCAMS_AND_FRAUD", severity="high", spans=(), unit=UNIT, reach=number,
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


@dataclass(slots=True)
class CaseWorld(World):
    """A stack with two providers and a unit, and what its table holds of cases."""

    clients: Clients = field(default_factory=clients_in_memory)
    clock: StandingClock = field(default_factory=lambda: StandingClock(SENT))

    def __post_init__(self) -> None:
        World.__post_init__(self)
        for name in ("acme", "other"):
            self.store.put_provider(Provider(name, territory=("DE", "NL")))
        self.store.table.put(f"U#{UNIT}", "unit", Marker(UNIT, "acme", DAY))

    def find(self, *findings: Finding) -> tuple[str, ...]:
        """Put findings with excerpts; their ids."""
        self.store.put_findings([(one, "Send me the code") for one in findings], KEPT_UNTIL)
        return tuple(one.finding for one in findings)

    def types(self) -> list[str]:
        """The types of all entries, sorted."""
        return sorted(entry.type for entry in self.journal.values())

    def receipts(self) -> dict[str, CaseReceipt]:
        """The receipts of messages, by the sender's id."""
        read = [msgspec.json.decode(data, type=CaseReceipt)
                for key, data in self.files.items() if "/receipts/messages/" in key]  # fmt: skip
        return {one.id: one for one in read}

    def case(self, case: str) -> Case | None:
        return self.store.case(case)

    @property
    def files(self) -> StoredFiles:
        """What is handed out."""
        return StoredFiles(self.objects, self.out)

    @property
    def journal(self) -> dict[str, JournalEntry]:
        return dict(self._records("entry#", JournalEntry))

    @property
    def entries(self) -> dict[str, dict[int, CaseEntry]]:
        """The entries of each case by number."""
        found: dict[str, dict[int, CaseEntry]] = defaultdict(dict)
        for item in self.items():
            if item["sk"]["S"].isdigit() and (entry := record_of(item, CaseEntry)):
                found[item["pk"]["S"].removeprefix("C#")][entry.number] = entry
        return found

    @property
    def waiting(self) -> list[WaitingMessage]:
        return [message for _, message in self._records("waits#", WaitingMessage)]

    @property
    def excerpts(self) -> dict[str, tuple[str, int]]:
        """The excerpts that are kept, each with its end, by finding."""
        return {
            item["pk"]["S"].removeprefix("C#"): (item["text"]["S"], int(item["expires"]["N"]))
            for item in self.items()
            if item["sk"]["S"] == "excerpt" and "text" in item
        }

    @property
    def open(self) -> set[str]:
        return {*self.open_findings()}

    def _records[T](self, prefix: str, kind: type[T]) -> Iterator[tuple[str, T]]:
        for item in self.items():
            name = item["sk"]["S"]
            if name.startswith(prefix) and (record := record_of(item, kind)) is not None:
                yield name.removeprefix(prefix), record
