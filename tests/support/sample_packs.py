"""Sound packs for tests: one as its author writes it, and one around some rules."""

from datetime import date

from matcher import Ground, Pack, Rule
from rules.pack import InForce, LegalGround

PACK = """\
id: one-time-codes
version: 3
title: Theft of one-time codes
why: Whoever passes on a code gives away an account.
category: SCAMS_AND_FRAUD
keywords: [PHISHING]
ground: illegal
legal_ground: {text: Fraud, url: "https://law.example/1"}
languages: [en, id]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
rules:
  - id: asks-for-code
    severity: high
    why: Asks for a code.
    all:
      - [otp, login code]
      - [send me]
    within: 12
    except: [otp bank]
    unless: [never share]
    match: [send me the otp, otp - send me]
    ignore: [send me my otp bank, "never share an otp, even if asked: send me"]
"""
"""A sound pack, as its author writes it."""

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
    """A pack around some rules."""
    return Pack(
        id="a-pack",
        version=1,
        title="A pack",
        why="Tests.",
        category="SCAMS_AND_FRAUD",
        keywords=("PHISHING",),
        ground=Ground.ILLEGAL,
        legal_ground=LegalGround("A law", "https://law.example"),
        languages=("en",),
        owner="trust@provider.example",
        in_force=InForce(date(2026, 11, 1), date(2026, 11, 30)),
        rules=rules,
        digest="0" * 64,
    )
