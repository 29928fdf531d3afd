"""A working day at the deployed console, in Chromium. A moderator decides findings by keys and
takes one back, an author complains, another moderator reverses the decision, an auditor finds a
missed post, and both write an example. `make flow` lives it with a hundred findings,
tests/stack/test_console.py with ten."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from stack.console_browser import ConsoleAddress, account
from stack.running import DAY, Running
from tools.flow.seat import NARROW, Seat, seat

from cases.contest import ContestResult, Outcome
from cases.kinds import as_sent
from ledger.desk_store import PendingDecision, PendingName
from ledger.keys import Provider, audit_file_key
from ledger.texts import utc_exactly
from terang.emulator import ACCOUNT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROVIDER = "desk-chat"
MONTH = "2026-10"

ASKED = (("en", "Send me the OTP please, {words}"),
         ("en", "Our bank is moving all accounts: s3nd me the 0TP that you got by SMS. {words}"),
         ("id", "Kak tolong kirim kode OTP yang masuk ke HP kakak ya, {words}"),
         ("zh", "你把收到的验证码发给我一下,{words}"))  # fmt: skip
GROUP = "Dear customer of the bank, we close your account tonight. Send me the OTP now. — {words}"
SYLLABLES = ["mo", "ti", "le", "vu", "pa", "zo", "ne", "fi", "ru", "wa", "du", "he"]


def posts(single: int, groups: tuple[int, ...], quiet: int) -> list[dict[str, Any]]:
    """Make posts that ask for a one-time code: single ones, groups of near copies, and the rest.
    Those of the rest are read by nobody, so they come last in the queue; two of them are copies."""
    chance = random.Random(18)
    made: list[dict[str, Any]] = []

    def words(count: int) -> str:
        return " ".join("".join(chance.choices(SYLLABLES, k=3)) for _ in range(count))

    def add(name: str, text: str, language: str, reach: int) -> None:
        made.append({
            "id": name, "account": f"user-{len(made)}", "text": text, "language": language,
            "reach": reach, "audience": "public", "published_at": "2026-11-24T08:00:00Z",
            "url": f"https://chat.example/{name}",
        })  # fmt: skip

    for number in range(single + quiet):
        language, text = ASKED[number % len(ASKED)]
        is_quiet = number >= single
        name = f"quiet/{number}" if is_quiet else f"single/{number}"
        add(name, text.format(words=words(12)), language, 0 if is_quiet else 10 + number)
    for group, size in enumerate((*groups, 2)):
        same = words(12)
        for number in range(size):
            text = GROUP.format(words=f"{same} {words(1)}")
            is_quiet = group == len(groups)
            add(f"group/{group}/{number}", text, "en", 0 if is_quiet else 1_000 - number)
    return made


def prepare(running: Running, folder: Path, made: list[dict[str, Any]]) -> None:
    """Have posts found for a provider that decides at the console, and make its accounts."""
    path = folder / "posts.jsonl"
    path.write_text("".join(json.dumps(post) + "\n" for post in made))
    running.take(PROVIDER, path)
    running.store.put_provider(Provider(PROVIDER, (ACCOUNT,), door="console"))
    sample = "".join(json.dumps({"post": f"unseen/{number}"}) + "\n" for number in (1, 2))
    bucket = running.outputs["OutBucket"]
    running.objects.put(bucket, audit_file_key(PROVIDER, MONTH), sample.encode())
    for name, role in (("m-7", "moderator"), ("m-8", "lead"), ("a-3", "auditor")):
        account(running, name, f"{PROVIDER}/{role}")


def decide(desk: Seat, wanted: int) -> dict[str, str]:
    """Decide cards by keys until enough posts are decided. Return the verdict on each post. Every
    tenth card is dismissed. The second one is taken back and decided again."""
    verdicts: dict[str, str] = {}
    cards = 0
    desk.go("/?kind=finding")  # else an audit is offered after five severe cards
    desk.follow("n")
    while len(verdicts) < wanted:
        shown = desk.posts
        desk.press(" ")
        assert desk.page.locator("p.text").first.is_visible()
        verdict = "dismissed" if cards % 10 == 3 else "confirmed"
        desk.press(verdict[0])
        if cards == 0:
            desk.press("r")  # removed; later cards offer the last measure
        desk.follow("1")
        if cards == 1:
            desk.follow("u")
            assert desk.posts == shown, "the card comes back"
            desk.press(" ")
            desk.press("c")
            desk.follow("1")
        verdicts |= dict.fromkeys(shown, verdict)
        cards += 1
    return verdicts


def taken(running: Running) -> Counter[tuple[str, str, str]]:
    """How often decide took a decision: by post, verdict and moderator."""
    found: Counter[tuple[str, str, str]] = Counter()
    for entry in running.store.journal_entries(PROVIDER, DAY):
        if entry.type == "decision":
            cases = [running.store.case(name) for name in entry.cases]
            named = {case.finding.post for case in cases if case and case.finding}
            found.update((post, entry.verdict, entry.moderator) for post in named)
    return found


def entries_of(running: Running, kind: str) -> list[Any]:
    """The journal's entries of one type."""
    return [each for each in running.store.journal_entries(PROVIDER, DAY) if each.type == kind]


def hurry(running: Running, name: str) -> None:
    """End the ten seconds of all decisions of a moderator, by naming them early. Each is then named
    twice, and must be taken once."""
    sqs, queue = running.stack.client("sqs"), running.outputs["ConsoleCasesUrl"]
    for each in running.desk.pending_by(PROVIDER, name,
                                        running.clock.now().replace(hour=0, minute=0)):  # fmt: skip
        body = msgspec.json.encode(PendingName(PROVIDER, each.id)).decode()
        sqs.send_message(QueueUrl=queue, MessageBody=body)


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def complain(running: Running) -> str:
    """Send an author's complaint about a removed post of no group. Return the decision's id."""
    held = running.desk.pending_by(PROVIDER, "m-7", running.clock.now().replace(hour=0, minute=0))
    removed = (each for each in held if len(each.messages) == 1 and each.state == "taken")
    decision = next(each.id for each in removed if each.messages[0]["verdict"] == "confirmed")
    now = utc_exactly(running.clock.now())
    message = {"type": "complaint", "id": "c-1", "decision": decision, "by": "author"}
    running.send_cases(PROVIDER, [json.dumps(message | {"received_at": now})])
    wait_for(lambda: entries_of(running, "complaint"))
    return decision


def refuse_first_moderator(running: Running, desk: Seat) -> None:
    """Let the moderator who removed the post try to answer the complaint: at the desk, at decide.
    The desk shows no form. A flaw in it would not help: decide refuses what the console stores."""
    [case] = entries_of(running, "complaint")
    desk.go(f"/card/{case.entry}")
    assert "Another moderator must decide this." in desk.page.locator("main").inner_text()
    now = running.clock.now()
    message = Outcome(
        id="m-7-own", complaint="c-1", outcome=ContestResult.UPHELD, reason="I was right.",
        moderator="m-7", decided_at=now,
    )  # fmt: skip
    held = PendingDecision(
        id=message.id, provider=PROVIDER, moderator="m-7", items=(case.entry,),
        messages=(as_sent(message),), held_at=utc_exactly(now), due_at=utc_exactly(now),
    )  # fmt: skip
    assert running.desk.store_pending(held) is None
    hurry(running, "m-7")

    def refused() -> bool:
        ended = running.desk.pending(PROVIDER, message.id)
        return ended is not None and ended.code == "same_moderator"

    wait_for(refused)


def answer(desk: Seat) -> None:
    """Reverse the decision that the complaint is about, by keys."""

    def waits() -> bool:
        desk.go("/?kind=complaint")  # a worker of the console reads today's journal each 20 s
        return desk.page.locator("ol.rows a").count() == 1

    wait_for(waits)
    desk.follow("n")
    assert "The decision that is contested" in desk.page.locator("main").inner_text()
    desk.press("d")
    desk.follow("1")


def audit(desk: Seat) -> None:
    """Judge the month's sample by keys: one missed post, and one in order."""
    desk.go("/?kind=audit")
    desk.follow("n")
    desk.press("v")
    desk.page.get_by_label("Category").select_option("SCAMS_AND_FRAUD")
    desk.page.locator("h1").click()
    desk.follow("Enter")
    desk.press("d")
    desk.follow("Enter")


def adopt(desk: Seat, path: str, words: str) -> None:
    """Write an example after a card: its words are refused, and rewritten ones handed out."""
    page = desk.page
    desk.go(path)
    page.get_by_role("link", name="Write an example for a rule after it").click()
    page.get_by_role("button", name="Try it").click()
    assert page.get_by_role("alert").is_visible(), "the words of the post are not taken"
    page.get_by_label("The example").fill(words)
    page.get_by_role("button", name="Try it").click()
    assert words in page.locator("pre").first.inner_text()


def tour(desk: Seat, paths: dict[str, str]) -> None:
    """Look at pages by their names."""
    for name, path in paths.items():
        desk.go(path)
        desk.look(name)


def paths_of(running: Running) -> dict[str, str]:
    """The main pages: what waits is what nobody decided, a complaint, and the audit's sample."""
    [case] = entries_of(running, "complaint")
    waiting = {each.post: each.finding for each in running.store.open_findings(PROVIDER, 20_000)}
    single = next(key for post, key in waiting.items() if post.startswith("quiet/"))
    copy = next(key for post, key in waiting.items() if post.startswith("group/"))
    return {
        "queue": "/", "card": f"/card/{single}", "group": f"/card/{copy}",
        "complaint": f"/card/{case.entry}", "audit": f"/card/{MONTH}.2",
        "adopt": f"/card/{case.entry}/adopt", "lead": "/lead",
    }  # fmt: skip


def differences(running: Running, verdicts: dict[str, str],
                before: Counter[tuple[str, str, str]]) -> list[str]:  # fmt: skip
    """Where the journal, the statements and the notices differ from what was pressed."""
    expected = Counter((post, verdict, "m-7") for post, verdict in verdicts.items())
    found, bucket = taken(running) - before, running.outputs["OutBucket"]
    wrong = [f"decided {found[each]} times: {each}" for each in expected | found
             if found[each] != expected[each]]  # fmt: skip
    removed = sum(verdict == "confirmed" for verdict in verdicts.values())
    stated, noticed = (
        {key.rpartition("/")[2].partition(".")[0]
         for key in running.objects.keys(bucket, f"out/{PROVIDER}/{folder}")}
        for folder in (f"decisions/{DAY}/", "notices/")
    )  # fmt: skip
    if len(stated) != removed:
        wrong.append(f"{len(stated)} decisions with statements, and {removed} removals")
    if len(noticed & stated) != removed:  # how a complaint ended is noticed, too
        wrong.append(f"{len(noticed & stated)} decisions with notices, and {removed} removals")
    return wrong


def live(
        running: Running, address: ConsoleAddress, browser: "Browser", findings: int,
        looked: Callable[[str, "Page"], None] = lambda *_: None,
        locales: Sequence[str] = ("id-ID", "zh-CN")) -> Iterator[str]:  # fmt: skip
    """Live the day. Yield figures of the decisions, then where decide differs from the keys."""
    with seat(browser, address.origin, "m-7") as desk:
        address.answers.clear()
        before, began = taken(running), time.monotonic()
        verdicts = decide(desk, findings)
        seconds = time.monotonic() - began
        yield f"{len(verdicts)} findings by {desk.keys} keys in {seconds:.0f} s"
        yield from times(address)
        hurry(running, "m-7")
        wait_for(lambda: (taken(running) - before).total() >= len(verdicts))
        complain(running)
        refuse_first_moderator(running, desk)
    paths = paths_of(running)
    for locale in locales:
        with seat(browser, address.origin, "m-8", NARROW, locale=locale) as desk:
            desk.looked = looked
            tour(desk, paths)
    with seat(browser, address.origin, "a-3") as desk:
        audit(desk)
        adopt(desk, f"/card/{MONTH}.1", "Read me the six digits that you just got")
    with seat(browser, address.origin, "m-8") as desk:
        answer(desk)
        adopt(desk, paths["complaint"], "They ask for the code that came by SMS")
        desk.looked = looked
        desk.look("adopted")
    for name in ("m-8", "a-3"):
        hurry(running, name)
    wait_for(lambda: len(entries_of(running, "audit")) == 2 and entries_of(running, "outcome"))
    yield from (f"WRONG: {each}" for each in differences(running, verdicts, before))


def times(address: ConsoleAddress) -> Iterator[str]:
    """How long pages took, by method and first part of the path; files of pages are left out."""
    kinds: dict[str, list[float]] = {}
    for method, path, seconds in address.answers:
        parts = path.partition("?")[0].split("/")
        kind = "/".join([f"{method} ", parts[1], *parts[3:]])
        if parts[1] != "static":
            for name in (kind, "all"):
                kinds.setdefault(name, []).append(seconds * 1000)
    for kind, taken in sorted(kinds.items()):
        taken.sort()
        late = taken[int(len(taken) * 0.95)]
        yield f"{kind:20} {len(taken):4}, median {taken[len(taken) // 2]:4.0f} ms, p95 {late:4.0f}"
