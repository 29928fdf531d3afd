"""Findings of scan, a worker of decide on them, and what stands of their cases."""

from typing import Any

import msgspec
from support.faults import Calls
from support.sample_messages import SENT
from support.sample_posts import OTP, lines
from support.world import DAY, World

from decide.case_work import CaseOutcome
from ledger.cases import Case, JournalEntry
from ledger.codes import CaseReceipt


def found(world: World, *texts: str) -> list[str]:
    """Let scan find something in posts of these texts; the open findings."""
    world.scan(*world.take_in(lines(*(texts or (OTP,)))))
    return world.open_findings()


def decide(world: World, calls: Calls, message: dict[str, Any]) -> list[CaseOutcome]:
    """A fresh worker takes the message, over counted ports."""
    work = world.case_work(calls.through(world.store), calls.through(world.objects))
    return list(work.take("acme", msgspec.json.encode(message), SENT))


def case_of(world: World, name: str) -> Case:
    case = world.store.case(name)
    assert case is not None
    return case


def entries(world: World, kind: str) -> list[JournalEntry]:
    return [entry for entry in world.store.journal_entries("acme", DAY) if entry.type == kind]


def receipts(world: World) -> dict[str, CaseReceipt]:
    keys = world.objects.keys(world.out, "out/acme/receipts/messages/")
    read = [world.objects.get(world.out, key) or b"" for key in keys]
    return {one.id: one for data in read if (one := msgspec.json.decode(data, type=CaseReceipt))}
