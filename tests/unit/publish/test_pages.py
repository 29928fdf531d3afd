"""Pages without a browser: policy, links that lead somewhere, and what they say of numbers."""

import base64
import re
from hashlib import sha256
from pathlib import PurePosixPath
from posixpath import normpath

import pytest
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt
from support.published_site import pages_of, parsed, sample_site

from ledger.codes import Code
from publish_steps.page_words import REFUSALS, opening


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
            assert target in site.objects.stored, (key, link)
            if fragment:
                assert fragment in parsed(site.text(target)).ids, (key, link)


def test_every_fragment_and_label_is_there_once(site: World) -> None:
    for key in pages_of(site):
        found = parsed(site.text(key))
        assert len(found.ids) == len(set(found.ids)), key
        named = [
            str(attributes["aria-labelledby"])
            for _, attributes in found.tags
            if "aria-labelledby" in attributes
        ]
        named += [link[1:] for link in found.links if link.startswith("#")]
        assert set(named) <= set(found.ids), key


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


def test_numbers_are_shown_with_separators(site: World) -> None:
    made = World()
    made.store.add(sample_receipt(inspected=1_234_567))
    made.publish(CLOSED)
    assert '<dd class="big">1,234,567</dd>' in made.text("summaries/acme/2026-11-25.html")


@pytest.mark.parametrize(
    ("path", "sentences"),
    [
        pytest.param(
            "acme/2026-11-25",
            [
                "On 25 November 2026 Terang read 100 public posts of acme and recorded 3 findings.",
                "All of them were proposed for people to look at.",
                "3 other records were refused and not checked by any rule.",
            ],
            id="a day",
        ),
        pytest.param(
            "kilat/2026-11-25",
            ["On 25 November 2026 Terang read 1 public post of kilat. None of them met a rule."],
            id="a quiet day",
        ),
        pytest.param(
            "all/2026-11",
            [
                (
                    "In November 2026 Terang read 301 public posts of 2 providers so far"
                    " and recorded 6 findings."
                ),
                "All of them were proposed for people to look at.",
                "9 other records were refused and not checked by any rule.",
            ],
            id="an open month of all",
        ),
        pytest.param(
            "acme/autumn",
            [
                (
                    "In the days of the campaign autumn Terang read 300 public posts of acme so far"
                    " and recorded 4 findings of its rules."
                ),
                "All of them were proposed for people to look at.",
                "9 other records were refused and not checked by any rule.",
            ],
            id="a campaign",
        ),
    ],
)
def test_a_page_opens_with_plain_words(site: World, path: str, sentences: list[str]) -> None:
    assert opening(site.summary(path)) == sentences


def test_the_opening_divides_findings_into_proposed_held_and_shadow() -> None:
    made = World()
    digest = made.put_set(sample_pack())
    shadow = "one-time-codes/1/asks-for-code/shadow"
    rules = {live(): 17, shadow: 3}
    made.store.add(sample_receipt(by_rule=rules, held={live(): 16}, set=digest, refused={}))
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    assert opening(day)[1] == (
        "Of these, 1 was proposed for people to look at, 16 held back by the flood guard"
        " and 3 only counted, by rules in shadow."
    )


def test_a_page_says_what_its_numbers_do_not_mean(site: World) -> None:
    page = site.text("summaries/acme/2026-11-25.html")
    for words in (
        "counts again",
        "not a verdict",
        "never proposed",
        "Nothing is removed by a machine",
        "terang recount",
        "No decisions recorded yet",
    ):
        assert words in page


def test_every_code_of_refusal_has_its_words() -> None:
    assert set(REFUSALS) == set(Code)


def test_a_chart_is_on_a_page_only_where_it_compares_numbers(site: World) -> None:
    month, day = (site.text(f"summaries/acme/{name}.html") for name in ("2026-11", "2026-11-24"))
    assert "Inspected posts by day" in month
    assert "Inspected posts by day" not in day
