"""One case is shown with all that happened, from whichever of its ids one begins."""

import pytest
from support.review_world import console_text
from support.sample_messages import complaint, decision, notice, order, outcome, reinstatement
from support.sample_posts import OTP, lines
from support.world import World

from ledger.cases import case_id
from terang.cli.review import CaseHistory, case_history, case_screen


@pytest.fixture
def finding(world: World) -> str:
    world.scan(*world.take_in(lines(OTP)))
    return world.open_findings()[0]


@pytest.fixture
def story(world: World, finding: str) -> str:
    """A notice, a decision, a complaint, its outcome, and the post that came back."""
    messages = (
        notice(post="p0", finding=finding), decision(finding, notice="n-1"), complaint(), outcome(),
        reinstatement(),
    )  # fmt: skip
    for message in messages:
        world.clock.move(minutes=1)
        assert [handled.status for handled in world.decide(message)] == ["taken"], message["id"]
    return finding


def at(world: World, name: str) -> CaseHistory:
    found = case_history(world.store, name)
    assert found is not None
    return found


def screen(world: World, name: str, *, shown: bool = False) -> str:
    return console_text(case_screen(at(world, name), shown=shown, now=world.clock.now()))


@pytest.mark.parametrize("kind", ["finding", "decision", "complaint", "notice"])
def test_the_whole_history_from_any_of_its_ids(world: World, story: str, kind: str) -> None:
    names = {"decision": "d-1", "complaint": "c-1", "notice": "n-1"}
    found = at(world, case_id(kind, "acme", names[kind]) if kind in names else story)
    assert [entry.message for entry in found.entries] == ["n-1", "d-1", "c-1", "o-1", "b-1"]
    assert [one.case for one in found.cases if one.finding] == [story]


def test_what_was_committed_in_one_second_keeps_its_order(world: World, finding: str) -> None:
    world.decide(decision(finding), complaint(), outcome())
    assert [entry.journal_entry.type for entry in at(world, finding).entries] == [
        "decision", "complaint", "outcome"
    ]  # fmt: skip


def test_the_screen_says_who_decided_what_and_why(world: World, story: str) -> None:
    shown = screen(world, story)
    for words in ("codes/asks-for-code v3",
                  "decision d-1 by m-1: confirmed, visibility content removed",
                  "It asks readers for a one-time code.", "complaint c-1 by author",
                  "outcome o-1 by m-2: reversed, overturned",
                  "The post warns of such messages."):  # fmt: skip
        assert words in shown
    assert "SEND ME" not in shown
    assert "SEND ME" in screen(world, story, shown=True)


def test_a_finding_that_nobody_looked_at_says_so(world: World, finding: str) -> None:
    assert "nobody has done anything" in screen(world, finding)


def test_an_order_is_a_case_of_its_own(world: World, finding: str) -> None:
    world.decide(order())
    shown = screen(world, case_id("order", "acme", "q-1"))
    assert "act, DE" in shown
    assert "A court" in shown


def test_what_is_not_here_is_nothing(world: World) -> None:
    assert case_history(world.store, "0" * 64) is None
