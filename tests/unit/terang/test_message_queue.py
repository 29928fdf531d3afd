"""A file of messages: in what order it may stand, and how fast the local stack gets it."""

from collections.abc import Callable
from typing import Any

import pytest
from support.review_world import found
from support.sample_messages import adoption, tried
from support.sample_posts import StandingClock

from terang import remote
from terang.case_queue import complete_times, in_waves, resolve_findings
from terang.emulator import StackError
from terang.remote import BATCH, MESSAGE_BYTES, QUEUE_LENGTH, MessageQueue


class Emulator:
    """A queue from which somebody takes a share of the messages between two looks."""

    def __init__(self, taken: int):
        self.waiting, self.taken, self.most, self.calls = 0, taken, 0, 0

    def send_message_batch(self, **sent: Any) -> dict[str, Any]:
        self.waiting += len(sent["Entries"])
        self.most = max(self.most, self.waiting)
        self.calls += 1
        return {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.waiting)}}

    def take(self, _: float) -> None:
        self.waiting = max(0, self.waiting - self.taken)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tuple[Emulator, Any]]:
    """Start a queue whose worker takes so many messages in each pause."""

    def started(taken: int) -> tuple[Emulator, MessageQueue]:
        emulator, seconds = Emulator(taken), iter(range(10_000))
        monkeypatch.setattr(remote.time, "sleep", emulator.take)
        monkeypatch.setattr(remote.time, "monotonic", lambda: next(seconds))
        return emulator, MessageQueue(emulator, "http://queue")

    return started


def test_messages_wait_for_space(start: Callable[[int], tuple[Emulator, Any]]) -> None:
    emulator, queue = start(100)
    for _ in range(6):
        queue.wait_for_space(lambda: None)
        queue.send("acme", ["{}"] * (QUEUE_LENGTH // 2))
    assert QUEUE_LENGTH // 2 < emulator.most <= QUEUE_LENGTH
    assert emulator.calls == 6 * QUEUE_LENGTH // 2 // BATCH


def test_a_queue_without_a_reader_is_an_error(start: Callable[[int], tuple[Emulator, Any]]) -> None:
    _, queue = start(0)
    queue.send("acme", ["{}"] * QUEUE_LENGTH)
    looks: list[int] = []
    with pytest.raises(StackError, match="no progress"):
        queue.wait_for_space(lambda: looks.append(1))
    assert looks


def test_what_sqs_would_not_take_is_not_sent(start: Callable[[int], tuple[Emulator, Any]]) -> None:
    emulator, queue = start(0)
    with pytest.raises(StackError, match="drop a file"):
        queue.send("acme", ["x" * (MESSAGE_BYTES + 1)])
    queue.send("acme", ["x" * MESSAGE_BYTES, "y", "z"])
    assert (emulator.calls, emulator.waiting) == (2, 3)


FINDINGS = [
    one.finding
    for one in (
        found("p1", "asks"), found("p1", "links"), found("p2", "asks"), found("p1", "asks", "again")
    )
]  # fmt: skip
ONE, LINKS, OTHER, EDITED = (one.finding for one in FINDINGS)
NOW = "2026-11-25T12:00:00Z"


def ids(*messages: dict[str, Any]) -> list[list[str]]:
    return [[one["id"] for one in wave] for wave in in_waves(messages)]


@pytest.mark.parametrize(("rule", "meant"), [
    pytest.param("codes/links", [LINKS], id="one rule"),
    pytest.param(["codes/links", "codes/asks"], [ONE, LINKS, EDITED], id="several rules"),
    pytest.param("codes/asks", [ONE, EDITED], id="a post that was edited"),
])  # fmt: skip
def test_post_and_rule_name_the_findings_of_a_decision(rule: object, meant: list[str]) -> None:
    message = {"type": "decision", "id": "d-1", "post": "p1", "rule": rule}
    assert resolve_findings(message, FINDINGS) == {"type": "decision", "id": "d-1",
                                                   "findings": meant}  # fmt: skip


def test_a_notice_keeps_its_post_and_takes_one_finding() -> None:
    message = {"type": "notice", "id": "n-1", "post": "p1", "rule": "codes/asks"}
    assert resolve_findings(message, FINDINGS) == {
        "type": "notice", "id": "n-1", "post": "p1", "finding": EDITED
    }  # fmt: skip


def test_a_message_that_says_all_stays_as_it_is() -> None:
    whole = {"type": "notice", "post": "p1"}, {"id": "d", "findings": [ONE]}, adoption()
    for message in whole:
        assert resolve_findings(message, FINDINGS) == message


@pytest.mark.parametrize(
    ("post", "rule"), [("p3", "codes/asks"), ("p1", "codes/other"), ("p1", 7), (None, "codes/asks")]
)
def test_a_message_without_a_finding_is_reported(post: object, rule: object) -> None:
    message = {"type": "decision", "id": "d-1", "post": post, "rule": rule}
    assert resolve_findings(message, FINDINGS) is None


def test_missing_times_become_now_and_given_times_stay() -> None:
    clock = StandingClock()
    said = {"type": "decision", "opened_at": "2026-11-25T08:00:00Z"}
    assert complete_times(said, clock) == said | {"decided_at": NOW}
    applied = {"type": "decision", "measures": {"visibility": ["X"]}}
    assert complete_times(applied, clock)["applied_at"] == NOW
    assert complete_times({"type": "outcome", "measures": {}}, clock) == {
        "type": "outcome", "measures": {}, "decided_at": NOW
    }  # fmt: skip
    assert complete_times(tried(at=...), clock) == tried(at=NOW)
    assert complete_times({"type": "unheard-of"}, clock) == {"type": "unheard-of"}


def test_a_message_is_sent_after_those_it_names() -> None:
    notice = {"id": "n"}
    decided = {"id": "d", "notice": "n", "findings": ["f"]}
    other = {"id": "e", "findings": ["g"]}
    complaint, outcome = {"id": "c", "decision": "d"}, {"id": "o", "complaint": "c"}
    assert ids(outcome, complaint, decided, other, notice) == [["e", "n"], ["d"], ["c"], ["o"]]


def test_messages_about_one_finding_go_in_the_order_of_the_file() -> None:
    first, second = {"id": "1", "findings": ["f", "g"]}, {"id": "2", "findings": ["g"]}
    assert ids(first, second, {"id": "3", "finding": "g"}) == [["1"], ["2"], ["3"]]


def test_linked_messages_keep_the_order_of_the_file() -> None:
    """A reinstatement names the decision only, and must come after the outcome that it follows."""
    first = {"id": "d"}, {"id": "c", "decision": "d"}, {"id": "o", "complaint": "c"}
    assert ids(*first, {"id": "b", "decision": "d"}, {"id": "other"}) == [
        ["d", "other"], ["c"], ["o"], ["b"]
    ]  # fmt: skip


def test_an_adoption_goes_after_the_answers_before_it() -> None:
    answers = [tried(id=name, finding=name) for name in "abc"]
    sent = ids(*answers[:2], adoption(id="1"), adoption(id="2", rule="a/b"), answers[2])
    assert sent == [["a", "b"], ["1", "2"], ["c"]]


def test_a_reference_to_nothing_or_to_itself_does_not_stop_a_message() -> None:
    assert ids({"id": "c", "decision": "of last week"}) == [["c"]]
    assert ids({"id": "q", "follows": "q"}) == [["q"]]
    ring = ids({"id": "1", "decision": "2"}, {"id": "2", "decision": "1"})
    assert sorted(one for wave in ring for one in wave) == ["1", "2"]
    assert in_waves([{"id": 7, "decision": [], "findings": 3}, {}]) == [
        [{"id": 7, "decision": [], "findings": 3}, {}]
    ]
