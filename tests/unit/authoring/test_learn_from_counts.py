"""Tables that count harmful documents by term, for learning."""

import pytest

from authoring.counts import CountedTerm, learn_from_counts, read_counts
from authoring.features import FeatureKind, LearningError
from authoring.labelled import LabelError, LabelledPost
from authoring.learning import Wanted

HEADER = "term\tdocuments\tlog2_odds\tcategory\n"


def test_a_row_has_a_term_or_a_sign_of_the_wanted_category() -> None:
    """Rows of signs with words, of unknown signs and of single letters are left out."""
    rows = "purple\t4\t9.1\tbulbs\n{d2}\t3\t2\tbulbs\n{link} now\t3\t2\tbulbs\n{x}\t1\t1\tbulbs\n"
    data = f"{HEADER}{rows}q\t1\t1\tbulbs\nother\t9\t9\tseeds\n".encode()
    assert read_counts(data, "t.tsv", {"bulbs"}) == [
        CountedTerm((FeatureKind.TERM, "purple"), 4, 9.1),
        CountedTerm((FeatureKind.SIGN, "digits-2"), 3, 2),
    ]
    sounds = read_counts(b"pinyin\tdocs\tlog2_odds\njia-wei\t7\t6\n", "t.tsv")
    assert sounds == [CountedTerm((FeatureKind.PINYIN, "jia-wei"), 7, 6)]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("term\tdocs\n", "t.tsv:1: no column `log2_odds`; the header has term, docs"),
        (f"{HEADER}a b\tmany\t2\tx\n", "t.tsv:2: "),
        (f"{HEADER}a b\t1\tnan\tx\n", "t.tsv:2: "),
        (f"{HEADER}a b\n", "t.tsv:2: "),
        (f"{HEADER}a b\t1\t5000\tx\n", "t.tsv:2: "),
        (f"{HEADER}a b\tinf\t2\tx\n", "t.tsv:2: "),
        (f"{HEADER}{'a' * 200_000}\t1\t2\tx\n", "t.tsv:2: not a table: field larger than"),
        (f"{HEADER}a\0b\t1\t2\tx\n", "t.tsv:2: '\\x00' in a term"),
        (f"{HEADER}a b\t1\t2\tx\na b\t3\t2\tx\n", "t.tsv:3: `a b` is the same as line 2"),
        (f"{HEADER}a b\t1\t2\tx\nA  B\t3\t2\ty\n", "t.tsv:3: `A  B` is the same as line 2"),
    ],
    ids=["a missing column", "a word for a number", "no odds", "a short row", "odds of nobody",
         "no end", "a long field", "a NUL", "a row twice", "a term in two spellings"],
)  # fmt: skip
def test_a_bad_table_is_reported_with_its_line(table: str, message: str) -> None:
    with pytest.raises(LabelError) as caught:
        read_counts(table.encode(), "t.tsv")
    assert str(caught.value).startswith(message)


def test_a_row_that_ends_before_its_term_is_left_out() -> None:
    assert read_counts(b"documents\tlog2_odds\tterm\n3\t2\n", "t.tsv") == []


def test_a_term_counts_in_each_category() -> None:
    data = f"{HEADER}a b\t1\t2\tx\na b\t3\t2\ty\n".encode()
    assert len(read_counts(data, "t.tsv")) == 2


def test_learning_needs_rows_and_clean_texts() -> None:
    row = CountedTerm((FeatureKind.TERM, "purple"), 420, 9.0)
    post = LabelledPost("we plant bulbs", is_harmful=False, place="clean.csv:1")
    for rows, clean in (([], [post]), ([row], [])):
        with pytest.raises(LearningError, match="needs rows"):
            learn_from_counts(rows, clean, [], Wanted(10, ()))
