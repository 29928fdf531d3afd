"""The desk in a real browser: decided by keys, taken back, contested, audited; at two widths."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error
from support import desk_world
from support.chromium import IN_CHROMIUM, Window, check_page
from support.desk_world import KnownRule, MemoryDesk, audited, complaint, dossier, finding
from support.review_world import run_folder
from support.sample_posts import pack

from cases.asked import Audit
from cases.contest import Complaint, Outcome
from cases.decision import Decision
from cases.kinds import read_case_message
from desk import (
    Door,
    EarlierDecision,
    ItemKind,
    Moderator,
    NearCopy,
    Role,
    RuleFacts,
    order_dossier,
)
from desk.deciding import DecisionForm, decide, form_id
from desk.routes import DeskApplication
from desk.trial_desk import RuleState
from ledger.cases import Case, CaseEntry, JournalEntry
from ledger.desk_store import CannedReason
from ledger.findings import FoundCheck, FoundSpan, Label
from ledger.numbers import ReportWords
from phrases import LANGUAGES
from rules.rule import Rule, Severity
from terang.case_queue import read_messages
from terang.home_desk import HomeServer, PendingBook
from terang.run_table import RunTable

HOSTILE = (
    "send me <script>window.ran=1</script> \"'><img src=x onerror=window.ran=2> {{ 7*7 }} "
    "javascript:window.ran=3 \u202egnp.exe \x00 </textarea></title><svg/onload=window.ran=4>"
)

pytestmark = IN_CHROMIUM


@contextmanager
def serving(desk: Any, moderator: str = "m-7", role: Role = Role.LEAD, tick: Any = None
            ) -> Iterator[HomeServer]:  # fmt: skip
    """The door at home over a desk."""
    who = Moderator(moderator, "acme", role, Door.FILE)
    server = HomeServer(
        who, lambda door: DeskApplication(desk, door, KnownRule()), tick or (lambda: None)
    )
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


@contextmanager
def at_home(folder: Path, file: Path, moderator: str, *others: Path) -> Iterator[HomeServer]:
    """The desk as `terang review` opens it, with a book that writes at once."""
    messages = [message for path in (file, *others) if path.exists() for message in
                read_messages(path)]  # fmt: skip
    table = RunTable.read(folder, messages)
    book = PendingBook.open(file, "acme", table.store.clock, table.judge)
    with serving(table.desk(book.rows), moderator, Role.MODERATOR) as server:
        yield server
    book.finish(everything=True)


def read_known(messages: list[dict[str, Any]]) -> list[Any]:
    """The messages as decide reads them."""
    return [read_case_message(json.dumps(each).encode()) for each in messages]


def everything() -> list[Any]:
    """Items of every kind, each with text that wants to run."""
    check = FoundCheck("https://check.example/1", HOSTILE, "false", HOSTILE, HOSTILE, "", 0.9)
    spans = (FoundSpan("text", 0, 7, "send me", ("leet",), 4),
             FoundSpan("text", 0, 4, "{link}", (), 5))  # fmt: skip
    scored = finding(
        "p1", text=HOSTILE, spans=spans, score=9, threshold=8, url="https://chat.example/p1"
    )
    checked = finding("p2", "health", HOSTILE, label=Label((check,)), url=f"javascript:{HOSTILE}")
    copies = tuple(NearCopy(f"{n}" * 64, (finding(f"q{n}", text=f"{HOSTILE} {n}"),))
                   for n in (1, 2))  # fmt: skip
    earlier = (EarlierDecision("post", "dismissed", "m-1", "2026-11-20T10:00:00Z", "codes/asks",
                               HOSTILE, "reversed"),)  # fmt: skip
    arabic = finding("p4", text="send me رمز التحقق الذي وصلك الآن", language="ar")
    named = finding(HOSTILE.replace("/", ""), text="send me", language="zh", severity="low")
    asked = JournalEntry(
        entry="7" * 64, type="order", provider="acme", at="2026-11-25T13:40:00Z", kind="act",
        authority=HOSTILE, country="DE", items=1, category="VIOLENCE", regulation="tco",
        received_at="2026-11-25T13:40:00Z",
    )  # fmt: skip
    rule = Rule(id="asks", severity=Severity.HIGH, why=HOSTILE)
    facts = RuleFacts(pack(title=HOSTILE), rule, "https://terang.example/")
    hostile_pack = replace(
        dossier(scored, copies=copies, earlier=earlier, escalation="child_abuse",
                deadline="2026-11-25T20:00:00Z"),
        rules=(("codes/3/asks", facts),),
    )  # fmt: skip
    return [
        hostile_pack,
        dossier(checked), dossier(arabic), dossier(named), complaint(), audited(),
        order_dossier(Case("7" * 64, (CaseEntry(1, "open", "open", asked, HOSTILE),))),
        dossier(finding("p5"), key="5" * 64, kind=ItemKind.SECOND_REVIEW,
                decision=desk_world.decided()),
        dossier(finding("p6", text=HOSTILE), key="6" * 64, kind=ItemKind.GOLDEN,
                answer="dismissed"),
        dossier(finding("p7", text=HOSTILE), key="a" * 64, kind=ItemKind.TRIAL),
    ]  # fmt: skip


@pytest.mark.smoke
def test_every_page_is_inert_accessible_and_fits_its_window(window: Window) -> None:
    reasons = [CannedReason(text=HOSTILE, verdict=verdict, language="en")
               for verdict in ("confirmed", "upheld")]  # fmt: skip
    desk = MemoryDesk(everything(), reasons=reasons)
    words = (HOSTILE, HOSTILE, "VIOLENCE", HOSTILE, HOSTILE, HOSTILE)
    desk.store.put_report("acme", ReportWords("8" * 64, "2026-11-25T12:00:00Z", *words))
    page = window.page
    with serving(desk) as server:
        page.goto(server.address)
        paths = ["/", "/history", "/training", "/lead", "/settings", "/?kind=complaint"]
        paths += [f"/card/{each.item.key}" for each in desk.dossiers]
        paths += [f"/card/{desk.dossiers[0].item.key}/adopt"]
        for path in paths:
            page.goto(f"{server.origin}{path}")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            check_page(page, path)
            assert page.evaluate("window.ran") is None, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_pages_are_accessible_with_all_rules(window: Window, language: str) -> None:
    desk, page = MemoryDesk([]), window.page
    desk.views = desk_world.rule_views()
    assert len(desk.views) > 100
    page.set_extra_http_headers({"Accept-Language": language})
    by_state = {view.state: view.name for view in desk.views}
    assert by_state.keys() == {*RuleState}
    with serving(desk) as server:
        page.goto(server.address)
        for path in ("/rules", *(f"/rules/{name}" for name in by_state.values())):
            page.goto(f"{server.origin}{path}")
            assert page.locator("html").get_attribute("lang") == language
            check_page(page, path)


def test_a_trial_is_judged_by_one_key_each(window: Window) -> None:
    cards = [dossier(finding(f"p{n}", mode="shadow"), kind=ItemKind.TRIAL) for n in range(3)]
    desk, page = MemoryDesk([*cards, dossier(finding("p9", severity="low"))]), window.page
    with serving(desk, role=Role.MODERATOR) as server:
        page.goto(server.address)
        window.press("n")
        assert "p9" in page.locator("main").inner_text(), "what waits comes first"
        page.keyboard.press("d")
        window.press("1")
        page.keyboard.press("m")
        for key in "cdx":
            window.press(key)
    sent = [[message.get("verdict", message["type"]) for message in pending.messages]
            for pending in desk.pending]  # fmt: skip
    assert sorted(sent) == [["cannot_tell"], ["dismissed"], ["right", "notice"], ["wrong"]]


def test_a_search_stays_from_card_to_card_and_keys_are_shown(window: Window) -> None:
    rare = [dossier(finding(f"r{n}", text=f"a rare {n}", severity="low")) for n in range(2)]
    desk, page = MemoryDesk([dossier(finding("p1")), *rare]), window.page
    with serving(desk) as server:
        page.goto(server.address)
        page.keyboard.press("f")
        page.get_by_label("Text, id, address or rule").fill("a rare")
        window.press("Enter")
        assert page.get_by_role("heading", level=1).inner_text() == "2 items wait"
        check_page(page, "found")
        with page.expect_navigation():
            page.locator("ol.rows button").first.click()
        window.press("g")
        window.press("n")
        page.keyboard.press("?")
        keys = page.get_by_role("dialog").inner_text()
        assert "Confirm" in keys
        assert "Dismiss" in keys
        check_page(page, "keys")
        page.keyboard.press("d")
        assert not page.locator("input[value=dismissed]").is_checked(), "the list is read first"
        page.keyboard.press("Escape")
        for _ in rare:
            assert "r" in page.locator("dl.facts bdi").first.inner_text()
            page.keyboard.press("d")
            window.press("1")
        assert page.url == f"{server.origin}/"
        for path in ("/history", f"/card/{rare[0].item.key}"):  # with what was decided
            page.goto(f"{server.origin}{path}")
            check_page(page, path)
    assert sorted(each.items[0] for each in desk.pending) == sorted(each.item.key for each in rare)


def test_a_post_is_hidden_until_it_is_asked_for(window: Window) -> None:
    desk = MemoryDesk([dossier(finding(text="send me the code"))])
    page = window.page
    with serving(desk) as server:
        page.goto(server.address)
        window.press("n")
        text = page.locator("p.text")
        assert not text.is_visible()
        page.keyboard.press(" ")
        assert text.is_visible()
        assert page.locator("mark").first.inner_text().startswith("send")
        page.keyboard.press(" ")
        assert not text.is_visible()


def test_the_keyboard_reaches_the_contents_first(window: Window) -> None:
    with serving(MemoryDesk(everything())) as server:
        window.page.goto(server.address)
        window.page.keyboard.press("Tab")
        focused = window.page.evaluate("document.activeElement.textContent")
        assert focused == "Skip to the contents"


def test_keys_can_be_turned_off(window: Window) -> None:
    """WCAG 2.2, 2.1.4: a screen reader may need the single keys for itself."""
    page = window.page
    with serving(MemoryDesk(everything())) as server:
        page.goto(server.address)
        page.goto(f"{server.origin}/settings")
        page.get_by_label("Single keys").uncheck()
        page.get_by_label("Language").select_option("id")
        page.get_by_role("button", name="Save").click()
        page.goto(f"{server.origin}/")
        assert page.get_by_role("heading", level=1).inner_text() == "9 hal menunggu"
        page.keyboard.press("n")
        page.wait_for_timeout(100)
        assert page.url == f"{server.origin}/"


TYPED = "It warns of the code; 验证码."


def dismiss_in_words(window: Window) -> None:
    """Open the next card, choose to dismiss it, and type a reason."""
    window.press("n")
    for key in "dw":
        window.page.keyboard.press(key)
    window.page.keyboard.type(TYPED)


def test_what_was_typed_stays_when_a_colleague_was_first(window: Window) -> None:
    desk = MemoryDesk([dossier(finding(text="send me"))])
    page = window.page
    with serving(desk) as server:
        page.goto(server.address)
        dismiss_in_words(window)
        colleague = Moderator("m-1", "acme", Role.MODERATOR, Door.CONSOLE)
        form = DecisionForm(form_id("m-1", desk.now(), "00000000"), "confirmed", reason="It asks.")
        pending = decide(form, desk.dossiers[0], colleague, desk.now())
        assert desk.store_pending(colleague, pending) is None
        window.press("Control+Enter")
        assert "m-1 decided this first" in page.get_by_role("alert").inner_text()
        assert page.locator("textarea").input_value() == TYPED
    # A conflict is an answer of its own kind, which the browser notes.
    window.complaints[:] = [each for each in window.complaints if "409" not in each]


def test_what_was_typed_stays_when_the_network_drops(window: Window) -> None:
    """Back from the browser's own page, the card holds everything, and is sent once."""
    desk = MemoryDesk([dossier(finding(text="send me"))])
    page = window.page
    with serving(desk) as server:
        page.goto(server.address)
        dismiss_in_words(window)
        page.route("**/decide", lambda route: route.abort("connectionreset"))
        with pytest.raises(Error, match="ERR_CONNECTION_RESET"):
            window.press("Control+Enter")
        page.unroute("**/decide")
        assert not desk.pending
        page.go_back()
        assert page.locator("textarea").input_value() == TYPED
        assert page.locator("input[value=dismissed]").is_checked()
        page.keyboard.press("w")
        window.press("Control+Enter")
    [pending] = desk.pending
    assert pending.messages[0]["reason"] == TYPED
    window.complaints.clear()  # the browser notes the drop


def test_a_day_of_a_small_service(window: Window, tmp_path: Path) -> None:
    """Decide by keys and undo; a colleague answers the complaint; another audits."""
    folder, page = run_folder(tmp_path / "run"), window.page
    sample = folder / "out/acme/audit/2026-11.jsonl"
    sample.parent.mkdir(parents=True)
    sample.write_text('{"post": "quiet-1"}\n{"post": "quiet-2"}\n')
    first, second = tmp_path / "decisions-m-7.jsonl", tmp_path / "decisions-m-2.jsonl"
    with at_home(folder, first, "m-7") as server:
        page.goto(server.address)
        assert page.get_by_role("heading", level=1).inner_text() == "6 items wait"
        window.press("n")
        post = page.locator("dl.facts bdi").first.inner_text()
        page.keyboard.press("d")
        window.press("1")  # the texts of a group are opened first
        assert "Open the text first" in page.get_by_role("alert").inner_text()
        window.complaints[:] = [each for each in window.complaints if "400" not in each]
        page.keyboard.press(" ")
        window.press("1")  # two actions: a verdict, a reason
        window.press("u")  # taken back: the same card again
        assert page.locator("dl.facts bdi").first.inner_text() == post
        assert "2 near copies" in page.locator("main").inner_text()
        page.locator(".copy input[type=checkbox]").last.uncheck()
        page.locator("h1").click()
        page.keyboard.press("c")
        page.keyboard.press("r")
        page.keyboard.press(" ")
        window.press("v")
        notice = page.locator(".letter pre").first.inner_text()
        assert "A decision about your post" in notice
        assert post in notice
        assert page.locator("p.text").first.is_visible(), "a text that was open stays open"
        check_page(page)
        window.press("1")
        assert page.locator("dl.facts bdi").first.inner_text() != post
        window.press("s")
        after = page.url
        page.evaluate("document.querySelector('.toast').hidden = true")  # ten seconds are over
        page.keyboard.press("u")
        page.wait_for_timeout(100)
        assert page.url == after
        page.goto(f"{server.origin}/")
        assert "3 items wait" in page.get_by_role("heading", level=1).inner_text()
        page.get_by_role("button", name="Sign out").click()
        assert "Signed out" in page.get_by_role("heading", level=1).inner_text()
    made = read_known(read_messages(first))
    verdicts = [each.verdict for each in made if isinstance(each, Decision)]
    assert verdicts == ["confirmed", "confirmed", "skipped"]
    complaints = tmp_path / "complaints.jsonl"
    contest = {"type": "complaint", "id": "c-1", "decision": made[0].id, "by": "author",
               "received_at": "2026-11-28T00:00:00Z"}  # fmt: skip
    complaints.write_text(json.dumps(contest) + "\n")
    with at_home(folder, first, "m-7", complaints) as server:
        page.goto(server.address)
        page.goto(f"{server.origin}/?kind=complaint")
        assert "for a colleague" in page.locator("ol.rows").inner_text()
    with at_home(folder, second, "m-2", first, complaints) as server:
        page.goto(server.address)
        page.goto(f"{server.origin}/?kind=complaint")
        window.press("n")
        assert "The decision that is contested" in page.locator("main").inner_text()
        page.keyboard.press("d")
        window.press("1")
        page.goto(f"{server.origin}/?kind=audit")
        window.press("n")
        page.keyboard.press("v")
        page.get_by_label("Category").select_option("VIOLENCE")
        page.get_by_role("button", name="Decide").last.click()
        page.wait_for_url(re.compile("/card/2026-11.2"))
        page.keyboard.press("x")
        window.press("Enter")
    answers = read_known(read_messages(second))
    assert [type(each) for each in answers] == [Outcome, Audit, Audit]
    assert [getattr(each, "post", "") for each in answers] == ["", "quiet-1", "quiet-2"]
    assert isinstance(read_known([contest])[0], Complaint)
