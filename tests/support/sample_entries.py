"""Sample case entries, as decide puts them into the journal."""

from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from ledger.cases import JournalEntry
from ledger.codes import Measures, Visibility

RULE = "one-time-codes/1/asks-for-code/live"
REMOVED = Measures(visibility=(Visibility("DECISION_VISIBILITY_CONTENT_REMOVED"),))


def entry_id(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def entry(name: str, kind: str, day: str = "2026-11-25", /, **fields: Any) -> JournalEntry:
    defaults = {"provider": "acme", "at": f"{day}T18:00:00Z", "cases": (entry_id(f"case {name}"),)}
    return JournalEntry(entry=entry_id(name), type=kind, **(defaults | fields))


def decision(
        name: str, verdict: str = "confirmed", found: str = "2026-11-25", day: str = "2026-11-25",
        rules: dict[str, int] | None = None, *, after_hours: float = 2, looked_seconds: float = 40,
        **fields: Any) -> JournalEntry:  # fmt: skip
    """A decision on findings of one day, so many hours after the first of them."""
    shown = {RULE: 1} if rules is None else rules
    found_at = f"{found}T10:00:00Z"
    decided = datetime.fromisoformat(found_at) + timedelta(hours=after_hours)
    opened = decided - timedelta(seconds=looked_seconds)
    defaults: dict[str, Any] = {
        "verdict": verdict, "moderator": "lia", "category": "SCAMS_AND_FRAUD",
        "opened_at": opened.isoformat(), "decided_at": decided.isoformat(),
        "ground": "illegal" if verdict == "confirmed" else "",
        "measures": REMOVED if verdict == "confirmed" else None, "source_type": "VOLUNTARY",
    }  # fmt: skip
    if shown:
        defaults |= {"rules": shown,
                     "found": {f"{found}/{rule}": count for rule, count in shown.items()},
                     "found_days": tuple(Counter({found: sum(shown.values())}).elements()),
                     "found_at": found_at}  # fmt: skip
    return entry(name, "decision", day, **(defaults | fields))


def contest(name: str, about: JournalEntry, kind: str = "complaint", **fields: Any) -> JournalEntry:
    own = {"by": "author"} if kind == "complaint" else {"body": "A certified body"}
    defaults = {"decision": about.entry, "about": about, "received_at": "2026-11-26T08:00:00Z"}
    return entry(name, kind, "2026-11-26", **(own | defaults | fields))


def outcome(name: str, answers: JournalEntry, result: str = "reversed", day: str = "2026-11-27",
            **more: Any) -> JournalEntry:  # fmt: skip
    """What came of a complaint or dispute, 24 hours after it."""
    defaults: dict[str, Any] = {
        answers.type: answers.entry, "decision": answers.decision, "about": answers.about,
        "answers": msgspec.structs.replace(answers, about=None), "outcome": result,
        "moderator": "budi", "decided_at": "2026-11-27T08:00:00Z",
        "overturns": result == "reversed",
        "decided_in": answers.about.at[:7] if answers.about and result == "reversed" else "",
    }  # fmt: skip
    return entry(name, "outcome", day, **(defaults | more))
