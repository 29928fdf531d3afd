"""A rule that people find wrong is paused, visibly, once, and no other with it."""

import pytest
from support.decided_findings import decided, do, world
from support.publish_world import CLOSED, sample_pack, sample_receipt


def test_a_rule_that_people_find_wrong_is_paused_visibly_and_once() -> None:
    made = world(d20261125=40)
    do(made, *decided(2, "confirmed"), *decided(18, "dismissed", measures=None))
    outcome_of_run = made.publish(CLOSED)
    assert [(one.provider, one.rule) for one in outcome_of_run.paused] == [
        ("acme", "one-time-codes/asks-for-code")
    ]
    current = made.json("sets/current.json")["set"]
    held = made.json(f"sets/{current}.json")
    (pause,) = held["providers"]["acme"]["paused"]  # type: ignore[index]
    assert pause["since"] == CLOSED
    assert pause["why"] == (
        "of 20 findings of version 1 that people decided by 2026-11-25, 2 stand: at best"
        " 30% with 95% confidence"
    )
    month = made.summary("acme/2026-11")
    assert [note.rule for note in month.paused] == ["one-time-codes/asks-for-code"]
    assert "Paused rules." in made.text("summaries/acme/2026-11.html")
    assert "Paused for acme." in made.text("packs/one-time-codes/1.html")
    assert not made.publish("2026-11-26T03:00:00Z").paused


def test_ten_decided_findings_are_enough() -> None:
    made = world(d20261125=40)
    do(made, *decided(10, "dismissed", measures=None))
    assert made.publish(CLOSED).paused


@pytest.mark.parametrize(
    ("confirmed", "dismissed"),
    [
        pytest.param(0, 9, id="nine are too few"),
        pytest.param(4, 8, id="the interval still reaches one half"),
        pytest.param(15, 5, id="it is right"),
    ],
)
def test_a_rule_that_may_be_right_is_not_paused(confirmed: int, dismissed: int) -> None:
    made = world(d20261125=40)
    do(made, *decided(confirmed, "confirmed"), *decided(dismissed, "dismissed", measures=None))
    assert not made.publish(CLOSED).paused


def test_a_higher_version_starts_with_a_clean_slate() -> None:
    made = world(d20261125=40)
    do(made, *decided(20, "dismissed", measures=None))
    made.put_set(sample_pack(version=2))
    assert not made.publish(CLOSED).paused


def test_another_provider_s_rule_goes_on() -> None:
    made = world(d20261125=40)
    made.store.add(sample_receipt("2026-11-25", 9, provider="kilat"))
    do(made, *decided(20, "dismissed", measures=None))
    made.publish(CLOSED)
    current = made.json("sets/current.json")["set"]
    providers = made.json(f"sets/{current}.json")["providers"]
    assert list(providers) == ["acme"]  # type: ignore[call-overload]
