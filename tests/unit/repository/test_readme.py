"""What README and docs/packs.md show as hit is hit, by their own pack and by the shipped ones."""

import re
from datetime import date
from pathlib import Path

import pytest

from matcher import Matcher, Pack, load_packs

ROOT = Path(__file__).parents[3]
README = "\n".join((ROOT / page).read_text("utf-8") for page in ("README.md", "docs/packs.md"))
[WRITTEN] = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EXAMPLE = Pack.parse(WRITTEN, "docs/packs.md")
TRIED = re.findall(r'terang packs try packs "([^"]+)"', README)
MATCH = [text for rule in EXAMPLE.rules for text in rule.match]
IGNORE = [text for rule in EXAMPLE.rules for text in rule.ignore]


@pytest.fixture(scope="module")
def shipped() -> Matcher:
    return Matcher(load_packs(ROOT / "packs", date(2026, 11, 25)))


def test_the_readme_has_examples_of_each_kind() -> None:
    assert TRIED
    assert len(MATCH) >= 2
    assert len(IGNORE) >= 2


@pytest.mark.parametrize("text", MATCH)
def test_a_match_of_the_example_pack_is_hit_by_it(text: str) -> None:
    assert {hit.rule for hit in Matcher([EXAMPLE]).find(text)} == {"asks-for-code"}


@pytest.mark.parametrize("text", IGNORE)
def test_an_ignore_of_the_example_pack_is_not_hit_by_it(text: str) -> None:
    assert Matcher([EXAMPLE]).find(text) == ()


@pytest.mark.parametrize("text", [*TRIED, *MATCH])
def test_a_text_tried_on_the_shipped_packs_is_hit_by_them(text: str, shipped: Matcher) -> None:
    """The matches of the example too: they are what a reader tries first."""
    assert {hit.rule for hit in shipped.find(text)} == {"asks-for-code"}


@pytest.mark.parametrize("text", IGNORE)
def test_an_ignore_of_the_example_pack_is_not_hit_by_others(text: str, shipped: Matcher) -> None:
    assert shipped.find(text) == ()
