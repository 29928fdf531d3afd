"""A receipt of as many rules as a provider may run fits into one item of the table."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from support.sample_posts import OTP, lines, pack
from support.world import DAY, World

from ledger import units
from ledger.codes import Code, OperatorError
from ledger.posts import COUNTED_LANGUAGES, SCRIPTS
from ledger.table import Item, item_of
from matcher import Mode, Pack, Rule, Severity
from rules.pinned import TOPICS
from rules.rule_set import counted_rules
from terang.set_publishing import check_receipts

COUNT = 16 * 1024**2 // 91
"""Posts in a unit, at most: it has 16 MiB, and the line of a post at least 91 bytes."""

UNIT = sha256(b"a unit").hexdigest()


def size_of(item: Item) -> int:
    """The size of an item as DynamoDB counts it: names and values in UTF-8.

    Source: the developer guide of DynamoDB, "Item sizes and formats": a number has about one byte
    for two digits, and one more; here it is counted by its digits, which is never less.
    """
    values = {name: next(iter(typed.values())) for name, typed in item.items()}
    return sum(len(name.encode()) + len(str(value).encode()) for name, value in values.items())


def rules_of(packs: list[Pack], mode: str) -> dict[str, int]:
    """Each rule with the largest count."""
    return {units.rule_key(pack.id, pack.version, rule.id, mode): COUNT
            for pack in packs for rule in pack.rules}  # fmt: skip


def largest(packs: list[Pack], **changes: Any) -> units.Receipt:
    """A receipt in which everything that can be long is as long as it can be."""
    checks = {units.rule_key("factchecks", 10**9, topic.id, "live"): COUNT for topic in TOPICS}
    languages = [f"{language}-{script}" for language in COUNTED_LANGUAGES for script in SCRIPTS]
    languages += [*COUNTED_LANGUAGES, "und", "other"]
    live = rules_of(packs, "live") | checks
    made = units.Receipt(
        unit=UNIT, provider="p" * 40, kind="message", source="\x01" * 1024, bytes=10**8,
        lines=10**8, records=10**8, inspected=10**8, refused=dict.fromkeys(map(str, Code), 10**8),
        findings=10**8, recorded=10**8, findings_digest=UNIT, repeats=10**8, by_rule=live,
        held=live, by_language=dict.fromkeys(languages, COUNT), set=UNIT,
        at="2026-11-25T12:00:00Z", skipped=(), unknown_fields=10**9, assumed_utc=10**8,
        first="2026-11-24T12:00:00Z", last="2026-11-25T11:00:00Z", not_asked=10**8,
        not_compared=10**8, no_rules=10**8, partly_read=10**8,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def packs_of(rules: int, mode: Mode = Mode.LIVE) -> list[Pack]:
    """Packs of so many rules, with ids and versions as long as they may be."""
    made = tuple(
        Rule(id=f"r{number:039}", severity=Severity.LOW, why="why", groups=((f"term {number}",),))
        for number in range(rules)
    )
    return [pack(id="p" * 40, version=10**9, mode=mode, rules=made)]


def most_rules(mode: Mode) -> int:
    """As many rules as fit."""
    each = units.max_receipt_bytes(counted_rules(packs_of(1, mode))) - units.OTHER_BYTES
    return (units.ITEM_BYTES - units.OTHER_BYTES) // each


def test_what_is_set_aside_holds_all_but_the_rules() -> None:
    receipt = largest([])
    marker_key = f"J#{'p' * 40}#{DAY}#f"
    size = size_of(item_of(marker_key, f"receipt#{UNIT}", receipt))
    assert units.OTHER_BYTES * 0.7 < size <= units.OTHER_BYTES
    refused = tuple(sha256(b"%d" % number).hexdigest() for number in range(units.BATCH_MESSAGES))
    batch = largest([], kind="messages", messages=units.BATCH_MESSAGES, refused_messages=refused)
    ids = {"units": b"." * 32 * units.BATCH_MESSAGES, "ids": b"." * 32 * units.BATCH_FINDINGS}
    more = size_of(item_of(marker_key, f"receipt#{UNIT}", batch)) - size
    more += sum(len(name) + len(packed) for name, packed in ids.items())
    assert units.BATCH_BYTES * 0.7 < more <= units.BATCH_BYTES


@pytest.mark.parametrize("mode", Mode)
def test_a_receipt_of_the_most_rules_is_committed_and_read_again(world: World, mode: Mode) -> None:
    packs = packs_of(most_rules(mode), mode)
    check_receipts("acme", packs)
    by_rule = rules_of(packs, mode)
    held = by_rule if mode is Mode.LIVE else {}
    receipt = largest([], by_rule=by_rule, held=held, provider="acme")
    marker = units.Marker(UNIT, "acme", DAY)
    size = size_of(item_of(f"J#acme#{DAY}#{UNIT[0]}", f"receipt#{UNIT}", receipt))
    assert 0.9 * units.ITEM_BYTES < size <= units.ITEM_BYTES
    assert world.store.commit_unit(marker, receipt, "", None)
    assert world.store.receipt(marker) == receipt


@pytest.mark.parametrize("mode", Mode)
def test_one_rule_more_is_refused_at_publishing_and_at_loading(world: World, mode: Mode) -> None:
    """Before a post is read: findings without a receipt would be counted nowhere."""
    rules = most_rules(mode) + 1
    packs = packs_of(rules, mode)
    problem = rf"{rules:,} rules.* bytes, \d+ more than the 409,600 of an item"
    with pytest.raises(OperatorError, match=f"acme would run {problem}"):
        check_receipts("acme", packs)
    world.publish(*packs)
    [unit] = world.take_in(lines(OTP))
    before = world.state()
    with pytest.raises(OperatorError, match=f"with the set {unit.set}, acme would run {problem}"):
        world.scanner().scan_range(unit)
    assert world.state() == before
