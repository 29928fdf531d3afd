"""Near copies have fingerprints that are alike, and nobody without the key can make one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.engine import Fingerprints
from rules.pack_parts import HASHES, Fingerprinted, are_copies, copy_groups, may_have_copies

MADE = Fingerprints(bytes(range(32)))
ADVERT = "Follow my channel for free coins, the first hundred people get ten coins each today"

COPIES = {"the same text": ADVERT, "letters in dress": ADVERT.replace("channel", "𝕔𝕙𝕒𝕟𝕟𝕖𝕝"),
          "other punctuation": ADVERT.replace(",", " !!! "), "a name in front": f"@lia {ADVERT}",
          "one word changed": ADVERT.replace("hundred", "thousand")}  # fmt: skip
OTHERS = {
    "a question about it": "Did anyone get the free coins that people talk about in this chat?",
    "ordinary words": "The market by the river opens at six, and the fish is fresh every morning",
    "half of it": f"My brother asks if this is a scam: {ADVERT[:40]}. I told him to wait a day",
}


@pytest.mark.parametrize("text", COPIES.values(), ids=COPIES)
def test_a_near_copy_is_found(text: str) -> None:
    assert are_copies(MADE.of([ADVERT]), MADE.of([text]))


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_another_text_is_not(text: str) -> None:
    assert not are_copies(MADE.of([ADVERT]), MADE.of([text]))


def test_code_that_makes_another_fingerprint_is_noticed() -> None:
    """If this fails, stored fingerprints lose their copies: the algorithm needs a new id."""
    assert MADE.of([ADVERT]).hex()[:32] == "380b802b5b447c7a871ed6914f92202e"


def test_another_key_gives_another_fingerprint() -> None:
    """So the same post at two providers, or a guess without the key, is not recognised."""
    assert not are_copies(MADE.of([ADVERT]), Fingerprints(bytes(32)).of([ADVERT]))


@pytest.mark.parametrize("text", ["Hello everybody", "ha" * 60, "", "😂" * 90])
def test_a_short_or_monotonous_text_has_no_fingerprint(text: str) -> None:
    assert MADE.of([text]) == b""


@settings(deadline=None)  # the first example loads numpy
@given(st.text(min_size=24).filter(may_have_copies))
def test_with_numpy_and_without_it_is_the_same(text: str) -> None:
    made = MADE.of_folded(text)
    assert made == MADE.of_folded_quickly(text)
    assert len(made) == HASHES


PRINTS = st.lists(st.sampled_from(b"abc"), min_size=HASHES, max_size=HASHES).map(bytes)


@settings(deadline=None)
@given(st.dictionaries(st.text("0123456789abcdef", min_size=4), PRINTS, max_size=30), st.randoms())
def test_groups_do_not_depend_on_the_order(prints: dict[str, bytes], chance: object) -> None:
    texts = [Fingerprinted(name, made) for name, made in prints.items()]
    groups = copy_groups(texts)
    chance.shuffle(texts)  # type: ignore[attr-defined]
    assert copy_groups(texts) == groups
    assert groups.keys() == prints.keys()
    for name, first in groups.items():
        assert first <= name
        assert are_copies(prints[first], prints[name])
