"""A rule in shadow is tried by people of a provider, and proposes there from then on."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.erased_world import ACCOUNT, erase
from support.sample_posts import OTP, PRIZE, SHADOW, line, lines, pack
from support.world import DAY, World, clients_in_memory

from cases.trials import group_names
from ledger.closing import put_in_force
from ledger.draws import ANSWER_DAYS, RANKS, DrawLimit, DrawnFinding, Draws, Trial
from ledger.store import DynamoStore
from ledger.texts import utc
from publish.publish_run import PublishRequest, publish
from publish_steps.handover import TrialDraws
from publish_steps.site_files import Site
from recount import evidence_problem, recount_command
from rules.pack import Pack
from rules.pinned import rule_digest
from rules.rule_set import Adopted, Evidence, load_set
from scan.flood_guard import FloodLimits
from scan.inspection import KnownDraws
from terang.next_set import SetRequest, next_set
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
    context = world.publishing(steps=(Site(), TrialDraws(world.objects, world.work)))
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


def judge_all(world: World, wrong: int = 0) -> None:
    """Two people judge all drawn findings, the first ones of the draw `wrong`."""
    for number, one in enumerate(sorted(drawn(world), key=lambda one: one.rank)):
        verdict = "wrong" if number < wrong else "right"
        assert status(world, answer(one, verdict, moderator=f"m-{number % 2}")) == "taken"


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


def test_nothing_is_drawn_for_a_provider_that_left(world: World) -> None:
    begin(world)
    assert KnownDraws(world.objects, world.clock, world.work).newest("acme").rules
    providers = world.store.providers()
    with pytest.MonkeyPatch.context() as patch:
        others = [one for one in providers if one.provider != "acme"]
        patch.setattr(DynamoStore, "providers", lambda _: others)
        run_publish(world)
    assert KnownDraws(world.objects, world.clock, world.work).newest("acme") == Draws()


def limits_of(draws: Draws) -> bytes:
    return msgspec.json.encode(draws, order="sorted")


def test_what_was_tried_by_two_people_proposes_from_the_next_set_on(tried: World) -> None:
    judge_all(tried)
    assert status(tried, adoption()) == "taken"
    run_publish(tried)
    tried.clock.move(minutes=1)
    scan(tried, line(text=f"{PRIZE} for all") + b"\n", "later.jsonl")
    assert len(tried.open_findings()) == 1


def test_the_flood_guard_expects_twice_what_the_rule_found(tried: World) -> None:
    scan(tried, lines(*(f"nothing {n}" for n in range(368))), "quiet.jsonl")  # 32 of 400: 80 ‰
    run_publish(tried)
    adopt(tried)
    in_force = json.loads(tried.objects.get(tried.public, "sets/current.json") or b"")
    data = tried.objects.get(tried.public, f"sets/{in_force['set']}.json") or b""
    [adopted] = load_set(data).settings_of("acme").live_here
    assert adopted.expected == 160
    rules = tried.scanner().rulesets.rules(in_force["set"], "acme", tried.clock.now())
    assert FloodLimits(20, 100).flooded(1000, {RULE: 160}, rules.expected) == set()
    assert FloodLimits(20, 100).flooded(1000, {RULE: 161}, rules.expected) == {RULE}


def test_excerpts_end_with_the_trial(tried: World) -> None:
    names = [one.finding for one in drawn(tried)]
    assert len(tried.store.excerpts(names)) == 32
    judge_all(tried)
    assert len(tried.store.excerpts(names)) == 32
    assert status(tried, adoption()) == "taken"
    assert tried.store.excerpts(names) == {}


def test_a_pack_may_ask_for_more_than_the_stack(world: World) -> None:
    careful = SHADOW.replace("version: 1", "version: 2").replace(
        "rules:", "trial_least: 90\nrules:"
    )
    republish(world, pack(careful))
    begin(world, version=2)
    scan(world, prizes(32))
    judge_all(world)
    assert status(world, adoption(version=2)) == "not_proved"  # 30 of 30 prove 89 %


@pytest.mark.parametrize(("changes", "code"), [
    ({"band": "high"}, "not_proved"),
    ({"version": 2}, "not_on_trial"),
    ({"rule": "codes/asks-for-code"}, "not_on_trial"),
])  # fmt: skip
def test_an_adoption_needs_its_evidence(tried: World, changes: dict[str, Any], code: str) -> None:
    judge_all(tried)
    assert status(tried, adoption(**changes)) == code


@pytest.mark.parametrize("wrong", [1, 2])
def test_one_of_thirty_may_be_wrong_and_two_may_not(tried: World, wrong: int) -> None:
    judge_all(tried, wrong)
    assert status(tried, adoption()) == ("taken" if wrong == 1 else "not_proved")


def test_nothing_is_adopted_before_anything_was_drawn(world: World) -> None:
    begin(world)
    assert status(world, adoption()) == "not_proved"


def test_one_person_alone_proves_nothing_and_adopts_nothing(tried: World) -> None:
    for one in drawn(tried):
        status(tried, answer(one))
    assert status(tried, adoption()) == "not_proved"


def test_what_another_run_adopted_proposes_unless_it_has_changed(world: World) -> None:
    tried_as = rule_digest(PRIZES, PRIZES.rules[0])
    later, evidence = utc(world.clock.now() + timedelta(hours=1)), Evidence(30, 30)
    adopted = [Adopted(RULE, 1, tried_as, "all", later, evidence),
               Adopted("codes/asks-for-code", 3, "another", "all", later, evidence)]  # fmt: skip
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


def public_copy(world: World, folder: Path) -> Path:
    """Write the public bucket into a folder, as everybody can."""
    for key in world.objects.keys(world.public, ""):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(world.objects.get(world.public, key) or b"")
    return folder


def adopt(world: World, wrong: int = 1, **changes: Any) -> None:
    """Judge all drawn findings by two people, and adopt the rule."""
    judge_all(world, wrong)
    assert status(world, adoption(**changes)) == "taken"
    run_publish(world)


def page(folder: Path, name: str) -> str:
    """The words of a page, without its tags."""
    return " ".join(re.sub("<[^>]+>", " ", (folder / name).read_text("utf-8")).split())


def test_pages_and_json_say_what_went_live_and_recount_agrees(tried: World, tmp_path: Path) -> None:
    adopt(tried)
    folder = public_copy(tried, tmp_path)
    month = json.loads((folder / "summaries/acme/2026-11.json").read_bytes())
    [note] = month["went_live"]
    assert note["evidence"] == {"judged": 30, "right": 29, "wrong": 1, "low": 0.8333,
                                "high": 0.9941, "people": 2}  # fmt: skip
    assert (note["day"], note["tried"], note["band"]) == (DAY, "prizes/1/names-prize", "all")
    assert recount_command(folder) == 0
    pack_page = page(folder, "packs/prizes/1.html")
    assert "live since 25 November 2026" in pack_page
    assert "31 right, 1 wrong, 0 cannot tell" in pack_page
    assert "not adopted it" not in pack_page
    assert "Rules that went live after a trial" in page(folder, "summaries/all/2026-11.html")


@pytest.mark.parametrize("changes", [{"judged": 60, "right": 59}, {"right": 30}, {"people": 33},
                                     {"low": 0.9}, {"agreed": 1}])  # fmt: skip
def test_recount_names_evidence_that_cannot_be(changes: dict[str, int | float]) -> None:
    said = {"judged": 30, "right": 29, "wrong": 1, "low": 0.8333, "high": 0.9941, "people": 2}
    answers = Counter({"right": 31, "wrong": 1})
    assert evidence_problem(said, answers) == ""
    assert evidence_problem(said | changes, answers) != ""


def test_a_trial_that_nobody_adopts_is_counted(tried: World, tmp_path: Path) -> None:
    status(tried, answer(drawn(tried)[0], "wrong"))
    run_publish(tried)
    said = page(public_copy(tried, tmp_path), "packs/prizes/1.html")
    assert "1 provider has tried it and not adopted it" in said


def live_here(world: World) -> list[tuple[str, str, str]]:
    in_force = json.loads(world.objects.get(world.public, "sets/current.json") or b"")
    data = world.objects.get(world.public, f"sets/{in_force['set']}.json") or b""
    adopted = load_set(data).settings_of("acme").live_here
    return [(one.rule, one.band, one.since) for one in adopted]


def republish(world: World, *packs: Pack, removed: Sequence[str] = ()) -> None:
    """Publish packs on top of the set in force, as the operator does."""
    now = world.clock.now()
    request = SetRequest(packs=packs, now=now, notice_hours=0, removed=removed)
    put_in_force(
        world.objects, world.public, lambda before: next_set(load_set(before or b""), request, []),
        now,
    )  # fmt: skip


@pytest.mark.parametrize(("old", "new", "state"), [
    ("[The grand prize]", "[A grand prize]", "live since"),
    ("grand prize", "great prize", "lapsed, adopted on"),
], ids=["another example", "another term"])  # fmt: skip
def test_an_adoption_lapses_with_what_was_tried(tried: World, tmp_path: Path, old: str, new: str,
                                                state: str) -> None:  # fmt: skip
    adopt(tried)
    before = live_here(tried)
    changed = SHADOW.replace("version: 1", "version: 2").replace(old, new)
    republish(tried, pack(), pack(changed))
    run_publish(tried)
    assert live_here(tried) == (before if state == "live since" else [])
    assert state in page(public_copy(tried, tmp_path), "packs/prizes/2.html")
    run_publish(tried)
    assert live_here(tried) == (before if state == "live since" else [])
    republish(tried, removed=["prizes"])
    assert live_here(tried) == []


def test_the_last_of_two_adoptions_holds_and_its_notice_ends(tried: World) -> None:
    begin(tried, read_by="lead-1")
    adopt(tried, wrong=0)
    once = live_here(tried)
    tried.clock.move(hours=1)
    run_publish(tried)
    assert live_here(tried) == once


def numbers_with(world: World, *, draws: bool) -> dict[str, bytes]:
    """What is published after the same posts, of a day that is closed."""
    if draws:
        begin(world)
    scan(world, prizes(5) + lines(OTP, f"{OTP} {PRIZE}", start=50))
    scan(world, lines(OTP, start=50) + prizes(7), "again.jsonl")
    assert (len(drawn(world)) > 0) == draws
    world.clock.move(days=1)
    run_publish(world)
    objects = world.objects
    keys = [key for key in objects.keys(world.public, "") if key.startswith(("summ", "journal"))]
    return {key: objects.get(world.public, key) or b"" for key in keys}


def test_a_draw_changes_nothing_that_is_published_of_a_day() -> None:
    """The same posts in two worlds, one with a trial: the same bytes."""
    with_draws = numbers_with(World(clients_in_memory()), draws=True)
    without = numbers_with(World(clients_in_memory()), draws=False)
    day = json.loads(without["summaries/acme/2026-11-25.json"])
    assert day["numbers"]["by_rule"]["prizes/1/names-prize/shadow"] == 13
    assert with_draws == without


LONG = "you are the lucky winner of the grand prize, so come to the old market at nine today {}"


def test_an_erased_author_leaves_no_fingerprint_and_what_people_judged(world: World) -> None:
    """Her post and his copy of it were one text, and stay one."""
    begin(world)
    hers, his = (line(id=name, account=name, text=LONG.format(end)) + b"\n"
                 for name, end in ((ACCOUNT, "!"), ("ben", "?")))  # fmt: skip
    scan(world, hers + his + prizes(30))
    before = {one.finding: one for one in drawn(world)}
    groups = group_names(list(before.values()))
    assert (len(before), len(set(groups.values()))) == (32, 31)
    assert erase(world).counts["drawn"] == 32
    after = {one.finding: one for one in drawn(world)}
    [emptied] = [name for name in before if after[name].fingerprint != before[name].fingerprint]
    finding = world.store.case(emptied)
    assert finding.excerpt is None
    assert after[emptied].fingerprint == b""
    assert group_names(list(after.values())) == groups
    assert erase(world).counts["drawn"] == 0


@pytest.mark.parametrize(("hers", "others", "judged", "code"), [
    pytest.param(4, 30, False, "not_proved", id="nobody judged hers, and nobody can"),
    pytest.param(1, 29, True, "taken", id="hers is one of thirty that were judged"),
])  # fmt: skip
def test_an_erased_author_blocks_no_adoption(world: World, hers: int, others: int, judged: bool,
                                             code: str) -> None:  # fmt: skip
    begin(world)
    posts = [
        line(id=f"h{n}", account=ACCOUNT, text=f"grand prize {n}") + b"\n" for n in range(hers)
    ]
    scan(world, b"".join(posts) + prizes(others))
    cases = {one.finding: world.store.case(one.finding) for one in drawn(world)}
    own = {name for name, case in cases.items() if case and case.finding
           and case.finding.post.startswith("h")}  # fmt: skip
    assert len(own) == hers
    short = [one for one in drawn(world) if one.finding in own]
    assert not any(one.fingerprint for one in short), "too short to have one"
    for number, one in enumerate(drawn(world)):
        if judged or one.finding not in own:
            status(world, answer(one, moderator=f"m-{number % 2}"))
    assert judged or status(world, adoption()) == code
    assert erase(world).counts["drawn"] >= hers
    assert all(one.is_forgotten == (one.finding in own) for one in drawn(world))
    assert status(world, adoption(id="a-2")) == "taken"


def test_drawn_findings_are_kept_as_long_as_the_desk_reads_answers(world: World) -> None:
    begin(world)
    world.excerpt_days = 365
    scan(world, prizes(1))
    world.clock.move(days=ANSWER_DAYS - 1)
    assert len(drawn(world)) == 1
    world.clock.move(days=1, seconds=1)
    assert drawn(world) == []


@pytest.mark.parametrize(("changes", "code"), [
    ({}, "taken"), ({"finding": None}, "field_missing"), ({"article_16": True}, "field_conflict"),
    ({"post": "another"}, "mixed_posts"),
])  # fmt: skip
def test_an_own_notice_is_of_a_drawn_one(tried: World, changes: dict[str, Any], code: str) -> None:
    assert status(tried, notice(tried) | changes) == code
    scan(tried, line(id="live", text=OTP) + b"\n", "live.jsonl")
    [found] = tried.open_findings()
    live = {"id": "n-2", "finding": found, "post": "live"}
    assert status(tried, notice(tried) | live) == "not_in_sample"


def test_who_reports_a_post_of_a_trial_does_not_decide_on_it(tried: World) -> None:
    assert status(tried, notice(tried)) == "taken"
    decided = {"type": "decision", "id": "d-1", "notice": "n-1", "verdict": "dismissed"}
    decided |= {"reason": "It is a joke.", "moderator": "m-1"}
    decided |= dict.fromkeys(("opened_at", "decided_at"), f"{DAY}T13:00:00Z")
    assert status(tried, decided) == "same_moderator"
    assert status(tried, decided | {"id": "d-2", "moderator": "m-2"}) == "taken"
    assert status(tried, answer(drawn(tried)[0])) == "taken", "the finding was not moved"


def notice(world: World) -> dict[str, Any]:
    """A notice of a moderator who judges a drawn finding."""
    case = world.store.case(drawn(world)[0].finding)
    assert case
    assert case.finding
    made = {"type": "notice", "id": "n-1", "post": case.finding.post, "finding": case.case}
    told = {"category": "SCAMS_AND_FRAUD", "trusted_flagger": False, "article_16": False}
    return made | told | {"moderator": "m-1", "received_at": f"{DAY}T12:30:00Z"}
