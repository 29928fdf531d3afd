"""An invented desk in memory, and a door that lets in whoever the cookie names."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlencode

import msgspec
from support.sample_posts import StandingClock
from support.sample_posts import pack as sample_pack

from cases.case_store import TrialRules
from cases.trials import Answer
from desk import Door, Dossier, Item, ItemKind, Moderator, OpenFinding, Role, RuleFacts, rule_name
from desk.asking import DeskSession
from desk.deciding import ExampleResult, NewExample
from desk.history import DeskQuality, RuleQuality
from desk.routes import DeskApplication
from desk.table_desk import TableDesk
from desk.trial_desk import Asked, RuleState, RuleView, asked_by
from ledger.cases import CaseEntry, JournalEntry
from ledger.desk_store import CannedReason, DeskSettings, DynamoDesk, ItemLease, PendingDecision
from ledger.draws import DrawnFinding, Trial
from ledger.findings import Finding, FoundSpan, digest
from ledger.keys import Provider
from ledger.store import DynamoStore
from matcher import Rule, load_packs
from rules.rule import Severity
from rules.rule_set import Evidence
from terang.run_table import MemoryTable

ORIGIN = "http://desk.localhost:8000"
NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
WHY = "Asks for a one-time code."


def finding(post: str = "p1", rule: str = "asks", text: str = "send me the code", **changes: Any
            ) -> OpenFinding:  # fmt: skip
    """An open finding whose span is the first word of its excerpt."""
    end = len(text.split()[0])
    made = Finding(
        finding=digest("finding", post, rule), provider="acme", post=post, account="k:ab",
        published_at="2026-11-25T10:00:00Z", found_at="2026-11-25T12:00:00Z", pack="codes",
        version=3, set="set", rule=rule, mode="live", category="SCAMS_AND_FRAUD", severity="high",
        spans=(FoundSpan("text", 0, end, text[:end]),), unit=digest("unit", "1"), reach=7,
        language="en", excerpt_start=0,
    )  # fmt: skip
    return OpenFinding(msgspec.structs.replace(made, **changes), text)


def dossier(*findings: OpenFinding, **changes: Any) -> Dossier:
    """The dossier of findings of one post."""
    first = findings[0].finding
    item = Item(
        key=first.finding, kind=ItemKind.FINDING, since=first.found_at, category=first.category,
        severity=first.severity, language=first.language or "", reach=first.reach,
        rules=tuple(f"{f.finding.pack}/{f.finding.rule}" for f in findings),
    )  # fmt: skip
    facts = RuleFacts(
        sample_pack(title="One-time codes"), Rule(id="asks", severity=Severity.HIGH, why=WHY)
    )
    rules = {rule_name(f.finding): facts for f in findings}
    kinds = {name: changes.pop(name) for name in list(changes) if hasattr(item, name)}
    return Dossier(replace(item, **kinds), findings, rules=tuple(rules.items()), **changes)


def decided(kind: str = "decision", moderator: str = "m-1", **changes: Any) -> CaseEntry:
    """A decision or a complaint about one, as an entry of its case."""
    entry = JournalEntry(
        entry=digest(kind, "x"), type=kind, provider="acme", at="2026-11-25T13:00:00Z",
        verdict="confirmed", moderator=moderator, decided_at="2026-11-25T12:50:00Z",
        received_at="2026-11-25T13:00:00Z", by="author", category="SCAMS_AND_FRAUD",
    )  # fmt: skip
    return CaseEntry(1, "decide", "standing", msgspec.structs.replace(entry, **changes),
                     f"{kind}-1", reason="It asks for a code.")  # fmt: skip


def complaint(key: str = "c" * 64, **changes: Any) -> Dossier:
    """A complaint about a decision of m-1."""
    return dossier(finding("p9"), key=key, kind=ItemKind.COMPLAINT, not_for=("m-1",),
                   severity="", deadline="2026-12-09T13:00:00Z", decision=decided(),
                   contest=decided("complaint"), **changes)  # fmt: skip


def audited(rank: int = 1) -> Dossier:
    """A post of the month's sample."""
    item = Item(f"2026-11.{rank}", ItemKind.AUDIT, "2026-11-01T00:00:00Z")
    return Dossier(item, post=f"a{rank}", month="2026-11")


def rule_views() -> list[RuleView]:
    """The shipped rules at `acme`; those in shadow are in each other state in turn."""
    packs = load_packs(Path(__file__).parents[2] / "packs", NOW.date())
    views = []
    for at, (pack, rule) in enumerate((each, rule) for each in packs for rule in each.rules):
        view = RuleView(
            f"{pack.id}/{rule.id}", pack, rule, pack.lacks_of(rule), "", ("", ""), False, None,
            None, Evidence(judged=50, right=38, low=0.63, high=0.86) if at % 2 else None, 0,
            180 / (1 + at), 7.0, 9.0,
        )  # fmt: skip
        if view.state is RuleState.NOT_TRIED:
            states = {0: {"asked": trial_of(view, 0), "is_tried": True},
                1: {"asked": trial_of(view, 30), "is_tried": True},
                2: {"adopted": ("high", "2026-11-12T08:00:00Z")},
                3: {"paused": "2026-11-10T08:00:00Z"}, 4: {"is_tried": True},
                5: {"ended": trial_of(view, 30, ended_at="2026-11-22T08:00:00Z")}}  # fmt: skip
            view = view._replace(**states.get(len(views) % 7, {}))
        elif view.state is RuleState.LIVE:
            view = view._replace(adopted=("all", "2026-05-12T08:00:00Z"), fresh=12)
        views.append(view)
    return views


def trial_of(view: RuleView, judged: int, people: int = 2, **changes: Any) -> Asked:
    """The trial of a rule, of whose 30 drawn findings so many were judged right."""
    trial = Trial(view.name, view.pack.version, "", "2026-11-20T08:00:00Z", "lead-1", **changes)
    rows = [
        DrawnFinding(digest(view.name, str(n)), view.name, view.pack.version, f"{n:032x}",
                     fingerprint=bytes([n] * 64))
        for n in range(30)
    ]  # fmt: skip
    given = {row.finding: [Answer(f"m-{n % people}", "right")] for n, row in enumerate(rows)}
    answers = {row.finding: given[row.finding] for row in rows[:judged]}
    return asked_by(trial, view.rule, rows, answers, TrialRules(people=people), NOW)


class MemoryDesk(TableDesk):
    """The desk over a table in memory, with given dossiers of `acme` as what waits."""

    def __init__(self, dossiers: list[Dossier], time: datetime = NOW,
                 reasons: Sequence[CannedReason] = ()) -> None:  # fmt: skip
        self.dossiers, self.standing = dossiers, StandingClock(time)
        self.views: list[RuleView] = []
        table, unread = MemoryTable(), cast("Any", None)
        store, rows = DynamoStore(table, self.standing), DynamoDesk(table, self.standing)
        super().__init__(store, rows, rows, unread, self.standing, "", "", "")
        store.put_provider(Provider("acme", territory=("DE", "NL")))  # as of CaseWorld
        rows.put_settings("acme", DeskSettings(reasons=tuple(reasons)))

    @property
    def pending(self) -> list[PendingDecision]:
        """All decisions that were stored, in any state."""
        return self.desk.pending_since("acme", datetime(2026, 1, 1, tzinfo=UTC))

    @property
    def leased(self) -> dict[str, ItemLease]:
        """The leases in force, by item."""
        return self.desk.leases("acme")

    def items(self, moderator: Moderator) -> Sequence[Item]:
        live = self.desk.live_items("acme")
        return [
            each.item for each in self.dossiers
            if each.item.kind is not ItemKind.GOLDEN and each.item.key not in live
            and moderator.provider == "acme"
        ]  # fmt: skip

    def dossier(self, moderator: Moderator, key: str) -> Dossier | None:
        own = self.dossiers if moderator.provider == "acme" else []
        return next((each for each in own if each.item.key == key), None)

    def goldens(self, moderator: Moderator) -> Sequence[Dossier]:
        return [each for each in self.dossiers if each.item.kind is ItemKind.GOLDEN]

    def rules(self, moderator: Moderator) -> list[RuleView]:
        return self.views

    def search(self, moderator: Moderator, text: str) -> frozenset[str]:
        return frozenset(each.item.key for each in self.dossiers if each.holds(text))

    def quality(self, moderator: Moderator) -> DeskQuality:
        rule = RuleQuality(rule="codes/asks", confirmed=40, dismissed=10, overturned=2)
        pairs = (("confirmed", "confirmed", 30), ("confirmed", "dismissed", 3),
                 ("dismissed", "dismissed", 12), ("dismissed", "confirmed", 1))  # fmt: skip
        return DeskQuality(pairs=pairs, rules=(rule,), since="2026-08-27")


@dataclass
class KnownRule:
    """The port `Adopter` with one rule."""

    tried: list[NewExample] = field(default_factory=list)
    checked: bool = True

    def rules(self) -> list[str]:
        return ["codes/asks"]

    def adopted(self, adoption: NewExample) -> ExampleResult | None:
        self.tried.append(adoption)
        problems = ("codes.yaml:3: is hit",) if self.checked else ()
        return ExampleResult("+ <b>example</b>", problems, checked=self.checked)


@dataclass
class CookieDoor:
    """A door that believes the cookie `who`: name.provider.role."""

    origin: str = ORIGIN
    sign_in: str = ""
    sign_out: str = "/sign-out"

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        for cookie in event.get("cookies", []):
            if cookie.startswith("who="):
                name, provider, role = cookie[4:].split(".")
                who = Moderator(name, provider, Role(role), Door.CONSOLE)
                return DeskSession(who, f"token-of-{name}")
        return None


@dataclass
class Visitor:
    """A browser without a screen: it keeps cookies, follows nothing, and sends our forms."""

    desk: MemoryDesk
    name: str = "m-7"
    provider: str = "acme"
    role: str = "moderator"
    cookies: dict[str, str] = field(default_factory=dict)
    form: dict[str, object] = field(default_factory=dict)
    """What `decide` sent last."""

    def __post_init__(self) -> None:
        self.application = DeskApplication(self.desk, CookieDoor())
        self.cookies.setdefault("who", f"{self.name}.{self.provider}.{self.role}")

    def get(self, address: str, **headers: str) -> dict[str, Any]:
        return self._ask("GET", address, None, headers)

    def post(self, address: str, form: Mapping[str, Any] | None = None, **headers: str
             ) -> dict[str, Any]:  # fmt: skip
        fields = {"token": f"token-of-{self.name}", **(form or {})}
        headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"} | headers
        return self._ask("POST", address, urlencode(fields, doseq=True), headers)

    def decide(self, key: str, verdict: str = "dismissed", **fields: object) -> dict[str, Any]:
        """Open a card, fill its form in and send it."""
        self.form = form_of(self, key) | {"verdict": verdict, "reason": "A quotation."} | fields
        return self.post(f"/card/{key}/decide", self.form)

    def _ask(self, method: str, address: str, body: str | None, headers: Mapping[str, str]
             ) -> dict[str, Any]:  # fmt: skip
        answer = self.application.respond(http_event(method, address, body, headers, self.cookies))
        for line in answer.get("cookies", []):
            name, _, value = line.partition("=")
            self.cookies[name] = value.partition(";")[0]
        return answer


def form_of(visitor: Visitor, key: str) -> dict[str, object]:
    """The hidden fields of a card's form, whose text was opened, with nothing left out."""
    body = visitor.get(f"/card/{key}")["body"]
    fields: dict[str, object] = {"id": re.findall(r'name="id" value="([^"]+)"', body)[0]}
    fields["shown"] = re.findall(r'name="shown" value="([^"]+)"', body)
    fields["kept"] = fields["shown"]
    fields["opened"] = "yes"
    return fields


def http_event(
        method: str, address: str, body: str | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None) -> dict[str, Any]:  # fmt: skip
    """An event of an HTTP API in the form 2.0, as a gateway sends it."""
    path, _, query = address.partition("?")
    event = {"version": "2.0", "routeKey": "$default", "rawPath": unquote(path),
             "rawQueryString": query,
             "cookies": [f"{name}={value}" for name, value in (cookies or {}).items()],
             "headers": dict(headers or {}), "queryStringParameters": dict(parse_qsl(query)),
             "requestContext": {"http": {"method": method, "path": unquote(path)},
                                "stage": "$default"},
             "body": body, "isBase64Encoded": False}  # fmt: skip
    return json.loads(json.dumps(event))


def later(desk: MemoryDesk, **span: float) -> None:
    """Let time pass: decisions that are due are on their way."""
    desk.standing.move(**span)
    for each in desk.pending:
        if datetime.fromisoformat(each.due_at) <= desk.now():
            desk.desk.release_pending(each.provider, each.id)
