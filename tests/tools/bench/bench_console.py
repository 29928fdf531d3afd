"""The time of each page of the console with 10,000 open findings, over a table in memory. The table
answers at once, so this is the processor time of the console. On AWS each call adds some
milliseconds, and boto3 reads 2 MB of answers when the list is read again. The 17 lists of the index
are asked by eight threads."""

import time
from hashlib import sha256
from itertools import batched
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from support.case_world import finding
from support.declared import table_shape
from support.sample_posts import StandingClock
from support.sign_in_world import ORIGIN, Browser, Watch
from tools.bench.measure import Report

from console.browser_session import SESSION_COOKIE, ConsoleDoor, Sessions
from desk import Door, Moderator, Role
from desk.routes import DeskApplication
from desk.table_desk import PendingSender, TableDesk
from ledger.desk_store import DynamoDesk
from ledger.finding_store import open_list_keys
from ledger.findings import FindingFingerprint
from ledger.store import DynamoStore
from ledger.table import item_of

OPEN = 10_000
PAGES = 60
LONG = "code " * 50


def fingerprint(number: int) -> bytes:
    """A fingerprint that ten findings have, nearly."""
    group = sha256(f"{number // 10}".encode()).digest() * 2
    return group[:60] + number.to_bytes(4)


class Listing(Client):
    """A client whose lists of the index are made before the time is taken."""

    lists: dict[str, list[dict[str, Any]]]

    def query(self, **params: Any) -> Any:
        if "IndexName" not in params:
            return super().__getattr__("query")(**params)
        [value] = params["ExpressionAttributeValues"].values()
        return {"Items": self.lists.get(value["S"], [])}


def console(clock: StandingClock, watch: Watch) -> Browser:
    memory = DynamoDB(lambda: 0.0, stale_calls=0, page_items=5_000)
    dynamodb = Listing(memory, DirectTransport())
    lists: dict[str, list[dict[str, Any]]] = {}
    prints: list[FindingFingerprint] = []
    dynamodb.create_table(TableName="table", **table_shape())
    store = DynamoStore.of(dynamodb, "table", clock)
    for number in range(OPEN):
        found = msgspec.structs.replace(finding(number),
            finding=f"{number * 7919 % 16:x}{number:063x}", post=f"p-{number}",
            severity=("high", "medium", "low")[number % 3],
            category=("SCAMS_AND_FRAUD", "UNSAFE_AND_PROHIBITED_PRODUCTS")[number % 2])  # fmt: skip
        keys = open_list_keys(found)
        item = item_of(f"C#{found.finding}", "finding", found, **keys)
        dynamodb.put_item(TableName="table", Item=item)
        lists.setdefault(keys["open_pk"], []).append({k: item[k] for k in ("pk", "sk", "open_sk")})
        dynamodb.put_item(
            TableName="table",
            Item=item_of(f"C#{found.finding}", "excerpt", text=f"send me {number} {LONG}"),
        )
        prints.append(
            FindingFingerprint(found.finding, "codes/3/asks-for-code/live", fingerprint(number))
        )
    for page, some in enumerate(batched(prints, 1_000)):
        key = f"J#acme#{found.found_at[:10]}#{page:x}"
        store.table.put(key, "copies#unit#00000000", list(some))
    dynamodb.lists = {
        pk: sorted(rows, key=lambda row: row["open_sk"]["S"]) for pk, rows in lists.items()
    }
    held = DynamoDesk(store.table, clock)
    objects = SimpleNamespace(get=lambda *_: None)
    desk = TableDesk(
        store=store,
        desk=held,
        sender=PendingSender(held, None, ""),
        objects=objects,  # type: ignore[arg-type]
        clock=clock,
        public_bucket="public",
        public_url="https://terang.example",
        out_bucket="out",
        seconds=watch,
    )
    sessions = Sessions(store.table, clock)
    door = ConsoleDoor(ORIGIN, sessions, lambda _: True)
    secret = sessions.begin(Moderator("m-7", "acme", Role.LEAD, Door.CONSOLE))
    return Browser(DeskApplication(desk, door).respond, {SESSION_COOKIE: secret})


def pages() -> dict[str, list[tuple[str, str]]]:
    """Return the addresses of each page, as path and query; a path with `!` is a form. "Next" is a
    queue and one claim, which this table does not know."""
    cards = [f"{number * 7919 % 16:x}{number:063x}" for number in range(0, OPEN, 173)]
    filters = ("", "category=SCAMS_AND_FRAUD", "severity=high", "page=3", "kind=finding&reach=1000")
    return {"queue": [("/", query) for query in filters],
            "card, with near copies": [(f"/card/{card}", "") for card in cards],
            "search": [("!/", "text=send+me+17")], "my decisions": [("/history", "")],
            "lead": [("/lead", "")], "training": [("/training", "")]}  # fmt: skip


def test_every_page(report: Report) -> None:
    clock, watch = StandingClock(), Watch()
    browser = console(clock, watch)
    began = time.process_time()
    first = browser.get("/")
    cold = time.process_time() - began
    assert first["statusCode"] == 200
    assert "10,000" in first["body"]
    token = first["body"].partition('name="token" value="')[2].partition('"')[0]
    [(card, _), *_] = pages()["card, with near copies"]
    assert "4 near copies" in browser.get(card)["body"]
    report.row("Console", f"{OPEN:,} open findings", "ms of processor time a page")
    report.row("Console", "first page of a worker", f"{cold * 1000:.0f}")
    for name, addresses in pages().items():
        times = []
        for number in range(PAGES):
            watch.seconds += 1
            clock.move(seconds=1)
            path, query = addresses[number % len(addresses)]
            began = time.process_time()
            if path.startswith("!"):
                form = dict(parse_qsl(query)) | {"token": token}
                status = browser.post(path[1:], form)["statusCode"]
            else:
                status = browser.get(path, query)["statusCode"]
            times.append(time.process_time() - began)
            assert status in {200, 303}
        times.sort()
        report.row("Console", f"{name}, median", f"{times[len(times) // 2] * 1000:.0f}")
        p95 = times[int(len(times) * 0.95)]
        report.goal(f"the console's {name}, 95 of 100", p95 * 1000, 300, " ms", most=True)
