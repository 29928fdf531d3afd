"""An attempt knows its own state for ten minutes, and no other."""

from datetime import UTC, datetime, timedelta

import pytest

from console.application import SignInAttempt

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_an_attempt_knows_its_own_state_for_ten_minutes() -> None:
    attempt = SignInAttempt.begin()
    state = attempt.state(NOW)
    assert attempt.knows(state, NOW)
    assert attempt.knows(state, NOW + timedelta(minutes=10))
    assert not attempt.knows(state, NOW + timedelta(minutes=10, seconds=1))
    assert not attempt.knows(state, NOW - timedelta(seconds=1))
    assert not attempt.knows(state, NOW - timedelta(minutes=1))
    assert not SignInAttempt.begin().knows(state, NOW)


@pytest.mark.parametrize("state", ["", ".", "x", "1.", "٣.a", f"{'9' * 40}.a", "-1.a", "1e9.a"])
def test_an_invented_state_is_not_known(state: str) -> None:
    assert not SignInAttempt.begin().knows(state, NOW)


def test_a_state_cannot_be_made_younger() -> None:
    attempt = SignInAttempt.begin()
    old = attempt.state(NOW - timedelta(hours=1))
    fresh = f"{int(NOW.timestamp())}.{old.partition('.')[2]}"
    assert not attempt.knows(fresh, NOW)


def test_nothing_that_is_sent_gives_the_verifier_away() -> None:
    attempt = SignInAttempt.begin()
    sent = {attempt.state(NOW), attempt.nonce, attempt.challenge}
    assert attempt.verifier not in sent
    assert len({*sent, attempt.verifier, attempt.secret}) == 5
    assert 43 <= len(attempt.verifier) <= 128
