"""A campaign's summary: its packs over their days, and which campaigns get none."""

import pytest
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt, sample_rule


def test_a_campaign_is_its_packs_over_their_days() -> None:
    made = World()
    days = {"from": "2026-11-24", "until": "2026-11-25"}
    bait = sample_pack("bait", rules=[sample_rule("prize")], campaign="autumn", in_force=days)
    digest = made.put_set(sample_pack(), bait, kilat={"packs": []})
    prize = live("prize", "bait")
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        made.store.add(sample_receipt(day, by_rule={live(): 1, prize: 2}, set=digest))
    made.store.add(sample_receipt(provider="kilat"))
    made.publish("2026-11-25T02:00:00Z")
    assert made.summary("acme/autumn").provisional
    made.publish(CLOSED)
    campaign = made.summary("acme/autumn")
    assert (campaign.first_day, campaign.last_day) == ("2026-11-24", "2026-11-25")
    assert campaign.numbers.by_rule == {prize: 4}
    assert [(part.name, part.live) for part in campaign.days] == [
        ("2026-11-24", 2),
        ("2026-11-25", 2),
    ]
    assert not campaign.provisional
    assert made.summary("all/autumn").numbers.by_rule == {prize: 4}
    assert "summaries/kilat/autumn.json" not in made.objects.stored


@pytest.mark.parametrize("name", ["2026-11", "2026-11-25", "../autumn", "a.b"])
def test_a_campaign_named_like_a_period_or_a_path_gets_no_summary(name: str) -> None:
    """It overwrites nothing and stops nothing: every other summary is as without it."""
    found = []
    for campaign in (None, name):
        made = World()
        digest = made.put_set(sample_pack(), sample_pack("bait", campaign=campaign))
        made.store.add(sample_receipt(by_rule={live(): 3}, set=digest))
        outcome = made.publish(CLOSED)
        assert outcome.unpublishable == ([f"campaign {campaign}"] if campaign else [])
        tables = [key for key in made.objects.stored if key.endswith(".csv")]
        found.append({key: made.text(key).replace(digest, "") for key in tables})
        assert "packs/bait/1.html" in made.objects.stored
    assert len(found[1]) == 4
    assert found[0] == found[1]
    assert f"<dd>{name}</dd>" in made.text("packs/bait/1.html")


def test_a_campaign_long_over_is_left_as_it_stands() -> None:
    made = World()
    days = {"from": "2026-09-01", "until": "2026-09-02"}
    made.put_set(sample_pack(campaign="summer", in_force=days))
    made.store.add(sample_receipt())
    made.publish(CLOSED)
    assert not made.objects.keys("public", "summaries/acme/summer")
