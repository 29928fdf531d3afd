"""Pages on fact-checks: their publishers, how many there are, and which were refused."""

from datetime import UTC, datetime

import msgspec
import pytest
from support.hostile import HOSTILE, OBEYED
from support.publish_world import CLOSED, World, sample_pack
from support.published_site import parsed, published

from ledger.keys import factchecks_facts_key
from publish_steps.site_pages import PublishedIndex
from rules.pinned import FACTCHECKS, factchecks_pack

INDEX = "ab" * 32


def site(**facts: object) -> World:
    made = World()
    pack = factchecks_pack(None, ["en"], datetime(2026, 11, 1, tzinfo=UTC))
    made.put_set(sample_pack(), msgspec.to_builtins(pack), factchecks=INDEX)
    stored = msgspec.json.encode({"index": INDEX, "checks": 3} | facts)
    made.files[factchecks_facts_key(INDEX)] = stored
    made.publish(CLOSED)
    return made


def test_the_index_page_lists_the_index_in_force() -> None:
    made = site(by_publisher={"Check": 1, "Another Check": 2}, by_topic={"health": 2},
                refused={"publisher_not_trusted": 4})  # fmt: skip
    page = made.text("index.html")
    assert "3 checks of 2 publishers are in the index in force; 2 of them may lead" in page
    assert page.index("Another Check") < page.index("<bdi>Check")
    assert "4 checks: a publisher that is not on the list of trusted publishers" in page
    links = parsed(page).links
    assert {f"factchecks/{INDEX}.claims", f"factchecks/{INDEX}.json"} <= set(links)


def test_the_pack_page_says_how_a_post_is_compared_and_as_what_it_counts() -> None:
    page = site().text(f"packs/{FACTCHECKS}/1.html")
    assert "repeats the claim of a fact-check on that topic" in page
    assert "holds a term of every group" not in page
    assert "Counted as: Scams and fraud." in page
    assert "Must be found" not in page


def test_without_an_index_no_page_speaks_of_checks() -> None:
    assert "fact-check" not in published(sample_pack()).text("index.html")


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_hostile_publishers_are_inert(payload: str) -> None:
    changed = [
        {"url": url, "change": payload, "day": "2026-11-25"}
        for url in (payload, f"javascript:alert(1)//{payload}", f"https://check.example/{payload}")
    ]
    made = site(by_publisher={payload: 1}, refused={payload: 1}, changed=changed)
    page = made.text("index.html")
    found = parsed(page)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "img"})
    assert page.count("<style>") == 1
    assert not [link for link in found.links if link.startswith("javascript:")]
    assert not [n for _, attributes in found.tags for n in attributes if n.startswith("on")]
    assert not OBEYED.search(page.replace("\n", ""))


def test_publishers_come_by_their_checks() -> None:
    index = PublishedIndex(INDEX, 3, by_publisher={"b": 1, "a": 1, "c": 2})
    assert index.publishers == [("c", 2), ("a", 1), ("b", 1)]
