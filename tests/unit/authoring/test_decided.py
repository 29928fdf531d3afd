"""What people decided labels posts, and each label counts for the posts that it stands for."""

import pytest

from authoring.term_candidates import (
    TRIM,
    DecidedPost,
    PostVerdict,
    SecondWords,
    SelectedBy,
    SelectionShare,
    decided_posts,
    selection_weights,
    selection_words,
)

OURS, OTHER = "SCAMS_AND_FRAUD", "VIOLENCE"


def said(
    verdict: bool | None,
    key: str = "d-1",
    category: str = OURS,
    by: SelectedBy = SelectedBy.RULE,
    moderator: str = "m-1",
) -> PostVerdict:
    return PostVerdict(key, "p-1", by, category, verdict, moderator)


LABELS = {
    "confirmed": ([said(True)], {}, True),
    "dismissed": ([said(False)], {}, False),
    "skipped": ([said(None)], {}, None),
    "confirmed and overturned": ([said(True)], {"overturned": frozenset({"d-1"})}, False),
    "dismissed and overturned": ([said(False)], {"overturned": frozenset({"d-1"})}, True),
    "confirmed for another category": ([said(True, category=OTHER)], {}, None),
    "dismissed for another category": ([said(False, category=OTHER)], {}, False),
    "two who disagree": ([said(True)], {"looks": {"d-1": [("m-2", False)]}}, None),
    "two who agree": ([said(True)], {"looks": {"d-1": [("m-2", True)]}}, True),
    "two rules, one of them wrong": ([said(False), said(True, "d-2")], {}, True),
    "an audited post": ([said(False, by=SelectedBy.AUDIT)], {}, False),
}


@pytest.mark.parametrize(("verdicts", "later", "label"), LABELS.values(), ids=LABELS)
def test_the_last_word_on_a_post_is_its_label(
    verdicts: list[PostVerdict], later: dict[str, object], label: bool | None
) -> None:
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
    shares = {
        SelectedBy.RULE: SelectionShare(100, 150),
        SelectedBy.AUDIT: SelectionShare(200, 90_000),
        SelectedBy.NOTICE: SelectionShare(7, None),
    }
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
