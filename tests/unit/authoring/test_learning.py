"""Learning: labelled posts in, weights and thresholds out."""

import json
from itertools import product

import numpy as np
import pytest

from authoring.features import DroppedTerms, WeighedFeatures, features_of, folds, rounded
from authoring.labelled import (
    LOWEST,
    LabelError,
    LabelledPost,
    Measured,
    choose_thresholds,
    read_answers,
    read_clean,
    read_labelled,
    relabel,
    review_lines,
    share_of_groups,
    suspects,
)
from authoring.term_candidates import candidates, copy_groups, patterns_in, sound_candidates

BAD_ROWS = {
    "a label that is not known": (
        '{"text": "a", "label": "scam"}',
        "posts.jsonl:1: label `scam` is not known; allowed are harmful, 1, true, yes and ordinary",
    ),
    "no label": (
        '{"text": "a"}',
        "posts.jsonl:1: no `label`; allowed are harmful, 1, true, yes and ordinary, 0, false, no",
    ),
    "no text": ('{"label": 1}', "posts.jsonl:1: no `text`, or it is not a string"),
    "an empty text": ('{"text": " ", "label": 1}', "posts.jsonl:1: `text` is empty; leave the row"),
    "a list": ("[]", 'posts.jsonl:1: not an object; write {"text": …, "label": …}'),
    "not JSON": ("text,label", "posts.jsonl:1: not JSON ("),
    "too deep": ("[" * 100_000, "posts.jsonl:1: not JSON ("),
}


@pytest.mark.parametrize(("written", "message"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_is_reported_with_its_place_and_what_is_allowed(
    written: str, message: str
) -> None:
    with pytest.raises(LabelError) as caught:
        read_labelled(written.encode(), "posts.jsonl", ".jsonl")
    assert str(caught.value).startswith(message)


def test_a_table_is_read_with_commas_or_semicolons() -> None:
    for comma in ",;":
        table = f'text{comma}label{comma}group\n"two\nlines"{comma}yes{comma}g\nb{comma}0{comma}\n'
        first, second = read_labelled(table.encode("utf-8-sig"), "p.csv", ".csv")
        assert first == LabelledPost("two\nlines", True, "p.csv:2", "g")
        assert second == LabelledPost("b", False, "p.csv:4")


def test_a_table_without_text_names_its_columns() -> None:
    with pytest.raises(LabelError, match=r"p.csv:1: no column `text`; the header has post, label"):
        read_labelled(b"post,label\n", "p.csv", ".csv")


def test_bytes_that_are_not_utf_8_are_reported_with_their_line() -> None:
    with pytest.raises(LabelError, match=r"p.csv:2: not UTF-8"):
        read_clean(b"text\n\xff\n", "p.csv", ".csv")


def test_of_many_bad_rows_the_first_are_shown() -> None:
    with pytest.raises(LabelError) as caught:
        read_labelled(b"1\n" * 25, "p", "")
    assert str(caught.value).splitlines()[-1] == "and 5 more"


def test_named_labels_are_harmful_and_all_others_ordinary() -> None:
    data = b'{"text": "a", "label": "scam"}\n\n{"text": "b", "label": "promo"}'
    assert [post.is_harmful for post in read_labelled(data, "p", "", {"scam"})] == [True, False]


def test_near_copies_are_one_group_and_named_groups_stay_together() -> None:
    """A group is known by its first text, so the order of the others changes nothing."""
    advert = "daftar sekarang dan dapatkan bonus besar di situs kami malam ini"
    texts = [advert, "halo semua", f"{advert} 🔥", "apa kabar", advert.upper()]
    assert copy_groups(texts) == [0, 1, 0, 3, 0]
    assert copy_groups(texts, ["", "x", "", "x", ""]) == [0, 1, 0, 1, 0]


def test_a_term_occurs_in_three_copy_groups_and_is_no_name() -> None:
    texts = ["bonus besar ROYAL77 royal", "bonus besar lain royal", "bonus besar x royal", "jarang"]
    found = candidates(texts, [True] * 3 + [False], [0, 1, 2, 3], DroppedTerms(["ROYAL77"]))
    assert found == ["besar", "bonus", "bonus besar"]
    assert candidates(texts, [True] * 3 + [False], [0, 0, 1, 3], DroppedTerms()) == []


def test_a_term_is_written_as_most_texts_write_it() -> None:
    texts = ["Работа дома", "работа срочно", "РАБОТА рядом"]
    assert candidates(texts, [True] * 3, [0, 1, 2], DroppedTerms()) == ["работа"]


def test_handles_links_numbers_and_single_letters_are_no_candidates() -> None:
    assert list(patterns_in("@someone https://a.example/x c 4you #topic")) == []


def test_features_are_what_the_matcher_finds() -> None:
    """Words in disguise count, and so does each sign; a text in a link does not."""
    entries = WeighedFeatures(["bonus", "gacor"], ["link", "digits-3"])
    texts = ["b0nus g.a.c.o.r", "https://gacor.example/bonus", "100"]
    assert features_of(texts, entries) == [[0, 1], [2], [3]]


def test_folds_hold_back_whole_groups() -> None:
    groups = [0, 0, 2, 3, 3, 5, 6]
    held = list(folds(groups, 3))
    assert np.sum(held, axis=0).tolist() == [1] * 7
    for fold, (first, second) in product(held, [(0, 1), (3, 4)]):
        assert fold[first] == fold[second]


def test_no_single_term_is_enough() -> None:
    sums = np.array([9, 9, 9, 0])
    assert rounded(np.array([7.5])).tolist() == [9]
    assert choose_thresholds(sums, np.array([True, True, True, False]), sums[:0]) == (
        LOWEST,
        LOWEST + 1,
    )


def test_a_clean_text_is_below_the_threshold_however_precise_the_labels_are() -> None:
    harmful = np.array([True] * 3 + [False])
    clean = np.repeat([14, 0], [2, 1000])
    assert choose_thresholds(np.array([20, 20, 20, 0]), harmful, clean) == (15, 16)


def test_few_ordinary_posts_ask_for_more_than_they_reach() -> None:
    """What 40 posts do not reach, some of the next 1,000 will: that is read from the highest."""
    harmful, ordinary = np.repeat(30, 40), np.arange(40) // 4
    sums, flags = np.concatenate([harmful, ordinary]), np.repeat([True, False], 40)
    few = choose_thresholds(sums, flags, sums[:0])
    many = choose_thresholds(sums, flags, np.repeat(ordinary, 25))
    assert many == (LOWEST, LOWEST + 1)
    assert LOWEST < few[0] < few[1] < 30


def test_a_share_counts_each_copy_group_once() -> None:
    flags = np.array([True] * 90 + [False] * 10)
    alone, copied = (share_of_groups(flags, list(groups)) for groups in (range(100), [0] * 100))
    assert alone == (90, 100, 0.825, 0.945)
    assert copied == (1, 1, 0.206, 1.0)


def measured() -> Measured:
    posts = [LabelledPost(f"text {at}", at < 2, f"p:{at}") for at in range(4)]
    sums = np.array([3, 20, 15, 1])
    return Measured(posts, 4, [0, 1, 2, 3], np.array([True, True, False, False]), sums, None)


def test_a_review_has_the_most_suspicious_labels_first() -> None:
    rows = [json.loads(line) for line in review_lines(measured())]
    assert [(row["text"], row["label"], row["score"]) for row in rows] == [
        ("text 2", "ordinary", 15),
        ("text 3", "ordinary", 1),
        ("text 0", "harmful", 3),
        ("text 1", "harmful", 20),
    ]


def test_answers_of_a_review_change_labels() -> None:
    rows = [json.loads(line) for line in review_lines(measured())]
    rows[0]["answer"] = "harmful"
    answers = read_answers("\n".join(map(json.dumps, rows)).encode(), "review.jsonl")
    posts = relabel(measured().posts, answers)
    assert [post.is_harmful for post in posts] == [True, True, True, False]


@pytest.mark.parametrize("line", ["[]", "x", "{}", '{"text": "a", "answer": "maybe"}'])
def test_a_bad_answer_is_reported_with_its_line(line: str) -> None:
    with pytest.raises(LabelError, match=r"r.jsonl:2: "):
        read_answers(f"\n{line}".encode(), "r.jsonl")


def test_an_advert_with_the_label_ordinary_does_not_push_thresholds_up() -> None:
    """Until somebody confirms its label: then it is a mistake of the pack."""
    texts = [f"post {at}" for at in range(304)]
    sums = np.array([20, 18, 16, 40, *[3] * 300])
    harmful = np.array([True, True, True, *[False] * 301])
    posts = [LabelledPost(text, flag, "p:1") for text, flag in zip(texts, harmful, strict=True)]
    measured = Measured(posts, 304, list(range(304)), harmful, sums, None)
    assert np.flatnonzero(measured.suspects).tolist() == [3]
    assert measured.choose_thresholds() == (LOWEST, LOWEST + 1)
    confirmed = relabel(posts, {"post 3": False})
    measured = Measured(confirmed, 304, list(range(304)), harmful, sums, None)
    assert not measured.suspects.any()
    assert measured.choose_thresholds() == (41, 42)


def test_few_posts_are_suspects_and_none_below_the_median_of_harmful_ones() -> None:
    sums = np.array([20, 10, 10, *[30] * 9, *[9] * 591])
    harmful = np.array([True, True, True, *[False] * 600])
    found = suspects(sums, harmful, np.zeros(603, bool))
    assert np.flatnonzero(found).tolist() == [3, 4, 5, 6, 7, 8]
    assert not suspects(sums - 25, harmful, np.zeros(603, bool)).any()
    assert not suspects(sums, np.zeros(603, bool), np.zeros(603, bool)).any()


def test_chinese_terms_are_found_next_to_digits_and_latin_letters() -> None:
    assert {"日 结", "结 稳", "加 我", "我 vx"} <= {*patterns_in("日结稳50元一天, 加我vx")}


def test_a_term_in_pinyin_has_several_spellings_in_harmful_posts() -> None:
    texts = ["快加薇", "要佳微", "来家喂", "加法", "加法好", "我加法"]
    harmful = [True, True, True, False, False, False]
    found = sound_candidates(texts, harmful, list(range(6)), lambda term: term == "never")
    assert found == ["jia-wei"]


def test_features_tell_terms_in_pinyin_from_written_ones() -> None:
    entries = WeighedFeatures(["加微"], ["link"], ["jia-wei"])
    assert features_of(["加微", "佳薇", "加", "https://a.example"], entries) == [
        [0, 2], [2], [], [1],
    ]  # fmt: skip
