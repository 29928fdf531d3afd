"""A key is a verdict, a reason is owed, and what was decided can be taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from support.review_world import card

from ledger.cases.dsa_codes import Visibility
from ledger.cases.messages import Decision, Escalation, SecondReview, Verdict
from terang.review.steps import ReviewStage, ReviewState, begin_review, give_reason, press_key

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def play(*keys: str, review: ReviewState | None = None) -> ReviewState:
    """Press keys one second apart; a key of several letters is the reason that is written."""
    review = review or begin_review("m-7", (card("p1"), card("p2", "other", "asks", "links")), NOON)
    for number, key in enumerate(keys, 1):
        if len(key) > 1 or review.stage is ReviewStage.REASON:
            review = give_reason(review, key, later(number))
        else:
            review = press_key(review, key, later(number))
    return review


def messages(review: ReviewState) -> list[Decision]:
    return [one.message for one in review.decided if isinstance(one.message, Decision)]


@pytest.mark.parametrize(
    ("keys", "verdict", "escalation"),
    [
        pytest.param(("c", "0", "it asks"), Verdict.CONFIRMED, None, id="confirmed"),
        pytest.param(("d", "it warns"), Verdict.DISMISSED, None, id="dismissed"),
        pytest.param(
            ("t", "a threat"), Verdict.ESCALATED, Escalation.THREAT_TO_LIFE, id="a threat to life"
        ),
        pytest.param(
            ("a", "reported"), Verdict.ESCALATED, Escalation.CHILD_ABUSE, id="abuse of a child"
        ),
        pytest.param(("s",), Verdict.SKIPPED, None, id="skipped, without a reason"),
    ],
)
def test_each_key_gives_one_verdict(
    keys: tuple[str, ...], verdict: Verdict, escalation: Escalation | None
) -> None:
    review = play(*keys)
    [message] = messages(review)
    assert (message.verdict, message.escalation) == (verdict, escalation)
    assert message.findings == (card("p1").first.finding,)
    assert message.reason == (keys[-1] if len(keys) > 1 else None)
    assert (message.opened_at, message.decided_at) == (NOON, later(len(keys)))
    assert (message.measures, message.applied_at, message.moderator) == (None, None, "m-7")
    assert review.card.first.post == "p2"


def test_a_measure_is_applied_at_the_time_of_the_decision() -> None:
    [message] = messages(play("c", "1", "it asks"))
    assert message.measures is not None
    assert message.measures.visibility == (Visibility.CONTENT_REMOVED,)
    assert message.applied_at == message.decided_at == later(3)


@pytest.mark.parametrize("keys", [("c", "\x1b"), ("c", "9"), ("x",), ("0",), ("3",), ("\x1b",)])
def test_keys_that_mean_nothing_decide_nothing(keys: tuple[str, ...]) -> None:
    assert play(*keys).decided == ()


def test_a_reason_is_owed() -> None:
    for nothing in ("", "   ", "\u200b", "\x00"):
        review = give_reason(play("d"), nothing, later(2))
        assert (review.decided, review.stage, review.note) == (
            (), ReviewStage.CARD, "No reason, no decision."
        )  # fmt: skip
    assert give_reason(play("d"), None, later(2)).stage is ReviewStage.CARD
    review = give_reason(play("d"), "x" * 2_001, later(2))
    assert (review.decided, review.stage) == ((), ReviewStage.REASON)
    assert len(messages(give_reason(review, "x" * 2_000, later(3)))) == 1


def test_an_empty_line_takes_the_last_reason_for_this_rule_and_verdict() -> None:
    review = play("d", "it warns", "d")
    assert review.suggested_reason == "it warns"
    assert [one.reason for one in messages(give_reason(review, "", later(4)))] == ["it warns"] * 2
    assert play("d", "it warns", "c", "0").suggested_reason == ""


def test_findings_of_a_post_are_decided_together_or_apart() -> None:
    first, second = (one.finding.finding for one in card("p2", "other", "asks", "links").findings)
    together = messages(play("n", "d", "both"))[0]
    assert together.findings == (first, second)
    apart = play("n", "2", "d", "only the first")
    assert messages(apart)[0].findings == (first,)
    assert [one.finding.finding for one in apart.card.findings] == [second]
    assert apart.left_out == frozenset()
    assert play("n", "2", "2", "d", "both again").decided[0].rest is None


def test_a_verdict_needs_at_least_one_finding() -> None:
    review = play("n", "1", "2")
    assert review.left_out == {0}
    assert review.note


def test_next_and_previous_go_round_without_a_word() -> None:
    assert [play(*keys).card.first.post for keys in (("n",), ("n", "n"), ("p",), ("n", "p"))] == [
        "p2", "p1", "p2", "p1"
    ]  # fmt: skip
    assert play("n", "n").decided == ()


def test_time_begins_when_the_card_comes() -> None:
    one, two = messages(play("d", "it warns", "n", "d", "other", review=begin_review(
        "m-7", (card("p1"), card("p2"), card("p3")), NOON)))  # fmt: skip
    assert (one.opened_at, two.opened_at) == (NOON, later(3))


def test_a_new_card_is_blurred_again() -> None:
    assert play(" ").shown
    assert not play(" ", " ").shown
    assert not play(" ", "s").shown
    assert not play(" ", "n").shown


def test_the_last_decision_can_be_taken_back() -> None:
    before = play("n", "2", "d", "only the first")
    back = press_key(before, "u", later(9))
    assert back.decided == ()
    assert [one.first.post for one in back.waiting] == ["p2", "p1"]
    assert len(back.card.findings) == 2
    assert press_key(back, "u", later(9)).decided == ()


def test_at_the_end_one_key_ends_and_one_takes_back() -> None:
    end = play("s", "s")
    assert (end.stage, end.waiting) == (ReviewStage.END, ())
    assert press_key(end, "x", later(9)).stage is ReviewStage.DONE
    assert press_key(end, "u", later(9)).card.first.post == "p2"
    assert play("q").stage is ReviewStage.DONE
    assert begin_review("m-7", (), NOON).stage is ReviewStage.DONE


def test_a_second_review_needs_a_verdict_only_and_may_be_passed_over() -> None:
    second = card("p1", "send me", "asks", "links", decision="d-1")
    review = play("c", review=begin_review("m-7", (second,), NOON))
    assert review.decided[0].message == SecondReview(
        id=review.decided[0].message.id, decision="d-1", verdict=Verdict.CONFIRMED,
        moderator="m-7", opened_at=NOON, decided_at=later(1),
    )  # fmt: skip
    assert play("1", review=begin_review("m-7", (second,), NOON)).left_out == frozenset()
    skipped = play("s", review=begin_review("m-7", (second,), NOON))
    assert (skipped.decided, skipped.stage) == ((), ReviewStage.END)


def test_every_message_has_an_id_of_its_own() -> None:
    review = play("s", "s")
    assert len({one.message.id for one in review.decided}) == 2
