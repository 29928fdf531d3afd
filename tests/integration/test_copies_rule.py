"""A rule of copies finds near copies of confirmed posts. Units tried again: in the simulation."""

import msgspec
import pytest
from integration.decided_cases import decide
from integration.scanned_units import handed_out
from integration.test_scan_batches import body, deliver
from support.erased_world import erase
from support.faults import Calls
from support.sample_messages import complaint, decision, outcome
from support.sample_posts import PACK, lines, pack
from support.world import DAY, World

from ledger.cases import case_id
from ledger.findings import CopySnapshot
from ledger.keys import copies_key
from publish.summary import days_between
from publish_steps.handover import Snapshots
from rules.pack_parts import ALGORITHM

WHOLE = "Send me the one-time code you just got, my friend at the market needs it before nine"
COPY = WHOLE.replace("Send me", "Sendd mi")
"""A near copy, which the terms of the rule do not find."""
OTHER = "The market opens at nine, and the fish is as fresh as it was yesterday"
WITH_COPIES = pack(
    PACK
    + """
  - id: copies-of-code
    severity: medium
    why: Is nearly the text of a post that a person confirmed.
    copies: {of: asks-for-code, mode: live}
"""
)
MESSAGES = [body(name, text) for name, text in zip("abc", (COPY, OTHER, COPY), strict=True)]
RULE = "codes/3/copies-of-code/live"


@pytest.fixture
def confirmed(world: World) -> World:
    """A stack in which a person confirmed WHOLE, and publish wrote its fingerprint."""
    world.publish(WITH_COPIES)
    world.scan(*world.take_in(lines(WHOLE)))
    [finding] = world.open_findings()
    decide(world, Calls(), decision(finding, verdict="confirmed"))
    assert renew(world)
    return world


def renew(world: World) -> bool:
    bucket = Snapshots(world.objects, world.work)
    now = world.clock.now()
    days = days_between(DAY, now.date().isoformat())
    return bucket.renew(world.store, "acme", [WITH_COPIES], days, now)


def snapshot(world: World) -> CopySnapshot:
    data = world.objects.get(world.work, copies_key("acme"))
    assert data is not None
    return msgspec.json.decode(data, type=CopySnapshot)


def counted(world: World) -> dict[str, int]:
    """What all receipts count together, by rule."""
    return {rule: count for receipt in world.receipts() for rule, count in receipt.by_rule.items()}


def test_a_copy_is_a_finding_that_names_the_decision(confirmed: World) -> None:
    confirmed.scan(*confirmed.take_in(lines(COPY, OTHER, start=5)))
    [receipt] = [one for one in confirmed.receipts() if one.inspected == 2]
    [row] = handed_out(confirmed, receipt)
    assert row["copy_of"] == case_id("decision", "acme", decision("f")["id"])
    assert row["spans"][0] | {"evasion": ()} == {
        "part": "text", "start": 0, "end": len(COPY), "term": f"{{{ALGORITHM}}}", "evasion": ()
    }  # fmt: skip
    assert counted(confirmed)[RULE] == 1


def test_so_is_one_among_messages(confirmed: World) -> None:
    deliver(confirmed, *MESSAGES)
    assert counted(confirmed)[RULE] == 2


def test_a_post_that_the_rule_itself_finds_is_no_copy(confirmed: World) -> None:
    confirmed.scan(*confirmed.take_in(lines(WHOLE, start=5)))
    assert RULE not in counted(confirmed)


def test_nothing_is_a_copy_without_decisions(world: World) -> None:
    world.publish(WITH_COPIES)
    assert not renew(world)
    world.scan(*world.take_in(lines(WHOLE, COPY)))
    assert RULE not in counted(world)
    assert not any(receipt.not_compared for receipt in world.receipts())


class TestSnapshot:
    def test_a_decision_on_both_texts_of_a_post_has_the_newer_print(self, confirmed: World) -> None:
        """The other text is that of an earlier decision."""
        text = "Strangers ask you to send me the one-time code today; what do their cousins want?"
        for version in (WHOLE, text):
            name = f"{len(version)}.jsonl"
            confirmed.scan(*confirmed.take_in(lines(version, start=5), name=name))
        both = decision(*confirmed.open_findings(), id="d-2", verdict="confirmed")
        confirmed.clock.move(hours=1)
        decide(confirmed, Calls(), both)
        assert renew(confirmed)
        rows = snapshot(confirmed).rows
        expected = [case_id("decision", "acme", name) for name in ("d-1", "d-2")]
        assert sorted(row.decision for row in rows) == sorted(expected)

    def test_is_written_at_most_once_an_hour_and_only_if_it_changed(self, confirmed: World) -> None:
        assert not renew(confirmed)
        confirmed.clock.move(hours=1)
        assert not renew(confirmed)
        confirmed.clock.move(hours=20)
        assert renew(confirmed)

    def test_ends_with_the_fingerprints(self, confirmed: World) -> None:
        confirmed.clock.move(days=27)
        assert renew(confirmed)
        assert snapshot(confirmed).rows == ()

    def test_has_no_overturned_decision(self, confirmed: World) -> None:
        about = {"id": "c-1", "decision": decision("f")["id"]}
        decide(confirmed, Calls(), complaint(**about))
        decide(confirmed, Calls(), outcome(complaint="c-1"))
        confirmed.clock.move(hours=1)
        assert renew(confirmed)
        assert snapshot(confirmed).rows == ()

    def test_is_empty_once_an_author_is_erased_and_receipts_say_so(self, confirmed: World) -> None:
        erase(confirmed, posts=frozenset({"p0"}))
        versions = list(confirmed.objects.versions(confirmed.work, copies_key("acme")))
        assert len(versions) == 1
        assert snapshot(confirmed).erased
        confirmed.scan(*confirmed.take_in(lines(COPY, OTHER, start=5)))
        assert [one.not_compared for one in confirmed.receipts() if one.inspected == 2] == [2]
        assert RULE not in counted(confirmed)
        assert renew(confirmed)
        assert snapshot(confirmed).rows == ()


def test_an_overturned_decision_lists_its_copies(confirmed: World) -> None:
    """A copy that is open stays open, and one that is decided stays decided."""
    confirmed.scan(*confirmed.take_in(lines(COPY, start=5)))
    about = {"id": "c-1", "decision": decision("f")["id"]}
    decide(confirmed, Calls(), complaint(**about))
    decide(confirmed, Calls(), outcome(complaint="c-1"))
    [key] = confirmed.objects.keys(confirmed.out, "out/acme/copies/")
    row = msgspec.json.decode(confirmed.objects.get(confirmed.out, key) or b"")
    assert row == {"finding": confirmed.open_findings()[0], "rule": "codes/3/copies-of-code",
        "state": "open", "copy_of": case_id("decision", "acme", about["decision"])}  # fmt: skip
