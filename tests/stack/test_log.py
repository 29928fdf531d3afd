"""The public log of a deployed stack: signed by KMS, with proofs of findings and a sentinel."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock
from zipfile import ZipFile

import pytest
from stack.conftest import PARAMETERS
from stack.running import DAY, ROOT, STACK, Running
from support.format_files import post

from ledger.findings import unit_id
from ledger.keys import sentinel_post
from matcher import Pack
from terang.cli import main
from terang.emulator import EMULATOR, local_stack
from terang.runner import deploy
from terang.set_publishing import PackBucket
from tlog import parse_checkpoint
from verify import Folder, Options, check_place

PROVIDER = "log-chat"
TWO_DAYS_LATER = "2026-11-27"
PACKS = ("account-takeover", "sentinel")


@pytest.fixture(scope="module")
def logged() -> Iterator[Running]:
    """A stack with a log and a sentinel, two days after it got one post and its own."""
    if not EMULATOR.exists():
        pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
    parameters = PARAMETERS | {"Console": "off", "TipLine": "off", "Sentinel": "on"}
    with local_stack() as stack, mock.patch.dict(os.environ, stack.environment()):
        made = Running(stack, deploy(stack, STACK, parameters), DAY)
        files = [ROOT / f"packs/{name}.yaml" for name in PACKS]
        packs = [Pack.parse(path.read_text(), path.name) for path in files]
        bucket = PackBucket(made.objects, made.outputs["PublicBucket"])
        moment = datetime(2026, 11, 25, tzinfo=UTC)
        bucket.publish(ROOT / "packs", packs, {}, notice_hours=0, now=moment)
        assert main(["providers", "sentinel", "--stack", STACK]) == 0
        made.register(PROVIDER, ())
        body = post(text="Please send me the OTP you just got", published_at=f"{DAY}T00:00:00Z")
        made.finish(PROVIDER, [], made.send(PROVIDER, [json.dumps(body)]))
        made.publish({})
        made.finish("sentinel", [], {unit_id("sentinel", sentinel_post(DAY).encode())})
        made.turn_clock_of_publish(TWO_DAYS_LATER)
        made.publish({})
        yield made


def copy(made: Running, folder: Path) -> Path:
    made.copy(made.outputs["PublicBucket"], "", folder)
    return folder


def test_the_log_is_signed_and_names_what_is_published(logged: Running, tmp_path: Path) -> None:
    result = check_place(
        Folder(copy(logged, tmp_path)), Options(now=datetime(2026, 11, 27, 20, tzinfo=UTC))
    )
    assert result.wrong == []
    assert any("sentinel post was found on 1 of" in line for line in result.said)


@pytest.mark.usefixtures("running")  # or there is no local stack
def test_the_samples_close_their_day_and_are_proved_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--out", str(tmp_path / "out")]) == 0
    public = tmp_path / "out/public"
    for period, is_open in ((DAY, False), (DAY[:7], True)):
        summary = json.loads((public / f"summaries/sample-chat/{period}.json").read_bytes())
        assert summary["provisional"] is is_open
    assert main(["verify", str(public)]) == 0
    assert "Wrong: 0\nNot proved: 0\n" in capsys.readouterr().out


def test_a_finding_is_proved_by_the_command(logged: Running, tmp_path: Path) -> None:
    [(_, data)] = list(logged.versions("OutBucket", f"out/{PROVIDER}/findings/"))
    finding, proof = json.loads(data)["finding"], tmp_path / "finding.tlog-proof"
    words = ["prove", "finding", finding, "--stack", STACK, "--out", str(proof)]
    assert main(words) == 0
    public = str(copy(logged, tmp_path / "public"))
    assert main(["verify", public, "--proof", str(proof)]) == 0
    words[2] = "0" * 64
    assert main(words) == 1


def test_a_lead_bundles_a_decision_and_verify_accepts_its_proof(
    logged: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [(_, data)] = list(logged.versions("OutBucket", f"out/{PROVIDER}/findings/"))
    found, decided = json.loads(data), tmp_path / "cases.jsonl"
    finding, times = found["finding"], ("opened_at", "decided_at", "applied_at")
    made = {"type": "decision", "id": "d-1", "findings": [finding], "verdict": "confirmed"}
    made |= dict.fromkeys(times, found["found_at"])
    made |= {"measures": {"visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]}}
    decided.write_text(json.dumps(made | {"reason": "It asks for a code.", "moderator": "m-1"}))
    assert main(["cases", "send", str(decided), "--provider", PROVIDER, "--stack", STACK]) == 0
    words = ["case", finding, "--stack", STACK, "--bundle", str(tmp_path / "bundle.zip")]
    words += ["--moderator", "m-9"]
    assert main(words) == 2
    assert "say --role lead" in capsys.readouterr().err
    assert main([*words, "--role", "lead"]) == 0
    with ZipFile(tmp_path / "bundle.zip") as zipped:
        zipped.extractall(tmp_path / "bundle")
    [proof] = tmp_path.glob("bundle/proofs/*")
    public = copy(logged, tmp_path / "public")
    verified = [sys.executable, public / "log/verify.py", public, "--proof", proof]
    subprocess.run(verified, check=True)
    assert finding in (tmp_path / "bundle/index.html").read_text("utf-8")


def test_a_new_key_begins_a_new_log(logged: Running, tmp_path: Path) -> None:
    """KMS holds both keys; the template passes them as LogKeyArn and LogKeyBefore."""
    kms, functions = logged.stack.client("kms"), logged.stack.client("lambda")
    made = kms.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    name = logged.outputs["PublishFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    keys = {"LOG_KEY": made["KeyMetadata"]["Arn"], "LOG_KEY_BEFORE": variables["LOG_KEY"]}
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | keys}
    )
    logged.publish({})
    folder = copy(logged, tmp_path)
    assert parse_checkpoint((folder / "log/2/checkpoint").read_bytes()).size > 1
    result = check_place(Folder(folder), Options(now=datetime(2026, 11, 27, 20, tzinfo=UTC)))
    assert result.wrong == []
