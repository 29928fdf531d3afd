"""Numbers by which people follow a decision or their report, and the words of reports.

A number has 12 signs of base 32, which are 60 bits. It is a keyed function of a case's id, and the
key is published nowhere. Under it is how far the case has come: no post, no text, nobody's name. A
reporter's words lie apart from it.
"""

import base64
import hmac
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from ledger.cases import CaseEntry, JournalEntry
from ledger.texts import months_after

CONTEST_MONTHS = 6
"""How long a decision can be contested (DSA, Art. 20(1))."""

type Follower = Literal["author", "notifier"]
"""Who follows a case: the author of the post, or who reported it."""

REPORT = "report-"
"""How the ids of notices begin that came by the form."""

COMPLAINT_DAYS = 14
"""Days in which a complaint should have its answer. The law for terrorist content that was removed
by specific measures (TCO, Art. 10(2)); else a goal of ours: the DSA, Art. 20(4), says timely."""

_SIGNS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_READ_AS = str.maketrans("OIL", "011", "- \t\r\n")


def number_of(key: bytes, case: str) -> str:
    """Return the number of a decision or a notice, in Crockford's base 32 without I, L, O and U.

    >>> number_of(bytes(32), "ab")
    'PBXN-9MSP-BN4Y'
    """
    keyed = hmac.digest(key, case.encode(), "sha256")
    signs = base64.b32encode(keyed[:10]).decode().translate(_SIGNS)
    return "-".join((signs[:4], signs[4:8], signs[8:12]))


def read_number(text: str) -> str:
    """Return a typed number as it was printed; an empty text if it cannot be one.

    >>> read_number(" 0il2 3456789a "), read_number("ABCD-EFGH-JKM")
    ('0112-3456-789A', '')
    """
    signs = text[:100].upper().translate(_READ_AS)
    known = len(signs) == 12 and set(signs) <= {*map(chr, _SIGNS.values())}
    return "-".join((signs[:4], signs[4:8], signs[8:])) if known else ""


class NumberStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a case that somebody follows: `reported`, `decided`, `contested` or `ended`.

    `decision` is the sender's id of what can be
    contested until the day `until`. `result` is a verdict or an outcome.
    """

    provider: str
    at: str
    by: Follower
    decision: str = ""
    result: str = ""
    measures: tuple[str, ...] = ()
    until: str = ""


class ReportWords(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a reporter wrote (DSA, Art. 16(2)), for the leads of the provider alone."""

    case: str
    at: str
    url: str
    category: str
    text: str
    name: str = ""
    email: str = ""
    flagger: str = ""
    post: str = ""


def steps_of(entry: JournalEntry, first: CaseEntry | None) -> Iterator[tuple[str, str, NumberStep]]:
    """Yield the steps that an entry adds: the case of the number, the name of the step, the step.

    `first` is the first entry of the case of a decision: it has the sender's id.
    """
    if entry.type == "decision" and entry.verdict in {"confirmed", "dismissed"} and first:
        day = date.fromisoformat((entry.applied_at or entry.decided_at)[:10])
        step = NumberStep(
            provider=entry.provider,
            at=entry.decided_at,
            by="author",
            decision=first.message,
            result=entry.verdict,
            measures=entry.done,
            until=months_after(day, CONTEST_MONTHS).isoformat(),
        )
        if entry.measures:
            yield entry.entry, "decided", step
        if entry.notice:
            yield entry.notice, "decided", msgspec.structs.replace(step, by="notifier")
    complaint = entry if entry.type == "complaint" else entry.answers
    if complaint is None or complaint.type != "complaint":
        return
    by = _complainant(complaint)
    if entry is complaint:
        yield numbered_case(entry), "contested", contested(entry.provider, by, entry.received_at)
    else:
        ended = NumberStep(entry.provider, entry.decided_at, by, "", entry.outcome, entry.done)
        yield numbered_case(entry), "ended", ended


def numbered_case(entry: JournalEntry) -> str:
    """Return the case whose number belongs to who complained: the decision, or their report."""
    by_notifier = _complainant(entry.answers or entry) == "notifier"
    return (by_notifier and entry.about and entry.about.notice) or entry.decision


def contested(provider: str, by: Follower, at: str) -> NumberStep:
    """Return the step of a complaint that came at a time, with the day of its answer."""
    day = datetime.fromisoformat(at).date() + timedelta(days=COMPLAINT_DAYS)
    return NumberStep(provider, at, by, until=day.isoformat())


def _complainant(complaint: JournalEntry) -> Follower:
    return "notifier" if complaint.by == "notifier" else "author"
