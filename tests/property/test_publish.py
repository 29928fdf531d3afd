"""Laws of publishing: folding is addition, and everything published follows from the journal."""

import csv
import io
import json
import re
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.effort import examples
from support.publish_world import World, sample_pack, sample_receipt, sample_rule

from ledger.posts import COUNTED_LANGUAGES, SCRIPTS, language_of
from ledger.texts import replace_controls
from ledger.units import Receipt, sum_records, sum_tallies
from publish.folding import Numbers
from publish.summary import Summary, decode_summary
from publish_steps.site_files import csv_cell

PACKS = [
    sample_pack("one-time-codes", 1, [sample_rule("asks"), sample_rule("sells", severity="low")]),
    sample_pack("one-time-codes-2", 3, [sample_rule("bait")], category="VIOLENCE"),
]
KEYS = [
    f"{pack['id']}/{pack['version']}/{rule['id']}/{mode}"
    for pack in PACKS
    for rule in pack["rules"]  # type: ignore[attr-defined]
    for mode in ("live", "shadow")
]
ENDINGS = ("", *(f"-{script}" for script in SCRIPTS))
counts = st.integers(0, 1_000)
tallies = st.dictionaries(st.sampled_from(["a", "b", "c"]), counts)
days = st.dates().map(str) | st.just("")
numbers = st.builds(Numbers,
                    **{name: counts if value == 0 else tallies if value == {} else days
                       for name, value in msgspec.structs.asdict(Numbers()).items()})  # fmt: skip


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    """A receipt that closes, of one of two providers and three days."""
    by_rule = draw(st.dictionaries(st.sampled_from(KEYS), counts))
    held = {key: draw(st.integers(0, count)) for key, count in by_rule.items() if "live" in key}
    return sample_receipt(
        draw(st.sampled_from(["2026-10-31", "2026-11-01", "2026-11-02"])),
        draw(st.integers(0, 10**9)), draw(st.sampled_from(["acme", "kilat"])),
        inspected=draw(counts),
        refused=draw(st.dictionaries(st.sampled_from(["not_public", "json_syntax"]), counts)),
        by_rule=by_rule, held=held, repeats=draw(counts), partly_read=draw(st.just(0) | counts),
        skipped=tuple(draw(st.sets(st.sampled_from(["old/1", "older/2"])))),
        by_language=draw(st.dictionaries(st.sampled_from(["en", "en-GB", "x y"]), counts)),
    )  # fmt: skip


def published(facts: list[Receipt]) -> World:
    made = World()
    digest = made.put_set(*PACKS)
    for receipt in facts:
        made.store.add(msgspec.structs.replace(receipt, set=digest))
    made.publish("2026-11-03T02:00:00Z")
    return made


def summaries(made: World) -> list[Summary]:
    keys = [key for key in made.objects.keys("public", "summaries/") if key.endswith(".json")]
    return [decode_summary(made.files[key]) for key in keys]


@given(st.lists(numbers), st.lists(numbers), st.randoms(use_true_random=False))
def test_the_order_and_grouping_of_parts_never_matter(left: list[Numbers], right: list[Numbers],
        random: object) -> None:  # fmt: skip
    mixed = [*left, *right]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert sum_records(
        Numbers, [sum_records(Numbers, left), sum_records(Numbers, right)]
    ) == sum_records(Numbers, mixed)


@given(numbers)
def test_nothing_is_the_nought_of_folding(part: Numbers) -> None:
    assert sum_records(Numbers, [part, Numbers()]) == sum_records(Numbers, [part])
    assert sum_records(Numbers, []) == Numbers()


@pytest.mark.usefixtures("in_english_only")
@examples(30)
@given(st.lists(receipts(), max_size=12, unique_by=lambda receipt: receipt.unit))
def test_a_month_is_its_days_and_all_is_its_providers(facts: list[Receipt]) -> None:
    made = published(facts)
    found = {(summary.provider, summary.period): summary for summary in summaries(made)}
    for summary in found.values():
        parts = [found[summary.provider, part.name].numbers for part in summary.days]
        if parts:
            assert sum_records(Numbers, parts) == summary.numbers
        parts = [found[part.name, summary.period].numbers for part in summary.providers]
        if parts:
            assert sum_records(Numbers, parts) == summary.numbers


@pytest.mark.usefixtures("in_english_only")
@examples(30)
@given(st.lists(receipts(), max_size=12, unique_by=lambda receipt: receipt.unit))
def test_every_number_follows_from_the_public_journal(facts: list[Receipt]) -> None:
    """Recounted here with plain dictionaries, from the published files alone."""
    made = published(facts)
    for summary in summaries(made):
        plain: Counter[str] = Counter()
        rules: Counter[str] = Counter()
        for file in summary.journal:
            names: list[str] = []
            for line in map(json.loads, made.text(file.path).splitlines()):
                if line["kind"] == "names":
                    names += line["names"]
                    continue
                counts = ("records", "inspected", "findings", "repeats")
                plain.update({name: line.get(name, 0) for name in counts})
                plain.update(refused=sum(line.get("refused", {}).values()), units=1)
                plain.update(held=sum(line.get("held", {}).values()))
                by_rule = line.get("by_rule", {})
                rules.update({names[int(number)]: count for number, count in by_rule.items()})
        shown = summary.numbers
        assert {name: getattr(shown, name) for name in plain} == dict(plain)
        assert shown.by_rule == {key: count for key, count in rules.items() if count}
        assert shown.records == shown.inspected + shown.refused
        assert shown.findings == shown.live + shown.shadow == sum(shown.by_category.values())
        assert shown.held <= shown.live


@given(st.text())
def test_a_cell_is_read_back_as_its_visible_text_and_never_as_a_formula(text: str) -> None:
    (row,) = list(csv.reader(io.StringIO(csv_cell(text), newline=""))) or [[""]]
    assert row[0].removeprefix("'") in {replace_controls(text),
                                        replace_controls(text).removeprefix("'")}  # fmt: skip
    assert not re.match(r"\s*[=+\-@\t\r\n\0]", row[0])


@given(st.dictionaries(st.text(max_size=40) | st.sampled_from(["en", "EN-gb", "x y"]), counts))
def test_a_shown_language_is_known_and_every_post_keeps_one(tags: dict[str, int]) -> None:
    shown = sum_tallies({language_of(tag): count} for tag, count in tags.items())
    known = {
        "other",
        *(f"{language}{script}" for language in COUNTED_LANGUAGES for script in ENDINGS),
    }
    assert shown.keys() <= known
    assert sum(shown.values()) == sum(tags.values())
