"""Sound packs for tests: one as its author writes it, and one around some rules."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from matcher import Ground, Matcher, Pack, Rule, Severity
from rules.pack import InForce, LegalGround

PACK, CARD, PROTECTED = (Path(__file__).with_name(f"sample_{name}.yaml").read_text("utf-8")
                         for name in ("pack", "card", "protected"))  # fmt: skip
"""A sound pack, a card and protected sentences, as their authors write them."""

SCORED = (
    PACK[: PACK.index("    all:")]
    + """\
    score:
      threshold: 6
      high: 9
      terms: {send me: 5, otp: 3, login code: 2, bank: -4}
    unless: [never share]
    match: [send me the otp, otp - send me]
    ignore: [send me my otp bank, "never share an otp, even if asked: send me"]
"""
)
"""The same with a scored rule. Its score begins on line 16."""


def pack_of(*rules: Rule) -> Pack:
    return Pack(
        id="a-pack", version=1, title="A pack", why="Tests.", category="SCAMS_AND_FRAUD",
        keywords=("PHISHING",), ground=Ground.ILLEGAL,
        legal_ground=LegalGround("A law", "https://law.example"), languages=("en",),
        owner="trust@provider.example", in_force=InForce(date(2026, 11, 1), date(2026, 11, 30)),
        rules=rules, digest="0" * 64,
    )  # fmt: skip


def rule_of(*groups: Iterable[str], **more: Any) -> Rule:
    return Rule(id="the-rule", severity=Severity.LOW, why="Tests.",
                groups=tuple(map(tuple, groups)), **more)  # fmt: skip


def slices(rule: Rule, text: str) -> list[str]:
    """What a rule matches of a text."""
    hits = Matcher([pack_of(rule)]).find(text)
    return [text[span.start : span.end] for hit in hits for span in hit.spans]
