"""What a provider's moderators send about each finding that they are handed: all in one go. A
decision, a complaint about it, its outcome and what follows are sent at once, so that they come in
any order. Times follow the finding's own by less than the five minutes that a clock may run ahead,
so that waits are the same in every run."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from support.sample_messages import (
    complaint,
    decision,
    flood_answer,
    outcome,
    reinstatement,
    second_review,
)

from cases.trials import is_asked_twice
from ledger.cases import case_id, is_for_second_review

PROVIDER = "acme"
NEVER = datetime.max.replace(tzinfo=UTC)


def bodies(handed_out: bytes, now: datetime) -> Iterator[str]:
    """The messages about the findings of one file, each a body of its own, sent at that moment."""
    for row in handed_out.splitlines():
        yield from map(json.dumps, messages(json.loads(row), now))


def looks(handed_out: bytes, now: datetime) -> Iterator[str]:
    """As `bodies`, but the findings of one file are decided in two looks: a group of each verdict.
    One decision of a group is drawn for a second review if the group is."""
    findings = [
        one for row in handed_out.splitlines() if (one := json.loads(row))["mode"] == "live"
    ]
    latest = max((finding["found_at"] for finding in findings), default="")
    names = sha256("".join(finding["finding"] for finding in findings).encode()).hexdigest()[:8]
    reviewed: set[str] = set()
    for finding in findings:
        told = messages(finding | {"found_at": latest}, now)
        group = f"g-{names}-{told[0]['verdict']}"
        told = [one for one in told if one["type"] != "second_review"]
        told[0]["group"] = group
        if is_for_second_review(case_id("group", PROVIDER, group)) and group not in reviewed:
            reviewed.add(group)
            times = {"opened_at": told[0]["decided_at"], "decided_at": told[2]["decided_at"]}
            told.append(second_review(id=f"r-{group}", decision=told[0]["id"], **times))
        yield from map(json.dumps, told)


def answers(handed_out: bytes, now: datetime) -> Iterator[str]:
    """An answer to the flood guard for each held finding of one file: the first is the answer."""
    for row in handed_out.splitlines():
        finding = json.loads(row)
        if finding["held"]:
            found = min(datetime.fromisoformat(finding["found_at"]), now)
            yield json.dumps(flood_answer(id=f"f-{finding['finding'][:8]}",
                day=finding["found_at"][:10], held_rule=f"{finding['pack']}/{finding['rule']}",
                opened_at=found.isoformat(),
                decided_at=(found + timedelta(minutes=1)).isoformat()))  # fmt: skip


def judgements(handed_out: bytes, now: datetime) -> Iterator[str]:
    """What two people say of each drawn finding of one file: the rule is right."""
    for row in handed_out.splitlines():
        finding = json.loads(row)
        if finding.get("drawn"):
            found = min(datetime.fromisoformat(finding["found_at"]), now)
            for number in range(1 + is_asked_twice(finding["finding"])):
                who = f"m-{(int(finding['finding'][-1], 16) + number) % 2}"
                said = {"verdict": "right", "moderator": who, "at": found.isoformat()}
                name = f"t-{finding['finding'][:8]}-{number}"
                yield json.dumps(
                    {"type": "trial", "id": name, "finding": finding["finding"]} | said
                )


def adoptions(rule: str, now: datetime) -> Iterator[str]:
    """The messages of two leads who adopt a rule at once."""
    for lead in ("lead-1", "lead-2"):
        said = {"terms_read_by": lead, "moderator": lead, "at": now.isoformat()}
        named = {"rule": rule, "version": 1, "band": "all"}
        yield json.dumps({"type": "adoption", "id": f"a-{lead}"} | named | said)


def entries(finding: dict[str, Any], *, drawn_alone: bool = True) -> list[str]:
    """The ids of the entries that these messages become."""
    return [case_id(message["type"], PROVIDER, message["id"])
            for message in messages(finding, NEVER)
            if drawn_alone or message["type"] != "second_review"]  # fmt: skip


def messages(finding: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """All that is said about one finding; about one in shadow, nothing. People's clocks are right:
    what was found later than now was found by a worker whose is not."""
    if finding["mode"] != "live":
        return []
    name, found = finding["finding"][:8], min(datetime.fromisoformat(finding["found_at"]), now)
    decided, contested, ended = (
        (found + timedelta(minutes=minutes)).isoformat() for minutes in (1, 2, 4)
    )
    is_confirmed = int(finding["finding"][-1], 16) % 3 != 0
    about = {"decision": f"d-{name}"}
    told = [
        decision(
            finding["finding"], id=f"d-{name}",
            verdict="confirmed" if is_confirmed else "dismissed", opened_at=found.isoformat(),
            decided_at=decided, **({"applied_at": decided} if is_confirmed else {}),
        ),
        complaint(id=f"c-{name}", received_at=contested, **about),
        outcome(id=f"o-{name}", complaint=f"c-{name}", decided_at=ended),
    ]  # fmt: skip
    if is_confirmed:
        told.append(reinstatement(id=f"b-{name}", reinstated_at=ended, **about))
    if is_for_second_review(case_id("decision", PROVIDER, f"d-{name}")):
        told.append(second_review(id=f"r-{name}", opened_at=decided, decided_at=ended, **about))
    return told
