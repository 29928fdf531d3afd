"""The store: what is written once stays, and an answer that is lost changes no number."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ConnectionClosedError
from integration.decided_cases import entries, found
from support.faults import plan_answers
from support.sample_messages import decision
from support.world import DAY, Clients, World

import ledger.store
import ledger.table
from ledger.cases import CaseMarker, JournalEntry
from ledger.finding_store import open_list_keys
from ledger.findings import Finding, FloodQuestion, FoundSpan, digest
from ledger.keys import Provider
from ledger.store import DynamoStore
from ledger.table import key_of
from ledger.units import Manifest, Marker, OpenFile, RangeRow, Receipt, Source, digest_of_ids

LATER = 2**31
DROPPED = Source("drop", "drop/acme/a", "v1", "etag", 10)


@pytest.fixture
def store(world: World) -> DynamoStore:
    return world.store


def manifest(**changes: Any) -> Manifest:
    made = Manifest("f1", "acme", DROPPED, "jsonl", 1, 4, 3, "set", "k1", DAY, f"{DAY}T12:00:00Z")
    return msgspec.structs.replace(made, **changes)


def finding(number: int = 0, **changes: Any) -> Finding:
    made = Finding(
        finding=digest("finding", str(number)), provider="acme", post=f"p{number}",
        account="k2026-11:ab",
        published_at=f"{DAY}T10:00:00Z", found_at=f"{DAY}T12:00:00Z", pack="codes", version=3,
        set="set", rule="asks", mode="live", category="SCAMS_AND_FRAUD", severity="high",
        spans=(FoundSpan("text", 0, 3, "otp"),), unit=unit(0),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def unit(number: int) -> str:
    return digest("unit", str(number))


def receipt(number: int = 0, **changes: Any) -> Receipt:
    made = Receipt(
        unit=unit(number), provider="acme", kind="range", source="drop/acme/a", bytes=10, lines=2,
        records=2, inspected=2, refused={}, findings=0, findings_digest=digest_of_ids([]),
        repeats=0, by_rule={}, by_language={}, set="set", at=f"{DAY}T12:00:00Z",
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def marker(number: int = 0, day: str = DAY) -> Marker:
    return Marker(unit(number), "acme", day)


def test_providers_are_registered_changed_and_listed(store: DynamoStore) -> None:
    store.put_provider(Provider("beta", ("AROAB",), ("telegram:1",)))
    store.put_provider(Provider("acme", ("AROANEW",)))
    assert store.provider("acme") == Provider("acme", ("AROANEW",))
    assert [provider.provider for provider in store.providers()] == ["acme", "beta"]
    assert store.provider("nobody") is None


def test_letters_are_given_once_and_by_month(store: DynamoStore) -> None:
    assert store.put_moderator_letter("acme", "2026-11", "A", "lia", 99)
    assert not store.put_moderator_letter("acme", "2026-11", "A", "budi", 99)
    assert store.put_moderator_letter("acme", "2026-11", "B", "budi", 99)
    assert store.moderator_letters("acme", "2026-11") == {"lia": "A", "budi": "B"}
    assert store.moderator_letters("acme", "2026-12") == {}


def test_the_key_of_a_sample_is_left_for_whoever_publishes_it(store: DynamoStore) -> None:
    assert store.audit_key("2026-11") is None
    store.put_audit_key("2026-11", "ab", 99)
    assert store.audit_key("2026-11") == "ab"
    assert [provider.provider for provider in store.providers()] == ["acme"]


def test_a_manifest_is_sealed_once(store: DynamoStore) -> None:
    assert store.manifest("f1") is None
    assert store.seal(manifest(), [DROPPED], 9)
    assert not store.seal(manifest(set="other"), [DROPPED], 9)
    assert store.manifest("f1") == (manifest(), [DROPPED])


def test_a_translated_file_has_its_parts_in_order(store: DynamoStore) -> None:
    parts = [Source("work", f"parts/{number}", "v", "e", number) for number in range(12)]
    translated = manifest(translated=True)
    assert store.seal(translated, parts, 9)
    assert store.manifest("f1") == (translated, parts)


def test_parts_without_a_manifest_are_no_manifest(store: DynamoStore) -> None:
    """The worker died before it sealed: nothing of the file is seen."""
    store.table.put("F#f1", "part#000000", DROPPED)
    assert store.manifest("f1") is None
    assert store.files("acme") == []


def test_nothing_is_sealed_before_its_parts_stand(world: World, fresh_clients: Clients) -> None:
    plan_answers(fresh_clients.dynamodb, "dynamodb", "PutItem", ["ok", "drop", "drop", "drop"])
    shaky = DynamoStore.of(fresh_clients.dynamodb, world.table)
    with pytest.raises(ConnectionClosedError):
        shaky.seal(manifest(translated=True), [DROPPED, DROPPED], 9)
    assert world.store.manifest("f1") is None


def test_an_answer_to_seal_that_is_lost_does_no_harm(world: World, fresh_clients: Clients) -> None:
    plan_answers(fresh_clients.dynamodb, "dynamodb", "TransactWriteItems", ["lost_ack"])
    shaky = DynamoStore.of(fresh_clients.dynamodb, world.table)
    shaky.seal(manifest(), [DROPPED], 9)
    assert world.store.manifest("f1") == (manifest(), [DROPPED])
    assert len(world.store.files("acme")) == 1


def test_a_receipt_is_never_written_over(world: World) -> None:
    """Also where the marker before it was lost: what was published must stay as it was."""
    store = world.store
    assert store.commit_unit(marker(), receipt(), "f1", None)
    world.clients.dynamodb.delete_item(TableName=world.table, Key=key_of(f"U#{unit(0)}", "unit"))
    with pytest.raises(OSError, match="ConditionalCheckFailed"):
        store.commit_unit(marker(), receipt(inspected=99), "f1", None)
    assert list(store.receipts("acme", DAY)) == [receipt()]


def test_a_journal_entry_is_never_written_over(world: World) -> None:
    store, name = world.store, digest("entry", "1")
    first = JournalEntry(name, "acme", f"{DAY}T12:00:00Z", type="suspension")
    told = CaseMarker(digest("message", "1"), "acme", "says", DAY, name)
    assert store.commit_case(told, first, ())
    world.clients.dynamodb.delete_item(
        TableName=world.table, Key=key_of(f"M#{told.message}", "message")
    )
    second = msgspec.structs.replace(first, why="illegal_content")
    assert not store.commit_case(told, second, ())
    assert store.journal_entries("acme", DAY) == [first]


@pytest.mark.parametrize(("acts", "committed"), [
    (["drop"], True), (["lost_ack"], False), (["drop", "lost_ack"], False),
], ids=["not applied", "applied, not acknowledged", "first the one, then the other"])  # fmt: skip
def test_whatever_becomes_of_the_answer_the_number_is_one(world: World, fresh_clients: Clients,
        acts: list[str], committed: bool) -> None:  # fmt: skip
    """The client tries again by itself; then the marker stands, and the number stays one."""
    plan_answers(fresh_clients.dynamodb, "dynamodb", "TransactWriteItems", acts)
    shaky = DynamoStore.of(fresh_clients.dynamodb, world.table)
    row = RangeRow(0, unit(0), 10, 2)
    assert shaky.commit_unit(marker(), receipt(), "f1", row) is committed
    assert list(world.store.receipts("acme", DAY)) == [receipt()]
    assert world.store.ranges("f1") == [row]
    assert not world.store.commit_unit(marker(), receipt(), "f1", row)


def test_a_commit_that_never_arrives_leaves_nothing(world: World, fresh_clients: Clients) -> None:
    plan_answers(fresh_clients.dynamodb, "dynamodb", "TransactWriteItems", ["drop"] * 3)
    shaky = DynamoStore.of(fresh_clients.dynamodb, world.table)
    with pytest.raises(ConnectionClosedError):
        shaky.commit_unit(marker(), receipt(), "f1", RangeRow(0, unit(0), 10, 2))
    assert list(world.store.receipts("acme", DAY)) == []
    assert world.store.marker(unit(0)) is None


def test_a_range_that_has_its_row_takes_no_other_unit(store: DynamoStore) -> None:
    """A range committed meanwhile as one unit is not counted as another one too."""
    row = RangeRow(0, unit(0), 10, 2)
    store.commit_unit(marker(0), receipt(0), "f1", row)
    with pytest.raises(OSError, match="ConditionalCheckFailed"):
        store.commit_unit(marker(1), receipt(1), "f1", RangeRow(0, unit(1), 0, 0))
    assert store.ranges("f1") == [row]
    assert list(store.receipts("acme", DAY)) == [receipt(0)]
    assert store.marker(unit(1)) is None


def test_the_first_row_of_a_range_stays(store: DynamoStore) -> None:
    store.put_range("f1", RangeRow(2, "", 0, 0))
    store.put_range("f1", RangeRow(2, unit(0), 9, 9, known=True))
    store.put_range("f1", RangeRow(11, "", 0, 0))
    store.put_range("f1", RangeRow(1, unit(0), 9, 9, known=True))
    assert [row.number for row in store.ranges("f1")] == [1, 2, 11]
    assert store.range_row("f1", 2) == RangeRow(2, "", 0, 0)
    assert store.range_row("f1", 3) is None
    assert store.range_count("f1") == 3


def test_the_receipts_of_a_day_are_those_of_all_shards(store: DynamoStore) -> None:
    units = [f"{shard}{'0' * 63}" for shard in "f0e1d2c3b4a59687"]
    for one in units:
        store.commit_unit(Marker(one, "acme", DAY), receipt(unit=one), "", None)
    assert [found.unit for found in store.receipts("acme", DAY)] == sorted(units)
    assert list(store.receipts("others", DAY)) == []


def test_a_marker_without_its_receipt_is_an_error(store: DynamoStore) -> None:
    with pytest.raises(LookupError, match="a marker and no receipt"):
        store.receipt(marker())


def test_findings_are_put_once_with_their_excerpts(store: DynamoStore) -> None:
    first = store.put_findings([(finding(0), "zero"), (finding(1), "one")], LATER)
    again = [(finding(1, unit="other", found_at="later"), "x"), (finding(2), "two")]
    assert first == [finding(0), finding(1)]
    assert store.put_findings(again, LATER) == [finding(1), finding(2)]
    store.put_finding_ids(marker(), [finding(number).finding for number in range(3)])
    by_id = {found.finding: (found, text) for found, text in store.findings_of(marker())}
    texts = ["zero", "one", "two"]
    assert by_id == {finding(n).finding: (finding(n), texts[n]) for n in range(3)}


def test_a_finding_outlives_its_excerpt(store: DynamoStore) -> None:
    store.put_findings([(finding(), "words")], LATER)
    store.put_finding_ids(marker(), [finding().finding])
    store.table.client.delete_item(
        TableName=store.table.name,
        Key={"pk": {"S": f"C#{finding().finding}"}, "sk": {"S": "excerpt"}},
    )
    assert store.findings_of(marker()) == [(finding(), None)]
    assert store.put_findings([(finding(), "words")], LATER) == [finding()]
    assert store.findings_of(marker()) == [(finding(), None)]


def test_an_expired_excerpt_is_not_shown_though_dynamodb_still_has_it(world: World) -> None:
    store, end = world.store, int(world.clock.now().timestamp()) + 60
    store.put_findings([(finding(), "words")], end)
    store.put_finding_ids(marker(), [finding().finding])
    name = finding().finding

    def shown() -> list[object]:
        case = store.case(name)
        return [store.findings_of(marker())[0][1], store.excerpts([name]).get(name),
                case and case.excerpt]  # fmt: skip

    assert shown() == ["words"] * 3
    world.clock.move(seconds=60)
    assert shown() == [None] * 3


def test_more_ids_than_a_page_holds_are_all_found(store: DynamoStore,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(ledger.finding_store, "IDS_PER_PAGE", 7)
    pairs = [(finding(number), str(number)) for number in range(22)]
    store.put_findings(pairs, LATER)
    store.put_finding_ids(marker(), [found.finding for found, _ in pairs])
    found = store.findings_of(marker())
    assert [one.finding for one, _ in found] == sorted(one.finding for one, _ in pairs)
    assert {int(text or "") for _, text in found} == set(range(22))


def test_four_thousand_ids_and_one_are_two_pages_that_fit(store: DynamoStore) -> None:
    ids = [digest("finding", str(number)) for number in range(4_001)]
    store.put_finding_ids(marker(), ids)
    pages = [item["ids"]["B"] for item in store.table.query(f"J#acme#{DAY}#{unit(0)[0]}", "")]
    assert [len(page) for page in pages] == [128_000, 32]
    assert [one.hex() for one in _cut(b"".join(pages))] == ids
    assert list(store.receipts("acme", DAY)) == []


def _cut(packed: bytes) -> list[bytes]:
    return [packed[at : at + 32] for at in range(0, len(packed), 32)]


def test_open_findings_are_in_order_of_severity_reach_age(world: World, store: DynamoStore) -> None:
    findings = [
        finding(0, severity="low", reach=10**13),
        finding(1, severity="high", reach=5, found_at=f"{DAY}T12:00:02Z"),
        finding(2, severity="high", reach=5, found_at=f"{DAY}T12:00:01Z"),
        finding(3, severity="high", reach=None), finding(4, severity="high", reach=70),
        finding(5, severity="medium"), finding(6, mode="shadow"), finding(7, held=True),
    ]  # fmt: skip
    store.put_findings([(one, "") for one in findings], LATER)
    ids = {one.finding: number for number, one in enumerate(findings)}
    assert [ids[one] for one in world.open_findings()] == [4, 2, 1, 3, 5, 0]


def test_the_first_open_findings_come_from_all_partitions_in_one_order(store: DynamoStore) -> None:
    findings = [finding(number, reach=number) for number in range(40)]
    store.put_findings([(one, "") for one in findings], LATER)
    assert [one.reach for one in store.open_findings("acme", 25)] == [*range(39, 14, -1)]
    assert len(store.open_findings("acme", 99)) == 40
    assert store.open_findings("other", 99) == []


def test_open_findings_of_one_provider_share_no_partition() -> None:
    """An index's partition takes 1,000 writes a second; with one for all the table throttles."""
    partitions = Counter(open_list_keys(finding(number))["open_pk"] for number in range(1_600))
    assert len(partitions) == 16
    assert max(partitions.values()) < 150


def test_files_are_open_until_they_are_closed_and_the_first_day_stays(store: DynamoStore) -> None:
    store.seal(manifest(), [DROPPED], 9)
    store.seal(manifest(file="f2", day="2026-11-24"), [DROPPED], 9)
    store.seal(manifest(file="f3", provider="others"), [DROPPED], 9)
    store.close_file("acme", "f1", DAY, 9)
    store.close_file("acme", "f1", "2026-11-26", 9)
    assert store.files("acme") == [OpenFile("f2", "2026-11-24", 3), OpenFile("f1", DAY, 3, DAY)]


def test_the_first_question_of_a_rule_and_day_stays(store: DynamoStore) -> None:
    asks = FloodQuestion(DAY, "codes/asks", "2026-11-25T12:00:00Z", 1_000, 30, 20)
    assert store.floods("acme", DAY) == {}
    assert store.put_flood("acme", asks, 9)
    assert not store.put_flood("acme", msgspec.structs.replace(asks, posts=2_000), 9)
    store.put_flood("acme", msgspec.structs.replace(asks, day="2026-11-26"), 9)
    store.put_flood("acme", msgspec.structs.replace(asks, rule="codes/other"), 9)
    assert store.floods("acme", DAY) == {"codes/asks": False, "codes/other": False}
    assert store.floods("others", DAY) == {}
    assert store.flood_question("acme", DAY, "codes/asks") == asks
    assert store.flood_question("acme", "2026-11-24", "codes/asks") is None
    assert [hold.question.day for hold in store.flood_holds("acme")] == [DAY, DAY, "2026-11-26"]
    assert {hold.verdict for hold in store.flood_holds("acme")} == {""}


def test_work_is_noted_where_no_provider_can_register(world: World, store: DynamoStore) -> None:
    before = [item for item in world.items() if item["pk"]["S"].startswith("P#")]
    store.seal(manifest(), [DROPPED], 9)
    store.close_file("acme", "f1", DAY, 9)
    store.put_flood("acme", FloodQuestion(DAY, "codes/asks", f"{DAY}T12:00:00Z", 9, 9, 20), 9)
    store.put_moderator_letter("acme", "2026-11", "A", "m-1", 9)
    store.put_audit_key("2026-10", "ab", 9)
    assert [item for item in world.items() if item["pk"]["S"].startswith("P#")] == before


@pytest.mark.parametrize("acts", [("drop", "ok"), ("lost_ack", "ok")], ids=["lost", "no answer"])
def test_a_commit_without_an_answer(new_world: Callable[..., World], fresh_clients: Clients,
                                    acts: tuple[str, ...]) -> None:  # fmt: skip
    world = new_world()
    [finding] = found(world)
    plan_answers(fresh_clients.dynamodb, "dynamodb", "TransactWriteItems", acts)
    world.clients = fresh_clients
    [handled] = world.decide(decision(finding))
    assert handled.status in {"taken", "repeated"}
    assert len(entries(world, "decision")) == 1


def test_clients_are_shared_by_threads(clients: Clients) -> None:
    """Eight threads put pairs: the pool of connections must be as large."""
    assert clients.dynamodb.meta.config.max_pool_connections >= ledger.table.THREADS
