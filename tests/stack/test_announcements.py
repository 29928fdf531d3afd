"""What a provider hears, through the deployed template: from a post to an event on the bus."""

import json
import time
from typing import Any

import pytest
from stack.running import STACK, Running
from support.format_files import json_lines, post
from support.sample_messages import decision

from terang.cli import main

PROVIDER = "hearing-chat"
CANARY = "quokka"
TEXT = f"Please send me the OTP you just got, {CANARY}."
SECONDS = 60


class Heard:
    """A queue behind a rule on the bus, as a provider has it; the events that came, by type."""

    def __init__(self, running: Running) -> None:
        self.sqs, events = running.stack.client("sqs"), running.stack.client("events")
        self.url = self.sqs.create_queue(QueueName="heard")["QueueUrl"]
        names = ["QueueArn"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        bus = running.outputs["EventBusArn"].rpartition("/")[2]
        pattern = json.dumps({"source": ["terang"], "detail": {"provider": [PROVIDER]}})
        events.put_rule(Name="heard", EventBusName=bus, EventPattern=pattern)
        target = [{"Id": "heard", "Arn": arn["QueueArn"]}]
        events.put_targets(Rule="heard", EventBusName=bus, Targets=target)
        self.events: list[dict[str, Any]] = []

    def wait(self, kind: str) -> list[dict[str, Any]]:
        """The events of a type, as soon as there is one."""
        deadline = time.monotonic() + SECONDS
        while not (found := [one for one in self.events if one["type"] == kind]):
            assert time.monotonic() < deadline, self.events
            answer = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1)
            bodies = [json.loads(message["Body"]) for message in answer.get("Messages", ())]
            assert all(body["detail-type"] == body["detail"]["type"] for body in bodies)
            self.events += [body["detail"] for body in bodies]
        return found


@pytest.fixture
def heard(running: Running, monkeypatch: pytest.MonkeyPatch) -> Heard:
    for name, value in running.stack.environment().items():
        monkeypatch.setenv(name, value)
    running.register(PROVIDER, ())
    return Heard(running)


def test_a_provider_hears_of_findings_files_and_decisions(running: Running, heard: Heard,
        capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:  # fmt: skip
    """And never at an address inside."""
    inside = ["webhooks", "add", PROVIDER, "https://127.0.0.1/", "--stack", STACK]
    assert main(inside) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("whsec_")
    path = tmp_path / "posts.jsonl"
    path.write_bytes(json_lines(post(text=TEXT, published_at="2026-11-24T21:12:00+00:00")))
    running.take(PROVIDER, path)
    [found] = heard.wait("findings.recorded")
    [finding] = running.store.open_findings(PROVIDER, 9)
    assert found["data"]["findings"][0]["finding"] == finding.finding
    assert heard.wait("file.closed")[0]["data"]["inspected"] == 1
    running.send_cases(PROVIDER, [json.dumps(decision(finding.finding))])
    moved = heard.wait("case.moved")[0]["data"]
    assert (moved["type"], moved["verdict"]) == ("decision", "confirmed")
    assert finding.finding in moved["cases"]
    assert main(["webhooks", "test", "--provider", PROVIDER, "--stack", STACK]) == 1
    assert "address_refused" in capsys.readouterr().err
    logs = running.logs()
    assert '"code":"address_refused"' in logs
    assert CANARY not in logs + json.dumps(heard.events)
    assert secret not in logs
    assert main(["webhooks", "remove", PROVIDER, "--stack", STACK]) == 0
