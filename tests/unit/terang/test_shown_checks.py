"""A moderator sees the publisher of a check, and the measure that a finding proposes."""

import re
from typing import Any

import msgspec
import pytest
from support.sample_checks import REPEATS_SALT, SALT

from ledger.findings import Finding, FoundCheck, FoundSpan, Label
from terang.cli.review import checks_of

CHECK = FoundCheck("https://check.example/1", SALT, "false", "Fake", "Check", "2026-10-01", 0.9)


def finding(**changes: Any) -> Finding:
    check = msgspec.structs.replace(CHECK, **changes)
    return Finding(
        finding="f1", provider="acme", post="p1", account="k1:ab",
        published_at="2026-11-25T08:00:00Z", found_at="2026-11-25T09:00:00Z", pack="factchecks",
        version=1, set="s", rule="health", mode="live", category="RISK_FOR_PUBLIC_SECURITY",
        severity="medium", spans=(FoundSpan("text", 0, len(REPEATS_SALT), SALT),), unit="u1",
        label=Label((check,)),
    )  # fmt: skip


def test_a_check_is_shown_with_its_publisher_and_the_publishers_words() -> None:
    assert list(checks_of(finding())) == [
        f"Check, 2026-10-01: false (Fake): {SALT}",
        "  https://check.example/1",
    ]


def test_an_old_check_says_so() -> None:
    _, link = checks_of(finding(date="2020-12-01"))
    assert link.endswith("checked 5 years before the post")
    assert "no date" in next(checks_of(finding(date="")))


@pytest.mark.parametrize("field", ["url", "claim", "stated", "publisher"])
def test_a_hostile_check_commands_no_terminal(field: str) -> None:
    told = "".join(checks_of(finding(**{field: "\x1b[2J\x1b]0;x\x07\u202e[red]"})))
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e]", told)
