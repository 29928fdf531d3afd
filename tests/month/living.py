"""A scripted month lived through on the local stack: day after day, everything twice and shuffled.
A provider may send in any order, and SQS may deliver in any order and more than once. So each day's
messages go out twice, the second time in lines of twenty, and all of them shuffled; what comes
before the message that it refers to is kept by decide until that one is there. Only what a clock
forbids is not shuffled: nothing of a later day is sent before its day."""

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

from month.plan import PROVIDER, Message, Plan, Post

from terang.repair.dead_letters import messages_in
from terang.runner import Deployed

OURS = {"found", "after_minutes", "looked_seconds", "day", "blunder", "found_at", "category"}
"""Fields of a decision that are the script's own, and not sent."""

WAIT_SECONDS = 300


@dataclass(slots=True)
class Life:
    """A deployed stack that runs the plan; `counted` holds the sent messages that must count."""

    deployed: Deployed
    plan: Plan
    folder: Path
    chance: random.Random
    counted: list[Message] = field(default_factory=list)
    findings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def live(self) -> None:
        """All days of the script, then the audit, and the month is over."""
        for day in self.plan.size.days:
            self.begin(day)
            self.post([post for post in self.plan.posts if post.day == day])
            self.act(self.plan.messages.get(day, []))
        self.begin("2026-11-30")
        self.deployed.publish({"through": "2026-11-30", "provisional": True})
        self.act(list(self.audits()))
        self.begin("2026-12-02")
        self.deployed.publish({})

    def begin(self, day: str) -> None:
        """Set the clocks of all functions to a day."""
        client = self.deployed.stack.client("lambda")
        for function in ("Intake", "Scan", "Decide", "Publish"):
            name = self.deployed.outputs[f"{function}Function"]
            settings = client.get_function_configuration(FunctionName=name)["Environment"]
            client.update_function_configuration(
                FunctionName=name, Environment={"Variables": settings["Variables"] | {"TODAY": day}}
            )
        self.deployed.today = self.deployed.began = day

    def post(self, posts: list[Post]) -> None:
        """Drop the day's posts as a file, twice, and read the findings."""
        path = self.folder / f"{self.deployed.day}.jsonl"
        with path.open("w") as file:
            for post in posts:
                file.write(json.dumps(sendable(post)) + "\n")
        dropped = self.deployed.drop(PROVIDER, [path, path])
        self.deployed.wait(PROVIDER, dropped, set(), lambda _: None)
        objects, bucket = self.deployed.objects, self.deployed.outputs["OutBucket"]
        for key in objects.keys(bucket, f"out/{PROVIDER}/findings/{self.deployed.day}/"):
            for line in (objects.get(bucket, key) or b"").splitlines():
                found = json.loads(line)
                self.findings.setdefault(found["post"], []).append(found)

    def act(self, messages: Iterable[Message]) -> None:
        """Send the day's messages twice and shuffled, and wait until all were handled."""
        concrete = [self.concrete(message) for message in messages]
        self.counted += [one for one in concrete if not one.get("blunder")]
        # What must come too late is sent when all else was handled, or it would come in time.
        for blunders in (False, True):
            lines = [json.dumps({name: one[name] for name in one if name not in _ours(one)})
                     for one in concrete if bool(one.get("blunder")) is blunders]  # fmt: skip
            bundles = ["\n".join(some) for some in batched(self.shuffled(lines), 20)]
            self.deployed.send_cases(PROVIDER, self.shuffled([*lines, *bundles]))
            self.drain()

    def shuffled(self, items: list[str]) -> list[str]:
        """The same in another order."""
        return self.chance.sample(items, len(items))

    def concrete(self, message: Message) -> Message:
        """A message of the script with the ids and moments of the findings that it means."""
        made = {name: value for name, value in message.items() if value is not None}
        if "found" not in made:
            return made
        findings = self.findings[made["found"]]
        found_at = min(finding["found_at"] for finding in findings)
        decided = datetime.fromisoformat(found_at) + timedelta(minutes=made["after_minutes"])
        made |= {
            "findings": [finding["finding"] for finding in findings],
            "found_at": found_at,
            "category": findings[0]["category"],
            "decided_at": decided.isoformat(),
            "opened_at": (decided - timedelta(seconds=made["looked_seconds"])).isoformat(),
        }
        if "measures" in made:
            made["applied_at"] = made["decided_at"]
        return made

    def audits(self) -> Iterator[Message]:
        """Audit as much of the sample as the script says, with true verdicts."""
        key = f"out/{PROVIDER}/audit/2026-11.jsonl"
        drawn = self.deployed.objects.get(self.deployed.outputs["OutBucket"], key) or b""
        truth = {post.id: post for post in self.plan.posts}
        posts = [json.loads(line)["post"] for line in drawn.splitlines()]
        for number, name in enumerate(posts[: self.plan.size.audits]):
            bad = truth[name].bad
            message = {
                "type": "audit", "id": f"a-{name}", "post": name, "month": "2026-11",
                "verdict": "gone" if number % 50 == 9 else "violating" if bad else "not_violating",
                "moderator": "budi", "opened_at": "2026-11-30T10:00:00Z",
                "decided_at": "2026-11-30T10:00:20Z",
            }  # fmt: skip
            yield message | ({"category": bad} if message["verdict"] == "violating" else {})

    def drain(self) -> None:
        """Wait until the queue of cases is empty, and nothing of it is in anybody's hands."""
        sqs, url = self.deployed.stack.client("sqs"), self.deployed.outputs["CasesUrl"]
        quiet, end = 0, time.monotonic() + WAIT_SECONDS
        while quiet < 3:
            left = messages_in(sqs, url)
            quiet = 0 if left else quiet + 1
            if time.monotonic() > end:
                raise TimeoutError(f"{left} messages about cases wait after {WAIT_SECONDS} s")
            time.sleep(0.1)

    def rules(self) -> dict[str, list[str]]:
        """The rules of each finding by post, with the script's day on which it was found."""
        days = {post.id: post.day for post in self.plan.posts}
        return {
            post: [
                f"{days[post]}/{f['pack']}/{f['version']}/{f['rule']}/{f['mode']}" for f in found
            ]
            for post, found in self.findings.items()
        }

    def receipts(self) -> dict[str, dict[str, Any]]:
        """The receipts of messages that were not simply taken, by the sender's id. A message that
        could not be read has an empty id."""
        objects, bucket = self.deployed.objects, self.deployed.outputs["OutBucket"]
        keys = objects.keys(bucket, f"out/{PROVIDER}/receipts/messages/")
        receipts = [json.loads(objects.get(bucket, key) or b"{}") for key in keys]
        return {receipt.get("id", ""): receipt for receipt in receipts}


def sendable(post: Post) -> dict[str, Any]:
    """A post as a provider sends it."""
    return {"id": post.id, "account": f"account-{post.id[-2:]}", "text": post.text,
            "audience": "public", "published_at": f"{post.day}T00:30:00Z", "language": "en",
            "reach": len(post.text) * 7}  # fmt: skip


def _ours(message: Message) -> set[str]:
    return OURS if message["type"] == "decision" else {"day", "blunder"}
