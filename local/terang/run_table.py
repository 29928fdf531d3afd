"""What the desk at home reads: a run's folder as the table of one provider, and a folder of packs.

`MemoryTable` is what `ledger.table` asks of DynamoDB. The findings of a run are put into it as scan
puts them. The messages of the run and of the files are judged by the code of decide, so that what
waits is what would wait in a stack.

`PackExamples` tries a moderator's example in the packs, and writes the patch for their author.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import unified_diff
from pathlib import Path
from threading import RLock
from typing import Any

import msgspec
import yaml

from authoring.check import check_packs
from authoring.format import LOADER, last_line
from cases.case_message import judge
from cases.case_store import Acceptance, DecidedPacks, Facts, FactsReader
from cases.kinds import CaseMessage, read_case_message
from desk.deciding import ExampleResult, NewExample, rules_with_examples
from desk.table_desk import TableDesk
from ledger.cases import CaseMarker, JournalEntry
from ledger.codes import CaseRefusal, OperatorError, countries_of
from ledger.desk_store import DynamoDesk
from ledger.finding_store import SEVERITY_RANKS, open_list_keys
from ledger.findings import FindingFingerprint, FloodQuestion, SampleLine, digest, is_id
from ledger.keys import Provider, audit_file_key
from ledger.store import DynamoStore
from ledger.table import Item, Table, item_of
from ledger.texts import Clock, SystemClock, clock_from_setting
from ledger.units import Marker
from rules.pack import PackError, load_packs, pack_paths
from terang import InputError, check_known
from terang.case_queue import Fields, FoundRow, decode_lines, in_waves, read_file, read_messages
from terang.rule_trials import HOME_RULES, NEVER, begin_at_home, fingerprinted

type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MemoryTable(Table):
    """Holds items by partition and sort key. Nothing in it expires.

    `keep`, if given, gets the items of each write before the write is done.
    """

    client: Any = None
    name: str = "memory"
    keep: list[Callable[[Sequence[Item]], None]] = field(default_factory=list)
    _items: dict[str, dict[str, Item]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def put(self, pk: str, sk: str, record: Any = None, **attributes: Any) -> None:
        self._write([item_of(pk, sk, record, **attributes)])

    def put_all(self, items: Iterable[Item]) -> None:
        self._write([*items])

    def get(self, pk: str, sk: str) -> Item | None:
        return self._items.get(pk, {}).get(sk)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        return {key: item for key in keys if (item := self.get(*key))}

    def query(self, pk: str, prefix: str) -> Iterator[Item]:
        return (item for sk, item in self._sorted(pk) if sk.startswith(prefix))

    def between(self, pk: str, start: str, end: str) -> Iterator[Item]:
        return (item for sk, item in self._sorted(pk) if start <= sk <= end)

    def listed(self, index: str, value: str, limit: int) -> list[tuple[str, str, str]]:
        pk_name, sk_name = f"{index}_pk", f"{index}_sk"
        with self._lock:
            found = sorted(
                (item[sk_name]["S"], pk, sk)
                for pk, items in self._items.items()
                for sk, item in items.items()
                if item.get(pk_name, {}).get("S") == value
            )
        return found[:limit]

    def _sorted(self, pk: str) -> list[tuple[str, Item]]:
        with self._lock:
            return sorted(self._items.get(pk, {}).items())

    def _write(self, items: Sequence[Item]) -> None:
        with self._lock:
            for keep in self.keep:
                keep(items)
            for item in items:
                self._items.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item

    def _cancelled(self, actions: Sequence[Item]) -> list[Item] | None:
        """Do all actions, or none and return why: a condition that does not hold."""
        with self._lock:
            pairs = [self._pair(action) for action in actions]
            held = [_holds(before, told) for before, told, _ in pairs]
            if not all(held):
                return [{"Code": "None" if good else "ConditionalCheckFailed"} for good in held]
            self._write([after for _, _, after in pairs if after is not None])
        return None

    def _pair(self, action: Item) -> tuple[Item, Item, Item | None]:
        """Return the stored item, the parameters of the action, and the item after it."""
        [(kind, told)] = action.items()
        key = told["Item"] if kind == "Put" else told["Key"]
        before = self.get(key["pk"]["S"], key["sk"]["S"]) or {}
        match kind:
            case "Put":
                return before, told, told["Item"]
            case "Update":
                return before, told, _updated(before, told)
        return before, told, None


def _updated(item: Item, told: Item) -> Item:
    """Return an item after `SET a = :a, …` or `REMOVE a, …`."""
    verb, _, names = told["UpdateExpression"].partition(" ")
    if verb == "REMOVE":
        return {name: value for name, value in item.items() if name not in names.split(", ")}
    values = told["ExpressionAttributeValues"]
    return item | {name.removeprefix(":"): value for name, value in values.items()}


def _holds(item: Item, told: Item) -> bool:
    """Return whether the condition of an action holds for the stored item, {} if there is none."""
    values = told.get("ExpressionAttributeValues", {})
    terms = told.get("ConditionExpression", "").split(" OR ")
    return any(_term_holds(item, term, values) for term in terms)


def _term_holds(item: Item, term: str, values: Item) -> bool:
    """Return whether `f(name)`, `name = :value` or `name <= :value` holds; no condition does."""
    if not term:
        return True
    function, _, name = term.rstrip(")").partition("(")
    if name:
        return (name in item) == (function == "attribute_exists")
    name, operator, wanted = term.split()
    stored, value = item.get(name), values[wanted]
    return stored is not None and (
        stored == value if operator == "=" else stored["S"] <= value["S"]
    )


PUBLIC, OUT = "public", "."
"""The buckets as folders of a run. Keys of the out bucket begin with `out/`."""


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
    `entries` is its journal.
    """

    provider: str
    store: DynamoStore
    reader: FactsReader
    public_url: str
    months: tuple[str, ...]
    only_audits: bool
    entries: list[JournalEntry] = field(default_factory=list)

    @classmethod
    def read(
        cls, path: Path, others: Sequence[Fields], provider: str | None = None, month: str = ""
    ) -> "RunTable":
        """Read a run's folder, and judge its messages and `others`, from elsewhere.

        With a month, only the sample of that month is read. Raises OperatorError if the folder is
        not a run's, it has not this provider, or the sample does not exist.
        """
        names = [each.name for each in (run_folder(path) / "out").glob("*/")]
        if provider and names:
            check_known("provider", provider, names)
        rows = [] if month else findings_of_run(path)
        known = provider or next((each.provider for each in rows), "")
        folder, clock = run_folder(path), clock_of_run(path)
        if not known:
            if len(names) != 1:
                where = f"{folder / 'out'} has {len(names)} providers"
                raise InputError(f"{where}: name one with --provider")
            [known] = names
        table = MemoryTable()
        store = DynamoStore(table, clock)
        store.put_provider(Provider(known, territory=countries_of("EU")))
        objects: Any = FolderObjects(folder)  # it only reads
        samples = (folder / audit_file_key(known, "x")).parent.glob("????-??.jsonl")
        months = (month,) if month else tuple(sorted(file.stem for file in samples))
        for each in months:
            key = audit_file_key(known, each)
            read_sample(objects.get(OUT, key), str(folder / key))
        packs = DecidedPacks(objects, PUBLIC)
        rows = [each for each in rows if each.provider == known]
        with suppress(OperatorError):  # a file of findings alone has no packs
            drawn = begin_at_home(store, known, rows, packs.of)
            rows = [
                msgspec.structs.replace(each, drawn=True) if each.finding in drawn else each
                for each in rows
            ]
        _fill(store, table, known, rows)
        run = cls(
            known,
            store,
            FactsReader(store, objects, packs, OUT, HOME_RULES),
            "/public" if (folder / PUBLIC).is_dir() else "",
            months,
            bool(month),
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
            trial_rules=self.reader.trial_rules,
        )

    def judge(self, messages: Sequence[Fields]) -> None:
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
            facts = Facts(self.provider, now, sent, by_day=True)
            message.ask(facts, self.reader)
            judged = judge(message, facts)
        except (OperatorError, OverflowError):
            return
        if isinstance(judged, Acceptance):
            entry = judged.entry
            key = digest("message", self.provider, message.id)
            marker = CaseMarker(key, self.provider, "", entry.at[:10], entry.entry)
            self.store.commit_case(marker, entry, judged.moves)
            self.entries.append(entry)


def _fill(store: DynamoStore, table: MemoryTable, provider: str, rows: Sequence[FoundRow]) -> None:
    """Put findings, their units, the questions about held rules, and fingerprints."""
    table.put_all(item for row in rows for item in _items_of(row))
    for row in sorted(rows, key=lambda row: row.found_at):
        if row.held:
            day, rule = row.found_at[:10], f"{row.pack}/{row.rule}"
            store.put_flood(provider, FloodQuestion(day, rule, row.found_at, 0, 0, 0), NEVER)
    by_day = defaultdict[str, list[FindingFingerprint]](list)
    for row, _, made in fingerprinted(rows):
        by_day[row.found_at[:10]].append(FindingFingerprint(row.finding, "", made))
    for day, made_on in by_day.items():
        store.put_fingerprints(Marker("0", provider, day), made_on, NEVER)


def _items_of(row: FoundRow) -> Iterator[Item]:
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
        run = msgspec.json.decode(read_file(file), type=dict[str, str])
        return clock_from_setting(run.get("today", ""))
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"{file}: not from a run: {error}") from None


@dataclass(frozen=True, slots=True)
class PackExamples:
    """The port `Adopter` over a folder of packs. The folder itself is never written."""

    folder: Path
    today: date

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""
        return rules_with_examples(load_packs(self.folder, date.min))

    def adopted(self, example: NewExample) -> ExampleResult | None:
        """Return the patch and what the check says; None if the packs have no such rule."""
        for path in pack_paths(self.folder):
            before = path.read_text("utf-8")
            after = with_example(before, example)
            if after is not None:
                old, new = (text.splitlines(keepends=True) for text in (before, after))
                lines = unified_diff(old, new, f"a/{path.name}", f"b/{path.name}")
                return ExampleResult("".join(lines), tuple(self._problems(path, after)))
        return None

    def _problems(self, path: Path, after: str) -> Iterator[str]:
        """Yield what `packs check` says about a copy of the pack that has the example."""
        with tempfile.TemporaryDirectory() as made:
            copy = Path(made) / path.name
            copy.write_text(after, "utf-8")
            try:
                check_packs(copy, self.today, protected=path.parent / "protected", advice=False)
            except PackError as error:
                yield from map(str, error.problems)


def with_example(source: str, example: NewExample) -> str | None:
    """Return the YAML of a pack with the example in its rule; None if it is another pack's.

    The example becomes the last of its list; comments and layout stay as they are.
    """
    top = yaml.compose(source, Loader=LOADER)
    pack = _fields(top)
    if "id" not in pack or pack["id"].value != example.pack or "rules" not in pack:
        return None
    rules = {fields["id"].value: fields for fields in map(_fields, pack["rules"].value)}
    rule = rules.get(example.rule)
    if rule is None:
        return None
    quoted = json.dumps(example.text, ensure_ascii=False)
    lines = source.splitlines(keepends=True)
    listed = rule.get(example.kind)
    if not isinstance(listed, yaml.CollectionNode) or not listed.value:
        indent = " " * rule["id"].start_mark.column
        indent = indent[: -len("id: ")]
        at = last_line(max(rule.values(), key=lambda node: node.end_mark.index)) + 1
        return _inserted(lines, at, f"{indent}{example.kind}:\n{indent}  - {quoted}\n")
    last = listed.value[-1]
    if listed.flow_style:
        mark = last.end_mark
        return f"{source[: mark.index]}, {quoted}{source[mark.index :]}"
    indent = " " * listed.start_mark.column
    return _inserted(lines, last_line(last) + 1, f"{indent}- {quoted}\n")


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if node else {}


def _inserted(lines: list[str], at: int, new: str) -> str:
    return "".join([*lines[:at], new, *lines[at:]])
