"""The public log as publish keeps it: what is added, in which order, and what it refuses."""

import json
import re
import zipfile
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from support.log_signer import LocalSigner
from support.log_world import ORIGIN, LogWorld
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt

import tlog
from ledger.keys import keyed, receipt_key
from ledger.log_store import LogHead
from ledger.units import OpenFile
from publish.day_facts import seal_key
from publish.publish_run import PublishRequest, publish
from publish_steps.served_log import OF_THE_LOG


def sample_world() -> LogWorld:
    made = LogWorld()
    digest = made.put_set(sample_pack())
    for day in ("2026-11-24", "2026-11-25"):
        made.count(sample_receipt(day, by_rule={live(): 2}, set=digest))
    made.count(sample_receipt(provider="kilat", number=2, inspected=1, refused={}, set=digest))
    return made


def published() -> LogWorld:
    made = sample_world()
    made.publish(CLOSED)
    return made


def as_older_release_wrote(summary: bytes) -> bytes:
    """A summary without a field that a later release added."""
    fields = json.loads(summary)
    del fields["cases"]["floods_answered"]
    return json.dumps(fields, indent=2, sort_keys=True).encode() + b"\n"


def kinds(made: LogWorld) -> Counter[str]:
    return Counter(type(leaf).__name__ for leaf in made.leaves())


def of_kind[L](made: LogWorld, kind: type[L]) -> list[L]:
    return [leaf for leaf in made.leaves() if isinstance(leaf, kind)]


def logged_files(made: LogWorld) -> dict[str, tlog.PublishedLeaf]:
    return {leaf.path: leaf for leaf in of_kind(made, tlog.PublishedLeaf)}


def test_a_run_logs_each_file_of_a_closed_period_and_serves_a_signed_checkpoint() -> None:
    made = published()
    note = made.files["log/checkpoint"]
    assert tlog.is_signed_by(note, made.signer)
    files = logged_files(made)
    for path, leaf in files.items():
        assert leaf.sha256 == sha256(made.files[path]).hexdigest()
    assert files["summaries/acme/2026-11-25.json"].revision == 1
    assert files["journal/acme/2026-11-25.jsonl"].of == "journal"
    assert {leaf.of for leaf in files.values()} == {"journal", "summary", "sheet", "page",
                                                    "archive", "set", "schema",
                                                    "program"}  # fmt: skip
    assert not [path for path in files if "2026-11." in path], "the month is open"


def test_units_and_findings_are_logged_by_keyed_digests_only() -> None:
    made = published()
    units = of_kind(made, tlog.UnitLeaf)
    assert len(units) == 3
    assert all(leaf.records == leaf.accepted + sum(leaf.refused.values()) for leaf in units)
    key = made.log_keys["2026-11"]
    logged = {leaf.finding for leaf in of_kind(made, tlog.FindingLeaf)}
    ids = {*made.findings("acme", "2026-11-24"), *made.findings("acme", "2026-11-25")}
    assert logged == {keyed(key, name) for name in ids}
    assert len(logged) == 4
    everything = b"".join(data for path, data in made.files.items() if "tile" in path)
    for receipt, findings in made.units("acme", "2026-11-25"):
        for name in (receipt.unit, receipt.source, *findings):
            assert name.encode() not in everything


def test_a_second_run_adds_nothing_until_the_log_would_look_silent() -> None:
    made = published()
    before = dict(made.files)
    result = made.publish("2026-11-26T03:00:00Z")
    assert (result.log.added, made.files) == (0, before)
    result = made.publish("2026-11-26T08:00:00Z")
    assert result.log.added == 1
    newest = made.leaves()[-1]
    assert newest == tlog.RunLeaf("2026-11-26T08:00:00Z", of_kind(made, tlog.RunLeaf)[0].list)
    again = f"log/lists/{newest.list}.json"
    assert again in made.calls.writes, "or the lifecycle deletes it while it is the newest"


def test_a_run_lists_each_file_that_has_no_leaf_and_reads_only_what_changed() -> None:
    made = published()
    read = Counter[str]()
    made.calls.around = lambda name, call: (read.update([name]), call())[1]
    for hour, page in enumerate((b"a page", b"another", b"another")):
        made.files["page.html"] = page
        made.publish(f"2026-11-26T0{3 + hour}:00:00Z")
        newest = of_kind(made, tlog.RunLeaf)[-1].list
        entries = json.loads(made.files[f"log/lists/{newest}.json"])
        assert {entry["path"]: (entry["sha256"], entry["size"]) for entry in entries} == {
            path: (sha256(data).hexdigest(), len(data))
            for path, data in made.files.items()
            if path not in logged_files(made) and not OF_THE_LOG.fullmatch(path)
        }
    assert kinds(made)["RunLeaf"] == 3
    assert read["get page.html"] == 2


def test_after_an_upgrade_a_rebuild_keeps_the_bytes_of_summaries_that_say_the_same() -> None:
    """Their digests are in the log: other bytes under the same revision would look like a change.
    The page cites the digest of these bytes, and the archive holds them."""
    made = sample_world()
    context = made.context(CLOSED)
    publish(replace(context, steps=context.steps[:-1]), PublishRequest())  # the log is the last
    path = "summaries/acme/2026-11-25.json"
    older = as_older_release_wrote(made.files[path])
    made.files[path] = older
    made.publish("2026-11-26T03:00:00Z")
    made.publish("2026-11-26T04:00:00Z", rebuild=True)
    assert made.files[path] == older
    assert sha256(older).hexdigest() in made.text("summaries/acme/2026-11-25.html")
    archive = zipfile.ZipFile(BytesIO(made.files["summaries/acme/2026-11-25.zip"]))
    assert archive.read(path) == older
    named = [leaf.sha256 for leaf in of_kind(made, tlog.PublishedLeaf) if leaf.path == path]
    assert named == [sha256(older).hexdigest()]


@pytest.mark.parametrize("language", [".html", ".id.html", ".zh.html"])
@pytest.mark.parametrize("path", ["index", "method", "summaries/acme/2026-11-25"])
def test_pages_name_the_check_of_the_log_where_there_is_one(path: str, language: str) -> None:
    made, root = published(), "../" * path.count("/")
    page = made.text(path + language)
    for words in ("terang recount", "terang verify", "python3 verify.py"):
        assert words in page
    for program in ("log/verify.py", "log/recount.py"):
        assert f'href="{root}{program}"' in page
        assert program in made.files
    without = World()
    without.store.add(sample_receipt(set=without.put_set(sample_pack())))
    without.publish(CLOSED)
    page = without.text(path + language)
    assert "terang recount" in page
    assert "verify" not in page


def test_only_the_page_that_checks_others_has_a_script_which_both_policies_name() -> None:
    """The policies are that of the page, and that of the door for all pages."""
    made = published()
    door = (Path(__file__).parents[3] / "template.yaml").read_text("utf-8")
    for path in (path for path in made.files if path.endswith(".html")):
        page, name = unescape(made.text(path)), path.rpartition("/")[2]
        scripts = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
        digests = [b64encode(sha256(script.encode()).digest()).decode() for script in scripts]
        assert len(scripts) == ("check." in name)
        assert page.count("<script") == len(scripts)
        ending = next((one for one in (".id", ".zh") if one in path), "")
        assert f'href="{"../" * path.count("/")}check{ending}.html#{path}"' in page
        for digest in digests:
            assert f"script-src 'sha256-{digest}'; connect-src 'self'" in page
            assert f"script-src 'sha256-{digest}'; connect-src 'self'" in door


def test_a_late_receipt_adds_its_own_leaves_and_the_revision() -> None:
    made = published()
    before = made.leaves()
    rule_set = next(made.store.receipts("acme", "2026-11-24")).set
    made.count(sample_receipt("2026-11-24", 7, by_rule={live(): 1}, set=rule_set))
    made.publish("2026-11-26T04:00:00Z")
    added = made.leaves()[len(before) :]
    assert made.leaves()[: len(before)] == before
    assert [type(leaf).__name__ for leaf in added[:3]].count("UnitLeaf") == 1
    for kind in (tlog.FindingLeaf, tlog.DayLeaf):
        assert sum(isinstance(leaf, kind) for leaf in added) == 1
    revised = logged_files(made)["summaries/acme/2026-11-24.json"]
    assert revised.revision == 2
    assert logged_files(made)["summaries/acme/2026-11-24.r1.json"].revision == 1


def test_an_open_day_is_not_logged() -> None:
    """Even if a run with a clock that was ahead has sealed it."""
    made, key = sample_world(), seal_key("acme", "2026-11-25")
    made.seals[key] = published().seals[key]
    made.publish("2026-11-25T12:00:00Z", "2026-11-25", provisional=True)
    assert "summaries/acme/2026-11-25.json" in made.files
    assert "summaries/acme/2026-11-25.json" not in logged_files(made)
    assert "summaries/acme/2026-11-24.json" in logged_files(made)
    assert [leaf.day for leaf in of_kind(made, tlog.DayLeaf)] == ["2026-11-24"]


def test_a_report_is_logged_by_its_digest() -> None:
    made = published()
    made.bucket("out")["out/acme/reports/2025/report.csv"] = b"secret to the public"
    made.publish("2026-11-26T04:00:00Z")
    [report] = of_kind(made, tlog.ReportLeaf)
    assert report.sha256 == sha256(b"secret to the public").hexdigest()


def test_the_receipt_of_a_file_is_logged_on_the_day_on_which_it_was_closed() -> None:
    made = sample_world()
    receipt = b'{"records": 3, "inspected": 2, "refused": {"encoding": 1}}'
    made.store.put_file("acme", OpenFile("f", "2026-11-24", 1, closed="2026-11-25"))
    made.bucket("out")[receipt_key("acme", "f")] = receipt
    made.publish(CLOSED)
    [leaf] = of_kind(made, tlog.ReceiptLeaf)
    digest = sha256(receipt).hexdigest()
    assert leaf == tlog.ReceiptLeaf("acme", "2026-11-25", digest, 3, 2, {"encoding": 1})


def test_a_run_whose_head_another_run_moved_leaves_the_log_to_it() -> None:
    made = sample_world()
    made.calls.around = lambda name, call: None if name == "move head" else call()
    assert made.publish(CLOSED).log == (0, 0)
    made.calls.around = lambda name, call: call()
    made.publish("2026-11-26T03:00:00Z")
    assert kinds(made) == kinds(published())


def test_each_provider_gets_a_copy_of_each_checkpoint_that_was_served() -> None:
    """If the table was restored before, another head of that size could be signed."""
    made = sample_world()
    made.calls.around = lambda name, call: None if name == "put log/checkpoint" else call()
    made.publish(CLOSED)
    assert not made.bucket("out")
    made.calls.around = lambda name, call: call()
    for hour in ("03", "09"):
        made.publish(f"2026-11-26T{hour}:00:00Z")
    note = made.files["log/checkpoint"]
    for provider in ("acme", "kilat"):
        out = made.bucket("out")
        assert out[f"out/{provider}/log/checkpoint"] == note
        assert len([path for path in out if path.startswith(f"out/{provider}/log/")]) == 3


def test_a_day_that_a_run_did_not_end_is_ended_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publish_steps.served_log.AT_ONCE", 2)
    cut, whole = sample_world(), published()
    cut.has_time = False
    for hour in range(3, 24):
        cut.publish(f"2026-11-26T{hour:02}:00:00Z")
        cut.publish(f"2026-11-26T{hour:02}:30:00Z")
    assert kinds(cut) | {"RunLeaf": 0} == kinds(whole) | {"RunLeaf": 0}
    assert logged_files(cut) == logged_files(whole)


def test_a_lost_note_of_what_is_logged_changes_nothing() -> None:
    made = published()
    before = dict(made.files)
    made.bucket("work").clear()
    made.publish("2026-11-26T03:00:00Z")
    assert made.files == before


def test_a_log_that_would_contradict_what_is_served_does_not_grow() -> None:
    """The table was restored to a moment before the head moved."""
    made = published()
    earlier = made.head
    made.publish("2026-11-26T09:00:00Z")
    served = made.files["log/checkpoint"]
    made.head = earlier
    refused = made.publish("2026-11-26T16:00:00Z")
    assert "restored" in refused.log_refused
    assert made.files["log/checkpoint"] == served
    taken = made.publish("2026-11-26T16:00:00Z", accept=("log",))
    assert (taken.log_refused, taken.log and taken.log.added) == ("", 1)
    now = tlog.parse_checkpoint(made.files["log/checkpoint"])
    assert now.size == tlog.parse_checkpoint(served).size + 1


def test_the_key_of_a_log_that_is_not_back_yet_begins_no_other() -> None:
    """A stack that takes over an older one's key publishes before the table is restored."""
    made = LogWorld(has_begun=True)
    assert "not here yet" in made.publish("2026-11-26T03:00:00Z").log_refused
    assert made.head is None
    assert made.publish("2026-11-26T04:00:00Z", accept=("new-log",)).log_refused == ""
    assert made.publish("2026-11-26T11:00:00Z").log_refused == ""


def test_a_head_with_another_root_is_refused() -> None:
    made = published()
    head = made.head
    made.head = LogHead(ORIGIN, head.size, "0" * 64, head.at)
    assert made.publish("2026-11-26T16:00:00Z").log_refused
    assert made.publish("2026-11-26T16:00:00Z", accept=("log",)).log_refused


@pytest.mark.parametrize("is_served", [True, False])
def test_another_key_is_refused_and_signs_nothing(is_served: bool) -> None:
    """Also where a run died after it put its key and before its first checkpoint."""
    made = published()
    if not is_served:
        del made.files["log/checkpoint"]
    made.signer = LocalSigner("another key")
    assert "another key" in made.publish("2026-11-26T16:00:00Z").log_refused
    assert made.signer.signed == []
    made.signer_before = LocalSigner("neither the one before")
    assert "another key" in made.publish("2026-11-26T16:00:00Z").log_refused


def test_another_address_is_refused_by_its_name_not_by_its_key() -> None:
    made = published()
    made.origin = "moved.example/log"
    refused = made.publish("2026-11-26T16:00:00Z").log_refused
    assert f"the log at log/ is named {ORIGIN}, this stack's is moved.example/log" in refused
    assert "another key" not in refused


def test_a_served_checkpoint_of_a_stranger_is_not_taken_up() -> None:
    made = published()
    made.head = None
    made.files["log/checkpoint"] = made.files["log/checkpoint"][:-8] + b"AAAAAA==\n"
    assert "signature" in made.publish("2026-11-26T16:00:00Z", accept=("log",)).log_refused


def test_damaged_tiles_are_refused_before_the_head_moves() -> None:
    made = published()
    head = made.head
    path = next(path for path in made.files if "tile/0/000.p" in path)
    made.files[path] = bytes(len(made.files[path]))
    result = made.publish("2026-11-26T16:00:00Z")
    assert "tiles" in result.log_refused
    assert made.head == head


@pytest.mark.parametrize("path", ["log/tile/0/000", "log/tile/entries/000"])
@pytest.mark.usefixtures("in_english_only")
def test_a_file_that_reads_otherwise_than_it_was_written_is_not_signed(path: str) -> None:
    """The write of a whole tile was lost, and no root needs to read it."""
    made = sample_world()
    for number in range(10, 80):
        made.count(sample_receipt("2026-11-25", number, by_rule={live(): 3}, set=""))
    made.calls.around = lambda name, call: None if name == f"put {path}" else call()
    with pytest.raises(OSError, match=path.removeprefix("log/")):
        made.publish(CLOSED)
    assert made.signer.signed == []


def test_the_clock_of_a_log_never_goes_back() -> None:
    made = published()
    made.count(sample_receipt("2026-11-24", 9, set=""))
    made.publish("2026-11-26T02:00:01Z")
    made.count(sample_receipt("2026-11-24", 10, set=""))
    made.publish("2026-11-26T02:00:00Z")
    assert made.head.at == "2026-11-26T02:00:01Z"
