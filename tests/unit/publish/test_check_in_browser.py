"""The page that checks others, in a real browser and under the policy of the door.

What it says of a page is compared with what `verify` says of the same files.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, Page
from support.chromium import IN_CHROMIUM, Window, check_page
from support.log_signer import VECTORS, LocalSigner
from support.log_world import ORIGIN, LogWorld, published_log
from support.publish_world import CLOSED, live, sample_pack, sample_receipt, sample_rule
from support.sample_entries import contest, decision, entry, outcome
from support.serving import Quiet, serving
from support.signed_log import signed_log
from support.tampering import Tampering, write

from publish_steps.page_words import TEMPLATES
from publish_steps.served_log import OF_THE_LOG
from tlog import PublishedLeaf, RunLeaf, encode_leaf
from verify import ORDER, PRIME, Folder, Options, check_place, is_signed

MONTH = "summaries/all/2026-11.html"
TEMPLATE = (Path(__file__).parents[3] / "template.yaml").read_text("utf-8")
DOOR = TEMPLATE.partition("ContentSecurityPolicy: >-")[2].partition("Override")[0]
SCRIPT = (TEMPLATES / "check.js").read_text("utf-8")
REFUSED = 'crypto.subtle.{} = () => Promise.reject(new DOMException("", "NotSupportedError"))'

pytestmark = IN_CHROMIUM


@dataclass
class Served:
    """Files behind an address of this machine, under the policy of the door."""

    files: dict[str, bytes] = field(default_factory=dict)
    address: str = ""


def sample_world() -> LogWorld:
    """More than 200 pages, more leaves than a bundle has, and what people do in cases."""
    made = LogWorld()
    packs = [sample_pack(campaign="autumn"), sample_pack("threats", rules=[sample_rule("place")])]
    digest = made.put_set(*packs)
    found = {live(): 2, live("place", "threats"): 1}
    for day in range(1, 25):
        for provider in ("acme", "kilat"):
            made.count(sample_receipt(f"2026-11-{day:02}", 1, provider, by_rule=found, set=digest))
    first = decision("first")
    complaint = contest("x", first)
    done = [first, complaint, outcome("ox", complaint, day="2026-11-25")]
    done += [decision(f"c {number}", looked_seconds=number) for number in range(7)]
    done += [decision("d", "dismissed", measures=None), decision("s", "skipped", measures=None)]
    done.append(entry("n", "notice", category="VIOLENCE", items=2, trusted_flagger=True))
    done.append(entry("w", "order", kind="act", country="DE", items=1, outcome="complied",
                      authority="An office", received_at="2026-11-24T08:00:00Z",
                      acknowledged_at="2026-11-24T09:00:00Z"))  # fmt: skip
    for one in done:
        made.store.do(one)
    made.publish(CLOSED)
    return made


FILES = dict(sample_world().files)
PAGES = sorted(path for path in FILES if path.endswith(".html"))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = made.files.get(self.path.strip("/"))
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Security-Policy", " ".join(DOOR.split()))
            self.send_header("Content-Type", "text/html" if ".html" in self.path else "text/plain")
            self.end_headers()
            self.wfile.write(data or b"")

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as made.address:
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.clock.set_fixed_time("2026-11-26T03:00:00Z")
    yield opened
    opened.close()


def said(page: Page) -> dict[str, list[str]]:
    """The verdict of a check that has ended: the lines below each heading."""
    page.wait_for_selector("#report:not([hidden])", timeout=60_000)
    found: dict[str, list[str]] = {name: [] for name in ("Wrong", "Not proved")}
    found["tick"] = [page.locator("#now").inner_text()]
    for part in page.locator("#found > *").all():
        if part.evaluate("it => it.tagName") == "P":
            lines = found[part.inner_text().partition(":")[0]] = []
        else:
            lines += part.locator("li").all_inner_texts()
    return found


def check(page: Page, served: Served, path: str, button: str = "") -> dict[str, list[str]]:
    page.goto("about:blank")
    page.goto(f"{served.address}/check.html#{path}")
    verdict = said(page)
    if button:
        page.get_by_role("button", name=button).click()
        verdict = said(page)
    return verdict


NUMBER = rb"(?<=>)[0-9](?=[0-9,]*<)|[0-9]+(?=</)"


def changed(data: bytes, random: Random, pattern: bytes = b"") -> bytes:
    """Another byte, or another digit of a number that the page shows."""
    places = (
        [found.start() for found in re.finditer(pattern, data)] if pattern else range(len(data))
    )
    at = random.choice(places)
    other = 48 + (data[at] - 47) % 10 if pattern else data[at] ^ 1
    return data[:at] + bytes([other]) + data[at + 1 :]


def with_script(script: str) -> bytes:
    """The page that checks, with another script that its policy allows."""
    digests = [b64encode(sha256(one.encode()).digest()).decode() for one in (SCRIPT, script)]
    return FILES["check.html"].decode().replace(SCRIPT, script).replace(*digests).encode()


def named_by_verify(files: dict[str, bytes], folder: Path) -> set[str]:
    options = Options(now=datetime.fromisoformat(CLOSED))
    result = check_place(Folder(write(files, folder)), options)
    return {line.partition(" ")[0] for line in result.wrong}


def signed_again(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with a log of their own, as somebody who has the key could make it."""
    kept = {path: data for path, data in files.items() if not OF_THE_LOG.fullmatch(path)}
    leaves = [
        encode_leaf(PublishedLeaf(path, sha256(data).hexdigest(), len(data), "page"))
        for path, data in kept.items()
    ]
    leaves.append(encode_leaf(RunLeaf("2026-11-26T02:00:00Z")))
    return kept | signed_log("log/", ORIGIN, LocalSigner(), leaves)[0]


@pytest.mark.smoke
def test_a_page_agrees_with_the_log_and_its_numbers_are_sums(window: Window,
        served: Served) -> None:  # fmt: skip
    """The way of a reader: from the month to its check, and to the sum behind each number."""
    served.files, page = FILES, window.page
    page.clock.set_fixed_time("2026-11-26T03:00:00Z")
    page.goto(f"{served.address}/{MONTH}")
    page.get_by_role("link", name="Check this page in your browser").click()
    assert said(page) == {
        "tick": [f"✓ {MONTH} agrees with the log that this site serves"],
        "Wrong": [], "Not proved": [], "Proved and recounted": ["files: 1"],
    }  # fmt: skip
    key = FILES["log/vkey"].decode().strip()
    assert page.locator("#log").inner_text().endswith(key)
    assert "on 26 November 2026 at 02:00 UTC" in page.locator("#log").inner_text()
    assert page.locator(".note").first.inner_text() == (
        "This check comes from the same place as the page. Who must be sure runs verify.py from a"
        " copy of their own."
    )
    page.get_by_role("button", name="Add its numbers up").click()
    assert said(page)["Wrong"] == []
    page.locator("summary", has_text="inspected").click()
    page.locator("li", has_text="2026-11-01.jsonl").first.wait_for()
    lines = page.locator("details", has_text="inspected").locator("li").all_inner_texts()
    assert lines[0] == "100 by line 2 of journal/acme/2026-11-01.jsonl"
    assert len(lines) == 48
    check_page(page)
    # There is no second log, and the browser notes it.
    window.complaints[:] = [one for one in window.complaints if "404" not in one]


@pytest.mark.parametrize("path", [
    "summaries/acme/2026-11-25.html", "summaries/acme/2026-11.html", "summaries/all/2026-11.html",
    "summaries/all/2026-11-24.html", "summaries/all/autumn.html",
])  # fmt: skip
def test_every_number_of_a_summary_is_the_sum_of_its_lines(page: Page, served: Served,
        path: str) -> None:  # fmt: skip
    served.files = FILES
    verdict = check(page, served, path, "Add its numbers up")
    assert verdict["Wrong"] == verdict["Not proved"] == []
    assert verdict["Proved and recounted"][1].startswith("numbers recounted: ")


def test_a_number_that_its_lines_do_not_give_is_named(page: Page, served: Served) -> None:
    """Also if the log names the changed summary: then the one who has the key changed it."""
    path = "summaries/acme/2026-11-01.json"
    files = FILES | {path: FILES[path].replace(b'"inspected": 100', b'"inspected": 90', 1)}
    assert files != FILES
    served.files = signed_again(files)
    verdict = check(page, served, path.replace(".json", ".html"), "Add its numbers up")
    assert verdict["Wrong"] == ["inspected: published 90, recounted 100"]


def test_200_changed_pages_are_all_named_and_no_other(page: Page, served: Served,
        tmp_path: Path) -> None:  # fmt: skip
    """Every other one has a changed byte, the rest a changed digit of a number that it shows."""
    random = Random(37)
    pages = [path for path in PAGES if not path.startswith(("check", "method"))]
    paths = sorted(random.sample(pages, 200))
    served.files = FILES | {
        path: changed(FILES[path], random, (b"", NUMBER)[n % 2]) for n, path in enumerate(paths)
    }
    verdict = check(page, served, "index.html", "Check every file")
    assert [line.split(" ")[0] for line in verdict["Wrong"]] == paths
    for path in paths[:20]:  # each by itself, as a reader checks it
        assert [line.split(" ")[0] for line in check(page, served, path)["Wrong"]] == [path]
    assert named_by_verify(served.files, tmp_path) >= set(paths)


def test_what_it_cannot_see_is_a_changed_script(page: Page, served: Served, tmp_path: Path) -> None:
    """Ten changed pages, and a script that calls every page right. `verify` names them all."""
    paths = [path for path in PAGES if path.startswith("summaries/")][:10]
    liar = SCRIPT.replace("else result.wrong.push(say(isListed", "else void (say(isListed")
    assert liar != SCRIPT
    page_of_liar = with_script(liar)
    served.files = FILES | {path: changed(FILES[path], Random(1)) for path in paths}
    served.files |= {"check.html": page_of_liar}
    page.route(
        "**/check.html", lambda route: route.fulfill(body=page_of_liar, content_type="text/html")
    )
    assert all(check(page, served, path)["Wrong"] == [] for path in paths)
    assert named_by_verify(served.files, tmp_path) >= {*paths, "check.html"}


def test_a_signature_is_judged_as_verify_judges_it(page: Page) -> None:
    """By the page's own lines: of the standard, forged, and in another form than the one."""
    rows = [tuple(map(bytes.fromhex, (message, signed, key))) for key, message, signed in VECTORS]
    random, (message, signed, key) = Random(37), rows[1]
    for _ in range(60):  # a changed bit of the signature or of the key
        both = bytearray(signed + key)
        both[random.randrange(96)] ^= 1 << random.randrange(8)
        rows.append((message, bytes(both[:64]), bytes(both[64:])))
    s = int.from_bytes(signed[32:], "little")
    rows += [(message, signed[:32] + (s + n * ORDER).to_bytes(32, "little"), key) for n in (1, 2)]
    rows += [(b"other", signed, key), (message, signed[:63], key), (message, signed, key[:31])]
    rows += [(message, signed + b"\0", key), (message, b"", key), (message, signed, b"")]
    # 0, then numbers that are no point, or one in a form that is not its own
    for y in (1, PRIME + 1, 1 | 1 << 255, 2, PRIME - 1 | 1 << 255, PRIME, 2**256 - 1):
        point, zero = y.to_bytes(32, "little"), (1).to_bytes(32, "little")
        rows += [(message, zero + bytes(32), point), (message, point + bytes(32), zero)]
    body = with_script(f"{SCRIPT}window.isSigned = isSigned;")
    page.route("**/check.html", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://127.0.0.1/check.html")
    judged = page.evaluate("rows => Promise.all(rows.map((row) => isSigned(...row.map("
        "(hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16))))))",
        [[part.hex() for part in row] for row in rows])  # fmt: skip
    assert judged == [is_signed(*row) for row in rows]
    assert judged.count(True) == len(VECTORS) + 2


def no_list(files: dict[str, bytes]) -> None:
    for path in [path for path in files if path.startswith("log/lists/")]:
        del files[path]


def a_tile(files: dict[str, bytes], of: str) -> None:
    path = next(path for path in sorted(files) if path.startswith(f"log/tile/{of}/"))
    files[path] = changed(files[path], Random(1))


def a_key(files: dict[str, bytes]) -> None:
    stranger = signed_log("log/", ORIGIN, LocalSigner("a stranger"), [])[0]
    files["log/vkey"] = stranger["log/vkey"]


def cut(files: dict[str, bytes], path: str) -> None:
    files[path] = files[path][:-1]


def a_root(files: dict[str, bytes]) -> None:
    lines = files["log/checkpoint"].split(b"\n")
    files["log/checkpoint"] = b"\n".join([lines[0], b"1", *lines[2:]])


@pytest.mark.parametrize(("change", "words"), [
    (a_key, "did not sign it"),
    (a_root, "did not sign it"),
    (lambda files: cut(files, "log/checkpoint"), "did not sign it"),
    (lambda files: cut(files, "log/vkey"), "did not sign it"),
    (lambda files: files.pop("log/checkpoint"), "there is no log/checkpoint here"),
    (no_list, "is not the list that the newest run names"),
    (lambda files: a_tile(files, "1"), "do not add up to the signed root"),
    (lambda files: a_tile(files, "entries"), "does not hold what the leaves say"),
    (lambda files: files.pop("index.html"), "index.html is missing; the list of"),
])  # fmt: skip
def test_what_is_wrong_in_the_log_is_said(page: Page, served: Served,
        change: Callable[[dict[str, bytes]], object], words: str) -> None:  # fmt: skip
    served.files = dict(FILES)
    change(served.files)
    verdict = check(page, served, "index.html", "Check every file")
    assert any(words in line for line in verdict["Wrong"]), verdict
    assert verdict["tick"][0].startswith("✗")


def test_an_old_log_at_an_address_may_have_a_newer_one(page: Page, served: Served) -> None:
    served.files = FILES
    page.clock.set_fixed_time("2026-11-28T03:00:00Z")
    verdict = check(page, served, MONTH)
    assert (verdict["Wrong"], verdict["Not proved"]) == ([], [])
    assert verdict["tick"][0].endswith("That log is 2 days old: a newer one may exist")


@pytest.mark.parametrize("refused", ["importKey", "verify"])
@pytest.mark.parametrize("change", [None, a_key, a_root])
def test_a_browser_without_ed25519_says_the_same(page: Page, served: Served, refused: str,
        change: Callable[[dict[str, bytes]], object] | None) -> None:  # fmt: skip
    served.files = dict(FILES)
    if change:
        change(served.files)
    page.add_init_script(REFUSED.format(refused))
    verdict = check(page, served, MONTH)
    if change:
        assert "did not sign it" in verdict["Wrong"][0]
    else:
        assert verdict["tick"] == [f"✓ {MONTH} agrees with the log that this site serves"]


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_log_that_continues_another_is_confirmed_by_it(page: Page, served: Served, *,
        confirmed: bool) -> None:  # fmt: skip
    made = published_log()
    made.signer_before = made.signer if confirmed else None
    made.signer = LocalSigner("the new key")
    made.publish("2026-11-26T02:30:00Z", accept=() if confirmed else ("new-log",))
    served.files = dict(made.files)
    verdict = check(page, served, "index.html")
    lines = [] if confirmed else [f"that {ORIGIN}/2 continues {ORIGIN}, which does not confirm it"]
    assert (verdict["Wrong"], verdict["Not proved"]) == ([], lines)


def test_a_saved_folder_is_checked_by_choosing_it(page: Page, tmp_path: Path) -> None:
    """Also one that holds the site in a folder of its own, in each language."""
    write(FILES, tmp_path / "site")
    damaged = tmp_path / "site/summaries/acme/2026-11.html"
    damaged.write_bytes(changed(damaged.read_bytes(), Random(1)))
    (tmp_path / "site/summaries/more.html").write_text("more")
    page.goto(f"file://{tmp_path}/site/check.zh.html#{MONTH}")
    assert page.locator("#now").inner_text() == "您是从文件夹打开本页的。请在下面选择该文件夹。"
    page.locator("#folder").set_input_files(tmp_path)
    assert said(page)["tick"] == [f"✓ {MONTH} 与此文件夹中的记录相符"]
    page.locator("#all").click()
    verdict = said(page)
    assert [line.split(" ")[0] for line in verdict["错误：1"]] == ["summaries/acme/2026-11.html"]
    assert verdict["未证明：1"] == ["summaries/more.html"]


@pytest.mark.parametrize("seed", range(12))
def test_it_calls_nothing_right_that_verify_calls_wrong(page: Page, served: Served,
        seed: int) -> None:  # fmt: skip
    """Random changes of somebody who has no key, of every file that the log names."""
    tampering = Tampering(dict(FILES), dict(FILES), Random(seed), LocalSigner())
    done = [tampering.change_a_byte, tampering.change_a_digit][seed % 2]()
    served.files = tampering.files
    verdict = check(page, served, "index.html", "Check every file")
    assert verdict["Wrong"], done
