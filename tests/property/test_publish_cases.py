"""Laws of cases: published numbers follow from the journal, and sealed days change nothing."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.effort import examples
from support.publish_world import DiedError, World, live, sample_pack, sample_receipt, sample_rule
from support.sample_entries import contest, decision, entry, outcome

from cases.case_message import CaseLine
from cases.kinds import CaseNumbers, by_month, case_numbers
from ledger.cases import JournalEntry
from ledger.units import sum_records
from publish.publish_run import PublishRequest, publish
from publish.summary import decode_summary
from recount import recount_command

pytestmark = pytest.mark.usefixtures("in_english_only")

DAYS = ["2026-10-30", "2026-11-01", "2026-11-02"]
PACKS = [sample_pack("codes", 1, [sample_rule("asks"), sample_rule("sells")], campaign="autumn"),
         sample_pack("threats", 3, [sample_rule("bait")], category="VIOLENCE")]  # fmt: skip
RULES = [f"{rule}/{mode}"
         for rule in ("codes/1/asks", "codes/1/sells", "threats/3/bait")
         for mode in ("live", "shadow")]  # fmt: skip
verdicts = st.sampled_from(["confirmed", "dismissed", "escalated", "skipped"])
days = st.sampled_from(DAYS)


@st.composite
def decided(draw: st.DrawFn) -> JournalEntry:
    name = draw(st.uuids())
    verdict, day = draw(verdicts), draw(days)
    measures = {} if verdict == "confirmed" else {"measures": None}
    return decision(
        f"{name}", verdict, found=draw(st.sampled_from([one for one in DAYS if one <= day])),
        day=day, rules=draw(st.dictionaries(st.sampled_from(RULES), st.integers(1, 3), max_size=3)),
        after_hours=draw(st.floats(0, 900)), looked_seconds=draw(st.floats(0, 90)),
        moderator=draw(st.sampled_from(["lia", "budi", "sari"])),
        provider=draw(st.sampled_from(["acme", "kilat"])), notice=draw(st.sampled_from(["", "n"])),
        **measures,
    )  # fmt: skip


@st.composite
def followed(draw: st.DrawFn) -> list[JournalEntry]:
    """A decision, and perhaps what followed it."""
    first = draw(decided())
    if first.verdict not in {"confirmed", "dismissed"} or not draw(st.booleans()):
        return [first]
    kind = draw(st.sampled_from(["complaint", "dispute"]))
    of = {"provider": first.provider, "at": first.at}
    asked = contest(f"c {first.entry}", first, kind, **of)
    if not draw(st.booleans()):
        return [first, asked]
    result = draw(st.sampled_from(["upheld", "partly_reversed", "reversed", "omitted"]))
    implemented = draw(st.booleans()) if kind == "dispute" else None
    return [first, asked, outcome(f"o {first.entry}", asked, result, implemented=implemented, **of)]


@st.composite
def others(draw: st.DrawFn) -> JournalEntry:
    """Something that hangs on no decision."""
    name = str(draw(st.uuids()))
    of = {"provider": draw(st.sampled_from(["acme", "kilat"])), "at": f"{draw(days)}T12:00:00Z"}
    category = draw(st.sampled_from(["VIOLENCE", "SELF_HARM"]))
    kind = draw(st.sampled_from(["notice", "order", "suspension", "audit"]))
    if kind == "notice":
        return entry(name, kind, category=category, items=draw(st.integers(1, 9)),
                     trusted_flagger=draw(st.booleans()), **of)  # fmt: skip
    if kind == "suspension":
        return entry(name, kind, why="illegal_content", moderator="lia", **of)
    if kind == "audit":
        verdict = draw(st.sampled_from(["violating", "not_violating", "gone"]))
        about = {"category": category} if verdict == "violating" else {}
        return entry(name, kind, month=of["at"][:7], verdict=verdict, moderator="lia",
                     **about, **of)  # fmt: skip
    ended = draw(st.sampled_from(["", "complied", "contested", "refused", "impossible"]))
    return entry(name, kind, kind=draw(st.sampled_from(["act", "inform"])), country="DE",
                 authority=draw(st.sampled_from(["A/B", "C"])), items=draw(st.integers(0, 3)),
                 received_at="2026-10-01T00:00:00Z", outcome=ended,
                 effected_at="2026-10-02T00:00:00Z" if ended else "", **of)  # fmt: skip


histories = st.lists(followed(), max_size=8).map(lambda many: [one for few in many for one in few])


def published(done: list[JournalEntry]) -> World:
    made = World()
    digest = made.put_set(*PACKS)
    for provider in ("acme", "kilat"):
        for number, day in enumerate(DAYS):
            made.store.add(
                sample_receipt(day, number, provider, by_rule=dict.fromkeys(RULES, 9), set=digest)
            )
    for one in done:
        made.store.do(one)
    made.publish("2026-11-03T02:00:00Z")
    return made


@examples(40)
@given(histories, st.lists(others(), max_size=8))
def test_recount_proves_what_people_did(done: list[JournalEntry], more: list[JournalEntry]) -> None:
    made = published([*done, *more])
    with tempfile.TemporaryDirectory() as folder:
        for key, data in made.files.items():
            path = Path(folder) / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assert recount_command(Path(folder)) == 0


@examples(30)
@given(histories)
def test_a_month_is_its_days_and_all_is_its_providers(done: list[JournalEntry]) -> None:
    made = published(done)
    keys = [key for key in made.objects.keys("public", "summaries/") if key.endswith(".json")]
    found = {(s.provider, s.period): s for s in (decode_summary(made.files[k]) for k in keys)}
    for summary in found.values():
        if summary.kind == "month":
            parts = [found[summary.provider, day.name].cases for day in summary.days]
            assert sum_records(CaseNumbers, map(by_month, parts)) == summary.cases
        if summary.providers and summary.kind != "campaign":
            parts = [found[part.name, summary.period].cases for part in summary.providers]
            assert sum_records(CaseNumbers, parts) == summary.cases


@examples(30)
@given(histories)
def test_publishing_again_changes_nothing(done: list[JournalEntry]) -> None:
    made = published(done)
    before = dict(made.files)
    made.publish("2026-11-03T09:00:00Z")
    assert made.files == before


def test_a_type_that_is_not_known_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        case_numbers([CaseLine(1, "case", type="something_new")])


START = datetime(2026, 11, 24, 3, tzinfo=UTC)
SEALED_DAYS = ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
PROVIDERS = ["acme", "kilat"]


@dataclass(slots=True)
class History:
    """A world under hourly runs of publish, and one in which every run reads everything."""

    sealed: World = field(default_factory=World)
    whole: World = field(default_factory=World)
    now: datetime = START
    number: int = 0
    digest: str = ""

    def __post_init__(self) -> None:
        for world in (self.sealed, self.whole):
            self.digest = world.put_set(sample_pack())

    def commit(self, day: str, provider: str, found: int) -> None:
        """A unit is committed into a day, which may be closed long since."""
        self.number += 1
        rules = {live(): found} if found else {}
        receipt = sample_receipt(day, self.number, provider, by_rule=rules, set=self.digest)
        for world in (self.sealed, self.whole):
            world.store.add(receipt)

    def decide(self, day: str) -> None:
        self.number += 1
        entry = decision(f"d-{self.number}", "confirmed", day)
        for world in (self.sealed, self.whole):
            world.store.do(entry)

    def hour(self, dies_at: int, has_time: bool, applied: bool) -> None:
        """Publish in both worlds, an hour later; in the sealed one the run may die at a write."""
        self.now += timedelta(hours=1)
        self.sealed.has_time = has_time
        self.sealed.calls.fatal, self.sealed.calls.applied = dies_at or None, applied
        with suppress(DiedError):
            self.sealed.publish(self.now.isoformat(), check=False)
        self.sealed.calls.fatal = None

    def two_at_once(self) -> None:
        """A run begins and reads; another run comes and ends before the first one writes."""
        self.now += timedelta(hours=1)
        first = self.sealed.context(self.now.isoformat())
        usual = self.sealed.calls.around

        def put_after_the_other(name: str, call: Callable[[], object]) -> object:
            if name.startswith("put"):
                self.sealed.calls.around = usual
                self.sealed.publish(self.now.isoformat(), check=False)
            return call()

        self.sealed.calls.around = put_after_the_other
        publish(first, PublishRequest())
        self.sealed.calls.around = usual

    def lose(self, key: int) -> None:
        """A seal is lost, or damaged."""
        seals = self.sealed.seals
        if seals:
            name = sorted(seals)[key % len(seals)]
            seals[name] = [b"", b"{", seals[name].replace(b'"form":"1-', b'"form":"0-')][key % 3]


records = st.one_of(
    st.tuples(st.just("commit"), st.sampled_from(SEALED_DAYS), st.sampled_from(PROVIDERS),
              st.integers(0, 3)),
    st.tuples(st.just("decide"), st.sampled_from(SEALED_DAYS)),
)  # fmt: skip
steps = st.one_of(records,
    st.tuples(st.just("hour"), st.just(0) | st.integers(0, 30), st.booleans(), st.booleans()),
    st.tuples(st.just("two_at_once")), st.tuples(st.just("lose"), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.integers(1, 30)))  # fmt: skip


@examples(60)
@given(st.lists(steps, max_size=12))
def test_a_day_later_sealed_days_are_as_if_all_was_read(history: list[tuple[str, ...]]) -> None:
    """Late receipts, crashes, two publishers, lost seals: within 24 hours all numbers are right."""
    past = History()
    for name, *given_ in history:
        if name == "wait":
            past.now += timedelta(hours=int(given_[0]))
        else:
            getattr(past, name)(*given_)
    past.sealed.has_time = True
    for _ in range(24):
        past.hour(dies_at=0, has_time=True, applied=False)
    now = past.now.isoformat()
    from_nothing = past.whole
    from_nothing.publish(now)
    for key in sorted(from_nothing.files):
        if key.startswith("summaries/") and key.endswith(".json"):
            name = key.removeprefix("summaries/").removesuffix(".json")
            found, wanted = past.sealed.summary(name), from_nothing.summary(name)
            assert found.numbers == wanted.numbers, name
            assert found.cases == wanted.cases, name
    before = dict(past.sealed.files)
    past.sealed.publish(now)
    past.sealed.publish(now, rebuild=True)
    assert past.sealed.files == before
    with TemporaryDirectory() as folder:
        nothing_published = not past.sealed.objects.keys("public", "summaries/")
        assert recount_command(past.sealed.copy_to(Path(folder))) == 2 * nothing_published


@examples(40)
@given(st.lists(records, max_size=10))
def test_sealed_bytes_are_those_of_a_run_that_reads_all(history: list[tuple[str, ...]]) -> None:
    """Of the same facts in time, every published byte is the same, sealed or not."""
    past = History()
    for name, *given_ in history:
        getattr(past, name)(*given_)
    moment = START + timedelta(days=5)
    for world, check in ((past.sealed, False), (past.whole, True)):
        for hour in range(3):
            world.publish((moment + timedelta(hours=hour)).isoformat(), check=check)
    assert past.sealed.files == past.whole.files
