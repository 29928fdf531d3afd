"""A message whose first attempt died is tried again after the set in force changed."""

import json
from dataclasses import replace

import pytest
from integration.scanned_units import MESSAGE_ORDER, handed_out, marker, one, scan_message
from support.faults import Calls, CrashError
from support.sample_posts import OTP, fields
from support.world import World


class TestTriedAgainAfterThePointerMoved:
    """A unit keeps what its first attempt had; that its rules stay the simulation tries."""

    BODY = json.dumps([fields(id="m1", text=OTP), fields(id="m2", text=OTP)])

    def test_keeps_as_much_of_a_post_as_its_first_attempt(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("record_attempt")))
        later = replace(world.scanner(), excerpt_length=10)
        later.scan_message("acme", self.BODY, world.clock.now())
        kept = world.store.findings_of(marker(one(world.receipts())))
        assert {excerpt for _, excerpt in kept} == {OTP}

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


class TestTriedAgainAfterAnErasure:
    """An earlier try stored findings that the eraser could not see; the next try erases them."""

    BODY = json.dumps([fields(id="m1", account="ana", text=OTP),
        fields(id="m2", account="ben", text=OTP), fields(id="m3", account="ana", text=OTP),
        fields(id="m4", account="ana", text=OTP)])  # fmt: skip

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
