"""`terang run` and `terang recount` as a person or a script calls them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stack.running import DAY, ROOT, STACK, Running

import terang.case_queue
import terang.emulator
from ledger.codes import EU, OperatorError
from ledger.findings import file_id
from terang.cli import main
from terang.runner import Dropped

POSTS = ROOT / "local/samples/files/posts.jsonl"
CASES = ROOT / "local/samples/cases.jsonl"
PRIVATE = ROOT / "local/samples/files/telegram-private-chat.json"
NAMES = {"provider", "inspected", "refused", "findings", "by_rule", "refusals_by_code", "out"}


def line_of(printed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed)
    return found


def test_json_is_exactly_one_line(run: tuple[Path, str]) -> None:
    out, printed = run
    assert printed.count("\n") == 1
    line = line_of(printed)
    assert line.keys() == NAMES
    assert (line["provider"], line["out"]) == ("acme-chat", str(out))
    assert (line["inspected"], line["refused"]) == (58, 3)
    assert line["refusals_by_code"] == {"field_type": 1, "not_public": 2}
    assert line["findings"] == sum(line["by_rule"].values()) == 32
    assert line["by_rule"]["account-takeover/asks-for-code"] == 4


@pytest.mark.smoke
def test_the_folder_holds_findings_refusals_and_both_buckets(run: tuple[Path, str]) -> None:
    out, printed = run
    findings = [json.loads(one) for one in (out / "findings.jsonl").read_text().splitlines()]
    refusals = [json.loads(one) for one in (out / "refusals.jsonl").read_text().splitlines()]
    assert len({one["finding"] for one in findings}) == line_of(printed)["findings"]
    assert [(one["file"], one["code"], one.get("line")) for one in refusals] == [
        ("posts.jsonl", "not_public", 21), ("posts.jsonl", "field_type", 42),
        ("telegram-private-chat.json", "not_public", None)]  # fmt: skip
    assert {path.name for path in out.iterdir()} == {
        *("findings.jsonl", "refusals.jsonl", "cases.jsonl", "out", "public", "run.json")
    }
    assert (out / f"public/summaries/acme-chat/{DAY}.html").exists()


def test_the_out_bucket_holds_what_this_provider_may_read(run: tuple[Path, str]) -> None:
    told = run[0] / "out"
    files = [path.relative_to(told).as_posix() for path in told.rglob("*") if path.is_file()]
    name = r"[0-9a-f]{64}"
    kinds = {
        rf"receipts/{name}\.json": 2,
        rf"findings/{DAY}/{name}\.jsonl": 1,
        rf"receipts/messages/{DAY}/{name}\.json": 1,  # the decision that nobody took
        r"audit/2026-11\.jsonl": 1,
        rf"entries/{DAY}/{name}\.json": 10,  # of eleven messages, all but that decision
        rf"decisions/{DAY}/{name}\.json": 4,
        rf"statements/{DAY}-0001\.json": 1,
        rf"notices/{name}\.(en|id|zh)\.txt": 15,  # four decisions with a measure, and an answer
        r"reports/2026/(Part_\d+_\w+|TCO_Art_7_3)\.csv": 12,
        r"reports/2026/(ledger\.jsonl|cells\.jsonl|report\.xlsx)": 3,
        r"log/checkpoint": 1,
        r"log/checkpoints/\d{12}": 1,
        rf"proposals/threats-of-violence/\d+/knows-where-you-live/{name}\.json": 1,
    }
    found = {
        kind: sum(bool(re.fullmatch(f"acme-chat/{kind}", one)) for one in files) for kind in kinds
    }
    assert found == kinds
    assert sum(found.values()) == len(files)


def test_what_people_did_is_recorded_before_the_day_is_published(run: tuple[Path, str]) -> None:
    """A decision, a complaint, its outcome and the rest: all but the one without a moderator."""
    [refused] = (run[0] / "out/acme-chat/receipts/messages").rglob("*.json")
    told = json.loads(refused.read_text())
    assert (told["status"], told["code"], told["field"]) == ("refused", "needs_person", "moderator")


def call(running: Running, *words: str | Path,
         columns: str = "160") -> subprocess.CompletedProcess[str]:  # fmt: skip
    """The command as a person calls it, against the deployed stack."""
    return subprocess.run([Path(sys.executable).with_name("terang"), *words, "--stack", STACK],
                          env=os.environ | running.stack.environment() | {"COLUMNS": columns},
                          capture_output=True, check=False, text=True)  # fmt: skip


def test_cases_are_sent_and_shown(running: Running, tmp_path: Path) -> None:
    """A file sent twice changes nothing; what names no finding is told and not sent."""
    running.take("cases-chat", POSTS)
    file = tmp_path / "cases.jsonl"
    times = {"opened_at": f"{DAY}T23:59:58Z", "decided_at": f"{DAY}T23:59:59Z"}
    decided = {
        "type": "decision", "id": "d-1", "post": "p-008", "rule": "account-takeover/asks-for-code",
        "verdict": "dismissed", "reason": "A joke among friends.", "moderator": "m-1", **times,
    }  # fmt: skip
    complaint = {
        "type": "complaint", "id": "c-1", "decision": "d-1", "by": "author",
        "received_at": f"{DAY}T23:59:59Z",
    }  # fmt: skip
    file.write_text(json.dumps([complaint, decided]))
    for _ in range(2):
        done = call(running, "cases", "send", file, "--provider", "cases-chat")
        assert (done.returncode, done.stdout) == (0, "2 of 2 messages about cases taken\n")
    shown = call(running, "case", "c-1", "--provider", "cases-chat")
    assert shown.returncode == 0, shown.stderr
    assert "decision d-1 by m-1: dismissed" in shown.stdout
    assert "A joke among friends." in shown.stdout
    assert "complaint c-1" in shown.stdout
    assert "░" in shown.stdout
    file.write_text(json.dumps(decided | {"id": "d-2", "rule": "account-takeover/other"}))
    lost = call(running, "cases", "send", file, "--provider", "cases-chat")
    assert lost.returncode == 1
    assert "not sent decision d-2: unknown (rule)" in lost.stdout
    assert call(running, "case", "nobody").returncode == 2


def parts_of(printed: str) -> tuple[dict[str, str], list[str], str]:
    """The exports, the `aws` commands and the Python program of what a provider is told."""
    exports = dict(re.findall(r"^export (\w+)=(\S+)$", printed, re.MULTILINE))
    commands = re.findall(r"^aws .+$", printed, re.MULTILINE)
    return exports, commands, printed.partition("python3 - <<'EOF'\n")[2].partition("EOF\n")[0]


def test_what_a_new_provider_is_told_can_be_typed(running: Running, tmp_path: Path) -> None:
    """The program sends a message and finds its receipt and its finding."""
    principal = "arn:aws:iam::123456789012:root"
    words = ("providers", "add", "eager-chat", "--principal", principal)
    for territory in ((), ("--territory", "EL")):
        refused = call(running, *words, *territory)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "give EU, EEA or countries, such as DE,AT" in refused.stderr
    assert running.store.provider("eager-chat") is None
    added = call(running, *words, "--territory", "EU,NO")
    assert added.returncode == 0, added.stderr
    assert len(running.store.provider("eager-chat").territory) == 28
    assert call(running, *words).returncode == 0  # what is known is not asked again
    page, posts = "https://eager.example/object", "https://eager.example/*"
    assert call(running, *words, "--complaint-url", page, "--post-url", posts).returncode == 0
    assert call(running, *words, "--complaint-url", "").returncode == 0
    known = running.store.provider("eager-chat")
    assert (known.complaint_url, known.post_url) == ("", posts)
    exports, (copied, listed), program = parts_of(added.stdout)
    places = {"role": "arn:aws:iam::123456789012:role/", "posts": running.outputs["PostsUrl"]}
    for place, value in (places | {"cases": running.outputs["CasesUrl"]}).items():
        assert re.search(rf"^# {place}: +{re.escape(value)}", added.stdout, re.MULTILINE)
    clean = {name: os.environ[name] for name in ("PATH", "HOME")}
    done = subprocess.run([sys.executable, "-c", program], env=clean | exports, cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, found = re.findall(r"^s3://(\S+)$", done.stdout, re.MULTILINE)
    out = running.outputs["OutBucket"]
    assert told.startswith(f"{out}/out/eager-chat/receipts/messages/{DAY}/")
    assert found.startswith(f"{out}/out/eager-chat/findings/{DAY}/")
    assert '"not_public": 1' in done.stdout
    assert '"account-takeover"' in done.stdout
    [receipt] = [one for one in running.receipts("eager-chat") if one.kind == "message"]
    assert (receipt.inspected, receipt.findings, receipt.refused) == (1, 1, {"not_public": 1})
    assert listed.endswith(f" s3://{out}/out/eager-chat/")
    source, target = copied.partition(" s3 cp ")[2].split()
    bucket, _, key = target.removeprefix("s3://").partition("/")
    line = added.stdout.partition(f"cat > {source} <<'EOF'\n")[2].partition("EOF\n")[0]
    put = running.objects.put(bucket, key, line.encode())
    dropped = Dropped(tmp_path / source, file_id(bucket, key, put.version), put.size)
    (closed,) = running.finish("eager-chat", [dropped])
    assert (closed.status, closed.inspected, closed.findings) == ("done", 1, 1)


def test_the_list_of_providers_cuts_nothing(running: Running) -> None:
    name, channel = "a-provider-with-forty-letters-in-its-name", "telegram:" + "1" * 60
    running.register(name[:40], (channel,))
    listed = call(running, "providers", "list", columns="40")
    assert (listed.returncode, "…" in listed.stdout) == (0, False)
    [line] = [one for one in listed.stdout.splitlines() if name[:40] in one]
    assert channel in line
    told = call(running, "providers", "list", "--json").stdout.splitlines()
    [one] = [found for found in map(json.loads, told) if found["provider"] == name[:40]]
    assert one == {"provider": name[:40], "senders": ["123456789012"], "open_channels": [channel],
        "packs": None, "factchecks": False, "door": "queue", "territory": sorted(EU),
        "complaint_url": "", "post_url": "https://chat.example/*", "connections": []}  # fmt: skip


def test_what_a_provider_runs_is_changed_and_listed(running: Running) -> None:
    """And what cannot be done is told in words, without a trace of the code."""
    running.register("choosy-chat", ())
    for answer, told in (("on", "proposed"), ("off", "in shadow")):
        done = call(running, "providers", "factchecks", "choosy-chat", answer)
        assert (done.returncode, len(done.stdout.strip())) == (0, 64), done.stderr
        listed = call(running, "providers", "list").stdout.splitlines()
        assert any("choosy-chat" in line and told in line for line in listed)
    rule = "account-takeover/asks-for-code"
    paused = call(running, "providers", "pause", "choosy-chat", rule, "--why", "hits timetables")
    assert (paused.returncode, len(paused.stdout.strip())) == (0, 64), paused.stderr
    for words, code, said in (
        (
            ("lift", "choosy-chat", rule, "--moderator", "m-1"),
            1,
            f"terang providers lift: {rule} was not held for choosy-chat on ",
        ),
        (("pause", "choosy-chat", "none/such", "--why", "no"), 2, "terang providers pause: "),
    ):
        done = call(running, "providers", *words)
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith(said)


def test_a_provider_that_is_not_registered_is_not_waited_for_for_ever(running: Running,
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(terang.case_queue, "STALL_SECONDS", 1)
    with pytest.raises(OperatorError, match="is the sender registered for nobody-chat"):
        running.cases("nobody-chat").send([{"type": "complaint", "id": "c-1"}])


def clone_of_events(folder: Path) -> Path:
    """A clone's folder with what the program needs, so that nothing is written into this one."""
    (folder / "events").mkdir()
    for name in ("invoke.py", "env.json"):
        shutil.copy(ROOT / "events" / name, folder / "events" / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def test_env_json_is_filled_with_what_the_functions_have(running: Running, tmp_path: Path) -> None:
    """The line of its docstring is typed as it is; the queue of posts keeps the events' name."""
    clone = clone_of_events(tmp_path)
    docstring = (ROOT / "events/invoke.py").read_text().split('"""')[1]
    [line] = [one.strip() for one in docstring.splitlines() if one.startswith("    ")]
    assert line in (ROOT / "events/README.md").read_text()
    typed = line.replace(" terang ", f" {STACK} ")
    environment = os.environ | running.stack.environment()
    subprocess.run(["bash", "-ec", typed], cwd=clone, env=environment, check=True)
    filled = json.loads((clone / "env.json").read_text())
    shipped = json.loads((ROOT / "events/env.json").read_text())
    assert {name: one.keys() for name, one in filled.items()} == {
        name: one.keys() for name, one in shipped.items()
    }
    assert {one["TABLE"] for one in filled.values() if "TABLE" in one} == {running.outputs["Table"]}
    assert filled["Intake"]["UNITS_QUEUE_URL"] == running.outputs["UnitsUrl"]
    assert filled["Scan"]["POSTS_QUEUE_ARN"] == shipped["Scan"]["POSTS_QUEUE_ARN"]


def test_why_nothing_is_read_once_the_names_were_emptied_is_said(tmp_path: Path) -> None:
    clone = clone_of_events(tmp_path)
    typed = ".venv/bin/python events/invoke.py env terang > events/env.json"
    done = subprocess.run(
        ["bash", "-c", typed], cwd=clone, stderr=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, "git checkout" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "said"), [
    pytest.param(["nowhere.jsonl"], "no such file", id="a file that is not there"),
    pytest.param([str(POSTS), "--provider", "A"], "--provider", id="a provider's bad name"),
    pytest.param([str(POSTS), "--today", "soon"], "--today", id="a day that is none"),
    pytest.param([str(POSTS), "--open", "irc:1"], "--open", id="a channel of no kind"),
    pytest.param([str(POSTS), "--packs", "nowhere"], "no such file or folder", id="no packs"),
    pytest.param([str(POSTS), "--packs", "broken"], "broken.yaml", id="a pack that is broken"),
    pytest.param([str(POSTS), "--cases", "nowhere"], "cannot read", id="no file of cases"),
    pytest.param([str(POSTS), "--cases", "words"], "not a JSON object", id="cases of no kind"),
    pytest.param([str(POSTS), "--out", "full"], "something else", id="a folder in use"),
])  # fmt: skip
def test_wrong_usage_ends_in_2_and_says_why(
        words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for folder in ("broken", "full"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.yaml").write_text("id: broken\nversion: one\n")
    (tmp_path / "words").write_text("confirmed\n")
    defaults = ["--out", "out", "--json"]
    assert main(["run", *(defaults if "--out" not in words else ["--json"]), *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err.replace("\n", " ")


@pytest.mark.parametrize("words", [["run", "--nonsense"], ["runs"]])
def test_senseless_words_end_in_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2


@pytest.mark.parametrize(("emulator", "said"), [
    pytest.param("/nowhere", "not set up", id="no emulator"),
    pytest.param("/bin/false", "did not start", id="an emulator that dies"),
])  # fmt: skip
def test_a_pipeline_that_fails_ends_in_1(
        emulator: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(terang.emulator, "EMULATOR", Path(emulator))
    out = tmp_path / "out"
    assert main(["run", str(POSTS), "--out", str(out), "--today", DAY, "--json"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, out.exists()) == ("", False)
    assert said in printed.err.replace("\n", " ")
