"""The forms of authors and reporters over cases in memory, filled in as a browser does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from support.case_world import CaseWorld, finding
from support.sample_messages import decision, notice

from inbox.forms import Forms
from ledger.cases import case_id
from ledger.keys import Provider
from strangers import RateLimit

ADDRESS = "https://chat.example/p/77"
REPORT = {
    "url": ADDRESS, "category": "SCAMS_AND_FRAUD", "text": "It sells keys that open nothing.",
    "name": "Ada Reporter", "email": "ada@mail.example", "true": "yes",
}  # fmt: skip
PARTNERS = {"helpdesk": sha256(b"helpdesk key").hexdigest(),
            "flagger-hotline": sha256(b"hotline key").hexdigest()}  # fmt: skip


@dataclass(slots=True)
class FormsWorld:
    """A stack with the forms. Every message is decided at once; `sent` keeps them."""

    cases: CaseWorld = field(default_factory=CaseWorld)
    most: int = 1_000
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    forms: Forms = field(init=False)

    def __post_init__(self) -> None:
        self.register()
        self.forms = Forms(
            store=self.cases.store, send=self.send, partners=lambda: PARTNERS,
            rate_limit=RateLimit(self.most, lambda: 0.0), clock=self.cases.clock,
            seconds=lambda: 0.0, pause=self.paused.append,
        )  # fmt: skip

    def register(self, **changes: Any) -> None:
        given = {"territory": ("DE",), "post_url": "https://chat.example/p/*"} | changes
        self.cases.store.put_provider(Provider("acme", **given))

    def send(self, provider: str, message: Mapping[str, Any]) -> None:
        self.sent.append(message)
        taken = self.cases.decide(dict(message), provider=provider, sent_at=self.cases.clock.now())
        assert [one.status for one in taken] in (["taken"], ["repeated"])

    def decided(self, **changes: Any) -> str:
        """Remove a post on a finding and on a notice; the number of its author."""
        self.cases.find(finding(1))
        self.cases.decide(notice(), decision(finding(1).finding, notice="n-1", **changes))
        return self.number("decision", changes.get("id", "d-1"))

    def number(self, kind: str, message: str) -> str:
        return self.cases.store.number(case_id(kind, "acme", message))

    def visit(self, route: str, address: str = "192.0.2.7", language: str = "en",
              **form: str) -> tuple[dict[str, Any], str]:  # fmt: skip
        """Open a page, or send its form. Return the response, and how it is counted."""
        http = {"method": route.partition(" ")[0], "sourceIp": address}
        return self.forms.take({
            "routeKey": route, "requestContext": {"http": http}, "headers": {},
            "body": urlencode(form), "queryStringParameters": {"language": language},
        })  # fmt: skip
