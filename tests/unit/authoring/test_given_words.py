"""Words that somebody gives with a weight, for learning."""

import pytest

from authoring.features import FeatureKind, WeighedFeatures, prior_of, read_given_words, with_words
from authoring.labelled import LabelError


def test_a_line_has_a_word_and_its_weight() -> None:
    data = "\ufeff# lures\nfree gift: 4\n\n加我 : -2\n24/7: 1\n".encode()
    assert read_given_words(data, "w.txt") == {"free gift": 4, "加我": -2, "24/7": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("free gift", "w.txt:1: no weight from -9 to 9 after `:`; write `word: 4`"),
        ("free gift: x", "w.txt:1: no weight from -9 to 9 after `:`; write `free gift: 4`"),
        ("free gift: 10", "w.txt:1: no weight"),
        ("free gift: 0", "w.txt:1: no weight"),
        ("x: 4", "w.txt:1: `x` is a single letter"),
        (": 4", "w.txt:1: a term needs"),
        ("free gift: 4\nFREE  gift: 3", "w.txt:2: `FREE  gift` is the same as line 1; drop one"),
    ],
    ids=["no weight", "a word for it", "too much", "nothing", "a letter", "no word", "twice"],
)
def test_a_bad_line_is_reported_with_its_place(line: str, message: str) -> None:
    with pytest.raises(LabelError) as caught:
        read_given_words(line.encode(), "w.txt")
    assert str(caught.value).startswith(message)


def test_bytes_that_are_not_utf_8_are_reported() -> None:
    with pytest.raises(LabelError, match=r"w\.txt: not UTF-8"):
        read_given_words(b"\xff: 4", "w.txt")


def test_a_word_takes_the_place_of_a_candidate_with_its_fold() -> None:
    assert with_words(["bonus", "gift"], {"Gift": 3, "prize": 2}) == ["Gift", "bonus", "prize"]


def test_only_words_have_a_prior() -> None:
    """Weights are coefficients times four, so a prior is a quarter of the weight."""
    entries = WeighedFeatures(["bonus", "gift"], ["link"])
    assert list(entries) == [(FeatureKind.TERM, "bonus"), (FeatureKind.TERM, "gift"),
                             (FeatureKind.SIGN, "link")]  # fmt: skip
    assert prior_of(entries, {"gift": 4, "link": 9}).tolist() == [0, 1, 0]
