"""A check that is corrected or withdrawn re-opens what was decided by it, once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.faults import Calls, CrashError
from support.sample_checks import CHECKS, FRIDGE, REPEATS_SALT, SALT, check, table
from support.sample_messages import complaint, decision, outcome
from support.sample_posts import lines
from support.world import DAY, World

from claims.admission import ChangeKind, CheckChange, CheckedClaim
from feeds.reopening import TRIES
from ledger.cases import Case, CaseState, case_id
from ledger.texts import utc
from scan.inspection import ShadowFindings
from terang.set_publishing import PackBucket

LABELLED = {"visibility": ["DECISION_VISIBILITY_CONTENT_LABELLED"]}
WITHDRAWN = table(*CHECKS[1:])
NOW_TRUE = table(check(1, SALT, "True"), *CHECKS[1:])
KEY = "factchecks/checks.csv"


def found(world: World, text: str = REPEATS_SALT, name: str = "posts.jsonl") -> str:
    """A live finding by a check; its id."""
    world.import_checks(table(*CHECKS))
    PackBucket(world.objects, world.public).choose("acme", None, factchecks=True)
    world.scan(*world.take_in(lines(text), name))
    [finding] = world.open_findings()
    return finding


def decided(world: World, **changes: Any) -> str:
    finding = found(world)
    [handled] = world.decide(decision(finding, **({"measures": LABELLED} | changes)))
    assert handled.status == "taken"
    assert world.open_findings() == []
    return finding


def case(world: World, name: str) -> Case:
    there = world.store.case(name)
    assert there is not None
    return there


def notices(world: World, day: str = "") -> list[dict[str, Any]]:
    keys = world.objects.keys(world.out, f"out/acme/corrections/{day}")
    return [json.loads(world.objects.get(world.out, key) or b"") for key in keys]


def corrections(world: World) -> list[Any]:
    return [
        entry for entry in world.store.journal_entries("acme", DAY) if entry.type == "correction"
    ]


@pytest.mark.parametrize(("feed", "why", "after"), [
    pytest.param(WITHDRAWN, "withdrawn", [], id="withdrawn"),
    pytest.param(NOW_TRUE, "corrected", ["true"], id="corrected"),
])  # fmt: skip
def test_what_it_decided_is_open(world: World, feed: bytes, why: str, after: list[str]) -> None:
    finding = decided(world)
    receipt = world.import_checks(feed).receipt
    assert receipt.reopened == 1
    assert world.open_findings() == [finding]
    matter = case(world, finding)
    assert matter.state is CaseState.OPEN
    assert [entry.move for entry in matter.entries] == ["decide", "reopen"]
    superseded = case(world, matter.entries[0].journal_entry.entry)
    assert superseded.state is CaseState.STANDING
    assert [entry.move for entry in superseded.entries] == ["decide", "supersede"]
    words = {"withdrawn": "", "corrected": " It says now: true (2026-10-01)."}[why]
    assert matter.entries[-1].reason == f"The check https://check.example/1 was {why}.{words}"
    [entry] = corrections(world)
    assert (entry.why, entry.check, entry.found) == (
        why, "https://check.example/1", {f"{DAY}/factchecks/1/health/live": 1},
    )  # fmt: skip
    [notice] = notices(world, f"{DAY}/")
    assert (notice["finding"], notice["change"], notice["superseded"]) == (finding, why, True)
    assert notice["decision"] == superseded.case
    assert [claim["rating"] for claim in notice["before"]] == ["false"]
    assert [claim["rating"] for claim in notice["after"]] == after


def test_somebody_decides_anew(world: World) -> None:
    finding = decided(world)
    world.import_checks(WITHDRAWN)
    anew = decision(finding, id="d-9", verdict="dismissed", measures=None, applied_at=None)
    assert [handled.status for handled in world.decide(anew, anew)] == ["taken", "repeated"]
    assert case(world, finding).state is CaseState.DECIDED
    assert world.open_findings() == []


@pytest.mark.parametrize(("feed", "why"), [
    pytest.param(WITHDRAWN, "withdrawn", id="withdrawn at last"),
    pytest.param(table(check(1, SALT, "Misleading"), *CHECKS[1:]), "corrected",
                 id="corrected again"),
])  # fmt: skip
def test_a_second_change_opens_what_was_decided_since(world: World, feed: bytes, why: str) -> None:
    """The finding keeps its first words; the moderator decided by what the check said since."""
    finding = decided(world)
    world.import_checks(NOW_TRUE)
    anew = decision(finding, id="d-9", verdict="dismissed", measures=None, applied_at=None)
    assert [handled.status for handled in world.decide(anew)] == ["taken"]
    world.import_checks(feed)
    assert world.open_findings() == [finding]
    assert sorted(notice["change"] for notice in notices(world)) == sorted(["corrected", why])
    for name in ("d-1", "d-9"):
        fallen = case(world, case_id("decision", "acme", name))
        assert [entry.move for entry in fallen.entries] == ["decide", "supersede"], name
    world.importer().import_feed(KEY)
    assert len(corrections(world)) == 2


def test_a_second_change_is_told_when_the_first_is_long_past(world: World) -> None:
    """The first is no longer told to late units then; the case itself knows of it."""
    found(world)
    world.import_checks(NOW_TRUE)
    world.clock.move(days=40)
    world.import_checks(WITHDRAWN)
    assert [notice["change"] for notice in notices(world)] == ["corrected", "withdrawn"]


def test_a_change_of_another_check_is_not_an_earlier_change_of_this_one(world: World) -> None:
    """Two checks are attached. One was corrected; of the other the finding proposed something else
    than a late import drops, so it rests on nothing that changed."""
    pair = (check(1, SALT), check(9, SALT))
    world.import_checks(table(*pair, *CHECKS[1:]))
    PackBucket(world.objects, world.public).choose("acme", None, factchecks=True)
    world.scan(*world.take_in(lines(REPEATS_SALT)))
    assert len(world.store.findings_on("https://check.example/9")) == 1
    world.import_checks(table(check(1, SALT, "True"), pair[1], *CHECKS[1:]))
    world.clock.move(days=1)
    other = CheckedClaim(SALT, "misleading", "2026-09-01")
    late = CheckChange("https://check.example/9", ChangeKind.WITHDRAWN, (other,))
    reopening = world.importer().reopening
    assert reopening.report([(utc(world.clock.now()), late)]).total() == 0
    dropped = CheckedClaim(SALT, "false", "2026-10-01")
    same = CheckChange("https://check.example/9", ChangeKind.WITHDRAWN, (dropped,))
    assert reopening.report([(utc(world.clock.now()), same)]).total() == 1


def test_a_second_change_of_another_claim_of_the_page_opens_nothing(world: World) -> None:
    other = {"url": "https://check.example/1"}
    decided(world)
    now = [check(1, SALT, "True"), *CHECKS[1:]]
    world.import_checks(table(*now, check(1, FRIDGE, **other)))
    first = len(corrections(world))
    world.import_checks(table(*now, check(1, FRIDGE, "True", **other)))
    assert len(corrections(world)) == first == 1


def test_a_late_unit_is_told_every_change_since(world: World) -> None:
    """It was cut while the check stood, and scanned after its second change."""
    found(world)
    late = world.take_in(lines(REPEATS_SALT + "!"), "late.jsonl")
    world.import_checks(NOW_TRUE)
    world.import_checks(WITHDRAWN)
    world.scan(*late)
    world.importer().import_feed(KEY)
    assert len(corrections(world)) == 4


def test_an_open_finding_is_told_and_stays_open(world: World) -> None:
    finding = found(world)
    world.import_checks(WITHDRAWN)
    assert world.open_findings() == [finding]
    assert [entry.move for entry in case(world, finding).entries] == ["note"]
    [entry] = corrections(world)
    assert entry.found == {}
    [notice] = notices(world)
    assert notice["superseded"] is False


def test_a_decision_that_fell_before_is_not_touched(world: World) -> None:
    finding = decided(world)
    world.decide(complaint(), outcome(complaint="c-1"))
    world.import_checks(WITHDRAWN)
    assert [entry.move for entry in case(world, finding).entries] == ["decide", "note"]


def test_a_group_that_was_decided_by_it_falls_once(world: World) -> None:
    found(world)
    world.scan(*world.take_in(lines(REPEATS_SALT + "!"), "copy.jsonl"))
    both = [decision(name, id=name, group="g-1") for name in world.open_findings()]
    world.decide(*both)
    world.import_checks(WITHDRAWN)
    assert sum(sum(entry.counted.values()) for entry in corrections(world)) == 1
    [name] = {entry.group for entry in corrections(world)}
    assert [entry.move for entry in case(world, name).entries] == ["decide", "supersede"]


def test_a_repeat_changes_nothing(world: World) -> None:
    decided(world)
    world.import_checks(WITHDRAWN)
    before = world.state()
    assert world.importer().import_feed(KEY).status == "known"
    assert world.state() == before


def test_a_worker_that_dies_anywhere_tells_a_finding_once(new_world: Callable[..., World]) -> None:
    """Killed after each call to the table and to the buckets, and tried again."""
    counted = Calls()
    whole = new_world()
    decided(whole)
    whole.objects.put(whole.work, KEY, WITHDRAWN)
    whole.importer(counted.through(whole.objects), counted.through(whole.store)).import_feed(KEY)
    first = counted.names.index("findings_on")
    assert "commit_case" in counted.names[first:]
    for number in range(first, len(counted.names)):
        world = new_world()
        finding = decided(world)
        world.objects.put(world.work, KEY, WITHDRAWN)
        calls = Calls(fatal=number)
        with pytest.raises(CrashError):
            world.importer(calls.through(world.objects), calls.through(world.store)).import_feed(
                KEY
            )
        world.importer().import_feed(KEY)
        assert len(corrections(world)) == len(notices(world)) == 1
        assert world.open_findings() == [finding]


def test_a_unit_of_the_set_before_is_told_by_the_next_import(world: World) -> None:
    """It was cut while the check stood, and scanned when it was gone."""
    found(world)
    late = world.take_in(lines(REPEATS_SALT + "!"), "late.jsonl")
    world.import_checks(WITHDRAWN)
    world.scan(*late)
    assert len(corrections(world)) == 1
    world.importer().import_feed(KEY)
    assert len(corrections(world)) == 2


def test_what_the_new_words_of_a_check_find_is_not_opened_for_the_old_ones(world: World) -> None:
    found(world)
    world.import_checks(table(check(1, SALT, "Misleading"), *CHECKS[1:]))
    world.scan(*world.take_in(lines(REPEATS_SALT + "!"), "new.jsonl"))
    world.importer().import_feed(KEY)
    assert len(corrections(world)) == 1


def test_a_finding_in_shadow_is_nobodys_to_decide(world: World) -> None:
    world.shadow = ShadowFindings.ALL
    world.import_checks(table(*CHECKS))
    world.scan(*world.take_in(lines(REPEATS_SALT)))
    world.import_checks(WITHDRAWN)
    assert corrections(world) == []


@pytest.mark.parametrize("lost", [TRIES - 1, TRIES])
def test_a_case_that_others_keep_moving_is_tried_so_often(world: World,
        monkeypatch: pytest.MonkeyPatch, lost: int) -> None:  # fmt: skip
    """The last try still counts; then the import fails, and comes again."""
    decided(world)
    world.objects.put(world.work, KEY, WITHDRAWN)
    importer = world.importer()
    commit, left = type(importer.reopening.store).commit_case, iter(range(lost))

    def losing(*args: Any) -> bool:
        return next(left, None) is None and commit(*args)

    monkeypatch.setattr(type(importer.reopening.store), "commit_case", losing)
    if lost < TRIES:
        importer.import_feed(KEY)
        assert len(notices(world)) == 1
    else:
        with pytest.raises(OSError, match="moved the case"):
            importer.import_feed(KEY)


def test_the_receipt_of_a_first_import_counts_no_change(world: World) -> None:
    result = world.import_checks(table(*CHECKS))
    assert result.receipt is not None
    counted = result.receipt
    assert (counted.corrected, counted.withdrawn, counted.reopened) == (0, 0, 0)
