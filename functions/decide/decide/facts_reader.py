"""Reads what a message must be judged by: the cases it names, and what stands behind them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from decide.decided_packs import DecidedPacks, pack_facts
from decide.facts import Arrived, Facts
from decide.judging.records import audit_id
from ledger.cases.case import Case
from ledger.cases.messages import (
    Audit,
    CaseMessage,
    Complaint,
    Decision,
    Dispute,
    Notice,
    Order,
    Outcome,
    Reinstatement,
    SecondReview,
)
from ledger.keys import audit_key
from ledger.ports import CaseStore, Objects, UnitStore


class Sampled(msgspec.Struct, frozen=True):
    """One post of a month's sample, as the provider reads it."""

    post: str


class DecideStore(CaseStore, UnitStore, Protocol):
    """The parts of the table that decide uses."""


@dataclass(frozen=True, slots=True)
class FactsReader:
    """Reads over the ports; every read is consistent."""

    store: DecideStore
    objects: Objects
    packs: DecidedPacks
    out_bucket: str

    def read(self, message: CaseMessage, provider: str, now: datetime, arrived: Arrived) -> Facts:
        """Return all that `judge` asks for."""
        facts = Facts(provider, now, arrived)
        cases = self._cases(_named(message, facts))
        match message:
            case Decision():
                findings = [case.finding for case in cases.values() if case.finding]
                units = {finding.unit for finding in findings}
                known = {unit for unit in units if self.store.marker(unit) is not None}
                ours = [finding for finding in findings if finding.provider == provider]
                return Facts(
                    provider,
                    now,
                    arrived,
                    cases,
                    counted=frozenset(one.finding for one in findings if one.unit in known),
                    packs={one.finding: pack_facts(self.packs.of(one), one.rule) for one in ours},
                )
            case Outcome():
                decisions = [case.first.decision for case in cases.values() if case.first]
                cases |= self._cases(decisions)
                cases |= self._cases(_decided_on(cases, decisions))
            case Complaint() | Dispute():
                cases |= self._cases(_decided_on(cases, list(cases)))
            case Audit():
                return Facts(
                    provider, now, arrived, cases, sampled=self._sampled(provider, message)
                )
            case _:
                pass
        return Facts(provider, now, arrived, cases)

    def _cases(self, ids: Iterable[str]) -> dict[str, Case]:
        """Those that are there; a case for which messages only wait is not."""
        found = {one: self.store.case(one) for one in ids}
        return {one: case for one, case in found.items() if case and case.state is not None}

    def _sampled(self, provider: str, message: Audit) -> bool:
        """Whether the post is one of those that the month's list asks for."""
        data = self.objects.get(self.out_bucket, audit_key(provider, message.month)) or b""
        posts = (msgspec.json.decode(line, type=Sampled) for line in data.splitlines())
        return any(one.post == message.post for one in posts)


def _named(message: CaseMessage, facts: Facts) -> list[str]:
    """The cases that a message names itself."""
    match message:
        case Decision(findings=findings, notice=notice):
            return [*findings, *([facts.id_of("notice", notice)] if notice else [])]
        case SecondReview() | Complaint() | Dispute() | Reinstatement():
            return [facts.id_of("decision", message.decision)]
        case Outcome(complaint=str(complaint)):
            return [facts.id_of("complaint", complaint)]
        case Outcome(dispute=str(dispute)):
            return [facts.id_of("dispute", dispute)]
        case Notice(finding=str(finding)):
            return [finding]
        case Order(follows=str(follows)):
            return [facts.id_of("follows", follows)]
        case Audit():
            return [audit_id(facts.provider, message)]
        case _:
            return []


def _decided_on(cases: dict[str, Case], decisions: Iterable[str]) -> list[str]:
    """What decisions decided on: their excerpts stay as long as somebody contests them."""
    first = [case.first for one in decisions if (case := cases.get(one))]
    return [name for entry in first if entry for name in entry.cases if name not in cases]
