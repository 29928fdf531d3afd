"""The deployed stack as the tests of this folder use it."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ledger.closing import FileReceipt
from ledger.desk_store import DynamoDesk
from terang import ROOT
from terang.runner import Deployed, Dropped

__all__ = ["DAY", "ROOT", "STACK", "Running"]

STACK = "terang-test"
DAY = "2026-11-25"
FUNCTIONS = ("intake", "scan", "decide", "publish", "feeds", "answer", "inbox")
BUCKETS = ("DropBucket", "WorkBucket", "OutBucket", "PublicBucket")


class Running(Deployed):
    """Deployed, and what a test asks of it besides."""

    __slots__ = ()

    def take(self, provider: str, *paths: Path,
             open_channels: tuple[str, ...] = ()) -> list[FileReceipt]:  # fmt: skip
        """Register the provider, drop the files, wait; what the provider is told of each."""
        self.register(provider, open_channels)
        return self.finish(provider, self.drop(provider, paths))

    @property
    def desk(self) -> DynamoDesk:
        """The decisions of the console."""
        return DynamoDesk(self.store.table)

    def finish(self, provider: str, dropped: list[Dropped],
               messages: Iterable[str] = ()) -> list[FileReceipt]:  # fmt: skip
        return self.wait(provider, dropped, set(messages), lambda progress: None)

    def summary(self, provider: str) -> dict[str, Any]:
        """The published summary of the day."""
        data = self.objects.get(self.outputs["PublicBucket"], f"summaries/{provider}/{DAY}.json")
        found: dict[str, Any] = json.loads(data or b"null")
        return found

    def published(self) -> dict[str, bytes]:
        """All that stands in the public bucket."""
        bucket = self.outputs["PublicBucket"]
        return {key: self.objects.get(bucket, key) or b"" for key in self.objects.keys(bucket, "")}

    def versions(self, output: str, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        """Key and content of every version in a bucket, those that are not current too."""
        s3, bucket = self.stack.client("s3"), self.outputs[output]
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for one in page.get("Versions", ()):
                answer = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
                yield one["Key"], answer["Body"].read()

    def places_of(self, word: str) -> list[str]:
        """Where the word is stored: any version in any bucket, any item of the table."""
        wanted = word.encode()
        places = [f"{output}/{key}"
                  for output in BUCKETS for key, data in self.versions(output)
                  if wanted in data]  # fmt: skip
        pages = self.stack.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.outputs["Table"]):
            places += [item["pk"]["S"] for item in page["Items"] if word in str(item)]
        return places

    def logs(self) -> str:
        """All that the functions logged, and what the emulator itself says."""
        client = self.stack.client("logs")
        told = [self.stack.log()]
        for function in (*FUNCTIONS, "console", "announce"):
            pages = client.get_paginator("filter_log_events").paginate(
                logGroupName=f"/terang/{STACK}/{function}"
            )
            told += [event["message"] for page in pages for event in page["events"]]
        return "\n".join(told)

    def workers(self, output: str) -> list[int]:
        """The processes that run a function: children of the emulator, by /proc."""
        wanted = f"AWS_LAMBDA_FUNCTION_NAME={self.outputs[output]}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # it ended as we looked, or is not ours
            if parent == self.stack.pid and wanted in environment:
                found.append(int(folder.name))
        return found

    def dead_letters(self, output: str) -> list[str]:
        """The bodies of a queue of dead letters; they are taken out of it."""
        sqs, url = self.stack.client("sqs"), self.outputs[output]
        bodies = []
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


def kill(pids: list[int]) -> None:
    """End these processes as a power cut would."""
    for pid in pids:
        os.kill(pid, 9)
