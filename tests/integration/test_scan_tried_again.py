"""A message whose first attempt died is tried again after the set in force changed."""

import json
from dataclasses import replace

import pytest
from integration.scanned_units import MESSAGE_ORDER, handed_out, marker, one, scan_message
from support.faults import Calls, CrashError
from support.sample_posts import OTP, PRIZE, SHADOW, fields, pack
from support.world import World


class TestTriedAgainAfterThePointerMoved:
    """A unit keeps the rules of its first attempt: what that put is counted, and nothing else."""

    BODY = json.dumps([fields(id="m1", text=OTP), fields(id="m2", text=PRIZE)])

    def test_counts_what_its_first_attempt_put(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("put_findings")))
        world.publish(pack(SHADOW))
        scan_message(world, self.BODY, Calls())
        receipt = one(world.receipts())
        assert receipt.by_rule == {
            "codes/3/asks-for-code/live": 1, "prizes/1/names-prize/shadow": 1
        }  # fmt: skip
        found = world.store.findings_of(marker(receipt))
        assert {finding.set for finding, _ in found} == {receipt.set}

    def test_keeps_as_much_of_a_post_as_its_first_attempt(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("record_attempt")))
        later = replace(world.scanner(), excerpt_length=10)
        later.scan_message("acme", self.BODY, world.clock.now())
        kept = world.store.findings_of(marker(one(world.receipts())))
        assert {excerpt for _, excerpt in kept} == {OTP, PRIZE}

    def test_does_so_though_the_new_set_finds_nothing(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("put_findings")))
        world.publish()
        scan_message(world, self.BODY, Calls())
        assert one(world.receipts()).findings == 2

    def test_and_another_worker_agree(self, world: World) -> None:
        """The pointer moves, and another worker commits, before the first puts its findings."""

        def other() -> None:
            world.publish(pack(SHADOW))
            scan_message(world, self.BODY, Calls())

        at = MESSAGE_ORDER.index("record_attempt")
        scan_message(world, self.BODY, Calls(at, other))
        receipt = one(world.receipts())
        assert receipt.by_rule == {"prizes/1/names-prize/shadow": 1}
        assert len([item for item in world.items() if item["sk"]["S"] == "finding"]) == 1

    def test_by_another_that_finds_nothing_is_counted_once(self, world: World) -> None:
        """The other commits before the first says by which rules it tries: the first gives way."""

        def other() -> None:
            world.publish()
            scan_message(world, self.BODY, Calls())

        scan_message(world, self.BODY, Calls(MESSAGE_ORDER.index("record_attempt"), other))
        assert one(world.receipts()).findings == 0
        assert not [item for item in world.items() if item["sk"]["S"] == "finding"]

    def test_that_finds_nothing_gives_way_to_one_that_does(self, world: World) -> None:
        """The other puts its findings and dies, after the first looked and before it commits."""
        old = world.scanner()
        old.rulesets.current()
        world.publish()
        calls = Calls(fatal=["marker", "record_attempt", "put_findings"].index("put_findings"))

        def other() -> None:
            store = calls.through(world.store)
            dying = replace(old, store=store, recorder=replace(old.recorder, store=store))
            with pytest.raises(CrashError):
                dying.scan_message("acme", self.BODY, world.clock.now())

        commit = len(["marker", "get", "get", "recorded_attempt", "floods", "flood_totals",
                      "put_findings", "put_finding_ids"])  # fmt: skip
        with pytest.raises(OSError, match="recorded another attempt at the unit"):
            scan_message(world, self.BODY, Calls(commit, other))
        assert world.receipts() == []
        scan_message(world, self.BODY, Calls())
        assert one(world.receipts()).findings == 2

    def test_of_which_nothing_was_put_meets_the_new_rules(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("record_attempt") - 1))
        world.publish(pack(SHADOW))
        scan_message(world, self.BODY, Calls())
        assert one(world.receipts()).by_rule == {"prizes/1/names-prize/shadow": 1}


class TestTriedAgainAfterAnErasure:
    """An earlier try stored findings that the eraser could not see; the next try erases them."""

    BODY = json.dumps(
        [
            fields(id="m1", account="ana", text=OTP),
            fields(id="m2", account="ben", text=OTP),
            fields(id="m3", account="ana", text=PRIZE),
            fields(id="m4", account="ana", text=OTP),
        ]
    )

    def test_turns_each_finding_of_the_author_into_a_stub(self, world: World) -> None:
        calls = Calls(fatal=MESSAGE_ORDER.index("put_findings"))
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, calls)
        assert calls.names[-1] == "put_findings"
        assert len([item for item in world.items() if item["sk"]["S"] == "excerpt"]) == 4
        world.store.put_tombstone("acme", world.pseudonym("ana"), expires=2_000_000_000)
        scan_message(world, self.BODY, Calls())
        receipt = one(world.receipts())
        assert receipt.findings == 4
        stored = world.store.findings_of(marker(receipt))
        whole = [(finding, excerpt) for finding, excerpt in stored if not finding.is_erased]
        assert [(finding.post, excerpt) for finding, excerpt in whole] == [("m2", OTP)]
        assert {excerpt for finding, excerpt in stored if finding.is_erased} <= {None, ""}
        assert world.open_findings() == [whole[0][0].finding]
        handed = handed_out(world, receipt)
        assert sorted(row["post"] for row in handed) == ["", "", "", "m2"]
