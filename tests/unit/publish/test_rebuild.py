"""Rebuilding: published files follow from the table, so a second run changes no byte."""

import pytest
from support.publish_world import World, live, sample_pack, sample_receipt
from support.sample_entries import contest, decision, outcome

NOW = "2026-12-03T02:00:00Z"
BEFORE = ("2026-11-06T02:00:00Z", "2026-11-26T02:00:00Z", "2026-11-28T09:00:00Z")
SINCE = "2026-11-05"
OWN = ("summaries/", "journal/", "schemas/", "index.html")
"""The paths that publish writes, without the pages of packs."""


@pytest.fixture
def made() -> World:
    """Two providers, two months, a campaign, decisions and a complaint; published as days went."""
    world = World()
    digest = world.put_set(sample_pack(campaign="november-2026"))
    for day, provider, found in (
        ("2026-11-05", "acme", 3),
        ("2026-11-25", "acme", 2),
        ("2026-11-25", "other-chat", 0),
        ("2026-12-01", "other-chat", 5),
    ):
        rules = {live(): found} if found else {}
        world.store.add(sample_receipt(day, provider=provider, by_rule=rules, set=digest))
    decided = decision("d-1", "confirmed", "2026-11-27")
    complaint = contest("c-1", decided)
    for entry in (decided, complaint, outcome("o-1", complaint)):
        world.store.do(entry)
    for moment in (*BEFORE, NOW):
        world.publish(moment)
    return world


def own(world: World) -> list[str]:
    return [
        key
        for key in world.objects.stored
        if key.startswith(OWN) or (key.startswith("packs/") and key.endswith(".html"))
    ]


def test_all_that_was_published_comes_back_with_the_same_bytes(made: World) -> None:
    before = dict(made.objects.stored)
    assert len(own(made)) > 100
    for key in own(made):
        del made.objects.stored[key]
    made.publish(NOW, since=SINCE, rebuild=True)
    assert sorted(made.objects.stored) == sorted(before)
    assert made.objects.stored == before


def test_what_was_spoilt_is_mended_and_the_rest_is_not_written(made: World) -> None:
    before = dict(made.objects.stored)
    spoilt = [key for key in own(made) if key.endswith((".html", ".csv", ".jsonl"))]
    for key in spoilt:
        made.objects.stored[key] += b" "
    made.publish(NOW, since=SINCE, rebuild=True)
    assert made.objects.stored == before
    assert sorted(made.objects.writes) == sorted(spoilt)


def test_it_tells_how_many_summaries_it_had_to_write(made: World) -> None:
    """A rebuild that finds all as it should be says so; each spoilt part of one counts it once."""
    assert made.publish(NOW, since=SINCE, rebuild=True).written == 0
    for suffix in ("html", "csv"):
        made.objects.stored[f"summaries/acme/2026-11-25.{suffix}"] += b" "
    made.objects.stored["journal/acme/2026-11-05.jsonl"] += b" "
    assert made.publish(NOW, since=SINCE, rebuild=True).written == 2


def test_a_revision_stays_what_it_is_and_its_pages_come_back(made: World) -> None:
    made.store.add(sample_receipt("2026-11-25", 2))
    made.publish("2026-12-03T03:00:00Z")
    before = dict(made.objects.stored)
    page = "summaries/acme/2026-11-25.html"
    assert "Revision 2." in made.text(page)
    del made.objects.stored[page]
    made.publish("2026-12-03T03:00:00Z", since=SINCE, rebuild=True)
    assert made.objects.stored == before


def test_without_being_asked_nothing_is_written_again(made: World) -> None:
    made.publish(NOW)
    assert made.objects.writes == []
