"""A feed of checks through the deployed template: an index, a finding, a page, and the tip line."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from stack.running import DAY, STACK, Running
from support.sample_checks import CHECKS, REPEATS_SALT, check, table
from support.sample_messages import decision

from ledger.closing import current_set, set_key
from ledger.keys import factchecks_key
from matcher import load_set
from terang.cli import main
from terang.set_publishing import PackBucket

PROVIDER = "factcheck-chat"
KEY = "factchecks/checks.csv"
CANARY = "zq8-canary"
SECONDS = 60
HOSTILE = [
    check(80, "<script>alert(1)</script> Drinking bleach cures the flu \x1b[2J", publisher="<b>"),
    check(81, "Garlic water cures malaria in a day", url="javascript:alert(1)"),
    check(82, "Garlic water cures malaria in two days", url="https://bread.example/1"),
]


def index_in_force(running: Running) -> str:
    bucket = running.outputs["PublicBucket"]
    digest = current_set(running.objects, bucket)
    return load_set(running.objects.get(bucket, set_key(digest)) or b"", digest).factchecks


def feed(running: Running, *rows: dict[str, str]) -> None:
    """Put a feed, and wait until its index is in force."""
    before = index_in_force(running)
    running.objects.put(running.outputs["WorkBucket"], KEY, table(*rows))
    deadline = time.monotonic() + SECONDS
    while index_in_force(running) == before:
        assert time.monotonic() < deadline, running.stack.log()[-3000:]
        time.sleep(0.2)


@pytest.fixture(scope="module")
def informed(running: Running) -> Running:
    """The stack with an index, and a provider that wants what it finds."""
    feed(running, *CHECKS, *HOSTILE)
    running.register(PROVIDER, ())
    public = PackBucket(running.objects, running.outputs["PublicBucket"])
    public.choose(PROVIDER, None, factchecks=True)
    return running


@pytest.fixture(scope="module")
def scanned(informed: Running, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A file of two posts, one of which repeats a claim; published."""
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    post = {"account": "a", "audience": "public", "published_at": "2026-11-25T08:00:00Z"}
    posts = [{"id": "1", "text": REPEATS_SALT}, {"id": "2", "text": "The market opens at nine."}]
    path.write_text("\n".join(json.dumps(post | one) for one in posts))
    informed.take(PROVIDER, path)
    informed.publish()
    return informed


def test_a_feed_is_learnt_and_a_post_found(scanned: Running) -> None:
    [finding] = scanned.store.open_findings(PROVIDER, 9)
    assert (finding.pack, finding.rule) == ("factchecks", "health")
    assert finding.label
    assert finding.label.checks[0].url == "https://check.example/1"
    index = index_in_force(scanned)
    assert factchecks_key(index) in scanned.published()


def test_the_pages_tell_of_the_index_and_nothing_hostile(scanned: Running, tmp_path: Path) -> None:
    published = scanned.published()
    page = published["index.html"].decode()
    assert "Published fact-checks" in page
    assert index_in_force(scanned) in page
    for name, data in published.items():
        if name.endswith((".html", ".csv")):
            assert b"<script" not in data or name.startswith("check."), name
            assert b"\x1b" not in data
            assert b"bread.example" not in data
    assert recounted(scanned, tmp_path) == 0


def post(running: Running, address: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
    """Post to an address of the emulator, which may be a host under `localhost`."""
    parts = urlsplit(address)
    connection = HTTPConnection("127.0.0.1", urlsplit(running.stack.url).port or 0, timeout=60)
    try:
        connection.request("POST", parts.path, body, headers | {"Host": parts.netloc})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def ask(running: Running, text: str, secret: str) -> tuple[int, dict[str, Any]]:
    """Ask at the function URL."""
    headers = {"content-type": "application/json", "x-terang-partner": "helpdesk",
               "x-terang-secret": secret}  # fmt: skip
    status, told = post(running, running.tip_line_url, json.dumps({"text": text}), headers)
    return status, json.loads(told)


@pytest.fixture
def partner(informed: Running, capsys: pytest.CaptureFixture[str],
            monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:  # fmt: skip
    """Adds a partner, and returns its secret."""
    for name, value in informed.stack.environment().items():
        monkeypatch.setenv(name, value)

    def added(name: str) -> str:
        assert main(["partners", "add", name, "--stack", STACK]) == 0
        return capsys.readouterr().out.strip()

    return added


def test_the_tip_line_answers_at_each_route_and_keeps_nothing(informed: Running,
        partner: Callable[[str], str]) -> None:  # fmt: skip
    secret, webhook = partner("helpdesk"), partner("telegram")
    assert informed.outputs["TipLineUrl"].startswith("https://")
    status, told = ask(informed, f"{REPEATS_SALT} {CANARY}", secret)
    assert (status, told["checks"][0]["url"]) == (200, "https://check.example/1")
    assert ask(informed, CANARY, "wrong")[0] == 403
    assert ask(informed, "", secret) == (400, {"code": "no_text"})

    form = urlencode({"text": f"{REPEATS_SALT} {CANARY}"})
    kind = {"content-type": "application/x-www-form-urlencoded", "accept-language": "id"}
    status, page = post(informed, informed.ask_url, form, kind)
    assert status == 200
    assert '<html lang="id">' in page
    assert 'href="https://check.example/1"' in page

    user = {"id": 7, "is_bot": False, "language_code": "zh-hans"}
    chat, text = {"id": 7, "type": "private"}, f"{REPEATS_SALT} {CANARY}"
    message = {"message_id": 1, "from": user, "chat": chat, "text": text}
    update = json.dumps({"update_id": 1, "message": message})
    headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": webhook}
    status, does = post(informed, f"{informed.ask_url}telegram", update, headers)
    assert (status, json.loads(does)["method"]) == (200, "sendMessage")
    assert "https://check.example/1" in json.loads(does)["text"]
    assert post(informed, f"{informed.ask_url}telegram", update, {})[0] == 403

    assert informed.places_of(CANARY) == []
    logs = informed.logs()
    for kept_out in (CANARY, secret, webhook):
        assert kept_out not in logs
    assert '"answered"' in logs


def test_a_check_that_is_gone_opens_what_it_decided(scanned: Running, tmp_path: Path) -> None:
    """Through the page: what was decided counts no longer, and every number recounts."""
    [finding] = scanned.store.open_findings(PROVIDER, 9)
    measures = {"visibility": ["DECISION_VISIBILITY_CONTENT_LABELLED"]}
    message = decision(finding.finding, measures=measures)
    scanned.send_cases(PROVIDER, [json.dumps(message)])
    wait(lambda: not scanned.store.open_findings(PROVIDER, 9), scanned)
    feed(scanned, *CHECKS[1:])
    wait(lambda: bool(scanned.store.open_findings(PROVIDER, 9)), scanned)
    out = scanned.outputs["OutBucket"]
    [key] = scanned.objects.keys(out, f"out/{PROVIDER}/corrections/")
    told = json.loads(scanned.objects.get(out, key) or b"")
    assert (told["change"], told["superseded"]) == ("withdrawn", True)
    scanned.publish()
    cases = scanned.summary(PROVIDER)["cases"]
    assert (cases["decided"], cases["checks_changed"]) == (1, {"withdrawn": 1})
    assert cases["reopened"] == {DAY: 1}
    errors = scanned.summary(PROVIDER)["errors"]["by_rule"]["factchecks/1/health"]
    assert errors["decided"] is None
    page = scanned.published()[f"summaries/{PROVIDER}/{DAY}.html"].decode()
    assert "1 finding of a check that was withdrawn" in page
    assert "https://check.example/1" in scanned.published()["index.html"].decode()
    assert recounted(scanned, tmp_path) == 0


def wait(done: Callable[[], bool], running: Running) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, running.stack.log()[-3000:]
        time.sleep(0.2)


def recounted(running: Running, folder: Path) -> int:
    """The exit code of `terang recount` over what is published."""
    for name, data in running.published().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return main(["recount", str(folder)])
