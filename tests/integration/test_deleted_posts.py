"""A post that was deleted at the provider leaves no text, and every number stays."""

import json
from typing import Any

import pytest
from support.sample_messages import complaint, decision, outcome
from support.sample_posts import OTP, PRIZE, fields
from support.world import DAY, World

GONE = {"type": "deleted", "id": "x-1", "post": "at://ana-zq7/p"}
POSTS = json.dumps([fields(id="at://ana-zq7/p", text=f"{OTP}. {PRIZE}"), fields(id="q", text=OTP)])


def scan(world: World) -> None:
    world.scanner().scan_message("acme", POSTS, world.clock.now())


def delete(world: World, **changes: Any) -> None:
    [outcome] = world.decide(GONE | changes)
    assert (outcome.status, outcome.type) == ("taken", "deleted")


def handed_out(world: World) -> dict[str, str | None]:
    """The excerpt of each finding in the provider's file, by its post."""
    [key] = world.objects.keys(world.out, f"out/acme/findings/{DAY}/")
    rows = map(json.loads, (world.objects.get(world.out, key) or b"").splitlines())
    return {row["post"]: row.get("excerpt") for row in rows}


def kept(world: World) -> dict[str, str | None]:
    """The stored excerpt of each finding, by its post."""
    open_now = world.store.open_findings("acme", 10)
    texts = world.store.excerpts([finding.finding for finding in open_now])
    return {finding.post: texts.get(finding.finding) for finding in open_now}


@pytest.mark.parametrize("order", [(scan, delete), (delete, scan), (scan, delete, delete, scan),
                                   (delete, scan, delete)])  # fmt: skip
def test_its_excerpt_ends_whatever_comes_first(order: tuple[Any, ...], world: World) -> None:
    """The finding stays open, and the post next to it whole. A post may be deleted at once."""
    for step in order:
        step(world)
    assert kept(world) == handed_out(world) == {"at://ana-zq7/p": None, "q": OTP}
    assert [receipt.findings for receipt in world.receipts()] == [3]


def acts(world: World) -> list[Any]:
    """What is stored of findings and of what people did, without texts."""
    places = [(item["pk"]["S"], item["sk"]["S"], item) for item in world.items()]
    return [item for pk, sk, item in places if pk[0] in "CJM" and sk != "excerpt"]


def test_no_entry_says_who_deleted_what(world: World) -> None:
    """Neither the journal nor a file of entries, and no place shows the post's id in clear."""
    scan(world)
    before = acts(world)
    delete(world)
    delete(world, id="x-2")
    assert acts(world) == before
    assert not [*world.objects.keys(world.out, "out/acme/entries/")]
    rows = [item for item in world.items() if item["pk"]["S"].startswith("K#")]
    assert len(rows) == 4
    assert "ana-zq7" not in str(rows)
    assert all("expires" in row for row in rows if row["sk"]["S"] != "key")


def test_another_provider_deletes_nothing(world: World) -> None:
    scan(world)
    [outcome] = world.decide(GONE, provider="other")
    assert outcome.status == "taken"
    assert kept(world)["at://ana-zq7/p"] is not None


def test_decisions_go_on_without_the_text(world: World) -> None:
    """What is decided later counts as before. A proposal made of the text loses it."""
    scan(world)
    [finding] = [one for one in world.store.open_findings("acme", 10) if one.post != "q"]
    said = (decision(finding.finding), complaint(), outcome(outcome="reversed"))
    assert [handled.status for handled in world.decide(*said)] == ["taken"] * 3
    [key] = world.objects.keys(world.out, "out/acme/proposals/")
    assert OTP in json.loads(world.objects.get(world.out, key) or b"")["text"]
    delete(world)
    assert json.loads(world.objects.get(world.out, key) or b"")["text"] == ""
    assert handed_out(world)["at://ana-zq7/p"] is None
