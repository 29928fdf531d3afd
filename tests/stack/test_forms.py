"""An author objects and somebody reports, by HTTP; what they wrote is where it must be."""

import json
import re
import time
from pathlib import Path
from urllib.parse import urlencode

from stack.running import DAY, Running
from stack.test_factchecks import post as send
from support.format_files import json_lines, post
from support.forms_world import REPORT
from support.sample_messages import decision, on_day, outcome

PROVIDER = "forms-chat"
CANARY = "canary4711"


def filled(running: Running, page: str, **form: str) -> dict[str, str]:
    """Send a form; the rows of the page that comes back, with the number it shows."""
    kind = {"content-type": "application/x-www-form-urlencoded"}
    status, told = send(running, f"{running.ask_url}{page}", urlencode(form), kind)
    assert status == 200, told
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", told, re.DOTALL)
    number = re.search(r'class="number">(.*?)<', told)
    return dict(rows) | {"number": number[1] if number else ""}


def wait_for(running: Running, count: int) -> list[str]:
    """Wait for so many entries; their types."""
    for _ in range(600):
        types = [one.type for one in running.store.journal_entries(PROVIDER, DAY)]
        if len(types) >= count:
            return sorted(types)
        time.sleep(0.1)
    raise TimeoutError(running.logs()[-2000:])


def test_from_notice_to_answer_from_report_to_decision(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(json_lines([post(id="f-1", text="Send me the OTP please")]))
    running.take(PROVIDER, path)
    running.publish()
    [finding] = [one.finding for one in running.store.open_findings(PROVIDER, 5)][:1]
    running.send_cases(PROVIDER, [json.dumps(on_day(DAY, decision(finding)))])
    wait_for(running, 1)
    out = running.outputs["OutBucket"]
    [key] = [k for k in running.objects.keys(out, f"out/{PROVIDER}/notices/") if ".en." in k]
    notice = (running.objects.get(out, key) or b"").decode()
    assert f"{running.ask_url}object\n" in notice
    assert f'{running.ask_url}object?language=en"' in running.published()["authors.html"].decode()
    [number] = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", notice)

    assert "Post removed" in filled(running, "object", number=number)["The decision"]
    objected = filled(running, "object", number=number, text=f"No. {CANARY}", object="yes")
    assert "November 2026" in objected["Your objection was received"]
    assert wait_for(running, 2) == ["complaint", "decision"]
    [complaint] = [e for e in running.store.journal_entries(PROVIDER, DAY) if e.type == "complaint"]
    case = running.store.case(complaint.entry)
    assert case.entries[0].reason == f"No. {CANARY}"
    ended = outcome(complaint=case.entries[0].message)
    running.send_cases(PROVIDER, [json.dumps(on_day(DAY, ended))])
    wait_for(running, 3)
    assert "reversed" in filled(running, "object", number=number)["The answer"]
    ends = [k for k in running.objects.keys(out, f"out/{PROVIDER}/notices/") if ".zh." in k]
    assert len(ends) == 2

    report = REPORT | {"url": "https://chat.example/f-2", "name": CANARY}
    own = filled(running, "report", **report)["number"]
    assert "notice" in wait_for(running, 4)
    assert filled(running, "object", number=own)["The decision"] == "–"
    assert {place.partition("#")[0] for place in running.places_of(CANARY)} == {"C", "R"}
    for secret in (CANARY, number, own):
        assert secret not in running.logs()
