"""Which rules a unit meets, and when their findings are proposed."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest
from integration.scanned_units import FILE, handed_out, one
from support.sample_checks import CHECKS, table
from support.sample_messages import decision, flood_answer
from support.sample_posts import OTP, SHADOW, fields, lines, pack
from support.world import DAY, World

from ledger.codes import OperatorError
from ledger.findings import FloodQuestion
from rules.pack import InForce
from rules.rule_set import ProviderSettings
from scan.flood_guard import FloodLimits
from terang.set_publishing import PackBucket


class TestFloodGuard:
    """What hits too much is counted and handed out, and not proposed."""

    LIMITS = FloodLimits(200, 10)

    def test_holds_for_the_day_until_a_person_opens(self, new_world: Callable[..., World]) -> None:
        world = new_world(limits=self.LIMITS, range_bytes=100_000)
        world.scan(*world.take_in(lines(*[OTP] * 3, *["a"] * 7), "1.jsonl"))
        receipt = one(world.receipts())
        assert receipt.held == {"codes/3/asks-for-code/live": 3}
        assert (receipt.findings, receipt.closes) == (3, True)
        assert world.open_findings() == []
        assert [finding["held"] for finding in handed_out(world, receipt)] == [True] * 3
        assert world.store.floods("acme", DAY) == {"codes/asks-for-code": False}

        world.scan(*world.take_in(lines(OTP, *["a"] * 90, start=100), "2.jsonl"))
        assert world.open_findings() == []

        [hold] = world.store.flood_holds("acme")
        asks = FloodQuestion(DAY, "codes/asks-for-code", f"{DAY}T12:00:00Z", 10, 3, 200)
        assert hold == (asks, "")
        [handled] = world.decide(flood_answer())
        assert handled.status == "taken"
        world.scan(*world.take_in(lines(*[OTP] * 9, start=200), "3.jsonl"))
        listed = world.store.open_findings("acme", 99)
        assert Counter(finding.held for finding in listed) == {True: 4, False: 9}

    def test_what_is_held_after_it_is_open_too(self, new_world: Callable[..., World]) -> None:
        """A worker may have looked before the answer and stored its findings after it."""
        world = new_world(limits=self.LIMITS, range_bytes=100_000)
        world.scan(*world.take_in(lines(*[OTP] * 3, *["a"] * 7), "1.jsonl"))
        world.decide(flood_answer())
        [late, *_] = world.store.open_findings("acme", 9)
        late = msgspec.structs.replace(late, finding="f" * 64)
        world.store.put_findings([(late, OTP)], 2**40)
        assert late in world.store.open_findings("acme", 9)
        world.decide(decision(late.finding))
        assert late not in world.store.open_findings("acme", 9)

    def test_the_question_is_answered_once(self, new_world: Callable[..., World]) -> None:
        world = new_world(limits=self.LIMITS, range_bytes=100_000)
        [early] = world.decide(flood_answer())
        assert (early.status, early.code) == ("refused", "unknown")
        world.scan(*world.take_in(lines(*[OTP] * 3, *["a"] * 7), "1.jsonl"))
        left = flood_answer(verdict="left_held")
        assert [handled.status for handled in world.decide(left, left)] == ["taken", "repeated"]
        [other] = world.decide(flood_answer(id="f-2", moderator="m-2"))
        assert (other.status, other.code) == ("refused", "decided_already")
        assert world.store.open_findings("acme", 9) == []
        assert world.store.floods("acme", DAY) == {"codes/asks-for-code": False}
        [entry] = world.store.journal_entries("acme", DAY)
        assert (entry.day, entry.held_rule, entry.verdict) == (
            DAY, "codes/asks-for-code", "left_held",
        )  # fmt: skip


class TestPacksOutOfTheirDates:
    """They are skipped and named, by the day on which the file came or the message was sent."""

    PAST = InForce(from_=date(2026, 1, 1), until=date(2026, 11, 24))

    def test_are_named_in_both_receipts(self, world: World) -> None:
        world.publish(pack(in_force=self.PAST), pack(SHADOW))
        [unit] = world.take_in(FILE)
        world.scan(unit)
        receipt = one(world.receipts())
        assert receipt.skipped == world.file_receipt(unit.file).skipped == ("codes/3",)
        assert receipt.by_rule == {"prizes/1/names-prize/shadow": 1}

    def test_do_not_run_late_because_the_worker_was(self, world: World) -> None:
        world.publish(pack(in_force=InForce(from_=date(2026, 11, 1), until=date(2026, 11, 25))))
        [unit] = world.take_in(FILE)
        world.clock.move(days=1)
        world.scan(unit)
        assert one(world.receipts("2026-11-26")).findings == 2

    def test_run_for_a_message_by_the_day_it_was_sent(self, world: World) -> None:
        world.publish(pack(in_force=self.PAST))
        body, now = json.dumps(fields(text=OTP)), world.clock.now()
        world.scanner().scan_message("acme", body, now - timedelta(days=1))
        world.scanner().scan_message("acme", body + " ", now)
        found = sorted(receipt.findings + receipt.repeats for receipt in world.receipts())
        assert found == [0, 1]


class TestPostsWithoutRules:
    """Nothing could be found in them: that is counted, in every receipt."""

    def test_are_counted_in_both_receipts(self, world: World) -> None:
        world.publish(pack(), acme=ProviderSettings(packs=()))
        [unit] = world.take_in(FILE)
        world.scan(unit)
        receipt = one(world.receipts())
        assert receipt.inspected > 0
        assert (receipt.no_rules, receipt.findings) == (receipt.inspected, 0)
        assert world.file_receipt(unit.file).no_rules == receipt.inspected

    def test_are_those_of_packs_that_all_expired_too(self, world: World) -> None:
        past = InForce(from_=date(2026, 1, 1), until=date(2026, 11, 24))
        world.publish(pack(in_force=past), pack(SHADOW, in_force=past))
        world.scan(*world.take_in(FILE))
        receipt = one(world.receipts())
        assert receipt.no_rules == receipt.inspected

    @pytest.mark.parametrize(("wanted", "counted"), [(True, 0), (False, 1)])
    def test_are_not_those_for_which_fact_checks_are_wanted(self, world: World, wanted: bool,
            counted: int) -> None:  # fmt: skip
        world.import_checks(table(*CHECKS))
        PackBucket(world.objects, world.public).choose("acme", (), factchecks=wanted)
        world.scanner().scan_message("acme", json.dumps(fields(text=OTP)), world.clock.now())
        assert one(world.receipts()).no_rules == counted


def test_a_set_that_is_gone_stops_the_unit_before_anything_is_written(world: World) -> None:
    [unit] = world.take_in(FILE)
    before = world.state()
    with pytest.raises(OperatorError, match="is not in the public bucket"):
        world.scanner().scan_range(msgspec.structs.replace(unit, set="ab"))
    assert world.state() == before
