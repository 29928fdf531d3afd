"""What a unit is inspected from: the records in its lines, and the rules that try them.

A range owns the lines whose first byte lies in it. Each record is one post or one refusal.

The rules are those of a published set that a provider runs at a moment. Their terms have a matcher.
A rule `copies` hits near copies of posts that a person confirmed: `publish` keeps the fingerprints
of these in one snapshot for each provider. The first attempt at a unit compares its posts with the
newest snapshot, and records the result as `FoundCopies` before it stores a finding. Later attempts
take that result, and read no snapshot. A pack whose rules have neither has a finder of its own, and
`scan.handler` lists these.
"""

import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import msgspec

from ledger import units
from ledger.closing import current_set, stored_set
from ledger.codes import OperatorError, Refusal
from ledger.findings import CopySnapshot, Label, unit_id
from ledger.keys import copies_key
from ledger.objects import S3Objects
from ledger.posts import (
    LINE_BYTES,
    Post,
    TranslatedPost,
    language_of,
    read_line,
    read_translated_line,
)
from ledger.texts import Clock, lines_of_body, utc
from matcher import Hit, Matcher, Pack, Rule, RuleSet, Span, load_set
from matcher.engine import Fingerprints, load_numpy
from matcher.hit import PostResult
from rules.pack_parts import ALGORITHM, CopyIndex, Fingerprinted
from rules.rule import Mode
from rules.rule_set import HIGH, counted_rules

BOM = b"\xef\xbb\xbf"

REFUSALS_IN_DETAIL = 10_000
"""Refusals of one unit that are kept with their places. All are counted."""

READ_ON_BYTES = 256 * 1024
PASS_OVER_BYTES = 8 * 1024 * 1024

# A quote inside a text has a backslash before it, so this matches the field and nothing else.
_PSEUDONYM = re.compile(rb'"account":"k[0-9]{4}-[0-9]{2}:[0-9a-f]{32}"')


@dataclass(frozen=True, slots=True)
class OwnedLines:
    """The lines of a range. Of a last line that is too long, `passed_over` bytes are left out.

    `size` counts both, so that the sizes of a source's ranges add up to the source.
    """

    data: bytes
    passed_over: int = 0

    @property
    def size(self) -> int:
        """The number of bytes that the range owns."""
        return len(self.data) + self.passed_over

    def id_in(self, unit: units.RangeMessage) -> str:
        """Return the unit's id, a digest of its own bytes.

        The id of a translated unit leaves out the pseudonyms, which change with the month, so that
        the same file is known when it comes again later. A translated unit that holds only refusals
        does not hold the refused records, so the digest of the file's content joins the id.
        A byte order mark that does not begin the file is read as part of its record. Such a unit
        has another id than the same bytes at the start of a file.
        """
        tail = b"\n+%d" % self.passed_over if self.passed_over else b""
        data = self.data
        if unit.start and data.startswith(BOM):
            tail += b"\n+mark"
        if unit.translated:
            data, posts = _PSEUDONYM.subn(b'"account":""', data)
            tail += b"" if posts else unit.content.encode()
        return unit_id(unit.provider, data + tail)


def read_owned(objects: S3Objects, unit: units.RangeMessage) -> OwnedLines:
    """Read the lines that begin in the unit's range, in bounded memory whatever their length.

    Raises ObjectChangedError or ObjectGoneError.
    """
    # One byte before the range shows whether a line begins at its first byte.
    before = min(unit.start, 1)
    data = objects.read_range(unit.source, unit.start - before, unit.end)
    if before:
        newline = data.find(b"\n")
        if newline < 0:
            return OwnedLines(b"")
        data = data[newline + 1 :]
    if not data or data.endswith(b"\n"):
        return OwnedLines(data)
    return _read_rest_of_line(objects, unit, data)


def _read_rest_of_line(objects: S3Objects, unit: units.RangeMessage, data: bytes) -> OwnedLines:
    """Complete the last line. Beyond LINE_BYTES, count its bytes and do not keep them."""
    pieces, position, passed_over = [data], unit.end, 0
    line_size = len(data) - data.rfind(b"\n") - 1
    while position < unit.source.size:
        step = READ_ON_BYTES if line_size <= LINE_BYTES else PASS_OVER_BYTES
        end = min(unit.source.size, position + step)
        more = objects.read_range(unit.source, position, end)
        newline = more.find(b"\n") + 1
        rest = more[:newline] if newline else more
        if line_size <= LINE_BYTES:
            pieces.append(rest)
            line_size += len(rest)
        else:
            passed_over += len(rest)
        if newline:
            break
        position = end
    return OwnedLines(b"".join(pieces), passed_over)


@dataclass(slots=True)
class UnitRecords:
    """The posts and refusals of one unit, with their counts."""

    lines: int = 0
    records: int = 0
    posts: list[Post] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    unknown_fields: int = 0
    assumed_utc: int = 0

    @property
    def counts(self) -> dict[str, Any]:
        """What is counted of them, by the names of a receipt."""
        times = [post.published_at for post in self.posts]
        by_tag = Counter(post.language for post in self.posts)
        return {
            "lines": self.lines,
            "records": self.records,
            "inspected": len(self.posts),
            "refused": dict(self.refused),
            "by_language": units.sum_tallies({language_of(tag): n} for tag, n in by_tag.items()),
            "unknown_fields": self.unknown_fields,
            "assumed_utc": self.assumed_utc,
            "first": utc(min(times)) if times else "",
            "last": utc(max(times)) if times else "",
        }

    @classmethod
    def merged(cls, parts: Iterable["UnitRecords"]) -> "UnitRecords":
        """Return the records of several messages as those of one unit, without their places."""
        merged = cls()
        for part in parts:
            merged.lines += part.lines
            merged.records += part.records
            merged.posts += part.posts
            merged.refused.update(part.refused)
            merged.unknown_fields += part.unknown_fields
            merged.assumed_utc += part.assumed_utc
        return merged

    def accept(self, post: Post, unknown_fields: int) -> None:
        """Add a post."""
        self.posts.append(post)
        self.unknown_fields += unknown_fields
        self.assumed_utc += isinstance(post, TranslatedPost) and post.assumed_utc

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal; keep its place for the first REFUSALS_IN_DETAIL."""
        self.refused[refusal.code] += 1
        if len(self.refusals) < REFUSALS_IN_DETAIL:
            self.refusals.append(refusal)


def read_records(
    data: bytes, *, translated: bool = False, begins_file: bool = False
) -> UnitRecords:
    r"""Read all lines; blank ones are not records.

    Strip a byte order mark at the start of a file. Keep it anywhere else.

    >>> read_records(b'\n{"id": "1", "audience": "private"}\n').refusals
    [Refusal(code=<Code.NOT_PUBLIC: 'not_public'>, line=2, byte=1, field='audience')]
    """
    records = UnitRecords()
    byte = len(BOM) if begins_file and data.startswith(BOM) else 0
    read_record = read_translated_line if translated else read_line
    lines = (data[byte:] if byte else data).split(b"\n")  # splitlines would also cut at a lone CR
    if not lines[-1]:
        lines.pop()
    for line in lines:
        records.lines += 1
        if line and not line.isspace():
            records.records += 1
            record = read_record(line)
            if isinstance(record, Refusal):
                records.refuse(msgspec.structs.replace(record, line=records.lines, byte=byte))
            elif isinstance(record, TranslatedPost):
                records.accept(record, record.unknown_fields)
            else:
                records.accept(*record)
        byte += len(line) + 1
    return records


def read_body(body: str) -> UnitRecords:
    """Read the body of a message; one that cannot be read at all is one refused record."""
    lines = lines_of_body(body)
    if not isinstance(lines, Refusal):
        return read_records(lines)
    records = UnitRecords(lines=1, records=1)
    records.refuse(lines)
    return records


SNAPSHOT_SECONDS = 60
"""The longest time for which a worker believes a snapshot or draws before it reads them again."""

MOST_FOUND = 10_000
"""Copies of one unit: with 4,000 decisions, their record takes 350 KB of an item's 400."""

type PackRule = tuple[Pack, Rule]
"""A rule with its pack."""


def copy_rules(packs: Iterable[Pack]) -> dict[str, PackRule]:
    """Return the rules of copies of some packs, by `pack/rule`."""
    return {
        f"{pack.id}/{rule.id}": (pack, rule) for pack in packs for rule in pack.rules if rule.copies
    }


def part_hit(pack: Pack, rule: Rule, part: str, text: str, term: str) -> Hit:
    """Return the hit of a rule whose span is a whole part of a post."""
    mode, category = pack.mode_of(rule), pack.category_of(rule)
    spans = (Span(part, 0, len(text), term, ()),)
    return Hit(pack.id, pack.version, rule.id, mode, category, rule.severity, spans)


def copy_hit(found_by: PackRule, post: Post) -> Hit:
    """Return the hit of a rule of copies. Its span is the first part that is not empty."""
    part, text = next(part for part in post.parts if part[1])
    return part_hit(*found_by, part, text, f"{{{ALGORITHM}}}")


class Confirmed(NamedTuple):
    """What a worker knows of a provider's snapshot: its digest, and an index for each rule."""

    digest: str = ""
    is_erased: bool = False
    by_rule: Mapping[str, CopyIndex] = {}

    @classmethod
    def of(cls, data: bytes) -> "Confirmed":
        """Read a snapshot. One that another algorithm made has nothing to compare with."""
        snapshot, digest = msgspec.json.decode(data, type=CopySnapshot), sha256(data).hexdigest()
        by_rule: defaultdict[str, CopyIndex] = defaultdict(CopyIndex)
        for row in snapshot.rows if snapshot.algorithm == ALGORITHM else ():
            by_rule[row.rule].add(Fingerprinted(row.decision, row.fingerprint))
        if by_rule:
            load_numpy()
        return cls(digest, snapshot.erased, by_rule)


@dataclass(slots=True)
class KnownSnapshots:
    """The newest snapshots of confirmed fingerprints, kept in memory for a minute."""

    objects: S3Objects
    clock: Clock
    work_bucket: str
    _kept: dict[str, tuple[float, Confirmed]] = field(default_factory=dict)

    def newest(self, provider: str) -> Confirmed:
        """Return the provider's snapshot; an empty one where there is none."""
        now = self.clock.now().timestamp()
        read_at, confirmed = self._kept.get(provider, (0.0, Confirmed()))
        if not 0 <= now - read_at <= SNAPSHOT_SECONDS:
            data = self.objects.get(self.work_bucket, copies_key(provider))
            if data is None:
                confirmed = Confirmed()
            elif sha256(data).hexdigest() != confirmed.digest:
                confirmed = Confirmed.of(data)
            self._kept[provider] = now, confirmed
        return confirmed


def find_copies(
    posts: Sequence[Post],
    results: Sequence[PostResult],
    rules: Mapping[str, PackRule],
    confirmed: Confirmed,
    fingerprints: Fingerprints,
) -> units.FoundCopies:
    """Compare posts with the confirmed ones of each rule, except those that its parent rule hits.

    `results` are what the matcher found in the posts. Equal texts are compared once.
    """
    tried = {
        name: f"{pack.id}/{rule.copies}"
        for name, (pack, rule) in rules.items()
        if confirmed.is_erased or name in confirmed.by_rule
    }
    if not tried:
        return units.FoundCopies(confirmed.digest)
    known: dict[tuple[str, ...], bytes] = {}
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    count = not_compared = 0
    for number, (post, result) in enumerate(zip(posts, results, strict=True)):
        hits = {f"{hit.pack}/{hit.rule}" for hit in result.hits}
        wanting = [name for name, parent in tried.items() if parent not in hits]
        if not wanting:
            continue
        if confirmed.is_erased or count >= MOST_FOUND:
            not_compared += 1
            continue
        texts = tuple(text for _, text in post.parts)
        if texts not in known:
            known[texts] = fingerprints.of(texts)
        for name in wanting if known[texts] else ():
            decision = confirmed.by_rule[name].copy_of(known[texts])
            if decision is not None:
                found[name, decision].append(number)
                count += 1
    matches = (units.CopyMatch(*key, tuple(numbers)) for key, numbers in sorted(found.items()))
    return units.FoundCopies(confirmed.digest, tuple(matches), not_compared)


class Finder(Protocol):
    """Tries the rules of one pack, which have no terms, on the posts of a unit.

    A room adds itself to the list in `scan.handler` by the id of its pack, with a function that
    takes from the set what it needs.
    """

    def found(
        self, posts: Sequence[Post]
    ) -> tuple[Mapping[int, Sequence[tuple[str, str, str, Label]]], int]:
        """Return the hits by the number of their post, and how many posts were not tried.

        A hit is the id of a rule, the name of the part that it spans, what stands for its term, and
        the label that the finding proposes. A finder bounds its work by the posts alone, so that
        each attempt at a unit finds the same.
        """


POINTER_SECONDS = 30
"""The longest time for which a worker believes the pointer before it reads it again."""

KEPT = 8
"""Sets and matchers that a worker keeps. Sets change seldom, and a provider has one at a time."""


@dataclass(slots=True)
class Rules:
    """What a provider runs. `set` is a digest; `skipped` names packs that are not in their dates.

    `none_in_force` says that the provider has no rule at all (see `Selection`). `expected` has the
    per mille of posts that a rule may hit, by pack, and by rule where the provider adopted it.
    `receipt_bytes` is the most that a receipt takes. `copies` are the rules of copies, by
    `pack/rule`. `finders` come with the packs whose rules they try. `high_only` are the rules
    (`pack/rule`) that propose in their `high` band alone.
    """

    set: str
    skipped: tuple[str, ...]
    matcher: Matcher
    none_in_force: bool = False
    expected: Mapping[str, int] = field(default_factory=dict)
    receipt_bytes: int = 0
    copies: Mapping[str, PackRule] = field(default_factory=dict)
    finders: Sequence[tuple[Pack, Finder]] = ()
    high_only: Collection[str] = ()

    def in_its_band(self, hit: Hit) -> Hit:
        """Return a hit in shadow if its rule was adopted for its `high` band alone."""
        if hit.band == HIGH or f"{hit.pack}/{hit.rule}" not in self.high_only:
            return hit
        return msgspec.structs.replace(hit, mode=Mode.SHADOW)


@dataclass(slots=True)
class RuleSets:
    """Published sets and their matchers, kept in memory.

    Without a public address (`public` false) every rule runs as shadow. `finders` are by pack.
    `patience` is this worker's own share of POINTER_SECONDS, so that workers that started together
    do not all read the pointer and a new set at the same moment.
    """

    objects: S3Objects
    clock: Clock
    public_bucket: str
    public: bool
    patience: float = POINTER_SECONDS
    finders: Mapping[str, Callable[[RuleSet], Finder]] = field(default_factory=dict)
    _pointer: tuple[float, str] = (0.0, "")
    _sets: OrderedDict[str, RuleSet] = field(default_factory=OrderedDict)
    _rules: OrderedDict[tuple[object, ...], Rules] = field(default_factory=OrderedDict)

    def current(self) -> str:
        """Return the digest of the set in force, read at most POINTER_SECONDS ago."""
        now = self.clock.now().timestamp()
        if now - self._pointer[0] > self.patience or not self._pointer[1]:
            self._pointer = (now, current_set(self.objects, self.public_bucket))
        return self._pointer[1]

    def rules(self, digest: str, provider: str, at: datetime) -> Rules:
        """Return the rules of that set for a provider at a moment.

        Raises OperatorError if the set is missing, or has so many rules for the provider that a
        receipt of all of them would not fit into the table and no unit could be committed.
        """
        rule_set = self._set(digest)
        selection = rule_set.for_provider(provider, at, public=self.public)
        packs = selection.packs
        key = (
            digest,
            tuple(pack.id for pack in packs),
            selection.skipped,
            frozenset(selection.shadowed),
            frozenset(selection.adopted.items()),
            selection.no_rules,
        )
        if key not in self._rules:
            counted = list(counted_rules(packs))
            if problem := units.receipt_problem(counted):
                raise OperatorError(f"with the set {digest}, {provider} would run {problem}")
            versions = {pack.id: pack.version for pack in rule_set.packs}
            rules = Rules(
                set=digest,
                skipped=tuple(f"{pack}/{versions[pack]}" for pack in selection.skipped),
                receipt_bytes=units.max_receipt_bytes(counted),
                matcher=Matcher(packs),
                none_in_force=selection.no_rules,
                expected={
                    **{pack.id: pack.expected_per_mille or 0 for pack in packs},
                    **{name: one.expected for name, one in selection.adopted.items()},
                },
                copies=copy_rules(packs),
                finders=[
                    (pack, self.finders[pack.id](rule_set))
                    for pack in packs
                    if pack.id in self.finders
                ],
                high_only=[name for name, one in selection.adopted.items() if one.band == HIGH],
            )
            _keep(self._rules, key, rules)
        return self._rules[key]

    def _set(self, digest: str) -> RuleSet:
        if digest not in self._sets:
            data = stored_set(self.objects, self.public_bucket, digest)
            _keep(self._sets, digest, load_set(data, digest))
        return self._sets[digest]


def _keep[K, V](kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    while len(kept) > KEPT:
        kept.popitem(last=False)
