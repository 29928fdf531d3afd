"""Sealed days: whatever happened, what is published is what reading everything would publish."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.effort import examples
from support.publish_world import DiedError, World, live, sample_pack, sample_receipt
from support.sample_entries import decision

from publish.publish_run import PublishRequest, publish
from recount import recount_command

pytestmark = pytest.mark.usefixtures("in_english_only")

START = datetime(2026, 11, 24, 3, tzinfo=UTC)
DAYS = ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
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
        self.sealed.objects.fatal, self.sealed.objects.applied = dies_at or None, applied
        with suppress(DiedError):
            self.sealed.publish(self.now.isoformat(), check=False)
        self.sealed.objects.fatal = None

    def two_at_once(self) -> None:
        """A run begins and reads; another run comes and ends before the first one writes."""
        self.now += timedelta(hours=1)
        first = self.sealed.context(self.now.isoformat())
        put, began = type(self.sealed.objects).put, False

        def put_after_the_other(objects, bucket, key, data):  # type: ignore[no-untyped-def]
            nonlocal began
            if not began:
                began = True
                self.sealed.publish(self.now.isoformat(), check=False)
            return put(objects, bucket, key, data)

        type(self.sealed.objects).put = put_after_the_other  # type: ignore[method-assign]
        try:
            publish(first, PublishRequest())
        finally:
            type(self.sealed.objects).put = put  # type: ignore[method-assign]

    def lose(self, key: int) -> None:
        """A seal is lost, or damaged."""
        seals = self.sealed.seals.stored
        if seals:
            name = sorted(seals)[key % len(seals)]
            seals[name] = [b"", b"{", seals[name].replace(b'"form":"1-', b'"form":"0-')][key % 3]


records = st.one_of(
    st.tuples(
        st.just("commit"), st.sampled_from(DAYS), st.sampled_from(PROVIDERS), st.integers(0, 3)
    ),
    st.tuples(st.just("decide"), st.sampled_from(DAYS)),
)
steps = st.one_of(
    records,
    st.tuples(st.just("hour"), st.just(0) | st.integers(0, 30), st.booleans(), st.booleans()),
    st.tuples(st.just("two_at_once")),
    st.tuples(st.just("lose"), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
)


@examples(60)
@given(st.lists(steps, max_size=12))
def test_a_day_later_sealed_days_are_as_if_everything_was_read(
    history: list[tuple[str, ...]],
) -> None:
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
    for key in sorted(from_nothing.objects.stored):
        if key.startswith("summaries/") and key.endswith(".json"):
            name = key.removeprefix("summaries/").removesuffix(".json")
            found, wanted = past.sealed.summary(name), from_nothing.summary(name)
            assert found.numbers == wanted.numbers, name
            assert found.cases == wanted.cases, name
    before = dict(past.sealed.objects.stored)
    past.sealed.publish(now)
    past.sealed.publish(now, rebuild=True)
    assert past.sealed.objects.stored == before
    with TemporaryDirectory() as folder:
        nothing_published = not past.sealed.objects.keys("public", "summaries/")
        assert recount_command(past.sealed.copy_to(Path(folder))) == 2 * nothing_published


@examples(40)
@given(st.lists(records, max_size=10))
def test_sealed_bytes_are_those_of_a_run_that_reads_everything(
    history: list[tuple[str, ...]],
) -> None:
    """Of the same facts in time, every published byte is the same, sealed or not."""
    past = History()
    for name, *given_ in history:
        getattr(past, name)(*given_)
    moment = START + timedelta(days=5)
    for world, check in ((past.sealed, False), (past.whole, True)):
        for hour in range(3):
            world.publish((moment + timedelta(hours=hour)).isoformat(), check=check)
    assert past.sealed.objects.stored == past.whole.objects.stored
