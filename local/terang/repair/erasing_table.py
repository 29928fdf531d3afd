"""What the table holds of an author, and how it is taken out of it."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from ledger.aws.queue import error_code
from ledger.aws.table import Item, Table, record_of
from ledger.cases.case import CaseEntry, ParkedMessage
from ledger.privacy.audit_sample import SampledPost
from ledger.privacy.erasure import stub_of
from ledger.records.finding import Finding

ERASED = "erased"
"""What stands for a reason where a message must have one."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who is erased: by pseudonyms, and by posts where the key of a pseudonym is gone.

    `posts` grows while one looks: what is found names more of them.
    """

    provider: str
    accounts: Set[str]
    posts: Set[str]

    def has(self, one: Finding | SampledPost) -> bool:
        """Whether a finding or a post of a sample is theirs."""
        return one.account in self.accounts or one.post in self.posts


@dataclass(slots=True)
class TableTraces:
    """What one look at the table found.

    `findings` are whole ones of the author; `stubs` all stubs of the provider, whoever's they are;
    `excerpts` the cases that have a text.
    """

    findings: dict[str, tuple[Item, Finding]] = field(default_factory=dict)
    stubs: dict[str, Finding] = field(default_factory=dict)
    excerpts: set[str] = field(default_factory=set)
    entries: list[tuple[Item, CaseEntry]] = field(default_factory=list)
    waiting: list[tuple[Item, ParkedMessage]] = field(default_factory=list)
    samples: list[tuple[Item, list[SampledPost]]] = field(default_factory=list)

    @property
    def erased(self) -> set[str]:
        """The findings that are stubs, or are to be."""
        return self.findings.keys() | self.stubs.keys()

    def related(self, posts: Set[str]) -> set[str]:
        """Every case that hangs together with an erased finding or notice, or one of the posts."""
        related = self.erased
        while True:
            more = {
                case
                for _, one in self.entries
                if one.post in posts
                or (one.entry.type == "notice" and not one.post)  # erased before
                or not related.isdisjoint(one.entry.cases)
                for case in one.entry.cases
            }
            if more <= related:
                return related
            related |= more


@dataclass(frozen=True, slots=True)
class ErasingTable:
    """The operator's hand on the table: the only one that writes over entries, or deletes."""

    table: Table

    def traces(self, author: Author) -> TableTraces:
        """Look at all that the table holds, consistently."""
        traces = TableTraces()
        for item in self._items():
            _sort(item, author, traces)
        return traces

    def replace(self, item: Item, record: Any) -> bool:
        """Put another record into an item; False if it is no longer what was read."""
        new = item | {"record": {"S": msgspec.json.encode(record).decode()}}
        try:
            self.table.client.put_item(
                TableName=self.table.name,
                Item=new,
                ConditionExpression="#record = :read",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues={":read": item["record"]},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def turn(self, finding: Finding) -> None:
        """Put the stub over a finding and delete its excerpt, both or none."""
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.over(key, "finding", stub_of(finding)), self._deleted(key, "excerpt")
        )

    def delete_excerpt(self, finding: str) -> None:
        """Delete the excerpt of a finding that is a stub already."""
        self.table.transact(self._deleted(f"C#{finding}", "excerpt"))

    def _items(self) -> Iterator[Item]:
        pages = self.table.client.get_paginator("scan")
        for page in pages.paginate(TableName=self.table.name, ConsistentRead=True):
            yield from page["Items"]

    def _deleted(self, pk: str, sk: str) -> Item:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return {"Delete": {"TableName": self.table.name, "Key": key}}


def _sort(item: Item, author: Author, traces: TableTraces) -> None:
    """Put an item where it belongs, if it can be of the author."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    if pk.startswith(f"J#{author.provider}#") and sk.startswith("sample#"):
        posts = record_of(item, list[SampledPost]) or []
        if any(author.has(one) for one in posts):
            traces.samples.append((item, posts))
    elif pk.startswith("C#") and sk == "excerpt" and "text" in item:
        traces.excerpts.add(pk[2:])
    elif pk.startswith("C#"):
        _sort_record(item, sk, author, traces)


def _sort_record(item: Item, sk: str, author: Author, traces: TableTraces) -> None:
    """The same for a case's finding, its entries, and the messages that wait for it."""
    match _record(item, sk):
        case Finding() as finding if finding.provider == author.provider:
            if finding.is_erased:
                traces.stubs[finding.finding] = finding
            elif author.has(finding):
                traces.findings[finding.finding] = item, finding
        case CaseEntry() as entry if entry.entry.provider == author.provider:
            traces.entries.append((item, entry))
        case ParkedMessage() as waiting if waiting.provider == author.provider:
            traces.waiting.append((item, waiting))


def _record(item: Item, sk: str) -> Finding | CaseEntry | ParkedMessage | None:
    if sk == "finding":
        return record_of(item, Finding)
    if sk.isdigit():
        return record_of(item, CaseEntry)
    return record_of(item, ParkedMessage) if sk.startswith("waits#") else None


def without_words(entry: CaseEntry) -> CaseEntry:
    """The entry without what a person wrote about the post, and without the post.

    >>> from ledger.cases.case import JournalEntry
    >>> made = JournalEntry("e", "notice", "acme", "2026-11-25T12:00:00Z")
    >>> without_words(CaseEntry(1, "open", "open", made, "n-1", post="p1")).post
    ''
    """
    return msgspec.structs.replace(entry, reason="", post="", url="")


def waiting_without_words(waiting: ParkedMessage, related: Set[str]) -> ParkedMessage:
    """The message without its reason, if it is about one of these cases."""
    message = msgspec.json.decode(waiting.line)
    if "reason" not in message or related.isdisjoint(message.get("findings", ())):
        return waiting
    line = msgspec.json.encode(message | {"reason": ERASED})
    return msgspec.structs.replace(waiting, line=line)
