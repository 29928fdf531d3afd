"""What comes by HTTP, over cases in memory; scan and decide take what the door sent.

Every request and answer is held against docs/openapi.json.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from support.case_world import CaseWorld
from support.sample_messages import SENT
from support.sample_posts import pack

from inbox.doors import Doors
from ledger.keys import SCOPES, secret_name
from ledger.objects import Delivery
from strangers import RateLimit

DOCS = Path(__file__).parents[2] / "docs"
OPENAPI = json.loads((DOCS / "openapi.json").read_text("utf-8"))
CASES = json.loads((DOCS / "case-message.schema.json").read_text("utf-8"))
REGISTRY: Registry[Any] = Registry().with_resource(
    "case-message.schema.json", Resource.from_contents(CASES)
)
OWN, OTHERS = "acme.old", "other.secret"


def digest_of(*secrets: str) -> str:
    return " ".join(sha256(each.encode()).hexdigest() for each in secrets)


def validate(content: Mapping[str, Any], kind: str, body: Any) -> None:
    """Raise unless a body has the form that the document says."""
    schema = content[kind]["schema"] | {"components": OPENAPI["components"]}
    Draft202012Validator(schema, registry=REGISTRY).validate(body)


@dataclass(slots=True)
class DoorsWorld:
    """A stack with the door. `queued` is what waits; `work` lets scan and decide take it."""

    cases: CaseWorld = field(default_factory=CaseWorld)
    most: int = 1_000
    secrets: dict[str, str] = field(default_factory=lambda: {
        secret_name("http", provider, scope): digest_of(*own)
        for provider, own in {"acme": ("acme.new", OWN), "other": (OTHERS,)}.items()
        for scope in SCOPES
    })  # fmt: skip
    queued: list[tuple[str, str, str]] = field(default_factory=list)
    doors: Doors = field(init=False)

    def __post_init__(self) -> None:
        self.cases.publish(pack())
        self.doors = Doors(
            store=self.cases.store, objects=self.cases.objects, out_bucket=self.cases.out,
            send=lambda *sent: self.queued.append(sent), secrets=lambda: self.secrets,
            rate_limit=RateLimit(self.most, lambda: 0.0), clock=self.cases.clock,
        )  # fmt: skip

    def call(self, route: str, body: Any = b"", secret: str = OWN, **event: Any) -> dict[str, Any]:
        """Send a request; its answer, with the body read."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        method, _, path = route.partition(" ")
        digest = path.removeprefix("/v1/receipts/")
        key = route if digest == path else "GET /v1/receipts/{digest}"
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer, outcome = self.doors.take({
            "routeKey": key, "requestContext": {"http": {"method": method}},
            "body": data.decode("utf-8", "surrogateescape"), "headers": headers,
            "pathParameters": {"digest": digest},
        } | event)  # fmt: skip
        said = json.loads(answer["body"])
        status = answer["statusCode"]
        assert outcome == (said["code"] if status >= 400 else key.split("/")[2])
        operation = OPENAPI["paths"][key.partition(" ")[2]][method.lower()]
        kind = answer["headers"]["content-type"].partition(";")[0]
        validate(operation["responses"][str(int(status))]["content"], kind, said)
        if status == 202 and not said["refused"] and not isinstance(body, bytes):
            validate(operation["requestBody"]["content"], "application/json", body)
        return answer | {"body": said}

    def work(self) -> list[Any]:
        """Let scan and decide take what waits; what they say of it."""
        taken: list[Any] = []
        for door, provider, body in self.queued:
            named = {"provider": provider, "door": door}
            sent = Delivery(f"arn:{door}", body, "AROAINBOX:x", named, SENT)
            if door == "posts":
                taken += self.cases.deliveries().take_messages([sent], lambda: 300)
            else:
                taken += self.cases.case_deliveries().take(sent, lambda: 300) or [None]
        self.queued.clear()
        return taken
