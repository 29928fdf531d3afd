r"""An example of a producer: send posts as messages or as a file, and read what came of them.

    .venv/bin/python events/producer.py posts.jsonl --provider acme-chat \
        --queue POSTS-QUEUE --out OUT-BUCKET

With `--drop DROP-BUCKET` instead of `--queue`, it puts the file and prints its receipt.
`terang providers add` and `terang run --keep` print the queue and the buckets. Copy what you need:
it needs Python 3.13 and boto3, and nothing of Terang. A repeat changes no number, so after any
failure send again.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any

import boto3

BODY_BYTES = 100_000  # SQS takes 1 MiB for the ten messages of a call together
IN_A_CALL = 10
TRIES = 8


def bodies_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield the bodies of messages: posts, one a line, together at most BODY_BYTES."""
    kept: list[str] = []
    size = 0
    for line in filter(None, map(str.strip, lines)):
        length = len(line.encode()) + 1
        if kept and size + length > BODY_BYTES:
            yield "\n".join(kept)
            kept, size = [], 0
        kept.append(line)
        size += length
    if kept:
        yield "\n".join(kept)


def digest(*fields: str) -> str:
    """Return the SHA-256 over the length (8 bytes, big-endian) and the bytes of each field."""
    parts = [field.encode() for field in fields]
    return hashlib.sha256(b"".join(len(part).to_bytes(8) + part for part in parts)).hexdigest()


def message_id(provider: str, body: str) -> str:
    """Return the name that receipts and findings give a message."""
    return digest("unit", provider, body)


def put_file(drop: str, provider: str, path: Path) -> str:
    """Put a file into the drop bucket. Return the key of its receipt in the out bucket."""
    key = f"drop/{provider}/{path.name}"
    with path.open("rb") as body:
        version = boto3.client("s3").put_object(Bucket=drop, Key=key, Body=body)["VersionId"]
    return f"out/{provider}/receipts/{digest('file', drop, key, version)}.json"


def receipt_of(bucket: str, key: str, seconds: float) -> dict[str, Any]:
    """Return the receipt under this key. Raises SystemExit if it has not come after so long."""
    s3, until = boto3.client("s3"), time.monotonic() + seconds
    while time.monotonic() < until:
        # Listed, not asked for: S3 refuses the role a key that is not there yet.
        if s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
            return dict(json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]))
        time.sleep(2)
    sys.exit(f"no receipt within {seconds:g} s: look for s3://{bucket}/{key} later")


def send(queue: str, provider: str, bodies: Iterable[str]) -> set[str]:
    """Send messages, ten a call, and return their ids. What SQS did not take is sent again.

    Raises SystemExit if SQS refuses a message for good, or takes nothing after TRIES.
    """
    sqs, sent = boto3.client("sqs"), set()
    attribute = {"provider": {"DataType": "String", "StringValue": provider}}
    for group in batched(bodies, IN_A_CALL, strict=False):
        waiting = {
            str(number): {"MessageBody": body, "MessageAttributes": attribute}
            for number, body in enumerate(group)
        }
        for attempt in range(TRIES):
            entries = [{"Id": number, **message} for number, message in waiting.items()]
            answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
            failed = {entry["Id"]: entry for entry in answer.get("Failed", ())}
            if refused := [entry for entry in failed.values() if entry["SenderFault"]]:
                sys.exit(f"SQS refuses a message: {refused[0].get('Message', refused[0]['Code'])}")
            waiting = {number: waiting[number] for number in failed}
            if not waiting:
                break
            time.sleep(min(2**attempt, 60))
        else:
            sys.exit(f"SQS did not take {len(waiting)} messages in {TRIES} tries")
        sent |= {message_id(provider, body) for body in group}
    return sent


def results(bucket: str, provider: str, sent: set[str], seconds: float) -> Iterator[dict[str, Any]]:
    """Yield findings and refusals of these messages as they come, each once, for so many seconds.

    A message without any leaves no file of its own; a receipt of a batch names the messages that
    were read together.
    """
    s3, read, until = boto3.client("s3"), set(), time.monotonic() + seconds
    pages = s3.get_paginator("list_objects_v2")
    while time.monotonic() < until:
        for place in ("receipts/messages", "findings"):
            for page in pages.paginate(Bucket=bucket, Prefix=f"out/{provider}/{place}/"):
                for key in (stored["Key"] for stored in page.get("Contents", ())):
                    if key in read:
                        continue
                    read.add(key)
                    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                    rows = text.splitlines() if key.endswith(".jsonl") else [text]
                    for record in map(json.loads, rows):
                        if record.get("unit") in sent:
                            yield record
        time.sleep(2)


def main() -> None:
    """Send a file of posts, and print what comes back as lines of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("posts", type=Path, help="JSON Lines; with --drop any format")
    parser.add_argument("--provider", required=True)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--queue", help="send messages: the address of the posts queue")
    way.add_argument("--drop", help="put the file: the name of the drop bucket")
    parser.add_argument("--out", required=True, help="the name of the out bucket")
    parser.add_argument("--wait", type=float, default=60, help="seconds; default: 60")
    given = parser.parse_args()
    if given.drop:
        key = put_file(given.drop, given.provider, given.posts)
        sys.stdout.write(json.dumps(receipt_of(given.out, key, given.wait)) + "\n")
        return
    with given.posts.open(encoding="utf-8") as lines:
        sent = send(given.queue, given.provider, bodies_of(lines))
    sys.stderr.write(
        f"{len(sent)} messages sent; for {given.wait:g} s (--wait), what comes of them is read: a"
        " message without findings and refusals leaves no file, so nothing says that all came\n"
    )
    for record in results(given.out, given.provider, sent, given.wait):
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
