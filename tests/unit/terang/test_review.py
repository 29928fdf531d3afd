"""A sitting at home from the first page to the last: messages, audits, checks and examples."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from support.desk_world import http_event
from support.review_world import WHO, desk_of, run_folder
from support.sample_checks import REPEATS_SALT, SALT

from desk import Door, Moderator, Role, audits
from desk.deciding import AUDIT_CATEGORIES, NewExample
from ledger.codes import CATEGORIES, OperatorError
from ledger.desk_store import PendingState
from ledger.findings import Finding, FoundCheck, FoundSpan, Label
from ledger.texts import SystemClock
from rules.pack import Pack
from terang.case_queue import MessageResult, read_messages
from terang.cli import main
from terang.cli.review import checks_of
from terang.home_desk import BookRows, HomeServer, PendingBook, Sitting
from terang.run_table import PackExamples, RunTable, clock_of_run, read_sample, with_example
from terang.terminal import blur


def test_blurring_keeps_the_shape_of_wide_and_combining_text() -> None:
    assert blur("验证码 कि a\u0301") == "░░░░░░ ░░ ░"


@pytest.mark.parametrize(("text", "ids"), [
    pytest.param('{"id": "1"}', ["1"], id="one object"),
    pytest.param('[{"id": "1"},\n {"id": "2"}]', ["1", "2"], id="an array"),
    pytest.param('{"id": "1"}\n\n{"id": "2"}\n', ["1", "2"], id="lines"),
    pytest.param("", [], id="nothing"),
])  # fmt: skip
def test_messages_are_read_in_each_shape(tmp_path: Path, text: str, ids: list[str]) -> None:
    file = tmp_path / "messages.json"
    file.write_text(text)
    assert [one["id"] for one in read_messages(file)] == ids


@pytest.mark.parametrize("text", ["hello", '{"id": "1"}\n7', "[1]", "\xff"])
def test_a_file_that_holds_something_else_names_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "messages.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(OperatorError, match=r"messages\.json:[12]: not a JSON object"):
        read_messages(file)
    with pytest.raises(OperatorError, match="cannot read"):
        read_messages(tmp_path / "nowhere")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder that has a sample and nothing else."""
    sample = tmp_path / "out/acme-chat/audit/2026-11.jsonl"
    sample.parent.mkdir(parents=True)
    sample.write_text('{"post": "p1", "rank": "0a"}\n{"post": "p2", "rank": "0b"}\n')
    return tmp_path


def test_every_category_can_be_chosen_but_those_that_say_nothing() -> None:
    assert sorted(AUDIT_CATEGORIES) == sorted(set(CATEGORIES) - {
        "NOT_SPECIFIED_ORDER", "NOT_SPECIFIED_NOTICE"})  # fmt: skip


def test_posts_come_by_rank() -> None:
    posts = read_sample(b'{"post": "p3"}\n{"post": "p1"}\n', "sample")
    made = audits(posts, "2026-11")
    assert [(each.item.key, each.post) for each in made] == [
        ("2026-11.1", "p3"), ("2026-11.2", "p1")]  # fmt: skip


@pytest.mark.parametrize(("provider", "month", "said"), [
    ("acme-chat", "2026-10", "there is no sample at"),
    ("acme-chta", "2026-11", "unknown provider 'acme-chta'; did you mean acme-chat?"),
])  # fmt: skip
def test_what_the_run_lacks_is_named(run: Path, provider: str, month: str, said: str) -> None:
    with pytest.raises(OperatorError, match=re.escape(said)):
        RunTable.read(run, [], provider, month)


def test_a_post_judged_in_the_file_no_longer_waits(run: Path) -> None:
    times = {"opened_at": "2026-11-25T12:00:00Z", "decided_at": "2026-11-25T12:01:00Z"}
    judged = {"type": "audit", "verdict": "gone", "moderator": "m-1", **times}
    before = [judged | {"id": "a-1", "month": "2026-11", "post": "p1"},
              judged | {"id": "a-2", "month": "2026-10", "post": "p2"},
              {"type": "decision", "post": "p2"}]  # fmt: skip
    (run / "run.json").write_text('{"today": "2026-11-28"}')
    table = RunTable.read(run, before, "acme-chat", "2026-11")
    who = Moderator("m-7", "acme-chat", Role.AUDITOR, Door.FILE)
    [item] = table.desk(BookRows(clock=table.store.clock)).items(who)
    assert item.key == "2026-11.2"


@pytest.mark.parametrize(("words", "said"), [
    (("--provider", "A", "--month", "2026-11", "--moderator", "m"), "--provider"),
    (("--provider", "acme-chat", "--month", "soon", "--moderator", "m"), "YYYY-MM"),
    (("--provider", "acme-chat", "--month", "2026-11", "--moderator", "J D"), "--moderator"),
])  # fmt: skip
def test_wrong_usage_says_why(words: tuple[str, ...], said: str,
                              capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert main(["audit", *words]) == 2
    assert said in capsys.readouterr().err


CHECK = FoundCheck("https://check.example/1", SALT, "false", "Fake", "Check", "2026-10-01", 0.9)


def finding(**changes: Any) -> Finding:
    check = msgspec.structs.replace(CHECK, **changes)
    return Finding(
        finding="f1", provider="acme", post="p1", account="k1:ab",
        published_at="2026-11-25T08:00:00Z", found_at="2026-11-25T09:00:00Z", pack="factchecks",
        version=1, set="s", rule="health", mode="live", category="RISK_FOR_PUBLIC_SECURITY",
        severity="medium", spans=(FoundSpan("text", 0, len(REPEATS_SALT), SALT),), unit="u1",
        label=Label((check,)),
    )  # fmt: skip


def test_a_check_is_shown_with_its_publisher_and_the_publishers_words() -> None:
    assert list(checks_of(finding())) == [f"Check, 2026-10-01: false (Fake): {SALT}",
                                          "  https://check.example/1"]  # fmt: skip


def test_an_old_check_says_so() -> None:
    _, link = checks_of(finding(date="2020-12-01"))
    assert link.endswith("checked 5 years before the post")
    assert "no date" in next(checks_of(finding(date="")))


@pytest.mark.parametrize("field", ["url", "claim", "stated", "publisher"])
def test_a_hostile_check_commands_no_terminal(field: str) -> None:
    told = "".join(checks_of(finding(**{field: "\x1b[2J\x1b]0;x\x07\u202e[red]"})))
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e]", told)


def decide_first(server: HomeServer) -> None:
    """Dismiss the first post and its copies, as a browser would, then interrupt the command."""
    cookie = server.enter(server.key).partition(";")[0]
    cookies = dict([cookie.split("=", 1)])
    [item, *_] = server.application.desk.items(WHO)
    page = server.answer(http_event("GET", f"/card/{item.key}", cookies=cookies))["body"]
    fields = {name: re.findall(f'name="{name}" value="([^"]+)"', page)
              for name in ("token", "id", "shown", "kept")}  # fmt: skip
    fields["token"], fields["id"] = fields["token"][:1], fields["id"][:1]
    fields |= {"opened": "yes", "verdict": "dismissed", "reason": "A quotation."}
    form = urlencode(fields, doseq=True)
    headers = {"origin": server.origin, "content-type": "application/x-www-form-urlencoded"}
    path = f"/card/{item.key}/decide"
    for sent, status in ((form, 303), (form, 303), (form.replace("dismissed", "confirmed"), 409)):
        answer = server.answer(http_event("POST", path, sent, headers, cookies))
        assert answer["statusCode"] == status
    assert "Dismissed, can be undone" in answer["body"]
    raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "run")


def sit(folder: Path, send: Any = None) -> Any:
    table = RunTable.read(folder, [])
    file, clock = folder / "d.jsonl", clock_of_run(folder)
    return Sitting(WHO, table.desk, file, clock, table.judge, send=send).run(decide_first)


def opened(folder: Path) -> PendingBook:
    return PendingBook.open(folder / "d.jsonl", "acme", clock_of_run(folder))


def test_an_interrupt_loses_no_decision(folder: Path) -> None:
    assert sit(folder)[0] == 3
    messages = read_messages(folder / "d.jsonl")
    assert [message["verdict"] for message in messages] == ["dismissed"] * 3
    assert len({message["group"] for message in messages}) == 1


def test_the_desk_knows_what_the_messages_of_the_run_decided(folder: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("ledger.cases.SECOND_REVIEW_PER", 2**40)  # else one in 20 waits again
    waiting = len(desk_of(folder).items(WHO))
    sit(folder)
    (folder / "d.jsonl").rename(folder / "cases.jsonl")
    assert len(desk_of(folder).items(WHO)) == waiting - 3


def test_a_decision_is_sent_once_and_its_answer_is_kept(folder: Path) -> None:
    sent: list[str] = []

    def send(messages: Sequence[Mapping[str, Any]]) -> list[MessageResult]:
        sent.extend(message["id"] for message in messages)
        return [MessageResult(each["id"], "decision", "refused", "decided_already", first="m-1")
                for each in messages]  # fmt: skip

    *_, problem = sit(folder, send)
    assert problem is None
    assert sent == [message["id"] for message in read_messages(folder / "d.jsonl")]
    [refused] = opened(folder).decisions(*PendingState)
    assert (refused.state, refused.first) == (PendingState.REFUSED, "m-1")


def test_a_stack_that_does_not_answer_leaves_the_decision_in_the_file(folder: Path) -> None:
    def send(_: Sequence[Mapping[str, Any]]) -> list[MessageResult]:
        raise OperatorError("3 messages were not answered")

    *_, problem = sit(folder, send)
    assert "not answered" in str(problem)
    assert len(read_messages(folder / "d.jsonl")) == 3
    assert len(opened(folder).decisions(PendingState.SENT)) == 1


def test_the_clock_of_a_run_has_the_day_that_the_run_was_given(tmp_path: Path) -> None:
    """Else decide would refuse what is decided on the samples: it would come from the future."""
    assert clock_of_run(tmp_path) == SystemClock()
    (tmp_path / "run.json").write_text('{"today":"2026-11-25"}\n')
    assert clock_of_run(tmp_path / "findings.jsonl") == SystemClock(date(2026, 11, 25))
    (tmp_path / "run.json").write_text('{"today":"yesterday"}')
    with pytest.raises(OperatorError, match=r"run\.json: not from a run"):
        clock_of_run(tmp_path)


ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 25)
FILES = sorted((ROOT / "packs").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_rules_of_every_shipped_pack_take_an_example(path: Path) -> None:
    source = path.read_text("utf-8")
    pack = Pack.parse(source, path.name)
    text = 'a "quotation": # not a comment, 警惕'
    rules = [rule for rule in pack.rules if not rule.copies]
    for rule in (rules[0], rules[-1]):
        for kind in ("match", "ignore"):
            after = with_example(source, NewExample(pack.id, rule.id, kind, text))  # type: ignore[arg-type]
            assert after is not None
            made = Pack.parse(after, path.name)
            assert getattr(made.rule(rule.id), kind) == (*getattr(rule, kind), text)
            kept = [line for line in source.splitlines() if line not in after.splitlines()]
            assert len(kept) <= 1  # of a list in brackets, one line changes


def test_a_rule_without_such_examples_gets_a_list() -> None:
    source = (
        "id: a\nrules:\n  - id: r\n    why: x\n    match:\n      - one\n\n  - id: s\n    why: y\n"
    )
    after = with_example(source, NewExample("a", "r", "ignore", "two"))
    assert after == source.replace("      - one\n", '      - one\n    ignore:\n      - "two"\n')
    last = with_example(source, NewExample("a", "s", "match", "two"))
    assert last == f'{source}    match:\n      - "two"\n'
    assert with_example(source, NewExample("b", "r", "ignore", "two")) is None
    assert with_example(source, NewExample("a", "t", "ignore", "two")) is None


def test_the_check_says_what_the_rule_does_with_it() -> None:
    examples = PackExamples(ROOT / "packs", TODAY)
    [pack] = [Pack.parse(path.read_text("utf-8"), path.name) for path in FILES
              if path.stem == "threats-of-violence"]  # fmt: skip
    rule = pack.rules[0]
    assert f"{pack.id}/{rule.id}" in examples.rules()
    assert "account-takeover/copies-of-recovery-offer" not in examples.rules()
    quoted = examples.adopted(NewExample(pack.id, rule.id, "ignore", f"{rule.match[0]} again"))
    assert "threats-of-violence.yaml" in quoted.problems[0]
    kept = examples.adopted(NewExample(pack.id, rule.id, "ignore", "the weather kills the mood"))
    assert kept.problems == ()
    assert '+      - "the weather kills the mood"' in kept.patch
    assert examples.adopted(NewExample("nothing", "here", "ignore", "x")) is None
