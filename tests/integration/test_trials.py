"""A rule in shadow is tried by people of a provider, and proposes there from then on."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from support.sample_posts import PRIZE, SHADOW, line, lines, pack
from support.world import DAY, World

from ledger.draws import RANKS, DrawLimit, DrawnFinding, Draws, Trial
from ledger.texts import utc
from publish.day_facts import SealBucket
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishContext, PublishRequest, publish
from publish_steps.handover import TrialDraws
from rules.pinned import rule_digest
from rules.rule_set import Adopted, Evidence
from terang.set_publishing import PackBucket

RULE = "prizes/names-prize"
PRIZES = pack(SHADOW)


def begin(world: World, **changes: Any) -> None:
    """Begin the trial of the rule in shadow, and let publish renew the draws."""
    tried = rule_digest(PRIZES, PRIZES.rules[0])
    made = {"rule": RULE, "version": 1, "matching": tried, "began_at": f"{DAY}T08:00:00Z"}
    world.store.put_trial("acme", Trial(**made | {"moderator": "lead-1"} | changes))
    run_publish(world)


def run_publish(world: World) -> None:
    context = PublishContext(
        store=world.store,
        public=SummaryBucket(world.objects, world.public),
        seals=SealBucket(world.objects, world.work),
        clock=world.clock,
        public_url="https://terang.example",
        notice_hours=0,
        pause_below=0.5,
        has_time=lambda: True,
        steps=(TrialDraws(world.objects, world.work),),
    )
    publish(context, PublishRequest(provisional=True))


def prizes(count: int) -> bytes:
    """Posts that differ, each of which names a prize."""
    return lines(*(f"{sha256(b'%d' % n).hexdigest()} {PRIZE}" for n in range(count)))


def scan(world: World, data: bytes, name: str = "posts.jsonl") -> None:
    world.scan(*world.take_in(data, name))


def drawn(world: World) -> list[DrawnFinding]:
    return world.store.drawn("acme", RULE)


def answer(one: DrawnFinding, verdict: str = "right", **changes: Any) -> dict[str, Any]:
    made = {"type": "trial", "id": f"t-{one.finding[:12]}", "finding": one.finding}
    said = {"verdict": verdict, "moderator": "m-1", "at": f"{DAY}T13:00:00Z"}
    return made | said | changes


def adoption(**changes: Any) -> dict[str, Any]:
    made = {"type": "adoption", "id": "a-1", "rule": RULE, "version": 1, "band": "all"}
    said = {"terms_read_by": "lead-1", "moderator": "lead-1", "at": f"{DAY}T14:00:00Z"}
    return made | said | changes


def status(world: World, message: dict[str, Any]) -> str:
    [outcome] = world.decide(message)
    return outcome.code or outcome.status


@pytest.fixture
def tried(world: World) -> World:
    """A world whose rule is on trial, with 32 drawn findings."""
    begin(world)
    scan(world, prizes(32))
    return world


def test_a_drawn_finding_has_a_record_and_is_counted_as_before(tried: World) -> None:
    [receipt, *others] = tried.receipts()
    counted = sum(one.by_rule["prizes/1/names-prize/shadow"] for one in [receipt, *others])
    assert counted == len(drawn(tried)) == 32
    assert receipt.draws
    assert tried.open_findings() == []
    scan(tried, b"".join(reversed(prizes(32).splitlines(keepends=True))), "again.jsonl")
    again = sum(one.by_rule["prizes/1/names-prize/shadow"] for one in tried.receipts())
    assert (again, len(drawn(tried))) == (64, 32)
    assert sum(one.repeats for one in tried.receipts()) == 0


def test_nothing_is_drawn_above_the_limit_or_after_the_trial(world: World) -> None:
    begin(world)
    limits = Draws({RULE: DrawLimit(1, any=0, high=RANKS)})
    world.objects.put(world.work, "draws/acme/newest.json", limits_of(limits))
    scan(world, prizes(3))
    assert drawn(world) == []
    world.clock.move(days=15)
    run_publish(world)
    assert world.objects.get(world.work, "draws/acme/newest.json") == limits_of(Draws())


def limits_of(draws: Draws) -> bytes:
    return msgspec.json.encode(draws, order="sorted")


def test_what_was_tried_by_two_people_proposes_from_the_next_set_on(tried: World) -> None:
    for number, one in enumerate(drawn(tried)):
        assert status(tried, answer(one, moderator=f"m-{number % 2}")) == "taken"
    assert status(tried, adoption()) == "taken"
    run_publish(tried)
    tried.clock.move(minutes=1)
    scan(tried, line(text=f"{PRIZE} for all") + b"\n", "later.jsonl")
    assert len(tried.open_findings()) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"band": "high"}, "not_proved"),
        ({"version": 2}, "not_on_trial"),
        ({"rule": "codes/asks-for-code"}, "not_on_trial"),
    ],
)
def test_an_adoption_without_its_evidence_is_refused(
    tried: World, changes: dict[str, Any], code: str
) -> None:
    for number, one in enumerate(drawn(tried)):
        status(tried, answer(one, moderator=f"m-{number % 2}"))
    assert status(tried, adoption(**changes)) == code


@pytest.mark.parametrize("wrong", [1, 2])
def test_one_of_thirty_may_be_wrong_and_two_may_not(tried: World, wrong: int) -> None:
    ordered = sorted(drawn(tried), key=lambda one: one.rank)
    for number, one in enumerate(ordered):
        verdict = "wrong" if number < wrong else "right"
        status(tried, answer(one, verdict, moderator=f"m-{number % 2}"))
    assert status(tried, adoption()) == ("taken" if wrong == 1 else "not_proved")


def test_one_person_alone_proves_nothing_and_adopts_nothing(tried: World) -> None:
    for one in drawn(tried):
        status(tried, answer(one))
    assert status(tried, adoption()) == "not_proved"


def test_what_another_run_adopted_proposes_unless_it_has_changed(world: World) -> None:
    tried_as = rule_digest(PRIZES, PRIZES.rules[0])
    later, evidence = utc(world.clock.now() + timedelta(hours=1)), Evidence(30, 30)
    adopted = [
        Adopted(RULE, 1, tried_as, "all", later, evidence),
        Adopted("codes/asks-for-code", 3, "another", "all", later, evidence),
    ]
    bucket = PackBucket(world.objects, world.public, world.clock)
    assert bucket.adopt("acme", adopted) == ["codes/asks-for-code"]
    [named] = (each for each in bucket.lines((), world.clock.now()) if "acme" in each)
    assert "adopted: prizes/names-prize (version 1, all)" in named
    scan(world, prizes(1))
    assert len(world.open_findings()) == 1


def test_nothing_is_taken_after_a_trial_has_ended(tried: World) -> None:
    trial = tried.store.trial("acme", RULE)
    assert trial is not None
    ended = msgspec.structs.replace(trial, ended_at=f"{DAY}T12:30:00Z")
    tried.store.put_trial("acme", ended)
    assert ended.is_over(tried.clock.now())
    assert status(tried, answer(drawn(tried)[0])) == "not_on_trial"
    assert status(tried, adoption()) == "not_on_trial"


def test_answers_that_may_not_be_given_are_refused(tried: World) -> None:
    one = drawn(tried)[0]
    assert status(tried, answer(one)) == "taken"
    assert status(tried, answer(one, id="t-2")) == "same_moderator"
    assert status(tried, answer(one, id="t-3", finding="0" * 64)) == "unknown"
    tried.store.put_trial("acme", Trial(RULE, 2, "another", f"{DAY}T08:00:00Z", "lead-1"))
    assert status(tried, answer(drawn(tried)[1])) == "not_on_trial"
