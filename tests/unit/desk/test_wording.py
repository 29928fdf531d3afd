"""Every code has a word, and every key of a card does one thing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cases.asked import Answer
from desk import ItemKind
from desk.deciding import MEASURES, VERDICTS
from desk.desk_pages import (
    age_words,
    left_words,
    measure_choices,
    measure_words,
    message_words,
    named,
    verdict_choices,
)
from ledger.desk_store import PendingState
from phrases import of

EN = of("en")
NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
JUDGING = "c confirmed, d dismissed, t threat, a child"


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (ItemKind.COMPLAINT, "c upheld, d reversed, p partly_reversed, x omitted"),
        (ItemKind.ORDER, "c complied, d refused, x contested, i impossible"),
        (ItemKind.HELD_RULE, "c opened, d left_held"),
        (ItemKind.AUDIT, "v violating, d not_violating, x gone"),
        (ItemKind.FINDING, JUDGING),
        (ItemKind.NOTICE, JUDGING),
        (ItemKind.SECOND_REVIEW, JUDGING),
        (ItemKind.GOLDEN, JUDGING),
    ],
)
def test_each_kind_of_card_has_its_verdicts_and_keys(kind: ItemKind, keys: str) -> None:
    choices = verdict_choices(EN, kind)
    assert ", ".join(f"{key} {value}" for value, _, key in choices) == keys
    assert all(label and label not in (value, key) for value, label, key in choices)


def test_each_measure_has_a_key_and_is_named_by_its_code_as_by_its_word() -> None:
    choices = measure_choices(EN)
    assert [(value, key) for value, _, key in choices] == [*zip(MEASURES, "0rhkyil", strict=True)]
    for value, label, _ in choices:
        assert label != value or value in ("removed", "labelled")
        assert measure_words(EN, MEASURES[value] or "none") == label
    assert measure_words(EN, "DECISION_VISIBILITY_OTHER") == "DECISION_VISIBILITY_OTHER"


def test_kinds_states_and_verdicts_have_words() -> None:
    assert named(EN, "kind", "second_review") == "second look"
    assert len({named(EN, "kind", kind) for kind in ItemKind}) == len(ItemKind)
    states = set(PendingState) - {PendingState.VOID}  # nobody's: it is listed nowhere
    assert len({named(EN, "state", state) for state in states}) == len(states)
    spoken = (*VERDICTS, *Answer, "opened", "left_held", "violating", "not_violating", "gone")
    words = {named(EN, "verdict", each) for each in spoken}
    assert len(words) == len(spoken)
    assert named(EN, "verdict", "dismissed") == "Dismissed"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"type": "second_review", "verdict": "dismissed"}, "Dismissed"),
        ({"type": "outcome", "outcome": "partly_reversed"}, "Partly reversed"),
        ({"type": "order", "outcome": "refused"}, "Not followed"),
        ({"type": "suspension"}, "suspension"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_somebody_decided_is_said_in_words(message: dict[str, Any], words: str) -> None:
    assert message_words(EN, message) == words


def test_a_body_out_of_court_has_a_name_and_others_have_words() -> None:
    assert named(EN, "contester", "author") == "the author"
    assert named(EN, "contester", "body") == ""


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("2026-11-25T13:00:00Z", "an hour"),
        ("2026-11-25T14:00:00Z", "less than a minute"),
        ("2026-11-25T15:00:00Z", "less than a minute"),
        ("2026-11-21T14:00:00Z", "4 days"),
    ],
)
def test_an_age_is_never_negative(since: str, words: str) -> None:
    assert age_words(EN, since, NOW) == words


@pytest.mark.parametrize(
    ("hours", "words"),
    [(2.0, "2 hours left"), (0.0, "less than a minute left"), (-2.0, "2 hours late")],
)
def test_a_deadline_is_ahead_or_over(hours: float, words: str) -> None:
    assert left_words(EN, hours) == words
