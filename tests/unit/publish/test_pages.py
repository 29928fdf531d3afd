"""Pages without a browser: policy, links, numbers, letters for moderators; all text is inert."""

import base64
import csv
import io
import re
from hashlib import sha256
from pathlib import PurePosixPath
from posixpath import normpath

import msgspec
import pytest
from support.decided_findings import decided, do, world
from support.hostile import FORMULA, HOSTILE, OBEYED
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt, sample_rule
from support.published_site import pages_of, parsed, sample_site, text_of

from ledger.codes import Code
from ledger.store import assign_letters
from publish.folding import PublishedSets
from publish_steps.page_words import REFUSALS, opening
from publish_steps.site_files import encode_csv
from publish_steps.site_pages import Pages
from rules.rule_set import read_set


@pytest.fixture(scope="module")
def site() -> World:
    return sample_site()


def test_every_link_leads_to_something_that_is_published(site: World) -> None:
    """Relative links alone, so that a copied folder reads as the site does."""
    assert len(pages_of(site)) > 10
    for key in pages_of(site):
        for link in parsed(site.text(key)).links:
            if link.startswith(("https://", "#")):
                continue
            path, _, fragment = link.partition("#")
            target = normpath(str(PurePosixPath(key).parent / path))
            assert target in site.files, (key, link)
            if fragment:
                assert fragment in parsed(site.text(target)).ids, (key, link)


def test_every_fragment_and_label_is_there_once(site: World) -> None:
    for key in pages_of(site):
        found = parsed(site.text(key))
        assert len(found.ids) == len(set(found.ids)), key
        named = {attributes.get("aria-labelledby") for _, attributes in found.tags} - {None}
        named |= {link[1:] for link in found.links if link.startswith("#")}
        assert named <= set(found.ids), key


def test_the_policy_allows_the_one_stylesheet_and_nothing_else(site: World) -> None:
    for key in pages_of(site):
        page = site.text(key)
        (sheet,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        digest = base64.b64encode(sha256(sheet.encode()).digest()).decode()
        (policy,) = [
            str(attributes["content"])
            for tag, attributes in parsed(page).tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
        assert "unsafe" not in policy


def test_no_page_has_a_script_a_handler_or_a_style_attribute(site: World) -> None:
    for key in pages_of(site):
        for tag, attributes in parsed(site.text(key)).tags:
            assert tag not in {"script", "iframe", "object", "embed", "img", "form"}
            assert not [name for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize(("path", "refused", "first"), [
    ("acme/2026-11-25", 3,
     "On 25 November 2026 Terang read 100 public posts of acme and recorded 3 findings."),
    ("kilat/2026-11-25", 0,
     "On 25 November 2026 Terang read 1 public post of kilat. None of them met a rule."),
    ("all/2026-11", 9, ("In November 2026 Terang read 301 public posts of 2 providers so far and"
                        " recorded 6 findings.")),
    ("acme/autumn", 9, ("In the days of the campaign autumn Terang read 300 public posts of acme"
                        " so far and recorded 4 findings of its rules.")),
], ids=["a day", "a quiet day", "an open month of all", "a campaign"])  # fmt: skip
def test_a_page_opens_with_plain_words(site: World, path: str, refused: int, first: str) -> None:
    proposed = "All of them were proposed for people to look at."
    others = f"{refused} other records were refused and not checked by any rule."
    assert opening(site.summary(path)) == [first, *([proposed, others] if refused else [])]


def test_the_opening_divides_findings_into_proposed_held_and_shadow() -> None:
    made = World()
    digest = made.put_set(sample_pack())
    rules = {live(): 17, "one-time-codes/1/asks-for-code/shadow": 3}
    made.store.add(
        sample_receipt(inspected=1_234_567, by_rule=rules, held={live(): 16}, set=digest)
    )
    made.publish(CLOSED)
    assert opening(made.summary("acme/2026-11-25"))[1] == (
        "Of these, 1 was proposed for people to look at, 16 held back by the flood guard"
        " and 3 only counted, by rules in shadow."
    )
    assert '<dd class="big">1,234,567</dd>' in made.text("summaries/acme/2026-11-25.html")


def test_a_page_says_what_its_numbers_do_not_mean(site: World) -> None:
    page = site.text("summaries/acme/2026-11-25.html")
    for words in ("counts again", "not a verdict", "never proposed",
                  "Nothing is removed by a machine", "terang recount",
                  "No decisions recorded yet"):  # fmt: skip
        assert words in page


def test_the_index_compares_providers_and_leaves_days_to_their_month() -> None:
    """Each head of a column leads to the same table in its order, without a script."""
    made = World()
    digest = made.put_set(sample_pack())
    for provider, inspected, found in (("acme", 9_000, 9), ("kilat", 4_000, 20)):
        counts = {"inspected": inspected, "by_rule": {live(): found}}
        made.store.add(sample_receipt(provider=provider, set=digest, **counts))
    made.publish(CLOSED)
    links = parsed(made.text("index.html")).links
    assert not [link for link in links if re.search(r"\d{4}-\d\d-\d\d", link)]
    assert {"summaries/acme/2026-11.html", "index.found.html"} <= set(links)
    for page, order in {"index": ["acme", "kilat"], "index.found": ["kilat", "acme"]}.items():
        text = made.text(f"{page}.html")
        assert text.count('aria-sort="descending"') == 1
        assert re.findall(r'2026-11.html">(acme|kilat)<', text) == order
    assert "9 in all" in text_of(text)  # of fewer than ten findings no rate
    assert "5.0" in text_of(text)


def test_every_code_of_refusal_has_its_words() -> None:
    assert set(REFUSALS) == set(Code)


def test_a_chart_is_on_a_page_only_where_it_compares_numbers(site: World) -> None:
    month, day = (site.text(f"summaries/acme/{name}.html") for name in ("2026-11", "2026-11-24"))
    assert "Inspected posts by day" in month
    assert "Inspected posts by day" not in day


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
    receipt = sample_receipt(by_rule={key: 5}, held={key: 2}, refused={payload: 1}, set=digest)
    made.store.add(msgspec.structs.replace(receipt, skipped=(payload,)))
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    day = msgspec.structs.replace(day, provider=payload, public_url=payload)
    catalogue = PublishedSets({digest: read_set(made.files[f"sets/{digest}.json"])}, digest)
    pages = [Pages(catalogue, payload, "2026-11-26").summary(day, digest="")]
    return [*pages, *(made.text(key) for key in pages_of(made))], encode_csv(day)


def shape(page: str) -> list[tuple[str, list[str]]]:
    """The elements of a page in order, each with the names of its attributes."""
    return [(tag, sorted(attributes)) for tag, attributes in parsed(page).tags]


@pytest.fixture(scope="module")
def harmless_world() -> tuple[list[str], bytes]:
    return hostile_world("Plain words, of a harmless kind")


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_inert_in_pages_and_spreadsheet(payload: str,
        harmless_world: tuple[list[str], bytes]) -> None:  # fmt: skip
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
    rows, harmless = ([*csv.reader(io.StringIO(data.decode(), newline=""))]
                      for data in (table, harmless_table))  # fmt: skip
    assert [len(row) for row in rows] == [len(row) for row in harmless]
    assert [cell for row in rows for cell in row if FORMULA.match(cell)] == []


def test_moderators_are_letters_and_few_decisions_give_no_share() -> None:
    made = world(d20261125=60)
    do(made, *decided(20, "confirmed"), *decided(3, "dismissed", moderator="budi", measures=None))
    made.publish(CLOSED)
    month = made.summary("acme/2026-11")
    assert sorted(month.cases.by_moderator.values()) == [3, 20]
    page = made.text("summaries/acme/2026-11.html")
    assert "1 moderator with fewer decisions is not shown" in page
    for data in (page, made.text("journal/acme/2026-11-25.jsonl")):
        assert "lia" not in data
        assert "budi" not in data


def test_letters_hold_for_a_month_and_are_dealt_anew_in_the_next() -> None:
    store = World().store
    assert assign_letters(store, "acme", "2026-11", ["lia", "budi", "lia"], 0) == {"lia": "A",
        "budi": "B"}  # fmt: skip
    assert assign_letters(store, "acme", "2026-11", ["sari", "budi"], 0)["sari"] == "C"
    assert assign_letters(store, "acme", "2026-12", ["budi", ""], 0) == {"budi": "A"}


def test_two_that_deal_letters_at_once_deal_none_twice() -> None:
    store = World().store

    class Late:
        """Reads the letters, and before it writes another has dealt one."""

        looks = 0

        def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
            found = store.moderator_letters(provider, month)
            if not self.looks:
                store.put_moderator_letter(provider, month, "A", "other", 0)
            self.looks += 1
            return found

        put_moderator_letter = store.put_moderator_letter

    assert assign_letters(Late(), "acme", "2026-11", ["lia"], 0) == {"other": "A", "lia": "B"}
