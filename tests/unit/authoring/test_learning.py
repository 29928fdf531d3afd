"""Learning: posts, decisions, words and counted tables in; weights and thresholds out."""

import json
from itertools import product

import numpy as np
import pytest
from support.sample_packs import pack_of

from authoring.counts import CountedTerm, learn_from_counts, read_counts
from authoring.features import (
    PLAIN,
    DroppedTerms,
    FeatureKind,
    KnownWords,
    LearningError,
    WeighedFeatures,
    features_of,
    folds,
    priors_of,
    read_given_words,
    rounded,
    with_words,
    words_of_pack,
)
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
from authoring.learning import Wanted
from authoring.term_candidates import (
    TRIM,
    DecidedPost,
    PostVerdict,
    SecondWords,
    SelectedBy,
    SelectionShare,
    candidates,
    copy_groups,
    decided_posts,
    patterns_in,
    selection_weights,
    selection_words,
    sound_candidates,
)
from matcher import Rule, Severity
from rules.pack_parts import Score

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
def test_a_bad_row_is_reported_with_place_and_what_is_allowed(written: str, message: str) -> None:
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
    assert choose_thresholds(sums, np.array([True, True, True, False]), sums[:0]) == (LOWEST,
        LOWEST + 1)  # fmt: skip


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
        ("text 2", "ordinary", 15), ("text 3", "ordinary", 1), ("text 0", "harmful", 3),
        ("text 1", "harmful", 20),
    ]  # fmt: skip


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


OURS, OTHER = "SCAMS_AND_FRAUD", "VIOLENCE"


def said(
        verdict: bool | None, key: str = "d-1", category: str = OURS,
        by: SelectedBy = SelectedBy.RULE, moderator: str = "m-1") -> PostVerdict:  # fmt: skip
    return PostVerdict(key, "p-1", by, category, verdict, moderator)


LABELS = {"confirmed": ([said(True)], {}, True),
          "dismissed": ([said(False)], {}, False),
          "skipped": ([said(None)], {}, None),
          "confirmed and overturned": ([said(True)], {"overturned": frozenset({"d-1"})}, False),
          "dismissed and overturned": ([said(False)], {"overturned": frozenset({"d-1"})}, True),
          "confirmed for another category": ([said(True, category=OTHER)], {}, None),
          "dismissed for another category": ([said(False, category=OTHER)], {}, False),
          "two who disagree": ([said(True)], {"looks": {"d-1": [("m-2", False)]}}, None),
          "two who agree": ([said(True)], {"looks": {"d-1": [("m-2", True)]}}, True),
          "two rules, one of them wrong": ([said(False), said(True, "d-2")], {}, True),
          "an audited post": ([said(False, by=SelectedBy.AUDIT)], {}, False)}  # fmt: skip


@pytest.mark.parametrize(("verdicts", "later", "label"), LABELS.values(), ids=LABELS)
def test_the_last_word_on_a_post_is_its_label(verdicts: list[PostVerdict], later: dict[str, object],
                                              label: bool | None) -> None:  # fmt: skip
    labelled = decided_posts(verdicts, SecondWords(**later), OURS)  # type: ignore[arg-type]
    assert [post.is_harmful for post in labelled] == ([] if label is None else [label])


def test_a_second_review_is_another_moderator_behind_the_label() -> None:
    later = SecondWords(looks={"d-1": [("m-2", True)]})
    [post] = decided_posts([said(True)], later, OURS)
    assert post == DecidedPost("p-1", True, SelectedBy.RULE, frozenset({"m-1", "m-2"}), ())


def test_a_rule_selects_before_a_notice() -> None:
    verdicts = [said(True, by=SelectedBy.NOTICE), said(True, "d-2", moderator="m-2")]
    [post] = decided_posts(verdicts, SecondWords(), OURS)
    assert (post.selection, post.moderators) == (SelectedBy.RULE, {"m-1", "m-2"})


def test_each_post_counts_for_all_like_it_within_a_limit() -> None:
    shares = {SelectedBy.RULE: SelectionShare(100, 150),
              SelectedBy.AUDIT: SelectionShare(200, 90_000),
              SelectedBy.NOTICE: SelectionShare(7, None)}  # fmt: skip
    assert selection_weights(shares) == {SelectedBy.RULE: 1.5, SelectedBy.AUDIT: 1.0 * TRIM,
                                         SelectedBy.NOTICE: 1.0}  # fmt: skip
    assert selection_weights({}) == {}


def test_the_card_says_how_posts_were_selected() -> None:
    audited = SelectionShare(200, 90_000)
    assert selection_words(SelectedBy.AUDIT, audited, 10.0, is_harmful=False) == (
        "In the random audit sample and judged not violating. 200 of 90,000 posts were judged;"
        " each counts 10.0 instead of 450"
    )
    assert selection_words(SelectedBy.NOTICE, SelectionShare(7, None), 1.0, is_harmful=True) == (
        "Reported by a notice and confirmed by a moderator. How likely that was is not known;"
        " each counts once"
    )


def test_a_line_has_a_word_and_its_weight() -> None:
    data = "\ufeff# lures\nfree gift: 4\n\n加我 : -2\n24/7: 1\n".encode()
    weights = {"free gift": 4, "加我": -2, "24/7": 1}
    assert read_given_words(data, "w.txt").weights == {
        (FeatureKind.TERM, word): weight for word, weight in weights.items()
    }


@pytest.mark.parametrize(("line", "message"), [
    ("free gift", "w.txt:1: no weight from -9 to 9 after `:`; write `word: 4`"),
    ("free gift: x", "w.txt:1: no weight from -9 to 9 after `:`; write `free gift: 4`"),
    ("free gift: 10", "w.txt:1: no weight"), ("free gift: 0", "w.txt:1: no weight"),
    ("x: 4", "w.txt:1: `x` is a single letter"), (": 4", "w.txt:1: a term needs"),
    ("free gift: 4\nFREE  gift: 3", "w.txt:2: `FREE  gift` is the same as line 1; drop one"),
], ids=["no weight", "a word for it", "too much", "nothing", "a letter", "no word",
        "twice"])  # fmt: skip
def test_a_bad_line_is_reported_with_its_place(line: str, message: str) -> None:
    with pytest.raises(LabelError) as caught:
        read_given_words(line.encode(), "w.txt")
    assert str(caught.value).startswith(message)


def test_bytes_that_are_not_utf_8_are_reported() -> None:
    with pytest.raises(LabelError, match=r"w\.txt: not UTF-8"):
        read_given_words(b"\xff: 4", "w.txt")


def words(**weights: int) -> KnownWords:
    return KnownWords({(FeatureKind.TERM, word): weight for word, weight in weights.items()})


def test_a_word_takes_the_place_of_a_candidate_with_its_fold() -> None:
    """Of two lists the first says how it is spelled, and a word that is left out has no place."""
    lists = [words(Gift=3, prize=2), words(GIFT=1, royal=5)]
    weighed = with_words(WeighedFeatures(["bonus", "gift"], ["link"]), lists, "royal".__eq__)
    assert list(weighed) == [
        (FeatureKind.TERM, "Gift"), (FeatureKind.TERM, "bonus"), (FeatureKind.TERM, "prize"),
        (FeatureKind.SIGN, "link"),
    ]  # fmt: skip


def test_only_words_have_a_prior_in_each_list_that_has_them() -> None:
    """Weights are coefficients times four, so a prior is a quarter of the weight."""
    entries = WeighedFeatures(["bonus", "gift"], ["link"])
    lists = [words(gift=4, link=9), words(Bonus=-2, GIFT=8)]
    assert priors_of(entries, lists).tolist() == [[0, 1, 0], [-0.5, 2, 0]]
    assert priors_of(entries, []).shape == (0, 3)


def test_a_pack_gives_terms_of_scores_and_of_groups_and_no_signs() -> None:
    groups = Rule(id="a", severity=Severity.LOW, why="", groups=(("x", "free gift", "{link}"),))
    score = Score(threshold=9, terms={"prize": -2}, signs={"link": 5}, pinyin={"jia-wei": 6})
    rules = groups, Rule(id="b", severity=Severity.LOW, why="", score=score)
    first, second = words_of_pack(pack_of(*rules))
    assert first == KnownWords({(FeatureKind.TERM, "free gift"): PLAIN}, "a-pack 1")
    assert second == KnownWords(
        {(FeatureKind.TERM, "prize"): -2, (FeatureKind.PINYIN, "jia-wei"): 6}, "a-pack 1"
    )


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


@pytest.mark.parametrize(("table", "message"), [
    ("term\tdocs\n", "t.tsv:1: no column `log2_odds`; the header has term, docs"),
    (f"{HEADER}a b\tmany\t2\tx\n", "t.tsv:2: "), (f"{HEADER}a b\t1\tnan\tx\n", "t.tsv:2: "),
    (f"{HEADER}a b\n", "t.tsv:2: "), (f"{HEADER}a b\t1\t5000\tx\n", "t.tsv:2: "),
    (f"{HEADER}a b\tinf\t2\tx\n", "t.tsv:2: "),
    (f"{HEADER}{'a' * 200_000}\t1\t2\tx\n", "t.tsv:2: not a table: field larger than"),
    (f"{HEADER}a\0b\t1\t2\tx\n", "t.tsv:2: '\\x00' in a term"),
    (f"{HEADER}a b\t1\t2\tx\na b\t3\t2\tx\n", "t.tsv:3: `a b` is the same as line 2"),
    (f"{HEADER}a b\t1\t2\tx\nA  B\t3\t2\ty\n", "t.tsv:3: `A  B` is the same as line 2"),
], ids=["a missing column", "a word for a number", "no odds", "a short row", "odds of nobody",
        "no end", "a long field", "a NUL", "a row twice", "a term in two spellings"])  # fmt: skip
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


def test_no_length_hides_a_term() -> None:
    """A sum pays for the length of its text; what a text has is read without that."""
    texts = ["bonus https://a.example/x", "https://a.example/x", f"bonus{' so' * 300}"]
    assert features_of(texts, WeighedFeatures(["bonus"], ["link"])) == [[0, 1], [1], [0]]
