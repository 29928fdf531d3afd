"""Whatever a name or a word holds, it is text in the pages and the spreadsheet."""

import csv
import io

import msgspec
import pytest
from support.hostile import FORMULA, HOSTILE, OBEYED
from support.publish_world import CLOSED, World, sample_pack, sample_receipt, sample_rule
from support.published_site import pages_of, parsed

from publish.folding import PublishedSets
from publish_steps.site_files import encode_csv
from publish_steps.site_pages import Pages
from rules.rule_set import read_set


def hostile_world(payload: str) -> tuple[list[str], bytes]:
    """All pages, and the CSV, of a world in which every name and word is this one."""
    made = World()
    hostile = sample_pack(rules=[sample_rule(payload, why=payload, match=[payload] * 2)],
                          title=payload, why=payload, owner=payload, category=payload,
                          campaign="autumn",
                          legal_ground={"text": payload, "url": f"javascript:alert(1)//{payload}"},
                          languages=[payload])  # fmt: skip
    pause = {"rule": payload, "since": payload, "why": payload}
    digest = made.put_set(hostile, acme={"packs": None, "paused": [pause]})
    key = f"one-time-codes/1/{payload}/live"
    made.store.add(
        sample_receipt(
            by_rule={key: 5}, held={key: 2}, refused={payload: 1}, skipped=(payload,), set=digest
        )
    )
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    day = msgspec.structs.replace(day, provider=payload, public_url=payload)
    catalogue = PublishedSets(
        {digest: read_set(made.objects.stored[f"sets/{digest}.json"])}, digest
    )
    pages = [Pages(catalogue, payload, "2026-11-26").summary(day, digest="")]
    return [*pages, *(made.text(key) for key in pages_of(made))], encode_csv(day)


def shape(page: str) -> list[tuple[str, list[str]]]:
    """The elements of a page in order, each with the names of its attributes."""
    return [(tag, sorted(attributes)) for tag, attributes in parsed(page).tags]


@pytest.fixture(scope="module")
def harmless_world() -> tuple[list[str], bytes]:
    return hostile_world("Plain words, of a harmless kind")


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_inert_in_pages_and_spreadsheet(
    payload: str, harmless_world: tuple[list[str], bytes]
) -> None:
    """A page has the elements and attributes that it has with harmless names, and no others."""
    pages, table = hostile_world(payload)
    harmless_pages, harmless_table = harmless_world
    assert [shape(page) for page in pages] == [shape(page) for page in harmless_pages]
    for page in pages:
        found = parsed(page)
        assert page.count("<style>") == 1
        assert not [link for link in found.links if link.startswith("javascript:")]
        assert OBEYED.findall(page) == []
    assert OBEYED.findall(table.decode()) == []
    rows, harmless = (
        list(csv.reader(io.StringIO(data.decode(), newline=""))) for data in (table, harmless_table)
    )
    assert [len(row) for row in rows] == [len(row) for row in harmless]
    assert [cell for row in rows for cell in row if FORMULA.match(cell)] == []
