"""An account for the events of events/: buckets, a queue, a table, and the shipped packs."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

import msgspec
import pytest
from integration.handlers import Context, over_clients
from msgspec.json import encode
from support.declared import ROOT
from support.world import DAY, World, clients_in_memory

from ledger.closing import POINTER_KEY, set_key
from ledger.findings import file_id
from ledger.keys import Provider
from ledger.units import Receipt
from matcher import Pack, build_set, digest_of

EVENTS = ROOT / "events"
SAMPLE = ROOT / "local/samples/files/posts.jsonl"
ENV: dict[str, dict[str, str]] = json.loads((EVENTS / "env.json").read_text())
SECRETS = {ENV["Scan"]["PSEUDONYM_SECRET"]: "a root key for trials",
           ENV["Answer"]["PARTNERS_SECRET"]: {"telegram": sha256(b"web-hook_1").hexdigest()},
           ENV["Announce"]["WEBHOOKS_SECRET"]: {}}  # fmt: skip
MIB = 1024 * 1024


def read_event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def names(prefix: str) -> list[str]:
    return sorted(path.stem for path in EVENTS.glob(f"{prefix}-*.json"))


def bucket(kind: str) -> str:
    return {**ENV["Intake"], **ENV["Scan"]}[f"{kind}_BUCKET"]


def place(event: dict[str, Any]) -> dict[str, Any]:
    """What an S3 event says of its object."""
    found: dict[str, Any] = event["Records"][0]["s3"]
    return found


class Account(World):
    """A stack that has what env.json names, one provider, and the shipped packs in force."""

    table = ENV["Scan"]["TABLE"]
    drop = bucket("DROP")
    work = bucket("WORK")
    out = bucket("OUT")
    public = bucket("PUBLIC")

    def __init__(self, shipped: bytes) -> None:
        super().__init__(clients_in_memory())
        self.store.put_provider(Provider("sample-chat", senders=("AROAEXAMPLEUPLOADER1",)))
        self.in_force = digest_of(shipped)
        self.put_at("PUBLIC", set_key(self.in_force), shipped)
        self.put_at("PUBLIC", POINTER_KEY, encode({"set": self.in_force, "since": ""}))

    def put_at(self, kind: str, key: str, data: bytes) -> None:
        self.objects.put(bucket(kind), key, data)

    def keys_of(self, kind: str, prefix: str = "") -> list[str]:
        return self.objects.keys(bucket(kind), prefix)

    def read(self, kind: str, key: str) -> bytes | None:
        return self.objects.get(bucket(kind), key)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call the function's handler as a fresh worker would."""
        settings = ENV[function] | {"AWS_DEFAULT_REGION": "eu-west-1"}
        if function == "Intake":
            settings["UNITS_QUEUE_URL"] = self.queue_url
        name = f"{function.removesuffix('Function').lower()}.handler"
        with over_clients(self.clients, name, settings, SECRETS) as loaded:
            return loaded.handler(event, Context(function_name=function))

    def sent(self, event: dict[str, Any], data: bytes) -> str:
        """Put the object that an event speaks of, and pin its version in the event; the file."""
        told = place(event)["object"]
        key = unquote_plus(told["key"])
        told["versionId"] = self.objects.put(self.drop, key, data).version
        return file_id(self.drop, key, told["versionId"])

    def receipts(self, day: str = DAY) -> list[Receipt]:
        return list(self.store.receipts("sample-chat", day))

    def total(self) -> tuple[int, dict[str, int], set[str]]:
        """Inspected posts, refusals by code, and the rules that were met, over all receipts."""
        refused: dict[str, int] = {}
        for receipt in self.receipts():
            for code, count in receipt.refused.items():
                refused[code] = refused.get(code, 0) + count
        met = [key.split("/") for receipt in self.receipts() for key in receipt.by_rule]
        rules = {f"{pack}/{rule}" for pack, _, rule, _ in met}
        return sum(receipt.inspected for receipt in self.receipts()), refused, rules


@pytest.fixture(scope="module")
def shipped() -> bytes:
    """The shipped packs as a set without a notice period."""
    published_at = datetime(2026, 11, 1, tzinfo=UTC)
    packs = [
        msgspec.structs.replace(Pack.parse(path.read_text(), path.name), published_at=published_at)
        for path in sorted((ROOT / "packs").glob("*.yaml"))
    ]
    return build_set(packs, notice_hours=0)


@pytest.fixture
def account(shipped: bytes) -> Account:
    return Account(shipped)
