"""Finds the items of the table that hold an author's data, and removes it."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from ledger.aws.queue import error_code
from ledger.aws.table import Item, Table, record_of
from ledger.cases.case import CaseEntry, WaitingMessage
from ledger.privacy.audit_sample import SampledPost
from ledger.privacy.copies import FindingFingerprint
from ledger.privacy.erasure import stub_of
from ledger.records.finding import Finding

ERASED = "erased"
"""Replaces a reason where a message must have one."""


@dataclass(frozen=True, slots=True)
class ErasedAuthor:
    """The author to erase: by pseudonyms, and by posts where a pseudonym's key is gone.

    `posts` grows during the search, because the findings name more posts.
    """

    provider: str
    accounts: Set[str]
    posts: Set[str]

    def wrote(self, record: Finding | SampledPost) -> bool:
        """Return whether a finding or a post of a sample is the author's."""
        return record.account in self.accounts or record.post in self.posts


@dataclass(slots=True)
class TableTraces:
    """The result of one search of the table.

    `findings` are whole ones of the author; `stubs` are all stubs of the provider, of any author;
    `excerpts` are the cases that have a text.
    """

    findings: dict[str, tuple[Item, Finding]] = field(default_factory=dict)
    stubs: dict[str, Finding] = field(default_factory=dict)
    excerpts: set[str] = field(default_factory=set)
    entries: list[tuple[Item, CaseEntry]] = field(default_factory=list)
    waiting: list[tuple[Item, WaitingMessage]] = field(default_factory=list)
    samples: list[tuple[Item, list[SampledPost]]] = field(default_factory=list)
    fingerprints: list[tuple[Item, list[FindingFingerprint]]] = field(default_factory=list)

    @property
    def erased(self) -> set[str]:
        """The findings that are stubs or will be."""
        return self.findings.keys() | self.stubs.keys()

    def related(self, posts: Set[str]) -> set[str]:
        """Return every case that is linked to an erased finding or notice, or to one of the posts.

        Entries link cases to each other, so the search goes on until it finds no more.
        """
        related = self.erased
        while True:
            more = {
                case
                for _, entry in self.entries
                if entry.post in posts
                or (entry.journal_entry.type == "notice" and not entry.post)  # erased before
                or not related.isdisjoint(entry.journal_entry.cases)
                for case in entry.journal_entry.cases
            }
            if more <= related:
                return related
            related |= more

    def add(self, item: Item, author: ErasedAuthor) -> None:
        """Add an item, if it can be the author's."""
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if pk.startswith(f"J#{author.provider}#") and sk.startswith("sample#"):
            posts = record_of(item, list[SampledPost]) or []
            if any(author.wrote(post) for post in posts):
                self.samples.append((item, posts))
        elif pk.startswith(f"J#{author.provider}#") and sk.startswith("copies#"):
            self.fingerprints.append((item, record_of(item, list[FindingFingerprint]) or []))
        elif pk.startswith("C#") and sk == "excerpt" and "text" in item:
            self.excerpts.add(pk[2:])
        elif pk.startswith("C#"):
            self._add_record(item, sk, author)

    def _add_record(self, item: Item, sk: str, author: ErasedAuthor) -> None:
        match _record(item, sk):
            case Finding() as finding if finding.provider == author.provider:
                if finding.is_erased:
                    self.stubs[finding.finding] = finding
                elif author.wrote(finding):
                    self.findings[finding.finding] = item, finding
            case CaseEntry() as entry if entry.journal_entry.provider == author.provider:
                self.entries.append((item, entry))
            case WaitingMessage() as message if message.provider == author.provider:
                self.waiting.append((item, message))


def _record(item: Item, sk: str) -> Finding | CaseEntry | WaitingMessage | None:
    """Return a case's finding, an entry of it, or a message that waits for it."""
    if sk == "finding":
        return record_of(item, Finding)
    if sk.isdigit():
        return record_of(item, CaseEntry)
    return record_of(item, WaitingMessage) if sk.startswith("waits#") else None


@dataclass(frozen=True, slots=True)
class TableEraser:
    """The operator's access to the table: nothing else overwrites entries or deletes items."""

    table: Table

    def traces(self, author: ErasedAuthor) -> TableTraces:
        """Search the whole table, with consistent reads."""
        traces = TableTraces()
        for item in self._items():
            traces.add(item, author)
        return traces

    def is_counted(self, item: Item) -> bool:
        """The receipt of an item with fingerprints is stored."""
        name = item["sk"]["S"].split("#")[1]
        return self.table.get(item["pk"]["S"], f"receipt#{name}") is not None

    def replace(self, item: Item, record: Any) -> bool:
        """Replace the record of an item. Return False if it changed since it was read."""
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

    def make_stub(self, finding: Finding) -> None:
        """Replace a finding by its stub and delete its excerpt, in one transaction."""
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.put_action(key, "finding", stub_of(finding)), self._deletion(key, "excerpt")
        )

    def delete_excerpt(self, finding: str) -> None:
        """Delete the excerpt of a finding that is a stub already."""
        self.table.transact(self._deletion(f"C#{finding}", "excerpt"))

    def _items(self) -> Iterator[Item]:
        pages = self.table.client.get_paginator("scan")
        for page in pages.paginate(TableName=self.table.name, ConsistentRead=True):
            yield from page["Items"]

    def _deletion(self, pk: str, sk: str) -> Item:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return {"Delete": {"TableName": self.table.name, "Key": key}}


def entry_without_words(entry: CaseEntry) -> CaseEntry:
    """Return the entry without the reason that a person wrote, and without the post.

    >>> from ledger.cases.case import JournalEntry
    >>> made = JournalEntry("e", "notice", "acme", "2026-11-25T12:00:00Z")
    >>> entry_without_words(CaseEntry(1, "open", "open", made, "n-1", post="p1")).post
    ''
    """
    return msgspec.structs.replace(entry, reason="", post="", url="")


def message_without_words(waiting: WaitingMessage, related: Set[str]) -> WaitingMessage:
    """Return the message without its reason, if it is about one of the related cases."""
    message = msgspec.json.decode(waiting.line)
    if "reason" not in message or related.isdisjoint(message.get("findings", ())):
        return waiting
    line = msgspec.json.encode(message | {"reason": ERASED})
    return msgspec.structs.replace(waiting, line=line)
