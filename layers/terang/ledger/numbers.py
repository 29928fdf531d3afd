"""Numbers by which people follow a decision or their report, and the words of reports.

A number has 12 signs of base 32, which are 60 bits. It is a keyed function of a case's id, and the
key is published nowhere. Under it is how far the case has come: no post, no text, nobody's name.
"""

import base64
import hmac
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from ledger.cases import CaseEntry, JournalEntry
from ledger.texts import months_after

CONTEST_MONTHS = 6
"""How long a decision can be contested (DSA, Art. 20(1))."""

COMPLAINT_DAYS = 14
"""Days in which a complaint should have its answer. The law for terrorist content that was removed
by specific measures (TCO, Art. 10(2)); else a goal of ours: the DSA, Art. 20(4), says timely."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The signs of numbers: none looks like another one."""

_SIGNS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD)
_READ_AS = str.maketrans("OIL", "011", "- \t\r\n")


def number_of(key: bytes, case: str) -> str:
    """Return the number of a decision or a notice.

    >>> number_of(bytes(32), "ab")
    'TTVS-STRG-3A8T'
    """
    keyed = hmac.digest(key, case.encode(), "sha256")
    return read_number(base64.b32encode(keyed).decode()[:12].translate(_SIGNS))


def pseudonym_of(key: bytes, person: str) -> str:
    """Return the pseudonym of a person whom another tool names: a moderator, or a reporter.

    >>> pseudonym_of(bytes(32), "ann@chat.example")
    'p-6b148fcb46bcc8cb'
    """
    return f"p-{hmac.digest(key, f'person {person}'.encode(), 'sha256').hex()[:16]}"


def read_number(text: str) -> str:
    """Return a typed number as it is printed; an empty text if it cannot be one.

    >>> read_number(" 0il2 3456789a "), read_number("ABCD-EFGH-JKM")
    ('0112-3456-789A', '')
    """
    signs = text[:100].upper().translate(_READ_AS)
    known = len(signs) == 12 and set(signs) <= set(CROCKFORD)
    return "-".join((signs[:4], signs[4:8], signs[8:])) if known else ""


class NumberStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a case that an author or a notifier (`by`) follows.

    Steps are `reported`, `decided`, `contested` and `ended`. `decision` is the sender's id of what
    can be contested until the day `until`; an answer should come until then. `outcome` is its.
    """

    provider: str
    at: str
    by: str
    until: str = ""
    decision: str = ""
    outcome: str = ""
    measures: tuple[str, ...] = ()


class ReportWords(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a reporter wrote (DSA, Art. 16(2)), for the leads of the provider alone."""

    case: str
    at: str
    post: str
    url: str
    category: str
    text: str
    name: str = ""
    email: str = ""
    flagger: str = ""


def steps_of(entry: JournalEntry, first: CaseEntry | None) -> Iterator[tuple[str, str, NumberStep]]:
    """Yield the steps that an entry adds: the case of the number, the name of the step, the step.

    `first` is the first entry of the case of a decision: it has the sender's id.
    """
    own, complaint = entry.provider, entry.answers or entry
    if entry.type == "decision" and entry.verdict in {"confirmed", "dismissed"} and first:
        day = date.fromisoformat((entry.applied_at or entry.decided_at)[:10])
        until = months_after(day, CONTEST_MONTHS).isoformat()
        followers = {entry.entry: "author"} if entry.measures else {}
        followers |= {entry.notice: "notifier"} if entry.notice else {}
        for case, by in followers.items():
            told = (until, first.message, "", entry.done)
            yield case, "decided", NumberStep(own, entry.decided_at, by, *told)
    elif entry.type == "complaint":
        yield numbered_case(entry), "contested", contested(own, entry.by, entry.received_at)
    elif entry.type == "outcome" and complaint.type == "complaint":
        said = entry.outcome, entry.done
        step = NumberStep(own, entry.decided_at, complaint.by, "", "", *said)
        yield numbered_case(entry), "ended", step


def contested(provider: str, by: str, at: str) -> NumberStep:
    """Return the step of a complaint that came at a time."""
    day = datetime.fromisoformat(at) + timedelta(days=COMPLAINT_DAYS)
    return NumberStep(provider, at, by, day.date().isoformat())


def numbered_case(entry: JournalEntry) -> str:
    """Return the case whose number belongs to who complained: the decision, or their report."""
    report = entry.about.notice if entry.about else ""
    return (report if (entry.answers or entry).by == "notifier" else "") or entry.decision
