"""Laws of cases: whatever people did, every published number follows from the public journal."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.effort import examples
from support.publish_world import World, sample_pack, sample_receipt, sample_rule
from support.sample_entries import contest, decision, entry, outcome

from cases.case_message import CaseLine
from cases.kinds import CaseNumbers, by_month, case_numbers
from ledger.cases import JournalEntry
from ledger.units import sum_records
from publish.summary import decode_summary
from recount.recount import recount_command

pytestmark = pytest.mark.usefixtures("in_english_only")

DAYS = ["2026-10-30", "2026-11-01", "2026-11-02"]
PACKS = [
    sample_pack("codes", 1, [sample_rule("asks"), sample_rule("sells")], campaign="autumn"),
    sample_pack("threats", 3, [sample_rule("bait")], category="VIOLENCE"),
]
RULES = [
    f"{rule}/{mode}"
    for rule in ("codes/1/asks", "codes/1/sells", "threats/3/bait")
    for mode in ("live", "shadow")
]
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
        for key, data in made.objects.stored.items():
            path = Path(folder) / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assert recount_command(Path(folder)) == 0


@examples(30)
@given(histories)
def test_a_month_is_its_days_and_all_is_its_providers(done: list[JournalEntry]) -> None:
    made = published(done)
    keys = [key for key in made.objects.keys("public", "summaries/") if key.endswith(".json")]
    found = {
        (s.provider, s.period): s for s in (decode_summary(made.objects.stored[k]) for k in keys)
    }
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
    before = dict(made.objects.stored)
    made.publish("2026-11-03T09:00:00Z")
    assert made.objects.stored == before


def test_a_type_that_is_not_known_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        case_numbers([CaseLine(1, "case", type="something_new")])
