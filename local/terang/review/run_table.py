"""A run's folder as the table of one provider, in memory. It needs no AWS.

The findings are put as scan puts them. The messages of the run and of the files are judged by the
code of decide, so that what waits is what would wait in a stack.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from cases.case_facts import Acceptance, DecidedPacks, Facts, FactsReader, FirstSent
from cases.case_message import judge
from cases.kinds import CaseMessage, read_case_message
from desk.table_desk import TableDesk
from ledger.aws.desk_store import DynamoDesk
from ledger.aws.finding_store import SEVERITY_RANKS, open_list_keys
from ledger.aws.store import DynamoStore
from ledger.aws.table import Item, item_of
from ledger.cases import CaseMarker
from ledger.dsa_codes import CaseRefusal, countries_of
from ledger.findings import Finding, FloodQuestion, digest, is_id
from ledger.keys import Provider, audit_file_key
from ledger.privacy import FindingFingerprint, SampleLine
from ledger.refusals import OperatorError
from ledger.texts import Clock, SystemClock, clock_from_setting
from ledger.units import Marker
from matcher.fingerprint import Fingerprints
from matcher.fold import fold
from rules.pack_parts import may_have_copies
from terang import InputError, check_known
from terang.case_queue import decode_lines, in_waves, read_file, read_messages
from terang.review.memory_table import MemoryTable

PUBLIC, OUT = "public", "."
"""The buckets as folders of a run. Keys of the out bucket begin with `out/`."""

NEVER = 2**40
KEY = bytes(32)
"""The key of fingerprints that never leave this process."""


class _Run(msgspec.Struct, frozen=True):
    today: str = ""


class FoundRow(Finding, frozen=True):
    """A line of `findings.jsonl`, as scan writes it."""

    excerpt: str | None = None


@dataclass(frozen=True, slots=True)
class FolderObjects:
    """The copies of both buckets in a run's folder."""

    folder: Path

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return the bytes under a key, or None."""
        file = self.folder / bucket / key
        return read_file(file) if file.is_file() else None


@dataclass(frozen=True, slots=True)
class RunTable:
    """The table of a run, and how more messages move it.

    `months` are those of the samples in the folder. With `only_audits` nothing else waits.
    """

    provider: str
    store: DynamoStore
    reader: FactsReader
    public_url: str
    months: tuple[str, ...]
    only_audits: bool

    @classmethod
    def read(
        cls,
        path: Path,
        others: Sequence[Mapping[str, Any]],
        provider: str | None = None,
        month: str | None = None,
    ) -> "RunTable":
        """Read a run's folder, and judge its messages and `others`, from elsewhere.

        With a month, only the sample of that month is read. Raises OperatorError if the folder is
        not a run's, it has not this provider, or the sample does not exist.
        """
        if provider and (names := _providers_of(path)):
            check_known("provider", provider, names)
        rows = findings_of_run(path) if month is None else []
        known = provider or next((each.provider for each in rows), "") or provider_of_run(path)
        folder, clock = run_folder(path), clock_of_run(path)
        table = MemoryTable()
        store = DynamoStore(table, clock)
        store.put_provider(Provider(known, territory=countries_of("EU")))
        _fill(store, table, known, [each for each in rows if each.provider == known])
        objects: Any = FolderObjects(folder)  # it only reads
        months = (month,) if month else tuple(_months(folder, known))
        for each in months:
            key = audit_file_key(known, each)
            read_sample(objects.get(OUT, key), str(folder / key))
        run = cls(
            known,
            store,
            FactsReader(store, objects, DecidedPacks(objects, PUBLIC), OUT),
            "/public" if (folder / PUBLIC).is_dir() else "",
            months,
            month is not None,
        )
        taken = folder / "cases.jsonl"  # findings alone have none
        run.judge([*(read_messages(taken) if taken.is_file() else ()), *others])
        return run

    def desk(self, rows: DynamoDesk) -> TableDesk:
        """Return the desk over the run, with these rows of its moderator."""
        return TableDesk(
            store=self.store,
            desk=rows,
            sender=rows,
            objects=self.reader.objects,
            clock=self.store.clock,
            public_bucket=PUBLIC,
            public_url=self.public_url,
            out_bucket=OUT,
            months=self.months,
            only_audits=self.only_audits,
            marks_copies=True,
        )

    def judge(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Judge messages as decide does, each at the latest moment that it states.

        One that decide would refuse, and one about a set that cannot be read, moves nothing.
        """
        for wave in in_waves(messages):
            for fields in wave:
                message = read_case_message(msgspec.json.encode(fields))
                if not isinstance(message, CaseRefusal):
                    self._judge(message)

    def _judge(self, message: CaseMessage) -> None:
        stated = (getattr(message, name) for name in message.__struct_fields__ if name != "due_at")
        sent = self.store.clock.now()
        now = min(sent, max((each for each in stated if isinstance(each, datetime)), default=sent))
        try:
            facts = Facts(self.provider, now, FirstSent(sent, by_day=True))
            message.ask(facts, self.reader)
            judged = judge(message, facts)
        except (OperatorError, OverflowError):
            return
        if isinstance(judged, Acceptance):
            entry = judged.entry
            key = digest("message", self.provider, message.id)
            marker = CaseMarker(key, self.provider, "", entry.at[:10], entry.entry)
            self.store.commit_case(marker, entry, judged.moves)


def _fill(store: DynamoStore, table: MemoryTable, provider: str, rows: Sequence[FoundRow]) -> None:
    """Put findings, their units, the questions about held rules, and fingerprints."""
    table.put_all(item for row in rows for item in _items(row))
    for row in sorted(rows, key=lambda row: row.found_at):
        if row.held:
            day, rule = row.found_at[:10], f"{row.pack}/{row.rule}"
            store.put_flood(provider, FloodQuestion(day, rule, row.found_at, 0, 0, 0), NEVER)
    prints, by_day = Fingerprints(KEY), defaultdict[str, list[FindingFingerprint]](list)
    for row in rows:
        text = " ".join(fold(row.excerpt or "").split())
        if text:  # short texts are copies only if they are the same
            print_of = prints.of_folded_quickly if may_have_copies(text) else _digest
            made = FindingFingerprint(row.finding, "", print_of(text))
            by_day[row.found_at[:10]].append(made)
    for day, made_on in by_day.items():
        store.put_fingerprints(Marker("0", provider, day), made_on, NEVER)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass")).digest()


def _items(row: FoundRow) -> Iterator[Item]:
    key = f"C#{row.finding}"
    yield item_of(key, "finding", row, **open_list_keys(row))
    yield item_of(f"U#{row.unit}", "unit", Marker(row.unit, row.provider, row.found_at[:10]))
    if row.excerpt is not None:
        yield item_of(key, "excerpt", text=row.excerpt, expires=NEVER)


def findings_of_run(path: Path) -> list[FoundRow]:
    """Return the findings of a run. `path` is the run's folder or its `findings.jsonl`.

    Raises OperatorError if the file holds anything else.
    """
    file = run_folder(path) / "findings.jsonl" if path.is_dir() else path
    rows = decode_lines(read_file(file), FoundRow, str(file), "no findings.jsonl of a run")
    for number, row in enumerate(rows, 1):
        is_whole = row.spans and row.severity in SEVERITY_RANKS and is_id(row.finding)
        if not (is_whole and is_moment(row.found_at)):
            needs = "it needs an id, spans, a severity, and the time when it was found"
            raise InputError(f"{file}: finding {number} is not from a run: {needs}")
    return rows


def run_folder(path: Path) -> Path:
    """Return the folder of a run, of which the path may be the file of findings."""
    return path if path.is_dir() else path.parent


def is_moment(text: str) -> bool:
    """Return whether a text is a day and a time with its offset, so that an age can be computed.

    >>> is_moment("2026-11-25T10:00:00Z"), is_moment("2026-11-25T10:00:00"), is_moment("soon")
    (True, False, False)
    """
    try:
        return bool(date.fromisoformat(text[:10])) and bool(datetime.fromisoformat(text).tzinfo)
    except ValueError:
        return False


def _months(folder: Path, provider: str) -> Iterable[str]:
    samples = (folder / audit_file_key(provider, "x")).parent
    return sorted(file.stem for file in samples.glob("????-??.jsonl"))


def read_sample(data: bytes | None, name: str) -> list[str]:
    """Return the posts of a sample, by rank. Raises InputError if it cannot be read."""
    if data is None:
        raise InputError(f"there is no sample at {name}: publish draws it with each day")
    return [line.post for line in decode_lines(data, SampleLine, name)]


def clock_of_run(path: Path) -> Clock:
    """Return the clock of a run's folder: with the day that the run was given, if it was given one.

    Raises OperatorError if the folder's `run.json` is not a run's. A folder of findings alone
    has none.
    """
    file = run_folder(path) / "run.json"
    if not file.is_file():
        return SystemClock()
    try:
        return clock_from_setting(msgspec.json.decode(read_file(file), type=_Run).today)
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"{file}: not from a run: {error}") from None


def provider_of_run(path: Path) -> str:
    """Return the provider of a run's folder. Raises OperatorError if there is not exactly one."""
    names = _providers_of(path)
    if len(names) != 1:
        folder = run_folder(path) / "out"
        raise InputError(f"{folder} has {len(names)} providers: name one with --provider")
    return names[0]


def _providers_of(path: Path) -> list[str]:
    return [each.name for each in (run_folder(path) / "out").glob("*/")]
