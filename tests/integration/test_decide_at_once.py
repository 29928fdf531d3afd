"""Two workers of decide at one case: one wins, the other is judged anew."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import pytest
from integration.decided_cases import case_of, decide, entries, found, receipts
from support.faults import Calls
from support.sample_messages import SENT, complaint, decision
from support.sample_posts import OTP
from support.world import World

from decide.case_work import TRIES, CaseOutcome
from ledger.cases import case_id


@dataclass(slots=True)
class Meddled:
    """A store before whose method `name` something happens once."""

    target: Any
    name: str
    happens: Callable[[], Any]

    def __getattr__(self, name: str) -> Any:
        if name == self.name:
            happens, self.happens = self.happens, lambda: None
            happens()
        return getattr(self.target, name)


def meddled(world: World, message: dict[str, Any], name: str,
            happens: Callable[[], Any]) -> list[CaseOutcome]:  # fmt: skip
    """A worker takes the message while something happens between its reading and that call."""
    work = world.case_work(Meddled(world.store, name, happens))
    return list(work.take("acme", msgspec.json.encode(message), SENT))


class TestTwoAtOnce:
    """One wins; the other reads again, is judged anew, and hears who was first."""

    def test_decisions_on_one_finding(self, world: World) -> None:
        [finding] = found(world)
        other = decision(finding, id="d-2", moderator="m-2", verdict="dismissed")
        [handled] = meddled(world, decision(finding), "commit_case", lambda: world.decide(other))
        assert (handled.status, handled.code) == ("refused", "decided_already")
        first = receipts(world)["d-1"].first
        assert (first.moderator, first.verdict) == ("m-2", "dismissed")
        assert [entry.moderator for entry in entries(world, "decision")] == ["m-2"]

    def test_what_does_not_collide_is_taken_at_the_second_try(self, world: World) -> None:
        """Two complaints about one decision: each is the decision's next entry."""
        [finding] = found(world)
        world.decide(decision(finding))
        other = complaint(id="c-2", by="notifier")
        [handled] = meddled(world, complaint(), "commit_case", lambda: world.decide(other))
        assert handled.status == "taken"
        case = case_of(world, case_id("decision", "acme", "d-1"))
        assert [entry.number for entry in case.entries] == [1, 2, 3]
        assert case.contests_open == 2

    def test_the_same_message_by_two_workers(self, world: World) -> None:
        [finding] = found(world)
        message = decision(finding)
        [handled] = meddled(world, message, "commit_case", lambda: world.decide(message))
        assert handled.status == "repeated"
        assert len(entries(world, "decision")) == 1

    def test_two_decisions_of_one_group(self, world: World) -> None:
        """Each of them read that it would be the first; one is, and the group counts once."""
        first, second = found(world, OTP, OTP)
        other = decision(second, id="d-2", group="g-1")
        [handled] = meddled(
            world, decision(first, group="g-1"), "commit_case", lambda: world.decide(other)
        )
        assert handled.status == "taken"
        made = entries(world, "decision")
        assert sorted(entry.leads for entry in made) == [False, True]
        assert sum(sum(entry.counted.values()) for entry in made) == 1

    def test_an_excerpt_that_expires_meanwhile(self, world: World) -> None:
        """The text is gone, so there is nothing to keep: the decision is taken all the same."""
        [finding] = found(world)
        key = {"pk": {"S": f"C#{finding}"}, "sk": {"S": "excerpt"}}
        [handled] = meddled(
            world, decision(finding), "commit_case",
            lambda: world.clients.dynamodb.delete_item(TableName=world.table, Key=key),
        )  # fmt: skip
        assert handled.status == "taken"
        assert case_of(world, finding).excerpt is None

    def test_what_it_waits_for_comes_between_the_look_and_the_wait(self, world: World) -> None:
        [finding] = found(world)
        [handled] = meddled(
            world, complaint(), "put_waiting", lambda: world.decide(decision(finding))
        )
        assert handled.status == "taken"
        assert receipts(world)["c-1"].status == "taken"
        assert case_of(world, case_id("decision", "acme", "d-1")).waiting == ()

    def test_the_last_word_to_who_waits_is_true(self, new_world: Callable[..., World]) -> None:
        """Whenever its cause comes: a receipt that says `waiting` for good would be a lie."""
        alone = Calls()
        decide(new_world(), alone, complaint())
        for at, name in enumerate(alone.names):
            world = new_world()
            [finding] = found(world)
            calls = Calls(at=at, happens=partial(world.decide, decision(finding)))
            decide(world, calls, complaint())
            receipt = receipts(world).get("c-1")
            assert receipt is None or receipt.status == "taken", f"before {name}, call {at}"
            assert len(entries(world, "complaint")) == 1
            world.remove()


@pytest.mark.parametrize("lost", [TRIES - 1, TRIES])
def test_a_case_that_others_keep_moving_is_tried_so_often(world: World, lost: int) -> None:
    """The last try still counts; then the message fails, and comes again."""
    [finding] = found(world)
    left = iter(range(lost))

    class Losing:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def commit_case(self, *args: Any) -> bool:
            return next(left, None) is None and world.store.commit_case(*args)

    work = world.case_work(Losing())
    take = partial(work.take, "acme", msgspec.json.encode(decision(finding)), SENT)
    if lost < TRIES:
        assert [handled.status for handled in take()] == ["taken"]
    else:
        with pytest.raises(OSError, match="moved the cases"):
            list(take())
