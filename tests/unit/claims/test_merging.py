"""What a new import changes of the checks that were there."""

import io

import pytest
from support.sample_checks import CHECKS, FRIDGE, PUBLISHER, SALT, check, table

from claims.admission import ChangeKind, Spool, Trust, admit, changes
from claims.fact_check import read_feed


def entries(*rows: dict[str, str]) -> Spool:
    return admit(read_feed(io.BytesIO(table(*rows))), Trust([PUBLISHER])).checks


BEFORE = entries(*CHECKS)


@pytest.mark.parametrize(
    ("row", "change"),
    [
        pytest.param(check(1, SALT, "Misleading"), ChangeKind.CORRECTED, id="another rating"),
        pytest.param(check(1, f"{SALT}, says a post"), ChangeKind.CORRECTED, id="another claim"),
        pytest.param(check(1, SALT, date="2026-11-01"), ChangeKind.CORRECTED, id="a later day"),
        pytest.param(check(9, SALT), ChangeKind.WITHDRAWN, id="another link"),
    ],
)
def test_what_a_check_says_otherwise_is_a_change(row: dict[str, str], change: ChangeKind) -> None:
    [found] = changes(BEFORE, entries(row, *CHECKS[1:]))
    assert (found.url, found.change) == ("https://check.example/1", change)
    assert found.before[0].rating == "false"
    assert bool(found.after) is (change is ChangeKind.CORRECTED)


def test_new_checks_and_their_order_change_nothing() -> None:
    assert changes(BEFORE, entries(*reversed(CHECKS), check(9, "Cats cure cancer"))) == []


def test_a_page_of_several_claims_loses_one() -> None:
    two = (check(1, SALT), check(1, FRIDGE))
    [found] = changes(entries(*two), entries(two[0]))
    assert (len(found.before), len(found.after)) == (2, 1)


def test_of_two_feeds_the_later_check_counts() -> None:
    old, new = entries(check(1, SALT)), entries(check(1, SALT, "True", date="2026-11-01"))
    for feeds in ([old, new], [new, old]):
        assert [one.check.rating for one in Spool(feeds)] == ["true"]


def test_a_page_that_words_its_claim_anew_no_longer_says_the_old_one() -> None:
    """Its old check stays in no index, whichever feed it came from."""
    old, new = entries(*CHECKS), entries(check(1, f"{SALT} overnight", "True", date="2027-01-01"))
    for feeds in ([old, new], [new, old]):
        merged = Spool(feeds)
        assert len(merged) == len(CHECKS)
        [told] = [one.check for one in merged if one.check.url == "https://check.example/1"]
        assert told.rating == "true"
