"""What a file is, whose messages are believed, and how much work a file may make."""

import gzip
import io
import json
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from support.format_files import PUBLIC, Generated, context, dumps, json_lines, post, read, zipped
from support.sample_posts import StandingClock
from support.slow_files import HEADER, MIB, SLOW_FILES, pieces

from intake.arrival import choose_reader, translate
from intake.formats import GZIP, READERS, ZIP
from intake.reader import HEAD_BYTES, LAST_SECONDS, Budget, FileContext, FileEffort, check_size
from ledger.codes import Code, FileRefusedError
from ledger.findings import Pseudonyms
from ledger.keys import Provider
from ledger.objects import REGISTRY_SECONDS, Delivery, Senders

TELEGRAM = {"name": "Market", "type": "public_channel", "id": 5, "messages": []}
ACCOUNT = {"about": "An export.", "chats": {"about": "", "list": [TELEGRAM]}}
DISCORD = {"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": []}
NOTE = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "to": [PUBLIC]}
EVENT = {"did": "did:plc:a", "time_us": 1, "kind": "account", "account": {"active": True}}
MATRIX = {"content": {"body": "hello"}, "room_id": "!a:example.org", "type": "m.room.message"}


def pretty(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def chosen(data: bytes, name: str = "") -> str:
    return choose_reader(data[:HEAD_BYTES], name, len(data)).name


@pytest.mark.parametrize(("data", "format_name"), [
    pytest.param(json_lines(post(), post()), "jsonl", id="posts a line each"),
    pytest.param(dumps(post()), "jsonl", id="one post without a newline"),
    pytest.param(b"\xef\xbb\xbf" + json_lines(post()), "jsonl", id="a byte order mark"),
    pytest.param(b"oops\n" * 19 + json_lines(post()), "jsonl", id="the 20th line is an object"),
    pytest.param(b"[1, 2]\n" + json_lines(post()), "jsonl", id="an array first, then posts"),
    pytest.param(json_lines(post(messages=[], guild=1)), "jsonl", id="a post with odd fields"),
    pytest.param(dumps(post(text="x" * 300_000)), "jsonl", id="a line longer than the head"),
    pytest.param(b'{"text": "caf\xe9"}\n' * 3, "jsonl", id="lines in Latin-1"),
    pytest.param(b'{"a":' * 99 + b"1" + b"}" * 99, "jsonl", id="a line nested too deep"),
    pytest.param(dumps([post()]), "json-array", id="an array on one line"),
    pytest.param(pretty([post(), post()]), "json-array", id="an array on many lines"),
    pytest.param(b"[\n" + dumps(post()) + b"\n]", "json-array", id="an element a line"),
    pytest.param(b"[]", "json-array", id="an empty array"),
    pytest.param(dumps([post(text="x" * 300_000)]), "json-array", id="an array beyond the head"),
    pytest.param(dumps({"posts": [post()]}), "json-array", id="an array under posts"),
    pytest.param(dumps(TELEGRAM), "telegram", id="a chat on one line"),
    pytest.param(pretty(TELEGRAM), "telegram", id="a chat on many lines"),
    pytest.param(dumps(ACCOUNT), "telegram", id="a whole account"),
    pytest.param(dumps(DISCORD), "discord", id="a channel of a server"),
    pytest.param(b'{"guild": {}, "channel": {}}', "discord", id="a channel, cut off"),
    pytest.param(dumps(NOTE), "activitystreams", id="a note on one line"),
    pytest.param(json_lines(NOTE, NOTE), "activitystreams", id="notes a line each"),
    pytest.param(dumps({"orderedItems": []}), "activitystreams", id="an outbox"),
    pytest.param(json_lines(EVENT, EVENT), "jetstream", id="events a line each"),
    pytest.param(b"ID,Account,Text\n", "csv", id="a header with commas"),
    pytest.param(b'"text";"audience"\n', "csv", id="a header with semicolons and quotes"),
    pytest.param(b"id\ttext\n", "csv", id="a header with tabs"),
    pytest.param(gzip.compress(b""), "gzip", id="gzip"),
    pytest.param(zipped(("a", b"")), "zip", id="zip"),
    pytest.param(zipped(), "zip", id="zip without members"),
])  # fmt: skip
def test_content_decides_the_format(data: bytes, format_name: str) -> None:
    assert chosen(data, "posts.bin") == format_name


@pytest.mark.parametrize(("data", "code"), [
    pytest.param(b"Dear reader,\nhello.\n", Code.FORMAT_UNKNOWN, id="prose"),
    pytest.param(pretty(MATRIX), Code.FORMAT_UNKNOWN, id="an event of Matrix"),
    pytest.param(b"BZh91AY&SY\x00\x01", Code.FORMAT_UNKNOWN, id="bzip2"),
    pytest.param(b"\xfd7zXZ\x00\x00", Code.FORMAT_UNKNOWN, id="xz"),
    pytest.param(bytes(range(256)), Code.FORMAT_UNKNOWN, id="binary"),
    pytest.param(b"oops\n" * 20 + json_lines(post()), Code.FORMAT_UNKNOWN, id="posts too late"),
    pytest.param(dumps(post()).decode().encode("utf-16"), Code.ENCODING, id="UTF-16"),
    pytest.param(dumps(post()).decode().encode("utf-16-le"), Code.ENCODING, id="UTF-16, bare"),
])  # fmt: skip
def test_what_no_reader_knows_is_refused(data: bytes, code: Code) -> None:
    with pytest.raises(FileRefusedError) as refused:
        chosen(data, "posts.json")
    assert refused.value.code == code
    assert refused.value.advice


def test_the_name_decides_only_where_the_content_does_not() -> None:
    assert chosen(b"a,b\n1,2\n", "posts.CSV") == "csv"
    assert chosen(json_lines(post()), "posts.csv") == "jsonl"
    with pytest.raises(FileRefusedError):
        chosen(b"a,b\n1,2\n", "posts.txt")


def test_every_reader_says_what_it_is() -> None:
    names = [reader.name for reader in (*READERS, GZIP, ZIP)]
    assert len(set(names)) == len(names) == 9
    assert all(reader.version >= 1 for reader in (*READERS, GZIP, ZIP))


def test_every_plain_reader_says_what_its_work_is_counted_by() -> None:
    assert all(reader.marks for reader in READERS)


def test_a_file_too_large_to_be_translated_is_sent_back_with_advice() -> None:
    check_size(1_000, Budget(total_bytes=1_000))
    with pytest.raises(FileRefusedError) as refused:
        check_size(1_001, Budget(total_bytes=1_000))
    assert refused.value.code == Code.TOO_LARGE_FOR_FORMAT
    assert "JSON Lines" in refused.value.advice


SENT = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROLE, OTHER, REDRIVE = "AROAACME", "AROAOTHER", "AROAREDRIVE"


@dataclass(slots=True)
class Registry:
    """The providers, and how often somebody looked."""

    providers: dict[str, Provider] = field(default_factory=lambda: {
        "acme": Provider("acme", (ROLE, "AIDAUSER")),
        "others": Provider("others", (OTHER,)),
        "silent": Provider("silent"),
    })  # fmt: skip
    asked: list[str] = field(default_factory=list)

    def provider(self, provider: str) -> Provider | None:
        self.asked.append(provider)
        return self.providers.get(provider)


def senders(registry: Registry, clock: StandingClock | None = None, redrive: str = "") -> Senders:
    return Senders(registry, clock or StandingClock(), redrive)


@pytest.mark.parametrize(("sender", "attributes", "believed"), [
    (f"{ROLE}:session", {"provider": "acme"}, "acme"), ("AIDAUSER", {"provider": "acme"}, "acme"),
    (f"{OTHER}:session", {"provider": "others"}, "others"),
    (f"{OTHER}:session", {"provider": "acme"}, None),
    (f"{OTHER}:{ROLE}", {"provider": "acme"}, None),
    (f"x{ROLE}:session", {"provider": "acme"}, None), ("", {"provider": "acme"}, None),
    ("", {"provider": "silent"}, None), (":session", {"provider": "silent"}, None),
    (f"{ROLE}:session", {}, None), (f"{ROLE}:session", {"provider": ""}, None),
    (f"{ROLE}:session", {"provider": "nobody"}, None),
    (f"{ROLE}:session", {"provider": "ACME"}, None),
    (f"{ROLE}:session", {"provider": "acme#x"}, None),
    (f"{REDRIVE}:session", {"provider": "acme", "first_sender": f"{ROLE}:one"}, "acme"),
    (f"{REDRIVE}:session", {"provider": "acme", "first_sender": f"{OTHER}:one"}, None),
    (f"{REDRIVE}:session", {"provider": "acme", "first_sender": REDRIVE}, None),
    (f"{REDRIVE}:session", {"provider": "acme"}, None),
    (f"{OTHER}:session", {"provider": "acme", "first_sender": f"{ROLE}:one"}, None),
], ids=["a registered role", "a registered user", "another provider's role for its own",
        "another provider's role", "a session named like a role", "a role whose end is the same",
        "no sender", "no sender for a provider without roles", "an empty role", "no provider",
        "an empty provider", "a provider that nobody registered", "another case",
        "no name of a provider", "the redrive role repeats a registered one",
        "the redrive role repeats another's", "the redrive role repeats itself",
        "the redrive role for itself", "a role that is not the redrive role repeats"])  # fmt: skip
def test_who_is_believed(sender: str, attributes: dict[str, str], believed: str | None) -> None:
    assert senders(Registry(), redrive=REDRIVE).provider_of_sender(sender, attributes) == believed


@pytest.mark.parametrize(("sender", "first_sent", "days_ago"), [
    (REDRIVE, str(1_000 * int((SENT - timedelta(days=9)).timestamp())), 9),
    (REDRIVE, str(1_000 * int((SENT + timedelta(days=9)).timestamp())), 0), (REDRIVE, "", 0),
    (REDRIVE, "soon", 0), (REDRIVE, "\N{ARABIC-INDIC DIGIT ONE}", 0), (REDRIVE, "9" * 5_000, 0),
    (ROLE, str(1_000 * int((SENT - timedelta(days=9)).timestamp())), 0),
], ids=["the redrive role", "later than it was sent", "nothing is said", "no number",
        "digits of another script", "a number beyond all times", "another role"])  # fmt: skip
def test_only_the_redrive_role_says_when_a_message_was_sent_first(sender: str, first_sent: str,
        days_ago: int) -> None:  # fmt: skip
    message = Delivery("arn:posts", "{}", f"{sender}:session", {"first_sent": first_sent}, SENT)
    first = senders(Registry(), redrive=REDRIVE).first_sent(message)
    assert first == SENT - timedelta(days=days_ago)


def test_without_a_redrive_role_nobody_repeats() -> None:
    attributes = {"provider": "acme", "first_sender": ROLE}
    assert senders(Registry()).provider_of_sender("", attributes) is None
    assert senders(Registry()).provider_of_sender(":x", attributes) is None


def test_a_strange_name_is_not_even_looked_up() -> None:
    registry = Registry()
    assert senders(registry).provider_of_sender(ROLE, {"provider": "../acme"}) is None
    assert registry.asked == []


def test_a_change_of_the_registry_is_seen_after_a_minute() -> None:
    registry, clock = Registry(), StandingClock()
    known = senders(registry, clock)
    assert known.provider_of_sender(ROLE, {"provider": "acme"}) == "acme"
    registry.providers["acme"] = Provider("acme")
    clock.move(seconds=REGISTRY_SECONDS)
    assert known.provider_of_sender(ROLE, {"provider": "acme"}) == "acme"
    assert registry.asked == ["acme"]
    clock.move(seconds=1)
    assert known.provider_of_sender(ROLE, {"provider": "acme"}) is None


PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")


def packed(pieces: Iterator[bytes]) -> bytes:
    return gzip.compress(b"".join(pieces), mtime=0)


def zip_of(item: bytes, members: int) -> bytes:
    return zipped(*((f"{number}.json", item) for number in range(members)))


def taken(stream: Any, head: bytes, about_file: FileContext) -> int:
    """How many lines a file gives before it is refused as too large."""
    reader = choose_reader(head[:HEAD_BYTES], "posts", 1 << 30)
    lines = count()
    with pytest.raises(FileRefusedError) as refused:
        deque(zip(translate(stream, reader, about_file, PSEUDONYMS), lines, strict=False), maxlen=0)
    assert refused.value.code == Code.TOO_LARGE_FOR_FORMAT
    assert "JSON Lines" in refused.value.advice
    return next(lines)


@pytest.mark.parametrize(("head", "item"), SLOW_FILES.values(), ids=SLOW_FILES)
def test_a_file_that_is_slow_for_its_bytes_is_refused_at_once(head: bytes, item: bytes) -> None:
    """Of 64 MiB that took 0.3 to 2 MB a second less than 0.7 are read, at 100,000 marks."""
    stream = Generated(pieces(head, item, 64))
    about_file = context("telegram:5", "discord:1", budget=Budget(marks=100_000))
    assert taken(stream, head + item * 4, about_file) <= 100_000
    assert stream.given < 2 * MIB // 3


@pytest.mark.parametrize(("head", "item"), SLOW_FILES.values(), ids=SLOW_FILES)
def test_packing_hides_none_of_it(head: bytes, item: bytes) -> None:
    data = packed(pieces(head, item, 2))
    about_file = context("telegram:5", "discord:1", budget=Budget(marks=300_000, ratio=2_000))
    assert taken(io.BytesIO(data), data, about_file) <= 300_000


@pytest.mark.parametrize("data", [
    pytest.param(zip_of(b'{"a":[' + b"[]," * 50_000 + b"1]}", 4), id="heads of brackets"),
    pytest.param(gzip.compress(json_lines(post())) * 300_001, id="tiny gzip members"),
])  # fmt: skip
def test_what_only_finding_out_costs_is_counted(data: bytes) -> None:
    """Of four members the format is looked for in 100,000 brackets each, and none is a post."""
    about_file = context(budget=Budget(marks=300_000, ratio=2_000))
    taken(io.BytesIO(data), data, about_file)


def test_records_are_bounded() -> None:
    data = dumps([post()] * 11)
    assert taken(io.BytesIO(data), data, context(budget=Budget(records=10))) == 10
    assert len(read(dumps([post()] * 10), budget=Budget(records=10))) == 10


def test_what_is_written_is_bounded_whatever_was_received() -> None:
    """A control character is one byte of CSV and six of JSON."""
    data = HEADER + (b"1,a," + b"\x01" * 60_000 + b",public,2026-11-25T10:00:00Z\n") * 20
    assert taken(io.BytesIO(data), data, context(budget=Budget(written_bytes=2_000_000))) == 5


def test_members_that_lie_backwards_count_what_is_read_for_them() -> None:
    """The directory of a zip may name its members from the last to the first."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}.json", dumps([post(id=str(number))]))
        archive.filelist.reverse()
    data = target.getvalue()
    assert len(read(data)) == 10
    in_order = zip_of(dumps([post()]), 10)
    assert len(read(in_order, budget=Budget(total_bytes=MIB))) == 10
    assert taken(io.BytesIO(data), data, context(budget=Budget(total_bytes=20 * MIB))) == 5


def test_the_same_file_ends_at_the_same_record_however_it_is_read() -> None:
    """Marks are counted by the chunks that are asked for, whatever a stream gives at once."""
    data = HEADER + b"a\n" * 800_000
    ends = {taken(stream, data, context(budget=Budget(marks=200_000)))
            for stream in (io.BytesIO(data), Generated(iter([data])))}  # fmt: skip
    assert len(ends) == 1


def test_a_machine_that_is_too_slow_refuses_and_does_not_try_for_ever() -> None:
    """The last resort: what counts is the time left, asked for with each chunk."""
    left = iter([900.0, 300.0, LAST_SECONDS - 1])
    about_file = FileContext(effort=FileEffort(Budget(), lambda: next(left)))
    data = HEADER + b"a\n" * 500_000
    assert 0 < taken(io.BytesIO(data), data, about_file) < 500_000


@pytest.mark.parametrize(("budget", "count"), [
    (Budget(total_bytes=100), FileEffort.unpack),
    (Budget(marks=100), FileEffort.mark),
    (Budget(written_bytes=100), FileEffort.record),
])  # fmt: skip
def test_a_budget_may_be_used_up(budget: Budget, count: Callable[[FileEffort, int], None]) -> None:
    effort = FileEffort(budget, lambda: LAST_SECONDS)
    count(effort, 60)
    count(effort, 40)
    with pytest.raises(FileRefusedError):
        count(effort, 1)
